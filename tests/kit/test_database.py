"""Sessions act for somebody, and see and change what that somebody may; pools get over a killed server."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
import pytest_asyncio
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, ProgrammingError

from segue.kit import migrations
from segue.kit.database import Database, despite_deadlocks, sqlalchemy_url
from segue.kit.ids import new_id
from segue.kit.postgres import EmbeddedPostgres
from tests.conftest import administer, make_database

#: Content-addressed and so nobody's own: users reach a row of these only through a protected row that names it.
SHARED = {"assets", "separations"}
ALICE, BOB = new_id(), new_id()


@pytest_asyncio.fixture
async def diaries(database: Database) -> AsyncIterator[Database]:
    """A database with a protected table in which Alice and Bob have a secret and an open page each."""
    await asyncio.to_thread(make_diaries, database.url)
    async with database.system_session() as session:
        for user in (ALICE, BOB):
            await session.execute(
                text(
                    "INSERT INTO diaries (user_id, words, open) VALUES (:user, 'secret', false), (:user, 'open', true)"
                ),
                {"user": user},
            )
    yield database


def make_diaries(url: str) -> None:
    """Make the table as a migration would, with the migrations' own helpers."""
    sys.path.insert(0, str(migrations._folder()))
    row_security = import_module("row_security")
    with create_engine(sqlalchemy_url(url), poolclass=NullPool).begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE diaries (user_id uuid NOT NULL, words text NOT NULL, open boolean NOT NULL DEFAULT false)"
            )
        )
        connection.execute(text("CREATE TABLE diary_keys (words text)"))
        with Operations.context(MigrationContext.configure(connection)):
            row_security.protect("diaries", public="open")
            row_security.system_only("diary_keys")


async def pages(database: Database, user: UUID | None) -> set[tuple[UUID, str]]:
    async with database.session(user) as session:
        return {(row.user_id, row.words) for row in await session.execute(text("SELECT * FROM diaries"))}


async def changed(database: Database, user: UUID | None, statement: str) -> int:
    async with database.session(user) as session:
        result = await session.execute(text(statement), {"alice": ALICE, "bob": BOB})
        return int(result.rowcount)  # type: ignore[attr-defined]


OPEN = {(ALICE, "open"), (BOB, "open")}


async def test_a_user_reads_their_own_rows_and_public_ones(diaries: Database) -> None:
    assert await pages(diaries, ALICE) == OPEN | {(ALICE, "secret")}
    assert await pages(diaries, BOB) == OPEN | {(BOB, "secret")}


async def test_visitors_and_strangers_read_what_is_public(diaries: Database) -> None:
    assert await pages(diaries, None) == OPEN
    assert await pages(diaries, uuid4()) == OPEN


async def test_the_system_reads_everything(diaries: Database) -> None:
    async with diaries.system_session() as session:
        assert (await session.execute(text("SELECT count(*) FROM diaries"))).scalar_one() == 4


@pytest.mark.parametrize("statement", ["UPDATE diaries SET words = 'mine'", "DELETE FROM diaries"])
async def test_a_change_without_a_condition_stays_in_ones_own_rows(diaries: Database, statement: str) -> None:
    assert await changed(diaries, ALICE, statement) == 2
    assert (BOB, "secret") in await pages(diaries, BOB)
    assert await changed(diaries, None, statement) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO diaries (user_id, words) VALUES (:bob, 'forged')",
        "UPDATE diaries SET user_id = :bob WHERE user_id = :alice",
        "SELECT * FROM diary_keys",
        "ALTER TABLE diaries DISABLE ROW LEVEL SECURITY",
        "DROP POLICY diaries_owner ON diaries",
        "CREATE TABLE public.mine ()",
        "TRUNCATE diaries",
    ],
)
async def test_what_a_user_may_not_do_is_refused(diaries: Database, statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"row-level security|permission denied|must be owner"):
        await changed(diaries, ALICE, statement)


async def test_the_next_session_on_a_connection_forgets_the_last_ones_user(database: Database) -> None:
    single = Database(database.url, pool_size=1)
    who = text("SELECT current_user, current_setting('segue.user_id', true), pg_backend_pid()")
    try:
        async with single.session(ALICE) as session:
            role, user, backend = (await session.execute(who)).one()
            assert (role, user) == ("segue_user", str(ALICE))
        with pytest.raises(DBAPIError):
            async with single.session(BOB) as session:
                await session.execute(text("SELECT 1 / 0"))
        async with single.system_session() as session:
            assert (await session.execute(who)).one() == ("segue", "", backend)
    finally:
        await single.close()


