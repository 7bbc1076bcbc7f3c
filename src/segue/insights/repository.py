"""All SQL of events."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.insights.tables import Event


async def add(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """Add an event, unless it happens once and has."""
    await session.execute(insert(Event).values(**values).on_conflict_do_nothing())


async def has(session: AsyncSession, user_id: UUID, name: str) -> bool:
    """Tell whether something has happened to a user that happens once."""
    query = select(Event.id).where(Event.user_id == user_id, Event.name == name, Event.once == "")
    return (await session.scalars(query)).first() is not None


async def quantiles(
    session: AsyncSession, name: str, number: str, shares: Sequence[float], *, since: datetime
) -> tuple[int, list[float] | None]:
    """Return how many events there are, and below what a number of theirs lies in such shares of them."""
    found = await session.execute(
        text("""
            SELECT count(*), percentile_cont(CAST(:shares AS float8[]))
                WITHIN GROUP (ORDER BY CAST(properties ->> :number AS float8))
            FROM events WHERE name = :name AND happened_at >= :since AND properties ? :number
        """),
        {"name": name, "number": number, "shares": list(shares), "since": since},
    )
    count, values = found.one()
    return int(count), None if not count else [float(value) for value in values]


async def share_at_least(
    session: AsyncSession, name: str, number: str, least: float, *, since: datetime
) -> tuple[int, float | None]:
    """Return how many events there are, and in which share of them a number is at least so large."""
    found = await session.execute(
        text("""
            SELECT count(*), avg(CAST(CAST(properties ->> :number AS float8) >= :least AS int))
            FROM events WHERE name = :name AND happened_at >= :since AND properties ? :number
        """),
        {"name": name, "number": number, "least": least, "since": since},
    )
    count, share = found.one()
    return int(count), None if share is None else float(share)


async def retention(
    session: AsyncSession, name: str, *, days: int, signed_up_from: datetime, moment: datetime
) -> tuple[int, float | None]:
    """Return how many users signed up long enough ago, and which share of them had an event on the day so much later.

    Parameters
    ----------
    days
        The day is the 24 hours that begin so many days after somebody signed up.
    """
    found = await session.execute(
        text("""
            SELECT count(*), avg(CAST(EXISTS (
                SELECT FROM events e WHERE e.user_id = u.id AND e.name = :name
                    AND e.happened_at >= u.created_at + :later AND e.happened_at < u.created_at + :later + :day
            ) AS int))
            FROM users u WHERE u.created_at >= :since AND u.created_at <= :moment - :later - :day
        """),
        {
            "name": name,
            "later": timedelta(days=days),
            "day": timedelta(days=1),
            "since": signed_up_from,
            "moment": moment,
        },
    )
    count, share = found.one()
    return int(count), None if share is None else float(share)
