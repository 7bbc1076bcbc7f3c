"""A plan keeps to its grid, its form and its promises."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.audio.mashup.phrases import find_phrases
from segue.audio.mashup.planning import plan_mashup
from segue.audio.mashup.types import MashupOptions, MashupPlan, TransitionStyle, Vibe
from tests.audio.mashup.songs import MashupSong, SongForm, make_song


def plan_of(a: MashupSong, b: MashupSong, options: MashupOptions | None = None) -> MashupPlan:
    return plan_mashup(
        {a.name: a.analysis, b.name: b.analysis},
        [a.source("vocals"), b.source("accompaniment")],
        a.profiles() | b.profiles(),
        foundation=b.name,
        options=options,
    )


@pytest.fixture(scope="module")
def voice() -> MashupSong:
    return make_song("a", tempo_bpm=112, tonic=2)


@pytest.fixture(scope="module")
def band() -> MashupSong:
    return make_song("b", tempo_bpm=124, tonic=0, seed=1)


@pytest.fixture(scope="module")
def plan(voice: MashupSong, band: MashupSong) -> MashupPlan:
    return plan_of(voice, band)


def test_the_beats_are_an_even_grid_at_the_tempo(plan: MashupPlan) -> None:
    assert np.diff(plan.beats_s) == pytest.approx(60 / plan.tempo_bpm, abs=1e-4)
    assert set(np.round(plan.downbeats_s, 4)) <= set(np.round(plan.beats_s, 4))


def test_the_tempo_lies_between_both_and_nearer_to_the_foundation(plan: MashupPlan) -> None:
    assert 118 < plan.tempo_bpm < 124
    assert plan.stretch == pytest.approx({"a": 112 / plan.tempo_bpm, "b": 124 / plan.tempo_bpm}, rel=1e-3)


def test_every_beat_of_the_voice_falls_on_a_beat_of_the_grid(plan: MashupPlan, voice: MashupSong) -> None:
    leads = [placement for placement in plan.placements if placement.role == "lead"]
    assert leads
    for lead in leads:
        beats = [t for t in voice.analysis.rhythm.beats_s if lead.source_start_s < t < lead.source_end_s]
        laid = np.interp(beats, lead.anchors_source_s, lead.anchors_s)
        assert np.abs(laid[:, None] - np.asarray(plan.beats_s)).min(axis=1).max() < 0.005


def test_no_phrase_is_cut_or_faded(plan: MashupPlan, voice: MashupSong) -> None:
    phrases = find_phrases(voice.profiles()["a/vocals"])
    for lead in (placement for placement in plan.placements if placement.role == "lead"):
        slower = (lead.end_s - lead.start_s) / (lead.source_end_s - lead.source_start_s)
        first = lead.source_start_s + lead.fade_in_s / slower - 1e-6
        last = lead.source_end_s - lead.fade_out_s / slower + 1e-6
        for start, end in phrases:
            touched = start < lead.source_end_s and end > lead.source_start_s
            assert not touched or (first <= start and end <= last)


def test_phrases_begin_on_bars_and_choruses_on_choruses(plan: MashupPlan) -> None:
    leads = [placement for placement in plan.placements if placement.role == "lead"]
    for lead in leads:
        onset = lead.start_s + lead.fade_in_s
        # Where one goes on from another, their border lies in the rest before the onset.
        assert lead.fade_in_s == 0 or np.abs(np.asarray(plan.downbeats_s) - onset).min() < 0.2
    assert any(lead.source_label == lead.target_label == "chorus" for lead in leads)


def test_voices_do_not_sing_over_themselves(plan: MashupPlan) -> None:
    leads = [placement for placement in plan.placements if placement.role == "lead"]
    for before, after in pairwise(leads):
        assert before.end_s - before.fade_out_s <= after.start_s + after.fade_in_s


def test_the_intro_is_the_foundations(plan: MashupPlan, band: MashupSong) -> None:
    first = min(placement.start_s + placement.fade_in_s for placement in plan.placements if placement.role == "lead")
    assert first >= 3 * 4 * 60 / plan.tempo_bpm


def test_the_mashup_is_as_long_as_the_foundation(plan: MashupPlan, band: MashupSong) -> None:
    assert plan.duration_s == pytest.approx(band.analysis.duration_s * plan.stretch["b"], abs=2.0)


def test_what_was_done_is_said(plan: MashupPlan) -> None:
    text = " ".join(plan.notes)
    assert "semitones" in text
    assert "stretched" in text
    assert all(placement.why for placement in plan.placements)


def test_the_voice_moves_to_the_foundations_key(plan: MashupPlan) -> None:
    assert plan.transpose_semitones == {"a": -2, "b": 0}


def test_half_time_voices_are_laid_without_stretching() -> None:
    slow, fast = make_song("a", tempo_bpm=70), make_song("b", tempo_bpm=140)
    plan = plan_of(slow, fast)
    assert plan.stretch["a"] == pytest.approx(1.0, abs=0.01)
    assert any(placement.role == "lead" for placement in plan.placements)


def test_a_drifting_foundation_is_made_even() -> None:
    plan = plan_of(make_song("a"), make_song("b", drift=0.06))
    base = next(placement for placement in plan.placements if placement.role == "foundation")
    assert len(base.anchors_s) > 50
    assert np.diff(plan.beats_s) == pytest.approx(60 / plan.tempo_bpm, abs=1e-4)


def test_a_voiceless_song_leaves_the_foundation_alone(band: MashupSong) -> None:
    plan = plan_of(make_song("a", sung=False), band)
    assert [placement.role for placement in plan.placements] == ["foundation"]
    assert any("finds no place" in note for note in plan.notes)


def test_instruments_of_a_third_track_run_along_to_the_end(voice: MashupSong, band: MashupSong) -> None:
    third = make_song("c", tempo_bpm=118, form=(("verse", 8),), seed=2)
    plan = plan_mashup(
        {song.name: song.analysis for song in (voice, band, third)},
        [voice.source("vocals"), band.source("accompaniment"), third.source("accompaniment")],
        voice.profiles() | band.profiles() | third.profiles(),
        foundation="b",
    )
    layers = [placement for placement in plan.placements if placement.role == "layer"]
    assert len(layers) > 2
    assert [after.first_bar - before.first_bar for before, after in pairwise(layers)] == [
        before.bars for before in layers[:-1]
    ]


def test_a_second_singer_mostly_takes_turns(voice: MashupSong, band: MashupSong) -> None:
    other = make_song("c", tempo_bpm=120, tonic=7, form=(("verse", 8), ("chorus", 4)), seed=3)
    plan = plan_mashup(
        {song.name: song.analysis for song in (other, voice, band)},
        [other.source("vocals"), voice.source("vocals"), band.source("accompaniment")],
        voice.profiles() | band.profiles() | other.profiles(),
        foundation="b",
    )
    spans = [
        [(p.start_s + p.fade_in_s, p.end_s - p.fade_out_s) for p in plan.placements if p.sources[0].track == track]
        for track in ("c", "a")
    ]
    assert all(spans)
    together = sum(max(0.0, min(e, f) - max(s, t)) for s, e in spans[0] for t, f in spans[1])
    assert together < 0.15 * sum(e - s for one in spans for s, e in one)


def test_the_foundations_own_singer_leaves_room_for_another(voice: MashupSong, band: MashupSong) -> None:
    plan = plan_mashup(
        {song.name: song.analysis for song in (voice, band)},
        [voice.source("vocals"), band.source("accompaniment"), band.source("vocals")],
        voice.profiles() | band.profiles(),
        foundation="b",
    )
    sung = sum(lead.end_s - lead.start_s for lead in plan.placements if lead.role == "lead")
    assert sung > 0.3 * plan.duration_s


@given(
    vibe=st.sampled_from(["balanced", "faithful", "chill", "party", "dark"]),
    intensity=st.floats(0, 1),
    style=st.sampled_from(["smooth", "cut", "echo", "drop"]),
    tempo=st.sampled_from([60.0, 87.5, 101.0, 133.0, 171.0, 200.0]),
)
@settings(max_examples=8, deadline=None)
def test_any_options_give_a_plan_whose_anchors_rise(
    vibe: Vibe, intensity: float, style: TransitionStyle, tempo: float
) -> None:
    short: SongForm = (("intro", 2), ("verse", 4), ("chorus", 4))
    a, b = make_song("a", tempo_bpm=tempo, form=short), make_song("b", form=short)
    plan = plan_of(a, b, MashupOptions(vibe, intensity, style))
    for placement in plan.placements:
        assert np.all(np.diff(placement.anchors_source_s) > 0)
        assert np.all(np.diff(placement.anchors_s) > 0)
    assert plan.stretch["a"] == pytest.approx(1, abs=0.5)


def test_more_intensity_sings_more(voice: MashupSong, band: MashupSong) -> None:
    def sung_s(intensity: float) -> float:
        leads = [p for p in plan_of(voice, band, MashupOptions(intensity=intensity)).placements if p.role == "lead"]
        return sum(lead.end_s - lead.start_s for lead in leads)

    assert sung_s(1.0) >= sung_s(0.0)


def test_the_same_input_gives_the_same_plan(voice: MashupSong, band: MashupSong, plan: MashupPlan) -> None:
    assert plan_of(voice, band) == plan


@pytest.mark.parametrize("options", [MashupOptions(intensity=1.5), MashupOptions(vibe="weird")])  # type: ignore[arg-type]
def test_options_out_of_range_are_refused(voice: MashupSong, band: MashupSong, options: MashupOptions) -> None:
    with pytest.raises(ValueError, match=r"intensity|vibe"):
        plan_of(voice, band, options)


def test_a_foundation_without_stems_is_refused(voice: MashupSong) -> None:
    with pytest.raises(ValueError, match="foundation"):
        plan_mashup({"a": voice.analysis}, [voice.source("vocals")], voice.profiles(), foundation="b")
