"""Migrations go up and down, together or alone."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from segue.kit import migrations
from tests.conftest import administer, make_database


@pytest.fixture
def empty_url(server_url: str) -> Iterator[str]:
    name = f"empty_{uuid4().hex}"
    yield make_database(server_url, name)
    administer(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def test_they_go_up_and_down_and_up_again(empty_url: str) -> None:
    migrations.upgrade(empty_url)
    made = relations(empty_url)
    migrations.downgrade(empty_url, "base")
    assert migrations.current(empty_url) is None
    assert relations(empty_url) == {"alembic_version"}
    migrations.upgrade(empty_url)
    assert relations(empty_url) == made
    assert migrations.current(empty_url) == migrations.head()


def test_two_that_start_at_once_migrate_once(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: migrations.upgrade(empty_url), range(4)))
    assert migrations.current(empty_url) == migrations.head()


def test_migrations_make_the_tables_that_the_code_has(database_url: str) -> None:
    assert migrations.differences(database_url) == []


def test_a_table_that_migrations_forgot_is_noticed(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE ai_jobs DROP COLUMN stage CASCADE")
    assert any("stage" in difference for difference in migrations.differences(database_url))


def test_an_installed_package_has_its_own(tmp_path: Path, empty_url: str) -> None:
    checkout = Path(__file__).parents[2]
    shutil.copytree(checkout / "src" / "segue", tmp_path / "segue", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(checkout / "migrations", tmp_path / "segue" / "migrations")  # where pyproject.toml puts it
    program = (
        "import sys; from segue.kit import migrations; migrations.upgrade(sys.argv[1]); print(migrations._folder())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, empty_url],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == str(tmp_path / "segue" / "migrations")
    assert migrations.current(empty_url) == migrations.head()


def relations(url: str) -> set[str]:
    """Tables, views, sequences, types and functions in `public` that no extension brought."""
    query = """
        SELECT relname FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S', 'p')
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
        UNION ALL
        SELECT proname FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
        UNION ALL
        SELECT typname FROM pg_type t WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e')
    """
    with psycopg.connect(url) as connection:
        return {name for (name,) in connection.execute(query)}
