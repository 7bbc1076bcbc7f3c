"""The verb that makes a song longer."""

from pathlib import Path
from typing import Annotated, Any

import typer

from segue.cli.configuration import read_settings
from segue.cli.output import JsonOption, clock_time, print_facts, print_json, progress_bar
from segue.cli.songs import PictureFile, Song, file_limits, keep_apart, writable


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command()(extend)


def extend(
    song: Song,
    *,
    minutes: Annotated[float, typer.Option(min=0.1, max=240, help="How long all of it shall be.")] = 10.0,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", dir_okay=False, help="File to write, here as SONG-extended.flac otherwise."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed goes on in the same way.")] = 0,
    bridges: Annotated[bool, typer.Option(help="Compose bridges where the song has too few ways on.")] = True,
    plot: PictureFile = None,
    json: JsonOption = False,
) -> None:
    """Make a song go on, by jumps between beats that sound alike.

    Example: segue extend song.mp3 --minutes 10 -o long.flac --plot walk.png
    """
    settings = read_settings()
    written = writable(output or Path(f"{song.stem}-extended.flac"))
    keep_apart([song], [written, *([plot] if plot else [])])
    with progress_bar(f"Extending {song.name}") as progress:
        from segue.audio.signal import part_of
        from segue.engines.generation.composer import installed_soundfont
        from segue.engines.generation.extending import ExtendingEngine
        from segue.engines.generation.extension import describe, write

        engine = ExtendingEngine(installed_soundfont(settings.models_dir), bridges=bridges)
        limits = file_limits(settings)
        extension = engine.extend(song, minutes * 60, seed=seed, limits=limits, progress=part_of(progress, 0.0, 0.5))
        levels = write(extension, written, progress=part_of(progress, 0.5, 0.5))
        report = {**describe(extension), **levels}
    if plot:
        from segue.cli.walk_picture import draw_walk

        draw_walk(extension, plot, title=song.stem)
    if json:
        print_json(report)
        return
    _tell(report, written, plot)


def _tell(report: dict[str, Any], output: Path, plot: Path | None) -> None:
    jumps = report["jumps"]
    print_facts(
        {
            "length": f"{clock_time(report['source_s'])} -> {clock_time(report['duration_s'])}",
            "jumps": f"{len(jumps)}, of {report['possible_jumps']} possible ones",
            **({"bridges": f"{report['bridges']} composed"} if report["bridges"] else {}),
            "first jump": clock_time(jumps[0]["from_s"]) if jumps else "none",
            "loudness": f"{report['loudness_lufs']:.1f} LUFS, {report['true_peak_dbtp']:.1f} dBTP",
            "written": output,
            **({"drawn": plot} if plot else {}),
        }
    )
