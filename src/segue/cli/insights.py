"""The verb that tells an operator how soon people play, whether it sounds like them, and who stays."""

import asyncio
from typing import Any

import typer

from segue.cli.configuration import read_settings
from segue.cli.output import JsonOption, print_facts, print_json


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command()(insights)


def insights(*, json: JsonOption = False) -> None:
    """Tell figures of the last 90 days: time to the first play, "sounds like me" ratings, who came back.

    Times are seconds from signing up: for half of all users at most, and for 95 in a hundred at most. Retention is the
    share of those who signed up long enough ago that played something in the 24 hours so many days later.

    Example: segue insights --json
    """
    told = asyncio.run(_figures())
    if json:
        print_json(told)
    else:
        print_facts({name: _shown(name, value) for name, value in told.items()})


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "nothing to count yet"
    if name.endswith("_s"):
        return f"{value:.1f} s"
    return f"{value:.1%}" if isinstance(value, float) else str(value)


async def _figures() -> dict[str, Any]:
    from segue.insights.service import figures
    from segue.kit.runtime import open_runtime

    async with open_runtime(read_settings()) as runtime, runtime.database.system_session() as session:
        return (await figures(session)).as_json()
