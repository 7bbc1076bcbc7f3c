"""Playing a part through a General MIDI soundfont."""

from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
import soxr
from symusic import core

from segue.audio.signal import FloatArray
from segue.music.score import Part

_QUALITY: Final = 2
_CONCERT_HZ: Final = 440.0
_LOUDEST: Final = 110
#: A synthesiser holds the voices that sound: no two parts may share it at one time.
_ONE_AT_A_TIME: Final = Lock()
#: Programs of MuseScore_General that symusic 0.5.8 plays out of tune (a layer is a semitone off): our own synthesis
#: plays them.
MISTUNED: Final = (10, 16, 72, 88, 92)


def play_soundfont(
    part: Part,
    starts_s: np.ndarray,
    lengths_s: np.ndarray,
    *,
    soundfont: Path,
    rate: int,
    length: int,
    concert_hz: float = _CONCERT_HZ,
) -> FloatArray:
    """Return a part as a soundfont plays it, ``(2, samples)``.

    Parameters
    ----------
    part
        Its notes' pitches and velocities, its program, and whether it drums.
    starts_s, lengths_s
        When each note begins and how long it lasts, seconds.
    soundfont
        An ``.sf2`` or ``.sf3`` file.
    rate
        Hz.
    length
        How many samples.
    concert_hz
        The pitch of A4. The part is played slower or faster and then resampled to reach it.
    """
    faster = concert_hz / _CONCERT_HZ
    track = core.TrackSecond(part.name, part.program, part.role == "drums")  # type: ignore[call-arg] # its stubs lack this
    notes = zip(part.notes, starts_s.tolist(), lengths_s.tolist(), strict=True)
    for note, start, held in notes:
        pitch, velocity = min(max(note.pitch, 0), 127), min(note.velocity, _LOUDEST)
        track.notes.append(core.NoteSecond(start * faster, held * faster, pitch, velocity))
    score = core.ScoreSecond(480)  # type: ignore[arg-type] # its stubs lack this
    score.tracks.append(track)
    with _ONE_AT_A_TIME:
        played = np.asarray(_synthesiser(soundfont, rate).render(score, stereo=True), dtype=np.float32)
    if faster != 1.0:
        played = np.asarray(soxr.resample(played.T, rate * faster, rate, quality="MQ").T, dtype=np.float32)
    made = np.zeros((2, length), np.float32)
    kept = played[:, :length]
    made[:, : kept.shape[1]] = kept
    return made


@lru_cache(maxsize=3)
def _synthesiser(soundfont: Path, rate: int) -> core.Synthesizer:
    """Return a synthesiser that has a soundfont open."""
    return core.Synthesizer(str(soundfont), rate, _QUALITY)
