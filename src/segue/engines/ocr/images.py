"""Images that strangers send: looked at in a guarded child process before anything else touches them."""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from segue.engines.ocr import Image
from segue.kit.errors import SegueError, TooLarge
from segue.kit.processes import ChildDied, ProcessLimits, Progress, no_progress, run_guarded

MediaType = Literal["image/png", "image/jpeg", "image/webp"]

MAX_PIXELS: Final = 40_000_000
#: A screenshot of a list is as wide as a watch at least; one that was scrolled is this long at most.
MIN_SIDE: Final = 64
MAX_SIDE: Final = 20_000
_LIMITS: Final = ProcessLimits(memory_bytes=2**31, cpu_s=30, output_bytes=0, timeout_s=60, threads=1)
_FORMATS: Final = ("PNG", "JPEG", "WEBP")
#: A JPEG that holds further pictures is called MPO.
_MEDIA_TYPES: Final[dict[str | None, MediaType]] = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "WEBP": "image/webp",
}
#: ISO base media files begin with a box of this kind, and say next whose they are.
_FTYP: Final = slice(4, 8)
_BRAND: Final = slice(8, 12)
_HEIF: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis"})


class InvalidImage(SegueError):
    """A file is not an image that Segue can or may read."""

    status = 422
    type = "invalid-image"
    title = "The image cannot be used"


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What an image is; its sides in pixels, as it is to be seen."""

    media_type: MediaType
    width: int
    height: int


def examine(path: Path, *, max_bytes: int) -> ImageInfo:
    """Decode an image to its end in a guarded child process, and say what it is.

    Parameters
    ----------
    path
        PNG, JPEG or WebP, told by content: the name does not matter.
    max_bytes
        Size of the file.

    Raises
    ------
    InvalidImage
        It is no image, of another format, broken, too large or too small in pixels, or harmful. The message says which.
    TooLarge
        It has more bytes than allowed.
    """
    if path.stat().st_size > max_bytes:
        raise TooLarge(f"The image is too large: {max_bytes / 2**20:g} MiB are allowed.", max_bytes=max_bytes)
    with path.open("rb") as file:
        head = file.read(12)
    if head[_FTYP] == b"ftyp" and head[_BRAND] in _HEIF:
        raise InvalidImage(
            "HEIC and AVIF cannot be read: send a PNG or JPEG of it (screenshots are PNG by themselves)."
        )
    try:
        return run_guarded(_decoded_info, str(path), limits=_LIMITS)
    except ChildDied as death:
        raise InvalidImage(f"The image takes too much to decode: {death.detail}") from death


def decoded(path: Path) -> Image:
    """Return an image that `examine` has let through; to be called in a process that has limits.

    Raises
    ------
    InvalidImage
        As `examine`.
    """
    image, _ = _opened(path)
    return image


def _decoded_info(path: str, *, progress: Progress = no_progress) -> ImageInfo:
    image, media_type = _opened(Path(path))
    progress(1.0)
    return ImageInfo(media_type, image.shape[1], image.shape[0])


def _opened(path: Path) -> tuple[Image, MediaType]:
    # The size is judged here, by what a screenshot may be; Pillow's own bound warns of larger ones only.
    Pillow.MAX_IMAGE_PIXELS = None
    try:
        with Pillow.open(path, formats=_FORMATS) as image:
            _check_size(*image.size)
            media_type = _MEDIA_TYPES[image.format]
            image.load()
            return np.asarray(_upright(image).convert("RGB")), media_type
    except UnidentifiedImageError:
        raise InvalidImage("The file is not an image that can be read: send a PNG, JPEG or WebP.") from None
    except MemoryError:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, OverflowError, struct.error, zlib.error) as error:
        # Pillow's words for what is cut off or broken; none of them names more than the fault.
        raise InvalidImage(f"The image is broken: {error}. Take the screenshot again.") from None


def _upright(image: Pillow.Image) -> Pillow.Image:
    """Return an image as its EXIF says that it is to be seen; as it is where that is broken, which says nothing."""
    try:
        return ImageOps.exif_transpose(image)
    except (OSError, ValueError, SyntaxError, LookupError, TypeError, ArithmeticError, struct.error, zlib.error):
        return image


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise InvalidImage(
            f"The image has {width} x {height} pixels; {MAX_PIXELS // 10**6} million are allowed, and {MAX_SIDE} a"
            " side. Cut it into several."
        )
    if min(width, height) < MIN_SIDE:
        raise InvalidImage(f"The image has {width} x {height} pixels: too few to read anything.")
