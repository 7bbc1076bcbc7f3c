"""What a listener takes with them of their taste: what they said, and all that was made of it."""

from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts.tables import User
from segue.catalog.exporting import named_rows_part
from segue.kit.exporting import Part, Row, Text, lines, rows_part
from segue.taste.tables import Feedback, Taste, TasteFacet, TasteMove


async def _of_user(session: AsyncSession, user_id: UUID) -> AsyncIterator[Text]:
    yield Text("taste/preferences.jsonl", lines(_preferences(session, user_id)))


async def _preferences(session: AsyncSession, user_id: UUID) -> AsyncIterator[Row]:
    query = select(User.taste_vector, User.preferences_profile).where(User.id == user_id)
    for vector, profile in await session.execute(query):
        yield {"preferences_profile": profile, "taste_vector": vector}


PARTS: tuple[Part, ...] = (
    Part(("users",), _of_user),
    rows_part(Taste, "taste/taste.jsonl"),
    rows_part(TasteFacet, "taste/facets.jsonl"),
    named_rows_part(TasteMove, "taste/moves.jsonl"),
    named_rows_part(Feedback, "taste/feedback.jsonl"),
)
