"""The verb that deletes what nobody needs any more."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from segue.cli.configuration import read_settings
from segue.cli.output import JsonOption, console, print_facts, print_json

if TYPE_CHECKING:
    from segue.api.privacy.sweeping import Swept


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command()(sweep)


def sweep(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be deleted, and delete nothing.")] = False,
    older_than: Annotated[float, typer.Option(min=0, help="Leave audio and files that are younger, in hours.")] = 24,
    json: JsonOption = False,
) -> None:
    """Delete what nobody needs any more: audio that nothing plays, files without rows, expired exports, stale rows.

    Workers do it once a day. It is safe beside a running Segue.

    Example: segue sweep --dry-run
    """
    swept = asyncio.run(_sweep(timedelta(hours=older_than), dry_run=dry_run))
    if json:
        print_json(swept.as_json())
        return
    if dry_run:
        console.print("Nothing is deleted. This would be:")
    print_facts(swept.as_json())


async def _sweep(older_than: timedelta, *, dry_run: bool) -> "Swept":
    from segue.api.privacy.sweeping import sweep as sweep_all
    from segue.kit.runtime import open_runtime

    async with open_runtime(read_settings()) as runtime:
        return await sweep_all(runtime, older_than=older_than, dry_run=dry_run)
