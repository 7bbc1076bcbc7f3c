"""A track after songs at hand, without a listener: what the command line makes."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

import numpy as np

from segue.audio.analysis import Analysis
from segue.audio.signal import FloatArray
from segue.engines.generation.sounds import atlas_of
from segue.generation.conditioning import Conditions, unit
from segue.generation.explaining import Influence, Reasons, song_in_words
from segue.generation.limits import Limits
from segue.generation.sources import traits_of


@dataclass(frozen=True, slots=True, eq=False)
class HeardSong:
    """A song that was heard: its name, what was measured, and where it lies, a unit vector ``(768,)``."""

    title: str
    analysis: Analysis
    embedding: FloatArray


def like_songs(
    songs: Sequence[HeardSong], *, space: str, seed: int, duration_s: float, limits: Limits
) -> tuple[Conditions, Reasons]:
    """Return the conditions for a track like songs, and why; without songs, chance decides what limits leave open.

    Parameters
    ----------
    space
        In which the songs' embeddings lie.
    """
    if not songs:
        return Conditions("new", seed, duration_s, limits=limits), Reasons("new")
    vector = unit(np.mean([song.embedding for song in songs], axis=0))
    tempi = [song.analysis.rhythm.tempo_bpm for song in songs if song.analysis.rhythm.beats_s]
    conditions = Conditions(
        mode="similar",
        seed=seed,
        duration_s=duration_s,
        number=seed % 12,
        vector=vector,
        atlas=atlas_of(space),
        tempo_bpm=median(tempi) if tempi else None,
        energy=fmean(song.analysis.descriptors.energy for song in songs),
        valence=fmean(song.analysis.descriptors.valence for song in songs),
        source=traits_of(songs[0].analysis) if len(songs) == 1 else None,
        limits=limits,
    )
    influences = [Influence(song.title, None, float(song.embedding @ vector), "listed") for song in songs]
    nearest = sorted(influences, key=lambda one: -one.likeness)
    reasons = Reasons(
        "new",
        influences=tuple(nearest[:3]) if len(songs) > 1 else (),
        named=tuple(song_in_words(song.title, None) for song in songs),
        space=space,
    )
    return conditions, reasons
