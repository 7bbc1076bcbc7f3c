"""What a user takes with them: the members of an archive, told by each domain about its own tables.

A domain writes its parts in its ``exporting.py``, and `segue.api.privacy.contents` composes all of them. A table with
rows of users' that is in no part fails a test there.
"""

import base64
import json
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import numpy as np
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute

#: Rows that a cursor holds at a time.
AT_A_TIME: Final = 1_000

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Text:
    """A member that is written as it is read; to be used before the next one is asked for."""

    path: str
    chunks: AsyncIterator[str]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A member that is a stored file."""

    path: str
    sha256: str
    size: int


Members = Callable[[AsyncSession, UUID], AsyncIterator[Text | StoredFile]]


@dataclass(frozen=True, slots=True)
class Part:
    """Some tables' share of what a user takes with them.

    Attributes
    ----------
    tables
        Those whose rows of the user's it tells.
    members
        Gives them, by a session and the user's id. It asks for that user's rows alone, whatever else a session shows.
    system
        Whether the session is the system's: for tables that are kept from users.
    """

    tables: tuple[str, ...]
    members: Members
    system: bool = False


def rows_part(
    model: type[DeclarativeBase],
    path: str,
    *,
    of: Callable[[UUID], ColumnElement[bool]] | None = None,
    leave_out: Collection[str] = (),
    system: bool = False,
) -> Part:
    """Return the part that tells a table's rows of a user's, a JSON object with its columns on each line.

    Parameters
    ----------
    path
        Of the member, ending in ``.jsonl``.
    of
        The condition under which rows are a user's; by default the column ``user_id`` tells.
    leave_out
        Columns that are secrets, or of no use elsewhere.
    """

    async def members(session: AsyncSession, user_id: UUID) -> AsyncIterator[Text]:
        condition = model.__table__.c.user_id == user_id if of is None else of(user_id)
        yield Text(path, lines(rows_of(session, model, condition, leave_out=leave_out)))

    return Part((model.__tablename__,), members, system)


async def rows_of(
    session: AsyncSession,
    model: type[DeclarativeBase],
    condition: ColumnElement[bool],
    *,
    leave_out: Collection[str] = (),
    by: Sequence[ColumnElement[Any] | InstrumentedAttribute[Any]] = (),
) -> AsyncIterator[Row]:
    """Give a table's rows by column, in the order of some columns or their primary key, a few in memory at a time."""
    table = model.__table__
    columns = [column for column in table.c if column.name not in leave_out]
    query = select(*columns).where(condition).order_by(*(by or table.primary_key))
    async for row in await session.stream(query.execution_options(yield_per=AT_A_TIME)):
        yield dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name


async def lines(rows: AsyncIterator[Row]) -> AsyncIterator[str]:
    """Give rows as lines of JSON."""
    async for row in rows:
        yield json.dumps(row, default=as_json, ensure_ascii=False) + "\n"


async def batches(rows: AsyncIterator[Row], size: int = AT_A_TIME) -> AsyncIterator[list[Row]]:
    """Give rows in lists of `size`, the last one shorter."""
    batch: list[Row] = []
    async for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def as_json(value: object) -> object:
    """Return what JSON has no word for in one that it has: moments in ISO 8601, vectors as numbers, bytes in base64."""
    match value:
        case datetime() | date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Decimal():
            return float(value)
        case bytes() | memoryview():
            return base64.b64encode(value).decode()
        case np.ndarray():
            return value.tolist()
        case set() | frozenset():
            return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be told as JSON")
