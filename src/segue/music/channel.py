"""One part's way to the mix: equaliser, distortion, filters, chorus, echo, compressor, level and place."""

from typing import Final

import numpy as np

from segue.audio.signal import FloatArray
from segue.music import effects
from segue.music.chance import between, between_log, chance, pick
from segue.music.performing import Stage, perform
from segue.music.score import Part, Role, Score
from segue.music.styles import Style

_LEVEL_DB: Final = -22.0
#: How loud a part is beside the others of its role, dB.
_PART_LEVELS_DB: Final = {"pad": -5.0, "second chords": -3.0, "percussion": -7.0, "lead": 1.5, "second voice": -5.0}
_DISTORTED: Final = (29, 30)
#: How far from the middle a part may stand.
_SPREAD: Final[dict[Role, float]] = {"drums": 0.05, "bass": 0.03, "vocals": 0.08, "other": 0.6}
#: What a part leaves to the basses, Hz, and how often it is compressed.
_FLOOR_HZ: Final[dict[Role, float]] = {"drums": 25.0, "bass": 28.0, "vocals": 90.0, "other": 60.0}
_COMPRESSED: Final[dict[Role, float]] = {"drums": 0.6, "bass": 0.6, "vocals": 0.8, "other": 0.25}
_ECHOES: Final = (0.5, 0.75, 1.0, 0.25, 1 / 3)


def channel_strip(score: Score, part: Part, style: Style, stage: Stage) -> FloatArray:
    """Return a part with its effects, at its level and in its place, ``(2, samples)``."""
    rng = chance(stage.seed, "effects", part.name)
    made = mono_if_alike(perform(score, part, stage, synthetic=style.band.synthetic))
    equaliser = effects.random_equaliser(rng, stage.rate, 2.5)
    shape = _filters(rng, part, stage.rate)
    if part.program in _DISTORTED or (part.role == "other" and rng.random() < style.distortion * 0.2):
        even = effects.filtered(mono(made), equaliser)
        made = effects.amplified(even, effects.draw_amplifier(rng), stage.rate)
        made = effects.filtered(made, shape)
    elif rng.random() < 0.3:
        made = effects.saturate(effects.filtered(made, np.vstack((equaliser, shape))), between_log(rng, (0.6, 5.0)))
    else:
        made = effects.filtered(made, np.vstack((equaliser, shape)))
    if part.role in ("other", "vocals"):
        made = _moved(made, score, part, rng, stage.rate)
    if rng.random() < _COMPRESSED[part.role]:
        over_db, ratio = between(rng, (4.0, 18.0)), between(rng, (1.5, 8.0))
        release_s = between_log(rng, (0.05, 0.4))
        made = effects.compress(made, stage.rate, over_db=over_db, ratio=ratio, release_s=release_s)
    return _placed(made, part, rng, stage.rate)


def _moved(made: FloatArray, score: Score, part: Part, rng: np.random.Generator, rate: int) -> FloatArray:
    """Widen, repeat or move a part, as it is drawn."""
    beat_s = 60 / score.tempo_bpm
    often = 2.0 if part.program in _DISTORTED else 1.0
    if rng.random() < 0.15:
        made = effects.draw_chorus(mono(made), rng, rate)
    elif rng.random() < 0.12 * often:
        made = effects.doubled(mono(made), rng, rate)
    if part.role == "other" and rng.random() < 0.08:
        made = effects.trembling(made, rng, beat_s * pick(rng, (0.25, 0.5, 1.0, 2.0, 4.0)), rate)
    if part.role == "other" and rng.random() < 0.08:
        made = effects.swept(made, rng, beat_s * pick(rng, (16.0, 32.0, 64.0)), rate)
    if rng.random() < 0.25:
        wet, feedback = between(rng, (0.1, 0.45)), between(rng, (0.1, 0.6))
        made = effects.echo(made, beat_s * pick(rng, _ECHOES), feedback, wet, rate)
    return made


def mono(samples: FloatArray) -> FloatArray:
    """Return the mean of the channels, ``(1, samples)``."""
    return samples if len(samples) == 1 else np.asarray(samples.mean(axis=0, keepdims=True), np.float32)


def mono_if_alike(samples: FloatArray) -> FloatArray:
    """Return one channel where both are the same: half the work from here on."""
    return samples[:1] if len(samples) == 2 and np.array_equal(samples[0], samples[1]) else samples


def _filters(rng: np.random.Generator, part: Part, rate: int) -> effects.Sections:
    """Draw what a part leaves to the others below and, sometimes, above it."""
    floor = _FLOOR_HZ[part.role]
    sections = [effects.high_pass(between_log(rng, (floor, floor * (1.6 if part.role == "bass" else 3.0))), rate)]
    if part.role != "drums" and rng.random() < 0.5:
        lowest = 500.0 if part.role == "bass" else 1800.0
        sections.append(effects.low_pass(between_log(rng, (lowest, 16000.0)), rate))
    return np.vstack(sections)


def _placed(made: FloatArray, part: Part, rng: np.random.Generator, rate: int) -> FloatArray:
    """Bring a part to its level, and to its place between left and right."""
    level_db = float(np.percentile(effects.envelope_db(made, rate, 0.3), 90))
    wanted_db = _LEVEL_DB + _PART_LEVELS_DB.get(part.name, 0.0) + rng.normal(0, 2.0)
    gain = 10 ** (float(np.clip(wanted_db - max(level_db, -90.0), -60, 60)) / 20)
    place = between(rng, (-_SPREAD[part.role], _SPREAD[part.role]))
    if part.role == "bass" and len(made) == 2:
        made = effects.widened(made, between(rng, (0.0, 0.4)))
    return np.asarray(made * (np.array([[1 - place], [1 + place]], np.float32) * np.float32(gain)), np.float32)
