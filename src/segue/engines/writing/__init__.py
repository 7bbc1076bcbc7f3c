"""Writing the words around music: what bands, songs and albums are called, and who a band is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from segue.music.styles import StyleName


@dataclass(frozen=True, slots=True)
class Sound:
    """What music sounds like, as far as it is known: nothing is written that is not in here.

    Attributes
    ----------
    styles
        How much of each style, above 0; they need not sum to 1.
    tempo_bpm
        About how fast.
    energy, valence
        0 (calm, dark) to 1 (full, bright).
    bass
        -1 (light) to 1 (heavy).
    vocals
        Whether anybody sings.
    instruments
        Who plays, as people call it, the most heard first: ``electric piano``, ``upright bass``.
    """

    styles: Mapping[StyleName, float] = field(default_factory=dict)
    tempo_bpm: float | None = None
    energy: float | None = None
    valence: float | None = None
    bass: float = 0.0
    vocals: bool | None = None
    instruments: tuple[str, ...] = ()

    def main_styles(self, most: int = 2) -> tuple[StyleName, ...]:
        """Return the styles that are heard, the most of it first; what is hardly there is left out."""
        ranked = sorted(self.styles.items(), key=lambda item: (-item[1], item[0]))
        loudest = ranked[0][1] if ranked else 0.0
        return tuple(name for name, weight in ranked[:most] if weight >= 0.3 * loudest)


@dataclass(frozen=True, slots=True)
class Verse:
    """A part of a song that is to have words.

    Attributes
    ----------
    label
        What it is: ``verse``, ``chorus``, ``bridge``.
    syllables
        How many each of its lines has.
    returns
        Whether it has the same words whenever it comes.
    """

    label: str
    syllables: tuple[int, ...]
    returns: bool = False


class Writer(Protocol):
    """An engine that writes; what it is asked twice, with one seed, it says twice where it can."""

    name: str
    version: str

    def band_names(self, sound: Sound, seed: int, count: int) -> tuple[str, ...]:
        """Return names for a band, different from each other, 2 to 40 characters each.

        Parameters
        ----------
        sound
            What the band plays.
        seed
            Draws them.
        count
            How many, 1 to 50. Fewer may come back, but never none.
        """
        ...

    def bio(self, name: str, sound: Sound, seed: int) -> str:
        """Return two or three sentences about a band that are true of its sound; at most 600 characters."""
        ...

    def track_titles(
        self, sound: Sound, seed: int, count: int, *, avoid: frozenset[str] = frozenset()
    ) -> tuple[str, ...]:
        """Return titles for songs, different from each other, 1 to 60 characters each.

        Parameters
        ----------
        sound
            What the songs sound like.
        seed
            Draws them.
        count
            How many, 1 to 50. Fewer may come back, but never none.
        avoid
            Titles that are taken, compared without case.
        """
        ...

    def album_title(self, name: str, tracks: tuple[str, ...], sound: Sound, seed: int) -> str:
        """Return a title for a band's album or EP of these tracks; 1 to 60 characters."""
        ...

    def lyrics(
        self, sound: Sound, verses: tuple[Verse, ...], seed: int, *, title: str, explicit: bool
    ) -> tuple[tuple[str, ...], ...]:
        """Return the lines of a song, verse by verse.

        Parameters
        ----------
        sound
            What the song sounds like.
        verses
            Its parts.
        seed
            Draws them.
        title
            What the song is called.
        explicit
            Whether words are welcome that not everybody should hear.

        Returns
        -------
        tuple
            As many lines for each verse as it wants, each of about as many syllables.
        """
        ...
