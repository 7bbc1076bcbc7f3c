"""What is done to a part on its way to the mix: equaliser, saturation, amplifier, chorus, echo, reverb, compressor."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import maximum_filter1d, uniform_filter1d
from scipy.signal import butter, resample_poly, sosfilt

from segue.audio.signal import FloatArray
from segue.music.chance import between, between_log, pick

#: Second-order sections, ``(sections, 6)``, or one of them.
Sections = NDArray[np.float64]
_HOP: Final = 128
#: Long sounds are worked on in blocks, which stay in the processor's cache.
BLOCK: Final = 1 << 16
_WHISPER: Final = np.tile(
    np.random.default_rng(0).standard_normal(1 << 14, dtype=np.float32) * np.float32(1e-9), BLOCK >> 14
)


def peaking(hz: float, gain_db: float, q: float, rate: int) -> Sections:
    """Return the second-order section of a bell (Bristow-Johnson's cookbook)."""
    amplitude, omega = 10 ** (gain_db / 40), 2 * np.pi * min(hz, 0.45 * rate) / rate
    alpha = np.sin(omega) / (2 * q)
    top = [1 + alpha * amplitude, -2 * np.cos(omega), 1 - alpha * amplitude]
    bottom = [1 + alpha / amplitude, -2 * np.cos(omega), 1 - alpha / amplitude]
    section: Sections = np.array([*top, *bottom]) / bottom[0]
    return section


def shelf(hz: float, gain_db: float, rate: int, *, high: bool) -> Sections:
    """Return the second-order section of a shelf (Bristow-Johnson's cookbook, slope 0.7)."""
    amplitude, omega = 10 ** (gain_db / 40), 2 * np.pi * min(hz, 0.45 * rate) / rate
    sign = 1.0 if high else -1.0
    cosine = np.cos(omega) * sign
    alpha = np.sin(omega) / 2 * np.sqrt((amplitude + 1 / amplitude) * (1 / 0.7 - 1) + 2)
    root = 2 * np.sqrt(amplitude) * alpha
    up, down = amplitude + 1, amplitude - 1
    top = [
        amplitude * (up + down * cosine + root),
        -2 * amplitude * (down + up * cosine) * sign,
        amplitude * (up + down * cosine - root),
    ]
    bottom = [up - down * cosine + root, 2 * (down - up * cosine) * sign, up - down * cosine - root]
    section: Sections = np.array([*top, *bottom]) / bottom[0]
    return section


def filtered(samples: FloatArray, sections: Sections) -> FloatArray:
    """Return samples through second-order sections.

    A whisper far below hearing keeps the filters' memory from numbers so small that processors slow down over them.
    """
    made = np.empty(samples.shape, np.float32)
    for start, block in filtered_blocks(samples, sections):
        made[..., start : start + block.shape[-1]] = block
    return made


def filtered_blocks(samples: FloatArray, sections: Sections) -> Iterator[tuple[int, FloatArray]]:
    """Yield samples through second-order sections, block by block, and where each block begins."""
    wanted = np.atleast_2d(sections).astype(np.float32)
    state = np.zeros((len(wanted), *samples.shape[:-1], 2), np.float32)
    for start in range(0, samples.shape[-1], BLOCK):
        heard = samples[..., start : start + BLOCK]
        block, state = sosfilt(wanted, heard + _WHISPER[: heard.shape[-1]], axis=-1, zi=state)
        yield start, np.asarray(block, np.float32)


def high_pass(hz: float, rate: int) -> Sections:
    """Return the sections of a second-order high-pass."""
    return np.asarray(butter(2, hz, "highpass", fs=rate, output="sos"))


def low_pass(hz: float, rate: int) -> Sections:
    """Return the sections of a second-order low-pass."""
    return np.asarray(butter(2, min(hz, 0.48 * rate), "lowpass", fs=rate, output="sos"))


def random_equaliser(rng: np.random.Generator, rate: int, depth_db: float) -> Sections:
    """Draw the sections of two bells and two shelves."""
    return np.array(
        [
            shelf(between_log(rng, (80.0, 300.0)), rng.normal(0, depth_db), rate, high=False),
            peaking(between_log(rng, (150.0, 1200.0)), rng.normal(0, depth_db), between(rng, (0.5, 2.0)), rate),
            peaking(between_log(rng, (1000.0, 6000.0)), rng.normal(0, depth_db), between(rng, (0.5, 2.0)), rate),
            shelf(between_log(rng, (3000.0, 10000.0)), rng.normal(0, depth_db), rate, high=True),
        ]
    )


def saturate(samples: FloatArray, drive: float) -> FloatArray:
    """Bend the waves: ``drive`` 1 is gentle, 10 fierce; the peak stays."""
    level = max(1e-6, peak(samples))
    made = samples * np.float32(drive / level)
    np.tanh(made, out=made)
    made *= np.float32(level / np.tanh(drive))
    return made


@dataclass(frozen=True, slots=True)
class Amplifier:
    """A distorting guitar amplifier and its loudspeaker.

    Attributes
    ----------
    tight_hz
        What lies below is not driven.
    drive
        1.5 is a crunch, 20 a roar.
    low_hz, bump_hz, bump_db, box_hz, box_db, bite_hz, bite_db, top_hz
        The loudspeaker: where it begins, its bump, its box, its bite, and where it ends.
    """

    tight_hz: float
    drive: float
    low_hz: float = 80.0
    bump_hz: float = 120.0
    bump_db: float = 2.5
    box_hz: float = 480.0
    box_db: float = -3.0
    bite_hz: float = 2800.0
    bite_db: float = 4.0
    top_hz: float = 5000.0


def draw_amplifier(rng: np.random.Generator) -> Amplifier:
    """Draw an amplifier."""
    return Amplifier(
        tight_hz=between_log(rng, (70.0, 250.0)),
        drive=between_log(rng, (1.5, 20.0)),
        low_hz=between_log(rng, (60.0, 110.0)),
        bump_hz=between_log(rng, (90.0, 160.0)),
        bump_db=between(rng, (0.0, 5.0)),
        box_hz=between_log(rng, (350.0, 800.0)),
        box_db=between(rng, (-7.0, 3.0)),
        bite_hz=between_log(rng, (2000.0, 3800.0)),
        bite_db=between(rng, (0.0, 7.0)),
        top_hz=between_log(rng, (3500.0, 6500.0)),
    )


def amplified(samples: FloatArray, amplifier: Amplifier, rate: int, *, oversampled: bool = False) -> FloatArray:
    """Play through an amplifier; `oversampled` keeps what distortion adds above half the rate from folding back."""
    tight = filtered(samples, high_pass(amplifier.tight_hz, rate))
    level = max(1e-6, float(np.sqrt(np.mean(tight**2))))
    driven = tight * np.float32(amplifier.drive * 0.3 / level)
    if oversampled:
        fine = resample_poly(driven, 2, 1, axis=-1)
        bent = resample_poly(np.tanh(fine, out=fine), 1, 2, axis=-1)[..., : samples.shape[-1]]
    else:
        bent = np.tanh(driven)
    cabinet = np.vstack(
        (
            high_pass(amplifier.low_hz, rate),
            peaking(amplifier.bump_hz, amplifier.bump_db, 1.2, rate),
            peaking(amplifier.box_hz, amplifier.box_db, 1.0, rate),
            peaking(amplifier.bite_hz, amplifier.bite_db, 1.2, rate),
            butter(4, amplifier.top_hz, "lowpass", fs=rate, output="sos"),
        )
    )
    return filtered(bent.astype(np.float32), cabinet) * np.float32(level / 0.5)


def draw_chorus(samples: FloatArray, rng: np.random.Generator, rate: int) -> FloatArray:
    """Return stereo through a chorus that is drawn."""
    hz, depth_s = between_log(rng, (0.2, 3.0)), between(rng, (0.0005, 0.003))
    return chorus(samples, hz, depth_s, rate, middle_s=between(rng, (0.006, 0.02)), wet=between(rng, (0.3, 0.7)))


def chorus(
    samples: FloatArray, hz: float, depth_s: float, rate: int, *, middle_s: float = 0.011, wet: float = 0.5
) -> FloatArray:
    """Return stereo: the sound beside copies of it whose delay swings."""
    dry, part = samples[0], np.float32(wet)
    times = np.arange(-(-dry.size // _HOP)) * _HOP / rate
    made = np.empty((2, dry.size), np.float32)
    for channel in range(2):
        swing = middle_s + depth_s * np.sin(2 * np.pi * hz * times + channel * np.pi / 2)
        delays = stretched(swing * rate, dry.size)
        for start in range(0, dry.size, BLOCK):
            delay = delays[start : start + BLOCK]
            whole = delay.astype(np.int64)
            later = np.maximum(np.arange(start, start + delay.size) - whole, 1)
            late, later_still = dry.take(later), dry.take(later - 1)
            late += (delay - whole) * (later_still - late)
            made[channel, start : start + BLOCK] = dry[start : start + BLOCK] * (1 - part / 2) + part * late
    return made


def echo(samples: FloatArray, delay_s: float, feedback: float, wet: float, rate: int) -> FloatArray:
    """Return stereo with repeats that fall alternately on either side."""
    stereo = np.array(np.broadcast_to(samples, (2, samples.shape[1])), dtype=np.float32)
    delay, gain, repeat = max(1, round(delay_s * rate)), wet, 1
    dark = filtered(samples.mean(axis=0), low_pass(3500.0, rate))
    while gain > 0.03 and repeat * delay < samples.shape[1] and repeat < 9:
        stereo[repeat % 2, repeat * delay :] += np.float32(gain) * dark[: -repeat * delay]
        stereo[1 - repeat % 2, repeat * delay :] += np.float32(gain * 0.3) * dark[: -repeat * delay]
        gain, repeat = gain * feedback, repeat + 1
    return stereo


def doubled(mono: FloatArray, rng: np.random.Generator, rate: int) -> FloatArray:
    """Return stereo as two takes make it: the second one on the other side, late by up to a thirtieth of a second."""
    late = round(between(rng, (0.008, 0.032)) * rate)
    second = filtered(mono, random_equaliser(rng, rate, 2.0))
    made = np.zeros((2, mono.shape[1]), np.float32)
    made[0] = mono[0]
    made[1, late:] = second[0, : max(0, mono.shape[1] - late)]
    return made if rng.random() < 0.5 else made[::-1].copy()


def trembling(samples: FloatArray, rng: np.random.Generator, period_s: float, rate: int) -> FloatArray:
    """Return stereo whose level swings, alike on both sides or from one to the other."""
    times = np.arange(-(-samples.shape[1] // _HOP)) * _HOP / rate
    depth, opposed = between(rng, (0.2, 0.9)), rng.random() < 0.5
    made = np.array(np.broadcast_to(samples, (2, samples.shape[1])), np.float32)
    for channel in range(2):
        swing = np.sin(2 * np.pi * times / period_s + (np.pi * channel if opposed else 0.0))
        made[channel] *= stretched(1.0 - depth * (0.5 + 0.5 * swing), samples.shape[1])
    return made


def swept(samples: FloatArray, rng: np.random.Generator, period_s: float, rate: int) -> FloatArray:
    """Let a low-pass come and go slowly, as a hand on a filter does."""
    dull = filtered(samples, low_pass(between_log(rng, (250.0, 1500.0)), rate))
    times = np.arange(-(-samples.shape[1] // _HOP)) * _HOP / rate
    open_ = stretched(0.5 - 0.5 * np.cos(2 * np.pi * (times / period_s + rng.random())), samples.shape[1])
    return dull + (samples - dull) * open_


def riser(rng: np.random.Generator, length_s: float, rate: int) -> FloatArray:
    """Return noise that swells and brightens towards its end, ``(2, samples)``, peak 1."""
    count = max(rate // 10, round(length_s * rate))
    noise = rng.standard_normal((2, count)).astype(np.float32)
    low, high = (filtered(noise, low_pass(hz, rate)) for hz in (between(rng, (400, 1200)), between(rng, (4000, 12000))))
    at = np.linspace(0.0, 1.0, count, dtype=np.float32)
    made = (low * (1 - at) + high * at) * at ** np.float32(between(rng, (1.0, 3.0)))
    made[:, -min(count, 400) :] *= np.linspace(1.0, 0.0, min(count, 400), dtype=np.float32)
    return np.asarray(made / max(1e-9, peak(made)), np.float32)


def draw_room(rng: np.random.Generator, length_s: float, rate: int) -> FloatArray:
    """Draw a room's response, ``(2, samples)``, unit energy: early reflections, then a dense tail that darkens."""
    count = max(64, round(min(length_s, 4.0) * rate))
    at = np.arange(count) / rate
    noise = rng.standard_normal((2, count)).astype(np.float32)
    bright_hz, dark_hz = between_log(rng, (3000.0, 10000.0)), between_log(rng, (400.0, 2000.0))
    decay = length_s / 6.9
    light = filtered(noise, low_pass(bright_hz, rate)) * np.exp(-at / (decay * between(rng, (0.3, 0.7)))).astype(
        np.float32
    )
    dark = filtered(noise[::-1], low_pass(dark_hz, rate)) * np.exp(-at / decay).astype(np.float32)
    made = (light + 1.5 * dark) * np.minimum(at / between(rng, (0.001, 0.04)), 1.0).astype(np.float32)
    for channel in range(2):
        for _ in range(int(rng.integers(3, 9))):
            made[channel, int(rng.uniform(0.004, 0.06) * rate) % count] += np.float32(rng.normal(0, 0.6))
    made = filtered(made, high_pass(between_log(rng, (60.0, 300.0)), rate))
    return np.asarray(made / np.sqrt((made**2).sum(axis=1, keepdims=True)), np.float32)


def reverberated(mono: FloatArray, room: FloatArray) -> FloatArray:
    """Return what a room answers to a sound of one channel, ``(2, samples)``; the sound itself is not in it.

    In blocks (overlap-add), one transform forwards and two back for each.
    """
    size = next_fast_len(max(4 * room.shape[1], 1 << 15), real=True)
    step = size - room.shape[1] + 1
    response = rfft(room, size, axis=1)
    made = np.zeros((2, mono.size + size), np.float32)
    for start in range(0, mono.size, step):
        made[:, start : start + size] += irfft(rfft(mono[start : start + step], size) * response, size, axis=1)
    return np.ascontiguousarray(made[:, : mono.size])


def envelope_db(samples: FloatArray, rate: int, window_s: float) -> NDArray[np.float64]:
    """Return the level of each hop of 128 samples in dB, averaged over a window and over the channels."""
    hops = samples.shape[-1] // _HOP
    power = np.zeros(max(1, hops))
    for channel in samples:
        rows = channel[: hops * _HOP].reshape(hops, _HOP)
        power[:hops] += np.einsum("hn,hn->h", rows, rows) / (_HOP * len(samples))
    level = uniform_filter1d(power, max(1, round(window_s * rate / _HOP)))
    decibels: NDArray[np.float64] = 10 * np.log10(np.maximum(level, 1e-12))
    return decibels


def peak(samples: FloatArray) -> float:
    """Return the largest absolute value."""
    return max(float(samples.max(initial=0.0)), -float(samples.min(initial=0.0)))


def compress(
    samples: FloatArray, rate: int, *, over_db: float, ratio: float, release_s: float, window_s: float = 0.01
) -> FloatArray:
    """Turn down what is over a threshold; the peak is kept."""
    made = samples * compression(samples, rate, over_db=over_db, ratio=ratio, release_s=release_s, window_s=window_s)
    made *= np.float32(peak(samples) / max(1e-9, peak(made)))
    return made


def compression(
    samples: FloatArray, rate: int, *, over_db: float, ratio: float, release_s: float, window_s: float = 0.01
) -> FloatArray:
    """Return the gain that turns down what is over a threshold, which lies ``over_db`` below the loudest moments."""
    level = envelope_db(samples, rate, window_s)
    threshold = float(np.percentile(level, 98)) - over_db
    need = np.maximum(level - threshold, 0.0) * (1 - 1 / ratio)
    falling = np.arange(need.size) * (over_db / max(release_s, 0.01)) * _HOP / rate
    held = np.maximum.accumulate(need + falling) - falling
    return stretched(10 ** (-held / 20), samples.shape[-1])


def stretched(values: NDArray[np.float64], count: int) -> FloatArray:
    """Draw a line through values that are a hop of 128 samples apart, for ``count`` samples."""
    short = max(0, -(-count // _HOP) + 1 - values.size)
    points = np.append(values, np.repeat(values[-1:], short)).astype(np.float32)
    steps = np.linspace(0.0, 1.0, _HOP, endpoint=False, dtype=np.float32)
    lines = np.diff(points)[:, None] * steps
    lines += points[:-1, None]
    return np.asarray(lines.reshape(-1)[:count], np.float32)


def ducking(times_s: np.ndarray, depth: float, release_s: float, count: int, rate: int) -> FloatArray:
    """Return the gain of what a kick pushes aside: down by ``depth`` (0 to 1) at each time, then back up."""
    at = np.arange(-(-count // _HOP)) * _HOP / rate
    latest = np.searchsorted(times_s, at + 0.004, side="right") - 1
    since = (
        np.where(latest >= 0, at - times_s[np.maximum(latest, 0)], 10.0) if times_s.size else np.full(at.shape, 10.0)
    )
    return stretched(1.0 - depth * np.clip(1.0 - np.maximum(since, 0.0) / release_s, 0.0, 1.0) ** 1.5, count)


def widened(samples: FloatArray, width: float) -> FloatArray:
    """Scale the difference of the two channels: 0 is mono, 1 leaves it."""
    middle, side = (samples[0] + samples[1]) / 2, (samples[0] - samples[1]) / 2 * np.float32(width)
    return np.stack((middle + side, middle - side))


def limit(samples: FloatArray, ceiling: float, rate: int) -> FloatArray:
    """Keep peaks below a ceiling: turned down ahead of each, released over a fifth of a second."""
    hops = -(-samples.shape[-1] // _HOP)
    padded = np.zeros(hops * _HOP, np.float32)
    for channel in samples:
        np.maximum(padded[: channel.size], channel, out=padded[: channel.size])
        np.maximum(padded[: channel.size], -channel, out=padded[: channel.size])
    need = np.maximum(20 * np.log10(np.maximum(padded.reshape(hops, _HOP).max(axis=1), 1e-9) / ceiling), 0.0)
    held = maximum_filter1d(need, 5)
    falling = np.arange(hops) * (60.0 * _HOP / rate)
    released = uniform_filter1d(np.maximum.accumulate(held + falling) - falling, 3)
    made = samples * stretched(10 ** (-released / 20), samples.shape[-1])
    return np.clip(made, -ceiling, ceiling, out=made)


def low_fidelity(samples: FloatArray, rng: np.random.Generator, rate: int) -> FloatArray:
    """Play through an old medium: narrow band, hiss, crackle; or a codec's low-pass."""
    kind = pick(rng, ("codec", "codec", "tape", "vinyl", "telephone"))
    if kind == "codec":
        return filtered(
            samples, butter(8, min(between(rng, (10000.0, 16500.0)), 0.47 * rate), "lowpass", fs=rate, output="sos")
        )
    level = float(np.sqrt(np.mean(samples**2)))
    if kind == "telephone":
        return filtered(
            samples,
            butter(2, (between(rng, (150, 350)), between(rng, (3200, 6000))), "bandpass", fs=rate, output="sos"),
        )
    hiss = rng.standard_normal(samples.shape, dtype=np.float32) * np.float32(level * between_log(rng, (0.003, 0.03)))
    if kind == "vinyl":
        clicks = np.zeros(samples.shape, np.float32)
        places = rng.integers(0, samples.shape[1], int(samples.shape[1] / rate * between(rng, (1.0, 12.0))))
        clicks[:, places] = rng.normal(0, level * 1.5, places.size)
        hiss += filtered(clicks, low_pass(6000.0, rate))
    return filtered(
        saturate(samples, between(rng, (0.5, 1.5))) + hiss, low_pass(between_log(rng, (6000.0, 15000.0)), rate)
    )
