"""The routes of the queue and its radio."""

from collections.abc import AsyncIterator
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Body, Query
from fastapi.sse import format_sse_event

from segue.catalog.schemas import TrackSource
from segue.discovery import schemas, service
from segue.discovery.line import Item
from segue.discovery.radio import Note, SeedKind
from segue.discovery.service import QueueNow, Seed
from segue.kit.web.dependencies import CurrentUser, RuntimeDep, UserSession
from segue.kit.web.events import RETRY_MS, STREAM_HEADERS, EventStream
from segue.kit.web.problems import Problem
from segue.kit.web.routes import ApiRoute

router = APIRouter(
    prefix="/queue",
    tags=["queue"],
    route_class=ApiRoute,
    responses={404: {"model": Problem}, 409: {"model": Problem}},
)
_CHANGE = schemas.Change()
_GO_ON = schemas.GoOn()
_BEGIN = schemas.BeginRadio()


@router.get("")
async def get_queue(user: CurrentUser, session: UserSession) -> schemas.QueueView:
    """Show your queue. If a radio runs, three tracks are ready behind the one that plays, as far as there are any."""
    return _view(await service.look(session, user.user_id))


@router.post("/add")
async def add(asked: schemas.Add, user: CurrentUser, session: UserSession) -> schemas.QueueView:
    """Add tracks."""
    found = await service.add(session, user.user_id, asked.track_ids, where=asked.where, version=asked.version)
    return _view(found)


@router.post("/move")
async def move(asked: schemas.Move, user: CurrentUser, session: UserSession) -> schemas.QueueView:
    """Move an item elsewhere. What plays goes on playing."""
    return _view(await service.move(session, user.user_id, asked.item_id, asked.to, version=asked.version))


@router.delete("/items/{item_id}")
async def remove(
    item_id: UUID, user: CurrentUser, session: UserSession, version: Annotated[schemas.Version, Query()] = None
) -> schemas.QueueView:
    """Remove an item. `/queue/undo` puts it back."""
    return _view(await service.remove(session, user.user_id, item_id, version=version))


@router.post("/clear")
async def clear(
    user: CurrentUser, session: UserSession, asked: Annotated[schemas.Change, Body()] = _CHANGE
) -> schemas.QueueView:
    """Empty your queue, and stop the radio. `/queue/undo` puts back what was in it."""
    return _view(await service.clear(session, user.user_id, version=asked.version))


@router.post("/undo")
async def undo(
    user: CurrentUser, session: UserSession, asked: Annotated[schemas.Change, Body()] = _CHANGE
) -> schemas.QueueView:
    """Put back what you cleared or removed last."""
    return _view(await service.undo(session, user.user_id, version=asked.version))


@router.post("/next")
async def go_on(
    user: CurrentUser, session: UserSession, asked: Annotated[schemas.GoOn, Body()] = _GO_ON
) -> schemas.QueueView:
    """Go on to what comes next: at once, whatever is being made. Tell whether you left what played."""
    found = await service.go_on(
        session,
        user.user_id,
        outcome="skipped" if asked.skipped else "played",
        item_id=asked.item_id,
        version=asked.version,
    )
    return _view(found)


@router.post("/previous")
async def go_back(
    user: CurrentUser, session: UserSession, asked: Annotated[schemas.Change, Body()] = _CHANGE
) -> schemas.QueueView:
    """Go back to the item before."""
    return _view(await service.go_back(session, user.user_id, version=asked.version))


@router.post("/jump")
async def jump(asked: schemas.Jump, user: CurrentUser, session: UserSession) -> schemas.QueueView:
    """Play an item now."""
    return _view(await service.jump(session, user.user_id, asked.item_id, version=asked.version))


@router.post("/radio")
async def begin_radio(
    user: CurrentUser, session: UserSession, asked: Annotated[schemas.BeginRadio, Body()] = _BEGIN
) -> schemas.QueueView:
    """Begin a radio of a track, a playlist or your taste. What you like and skip in it bends it at once."""
    seed = Seed("taste")
    if asked.track_id is not None:
        seed = Seed("track", asked.track_id)
    elif asked.playlist_id is not None:
        seed = Seed("playlist", asked.playlist_id)
    return _view(await service.begin_radio(session, user.user_id, seed, version=asked.version))


@router.delete("/radio")
async def stop_radio(user: CurrentUser, session: UserSession) -> schemas.QueueView:
    """Stop the radio. What it has added stays."""
    return _view(await service.stop_radio(session, user.user_id))


@router.get("/events")
async def watch_queue(user: CurrentUser, runtime: RuntimeDep) -> EventStream:
    """Watch your queue as server-sent events: one named `queue` with its version, now and after each change.

    Other devices than the one that changed it fetch it then.
    """
    return EventStream(_events(service.watch(runtime, user.user_id)), headers=STREAM_HEADERS)


async def _events(versions: AsyncIterator[int | None]) -> AsyncIterator[bytes]:
    async for version in versions:
        if version is None:
            yield format_sse_event(comment="still here")
        else:
            data = f'{{"version": {version}}}'
            yield format_sse_event(event="queue", id=str(version), data_str=data, retry=RETRY_MS)


def _view(found: QueueNow) -> schemas.QueueView:
    items = [_item(found, item) for item in found.line.items]
    radio = found.radio
    return schemas.QueueView(
        version=found.version,
        position=found.line.at,
        current=items[found.line.at] if found.line.current else None,
        items=items,
        radio=radio
        and schemas.RadioView(
            seed=cast("SeedKind", radio.seed_kind),
            seed_id=radio.seed_id,
            began_at=radio.began_at,
            making=found.making,
            note=cast("Note | None", radio.note),
        ),
        can_undo=found.can_undo,
    )


def _item(found: QueueNow, item: Item) -> schemas.ItemView:
    track = found.tracks[item.track_id]
    return schemas.ItemView(
        id=item.id,
        track_id=item.track_id,
        type="ai" if track.made_here else "real",
        source=cast("TrackSource", track.source),
        title=track.title,
        artist=track.artist,
        duration_s=None if track.duration_ms is None else track.duration_ms / 1000,
        added_by=item.added_by,
        outcome=item.outcome,
    )
