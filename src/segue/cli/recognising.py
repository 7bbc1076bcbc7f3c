"""The verb that recognises recordings on files, without a server: identify."""

from pathlib import Path
from typing import Annotated, Any

import typer

from segue.cli.configuration import read_settings
from segue.cli.output import JsonOption, clock_time, console, print_facts, print_json, progress_bar
from segue.cli.songs import Song, file_limits
from segue.kit.errors import InvalidRequest, SegueError

_SUFFIXES = frozenset((".mp3", ".aac", ".m4a", ".mp4", ".flac", ".ogg", ".opus", ".wav", ".aif", ".aiff"))


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command()(identify)


def identify(
    excerpt: Song,
    *,
    against: Annotated[
        list[Path], typer.Option(exists=True, help="A song, or a folder of songs, that it may be of; may be repeated.")
    ],
    sources: Annotated[bool, typer.Option("--sources", help="It is a mix: tell what it is made of.")] = False,
    json: JsonOption = False,
) -> None:
    """Tell which song an excerpt is of, through noise and at another speed or key; or which songs a mix is made of.

    Example: segue identify clip.mp3 --against Music/
    """
    settings = read_settings()
    limits = file_limits(settings)
    songs = [song for song in _songs_in(against) if not song.samefile(excerpt)]
    if not songs:
        raise InvalidRequest("There are no songs to compare it with. Name songs, or a folder that holds some.")
    unread: dict[str, str] = {}
    with progress_bar(f"Comparing with {len(songs)} songs") as progress:
        from segue.catalog.fingerprints.comparing import compare_files

        def told(song: Path, error: SegueError) -> None:
            unread[str(song)] = error.detail

        report = compare_files(excerpt, songs, limits, sources=sources, unreadable=told, progress=progress)
    report = {**report, "compared": len(songs) - len(unread), "unread": unread}
    if json:
        print_json(report)
        return
    for song, why in unread.items():
        console.print(f"not compared: {song}: {why}")
    found: list[dict[str, Any]] = report["sources" if sources else "matches"]
    if not found:
        console.print(f"Compared with {report['compared']}: it is like none of them.")
        return
    print_facts({match["song"]: _described(match) for match in found})


def _songs_in(places: list[Path]) -> list[Path]:
    songs: dict[Path, None] = {}
    for place in places:
        inside = sorted(path for path in place.rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file())
        songs.update(dict.fromkeys(inside if place.is_dir() else [place]))
    return list(songs)


def _described(match: dict[str, Any]) -> str:
    if "ranges" in match:
        return "; ".join(
            f"{clock_time(part['start_s'])}-{clock_time(part['end_s'])} from {clock_time(part['source_start_s'])}"
            + _changes(part)
            for part in match["ranges"]
        )
    return f"from {clock_time(match['start_s'])}, confidence {match['confidence']:.3f}" + _changes(match)


def _changes(part: dict[str, Any]) -> str:
    changes = ""
    if abs(part["speed"] - 1) >= 0.005:
        changes += f", x{part['speed']:.2f}"
    if abs(part["transposed_semitones"]) >= 0.1:
        changes += f", {part['transposed_semitones']:+.1f} semitones"
    return changes
