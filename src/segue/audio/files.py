"""Audio files in and out: strangers' are decoded in a guarded child process, ours are written whole or not at all.

Alignment: lossless files decode bit-exactly. Opus, Vorbis and M4A lose their encoder's delay and padding as their
containers tell; MP3 does where it has a Xing/LAME header. An MP3 without one and bare AAC (ADTS) keep the delay
(576 to 2,112 samples), for nothing in the file tells how long it is.
"""

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, TypeVar

import numpy as np

from segue.audio._decoder import Bounds, Heard, Wanted, decode_into, examine
from segue.audio._encoder import AudioWriter, WritableFormat, encode, open_writer
from segue.audio._sniff import identify
from segue.audio.signal import Audio, FloatArray, Progress, no_progress
from segue.kit.errors import InvalidAudio, TooLarge
from segue.kit.processes import ChildDied, ProcessLimits, run_guarded

__all__ = [
    "OUR_LIMITS",
    "AudioWriter",
    "DecodeLimits",
    "Decoded",
    "Probe",
    "WritableFormat",
    "decode",
    "encode",
    "open_writer",
    "probe",
]

Result = TypeVar("Result")

_PATIENCE_S: Final = 120.0
_STALL_S: Final = 20.0
_HIGHEST_RATE: Final = 192_000
#: A date begins with its year; "3/12" is the third of twelve.
_YEAR: Final = re.compile(r"([0-9]{4})(?![0-9])")
_FIRST_OF: Final = re.compile(r"([0-9]{1,4})(?![0-9])")


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """What a file may be and what decoding it may take.

    Attributes
    ----------
    max_bytes
        Size of the file.
    min_s, max_s
        Length of the sound.
    max_channels
        More than two are mixed down to stereo; more than this are refused.
    memory_bytes
        Address space of the decoder's process.
    timeout_s
        Wall-clock and processor time of the decoder's process; None is a fifth of ``max_s``, but two minutes at least.
    max_bytes_setting, max_s_setting
        By what name whoever may do so raises the limit: it is told to whom the limit stops.
    """

    max_bytes: int = 50 * 2**20
    min_s: float = 0.1
    max_s: float = 600.0
    max_channels: int = 8
    memory_bytes: int = 2**30
    timeout_s: float | None = None
    max_bytes_setting: str = ""
    max_s_setting: str = ""

    @property
    def patience_s(self) -> float:
        """The time that decoding may take in the end."""
        return max(_PATIENCE_S, self.max_s / 5) if self.timeout_s is None else self.timeout_s


#: For files that Segue made itself: they may be as long as what they were made of, in any format.
OUR_LIMITS: Final = DecodeLimits(max_bytes=2**40, max_s=24 * 3600)


@dataclass(frozen=True, slots=True)
class Probe:
    """What a file is.

    Attributes
    ----------
    container, codec
        ``mp3``, ``aac``, ``m4a``, ``flac``, ``ogg``, ``wav`` or ``aiff``; FFmpeg's name of the codec.
    sample_rate, channels
        Of the file, whatever was asked for in decoding.
    duration_s
        As counted when it comes with decoded audio; as the headers say when it comes from `probe`.
    bit_rate
        Mean, in bit/s.
    title, artist, album, album_artist, genre
        From the tags, cleaned; None where absent.
    year, track_number, disc_number
        From the tags; None where absent, or no such number.
    """

    container: str
    codec: str
    sample_rate: int
    channels: int
    duration_s: float
    bit_rate: int
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    album_artist: str | None = None
    genre: str | None = None
    year: int | None = None
    track_number: int | None = None
    disc_number: int | None = None


class Decoded(NamedTuple):
    """Samples and what they came from."""

    audio: Audio
    probe: Probe


def probe(path: Path, limits: DecodeLimits | None = None) -> Probe:
    """Say what a file is, by its headers and its first sound.

    Raises
    ------
    InvalidAudio, TooLarge
        As `decode`, for what the headers already show.
    """
    limits = limits or DecodeLimits()
    size, demuxer = _looked_at(path, limits)
    heard = _guarded(
        examine, str(path), demuxer, bounds_of(limits), limits=limits, output_bytes=0, fds=(), progress=no_progress
    )
    return _as_probe(heard, size)


