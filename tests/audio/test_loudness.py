"""The meter agrees with the EBU's test signals, with known answers and with an independent meter on real songs."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyloudnorm.meter
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from segue.audio.files import decode
from segue.audio.loudness import LoudnessMeter, TruePeakMeter, k_weighting, measure_loudness
from segue.audio.signal import Audio, FloatArray
from tests.data import data_path

RATES = [8000, 22050, 44100, 48000, 88200, 96000, 192_000]
EBU = "mastering_loudness/ebu_tech3341_3342"


def test_the_k_weighting_at_48_khz_is_the_standards() -> None:
    standard = [
        [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585],
        [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
    ]
    np.testing.assert_allclose(k_weighting(48000), standard, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "expected_lufs"),
    [
        ("seq-3341-1-16bit", -23.0),
        ("seq-3341-2-16bit", -33.0),
        ("seq-3341-3-16bit-v02", -23.0),
        ("seq-3341-4-16bit-v02", -23.0),
        ("seq-3341-5-16bit-v02", -23.0),
        ("seq-3341-7_seq-3342-5-16bit", -23.0),
    ],
)
def test_ebu_tech_3341_integrated_loudness(name: str, expected_lufs: float) -> None:
    assert _measured(data_path(f"{EBU}/{name}.flac")).integrated_lufs() == pytest.approx(expected_lufs, abs=0.1)


@pytest.mark.parametrize(
    ("name", "expected_lu"),
    [
        ("seq-3342-1-16bit", 10.0),
        ("seq-3342-2-16bit", 5.0),
        ("seq-3342-3-16bit", 20.0),
        ("seq-3342-4-16bit", 15.0),
        ("seq-3341-7_seq-3342-5-16bit", 5.0),
    ],
)
def test_ebu_tech_3342_loudness_range(name: str, expected_lu: float) -> None:
    assert _measured(data_path(f"{EBU}/{name}.flac")).range_lu() == pytest.approx(expected_lu, abs=1.0)


@pytest.mark.parametrize(("name", "expected_lufs"), [("AbsGateTest", -69.5), ("RelGateTest", -10.0)])
def test_bs_2217_gating(name: str, expected_lufs: float) -> None:
    path = data_path(f"mastering_loudness/pyloudnorm/1770-2_Comp_{name}.wav")
    assert _measured(path).integrated_lufs() == pytest.approx(expected_lufs, abs=0.1)


@pytest.mark.parametrize(
    "name",
    [
        "Jonathan Coulton - Flickr/audio.mp3",
        pytest.param("Jonathan Coulton - Code Monkey/audio.ogg", marks=pytest.mark.slow),
        pytest.param("Joshua Morin - On the run/audio.ogg", marks=pytest.mark.slow),
        pytest.param("Dead Smiling Pirates - I/audio.ogg", marks=pytest.mark.slow),
    ],
)
def test_a_real_song_measures_as_another_meter_says(name: str) -> None:
    audio = decode(data_path("songs_with_lyrics") / name).audio
    ours = measure_loudness(audio)
    theirs: Any = pyloudnorm.meter.Meter(audio.sample_rate)  # type: ignore[no-untyped-call]
    samples = np.ascontiguousarray(audio.samples.T, np.float64)
    assert ours.integrated_lufs == pytest.approx(theirs.integrated_loudness(samples), abs=0.1)
    assert ours.range_lu == pytest.approx(theirs.loudness_range(samples), abs=0.2)


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("channels", [1, 2])
def test_a_full_scale_sine_has_the_loudness_the_standard_states(sample_rate: int, channels: int) -> None:
    # BS.1770: a 0 dBFS sine at 997 Hz in one channel measures -3.01 LUFS; a second channel adds as much again.
    samples = np.tile(_sine(997, 1.0, sample_rate, seconds=2.0), (channels, 1))
    measured = measure_loudness(Audio(samples, sample_rate)).integrated_lufs
    tolerance_lu = 0.01 if sample_rate >= 44100 else 0.25  # the filter's shape at low rates: see k_weighting
    assert measured == pytest.approx(-3.01 + 10 * math.log10(channels), abs=tolerance_lu)


@pytest.mark.parametrize("sample_rate", [44100, 48000, 88200, 96000])
@pytest.mark.parametrize(("divisor", "phase_deg"), [(4, 45), (6, 60), (8, 67.5), (3, 30)])
def test_a_peak_between_the_samples_is_found(sample_rate: int, divisor: int, phase_deg: float) -> None:
    # EBU Tech 3341, signals 15-19: the answer is -6.0 dBTP, +0.2/-0.4 dB, where the samples reach less.
    samples = _sine(sample_rate / divisor, 0.5, sample_rate, seconds=1.0, phase_deg=phase_deg, fade_s=0.05)
    meter = TruePeakMeter(sample_rate, 1)
    meter.add(samples)
    peak_db = 20 * math.log10(meter.peak())
    assert -6.4 <= peak_db <= -5.8
    assert np.abs(samples).max() <= meter.peak()


def test_a_tone_that_holds_still_is_as_loud_at_any_moment() -> None:
    meter = LoudnessMeter(48000, 2)
    meter.add(np.tile(_sine(1000, 10 ** (-23 / 20), 48000, seconds=20.0), (2, 1)))
    assert meter.momentary_lufs()[3:] == pytest.approx(-23.0, abs=0.1)
    assert meter.short_term_lufs() == pytest.approx(-23.0, abs=0.1)
    assert meter.momentary_lufs().size == 197
    assert meter.short_term_lufs().size == 171


def test_silence_has_no_loudness_and_warns_of_nothing() -> None:
    loudness = measure_loudness(Audio(np.zeros((2, 480_000), np.float32), 48000))
    assert (loudness.integrated_lufs, loudness.range_lu, loudness.true_peak_dbtp) == (-math.inf, 0.0, -math.inf)


def test_what_is_not_finite_measures_as_silence() -> None:
    tone = np.sin(np.arange(96_000) / 8.0).astype(np.float32)[None, :]
    broken, mended = tone.copy(), tone.copy()
    broken[:, 40_000:50_000:3], mended[:, 40_000:50_000:3] = np.nan, 0.0
    broken[:, 60_000], mended[:, 60_000] = np.inf, 0.0
    assert measure_loudness(Audio(broken, 48_000)) == measure_loudness(Audio(mended, 48_000))


def test_nothing_at_all_has_no_loudness() -> None:
    assert measure_loudness(Audio(np.zeros((2, 0), np.float32), 48000)).integrated_lufs == -math.inf


def test_a_sound_shorter_than_a_gating_block_is_measured_whole() -> None:
    audio = Audio(_sine(997, 1.0, 48000, seconds=0.3), 48000)
    assert measure_loudness(audio).integrated_lufs == pytest.approx(-3.01, abs=0.2)


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, 20_000), max_size=8), sample_rate=st.sampled_from([8000, 11025, 44100]))
@example(cuts=[4820], sample_rate=8000)  # what lies between samples was highest where the end was taken for silence
def test_how_the_stream_is_cut_changes_nothing(cuts: list[int], sample_rate: int) -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, (2, 20_000)).astype(np.float32)
    whole, parts = LoudnessMeter(sample_rate, 2), LoudnessMeter(sample_rate, 2)
    whole.add(samples)
    for block in np.split(samples, sorted(cuts), axis=1):
        parts.add(block)
    assert parts.integrated_lufs() == pytest.approx(whole.integrated_lufs(), abs=1e-6)
    assert parts.true_peak_dbtp() == pytest.approx(whole.true_peak_dbtp(), abs=1e-4)
    assert parts.momentary_lufs() == pytest.approx(whole.momentary_lufs(), abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(gain_db=st.floats(-30, 30))
def test_a_gain_moves_loudness_and_peak_alike(gain_db: float) -> None:
    samples = np.random.default_rng(1).uniform(-0.1, 0.1, (2, 24_000)).astype(np.float32)
    before = measure_loudness(Audio(samples, 24_000))
    after = measure_loudness(Audio(samples * np.float32(10 ** (gain_db / 20)), 24_000))
    assert after.integrated_lufs - before.integrated_lufs == pytest.approx(gain_db, abs=1e-3)
    assert after.true_peak_dbtp - before.true_peak_dbtp == pytest.approx(gain_db, abs=1e-3)


def test_progress_ends_at_one() -> None:
    reports: list[float] = []
    measure_loudness(Audio(np.zeros((1, 200_000), np.float32), 8000), progress=reports.append)
    assert reports == sorted(reports)
    assert reports[-1] == 1.0


def _measured(path: Path) -> LoudnessMeter:
    audio = decode(path).audio
    meter = LoudnessMeter(audio.sample_rate, audio.channels)
    meter.add(audio.samples)
    return meter


def _sine(
    hz: float, amplitude: float, sample_rate: int, *, seconds: float, phase_deg: float = 0.0, fade_s: float = 0.0
) -> FloatArray:
    times = np.arange(round(seconds * sample_rate)) / sample_rate
    wave = amplitude * np.sin(2 * np.pi * hz * times + math.radians(phase_deg))
    if fade_s:
        wave *= np.clip(np.minimum(times, seconds - times) / fade_s, 0, 1)
    return wave.astype(np.float32)[np.newaxis]
