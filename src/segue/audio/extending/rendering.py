"""Playing a walk: stretches of sound, faded over into each other, block by block."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Final

import numpy as np

from segue.audio.extending.graph import Jump
from segue.audio.extending.seams import Seam, fade_gains, likeness
from segue.audio.extending.walking import Walk
from segue.audio.reading import give_back
from segue.audio.signal import Audio, FloatArray

_BLOCK_SAMPLES: Final = 1 << 16
#: A level that was moved to meet what was before comes back within so many seconds.
_BACK_S: Final = 8.0
#: How far a seam may be moved in the end, in samples of the song's own rate, and over how much it is compared.
_REACH, _COMPARED_S = 4, 0.03
_ALIKE: Final = 0.3
#: A clip is joined where it is the song itself: within so many samples.
CLIP_FADE: Final = 256


@dataclass(frozen=True, slots=True)
class Clip:
    """New music, with some of the song before and after it.

    Attributes
    ----------
    audio
        Of the song's rate and number of channels.
    start, leave
        Up to this sample it is the song up to that sample of the song.
    end, enter
        From this sample on it is the song from that sample on.
    """

    audio: Audio = field(repr=False)
    start: int
    leave: int
    end: int
    enter: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of sound.

    Attributes
    ----------
    audio
        What it is taken from.
    start, end
        Samples of it; where it goes over into another piece, the middles of the fades.
    fade
        Samples that the fade from the piece before lasts, even; 0 for a piece that begins at once.
    correlation
        How much the two are alike within the fade, 0 to 1.
    gain_db
        By how much it is raised in the beginning.
    """

    audio: Audio = field(repr=False)
    start: int
    end: int
    fade: int = 0
    correlation: float = 0.0
    gain_db: float = 0.0

    @property
    def length(self) -> int:
        """Samples."""
        return self.end - self.start

    def gains(self, start: int, length: int) -> FloatArray:
        """Return the gain of samples that begin so many after the piece's own first."""
        since_s = np.maximum(np.arange(start, start + length), 0) / self.audio.sample_rate
        return np.asarray(10 ** (self.gain_db * np.maximum(0.0, 1.0 - since_s / _BACK_S) / 20), dtype=np.float32)


def pieces_of(audio: Audio, walk: Walk, clips: Sequence[Clip] = ()) -> tuple[Piece, ...]:
    """Return what a walk plays, its seams brought to the sample.

    Parameters
    ----------
    audio
        The song.
    walk
        Its plan.
    clips
        The sound of each of `Walk.bridges`.

    Raises
    ------
    ValueError
        If there is not a clip for each bridge.
    """
    if len(clips) != len(walk.bridges):
        raise ValueError(f"{len(walk.bridges)} bridges need as many clips, not {len(clips)}")
    pieces = [Piece(audio, 0, audio.length)]
    left = iter(clips)
    for stretch in walk.stretches[1:]:
        if isinstance(stretch.after, Jump):
            pieces[-1:] = _joined(pieces[-1], stretch.after.seam)
        else:
            clip = next(left)
            pieces[-1:] = [
                replace(pieces[-1], end=clip.leave),
                Piece(clip.audio, clip.start, clip.end, CLIP_FADE, 1.0),
                Piece(audio, clip.enter, audio.length, CLIP_FADE, 1.0),
            ]
    return tuple(pieces)


def play(pieces: Sequence[Piece]) -> Iterator[FloatArray]:
    """Yield what pieces sound like one after the other, ``(channels, n)`` each, in memory that does not grow."""
    begins = [0, *accumulate(piece.length for piece in pieces)]
    for start in range(0, begins[-1], _BLOCK_SAMPLES):
        end = min(start + _BLOCK_SAMPLES, begins[-1])
        block = np.zeros((pieces[0].audio.channels, end - start), dtype=np.float32)
        index = max(bisect_right(begins, start) - 2, 0)
        while index < len(pieces) and begins[index] - pieces[index].fade // 2 < end:
            _add(block, pieces, index, start - begins[index])
            index += 1
        yield block
        give_back(pieces[0].audio)


def _joined(before: Piece, seam: Seam) -> list[Piece]:
    """Return a piece that goes over into another at a seam, and that one, to the song's end."""
    audio = before.audio
    rate = audio.sample_rate
    leave, enter = round(seam.leave_s * rate), round(seam.enter_s * rate)
    enter += _last_lag(audio, leave, enter)
    half = max(1, round(seam.fade_s * rate / 2))
    half = max(1, min(half, leave, enter, audio.length - leave, audio.length - enter))
    correlation = likeness(_around(audio, leave, half), _around(audio, enter, half))
    return [replace(before, end=leave), Piece(audio, enter, audio.length, 2 * half, correlation, seam.gain_db)]


def _last_lag(audio: Audio, leave: int, enter: int) -> int:
    """Return by how many samples two stretches that are alike lie nearer than was found at a lower rate."""
    half = round(_COMPARED_S * audio.sample_rate)
    ours = _around(audio, leave, half)
    alike = [likeness(ours, _around(audio, enter + lag, half)) for lag in range(-_REACH, _REACH + 1)]
    best = int(np.argmax(alike))
    return best - _REACH if alike[best] > max(_ALIKE, alike[_REACH]) else 0


def _around(audio: Audio, middle: int, half: int) -> FloatArray:
    return _cut(audio, middle - half, middle + half)


def _cut(audio: Audio, start: int, end: int) -> FloatArray:
    """Return a stretch, silent where the audio has none, ``(channels, end - start)``."""
    inside = np.asarray(audio.samples[:, max(start, 0) : max(end, 0)], dtype=np.float32)
    before = min(max(-start, 0), end - start)
    return np.pad(inside, ((0, 0), (before, end - start - before - inside.shape[1])))


def _add(block: FloatArray, pieces: Sequence[Piece], index: int, offset: int) -> None:
    """Add to a block, which begins so many samples after a piece does, what sounds of the piece in it."""
    piece = pieces[index]
    fade_out = pieces[index + 1] if index + 1 < len(pieces) else None
    first = max(offset, -(piece.fade // 2))
    last = min(offset + block.shape[1], piece.length + (fade_out.fade // 2 if fade_out else 0))
    if last <= first:
        return
    sound = _cut(piece.audio, piece.start + first, piece.start + last)
    if piece.gain_db and first < _BACK_S * piece.audio.sample_rate:
        sound = sound * piece.gains(first, last - first)
    if piece.fade and first < piece.fade // 2:
        _fade(sound, fade_gains(piece.fade, piece.correlation)[1], first + piece.fade // 2)
    if fade_out and fade_out.fade and last > piece.length - fade_out.fade // 2:
        _fade(sound, fade_gains(fade_out.fade, fade_out.correlation)[0], first - piece.length + fade_out.fade // 2)
    block[:, first - offset : last - offset] += sound


def _fade(sound: FloatArray, gains: FloatArray, offset: int) -> None:
    """Multiply in place a sound, which begins so many samples after the gains do, by what of them lies on it."""
    first, last = max(-offset, 0), min(gains.size - offset, sound.shape[1])
    if last > first:
        sound[:, first:last] *= gains[first + offset : last + offset]
