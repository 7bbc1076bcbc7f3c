"""Files that nobody should have to decode: broken, mislabelled and made to do harm, the same every time."""

import gzip
import io
import json
import random
import sqlite3
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame

from segue.audio.files import encode
from segue.audio.signal import Audio
from tests.audio.containers import aiff, flac_of_silence, mp3_of_silence, opus_of_silence, wav

_SECONDS = 8
_HTML = b"<!DOCTYPE html><html><head><title>404</title></head><body>Not found</body></html>"
_EVIL = "file:///etc/passwd\nhttp://127.0.0.1:8472/healthz\n"


@dataclass(frozen=True, slots=True)
class HostileFile:
    """A file on disk and a part of what refusing it must say."""

    path: Path
    reason: str


def write_hostile_files(folder: Path) -> list[HostileFile]:
    """Write them all into `folder`; the last is larger than 50 MiB (and sparse)."""
    files = []
    for name, data, reason in _all(folder):
        path = folder / name
        path.write_bytes(data)
        files.append(HostileFile(path, reason))
    return [*files, _over_50_mib(folder / "over_50_mib.wav")]


def song(sample_rate: int = 44100, seconds: float = _SECONDS, channels: int = 2) -> Audio:
    """Return a chord under noise: something that codecs cannot shrink to nothing."""
    times = np.arange(round(seconds * sample_rate)) / sample_rate
    chord = sum(np.sin(2 * np.pi * hz * times) for hz in (220.0, 277.2, 329.6))
    noise = np.random.default_rng(2).standard_normal((channels, times.size))
    return Audio((0.1 * chord + 0.02 * noise).astype(np.float32), sample_rate)


def _all(folder: Path) -> Iterator[tuple[str, bytes, str]]:
    yield from _not_audio()
    yield from _playlists()
    yield from _fake_magic()
    yield from _wavs()
    whole = {suffix: _encoded(folder, suffix) for suffix in ("mp3", "flac", "m4a", "opus", "wav")}
    yield from _cut(whole)
    yield from _damaged(whole, _encoded(folder, "mp3", sample_rate=22050))
    yield from _bombs()
    yield "video_only.mp4", _video(), "video without sound"
    yield "video_only_renamed.mp3", _video(), "video without sound"


def _not_audio() -> Iterator[tuple[str, bytes, str]]:
    yield "empty.mp3", b"", "empty: zero bytes"
    yield "one_byte.mp3", b"\xff", "unknown kind"
    yield "zeros.mp3", bytes(100_000), "only zero bytes"
    yield "noise.mp3", random.Random(1).randbytes(200_000).replace(b"\xff", b"\xfe"), "unknown kind"
    yield "notes.mp3", "Liebe Grüße, der Song kommt später.\n".encode(), "a text file"
    yield "notes_utf16.mp3", "Liebe Grüße".encode("utf-16"), "a text file"
    yield "not_found.mp3", _HTML, "a web page"
    yield "feed.mp3", b"<?xml version='1.0'?><rss version='2.0'></rss>", "an XML document"
    yield "logo.mp3", b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG picture"
    yield "error.mp3", json.dumps({"error": "expired link"}).encode(), "a JSON document"
    yield "cover.mp3", b"\x89PNG\r\n\x1a\n" + bytes(64), "a PNG picture"
    yield "photo.mp3", b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(64), "a JPEG picture"
    yield "cat.mp3", b"GIF89a" + bytes(64), "a GIF picture"
    yield "picture.wav", b"RIFF\x40\0\0\0WEBPVP8 " + bytes(64), "a WebP picture"
    yield "film.wav", b"RIFF\x40\0\0\0AVI LIST" + bytes(64), "an AVI video"
    yield "contract.mp3", b"%PDF-1.7\n" + bytes(64), "a PDF document"
    yield "album.mp3", _zip(), "a ZIP archive"
    yield "album.flac", gzip.compress(b"la" * 99, mtime=0), "a gzip archive"
    yield "song.mp3.exe", b"MZ\x90\x00" + bytes(256), "a Windows program"
    yield "song_elf.mp3", b"\x7fELF\x02\x01\x01" + bytes(256), "a Linux program"
    yield "run.mp3", b"#!/bin/sh\nrm -rf ~\n", "a script"
    yield "library.mp3", _sqlite(), "an SQLite database"
    yield "melody.mp3", b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk" + bytes(8), "a MIDI file"
    yield "clip.mp3", b"\x1aE\xdf\xa3\x9fB\x86\x81\x01" + bytes(64), "Matroska or WebM"
    yield "windows_media.mp3", b"0&\xb2u\x8ef\xcf\x11\xa6\xd9" + bytes(64), "Windows Media"


