"""A real PostgreSQL for the whole run, a fresh migrated database for each test that asks for one."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio
from pydantic import PostgresDsn, SecretStr
from sqlalchemy.engine import make_url

from segue.kit import migrations
from segue.kit.database import Database
from segue.kit.postgres import EmbeddedPostgres
from segue.kit.runtime import Runtime, compose
from segue.kit.settings import Settings
from segue.kit.storage import Storage, open_storage

#: A test's data may be lost in a crash, so nothing waits for the disk.
UNSAFE_AND_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "128MB",
    "max_wal_size": "128MB",
    "deadlock_timeout": "200ms",
}


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A short-named folder for servers, open to the user that PostgreSQL drops to (pytest's own are closed to it).

    In memory where there is plenty: a cluster is a thousand files, and a busy disk takes seconds to make and drop them.
    """
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 4 * 2**30
    folder = Path(tempfile.mkdtemp(prefix="segue-", dir=memory if roomy else None))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server_url(server_folder: Path) -> Iterator[str]:
    """The URL of a server that lasts for the run."""
    server = EmbeddedPostgres(server_folder / "postgres", server_settings=UNSAFE_AND_FAST)
    yield server.ensure_running()
    server.stop()


@pytest.fixture(scope="session")
def template_url(server_url: str) -> str:
    """The URL of a database that is migrated and otherwise empty; nobody may stay connected to it."""
    url = make_database(server_url, "template_segue")
    migrations.upgrade(url)
    return url


@pytest.fixture
def database_url(server_url: str, template_url: str) -> Iterator[str]:
    """The URL of a fresh, migrated database of this test's own."""
    name = f"test_{uuid4().hex}"
    yield make_database(server_url, name, template="template_segue")
    administer(server_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A connection pool to this test's database."""
    database = Database(database_url, pool_size=5)
    yield database
    await database.close()


@pytest.fixture
def settings(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of this test's own: its database, an empty data folder, nothing from the environment."""
    forget_environment(monkeypatch)
    return Settings(
        _env_file=None,
        data_dir=tmp_path / "data",
        database_url=PostgresDsn(database_url),
        secret_key=SecretStr("s" * 48),
    )


@pytest.fixture
def storage(settings: Settings) -> Storage:
    """An empty folder of blobs."""
    return open_storage(settings.data_dir, settings.storage_url, settings.storage_options)


@pytest.fixture
def runtime(settings: Settings, database: Database) -> Runtime:
    """A runtime on this test's database and folder; its `storage` is the folder of the `storage` fixture."""
    return compose(settings, database)


def forget_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unset every ``SEGUE_`` variable, so that a developer's configuration changes no test."""
    for name in [name for name in os.environ if name.upper().startswith("SEGUE_") and name != "SEGUE_TEST_DATA"]:
        monkeypatch.delenv(name)


def make_database(server_url: str, name: str, template: str = "template0") -> str:
    """Create a database on the test server and return its URL."""
    administer(server_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def administer(server_url: str, statement: str) -> None:
    """Run one statement on the test server, outside any transaction."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(statement)
