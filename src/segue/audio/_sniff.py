"""Telling what a file is by its first bytes, so that no decoder ever guesses and no name is trusted."""

import string
from dataclasses import dataclass
from typing import BinaryIO, Final

from segue.kit.errors import InvalidAudio

_HEAD_BYTES: Final = 1 << 16
_MOST_TAGS: Final = 8
_MOST_CHUNKS: Final = 64
_READABLE: Final = "MP3, AAC, M4A, FLAC, OGG Vorbis, Opus, WAV or AIFF"

#: What people send by mistake, by the first bytes.
_OTHERS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a bitmap picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"%PDF", "a PDF document"),
    (b"{\\rtf", "an RTF document"),
    (b"PK\x03\x04", "a ZIP archive (or an Office document)"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Linux program"),
    (b"\xcf\xfa\xed\xfe", "a macOS program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"#!", "a script"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM file"),
    (b"0&\xb2u", "a Windows Media file"),
    (b"FLV", "a Flash video"),
    (b"\x00\x00\x01\xba", "an MPEG video"),
    (b"\x00\x00\x01\xb3", "an MPEG video"),
    (b"MThd", "a MIDI file: notes, no sound"),
    (b"caff", "a Core Audio file"),
    (b"MAC ", "a Monkey's Audio file"),
    (b"wvpk", "a WavPack file"),
    (b"DSD ", "a DSD file"),
    (b"FRM8", "a DSD file"),
    (b"#!AMR", "an AMR recording"),
    (b".snd", "a Sun audio file"),
)
_TEXTS: Final[tuple[tuple[str, str], ...]] = (
    ("#extm3u", "an M3U playlist: upload the songs themselves"),
    ("[playlist]", "a PLS playlist: upload the songs themselves"),
    ("ffconcat", "a list of files for ffmpeg: upload the songs themselves"),
    ("v=0", "an SDP session description"),
    ("<!doctype html", "a web page"),
    ("<html", "a web page"),
    ("{", "a JSON document"),
    ("[", "a JSON document"),
)
_MP4_ATOMS: Final = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide")
# kbit/s by (MPEG-1?, layer), then by the header's index.
_BIT_RATES: Final = {
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


@dataclass(frozen=True, slots=True)
class MpegFrame:
    """The header of an MPEG audio frame (ISO/IEC 11172-3, 13818-3)."""

    size: int
    samples: int
    sample_rate: int
    side_bytes: int


def identify(file: BinaryIO) -> str:
    """Return the name of the one FFmpeg demuxer that may read the file.

    Raises
    ------
    InvalidAudio
        It is nothing that Segue reads; the message says what it is instead.
    """
    start = skip_id3(file)
    file.seek(start)
    head = file.read(_HEAD_BYTES)
    if not head:
        raise InvalidAudio(
            "The file has a tag but no sound in it." if start else "The file is empty: zero bytes. Upload it again."
        )
    name = _container(head)
    if name is None:
        raise InvalidAudio(f"This is not a sound file but {_describe(head)}. Upload {_READABLE}.")
    return name


def skip_id3(file: BinaryIO) -> int:
    """Return where the content starts: behind all ID3v2 tags."""
    position = 0
    for _ in range(_MOST_TAGS):
        file.seek(position)
        header = file.read(10)
        if len(header) < 10 or header[:3] != b"ID3" or max(header[6:10]) > 0x7F:
            break
        size = sum(byte << shift for byte, shift in zip(header[6:10], (21, 14, 7, 0), strict=True))
        position += 10 + size + (10 if header[5] & 0x10 else 0)
    return position


def _container(head: bytes) -> str | None:
    if head[:4] in (b"RIFF", b"RF64", b"BW64", b"FORM"):
        return {b"WAVE": "wav", b"AIFF": "aiff", b"AIFC": "aiff"}.get(head[8:12])
    name = {b"fLaC": "flac", b"OggS": "ogg"}.get(head[:4])
    if name is not None:
        return name
    if head[4:8] in _MP4_ATOMS:
        return "mov"
    if head[0] == 0xFF and head[1:2] and head[1] & 0xF6 == 0xF0:
        return "aac"
    if any(head.startswith(magic) for magic, _ in _OTHERS):
        return None
    return "mp3" if find_mpeg_frame(head) is not None else None


def find_mpeg_frame(head: bytes) -> int | None:
    """Return where the first of two consecutive MPEG audio frames starts, or None."""
    start = head.find(0xFF)
    while 0 <= start < len(head) - 4:
        frame = parse_mpeg_frame(head[start : start + 4])
        if frame is not None:
            following = head[start + frame.size : start + frame.size + 4]
            # The last frame of a short file has no neighbour to vouch for it: the very first bytes vouch then.
            if parse_mpeg_frame(following) is not None or (start == 0 and len(following) < 4):
                return start
        start = head.find(0xFF, start + 1)
    return None


def parse_mpeg_frame(header: bytes) -> MpegFrame | None:
    """Read a four-byte frame header, or return None where it is none."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return None
    version, layer = (header[1] >> 3) & 3, 4 - ((header[1] >> 1) & 3)
    rate_index, hz_index = header[2] >> 4, (header[2] >> 2) & 3
    if version == 1 or layer == 4 or rate_index in (0, 15) or hz_index == 3:
        return None
    mpeg1 = version == 3
    sample_rate = (44100, 48000, 32000)[hz_index] >> (0 if mpeg1 else 1 if version == 2 else 2)
    bit_rate = _BIT_RATES[mpeg1, layer][rate_index] * 1000
    padding = (header[2] >> 1) & 1
    samples = 384 if layer == 1 else 1152 if layer == 2 or mpeg1 else 576
    size = (
        (12 * bit_rate // sample_rate + padding) * 4 if layer == 1 else samples // 8 * bit_rate // sample_rate + padding
    )
    mono = header[3] >> 6 == 3
    side = (17 if mono else 32) if mpeg1 else (9 if mono else 17)
    return MpegFrame(size, samples, sample_rate, side)


def _describe(head: bytes) -> str:
    for magic, name in _OTHERS:
        if head.startswith(magic):
            return name
    if head[:4] == b"RIFF":
        return {b"WEBP": "a WebP picture", b"AVI ": "an AVI video"}.get(head[8:12], "an unknown kind of RIFF file")
    text = _as_text(head)
    if text is not None:
        return _describe_text(text)
    return "only zero bytes" if not any(head) else "binary data of an unknown kind"


def _as_text(head: bytes) -> str | None:
    try:
        text = head[:4096].decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", errors="strict")
    except UnicodeDecodeError as error:
        if error.start < min(len(head), 4096) - 4:  # a character cut at the end is no reason
            return None
        text = head[: error.start].decode("utf-8", errors="replace")
    printable = sum(character in string.whitespace or character.isprintable() for character in text)
    return text if text and printable == len(text) else None


def _describe_text(text: str) -> str:
    start = text.lstrip().lower()
    for prefix, name in _TEXTS:
        if start.startswith(prefix):
            return name
    if start.startswith("<"):
        kinds = {
            "<svg": "an SVG picture",
            "xspf": "an XSPF playlist: upload the songs themselves",
            "<html": "a web page",
        }
        return next((name for word, name in kinds.items() if word in start), "an XML document")
    return "a text file"


def declared_mpeg_s(file: BinaryIO) -> float | None:
    """Return the length that an MP3's Xing, Info or VBRI header promises, or None without one."""
    position = file.tell()
    file.seek(skip_id3(file))
    head = file.read(_HEAD_BYTES)
    file.seek(position)
    start = find_mpeg_frame(head)
    frame = None if start is None else parse_mpeg_frame(head[start : start + 4])
    if start is None or frame is None:
        return None
    for offset, names in ((4 + frame.side_bytes, (b"Xing", b"Info")), (36, (b"VBRI",))):
        tag = head[start + offset : start + offset + 18]
        if tag[:4] in names:
            has_count = names[0] == b"VBRI" or (tag[7:8] and tag[7] & 1)
            count = int.from_bytes(tag[14:18] if names[0] == b"VBRI" else tag[8:12], "big")
            # The encoder's delay and padding are among the frames and not among the music.
            return max(0, count - 3) * frame.samples / frame.sample_rate if has_count and count else None
    return None


def ogg_is_cut(file: BinaryIO) -> bool:
    """Return whether the last page of an Ogg file (RFC 3533) is incomplete."""
    position = file.tell()
    size = file.seek(0, 2)
    file.seek(max(0, size - (1 << 17)))
    tail = file.read()
    file.seek(position)
    start = tail.rfind(b"OggS")
    page = tail[start:] if start >= 0 else b""
    if len(page) < 27:
        return True
    segments = page[27 : 27 + page[26]]
    return len(segments) < page[26] or len(page) < 27 + page[26] + sum(segments)


def wav_share_present(file: BinaryIO) -> float:
    """Return how much of the sound that a WAV's header tells of is in the file, over 0.0 to 1.0.

    Programs that write to a pipe tell nothing (0) or close to the greatest number there is: then it is 1.0.
    """
    position = file.tell()
    size = file.seek(0, 2)
    start = 12
    share = 1.0
    for _ in range(_MOST_CHUNKS):
        file.seek(start)
        chunk = file.read(8)
        if len(chunk) < 8:
            break
        told = int.from_bytes(chunk[4:], "little")
        if chunk[:4] == b"data":
            present = size - start - 8
            unsaid = told == 0 or 0x7FFFF000 <= told <= 0x7FFFFFFF or told >= 0xFFFFF000
            share = 1.0 if unsaid or present <= 0 else min(1.0, present / told)
            break
        start += 8 + told + (told & 1)
    file.seek(position)
    return share
