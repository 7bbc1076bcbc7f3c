"""The chords of a piece: each theme's own, developed when it returns, with cadences where phrases end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.audio.analysis import Key
from segue.music.chance import chance, pick
from segue.music.form import SectionPlan
from segue.music.grammar import cadence_before, phrase, progression
from segue.music.harmony import SCALES, Palette, pitch_classes, tonic_chord
from segue.music.metre import Metre
from segue.music.score import ChordName, ChordSpan

#: Chords with how many beats each lasts.
_Loop = list[tuple[ChordName, float]]
#: Sections of a theme begin alike for so many bars; what comes after may be developed.
_SAME_BARS: Final = 4
_PHRASE_BARS: Final = 4
_WISHED_BARS: Final = 16
_LED_ON: Final = 0.35
_RELATIVES: Final = {"maj": (9, "min"), "min": (3, "maj"), "maj7": (9, "min7"), "min7": (3, "maj7")}


@dataclass(frozen=True, slots=True)
class Tonality:
    """What all sections share: palette, metre, key, and how bright the harmony shall be, -1 to 1."""

    palette: Palette
    metre: Metre
    key: Key
    bright: float = 0.0


def section_chords(
    seed: int, tonality: Tonality, plans: Sequence[SectionPlan], wished: Sequence[tuple[ChordName, float]] = ()
) -> list[tuple[ChordSpan, ...]]:
    """Return each section's chords from its own beat 0 on.

    Sections of a theme share their first four bars; later ones develop what follows. The song ends on the tonic, and
    unless chords were wished for, no other root sounds longer.

    Parameters
    ----------
    seed
        Draws them.
    tonality
        What they share.
    plans
        The sections.
    wished
        Chords to build on, with their beats, in the key.
    """
    tonic = tonic_chord(tonality.key)
    themes = _themes(seed, tonality, plans, wished)
    for developed in (True, False):
        laid = _laid_out(seed, tonality, plans, themes, developed=developed)
        if wished or _strongest(laid) == tonic.root:
            return laid
    while (strongest := _strongest(laid)) != tonic.root:
        heard = [
            (loop, index)
            for loop in themes.values()
            for index, (chord, _) in enumerate(loop)
            if chord.root == strongest
        ]
        if not heard:
            break
        loop, index = heard[-1]  # it was cut short before its tonic came often enough
        loop[index] = (tonic, loop[index][1])
        laid = _laid_out(seed, tonality, plans, themes, developed=False)
    return laid


def root_weights(laid: Sequence[Sequence[ChordSpan]]) -> NDArray[np.float64]:
    """Return for how many beats each root sounds, ``(12,)``."""
    weights = np.zeros(12)
    for chords in laid:
        for span in chords:
            weights[span.chord.root] += span.end - span.start
    return weights


def in_key(chords: Sequence[tuple[ChordName, float]], key: Key) -> tuple[tuple[ChordName, float], ...]:
    """Return chords transposed into a key; where they lie in it already, as they are."""
    shift = max(range(12), key=lambda semitones: _fit(chords, key, semitones) - (0.1 if semitones else 0.0))
    return tuple((ChordName((chord.root + shift) % 12, chord.quality), beats) for chord, beats in chords)


def key_of(chords: Sequence[tuple[ChordName, float]]) -> Key:
    """Return the key that chords lie in best."""
    keys = [Key(tonic, mode) for tonic in range(12) for mode in SCALES]
    return max(keys, key=lambda key: _fit(chords, key, 0))


def _fit(chords: Sequence[tuple[ChordName, float]], key: Key, shift: int) -> float:
    """Return how much of the time chords are in a key, its tonic chord counting more, the last and first above all."""
    scale = {(key.tonic + step) % 12 for step in SCALES[key.mode]}
    third = 4 if key.mode == "major" else 3
    total = sum(beats for _, beats in chords)
    fit = 0.0
    for index, (chord, beats) in enumerate(chords):
        tones = [(tone + shift) % 12 for tone in pitch_classes(chord)]
        home = tones[0] == key.tonic and (key.tonic + third) % 12 in tones
        placed = 1.0 if index in (0, len(chords) - 1) else 0.4
        inside = sum(tone in scale for tone in tones) / len(tones)
        fit += beats / total * (inside + (0.5 * placed if home else 0.0))
    return fit


def _themes(
    seed: int, tonality: Tonality, plans: Sequence[SectionPlan], wished: Sequence[tuple[ChordName, float]]
) -> dict[int, _Loop]:
    """Return every theme's chords."""
    loops: dict[int, _Loop] = {}
    for theme in sorted({plan.theme for plan in plans}):
        plan = next(plan for plan in plans if plan.theme == theme)
        rng = chance(seed, "theme", theme)
        if wished and plan.label != "bridge":
            loops[theme] = _excerpt(wished, len(loops), tonality.metre)
        elif plan.label == "chorus" and loops and rng.random() < 0.25:
            loops[theme] = list(next(iter(loops.values())))  # a chorus over the chords of what came before
        else:
            loops[theme] = _loop(rng, tonality, plan)
    return loops


def _excerpt(wished: Sequence[tuple[ChordName, float]], number: int, metre: Metre) -> _Loop:
    """Return the wished chords, or a part of them where they are a whole song's: each theme another part."""
    loop = [(chord, float(max(1, round(beats)))) for chord, beats in wished]
    most = _WISHED_BARS * metre.beats
    if sum(beats for _, beats in loop) <= most:
        return loop
    starts = np.cumsum([0.0, *(beats for _, beats in loop)])
    first = int(np.searchsorted(starts, (number * most / 2) % starts[-1], side="right")) - 1
    turned = loop[first:] + loop[:first]
    ends = np.cumsum([beats for _, beats in turned])
    return turned[: max(1, int(np.searchsorted(ends, most, side="right")))]


