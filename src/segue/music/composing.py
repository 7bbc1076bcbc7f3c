"""Composing a song: from a seed and wishes to a score."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.audio.analysis import Key
from segue.music.arranging import Setting, engage, write_parts
from segue.music.blending import blend, shares
from segue.music.chance import between, between_log, chance, pick
from segue.music.form import SectionPlan, plan_form
from segue.music.harmony import Palette, progression, tonic_chord
from segue.music.metre import Metre
from segue.music.score import ChordName, ChordSpan, Score, SectionSpan
from segue.music.styles import STYLE_NAMES, Style
from segue.music.timing import beat_times
from segue.music.wishes import Wishes

ANYTHING: Final = Wishes()
_LENGTH_S = (45.0, 150.0)
_EIGHTH_PACE = 1.9  # 6/8 is counted in eighths: so much faster than a style's quarters, and yet within 60 to 200
_LONGEST_LEAD_IN_S = 0.8


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
    chosen = blend(styles)
    metre = _metre(chance(seed, "metre"), chosen, wishes.beats_per_bar)
    tempo = wishes.tempo_bpm or _tempo(chance(seed, "tempo"), chosen, metre)
    song_key = wishes.key or _key(chance(seed, "key"), chosen)
    length = wishes.bars or _bars(chance(seed, "length"), tempo, metre, wishes.duration_s)
    plans = plan_form(chance(seed, "form"), length)
    lifts = _lifts(chance(seed, "lift"), chosen, plans)
    laid = _section_chords(seed, chosen.palette, metre, song_key, plans)
    chords = _whole(laid, metre, plans, lifts)
    if _root_weights([chords]).argmax() != song_key.tonic:
        lifts = (0,) * len(plans)
        chords = _whole(laid, metre, plans, lifts)
    players = seed if wishes.band is None else wishes.band
    band = engage(chance(players, "band"), chosen, drums=wishes.drums, vocals=wishes.vocals)
    uneven = _swing(chance(seed, "swing"), chosen, metre, wishes.swing)
    beats = length * metre.beats
    feel = chance(seed, "feel")
    live = between(feel, (0.001, 0.006)) if chosen.feel_ms[1] > 4 else 0.0
    return Score(
        style=chosen.name,
        seed=seed,
        beats_s=beat_times(
            feel,
            beats,
            tempo,
            drift=wishes.drift,
            rubato=wishes.rubato,
            wobble=live,
            start_s=between(feel, (0.0, _LONGEST_LEAD_IN_S)),
            phrase=4 * metre.beats,
        ),
        beats_per_bar=metre.beats,
        key=song_key,
        chords=chords,
        sections=_sections(plans, metre),
        parts=write_parts(Setting(seed, chosen, metre, song_key, tempo, uneven), band, plans, laid, lifts),
        subdivision=metre.subdivision,
        styles={str(name): share for name, share in styles.items()},
        band=players,
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


def _tempo(rng: np.random.Generator, style: Style, metre: Metre) -> float:
    """Draw a tempo, even in octaves."""
    tempo = between_log(rng, style.tempo_bpm)
    if metre.compound:
        tempo = float(np.clip(tempo * _EIGHTH_PACE, 120.0, 200.0))
    return tempo if rng.random() < 0.4 else float(round(tempo))


def _key(rng: np.random.Generator, style: Style) -> Key:
    """Draw a key."""
    return Key(int(rng.integers(12)), "minor" if rng.random() < style.minor else "major")


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


def _lifts(rng: np.random.Generator, style: Style, plans: Sequence[SectionPlan]) -> tuple[int, ...]:
    """Return by how many semitones each section is raised: seldom, and late."""
    raised = [0] * len(plans)
    if len(plans) >= 6 and style.vocals > 0.4 and rng.random() < 0.06:
        semitones = pick(rng, (1, 2))
        raised[-2:] = [semitones, semitones]
    return tuple(raised)


def _section_chords(
    seed: int, palette: Palette, metre: Metre, key: Key, plans: Sequence[SectionPlan]
) -> list[tuple[ChordSpan, ...]]:
    """Return each section's chords from its own beat 0 on.

    The song ends on the tonic, and no other root sounds longer.
    """
    tonic = tonic_chord(key)
    themes = sorted({plan.theme for plan in plans})
    loops = {theme: _loop(chance(seed, "theme", theme), palette, metre, key) for theme in themes}
    while True:
        laid = [_laid(loops[plan.theme], plan.bars * metre.beats) for plan in plans]
        end = plans[-1].bars * metre.beats
        cadence = float(end - metre.beats)
        kept = [replace(span, end=min(span.end, cadence)) for span in laid[-1] if span.start < cadence]
        laid[-1] = _joined([*kept, ChordSpan(cadence, float(end), tonic)])
        strongest = int(_root_weights(laid).argmax())
        if strongest == tonic.root:
            return laid
        for loop in loops.values():  # a loop was cut short before its tonic came often enough
            places = [index for index, (chord, _) in enumerate(loop) if chord.root == strongest]
            if places:
                loop[places[-1]] = (tonic, loop[places[-1]][1])


def _root_weights(laid: Sequence[Sequence[ChordSpan]]) -> NDArray[np.float64]:
    """Return for how many beats each root sounds."""
    weights = np.zeros(12)
    for chords in laid:
        for span in chords:
            weights[span.chord.root] += span.end - span.start
    return weights


def _loop(rng: np.random.Generator, palette: Palette, metre: Metre, key: Key) -> list[tuple[ChordName, float]]:
    """Return a theme's chords and their beats; the tonic begins or ends them."""
    length = max(1.0, round(pick(rng, palette.bars_per_chord) * metre.beats))
    chords = list(progression(rng, palette, key))
    tonic = tonic_chord(key)
    if tonic.root not in (chords[0].root, chords[-1].root):
        chords[0] = tonic
    return [(chord, length) for chord in chords]


