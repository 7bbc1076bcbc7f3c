"""Alembic's way in: runs the migrations on the connection it is given, or on the configured database."""

from alembic import context
from sqlalchemy import Connection, NullPool, create_engine

from segue.kit.database import Base, sqlalchemy_url
from segue.kit.migrations import import_tables
from segue.kit.settings import Settings


def migrate(connection: Connection) -> None:
    """Run the migrations asked for, each in a transaction of its own."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transaction_per_migration=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def configured_url() -> str:
    """Return the settings' database, for the ``alembic`` command."""
    url = Settings().database_url
    if url is None:
        raise SystemExit("Set SEGUE_DATABASE_URL for the alembic command; segue's own commands do without")
    return sqlalchemy_url(str(url))


if (given := context.config.attributes.get("connection")) is not None:
    migrate(given)
else:
    import_tables()
    with create_engine(configured_url(), poolclass=NullPool).connect() as own:
        migrate(own)
