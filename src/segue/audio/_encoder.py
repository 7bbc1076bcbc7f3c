"""Writing audio files block by block: the file appears under its name only when it is whole."""

import contextlib
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, Final, Literal, cast, get_args

import av
import numpy as np
import soxr
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container.output import OutputContainer
from numpy.typing import NDArray

from segue.audio.reading import read_blocks
from segue.audio.signal import Audio, FloatArray, Progress, no_progress

WritableFormat = Literal["mp3", "flac", "wav", "m4a", "opus", "ogg"]

_BLOCK_SAMPLES: Final = 1 << 16
_MP3_RATES: Final = frozenset((8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000))
_AAC_RATES: Final = _MP3_RATES | frozenset((64000, 88200, 96000))
_FRAGMENTED: Final = {"movflags": "frag_keyframe+delay_moov+default_base_moof", "frag_duration": "1000000"}


@dataclass(frozen=True, slots=True)
class _Recipe:
    muxer: str
    codec: str
    sample_format: str
    rates: frozenset[int] | None = None
    bit_rate: int | None = None


_RECIPES: Final[dict[tuple[WritableFormat, int | None], _Recipe]] = {
    ("mp3", None): _Recipe("mp3", "libmp3lame", "fltp", _MP3_RATES, 320_000),
    ("flac", None): _Recipe("flac", "flac", "s32"),
    ("flac", 24): _Recipe("flac", "flac", "s32"),
    ("flac", 16): _Recipe("flac", "flac", "s16"),
    ("wav", None): _Recipe("wav", "pcm_s24le", "s32"),
    ("wav", 16): _Recipe("wav", "pcm_s16le", "s16"),
    ("wav", 24): _Recipe("wav", "pcm_s24le", "s32"),
    ("wav", 32): _Recipe("wav", "pcm_f32le", "flt"),
    ("m4a", None): _Recipe("ipod", "aac", "fltp", _AAC_RATES, 256_000),
    ("opus", None): _Recipe("ogg", "libopus", "flt", frozenset((48000,)), 160_000),
    ("ogg", None): _Recipe("ogg", "libopus", "flt", frozenset((48000,)), 160_000),
}


class AudioWriter:
    """Takes blocks of samples for one file; made by `open_writer`."""

    def __init__(self, container: OutputContainer, stream: AudioStream, recipe: _Recipe, sample_rate: int) -> None:
        self._container = container
        self._stream = stream
        self._recipe = recipe
        self._channels = stream.layout.nb_channels
        self._written = 0
        self._packets = 0
        self._resampler = None
        if stream.rate != sample_rate:
            self._resampler = soxr.ResampleStream(
                sample_rate, stream.rate, self._channels, dtype="float32", quality="VHQ"
            )

    def write(self, block: FloatArray) -> None:
        """Append samples.

        Parameters
        ----------
        block
            ``(channels, n)``, any n. Formats of integers clip beyond full scale.

        Raises
        ------
        ValueError
            Another number of channels, or samples that are not numbers.
        """
        if block.ndim != 2 or block.shape[0] != self._channels:
            raise ValueError(f"expected {self._channels} channels by samples, not an array of shape {block.shape}")
        if not np.isfinite(block).all():
            raise ValueError("the block holds samples that are not finite numbers")
        for start in range(0, block.shape[1], _BLOCK_SAMPLES):
            part = block[:, start : start + _BLOCK_SAMPLES].astype(np.float32, copy=False)
            self._encode(part if self._resampler is None else self._resampler.resample_chunk(part.T).T)

    def finish(self) -> None:
        """Flush what the resampler and the encoder still hold."""
        if self._resampler is not None:
            self._encode(self._resampler.resample_chunk(np.zeros((0, self._channels), np.float32), last=True).T)
        self._mux(None)

    @property
    def sample_rate(self) -> int:
        """Hz, in the file."""
        return int(self._stream.rate)

    @property
    def written(self) -> int:
        """Samples that the encoder was given so far, at the file's rate."""
        return self._written

    @property
    def coded(self) -> int:
        """Samples that the packets of the file hold so far, the encoder's delay and padding included."""
        return self._packets * int(self._stream.codec_context.frame_size)

    def _mux(self, frame: AudioFrame | None) -> None:
        packets = self._stream.encode(frame)
        self._packets += len(packets)
        self._container.mux(packets)

    def _encode(self, block: FloatArray) -> None:
        if block.shape[1] == 0:
            return
        layout = "mono" if self._channels == 1 else "stereo"
        frame = AudioFrame.from_ndarray(
            _packed(block, self._recipe.sample_format), format=self._recipe.sample_format, layout=layout
        )
        frame.sample_rate = self._stream.rate
        frame.time_base = Fraction(1, self._stream.rate)
        frame.pts = self._written
        self._written += block.shape[1]
        self._mux(frame)


@contextmanager
def open_writer(
    path: Path,
    *,
    sample_rate: int,
    channels: int,
    file_format: WritableFormat | None = None,
    bit_depth: Literal[16, 24, 32] | None = None,
    bit_rate: int | None = None,
    tags: Mapping[str, str] | None = None,
) -> Iterator[AudioWriter]:
    """Open a file for writing block by block.

    The file comes to its name in one step, when the block ends without an error; until then it grows under a hidden
    name beside it, which an error removes.

    Parameters
    ----------
    path
        Its suffix tells the format unless `file_format` does. What lay there before is replaced.
    sample_rate, channels
        Of the blocks to come; channels is 1 or 2. MP3, M4A and Opus resample where they cannot hold the rate.
    bit_depth
        FLAC: 16, 24 (default). WAV: 16, 24 (default), 32 (floating point). None for the others.
    bit_rate
        In bit/s, for the lossy formats: 320,000 for MP3, 256,000 for M4A and 160,000 for Opus by default.
    tags
        Such as ``title``, ``artist``, ``album``.

    Raises
    ------
    ValueError
        A format, bit depth or number of channels that cannot be written; the message lists what can.
    """
    wanted_format = _format_of(path, file_format)
    _recipe(wanted_format, bit_depth)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with temporary.open("xb") as file:
            with open_writer_on(
                file,
                sample_rate=sample_rate,
                channels=channels,
                file_format=wanted_format,
                bit_depth=bit_depth,
                bit_rate=bit_rate,
                tags=tags,
            ) as writer:
                yield writer
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        raise


