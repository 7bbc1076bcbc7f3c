"""Forms: of any length, with what they promise in it, and never the same bars for ever."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.music.chance import chance
from segue.music.composing import compose
from segue.music.form import SectionPlan, plan_form
from segue.music.grooves import CRASH, KICK, SNARE
from segue.music.score import Score
from segue.music.styles import STYLE_NAMES, Form, StyleName
from segue.music.wishes import Wishes

FORMS: st.SearchStrategy[Form] = st.sampled_from(["song", "dance", "tune", "arch"])


@settings(max_examples=150)
@given(seed=st.integers(0, 1 << 30), bars=st.integers(1, 2000), form=FORMS, unit=st.sampled_from([None, 12]))
def test_sections_are_as_long_as_the_piece_and_only_the_last_is_last(
    seed: int, bars: int, form: Form, unit: int | None
) -> None:
    plans = plan_form(chance(seed), bars, form, unit=unit)
    assert sum(plan.bars for plan in plans) == bars
    assert all(plan.bars >= 1 for plan in plans)
    assert [plan.last for plan in plans] == [False] * (len(plans) - 1) + [True]
    heard: Counter[int] = Counter()
    for plan in plans:
        assert plan.take == heard[plan.theme]
        heard[plan.theme] += 1


@given(seed=st.integers(0, 1 << 30), bars=st.integers(8, 300), form=FORMS)
def test_energy_fills_sections_and_moves_none(seed: int, bars: int, form: Form) -> None:
    calm, full = (plan_form(chance(seed), bars, form, energy=energy) for energy in (0.1, 0.9))
    assert [(plan.label, plan.theme, plan.bars) for plan in calm] == [
        (plan.label, plan.theme, plan.bars) for plan in full
    ]
    assert all(one.energy <= other.energy for one, other in zip(calm, full, strict=True))
    assert all(other.drums or not one.drums for one, other in zip(calm, full, strict=True))


def _longest(form: Form, seed: int = 3) -> tuple[SectionPlan, ...]:
    return plan_form(chance(seed), 96, form)


def test_a_song_has_its_verses_its_choruses_and_the_last_of_them_is_the_fullest() -> None:
    for seed in range(10):
        plans = _longest("song", seed)
        labels = [plan.label for plan in plans]
        assert labels.count("verse") >= 2
        assert labels.count("chorus") >= 2
        assert "outro" in labels
        choruses = [plan for plan in plans if plan.label == "chorus"]
        assert choruses[-1].shape == max(plan.shape for plan in plans)


def test_in_dance_music_every_build_up_leads_to_a_drop() -> None:
    for seed in range(10):
        names = [plan.name for plan in _longest("dance", seed)]
        assert "build-up" in names
        assert all(names[index + 1] == "drop" for index, name in enumerate(names) if name == "build-up")


def test_an_hour_is_a_suite_of_many_themes_of_which_some_return() -> None:
    plans = plan_form(chance(2), 1800)
    themes = [plan.theme for plan in plans]
    assert len(set(themes)) > 30
    assert sum(theme < 10 for theme in themes[len(themes) // 2 :]) >= 1


def _bars(score: Score) -> list[frozenset[tuple[str, float, int]]]:
    size, count = score.beats_per_bar, (score.beats_s.size - 1) // score.beats_per_bar
    bars: list[set[tuple[str, float, int]]] = [set() for _ in range(count)]
    for part in score.parts:
        for note in part.notes:
            at = round(note.start * 4) / 4
            bar = min(int(at // size), count - 1)
            bars[bar].add((part.name, at - bar * size, note.pitch))
    return [frozenset(bar) for bar in bars]


@pytest.mark.parametrize("style", STYLE_NAMES)
def test_no_style_plays_a_loop(style: StyleName) -> None:
    score = compose(7, Wishes(styles={style: 1.0}, duration_s=150))
    bars = _bars(score)
    for back in (1, 2, 4, 8):
        assert np.mean([one == other for one, other in zip(bars, bars[back:], strict=False)]) < 0.4
    phrases = Counter(tuple(bars[start : start + 8]) for start in range(0, len(bars) - 8, 8))
    assert phrases.most_common(1)[0][1] <= 2


def test_a_verse_that_returns_is_the_same_one_and_not_the_same() -> None:
    alike = []
    for seed in range(12):
        score = compose(seed, Wishes(styles={"pop": 1.0}, bars=72, beats_per_bar=4, drums=True))
        bars = _bars(score)
        first, second = [section for section in score.sections if section.theme == 1 and section.label == "verse"][:2]
        one, other = (
            frozenset().union(
                *(frozenset((bar, *note) for note in bars[int(part.start // 4) + bar]) for bar in range(4))
            )
            for part in (first, second)
        )
        alike.append(len(one & other) / len(one | other))
    assert max(alike) < 1.0
    assert np.mean(alike) > 0.3


@pytest.mark.parametrize("style", STYLE_NAMES)
def test_a_song_ends_with_a_last_stroke_and_chord_and_does_not_just_stop(style: StyleName) -> None:
    score = compose(11, Wishes(styles={style: 1.0}, bars=32, beats_per_bar=4, energy=0.8))
    last = float(score.beats_s.size - 1 - score.beats_per_bar)
    late = [note for part in score.parts for note in part.notes if note.start > last + 0.5]
    assert not late
    held = [note for part in score.parts if part.role != "drums" for note in part.notes if note.start > last - 0.2]
    assert max(note.duration for note in held) > 0.7 * score.beats_per_bar
    tonic = {(score.chords[-1].chord.root + step) % 12 for step in (0, 3, 4, 7)}
    assert np.mean([note.pitch % 12 in tonic for note in held]) > 0.8


def _drums(score: Score) -> list[tuple[float, int]]:
    return [(note.start, note.pitch) for part in score.parts if part.name == "drums" for note in part.notes]


def test_a_build_up_rolls_ever_faster_and_falls_silent_before_the_drop() -> None:
    score = compose(2, Wishes(styles={"house": 1.0}, bars=64, drums=True, tempo_bpm=124))
    build = next(section for section in score.sections if section.name == "build-up")
    rolls = [at for at, key in _drums(score) if key == SNARE and build.start <= at < build.end]
    gaps = np.diff(rolls)
    assert gaps[:3].mean() > 3 * gaps[-3:].mean()
    assert not [at for at, _ in _drums(score) if build.end - 1.5 < at < build.end - 0.1]
    assert [key for at, key in _drums(score) if abs(at - build.end) < 0.1].count(KICK) == 1


def test_fills_come_at_the_ends_of_phrases_and_crashes_at_their_beginnings() -> None:
    for seed in range(6):
        score = compose(seed, Wishes(styles={"rock": 1.0}, bars=64, drums=True, beats_per_bar=4, energy=0.8))
        toms = [at for at, key in _drums(score) if key in (43, 47, 50)]
        assert all(int((at + 0.1) // 4) % 4 == 3 for at in toms)
        crashes = [at for at, key in _drums(score) if key == CRASH]
        assert all(abs(at / 4 - round(at / 4)) < 0.05 or int(at // 4) % 4 == 3 for at in crashes)


def test_the_bass_plays_with_the_kick() -> None:
    together = []
    for seed in range(8):
        score = compose(seed, Wishes(styles={"funk": 1.0}, bars=32, drums=True, beats_per_bar=4, energy=0.7))
        bass = np.array([note.start for part in score.parts if part.role == "bass" for note in part.notes])
        kicks = [at for at, key in _drums(score) if key == KICK]
        if not bass.size:
            continue
        near = [at for at in kicks if np.abs(bass - at).min() < 2.5]
        together.append(np.mean([np.abs(bass - at).min() < 0.12 for at in near]))
    assert np.mean(together) > 0.7
