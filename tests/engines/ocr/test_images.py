"""Images of strangers are looked at before anything touches them."""

import io
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from segue.engines.ocr.images import ImageInfo, InvalidImage, decoded, examine
from segue.kit.errors import TooLarge

MAX_BYTES = 2**22


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, pixels: bytes = b"", *more: bytes) -> bytes:
    """Return a PNG whose header promises what its data may not hold."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def picture(kind: str, **how: object) -> bytes:
    stream = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 255, (120, 200, 3), dtype=np.uint8)
    Image.fromarray(noise).save(stream, kind, **how)
    return stream.getvalue()


def cut() -> bytes:
    whole = picture("PNG")
    return whole[: len(whole) // 2]


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "not an image"),
    "text": (lambda: b"Harbour Lights - The Piers\n" * 50, "not an image"),
    "a page": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>", "not an"),
    "a GIF": (lambda: picture("GIF"), "PNG, JPEG or WebP"),
    "a TIFF": (lambda: picture("TIFF"), "PNG, JPEG or WebP"),
    "HEIC": (lambda: b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "HEIC"),
    "cut off": (cut, "broken"),
    "a JPEG cut off": (lambda: picture("JPEG")[:2000], "broken"),
    "too many pixels": (lambda: png(100_000, 100_000), "40 million"),
    "too long": (lambda: png(100, 30_000), "20000"),
    "too small": (lambda: png(20, 20, zlib.compress(bytes(20 * 61))), "too few"),
    "no pixels": (lambda: png(4000, 4000), "broken"),
    "garbage for pixels": (lambda: png(400, 400, b"garbage" * 100), "broken"),
    "a bomb of words": (
        lambda: png(200, 200, zlib.compress(bytes(200 * 601)), _chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2**27)))),
        "broken",
    ),
}


@pytest.fixture
def kept(tmp_path: Path) -> Callable[[bytes], Path]:
    def keep(content: bytes) -> Path:
        path = tmp_path / "image"
        path.write_bytes(content)
        return path

    return keep


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "png"), ("JPEG", "jpeg"), ("WEBP", "webp")])
def test_what_screenshots_are_is_told_by_content(kept: Callable[[bytes], Path], kind: str, media_type: str) -> None:
    assert examine(kept(picture(kind)), max_bytes=MAX_BYTES) == ImageInfo(f"image/{media_type}", 200, 120)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_none_or_harmful_is_refused_with_its_reason(kept: Callable[[bytes], Path], name: str) -> None:
    content, reason = HOSTILE[name]
    with pytest.raises(InvalidImage, match=reason):
        examine(kept(content()), max_bytes=MAX_BYTES)


def test_a_photo_with_a_second_picture_in_it_is_a_jpeg(kept: Callable[[bytes], Path]) -> None:
    content = picture("MPO", save_all=True, append_images=[Image.new("RGB", (60, 40))])
    assert examine(kept(content), max_bytes=MAX_BYTES) == ImageInfo("image/jpeg", 200, 120)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("exif", [b"Exif\0\0MM\0*\0\0\0", b"Exif\0\0II*\0\x08\0\0\0\x02\0\x12\x01", b"Exif\0\0", b"?"])
def test_what_is_broken_beside_the_pixels_hides_no_picture(
    kept: Callable[[bytes], Path], kind: str, exif: bytes
) -> None:
    info = examine(kept(picture(kind, exif=exif)), max_bytes=MAX_BYTES)
    assert (info.width, info.height) == (200, 120)


def small(kind: str, **how: object) -> bytes:
    """Return an image that is just large enough, with EXIF, as a file."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "Harbour"
    noise = np.random.default_rng(1).integers(0, 255, (64, 80, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).save(stream, kind, exif=exif, **how)
    return stream.getvalue()


SMALL = {
    "PNG": small("PNG"),
    "JPEG": small("JPEG"),
    "progressive": small("JPEG", progressive=True),
    "MPO": small("MPO", save_all=True, append_images=[Image.new("RGB", (80, 64))]),
    "WEBP": small("WEBP"),
    "animated": small("WEBP", save_all=True, append_images=[Image.new("RGB", (80, 64))]),
}


# What `examine` does, without its child process: that takes half a second each.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(
    st.sampled_from(sorted(SMALL)),
    st.lists(st.tuples(st.integers(0, 400) | st.integers(0, 2**16), st.integers(0, 20), st.binary(max_size=8))),
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_whatever_is_broken_in_an_image_is_refused_or_ignored(
    tmp_path: Path, kind: str, damages: list[tuple[int, int, bytes]]
) -> None:
    content = SMALL[kind]
    for place, gone, more in damages:
        at = place % (len(content) + 1)
        content = content[:at] + more + content[at + gone :]
    path = tmp_path / "image"
    path.write_bytes(content)
    with suppress(InvalidImage):
        assert decoded(path).dtype == np.uint8


def test_more_bytes_than_allowed_are_refused_unseen(kept: Callable[[bytes], Path]) -> None:
    with pytest.raises(TooLarge):
        examine(kept(picture("PNG")), max_bytes=1000)


def test_a_photo_taken_sideways_is_seen_upright(kept: Callable[[bytes], Path]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = kept(picture("JPEG", exif=exif))
    info = examine(path, max_bytes=MAX_BYTES)
    assert (info.width, info.height) == (120, 200)
    assert decoded(path).shape == (200, 120, 3)


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1", "I;16"])
def test_any_kind_of_pixels_becomes_three_colours(kept: Callable[[bytes], Path], mode: str) -> None:
    stream = io.BytesIO()
    Image.new(mode, (100, 80)).save(stream, "PNG")
    path = kept(stream.getvalue())
    examine(path, max_bytes=MAX_BYTES)
    assert decoded(path).shape == (80, 100, 3)
