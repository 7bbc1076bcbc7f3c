"""Mastering into a file, and making sure of what the file holds."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from segue.audio.files import OUR_LIMITS, decode, encode
from segue.audio.loudness import measure_loudness
from segue.audio.mastering.types import MasterReport
from segue.audio.signal import Audio, Progress, no_progress, part_of

CEILING_DBTP: Final = -1.0
_ATTEMPTS: Final = 3
#: Lossy encoders change the level by up to 0.45 dB (LAME, at 160 kbit/s and less) and raise peaks by up to 0.6 dB.
_LEVEL_TOLERANCE_DB: Final = 0.1
_SPARE_DB: Final = 0.1

Render = Callable[[float, Progress], tuple[Audio, MasterReport]]


def write_mastered(
    render: Render, output: Path, *, tags: Mapping[str, str] | None = None, progress: Progress = no_progress
) -> tuple[Audio, MasterReport]:
    """Write a master whose loudness and true peak hold in the file, after what its codec does to them.

    Parameters
    ----------
    render
        Gives the master under a ceiling in dBTP; called again with a lower one where the codec raised the peaks.
    output
        Its suffix tells the format. It appears when it is right.
    tags
        Such as ``title``.

    Returns
    -------
    Audio
        As it was rendered.
    MasterReport
        ``after`` is what was measured in the written file.
    """
    ceiling_dbtp, makeup_db = CEILING_DBTP, 0.0
    with tempfile.TemporaryDirectory(prefix=".segue-", dir=output.parent) as folder:
        draft = Path(folder, output.name)
        for attempt in range(_ATTEMPTS):
            # Nearly always the first attempt is the last: it has nine tenths of the bar.
            told = part_of(progress, 1 - 0.1**attempt, 0.9 * 0.1**attempt)
            audio, report = render(ceiling_dbtp, part_of(told, 0.0, 0.5))
            encode(_louder(audio, makeup_db), draft, tags=tags, progress=part_of(told, 0.5, 0.4))
            heard = measure_loudness(decode(draft, OUR_LIMITS).audio)
            told(1.0)
            change_db = heard.integrated_lufs - report.after.integrated_lufs
            over_db = heard.true_peak_dbtp - CEILING_DBTP
            if not np.isfinite(change_db) or (abs(change_db) <= _LEVEL_TOLERANCE_DB and over_db <= 0):
                break
            raised_db = heard.true_peak_dbtp - report.after.true_peak_dbtp - change_db
            makeup_db -= change_db
            ceiling_dbtp = min(ceiling_dbtp, CEILING_DBTP - max(0.0, raised_db) - _SPARE_DB)
        draft.replace(output)
    progress(1.0)
    return audio, replace(report, after=heard, ceiling_dbtp=CEILING_DBTP)


def _louder(audio: Audio, gain_db: float) -> Audio:
    return audio if gain_db == 0 else Audio(audio.samples * np.float32(10 ** (gain_db / 20)), audio.sample_rate)
