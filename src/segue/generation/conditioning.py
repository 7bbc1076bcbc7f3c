"""From a listener's taste, a source and preferences to wishes for a song: arithmetic, without a database.

Every draw is by the seed; the same conditions give the same wishes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from segue.audio.analysis import Key
from segue.audio.signal import FloatArray
from segue.engines.generation import GenerationMode
from segue.engines.generation.sounds import SoundAtlas
from segue.generation.limits import Limits, fitted
from segue.generation.sources import Progression, SourceTraits, varied
from segue.generation.wording import styles_in_words
from segue.music.blending import blend, shares
from segue.music.chance import between, chance
from segue.music.styles import STYLE_NAMES, STYLES, StyleName
from segue.music.wishes import Wishes

#: Of what one resembles there is so much of the source, the rest is of the listener.
SOURCE_SHARE: Final = 0.7
#: How much words count beside a vector that can be believed.
_WORDS_BESIDE: Final = 0.4
#: How far songs of one listener stray: in the weights of styles (natural logarithm), energy, valence, tempo (share).
_STYLE_SPREAD, _FEEL_SPREAD, _TEMPO_SPREAD = 0.35, 0.07, 0.06
_SIMILAR_TEMPO_SPREAD: Final = 0.03
#: Steps of this length go round a circle most evenly: no two of a listener's tempi are alike soon. So much is chance.
_GOLDEN: Final = 0.6180339887
_LEAST_STEP: Final = 0.02
_MOST_STYLES: Final = 4
_LEAST_SHARE: Final = 0.08
#: Related keys, in semitones: the same, a fifth up and down, a tone up and down.
_NEAR_KEYS: Final = (0, 7, 5, 2, 10)
#: Voices by themselves are what is left of many a sound that is like no other: only words ask for them.
_BY_WORDS_ALONE: Final = frozenset({"a_cappella"})
#: From so much energy on, styles that mostly have drums have them.
_DRUMMED_FROM: Final = 0.3
#: Beats in a bar that a source can hand down; without one, the styles say.
_METRES: Final = range(2, 13)
_NOTHING: Final = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Conditions:
    """What a track is made from.

    Attributes
    ----------
    mode, seed
        As they were asked for.
    listener
        Any number of the listener's own: it orders their keys.
    number
        Of the track: the next one's is another, and so is its key.
    vector
        Where it shall lie, a unit vector ``(768,)``; None where nobody knows.
    trust
        How far the vector can be believed, 0 to 1: how much of it was heard rather than inferred.
    atlas
        Of the vector's space, if there is one.
    tags
        What its songs are called (genres, moods), each with how much, above 0.
    tempo_bpm, energy, valence
        Of its songs, as far as known.
    source
        What is extended or resembled.
    band_seed, band_styles
        Who plays and what, if that is settled.
    styles, key
        As they were asked for, if they were.
    """

    mode: GenerationMode
    seed: int
    duration_s: float
    listener: int = 0
    number: int = 0
    vector: FloatArray | None = None
    trust: float = 1.0
    atlas: SoundAtlas | None = None
    tags: Mapping[str, float] = field(default_factory=dict)
    tempo_bpm: float | None = None
    energy: float | None = None
    valence: float | None = None
    source: SourceTraits | None = None
    limits: Limits = field(default_factory=Limits)
    band_seed: int | None = None
    band_styles: Mapping[StyleName, float] = field(default_factory=dict)
    styles: Mapping[StyleName, float] = field(default_factory=dict)
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Conditioned:
    """Wishes, and how they came about.

    Attributes
    ----------
    by_sound, by_words
        Whether the vector and the tags had a say in the styles.
    tempo_moved
        Whether the tempo would have been another one without the listener's limits; likewise the energy.
    """

    wishes: Wishes
    by_sound: bool
    by_words: bool
    tempo_moved: bool = False
    energy_moved: bool = False


def toward(source: FloatArray, listener: FloatArray | None) -> FloatArray:
    """Return the unit vector of what resembles a source: 70 % of it and 30 % of the listener."""
    return source if listener is None else unit(SOURCE_SHARE * source + (1 - SOURCE_SHARE) * listener)


def steered(middle: FloatArray, liked: FloatArray, skipped: FloatArray, *, strength: float = 0.5) -> FloatArray:
    """Return a unit vector bent towards what was liked, ``(n, 768)``, and away from what was skipped, ``(m, 768)``."""
    bent = middle.astype(np.float64)
    if len(liked):
        bent += strength * unit(liked.mean(axis=0))
    if len(skipped):
        away = unit(skipped.mean(axis=0))
        bent -= strength * (away - 0.5 * float(away @ middle) * middle)
    return unit(np.asarray(bent, dtype=np.float32))


def unit(vector: FloatArray) -> FloatArray:
    """Return a vector at unit length."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), _NOTHING), dtype=np.float32)


