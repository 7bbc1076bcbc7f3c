"""The schema's migrations, run up and down from a wheel or a checkout alike."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, String, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import TypeEngine

from segue.kit.database import Base, sqlalchemy_url
from segue.kit.errors import Unavailable

#: Held while migrating, so that two processes that start together do not both do it: "segue" in ASCII.
ADVISORY_LOCK = 0x7365677565


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate the database at `url` up to `revision`; a second process that tries meanwhile waits and finds it done."""
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Migrate the database at `url` down to `revision` (``"base"``: to nothing)."""
    _run(url, lambda config: command.downgrade(config, revision))


def current(url: str) -> str | None:
    """Return the revision that the database at `url` is at, or ``None`` if it was never migrated."""
    with _connect(url) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """Return the newest revision that this version of Segue knows."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise FileNotFoundError(f"There are no migrations in {_folder()}")
    return revision


def differences(url: str) -> list[str]:
    """Return in what the database at `url` differs from the tables in the code; of a migrated one, nothing."""
    import_tables()
    with _connect(url) as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_object": _is_ours, "compare_type": _type_differs, "target_metadata": Base.metadata},
        )
        return [str(difference) for difference in compare_metadata(context, Base.metadata)]


def import_tables() -> None:
    """Import every module named ``tables``, so that the metadata knows every table."""
    package = Path(__file__).parents[1]
    for path in sorted(package.rglob("tables.py")):
        import_module(".".join((package.name, *path.relative_to(package).with_suffix("").parts)))


def _is_ours(_item: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
    """Leave the queue's own tables, which Procrastinate made, out of the comparison."""
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


def _type_differs(
    _context: object, _found: object, _wanted: object, found: TypeEngine[object], wanted: TypeEngine[object]
) -> bool | None:
    """Take ``varchar`` without a length for the ``text`` that it is; ``None`` leaves the rest to Alembic."""
    both_text = all(isinstance(kind, String) and kind.length is None for kind in (found, wanted))
    return False if both_text else None


def _run(url: str, migrate: Callable[[Config], None]) -> None:
    config = _config()
    with _connect(url) as connection:
        # The lock is the session's, so it outlives the transactions that the migrations make.
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
        connection.commit()
        config.attributes["connection"] = connection
        migrate(config)


@contextmanager
def _connect(url: str) -> Iterator[Connection]:
    engine = create_engine(sqlalchemy_url(url), poolclass=NullPool, connect_args={"prepare_threshold": None})
    try:
        connection = engine.connect()
    except OperationalError as error:
        raise Unavailable(f"The database at {engine.url} does not answer: {error.orig}") from error
    with connection:
        yield connection


def _config() -> Config:
    config = Config()
    folder = str(_folder()).replace("%", "%%")
    config.set_main_option("script_location", folder)
    config.set_main_option("path_separator", "os")
    config.set_main_option("prepend_sys_path", folder)  # migrations import `row_security`, which lies there
    return config


def _folder() -> Path:
    package = Path(__file__).parents[1]
    for folder in (package / "migrations", package.parents[1] / "migrations"):
        if (folder / "env.py").is_file():
            return folder
    raise FileNotFoundError(f"No migrations in {package} nor beside its checkout: install Segue again")
