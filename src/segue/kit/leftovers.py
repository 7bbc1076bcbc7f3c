"""What a process that was killed could not take away with it."""

import shutil
import time
from pathlib import Path

#: What was touched longer ago than this is nobody's any more: no upload and no job takes a day.
LEFT_S = 24 * 3600


def forget_leftovers(folder: Path) -> None:
    """Delete the files and folders directly in `folder` that nobody has touched for a day."""
    oldest = time.time() - LEFT_S
    for left in folder.iterdir():
        try:
            if left.stat().st_mtime >= oldest:
                continue
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink()
        except FileNotFoundError:
            continue
