"""Choosing the engine that reads images."""

from pathlib import Path

from segue.engines.description import EngineDescription
from segue.engines.models.install import is_installed
from segue.engines.models.registry import PPOCR
from segue.engines.ocr import TextReader
from segue.engines.ocr.ppocr import PpocrReader


def choose_reader(models_dir: Path, *, threads: int) -> TextReader:
    """Return the engine that reads text in images, ready to run.

    Raises
    ------
    Unavailable
        If its weights are missing; the message says how to get them.
    """
    return PpocrReader(models_dir, threads=threads)


def describe_readers(models_dir: Path) -> list[EngineDescription]:
    """Return every engine that reads images."""
    installed = is_installed(PPOCR, models_dir)
    remedy = f"run `segue models install {PPOCR.name}` ({PPOCR.size_bytes / 1e6:.0f} MB, {PPOCR.licence})"
    note = "screenshots of playlists, offline" if installed else f"not installed: {remedy}"
    return [EngineDescription("ppocr", installed, note)]