@contextmanager
def open_writer_on(
    file: BinaryIO,
    *,
    sample_rate: int,
    channels: int,
    file_format: WritableFormat,
    bit_depth: Literal[16, 24, 32] | None = None,
    bit_rate: int | None = None,
    tags: Mapping[str, str] | None = None,
    streamed: bool = False,
) -> Iterator[AudioWriter]:
    """Write to an open file, from its beginning; parameters and errors as `open_writer`.

    Parameters
    ----------
    streamed
        The file is read while it grows: M4A comes in fragments of a second, and nothing in it is drawn by lot. MP3 and
        FLAC still get their length written into their heads at the end.
    """
    recipe = _recipe(file_format, bit_depth)
    if channels not in (1, 2):
        raise ValueError(f"one or two channels can be written, not {channels}")
    rate = _rate_for(sample_rate, recipe.rates)
    # FFmpeg gets an open file and a muxer's name: no path of ours is ever read as one of its URLs.
    options = {"movie_timescale": str(rate)} if recipe.muxer == "ipod" else {}  # its length to the sample
    if streamed:
        options |= {"fflags": "bitexact"} | (_FRAGMENTED if recipe.muxer == "ipod" else {})
    with av.open(file, "w", format=recipe.muxer, options=options) as container:
        container.metadata.update(tags or {})
        stream = container.add_stream(recipe.codec, rate=rate, layout="mono" if channels == 1 else "stereo")
        assert isinstance(stream, AudioStream)  # noqa: S101 - every codec above is one of audio
        stream.codec_context.format = recipe.sample_format
        if recipe.bit_rate is not None:
            stream.bit_rate = bit_rate or _sensible_bit_rate(recipe.bit_rate, rate, channels)
        writer = AudioWriter(container, stream, recipe, sample_rate)
        yield writer
        writer.finish()


def encode(
    audio: Audio,
    path: Path,
    *,
    file_format: WritableFormat | None = None,
    bit_depth: Literal[16, 24, 32] | None = None,
    bit_rate: int | None = None,
    tags: Mapping[str, str] | None = None,
    progress: Progress = no_progress,
) -> None:
    """Write a whole `Audio` to a file; parameters and errors as `open_writer`."""
    with open_writer(
        path,
        sample_rate=audio.sample_rate,
        channels=audio.channels,
        file_format=file_format,
        bit_depth=bit_depth,
        bit_rate=bit_rate,
        tags=tags,
    ) as writer:
        done = 0
        for block in read_blocks(audio, _BLOCK_SAMPLES):
            writer.write(block)
            done += block.shape[1]
            progress(done / audio.length)


def _format_of(path: Path, file_format: WritableFormat | None) -> WritableFormat:
    name = file_format or path.suffix.lower().removeprefix(".")
    if name not in get_args(WritableFormat):
        possible = ", ".join(f".{known}" for known in get_args(WritableFormat))
        raise ValueError(f"cannot write {path.name!r}: end its name in one of {possible}")
    return cast("WritableFormat", name)


def _recipe(file_format: WritableFormat, bit_depth: int | None) -> _Recipe:
    recipe = _RECIPES.get((file_format, bit_depth))
    if recipe is None:
        depths = [str(depth) for name, depth in _RECIPES if name == file_format and depth is not None]
        raise ValueError(
            f"{file_format} cannot have {bit_depth} bits; possible: {', '.join(depths) or 'none to choose'}"
        )
    return recipe


def _rate_for(sample_rate: int, rates: frozenset[int] | None) -> int:
    """Return the rate itself where the codec has it, else the nearest above it, else the highest of its family."""
    if rates is None or sample_rate in rates:
        return sample_rate
    family = [rate for rate in rates if sample_rate % rate == 0]
    above = [rate for rate in rates if rate > sample_rate]
    return min(above) if above else max(family or rates)


def _sensible_bit_rate(preferred: int, rate: int, channels: int) -> int:
    """Keep within what a low rate can hold: MPEG-2 (to 24 kHz) ends at 160 kbit/s, MPEG-2.5 (to 12 kHz) at 64."""
    ceiling = 64_000 if rate <= 12_000 else 160_000 if rate <= 24_000 else 320_000
    return min(preferred if channels == 2 else preferred // 2, ceiling)


def _packed(block: FloatArray, sample_format: str) -> NDArray[np.float32] | NDArray[np.int32] | NDArray[np.int16]:
    """Return the samples as FFmpeg's format: planar ``(channels, n)``, or interleaved ``(1, n * channels)``."""
    if sample_format == "fltp":
        return np.ascontiguousarray(block)
    interleaved = block.T.reshape(1, -1)
    if sample_format == "flt":
        return np.ascontiguousarray(interleaved)
    # In "s32" 24 bits fill the upper part: integers that float32 holds exactly.
    scale = 2**15 if sample_format == "s16" else 2**23
    integers: NDArray[np.float32] = np.clip(np.rint(interleaved * np.float32(scale)), -scale, scale - 1)
    if sample_format == "s16":
        return integers.astype(np.int16)
    return np.left_shift(integers.astype(np.int32), 8)
