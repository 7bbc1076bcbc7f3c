"""The verbs about the catalogue: loading collections of songs that others publish."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from segue.cli.configuration import read_settings
from segue.cli.output import JsonOption, Report, console, print_facts, print_json, progress_bar

if TYPE_CHECKING:
    from segue.catalog.songs.loaders.told import Refused
    from segue.catalog.songs.loading import Loaded

_catalog = typer.Typer(no_args_is_help=True, help="The catalogue of songs: load what others publish.")
#: So many refused rows are told one by one.
_TOLD = 20


def register(app: typer.Typer) -> None:
    """Add the verbs to the command."""
    app.add_typer(_catalog, name="catalog")


@_catalog.callback()
def _verbs() -> None:
    """Hold the verbs together, while there is one."""


@_catalog.command("import")
def load(
    table: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV with Spotify's audio features")],
    *,
    json: JsonOption = False,
) -> None:
    """Load a table of songs. What is known already stays as it is: the same table again changes nothing.

    Example: segue catalog import spotify_songs.csv
    """
    refused: list[Refused] = []
    with table.open("rb") as file, progress_bar(f"Loading {table.name}") as progress:
        loaded = asyncio.run(_load(file, table.stat().st_size, refused, progress))
    for row in refused[:_TOLD]:
        console.print(f"not loaded: {row.where}: {row.reason}")
    if len(refused) > _TOLD:
        console.print(f"not loaded: {len(refused) - _TOLD} more")
    report: dict[str, object] = {"rows": loaded.songs, "new": loaded.new, "refused": loaded.refused}
    if json:
        print_json(report)
    else:
        print_facts(report)


async def _load(file: BinaryIO, size: int, refused: "list[Refused]", progress: Report) -> "Loaded":
    from segue.catalog.songs.loaders import spotify_features
    from segue.catalog.songs.loading import load as load_rows
    from segue.kit.runtime import open_runtime

    async with open_runtime(read_settings()) as runtime:
        return await load_rows(
            runtime.database,
            spotify_features.read(file),
            refused=refused.append,
            after_batch=lambda: progress(file.tell() / size),
        )
