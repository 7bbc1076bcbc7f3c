"""Scores: whatever the seed and the wishes, they hold together and keep to what they say of themselves."""

from dataclasses import astuple, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.audio.analysis import Key, Mode
from segue.music.composing import compose
from segue.music.grooves import CLOSED_HAT, KICKS, RIDE
from segue.music.harmony import SCALES
from segue.music.score import Score
from segue.music.styles import STYLE_NAMES, StyleName
from segue.music.wishes import Wishes

SEEDS = st.integers(0, 2**32 - 1)
STYLES_ASKED = st.sampled_from(STYLE_NAMES)


def _same(one: Score, other: Score) -> bool:
    return np.array_equal(one.beats_s, other.beats_s) and (
        one.parts,
        one.chords,
        one.sections,
        astuple(one.key),
    ) == (other.parts, other.chords, other.sections, astuple(other.key))


@settings(max_examples=40, deadline=None)
@given(
    seed=SEEDS,
    style=st.none() | STYLES_ASKED,
    beats_per_bar=st.none() | st.integers(2, 12),
    bars=st.none() | st.integers(1, 70),
    tempo_bpm=st.none() | st.floats(50, 220),
    swing=st.none() | st.floats(0.5, 0.7),
)
def test_any_score_is_whole(
    *,
    seed: int,
    style: StyleName | None,
    beats_per_bar: int | None,
    bars: int | None,
    tempo_bpm: float | None,
    swing: float | None,
) -> None:
    styles = {style: 1.0} if style else {}
    wishes = Wishes(styles=styles, beats_per_bar=beats_per_bar, bars=bars, tempo_bpm=tempo_bpm, swing=swing, drift=0.1)
    score = compose(seed, wishes)
    end = score.beats_s.size - 1
    assert np.all(np.diff(score.beats_s) > 0)
    assert score.beats_s[0] >= 0
    assert end % score.beats_per_bar == 0
    if bars:
        assert end == bars * score.beats_per_bar
    for spans in (score.chords, score.sections):
        assert (spans[0].start, spans[-1].end) == (0, end)
        assert all(one.end == other.start for one, other in pairwise(spans))
        assert all(span.start < span.end for span in spans)
    assert len({part.name for part in score.parts}) == len(score.parts) > 0
    for part in score.parts:
        assert list(part.notes) == sorted(part.notes, key=lambda note: (note.start, note.pitch))
        assert all(0 <= note.start < note.start + note.duration <= end + 0.1 for note in part.notes)
        assert all(0 <= note.pitch <= 127 and 1 <= note.velocity <= 127 for note in part.notes)


@settings(max_examples=5, deadline=None)
@given(seed=SEEDS)
def test_the_same_seed_composes_the_same_and_another_something_else(seed: int) -> None:
    assert _same(compose(seed), compose(seed))
    assert not _same(compose(seed), compose(seed + 1))


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, style=STYLES_ASKED, tonic=st.integers(0, 11), mode=st.sampled_from(["major", "minor"]))
def test_the_tonic_sounds_longer_than_any_other_root_and_ends_the_song(
    seed: int, style: StyleName, tonic: int, mode: Mode
) -> None:
    score = compose(seed, Wishes(styles={style: 1.0}, key=Key(tonic, mode), bars=32))
    weights = np.zeros(12)
    for span in score.chords:
        weights[span.chord.root] += span.end - span.start
    assert weights.argmax() == tonic
    assert (score.chords[-1].chord.root - tonic) % 12 <= 2  # a last chorus may be raised by a tone
    assert score.chords[-1].chord.quality == ("maj" if mode == "major" else "min")


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, style=STYLES_ASKED)
def test_most_of_what_is_sung_and_played_lies_in_the_key(seed: int, style: StyleName) -> None:
    score = compose(seed, Wishes(styles={style: 1.0}, bars=16))
    scale = {(score.key.tonic + step) % 12 for step in SCALES[score.key.mode]}
    played = [(note.pitch % 12, note.duration) for part in score.parts if part.role != "drums" for note in part.notes]
    inside = sum(duration for pitch, duration in played if pitch in scale)
    assert inside > 0.7 * sum(duration for _, duration in played)


def test_what_is_asked_for_is_composed() -> None:
    wishes = Wishes(
        styles={"funk": 1.0},
        tempo_bpm=101.5,
        beats_per_bar=3,
        key=Key(6, "minor"),
        bars=12,
        drums=True,
        vocals=True,
    )
    score = compose(5, wishes)
    assert (score.style, score.beats_per_bar, score.key) == ("funk", 3, Key(6, "minor"))
    assert score.tempo_bpm == pytest.approx(101.5)
    assert {"drums", "vocals"} <= {part.role for part in score.parts}
    assert score.downbeats_s.size == 12


@pytest.mark.parametrize("style", STYLE_NAMES)
def test_without_drums_there_are_none_and_without_vocals_nobody_sings(style: StyleName) -> None:
    wishes = Wishes(styles={style: 1.0}, bars=16, drums=False, vocals=False)
    scores = [compose(seed, wishes) for seed in range(4)]
    roles = {part.role for score in scores for part in score.parts}
    assert "drums" not in roles
    assert "vocals" not in roles


