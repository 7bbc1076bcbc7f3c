"""The time line of a mashup: the foundation's beats at one constant tempo, and its form in bars."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.audio.analysis import Section
from segue.audio.mashup.grid import BeatGrid
from segue.audio.mashup.phrases import label_at, level_db
from segue.audio.mashup.types import StemProfile

LONGEST_S: Final = 360.0
_AUDIBLE_LUFS: Final = -50.0
_TAIL_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Timeline:
    """From the foundation's beats to the mashup's seconds.

    Attributes
    ----------
    grid
        Of the foundation.
    tempo_bpm
        Of the mashup.
    start_beat, end_beat
        Where the mashup begins and ends in the foundation's count, in parts of beats.
    cut_short
        Whether the foundation goes on after the end.
    """

    grid: BeatGrid
    tempo_bpm: float
    start_beat: float
    end_beat: float
    cut_short: bool = False

    @property
    def metre(self) -> int:
        """Beats in a bar."""
        return self.grid.beats_per_bar

    @property
    def bar_s(self) -> float:
        """Length of a bar."""
        return 60.0 / self.tempo_bpm * self.metre

    @property
    def duration_s(self) -> float:
        """Length of the mashup."""
        return float(self.time_of(self.end_beat))

    @property
    def first_bar(self) -> int:
        """The first bar that is whole, in the foundation's count."""
        return int(np.ceil(self.start_beat / self.metre - 1e-9))

    @property
    def bars(self) -> int:
        """How many whole bars there are."""
        return max(0, int(np.floor(self.end_beat / self.metre + 1e-9)) - self.first_bar)

    def time_of(self, beats: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """Return when beats of the foundation's count sound in the mashup."""
        return (np.asarray(beats, dtype=np.float64) - self.start_beat) * (60.0 / self.tempo_bpm)

    def beats(self, step: int = 1) -> NDArray[np.int64]:
        """Return the beats that were heard and lie in the mashup; with the metre as `step`, the downbeats."""
        low = max(self.grid.first, int(np.ceil(self.start_beat - 1e-9)))
        high = min(self.grid.last, int(np.floor(self.end_beat)))
        return np.arange(low + -low % step, high + 1, step)


def lay_out(grid: BeatGrid, tempo_bpm: float, profiles: Sequence[StemProfile], duration_s: float) -> Timeline:
    """Lay out the mashup from the foundation's first sound to its last, at most six minutes and then to a bar's end.

    Parameters
    ----------
    grid
        Of the foundation.
    tempo_bpm
        Of the mashup.
    profiles
        Of the stems that the foundation gives.
    duration_s
        Of the foundation's track.
    """
    start_s, end_s = 0.0, duration_s
    if profiles:
        frames = min(len(profile.power) for profile in profiles)
        power = np.sum([profile.power[:frames] for profile in profiles], axis=0)
        audible = np.flatnonzero(10 * np.log10(power + 1e-12) > _AUDIBLE_LUFS)
        if len(audible):
            frame_s = profiles[0].frame_s
            start_s = max(0.0, float(audible[0] - 1) * frame_s)
            end_s = min(duration_s, float(audible[-1] + 1) * frame_s + _TAIL_S)
    start, end = float(grid.beat_at(start_s)), float(grid.beat_at(end_s))
    most = start + LONGEST_S * tempo_bpm / 60.0
    if end <= most:
        return Timeline(grid, tempo_bpm, start, end)
    end = float(np.floor(most / grid.beats_per_bar) * grid.beats_per_bar)
    return Timeline(grid, tempo_bpm, start, end, cut_short=True)


@dataclass(frozen=True, slots=True)
class Form:
    """What each bar of the mashup is, from its first whole bar on.

    Attributes
    ----------
    labels
        Section of each bar.
    line
        How each bar lies in its section: 0 where one begins, else bars since then.
    lufs
        Loudness of the foundation in each bar.
    chroma
        Pitch classes of the foundation in each beat, columns of unit norm, shape ``(12, bars * metre)``.
    taken
        Share of each beat in which somebody sings already.
    """

    labels: tuple[str, ...]
    line: tuple[int, ...]
    lufs: NDArray[np.float64] = field(repr=False)
    chroma: NDArray[np.float64] = field(repr=False)
    taken: NDArray[np.float64] = field(repr=False)


def read_form(timeline: Timeline, sections: Sequence[Section], profiles: Sequence[StemProfile]) -> Form:
    """Read the form of the foundation, bar by bar; nobody sings yet."""
    metre, grid = timeline.metre, timeline.grid
    bars = np.arange(timeline.first_bar, timeline.first_bar + timeline.bars)
    labels = tuple(
        label_at(
            tuple(sections), float(grid.time_of(float(bar * metre))), float(grid.time_of(float((bar + 1) * metre)))
        )
        for bar in bars
    )
    borders = sorted({round(float(grid.beat_at(section.start_s)) / metre) for section in sections} | {int(bars[0])})
    line = tuple(int(bar) - max((b for b in borders if b <= bar), default=int(bars[0])) for bar in bars)
    beats = np.arange(bars[0] * metre, (bars[-1] + 1) * metre + 1, dtype=np.float64)
    powers = [means(profile, grid.time_of(beats)) for profile in profiles]
    power = np.sum(powers, axis=0).reshape(len(bars), metre).mean(axis=1)
    return Form(
        labels=labels,
        line=line,
        lufs=np.asarray(-0.691 + 10 * np.log10(power + 1e-9)),
        chroma=beat_chroma(profiles, grid.time_of(beats)),
        taken=np.zeros(len(beats) - 1),
    )


def means(profile: StemProfile, edges_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean power between each two edges."""
    total = np.concatenate([[0.0], np.cumsum(profile.power, dtype=np.float64)])
    at = np.interp(edges_s / profile.frame_s, np.arange(len(total)), total)
    return np.asarray(np.diff(at) / np.maximum(np.diff(edges_s) / profile.frame_s, 1e-9))


def beat_chroma(profiles: Sequence[StemProfile], edges_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the pitch classes of stems together between each two edges, columns of unit norm."""
    summed = np.zeros((12, len(edges_s) - 1))
    for profile in profiles:
        loud = np.sqrt(profile.power[: profile.chroma.shape[1]])
        total = np.cumsum(np.pad(profile.chroma * loud, ((0, 0), (1, 0))), axis=1, dtype=np.float64)
        frames = np.arange(total.shape[1])
        summed += np.stack([np.diff(np.interp(edges_s / profile.frame_s, frames, row)) for row in total])
    norms = np.linalg.norm(summed, axis=0)
    return np.where(norms > 1e-6, summed / np.maximum(norms, 1e-6), 0.0)


def sung_share(profile: StemProfile, active: NDArray[np.bool_], edges_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return in how much of the time between each two edges a voice is active, 0 to 1."""
    return means(StemProfile(active.astype(np.float32), profile.chroma, profile.frame_s), edges_s)


def mean_lufs(profiles: Sequence[StemProfile]) -> float:
    """Return the loudness of stems together, over what lies within 10 dB of their loud parts."""
    frames = min((len(profile.power) for profile in profiles), default=0)
    if not frames:
        return -70.0
    power = np.sum([profile.power[:frames] for profile in profiles], axis=0)
    levels = level_db(StemProfile(power, profiles[0].chroma, profiles[0].frame_s))
    loud = levels > np.percentile(levels, 95) - 20
    return float(10 * np.log10(np.mean(10 ** (levels[loud] / 10))))
