"""Drums from nothing: swept sines, noise in bands, clusters of squares; every kit drawn anew."""

from collections.abc import Callable
from typing import Final

import numpy as np
from scipy.signal import butter, sosfilt

from segue.audio.signal import FloatArray
from segue.music.chance import between, between_log, pick
from segue.music.synthesis.envelopes import faded

#: How many takes of each drum a kit holds, so that repeated strokes differ.
TAKES: Final = 3
#: Which General MIDI percussion keys are made alike; the rest is wood.
_KINDS: Final = {
    "kick": (35, 36),
    "snare": (38, 40),
    "clap": (39,),
    "hat": (42, 44, 46),
    "cymbal": (49, 51, 52, 53, 55, 57, 59),
    "tom": (41, 43, 45, 47, 48, 50),
    "hand": (60, 61, 62, 63, 64),
    "shaken": (54, 58, 69, 70, 82),
}


class DrumKit:
    """A kit whose drums are drawn when it is made.

    Parameters
    ----------
    seed
        Each seed is another kit.
    rate
        Hz.
    electronic
        0 (membranes, wires, metal) to 1 (oscillators).
    """

    def __init__(self, seed: int, rate: int, electronic: float) -> None:
        self._seed = seed
        self._rate = rate
        self._electronic = electronic
        self._takes: dict[tuple[int, int], FloatArray] = {}

    def stroke(self, key: int, take: int) -> FloatArray:
        """Return a stroke on a General MIDI percussion key, ``(samples,)``, peak 1."""
        take %= TAKES
        if (key, take) not in self._takes:
            shape = np.random.default_rng([self._seed, key])
            grain = np.random.default_rng([self._seed, key, take])
            made = self._make(key, shape, grain)
            made = made / max(1e-9, float(np.abs(made).max()))
            self._takes[key, take] = faded(made.astype(np.float32), 4, min(400, made.size // 3))
        return self._takes[key, take]

    def _make(self, key: int, shape: np.random.Generator, grain: np.random.Generator) -> np.ndarray:
        electronic = shape.random() < self._electronic
        kind = next((kind for kind, keys in _KINDS.items() if key in keys), "wood")
        makers: dict[str, Callable[[], np.ndarray]] = {
            "kick": lambda: self._kick(shape, grain, electronic=electronic),
            "snare": lambda: self._snare(shape, grain, electronic=electronic),
            "clap": lambda: self._clap(shape, grain),
            "hat": lambda: self._hat(np.random.default_rng([self._seed, 42]), grain, open_=key == 46),
            "cymbal": lambda: self._cymbal(shape, grain, ride=key in (51, 53, 59)),
            "tom": lambda: self._membrane(
                shape, grain, 70.0 * 1.06 ** (key - 41) * between(shape, (0.9, 1.15)), short=False
            ),
            "hand": lambda: self._membrane(
                shape, grain, 190.0 * 0.88 ** (key - 64) * between(shape, (0.9, 1.15)), short=True
            ),
            "shaken": lambda: self._shaken(shape, grain),
            "wood": lambda: self._wood(shape, cowbell=key == 56, rim=key == 37),
        }
        return makers[kind]()

    def _time(self, seconds: float) -> np.ndarray:
        return np.arange(round(seconds * self._rate)) / self._rate

    def _sweep(self, at: np.ndarray, hz: float, more: float, fall_s: float) -> np.ndarray:
        """Return a sine that falls to a frequency from so many times it."""
        phase = hz * at + hz * more * fall_s * (1 - np.exp(-at / fall_s))
        return np.asarray(np.sin(2 * np.pi * phase))

    def _band(self, noise: np.ndarray, low: float, high: float | None = None) -> np.ndarray:
        """Return noise above ``low``, and below ``high`` where there is one."""
        nyquist = 0.49 * self._rate
        if high is None or high >= nyquist:
            sections = butter(2, min(low, nyquist * 0.9), "highpass", fs=self._rate, output="sos")
        else:
            sections = butter(2, (low, high), "bandpass", fs=self._rate, output="sos")
        return np.asarray(sosfilt(sections, noise))

    def _kick(self, shape: np.random.Generator, grain: np.random.Generator, *, electronic: bool) -> np.ndarray:
        hz = between_log(shape, (38.0, 70.0))
        length = between_log(shape, (0.12, 0.9) if electronic else (0.08, 0.3))
        at = self._time(length * 4)
        body = self._sweep(at, hz, between_log(shape, (1.5, 9.0)), between_log(shape, (0.006, 0.05)))
        body = np.tanh(body * np.exp(-at / length) * between_log(shape, (1.0, 6.0)))
        click = self._band(grain.standard_normal(at.size), between_log(shape, (1000.0, 4000.0)), 9000.0)
        click = (
            click * np.exp(-at / between_log(shape, (0.001, 0.006))) * between(shape, (0.0, 0.4 if electronic else 0.9))
        )
        if not electronic:
            skin = self._band(grain.standard_normal(at.size), 80.0, 600.0) * np.exp(-at / 0.04)
            click = click + skin * between(shape, (0.0, 0.5))
        return body + click

    def _snare(self, shape: np.random.Generator, grain: np.random.Generator, *, electronic: bool) -> np.ndarray:
        hz = between_log(shape, (140.0, 260.0))
        length = between_log(shape, (0.07, 0.25))
        at = self._time(length * 5)
        skin = self._sweep(at, hz, between(shape, (0.1, 1.2)), 0.01) + 0.6 * self._sweep(
            at, hz * between(shape, (1.4, 1.9)), 0.3, 0.01
        )
        skin = skin * np.exp(-at / between_log(shape, (0.03, 0.15)))
        wires = self._band(
            grain.standard_normal(at.size), between_log(shape, (400.0, 2500.0)), between_log(shape, (6000.0, 18000.0))
        )
        wires = wires * np.exp(-at / length)
        if not electronic:
            rattle = self._band(grain.standard_normal(at.size), 3000.0) * np.exp(-at / (length * 0.4))
            wires = wires + rattle * between(shape, (0.2, 1.0))
        return np.asarray(skin * between(shape, (0.2, 1.0)) + wires * between(shape, (0.4, 1.3)))

    def _clap(self, shape: np.random.Generator, grain: np.random.Generator) -> np.ndarray:
        length = between_log(shape, (0.06, 0.25))
        at = self._time(length * 5 + 0.05)
        centre = between_log(shape, (800.0, 2000.0))
        noise = self._band(grain.standard_normal(at.size), centre * 0.7, centre * between(shape, (2.0, 5.0)))
        gap = between(shape, (0.007, 0.014))
        bursts = sum(
            np.where(at >= index * gap, np.exp(-(at - index * gap) / 0.004), 0.0)
            for index in range(pick(shape, (1, 3, 3, 4)))
        )
        return np.asarray(noise * (bursts + 0.7 * np.exp(-at / length)))

    def _metal(self, at: np.ndarray, shape: np.random.Generator, hz: float) -> np.ndarray:
        """Return a cluster of inharmonic squares, as analogue machines mix them."""
        ratios = np.array([1.0, 1.342, 1.2312, 1.6532, 1.9523, 2.1523]) * shape.uniform(0.97, 1.03, 6)
        return np.asarray(np.sign(np.sin(2 * np.pi * hz * ratios[:, None] * at)).sum(axis=0) / 6)

    def _hat(self, shape: np.random.Generator, grain: np.random.Generator, *, open_: bool) -> np.ndarray:
        length = between_log(shape, (0.012, 0.06))
        length = length * between(shape, (4.0, 12.0)) if open_ else length
        at = self._time(min(length * 6, 2.0))
        metal = self._metal(at, shape, between_log(shape, (250.0, 560.0)))
        mixed = metal * between(shape, (0.0, 1.0)) + 0.5 * grain.standard_normal(at.size) * between(shape, (0.2, 1.0))
        return self._band(mixed, between_log(shape, (4500.0, 9500.0))) * np.exp(-at / length)

    def _cymbal(self, shape: np.random.Generator, grain: np.random.Generator, *, ride: bool) -> np.ndarray:
        length = between_log(shape, (0.35, 1.3))
        at = self._time(min(length * 3.5, 3.5))
        metal = self._metal(at, shape, between_log(shape, (320.0, 700.0)))
        wash = self._band(grain.standard_normal(at.size) + 0.4 * metal, between_log(shape, (2500.0, 6000.0)))
        swell = 1.0 - between(shape, (0.0, 0.6)) * np.exp(-at / 0.03)
        made = wash * np.exp(-at / length) * (0.5 if ride else 1.0) * swell
        if ride:
            ping = sum(np.sin(2 * np.pi * hz * at) for hz in shape.uniform(2500, 6500, 4))
            made = made + 0.5 * ping * np.exp(-at / 0.12) + 0.3 * self._band(metal, 5000.0) * np.exp(-at / 0.3)
        return np.asarray(made)

    def _membrane(
        self, shape: np.random.Generator, grain: np.random.Generator, hz: float, *, short: bool
    ) -> np.ndarray:
        length = between_log(shape, (0.05, 0.14) if short else (0.1, 0.4))
        at = self._time(length * 5)
        skin = self._sweep(at, hz, between(shape, (0.1, 0.8)), 0.03) * np.exp(-at / length)
        slap = self._band(grain.standard_normal(at.size), 600.0, 5000.0) * np.exp(-at / 0.008)
        return np.asarray(skin + slap * between(shape, (0.1, 0.5)))

    def _shaken(self, shape: np.random.Generator, grain: np.random.Generator) -> np.ndarray:
        length = between_log(shape, (0.02, 0.07))
        at = self._time(length * 6)
        rise = 1.0 - np.exp(-at / between_log(shape, (0.001, 0.012)))
        grains = grain.standard_normal(at.size) * (0.5 + grain.random(at.size) ** 4)
        return self._band(grains, between_log(shape, (3500.0, 7000.0))) * rise * np.exp(-at / length)

    def _wood(self, shape: np.random.Generator, *, cowbell: bool, rim: bool) -> np.ndarray:
        hz = between_log(shape, (520.0, 620.0) if cowbell else (900.0, 2600.0))
        length = between_log(shape, (0.05, 0.2) if cowbell else (0.008, 0.04))
        at = self._time(length * 6)
        made = np.sin(2 * np.pi * hz * at) + 0.7 * np.sin(2 * np.pi * hz * between(shape, (1.4, 1.6)) * at)
        if cowbell:
            made = np.tanh(3 * made)
        if rim:
            made = made + 0.8 * np.sin(2 * np.pi * between_log(shape, (350.0, 600.0)) * at)
        return np.asarray(made * np.exp(-at / length))
