"""Where a voice sings: phrases, and blocks of phrases that can be laid elsewhere without cutting into one."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_closing, binary_opening, median_filter

from segue.audio.analysis import Section
from segue.audio.mashup.grid import BeatGrid
from segue.audio.mashup.types import StemProfile

#: How far below the loud passages a voice still sings; separation leaves the other instruments below that.
_ACTIVE_DB: Final = -22.0
_SILENT_LUFS: Final = -55.0
_SHORTEST_S: Final = 0.3
_BREATH_S: Final = 0.5
#: Bars of the longest block, where what it is laid on has room for it.
LONGEST_BARS: Final = 16
_PART_BARS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Block:
    """Phrases that stay together.

    Attributes
    ----------
    start_s, end_s
        First onset and last release, in the track.
    room_before_s, room_after_s
        Silence around it that belongs to no phrase.
    reference
        Beat of the track's own count, a downbeat, that is to fall on a downbeat.
    label
        Of the section that most of it lies in.
    lufs
        Mean loudness while it sings.
    """

    start_s: float
    end_s: float
    room_before_s: float
    room_after_s: float
    reference: int
    label: str
    lufs: float


def level_db(profile: StemProfile) -> NDArray[np.float64]:
    """Return the momentary loudness of each frame, LUFS."""
    return np.asarray(-0.691 + 10 * np.log10(profile.power.astype(np.float64) + 1e-12))


def is_active(profile: StemProfile) -> NDArray[np.bool_]:
    """Return in which frames a stem sounds, gaps for a breath closed."""
    levels = level_db(profile)
    if not len(levels) or levels.max() < _SILENT_LUFS:
        return np.zeros(len(levels), dtype=np.bool_)
    loud = np.percentile(levels[levels > _SILENT_LUFS], 90)
    active = median_filter(levels, 3, mode="nearest") > max(loud + _ACTIVE_DB, _SILENT_LUFS)
    breath, shortest = round(_BREATH_S / profile.frame_s), round(_SHORTEST_S / profile.frame_s)
    padded = np.pad(active, breath)
    closed = binary_closing(padded, np.ones(breath, dtype=np.bool_))[breath : len(padded) - breath]
    return np.asarray(binary_opening(closed, np.ones(shortest, dtype=np.bool_)), dtype=np.bool_)


def find_phrases(profile: StemProfile) -> list[tuple[float, float]]:
    """Return onset and release of each phrase in seconds, in order."""
    edges = np.flatnonzero(np.diff(np.pad(is_active(profile).astype(np.int8), 1)))
    return [(float(a * profile.frame_s), float(b * profile.frame_s)) for a, b in edges.reshape(-1, 2)]


def find_blocks(
    profile: StemProfile, grid: BeatGrid, sections: tuple[Section, ...], *, longest_bars: int = LONGEST_BARS
) -> list[Block]:
    """Group a voice's phrases.

    A block ends where the voice rests for two bars, where a section ends, and at the longest rest when it would exceed
    the longest; never within a phrase, unless that alone is longer: it is parted where it is quietest.

    Parameters
    ----------
    profile
        Of the voice.
    grid
        Of its track.
    sections
        Of its track.
    longest_bars
        How many bars of its track a block may last.

    Returns
    -------
    list of Block
        In order; none for a silent stem.
    """
    levels = level_db(profile)
    bar_s = grid.period_s * grid.beats_per_bar
    longest_s = longest_bars * bar_s
    phrases = [part for phrase in find_phrases(profile) for part in _breathing(phrase, levels, profile, longest_s)]
    borders = [section.start_s for section in sections]
    groups: list[list[tuple[float, float]]] = []
    for phrase in phrases:
        if groups and not _parts(groups[-1][-1], phrase, borders, bar_s):
            groups[-1].append(phrase)
        else:
            groups.append([phrase])
    groups = [part for group in groups for part in _shortened(group, longest_s)]
    ends = [0.0, *(group[-1][1] for group in groups)]
    starts = [*(group[0][0] for group in groups[1:]), len(profile.power) * profile.frame_s]
    blocks = []
    for group, before, after in zip(groups, ends, starts, strict=False):
        start, end = group[0][0], group[-1][1]
        sung = levels[int(start / profile.frame_s) : max(int(start / profile.frame_s) + 1, int(end / profile.frame_s))]
        blocks.append(
            Block(
                start_s=start,
                end_s=end,
                room_before_s=start - before,
                room_after_s=after - end,
                reference=_reference(start, grid, sections),
                label=label_at(sections, start, end),
                lufs=float(10 * np.log10(np.mean(10 ** (sung / 10)))),
            )
        )
    return blocks


def _parts(before: tuple[float, float], after: tuple[float, float], borders: list[float], bar_s: float) -> bool:
    """Tell whether the rest between two phrases parts blocks."""
    rest = after[0] - before[1]
    near = any(before[1] - 0.5 * bar_s <= border <= after[0] + 0.5 * bar_s for border in borders)
    return rest >= _PART_BARS * bar_s or (near and rest >= 0.2 * bar_s)


def _breathing(
    phrase: tuple[float, float], levels: NDArray[np.float64], profile: StemProfile, longest_s: float
) -> list[tuple[float, float]]:
    """Part a phrase that never rests where it is quietest, away from its ends, until no part is too long."""
    start, end = phrase
    if end - start <= longest_s:
        return [phrase]
    first, last = (round((start + share * (end - start)) / profile.frame_s) for share in (0.25, 0.75))
    cut_s = (first + int(np.argmin(levels[first:last]))) * profile.frame_s
    return [part for half in ((start, cut_s), (cut_s, end)) for part in _breathing(half, levels, profile, longest_s)]


def _shortened(group: list[tuple[float, float]], longest_s: float) -> list[list[tuple[float, float]]]:
    """Part a group at its longest rests, those in the middle first, until no part is too long."""
    if group[-1][1] - group[0][0] <= longest_s or len(group) < 2:
        return [group]
    length = group[-1][1] - group[0][0]

    def worth(cut: int) -> float:
        place = (group[cut][0] - group[0][0]) / length
        return (group[cut][0] - group[cut - 1][1]) * (0.25 + min(place, 1 - place))

    cut = max(range(1, len(group)), key=worth)
    return _shortened(group[:cut], longest_s) + _shortened(group[cut:], longest_s)


def _reference(onset_s: float, grid: BeatGrid, sections: tuple[Section, ...]) -> int:
    """Return the downbeat that a block hangs on: that of its own bar, or the next where it begins with an upbeat.

    Where the block enters a bar or two after a line of four bars from its section's beginning, that line is it.
    """
    metre = grid.beats_per_bar
    onset = float(grid.beat_at(onset_s))
    bar = int(np.floor(onset / metre + 0.5 + 1e-6)) if onset % metre >= metre / 2 else int(np.floor(onset / metre))
    section = max((s.start_s for s in sections if s.start_s <= onset_s + 1.0), default=None)
    if section is not None:
        section_bar = round(float(grid.beat_at(section)) / metre)
        late = (bar - section_bar) % 4
        bar += 1 if late == 3 else -late
    return bar * metre


def label_at(sections: tuple[Section, ...], start_s: float, end_s: float) -> str:
    """Return the label of the section that covers most of a time span; ``section`` where there is none."""
    overlaps = [(min(s.end_s, end_s) - max(s.start_s, start_s), s.label) for s in sections]
    best = max(overlaps, default=(0.0, "section"))
    return best[1] if best[0] > 0 else "section"
