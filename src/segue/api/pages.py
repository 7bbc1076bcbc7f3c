"""The pages that people open in a browser: a creator's public page."""

from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import APIRouter, FastAPI, status
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.staticfiles import StaticFiles

from segue.catalog import service as catalog
from segue.kit.web.dependencies import PagingDep, RuntimeDep, VisitorSession
from segue.studio import service as studio

_HERE = Path(__file__).parent
router = APIRouter(include_in_schema=False)
#: As many as can be told apart on a narrow screen.
_BARS = 150


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def add_pages(app: FastAPI) -> None:
    """Add the pages and their style sheet to the application."""
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")


@router.get("/@{handle}", response_class=HTMLResponse)
async def creator_page(handle: str, session: VisitorSession, paging: PagingDep) -> HTMLResponse:
    """Show what a creator has published."""
    profile, mashups, cursor = await studio.creator_page(session, handle, paging)
    page = _templates().get_template("creator.html")
    return HTMLResponse(
        page.render(profile=profile, mashups=[_for_people(mashup.model_dump()) for mashup in mashups], cursor=cursor)
    )


@router.get("/listen/{track_id}")
async def listen(track_id: UUID, session: VisitorSession, runtime: RuntimeDep) -> RedirectResponse:
    """Redirect to a public track's audio: a page may stay open for longer than a signed address lasts."""
    track = await catalog.playable(session, track_id, signed_in=False)
    return RedirectResponse(
        catalog.url_of(runtime, track),
        status_code=status.HTTP_307_TEMPORARY_REDIRECT,
        headers={"Cache-Control": "no-store"},
    )


def _for_people(mashup: dict[str, Any]) -> dict[str, Any]:
    minutes, seconds = divmod(round(mashup["duration_s"]), 60)
    published: datetime = mashup["published_at"]
    return {
        **mashup,
        "tempo": round(mashup["tempo_bpm"]),
        "key": f"{mashup['key']['tonic']} {mashup['key']['mode']}",
        "length": f"{minutes}:{seconds:02d}",
        "bars": _bars(mashup["peaks"]),
        "date": f"{published.day} {published:%B %Y}",
    }


def _bars(peaks: list[float]) -> list[float]:
    """Return a waveform as few enough bars to be seen, each as high as the mean of the peaks in it."""
    edges = [place * len(peaks) // _BARS for place in range(_BARS + 1)]
    parts = [peaks[start:end] for start, end in pairwise(edges)]
    return [sum(part) / len(part) for part in parts if part]
