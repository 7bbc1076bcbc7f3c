"""Pictures that owners upload as covers, read and written anew: what a child process does, which is to start fast."""

import io
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps

from segue.engines.ocr.images import decoded
from segue.kit.processes import Progress, no_progress

#: Larger than players show it.
LARGEST_SIDE: Final = 1_200
_QUALITY: Final = 88


def squared(path: str, *, progress: Progress = no_progress) -> bytes:
    """Return the middle of a picture as a JPEG of at most `LARGEST_SIDE` a side: what the child process does.

    Raises
    ------
    InvalidImage
        It is broken, or of a kind or size that is not read.
    """
    image = Image.fromarray(decoded(Path(path)))
    side = min(LARGEST_SIDE, *image.size)
    out = io.BytesIO()
    ImageOps.fit(image, (side, side), Image.Resampling.LANCZOS).save(out, "JPEG", quality=_QUALITY)
    progress(1.0)
    return out.getvalue()
