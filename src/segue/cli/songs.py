"""The verbs that work on song files, without a server: analyze, separate, mashup, master."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args

import typer

from segue.audio.mashup.types import MashupOptions, TransitionStyle, Vibe
from segue.cli.configuration import read_settings
from segue.cli.output import JsonOption, clock_time, console, print_facts, print_json, progress_bar
from segue.kit.errors import InvalidRequest

if TYPE_CHECKING:
    from segue.audio.analysis import Chord, Key
    from segue.audio.files import DecodeLimits
    from segue.kit.settings import Settings

Song = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="MP3, AAC, M4A, FLAC, OGG, Opus or WAV")]


def writable(output: Path) -> Path:
    """Refuse, before the work, a file that could not be written after it."""
    from segue.audio.files import WritableFormat

    formats = get_args(WritableFormat)
    if output.suffix.lower().removeprefix(".") not in formats:
        raise typer.BadParameter(f"end the name in one of {', '.join(f'.{name}' for name in formats)}")
    if not output.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {output.absolute().parent}")
    return output


OutputFile = Annotated[
    Path, typer.Option("-o", "--output", dir_okay=False, callback=writable, help="MP3, FLAC or WAV file to write.")
]


_PICTURES: Final = (".png", ".svg", ".pdf")


def _drawable(plot: Path | None) -> Path | None:
    """Refuse, before the work, a picture that could not be written after it."""
    if plot is None:
        return None
    if plot.suffix.lower() not in _PICTURES:
        raise typer.BadParameter(f"end the name in one of {', '.join(_PICTURES)}")
    if not plot.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {plot.absolute().parent}")
    return plot


PictureFile = Annotated[
    Path | None,
    typer.Option("--plot", dir_okay=False, callback=_drawable, help="PNG, SVG or PDF file to draw the song in."),
]


def register(app: typer.Typer) -> None:
    """Add the verbs to the command."""
    app.command()(analyze)
    app.command()(separate)
    app.command()(mashup)
    app.command()(master)


def analyze(song: Song, *, plot: PictureFile = None, json: JsonOption = False) -> None:
    """Hear a song: tempo, beats, key, chords, loudness, sections, descriptors, embedding.

    Example: segue analyze song.mp3 --plot song.png
    """
    settings = read_settings()
    if plot:
        keep_apart([song], [plot])
    with progress_bar(f"Listening to {song.name}") as progress:
        from segue.catalog.understanding import understand

        heard = understand(
            song, settings.embedding_engine, settings.models_dir, file_limits(settings), progress=progress
        )
    if plot:
        from segue.cli.picture import draw_analysis

        draw_analysis(heard.analysis, plot, title=song.stem)
    report = heard.report()
    if json:
        print_json(report)
        return
    key = report["key"]
    print_facts(
        {
            "length": clock_time(report["duration_s"]),
            "tempo": f"{report['tempo_bpm']:.1f} bpm, {report['time_signature']}/4"
            f" (confidence {report['tempo_confidence']:.2f})"
            if report["beats_s"]
            else "none heard",
            "key": f"{key['tonic']} {key['mode']}, Camelot {key['camelot']} (confidence {key['confidence']:.2f})"
            if key["confidence"]
            else "none heard",
            "chords": _common_chords(heard.analysis.chords, heard.analysis.key) or "none heard",
            "loudness": _level(report["loudness_lufs"], "LUFS")
            + f", range {report['loudness_range_lu'] or 0:.1f} LU, peak {_level(report['true_peak_dbtp'], 'dBTP')}",
            "form": ", ".join(f"{clock_time(part['start_s'])} {part['label']}" for part in report["sections"]),
            **{name: f"{value:.2f}" for name, value in report["descriptors"].items()},
            **({"drawn": plot} if plot else {}),
        }
    )


def _common_chords(chords: "Sequence[Chord]", key: "Key", most: int = 4) -> str:
    """Return the chords that sound longest, with their share of the time that any does."""
    lengths: dict[str, float] = {}
    for chord in chords:
        if chord.root is not None:
            label = chord.label_in(key)
            lengths[label] = lengths.get(label, 0.0) + chord.end_s - chord.start_s
    common = sorted(lengths.items(), key=lambda entry: -entry[1])[:most]
    return ", ".join(f"{label} {length / sum(lengths.values()):.0%}" for label, length in common)


def separate(
    song: Song,
    *,
    output: Annotated[Path, typer.Option("-o", "--output", file_okay=False, help="Folder for the stems.")],
    engine: Annotated[str, typer.Option(help="auto, or one that `segue doctor` lists.")] = "",
    json: JsonOption = False,
) -> None:
    """Part a song into vocals.flac, drums.flac, bass.flac and other.flac.

    Example: segue separate song.mp3 -o stems/
    """
    settings = read_settings()
    keep_apart([song], [output / f"{stem}.flac" for stem in ("vocals", "drums", "bass", "other")])
    with progress_bar(f"Separating {song.name}") as progress:
        from segue.engines.separation.choose import choose_separator
        from segue.engines.separation.options import optional_engines
        from segue.stems.separation import THREADS, separate_file_by

        separator = choose_separator(
            engine or settings.separation_engine,
            settings.models_dir,
            threads=THREADS,
            optional=optional_engines(settings),
        )
        files = separate_file_by(separator, song, output, file_limits(settings), progress=progress)
    stems: dict[str, object] = {name: str(file) for name, file in files.items()}
    if json:
        print_json({"engine": separator.name, "engine_version": separator.version, "stems": stems})
        return
    if separator.name == "classical":
        console.print("Parted by classical means. `segue models install spleeter-2stems` gives much better vocals.")
    print_facts(stems)


def mashup(
    a: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The song whose vocals are heard.")],
    b: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The song whose accompaniment is heard.")],
    *,
    output: OutputFile,
    vibe: Annotated[Vibe, typer.Option(help="The character of the mix.")] = "balanced",
    intensity: Annotated[float, typer.Option(min=0, max=1, help="How dense and driven.")] = 0.5,
    transition_style: Annotated[TransitionStyle, typer.Option(help="How parts follow.")] = "smooth",
    json: JsonOption = False,
) -> None:
    """Lay the vocals of one song over the accompaniment of another, in time, in key, mastered.

    Example: segue mashup a.mp3 b.mp3 -o mashup.mp3
    """
    settings = read_settings()
    keep_apart([a, b], [output])
    with progress_bar("Mashing up") as progress:
        from segue.studio.mashing import mash_up_files

        report = mash_up_files(
            a,
            b,
            output,
            options=MashupOptions(vibe=vibe, intensity=intensity, transition_style=transition_style),
            settings=settings,
            limits=file_limits(settings),
            progress=progress,
        )
    if json:
        print_json(report)
        return
    _tell_mashup(report, output)


def master(
    song: Song,
    *,
    output: OutputFile,
    reference: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A record to sound like, instead of the defaults.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Master a song: tone, dynamics, -14 LUFS, true peak at most -1 dBTP.

    Example: segue master mix.wav -o master.flac
    """
    settings = read_settings()
    keep_apart([song, *([reference] if reference else [])], [output])
    with progress_bar(f"Mastering {song.name}") as progress:
        from segue.studio.mastering import master_file

        report = master_file(song, output, reference=reference, limits=file_limits(settings), progress=progress)
    if json:
        print_json(report)
        return
    before, after = report["before"], report["after"]
    print_facts(
        {
            "loudness": f"{_level(before['loudness_lufs'], 'LUFS')} -> {_level(after['loudness_lufs'], 'LUFS')}",
            "true peak": f"{_level(before['true_peak_dbtp'], 'dBTP')} -> {_level(after['true_peak_dbtp'], 'dBTP')}",
            "written": output,
        }
    )


