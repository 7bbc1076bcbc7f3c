"""All SQL of tastes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.clock import now
from segue.taste.facets import Facet
from segue.taste.tables import Feedback, StoredModel, Taste, TasteFacet, TasteMove

#: An older model may still be at work in a job that began before.
_MODELS_KEPT = 2


async def taste(session: AsyncSession, user_id: UUID) -> Taste | None:
    """Return what was found of a user's taste."""
    query = select(Taste).where(Taste.user_id == user_id)
    return (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()


async def found(session: AsyncSession, user_id: UUID) -> tuple[Taste, list[TasteFacet], dict[UUID, float]] | None:
    """Return what was found of a user's taste, its facets in their order, and by how much tracks moved it since.

    It is one statement: whoever looks while it is found anew sees all of what was before or all of what is now.
    """
    pair = func.jsonb_build_array(TasteMove.track_id, TasteMove.weight)
    moved = select(func.jsonb_agg(aggregate_order_by(pair, TasteMove.moved_at, TasteMove.track_id))).where(
        TasteMove.user_id == user_id
    )
    query = (
        select(Taste, TasteFacet, moved.scalar_subquery())
        .outerjoin(TasteFacet, TasteFacet.user_id == Taste.user_id)
        .where(Taste.user_id == user_id)
        .order_by(TasteFacet.position)
    )
    rows = (await session.execute(query.execution_options(populate_existing=True))).all()
    if not rows:
        return None
    taste, _, pairs = rows[0]
    return taste, [facet for _, facet, _ in rows if facet is not None], {UUID(track): w for track, w in pairs or ()}


async def made_by(session: AsyncSession, user_id: UUID) -> tuple[str, str] | None:
    """Return the space and the model of a user's taste, without all that was found."""
    row = (await session.execute(select(Taste.space, Taste.model).where(Taste.user_id == user_id))).one_or_none()
    return None if row is None else (row.space, row.model)


async def ensure_taste(session: AsyncSession, values: dict[str, Any]) -> None:
    """Keep what was found of a user's taste in place of what was found before."""
    new = insert(Taste).values(**values)
    changed = {name: new.excluded[name] for name in values if name != "user_id"}
    await session.execute(new.on_conflict_do_update(index_elements=[Taste.user_id], set_=changed))


async def facets(session: AsyncSession, user_id: UUID) -> Sequence[TasteFacet]:
    """Return a user's facets as they were found, in their order."""
    query = select(TasteFacet).where(TasteFacet.user_id == user_id).order_by(TasteFacet.position)
    return (await session.scalars(query.execution_options(populate_existing=True))).all()


async def replace_facets(session: AsyncSession, user_id: UUID, found: Sequence[Facet]) -> None:
    """Keep a user's facets in place of those that were found before."""
    await session.execute(delete(TasteFacet).where(TasteFacet.user_id == user_id))
    rows = [
        {"user_id": user_id, "position": position, "direction": facet.direction.tolist(), "weight": facet.weight}
        for position, facet in enumerate(found)
    ]
    if rows:
        await session.execute(insert(TasteFacet), rows)


async def moves(session: AsyncSession, user_id: UUID) -> dict[UUID, float]:
    """Return by how much a user has said more or less for tracks since their taste was found, the oldest first."""
    query = select(TasteMove.track_id, TasteMove.weight).where(TasteMove.user_id == user_id)
    found = await session.execute(query.order_by(TasteMove.moved_at, TasteMove.track_id))
    return {track_id: weight for track_id, weight in found}  # noqa: C416 - rows are no pairs to the type checker


async def set_move(session: AsyncSession, user_id: UUID, track_id: UUID, weight: float) -> None:
    """Note by how much a user has said more or less for a track; its place among the moves stays."""
    new = insert(TasteMove).values(user_id=user_id, track_id=track_id, weight=weight, moved_at=now())
    keys = [TasteMove.user_id, TasteMove.track_id]
    await session.execute(new.on_conflict_do_update(index_elements=keys, set_={"weight": new.excluded.weight}))


async def drop_moves(session: AsyncSession, user_id: UUID, track_ids: Sequence[UUID]) -> None:
    """Forget moves by tracks."""
    await session.execute(delete(TasteMove).where(TasteMove.user_id == user_id, TasteMove.track_id.in_(track_ids)))


async def feedback(session: AsyncSession, user_id: UUID, track_ids: Sequence[UUID] | None = None) -> dict[UUID, int]:
    """Return how much tracks sound like a user, by what they say; of some tracks, or of all."""
    query = select(Feedback.track_id, Feedback.sounds_like_me).where(Feedback.user_id == user_id)
    if track_ids is not None:
        query = query.where(Feedback.track_id.in_(track_ids))
    return {track_id: stars for track_id, stars in await session.execute(query)}  # noqa: C416 - as above


async def set_feedback(session: AsyncSession, user_id: UUID, track_id: UUID, sounds_like_me: int) -> None:
    """Note how much a track sounds like a user."""
    new = insert(Feedback).values(user_id=user_id, track_id=track_id, sounds_like_me=sounds_like_me, given_at=now())
    changed = {name: new.excluded[name] for name in ("sounds_like_me", "given_at")}
    await session.execute(new.on_conflict_do_update(index_elements=[Feedback.user_id, Feedback.track_id], set_=changed))


async def heads(session: AsyncSession, user_ids: Sequence[UUID]) -> dict[UUID, tuple[str, datetime, str, bool]]:
    """Return of users' tastes the library's state, when it was read, the model, and whether anything moved it since."""
    moved = exists().where(TasteMove.user_id == Taste.user_id)
    query = select(Taste.user_id, Taste.library_state, Taste.read_at, Taste.model, moved)
    found = await session.execute(query.where(Taste.user_id.in_(user_ids)))
    return {user_id: (state, read_at, model, is_moved) for user_id, state, read_at, model, is_moved in found}


async def last_learned(session: AsyncSession) -> tuple[UUID, datetime] | None:
    """Return which model of proxies was learned last, in whatever space, and when."""
    query = select(StoredModel.id, StoredModel.learned_at).order_by(StoredModel.id.desc()).limit(1)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row.id, row.learned_at)


async def newest_model(session: AsyncSession, space: str) -> StoredModel | None:
    """Return the model of proxies that counts in a space."""
    query = select(StoredModel).where(StoredModel.space == space).order_by(StoredModel.id.desc()).limit(1)
    return (await session.scalars(query)).one_or_none()


async def add_model(session: AsyncSession, values: Mapping[str, Any]) -> StoredModel:
    """Keep a model of proxies, and forget the old ones of its space."""
    model = StoredModel(**values)
    session.add(model)
    await session.flush()
    newest = (select(StoredModel.id).where(StoredModel.space == model.space).order_by(StoredModel.id.desc())).limit(
        _MODELS_KEPT
    )
    await session.execute(delete(StoredModel).where(StoredModel.space == model.space, StoredModel.id.not_in(newest)))
    return model
