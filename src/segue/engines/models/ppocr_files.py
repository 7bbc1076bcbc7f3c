"""What installing PP-OCR's networks makes of their package: two graphs, and what the second one's outputs mean."""

from pathlib import Path
from typing import Final

import onnx

_DETECTION: Final = "rapidocr/models/PP-OCRv6_det_small.onnx"
_RECOGNITION: Final = "rapidocr/models/PP-OCRv6_rec_small.onnx"
MEMBERS: Final = (_DETECTION, _RECOGNITION)
DETECTION: Final = "detection.onnx"
RECOGNITION: Final = "recognition.onnx"
CHARACTERS: Final = "characters.txt"
FILES: Final = (DETECTION, RECOGNITION, CHARACTERS)


def keep_ppocr(package: Path, target: Path) -> None:
    """Take the graphs as they are, and the characters, one a line, out of the second's notes."""
    (package / _DETECTION).rename(target / DETECTION)
    (package / _RECOGNITION).rename(target / RECOGNITION)
    notes = onnx.load(str(target / RECOGNITION)).metadata_props
    (characters,) = (note.value for note in notes if note.key == "character")
    (target / CHARACTERS).write_text(characters.removesuffix("\n"), encoding="utf-8")
