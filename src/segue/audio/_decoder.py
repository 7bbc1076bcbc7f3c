"""The decoding itself, to be run in a guarded child process only: FFmpeg reads what strangers sent.

FFmpeg is given an open file and the one demuxer that the content calls for, may open nothing else (no protocol, no
second file) and decodes with audio codecs alone.
"""

import math
import os
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Final

import av
import numpy as np
import soxr
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container.input import InputContainer
from av.packet import Packet

from segue.audio._frames import batches, silence
from segue.audio._sniff import declared_mpeg_s, ogg_is_cut, wav_share_present
from segue.audio.signal import FloatArray
from segue.kit.errors import InvalidAudio

_CODECS: Final = frozenset(
    ["mp1float", "mp1", "mp2float", "mp2", "mp3float", "mp3", "aac", "alac", "flac", "vorbis", "opus", "libopus"]
    + [f"pcm_{kind}{order}" for kind in ("s16", "s24", "s32", "f32", "f64") for order in ("le", "be")]
    + ["pcm_u8", "pcm_s8", "pcm_alaw", "pcm_mulaw"]
)
_RATES_HZ: Final = (8000, 192_000)
_LONGEST_GAP: Final = 1 << 18
_LOUDEST: Final = 1000.0  # 60 dB over full scale: no music, but integers read as floats


@dataclass(frozen=True, slots=True)
class Heard:
    """What a container says of itself; ``length`` is in samples at the file's own rate, counted or declared."""

    container: str
    codec: str
    sample_rate: int
    channels: int
    duration_s: float
    tags: dict[str, str]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a file may be."""

    min_s: float
    max_s: float
    max_channels: int
    max_s_setting: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """The shape that is asked for; None leaves the file's (at most stereo)."""

    sample_rate: int | None
    channels: int | None


def examine(path: str, demuxer: str, bounds: Bounds, *, progress: Callable[[float], None]) -> Heard:
    """Read a file's headers and its first sound."""
    with _opened(path, demuxer, bounds) as source:
        frame = next(source.frames(progress), None)
        if frame is None:
            raise _no_sound()
        return source.heard(frame.sample_rate, frame.layout.nb_channels, source.declared_s or source.estimated_s)


def decode_into(
    path: str,
    demuxer: str,
    descriptor: int,
    wanted: Wanted,
    bounds: Bounds,
    *,
    progress: Callable[[float], None],
) -> tuple[Heard, int, int, int]:
    """Decode a file into an open file as raw float32, one channel after the other.

    Returns
    -------
    heard, channels, length, sample_rate
        The source; then the shape and the rate of what was written.
    """
    with opened_blocks(path, demuxer, bounds, wanted.channels, progress=progress) as sound:
        rate = wanted.sample_rate or sound.sample_rate
        planes = _Planes(descriptor, sound.channels, math.ceil((bounds.max_s + 1.0) * rate))
        resampler = None
        if rate != sound.sample_rate:
            resampler = soxr.ResampleStream(sound.sample_rate, rate, sound.channels, dtype="float32", quality="VHQ")
        for block in sound.blocks:
            planes.write(block if resampler is None else resampler.resample_chunk(block.T).T)
        if resampler is not None:
            planes.write(resampler.resample_chunk(np.zeros((0, sound.channels), np.float32), last=True).T)
        planes.close_ranks()
        return sound.heard(), sound.channels, planes.length, rate


@dataclass(frozen=True, slots=True)
class Sound:
    """An open file's sound.

    Attributes
    ----------
    sample_rate, channels
        Of the blocks.
    blocks
        ``(channels, n)`` each; reading them to their end tells whether the file was whole.
    heard
        Says what was found, once they are read.
    """

    sample_rate: int
    channels: int
    blocks: Iterator[FloatArray]
    heard: Callable[[], Heard]


@contextmanager
def opened_blocks(
    path: str, demuxer: str, bounds: Bounds, channels: int | None, *, progress: Callable[[float], None]
) -> Iterator[Sound]:
    """Open a file to read its sound block by block, in mono or stereo."""
    with _opened(path, demuxer, bounds) as source:
        frames = source.frames(progress)
        first = next(frames, None)
        if first is None:
            raise _no_sound()
        rate, length = first.sample_rate, 0
        height = channels or min(2, first.layout.nb_channels)

        def blocks() -> Iterator[FloatArray]:
            nonlocal length
            end = source.end(rate)
            for batch in batches(first, frames, height):
                block = batch if end is None else batch[:, : max(0, end - length)]
                _check_samples(block, length / rate)
                length += block.shape[1]
                if length > bounds.max_s * rate:
                    raise _too_long(bounds, None)
                yield block
            source.check_end(length / rate)

        yield Sound(rate, height, blocks(), lambda: source.heard(rate, first.layout.nb_channels, length / rate))