@pytest.mark.parametrize("wish", [{"tempo_bpm": 5.0}, {"beats_per_bar": 1}, {"bars": 0}, {"swing": 0.3}])
def test_a_wish_that_cannot_be_met_is_refused(wish: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wish))):
        compose(1, Wishes(**wish))  # type: ignore[arg-type]


def test_drift_makes_the_end_faster_and_keeps_the_mean() -> None:
    score = compose(3, Wishes(styles={"techno": 1.0}, tempo_bpm=128, bars=32, drift=0.1))
    periods = np.diff(score.beats_s)
    assert periods[:8].mean() / periods[-8:].mean() == pytest.approx(1.1, abs=0.015)
    assert score.tempo_bpm == pytest.approx(128)


def test_rubato_bends_the_tempo_within_phrases_and_a_machine_does_not() -> None:
    wishes = Wishes(styles={"techno": 1.0}, tempo_bpm=128, bars=32)
    steady = np.diff(compose(3, wishes).beats_s)
    bent = np.diff(compose(3, replace(wishes, rubato=0.1)).beats_s)
    assert np.ptp(steady) < 1e-9
    assert 0.1 < np.ptp(bent) / bent.mean() < 0.3


@pytest.mark.parametrize(("style", "pair"), [("swing_jazz", 1.0), ("house", 0.5)])
@pytest.mark.parametrize("swing", [0.5, 0.58, 0.66])
def test_swing_puts_the_second_of_a_pair_where_it_is_asked_to(style: StyleName, pair: float, swing: float) -> None:
    seconds = []
    for seed in range(6):
        score = compose(seed, Wishes(styles={style: 1.0}, bars=16, swing=swing, drums=True, beats_per_bar=4))
        for part in score.parts:
            hats = [note.start for note in part.notes if part.role == "drums" and note.pitch in (CLOSED_HAT, RIDE)]
            shares = np.array(hats) / pair % 1.0
            seconds += list(shares[(shares > 0.35) & (shares < 0.8)])
    assert np.median(seconds) == pytest.approx(swing, abs=0.02)


@pytest.mark.parametrize("beats_per_bar", [3, 5, 7])
def test_in_uneven_bars_the_kick_falls_on_every_one_and_the_accents_repeat_by_the_bar(beats_per_bar: int) -> None:
    score = compose(2, Wishes(styles={"rock": 1.0}, beats_per_bar=beats_per_bar, bars=16, drums=True))
    kicks = np.array(
        [note.start for part in score.parts if part.role == "drums" for note in part.notes if note.pitch in KICKS]
    )
    drummed = [span for span in score.sections if ((kicks > span.start - 0.1) & (kicks < span.end - 0.1)).any()]
    assert drummed
    for span in drummed:
        for downbeat in np.arange(span.start, span.end, beats_per_bar):
            assert np.abs(kicks - downbeat).min() < 0.1


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, style=STYLES_ASKED)
def test_sections_of_a_theme_share_their_chords(seed: int, style: StyleName) -> None:
    score = compose(seed, Wishes(styles={style: 1.0}, bars=64))
    heard: dict[int, list[tuple[float, int, str]]] = {}
    for section in score.sections[:-1]:  # the last one ends on the tonic
        shortest = section.start + 4 * score.beats_per_bar
        own = [
            (max(span.start, section.start) - section.start, span.chord.root, span.chord.quality)
            for span in score.chords
            if span.end > section.start and span.start < shortest
        ]
        lift = (own[0][1] - heard.setdefault(section.theme, own)[0][1]) % 12
        assert [(at, (root - lift) % 12, quality) for at, root, quality in own] == heard[section.theme]


def test_the_drums_hold_to_the_beat_as_closely_as_their_style_does() -> None:
    for style, most in (("techno", 0.01), ("rock", 0.06)):
        score = compose(9, Wishes(styles={style: 1.0}, bars=16, drums=True, beats_per_bar=4))  # type: ignore[dict-item]
        kicks = [note.start for part in score.parts for note in part.notes if part.name == "drums" and note.pitch == 36]
        strays = np.abs(np.array(kicks) * 4 - np.round(np.array(kicks) * 4)) / 4
        assert strays.max() < most


def test_over_many_seeds_everything_that_styles_offer_is_heard() -> None:
    scores = [compose(seed, Wishes(bars=4)) for seed in range(140)]
    assert {score.style for score in scores} == set(STYLE_NAMES)
    assert {3, 4, 6} <= {score.beats_per_bar for score in scores}
    assert {score.key.tonic for score in scores} == set(range(12))
    assert {score.key.mode for score in scores} == {"major", "minor"}
    tempi = np.array([score.tempo_bpm for score in scores])
    assert tempi.min() < 68
    assert tempi.max() > 180
    assert len({part.program for score in scores for part in score.parts}) > 50
