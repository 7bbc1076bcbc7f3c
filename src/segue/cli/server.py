"""The verbs that run Segue: up, api, worker, migrate."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from segue.cli.configuration import read_settings
from segue.cli.models import install_defaults
from segue.cli.output import console

if TYPE_CHECKING:
    from segue.kit.settings import Settings
    from segue.kit.supervisor import Event


def register(app: typer.Typer) -> None:
    """Add the verbs to the command."""
    app.command()(up)
    app.command()(api)
    app.command()(worker)
    app.command()(migrate)


def up(
    *,
    models: Annotated[bool, typer.Option(help="Fetch the default models first, where they are not here.")] = True,
) -> None:
    """Run everything: the database, its migrations, the API and the workers. Ctrl-C stops it.

    Example: segue up
    """
    from segue.kit.supervisor import segue_commands, supervise

    settings = read_settings()
    if models:
        install_defaults(settings)
    console.print(f"Data lies in {settings.data_dir}.")

    def tell(event: "Event") -> None:
        console.print(event.message)
        if event.kind == "ready":
            console.print(f"\nSegue answers at {settings.base_url}; try it out at {settings.base_url}/docs\n")

    asyncio.run(supervise(settings, segue_commands(settings), tell))


def api() -> None:
    """Answer HTTP requests; `segue up` runs it for you.

    Example: SEGUE_DATABASE_URL=postgresql://... segue api
    """
    from segue.api.server import serve
    from segue.kit.runtime import complete

    serve(complete(read_settings()))


def worker() -> None:
    """Run background jobs; `segue up` runs it for you.

    Example: SEGUE_DATABASE_URL=postgresql://... segue worker
    """
    from segue.kit.logs import set_up_logs

    settings = read_settings()
    set_up_logs(settings)
    asyncio.run(_work(settings))


def migrate() -> None:
    """Bring the database's schema up to date, and do nothing else.

    Example: SEGUE_DATABASE_URL=postgresql://... segue migrate
    """
    from segue.kit import migrations
    from segue.kit.runtime import complete

    url = str(complete(read_settings()).database_url)
    migrations.upgrade(url)
    console.print(f"The database is at {migrations.current(url)}.")


async def _work(settings: "Settings") -> None:
    from segue.api.domains import JOB_TYPES, RECURRING
    from segue.kit.jobs import Worker
    from segue.kit.runtime import open_runtime

    async with open_runtime(settings) as runtime:
        await Worker(runtime, JOB_TYPES, RECURRING).run()
