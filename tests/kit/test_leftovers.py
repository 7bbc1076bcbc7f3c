"""What killed processes leave is taken away, and nothing else."""

import os
import time
from pathlib import Path

from segue.kit.leftovers import LEFT_S, forget_leftovers


def test_what_nobody_has_touched_for_a_day_goes_with_all_that_is_in_it(tmp_path: Path) -> None:
    day_old = time.time() - LEFT_S - 60
    for name in ("old", "new"):
        (tmp_path / f"{name}-folder").mkdir()
        (tmp_path / f"{name}-folder" / "stem.flac").write_bytes(b"sound")
        (tmp_path / f"{name}-file").write_bytes(b"sound")
    for name in ("old-folder", "old-file"):
        os.utime(tmp_path / name, (day_old, day_old))

    forget_leftovers(tmp_path)

    assert {left.name for left in tmp_path.iterdir()} == {"new-folder", "new-file"}
