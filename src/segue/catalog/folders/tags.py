"""The tags in a file, read in a guarded child process: strangers wrote them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tinytag import TinyTag, TinyTagException

from segue.kit.processes import ChildDied, ProcessLimits, Progress, no_progress, run_guarded

_LIMITS: Final = ProcessLimits(memory_bytes=2**30, cpu_s=20, output_bytes=0, timeout_s=30, threads=1)
_SEPARATORS: Final = re.compile(r"[;,/|\x00]")


@dataclass(frozen=True, slots=True)
class FileTags:
    """What a file says of its song; empty where it says nothing.

    Attributes
    ----------
    year, bpm, isrc
        As they stand in the file: they may be anything.
    """

    title: str = ""
    artist: str = ""
    album: str = ""
    year: str = ""
    genres: tuple[str, ...] = ()
    bpm: str = ""
    isrc: str = ""


def tags_of(path: Path) -> FileTags:
    """Return what a file says of its song; broken tags say nothing."""
    try:
        return run_guarded(read_tags, str(path), limits=_LIMITS)
    except ChildDied as death:
        if death.reason == "killed":  # somebody else's doing, not the file's
            raise
        return FileTags()


def read_tags(path: str, *, progress: Progress = no_progress) -> FileTags:
    """Read the tags here and now: what the child process does."""
    progress(0.0)
    try:
        tag = TinyTag.get(path, duration=False)
    except TinyTagException:
        return FileTags()
    return FileTags(
        title=tag.title or "",
        artist=tag.artist or tag.albumartist or "",
        album=tag.album or "",
        year=tag.year or "",
        genres=_parted([tag.genre or "", *tag.other.get("genre", ())]),
        bpm=_first(tag.other.get("bpm", ())),
        isrc=_first(tag.other.get("isrc", ())),
    )


def _parted(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for value in values for part in _SEPARATORS.split(value) if part.strip()))


def _first(values: Sequence[object]) -> str:
    return str(values[0]) if values else ""