def condition(asked: Conditions) -> Conditioned:
    """Return the wishes for a track under these conditions."""
    rng = chance(asked.seed, "conditioning")
    near = None if asked.vector is None or asked.atlas is None else asked.atlas.weights(asked.vector)
    by_words = styles_in_words(asked.tags)
    styles = _styles(asked, near, by_words, rng)
    energy, energy_moved = _energy(asked, near, rng)
    valence = _valence(asked, near, rng)
    tempo, tempo_moved = _tempo(asked, near, styles, rng)
    key = _key(asked, styles, valence, rng)
    source = asked.source
    wishes = Wishes(
        styles=styles,
        duration_s=asked.duration_s,
        tempo_bpm=tempo,
        beats_per_bar=None if source is None or source.beats_per_bar not in _METRES else source.beats_per_bar,
        key=key,
        energy=energy,
        valence=valence,
        bass=asked.limits.bass or 0.0,
        vocals=asked.limits.vocals,
        drums=True if energy >= _DRUMMED_FROM and blend(styles).drums >= 0.5 else None,
        chords=() if source is None else _chords(source, key, asked.mode, rng),
        band=_band(asked, near, rng),
    )
    by_sound = near is not None and (asked.trust > 0 or not by_words)
    return Conditioned(wishes, by_sound, bool(by_words), tempo_moved, energy_moved)


def _styles(
    asked: Conditions, near: FloatArray | None, by_words: Mapping[StyleName, float], rng: np.random.Generator
) -> dict[StyleName, float]:
    """Return the few styles that matter, as shares: by sound, by words, by the band; by chance where nothing tells."""
    if asked.styles:
        return _few(asked.styles)
    words = np.array([by_words.get(name, 0.0) for name in STYLE_NAMES])
    sound = np.zeros(len(STYLE_NAMES))
    if near is not None and asked.atlas is not None:
        for name, weight in zip(asked.atlas.style_names, near @ asked.atlas.styles, strict=True):
            if name in STYLES and name not in _BY_WORDS_ALONE:
                sound[STYLE_NAMES.index(name)] = weight
    share = asked.trust * (1 - _WORDS_BESIDE * bool(by_words)) if sound.any() else 0.0
    if not by_words and sound.any():
        share = 1.0
    weights = share * sound + (1 - share) * words
    if asked.band_styles:
        band = np.array([asked.band_styles.get(name, 0.0) for name in STYLE_NAMES])
        weights = 0.5 * weights / max(weights.sum(), _NOTHING) + 0.5 * band / max(band.sum(), _NOTHING)
    if weights.sum() < _NOTHING:
        weights[rng.choice(len(STYLE_NAMES), 2, replace=False)] = (0.65, 0.35)
    # What is much of it becomes more of it: an even blend of everything sounds like nothing.
    weights = weights**1.5 * np.exp(rng.normal(0.0, _STYLE_SPREAD, len(weights)))
    return _few({name: float(weight) for name, weight in zip(STYLE_NAMES, weights, strict=True) if weight > _NOTHING})


def _few(weights: Mapping[StyleName, float]) -> dict[StyleName, float]:
    ranked = sorted(weights, key=lambda name: -weights[name])
    # Voices alone are no colour among others: they would take the band away.
    weights = {name: weights[name] for name in ranked if name != "a_cappella" or name == ranked[0]}
    most = dict(sorted(weights.items(), key=lambda item: -item[1])[:_MOST_STYLES])
    total = sum(most.values())
    kept = {name: weight for name, weight in most.items() if weight >= _LEAST_SHARE * total}
    return {name: round(share, 3) for name, share in shares(kept).items()}


