"""Where a long song's segments are joined cannot be heard, and where they fall hardly matters."""

from pathlib import Path

import numpy as np
import pytest

from segue.audio.files import decode
from segue.audio.signal import Audio, FloatArray
from segue.engines.separation.classical import ClassicalSeparator
from segue.engines.separation.masking import OVERLAP_FRAMES, RATE, SEGMENT_FRAMES, STFT
from segue.engines.separation.spleeter import SpleeterSeparator
from tests.data import data_path
from tests.engines.separation.promises import distortion_db, separated

pytestmark = pytest.mark.slow  # networks and pictures take their seconds

#: From one segment's beginning to the next one's, in samples.
STEP = (SEGMENT_FRAMES - OVERLAP_FRAMES) * STFT.hop
SHIFT = 12_345


def _steady_tones(seconds: float) -> Audio:
    """Two tones, in the middle and at the left, whose level never changes."""
    time = np.arange(int(seconds * RATE)) / RATE
    low, high = (0.3 * np.sin(2 * np.pi * hertz * time) for hertz in (220.0, 1100.0))
    return Audio(np.stack([low + high, low]).astype(np.float32), RATE)


def _click_db(stem: FloatArray, place: int) -> float:
    """Return how far the treble within 20 ms of a place, where steady low tones have none, is below the mix."""
    around = stem[:, place - 882 : place + 882] * np.hanning(1764)
    treble = np.abs(np.fft.rfft(around))[:, 200:]  # above 5 kHz
    return float(20 * np.log10(treble.max() / (0.3 * 882 / 2) + 1e-12))


def test_a_steady_sound_has_no_click_where_segments_meet() -> None:
    stems = separated(ClassicalSeparator(), _steady_tones(15))
    joins = (STEP - STFT.lead, STEP, STEP + OVERLAP_FRAMES * STFT.hop - STFT.lead, STEP + OVERLAP_FRAMES * STFT.hop)
    assert max(_click_db(stem, join) for stem in stems.values() for join in joins) < -80


def _shifted_db(engine: ClassicalSeparator | SpleeterSeparator, mix: FloatArray) -> dict[str, float]:
    """Return how far the stems of a mix that begins later are from the stems of the mix, signal to difference."""
    stems = separated(engine, Audio(mix, RATE))
    later = separated(engine, Audio(np.pad(mix, ((0, 0), (SHIFT, 0))), RATE))
    return {name: distortion_db(stem, later[name][:, SHIFT:]) for name, stem in stems.items()}


@pytest.fixture(scope="module")
def excerpt() -> FloatArray:
    song = decode(data_path("songs_with_lyrics/Joshua Morin - On the run/audio.ogg")).audio
    return song.samples[:, 60 * RATE : 84 * RATE]


@pytest.mark.slow
def test_a_song_that_begins_later_is_parted_alike_without_weights(excerpt: FloatArray) -> None:
    assert min(_shifted_db(ClassicalSeparator(), excerpt).values()) > 20


@pytest.mark.slow
def test_a_song_that_begins_later_is_parted_alike_by_spleeter(models_dir: Path, excerpt: FloatArray) -> None:
    assert min(_shifted_db(SpleeterSeparator(models_dir, threads=2), excerpt).values()) > 14
