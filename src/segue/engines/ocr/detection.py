"""Finding where in an image there is text, by a network that tells for each pixel how likely it belongs to a line.

The network is PP-OCR's; what is made of its map follows M. Liao et al., "Real-time Scene Text Detection with
Differentiable Binarization" (AAAI 2020), for lines that are level: screenshots have no others.
"""

from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image as Pillow
from scipy import ndimage

from segue.audio.signal import FloatArray
from segue.engines.models.runtime import OnnxModel
from segue.engines.ocr import Box, Image
from segue.kit.processes import Progress, no_progress

#: The shorter side, in pixels, is brought between these: text of a phone's or a desktop's size is then found best.
_SHORTEST: Final = 736
_LONGEST: Final = 1280
_MOST_ENLARGED: Final = 2.0
#: A network sees so many rows at once, and each row with so many around it: memory does not grow with the image.
_TILE: Final = 1408
_AROUND: Final = 128
_GRID: Final = 32
#: What belongs to text, and what a line must reach in the mean.
_TEXT: Final = 0.3
_LINE: Final = 0.5
#: The network marks lines' cores: shrunk by area over perimeter times a factor, of which this is the reverse.
_UNSHRINK: Final = 1.6
_SMALLEST: Final = 3
#: No screen shows more lines; what does is noise, and would take minutes to read.
_MOST_LINES: Final = 1500


class TextDetector:
    """Finds lines of text.

    Parameters
    ----------
    path
        The network, ONNX.
    threads
        Threads that it may use.
    """

    def __init__(self, path: Path, *, threads: int) -> None:
        self._network = OnnxModel(path, threads=threads)

    def find(self, image: Image, *, progress: Progress = no_progress) -> list[Box]:
        """Return where the lines are, from top to bottom."""
        height, width = image.shape[:2]
        shorter = min(height, width)
        scale = min(max(1.0, _SHORTEST / shorter), _MOST_ENLARGED, _LONGEST / shorter)
        rows, columns = (max(1, round(side * scale / _GRID)) * _GRID for side in (height, width))
        resized = np.asarray(Pillow.fromarray(image).resize((columns, rows), Pillow.Resampling.BILINEAR))
        likely = self._likely(resized, progress)
        return [
            Box(
                max(0.0, box.left * width / columns),
                max(0.0, box.top * height / rows),
                min(float(width), box.right * width / columns),
                min(float(height), box.bottom * height / rows),
            )
            for box in _lines(likely)
        ]

    def _likely(self, image: Image, progress: Progress) -> FloatArray:
        """Return for each pixel how likely it is text, 0 to 1, looked at in tiles along the longer side."""
        if image.shape[1] > image.shape[0]:
            return self._likely_in_columns(image, progress)
        length = image.shape[0]
        parts = []
        for top in range(0, length, _TILE):
            above = min(top, _AROUND)
            seen = self._look(image[top - above : top + _TILE + _AROUND])
            parts.append(seen[above : above + _TILE])
            progress(min(1.0, (top + _TILE) / length))
        return np.concatenate(parts)

    def _likely_in_columns(self, image: Image, progress: Progress) -> FloatArray:
        parts = []
        width = image.shape[1]
        for left in range(0, width, _TILE):
            before = min(left, _AROUND)
            seen = self._look(image[:, left - before : left + _TILE + _AROUND])
            parts.append(seen[:, before : before + _TILE])
            progress(min(1.0, (left + _TILE) / width))
        return np.concatenate(parts, axis=1)

    def _look(self, image: Image) -> FloatArray:
        blue_first = image[..., ::-1].astype(np.float32) / 127.5 - 1
        (likely,) = self._network.run(["fetch_name_0"], x=blue_first.transpose(2, 0, 1)[np.newaxis])
        return np.asarray(likely[0, 0])


def _lines(likely: FloatArray) -> list[Box]:
    """Return the boxes of connected areas of text, grown to what the letters take."""
    # A pixel to the right and below joins letters that touch all but.
    areas = ndimage.binary_dilation(likely > _TEXT, structure=np.ones((2, 2), dtype=bool))
    numbered, _ = ndimage.label(areas, structure=np.ones((3, 3), dtype=bool))
    boxes = []
    for rows, columns in ndimage.find_objects(numbered):
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if min(height, width) < _SMALLEST or likely[rows, columns].mean() < _LINE:
            continue
        grown = height * width * _UNSHRINK / (2 * (height + width))
        boxes.append(Box(columns.start - grown, rows.start - grown, columns.stop + grown, rows.stop + grown))
    boxes.sort(key=lambda box: (box.top, box.left))
    return boxes[:_MOST_LINES]
