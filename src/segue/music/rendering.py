"""Rendering a score: every part played, shaped and placed in a stem, the stems mixed, the mix mastered."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, get_args

import numpy as np
from numpy.typing import NDArray

from segue.audio.signal import Audio, FloatArray
from segue.music import effects
from segue.music.blending import style_of
from segue.music.chance import between, between_log, chance, pick
from segue.music.channel import channel_strip
from segue.music.grooves import KICKS
from segue.music.performing import Stage
from segue.music.score import Role, Score
from segue.music.styles import Span, Style

ROLES: Final[tuple[Role, ...]] = get_args(Role)
_TAIL_S: Final = (0.6, 2.5)
_FADE_S: Final = 0.3
_PREMASTER_PEAK: Final = 0.7
_CEILING: Final = (0.8, 0.985)
#: How loud a role is in the mix, dB, and how much that varies from song to song.
_LEVELS: Final[dict[Role, tuple[float, float]]] = {
    "drums": (0.0, 3.0),
    "bass": (-2.5, 3.0),
    "vocals": (0.5, 3.0),
    "other": (-1.5, 3.0),
}


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

    Raises
    ------
    FileNotFoundError
        If there is no such soundfont.
    """
    if soundfont is not None and not soundfont.is_file():
        raise FileNotFoundError(f"There is no soundfont {soundfont}.")
    chosen = score.seed if seed is None else seed
    style = style_of(score)
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
        stems[role] = np.zeros((2, stage.length), np.float32)
        send = np.zeros(stage.length, np.float32)
        for part in score.parts:
            if part.role == role:
                shaped = channel_strip(score, part, style, stage)
                stems[role] += shaped
                send += (shaped[0] + shaped[1]) * np.float32(chance(chosen, "send", part.name).uniform(0.15, 0.5))
        if role == "other" and score.parts and chance(chosen, "risers").random() < style.pumping * 0.5:
            _add_risers(chance(chosen, "risers", "sound"), score, stems[role], sample_rate)
        _add_room(chance(chosen, "room", role), stems[role], send, space=style.space, role=role, rate=sample_rate)
    _mix(stems, score, style, stage)
    premaster = Audio(sum_stems(stems), sample_rate)
    return Rendering(score, stems, premaster, _mastered(chance(chosen, "master"), premaster, style))


def _add_risers(rng: np.random.Generator, score: Score, stem: FloatArray, rate: int) -> None:
    """Lead into choruses with noise that rises, as dance music does; in place."""
    level = np.float32(10 ** (between(rng, (-30.0, -16.0)) / 20))
    for section in score.sections:
        if section.label == "chorus" and section.start >= 2 * score.beats_per_bar and rng.random() < 0.8:
            bars = pick(rng, (0.5, 1.0, 2.0))
            start, end = score.seconds(np.array([section.start - bars * score.beats_per_bar, section.start]))
            sound = effects.riser(rng, float(end - start), rate)
            at = round(float(start) * rate)
            stem[:, at : at + sound.shape[1]] += level * sound[:, : stem.shape[1] - at]


def _add_room(
    rng: np.random.Generator, stem: FloatArray, send: FloatArray, *, space: Span, role: Role, rate: int
) -> None:
    """Add the room of a stem to it, in place."""
    if not send.any() or rng.random() < {"drums": 0.3, "bass": 0.7, "vocals": 0.08, "other": 0.1}[role]:
        return
    length_s = between_log(rng, space) * {"drums": 0.5, "bass": 0.4, "vocals": 1.0, "other": 1.0}[role]
    wet = between(rng, {"drums": (0.0, 0.35), "bass": (0.0, 0.12), "vocals": (0.05, 0.4), "other": (0.03, 0.4)}[role])
    room = effects.draw_room(rng, length_s, rate)
    stem += effects.reverberated(send * np.float32(wet), room)


def kick_times_s(score: Score) -> NDArray[np.float64]:
    """Return when kicks fall."""
    beats = [note.start for part in score.parts if part.role == "drums" for note in part.notes if note.pitch in KICKS]
    return np.sort(score.seconds(np.array(beats, dtype=np.float64)))


def _mix(stems: dict[Role, FloatArray], score: Score, style: Style, stage: Stage) -> None:
    """Balance the stems, let the kick push the others where the style does, and leave headroom; in place."""
    rng = chance(stage.seed, "balance")
    fade = round(_FADE_S * stage.rate)
    gains = {role: 10 ** ((level + rng.normal(0, spread)) / 20) for role, (level, spread) in _LEVELS.items()}
    if rng.random() < style.pumping:
        depth, release_s = between(rng, (0.2, 0.9)), 60 / score.tempo_bpm * between(rng, (0.3, 0.9))
        duck = effects.ducking(kick_times_s(score), depth, release_s, stage.length, stage.rate)
        for role in ("bass", "other"):
            stems[role] *= duck
    for role in ROLES:
        stems[role] *= np.float32(gains[role])
        stems[role][:, -fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    gain = np.float32(_PREMASTER_PEAK / max(1e-6, effects.peak(sum_stems(stems))))
    for role in ROLES:
        stems[role] *= gain


def sum_stems(stems: dict[Role, FloatArray]) -> FloatArray:
    """Return the sum of the stems, always added in the same order."""
    total: FloatArray = stems["vocals"] + stems["drums"]
    total += stems["bass"]
    total += stems["other"]
    return total


def _mastered(rng: np.random.Generator, premaster: Audio, style: Style) -> Audio:
    """Equalise, glue, drive into a limiter to the loudness that is drawn; sometimes over an old medium."""
    rate = premaster.sample_rate
    made = effects.filtered(premaster.samples, effects.random_equaliser(rng, rate, 1.2))
    if rng.random() < 0.6:
        made = effects.compress(
            made, rate, over_db=between(rng, (2.0, 10.0)), ratio=between(rng, (1.2, 3.0)), release_s=0.2, window_s=0.03
        )
    if rng.random() < 0.4:
        made = effects.widened(made, between(rng, (0.5, 1.3)))
    if rng.random() < 0.15:
        made = effects.low_fidelity(made, rng, rate)
    level_db = float(np.percentile(effects.envelope_db(made, rate, 0.4), 80))
    wanted_db = between(rng, style.loudness_lufs)
    made *= np.float32(10 ** (float(np.clip(wanted_db - level_db, -60.0, 40.0)) / 20))
    return Audio(effects.limit(made, between(rng, _CEILING), rate), rate)
