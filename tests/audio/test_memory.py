"""An hour of music is analysed in bounded memory."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

MINUTES, RATE = 15, 44_100

SCRIPT = r"""
import re, sys
from pathlib import Path
import numpy as np
from segue.audio.listening import analyze
from segue.audio.signal import Audio
def most_kib():  # not from getrusage, which begins at what the parent held
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
before = most_kib()
samples = np.memmap(sys.argv[1], dtype=np.float32, mode="r").reshape(2, -1)
analyze(Audio(samples, int(sys.argv[2])))
print((most_kib() - before) / 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the most memory that a process held")
def test_an_analysis_holds_less_than_the_song_has_samples(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    with (tmp_path / "song").open("wb") as file:
        for _ in range(2 * MINUTES):
            (0.1 * random.standard_normal(60 * RATE, dtype=np.float32)).tofile(file)
    words = [sys.executable, "-c", SCRIPT, str(tmp_path / "song"), str(RATE)]
    run = subprocess.run(words, capture_output=True, text=True, check=True, env={"OPENBLAS_NUM_THREADS": "1"})
    # Samples of both channels in float32 are 303 MB; an hour within 1.5 GB is 375 for a quarter of it.
    assert float(run.stdout) < 300
