"""The verbs about the catalogue: importing collections of songs that others publish, and folders of music."""

import asyncio
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from segue.cli.configuration import read_settings
from segue.cli.output import JsonOption, Report, console, print_facts, print_json, progress_bar
from segue.kit.errors import InvalidRequest

if TYPE_CHECKING:
    from segue.catalog.importing import Imported
    from segue.kit.jobs import Job

_catalog = typer.Typer(no_args_is_help=True, help="The catalogue of songs: load what others publish, and your music.")
#: So many refused rows are told one by one.
_TOLD = 20
#: So many imports are listed.
_LISTED = 20


def register(app: typer.Typer) -> None:
    """Add the verbs to the command."""
    app.add_typer(_catalog, name="catalog")


@_catalog.command("import")
def load(
    path: Annotated[Path, typer.Argument(exists=True, help="A collection's file or folder, or a folder of music")],
    *,
    kind: Annotated[
        str | None,
        typer.Option(
            help="What it is, where that is not to be found out: fma, mtg-jamendo, musicbrainz, musicbrainz-canonical,"
            " spotify-features or folder."
        ),
    ] = None,
    background: Annotated[
        bool, typer.Option("--background", help="Let a worker do it, on its machine; see `segue catalog imports`.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Import songs: published collections (what each is is found out), or your own music, which is listened to.

    What is known already stays as it is: the same again changes nothing, and what was interrupted goes on.

    Example: segue catalog import fma_metadata.zip
    """
    if background:
        job_id = asyncio.run(_enqueue(os.fspath(path.absolute()), kind))
        if json:
            print_json({"job_id": job_id})
        else:
            print_facts({"job": job_id})
        return
    with progress_bar(f"Importing {path.name or path}") as progress:
        imported = asyncio.run(_import(path, kind, progress))
    for problem in imported.problems[:_TOLD]:
        console.print(f"not imported: {problem.where}: {problem.reason}")
    if imported.refused > _TOLD:
        console.print(f"not imported: {imported.refused - _TOLD} more")
    report = imported.counts()
    if json:
        print_json(report)
    else:
        print_facts(report)


@_catalog.command("imports")
def list_imports(*, json: JsonOption = False) -> None:
    """List the imports that workers do or have done, the newest first.

    Example: segue catalog imports
    """
    found = asyncio.run(_imports())
    if json:
        print_json({"imports": found})
        return
    for job in found:
        told = job["error"] or ", ".join(
            f"{name} {count}" for name, count in (job["result"] or {}).items() if name != "problems"
        )
        print_facts({job["id"]: f"{job['status']} {job['progress']} %  {job['path']}{told and '  ' + told}"})


async def _import(path: Path, kind: str | None, progress: Report) -> "Imported":
    from segue.catalog.importing import import_path
    from segue.kit.runtime import open_runtime

    async with open_runtime(read_settings()) as runtime:
        return await import_path(runtime, path, kind=kind, progress=progress)


async def _enqueue(place: str, kind: str | None) -> str:
    from segue.catalog.importing import KINDS, OPERATOR
    from segue.catalog.jobs import IMPORT
    from segue.kit.jobs import enqueue
    from segue.kit.runtime import open_runtime

    if kind is not None and kind not in KINDS:
        raise InvalidRequest(f"{kind} is no kind of collection; these are: {', '.join(KINDS)}.")
    if not place.isprintable():
        raise InvalidRequest("This path cannot be kept for a worker: rename the file, or leave --background out.")
    async with open_runtime(read_settings()) as runtime, runtime.database.system_session() as session:
        job = await enqueue(
            session,
            IMPORT,
            user_id=OPERATOR,
            input_data={"path": place, "kind": kind},
            dedupe_key=hashlib.sha256(place.encode()).hexdigest(),
        )
    return str(job.id)


async def _imports() -> list[dict[str, Any]]:
    from segue.catalog.importing import OPERATOR
    from segue.kit.jobs import recent
    from segue.kit.pagination import Paging
    from segue.kit.runtime import open_runtime

    async with open_runtime(read_settings()) as runtime, runtime.database.system_session() as session:
        jobs, _ = await recent(session, OPERATOR, Paging(limit=_LISTED))
    return [_shown(job) for job in jobs]


def _shown(job: "Job") -> dict[str, Any]:
    return {
        "id": str(job.id),
        "path": job.input_data.get("path"),
        "status": job.status,
        "progress": job.progress,
        "result": job.output_data,
        "error": job.error_message,
        "created_at": job.created_at.isoformat(),
    }
