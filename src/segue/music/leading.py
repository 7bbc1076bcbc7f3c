"""Leading from section to section: filters that open, noise that rises, impacts, cymbals played backwards."""

from itertools import pairwise
from typing import Final

import numpy as np

from segue.audio.signal import FloatArray
from segue.music import effects
from segue.music.chance import chance
from segue.music.performing import Stage
from segue.music.production import Production
from segue.music.score import Role, Score, SectionSpan

#: How much fuller the next section must be to be led into.
_RISE: Final = 0.12
_CLOSED_HZ: Final = 900.0
_STEP: Final = 128
#: How many dB a section is turned down for what it lacks in energy, and how many at most.
_RIDE_DB: Final = 7.0
_MOST_RIDE_DB: Final = 4.0


def opened(stem: FloatArray, score: Score, lift: float, stage: Stage) -> FloatArray:
    """Return a stem through a low-pass that stands open in full sections and half closed in thin ones.

    It opens ahead of a fuller section, over two bars, and closes at once.
    """
    if lift < 0.05 or not stem.any():
        return stem
    share = np.array([_openness(section, score) for section in score.sections])
    beats, values = [0.0], [share[0]]
    for (section, following), (now, then) in zip(pairwise(score.sections), pairwise(share.tolist()), strict=True):
        ahead = min(2.0 * score.beats_per_bar, section.end - section.start) if then > now else 0.05
        beats += [section.end - ahead, following.start]
        values += [now, then]
    times = np.arange(-(-stage.length // _STEP) + 1) * _STEP / stage.rate
    line = effects.stretched(np.interp(times, score.seconds(np.array(beats)), values), stage.length)
    dull = effects.filtered(stem, effects.low_pass(_CLOSED_HZ, stage.rate))
    closed = (1.0 - line) * np.float32(lift)
    return np.asarray(stem + (dull - stem) * closed, np.float32)


def ride(stems: dict[Role, FloatArray], score: Score, stage: Stage) -> None:
    """Turn thin sections down a little beside full ones, in place: what is to come then comes louder."""
    fullest = max(section.energy for section in score.sections)
    levels_db = [
        float(np.clip(_RIDE_DB * (section.energy - fullest), -_MOST_RIDE_DB, 0.0)) for section in score.sections
    ]
    beats, values = [0.0], levels_db[:1]
    for (section, following), (now, then) in zip(pairwise(score.sections), pairwise(levels_db), strict=True):
        beats += [section.end - min(1.0, section.end - section.start), following.start]
        values += [now, then]
    times = np.arange(-(-stage.length // _STEP) + 1) * _STEP / stage.rate
    line_db = np.interp(times, score.seconds(np.array(beats)), values)
    gain = effects.stretched(10 ** (line_db / 20), stage.length)
    for role in stems:
        stems[role] *= gain


def _openness(section: SectionSpan, score: Score) -> float:
    """Return how far open a section stands, 0.35 to 1."""
    fullest = max(other.energy for other in score.sections)
    return float(np.clip(1.0 - 1.1 * (fullest - section.energy), 0.35, 1.0))


def add_leads(stems: dict[Role, FloatArray], score: Score, production: Production, stage: Stage) -> None:
    """Lead into every section that is fuller than the one before, and mark its beginning; in place."""
    lift = production.sound.lift
    if lift < 0.1:
        return
    level = np.float32(0.16 * lift * effects.peak(stems["other"] + stems["drums"]))
    for index, (before, section) in enumerate(pairwise(score.sections)):
        if section.energy - before.energy < _RISE:
            continue
        rng = chance(stage.seed, "leads", index)
        bars = 2.0 if section.energy - before.energy > 2 * _RISE else 1.0
        length = min(bars * score.beats_per_bar, before.end - before.start)
        start, end = score.seconds(np.array([section.start - length, section.start]))
        _add(stems["other"], level * effects.riser(rng, float(end - start), stage.rate), float(start), stage)
        _add(stems["other"], level * np.float32(1.2) * _impact(rng, stage.rate), float(end), stage)


def _impact(rng: np.random.Generator, rate: int) -> FloatArray:
    """Return a low boom under a splash of noise that dies away over two seconds, ``(2, samples)``, peak 1."""
    at = np.arange(2 * rate, dtype=np.float32) / np.float32(rate)
    boom = np.sin(2 * np.pi * (42.0 * at + 38.0 * 0.08 * (1 - np.exp(-at / 0.08)))) * np.exp(-at / 0.45)
    noise = effects.filtered(rng.standard_normal((2, at.size)).astype(np.float32), effects.high_pass(500.0, rate))
    noise = effects.filtered(noise, effects.low_pass(7000.0, rate)) * np.exp(-at / 0.5)
    made = 0.8 * boom + 0.35 * noise
    made[:, :64] *= np.linspace(0.0, 1.0, 64)
    made[:, -2000:] *= np.linspace(1.0, 0.0, 2000)
    return np.asarray(made / max(1e-9, effects.peak(made)), np.float32)


def _add(stem: FloatArray, sound: FloatArray, start_s: float, stage: Stage) -> None:
    at = max(0, round(start_s * stage.rate))
    kept = sound[:, : max(0, stage.length - at)]
    stem[:, at : at + kept.shape[1]] += kept
