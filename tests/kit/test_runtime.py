"""A process's runtime is composed from settings, or says what is missing."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import PostgresDsn, SecretStr
from sqlalchemy import text

from segue.kit import migrations
from segue.kit.errors import Unavailable
from segue.kit.runtime import complete, embedded_postgres, kept_secret, open_runtime
from segue.kit.settings import Settings
from tests.conftest import administer, forget_environment, make_database


@pytest.fixture
def bare_settings(server_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings with nothing but a data folder, so that all is embedded."""
    forget_environment(monkeypatch)
    settings = Settings(_env_file=None, data_dir=server_folder / uuid4().hex[:8])
    yield settings
    embedded_postgres(settings).stop()


async def test_what_is_not_set_is_made_and_found_again(bare_settings: Settings) -> None:
    completed = await asyncio.to_thread(complete, bare_settings)
    await asyncio.to_thread(migrations.upgrade, str(completed.database_url))
    for _ in range(2):
        async with open_runtime(bare_settings) as runtime:
            assert runtime.settings.secret_key == completed.secret_key
            assert runtime.settings.database_url == completed.database_url
            async with runtime.database.session(None) as session:
                assert (await session.execute(text("SELECT current_user"))).scalar_one() == "segue_user"


async def test_what_is_set_is_kept(settings: Settings) -> None:
    async with open_runtime(settings) as runtime:
        assert runtime.settings == settings
        address = runtime.signer.sign("/x", expires_at=1e10)
    async with open_runtime(settings.model_copy(update={"secret_key": SecretStr("another" * 8)})) as other:
        assert other.signer.sign("/x", expires_at=1e10) != address
    assert not (settings.data_dir / "postgres").exists()


async def test_a_database_that_is_not_migrated_is_refused_with_what_to_do(server_url: str, settings: Settings) -> None:
    name = f"empty_{uuid4().hex}"
    empty = settings.model_copy(update={"database_url": PostgresDsn(make_database(server_url, name))})
    try:
        with pytest.raises(Unavailable, match="run 'segue up' or 'segue migrate'"):
            async with open_runtime(empty):
                pass
    finally:
        administer(server_url, f"DROP DATABASE {name} WITH (FORCE)")


async def test_a_database_that_is_not_there_is_unavailable_and_keeps_its_password(settings: Settings) -> None:
    absent = settings.model_copy(update={"database_url": PostgresDsn("postgresql://u:hidden@127.0.0.1:1/x")})
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1/x") as raised:
        async with open_runtime(absent):
            pass
    assert "hidden" not in str(raised.value)


def test_processes_that_start_at_once_agree_on_the_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: kept_secret(tmp_path / "secret"), range(32)))
    assert len(secrets) == 1
    assert len(secrets.pop()) >= 32
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
