"""The verb that makes a new song, like songs at hand or as it is asked for."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from segue.cli.configuration import read_settings
from segue.cli.output import JsonOption, clock_time, print_facts, print_json, progress_bar
from segue.cli.songs import PictureFile, file_limits, keep_apart, writable

if TYPE_CHECKING:
    from segue.audio.analysis import Key
    from segue.engines.generation import Generation
    from segue.generation.conditioning import Conditioned, Conditions
    from segue.generation.explaining import Reasons
    from segue.generation.likeness import HeardSong
    from segue.generation.limits import Limits
    from segue.kit.settings import Settings
    from segue.music.styles import StyleName

#: Of the progress: hearing the songs, making the new one.
_HEARING: Final = 0.4


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command()(generate)


def _midi_file(path: Path | None) -> Path | None:
    if path is not None and path.suffix.lower() not in (".mid", ".midi"):
        raise typer.BadParameter("end the name in .mid")
    if path is not None and not path.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {path.absolute().parent}")
    return path


def generate(
    *,
    like: Annotated[
        list[Path] | None, typer.Option(exists=True, dir_okay=False, help="A song to be like; give it more than once.")
    ] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", dir_okay=False, help="MP3, FLAC or WAV file to write.")
    ] = Path("generated.flac"),
    stems: Annotated[Path | None, typer.Option(file_okay=False, help="Folder for its stems.")] = None,
    midi: Annotated[Path | None, typer.Option(dir_okay=False, callback=_midi_file, help="File for its score.")] = None,
    duration: Annotated[float, typer.Option(min=10, max=3600, help="Seconds.")] = 180.0,
    style: Annotated[list[str] | None, typer.Option(help="How much of a style: house=0.6; more than once.")] = None,
    tempo: Annotated[float | None, typer.Option(min=30, max=300, help="Beats a minute.")] = None,
    key: Annotated[str | None, typer.Option(help="A minor, Eb major, 8A.")] = None,
    energy: Annotated[float | None, typer.Option(min=0, max=1, help="0 calm, 1 full.")] = None,
    valence: Annotated[float | None, typer.Option(min=0, max=1, help="0 dark, 1 bright.")] = None,
    bass: Annotated[float | None, typer.Option(min=-1, max=1, help="-1 light, 1 heavy.")] = None,
    vocals: Annotated[bool | None, typer.Option("--vocals/--instrumental", help="Whether a voice sings.")] = None,
    sing: Annotated[bool, typer.Option("--sing", help="Have it sung with words, English ones.")] = False,
    lyrics: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Text file of the lines to sing, one a line.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same song.")] = 0,
    plot: PictureFile = None,
    json: JsonOption = False,
) -> None:
    """Make a new song: like songs of yours, or as you ask.

    Example: segue generate --like song.mp3 -o new.flac --stems stems/ --plot new.png
    """
    settings = read_settings()
    likes = like or []
    written = writable(output)
    from segue.engines.separation import STEM_NAMES

    stem_files = [stems / f"{name}.flac" for name in STEM_NAMES] if stems else []
    keep_apart(likes, [written, *stem_files, *(file for file in (midi, plot) if file)])
    styles, wanted_key = _styles(style or []), _key(key)
    words = _words(lyrics)
    sung = sing or bool(words)
    limits = _limits(tempo, energy, bass, True if sung else vocals)
    with progress_bar("Making a song") as progress, tempfile.TemporaryDirectory(prefix="segue-") as folder:
        from segue.audio.signal import part_of

        hearing = _HEARING if likes else 0.0
        songs, space = _heard(likes, settings, part_of(progress, 0.0, hearing))
        conditions, reasons = _conditions(songs, space, seed, duration, limits)
        conditions = replace(conditions, styles=styles, key=wanted_key, valence=_or(valence, conditions.valence))
        settings = settings.model_copy(update={"singing": settings.singing or sung})
        found, made = _made(conditions, settings, words, Path(folder), part_of(progress, hearing, 1 - hearing))
        _keep(made, written, stems, midi)
        if plot:
            from segue.cli.made_picture import draw_made

            draw_made(made, plot, title=written.stem)
    report = _report(reasons, conditions, found, made)
    if json:
        print_json(report)
        return
    # Not every engine knows its stems, or a score.
    _tell(report, written, stems if made.stems else None, midi if made.midi else None, plot)


def _or(value: float | None, otherwise: float | None) -> float | None:
    return otherwise if value is None else value


def _words(file: Path | None) -> tuple[str, ...]:
    """Return the lines of a file that have words."""
    if file is None:
        return ()
    try:
        text = file.read_text()
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{file.name} is not a text file: lyrics are lines of words") from None
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _styles(given: Sequence[str]) -> dict["StyleName", float]:
    """Read styles with their weights; ``house`` alone counts 1."""
    from segue.music.styles import STYLE_NAMES

    styles: dict[StyleName, float] = {}
    for text in given:
        name, _, weight = text.partition("=")
        known = name.strip().lower().replace(" ", "_").replace("-", "_")
        if known not in STYLE_NAMES:
            raise typer.BadParameter(f"there is no style {name!r}; there are {', '.join(STYLE_NAMES)}")
        try:
            styles[known] = float(weight or 1)
        except ValueError:
            raise typer.BadParameter(f"{text!r} is no weight: write it like house=0.6") from None
        if not 0 < styles[known] <= 1e6:
            raise typer.BadParameter(f"the weight of {name} is to be above 0")
    return styles


def _key(text: str | None) -> "Key | None":
    """Read a key in letters, or of the Camelot wheel."""
    if text is None:
        return None
    from segue.audio.analysis import Key

    for tonic in range(12):
        for mode in ("major", "minor"):
            known = Key(tonic, mode)
            if text.strip().upper() == known.camelot:
                return known
    tonic_name, _, mode_name = text.strip().partition(" ")
    mode_name = mode_name.strip().lower() or "major"
    try:
        if mode_name in ("major", "minor"):
            return Key.parse(tonic_name[:1].upper() + tonic_name[1:], "minor" if mode_name == "minor" else "major")
    except ValueError:
        pass
    raise typer.BadParameter(f"{text!r} is no key: write it like A minor, Eb major or 8A")


def _limits(tempo: float | None, energy: float | None, bass: float | None, vocals: bool | None) -> "Limits":
    from segue.generation.limits import Limits

    given = {"tempo_range": tempo, "energy": energy, "bass_level": bass, "vocals": vocals}
    return Limits(
        tempo_bpm=None if tempo is None else (tempo, tempo),
        energy=None if energy is None else (energy, energy),
        bass=bass,
        vocals=vocals,
        said=frozenset(name for name, value in given.items() if value is not None),
    )


def _heard(files: Sequence[Path], settings: "Settings", progress: Any) -> tuple[list["HeardSong"], str]:
    """Hear the songs that the new one shall be like; return them and the space in which they lie."""
    if not files:
        return [], ""
    from segue.audio.signal import part_of
    from segue.catalog.embeddings.service import space_of
    from segue.catalog.understanding import engine_of, understand
    from segue.generation.likeness import HeardSong

    songs, space = [], ""
    for number, file in enumerate(files):
        share = part_of(progress, number / len(files), 1 / len(files))
        limits = file_limits(settings)
        heard = understand(file, settings.embedding_engine, settings.models_dir, limits, progress=share)
        songs.append(HeardSong(file.stem, heard.analysis, heard.embedding))
        space = space_of(*engine_of(heard.version))
    return songs, space


def _conditions(
    songs: Sequence["HeardSong"], space: str, seed: int, duration_s: float, limits: "Limits"
) -> tuple["Conditions", "Reasons"]:
    from segue.generation.likeness import like_songs

    return like_songs(songs, space=space, seed=seed, duration_s=duration_s, limits=limits)


def _made(
    conditions: "Conditions", settings: "Settings", words: tuple[str, ...], folder: Path, progress: Any
) -> tuple["Conditioned", "Generation"]:
    """Condition and make the song into a folder."""
    from segue.engines.generation import GenerationRequest
    from segue.engines.generation.options import generator_choice
    from segue.generation.conditioning import condition
    from segue.generation.planning import describe
    from segue.generation.playing import produce

    found = condition(conditions)
    request = GenerationRequest(
        mode=conditions.mode,
        seed=conditions.seed,
        duration_s=conditions.duration_s,
        wishes=found.wishes,
        description=describe(found.wishes),
        lyrics=words,
    )
    return found, produce(generator_choice(settings), request, folder, progress=progress)


def _keep(made: "Generation", output: Path, stems: Path | None, midi: Path | None) -> None:
    """Bring what was made where it is wanted."""
    from segue.audio.files import OUR_LIMITS, decode, encode

    if output.suffix.lower() == ".flac":
        shutil.copyfile(made.mix, output)
    else:
        encode(decode(made.mix, OUR_LIMITS).audio, output)
    if stems is not None:
        stems.mkdir(parents=True, exist_ok=True)
        for name, file in made.stems.items():
            shutil.copyfile(file, stems / f"{name}.flac")
    if midi is not None and made.midi is not None:
        shutil.copyfile(made.midi, midi)


def _report(reasons: "Reasons", conditions: "Conditions", found: "Conditioned", made: "Generation") -> dict[str, Any]:
    from segue.generation.explaining import explain, explain_made
    from segue.generation.planning import wishes_as_json

    return {
        "wishes": wishes_as_json(found.wishes),
        "explanation": [*explain(reasons, conditions, found), *explain_made(made.project)],
        "project": dict(made.project),
        "provenance": dict(made.provenance),
    }


def _tell(report: dict[str, Any], output: Path, stems: Path | None, midi: Path | None, plot: Path | None) -> None:
    from segue.generation.wording import style_in_words

    wishes, project = report["wishes"], report["project"]
    blended = ", ".join(f"{style_in_words(name)} {share:.0%}" for name, share in wishes["styles"].items())
    print_facts(
        {
            "style": blended,
            "tempo": f"{project.get('tempo_bpm', wishes['tempo_bpm']):.1f} bpm",
            "key": wishes["key"],
            **({"length": clock_time(project["duration_s"])} if "duration_s" in project else {}),
            "why": " ".join(report["explanation"]),
            "written": output,
            **({"stems": stems} if stems else {}),
            **({"score": midi} if midi else {}),
            **({"drawn": plot} if plot else {}),
        }
    )
