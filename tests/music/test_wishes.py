"""Wishes: what is wished for is what is composed."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from segue.audio.analysis import Key, Mode
from segue.music.composing import compose
from segue.music.harmony import QUALITIES
from segue.music.progressing import in_key, key_of
from segue.music.score import ChordName, Score
from segue.music.styles import STYLE_NAMES, StyleName
from segue.music.wishes import Wishes

SEEDS = st.integers(0, 2**32 - 1)
STYLES_ASKED = st.sampled_from(STYLE_NAMES)
_C, _G, _AM, _F = (ChordName(0, "maj"), ChordName(7, "maj"), ChordName(9, "min"), ChordName(5, "maj"))
_FOUR_CHORDS = tuple((chord, 4.0) for chord in (_C, _G, _AM, _F))


def _notes(score: Score) -> int:
    return sum(len(part.notes) for part in score.parts)


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, style=STYLES_ASKED, duration_s=st.floats(10, 240), tempo_bpm=st.none() | st.floats(50, 200))
def test_a_song_ends_within_a_bar_of_its_duration_and_its_tempo_is_exact(
    seed: int, style: StyleName, duration_s: float, tempo_bpm: float | None
) -> None:
    score = compose(seed, Wishes(styles={style: 1.0}, duration_s=duration_s, tempo_bpm=tempo_bpm))
    bar_s = score.beats_per_bar * 60 / score.tempo_bpm
    assert abs(score.beats_s[-1] - duration_s) < bar_s
    if tempo_bpm:
        assert score.tempo_bpm == pytest.approx(tempo_bpm, rel=1e-6)
    else:
        assert score.beats_s[-1] == pytest.approx(duration_s, abs=1e-3)


@pytest.mark.parametrize("style", STYLE_NAMES)
def test_the_more_energy_the_more_is_played_and_the_louder(style: StyleName) -> None:
    energies = np.linspace(0.0, 1.0, 6)
    for seed in range(2):
        wishes = Wishes(styles={style: 1.0}, bars=24, tempo_bpm=110, drums=style != "a_cappella")
        scores = [compose(seed, replace(wishes, energy=float(energy))) for energy in energies]
        assert spearmanr(energies, [_notes(score) for score in scores]).statistic > 0.9
        assert _notes(scores[-1]) > 1.4 * _notes(scores[0])
        loud = [np.mean([note.velocity for part in score.parts for note in part.notes]) for score in scores]
        assert loud[-1] > loud[0] + 8


def test_a_bright_song_is_in_major_and_a_dark_one_in_minor() -> None:
    for style in STYLE_NAMES:
        modes = [
            compose(seed, Wishes(styles={style: 1.0}, bars=4, valence=valence)).key.mode
            for seed in range(3)
            for valence in (0.0, 1.0)
        ]
        assert modes == ["minor", "major"] * 3


def test_brighter_songs_have_more_major_chords_in_the_same_key() -> None:
    def major(valence: float) -> float:
        wishes = Wishes(styles={"pop": 1.0}, key=Key(0, "minor"), bars=32, valence=valence)
        chords = [span for seed in range(6) for span in compose(seed, wishes).chords]
        return sum(
            span.end - span.start for span in chords if span.chord.quality in ("maj", "maj7", "7", "sus4")
        ) / sum(span.end - span.start for span in chords)

    assert major(0.0) < major(0.5) < major(1.0)


def test_more_bass_is_louder_and_plays_more() -> None:
    played = []
    for bass in (-1.0, 0.0, 1.0):
        wishes = Wishes(styles={"funk": 1.0}, bars=32, bass=bass, energy=0.5)
        notes = [
            note
            for seed in range(4)
            for part in compose(seed, wishes).parts
            if part.role == "bass"
            for note in part.notes
        ]
        played.append((len(notes), float(np.mean([note.velocity for note in notes]))))
    assert played == sorted(played)
    assert played[2][1] > played[0][1] + 10


def test_chords_that_are_wished_for_are_played_round_and_end_on_the_tonic() -> None:
    score = compose(4, Wishes(styles={"rock": 1.0}, chords=_FOUR_CHORDS, bars=32))
    assert score.key == Key(0, "major")
    wished = {chord for chord, _ in _FOUR_CHORDS}
    as_wished = sum(span.end - span.start for span in score.chords if span.chord in wished)
    assert as_wished > 0.75 * score.chords[-1].end
    assert score.chords[-1].chord == _C
    verse = next(section for section in score.sections if section.label == "verse")
    heard = [span.chord for span in score.chords if verse.start <= span.start < verse.start + 16]
    assert heard == [_C, _G, _AM, _F]


@pytest.mark.parametrize(("key", "shift"), [(Key(0, "major"), 0), (Key(9, "minor"), 0), (Key(2, "major"), 2)])
def test_wished_chords_are_moved_into_the_key_only_if_they_do_not_lie_in_it(key: Key, shift: int) -> None:
    moved = in_key(_FOUR_CHORDS, key)
    assert [(chord.root - shift) % 12 for chord, _ in moved] == [chord.root for chord, _ in _FOUR_CHORDS]


@given(tonic=st.integers(0, 11), mode=st.sampled_from(["major", "minor"]))
def test_the_key_of_a_cadence_is_heard(tonic: int, mode: Mode) -> None:
    third = "maj" if mode == "major" else "min"
    cadence = [
        (ChordName((tonic + step) % 12, quality), 4.0)
        for step, quality in ((0, third), (5, third), (7, "maj"), (0, third))
    ]
    assert key_of(cadence) == Key(tonic, mode)


def test_songs_of_a_band_have_the_same_players() -> None:
    wishes = Wishes(styles={"rock": 0.6, "folk": 0.4}, bars=24, band=19)
    bands = [{part.name: part.program for part in compose(seed, wishes).parts} for seed in range(4)]
    everybody = {name: program for band in bands for name, program in band.items()}
    assert all(everybody[name] == program for band in bands for name, program in band.items())
    assert len(set(bands[0]).intersection(*bands[1:])) >= 3  # some sit out a calmer song
    others = {part.name: part.program for part in compose(0, replace(wishes, band=20)).parts}
    assert others.items() - everybody.items()


def test_songs_of_one_listener_are_related_and_yet_distinct() -> None:
    wishes = Wishes(styles={"hip_hop": 0.7, "ambient": 0.3}, duration_s=60, energy=0.4, valence=0.4, tempo_bpm=84)
    scores = [compose(seed, wishes) for seed in range(10)]
    melodies = {
        tuple(note.pitch for note in max(score.parts, key=lambda part: part.name).notes[:12]) for score in scores
    }
    assert len(melodies) == 10
    assert len({tuple(span.chord for span in score.chords[:6]) for score in scores}) > 7
    assert len({score.key.tonic for score in scores}) > 4
    densities = [_notes(score) for score in scores]
    assert max(densities) < 4 * min(densities)


@pytest.mark.parametrize(
    "wishes",
    [
        Wishes(energy=1.2),
        Wishes(valence=-0.1),
        Wishes(bass=2.0),
        Wishes(duration_s=5.0),
        Wishes(styles={"polka": 1.0}),  # type: ignore[dict-item]
        Wishes(styles={"pop": 0.0}),
        Wishes(bars=0),
        Wishes(bars=8, duration_s=30.0),
        Wishes(chords=((ChordName(0, "huge"), 4.0),)),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(wishes: Wishes) -> None:
    name = next(name for name in Wishes.__dataclass_fields__ if getattr(wishes, name) != getattr(Wishes(), name))
    with pytest.raises(ValueError, match=f"{name}|bars"):
        compose(1, wishes)


@given(
    st.lists(
        st.tuples(st.builds(ChordName, st.integers(0, 11), st.sampled_from(sorted(QUALITIES))), st.floats(0.5, 16)),
        min_size=1,
        max_size=40,
    ),
    SEEDS,
)
@settings(max_examples=15, deadline=None)
def test_any_chords_can_be_built_on(chords: list[tuple[ChordName, float]], seed: int) -> None:
    score = compose(seed, Wishes(chords=tuple(chords), duration_s=40))
    assert (score.chords[-1].chord.root - score.key.tonic) % 12 <= 2  # a last chorus may be raised by a tone
    assert _notes(score) > 0


@pytest.mark.parametrize("style", STYLE_NAMES)
def test_nobody_sings_in_an_instrumental_song(style: StyleName) -> None:
    for seed in range(12):
        score = compose(seed, Wishes(styles={style: 1.0}, bars=8, vocals=False))
        assert not [part.name for part in score.parts if part.role == "vocals"]
        assert not {part.program for part in score.parts if part.role != "drums"} & {52, 53, 54, 85, 91}
