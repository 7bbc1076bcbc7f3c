"""Rendering a score: every part played, shaped and placed in a stem, the stems mixed, the mix mastered."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, get_args

import numpy as np
from numpy.typing import NDArray

from segue.audio.signal import Audio, FloatArray
from segue.music import effects
from segue.music.chance import between, between_log, chance, pick
from segue.music.grooves import KICKS
from segue.music.performing import Stage, perform
from segue.music.score import Part, Role, Score
from segue.music.styles import STYLES, Span, Style

ROLES: Final[tuple[Role, ...]] = get_args(Role)
_TAIL_S: Final = (0.6, 2.5)
_PREMASTER_PEAK: Final = 0.7
_CEILING: Final = (0.8, 0.985)
#: How loud a role is in the mix, dB, and how much that varies from song to song.
_LEVELS: Final[dict[Role, tuple[float, float]]] = {
    "drums": (0.0, 3.0),
    "bass": (-1.5, 3.0),
    "vocals": (0.5, 3.0),
    "other": (-1.5, 3.0),
}
#: How loud a part is beside the others of its role, dB.
_PART_LEVELS: Final = {"pad": -5.0, "second chords": -3.0, "percussion": -7.0, "lead": 1.5, "second voice": -5.0}
_DISTORTED: Final = (29, 30)


@dataclass(frozen=True, slots=True)
class Rendering:
    """A score in sound.

    Attributes
    ----------
    score
        What was played.
    stems
        One ``(2, samples)`` a role, all four, silent where nobody has the role.
    premaster
        Their sum.
    mix
        The mastered mix: what a listener gets.
    """

    score: Score
    stems: dict[Role, FloatArray] = field(repr=False)
    premaster: Audio
    mix: Audio


def render(
    score: Score, *, seed: int | None = None, soundfont: Path | None = None, sample_rate: int = 44100
) -> Rendering:
    """Render a score.

    Parameters
    ----------
    score
        What is to be played.
    seed
        Draws sounds, rooms, levels and mastering; the score's own where there is none. The same seed gives the same
        bytes.
    soundfont
        A General MIDI soundfont (``.sf2``, ``.sf3``) that plays the parts which its style gives it. Without it, our own
        synthesis plays all of them.
    sample_rate
        Hz, 16000 or more.
    """
    chosen = score.seed if seed is None else seed
    style = _style(score)
    rng = chance(chosen, "stage")
    stage = Stage(
        seed=chosen,
        rate=sample_rate,
        length=round((float(score.beats_s[-1]) + between(rng, _TAIL_S)) * sample_rate),
        concert_hz=440.0 if rng.random() < 0.6 else between(rng, (430.0, 450.0)),
        soundfont=soundfont,
    )
    stems: dict[Role, FloatArray] = {}
    for role in ROLES:
        dry, send = np.zeros((2, stage.length), np.float32), np.zeros((2, stage.length), np.float32)
        for part in score.parts:
            if part.role == role:
                shaped = _shaped(score, part, style, stage)
                dry += shaped
                send += shaped * np.float32(chance(chosen, "send", part.name).uniform(0.3, 1.0))
        stems[role] = _roomed(chance(chosen, "room", role), dry, send, space=style.space, role=role, rate=sample_rate)
    stems = _mixed(stems, score, style, stage)
    premaster = Audio(_sum(stems), sample_rate)
    return Rendering(score, stems, premaster, _mastered(chance(chosen, "master"), premaster, style))


def _style(score: Score) -> Style:
    """Return a score's style; what is unknown sounds like pop."""
    return next((style for style in STYLES.values() if style.name == score.style), STYLES["pop"])


def _shaped(score: Score, part: Part, style: Style, stage: Stage) -> FloatArray:
    """Return a part with its effects, at the level that its place in the band asks for, ``(2, samples)``."""
    rng = chance(stage.seed, "effects", part.name)
    made = perform(score, part, stage, electronic=style.band.synthetic)
    made = effects.filtered(made, effects.random_equaliser(rng, stage.rate, 2.5))
    if part.program in _DISTORTED or (part.role == "other" and rng.random() < style.distortion * 0.2):
        made = effects.amplify(made.mean(axis=0, keepdims=True), rng, stage.rate)
    elif rng.random() < 0.3:
        made = effects.saturate(made, between_log(rng, (0.6, 5.0)))
    if part.role != "drums" and rng.random() < 0.5:
        made = effects.filtered(made, effects.low_pass(between_log(rng, (1500.0, 16000.0)), stage.rate))
    if part.role in ("other", "vocals") and rng.random() < 0.2:
        made = effects.chorus(made.mean(axis=0, keepdims=True), rng, stage.rate)
    if part.role in ("other", "vocals") and rng.random() < 0.25:
        beat_s = 60 / score.tempo_bpm
        delay_s = beat_s * pick(rng, (0.5, 0.75, 1.0, 0.25, 1 / 3))
        made = effects.echo(made, delay_s, between(rng, (0.1, 0.6)), between(rng, (0.1, 0.45)), stage.rate)
    if part.role != "bass" or rng.random() < 0.5:
        floor = {"drums": 25.0, "bass": 30.0, "vocals": 90.0, "other": 60.0}[part.role]
        made = effects.filtered(made, effects.high_pass(between_log(rng, (floor, floor * 3)), stage.rate))
    if rng.random() < {"drums": 0.6, "bass": 0.6, "vocals": 0.8, "other": 0.25}[part.role]:
        made = effects.compress(
            made,
            stage.rate,
            over_db=between(rng, (4.0, 18.0)),
            ratio=between(rng, (1.5, 8.0)),
            release_s=between_log(rng, (0.05, 0.4)),
        )
    return _levelled(np.broadcast_to(made, (2, stage.length)), part, rng, stage.rate)


