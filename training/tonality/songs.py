"""Songs with known chords and keys as the ears hear them: composed, rendered, analysed as far as the models need."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.audio.analysis import Key
from segue.audio.chords import CLASSES, QUALITIES, chord_features, chord_units
from segue.audio.onsets import detect_onsets
from segue.audio.rhythm import estimate_rhythm
from segue.audio.signal import Audio, FloatArray
from segue.audio.spectrum import RATE, analyze_spectra, sounding_span
from segue.audio.tonality import Chroma, measure_chroma
from segue.music.composing import compose
from segue.music.rendering import render
from segue.music.score import ChordName, Score
from segue.music.wishes import Wishes

#: What a chord of the composer's may be called by the ears: a power chord is major or minor, nobody can tell.
_MEANINGS: Final[dict[str, tuple[str, ...]]] = {
    **{quality: (quality,) for quality in QUALITIES},
    "5": ("maj", "min"),
    "maj6": ("maj",),
    "min6": ("min",),
    "9": ("7",),
    "maj9": ("maj7",),
    "min9": ("min7",),
}
_BARS: Final = (8, 12, 10, 16)
_DRUMS_ALONE: Final = 16
_PITCHED: Final = ("vocals", "bass", "other")


@dataclass(frozen=True, slots=True)
class HeardSong:
    """A song as the models meet it, with the truth.

    Attributes
    ----------
    features
        As `segue.audio.chords.chord_features` gives them, ``(units, rows, 12)``.
    meant
        Which classes are right, ``(units, CLASSES)``; no row is all false.
    on_bar
        Whether a unit begins on what was heard as a downbeat, ``(units,)``.
    chroma
        The song's pitch classes, for the key.
    edges_s, start_s, end_s
        Edges of the units; when it begins and ends to sound.
    key
        The key.
    """

    features: FloatArray
    meant: NDArray[np.bool_]
    on_bar: NDArray[np.bool_]
    chroma: Chroma
    edges_s: NDArray[np.float64]
    start_s: float
    end_s: float
    key: Key


def song(seed: int, soundfonts: tuple[Path | None, ...]) -> tuple[Score, HeardSong]:
    """Compose, render and hear the song of a seed; one in sixteen has lost all but its drums."""
    wishes = Wishes(
        bars=_BARS[seed % len(_BARS)],
        drift=0.04 * float(np.sin(seed)),
        rubato=0.05 if seed % 5 == 0 else 0.0,
        drums=True if seed % _DRUMS_ALONE == 0 else None,
    )
    score = compose(seed, wishes)
    if seed % _DRUMS_ALONE == 0:
        score = replace(score, parts=tuple(part for part in score.parts if part.role == "drums"))
    soundfont = soundfonts[seed // 2 % len(soundfonts)]
    return score, hear(render(score, seed=seed, soundfont=soundfont, sample_rate=RATE).mix, score)


def hear(mix: Audio, score: Score) -> HeardSong:
    """Analyse a rendered song and lay the truth beside what was heard."""
    spectra = analyze_spectra(mix)
    chroma = measure_chroma(spectra)
    rhythm = estimate_rhythm(spectra, detect_onsets(spectra), chroma)
    edges = chord_units(rhythm, spectra.duration_s)
    start_s, end_s = sounding_span(spectra)
    return HeardSong(
        features=chord_features(chroma, edges),
        meant=_meant(score, edges),
        on_bar=np.isin(edges[:-1].round(4), np.array(rhythm.downbeats_s).round(4)),
        chroma=chroma,
        edges_s=edges,
        start_s=start_s,
        end_s=end_s,
        key=score.key,
    )


def classes_of(chord: ChordName) -> list[int]:
    """Return the classes of the ears' model that a chord may be called."""
    return [chord.root * len(QUALITIES) + QUALITIES.index(name) for name in _MEANINGS[chord.quality]]  # type: ignore[arg-type]


def _meant(score: Score, edges_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return what is right for each unit: the chord in its middle, no chord where nothing pitched sounds."""
    meant = np.zeros((edges_s.size - 1, CLASSES), dtype=np.bool_)
    middles = (edges_s[:-1] + edges_s[1:]) / 2.0
    sounding = _sounding(score, edges_s)
    ends = score.seconds(np.array([span.end for span in score.chords]))
    for unit, index in enumerate(np.searchsorted(ends, middles, side="right")):
        if not sounding[unit] or index >= len(score.chords):
            meant[unit, -1] = True
        else:
            meant[unit, classes_of(score.chords[index].chord)] = True
    return meant


def _sounding(score: Score, edges_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell in which units a pitched note is held, be it for a moment."""
    notes = [note for part in score.parts if part.role in _PITCHED for note in part.notes]
    starts = np.sort(score.seconds(np.array([note.start for note in notes])))
    ends = np.sort(score.seconds(np.array([note.start + note.duration for note in notes])))
    begun = np.searchsorted(starts, edges_s[1:], side="left")
    ended = np.searchsorted(ends, edges_s[:-1], side="right")
    return np.asarray(begun > ended)
