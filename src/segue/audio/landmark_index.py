"""An index of landmarks in memory, for as many recordings as are asked for on a command line."""

from collections.abc import Mapping

import numpy as np

from segue.audio.landmark_matching import postings_of
from segue.audio.landmarks import IntArray, Peaks, landmarks_of


class MemoryIndex:
    """The landmarks of some recordings, by hash.

    Parameters
    ----------
    peaks
        Of each recording, by its number.
    """

    def __init__(self, peaks: Mapping[int, Peaks]) -> None:
        self.peaks = dict(peaks)
        marks = {number: landmarks_of(found) for number, found in self.peaks.items()}
        hashes = [np.zeros(0, np.int64), *(found.hashes for found in marks.values())]
        postings = [np.zeros(0, np.int64), *(postings_of(number, found) for number, found in marks.items())]
        unordered = np.concatenate(hashes)
        order = np.argsort(unordered, kind="stable")
        self._hashes, self._postings = unordered[order], np.concatenate(postings)[order]

    def lookup(self, hashes: IntArray) -> tuple[IntArray, IntArray]:
        """Return the hash of each posting that has one of these hashes, and the posting, both ``(found,)``."""
        wanted = np.unique(hashes)
        low = np.searchsorted(self._hashes, wanted)
        counts = np.searchsorted(self._hashes, wanted, side="right") - low
        place = np.repeat(low - (np.cumsum(counts) - counts), counts) + np.arange(int(counts.sum()))
        return self._hashes[place], self._postings[place]
