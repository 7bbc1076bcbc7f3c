"""Recognising files among files: the contract of ``segue identify --json``."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from segue.audio.files import DecodeLimits
from segue.audio.landmarks import Peaks
from segue.audio.signal import Progress, no_progress
from segue.catalog.fingerprints.listening import excerpt_of_file, peaks_of_file
from segue.catalog.fingerprints.recognising import InMemory, find_sources, identify
from segue.kit.errors import SegueError


def compare_files(
    excerpt: Path,
    songs: Sequence[Path],
    limits: DecodeLimits,
    *,
    sources: bool = False,
    unreadable: Callable[[Path, SegueError], None],
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Tell which of some songs an excerpt is of, or with `sources` which of them a mix is made of.

    Parameters
    ----------
    unreadable
        Called for each song that cannot be read; it is left out.

    Raises
    ------
    InvalidAudio, TooLarge
        The excerpt cannot be read as audio, or is over the limits.

    Notes
    -----
    Runs an event loop of its own: not to be called on one.
    """
    peaks, duration_s = excerpt_of_file(excerpt, limits)
    known: dict[int, Peaks] = {}
    for number, song in enumerate(songs):
        progress(0.9 * number / len(songs))
        try:
            known[number] = peaks_of_file(song, limits)
        except SegueError as error:
            unreadable(song, error)
    progress(0.9)
    report = asyncio.run(_compared(peaks, duration_s, songs, InMemory(known), sources=sources))
    progress(1.0)
    return report


async def _compared(
    peaks: Peaks, duration_s: float, songs: Sequence[Path], known: InMemory, *, sources: bool
) -> dict[str, Any]:
    if sources:
        return {
            "sources": [
                {"song": str(songs[source.number]), "ranges": [asdict(stretch) for stretch in source.stretches]}
                for source in await find_sources(known, peaks)
            ]
        }
    return {
        "matches": [
            {
                "song": str(songs[match.number]),
                "start_s": match.source_start_s,
                "end_s": match.source_end_s,
                "speed": match.speed,
                "transposed_semitones": match.transposed_semitones,
                "confidence": match.confidence,
            }
            for match in await identify(known, peaks, duration_s)
        ]
    }
