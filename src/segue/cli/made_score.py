"""Reading the notes of a Standard MIDI File, in seconds: what a picture of a score needs."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

_NAME, _TEMPO, _END = 0x03, 0x51, 0x2F
_DEFAULT_US: Final = 500_000


@dataclass(frozen=True, slots=True)
class PlayedNote:
    """A note: when, how high (MIDI number), how loud (1 to 127)."""

    start_s: float
    end_s: float
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class PlayedPart:
    """A track's name, whether it is drums, and its notes."""

    name: str
    drums: bool
    notes: tuple[PlayedNote, ...]


@dataclass(slots=True)
class _Track:
    name: str = ""
    drums: bool = False
    tempi: list[tuple[int, int]] = field(default_factory=list)
    notes: list[tuple[int, int, int, int]] = field(default_factory=list)


def read_parts(file: Path) -> list[PlayedPart]:
    """Return the parts of a MIDI file that have notes.

    Raises
    ------
    ValueError
        It is no MIDI file of format 0 or 1 with ticks of a quarter.
    """
    data = file.read_bytes()
    if data[:4] != b"MThd":
        raise ValueError(f"{file} is no MIDI file")
    _, count, division = struct.unpack(">HHH", data[8:14])
    if division & 0x8000:
        raise ValueError(f"{file} counts frames, not quarters")
    place, tracks = 14, []
    for _ in range(count):
        (length,) = struct.unpack(">I", data[place + 4 : place + 8])
        tracks.append(_track(data[place + 8 : place + 8 + length]))
        place += 8 + length
    tempi = sorted(tempo for track in tracks for tempo in track.tempi)
    return [
        PlayedPart(track.name, track.drums, _timed(track.notes, tempi, division)) for track in tracks if track.notes
    ]


def _track(data: bytes) -> _Track:
    track = _Track()
    sounding: dict[tuple[int, int], tuple[int, int]] = {}
    for tick, status, body in _events(data):
        if status == 0xFF:
            kind, text = body[0], body[1:]
            if kind == _NAME:
                track.name = text.decode(errors="replace")
            elif kind == _TEMPO:
                track.tempi.append((tick, int.from_bytes(text, "big")))
        elif status & 0xE0 == 0x80:
            begins = status & 0xF0 == 0x90 and body[1] > 0
            begun = sounding.pop((status & 0x0F, body[0]), None)
            if begun is not None:
                track.notes.append((begun[0], tick, body[0], begun[1]))
            if begins:
                track.drums |= status & 0x0F == 9
                sounding[status & 0x0F, body[0]] = (tick, body[1])
    return track


def _events(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Give each event's tick, status and body; of meta events, the kind begins the body."""
    place = tick = status = 0
    while place < len(data):
        delta, place = _variable(data, place)
        tick += delta
        if data[place] & 0x80:
            status, place = data[place], place + 1
        if status == 0xFF:
            kind = data[place]
            length, place = _variable(data, place + 1)
            yield tick, status, bytes((kind,)) + data[place : place + length]
            if kind == _END:
                return
        elif status in (0xF0, 0xF7):
            length, place = _variable(data, place)
        else:
            length = 1 if status & 0xE0 == 0xC0 else 2
            yield tick, status, data[place : place + length]
        place += length


def _variable(data: bytes, place: int) -> tuple[int, int]:
    number = 0
    while True:
        number = number << 7 | data[place] & 0x7F
        place += 1
        if not data[place - 1] & 0x80:
            return number, place


def _timed(
    notes: list[tuple[int, int, int, int]], tempi: list[tuple[int, int]], division: int
) -> tuple[PlayedNote, ...]:
    """Return notes with their ticks in seconds."""
    if not tempi or tempi[0][0] > 0:
        tempi = [(0, _DEFAULT_US), *tempi]
    ticks = np.array([tick for tick, _ in tempi], dtype=np.float64)
    pace = np.array([us for _, us in tempi], dtype=np.float64) / 1e6 / division
    reached = np.concatenate(([0.0], np.cumsum(np.diff(ticks) * pace[:-1])))

    def seconds(at: NDArray[np.float64]) -> NDArray[np.float64]:
        which = np.searchsorted(ticks, at, side="right") - 1
        return reached[which] + (at - ticks[which]) * pace[which]

    table = np.array(notes, dtype=np.float64)
    starts, ends = seconds(table[:, 0]), seconds(table[:, 1])
    found = [
        PlayedNote(float(start), float(end), pitch, velocity)
        for start, end, (_, _, pitch, velocity) in zip(starts, ends, notes, strict=True)
    ]
    return tuple(sorted(found, key=lambda note: note.start_s))