def _loop(rng: np.random.Generator, tonality: Tonality, plan: SectionPlan) -> _Loop:
    """Return a theme's chords and their beats: a loop around the tonic, or a period of two phrases."""
    palette, metre, key = tonality.palette, tonality.metre, tonality.key
    beats = max(1.0, round(pick(rng, palette.bars_per_chord) * metre.beats))
    per_phrase = max(1, round(_PHRASE_BARS * metre.beats / beats))
    if plan.bars >= 2 * _PHRASE_BARS and per_phrase > 2 and rng.random() < palette.grammar:
        size = min(per_phrase, 8)
        first = phrase(rng, palette, key, size, cadence="open", bright=tonality.bright)
        second = phrase(rng, palette, key, size, cadence="closed", bright=tonality.bright)
        kept = size // 2  # the consequent begins as the antecedent did
        return [(chord, beats) for chord in (*first, *first[:kept], *second[kept:])]
    chords = list(progression(rng, palette, key, tonality.bright))
    tonic = tonic_chord(key)
    if tonic.root not in (chords[0].root, chords[-1].root):
        chords[0] = tonic
    if plan.label == "bridge" and len(chords) % 2 == 0:
        chords = chords[len(chords) // 2 :] + chords[: len(chords) // 2]
    return [(chord, beats) for chord in chords]


def _laid_out(
    seed: int, tonality: Tonality, plans: Sequence[SectionPlan], themes: dict[int, _Loop], *, developed: bool
) -> list[tuple[ChordSpan, ...]]:
    """Lay every section's chords."""
    metre, key = tonality.metre, tonality.key
    laid = []
    for index, plan in enumerate(plans):
        spans = list(_repeated(themes[plan.theme], plan.bars * metre.beats))
        if developed and plan.take > 0:
            spans = _developed(chance(seed, "development", index), spans, tonality, plan)
        if plan.last:
            spans = _ended(spans, tonality, plan)
        elif (
            developed
            and plan.bars > _SAME_BARS
            and key.tonic == spans[-1].chord.root
            and chance(seed, "turn", plan.theme).random() < _LED_ON
        ):  # what leads on does not rest on the tonic
            spans = _closing(spans, (plan.bars - 1) * metre.beats, cadence_before(tonality.palette, key))
        laid.append(joined(spans))
    return laid


def _repeated(loop: _Loop, beats: int) -> tuple[ChordSpan, ...]:
    """Repeat a loop over so many beats."""
    spans: list[ChordSpan] = []
    while not spans or spans[-1].end < beats:
        chord, length = loop[len(spans) % len(loop)]
        at = spans[-1].end if spans else 0.0
        spans.append(ChordSpan(at, min(at + length, float(beats)), chord))
    return tuple(spans)


def _developed(
    rng: np.random.Generator, spans: Sequence[ChordSpan], tonality: Tonality, plan: SectionPlan
) -> list[ChordSpan]:
    """Vary the chords after the first bars: some by their relatives, some led into by the dominant of the next."""
    same = _SAME_BARS * tonality.metre.beats
    often = min(0.12 + 0.06 * plan.take, 0.3)
    modal = tonality.palette.dialect == "modal"
    made: list[ChordSpan] = []
    for index, span in enumerate(spans):
        following = spans[index + 1].chord if index + 1 < len(spans) else None
        relative = _RELATIVES.get(span.chord.quality)
        if span.start < same or rng.random() > often:
            made.append(span)
        elif following and not modal and span.end - span.start >= 4 and following.root != span.chord.root:
            middle = (span.start + span.end) / 2
            dominant = ChordName((following.root + 7) % 12, "7" if tonality.palette.sevenths > 0.3 else "maj")
            diatonic = set(pitch_classes(dominant)) <= {
                (tonality.key.tonic + step) % 12 for step in (*SCALES[tonality.key.mode], 11)
            }
            led = diatonic or tonality.palette.dialect in ("jazz", "classical")
            made += [replace(span, end=middle), ChordSpan(middle, span.end, dominant)] if led else [span]
        elif relative and span.chord.root != tonality.key.tonic:
            made.append(replace(span, chord=ChordName((span.chord.root + relative[0]) % 12, relative[1])))
        else:
            made.append(span)
    return made


def _ended(spans: Sequence[ChordSpan], tonality: Tonality, plan: SectionPlan) -> list[ChordSpan]:
    """End on the tonic for a bar, after the chord that leads there."""
    end, beats = plan.bars * tonality.metre.beats, tonality.metre.beats
    if plan.bars > _SAME_BARS:
        spans = _closing(spans, end - 2 * beats, cadence_before(tonality.palette, tonality.key))
    return _closing(spans, end - beats, tonic_chord(tonality.key))


def _closing(spans: Sequence[ChordSpan], start: float, chord: ChordName) -> list[ChordSpan]:
    """Let a chord sound from a beat to the end."""
    kept = [replace(span, end=min(span.end, start)) for span in spans if span.start < start]
    return [*kept, ChordSpan(float(start), spans[-1].end, chord)]


def _strongest(laid: Sequence[Sequence[ChordSpan]]) -> int:
    return int(root_weights(laid).argmax())


def joined(spans: Sequence[ChordSpan]) -> tuple[ChordSpan, ...]:
    """Make one of neighbours that are the same chord."""
    made: list[ChordSpan] = []
    for span in spans:
        if made and made[-1].chord == span.chord:
            made[-1] = replace(made[-1], end=span.end)
        else:
            made.append(span)
    return tuple(made)
