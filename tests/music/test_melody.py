"""Melodies: in range, on the chord, made of motifs, with room to breathe and to be answered."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.audio.analysis import Key, Mode
from segue.music.answering import answer, harmonised
from segue.music.chance import chance
from segue.music.grammar import progression
from segue.music.harmony import pitch_classes
from segue.music.melody import Voice, chord_at, invent_motifs, sing
from segue.music.metre import Metre
from segue.music.motifs import Motif, developed, invent
from segue.music.score import ChordSpan, Note
from segue.music.styles import STYLES

_METRE = Metre(4)
_VOICE = Voice(52, 71)
SEEDS = st.integers(0, 1 << 30)
MODES = st.sampled_from(["major", "minor"])


def _chords(seed: int, key: Key, metre: Metre = _METRE, bars: int = 16) -> list[ChordSpan]:
    loop = progression(chance(seed, "chords"), STYLES["pop"].palette, key)
    beats = metre.beats
    return [ChordSpan(bar * beats, (bar + 1) * beats, loop[bar % len(loop)]) for bar in range(bars)]


def _sung(seed: int, voice: Voice = _VOICE, mode: Mode = "major") -> tuple[list[Note], list[ChordSpan]]:
    key = Key(seed % 12, mode)
    chords = _chords(seed, key)
    return sing(chance(seed, "melody"), _METRE, key, chords, bars=16, voice=voice), chords


@settings(max_examples=60, deadline=None)
@given(
    seed=SEEDS,
    beats=st.integers(2, 9),
    subdivision=st.sampled_from([2, 3]),
    bars=st.integers(1, 20),
    density=st.floats(0.0, 1.0),
    fine=st.booleans(),
    per_motif=st.integers(1, 2),
    hook=st.booleans(),
    low=st.integers(40, 72),
)
def test_a_melody_keeps_to_its_range_and_sings_one_note_at_a_time(
    *,
    seed: int,
    beats: int,
    subdivision: int,
    bars: int,
    density: float,
    fine: bool,
    per_motif: int,
    hook: bool,
    low: int,
) -> None:
    metre = Metre(beats, subdivision)
    voice = Voice(low, low + 19, density, fine=fine, bars_per_motif=per_motif, hook=hook, ornament=0.5, upward=0.5)
    key = Key(seed % 12, "minor")
    notes = sing(chance(seed), metre, key, _chords(seed, key, metre, bars), bars=bars, voice=voice)
    assert notes
    assert all(low <= note.pitch <= low + 19 for note in notes)
    assert all(one.start < other.start for one, other in pairwise(notes))
    assert all(0 <= note.start < bars * beats and 1 <= note.velocity <= 127 for note in notes)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, mode=MODES, hook=st.booleans())
def test_strong_notes_are_tones_of_the_chord_and_leaps_are_few(seed: int, mode: Mode, *, hook: bool) -> None:
    notes, chords = _sung(seed, Voice(52, 71, 0.6, hook=hook), mode)
    strong = [note for note in notes if _METRE.weight(note.start) > 0.5]
    on_chord = [note.pitch % 12 in pitch_classes(chord_at(chords, note.start).chord) for note in strong]
    assert np.mean(on_chord) > 0.95
    steps = np.abs(np.diff([note.pitch for note in notes]))
    assert steps.max() <= 12
    assert (steps > 7).mean() < 0.2


def test_a_hook_says_its_motif_more_often_than_a_verse_does() -> None:
    def repeated(*, hook: bool) -> float:
        shares = []
        for seed in range(30):
            notes, _ = _sung(seed, Voice(52, 71, 0.6, hook=hook))
            bars = [tuple(note.start % 4 for note in notes if note.start // 4 == bar) for bar in range(16)]
            shares.append(max(bars.count(bar) for bar in bars if bar) / 16)
        return float(np.mean(shares))

    assert repeated(hook=True) > 0.45
    assert repeated(hook=True) > repeated(hook=False) + 0.05


def test_the_second_phrase_of_a_pair_comes_home_where_the_chord_lets_it() -> None:
    home = []
    for seed in range(40):
        key = Key(0, "major")
        chords = [ChordSpan(0, 64, progression(chance(1), STYLES["ambient"].palette, key)[0])]
        notes = sing(chance(seed), _METRE, key, chords, bars=8, voice=_VOICE)
        first = [note for note in notes if note.start < 16]
        home.append((notes[-1].pitch % 12 == 0, first[-1].pitch % 12 == 0))
    assert np.mean([second for second, _ in home]) > 0.95
    assert np.mean([first for _, first in home]) < 0.2


def test_phrases_leave_room_to_breathe() -> None:
    for seed in range(10):
        notes, _ = _sung(seed)
        rests = [other.start - one.start - one.duration for one, other in pairwise(notes)]
        assert max(rests) >= 0.5


def test_what_returns_is_varied_after_its_first_bar() -> None:
    varied = 0
    for seed in range(12):
        key = Key(0, "minor")
        chords, voice = _chords(seed, key), Voice(52, 71, 0.5, ornament=0.5)
        once, again = (
            sing(chance(seed), _METRE, key, chords, bars=8, voice=voice, variation=chance(seed, take))
            for take in (1, 2)
        )
        head = [[(note.start, note.pitch) for note in notes if note.start < 3] for notes in (once, again)]
        assert head[0] == head[1]
        varied += [note.pitch for note in once] != [note.pitch for note in again]
    assert varied >= 8


_MOTIF = Motif((0.0, 1.0, 1.5, 2.0), (1.0, 0.5, 0.5, 1.0), (0, 1, 2, -1), 4.0)


def test_motifs_are_inverted_augmented_and_split() -> None:
    rng = chance(1)
    assert developed(rng, _MOTIF, "inverted", 0.5).offsets == (0, -1, -2, 1)
    assert developed(rng, developed(rng, _MOTIF, "inverted", 0.5), "inverted", 0.5) == _MOTIF
    assert developed(rng, _MOTIF, "augmented", 0.5).starts == (0.0, 2.0, 3.0)
    assert developed(rng, _MOTIF, "fragment", 0.5).starts == (0.0, 1.0, 1.5, 2.0, 3.0, 3.5)
    assert developed(rng, _MOTIF, "fragment", 0.5).offsets == (0, 1, 2, 1, 2, 3)
    assert developed(rng, _MOTIF, "thinned", 0.5).starts == (0.0, 1.5)
    assert developed(rng, _MOTIF, "answered", 0.5).offsets == (0, 1, 2, 5)
    assert set(_MOTIF.starts) <= set(developed(rng, _MOTIF, "ornamented", 0.25).starts)


@given(seed=SEEDS, density=st.floats(0, 1), bars=st.integers(1, 2))
def test_a_motif_lies_within_its_bars_and_within_a_sixth(seed: int, density: float, bars: int) -> None:
    motif = invent(chance(seed), _METRE, density, bars=bars)
    assert motif.beats == 4 * bars
    assert all(start + length <= motif.beats + 1e-9 for start, length in zip(motif.starts, motif.lengths, strict=True))
    assert all(abs(offset) <= 9 for offset in motif.offsets)


@pytest.mark.parametrize("step", [3, -4, 12])
def test_a_second_voice_goes_with_the_first_and_never_on_its_note(step: int) -> None:
    notes, chords = _sung(3)
    second = harmonised(notes, Key(3, "major"), chords, step)
    assert [note.start for note in second] == [note.start for note in notes]
    assert all(0 < abs(one.pitch - other.pitch) <= abs(step) + 3 for one, other in zip(notes, second, strict=True))


def test_an_answer_is_heard_only_where_the_melody_pauses() -> None:
    answered = 0
    for seed in range(12):
        notes, chords = _sung(seed, Voice(52, 71, 0.3))
        motif = invent_motifs(chance(seed), _METRE, _VOICE)["A"]
        said = answer(
            chance(seed),
            _METRE,
            Key(seed % 12, "major"),
            chords,
            bars=16,
            melody=notes,
            motif=motif,
            voice=Voice(64, 81),
        )
        for reply in said:
            assert all(reply.start >= one.start + one.duration - 1e-6 or reply.start < one.start for one in notes)
            assert 64 <= reply.pitch <= 81
        answered += bool(said)
    assert answered >= 8
