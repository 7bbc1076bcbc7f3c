"""Drum kits of finished productions: layered strokes, softer and harder ones, none twice the same."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from segue.audio.signal import FloatArray
from segue.music.synthesis.envelopes import faded
from segue.music.synthesis.kit_sounds import KitSound

_Noise = NDArray[np.float64]
#: How many takes of each drum there are for each force, and how many forces.
TAKES: Final = 4
FORCES: Final = 3
_HATS: Final = (42, 44, 46)
_TOMS, _HANDS, _SHAKEN = (41, 43, 45, 47, 48, 50), (60, 61, 62, 63, 64), (54, 58, 69, 70, 82)
#: How loud a drum's stroke is in a balanced kit, dB beside the kick.
_LEVELS_DB: Final = {
    **dict.fromkeys((35, 36), 0.0),
    **dict.fromkeys((38, 40), -2.0),
    37: -9.0,
    39: -4.0,
    **dict.fromkeys((42, 44), -14.5),
    46: -16.0,
    **dict.fromkeys((49, 57, 52, 55), -14.0),
    **dict.fromkeys((51, 53, 59), -18.0),
    **dict.fromkeys(_TOMS, -4.0),
    **dict.fromkeys(_HANDS, -9.0),
    56: -14.0,
    **dict.fromkeys(_SHAKEN, -19.0),
}
_WOOD_DB: Final = -14.0
_NOISY_DB: Final = 5.0
_METAL: Final = np.array([1.0, 1.342, 1.2312, 1.6532, 1.9523, 2.1523, 2.63, 3.17])
#: Modes of a membrane that is struck off its middle (Bessel's zeros against the first).
_MEMBRANE: Final = ((1.0, 1.0), (1.594, 0.45), (2.136, 0.25), (2.296, 0.2), (2.653, 0.12))


class Kit:
    """A kit that is drawn when it is made: one copy of a sound.

    Parameters
    ----------
    sound
        How such kits sound.
    seed
        Each seed is another copy.
    rate
        Hz.
    """

    def __init__(self, sound: KitSound, seed: int, rate: int) -> None:
        self._sound = _own(sound, np.random.default_rng([seed, 1]))
        self._seed = seed
        self._rate = rate
        self._strokes: dict[tuple[int, int, int], FloatArray] = {}

    def stroke(self, key: int, take: int, force: int) -> FloatArray:
        """Return a stroke on a General MIDI percussion key, ``(samples,)``, balanced against the kit's other drums.

        Parameters
        ----------
        key
            What is struck.
        take
            Which of `TAKES`.
        force
            0 (soft) to 2 (hard): how bright, not how loud.
        """
        kind = (key, take % TAKES, force)
        if kind not in self._strokes:
            rng = np.random.default_rng([self._seed, *kind])
            made = self._maker(key)(rng, (force + 1) / FORCES)
            made /= max(1e-9, float(np.abs(made).max()))
            level_db = _LEVELS_DB.get(key, _WOOD_DB) + rng.normal(0.0, 0.5)
            if key in _HATS:  # noise of the same peak is louder than metal
                level_db -= _NOISY_DB * (1.0 - min(1.0, self._sound.metal))
            made *= 10 ** (level_db / 20)
            self._strokes[kind] = faded(made.astype(np.float32), 6, min(900, made.size // 3))
        return self._strokes[kind]

    def _maker(self, key: int) -> Callable[[np.random.Generator, float], _Noise]:
        """Return what makes a key's strokes, of chance and force."""
        makers: tuple[tuple[tuple[int, ...], Callable[[np.random.Generator, float], _Noise]], ...] = (
            ((35, 36), self._kick),
            ((38, 40), self._snare),
            ((39,), self._clap),
            (_HATS, lambda rng, force: self._hat(rng, force, open_=key == 46)),
            ((51, 53, 59), lambda rng, force: self._cymbal(rng, force, 1.0, ride=True)),
            ((49, 52, 55, 57), lambda rng, force: self._cymbal(rng, force, 1.15 if key == 57 else 1.0, ride=False)),
            (_TOMS, lambda rng, force: self._skin(rng, force, 78.0 * 1.07 ** (key - 41) * self._sound.tom, 0.3)),
            (_HANDS, lambda rng, force: self._skin(rng, force, 160.0 * 0.87 ** (key - 64), 0.1)),
            (_SHAKEN, lambda rng, force: self._shaken(rng, force, jingles=key == 54)),
        )
        found = (maker for keys, maker in makers if key in keys)
        return next(found, lambda rng, force: self._wood(rng, force, key))

    def _time(self, seconds: float) -> _Noise:
        return np.arange(round(seconds * self._rate)) / self._rate

    def _band(self, noise: _Noise, low: float, high: float) -> _Noise:
        return np.asarray(sosfilt(_band_pass(low, min(high, 0.47 * self._rate), self._rate), noise))

    def _kick(self, rng: np.random.Generator, force: float) -> _Noise:
        sound = self._sound
        at = self._time(sound.kick_s * 5 + 0.05)
        hz = sound.kick_hz * rng.uniform(0.99, 1.01)
        phase = hz * at + hz * (sound.kick_drop - 1) * sound.kick_drop_s * (1 - np.exp(-at / sound.kick_drop_s))
        phase += hz * 6 * 0.0025 * (1 - np.exp(-at / 0.0025))
        body = np.sin(2 * np.pi * phase) * np.exp(-at / sound.kick_s)
        body = np.tanh(sound.kick_drive * body) / np.tanh(sound.kick_drive)
        click = self._band(rng.standard_normal(at.size), 1500.0, 8000.0) * np.exp(-at / 0.0035)
        knock = np.sin(2 * np.pi * hz * 3.1 * at) * np.exp(-at / 0.02) + 0.6 * np.sin(
            2 * np.pi * hz * 5.3 * at
        ) * np.exp(-at / 0.012)
        made = body + sound.kick_click * force * 0.5 * click + 0.35 * sound.kick_skin * knock
        return np.asarray(made * np.minimum(at / 0.0008, 1.0))

    def _snare(self, rng: np.random.Generator, force: float) -> _Noise:
        sound = self._sound
        at = self._time(max(sound.wires_s * 6, sound.snare_s * 6, sound.gate_s + 0.05))
        hz = sound.snare_hz * rng.uniform(0.99, 1.01) * (1 + 0.25 * np.exp(-at / 0.012))
        turned = 2 * np.pi * np.cumsum(hz) / self._rate
        skin = np.sin(turned) + 0.55 * np.sin(1.593 * turned) + 0.25 * np.sin(2.14 * turned)
        skin *= np.exp(-at / sound.snare_s)
        noise = rng.standard_normal(at.size)
        top = 6000.0 + 9000.0 * force
        wires = self._band(noise, sound.wires_low_hz, top) * np.exp(-at / sound.wires_s)
        crack = self._band(noise, 1800.0, 6000.0) * np.exp(-at / 0.006)
        made = 0.7 * skin + sound.wires * wires * (0.6 + 0.4 * force) + 0.8 * force * crack
        if sound.clap:
            clap = self._clap(rng, force)
            size = min(clap.size, made.size)
            made[:size] += sound.clap * clap[:size]
        if sound.gate_s:
            room = self._band(rng.standard_normal(at.size), 350.0, 7000.0) * (at < sound.gate_s)
            made += 0.4 * room * np.exp(-at / (sound.gate_s * 1.5)) * np.clip((sound.gate_s - at) / 0.03, 0.0, 1.0)
        return np.asarray(made)

    def _clap(self, rng: np.random.Generator, force: float) -> _Noise:
        at = self._time(0.45)
        noise = self._band(rng.standard_normal(at.size), 800.0, 3500.0 + 4000.0 * force)
        bursts = np.zeros(at.size)
        for place in (0.0, 0.0095, 0.019 + rng.uniform(-0.001, 0.001)):
            bursts += np.where(at >= place, np.exp(-(at - place) / 0.0035), 0.0)
        tail = np.where(at >= 0.026, np.exp(-(at - 0.026) / 0.07), 0.0)
        return np.asarray(noise * (bursts + 0.8 * tail))

    def _metal(self, at: _Noise, hz: float) -> _Noise:
        """Return a cluster of square waves that do not fit each other, without their lowest part."""
        own = np.random.default_rng([self._seed, 2]).uniform(0.98, 1.02, _METAL.size)
        return np.asarray(np.sign(np.sin(2 * np.pi * hz * (_METAL * own)[:, None] * at)).sum(axis=0) / _METAL.size)

    def _hat(self, rng: np.random.Generator, force: float, *, open_: bool) -> _Noise:
        sound = self._sound
        length = sound.open_s if open_ else sound.hat_s * (0.7 + 0.5 * force)
        at = self._time(min(length * 6, 2.0))
        mixed = sound.metal * self._metal(at, 410.0) + (1 - 0.7 * sound.metal) * 0.5 * rng.standard_normal(at.size)
        bright = self._band(mixed, sound.hat_hz * (0.9 + 0.2 * force), 14_500.0)
        return np.asarray(bright * (0.75 * np.exp(-at / length) + 0.25 * np.exp(-at / (length * 0.25))))

    def _cymbal(self, rng: np.random.Generator, force: float, higher: float, *, ride: bool) -> _Noise:
        length = self._sound.cymbal_s
        at = self._time(min(length * 4, 5.0))
        noise = rng.standard_normal(at.size)
        low = self._band(noise + 0.5 * self._metal(at, 340.0 * higher), 900.0 * higher, 4000.0) * np.exp(
            -at / (length * 0.6)
        )
        high = self._band(noise, 4000.0, 13_000.0) * np.exp(-at / length)
        made = (0.5 * low + high * (0.5 + 0.5 * force)) * (1 - 0.5 * np.exp(-at / 0.012))
        if ride:
            ping = sum(np.sin(2 * np.pi * hz * higher * at) for hz in (2970.0, 3860.0, 4730.0, 6210.0))
            made = 0.45 * made + 0.35 * force * ping * np.exp(-at / 0.16)
        return np.asarray(made)

    def _skin(self, rng: np.random.Generator, force: float, hz: float, length: float) -> _Noise:
        at = self._time(length * 5)
        bend = 1 + 0.18 * force * np.exp(-at / 0.05)
        turned = 2 * np.pi * np.cumsum(hz * bend) / self._rate
        made = np.zeros(at.size)
        for ratio, strength in _MEMBRANE:
            made += strength * np.sin(ratio * turned) * np.exp(-at * ratio**1.5 / length)
        slap = self._band(rng.standard_normal(at.size), 700.0, 5000.0) * np.exp(-at / 0.007)
        return np.asarray((made + 0.5 * force * slap) * np.minimum(at / 0.001, 1.0))

    def _shaken(self, rng: np.random.Generator, force: float, *, jingles: bool) -> _Noise:
        at = self._time(0.3 if jingles else 0.16)
        grains = rng.standard_normal(at.size) * (0.4 + rng.random(at.size) ** 3)
        made = self._band(grains, 4800.0, 12_500.0) * np.minimum(at / 0.008, 1.0) * np.exp(-at / (0.02 + 0.02 * force))
        if jingles:
            rings = sum(np.sin(2 * np.pi * hz * at) for hz in (6230.0, 7410.0, 8790.0, 10_300.0))
            made = made + 0.12 * rings * np.exp(-at / 0.06)
        return np.asarray(made)

    def _wood(self, rng: np.random.Generator, force: float, key: int) -> _Noise:
        bell = key == 56
        hz = 560.0 if bell else 1750.0 if key == 37 else 1900.0 * 0.93 ** (key - 75)
        at = self._time(0.35 if bell else 0.12)
        ratios = ((1.0, 1.0), (1.504, 0.8)) if bell else ((1.0, 1.0), (2.57, 0.4), (0.27, 0.35))
        fall = 0.07 if bell else 0.016
        made = np.zeros(at.size)
        for ratio, strength in ratios:
            made += strength * np.sin(2 * np.pi * hz * ratio * at) * np.exp(-at / fall)
        knock = self._band(rng.standard_normal(at.size), 1500.0, 7000.0) * np.exp(-at / 0.003)
        return np.asarray(made + 0.4 * force * knock)


def _own(sound: KitSound, rng: np.random.Generator) -> KitSound:
    """Return a sound as one copy has it: a few per cent off in everything."""
    changed = {name: float(getattr(sound, name)) * float(2 ** rng.normal(0.0, 0.09)) for name in KitSound.__slots__}
    return replace(sound, **changed)


@lru_cache(maxsize=128)
def _band_pass(low: float, high: float, rate: int) -> NDArray[np.float64]:
    return np.asarray(butter(2, (min(low, 0.8 * high), high), "bandpass", fs=rate, output="sos"))
