"""The picture of a taste: legible for any taste, the same for the same, and harmless whatever songs are called."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.audio.signal import FloatArray
from segue.taste import describing
from segue.taste.facets import Facet
from segue.taste.picture import DrawnFacet, DrawnSong, TastePicture, draw
from segue.taste.projecting import discs, project


def units(count: int, seed: int = 0) -> FloatArray:
    rows = np.random.default_rng(seed).standard_normal((count, 768)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def picture(name: str = "Mira", *, facets: int = 2, title: str = "Glass Orchard") -> TastePicture:
    drawn = [DrawnFacet(f"kind {n}", 1 / facets, row) for n, row in enumerate(units(facets))]
    songs = [DrawnSong(title, "The Piers", n, 1.0, 0.1, 0.2, is_new=bool(n)) for n in range(facets)]
    return TastePicture(name, ["Your taste is this and that."], drawn, songs, {})


NAMES = (
    "<script>alert(1)</script>",
    "$\\frac{1}{",
    "真夏の夜の夢",
    "\U0001f3b5" * 300,
    "x" * 5000,
    "",
    "a\nb\tc",
    "مرحبا &amp;",
)
NOTHING = TastePicture("Mira", describing.sentences({}, []), [], [], {})


@pytest.mark.parametrize("form", ["png", "svg"])
def test_the_same_taste_gives_the_same_bytes(form: str) -> None:
    for one in (picture(), NOTHING):
        assert draw(one, form) == draw(one, form)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_drawn_as_it_is(name: str) -> None:
    svg = draw(picture(name, title=name or "-"), "svg")
    root = ET.fromstring(svg)
    assert not [element for element in root.iter() if element.tag.endswith("script")]
    assert draw(picture(name, title=name or "-"), "png").startswith(b"\x89PNG")


def test_letters_that_this_machine_cannot_draw_are_in_the_svg() -> None:
    assert "밤편지" in draw(picture(title="밤편지"), "svg").decode()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.001, 1.0), min_size=1, max_size=6), st.integers(0, 99), st.booleans())
def test_discs_do_not_meet_and_go_by_their_shares(shares: list[float], seed: int, alike: bool) -> None:
    directions = units(len(shares), seed)
    if alike:
        directions[:] = directions[0]
    middles, radii = discs(directions, np.array(shares) / sum(shares))
    assert np.all(np.hypot(middles[:, 0], middles[:, 1]) + radii <= 1 + 1e-5)
    for first in range(len(shares)):
        for second in range(first):
            assert np.hypot(*(middles[first] - middles[second])) >= 0.99 * (radii[first] + radii[second])
            if shares[first] >= shares[second]:
                assert radii[first] >= radii[second] - 1e-6


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.integers(0, 99), st.booleans())
def test_songs_lie_apart_within_their_disc_and_the_likest_in_its_middle(count: int, seed: int, alike: bool) -> None:
    vectors = units(count, seed)
    if alike:
        vectors[:] = vectors[0]
    direction = vectors.sum(axis=0) / np.linalg.norm(vectors.sum(axis=0))
    facet = Facet(direction=direction, weight=1.0, share=1.0, members=np.arange(count))
    places = project(vectors, np.ones(count, dtype=np.float32), [facet])
    radii = np.hypot(places[:, 0], places[:, 1])
    assert np.all(radii <= 1 + 1e-6)
    assert len({tuple(place) for place in places.round(5).tolist()}) == count
    cosines = vectors @ direction
    assert cosines[np.argmin(radii)] == pytest.approx(cosines.max(), abs=1e-4)


def test_each_facet_has_names_though_all_songs_weigh_the_same() -> None:
    drawn = [
        DrawnFacet(f"kind {n}", share, row) for n, (share, row) in enumerate(zip((0.6, 0.4), units(2), strict=True))
    ]
    songs = [
        DrawnSong(f"Song {n} of {facet}", None, facet, 1.0, float(np.cos(n)) * n / 60, float(np.sin(n)) * n / 60)
        for facet in (0, 1)
        for n in range(60)
    ]
    svg = draw(TastePicture("Mira", [], drawn, songs, {}), "svg").decode()
    assert all(svg.count(f" of {facet}</text>") >= 5 for facet in (0, 1))
