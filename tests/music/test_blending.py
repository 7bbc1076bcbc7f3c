"""Styles in between: nearer to what weighs more, and one alone is itself."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.music.blending import blend, shares, style_of
from segue.music.composing import compose
from segue.music.grooves import GROOVES, KICKS, SNARES
from segue.music.styles import STYLE_NAMES, STYLES, StyleName
from segue.music.wishes import Wishes

_WEIGHTS = st.dictionaries(st.sampled_from(STYLE_NAMES), st.floats(0.05, 10), min_size=1, max_size=5)


@pytest.mark.parametrize("style", STYLE_NAMES)
def test_a_style_alone_is_itself_whatever_it_weighs_and_so_is_one_beside_a_trace(style: StyleName) -> None:
    other: StyleName = "techno" if style != "techno" else "folk"
    assert blend({style: 0.3}) == STYLES[style] == blend({style: 1.0, other: 0.01})


@given(weights=_WEIGHTS)
def test_shares_sum_to_one_and_the_heaviest_comes_first(weights: dict[StyleName, float]) -> None:
    found = shares(weights)
    assert sum(found.values()) == pytest.approx(1.0)
    assert list(found.values()) == sorted(found.values(), reverse=True)


@given(share=st.floats(0.05, 0.95))
def test_a_blend_lies_between_its_styles_and_moves_with_the_weights(share: float) -> None:
    one, other = STYLES["house"], STYLES["ambient"]
    made = blend({"house": share, "ambient": 1.0 - share})
    for value in (lambda style: style.tempo_bpm[0], lambda style: style.pumping, lambda style: style.space[1]):
        low, high = sorted((value(one), value(other)))
        assert low < value(made) < high
    more = blend({"house": min(share + 0.04, 0.96), "ambient": 1.0 - min(share + 0.04, 0.96)})
    assert more.tempo_bpm[0] >= made.tempo_bpm[0]


def test_instruments_and_chords_are_drawn_as_often_as_their_style_weighs() -> None:
    made = blend({"metal": 0.75, "orchestral": 0.25})
    strings = sum(program in STYLES["orchestral"].band.chords for program in made.band.chords) / len(made.band.chords)
    assert strings == pytest.approx(0.25, abs=0.05)
    own = sum(entry in STYLES["metal"].palette.minor for entry in made.palette.minor) / len(made.palette.minor)
    assert own == pytest.approx(0.75, abs=0.08)


def test_the_kick_of_the_main_style_goes_under_the_cymbals_of_either() -> None:
    tops = set()
    for seed in range(12):
        wishes = Wishes(styles={"house": 0.6, "bossa": 0.4}, bars=16, drums=True, beats_per_bar=4)
        drums = next(part for part in compose(seed, wishes).parts if part.name == "drums")
        kicks = {round(note.start * 4) % 16 for note in drums.notes if note.pitch in KICKS}
        assert {0, 4, 8, 12} <= kicks
        tops.add(frozenset(note.pitch for note in drums.notes) - set(KICKS) - set(SNARES) - {49, 51, 43, 47, 50})
    assert len(tops) > 1


@settings(max_examples=12, deadline=None)
@given(weights=_WEIGHTS, seed=st.integers(0, 1 << 30))
def test_any_blend_can_be_composed_and_its_score_says_what_it_is(weights: dict[StyleName, float], seed: int) -> None:
    score = compose(seed, Wishes(styles=weights, bars=12))
    assert score.styles == pytest.approx(shares(weights))
    assert style_of(score).tempo_bpm == pytest.approx(blend(weights).tempo_bpm)
    assert style_of(score).grooves == blend(weights).grooves
    assert score.style in weights
    assert set(style_of(score).over) <= set(GROOVES)