class _Source:
    """An open audio stream."""

    def __init__(self, file: BinaryIO, name: str, container: InputContainer, bounds: Bounds) -> None:
        self._file = file
        self._name = name
        self._container = container
        self._bounds = bounds
        self._size = os.fstat(file.fileno()).st_size
        self._stream = self._choose_stream()
        self._packets = self._damaged = 0
        self.estimated_s = (container.duration or 0) / 1e6
        self.declared_s = self._declared_s()

    def _choose_stream(self) -> AudioStream:
        streams = self._container.streams
        if not streams.audio:
            raise InvalidAudio(
                "It is a video without sound." if streams.video else "Its container holds no audio track."
            )
        stream = streams.audio[0]
        # PyAV types it as present; it is None where FFmpeg knows no decoder.
        codec = str(getattr(stream.codec_context, "name", "something unknown"))
        if codec not in _CODECS:
            raise InvalidAudio(f"Its sound is coded as {codec}, which Segue does not read.", codec=codec)
        self._check_shape(stream.codec_context.sample_rate, stream.codec_context.layout.nb_channels)
        stream.codec_context.thread_count = 1
        if codec == "flac":
            stream.codec_context.options = {"err_detect": "crccheck"}
        return stream

    def _check_shape(self, sample_rate: int, channels: int) -> None:
        low, high = _RATES_HZ
        if sample_rate == 0:
            raise _no_sound()
        if not low <= sample_rate <= high:
            raise InvalidAudio(f"Its sample rate is {sample_rate} Hz; Segue reads {low} to {high} Hz.")
        if channels < 1:
            raise InvalidAudio("Its headers tell of no channels, or of more than can be.")
        if channels > self._bounds.max_channels:
            raise InvalidAudio(
                f"It has {channels} channels; up to {self._bounds.max_channels} can be mixed down. Upload a stereo mix."
            )

    def _declared_s(self) -> float | None:
        """Return the length that the file promises, where its format makes a promise that is worth something."""
        declared_s: float | None = None
        if self._name == "mp3":
            declared_s = declared_mpeg_s(self._file)
        elif self._name in ("flac", "wav", "aiff", "mov") and self._stream.duration and self._stream.time_base:
            declared_s = float(self._stream.duration * self._stream.time_base)
            if self._name == "wav":  # FFmpeg tells how much is there, not how much there should be
                declared_s /= wav_share_present(self._file)
        if declared_s is not None and declared_s > self._bounds.max_s:
            raise _too_long(self._bounds, declared_s)
        return declared_s

    def frames(self, progress: Callable[[float], None]) -> Iterator[AudioFrame]:
        """Decode; what is lost becomes as much silence, so that what follows stays in its place."""
        rate, position = 0, 0
        for packet in self._container.demux(self._stream):
            self._packets += 1
            progress(min(1.0, self._file.tell() / self._size))
            for frame in self._decoded(packet, rate):
                if not rate:
                    rate = frame.sample_rate
                    self._check_shape(rate, frame.layout.nb_channels)
                if frame.sample_rate != rate:
                    raise InvalidAudio(f"Its sample rate changes from {rate} to {frame.sample_rate} Hz on the way.")
                gap = self._gap(frame, position)
                if gap:
                    yield silence(gap, rate)
                yield frame
                position += gap + frame.samples

    def _decoded(self, packet: "Packet[AudioStream]", rate: int) -> list[AudioFrame]:
        try:
            return packet.decode()
        except (av.FFmpegError, ValueError):
            self._damaged += 1
            if rate and packet.duration and packet.time_base and self._name != "flac":
                samples = round(float(packet.duration * packet.time_base) * rate)
                return [silence(min(samples, _LONGEST_GAP), rate)]
            return []

    def _gap(self, frame: AudioFrame, position: int) -> int:
        """Return how many samples are lost before a frame of FLAC: there, alone, each frame tells its place."""
        if self._name != "flac" or frame.pts is None or frame.time_base is None:
            return 0
        gap = round(float(frame.pts * frame.time_base) * frame.sample_rate) - position
        if 0 < gap <= _LONGEST_GAP:
            self._damaged += 1
            return gap
        return 0

    def end(self, rate: int) -> int | None:
        """Return where to stop: an M4A's edit list tells where its encoder's padding starts."""
        return round(self.declared_s * rate) if self._name == "mov" and self.declared_s is not None else None

    def check_end(self, duration_s: float) -> None:
        """Refuse what turned out too damaged, cut off or short."""
        if self._damaged * 20 > self._packets:
            raise InvalidAudio(f"It is damaged: {self._damaged} of its {self._packets} packets cannot be decoded.")
        declared_s = self.declared_s or 0.0
        if declared_s - duration_s > max(0.1, 0.02 * declared_s):
            raise InvalidAudio(
                f"It ends early: {duration_s:.1f} s of {declared_s:.1f} s. The file was cut off; upload it again.",
                decoded_s=duration_s,
                declared_s=declared_s,
            )
        if self._name == "ogg" and ogg_is_cut(self._file):
            raise InvalidAudio(f"It ends early, in the middle of a page at {duration_s:.1f} s. Upload it again.")
        if duration_s < self._bounds.min_s:
            raise InvalidAudio(f"It is too short: {duration_s:.4f} s; at least {self._bounds.min_s:g} s are needed.")

    def heard(self, sample_rate: int, channels: int, duration_s: float) -> Heard:
        """Describe it."""
        codec = self._stream.codec_context.name
        container = "m4a" if self._name == "mov" else self._name
        metadata = self._container.metadata | self._stream.metadata
        tags = {key.lower(): _clean(value) for key, value in metadata.items()}
        return Heard(
            container, codec.removesuffix("float").removeprefix("lib"), sample_rate, channels, duration_s, tags
        )


