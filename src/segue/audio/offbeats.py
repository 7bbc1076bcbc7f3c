"""Whether a song's pulse is on its beats or between them, as loud off-beats make it seem."""

import numpy as np
from numpy.typing import NDArray

from segue.audio.metre import accents
from segue.audio.onsets import Onsets
from segue.audio.spectrum import Spectra
from segue.audio.tonality import Chroma

_FEWEST_BEATS = 8
#: How much the rows of :func:`segue.audio.metre.accents` say about where the beat is: drums and chords of some styles
#: fall between the beats, but harmony and bass change on them.
_WEIGHTS = np.array([0.35, 0.35, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0])
_CLEARLY = 0.1

Times = NDArray[np.float64]


def on_the_beat(
    spectra: Spectra, onsets: Onsets, chroma: Chroma, beats_s: Times, *, start_s: float, end_s: float
) -> Times:
    """Move beats by half of one where more changes between them than on them.

    Parameters
    ----------
    beats_s
        Ascending times in seconds.
    start_s, end_s
        Where the song sounds.
    """
    if beats_s.size < _FEWEST_BEATS:
        return beats_s
    between = (beats_s[1:] + beats_s[:-1]) / 2.0
    both = np.empty(2 * beats_s.size - 1)
    both[::2], both[1::2] = beats_s, between
    found = accents(spectra, onsets, chroma, both)
    if float(_WEIGHTS @ (found[:, :-1:2].mean(axis=1) - found[:, 1::2].mean(axis=1))) >= -_CLEARLY:
        return beats_s
    ends = (2.0 * beats_s[0] - between[0], 2.0 * beats_s[-1] - between[-1])
    moved = np.concatenate([ends[:1], between, ends[1:]])
    return moved[(moved >= max(start_s, 0.0)) & (moved <= end_s)]
