"""Mastering a file into another, towards a record where one is given."""

from pathlib import Path
from typing import Any

from segue.audio.analysis import Loudness
from segue.audio.files import Decoded, DecodeLimits, decode
from segue.audio.mastering import master
from segue.audio.mastering.writing import write_mastered
from segue.audio.report import finite
from segue.audio.signal import Progress, no_progress, part_of
from segue.kit.errors import InvalidAudio, TooLarge


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


def read_song(song: Path, limits: DecodeLimits, *, progress: Progress = no_progress) -> Decoded:
    """Decode a song of several; an error says which it is about."""
    try:
        return decode(song, limits, progress=progress)
    except (InvalidAudio, TooLarge) as error:
        error.detail = f"{song.name}: {error.detail}"
        raise


def _levels(loudness: Loudness) -> dict[str, float | None]:
    return {
        "loudness_lufs": finite(loudness.integrated_lufs),
        "loudness_range_lu": finite(loudness.range_lu),
        "true_peak_dbtp": finite(loudness.true_peak_dbtp),
    }
