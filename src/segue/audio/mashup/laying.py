"""Laying tracks on the time line: the foundation, voices phrase by phrase, and what runs along."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.audio.analysis import Section
from segue.audio.mashup.arranging import Voice, arrange, count_in_beats
from segue.audio.mashup.grid import BeatGrid
from segue.audio.mashup.phrases import LONGEST_BARS, Block, find_blocks
from segue.audio.mashup.timeline import Form, Timeline
from segue.audio.mashup.types import MashupOptions, Placement, Source, StemProfile

#: A voice lies so far under the accompaniment, in LU, at intensity 0.5; it rises by 1 LU to intensity 1.
_VOICE_UNDER_LU: Final = 1.5
_VOICE_GAIN_DB: Final = (-15.0, 15.0)
_LOCAL_SHARE: Final = 0.5
_MARGIN_BARS: Final = {"smooth": 0.5, "cut": 0.1, "echo": 0.25, "drop": 0.25}


@dataclass(frozen=True, slots=True)
class Singer:
    """A voice and how it is fitted to the mashup.

    Attributes
    ----------
    source, profile
        The voice.
    grid, sections
        Of its track.
    octave
        Beats of the mashup to one of the track.
    semitones
        Transposition.
    """

    source: Source
    profile: StemProfile
    grid: BeatGrid
    sections: tuple[Section, ...]
    octave: float
    semitones: int


def lay_foundation(sources: Sequence[Source], timeline: Timeline, options: MashupOptions) -> Placement:
    """Lay the foundation from end to end, its beats on the constant grid."""
    grid = timeline.grid
    start, end = timeline.start_beat, timeline.end_beat
    beats = _edges(grid, start, end)
    drums_db = 1.5 * (options.intensity - 0.5) * 2 + (1.0 if options.vibe == "party" else 0.0)
    gains = {source.id: round(drums_db, 2) if source.stem == "drums" else 0.0 for source in sources}
    return Placement(
        sources=tuple(sources),
        role="foundation",
        source_start_s=float(grid.time_of(start)),
        source_end_s=float(grid.time_of(end)),
        start_s=0.0,
        end_s=timeline.duration_s,
        first_bar=0,
        bars=timeline.bars,
        source_label="whole",
        target_label="whole",
        gains_db=gains,
        fade_in_s=0.01,
        fade_out_s=4 * timeline.bar_s if timeline.cut_short else 0.3,
        why="the foundation: its form is the mashup's" + ("" if grid.even else "; its drifting beats made even"),
        anchors_source_s=tuple(float(t) for t in grid.time_of(beats)),
        anchors_s=tuple(float(t) for t in timeline.time_of(beats)),
    )


def _edges(grid: BeatGrid, start: float, end: float) -> NDArray[np.float64]:
    """Return the beats to anchor at: both ends, and every beat between them where the tempo drifts."""
    if grid.even:
        return np.array([start, end])
    inner = np.arange(np.floor(start) + 1, np.ceil(end))
    inner = inner[(inner - start > 0.25) & (end - inner > 0.25)]
    return np.concatenate([[start], inner, [end]])


def lay_voice(
    singer: Singer, timeline: Timeline, form: Form, options: MashupOptions, *, level_lufs: float
) -> tuple[list[Placement], NDArray[np.float64]]:
    """Lay a voice's phrases on the form.

    Parameters
    ----------
    singer
        The voice.
    timeline, form
        Where to.
    options
        What the user chose.
    level_lufs
        Loudness of the foundation.

    Returns
    -------
    list of Placement
        In time order.
    array
        In which beats of the form it now sings, 0 or 1.
    """
    room = int(len(form.labels) * timeline.metre / singer.octave / singer.grid.beats_per_bar)
    longest = min(LONGEST_BARS, max(1, room // 2))  # a block as long as the form would have to fit it to the beat
    blocks = find_blocks(singer.profile, singer.grid, singer.sections, longest_bars=longest)
    voice = count_in_beats(blocks, singer.profile, singer.grid, octave=singer.octave, semitones=singer.semitones)
    path = arrange(voice, form, timeline.metre, bar_s=timeline.bar_s, intensity=options.intensity)
    taken = np.zeros(len(form.taken))
    for index, bar in path:
        on = max(0, int(np.floor(bar * timeline.metre + voice.onsets[index])))
        taken[on : int(np.ceil(bar * timeline.metre + voice.releases[index]))] = 1
    laying = _Laying(singer.source, voice, tuple(path), timeline, form, options, level_lufs)
    return [laying.placement(place) for place in range(len(path))], taken


@dataclass(frozen=True, slots=True)
class _Laying:
    """An arranged voice, on its way to placements."""

    source: Source
    voice: Voice
    path: tuple[tuple[int, int], ...]
    timeline: Timeline
    form: Form
    options: MashupOptions
    level_lufs: float

    def placement(self, place: int) -> Placement:
        """Return the placement of the path's block of this number."""
        index, bar = self.path[place]
        block, grid, metre = self.voice.blocks[index], self.voice.grid, self.timeline.metre
        before, after = self._room(place)
        start, end = float(grid.beat_at(block.start_s - before)), float(grid.beat_at(block.end_s + after))
        beats = _edges(grid, start, end)
        on_beat = (bar + self.timeline.first_bar) * metre
        output = self.timeline.time_of(on_beat + (beats - block.reference) * self.voice.octave)
        bars = self._bars(index, bar)
        labels = [self.form.labels[b] for b in bars]
        label = max(dict.fromkeys(labels), key=labels.count)
        slower = float((output[-1] - output[0]) / (before + after + block.end_s - block.start_s))
        return Placement(
            sources=(self.source,),
            role="lead",
            source_start_s=block.start_s - before,
            source_end_s=block.end_s + after,
            start_s=float(output[0]),
            end_s=float(output[-1]),
            first_bar=bars.start,
            bars=len(bars),
            source_label=block.label,
            target_label=label,
            gains_db={self.source.id: self._gain(block, bars)},
            fade_in_s=0.0 if self._continues(place) else before * slower,
            fade_out_s=0.0 if self._continues(place + 1) else after * slower,
            why=self._why(place, label),
            anchors_source_s=tuple(float(t) for t in grid.time_of(beats)),
            anchors_s=tuple(float(t) for t in output),
        )

    def _room(self, place: int) -> tuple[float, float]:
        """Return how much of the rest before and after a block to take along.

        Blocks that follow each other as in their own song meet in the middle of the rest between them.
        """
        block = self.voice.blocks[self.path[place][0]]
        margin = _MARGIN_BARS[self.options.transition_style] * self.voice.grid.period_s * self.voice.grid.beats_per_bar
        before, after = 0.5 * block.room_before_s, 0.5 * block.room_after_s
        return (
            before if self._continues(place) else min(max(0.1, margin), before),
            after if self._continues(place + 1) else min(max(0.3, margin), after),
        )

    def _continues(self, place: int) -> bool:
        """Tell whether a block follows the one laid before it as it does in its own song."""
        if not 0 < place < len(self.path):
            return False
        (earlier, from_bar), (index, bar) = self.path[place - 1], self.path[place]
        rest = self.voice.blocks[index].reference - self.voice.blocks[earlier].reference
        return index == earlier + 1 and (bar - from_bar) * self.timeline.metre == rest * self.voice.octave

    def _bars(self, index: int, bar: int) -> range:
        metre = self.timeline.metre
        first = int(np.floor((self.voice.onsets[index] + 0.5 * metre) / metre)) + bar
        last = int(np.ceil(self.voice.releases[index] / metre)) + bar
        first = min(max(0, first), len(self.form.labels) - 1)
        return range(first, max(first + 1, min(last, len(self.form.labels))))

    def _gain(self, block: Block, bars: range) -> float:
        """Return the gain that sets a block over its own bars half as much as over the whole."""
        local = float(10 * np.log10(np.mean(10 ** (self.form.lufs[bars.start : bars.stop] / 10))))
        shift = float(np.clip(_LOCAL_SHARE * (local - self.level_lufs), -4, 2))
        wanted = self.level_lufs - _VOICE_UNDER_LU + 2 * (self.options.intensity - 0.5) + shift
        return round(float(np.clip(wanted - block.lufs, *_VOICE_GAIN_DB)), 2)

    def _why(self, place: int, label: str) -> str:
        index, bar = self.path[place]
        block, line = self.voice.blocks[index], self.form.line[bar]
        where = (
            f"{block.label} on {label}" if block.label == label else f"{block.label} on {label}, where there is room"
        )
        spot = "where the section begins" if line == 0 else f"{line} bars into the section"
        again = any(index == earlier for earlier, _ in self.path[:place])
        return f"{where}, {spot}, {'sung again' if again else 'in the order of its song'}"


