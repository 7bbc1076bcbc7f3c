"""Playing one part, dry: by our own instruments or by a soundfont."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from segue.audio.signal import FloatArray
from segue.music.chance import between, chance
from segue.music.score import Part, Score
from segue.music.soundfont import MISTUNED, play_soundfont
from segue.music.synthesis.drums import DrumKit
from segue.music.synthesis.envelopes import faded
from segue.music.synthesis.singing import draw_voice, line
from segue.music.synthesis.timbres import AUDIBLE_WIDTH, draw_timbre, sound

_VOICES: Final = (52, 53, 54)
#: A soundfont has choirs that hum; words are sung by us.
_SUNG_BY_US: Final = 0.9
_CONCERT_HZ: Final = 440.0
_SHORTEST_STEP_S: Final = 0.05
#: Where a kit's drums stand, -1 left to 1 right, times the kit's width.
_DRUM_PLACES: Final = {
    42: 0.5,
    44: 0.5,
    46: 0.5,
    49: -0.6,
    51: 0.7,
    57: 0.8,
    50: -0.4,
    47: 0.1,
    43: 0.5,
    54: -0.5,
    82: 0.6,
    62: -0.4,
    64: -0.2,
}


#: Drums that the next stroke of their group ends.
_CHOKED: Final = {35: "kick", 36: "kick", 42: "hat", 44: "hat", 46: "hat"}
_CHOKE_FADE: Final = 200


@dataclass(frozen=True, slots=True)
class Stage:
    """What all parts of a rendering share: seed, sample rate, length in samples, the pitch of A4, and the soundfont.

    Parts in ``recorded`` are not played: they sound as they were recorded, ``(samples,)`` each.
    """

    seed: int
    rate: int
    length: int
    concert_hz: float
    soundfont: Path | None
    recorded: Mapping[str, FloatArray] = field(default_factory=dict)

    def hertz(self, pitch: float) -> float:
        """Return the frequency of a MIDI number."""
        return float(self.concert_hz * 2 ** ((pitch - 69) / 12))


def perform(score: Score, part: Part, stage: Stage, *, synthetic: float) -> FloatArray:
    """Return a part as its instrument sounds, ``(1 or 2, samples)``.

    Parameters
    ----------
    score
        Says when beats fall.
    part
        What is played.
    stage
        Where.
    synthetic
        Share of parts that our own instruments play although there is a soundfont; and of our own drums, how many are
        oscillators rather than membranes.
    """
    sings = part.role == "vocals" or part.program in _VOICES
    own = chance(stage.seed, "player", part.name).random() < (_SUNG_BY_US if sings else synthetic)
    mistuned = part.role != "drums" and part.program in MISTUNED
    if stage.soundfont is not None and not own and not mistuned:
        return sample_part(score, part, stage, stage.soundfont)
    if part.role == "drums":
        return _drums(score, part, stage, synthetic)
    return sing_part(score, part, stage) if sings else _instrument(score, part, stage)


def times_s(score: Score, part: Part) -> tuple[np.ndarray, np.ndarray]:
    """Return when each note of a part begins, and how long it lasts, in seconds."""
    starts = score.seconds(np.array([note.start for note in part.notes]))
    ends = score.seconds(np.array([note.start + note.duration for note in part.notes]))
    return starts, ends - starts


def _drums(score: Score, part: Part, stage: Stage, electronic: float) -> FloatArray:
    rng = chance(stage.seed, "kit", part.name)
    kit = DrumKit(int(rng.integers(1 << 31)), stage.rate, electronic)
    width = between(rng, (0.0, 0.9))
    levels = {key: 10 ** (rng.normal(0, 2.0) / 20) * _level(key) for key in sorted({note.pitch for note in part.notes})}
    made = np.zeros((2, stage.length), np.float32)
    starts, _ = times_s(score, part)
    until = choked([note.pitch for note in part.notes], np.round(starts * stage.rate).astype(int), stage)
    for note, (at, end) in zip(part.notes, until, strict=True):
        stroke = kit.stroke(note.pitch, int(rng.integers(3)))
        if end - at < stroke.size:
            stroke = faded(stroke[: end - at].copy(), 0, min(end - at, _CHOKE_FADE))
        gain = levels[note.pitch] * (note.velocity / 110) ** 1.7
        place = _DRUM_PLACES.get(note.pitch, 0.0) * width
        made[0, at : at + stroke.size] += stroke * np.float32(gain * (1 - place * 0.7))
        made[1, at : at + stroke.size] += stroke * np.float32(gain * (1 + place * 0.7))
    return made


def choked(keys: list[int], starts: np.ndarray, stage: Stage) -> list[tuple[int, int]]:
    """Return from which sample to which each stroke may sound: kicks and hats are ended by the next of their kind."""
    following: dict[str, int] = {}
    spans = []
    for key, start in zip(reversed(keys), reversed(starts.tolist()), strict=True):
        at = min(start, stage.length)
        group = _CHOKED.get(key, "")
        spans.append((at, min(following.get(group, stage.length), stage.length)))
        if group:
            following[group] = at
    return spans[::-1]


def sample_part(score: Score, part: Part, stage: Stage, soundfont: Path) -> FloatArray:
    """Return a part as a soundfont plays it, ``(2, samples)``."""
    starts, lengths = times_s(score, part)
    return play_soundfont(
        part,
        starts,
        lengths,
        soundfont=soundfont,
        rate=stage.rate,
        length=stage.length,
        concert_hz=_CONCERT_HZ if part.role == "drums" else stage.concert_hz,
    )


def _level(key: int) -> float:
    """Return how loud a drum is beside a kick."""
    if key in (35, 36):
        return 1.0
    if key in (37, 38, 39, 40):
        return 0.7
    if key in (41, 43, 45, 47, 48, 50):
        return 0.7
    if key in (49, 57):
        return 0.35
    return 0.25


def _instrument(score: Score, part: Part, stage: Stage) -> FloatArray:
    rng = chance(stage.seed, "sound", part.name)
    timbre = draw_timbre(rng, part.program)
    channels = 2 if timbre.unison > 1 and timbre.width > AUDIBLE_WIDTH else 1
    made: FloatArray = np.zeros((channels, stage.length), np.float32)
    known: dict[tuple[int, int, int], FloatArray] = {}
    starts, lengths = times_s(score, part)
    for note, start, length in zip(part.notes, starts, lengths, strict=True):
        steps = max(1, round(float(length) / _SHORTEST_STEP_S))
        force = min(2, note.velocity // 43)
        kind = (note.pitch, steps, force)
        if kind not in known:
            own = chance(stage.seed, "note", part.name, *kind)
            known[kind] = sound(
                timbre, stage.hertz(note.pitch), own, held_s=steps * _SHORTEST_STEP_S, bright=force / 2, rate=stage.rate
            )
        at = round(float(start) * stage.rate)
        tone = known[kind][:, : max(0, stage.length - at)]
        made[:, at : at + tone.shape[1]] += tone * np.float32((note.velocity / 100) ** 1.5)
    return made


def sing_part(score: Score, part: Part, stage: Stage) -> FloatArray:
    """Sing a part; where notes overlap, more than one singer does."""
    rng = chance(stage.seed, "singer", part.name)
    starts, lengths = times_s(score, part)
    singers: list[list[tuple[float, float, float, float]]] = []
    for note, start, length in zip(part.notes, starts, lengths, strict=True):
        entry = (float(start), float(length), stage.hertz(note.pitch), (note.velocity / 100) ** 1.3)
        free = next((sung for sung in singers if sung[-1][0] + sung[-1][1] <= entry[0] + 0.02), None)
        if free is None:
            singers.append([entry])
        else:
            free.append(entry)
    middle = float(np.mean([note.pitch for note in part.notes]))
    if len(singers) == 1:
        only = line(
            singers[0], stage.length, stage.rate, draw_voice(rng, middle), chance(stage.seed, "syllables", part.name)
        )
        return only[None]
    made: FloatArray = np.zeros((2, stage.length), np.float32)
    for index, sung in enumerate(singers):
        voice = draw_voice(rng, middle)
        place = 1.6 * index / (len(singers) - 1) - 0.8
        mono = line(sung, stage.length, stage.rate, voice, chance(stage.seed, "syllables", part.name, index))
        made += np.array([[1 - 0.5 * place], [1 + 0.5 * place]], np.float32) * mono
    return made
