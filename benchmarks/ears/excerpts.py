"""What the world does to an excerpt before somebody asks what it is."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import av
import numpy as np
import soxr

from segue.audio.signal import Audio
from segue.audio.stretching import stretch

LENGTH_S = 5.0


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some seconds of a recording, as heard."""

    recording: int
    start_s: float
    audio: Audio


def excerpts(
    recordings: dict[int, Audio], each: int, rng: np.random.Generator, *, length_s: float = LENGTH_S
) -> Iterator[Excerpt]:
    """Yield excerpts from random places that are not all but silent."""
    for number, audio in recordings.items():
        taken = 0
        for start_s in rng.uniform(0, max(0.0, audio.duration_s - length_s), 20 * each):
            begin, end = (round(time * audio.sample_rate) for time in (start_s, start_s + length_s))
            part = Audio(np.ascontiguousarray(audio.samples[:, begin:end]), audio.sample_rate)
            if taken < each and float(np.sqrt(np.mean(part.samples**2))) > 0.003:
                taken += 1
                yield Excerpt(number, float(start_s), part)


def in_pink_noise(audio: Audio, rng: np.random.Generator) -> Audio:
    """Add pink noise, 10 dB below."""
    spectrum = np.fft.rfft(rng.normal(size=audio.length))
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(spectrum.size), 1)), audio.length)
    return _mixed(audio, noise[None, :], 10)


def over_music(other: Audio) -> Callable[[Audio, np.random.Generator], Audio]:
    """Return what plays some of another song, 10 dB below."""

    def changed(audio: Audio, rng: np.random.Generator) -> Audio:
        length = min(round((audio.duration_s + 1) * other.sample_rate), other.length)
        start = int(rng.integers(0, other.length - length + 1))
        part = other.samples[:, start : start + length].mean(axis=0)
        at_rate = soxr.resample(part, other.sample_rate, audio.sample_rate)[: audio.length]
        return _mixed(audio, at_rate[None, :], 10)

    return changed


def as_mp3(audio: Audio, _: np.random.Generator) -> Audio:
    """Encode at 32 kbit/s, mono, at 22,050 Hz, as players of such files have it, and decode."""
    mono = soxr.resample(audio.mono(), audio.sample_rate, 22050).astype(np.float32)
    data = io.BytesIO()
    with av.open(data, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=22050)
        stream.bit_rate, stream.layout = 32_000, "mono"
        for start in range(0, mono.size - 576, 576):
            frame = av.AudioFrame.from_ndarray(mono[None, start : start + 576], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 22050, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    data.seek(0)
    with av.open(data) as container:
        samples = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    return Audio(samples.astype(np.float32), 22050)


def at_speed(ratio: float) -> Callable[[Audio, np.random.Generator], Audio]:
    """Return what plays faster, and so higher."""

    def changed(audio: Audio, _: np.random.Generator) -> Audio:
        samples = soxr.resample(audio.samples.T, audio.sample_rate * ratio, audio.sample_rate).T
        return Audio(np.ascontiguousarray(samples, dtype=np.float32), audio.sample_rate)

    return changed


def reworked(ratio: float, semitones: float) -> Callable[[Audio, np.random.Generator], Audio]:
    """Return what makes it longer and higher."""
    return lambda audio, _: stretch(audio, ratio, semitones=semitones)


def _mixed(audio: Audio, noise: np.ndarray, snr_db: float) -> Audio:
    samples = audio.samples[:, : noise.shape[1]]
    gain = np.sqrt(np.mean(samples**2) / max(float(np.mean(noise**2)), 1e-12) / 10 ** (snr_db / 10))
    return Audio((samples + gain * noise).astype(np.float32), audio.sample_rate)
