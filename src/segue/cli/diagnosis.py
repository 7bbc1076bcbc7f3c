"""`segue doctor`: what is installed, configured, reachable, and what to do about what is not."""

import asyncio
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

import typer

from segue import __version__
from segue.cli.configuration import read_settings
from segue.cli.output import JsonOption, print_json
from segue.kit.errors import SegueError

if TYPE_CHECKING:
    from segue.kit.settings import Settings

State = Literal["ok", "note", "wrong"]
_COLOURS: dict[State, str] = {"ok": "green", "note": "yellow", "wrong": "red"}
_MARKS: dict[State, str] = {"ok": "ok   ", "note": "note ", "wrong": "wrong"}
_SPACE_WANTED_BYTES = 2 * 2**30


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one thing, and what to do about it."""

    subject: str
    state: State
    detail: str


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command()(doctor)


def doctor(*, json: JsonOption = False) -> None:
    """Tell what is installed, configured and reachable; exit 1 if something is wrong.

    Example: segue doctor
    """
    settings = read_settings()
    findings = list(_examine(settings))
    if json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            typer.secho(_MARKS[finding.state], fg=_COLOURS[finding.state], nl=False)
            typer.echo(f" {finding.subject:<22} {finding.detail}")
    if any(finding.state == "wrong" for finding in findings):
        raise typer.Exit(1)


def _examine(settings: "Settings") -> Iterator[Finding]:
    checks: list[tuple[str, Callable[[Settings], Iterator[Finding]]]] = [
        ("segue", _installation),
        ("data folder", _data_folder),
        ("database", _database),
        ("storage", _storage),
        ("api", _api),
        ("models", _models),
        ("engines", _engines),
    ]
    for subject, check in checks:
        try:
            yield from check(settings)
        except (SegueError, OSError) as error:
            yield Finding(subject, "wrong", str(error))


def _installation(_: "Settings") -> Iterator[Finding]:
    cores = os.cpu_count() or 1
    yield Finding("segue", "ok", f"{__version__} on Python {platform.python_version()}, {cores} cores")


def _data_folder(settings: "Settings") -> Iterator[Finding]:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=settings.data_dir):
        pass
    free = shutil.disk_usage(settings.data_dir).free
    state: State = "ok" if free > _SPACE_WANTED_BYTES else "note"
    yield Finding("data folder", state, f"{settings.data_dir}, {free / 2**30:.1f} GB free")


def _database(settings: "Settings") -> Iterator[Finding]:
    from segue.kit import migrations
    from segue.kit.runtime import embedded_postgres

    if settings.database_url is None:
        server = embedded_postgres(settings)
        if not server.status().running:
            yield Finding("database", "note", "embedded PostgreSQL, not running: `segue up` starts it")
            return
        url, name = server.ensure_running(), "embedded PostgreSQL"
    else:
        url, name = str(settings.database_url), f"PostgreSQL at {settings.database_url.hosts()[0]['host']}"
    found, known = migrations.current(url), migrations.head()
    if found == known:
        yield Finding("database", "ok", f"{name}, schema {found}")
    else:
        yield Finding("database", "wrong", f"{name} is at schema {found}, not {known}: run `segue migrate`")


def _storage(settings: "Settings") -> Iterator[Finding]:
    from segue.kit.storage import open_storage

    storage = open_storage(settings.data_dir, settings.storage_url, settings.storage_options)
    try:
        asyncio.run(storage.exists("0" * 64))
    except Exception as error:
        yield Finding("storage", "wrong", f"{settings.storage_url}: {error}. Look at SEGUE_STORAGE_OPTIONS.")
        return
    yield Finding("storage", "ok", settings.storage_url or f"folder {settings.data_dir / 'blobs'}")


def _api(settings: "Settings") -> Iterator[Finding]:
    import httpx

    try:
        answer = httpx.get(f"{settings.local_url}/readyz", timeout=3, trust_env=False)
    except httpx.HTTPError:
        yield Finding("api", "note", f"not running at {settings.base_url}: `segue up` starts it")
        return
    state: State = "ok" if answer.status_code == 200 else "wrong"
    yield Finding("api", state, f"answers {answer.status_code} at {settings.base_url}/readyz")


def _models(settings: "Settings") -> Iterator[Finding]:
    from segue.engines.models.install import list_models

    for status in list_models(settings.models_dir):
        spec = status.spec
        if status.state == "installed":
            yield Finding(f"model {spec.name}", "ok", f"{spec.version}, {spec.licence}, for {spec.purpose}")
        else:
            remedy = f"`segue models install {spec.name}` ({spec.size_bytes / 1e6:.0f} MB, {spec.licence})"
            yield Finding(f"model {spec.name}", "note", f"{status.state}: {remedy}")


def _engines(settings: "Settings") -> Iterator[Finding]:
    from segue.engines.embedding.choose import describe_embedders
    from segue.engines.generation.choose import describe_generators, describe_singers
    from segue.engines.generation.options import generator_choice
    from segue.engines.ocr.choose import describe_readers
    from segue.engines.separation.choose import describe_separators
    from segue.engines.separation.options import optional_engines
    from segue.engines.writing.choose import describe_writers

    capabilities = {
        "separation": describe_separators(settings.models_dir, optional_engines(settings)),
        "embedding": describe_embedders(settings.models_dir),
        "generation": describe_generators(generator_choice(settings)),
        "singing": describe_singers(),
        "ocr": describe_readers(settings.models_dir),
        "writing": describe_writers(settings),
    }
    for capability, engines in capabilities.items():
        for engine in engines:
            yield Finding(f"{capability} {engine.name}", "ok" if engine.available else "note", engine.note)
