"""Small songs whose beats, bars and keys are known because they are rendered here."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segue.audio.analysis import Mode
from segue.audio.signal import Audio, FloatArray

_RATE = 44100
_SCALES: dict[Mode, tuple[int, ...]] = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
#: Degrees whose triads follow each other, one a bar.
_PROGRESSIONS: dict[Mode, tuple[int, ...]] = {"major": (0, 3, 4, 0, 5, 3, 4, 0), "minor": (0, 3, 4, 0, 5, 2, 6, 0)}
Groove = Literal["straight", "shuffle", "triplets", "tresillo", "clave", "dotted"]
#: What sounds beside the beat: share of a beat after each beat at which hats fall, and how loud.
_HATS: dict[Groove, tuple[tuple[float, float], ...]] = {
    "straight": ((0.5, 0.2),),
    "shuffle": ((2 / 3, 0.25),),
    "triplets": ((1 / 3, 0.2), (2 / 3, 0.22)),
    "tresillo": ((0.5, 0.25),),
    "clave": ((0.5, 0.15),),
    "dotted": ((0.25, 0.1), (0.5, 0.2), (0.75, 0.1)),
}
#: Beats of a cycle at which kick and chord fall together in grooves whose accents cross the beat, and its length.
_CROSSING: dict[Groove, tuple[tuple[float, ...], float]] = {
    "tresillo": ((0.0, 1.5, 3.0), 4.0),
    "clave": ((0.0, 0.75, 1.5), 2.0),
    "dotted": ((0.0, 0.75, 1.5, 2.25, 3.0, 3.5), 4.0),
}


@dataclass(frozen=True, slots=True)
class Song:
    """A rendering with its score."""

    audio: Audio
    beats_s: NDArray[np.float64]
    downbeats_s: NDArray[np.float64]


def render_song(
    *,
    tempo_bpm: float = 120.0,
    beats_per_bar: int = 4,
    bars: int = 16,
    tonic: int = 0,
    mode: Mode = "major",
    drums: bool = True,
    chords: bool = True,
    drift: float = 0.0,
    detune_semitones: float = 0.0,
    start_s: float = 0.5,
    seed: int = 0,
    groove: Groove = "straight",
) -> Song:
    """Render drums, bass and broken chords; ``drift`` is how much faster it ends than it began, as a share."""
    rng = np.random.default_rng(seed)
    count = bars * beats_per_bar
    tempi = tempo_bpm * (1.0 + drift * np.arange(count) / max(count - 1, 1))
    beats = start_s + np.concatenate([[0.0], np.cumsum(60.0 / tempi)])
    sound = np.zeros(int((beats[-1] + 1.0) * _RATE), dtype=np.float32)
    kit = {"kick": _kick(), "snare": _snare(rng), "hat": _hat(rng)}
    for beat in range(count):
        place, start, half = beat % beats_per_bar, beats[beat], (beats[beat] + beats[beat + 1]) / 2.0
        if drums:
            drum = _drum(place, beats_per_bar)
            if groove not in _CROSSING or drum == "snare":
                _add(sound, kit[drum], start, 0.8)
            _add(sound, kit["hat"], start, 0.25)
            for share, gain in _HATS[groove]:
                _add(sound, kit["hat"], start + share * (beats[beat + 1] - start), gain)
        if chords:
            degree = _PROGRESSIONS[mode][beat // beats_per_bar % 8]
            pitches = [_pitch(mode, degree + third) + tonic + detune_semitones for third in (0, 2, 4)]
            length = float(beats[beat + 1] - start)
            if place == 0:
                _add(sound, _note(36.0 + pitches[0], length * beats_per_bar, 4), start, 0.35)
            for index, pitch in enumerate(pitches):
                _add(sound, _note(60.0 + pitch, length, 6), start, 0.16)
                _add(sound, _note(72.0 + pitch, length / 2.0, 4), half if index % 2 else start, 0.05)
    if groove in _CROSSING:
        _cross(sound, beats, groove, kit["kick"], _note(57.0 + tonic, 0.2, 8))
    sound /= np.abs(sound).max() * 1.25
    return Song(Audio(sound[None, :], _RATE), beats[:count], beats[:count:beats_per_bar])


def render_clicks(times_s: NDArray[np.float64], duration_s: float, seed: int = 0) -> Audio:
    """Render short bursts of noise that begin exactly at the given times."""
    rng = np.random.default_rng(seed)
    sound = np.zeros(int(duration_s * _RATE), dtype=np.float32)
    click = (rng.normal(size=800) * np.exp(-np.arange(800) / 200.0)).astype(np.float32)
    for time in times_s:
        _add(sound, click, float(time), 0.2)
    return Audio(sound[None, :], _RATE)


def _cross(sound: FloatArray, beats: NDArray[np.float64], groove: Groove, kick: FloatArray, stab: FloatArray) -> None:
    shares, cycle = _CROSSING[groove]
    positions = np.add.outer(np.arange(0.0, beats.size - 1, cycle), shares).ravel()
    for start in np.interp(positions[positions < beats.size - 1], np.arange(beats.size), beats):
        _add(sound, kick, float(start), 0.8)
        _add(sound, stab, float(start), 0.25)


def _drum(place: int, beats_per_bar: int) -> str:
    if place == 0:
        return "kick"
    if beats_per_bar == 3:
        return "snare"
    return "snare" if place % 2 else "kick"


def _pitch(mode: Mode, degree: int) -> int:
    raised = mode == "minor" and degree == 6
    return _SCALES[mode][degree % 7] + 12 * (degree // 7) + (1 if raised else 0)


def _add(sound: FloatArray, what: FloatArray, start_s: float, gain: float) -> None:
    start = round(start_s * _RATE)
    stop = min(start + what.size, sound.size)
    sound[start:stop] += gain * what[: stop - start]


def _note(midi: float, length_s: float, partials: int) -> FloatArray:
    time = np.arange(int(length_s * _RATE)) / _RATE
    hertz = 440.0 * 2.0 ** ((midi - 69.0) / 12.0)
    wave = sum(np.sin(2 * np.pi * hertz * k * time) / k**1.3 for k in range(1, partials + 1))
    ends = np.minimum(1.0, np.minimum(time / 0.004, (length_s - time) / 0.02))
    return np.asarray(wave * np.exp(-1.5 * time) * np.clip(ends, 0.0, 1.0), dtype=np.float32)


def _kick() -> FloatArray:
    time = np.arange(int(0.18 * _RATE)) / _RATE
    return np.asarray(np.sin(2 * np.pi * (50.0 * time - 4.0 * np.exp(-30.0 * time))) * np.exp(-18.0 * time), np.float32)


def _snare(rng: np.random.Generator) -> FloatArray:
    time = np.arange(int(0.15 * _RATE)) / _RATE
    noise = rng.normal(size=time.size) * 0.4 + 0.5 * np.sin(2 * np.pi * 190.0 * time)
    return np.asarray(noise * np.exp(-25.0 * time), np.float32)


def _hat(rng: np.random.Generator) -> FloatArray:
    noise = np.diff(rng.normal(size=int(0.05 * _RATE) + 1), prepend=0.0)
    return np.asarray(noise[1:] * np.exp(-np.arange(noise.size - 1) / 400.0) * 0.5, np.float32)