def lay_layer(source: Source, track: tuple[BeatGrid, float], timeline: Timeline, *, gain_db: float) -> list[Placement]:
    """Let a track's instrument run along from the first bar to the last, over and over, on whole bars."""
    grid, octave = track
    metre = timeline.metre
    whole = int(grid.last * octave // metre)
    whole -= whole % 4 if whole >= 4 else 0
    placements = []
    for bar in range(0, timeline.bars, max(whole, 1)):
        bars = min(whole, timeline.bars - bar)
        if bars < 1:
            break
        beats = _edges(grid, 0.0, bars * metre / octave)
        output = timeline.time_of((bar + timeline.first_bar) * metre + beats * octave)
        times = grid.time_of(beats)
        placements.append(
            Placement(
                sources=(source,),
                role="layer",
                source_start_s=float(times[0]),
                source_end_s=float(times[-1]),
                start_s=float(output[0]),
                end_s=float(output[-1]),
                first_bar=bar,
                bars=bars,
                source_label="whole",
                target_label="whole",
                gains_db={source.id: round(gain_db, 2)},
                fade_in_s=0.01,
                fade_out_s=0.05,
                why="runs along from its first downbeat" + (", again" if bar else ""),
                anchors_source_s=tuple(float(t) for t in times),
                anchors_s=tuple(float(t) for t in output),
            )
        )
    return placements