@contextmanager
def _opened(path: str, name: str, bounds: Bounds) -> Iterator[_Source]:
    with open(path, "rb") as file:  # noqa: PTH123 - the path is a string that came through a pipe
        options = {"format_whitelist": name, "protocol_whitelist": "none", "codec_whitelist": ",".join(_CODECS)}
        try:
            with av.open(
                file, "r", format=name, options=options, io_open=_refuse, metadata_errors="replace", buffer_size=1 << 18
            ) as container:
                yield _Source(file, name, container, bounds)
        except (av.FFmpegError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise InvalidAudio(f"It starts like {_spoken(name)} but is broken or cut off: {reason}.") from None


def _refuse(*_: object) -> object:
    raise InvalidAudio("It points to another file; Segue reads only the file itself.")


def _check_samples(block: FloatArray, start_s: float) -> None:
    peak = float(np.abs(block).max(initial=0.0))
    if math.isnan(peak) or math.isinf(peak):
        raise InvalidAudio(f"It has samples that are not numbers near {start_s:.1f} s: export it again.")
    if peak > _LOUDEST:
        over_db = 20 * math.log10(peak)
        raise InvalidAudio(
            f"Its samples reach {over_db:.0f} dB over full scale: integers saved as floats? Export again."
        )


class _Planes:
    """A raw file of float32 with one channel after the other, grown while the length is not yet known."""

    def __init__(self, descriptor: int, channels: int, capacity: int) -> None:
        self._descriptor = descriptor
        self._channels = channels
        self._capacity = capacity
        self.length = 0

    def write(self, block: FloatArray) -> None:
        """Append ``(channels, n)``: each channel in its own stretch of a sparse file."""
        for channel, samples in enumerate(block):
            self._put(np.ascontiguousarray(samples).data, channel * self._capacity + self.length)
        self.length += block.shape[1]

    def close_ranks(self) -> None:
        """Move the channels together."""
        for channel in range(1, self._channels):
            for start in range(0, self.length, 1 << 20):
                count = min(1 << 20, self.length - start)
                data = os.pread(self._descriptor, 4 * count, 4 * (channel * self._capacity + start))
                self._put(data, channel * self.length + start)
        os.ftruncate(self._descriptor, 4 * self._channels * self.length)

    def _put(self, data: bytes | memoryview, start: int) -> None:
        view, offset = memoryview(data).cast("B"), 4 * start
        while view:
            written = os.pwrite(self._descriptor, view, offset)
            view, offset = view[written:], offset + written


def _no_sound() -> InvalidAudio:
    return InvalidAudio("It has headers but no sound that can be decoded. Export or upload it again.")


def _too_long(bounds: Bounds, actual_s: float | None) -> InvalidAudio:
    length = "longer" if actual_s is None else f"{actual_s:.0f} s long, longer"
    setting = f" ({bounds.max_s_setting})" if bounds.max_s_setting else ""
    return InvalidAudio(f"It is {length} than the {bounds.max_s:g} s that are allowed{setting}.", max_s=bounds.max_s)


def _spoken(name: str) -> str:
    return {"mov": "an M4A or MP4 file", "aac": "an AAC file", "aiff": "an AIFF file", "ogg": "an OGG file"}.get(
        name, f"a {name.upper()} file"
    )


def _clean(text: str) -> str:
    """Return a tag without control characters, in composed form and of a sane length."""
    kept = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isprintable() or character.isspace()
    )
    return " ".join(unicodedata.normalize("NFC", kept).split())[:500]
