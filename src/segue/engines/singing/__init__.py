"""Singing words to a melody."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from segue.audio.signal import FloatArray, Progress, no_progress


@dataclass(frozen=True, slots=True)
class SungNote:
    """A note that is sung.

    Attributes
    ----------
    start_s, held_s
        When its vowel begins, and how long the note lasts.
    hz
        Its pitch.
    loud
        0 to 1.
    """

    start_s: float
    held_s: float
    hz: float
    loud: float = 0.8


@dataclass(frozen=True, slots=True)
class SungLine:
    """A line of a song, sung in a breath.

    Attributes
    ----------
    text
        English.
    notes
        In order, one at least. They need not be as many as there are syllables: some are then drawn over several notes,
        or several sung on one.
    """

    text: str
    notes: tuple[SungNote, ...]


class Singer(Protocol):
    """An engine that sings."""

    name: str
    version: str

    def syllables(self, text: str) -> int:
        """Return how many syllables a line has."""
        ...

    def sing(
        self,
        lines: Sequence[SungLine],
        *,
        length: int,
        sample_rate: int,
        seed: int,
        progress: Progress = no_progress,
    ) -> FloatArray:
        """Sing lines; the same seed gives the same bytes.

        Parameters
        ----------
        lines
            What is sung.
        length, sample_rate
            Of what is returned, in samples and Hz.
        seed
            Draws what is never twice the same in a voice.
        progress
            Told how far it is.

        Returns
        -------
        FloatArray
            ``(samples,)``. It is sung in octaves that the voice has.
        """
        ...
