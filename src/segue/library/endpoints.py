"""The library's routes: bring files, follow them, take them back."""

import asyncio
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Query, UploadFile, status

from segue.kit.pagination import Page
from segue.kit.web.dependencies import CurrentUser, PagingDep, RuntimeDep, UserSession
from segue.kit.web.idempotency import Idempotent
from segue.kit.web.routes import ApiRoute
from segue.kit.web.uploads import InTurn, received_file
from segue.library import jobs, schemas, service
from segue.library.importing.reading import recognised

router = APIRouter(tags=["library"], route_class=ApiRoute)

ExportFile = Annotated[UploadFile, File(description="An export of a listening history, a library or a playlist")]


@router.post("/ingest", status_code=status.HTTP_202_ACCEPTED, dependencies=[InTurn, Idempotent])
@router.post(
    "/ingest_tunemymusic",
    name="ingest_tunemymusic",
    status_code=status.HTTP_202_ACCEPTED,
    dependencies=[InTurn, Idempotent],
)
async def ingest(file: ExportFile, user: CurrentUser, session: UserSession, runtime: RuntimeDep) -> schemas.ImportView:
    """Bring your music from anywhere: what the file is is found out from its content."""
    filename = Path(file.filename or "export").name
    async with received_file(file, runtime.settings.import_max_bytes) as path:
        found = await asyncio.to_thread(recognised, path, filename)
        brought = await service.bring(
            session, runtime, jobs.BRING_IN, user_id=user.user_id, path=path, filename=filename, format_name=found
        )
    return schemas.ImportView.model_validate(brought)


@router.get("/imports")
async def list_imports(user: CurrentUser, session: UserSession, paging: PagingDep) -> Page[schemas.ImportView]:
    """List what you have brought, newest first."""
    imports, cursor = await service.imports_of(session, user.user_id, paging)
    return Page(items=[schemas.ImportView.model_validate(one) for one in imports], next_cursor=cursor)


@router.get("/imports/{import_id}")
async def get_import(import_id: UUID, _user: CurrentUser, session: UserSession) -> schemas.ImportView:
    """Show what an import found."""
    return schemas.ImportView.model_validate(await service.import_of(session, import_id))


@router.get("/imports/{import_id}/problems")
async def list_problems(
    import_id: UUID,
    _user: CurrentUser,
    session: UserSession,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> schemas.Problems:
    """List the rows that could not be read, with their places and reasons; of very many, the first thousand."""
    found, next_after = await service.problems_of(session, import_id, after=after, limit=limit)
    return schemas.Problems(items=[schemas.ProblemView.model_validate(one) for one in found], next_after=next_after)


@router.delete("/imports/{import_id}", status_code=status.HTTP_204_NO_CONTENT)
async def undo_import(import_id: UUID, user: CurrentUser, runtime: RuntimeDep) -> None:
    """Take back all that an import brought."""
    await service.take_back(runtime, user.user_id, import_id)


@router.post("/add_to_library/{track_id}", status_code=status.HTTP_204_NO_CONTENT)
async def add_to_library(track_id: UUID, user: CurrentUser, session: UserSession) -> None:
    """Keep a track that you may see in your library: what a search found, say. Keeping it again changes nothing."""
    await service.keep_by_hand(session, user.user_id, track_id)


@router.delete("/add_to_library/{track_id}", status_code=status.HTTP_204_NO_CONTENT)
async def take_out_of_library(track_id: UUID, user: CurrentUser, session: UserSession) -> None:
    """Take a track out of your library, with whether you like it."""
    await service.forget_song(session, user.user_id, track_id)
