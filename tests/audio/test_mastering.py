"""Mastering meets its loudness under its ceiling, whatever comes in; independent meters say so."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from scipy.signal import butter, resample_poly, sosfilt

from segue.audio.files import decode
from segue.audio.mastering import master
from segue.audio.mastering.dynamics import Crossover, gain_reduction_db
from segue.audio.mastering.levels import gated_loudness
from segue.audio.mastering.limiter import reduction_db
from segue.audio.mastering.tone import BANDS_HZ, measure_bands
from segue.audio.signal import Audio, FloatArray
from tests.audio.synthesis import render_song
from tests.data import data_path

RATE = 44100


def pink(duration_s: float = 12.0, *, channels: int = 2, seed: int = 0) -> FloatArray:
    noise = np.random.default_rng(seed).standard_normal((channels, round(duration_s * RATE)))
    brown = sosfilt(butter(1, 40, "lowpass", fs=RATE, output="sos"), noise, axis=1) * 12
    mixed = brown + 0.4 * noise
    return np.asarray(mixed / np.abs(mixed).max(), dtype=np.float32)


def lufs(audio: Audio) -> float:
    meter: Any = import_module("pyloudnorm").Meter(audio.sample_rate)
    return float(meter.integrated_loudness(audio.samples.T.astype(np.float64)))


def true_peak_dbtp(audio: Audio) -> float:
    """Eightfold oversampled, by another filter than ours."""
    fine = resample_poly(audio.samples.astype(np.float64), 8, 1, axis=1, window=("kaiser", 12.0))
    return float(20 * np.log10(np.abs(fine).max()))


def swelling() -> FloatArray:
    time = np.arange(12 * RATE) / RATE
    return np.asarray(pink() * 10 ** (-np.abs(time % 6 - 3) / 3 * 40 / 20), dtype=np.float32)


HARD_CASES: dict[str, Callable[[], FloatArray]] = {
    "quiet": lambda: pink() * np.float32(0.01),
    "dynamic": swelling,
    "clipped": lambda: np.clip(pink() * 8, -1, 1),
    "mono": lambda: pink(channels=1),
    "six channels": lambda: pink(4, channels=6),
    "offset": lambda: pink() * np.float32(0.2) + np.float32(0.5),
    "between samples": lambda: np.asarray(
        0.5 * np.sin(np.pi / 2 * np.arange(4 * RATE) + np.pi / 4)[None], dtype=np.float32
    ),
    "one second": lambda: pink(1.0),
    "sparse": lambda: np.asarray(pink() * (np.arange(12 * RATE) % RATE < RATE // 4), dtype=np.float32),
}


@pytest.mark.parametrize("name", HARD_CASES)
def test_a_hard_case_reaches_minus_14_lufs_under_minus_1_dbtp(name: str) -> None:
    mix = Audio(HARD_CASES[name](), RATE)
    mastered, report = master(mix)
    assert mastered.samples.shape == mix.samples.shape
    measured = lufs(mastered) if mix.channels < 6 else report.after.integrated_lufs
    assert measured == pytest.approx(-14, abs=0.3)
    assert true_peak_dbtp(mastered) <= -1.0


@pytest.mark.parametrize("rate", [8000, 22050, 192000])
def test_every_rate_is_mastered(rate: int) -> None:
    noise = np.random.default_rng(0).standard_normal((1, 3 * rate)).astype(np.float32) * np.float32(0.05)
    mastered, report = master(Audio(noise, rate))
    assert mastered.sample_rate == rate
    assert report.after.integrated_lufs == pytest.approx(-14, abs=0.3)


def test_silence_and_what_is_too_short_stay_as_they_are_and_say_so() -> None:
    for samples in (np.zeros((2, RATE), dtype=np.float32), pink(0.2)):
        mastered, report = master(Audio(samples, RATE))
        assert mastered.samples is samples
        assert "left as it is" in report.notes[0]


def test_clicks_that_cannot_be_loud_keep_the_ceiling_and_say_why() -> None:
    clicks = np.zeros((1, 8 * RATE), dtype=np.float32)
    clicks[:, :: RATE // 2] = 0.9
    mastered, report = master(Audio(clicks, RATE))
    assert true_peak_dbtp(mastered) <= -1.0
    assert any("out of reach" in note for note in report.notes)


def test_the_report_is_what_an_independent_meter_reads() -> None:
    mix = render_song(bars=8).audio
    mastered, report = master(mix)
    assert report.before.integrated_lufs == pytest.approx(lufs(mix), abs=0.15)
    assert report.after.integrated_lufs == pytest.approx(lufs(mastered), abs=0.15)
    assert report.after.true_peak_dbtp == pytest.approx(true_peak_dbtp(mastered), abs=0.15)


def test_the_result_is_aligned_with_the_mix_to_a_tenth_of_a_millisecond() -> None:
    mix = Audio(pink(4), RATE)
    mastered, _ = master(mix)
    spectrum = np.conj(np.fft.rfft(mix.samples[0], 1 << 18)) * np.fft.rfft(mastered.samples[0], 1 << 18)
    likeness = np.fft.irfft(spectrum / (np.abs(spectrum) + 1e-9))
    late = int(np.argmax(likeness))
    assert min(late, (1 << 18) - late) < 1e-4 * RATE


def test_a_reference_lends_its_tone_and_its_loudness() -> None:
    bright = sosfilt(butter(1, 3000, "highpass", fs=RATE, output="sos"), pink(seed=1), axis=1)
    reference = Audio(np.asarray(0.3 * bright / np.abs(bright).max(), dtype=np.float32), RATE)
    mix = Audio(pink(), RATE)
    mastered, report = master(mix, reference=reference)
    assert lufs(mastered) == pytest.approx(np.clip(lufs(reference), -24, -8), abs=0.3)
    assert report.tilt_after_db > report.tilt_before_db + 0.5


def test_the_equaliser_is_gentle() -> None:
    dull = sosfilt(butter(2, 500, "lowpass", fs=RATE, output="sos"), pink(), axis=1)
    _, report = master(Audio(np.asarray(dull, dtype=np.float32), RATE))
    gains = np.asarray(list(report.equaliser_db.values()))
    assert np.abs(gains).max() <= 4.0
    assert np.abs(np.diff(gains)).max() < 2.0


def test_a_tilt_that_is_asked_for_is_heard() -> None:
    mix = Audio(pink(), RATE)
    darker, brighter = (master(mix, tilt_db=tilt)[1].tilt_after_db for tilt in (-4.0, 4.0))
    assert brighter - darker == pytest.approx(8 / np.log2(80), abs=0.35)


def test_a_master_is_the_same_each_time() -> None:
    mix = render_song(bars=4).audio
    assert np.array_equal(master(mix)[0].samples, master(mix)[0].samples)


@pytest.mark.parametrize(("target", "ceiling", "tilt"), [(0.0, -1.0, 0.0), (-14.0, 1.0, 0.0), (-14.0, -1.0, 20.0)])
def test_targets_out_of_range_are_refused(target: float, ceiling: float, tilt: float) -> None:
    with pytest.raises(ValueError, match="cannot master"):
        master(Audio(pink(1), RATE), target_lufs=target, ceiling_dbtp=ceiling, tilt_db=tilt)


def test_the_four_bands_sum_to_a_flat_response() -> None:
    impulse = np.zeros((1, 1 << 15), dtype=np.float32)
    impulse[0, 0] = 1
    whole = np.sum(Crossover(1, RATE).split(impulse), axis=0)
    response_db = 20 * np.log10(np.abs(np.fft.rfft(whole[0])))
    assert np.ptp(response_db[1:-1]) < 0.001


def test_a_crossover_does_not_care_about_blocks() -> None:
    noise = pink(1)
    whole = Crossover(2, RATE).split(noise)
    parted = Crossover(2, RATE)
    pieces = [parted.split(noise[:, start : start + 1000]) for start in range(0, noise.shape[1], 1000)]
    for band in range(4):
        joined = np.concatenate([piece[band] for piece in pieces], axis=1)
        assert np.allclose(joined, whole[band], atol=1e-6)


def test_only_what_is_loud_is_compressed_and_by_at_most_6_db() -> None:
    power = np.full((len(BANDS_HZ), 400), 1e-3, dtype=np.float32)
    power[:, 300:] = 1.0
    reduction = gain_reduction_db(power, 0.023, ratio=1.7)
    assert reduction[:, 50:250].max() < 1.5
    assert 4 < reduction[:, 350:].min() <= reduction.max() <= 6


def test_the_limiter_turns_down_before_a_peak_comes() -> None:
    peaks = np.full(1000, 0.1, dtype=np.float32)
    peaks[500] = 1.0
    reduction = reduction_db(peaks, drive_db=0.0, ceiling=0.5, hop_s=0.0007, release=60)
    assert reduction[500] >= 20 * np.log10(2) - 1e-3
    assert reduction[480] == 0
    assert 0 < reduction[498] <= reduction[500]
    assert reduction[999] == 0


def test_a_tone_lies_in_its_third_octave() -> None:
    tone = np.asarray(0.5 * np.sin(2 * np.pi * 1000 * np.arange(2 * RATE) / RATE)[None], dtype=np.float32)
    levels = measure_bands(Audio(tone, RATE)).long_term_db()
    loudest = int(np.argmax(levels))
    assert BANDS_HZ[loudest] == pytest.approx(1000)
    assert levels[loudest] == pytest.approx(10 * np.log10(0.125), abs=0.3)


def test_loudness_on_hops_is_that_of_the_tone_whatever_its_length() -> None:
    for hops in range(40, 400):
        steady = np.full(hops, 0.5 * 512, np.float32)
        assert gated_loudness(steady, 512 / RATE, RATE) == pytest.approx(-0.691 - 3.01, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    "song",
    [
        "songs_with_lyrics/Dead Smiling Pirates - I/audio.ogg",
        "songs_with_lyrics/Jonathan Coulton - Flickr/audio.mp3",
        "full_tracks/0ad__Taiko_1.ogg",
        "full_tracks/asc__time_to_strike_22kHz.mp3",
    ],
)
def test_a_real_song_reaches_minus_14_lufs_under_minus_1_dbtp(song: str) -> None:
    mastered, _ = master(decode(data_path(song)).audio)
    assert lufs(mastered) == pytest.approx(-14, abs=0.3)
    assert true_peak_dbtp(mastered) <= -1.0
