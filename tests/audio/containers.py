"""Audio containers written by hand, byte by byte, for what no encoder would write."""

import struct
from collections.abc import Callable, Iterator
from functools import cache

_FLAC_BLOCK = 32768
_OPUS_PACKET_S = 0.06


def wav(
    pcm: bytes,
    *,
    sample_rate: int = 8000,
    channels: int = 1,
    bits: int = 16,
    codec: int = 1,
    claimed: int | None = None,
) -> bytes:
    """Return a RIFF WAVE file; `claimed` is the size of the data that its header tells."""
    size = len(pcm) if claimed is None else claimed
    frame_bytes = channels * bits // 8 & 0xFFFF
    rate_bytes = sample_rate * frame_bytes & 0xFFFFFFFF
    form = struct.pack("<HHIIHH", codec, channels, sample_rate, rate_bytes, frame_bytes, bits)
    riff = b"RIFF" + struct.pack("<I", (36 + size) & 0xFFFFFFFF) + b"WAVEfmt " + struct.pack("<I", len(form)) + form
    return riff + b"data" + struct.pack("<I", size) + pcm


def aiff(pcm: bytes, *, channels: int = 1) -> bytes:
    """Return an AIFF file at 8 kHz and 16 bits (big-endian)."""
    frames = len(pcm) // 2 // max(1, channels)
    extended_8000 = b"\x40\x0b\xfa" + bytes(7)  # an 80-bit float
    common = struct.pack(">hIh", channels, frames, 16) + extended_8000
    sound = struct.pack(">II", 0, 0) + pcm
    chunks = b"COMM" + struct.pack(">I", len(common)) + common + b"SSND" + struct.pack(">I", len(sound)) + sound
    return b"FORM" + struct.pack(">I", 4 + len(chunks)) + b"AIFF" + chunks


def flac_of_silence(seconds: float, *, declared_s: float) -> bytes:
    """Return a 44.1 kHz mono FLAC (RFC 9639) of constant subframes: some 12 bytes for 0.7 s."""
    samples = round(declared_s * 44100)
    info = struct.pack(">HH", _FLAC_BLOCK, _FLAC_BLOCK) + bytes(6)
    info += (44100 << 44 | 15 << 36 | samples).to_bytes(8, "big") + bytes(16)
    head = b"fLaC\x80" + len(info).to_bytes(3, "big") + info
    return head + b"".join(_flac_frames(round(seconds * 44100 / _FLAC_BLOCK)))


def _flac_frames(count: int) -> Iterator[bytes]:
    for number in range(count):
        # Sync, fixed size; 32768 samples, 44.1 kHz; mono, 16 bits; the frame's number in the manner of UTF-8.
        header = b"\xff\xf8\xf9\x08" + chr(number + (0x800 if number >= 0xD800 else 0)).encode()
        header += bytes([_crc(header, 8, 0x07)])
        frame = header + b"\0\0\0"  # a constant subframe of the value 0
        yield frame + _crc(frame, 16, 0x8005).to_bytes(2, "big")


def mp3_of_silence(seconds: float) -> bytes:
    """Return MPEG-2.5 layer III frames of nothing: 8 kHz, 8 kbit/s, mono, 72 bytes for 72 ms, no header before them."""
    frame = b"\xff\xe3\x18\xc0" + bytes(68)
    return frame * round(seconds / 0.072)


def opus_of_silence(seconds: float) -> bytes:
    """Return an Ogg Opus file (RFC 7845) of packets of one byte, each 60 ms of nothing."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 48000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 0) + struct.pack("<I", 0)
    pages = [_ogg_page([head], 0, 2, 0), _ogg_page([tags], 0, 0, 1)]
    left, position = round(seconds / _OPUS_PACKET_S), 0
    while left:
        count = min(200, left)
        left, position = left - count, position + count
        pages.append(_ogg_page([b"\x18"] * count, position * 2880, 0 if left else 4, len(pages)))
    return b"".join(pages)


def _ogg_page(packets: list[bytes], granule: int, flags: int, number: int) -> bytes:
    lacing = bytes(len(packet) for packet in packets)
    head = b"OggS" + struct.pack("<BBqII", 0, flags, granule, 1, number)
    tail = bytes([len(lacing)]) + lacing + b"".join(packets)
    return head + struct.pack("<I", _crc(head + bytes(4) + tail, 32, 0x04C11DB7)) + tail


def _crc(data: bytes, bits: int, polynomial: int) -> int:
    table, mask = _crc_table(bits, polynomial), (1 << bits) - 1
    value = 0
    for byte in data:
        value = (value << 8 & mask) ^ table[(value >> (bits - 8)) ^ byte]
    return value


@cache
def _crc_table(bits: int, polynomial: int) -> tuple[int, ...]:
    mask = (1 << bits) - 1
    step: Callable[[int], int] = lambda value: (value << 1 ^ (polynomial if value >> (bits - 1) else 0)) & mask  # noqa: E731
    table = []
    for byte in range(256):
        value = byte << (bits - 8)
        for _ in range(8):
            value = step(value)
        table.append(value)
    return tuple(table)
