"""Composing a song: from a seed and wishes to a score."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from segue.audio.analysis import Key
from segue.music.arranging import Setting, write_parts
from segue.music.band import engage, instrumental
from segue.music.blending import blend, shares
from segue.music.chance import between, chance, pick
from segue.music.form import SectionPlan, plan_form
from segue.music.metre import Metre
from segue.music.progressing import Tonality, in_key, joined, key_of, root_weights, section_chords
from segue.music.score import ChordName, ChordSpan, Score, SectionSpan
from segue.music.styles import STYLE_NAMES, Style
from segue.music.timing import beat_times
from segue.music.wishes import Wishes

ANYTHING: Final = Wishes()
_LENGTH_S: Final = (45.0, 150.0)
_EIGHTH_PACE: Final = 1.9  # 6/8 is counted in eighths: so much faster than a style's quarters, within 60 to 200
_LONGEST_LEAD_IN_S: Final = 0.8
_BLUES_BARS: Final = 12
#: Who strays so far from the beat slows down at the end.
_LIVELY_MS: Final = 14.0
_LONG_ENOUGH_TO_BROADEN: Final = 24


def compose(seed: int, wishes: Wishes = ANYTHING) -> Score:
    """Compose a song.

    Parameters
    ----------
    seed
        The same seed and wishes give the same score.
    wishes
        What it shall be like. What is not asked for is drawn by the seed, as the styles have it.

    Raises
    ------
    ValueError
        If a wish is out of its range.
    """
    wishes.check()
    styles = shares(wishes.styles or {pick(chance(seed, "song"), STYLE_NAMES): 1.0})
    style = blend(styles)
    if wishes.vocals is False:
        style = instrumental(style)
    moods = chance(seed, "mood")
    energy, valence = between(moods, style.energy), float(moods.uniform(0.25, 0.75))
    energy = energy if wishes.energy is None else wishes.energy
    valence = valence if wishes.valence is None else wishes.valence
    metre = _metre(chance(seed, "metre"), style, wishes.beats_per_bar)
    tempo = wishes.tempo_bpm or _tempo(chance(seed, "tempo"), style, metre, wishes)
    key = wishes.key or _key(chance(seed, "key"), style, wishes)
    bars = wishes.bars or _bars(chance(seed, "length"), tempo, metre, wishes.duration_s)
    if wishes.duration_s is not None and wishes.tempo_bpm is None:
        tempo = bars * metre.beats * 60.0 / wishes.duration_s
    unit = _BLUES_BARS if style.palette.dialect == "blues" and not wishes.chords else None
    plans = plan_form(chance(seed, "form"), bars, style.form, energy=energy, unit=unit)
    tonality = Tonality(style.palette, metre, key, 2.0 * valence - 1.0)
    laid = section_chords(seed, tonality, plans, in_key(wishes.chords, key) if wishes.chords else ())
    plans = _lifted(chance(seed, "lift"), style, plans, laid, key)
    players = seed if wishes.band is None else wishes.band
    setting = Setting(
        seed=seed,
        band=players,
        style=style,
        metre=metre,
        key=key,
        tempo_bpm=tempo,
        swing=_swing(chance(seed, "swing"), style, metre, wishes.swing),
        energy=energy,
        valence=valence,
        bass=wishes.bass,
    )
    band = engage(players, style, drums=wishes.drums, vocals=wishes.vocals)
    feel = chance(seed, "feel")
    live = between(feel, (0.001, 0.006)) if style.feel_ms[1] > 4 else 0.0
    lead_in_s = between(feel, (0.0, _LONGEST_LEAD_IN_S))
    return Score(
        style=style.name,
        seed=seed,
        beats_s=beat_times(
            feel,
            bars * metre.beats,
            tempo,
            drift=wishes.drift,
            rubato=wishes.rubato,
            wobble=live,
            start_s=lead_in_s if wishes.duration_s is None else 0.0,
            phrase=4 * metre.beats,
            broaden=2 * metre.beats if style.feel_ms[1] >= _LIVELY_MS and bars >= _LONG_ENOUGH_TO_BROADEN else 0,
        ),
        beats_per_bar=metre.beats,
        key=key,
        chords=_whole(laid, plans, metre),
        sections=_sections(plans, metre),
        parts=write_parts(setting, band, plans, laid),
        subdivision=metre.subdivision,
        styles={str(name): share for name, share in styles.items()},
        band=players,
        energy=energy,
        valence=valence,
    )


def _metre(rng: np.random.Generator, style: Style, beats_per_bar: int | None) -> Metre:
    """Draw a style's metre, or take the one that was asked for."""
    if beats_per_bar is not None:
        fitting = [entry for entry in style.metres if entry[0] == beats_per_bar]
        if not fitting:
            return Metre(beats_per_bar)
        return Metre(*pick(rng, fitting, [entry[2] for entry in fitting])[:2])
    beats, subdivision, _ = pick(rng, style.metres, [entry[2] for entry in style.metres])
    return Metre(beats, subdivision)


