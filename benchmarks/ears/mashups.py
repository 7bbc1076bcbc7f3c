"""Mashups of real songs, of which it is known what sounds when: their sources are to be named."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segue.audio.files import DecodeLimits
from segue.audio.landmark_sources import Stretch
from segue.audio.mashup.types import MashupOptions
from segue.kit.settings import Settings
from segue.studio.mashing import mash_up_files

COUNT = 10
_STEP_S = 0.1
#: A place in a source is told rightly if it is not farther off than this.
_NEAR_S = 0.5


@dataclass(frozen=True, slots=True)
class Mashup:
    """The vocals of one song over the accompaniment of another.

    Attributes
    ----------
    lead, foundation
        The songs, by their places in the list.
    file
        Its audio.
    alignment
        What sounds when, as the report of a mashup has it: of the lead as track ``a``, of the foundation as ``b``.
    """

    lead: int
    foundation: int
    file: Path
    alignment: list[dict[str, Any]]


def of_songs(songs: list[Path]) -> list[Mashup]:
    """Make mashups of some songs and keep them in the temporary folder, for each takes a minute."""
    folder = Path(tempfile.gettempdir(), "segue-mashups-2")
    folder.mkdir(exist_ok=True)
    steps = [(place, (place + step) % len(songs)) for step in (1, 2) for place in range(len(songs))]
    return [
        _made(songs, *pair, folder)
        for pair in [pair for pair in steps if pair in set(permutations(range(len(songs)), 2))][:COUNT]
    ]


def covered(mashup: Mashup, track: str, heard: Sequence[Stretch]) -> tuple[float, float]:
    """Return of the time in which a parent sounds what share is told rightly, and of what is told what share is right.

    Right is what has the right place in the source, too.
    """
    placements = [
        (part["start_s"], part["end_s"], part["source_start_s"], part["source_end_s"])
        for part in mashup.alignment
        if part["track"] == track
    ]
    ranges = [(one.start_s, one.end_s, one.source_start_s, one.source_end_s) for one in heard]
    times = np.arange(0.0, max((end for _, end, _, _ in [*placements, *ranges]), default=0.0), _STEP_S)
    true, told = _places(times, placements), _places(times, ranges)
    right, sounding, said = (
        int(np.count_nonzero(those)) for those in (np.abs(told - true) <= _NEAR_S, np.isfinite(true), np.isfinite(told))
    )
    return right / max(1, sounding), right / max(1, said)


def _places(times: NDArray[np.float64], ranges: Sequence[tuple[float, float, float, float]]) -> NDArray[np.float64]:
    """Return where in the source each time lies, NaN where it does not sound."""
    places = np.full(times.size, np.nan)
    for start, end, source_start, source_end in ranges:
        inside = (times >= start) & (times < end)
        places[inside] = np.interp(times[inside], (start, end), (source_start, source_end))
    return places


def _made(songs: list[Path], lead: int, foundation: int, folder: Path) -> Mashup:
    file, report = (folder / f"{lead}-{foundation}.{ending}" for ending in ("mp3", "json"))
    if not report.exists():
        made = mash_up_files(
            songs[lead],
            songs[foundation],
            file,
            options=MashupOptions(),
            settings=Settings(),
            limits=DecodeLimits(),
        )
        report.write_text(json.dumps(made["alignment"]))
    return Mashup(lead, foundation, file, json.loads(report.read_text()))
