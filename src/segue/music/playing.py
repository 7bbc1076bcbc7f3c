"""Playing one part of a finished production, dry: by the band's own instruments, or by a soundfont."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from segue.audio.signal import FloatArray
from segue.music.chance import chance
from segue.music.performing import Stage, choked, sample_part, sing_part, times_s
from segue.music.production import Production
from segue.music.score import Part, Score
from segue.music.soundfont import MISTUNED
from segue.music.synthesis.envelopes import faded
from segue.music.synthesis.kits import FORCES, TAKES, Kit
from segue.music.synthesis.patches import SUB, Instrument, Taste, draw_patch
from segue.music.synthesis.spectra import Struck
from segue.music.synthesis.wavetables import play_note

_VOICES: Final = range(52, 55)
#: Programs that a soundfont plays better than we do: pianos, guitars, strings, brass, winds and their like.
_ACOUSTIC: Final = (
    *range(8, 16),
    *range(19, 26),
    *range(32, 36),
    *range(40, 50),
    *range(56, 62),
    *range(64, 80),
    *range(104, 112),
    0,
    1,
    3,
    6,
)
#: Styles whose bass, where it lies low on a synthesiser, is a sub bass.
_SUB_STYLES: Final = ("trap", "hip_hop", "drum_and_bass")
_SYNTH_BASSES: Final = (38, 39)
_HUMAN_KITS: Final = ("jazz", "concert")
_STEP_S: Final = 0.05
_LONG_STEP_S: Final = 0.2
_ADJACENT_S: Final = 0.04
_CHOKE_FADE: Final = 220
#: Where drums stand, -1 left to 1 right, as the audience sees them.
_PLACES: Final[Mapping[int, float]] = {
    42: 0.3, 44: 0.3, 46: 0.3, 49: -0.45, 57: 0.5, 51: 0.45, 53: 0.45, 59: 0.45, 52: -0.5, 55: -0.35,
    50: -0.3, 48: -0.2, 47: 0.0, 45: 0.15, 43: 0.35, 41: 0.4, 54: -0.35, 82: 0.4, 70: 0.4, 69: -0.4,
    62: -0.35, 63: -0.3, 64: -0.2, 60: 0.3, 61: 0.35, 56: 0.25, 75: -0.3, 37: 0.05,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Sounding:
    """What tells one note's sound from another's: those that agree in all of it are made once."""

    pitch: int
    steps: int
    force: int
    before: int


def play_part(score: Score, part: Part, stage: Stage, production: Production, *, take: int = 0) -> FloatArray:
    """Return a part as its instrument sounds, ``(1 or 2, samples)``.

    Parameters
    ----------
    score
        Says when beats fall.
    part
        What is played.
    stage
        Where.
    production
        Whose instruments.
    take
        Which of several takes: they differ as a player's do.
    """
    if part.name in stage.recorded:
        return _recorded(stage.recorded[part.name], stage)
    if part.role == "drums":
        return _drums(score, part, stage, production)
    if part.role == "vocals" or (part.role == "bass" and part.program in _VOICES):
        return sing_part(score, part, stage)
    if stage.soundfont is not None and part.program in _ACOUSTIC and part.program not in MISTUNED:
        return sample_part(score, part, stage, stage.soundfont)
    return _notes(score, part, stage, _instrument(score, part, production), take)


def _recorded(samples: FloatArray, stage: Stage) -> FloatArray:
    """Return a recording as long as the stage has it."""
    made = np.zeros((1, stage.length), np.float32)
    kept = samples[: stage.length]
    made[0, : kept.size] = kept
    return made


def _instrument(score: Score, part: Part, production: Production) -> Instrument:
    """Return the band's instrument for a part."""
    if part.role == "bass" and part.program in _SYNTH_BASSES and score.style in _SUB_STYLES:
        return SUB
    own = chance(production.seed, "instrument", part.program)
    return draw_patch(own, part.program, Taste(production.brightness))


def _notes(score: Score, part: Part, stage: Stage, instrument: Instrument, take: int) -> FloatArray:
    """Play every note, each kind of note once."""
    channels = 1 if isinstance(instrument, Struck) else instrument.channels
    made: FloatArray = np.zeros((channels, stage.length), np.float32)
    starts, lengths = times_s(score, part)
    if take:
        starts = starts + chance(stage.seed, "take", part.name, take).normal(0.0, 0.006, starts.size)
    known: dict[_Sounding, FloatArray] = {}
    before, ended = 0, -1.0
    glides = not isinstance(instrument, Struck) and instrument.glide_s > 0
    for note, start, length in zip(part.notes, starts.tolist(), lengths.tolist(), strict=True):
        near = glides and start - ended < _ADJACENT_S and before != note.pitch
        kind = _Sounding(note.pitch, _steps(length), min(2, note.velocity // 43), before if near else 0)
        if kind not in known:
            known[kind] = _sound(instrument, kind, stage, chance(stage.seed, "note", part.name, take, *_words(kind)))
        at = max(0, round(start * stage.rate))
        tone = known[kind][:, : max(0, stage.length - at)]
        made[:, at : at + tone.shape[1]] += tone * np.float32((note.velocity / 100) ** 1.5)
        before, ended = note.pitch, start + length
    return made


def _steps(length_s: float) -> int:
    """Return a length in steps of a twentieth of a second; long notes by coarser ones, never shorter than they are."""
    fine = max(1, round(length_s / _STEP_S))
    coarse = round(_LONG_STEP_S / _STEP_S)
    return fine if fine < 5 * coarse else -(-fine // coarse) * coarse


def _words(kind: _Sounding) -> tuple[int, ...]:
    return kind.pitch, kind.steps, kind.force, kind.before


def _sound(instrument: Instrument, kind: _Sounding, stage: Stage, rng: np.random.Generator) -> FloatArray:
    """Make the sound of one kind of note."""
    hz, held_s, force = stage.hertz(kind.pitch), kind.steps * _STEP_S, kind.force / 2
    if isinstance(instrument, Struck):
        return faded(instrument.play(hz, held_s=held_s, force=force, rate=stage.rate), 8, 256)
    from_hz = stage.hertz(kind.before) if kind.before else None
    return play_note(instrument, hz, rng, held_s=held_s, force=force, rate=stage.rate, from_hz=from_hz)


def _drums(score: Score, part: Part, stage: Stage, production: Production) -> FloatArray:
    """Play drums: each stroke another take of its drum, as bright as it is strong."""
    kit = Kit(production.kit, int(chance(production.seed, "kit").integers(1 << 31)), stage.rate)
    rng = chance(stage.seed, "strokes", part.name)
    made = np.zeros((2, stage.length), np.float32)
    starts, _ = times_s(score, part)
    spans = choked([note.pitch for note in part.notes], np.round(starts * stage.rate).astype(int), stage)
    for note, (at, end) in zip(part.notes, spans, strict=True):
        stroke = kit.stroke(note.pitch, int(rng.integers(TAKES)), min(FORCES - 1, note.velocity // 43))
        if end - at < stroke.size:
            stroke = faded(stroke[: end - at].copy(), 0, min(end - at, _CHOKE_FADE))
        gain = (note.velocity / 110) ** 1.7
        place = _PLACES.get(note.pitch, 0.0)
        made[0, at : at + stroke.size] += stroke * np.float32(gain * (1 - place))
        made[1, at : at + stroke.size] += stroke * np.float32(gain * (1 + place))
    return made