def keep_apart(songs: list[Path], outputs: list[Path]) -> None:
    """Refuse to write over what is read."""
    for output in outputs:
        if output.exists() and any(output.samefile(song) for song in songs):
            raise InvalidRequest(f"{output} is what is read: it would be lost. Give the output another name.")


def file_limits(settings: "Settings") -> "DecodeLimits":
    """Return the limits within which the user's own files are read: they may be sets of hours, of any size."""
    from segue.audio.files import DecodeLimits

    return DecodeLimits(max_bytes=2**40, max_s=settings.file_max_s, max_s_setting="SEGUE_FILE_MAX_S")


def _tell_mashup(report: dict[str, Any], output: Path) -> None:
    key = report["key"]
    print_facts(
        {
            "tempo": f"{report['tempo_bpm']:.1f} bpm",
            "key": f"{key['tonic']} {key['mode']}, Camelot {key['camelot']}",
            "stretch": ", ".join(f"{name} x{ratio:.3f}" for name, ratio in report["stretch"].items()),
            "transpose": ", ".join(f"{name} {shift:+d}" for name, shift in report["transpose_semitones"].items()),
            "match": f"{report['compatibility']['score']:.2f}",
            "loudness": f"{_level(report['loudness_lufs'], 'LUFS')}, {_level(report['true_peak_dbtp'], 'dBTP')}",
            "why": "; ".join(report["notes"]),
            "written": output,
        }
    )


def _level(value: float | None, unit: str) -> str:
    return "silent" if value is None else f"{value:.1f} {unit}"
