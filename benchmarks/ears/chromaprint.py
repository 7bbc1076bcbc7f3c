"""Chromaprint, AcoustID's fingerprint, as a peer: FFmpeg makes it, and the nearest by bit errors is its answer.

It comes by ``uv run --with imageio-ffmpeg``, whose FFmpeg is a program of its own under the GPL.
"""

import subprocess
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from segue.audio.signal import Audio

FFMPEG: str | None = None
if find_spec("imageio_ffmpeg"):
    imageio_ffmpeg: Any = import_module("imageio_ffmpeg")
    FFMPEG = str(imageio_ffmpeg.get_ffmpeg_exe())
#: The rate that Chromaprint itself resamples to.
_RATE = 11025
#: Above this share of wrong bits, AcoustID's own matching takes nothing for a match.
_MOST_BIT_ERRORS = 0.35


class Peer:
    """The fingerprints of some recordings, searched from end to end."""

    def __init__(self, recordings: Mapping[int, Audio]) -> None:
        self._known = {number: fingerprint(audio) for number, audio in recordings.items()}

    def best(self, excerpt: Audio) -> int | None:
        """Return the recording with the fewest wrong bits somewhere, if few enough."""
        asked = fingerprint(excerpt)
        errors = {number: _fewest_errors(asked, known) for number, known in self._known.items()}
        nearest = min(errors, key=lambda number: errors[number])
        return nearest if errors[nearest] < _MOST_BIT_ERRORS else None


def fingerprint(audio: Audio) -> NDArray[np.uint32]:
    """Return Chromaprint's 32 bits for each eighth of a second."""
    mono = np.asarray(soxr.resample(audio.mono(), audio.sample_rate, _RATE), dtype="<f4")
    source = ("-f", "f32le", "-ar", str(_RATE), "-ac", "1", "-i", "-")
    command = (str(FFMPEG), "-v", "error", *source, "-f", "chromaprint", "-fp_format", "raw", "-")
    done = subprocess.run(command, input=mono.tobytes(), capture_output=True, check=True)  # noqa: S603
    return np.frombuffer(done.stdout, "<u4")


def _fewest_errors(asked: NDArray[np.uint32], known: NDArray[np.uint32]) -> float:
    if not 0 < asked.size <= known.size:
        return 1.0
    windows = np.lib.stride_tricks.sliding_window_view(known, asked.size)
    return float(np.bitwise_count(windows ^ asked).sum(axis=1).min()) / (32 * asked.size)
