"""A score as a Standard MIDI File: for a sequencer, with its tempo, form and chords."""

import struct
from collections.abc import Iterable, Sequence
from typing import Final

from segue.music.labels import chord_symbol, section_name
from segue.music.metre import Metre
from segue.music.score import Note, Part, Score

#: Ticks of a quarter: divisible by what swing, triplets and people's timing need.
PER_QUARTER: Final = 960
_DRUM_CHANNEL: Final = 9
_CHANNELS: Final = tuple(channel for channel in range(16) if channel != _DRUM_CHANNEL)
_TEXT, _NAME, _MARKER, _PORT, _END, _TEMPO, _OFFSET, _METRE, _KEY = 1, 3, 6, 0x21, 0x2F, 0x51, 0x54, 0x58, 0x59
_NOTE_OFF, _NOTE_ON, _PROGRAM = 0x80, 0x90, 0xC0
#: Sharps (+) or flats (-) of the major keys from C on.
_SIGNATURES: Final = (0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5)
_OFFSET_FRAMES: Final = 25
_LONGEST_TEMPO_US: Final = 0xFFFFFF

#: When (ticks), which comes first at one time, and what.
_Event = tuple[int, int, bytes]


def midi_bytes(score: Score) -> bytes:
    """Return a score as a Standard MIDI File of format 1.

    The first track has tempo, metre, key, sections (markers) and chord symbols (texts); then every part has a track.
    Drums are on channel 10. Sixteen channels hold fifteen other parts: more go to further ports. A silence before the
    first beat is no music: it is told as the SMPTE offset, and bar 1 begins with the first beat.

    Parameters
    ----------
    score
        What is written. Beats are quarters, but in 6/8, 9/8 and 12/8, whose beats are eighths.

    References
    ----------
    MIDI Manufacturers Association: Standard MIDI Files 1.0 (RP-001), 1996.
    """
    per_beat = PER_QUARTER // 2 if Metre(score.beats_per_bar).compound else PER_QUARTER
    tracks = [_conductor(score, per_beat)]
    for part, (port, channel) in zip(score.parts, _places(score.parts), strict=True):
        tracks.append(_track(part, port, channel, per_beat))
    header = b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), PER_QUARTER)
    return header + b"".join(b"MTrk" + struct.pack(">I", len(track)) + track for track in tracks)


def _conductor(score: Score, per_beat: int) -> bytes:
    """Return the track that holds for all."""
    compound = per_beat < PER_QUARTER
    metre = bytes((score.beats_per_bar, 3 if compound else 2, 36 if compound else 24, 8))
    relative = score.key.tonic if score.key.mode == "major" else (score.key.tonic + 3) % 12
    signature = struct.pack(">bB", _SIGNATURES[relative], score.key.mode == "minor")
    events: list[_Event] = [
        (0, 0, _meta(_NAME, score.style.replace("_", " ").encode())),
        (0, 1, _meta(_OFFSET, _smpte(float(score.beats_s[0])))),
        (0, 2, _meta(_METRE, metre)),
        (0, 3, _meta(_KEY, signature)),
        *_tempi(score, per_beat),
        *(
            (round(section.start * per_beat), 5, _meta(_MARKER, section_name(section).encode()))
            for section in score.sections
        ),
        *(
            (round(span.start * per_beat), 6, _meta(_TEXT, chord_symbol(span.chord, score.key).encode()))
            for span in score.chords
        ),
    ]
    return _written(events, round((score.beats_s.size - 1) * per_beat))


def _tempi(score: Score, per_beat: int) -> Iterable[_Event]:
    """Give each beat the whole number of microseconds that brings the next one nearest to its time."""
    quarters = PER_QUARTER / per_beat
    at_us, before = 0.0, -1
    targets_us = (score.beats_s[1:] - score.beats_s[0]) * 1e6
    for beat, target_us in enumerate(targets_us.tolist()):
        tempo_us = min(max(1, round((target_us - at_us) * quarters)), _LONGEST_TEMPO_US)
        at_us += tempo_us / quarters
        if tempo_us != before:
            yield beat * per_beat, 4, _meta(_TEMPO, tempo_us.to_bytes(3, "big"))
        before = tempo_us


def _smpte(start_s: float) -> bytes:
    """Return a time as hours, minutes, seconds, frames (25 in a second) and hundredths of frames."""
    hundredths = round(start_s * _OFFSET_FRAMES * 100)
    frames, parts = divmod(hundredths, 100)
    seconds, frame = divmod(frames, _OFFSET_FRAMES)
    return bytes((0x20 | seconds // 3600, seconds // 60 % 60, seconds % 60, frame, parts))


def _places(parts: Sequence[Part]) -> list[tuple[int, int]]:
    """Return each part's port and channel; drums of another kit need another port's channel 10."""
    kits: list[int] = []
    pitched = 0
    places = []
    for part in parts:
        if part.role == "drums":
            if part.program not in kits:
                kits.append(part.program)
            places.append((kits.index(part.program), _DRUM_CHANNEL))
        else:
            port, index = divmod(pitched, len(_CHANNELS))
            places.append((port, _CHANNELS[index]))
            pitched += 1
    return places


def _track(part: Part, port: int, channel: int, per_beat: int) -> bytes:
    """Return a part's track."""
    events: list[_Event] = [
        (0, 0, _meta(_NAME, part.name.encode())),
        (0, 1, _meta(_PORT, bytes((port,)))),
        (0, 2, bytes((_PROGRAM | channel, part.program))),
    ]
    end = 0
    for note, start, stop in _apart(part.notes, per_beat):
        events.append((start, 9, bytes((_NOTE_ON | channel, note.pitch, note.velocity))))
        events.append((stop, 8, bytes((_NOTE_OFF | channel, note.pitch, 64))))
        end = max(end, stop)
    return _written(events, end)


def _apart(notes: Sequence[Note], per_beat: int) -> Iterable[tuple[Note, int, int]]:
    """Return notes with their ticks; a key that is struck again is released before, for it has only one end."""
    following: dict[int, int] = {}
    placed = []
    for note in reversed(notes):
        start = round(note.start * per_beat)
        stop = max(start + 1, round((note.start + note.duration) * per_beat))
        again = following.get(note.pitch)
        if again is None or start < again:
            placed.append((note, start, stop if again is None else min(stop, again)))
            following[note.pitch] = start
    return reversed(placed)


def _meta(kind: int, data: bytes) -> bytes:
    return bytes((0xFF, kind)) + _variable(len(data)) + data


def _variable(number: int) -> bytes:
    """Return a number as MIDI writes lengths: seven bits a byte, all but the last one marked."""
    packed = [number & 0x7F]
    while number := number >> 7:
        packed.append(number & 0x7F | 0x80)
    return bytes(reversed(packed))


def _written(events: list[_Event], end: int) -> bytes:
    """Return events in order, each after the time since the one before."""
    written, before = bytearray(), 0
    for at, _, message in sorted(events, key=lambda event: event[:2]):
        written += _variable(at - before) + message
        before = at
    return bytes(written + _variable(max(0, end - before)) + _meta(_END, b""))