def _energy(asked: Conditions, near: FloatArray | None, rng: np.random.Generator) -> tuple[float, bool]:
    stray = float(rng.normal(0.0, _FEEL_SPREAD))
    base = asked.energy
    if base is None:
        base = 0.5 if near is None or asked.atlas is None else float(near @ asked.atlas.energy)
    wanted = min(1.0, max(0.0, base + stray))
    held = asked.limits.calm(wanted)
    return round(held, 3), held != wanted


def _valence(asked: Conditions, near: FloatArray | None, rng: np.random.Generator) -> float:
    stray = float(rng.normal(0.0, _FEEL_SPREAD))
    base = asked.valence
    if base is None:
        base = 0.5 if near is None or asked.atlas is None else float(near @ asked.atlas.valence)
    return round(min(1.0, max(0.0, base + stray)), 3)


def _tempo(
    asked: Conditions, near: FloatArray | None, styles: Mapping[StyleName, float], rng: np.random.Generator
) -> tuple[float, bool]:
    """Return the tempo, and whether the listener's range moved it."""
    first = chance(asked.listener, "tempi").random()
    stray = 2.0 * ((first + asked.number * _GOLDEN + rng.uniform(0.0, _LEAST_STEP)) % 1.0) - 1.0
    source = asked.source
    if source is not None and source.tempo_bpm:
        share = 0.0 if asked.mode == "extend" else _SIMILAR_TEMPO_SPREAD
        wanted = source.tempo_bpm * (1 + share * stray)
    elif asked.tempo_bpm is not None:
        low, high = blend(styles).tempo_bpm
        # Of 140 and 70 beats a minute one hears the same: the style says which is meant.
        octaves = [asked.tempo_bpm * factor for factor in (1.0, 0.5, 2.0)]
        meant = next((tempo for tempo in octaves if 0.95 * low <= tempo <= 1.05 * high), asked.tempo_bpm)
        wanted = meant * (1 + _TEMPO_SPREAD * stray)
    elif near is not None and asked.atlas is not None:
        low, high = blend(styles).tempo_bpm
        heard = float(np.exp(near @ np.log(asked.atlas.tempo_bpm)))
        wanted = fitted(heard * (1 + _TEMPO_SPREAD * stray), (low, high))
    else:
        wanted = between(rng, blend(styles).tempo_bpm)
    wanted = min(240.0, max(40.0, wanted))
    held = round(asked.limits.tempo(wanted), 1)
    if asked.limits.tempo_bpm is not None:
        low, high = asked.limits.tempo_bpm
        held = min(high, max(low, held))
    return held, abs(held - wanted) > 0.06


def _key(asked: Conditions, styles: Mapping[StyleName, float], valence: float, rng: np.random.Generator) -> Key:
    """Return the key: the source's or one near it; else the listener's next one, dark or bright as the song is."""
    source = asked.source
    if asked.key is not None:
        return asked.key
    if source is not None and source.key is not None:
        if asked.mode == "extend":
            return Key(source.key.tonic, source.key.mode)
        step = int(rng.choice(_NEAR_KEYS, p=(0.4, 0.2, 0.2, 0.1, 0.1)))
        return Key((source.key.tonic + step) % 12, source.key.mode)
    order = chance(asked.listener, "keys").permutation(12)
    minor = 0.5 * blend(styles).minor + 0.5 * (1 - valence)
    return Key(int(order[asked.number % 12]), "minor" if rng.random() < minor else "major")


def _chords(source: SourceTraits, key: Key, mode: GenerationMode, rng: np.random.Generator) -> Progression:
    if source.key is None:
        return ()
    raised = source.transposed((key.tonic - source.key.tonic) % 12)
    return raised if mode == "extend" else varied(raised, key, rng)


def _band(asked: Conditions, near: FloatArray | None, rng: np.random.Generator) -> int | None:
    """Return who plays: the band, else players of a sound nearby, one as likely as it is near."""
    if asked.band_seed is not None:
        return asked.band_seed
    if near is None or asked.atlas is None:
        return None
    return int(asked.atlas.band[int(rng.choice(len(near), p=near / near.sum()))])
