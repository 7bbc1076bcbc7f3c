"""A song in another format, block by block: what a player streams while it is still being made."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal, cast

import numpy as np

from segue.audio._decoder import opened_blocks
from segue.audio._encoder import WritableFormat, open_writer_on
from segue.audio.files import OUR_LIMITS, bounds_of, demuxer_of
from segue.audio.signal import Progress, no_progress

TranscodeFormat = Literal["opus", "aac", "mp3", "flac"]

#: In kbit/s; others are rounded down to one of these, so that few renditions of a song are asked for.
BIT_RATES: Final = (32, 48, 64, 96, 128, 160, 192, 256, 320)
#: In kbit/s: where two channels of music sound as the original does to most.
USUAL_BIT_RATES: Final[dict[TranscodeFormat, int]] = {"opus": 128, "aac": 192, "mp3": 192}
_FORMATS: Final[dict[TranscodeFormat, WritableFormat]] = {"opus": "opus", "aac": "m4a", "mp3": "mp3", "flac": "flac"}
#: MPEG-2 (to 24 kHz) ends at 160 kbit/s, MPEG-2.5 (to 12 kHz) at 64.
_LOW_RATES: Final = ((12_000, 64), (24_000, 160))
#: What a decoder gives before the first sample: libopus's look-ahead at 48 kHz, FFmpeg's AAC encoder's first frame,
#: LAME's 576 samples with the decoder's 529.
_DELAYS: Final[dict[TranscodeFormat, int]] = {"opus": 312, "aac": 1024, "mp3": 1105, "flac": 0}


@dataclass(frozen=True, slots=True)
class Transcode:
    """What is asked for.

    Attributes
    ----------
    format
        Opus comes in Ogg, AAC in fragments of MP4.
    bit_rate_kbps
        One of `BIT_RATES`; None for FLAC.
    gain_db
        What the samples are raised by; nothing here keeps them from clipping.
    bit_depth
        Of FLAC.
    """

    format: TranscodeFormat
    bit_rate_kbps: int | None
    gain_db: float = 0.0
    bit_depth: Literal[16, 24] = 16


@dataclass(frozen=True, slots=True)
class Transcoded:
    """What was written.

    Attributes
    ----------
    sample_rate, channels, samples
        Of the sound itself.
    delay, padding
        Samples that the packets hold before and after it. Players that read the container's own words on them (the
        LAME tag, the edit list, Opus's pre-skip and last granule) need not care.
    """

    sample_rate: int
    channels: int
    samples: int
    delay: int
    padding: int


def transcode(source: str, target: str, wanted: Transcode, *, progress: Progress = no_progress) -> Transcoded:
    """Write a file's sound to another file in another format, from its beginning on, as it is decoded.

    The target can be read while it grows. To be run in a guarded child process: strangers made the source.

    Parameters
    ----------
    source
        Path of any file that `segue.audio.files.decode` reads.
    target
        Path of the new file; what lay there is replaced.

    Raises
    ------
    InvalidAudio, TooLarge
        The source cannot be read to its end.
    """
    demuxer = demuxer_of(Path(source), OUR_LIMITS)
    gain = np.float32(10 ** (wanted.gain_db / 20))
    with (
        opened_blocks(source, demuxer, bounds_of(OUR_LIMITS), None, progress=progress) as sound,
        Path(target).open("wb", buffering=0) as file,
    ):
        with open_writer_on(
            cast("BinaryIO", file),  # raw, so that what is written can be read at once
            sample_rate=sound.sample_rate,
            channels=sound.channels,
            file_format=_FORMATS[wanted.format],
            bit_depth=wanted.bit_depth if wanted.format == "flac" else None,
            bit_rate=_bits_per_second(wanted, sound.sample_rate),
            streamed=True,
        ) as writer:
            for block in sound.blocks:
                writer.write(block if wanted.gain_db == 0 else block * gain)
        delay = _DELAYS[wanted.format]
        padding = 0 if wanted.format == "flac" else max(0, writer.coded - delay - writer.written)
        return Transcoded(writer.sample_rate, sound.channels, writer.written, delay, padding)


def offered_bit_rate(chosen: TranscodeFormat, bit_rate_kbps: int | None) -> int | None:
    """Return the bit rate, in kbit/s, in which a format is offered to whoever asks for another one, or for none."""
    if chosen == "flac":
        return None
    asked = bit_rate_kbps or USUAL_BIT_RATES[chosen]
    return max((rate for rate in BIT_RATES if rate <= asked), default=BIT_RATES[0])


def _bits_per_second(wanted: Transcode, sample_rate: int) -> int | None:
    if wanted.bit_rate_kbps is None:
        return None
    most = next((most for rate, most in _LOW_RATES if sample_rate <= rate), BIT_RATES[-1])
    return 1000 * (min(wanted.bit_rate_kbps, most) if wanted.format == "mp3" else wanted.bit_rate_kbps)
