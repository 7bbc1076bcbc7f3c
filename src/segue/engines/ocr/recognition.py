"""Reading a line of text by a network that tells the letters along it: PP-OCR's.

It was trained by connectionist temporal classification (A. Graves et al., ICML 2006): repetitions and blanks are no
letters.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image as Pillow

from segue.audio.signal import FloatArray
from segue.engines.models.runtime import OnnxModel
from segue.engines.ocr import Box, Image, TextLine
from segue.kit.processes import Progress, no_progress

_HEIGHT: Final = 48
#: No narrower than what the network was shown, no wider than what memory should take.
_NARROWEST: Final = 320
_WIDEST: Final = 3200
#: Lines that are read together: as many as are so wide together.
_WIDTH_AT_ONCE: Final = 3200
_BLANK: Final = 0


class TextRecogniser:
    """Reads lines of text.

    Parameters
    ----------
    path
        The network, ONNX.
    characters
        What its outputs mean, from the second on: the first is the blank, the last a space.
    threads
        Threads that it may use.
    """

    def __init__(self, path: Path, characters: Sequence[str], *, threads: int) -> None:
        self._network = OnnxModel(path, threads=threads)
        self._characters = ("", *characters, " ")

    def read(self, image: Image, boxes: Sequence[Box], *, progress: Progress = no_progress) -> list[TextLine]:
        """Return the text in each box, in order; boxes in which there is none are left out."""
        whole = Pillow.fromarray(image)
        read: dict[int, TextLine] = {}
        done = 0
        for batch in _batches(boxes):
            strips = [_strip(whole, boxes[number]) for number in batch]
            widest = max(_NARROWEST, *(strip.shape[2] for strip in strips))
            padded = np.zeros((len(strips), 3, _HEIGHT, widest), dtype=np.float32)
            for row, strip in zip(padded, strips, strict=True):
                row[:, :, : strip.shape[2]] = strip
            (told,) = self._network.run(["fetch_name_0"], x=padded)
            for number, likely in zip(batch, told, strict=True):
                text, confidence = self._decoded(likely)
                if text:
                    read[number] = TextLine(text, boxes[number], confidence)
            done += len(batch)
            progress(done / len(boxes))
        return [read[number] for number in sorted(read)]

    def _decoded(self, likely: FloatArray) -> tuple[str, float]:
        """Return the likeliest letters, repetitions and blanks left out, and how likely they are in the mean."""
        best = likely.argmax(axis=1)
        new = np.concatenate([[True], best[1:] != best[:-1]]) & (best != _BLANK)
        text = "".join(self._characters[letter] for letter in best[new]).strip()
        return text, min(1.0, float(likely.max(axis=1)[new].mean())) if text else 0.0


def _width(box: Box) -> int:
    """Return how wide a line is when it is as high as the network wants it."""
    return int(min(_WIDEST, max(1, np.ceil(box.width / max(1.0, box.height) * _HEIGHT))))


def _batches(boxes: Sequence[Box]) -> Iterator[list[int]]:
    """Give the boxes' numbers, those of like widths together."""
    batch: list[int] = []
    for number in sorted(range(len(boxes)), key=lambda number: _width(boxes[number])):
        if batch and (len(batch) + 1) * max(_NARROWEST, _width(boxes[number])) > _WIDTH_AT_ONCE:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def _strip(image: Pillow.Image, box: Box) -> FloatArray:
    """Return a line as the network wants it: blue first, -1 to 1."""
    edges = (box.left, box.top, max(box.right, box.left + 1), max(box.bottom, box.top + 1))
    resized = image.resize((_width(box), _HEIGHT), Pillow.Resampling.BILINEAR, box=_within(edges, image.size))
    return np.asarray(resized, dtype=np.float32)[..., ::-1].transpose(2, 0, 1) / np.float32(127.5) - 1


def _within(edges: tuple[float, float, float, float], size: tuple[int, int]) -> tuple[float, float, float, float]:
    left, top, right, bottom = edges
    width, height = size
    return (
        min(max(0.0, left), width - 1.0),
        min(max(0.0, top), height - 1.0),
        min(float(width), right),
        min(float(height), bottom),
    )
