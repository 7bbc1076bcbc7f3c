"""What a new song takes over from one that exists: its tempo, key, metre and progression."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from segue.audio.analysis import Analysis, Chord, Key
from segue.music.score import ChordName

Progression = tuple[tuple[ChordName, float], ...]

#: Loops are looked for of so many bars, the likeliest first.
_LOOPS: Final = (4, 8, 2)
_SURE: Final = 0.3
#: A chord in place of another a third below or above, with which it shares two tones.
_SUBSTITUTES: Final = {"maj": (9, "min"), "min": (3, "maj"), "maj7": (9, "min7"), "min7": (3, "maj7")}
_VARIED: Final = 0.5


@dataclass(frozen=True, slots=True)
class SourceTraits:
    """What was heard in a song that another one shall resemble.

    Attributes
    ----------
    tempo_bpm, key
        None where nothing pulses, or no key was heard.
    chords
        The progression that comes round most often, with lengths in beats; empty where none does.
    """

    tempo_bpm: float | None = None
    beats_per_bar: int = 4
    key: Key | None = None
    chords: Progression = ()

    def transposed(self, semitones: int) -> Progression:
        """Return the progression so many semitones up."""
        return tuple((ChordName((chord.root + semitones) % 12, chord.quality), beats) for chord, beats in self.chords)


def traits_of(analysis: Analysis) -> SourceTraits:
    """Return what a song hands down."""
    rhythm = analysis.rhythm
    return SourceTraits(
        tempo_bpm=rhythm.tempo_bpm or None,
        beats_per_bar=rhythm.time_signature,
        key=analysis.key if analysis.key.confidence > 0 else None,
        chords=progression_of(analysis),
    )


def progression_of(analysis: Analysis) -> Progression:
    """Return the chords that come round most often, one a bar, each with its length in beats; empty if none do."""
    bars = _bars(analysis)
    for length in _LOOPS:
        windows = Counter(
            tuple(window)
            for start in range(len(bars) - length + 1)
            if None not in (window := bars[start : start + length])
        )
        if not windows:
            continue
        loop, times = windows.most_common(1)[0]
        if times >= 2 and len(set(loop)) > 1:
            beats = float(analysis.rhythm.time_signature)
            return tuple((chord, beats) for chord in loop if chord is not None)
    return ()


def varied(chords: Progression, key: Key, rng: np.random.Generator) -> Progression:
    """Return a progression with one chord exchanged for its relative, or as it is; its first chord and tonics stay."""
    places = [
        place
        for place, (chord, _) in enumerate(chords)
        if place and chord.root != key.tonic and chord.quality in _SUBSTITUTES
    ]
    if not places or rng.random() > _VARIED:
        return chords
    place = places[int(rng.integers(len(places)))]
    chord, beats = chords[place]
    step, quality = _SUBSTITUTES[chord.quality]
    return (*chords[:place], (ChordName((chord.root + step) % 12, quality), beats), *chords[place + 1 :])


def _bars(analysis: Analysis) -> list[ChordName | None]:
    """Return the chord that sounds longest in each bar."""
    downbeats = analysis.rhythm.downbeats_s
    return [_longest(analysis.chords, start, end) for start, end in pairwise(downbeats)]


def _longest(chords: Sequence[Chord], start_s: float, end_s: float) -> ChordName | None:
    lengths: dict[ChordName, float] = {}
    for chord in chords:
        overlap = min(chord.end_s, end_s) - max(chord.start_s, start_s)
        if overlap > 0 and chord.root is not None:
            name = ChordName(chord.root, chord.quality)
            lengths[name] = lengths.get(name, 0.0) + overlap
    best = max(lengths, key=lambda name: lengths[name], default=None)
    return best if best is not None and lengths[best] >= _SURE * (end_s - start_s) else None