def _playlists() -> Iterator[tuple[str, bytes, str]]:
    yield "live.mp3", f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{_EVIL}".encode(), "an M3U playlist"
    yield "list.m3u8", f"\ufeff#EXTM3U\n{_EVIL}".encode(), "an M3U playlist"
    yield "tagged_list.mp3", _id3(b"x" * 20) + f"#EXTM3U\n{_EVIL}".encode(), "an M3U playlist"
    yield "list.pls", b"[playlist]\nFile1=file:///etc/passwd\nNumberOfEntries=1\n", "a PLS playlist"
    yield "list.flac", b"ffconcat version 1.0\nfile 'file:///etc/passwd'\n", "a list of files for ffmpeg"
    yield "call.wav", b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=audio 5004 RTP/AVP 0\r\n", "an SDP"
    xspf = b"<playlist xmlns='http://xspf.org/ns/0/'><location>file:///etc/passwd</location></playlist>"
    yield "list.ogg", xspf, "an XSPF playlist"


def _fake_magic() -> Iterator[tuple[str, bytes, str]]:
    junk = random.Random(3).randbytes(60_000)
    yield "fake.flac", b"fLaC" + junk, "broken"
    yield "fake.ogg", b"OggS" + junk, "broken"
    yield "fake.wav", b"RIFF\xff\xff\0\0WAVE" + junk, "broken"
    yield "fake.aiff", b"FORM\0\0\xff\xffAIFF" + junk, "broken"
    yield "fake.m4a", b"\0\0\0\x20ftypM4A " + junk, "broken"
    yield "fake.aac", b"\xff\xf1\x50\x80" + junk, "no sound"
    yield "fake_id3.mp3", _id3(b"\0" * 40) + junk.replace(b"\xff", b"\0"), "unknown kind"
    yield "only_a_tag.mp3", _id3(b"\0" * 500), "a tag but no sound"
    yield "huge_tag.mp3", b"ID3\x04\0\0\x16\x40\0\0" + bytes(1000), "a tag but no sound"
    yield "huge_tag_with_song.mp3", b"ID3\x04\0\0\x16\x40\0\0" + mp3_of_silence(2.0), "a tag but no sound"


def _wavs() -> Iterator[tuple[str, bytes, str]]:
    pcm = struct.pack("<8000h", *([1000, -1000] * 4000))
    yield "no_rate.wav", wav(pcm, sample_rate=0), "broken"
    yield "slow.wav", wav(pcm, sample_rate=1000), "1000 Hz"
    yield "fast.wav", wav(pcm, sample_rate=2**31 - 1), "Hz"
    yield "no_channels.wav", wav(pcm, channels=0), "no channels"
    yield "48_channels.wav", wav(pcm * 48, channels=48), "48 channels"
    yield "65535_channels.wav", wav(pcm, channels=65535), "more than can be"
    yield "unknown_codec.wav", wav(pcm, codec=0x9999), "Segue does not read"
    yield "adpcm.wav", wav(pcm, codec=0x11, bits=4), "adpcm_ima_wav"
    yield "claims_4_gib.wav", wav(pcm, claimed=0xF0000000), "longer than the 600 s"
    yield "claims_more.wav", wav(pcm, claimed=len(pcm) * 4), "ends early"
    yield "no_data.wav", wav(b""), "no sound"
    yield "one_sample.wav", wav(b"\0\x10"), "too short"
    yield "header_cut.wav", wav(pcm)[:30], "broken"
    as_float = partial(wav, codec=3, bits=32)
    yield "nan.wav", as_float(struct.pack("<8000f", *[0.1] * 4000, *[float("nan")] * 4000)), "not numbers"
    yield "infinite.wav", as_float(struct.pack("<8000f", *[0.1] * 7999, float("inf"))), "not numbers"
    yield "integers_as_floats.wav", as_float(struct.pack("<8000f", *[20_000.0] * 8000)), "over full scale"
    yield "no_channels.aiff", aiff(pcm, channels=0), "broken"
    yield "cut.aiff", aiff(pcm)[:4000], "ends early"


