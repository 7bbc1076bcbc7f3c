"""An export read to its end: each song that it names once, its listens, what it keeps, laid down in files.

Reading takes a child process's time; the database takes the rest. What lies between them lies on the disk, so that
neither's memory grows with the export. `Digest` says where.
"""

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import IO, Any, Self

from segue.library.formats.entries import Entry, Kept, Listen, Omission, Refusal, SongRef

#: A play that is shorter counts as a skip: services pay for, and count, plays from 30 s on.
PLAY_MS = 30_000
#: As many refused rows are told one by one; the rest are counted.
PROBLEMS_TOLD = 1000
_LONGEST_MS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Counts:
    """What was found, in rows.

    Attributes
    ----------
    entries
        All that were read; the sum of the others but for `songs`.
    songs
        Distinct songs, as they are spelled.
    omitted
        How many were left out on purpose, by reason.
    """

    entries: int = 0
    songs: int = 0
    listens: int = 0
    kept: int = 0
    refused: int = 0
    omitted: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the counts by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Digest:
    """Where a read export lies, and what was found."""

    folder: Path
    counts: Counts

    def songs(self) -> Iterator[SongRef]:
        """Give the songs, in the order of the numbers under which `listens` and `kept` know them, from 0."""
        for row in _rows(self.folder / "songs.jsonl"):
            yield SongRef(**row)

    def kept(self) -> Iterator[dict[str, Any]]:
        """Give the kept songs: the fields of `Kept` but ``song`` is a number, moments are ISO 8601, with ``source``."""
        return _rows(self.folder / "kept.jsonl")

    def problems(self) -> Iterator[Refusal]:
        """Give the refused rows, the first `PROBLEMS_TOLD` of them."""
        for row in _rows(self.folder / "problems.jsonl"):
            yield Refusal(**row)

    @property
    def listens(self) -> Path:
        """A file for PostgreSQL's COPY: song's number, moment, milliseconds played, whether skipped, source."""
        return self.folder / "listens.tsv"


class SongsOnTheWay:
    """The songs of an export that is still being read, by a `DigestWriter` in another process."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "songs.jsonl"
        self._offset = 0

    def more(self, most: int) -> list[SongRef]:
        """Return the next songs, as far as they are there, at most so many; in the order of their numbers."""
        songs: list[SongRef] = []
        with contextlib.suppress(FileNotFoundError), self._path.open("rb") as lines:
            lines.seek(self._offset)
            for line in islice(lines, most):
                if not line.endswith(b"\n"):
                    break
                self._offset += len(line)
                songs.append(SongRef(**json.loads(line)))
        return songs


class DigestWriter:
    """Lays entries down as they come; `finish` then says what they were."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers: dict[tuple[object, ...], int] = {}
        self._found: Counter[str] = Counter()
        self._omitted: Counter[str] = Counter()
        self._songs, self._listens, self._kept, self._problems = (
            _writable(folder / name) for name in ("songs.jsonl", "listens.tsv", "kept.jsonl", "problems.jsonl")
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in (self._songs, self._listens, self._kept, self._problems):
            file.close()

    def add(self, entry: Entry, source: str) -> None:
        """Lay down one entry of the format `source`."""
        match entry:
            case Listen():
                self._found["listens"] += 1
                self._listens.write(listen_line(self._number(entry.song), entry, source))
            case Kept():
                self._found["kept"] += 1
                row = kept_row(self._number(entry.song), entry, source)
                self._kept.write(json.dumps(row) + "\n")
            case Refusal():
                self._found["refused"] += 1
                if self._found["refused"] <= PROBLEMS_TOLD:
                    self._problems.write(json.dumps({"where": entry.where, "reason": entry.reason}) + "\n")
            case Omission():
                self._omitted[entry.reason] += 1

    def finish(self) -> Digest:
        """Close the files and return what they hold."""
        self.__exit__()
        total = self._found.total() + self._omitted.total()
        return Digest(self._folder, Counts(total, len(self._numbers), **self._found, omitted=dict(self._omitted)))

    def _number(self, song: SongRef) -> int:
        """Return the number of a song, from 0 in the order of their first appearance."""
        key = (_fields_of(song), *song.ids.items())
        known = self._numbers.get(key)
        if known is not None:
            return known
        number = self._numbers[key] = len(self._numbers)
        spelled = {name: value for name in _SONG_FIELDS if (value := getattr(song, name))}
        self._songs.write(json.dumps({**spelled, "ids": dict(song.ids)}) + "\n")
        return number


_SONG_FIELDS = ("title", "artist", "album", "year", "duration_ms", "isrc", "recording_mbid")
_fields_of = attrgetter(*_SONG_FIELDS)


def _writable(path: Path) -> IO[str]:
    return path.open("w", encoding="utf-8", errors="replace", newline="\n", buffering=1 << 20)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def kept_row(song: int, kept: Kept, source: str) -> dict[str, Any]:
    """Return a kept song as `Digest.kept` gives it, under the number of its song."""
    return {
        "song": song,
        "playlist": kept.playlist,
        "position": kept.position,
        "added_at": _text(kept.added_at),
        "liked": kept.liked,
        "rating": kept.rating,
        "play_count": kept.play_count,
        "skip_count": kept.skip_count,
        "last_played_at": _text(kept.last_played_at),
        "source": source,
    }


def listen_line(song: object, listen: Listen, source: str) -> str:
    """Return a listen as a line of COPY's text format, its song as it is given; nothing in it needs to be escaped."""
    played = "\\N" if listen.played_ms is None else str(min(listen.played_ms, _LONGEST_MS))
    return f"{song}\t{listen.listened_at.isoformat()}\t{played}\t{'t' if is_skip(listen) else 'f'}\t{source}\n"


def is_skip(listen: Listen) -> bool:
    """Whether a listen counts against its song: it was left within `PLAY_MS`, or, if nobody says when, said to be."""
    return bool(listen.skipped) if listen.played_ms is None else listen.played_ms < PLAY_MS
