"""A screenshot read to its end: what a worker's child process does."""

from pathlib import Path
from typing import Final

from segue.engines.ocr.choose import choose_reader
from segue.engines.ocr.images import decoded
from segue.kit.processes import Progress, no_progress
from segue.library.screenshots.entries import Sheet, sheet_of

_THREADS: Final = 2


def read_screenshot(path: Path, models_dir: Path, *, progress: Progress = no_progress) -> Sheet:
    """Return the list of songs that an image shows.

    Parameters
    ----------
    path
        An image that `segue.engines.ocr.images.examine` has let through.
    models_dir
        Where the models lie.

    Raises
    ------
    Unavailable
        There is no engine that reads; the message says how to get one.
    """
    reader = choose_reader(models_dir, threads=_THREADS)
    return sheet_of(reader.read(decoded(path), progress=progress))
