"""What a process of Segue works with, composed once and passed in: settings, database, storage and their like."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import PostgresDsn, SecretStr

from segue.kit import migrations
from segue.kit.background import Background
from segue.kit.database import Database
from segue.kit.errors import Unavailable
from segue.kit.postgres import EmbeddedPostgres, Report
from segue.kit.realtime import CHANNELS, NotificationHub
from segue.kit.settings import Settings
from segue.kit.signing import UrlSigner
from segue.kit.storage import Storage, open_storage
from segue.kit.turns import Turns


@dataclass(frozen=True)
class Runtime:
    """One process's things; `settings` are complete: ``secret_key`` and ``database_url`` are always there."""

    settings: Settings
    database: Database
    storage: Storage
    signer: UrlSigner
    notifications: NotificationHub
    transcodes: Turns
    background: Background = field(default_factory=Background)


@asynccontextmanager
async def open_runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """Compose a runtime, starting or adopting the embedded PostgreSQL if no other database is set.

    Raises
    ------
    Unavailable
        If there is no database, or its schema is not this version's.
    """
    settings = await asyncio.to_thread(complete, settings)
    url = str(settings.database_url)
    await asyncio.to_thread(check_schema, url)
    database = Database(url)
    try:
        runtime = compose(settings, database)
        try:
            yield runtime
        finally:
            await runtime.background.close()
            await runtime.notifications.close()
    finally:
        await database.close()


def compose(settings: Settings, database: Database) -> Runtime:
    """Return the runtime of complete `settings` on an open `database`."""
    if settings.secret_key is None:
        raise ValueError("These settings have no secret key: complete() them first")
    database.session_info["settings"] = settings
    return Runtime(
        settings=settings,
        database=database,
        storage=open_storage(settings.data_dir, settings.storage_url, settings.storage_options),
        signer=UrlSigner(settings.secret_key.get_secret_value().encode()),
        notifications=NotificationHub(str(settings.database_url), channels=CHANNELS),
        transcodes=Turns(settings.transcodes_at_a_time),
    )


def complete(settings: Settings, report: Report | None = None) -> Settings:
    """Return `settings` with a secret key and a database that runs, made or started where none is set."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    changes: dict[str, object] = {}
    if settings.secret_key is None:
        changes["secret_key"] = SecretStr(kept_secret(settings.data_dir / "secret"))
    if settings.database_url is None:
        changes["database_url"] = PostgresDsn(embedded_postgres(settings, report).ensure_running())
    return settings.model_copy(update=changes)


def embedded_postgres(settings: Settings, report: Report | None = None) -> EmbeddedPostgres:
    """Return the handle of the embedded server that `settings` mean; it may not run yet."""
    return EmbeddedPostgres(settings.data_dir / "postgres", binaries=settings.pg_bin, report=report)


def check_schema(url: str) -> None:
    """Raise `Unavailable` unless the database at `url` is at the newest migration."""
    known = migrations.head()
    found = migrations.current(url)
    if found != known:
        raise Unavailable(
            f"The database is at revision {found or 'none'}, and this version of Segue needs {known}: "
            "run 'segue up' or 'segue migrate'"
        )


def kept_secret(path: Path) -> str:
    """Return the secret in the file `path`, made first if there is none; processes that start at once agree on it."""
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    try:
        # A link is made whole or not at all, and the first one wins: nobody reads half a secret.
        path.hardlink_to(partial)
    except FileExistsError:
        pass
    finally:
        partial.unlink()
    return path.read_text().strip()
