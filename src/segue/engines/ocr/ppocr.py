"""Reading text by PP-OCR's networks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from segue.engines.models.install import installed_file
from segue.engines.models.ppocr_files import CHARACTERS, DETECTION, RECOGNITION
from segue.engines.models.registry import PPOCR
from segue.engines.ocr import Box, Image, TextLine
from segue.engines.ocr.detection import TextDetector
from segue.engines.ocr.recognition import TextRecogniser
from segue.kit.processes import Progress, no_progress

#: The shares of the time that finding takes, and that reading again does what was found in pieces.
_FINDING: Final = 0.4
_AGAIN: Final = 0.1
#: So sure must the network be of pieces of a line, and so many letters must they have.
_READ: Final = 0.8
_WORD: Final = 2


class PpocrReader:
    """Text found by one network and read by another (PaddleOCR's PP-OCRv6, small).

    Latin letters with their accents, Chinese, Japanese, Cyrillic and Greek ones; lines must be level.

    Parameters
    ----------
    models_dir
        Where ``ppocr`` is installed.
    threads
        Threads that it may use.

    Raises
    ------
    Unavailable
        If the weights are not installed, or damaged.
    """

    name = "ppocr"
    version = f"{PPOCR.version}.1"

    def __init__(self, models_dir: Path, *, threads: int) -> None:
        detection, recognition, characters = (
            installed_file(models_dir, PPOCR, name) for name in (DETECTION, RECOGNITION, CHARACTERS)
        )
        self._detector = TextDetector(detection, threads=threads)
        letters = characters.read_text(encoding="utf-8").split("\n")
        self._recogniser = TextRecogniser(recognition, letters, threads=threads)

    def read(self, image: Image, *, progress: Progress = no_progress) -> list[TextLine]:
        """Return the lines of text: see `TextReader.read`."""
        boxes = self._detector.find(image, progress=lambda done: progress(_FINDING * done))
        once = 1 - _FINDING - _AGAIN
        lines = self._recogniser.read(image, boxes, progress=lambda done: progress(_FINDING + once * done))
        apart, wholes = _torn(lines)
        whole = self._recogniser.read(image, wholes, progress=lambda done: progress(1 - _AGAIN + _AGAIN * done))
        progress(1.0)
        return sorted([*apart, *whole], key=lambda line: (line.box.top, line.box.left))


def _torn(lines: Sequence[TextLine]) -> tuple[list[TextLine], list[Box]]:
    """Return the lines that are whole, and the boxes of those that were found in pieces which lie over each other.

    Icons touch the words beside them, too: what was hardly read is no piece of a line.
    """
    apart: list[TextLine] = []
    wholes: list[Box] = []
    left = sorted(lines, key=lambda line: line.box.left)
    while left:
        first = left.pop(0)
        whole = first.box
        while piece := next((other for other in left if _goes_on(whole, first, other)), None):
            left.remove(piece)
            whole = whole.joined(piece.box)
        if whole == first.box:
            apart.append(first)
        else:
            wholes.append(whole)
    return apart, wholes


def _goes_on(whole: Box, first: TextLine, other: TextLine) -> bool:
    box = other.box
    if min(first.confidence, other.confidence) < _READ or min(len(first.text), len(other.text)) < _WORD:
        return False
    alike = max(whole.height, box.height) < 1.3 * min(whole.height, box.height)
    level = abs(whole.middle - box.middle) < 0.2 * whole.height
    return alike and level and box.left < whole.right < box.right
