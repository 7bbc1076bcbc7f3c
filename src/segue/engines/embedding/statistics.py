"""Embeddings without weights: statistics of timbre, rhythm and harmony."""

from typing import Final

import numpy as np

from segue.audio.signal import Audio, FloatArray
from segue.engines.embedding import DIMENSIONS
from segue.engines.embedding.kernel_mean import kernel_mean
from segue.engines.embedding.measurements import pitch_classes, pulse, timbre
from segue.engines.embedding.projection import unit
from segue.engines.embedding.windows import RATE, SAMPLES, at_one_level, log_mel, spread

_WINDOWS: Final = 24
_HALF: Final = DIMENSIONS // 2
_NARROW: Final = 0.5
_WIDE: Final = 0.6
_PITCH: Final = 0.5


class StatisticsEmbedder:
    """A song's place among songs by plain statistics: for a machine without weights; songs that sound alike lie near.

    Of up to 24 windows of three seconds at one level, timbre, pulse and pitch classes are measured. Half of the space
    is their mean under a narrow kernel, by which a part of a song knows its song; half is the mean of timbre and pulse
    under a wide one, by which songs are ordered that have nothing in common but their sound.
    """

    name = "statistics"
    version = "2"

    def embed(self, audio: Audio) -> FloatArray:
        """Return the embedding: see `Embedder.embed`."""
        windows = at_one_level(spread(audio, rate=RATE, samples=SAMPLES, at_most=_WINDOWS, overlapping=True))
        mel = log_mel(windows)
        sound = np.concatenate([timbre(mel), pulse(mel)], axis=1)
        notes = np.concatenate([sound, _PITCH * pitch_classes(windows)], axis=1)
        narrow = kernel_mean(notes, width=_NARROW, dimensions=_HALF, name="statistics, narrow, version 2")
        wide = kernel_mean(sound, width=_WIDE, dimensions=_HALF, name="statistics, wide, version 2")
        return unit(np.concatenate([narrow, wide]))
