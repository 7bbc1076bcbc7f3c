"""The metre of a track: its source's, or one that its styles have."""

import pytest

from segue.audio.analysis import Key
from segue.generation.conditioning import Conditions, condition
from segue.generation.sources import SourceTraits
from segue.music.composing import compose
from segue.music.score import ChordName


@pytest.mark.parametrize("beats", [3, 5, 6, 7])
def test_what_resembles_a_source_has_its_metre(beats: int) -> None:
    chords = tuple((ChordName(root, "min"), float(beats)) for root in (9, 2, 4, 9))
    source = SourceTraits(120.0, beats, Key(9, "minor"), chords)
    wishes = condition(Conditions("similar", 1, 20.0, source=source)).wishes
    assert compose(1, wishes).beats_per_bar == beats


def test_what_has_no_source_has_a_metre_of_its_styles() -> None:
    metres = set()
    for seed in range(12):
        wishes = condition(Conditions("new", seed, 10.0, styles={"folk": 0.5, "orchestral": 0.5})).wishes
        metres.add(compose(seed, wishes).beats_per_bar)
    assert len(metres) > 1
