"""A rendered mashup sounds as planned: measured by libraries that know nothing of the plan."""

from importlib import import_module
from typing import Any

import numpy as np
import pytest
import soxr
from scipy.signal import resample_poly

from segue.audio.analysis import Analysis
from segue.audio.files import decode
from segue.audio.listening import analyze
from segue.audio.mashup.planning import plan_mashup
from segue.audio.mashup.profiles import profile_stem
from segue.audio.mashup.rendering import mix_mashup, render_mashup
from segue.audio.mashup.types import MashupOptions, MashupPlan, Source, TransitionStyle
from segue.audio.mastering import MasterReport
from segue.audio.signal import Audio
from segue.engines.separation.classical import ClassicalSeparator
from tests.audio.mashup.songs import SongForm, make_song
from tests.audio.mashup.test_planning import plan_of
from tests.data import data_path

RATE = 44100


def beats_heard_s(audio: Audio) -> np.ndarray:
    librosa: Any = import_module("librosa")
    mono = soxr.resample(audio.mono(), audio.sample_rate, 22050)
    return np.asarray(librosa.beat.beat_track(y=mono, sr=22050, units="time")[1])


def f_measure(reference: np.ndarray, estimate: np.ndarray) -> float:
    beat: Any = import_module("mir_eval.beat")
    return float(beat.f_measure(beat.trim_beats(reference), beat.trim_beats(estimate)))


def lufs(audio: Audio) -> float:
    meter: Any = import_module("pyloudnorm").Meter(audio.sample_rate)
    return float(meter.integrated_loudness(audio.samples.T.astype(np.float64)))


@pytest.fixture(scope="module")
def made() -> tuple[MashupPlan, Audio, MasterReport]:
    a, b = make_song("a", tempo_bpm=112, tonic=2), make_song("b", tempo_bpm=124, seed=1)
    plan = plan_of(a, b)
    return plan, *render_mashup(plan, a.stems | b.stems)


@pytest.mark.slow
def test_an_independent_tracker_hears_the_planned_beats(made: tuple[MashupPlan, Audio, MasterReport]) -> None:
    plan, audio, _ = made
    assert f_measure(np.asarray(plan.beats_s), beats_heard_s(audio)) > 0.9


def test_independent_meters_confirm_loudness_and_peak(made: tuple[MashupPlan, Audio, MasterReport]) -> None:
    _, audio, report = made
    assert lufs(audio) == pytest.approx(-14, abs=0.3)
    assert report.after.integrated_lufs == pytest.approx(lufs(audio), abs=0.15)
    fine = resample_poly(audio.samples.astype(np.float64), 8, 1, axis=1, window=("kaiser", 12.0))
    assert 20 * np.log10(np.abs(fine).max()) <= -1.0


def test_the_length_is_the_planned_one_and_there_are_two_channels(made: tuple[MashupPlan, Audio, MasterReport]) -> None:
    plan, audio, _ = made
    assert audio.samples.shape == (2, round(plan.duration_s * audio.sample_rate))


def test_the_voice_sounds_where_it_was_laid_and_in_the_key_it_was_moved_to() -> None:
    a, b = make_song("a", tempo_bpm=112, tonic=2), make_song("b", tempo_bpm=124, seed=1)
    plan = plan_of(a, b)
    mute = {name: Audio(np.zeros_like(stem.samples), RATE) for name, stem in b.stems.items()}
    voice = mix_mashup(plan, a.stems | mute).samples[0]
    lead = next(placement for placement in plan.placements if placement.role == "lead")
    onset = lead.start_s + lead.fade_in_s
    assert np.abs(voice[: round((onset - 0.15) * RATE)]).max() < 1e-3
    sung = voice[round((onset + 0.3) * RATE) : round((onset + 2.3) * RATE)]
    assert np.sqrt(np.mean(sung**2)) > 0.01
    spectrum = np.abs(np.fft.rfft(sung * np.hanning(len(sung)), 1 << 18))
    hertz = float(np.argmax(spectrum)) * RATE / (1 << 18)
    wanted = 440 * 2 ** ((60 + 2 + 7 - 69 + plan.transpose_semitones["a"]) / 12)
    # The loudest harmonic may be an octave above the note.
    off = (12 * np.log2(hertz / wanted) + 6) % 12 - 6
    assert abs(off) < 0.3


def test_an_untouched_foundation_passes_through_unchanged() -> None:
    b = make_song("b")
    plan = plan_mashup({"b": b.analysis}, [b.source("accompaniment")], b.profiles(), foundation="b")
    mix = mix_mashup(plan, b.stems)
    start = round(plan.placements[0].source_start_s * RATE)
    original = b.stems["b/accompaniment"].samples[0, start:]
    middle = slice(RATE, mix.length - RATE)
    assert np.abs(mix.samples[0, middle] - original[middle]).max() < 1e-3


