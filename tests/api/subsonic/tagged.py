"""A short MP3 with everything in its tags: names, numbers, a picture, lyrics with times."""

import io
from pathlib import Path

from PIL import Image

from segue.audio.files import encode
from tests.audio.synthesis import render_song

LYRICS = "[ar:The Piers]\n[00:01.00]Low tide\n[00:03.50]high hopes"
COLOUR = (200, 40, 90)


def tagged_mp3(folder: Path, *, picture: bytes | None = None, **texts: str) -> Path:
    """Write one whose tags are ID3v2.3, as most taggers write; `texts` are frames by their ids."""
    bare = folder / "bare.mp3"
    encode(render_song(bars=2).audio, bare)
    named = {"TIT2": "Low Tide", "TPE1": "The Piers", "TALB": "Harbour", "TPE2": "The Piers & Friends"}
    named |= {"TRCK": "3/12", "TPOS": "1/2", "TYER": "1999", "TCON": "Rock; Pop"} | texts
    frames = b"".join(_frame(name, b"\x00" + text.encode("latin-1")) for name, text in named.items())
    frames += _frame("USLT", b"\x00eng\x00" + LYRICS.encode("latin-1"))
    frames += _frame("APIC", b"\x00image/png\x00\x03\x00" + (_picture() if picture is None else picture))
    path = folder / "tagged.mp3"
    path.write_bytes(b"ID3\x03\x00\x00" + _synchsafe(len(frames)) + frames + bare.read_bytes())
    return path


def _picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (900, 900), COLOUR).save(file, "PNG")
    return file.getvalue()


def _frame(name: str, content: bytes) -> bytes:
    return name.encode() + len(content).to_bytes(4, "big") + b"\x00\x00" + content


def _synchsafe(size: int) -> bytes:
    return bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