def decode(
    path: Path,
    limits: DecodeLimits | None = None,
    *,
    sample_rate: int | None = None,
    channels: int | None = None,
    progress: Progress = no_progress,
) -> Decoded:
    """Decode a file in a guarded child process.

    Parameters
    ----------
    path
        MP3, AAC (ADTS), M4A, FLAC, OGG Vorbis, Opus, WAV or AIFF, told by content: the name does not matter.
    limits
        What is refused.
    sample_rate
        Resample to this (soxr, very high quality); None keeps the file's.
    channels
        1 or 2; None keeps mono and stereo and mixes more down to stereo (ITU-R BS.775, scaled so as not to clip).
    progress
        Called with the share that is decoded.

    Returns
    -------
    Decoded
        The samples are a read-only view of a temporary file that has no name: they cost page cache, not memory, and
        vanish with the last reference.

    Raises
    ------
    InvalidAudio
        It is no audio, or broken, too short, too long, cut off (over 2 % is missing of the length that its headers
        promise), of too many channels, or harmful. The message says which.
    TooLarge
        It has more bytes than allowed.
    """
    if channels not in (None, 1, 2):
        raise ValueError(f"channels must be 1, 2 or None, not {channels}")
    limits = limits or DecodeLimits()
    size, demuxer = _looked_at(path, limits)
    output_bytes = int((limits.max_s + 2) * max(_HIGHEST_RATE, sample_rate or 0) * (channels or 2) * 4)
    with tempfile.TemporaryFile(buffering=0) as output:
        fd = output.fileno()
        heard, height, length, rate = _guarded(
            decode_into,
            *(str(path), demuxer, fd, Wanted(sample_rate, channels), bounds_of(limits)),
            limits=limits,
            output_bytes=output_bytes,
            fds=(fd,),
            progress=progress,
        )
        return Decoded(Audio(_mapped(output, (height, length)), rate), _as_probe(heard, size))


def _mapped(file: BinaryIO, shape: tuple[int, int]) -> FloatArray:
    # As a plain array: slices of a memmap are memmaps, which pass through slower code and hold on to the file's name.
    mapped: FloatArray = np.asarray(np.memmap(file, dtype=np.float32, mode="r", shape=shape))
    return mapped


def bounds_of(limits: DecodeLimits) -> Bounds:
    """Return limits as the decoder takes them."""
    return Bounds(limits.min_s, limits.max_s, limits.max_channels, limits.max_s_setting)


def demuxer_of(path: Path, limits: DecodeLimits) -> str:
    """Return the name of FFmpeg's demuxer for a file, by its first bytes; errors as `decode`."""
    return _looked_at(path, limits)[1]


def _looked_at(path: Path, limits: DecodeLimits) -> tuple[int, str]:
    """Return the size and the demuxer; here, for a look at the first bytes needs no guard and costs no process."""
    if not path.is_file():
        raise InvalidAudio(f"There is no file {path.name!r}, or it is not a regular file.")
    size = path.stat().st_size
    if size > limits.max_bytes:
        setting = f" ({limits.max_bytes_setting})" if limits.max_bytes_setting else ""
        raise TooLarge(
            f"The file has {size / 2**20:.1f} MiB; {limits.max_bytes / 2**20:g} MiB are allowed{setting}."
            " Send an MP3 of it.",
            max_bytes=limits.max_bytes,
        )
    with path.open("rb") as file:
        return size, identify(file)


def _guarded(
    function: Callable[..., Result],
    *args: object,
    limits: DecodeLimits,
    output_bytes: int,
    fds: tuple[int, ...],
    progress: Progress,
) -> Result:
    try:
        return run_guarded(
            function,
            *args,
            limits=ProcessLimits(
                memory_bytes=limits.memory_bytes,
                cpu_s=limits.patience_s,
                output_bytes=output_bytes,
                timeout_s=limits.patience_s,
                stall_s=_STALL_S,
                threads=1,
            ),
            progress=progress,
            pass_fds=fds,
        )
    except ChildDied as death:
        if death.reason in ("killed", "exit"):  # somebody else's doing, not the file's
            raise
        raise InvalidAudio(
            f"Decoding it was stopped, it is broken or made to do harm. {death.detail}", reason=death.reason
        ) from death


def _as_probe(heard: Heard, size: int) -> Probe:
    return Probe(
        container=heard.container,
        codec=heard.codec,
        sample_rate=heard.sample_rate,
        channels=heard.channels,
        duration_s=heard.duration_s,
        bit_rate=round(8 * size / heard.duration_s) if heard.duration_s else 0,
        title=heard.tags.get("title") or None,
        artist=heard.tags.get("artist") or None,
        album=heard.tags.get("album") or None,
        album_artist=heard.tags.get("album_artist") or None,
        genre=heard.tags.get("genre") or None,
        year=_number(heard.tags, "date", _YEAR),
        track_number=_number(heard.tags, "track", _FIRST_OF),
        disc_number=_number(heard.tags, "disc", _FIRST_OF),
    )


def _number(tags: dict[str, str], name: str, form: re.Pattern[str]) -> int | None:
    found = form.match(tags.get(name, ""))
    return int(found[1]) if found and int(found[1]) else None
