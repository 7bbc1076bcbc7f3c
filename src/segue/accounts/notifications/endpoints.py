"""The routes of notifications: list, read, stream; and the browsers to push to."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Header, Response, status
from fastapi.sse import format_sse_event

from segue.accounts.notifications import schemas, service
from segue.accounts.notifications.tables import Notification
from segue.kit.pagination import Page
from segue.kit.push import Target
from segue.kit.web.dependencies import CurrentUser, PagingDep, RuntimeDep, UserSession
from segue.kit.web.events import RETRY_MS, STREAM_HEADERS, EventStream
from segue.kit.web.problems import Problem
from segue.kit.web.routes import ApiRoute

router = APIRouter(tags=["notifications"], route_class=ApiRoute)


@router.get("/notifications")
async def list_notifications(
    user: CurrentUser, session: UserSession, paging: PagingDep
) -> Page[schemas.NotificationView]:
    """List what you were told, newest first: new releases of bands that you follow, and their like."""
    rows, cursor = await service.recent(session, user.user_id, paging)
    return Page(items=[schemas.NotificationView.model_validate(row) for row in rows], next_cursor=cursor)


@router.post("/notifications/read")
async def read_notifications(
    user: CurrentUser, session: UserSession, body: Annotated[schemas.ReadIn | None, Body()] = None
) -> schemas.Unread:
    """Say what you have read."""
    await service.mark_read(session, user.user_id, up_to=body.up_to if body else None)
    return schemas.Unread(unread=await service.unread(session, user.user_id))


@router.get("/events", response_class=EventStream)
async def watch_notifications(
    user: CurrentUser, runtime: RuntimeDep, last_event_id: Annotated[str | None, Header()] = None
) -> Response:
    """Watch what you are told, as server-sent events named `notification`, each as `GET /notifications` lists it.

    A browser that reconnects gets first what it missed.
    """
    told = service.watch(runtime.database, runtime.notifications, user.user_id, _id_of(last_event_id))
    return EventStream(_events(told), headers=STREAM_HEADERS)


@router.get("/push/key")
async def push_key(_user: CurrentUser, runtime: RuntimeDep) -> schemas.PushKeyView:
    """Show the key that a page subscribes its browser with."""
    return schemas.PushKeyView(public_key=await service.public_key(runtime))


@router.post("/push/subscriptions", status_code=status.HTTP_201_CREATED)
async def subscribe(
    body: schemas.PushSubscriptionIn, user: CurrentUser, runtime: RuntimeDep
) -> schemas.PushSubscriptionOut:
    """Have what you are told pushed to a browser. Sending it again changes nothing."""
    target = Target(body.endpoint, body.keys.p256dh, body.keys.auth)
    subscription = await service.subscribe(runtime, user.user_id, target)
    return schemas.PushSubscriptionOut.model_validate(subscription)


@router.delete("/push/subscriptions", status_code=status.HTTP_204_NO_CONTENT, responses={404: {"model": Problem}})
async def unsubscribe(body: schemas.PushEndpointIn, user: CurrentUser, session: UserSession) -> None:
    """Have nothing pushed to a browser any more."""
    await service.unsubscribe(session, user.user_id, body.endpoint)


async def _events(told: AsyncIterator[Notification | None]) -> AsyncIterator[bytes]:
    yield format_sse_event(comment="here", retry=RETRY_MS)
    async for notification in told:
        if notification is None:
            yield format_sse_event(comment="still here")
        else:
            data = schemas.NotificationView.model_validate(notification).model_dump_json()
            yield format_sse_event(event="notification", id=str(notification.id), data_str=data)


def _id_of(last_event_id: str | None) -> UUID | None:
    """Return where a stream was left; what is no id of ours begins it anew."""
    try:
        return UUID(last_event_id) if last_event_id else None
    except ValueError:
        return None
