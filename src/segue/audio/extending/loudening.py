"""Bringing a long sound to its loudness while it streams: one gain for all of it, and a limiter where peaks ask for it.

The gain is known before anything is played: the loudness of the whole is gathered from the energies of the stretches
that it is made of. Where no peak would exceed the ceiling, every sample is multiplied by the same number.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from segue.audio.extending.rendering import Piece
from segue.audio.mastering.levels import WeightedPower, gated_loudness, hop_peaks, peak_stretch
from segue.audio.mastering.limiter import reduction_db
from segue.audio.reading import read_blocks
from segue.audio.signal import Audio, FloatArray

_ENERGY_S: Final = 0.01
_LIMITER_S: Final = 0.0007
_STRETCHES: Final = 6
_READ_SAMPLES: Final = 1 << 16
#: Slow releases first, dB per second: the slowest that meets the loudness is taken.
_RELEASES: Final = (60.0, 200.0, 800.0)
_MOST_EXTRA_DB: Final = 12.0
#: Meters differ by this much in how they read between samples.
_MARGIN_DB: Final = 0.15
#: What the limiter must have heard before a block, for any reduction by a louder peak is over by then, and after it.
_BEFORE_S, _AFTER_S = 1.0, 0.05
_NEAR_LU: Final = 0.05
#: Where no sample exceeds this share of the ceiling, nothing between the samples does: music's peaks are not 3 dB off.
_NO_PEAK: Final = 0.7


@dataclass(frozen=True, slots=True)
class Level:
    """How a sound is brought to its loudness.

    Attributes
    ----------
    gain_db
        For all of it.
    ceiling_dbtp
        What the limiter then holds it under.
    release
        How fast the limiter lets go, dB per second.
    """

    gain_db: float
    ceiling_dbtp: float
    release: float


def find_level(pieces: Sequence[Piece], *, target_lufs: float = -14.0, ceiling_dbtp: float = -1.0) -> Level:
    """Find the gain with which pieces, played one after the other, have a loudness.

    Parameters
    ----------
    pieces
        What is played.
    target_lufs
        Integrated loudness of the whole (ITU-R BS.1770-5).
    ceiling_dbtp
        True peak not to exceed.

    Returns
    -------
    Level
        Of silence, and of what is shorter than 0.4 seconds, a gain of 0 dB.
    """
    rate = pieces[0].audio.sample_rate
    loudness = _loudness(pieces)
    if not np.isfinite(loudness):
        return Level(0.0, ceiling_dbtp, _RELEASES[0])
    gain_db, ceiling_dbtp = target_lufs - loudness, ceiling_dbtp - _MARGIN_DB
    song = pieces[0].audio
    hop = max(1, round(_LIMITER_S * rate))
    peaks = _peaks(song, hop, floor=_NO_PEAK * 10 ** ((ceiling_dbtp - gain_db) / 20))
    if 20 * np.log10(max(float(peaks.max()), 1e-9)) + gain_db <= ceiling_dbtp:
        return Level(gain_db, ceiling_dbtp, _RELEASES[0])
    return _limited(peaks, _energy(song, hop), (hop, rate), gain_db, ceiling_dbtp)


def brought_to(level: Level, blocks: Iterator[FloatArray], rate: int) -> Iterator[FloatArray]:
    """Yield blocks at a level: how they are cut makes no difference, and memory does not grow."""
    hop = max(1, round(_LIMITER_S * rate))
    stretch = peak_stretch(hop)
    before, after = -(-round(_BEFORE_S * rate) // stretch) * stretch, round(_AFTER_S * rate)
    held: FloatArray | None = None
    known = 0  # samples at the beginning of `held` that have been yielded
    for block in blocks:
        held = block if held is None else np.concatenate([held, block], axis=1)
        ready = (held.shape[1] - known - after) // (_STRETCHES * stretch) * _STRETCHES * stretch
        if ready > 0:
            yield _levelled(held, slice(known, known + ready), level, hop, rate)
            drop = max(0, known + ready - before)
            held, known = held[:, drop:], known + ready - drop
    if held is not None and held.shape[1] > known:
        yield _levelled(held, slice(known, held.shape[1]), level, hop, rate)


def _levelled(held: FloatArray, inner: slice, level: Level, hop: int, rate: int) -> FloatArray:
    """Return a part of what is held at its level; both begin on a hop."""
    gain = np.float32(10 ** (level.gain_db / 20))
    part = held[:, inner]
    highest = float(np.abs(held).max(initial=0.0)) * float(gain)
    ceiling = 10 ** (level.ceiling_dbtp / 20)
    if highest < _NO_PEAK * ceiling:
        return part * gain
    peaks = hop_peaks(held, hop, floor=_NO_PEAK * ceiling / float(gain))
    reduction = reduction_db(peaks, drive_db=level.gain_db, ceiling=ceiling, hop_s=hop / rate, release=level.release)
    centres = (np.arange(reduction.size) + 0.5) * hop
    turned_down = np.interp(np.arange(inner.start, inner.stop), centres, reduction)
    return part * np.asarray(10 ** ((level.gain_db - turned_down) / 20), dtype=np.float32)


def _loudness(pieces: Sequence[Piece]) -> float:
    """Return the loudness of pieces one after the other, without playing them."""
    energies: dict[int, FloatArray] = {}
    gathered = []
    rate = pieces[0].audio.sample_rate
    hop = round(_ENERGY_S * rate)
    for piece in pieces:
        key = id(piece.audio)
        if key not in energies:
            energies[key] = _energy(piece.audio, hop)
        first = round(piece.start / hop)
        part = energies[key][first : first + round(piece.length / hop)]
        gains = piece.gains(0, part.size * hop)[::hop] if piece.gain_db else np.float32(1.0)
        gathered.append(part * np.square(gains))
    return gated_loudness(np.concatenate(gathered), hop / rate, rate)


def _energy(audio: Audio, hop: int) -> FloatArray:
    power = WeightedPower(audio.channels, audio.sample_rate, hop)
    return np.concatenate([power.push(block) for block in read_blocks(audio, _READ_SAMPLES // hop * hop)])


def _peaks(audio: Audio, hop: int, *, floor: float) -> FloatArray:
    """Return each hop's true peak."""
    return np.concatenate([hop_peaks(block, hop, floor=floor) for block in read_blocks(audio, 64 * peak_stretch(hop))])


def _limited(
    peaks: FloatArray, energy: FloatArray, grid: tuple[int, int], gain_db: float, ceiling_dbtp: float
) -> Level:
    """Find how much more gain makes up for what the limiter takes, on the song: the rest is made of it."""
    hop, rate = grid
    wanted = gated_loudness(energy, hop / rate, rate) + gain_db
    best, least = Level(gain_db, ceiling_dbtp, _RELEASES[-1]), np.inf
    for release in _RELEASES:
        drive_db = gain_db
        for _ in range(8):
            reduction = reduction_db(
                peaks, drive_db=drive_db, ceiling=10 ** (ceiling_dbtp / 20), hop_s=hop / rate, release=release
            )
            reached = gated_loudness(
                energy * np.asarray(10 ** ((drive_db - reduction) / 10), dtype=np.float32), hop / rate, rate
            )
            short = wanted - reached
            if abs(short) < least - _NEAR_LU / 2:
                best, least = Level(drive_db, ceiling_dbtp, release), abs(short)
            if abs(short) < _NEAR_LU or drive_db + short > gain_db + _MOST_EXTRA_DB:
                break
            drive_db += short
        if least < _NEAR_LU:
            break
    return best
