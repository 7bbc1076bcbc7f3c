"""Songs to mash up, with the analysis that they were rendered from."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from segue.audio.analysis import Analysis, Descriptors, Key, Loudness, Mode, Rhythm, Section, SectionLabel
from segue.audio.mashup.profiles import profile_stem
from segue.audio.mashup.types import Source, StemKind, StemProfile
from segue.audio.signal import Audio
from tests.audio.synthesis import render_song

#: Sections and their lengths in bars.
SongForm = tuple[tuple[SectionLabel, int], ...]

FORM: SongForm = (("intro", 4), ("verse", 8), ("chorus", 8), ("verse", 8), ("outro", 4))


@dataclass(frozen=True, slots=True)
class MashupSong:
    """A song, its stems, and what an analysis would say."""

    name: str
    analysis: Analysis
    stems: dict[str, Audio]

    def source(self, stem: StemKind) -> Source:
        return Source(self.name, stem)

    def profiles(self) -> dict[str, StemProfile]:
        return {name: profile_stem(audio) for name, audio in self.stems.items()}


@cache
def make_song(
    name: str,
    *,
    tempo_bpm: float = 120.0,
    tonic: int = 0,
    mode: Mode = "major",
    form: SongForm = FORM,
    drift: float = 0.0,
    sung: bool = True,
    seed: int = 0,
) -> MashupSong:
    """Render a song whose voice sings three bars of every four of its verses and choruses."""
    bars = sum(length for _, length in form)
    song = render_song(tempo_bpm=tempo_bpm, tonic=tonic, mode=mode, bars=bars, drift=drift, seed=seed)
    downbeats = [*song.downbeats_s, float(song.beats_s[-1] + 60 / tempo_bpm)]
    sections, at = [], 0
    for label, length in form:
        sections.append(Section(float(downbeats[at]), float(downbeats[at + length]), label))
        at += length
    rate = song.audio.sample_rate
    vocals = np.zeros((1, song.audio.length), dtype=np.float32)
    bar = 0
    for label, length in form:
        for line in range(bar, bar + length, 4):
            if sung and label in {"verse", "chorus"}:
                start, end = float(downbeats[line]), float(downbeats[min(line + 3, len(downbeats) - 1)])
                _sing(vocals, start, end, 60 + tonic + (12 if label == "chorus" else 7), rate)
        bar += length
    analysis = Analysis(
        duration_s=song.audio.duration_s,
        sample_rate=rate,
        rhythm=Rhythm(tempo_bpm, 1.0, tuple(map(float, song.beats_s)), tuple(map(float, song.downbeats_s)), 4),
        key=Key(tonic, mode),
        loudness=Loudness(-14.0, 5.0, -1.0),
        sections=tuple(sections),
        descriptors=Descriptors(0.6, 0.5, 0.5, 0.5, 0.1, 0.1, 0.1),
        peaks=(),
    )
    stems = {f"{name}/vocals": Audio(vocals, rate), f"{name}/accompaniment": song.audio}
    return MashupSong(name, analysis, stems)


def _sing(vocals: np.ndarray, start_s: float, end_s: float, pitch: int, rate: int) -> None:
    first, last = round(start_s * rate), min(vocals.shape[1], round(end_s * rate))
    time = np.arange(last - first) / rate
    hz = 440 * 2 ** ((pitch - 69) / 12)
    phase = 2 * np.pi * hz * time + 0.3 * np.sin(2 * np.pi * 5 * time)
    wave = sum(np.sin(k * phase) / k for k in range(1, 8))
    edge = np.clip(np.minimum(time, time[-1] - time) / 0.02, 0, 1)
    vocals[0, first:last] = 0.15 * wave * edge
