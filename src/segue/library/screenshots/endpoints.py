"""The routes of screenshots: bring one, look over what was read, confirm it."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Body, File, Query, Request, Response, UploadFile, status

from segue.catalog.songs.service import FoundSong
from segue.engines.ocr.images import examine
from segue.kit.web.dependencies import CurrentUser, RuntimeDep, UserSession
from segue.kit.web.idempotency import Idempotent
from segue.kit.web.media import stored_file_response
from segue.kit.web.routes import ApiRoute
from segue.kit.web.uploads import InTurn, received_file
from segue.library.schemas import ImportView
from segue.library.screenshots import jobs, schemas, service
from segue.library.screenshots.tables import ScreenshotRow

router = APIRouter(tags=["library"], route_class=ApiRoute)

MAX_BYTES: Final = 30 * 2**20
#: The image goes when its rows are confirmed, so nobody keeps it for long.
_KEPT_S: Final = 300

ImageFile = Annotated[UploadFile, File(description="A screenshot of a list of songs: PNG, JPEG or WebP")]


@router.post("/ingest_screenshot", status_code=status.HTTP_202_ACCEPTED, dependencies=[InTurn, Idempotent])
async def ingest_screenshot(
    image_file: ImageFile, user: CurrentUser, session: UserSession, runtime: RuntimeDep
) -> ImportView:
    """Bring a list of songs as a screenshot. It is read by a job; nothing counts before you have confirmed it."""
    async with received_file(image_file, MAX_BYTES) as path:
        image = await asyncio.to_thread(examine, path, max_bytes=MAX_BYTES)
        filename = Path(image_file.filename or "screenshot").name
        brought = await service.bring(
            session, runtime, jobs.READ_SCREENSHOT, user_id=user.user_id, path=path, filename=filename, image=image
        )
    return ImportView.model_validate(brought)


@router.get("/imports/{import_id}/image", response_class=Response)
async def get_image(
    import_id: UUID, request: Request, _user: CurrentUser, session: UserSession, runtime: RuntimeDep
) -> Response:
    """Show the screenshot itself, as long as its rows are not confirmed."""
    brought, screenshot = await service.screenshot_of(session, import_id)
    return await stored_file_response(
        request,
        runtime,
        brought.sha256,
        brought.filename,
        screenshot.media_type,
        download=False,
        expires_in_s=_KEPT_S,
    )


@router.get("/imports/{import_id}/rows")
async def list_rows(
    import_id: UUID,
    _user: CurrentUser,
    session: UserSession,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> schemas.Rows:
    """List what was read: what each row says, how sure that is, and which song it is taken for."""
    rows, next_after = await service.rows_of(session, import_id, after=after, limit=limit)
    return schemas.Rows(items=_views(rows, await service.songs_of(session, rows)), next_after=next_after)


@router.post("/imports/{import_id}/rows", status_code=status.HTTP_201_CREATED, dependencies=[Idempotent])
async def add_row(import_id: UUID, new: schemas.NewRow, _user: CurrentUser, session: UserSession) -> schemas.RowView:
    """Add a row that was overlooked."""
    row = await service.add_row(session, jobs.KEEP_SCREENSHOT, import_id, new.model_dump())
    return _view(row, await service.songs_of(session, [row]))


@router.patch("/imports/{import_id}/rows/{number}")
async def change_row(
    import_id: UUID, number: int, change: schemas.RowChange, _user: CurrentUser, session: UserSession
) -> schemas.RowView:
    """Correct what a row says, choose another song, drop it or take it back."""
    changes = change.model_dump(exclude_unset=True)
    # Of these alone null says something: no album, no song of the catalogue.
    changes = {name: value for name, value in changes.items() if value is not None or name in ("album", "track_id")}
    row = await service.change_row(session, jobs.KEEP_SCREENSHOT, import_id, number, changes)
    return _view(row, await service.songs_of(session, [row]))


@router.post("/imports/{import_id}/confirm", status_code=status.HTTP_202_ACCEPTED)
async def confirm(
    import_id: UUID,
    user: CurrentUser,
    session: UserSession,
    confirmation: Annotated[schemas.Confirmation | None, Body()] = None,
) -> ImportView:
    """Have the rows that are not dropped kept, in your library and as a list; twice is as once."""
    playlist = confirmation.playlist if confirmation else None
    brought = await service.confirm(
        session, jobs.KEEP_SCREENSHOT, user_id=user.user_id, import_id=import_id, playlist=playlist
    )
    return ImportView.model_validate(brought)


def _views(rows: Sequence[ScreenshotRow], songs: Mapping[UUID, FoundSong]) -> list[schemas.RowView]:
    return [_view(row, songs) for row in rows]


def _view(row: ScreenshotRow, songs: Mapping[UUID, FoundSong]) -> schemas.RowView:
    alternatives = [_match(songs.get(UUID(one["track_id"])), one["score"]) for one in row.alternatives]
    return schemas.RowView(
        number=row.number,
        box=_box(row.box),
        text=row.text,
        confidence=row.confidence,
        title=row.title,
        artist=row.artist,
        album=row.album,
        duration_s=row.duration_ms and row.duration_ms / 1000,
        match=_match(songs.get(row.track_id) if row.track_id else None, row.score),
        alternatives=[one for one in alternatives if one],
        dropped=row.dropped,
    )


def _box(sides: Sequence[int] | None) -> schemas.BoxView | None:
    if sides is None:
        return None
    left, top, right, bottom = sides
    return schemas.BoxView(left=left, top=top, right=right, bottom=bottom)


def _match(song: FoundSong | None, score: float | None) -> schemas.MatchView | None:
    if song is None:
        return None
    return schemas.MatchView(
        track_id=song.track_id,
        title=song.title,
        artist=song.artist,
        album=song.album,
        duration_s=song.duration_ms and song.duration_ms / 1000,
        score=score,
    )
