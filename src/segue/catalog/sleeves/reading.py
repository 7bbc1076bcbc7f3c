"""What comes in a file beside the sound, read in a guarded child process: strangers put it there."""

import io
import struct
import zlib
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps
from tinytag import TinyTag, TinyTagException

from segue.kit.processes import ProcessLimits, Progress, no_progress

LIMITS: Final = ProcessLimits(memory_bytes=2**30, cpu_s=20, output_bytes=0, timeout_s=30, threads=1)
#: Larger than players show it.
PICTURE_SIDE: Final = 600
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
_MAX_PIXELS: Final = 50_000_000
_QUALITY: Final = 88
_MAX_LYRICS: Final = 50_000


@dataclass(frozen=True, slots=True)
class Sleeve:
    """What a file brings with it.

    Attributes
    ----------
    picture
        JPEG, `PICTURE_SIDE` pixels a side at most.
    lyrics
        As they stand in the file; with times where it is in the form of LRC.
    """

    picture: bytes | None = None
    lyrics: str | None = None


def read_sleeve(path: str, *, progress: Progress = no_progress) -> Sleeve:
    """Read a file's picture and lyrics here and now: what the child process does; what is broken is not there."""
    progress(0.0)
    try:
        tag = TinyTag.get(path, duration=False, image=True)
    except TinyTagException:
        return Sleeve()
    lyrics = tag.other.get("lyrics") or [""]
    image = tag.images.any
    return Sleeve(
        picture=None if image is None or not image.data else _picture(image.data),
        lyrics=_kept_text(str(lyrics[0])),
    )


def _picture(data: bytes) -> bytes | None:
    Image.MAX_IMAGE_PIXELS = _MAX_PIXELS
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > _MAX_PIXELS:
                return None
            image.draft("RGB", (PICTURE_SIDE, PICTURE_SIDE))
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, ValueError, SyntaxError, LookupError, TypeError, ArithmeticError, struct.error, zlib.error):
        return None
    except Image.DecompressionBombError:
        return None
    upright.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    written = io.BytesIO()
    upright.save(written, "JPEG", quality=_QUALITY)
    return written.getvalue()


def _kept_text(lyrics: str) -> str | None:
    text = lyrics.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").strip()
    return text[:_MAX_LYRICS] or None