@pytest.mark.parametrize("style", ["smooth", "cut", "echo", "drop"])
def test_every_transition_renders_without_clicks_or_holes(style: TransitionStyle) -> None:
    short: SongForm = (("intro", 2), ("verse", 4), ("chorus", 4), ("outro", 2))
    a, b = make_song("a", tempo_bpm=118, form=short), make_song("b", form=short, seed=1)
    plan = plan_of(a, b, MashupOptions(transition_style=style))
    mix = mix_mashup(plan, a.stems | b.stems)
    loud = np.abs(mix.samples).max(axis=0)
    frames = loud[: len(loud) // 4410 * 4410].reshape(-1, 4410).max(axis=1)
    sounding = np.flatnonzero(frames > 1e-3)
    assert np.diff(sounding).max() < 20
    steps = np.abs(np.diff(mix.samples, axis=1)).max()
    own = max(float(np.abs(np.diff(stem.samples, axis=1)).max()) for stem in (a.stems | b.stems).values())
    assert steps < 2.5 * own


def test_a_drop_empties_the_beat_before_the_first_entry() -> None:
    short: SongForm = (("intro", 4), ("verse", 4), ("chorus", 4))
    a, b = make_song("a", form=short), make_song("b", form=short, seed=1)
    plan = plan_of(a, b, MashupOptions(transition_style="drop"))
    silent = {name: Audio(np.zeros_like(stem.samples), RATE) for name, stem in a.stems.items()}
    mix = mix_mashup(plan, silent | b.stems)
    lead = next(placement for placement in plan.placements if placement.role == "lead")
    bar = min(plan.downbeats_s, key=lambda t: abs(t - lead.start_s - lead.fade_in_s))
    empty = mix.samples[:, round((bar - 0.4) * RATE) : round((bar - 0.05) * RATE)]
    assert np.abs(empty).max() < 1e-4


def test_stems_of_other_rates_and_channels_fit_together() -> None:
    short: SongForm = (("intro", 2), ("verse", 4))
    a, b = make_song("a", form=short), make_song("b", form=short, seed=1)
    plan = plan_of(a, b)
    vocals = soxr.resample(a.stems["a/vocals"].samples[0], RATE, 32000)
    other_rate = {"a/vocals": Audio(np.tile(np.asarray(vocals, dtype=np.float32), (2, 1)), 32000)}
    there, here = mix_mashup(plan, other_rate | b.stems), mix_mashup(plan, a.stems | b.stems)
    assert there.samples.shape == here.samples.shape
    agreement = np.corrcoef(there.samples[0], here.samples[0])[0, 1]
    assert agreement > 0.9


def test_a_missing_stem_is_named() -> None:
    short: SongForm = (("intro", 2), ("verse", 4))
    a, b = make_song("a", form=short), make_song("b", form=short)
    with pytest.raises(ValueError, match="a/vocals"):
        mix_mashup(plan_of(a, b), b.stems)


def _prepared(song: str) -> tuple[Analysis, dict[str, Audio]]:
    audio = decode(data_path(f"songs_with_lyrics/{song}")).audio
    blocks = list(ClassicalSeparator().separate(audio))
    stems = {name: Audio(np.concatenate([block[name] for block in blocks], axis=1), RATE) for name in blocks[0]}
    return analyze(audio), {str(name): stem for name, stem in stems.items()}


@pytest.mark.slow
def test_two_real_songs_become_one_on_the_planned_beat() -> None:
    a, vocals = _prepared("Jonathan Coulton - Flickr/audio.mp3")
    b, band = _prepared("Jonathan Coulton - Code Monkey/audio.ogg")
    sources = [Source("a", "vocals"), *(Source("b", name) for name in ("drums", "bass", "other"))]
    stems = {source.id: (vocals if source.track == "a" else band)[source.stem] for source in sources}
    profiles = {name: profile_stem(stem) for name, stem in stems.items()}
    plan = plan_mashup({"a": a, "b": b}, sources, profiles, foundation="b")
    audio, _ = render_mashup(plan, stems)
    assert lufs(audio) == pytest.approx(-14, abs=0.3)
    heard, planned = beats_heard_s(audio), np.asarray(plan.beats_s)
    twice = np.sort(np.concatenate([planned, (planned[1:] + planned[:-1]) / 2]))  # trackers differ in the octave
    assert max(f_measure(twice[phase::step], heard) for step in (1, 2, 4) for phase in range(step)) > 0.8
