"""Mastering into a file, and making sure of what the file holds."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from segue.audio.analysis import Loudness
from segue.audio.files import OUR_LIMITS, Decoded, DecodeLimits, decode, encode
from segue.audio.loudness import measure_loudness
from segue.audio.mastering import MasterReport, master
from segue.audio.report import finite
from segue.audio.signal import Audio, Progress, no_progress
from segue.kit.errors import InvalidAudio, TooLarge

CEILING_DBTP: Final = -1.0
_ATTEMPTS: Final = 3
#: Lossy encoders change the level by up to 0.45 dB (LAME, at 160 kbit/s and less) and raise peaks by up to 0.6 dB.
_LEVEL_TOLERANCE_DB: Final = 0.1
_SPARE_DB: Final = 0.1

Render = Callable[[float, Progress], tuple[Audio, MasterReport]]


def master_file(
    song: Path, output: Path, *, reference: Path | None, limits: DecodeLimits, progress: Progress = no_progress
) -> dict[str, Any]:
    """Master a song, towards a reference if one is given, write it, and report the figures before and after.

    Raises
    ------
    InvalidAudio, TooLarge
        A file cannot be read as audio, or is over the limits; the message says which file.
    """
    audio = read_song(song, limits, progress=part_of(progress, 0.0, 0.1)).audio
    model = read_song(reference, limits).audio if reference else None
    _, report = write_mastered(
        lambda ceiling_dbtp, told: master(audio, reference=model, ceiling_dbtp=ceiling_dbtp, progress=told),
        output,
        progress=part_of(progress, 0.1, 0.9),
    )
    return {
        "before": _levels(report.before),
        "after": _levels(report.after),
        "notes": list(report.notes),
    }


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


def read_song(song: Path, limits: DecodeLimits, *, progress: Progress = no_progress) -> Decoded:
    """Decode a song of several; an error says which it is about."""
    try:
        return decode(song, limits, progress=progress)
    except (InvalidAudio, TooLarge) as error:
        error.detail = f"{song.name}: {error.detail}"
        raise


def part_of(progress: Progress, start: float, share: float) -> Progress:
    """Return the progress of a part of some work, which begins at `start` and is a `share` of the whole."""
    return lambda done: progress(start + share * done)


def _louder(audio: Audio, gain_db: float) -> Audio:
    return audio if gain_db == 0 else Audio(audio.samples * np.float32(10 ** (gain_db / 20)), audio.sample_rate)


def _levels(loudness: Loudness) -> dict[str, float | None]:
    return {
        "loudness_lufs": finite(loudness.integrated_lufs),
        "loudness_range_lu": finite(loudness.range_lu),
        "true_peak_dbtp": finite(loudness.true_peak_dbtp),
    }
