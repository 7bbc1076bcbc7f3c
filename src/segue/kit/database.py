"""The one way to the database: declarative base, connection pool, sessions that act for somebody."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, ClassVar, Final, TypeVar
from urllib.parse import unquote
from uuid import UUID

import psycopg
import sqlalchemy.exc
from sqlalchemy import DateTime, MetaData, Text, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction

Outcome = TypeVar("Outcome")

_DEADLOCKS_BORNE: Final = 2

#: The role that sessions acting for a user take: it owns nothing, so row-level security binds it.
USER_ROLE = "segue_user"
#: The database could not be reached or gave up on us; nothing is wrong with the statement.
DATABASE_GONE: Final = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    sqlalchemy.exc.OperationalError,
    sqlalchemy.exc.InterfaceError,
    sqlalchemy.exc.TimeoutError,
)


class Base(DeclarativeBase):
    """Every table's base; constraint names are predictable, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


def sqlalchemy_url(url: str) -> str:
    """Return `url` with psycopg as its driver, whatever it named.

    A socket's folder, percent-encoded in the host's place as PostgreSQL's own library takes it, moves to the query,
    where SQLAlchemy takes it.
    """
    parsed = make_url(url).set(drivername="postgresql+psycopg")
    if parsed.host and (folder := unquote(parsed.host)).startswith("/"):
        query = {**parsed.query, "host": folder, "port": str(parsed.port or 5432)}
        parsed = URL.create(
            parsed.drivername, username=parsed.username, password=parsed.password, database=parsed.database, query=query
        )
    return parsed.render_as_string(hide_password=False)


def libpq_url(url: str) -> str:
    """Return `url` as PostgreSQL's own library takes it, whatever driver it named."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


class Database:
    """A connection pool and the sessions on it."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = url
        # No server-side prepared statements: they break behind transaction poolers such as pgbouncer.
        self.engine = create_async_engine(
            sqlalchemy_url(url),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=True,
            connect_args={"prepare_threshold": None},
        )
        #: What every session carries as its ``info``: settings that matter deep down, without a global.
        self.session_info: dict[str, object] = {}
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def session(self, user_id: UUID | None) -> AsyncIterator[AsyncSession]:
        """Open a session, commit it at the end, roll it back on an error.

        Parameters
        ----------
        user_id
            Whom it acts for: row-level security then shows and takes only what this user may see and change.
            ``None`` acts for an anonymous visitor, who sees what is public.

        Notes
        -----
        This makes up for a forgotten or wrong condition. It does not hold against SQL that a user writes: ``RESET
        ROLE`` would give it the login role back. So values are bound parameters, always.
        """
        async with self._sessions(info=self.session_info) as session:
            _act_for(session, user_id)
            async with session.begin():
                yield session

    @asynccontextmanager
    async def system_session(self) -> AsyncIterator[AsyncSession]:
        """Open a session that row-level security does not bind: for sign-in, jobs' upkeep and migrations only."""
        async with self._sessions(info=self.session_info) as session, session.begin():
            yield session

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def _act_for(session: AsyncSession, user_id: UUID | None) -> None:
    @event.listens_for(session.sync_session, "after_begin")
    def take_role(_session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
        connection.execute(
            text("SELECT set_config('role', :role, true), set_config('segue.user_id', :user_id, true)"),
            {"role": USER_ROLE, "user_id": str(user_id or "")},
        )


async def despite_deadlocks(work: Callable[[], Awaitable[Outcome]]) -> Outcome:
    """Do work that is a transaction of its own; again, if the database ended it because it and others waited in a ring.

    Returns
    -------
    Outcome
        What the work returned, at the third attempt at the latest.
    """
    for _ in range(_DEADLOCKS_BORNE):
        try:
            return await work()
        except sqlalchemy.exc.OperationalError as error:
            if not isinstance(error.orig, psycopg.errors.DeadlockDetected):
                raise
    return await work()
