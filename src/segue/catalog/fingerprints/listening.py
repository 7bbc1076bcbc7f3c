"""From a file to its peaks: what a child process does for fingerprints."""

from pathlib import Path

from segue.audio.files import DecodeLimits, decode
from segue.audio.landmarks import Peaks, find_peaks
from segue.audio.signal import Progress, no_progress


def peaks_of_file(path: Path, limits: DecodeLimits, *, progress: Progress = no_progress) -> Peaks:
    """Decode a file and find its peaks.

    Raises
    ------
    InvalidAudio, TooLarge
        The file cannot be read as audio, or is over the limits.
    """
    return excerpt_of_file(path, limits, progress=progress)[0]


def excerpt_of_file(path: Path, limits: DecodeLimits, *, progress: Progress = no_progress) -> tuple[Peaks, float]:
    """Do as `peaks_of_file`, and return how many seconds the file lasts beside the peaks."""
    audio = decode(path, limits, progress=lambda done: progress(0.7 * done)).audio
    return find_peaks(audio, progress=lambda done: progress(0.7 + 0.3 * done)), audio.duration_s
