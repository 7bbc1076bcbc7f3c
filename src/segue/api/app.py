"""The application factory: middleware, problems, and every domain's routes under ``/api/v1`` and ``/api``."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.cors import CORSMiddleware

import segue
from segue.accounts.authenticator import AccountAuthenticator
from segue.api import health, listenbrainz, media
from segue.api.docs import add_docs
from segue.api.domains import ROUTERS
from segue.api.metrics import Metrics
from segue.api.pages import add_pages
from segue.api.subsonic import endpoints as subsonic
from segue.kit.runtime import Runtime, open_runtime
from segue.kit.settings import Settings
from segue.kit.web.middleware import Limits, RequestContext
from segue.kit.web.problems import add_problem_handlers
from segue.kit.web.rate_limits import MemoryLimiter
from segue.kit.web.uploads import AT_A_TIME

#: For every body but a form with files.
BODY_MAX_BYTES = 2**20
#: What a web app of another origin may send, and may read.
_ASKED = ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Range", "X-Request-ID"]
_EXPOSED = ["ETag", "Idempotent-Replayed", "Location", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"]
_EXPOSED += ["Content-Range", "Retry-After", "X-Request-ID"]


def create_app(source: Runtime | Settings) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    source
        A runtime that its opener will close; or settings, from which the application opens one when it starts.
    """
    settings = source if isinstance(source, Settings) else source.settings
    app = FastAPI(
        title="Segue",
        version=segue.__version__,
        summary="Listen, make, earn: a self-hosted music backend.",
        lifespan=_lifespan_of(source),
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
    )
    app.state.metrics = Metrics()
    app.state.upload_turns = asyncio.Semaphore(AT_A_TIME)
    if isinstance(source, Runtime):
        _attach(app, source)
    _add_middleware(app, settings)
    add_problem_handlers(app)
    for router in ROUTERS:
        app.include_router(router, prefix="/api/v1")
        app.include_router(router, prefix="/api", include_in_schema=False)
    app.include_router(listenbrainz.router, include_in_schema=False)
    app.include_router(subsonic.router)
    app.include_router(health.router)
    app.include_router(media.router)
    add_pages(app)
    add_docs(app)
    return app


def _attach(app: FastAPI, runtime: Runtime) -> None:
    app.state.runtime = runtime
    app.state.authenticator = AccountAuthenticator(runtime.settings, runtime.database)


def _lifespan_of(source: Runtime | Settings) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if isinstance(source, Runtime):
            yield
            return
        async with open_runtime(source) as runtime:
            _attach(app, runtime)
            yield

    return lifespan


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    """Add the middleware; the last one added meets a request first."""
    app.add_middleware(
        Limits,
        limiter=MemoryLimiter(settings.requests_per_minute),
        body_max_bytes=BODY_MAX_BYTES,
        upload_max_bytes=settings.upload_max_bytes,
        larger_bodies={"/1/submit-listens": listenbrainz.MAX_LISTEN_PAYLOAD_SIZE},
        larger_uploads=dict.fromkeys(("/ingest", "/ingest_tunemymusic"), settings.import_max_bytes),
    )
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=_ASKED,
            expose_headers=_EXPOSED,
            max_age=3600,
        )
    app.add_middleware(
        RequestContext, observe=app.state.metrics.observe, https=settings.base_url.startswith("https://")
    )


def _operation_id(route: APIRoute) -> str:
    return f"{route.tags[0]}_{route.name}" if route.tags else route.name