def _levelled(made: FloatArray, part: Part, rng: np.random.Generator, rate: int) -> FloatArray:
    """Bring a part to its level, and to its place between left and right."""
    level_db = float(np.percentile(effects.envelope_db(made, rate, 0.3), 90))
    wanted_db = -22.0 + _PART_LEVELS.get(part.name, 0.0) + rng.normal(0, 2.0)
    gain = 10 ** (float(np.clip(wanted_db - max(level_db, -90.0), -60, 60)) / 20)
    spread = {"drums": 0.05, "bass": 0.03, "vocals": 0.08, "other": 0.6}[part.role]
    place = between(rng, (-spread, spread))
    sides = np.array([[1 - place], [1 + place]], np.float32) * np.float32(gain)
    made = made * sides
    if part.role == "bass":
        made = effects.widened(made, between(rng, (0.0, 0.4)))
    return np.asarray(made, np.float32)


def _roomed(
    rng: np.random.Generator, stem: FloatArray, send: FloatArray, *, space: Span, role: Role, rate: int
) -> FloatArray:
    """Add the room of a stem to it."""
    if not send.any() or rng.random() < 0.1:
        return stem
    length_s = between_log(rng, space) * {"drums": 0.5, "bass": 0.4, "vocals": 1.0, "other": 1.0}[role]
    wet = between(rng, {"drums": (0.0, 0.3), "bass": (0.0, 0.08), "vocals": (0.05, 0.4), "other": (0.03, 0.4)}[role])
    return stem + np.float32(wet) * effects.reverberated(send, effects.draw_room(rng, length_s, rate))


def _kick_times_s(score: Score) -> NDArray[np.float64]:
    """Return when kicks fall."""
    beats = [note.start for part in score.parts if part.role == "drums" for note in part.notes if note.pitch in KICKS]
    return np.sort(score.seconds(np.array(beats, dtype=np.float64)))


def _mixed(stems: dict[Role, FloatArray], score: Score, style: Style, stage: Stage) -> dict[Role, FloatArray]:
    """Balance the stems, let the kick push the others where the style does, and leave headroom."""
    rng = chance(stage.seed, "balance")
    gains = {role: 10 ** ((level + rng.normal(0, spread)) / 20) for role, (level, spread) in _LEVELS.items()}
    balanced = {role: stem * np.float32(gains[role]) for role, stem in stems.items()}
    if rng.random() < style.pumping:
        depth, release_s = between(rng, (0.2, 0.9)), 60 / score.tempo_bpm * between(rng, (0.3, 0.9))
        duck = effects.ducking(_kick_times_s(score), depth, release_s, stage.length, stage.rate)
        for role in ("bass", "other"):
            balanced[role] = balanced[role] * duck
    total = _sum(balanced)
    gain = np.float32(_PREMASTER_PEAK / max(1e-6, float(np.abs(total).max())))
    return {role: stem * gain for role, stem in balanced.items()}


def _sum(stems: dict[Role, FloatArray]) -> FloatArray:
    """Return the sum of the stems, always added in the same order."""
    total: FloatArray = stems["vocals"] + stems["drums"] + stems["bass"] + stems["other"]
    return total


def _mastered(rng: np.random.Generator, premaster: Audio, style: Style) -> Audio:
    """Equalise, glue, drive into a limiter to the loudness that is drawn; sometimes over an old medium."""
    rate = premaster.sample_rate
    made = effects.filtered(premaster.samples, effects.random_equaliser(rng, rate, 1.2))
    if rng.random() < 0.6:
        made = effects.compress(
            made, rate, over_db=between(rng, (2.0, 10.0)), ratio=between(rng, (1.2, 3.0)), release_s=0.2, window_s=0.03
        )
    made = effects.widened(made, between(rng, (0.5, 1.3)) if rng.random() < 0.4 else 1.0)
    if rng.random() < 0.15:
        made = effects.low_fidelity(made, rng, rate)
    level_db = float(np.percentile(effects.envelope_db(made, rate, 0.4), 80))
    wanted_db = between(rng, style.loudness_lufs)
    made = made * np.float32(10 ** (float(np.clip(wanted_db - level_db, -60.0, 40.0)) / 20))
    return Audio(effects.limit(made, between(rng, _CEILING), rate), rate)
