"""A soundfont of one sample, small enough to be written by hand: a square wave on every key, decaying on the drums."""

import struct
from pathlib import Path

import numpy as np

_RATE = 44100
_PERIOD = 100  # samples: 441 Hz, the A4 of this soundfont is a trifle sharp
HERTZ = _RATE / _PERIOD


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _list(kind: bytes, *chunks: bytes) -> bytes:
    return _chunk(b"LIST", kind + b"".join(chunks))


def _name(text: str) -> bytes:
    return text.encode().ljust(20, b"\0")


def write_tiny_soundfont(path: Path) -> Path:
    """Write the soundfont: program 0 of bank 0, and the kit of bank 128, play the same looped square."""
    cycles = np.tile(np.repeat(np.array([8000, -8000], "<i2"), _PERIOD // 2), 20)
    samples = cycles.tobytes() + b"\0\0" * 46
    info = _list(
        b"INFO", _chunk(b"ifil", struct.pack("<HH", 2, 1)), _chunk(b"isng", b"EMU8000\0"), _chunk(b"INAM", b"tiny\0\0")
    )
    presets = b"".join(
        _name(name) + struct.pack("<HHHIII", 0, bank, bag, 0, 0, 0)
        for name, bank, bag in (("square", 0, 0), ("kit", 128, 1), ("EOP", 0, 2))
    )
    bags = b"".join(struct.pack("<HH", index, 0) for index in range(3))
    generators = struct.pack("<HH", 41, 0) * 2 + struct.pack("<HH", 0, 0)  # instrument 0
    instruments = _name("square") + struct.pack("<H", 0) + _name("EOI") + struct.pack("<H", 1)
    inside = struct.pack("<HHHHHH", 54, 1, 53, 0, 0, 0)  # looped; sample 0; the end
    header = _name("square") + struct.pack("<IIIII", 0, cycles.size, 0, cycles.size - _PERIOD, _RATE)
    header += struct.pack("<BbHH", 69, 0, 0, 1) + _name("EOS") + b"\0" * 26
    modulators = b"\0" * 10
    hydra = _list(
        b"pdta",
        _chunk(b"phdr", presets),
        _chunk(b"pbag", bags),
        _chunk(b"pmod", modulators),
        _chunk(b"pgen", generators),
        _chunk(b"inst", instruments),
        _chunk(b"ibag", struct.pack("<HHHH", 0, 0, 2, 0)),
        _chunk(b"imod", modulators),
        _chunk(b"igen", inside),
        _chunk(b"shdr", header),
    )
    path.write_bytes(_chunk(b"RIFF", b"sfbk" + info + _list(b"sdta", _chunk(b"smpl", samples)) + hydra))
    return path