def _laid(loop: list[tuple[ChordName, float]], beats: int) -> tuple[ChordSpan, ...]:
    """Repeat a loop over so many beats."""
    spans: list[ChordSpan] = []
    while not spans or spans[-1].end < beats:
        chord, length = loop[len(spans) % len(loop)]
        at = spans[-1].end if spans else 0.0
        spans.append(ChordSpan(at, min(at + length, float(beats)), chord))
    return _joined(spans)


def _joined(spans: Sequence[ChordSpan]) -> tuple[ChordSpan, ...]:
    """Make one of neighbours that are the same chord."""
    joined: list[ChordSpan] = []
    for span in spans:
        if joined and joined[-1].chord == span.chord:
            joined[-1] = replace(joined[-1], end=span.end)
        else:
            joined.append(span)
    return tuple(joined)


def _whole(
    laid: Sequence[Sequence[ChordSpan]], metre: Metre, plans: Sequence[SectionPlan], lifts: Sequence[int]
) -> tuple[ChordSpan, ...]:
    """Lay the sections' chords one after the other, raised where the section is."""
    spans: list[ChordSpan] = []
    at = 0.0
    for chords, plan, lift in zip(laid, plans, lifts, strict=True):
        for span in chords:
            chord = ChordName((span.chord.root + lift) % 12, span.chord.quality)
            spans.append(ChordSpan(at + span.start, at + span.end, chord))
        at += plan.bars * metre.beats
    return _joined(spans)


def _sections(plans: Sequence[SectionPlan], metre: Metre) -> tuple[SectionSpan, ...]:
    """Lay the sections one after the other."""
    starts = np.cumsum([0, *(plan.bars * metre.beats for plan in plans)])
    return tuple(
        SectionSpan(float(start), float(end), plan.label, plan.theme)
        for plan, start, end in zip(plans, starts[:-1], starts[1:], strict=True)
    )
