"""How well two songs go together, judged before anything is mixed."""

import math
from typing import Final

from segue.audio.analysis import Analysis, Key
from segue.audio.mashup.types import Compatibility

#: Beats of the mashup to one of the track: half time, as it is, double time.
OCTAVES: Final = (1.0, 0.5, 2.0)
MOST_SEMITONES: Final = 3
_WEIGHTS: Final = {"tempo": 0.35, "key": 0.35, "energy": 0.2, "form": 0.1}
_TEMPO_TOLERANCE_OCTAVES: Final = 0.12
_PRICE_PER_SEMITONE: Final = 0.04


def score_compatibility(a: Analysis, b: Analysis) -> Compatibility:
    """Score how well one song's voice goes with another song.

    Parameters
    ----------
    a
        The song that lends its voice.
    b
        The song that it is laid over.

    Returns
    -------
    Compatibility
        35 % tempo, 35 % key, 20 % energy, 10 % form.
    """
    parts = [_tempo(a, b), _key(a, b), _energy(a, b), _form(a, b)]
    scores = dict(zip(_WEIGHTS, (score for score, _ in parts), strict=True))
    whole = sum(_WEIGHTS[name] * score for name, score in scores.items())
    reasons = tuple(f"{name} {score:.2f}: {why}" for name, (score, why) in zip(_WEIGHTS, parts, strict=True))
    return Compatibility(score=round(whole, 4), reasons=reasons, **scores)


def nearest_octave(tempo_bpm: float, target_bpm: float) -> float:
    """Return the one of `OCTAVES` that brings a tempo closest to another."""
    if tempo_bpm <= 0 or target_bpm <= 0:
        return 1.0
    return min(OCTAVES, key=lambda octave: abs(math.log2(tempo_bpm * octave / target_bpm)))


def key_relation(a: Key, b: Key) -> tuple[float, str]:
    """Return how well two keys go together, 0 to 1, and what they are to each other.

    By the Camelot wheel: the same place, its relative, its neighbours a fifth up and down, the diagonal.
    """
    hours = (int(a.camelot[:-1]) - int(b.camelot[:-1])) % 12
    hours = min(hours, 12 - hours)
    if hours == 0:
        return (1.0, "the same key") if a.mode == b.mode else (0.92, "relative keys")
    if hours == 1:
        return (0.8, "keys a fifth apart") if a.mode == b.mode else (0.6, "keys a step and a mode apart")
    if a.tonic == b.tonic:
        return 0.5, "parallel keys"
    return max(0.0, 0.45 - 0.08 * hours), "distant keys"


def best_transposition(a: Key, b: Key) -> tuple[int, float, str]:
    """Return by how many semitones, at most 3 either way, to move `a` for it to fit `b`.

    Returns
    -------
    tuple
        Semitones, the relation's score less a little for each semitone (voices suffer from it), the relation in words.
    """
    options = []
    for semitones in sorted(range(-MOST_SEMITONES, MOST_SEMITONES + 1), key=abs):
        score, relation = key_relation(a.transposed(semitones), b)
        options.append((semitones, max(0.0, score - _PRICE_PER_SEMITONE * abs(semitones)), relation))
    return max(options, key=lambda option: option[1])


def name_of(key: Key) -> str:
    """Return a key in words, with its Camelot place."""
    return f"{key.tonic_name} {key.mode} ({key.camelot})"


def _tempo(a: Analysis, b: Analysis) -> tuple[float, str]:
    first, second = a.rhythm.tempo_bpm, b.rhythm.tempo_bpm
    if first <= 0 or second <= 0:
        return 0.5, "one of the two has no pulse"
    octave = nearest_octave(first, second)
    distance = math.log2(first * octave / second)
    score = math.exp(-0.5 * (distance / _TEMPO_TOLERANCE_OCTAVES) ** 2)
    if a.rhythm.time_signature != b.rhythm.time_signature:
        score *= 0.6
    pace = {1.0: "", 0.5: ", taken in half time", 2.0: ", taken in double time"}[octave]
    return score, f"{first:.1f} against {second:.1f} bpm{pace}: {abs(2**distance - 1):.1%} apart"


def _key(a: Analysis, b: Analysis) -> tuple[float, str]:
    semitones, score, relation = best_transposition(a.key, b.key)
    moved = f", after {semitones:+d} semitones" if semitones else ""
    return score, f"{name_of(a.key)} against {name_of(b.key)}: {relation}{moved}"


def _energy(a: Analysis, b: Analysis) -> tuple[float, str]:
    first, second = a.descriptors.energy, b.descriptors.energy
    return 1 - abs(first - second), f"energy {first:.2f} against {second:.2f}"


def _form(a: Analysis, b: Analysis) -> tuple[float, str]:
    shorter, longer = sorted((max(a.duration_s, 1.0), max(b.duration_s, 1.0)))
    labels_a, labels_b = ({section.label for section in song.sections} for song in (a, b))
    shared = (labels_a & labels_b) - {"silence", "section"}
    together = labels_a | labels_b
    likeness = len(shared) / len(together) if together else 0.0
    words = ", ".join(sorted(shared)) or "no named section"
    return 0.5 * shorter / longer + 0.5 * likeness, f"lengths {shorter:.0f} and {longer:.0f} s; both have {words}"
