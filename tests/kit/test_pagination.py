"""Cursors: opaque, exact, and refused when they are not ours."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from segue.accounts.tables import User
from segue.kit.clock import now
from segue.kit.database import Database
from segue.kit.errors import InvalidRequest
from segue.kit.ids import new_id
from segue.kit.pagination import Paging, decode_cursor, encode_cursor, newest_first


@given(st.uuids())
def test_a_cursor_means_the_id_it_was_made_of(row_id: UUID) -> None:
    assert decode_cursor(encode_cursor(row_id)) == row_id


@pytest.mark.parametrize("cursor", ["x", "", "é", "AAAA", "A" * 63, "../../etc/passwd"])
def test_an_invented_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="not one of ours"):
        decode_cursor(cursor)


async def add_users(database: Database, count: int) -> list[UUID]:
    ids = [new_id() for _ in range(count)]
    async with database.system_session() as session:
        session.add_all(User(id=user_id, issuer="test", created_at=now()) for user_id in ids)
    return ids


async def page(database: Database, cursor: str | None, limit: int = 2) -> tuple[list[UUID], str | None]:
    async with database.system_session() as session:
        before = decode_cursor(cursor) if cursor else None
        rows, following = await newest_first(
            session, select(User), by=User.id, paging=Paging(limit=limit, before=before)
        )
    return [row.id for row in rows], following


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
async def test_pages_hold_every_row_once_newest_first(database: Database, count: int) -> None:
    ids = await add_users(database, count)
    seen, cursor = await page(database, None)
    while cursor is not None:
        more, cursor = await page(database, cursor)
        assert more
        seen += more
    assert seen == ids[::-1]


async def test_a_row_added_meanwhile_neither_repeats_nor_hides_others(database: Database) -> None:
    ids = await add_users(database, 4)
    first, cursor = await page(database, None)
    await add_users(database, 3)
    second, _ = await page(database, cursor)
    assert first + second == ids[::-1]
