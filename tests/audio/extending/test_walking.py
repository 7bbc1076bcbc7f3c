"""A walk is the song first, keeps to its ways, and ends as the song does when it is to."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.audio.extending.graph import Graph, Jump
from segue.audio.extending.material import Material
from segue.audio.extending.walking import Bridge, Stretch, Walk, walk
from tests.audio.extending.songs import beats_alone, jump, repeating


def _graph(material: Material, ways: list[tuple[int, int]]) -> Graph:
    both = {way for leave, enter in ways for way in ((leave, enter), (enter, leave))}
    return Graph(tuple(jump(material, *way) for way in sorted(both)), 1.0)


@st.composite
def songs(draw: st.DrawFn) -> tuple[Material, Graph]:
    bars = draw(st.integers(24, 60))
    material = beats_alone(4 * bars)
    inner = st.integers(2, bars - 2)
    pairs = draw(st.lists(st.tuples(inner, inner), min_size=0, max_size=30))
    return material, _graph(material, [(4 * a, 4 * b) for a, b in pairs if abs(a - b) >= 2])


@settings(max_examples=15, deadline=None)
@given(songs(), st.integers(0, 5), st.floats(1.2, 4.0))
def test_a_walk_begins_and_ends_as_the_song_and_jumps_along_ways_only(
    song: tuple[Material, Graph], seed: int, times: float
) -> None:
    material, graph = song
    planned = walk(material, graph, times * material.duration_s, seed=seed)
    assert planned.stretches[0].start == 0
    assert planned.stretches[0].after is None
    assert planned.stretches[-1].end == material.count
    ways = {(way.leave, way.enter) for way in graph.jumps}
    for before, after in pairwise(planned.stretches):
        assert isinstance(after.after, Jump)
        assert (before.end, after.start) == (after.after.leave, after.after.enter)
        assert (before.end, after.start) in ways
        assert material.places[before.end] == material.places[after.start]
    assert abs(_length(material, planned) - planned.duration_s) < 1e-6


def _length(material: Material, planned: Walk) -> float:
    beats = sum(stretch.end - stretch.start for stretch in planned.stretches)
    return float(beats * 0.5 + material.edges_s[0] + material.duration_s - material.edges_s[-1])


def _repeating_beats() -> tuple[Material, Graph]:
    material = beats_alone(240)
    return material, _graph(material, [(a, a + lag) for lag in (32, 44, 72) for a in range(8, 232 - lag, 4)])


def test_a_walk_lasts_as_long_as_is_wanted() -> None:
    material, graph = _repeating_beats()
    for wanted_s in (200.0, 333.0, 600.0):
        assert abs(walk(material, graph, wanted_s, seed=1).duration_s - wanted_s) <= material.bar_s


def test_the_first_stretch_is_nearly_all_of_the_song() -> None:
    material, graph = _repeating_beats()
    assert walk(material, graph, 600.0, seed=1).stretches[0].end >= 220


def test_the_same_seed_walks_the_same_way_and_another_does_not() -> None:
    material, graph = _repeating_beats()
    first, again, other = (walk(material, graph, 600.0, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.stretches != other.stretches


def test_stretches_are_long_and_the_same_beats_do_not_come_back_soon() -> None:
    material, graph = _repeating_beats()
    planned = walk(material, graph, 600.0, seed=1)
    lengths = [stretch.end - stretch.start for stretch in planned.stretches]
    assert min(lengths) >= 15
    assert np.median(lengths) >= 32
    assert np.median(_gaps_s(planned)) > 0.5 * material.duration_s


def _gaps_s(planned: Walk) -> list[float]:
    """Return after how long each beat that is heard again comes back."""
    last: dict[int, float] = {}
    gaps = []
    for stretch in planned.stretches:
        for beat in range(stretch.start, stretch.end):
            at = stretch.start_s + 0.5 * (beat - stretch.start)
            if beat in last:
                gaps.append(at - last[beat])
            last[beat] = at
    return gaps


def test_a_walk_keeps_out_of_where_it_would_go_round_in_circles() -> None:
    material = beats_alone(240)
    # Back from beat 220 leads to 200, from where no way leads out; from 160 to the beginning.
    graph = _graph(material, [(200, 220), (16, 160), (24, 168)])
    planned = walk(material, graph, 500.0, seed=1)
    assert all(stretch.start < 200 for stretch in planned.stretches[:-1])


def test_a_bridge_leads_on_where_no_jump_does() -> None:
    material = beats_alone(240)
    bridge = Bridge(200, 32, 8)
    planned = walk(material, Graph((), 0.0), 280.0, seed=1, bridges=(bridge,))
    assert planned.bridges == (bridge, bridge)[: len(planned.bridges)]
    assert planned.bridges
    assert planned.stretches[1] == Stretch(32, planned.stretches[1].end, planned.stretches[1].start_s, bridge)


def test_no_bridge_is_crossed_where_jumps_are_good() -> None:
    material, graph = _repeating_beats()
    assert not walk(material, graph, 300.0, seed=1, bridges=(Bridge(200, 32, 8),)).bridges


def test_a_song_without_a_way_is_played_as_it_is() -> None:
    material = beats_alone(120)
    assert walk(material, Graph((), 0.0), 600.0, seed=1).stretches == (Stretch(0, 120, 0.25),)


def test_the_end_of_a_real_walk_comes_when_it_is_wanted() -> None:
    _, _, material, graph = repeating()
    # Bars that sound the same are four apart, so the length is met to within two.
    assert abs(walk(material, graph, 120.0, seed=0).duration_s - 120.0) <= 2 * material.bar_s
