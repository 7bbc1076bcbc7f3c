"""Working through long audio in blocks: resampling, spectra and overlap-add in bounded memory."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy import fft

from segue.audio.reading import read_blocks
from segue.audio.signal import Audio, FloatArray

ComplexArray = NDArray[np.complex64]

_READ_SAMPLES: Final = 1 << 17


class StreamResampler:
    """Resamples blocks of ``(channels, n)``; the output's first sample is at the input's first sample.

    Parameters
    ----------
    channels
        How many channels each block has.
    from_rate, to_rate
        Hz.
    """

    def __init__(self, channels: int, from_rate: int, to_rate: int) -> None:
        self._stream = None
        if from_rate != to_rate:
            self._stream = soxr.ResampleStream(from_rate, to_rate, channels, dtype="float32", quality="HQ")

    def push(self, block: FloatArray, *, last: bool = False) -> FloatArray:
        """Return what has become known of the output; with ``last``, all the rest of it."""
        if self._stream is None:
            return block
        output: FloatArray = self._stream.resample_chunk(np.ascontiguousarray(block.T, dtype=np.float32), last=last)
        return output.T


def resampled_blocks(audio: Audio, rate: int) -> Iterator[FloatArray]:
    """Yield ``audio`` at another rate, block by block, ``(channels, n)`` each; what is not finite becomes silence."""
    resampler = StreamResampler(audio.channels, audio.sample_rate, rate)
    done = 0
    for block in read_blocks(audio, _READ_SAMPLES):
        done += block.shape[1]
        yield resampler.push(np.nan_to_num(block, posinf=0.0, neginf=0.0), last=done == audio.length)


@dataclass(frozen=True, slots=True)
class Stft:
    """Short-time Fourier transform with a periodic Hann window, analysis and synthesis, that overlaps four times.

    Attributes
    ----------
    size
        Samples in a window, divisible by four.
    """

    size: int = 4096

    @property
    def hop(self) -> int:
        """Samples from one frame to the next."""
        return self.size // 4

    @property
    def lead(self) -> int:
        """Samples that the first frame begins before the signal, so that each sample lies in four frames."""
        return self.size - self.hop

    def frames_for(self, samples: int) -> int:
        """Return how many frames touch a signal of so many samples."""
        return (samples + self.lead - 1) // self.hop + 1

    def span(self, frames: int) -> int:
        """Return how many samples so many frames cover."""
        return frames * self.hop + self.lead

    def _window(self) -> FloatArray:
        phase = np.arange(self.size, dtype=np.float64) * (2 * np.pi / self.size)
        return (0.5 - 0.5 * np.cos(phase)).astype(np.float32)

    def analyse(self, samples: FloatArray) -> ComplexArray:
        """Turn ``(channels, span(n))`` into a spectrum ``(channels, bins, n)``."""
        frames = np.lib.stride_tricks.sliding_window_view(samples, self.size, axis=-1)[:, :: self.hop]
        spectrum: ComplexArray = fft.rfft(frames * self._window(), axis=-1)
        return spectrum.transpose(0, 2, 1)

    def synthesise(self, spectrum: ComplexArray) -> FloatArray:
        """Turn a spectrum ``(channels, bins, n)`` into ``(channels, span(n))``: exact where four frames overlap."""
        frames: FloatArray = fft.irfft(spectrum.transpose(0, 2, 1), n=self.size, axis=-1)
        frames *= self._window() * np.float32(2 / 3)
        quarters = frames.reshape(*frames.shape[:2], 4, self.hop)
        output = np.zeros((spectrum.shape[0], spectrum.shape[2] + 3, self.hop), dtype=np.float32)
        for quarter in range(4):
            output[:, quarter : quarter + spectrum.shape[2]] += quarters[:, :, quarter]
        return output.reshape(spectrum.shape[0], -1)


#: From a spectrum ``(channels, bins, frames)`` to masks ``(parts, channels, bins, frames)``, 0 to 1.
MaskFunction = Callable[[ComplexArray], FloatArray]


def masked_blocks(
    blocks: Iterator[FloatArray], masks: MaskFunction, *, stft: Stft, frames: int, overlap: int, threads: int = 1
) -> Iterator[FloatArray]:
    """Part a stream by masks on its spectrum, in segments that are faded into one another.

    Parameters
    ----------
    blocks
        The stream, ``(channels, n)`` each.
    masks
        Called with spectra of exactly ``frames`` frames, the last of them padded with silence.
    stft
        The transform.
    frames
        Frames in a segment.
    overlap
        Frames that a segment shares with the next; there, one's masks fade into the other's.
    threads
        Segments that are worked on at once, each in a thread of its own; ``masks`` is called from all of them.

    Yields
    ------
    array
        ``(parts, channels, n)``, aligned with the stream; the lengths sum to the stream's.
    """
    step = (frames - overlap) * stft.hop

    def parted(segment: _Segment) -> FloatArray:
        return _parted(segment, masks, stft, overlap)

    tail: FloatArray | None = None
    skip = stft.lead
    for segment, parts in _in_turn(parted, _segments(blocks, stft, frames, step), threads):
        if tail is not None:
            parts[..., : tail.shape[-1]] += tail
        finished = segment.remaining if segment.last else step
        yield parts[..., skip:finished]
        tail, skip = parts[..., finished:].copy(), 0


@dataclass(frozen=True, slots=True)
class _Segment:
    """A stretch of a stream: how many of its samples are the stream's, and whether it is the first and the last one."""

    samples: FloatArray
    remaining: int
    first: bool
    last: bool


