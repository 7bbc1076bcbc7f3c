"""Chords: their names, what follows what, how voices move."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.audio.analysis import Key, Mode
from segue.music.chance import chance
from segue.music.grammar import phrase, progression
from segue.music.grooves import GROOVES, TOPS
from segue.music.harmony import QUALITIES, chord_of, pitch_classes, scale_over, scale_pitches
from segue.music.score import ChordName
from segue.music.styles import STYLES, Style
from segue.music.voicing import parallels, voicing

_C_MAJOR, _A_MINOR = Key(0, "major"), Key(9, "minor")
CHORDS = st.builds(ChordName, st.integers(0, 11), st.sampled_from(sorted(QUALITIES)))


@pytest.mark.parametrize(
    ("numeral", "key", "root", "quality"),
    [
        ("I", _C_MAJOR, 0, "maj"),
        ("vi", _C_MAJOR, 9, "min"),
        ("V:7", _C_MAJOR, 7, "7"),
        ("bVII", _C_MAJOR, 10, "maj"),
        ("i", _A_MINOR, 9, "min"),
        ("bVI", _A_MINOR, 5, "maj"),
        ("bIII", _A_MINOR, 0, "maj"),
        ("iio", _A_MINOR, 11, "dim"),
    ],
)
def test_a_numeral_means_the_chord_that_popular_music_means_by_it(
    numeral: str, key: Key, root: int, quality: str
) -> None:
    assert chord_of(numeral, key) == ChordName(root, quality)


def test_what_is_no_numeral_is_refused() -> None:
    with pytest.raises(ValueError, match="no Roman numeral"):
        chord_of("H", _C_MAJOR)


@given(chord=CHORDS, near=st.lists(st.integers(50, 70), max_size=5), low=st.integers(36, 60))
def test_a_voicing_holds_every_tone_of_its_chord_once_and_keeps_to_its_range(
    chord: ChordName, near: list[int], low: int
) -> None:
    pitches = voicing(chord, near, low, low + 22)
    assert sorted(pitch % 12 for pitch in pitches) == sorted(pitch_classes(chord))
    assert low <= pitches[0]
    assert pitches[-1] <= low + 22


def test_voices_move_little_from_chord_to_chord() -> None:
    before = voicing(ChordName(0, "maj"), (), 55, 77)
    after = voicing(ChordName(9, "min"), before, 55, 77)
    moved = [min(abs(pitch - other) for other in before) for pitch in after]
    assert sum(moved) <= 2  # C major to A minor: two tones stay


@pytest.mark.parametrize("style", STYLES.values(), ids=lambda style: style.name)
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_every_progression_of_every_style_can_be_played_and_touches_its_tonic(style: Style, mode: Mode) -> None:
    key = Key(3, mode)
    for seed in range(40):
        chords = progression(chance(seed), style.palette, key)
        assert 2 <= len(chords) <= 12
        assert any(chord.root == key.tonic for chord in chords)
        assert all(chord.quality in QUALITIES for chord in chords)


@pytest.mark.parametrize("style", STYLES.values(), ids=lambda style: style.name)
def test_every_style_names_only_grooves_and_instruments_that_there_are(style: Style) -> None:
    assert set(style.grooves) <= set(GROOVES)
    assert set(style.tops) <= set(TOPS)
    programs = (*style.band.bass, *style.band.chords, *style.band.pads, *style.band.lead, *style.band.kits)
    assert all(0 <= program <= 127 for program in programs)


def test_a_scale_has_seven_pitches_an_octave() -> None:
    assert scale_pitches(_A_MINOR, 57, 68) == (57, 59, 60, 62, 64, 65, 67)
    assert np.diff(scale_pitches(_C_MAJOR, 0, 127)).max() == 2


@pytest.mark.parametrize("style", STYLES.values(), ids=lambda style: style.name)
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_a_closed_phrase_ends_on_the_tonic_and_an_open_one_elsewhere(style: Style, mode: Mode) -> None:
    key = Key(7, mode)
    for seed in range(20):
        length = 4 + seed % 5
        closed, opened = (
            phrase(chance(seed), style.palette, key, length, cadence=cadence) for cadence in ("closed", "open")
        )
        assert len(closed) == len(opened) == length
        assert closed[-1].root == 7
        assert opened[-1].root != 7
        assert closed[0].root == opened[0].root == 7


def test_brightness_leans_towards_major_chords() -> None:
    def major(bright: float) -> float:
        chords = [
            chord for seed in range(60) for chord in progression(chance(seed), STYLES["pop"].palette, _C_MAJOR, bright)
        ]
        return float(np.mean([chord.quality in ("maj", "maj7", "7", "sus2", "sus4") for chord in chords]))

    assert major(-1.0) < major(0.0) < major(1.0)


@given(chord=CHORDS, tonic=st.integers(0, 11), mode=st.sampled_from(["major", "minor"]))
def test_the_scale_over_a_chord_holds_the_chord(chord: ChordName, tonic: int, mode: Mode) -> None:
    scale = scale_over(chord, Key(tonic, mode))
    assert set(pitch_classes(chord)) <= scale
    assert 6 <= len(scale) <= 9


def test_inner_voices_hardly_ever_move_in_parallel_fifths_or_octaves() -> None:
    moves = []
    for seed in range(60):
        before: tuple[int, ...] = ()
        for chord in progression(chance(seed), STYLES["orchestral"].palette, _A_MINOR) * 2:
            after = voicing(chord, before, 50, 72)
            if before and after != before:
                moves.append(parallels(before, after) > 0)
            before = after
    assert np.mean(moves) < 0.1