async def test_a_session_acts_for_its_user_after_a_savepoint_too(diaries: Database) -> None:
    async with diaries.session(ALICE) as session:
        with pytest.raises(DBAPIError):
            async with session.begin_nested():
                await session.execute(text("SELECT 1 / 0"))
        found = await session.execute(text("SELECT count(*) FROM diaries WHERE NOT open"))
        assert found.scalar_one() == 1


async def test_an_error_rolls_everything_back(diaries: Database) -> None:
    with pytest.raises(DBAPIError):
        await changed(diaries, ALICE, "DELETE FROM diaries; SELECT 1 / 0")
    assert (ALICE, "secret") in await pages(diaries, ALICE)


async def test_work_that_met_another_in_a_ring_is_done_again(database: Database) -> None:
    both_hold_one = asyncio.Barrier(2)
    attempts = []

    async def work(first: int, second: int) -> None:
        attempts.append(first)
        async with database.system_session() as session:
            await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": first})
            if len(attempts) <= 2:
                await both_hold_one.wait()
            await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": second})

    rings = (despite_deadlocks(lambda: work(1, 2)), despite_deadlocks(lambda: work(2, 1)))
    await asyncio.gather(*rings)
    assert len(attempts) == 3


async def test_every_table_is_protected_or_closed_to_users(database: Database) -> None:
    async with database.system_session() as session:
        open_tables = await session.execute(
            text("""
                SELECT relname FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
                    AND NOT (relrowsecurity AND relforcerowsecurity)
                    AND has_any_column_privilege('segue_user', oid, 'SELECT, INSERT, UPDATE')
            """)
        )
        assert set(open_tables.scalars()) == SHARED


async def test_the_users_role_can_bypass_nothing(database: Database) -> None:
    async with database.system_session() as session:
        powers = await session.execute(
            text("""
                SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin FROM pg_roles
                WHERE rolname = 'segue_user'
            """)
        )
        assert not any(powers.one())


@pytest.fixture
def hosted_url(server_url: str, template_url: str) -> Iterator[str]:
    """A database as hosting companies give it: its owner is no superuser and cannot bypass row-level security."""
    owner = f"owner_{uuid4().hex[:8]}"
    administer(server_url, f"CREATE ROLE {owner} LOGIN PASSWORD 'hosted' NOSUPERUSER NOBYPASSRLS")
    administer(server_url, f"GRANT segue_user TO {owner}")
    url = make_database(server_url, owner)
    administer(server_url, f"ALTER DATABASE {owner} OWNER TO {owner}")
    administer(url, "CREATE EXTENSION vector")
    yield make_url(url).set(username=owner, password="hosted").render_as_string(hide_password=False)
    administer(server_url, f"DROP DATABASE {owner} WITH (FORCE)")
    administer(server_url, f"DROP ROLE {owner}")


async def test_an_owner_without_powers_can_migrate_and_run_it(hosted_url: str) -> None:
    await asyncio.to_thread(migrations.upgrade, hosted_url)
    await asyncio.to_thread(make_diaries, hosted_url)
    database = Database(hosted_url)
    try:
        assert await changed(database, ALICE, "INSERT INTO diaries (user_id, words) VALUES (:alice, 'secret')") == 1
        assert await pages(database, BOB) == set()
        async with database.system_session() as session:
            assert (await session.execute(text("SELECT count(*) FROM diaries"))).scalar_one() == 1
    finally:
        await database.close()


async def test_a_pool_gets_over_a_server_that_was_killed(server_folder: Path) -> None:
    server = EmbeddedPostgres(server_folder / "pool")
    database = Database(await asyncio.to_thread(server.ensure_running))
    try:
        async with database.system_session() as session:
            await session.execute(text("SELECT 1"))
        os.kill(server.status().pid or 0, signal.SIGKILL)
        await asyncio.to_thread(server.ensure_running)
        async with database.system_session() as session:
            assert (await session.execute(text("SELECT 1"))).scalar_one() == 1
    finally:
        await database.close()
        await asyncio.to_thread(server.stop)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://u:p%40@db.example:6432/segue?sslmode=require",
            "postgresql+psycopg://u:p%40@db.example:6432/segue?sslmode=require",
        ),
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql://u:p@%2Ftmp%2Frun:5432/d", "postgresql+psycopg://u:p@/d?host=%2Ftmp%2Frun&port=5432"),
    ],
)
def test_urls_are_understood_as_postgresql_writes_them(url: str, expected: str) -> None:
    assert sqlalchemy_url(url) == expected


def test_a_sockets_url_works_for_postgresqls_own_library_and_for_ours(server_url: str) -> None:
    with psycopg.connect(server_url) as ours:
        assert ours.info.dbname == "segue"
    with create_engine(sqlalchemy_url(server_url), poolclass=NullPool).connect() as theirs:
        assert theirs.execute(text("SELECT current_database()")).scalar_one() == "segue"
