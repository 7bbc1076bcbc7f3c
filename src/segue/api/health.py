"""For whoever watches the process: is it alive, can it serve, what has it done."""

import asyncio
import hmac
import os
from collections.abc import Awaitable
from contextlib import suppress
from functools import cache
from typing import cast

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from segue.api.metrics import Metrics
from segue.kit import migrations
from segue.kit.errors import Unauthenticated
from segue.kit.runtime import Runtime
from segue.kit.storage import FolderStorage
from segue.kit.web.dependencies import RuntimeDep

router = APIRouter(include_in_schema=False)
_log = structlog.get_logger(__name__)
_CHECK_TIMEOUT_S = 5
_NO_BLOB = "0" * 64


@router.api_route("/healthz", methods=["GET", "HEAD"])
async def alive() -> dict[str, str]:
    """Tell that the process answers."""
    return {"status": "ok"}


@router.api_route("/readyz", methods=["GET", "HEAD"])
async def ready(runtime: RuntimeDep) -> JSONResponse:
    """Tell whether requests can be served: 200 if so, 503 with what is amiss if not."""
    database, storage = await asyncio.gather(
        _outcome("database", _check_database(runtime)), _outcome("storage", _check_storage(runtime))
    )
    good = database == storage == "ok"
    return JSONResponse(
        {"status": "ok" if good else "unavailable", "database": database, "storage": storage},
        status_code=200 if good else 503,
        headers={"Cache-Control": "no-store"},
    )


@router.get("/metrics")
async def metrics(request: Request, runtime: RuntimeDep) -> Response:
    """Return this process's metrics for Prometheus; without a database, those that need none."""
    if (token := runtime.settings.metrics_token) is not None:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {token.get_secret_value()}".encode()):
            raise Unauthenticated("Send the token of SEGUE_METRICS_TOKEN: Authorization: Bearer ...")
    counted = cast("Metrics", request.app.state.metrics)
    with suppress(SQLAlchemyError):
        async with runtime.database.system_session() as session:
            await counted.count_jobs(session)
            await counted.make_figures(session)
    content, content_type = counted.expose(request.headers.get("accept", ""))
    return Response(content, media_type=content_type)


async def _outcome(name: str, check: Awaitable[str]) -> str:
    """Return what a check says; its error goes to the log, as it may name hosts."""
    try:
        async with asyncio.timeout(_CHECK_TIMEOUT_S):
            return await check
    except Exception:
        _log.exception("ready.failed", check=name)
        return "unreachable"


async def _check_database(runtime: Runtime) -> str:
    async with runtime.database.system_session() as session:
        found = await session.scalar(text("SELECT version_num FROM alembic_version"))
    if found != await asyncio.to_thread(_schema_head):
        return "its schema is not this version's: run 'segue migrate'"
    return "ok"


async def _check_storage(runtime: Runtime) -> str:
    storage = runtime.storage
    await storage.exists(_NO_BLOB)
    if isinstance(storage, FolderStorage) and not os.access(storage.folder, os.W_OK):
        return "the folder cannot be written to"
    return "ok"


@cache
def _schema_head() -> str:
    return migrations.head()