def _tempo(rng: np.random.Generator, style: Style, metre: Metre, wishes: Wishes) -> float:
    """Draw a tempo, even in octaves; full music leans towards the fast end of the range, and so does bright."""
    low, high = style.tempo_bpm
    place = rng.random()
    for wish, weight in ((wishes.energy, 0.5), (wishes.valence, 0.25)):
        if wish is not None:
            place = (1.0 - weight) * place + weight * wish
    tempo = float(low * (high / low) ** place)
    if metre.compound:
        tempo = float(np.clip(tempo * _EIGHTH_PACE, 120.0, 200.0))
    return tempo if rng.random() < 0.4 else float(round(tempo))


def _key(rng: np.random.Generator, style: Style, wishes: Wishes) -> Key:
    """Return the key that the wished chords lie in, or draw one: the darker the song shall be, the likelier minor."""
    if wishes.chords:
        return key_of(wishes.chords)
    minor = style.minor
    if wishes.valence is not None:
        dark = 1.0 - 2.0 * wishes.valence
        minor = float(np.clip(minor + dark * (1.0 - minor if dark > 0 else minor) * 1.25, 0.0, 1.0))
    return Key(int(rng.integers(12)), "minor" if rng.random() < minor else "major")


def _bars(rng: np.random.Generator, tempo_bpm: float, metre: Metre, duration_s: float | None) -> int:
    """Return how many bars last as long as is wished; else draw it, in fours."""
    if duration_s is not None:
        return max(1, round(duration_s * tempo_bpm / 60 / metre.beats))
    seconds = between(rng, _LENGTH_S)
    fours = max(2, round(seconds * tempo_bpm / 60 / metre.beats / 4))
    return 4 * fours


def _swing(rng: np.random.Generator, style: Style, metre: Metre, swing: float | None) -> tuple[float, float]:
    """Return where the second of a pair falls, and how long a pair is in beats."""
    if metre.subdivision == 3 or metre.compound:
        return 0.5, 1.0
    pair = 1.0 if style.swing_of == 8 else 0.5
    if swing is not None:
        return swing, pair
    drawn = between(rng, style.swing)
    return (drawn if rng.random() < 0.7 or style.swing[0] > 0.55 else 0.5), pair


def _lifted(
    rng: np.random.Generator,
    style: Style,
    plans: Sequence[SectionPlan],
    laid: Sequence[Sequence[ChordSpan]],
    key: Key,
) -> tuple[SectionPlan, ...]:
    """Raise the last sections, seldom, where the song stays mostly in its key."""
    semitones = pick(rng, (1, 2))
    if len(plans) < 6 or style.form != "song" or style.vocals <= 0.4 or rng.random() > 0.1:
        return tuple(plans)
    weights = root_weights(laid[:-2]) + np.roll(root_weights(laid[-2:]), semitones)
    if int(weights.argmax()) != key.tonic:
        return tuple(plans)
    return (*plans[:-2], *(replace(plan, lift=semitones) for plan in plans[-2:]))


def _whole(laid: Sequence[Sequence[ChordSpan]], plans: Sequence[SectionPlan], metre: Metre) -> tuple[ChordSpan, ...]:
    """Lay the sections' chords one after the other, raised where the section is."""
    spans: list[ChordSpan] = []
    at = 0.0
    for chords, plan in zip(laid, plans, strict=True):
        for span in chords:
            chord = ChordName((span.chord.root + plan.lift) % 12, span.chord.quality)
            spans.append(ChordSpan(at + span.start, at + span.end, chord))
        at += plan.bars * metre.beats
    return joined(spans)


def _sections(plans: Sequence[SectionPlan], metre: Metre) -> tuple[SectionSpan, ...]:
    """Lay the sections one after the other."""
    starts = np.cumsum([0, *(plan.bars * metre.beats for plan in plans)])
    return tuple(
        SectionSpan(float(start), float(end), plan.label, plan.theme, plan.energy, plan.name)
        for plan, start, end in zip(plans, starts[:-1], starts[1:], strict=True)
    )
