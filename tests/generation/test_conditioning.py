"""From taste, source and preferences to wishes: what always holds, what varies, what is taken over."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.audio.analysis import Chord, Key
from segue.audio.report import analysis_from_report
from segue.engines.generation import GENERATION_MODES
from segue.engines.generation.sounds import FOLDER, SoundAtlas, atlas_of
from segue.generation.conditioning import Conditions, condition, steered, toward, unit
from segue.generation.limits import Limits, limits_of
from segue.generation.sources import SourceTraits, progression_of
from segue.generation.wording import styles_in_words
from segue.music.score import ChordName
from segue.taste.service import Preference

SPACES = sorted(path.stem for path in FOLDER.glob("*.npz"))
ENERGY = {"calm": (0.0, 0.4), "balanced": (0.4, 0.65), "energetic": (0.65, 1.0)}
BLUES = tuple((ChordName(root, "7"), 4.0) for root in (9, 2, 9, 4))


def atlas() -> SoundAtlas:
    found = atlas_of(SPACES[0])
    assert found is not None
    return found


def somewhere(seed: int) -> Any:
    return unit(np.random.default_rng(seed).normal(size=768).astype(np.float32))


def song_at(known: SoundAtlas, number: int) -> Any:
    """Return the unit vector of a song that lies from the middle of an atlas in the direction of one of its sounds."""
    way = unit(np.linalg.pinv(known.projection).T @ known.places[number])
    along = float(way @ known.mean)
    return known.mean + (np.sqrt(along**2 + 1 - known.mean @ known.mean) - along) * way


def said(**values: Any) -> list[Preference]:
    return [Preference(name, value, "said", "You said so.", None) for name, value in values.items()]


@st.composite
def tempo_ranges(draw: st.DrawFn) -> dict[str, int]:
    low = draw(st.integers(30, 300))
    return {"min_bpm": low, "max_bpm": draw(st.integers(low, 300))}


@settings(max_examples=60, deadline=None)
@given(
    mode=st.sampled_from([mode for mode in GENERATION_MODES if mode != "extend"]),
    seed=st.integers(0, 2**32),
    place=st.none() | st.integers(0, 50),
    tempo=st.none() | tempo_ranges(),
    energy=st.sampled_from([None, *ENERGY]),
    vocals=st.sampled_from([None, "vocal", "both", "instrumental"]),
    bass=st.sampled_from([None, "light", "balanced", "heavy"]),
    known=st.tuples(st.none() | st.floats(30, 300), st.none() | st.floats(0, 1)),
    source=st.none() | st.builds(SourceTraits, st.none() | st.floats(30, 300), st.just(4), st.just(Key(9, "minor"))),
)
def test_what_a_listener_prefers_always_holds(  # noqa: PLR0917 - all that is drawn
    mode: Any, seed: int, place: Any, tempo: Any, energy: Any, vocals: Any, bass: Any, known: Any, source: Any
) -> None:
    limits = limits_of(said(tempo_range=tempo, energy=energy, vocals=vocals, bass_level=bass), mode)
    asked = Conditions(
        mode, seed, 30.0, atlas=atlas(), limits=limits, source=source, tempo_bpm=known[0], energy=known[1],
        vector=None if place is None else somewhere(place), tags={"techno": 1.0},
    )  # fmt: skip
    wishes = condition(asked).wishes
    wishes.check()
    assert wishes.tempo_bpm is not None
    assert wishes.energy is not None
    if tempo:
        assert tempo["min_bpm"] <= wishes.tempo_bpm <= tempo["max_bpm"]
    if energy:
        assert ENERGY[energy][0] <= wishes.energy <= ENERGY[energy][1]
    assert wishes.vocals is {"vocal": True, "instrumental": False}.get(vocals)
    assert np.sign(wishes.bass) == {"light": -1, "heavy": 1}.get(bass, 0)


def test_what_was_only_inferred_gives_way_to_a_source_that_was_chosen() -> None:
    guessed = [Preference("tempo_range", {"min_bpm": 60, "max_bpm": 80}, "inferred", "", None)]
    assert limits_of(guessed, "new").tempo_bpm == (60, 80)
    assert limits_of(guessed, "similar").tempo_bpm is None


def test_a_continuation_is_its_sources_own() -> None:
    source = SourceTraits(123.4, 3, Key(2, "minor"), BLUES)
    limits = limits_of(said(tempo_range={"min_bpm": 60, "max_bpm": 70}, energy="calm"), "extend")
    wishes = condition(Conditions("extend", 1, 60.0, source=source, limits=limits)).wishes
    assert (wishes.tempo_bpm, wishes.beats_per_bar, wishes.key) == (123.4, 3, Key(2, "minor"))
    assert wishes.chords == BLUES


@pytest.mark.parametrize("seed", range(8))
def test_what_resembles_a_source_has_nearly_its_tempo_and_its_progression(seed: int) -> None:
    source = SourceTraits(120.0, 4, Key(9, "minor"), BLUES)
    wishes = condition(Conditions("similar", seed, 60.0, source=source)).wishes
    assert wishes.tempo_bpm == pytest.approx(120, rel=0.031)
    assert wishes.key is not None
    assert wishes.key.mode == "minor"
    step = (wishes.key.tonic - 9) % 12
    assert [chord.root for chord, _ in wishes.chords] == [(chord.root + step) % 12 for chord, _ in BLUES]


def test_tracks_of_one_listener_are_in_other_keys_and_tempi_and_yet_related() -> None:
    base = Conditions("new", 0, 60.0, listener=7, vector=somewhere(3), atlas=atlas(), tempo_bpm=110.0)
    made = [condition(replace(base, seed=seed, number=seed)).wishes for seed in range(10)]
    assert len({wishes.key.tonic for wishes in made if wishes.key}) == 10
    assert len({wishes.tempo_bpm for wishes in made}) == 10
    first = [next(iter(wishes.styles)) for wishes in made]
    assert max(first.count(name) for name in first) >= 4


def test_the_same_conditions_give_the_same_wishes() -> None:
    asked = Conditions("new", 5, 60.0, vector=somewhere(1), atlas=atlas(), tags={"jazz": 2.0})
    assert condition(asked) == condition(asked)


@pytest.mark.parametrize("space", SPACES)
def test_a_place_is_composed_of_the_styles_that_sound_like_it(space: str) -> None:
    known = atlas_of(space)
    assert known is not None
    hits = 0
    for number in range(0, len(known.places), 9):
        wishes = condition(Conditions("new", number, 60.0, vector=song_at(known, number), atlas=known)).wishes
        hits += known.style_names[int(known.styles[number].argmax())] in wishes.styles
    assert hits >= 0.8 * len(range(0, len(known.places), 9))


def test_an_atlas_is_small() -> None:
    assert all(path.stat().st_size < 300_000 for path in FOLDER.glob("*.npz"))


def test_without_an_atlas_the_tags_choose() -> None:
    found = condition(Conditions("new", 1, 60.0, vector=somewhere(2), tags={"Deep House": 3.0}))
    assert next(iter(found.wishes.styles)) == "house"
    assert (found.by_sound, found.by_words) == (False, True)


def test_a_vector_that_nobody_heard_is_not_believed() -> None:
    asked = Conditions("new", 1, 60.0, vector=somewhere(2), atlas=atlas(), tags={"bossa nova": 1.0}, trust=0.0)
    found = condition(asked)
    assert list(found.wishes.styles) == ["bossa"]
    assert not found.by_sound


def test_a_band_plays_in_its_own_style() -> None:
    asked = Conditions("new", 1, 60.0, tags={"techno": 1.0}, band_seed=77, band_styles={"folk": 1.0})
    wishes = condition(asked).wishes
    assert wishes.band == 77
    assert {"folk", "techno"} <= set(wishes.styles)


def test_what_is_similar_lies_nearer_to_its_source_than_to_its_listener() -> None:
    source, listener = somewhere(1), somewhere(2)
    vector = toward(source, listener)
    assert vector @ source > vector @ listener > 0.2


def test_a_radio_bends_towards_what_was_liked_and_away_from_what_was_skipped() -> None:
    middle, liked, skipped = somewhere(1), somewhere(2), somewhere(3)
    bent = steered(middle, liked[None], skipped[None])
    assert bent @ liked > middle @ liked
    assert bent @ skipped < middle @ skipped
    assert np.linalg.norm(bent) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("tag", "styles"),
    [
        ("Drum and Bass", {"drum_and_bass"}),
        ("lo-fi hip hop", {"hip_hop"}),
        ("Hip-Hop/Rap", {"hip_hop", "trap"}),
        ("indie folk", {"folk"}),
        ("Death Metal", {"metal"}),
        ("90s", set()),
    ],
)
def test_what_collections_call_music_is_understood(tag: str, styles: set[str]) -> None:
    assert set(styles_in_words({tag: 1.0})) == styles


def test_the_progression_that_comes_round_is_found() -> None:
    roots = [9, 5, 0, 7] * 4 + [2, 2]
    report = {
        "duration_s": 40.0, "sample_rate": 44100, "tempo_bpm": 120.0, "tempo_confidence": 1.0, "time_signature": 4,
        "beats_s": [n * 0.5 for n in range(75)], "downbeats_s": [n * 2.0 for n in range(len(roots) + 1)],
        "key": {"tonic": "A", "mode": "minor", "confidence": 0.9}, "loudness_lufs": -14.0, "loudness_range_lu": 5.0,
        "true_peak_dbtp": -1.0, "sections": [], "peaks": [],
        "chords": [
            {"start_s": n * 2.0, "end_s": n * 2.0 + 2, "label": Chord(0, 1, root, "min" if root == 9 else "maj").label}
            for n, root in enumerate(roots)
        ],
        "descriptors": dict.fromkeys(
            ("energy", "valence", "danceability", "acousticness", "instrumentalness", "speechiness", "liveness"), 0.5
        ),
    }  # fmt: skip
    found = progression_of(analysis_from_report(report))
    assert [(chord.root, chord.quality, beats) for chord, beats in found] == [
        (9, "min", 4.0), (5, "maj", 4.0), (0, "maj", 4.0), (7, "maj", 4.0),
    ]  # fmt: skip


def test_limits_leave_alone_what_holds() -> None:
    limits = Limits(tempo_bpm=(80, 120), energy=(0.4, 0.65))
    assert (limits.tempo(100), limits.tempo(160), limits.tempo(130)) == (100, 80, 120)
    assert (limits.calm(0.5), limits.calm(0.9)) == (0.5, 0.65)