def _cut(whole: dict[str, bytes]) -> Iterator[tuple[str, bytes, str]]:
    for suffix in ("mp3", "flac", "opus", "wav"):
        data = whole[suffix]
        yield f"cut_in_the_middle.{suffix}", data[: len(data) // 2], "ends early"
    yield "no_moov.m4a", whole["m4a"][: len(whole["m4a"]) // 2], "broken"
    yield "header_only.flac", whole["flac"][:42], "broken"
    yield "header_only.opus", whole["opus"][: whole["opus"].index(b"OggS", 4)], "broken"
    yield "header_only.m4a", whole["m4a"][:28], "broken"


def _damaged(whole: dict[str, bytes], slower_mp3: bytes) -> Iterator[tuple[str, bytes, str]]:
    yield "damaged.flac", _scratched(whole["flac"], 8192), "damaged"
    yield "claims_more.flac", _with_flac_length(whole["flac"], 44100 * 60), "ends early: 8.0 s of 60.0 s"
    yield "changes_rate.mp3", whole["mp3"] + slower_mp3, "changes from 44100 to 22050"
    yield "giant_atom.m4a", b"\0\0\0\x18ftypM4A \0\0\0\0M4A isom\x7f\xff\xff\xffmoov" + bytes(500), "no audio track"
    yield "nested_atoms.m4a", b"\0\0\0\x18ftypM4A \0\0\0\0M4A isom" + b"\0\0\x10\0moov" * 500, "broken"
    yield "no_sizes.m4a", whole["m4a"].replace(b"stsz", b"stsX"), "no sound"


def _bombs() -> Iterator[tuple[str, bytes, str]]:
    ten_hours = 36_000.0
    yield "ten_hours.flac", flac_of_silence(ten_hours, declared_s=ten_hours), "36000 s long"
    yield "ten_hours_unsaid.flac", flac_of_silence(ten_hours, declared_s=0.0), "longer than the 600 s"
    yield "ten_hours_denied.flac", flac_of_silence(ten_hours, declared_s=1.0), "longer than the 600 s"
    yield "eleven_minutes.mp3", mp3_of_silence(660.0), "longer than the 600 s"
    yield "eleven_minutes.opus", opus_of_silence(660.0), "longer than the 600 s"


def _over_50_mib(path: Path) -> HostileFile:
    with path.open("wb") as file:
        file.write(wav(b"", claimed=51 * 2**20))
        file.truncate(51 * 2**20)
    return HostileFile(path, "50 MiB are allowed")


def _encoded(folder: Path, suffix: str, sample_rate: int = 44100) -> bytes:
    path = folder / f"whole.{suffix}"
    encode(song(sample_rate), path)
    data = path.read_bytes()
    path.unlink()
    return data


def _scratched(data: bytes, every: int) -> bytes:
    scratched = bytearray(data)
    for position in range(every, len(data), every):
        scratched[position : position + 16] = b"\x55" * 16
    return bytes(scratched)


def _with_flac_length(data: bytes, samples: int) -> bytes:
    packed = int.from_bytes(data[18:26], "big") & ~((1 << 36) - 1) | samples
    return data[:18] + packed.to_bytes(8, "big") + data[26:]


def _id3(content: bytes) -> bytes:
    size = len(content)
    return b"ID3\x04\0\0" + bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0)) + content


def _video() -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 64
        for shade in range(10):
            frame = VideoFrame.from_ndarray(np.full((64, 64, 3), shade * 20, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("song.mp3"), b"la" * 1000)
    return buffer.getvalue()


def _sqlite() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE songs (title TEXT)")
    serialize: Callable[[], bytes] = connection.serialize
    data = serialize()
    connection.close()
    return data
