"""Rendered songs, made once a run, and what the world does to a recording before it is asked for."""

from functools import lru_cache

import numpy as np
import soxr

from segue.audio.signal import Audio
from segue.music.composing import compose
from segue.music.rendering import render
from segue.music.wishes import Wishes

RATE = 22050


@lru_cache(maxsize=16)
def song(seed: int) -> Audio:
    """Return a song of some twenty seconds."""
    return render(compose(seed, Wishes(bars=8)), seed=seed, sample_rate=RATE).mix


def excerpt(audio: Audio, start_s: float, length_s: float) -> Audio:
    start, stop = (round(time * audio.sample_rate) for time in (start_s, start_s + length_s))
    return Audio(audio.samples[:, start:stop], audio.sample_rate)


def in_noise(audio: Audio, snr_db: float, seed: int = 0) -> Audio:
    """Add pink noise."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=audio.length))
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(spectrum.size), 1)), audio.length)
    gain = np.sqrt(np.mean(audio.samples**2) / np.mean(noise**2) / 10 ** (snr_db / 10))
    return Audio((audio.samples + gain * noise).astype(np.float32), audio.sample_rate)


def sped_up(audio: Audio, ratio: float) -> Audio:
    """Play faster, and so higher, as a turntable does."""
    samples = soxr.resample(audio.samples.T, audio.sample_rate * ratio, audio.sample_rate).T
    return Audio(np.ascontiguousarray(samples, dtype=np.float32), audio.sample_rate)
