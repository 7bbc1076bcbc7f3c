"""Pictures for what has none, drawn from its id; and those of files, in the size that is asked for."""

import colorsys
import hashlib
import io
from functools import lru_cache
from typing import Final

import numpy as np
from PIL import Image

from segue.catalog.sleeves.reading import PICTURE_SIDE

#: In pixels, where a client does not say.
SIDE: Final = PICTURE_SIDE
#: Rows of shapes on a drawn picture: few enough to be told apart when they are as small as in a list.
_RINGS: Final = 5
_QUALITY: Final = 88


@lru_cache(maxsize=256)
def drawn(seed: str, side: int) -> bytes:
    """Return a PNG of grooves in two colours: the same for the same seed, another one for nearly every other."""
    digest = hashlib.sha256(seed.encode()).digest()
    hue = digest[0] / 256
    dark = np.array(colorsys.hls_to_rgb(hue, 0.22, 0.45))
    light = np.array(colorsys.hls_to_rgb((hue + 0.08 + digest[1] / 1024) % 1, 0.62, 0.6))
    y, x = np.mgrid[0:side, 0:side] / max(side - 1, 1)
    centre_x, centre_y = digest[2] / 255, digest[3] / 255
    distance = np.hypot(x - centre_x, y - centre_y)
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * (_RINGS + digest[4] % 4) * distance + digest[5] / 40)
    share = np.clip(0.65 * rings + 0.35 * (1 - distance), 0, 1)[..., np.newaxis]
    pixels = np.round(255 * (dark + (light - dark) * share)).astype(np.uint8)
    return _written(Image.fromarray(pixels, "RGB"), "PNG")


@lru_cache(maxsize=256)
def resized(picture: bytes, side: int) -> bytes:
    """Return a JPEG of ours, no side of it longer than asked for; it is never made larger."""
    with Image.open(io.BytesIO(picture), formats=("JPEG",)) as image:
        if max(image.size) <= side:
            return picture
        image.thumbnail((side, side))
        return _written(image, "JPEG")


def _written(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, quality=_QUALITY)
    return file.getvalue()