def _parted(segment: _Segment, masks: MaskFunction, stft: Stft, overlap: int) -> FloatArray:
    """Return the parts of a segment, ``(parts, channels, n)``, faded in and out where it meets its neighbours."""
    spectrum = stft.analyse(segment.samples)
    weighted = masks(spectrum)
    ramp = ((np.arange(overlap, dtype=np.float32) + 0.5) / max(overlap, 1)).astype(np.float32)
    if not segment.first:
        weighted[..., :overlap] *= ramp
    if not segment.last:
        weighted[..., weighted.shape[-1] - overlap :] *= ramp[::-1]
    return np.stack([stft.synthesise(spectrum * mask) for mask in weighted])


def _in_turn(
    work: Callable[[_Segment], FloatArray], segments: Iterator[_Segment], threads: int
) -> Iterator[tuple[_Segment, FloatArray]]:
    """Yield each segment and what was made of it, in order.

    While one is taken in, all threads but one are at work on what follows, so that no more than ``threads`` are busy.
    """
    if threads == 1:
        for segment in segments:
            yield segment, work(segment)
        return
    pool = ThreadPoolExecutor(threads)
    begun: deque[tuple[_Segment, Future[FloatArray]]] = deque()
    try:
        for segment in segments:
            if len(begun) >= threads:
                earliest, made = begun.popleft()
                yield earliest, made.result()
            begun.append((segment, pool.submit(work, segment)))
        while begun:
            earliest, made = begun.popleft()
            yield earliest, made.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _segments(blocks: Iterator[FloatArray], stft: Stft, frames: int, step: int) -> Iterator[_Segment]:
    """Yield the segments of a stream."""
    span = stft.span(frames)
    held: FloatArray | None = None
    first = True
    for block in blocks:
        if held is None:
            held = np.zeros((block.shape[0], stft.lead), dtype=np.float32)
        held = np.concatenate([held, block], axis=-1)
        while held.shape[-1] >= span:
            yield _Segment(held[:, :span], span, first=first, last=False)
            held, first = held[:, step:], False
    if held is None:
        return
    if held.shape[-1] > span - stft.lead:
        yield _Segment(_fitted(held, span), span, first=first, last=False)
        held, first = held[:, step:], False
    yield _Segment(_fitted(held, span), held.shape[-1], first=first, last=True)


def _fitted(samples: FloatArray, length: int) -> FloatArray:
    """Cut, or pad with silence."""
    samples = samples[:, :length]
    return np.pad(samples, ((0, 0), (0, length - samples.shape[-1])))
