"""One part's channel in a finished production: amplifier, equaliser, compressor, movement, level and place."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from segue.audio.loudness import k_weighting
from segue.audio.mastering.levels import gated_loudness
from segue.audio.signal import FloatArray
from segue.music import effects
from segue.music.chance import chance
from segue.music.channel import mono
from segue.music.performing import Stage
from segue.music.playing import play_part
from segue.music.production import Production
from segue.music.score import Part, Role, Score
from segue.music.synthesis.patches import kind_of

#: A divisor of `effects.BLOCK`.
_LOUDNESS_HOP: Final = 512
_PART_LUFS: Final = -20.0
#: How loud a part is beside the others of its stem, LU.
_PART_LU: Final = {"pad": -6.0, "second chords": -4.0, "percussion": -10.0, "answer": -2.0, "second voice": -6.0}
#: What a part leaves to the basses, Hz.
_FLOOR_HZ: Final[dict[Role, float]] = {"drums": 32.0, "bass": 32.0, "vocals": 110.0, "other": 105.0}
_PAD_FLOOR_HZ: Final = 150.0
#: Where no drums are, the accompaniment may reach lower.
_OPEN_FLOOR_HZ: Final = 70.0
#: Where parts of the accompaniment stand, by turns; melodies and pads stand in the middle.
_PLACES: Final = (-0.35, 0.4, -0.55, 0.6, -0.2, 0.25)
_MELODIES: Final = ("lead", "answer")
_MIDDLE: Final = ("lead", "pad")
_CHORUSED: Final = ("electric piano", "fm piano", "clean guitar", "jazz guitar")
_TURNING: Final = ("drawbar organ", "percussive organ", "rock organ")
_DRIVEN: Final = "driven guitar"
#: How deep chords breathe with the beat where no drums tell it.
_BREATH: Final = 0.45


@dataclass(frozen=True, slots=True)
class Channel:
    """A part as it comes to the mix.

    Attributes
    ----------
    samples
        ``(2, samples)``.
    room
        How much of it goes to the room.
    """

    samples: FloatArray = field(repr=False)
    room: float


def channel(score: Score, part: Part, production: Production, stage: Stage) -> Channel:
    """Play a part, and shape and place it."""
    made = _driven(score, part, production, stage) if _is_driven(part) else play_part(score, part, stage, production)
    made = effects.filtered(made, _equaliser(score, part, production, stage.rate))
    made = _dense(made, part, production, stage.rate)
    made = _moved(made, score, part, production, stage)
    level = loudness(made, stage.rate)
    if np.isfinite(level):
        made *= np.float32(10 ** ((_PART_LUFS + _PART_LU.get(part.name, 0.0) - level) / 20))
    return Channel(_placed(made, score, part), _room(part))


def loudness(samples: FloatArray, rate: int) -> float:
    """Return the integrated loudness (BS.1770, with its gates) of ``(channels, samples)``, for balancing.

    In single precision, which is off by less than 0.1 LU; -inf for silence.
    """
    energies = []
    for _, block in effects.filtered_blocks(samples, k_weighting(rate)):
        rows = block[:, : block.shape[1] // _LOUDNESS_HOP * _LOUDNESS_HOP].reshape(len(samples), -1, _LOUDNESS_HOP)
        energies.append(np.einsum("chn,chn->h", rows, rows))
    return gated_loudness(np.concatenate(energies) * np.float32(2 / len(samples)), _LOUDNESS_HOP / rate, rate)


def _is_driven(part: Part) -> bool:
    return part.role == "other" and kind_of(part.program) == _DRIVEN


def _driven(score: Score, part: Part, production: Production, stage: Stage) -> FloatArray:
    """Play a distorted guitar; accompaniment is played twice, once for either side."""
    rng = chance(production.seed, "amplifier", part.program)
    amplifier = effects.Amplifier(
        tight_hz=120.0,
        drive=4.0 + 14.0 * production.sound.drive,
        bump_hz=110.0 * 2 ** rng.normal(0.0, 0.1),
        box_hz=480.0 * 2 ** rng.normal(0.0, 0.1),
        bite_hz=2700.0 * 2 ** rng.normal(0.0, 0.08),
        top_hz=5000.0 * 2 ** (rng.normal(0.0, 0.08) + 0.25 * production.brightness),
    )
    takes = (0,) if part.name in _MIDDLE else (0, 1)
    played = [mono(play_part(score, part, stage, production, take=take)) for take in takes]
    made = [effects.amplified(one, amplifier, stage.rate, oversampled=True) for one in played]
    if len(made) == 1:
        return made[0]
    left, right = made[0][0], made[1][0]
    return np.stack((left + 0.12 * right, right + 0.12 * left)).astype(np.float32)


def _equaliser(score: Score, part: Part, production: Production, rate: int) -> effects.Sections:
    """Return what makes room for the others: each part keeps to where it is needed."""
    roles = {other.role for other in score.parts}
    floor = _PAD_FLOOR_HZ if part.name == "pad" else _FLOOR_HZ[part.role]
    if part.role == "other" and not {"bass", "drums"} <= roles:
        floor = _OPEN_FLOOR_HZ if "bass" in roles else 45.0
    sections = [effects.high_pass(floor, rate)]
    if part.role == "bass":
        sections.append(effects.peaking(production.kit.kick_hz * 1.15, -2.5, 1.4, rate))
        sections.append(effects.low_pass(7000.0, rate))
    elif part.role == "drums":
        sections.append(effects.peaking(380.0, -1.5, 0.8, rate))
        sections.append(effects.shelf(7500.0, 1.5 * production.brightness, rate, high=True))
    elif part.role == "vocals":
        sections.append(effects.peaking(320.0, -2.0, 0.9, rate))
        sections.append(effects.peaking(3400.0, 2.0, 0.8, rate))
    else:
        sections.append(effects.shelf(5000.0, 1.5 * production.brightness, rate, high=True))
    return np.vstack(sections)


def _dense(made: FloatArray, part: Part, production: Production, rate: int) -> FloatArray:
    """Saturate and compress a part as its role has it."""
    drive = production.sound.drive
    if part.role == "bass":
        made = effects.saturate(made, 0.5 + 1.5 * drive)
        return effects.compress(made, rate, over_db=8.0, ratio=2.5, release_s=0.15)
    if part.role == "drums":
        made = effects.saturate(made, 0.4 + 1.0 * drive)
        return effects.compress(made, rate, over_db=7.0, ratio=1.6, release_s=0.12)
    if part.role == "vocals":
        return effects.compress(made, rate, over_db=10.0, ratio=2.5, release_s=0.2)
    return made


def _moved(made: FloatArray, score: Score, part: Part, production: Production, stage: Stage) -> FloatArray:
    """Widen what wants it, and repeat melodies in time with the beat."""
    kind = kind_of(part.program)
    beat_s = 60 / score.tempo_bpm
    if part.role == "other" and kind in _CHORUSED:
        made = effects.chorus(mono(made), 0.7, 0.0014, stage.rate, wet=0.45)
    elif part.role == "other" and kind in _TURNING:
        made = effects.chorus(mono(made), 5.6 if score.energy > 0.5 else 0.9, 0.0009, stage.rate, wet=0.6)
    if _breathes(score, part, production):
        made = made * effects.ducking(score.beats_s[:-1], _BREATH, 0.9 * beat_s, made.shape[-1], stage.rate)
    echo = production.sound.echo * (1.0 if part.role == "vocals" or part.name in _MELODIES else 0.0)
    if echo > 0.02:
        made = effects.echo(made, 0.75 * beat_s if beat_s > 0.4 else 1.5 * beat_s, 0.4, 0.7 * echo, stage.rate)
    return made


def _breathes(score: Score, part: Part, production: Production) -> bool:
    """Whether a part swells with the beat: chords do in electronic styles where no drums tell it."""
    drummed = any(other.role == "drums" for other in score.parts)
    return part.role == "other" and part.name not in _MELODIES and production.sound.lift > 0.05 and not drummed


def _placed(made: FloatArray, score: Score, part: Part) -> FloatArray:
    """Return a part in its place between left and right, ``(2, samples)``."""
    place = 0.0
    if part.role == "other" and part.name not in _MIDDLE and len(made) == 1:
        side = [other.name for other in score.parts if other.role == "other" and other.name not in _MIDDLE]
        place = _PLACES[side.index(part.name) % len(_PLACES)] if len(side) > 1 else 0.0
    angle = (1 + place) * np.pi / 4
    gains = np.array([[np.cos(angle)], [np.sin(angle)]], np.float32) * np.float32(np.sqrt(2))
    return np.asarray(made * gains, np.float32)


def _room(part: Part) -> float:
    """Return how far back a part stands."""
    if part.name == "pad":
        return 0.8
    return 0.5 if _is_driven(part) else 1.0
