"""The pages that people open in a browser: a creator's public page, a public playlist."""

from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, FastAPI, Query, Request, Response, status
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.staticfiles import StaticFiles

from segue.catalog import service as catalog
from segue.kit.web.dependencies import OptionalUser, PagingDep, RuntimeDep, VisitorSession
from segue.library.playlists import service as playlists
from segue.library.playlists import showing
from segue.library.playlists.file_endpoints import public_cover_response
from segue.library.playlists.schemas import EntryView
from segue.studio import service as studio

_HERE = Path(__file__).parent
router = APIRouter(include_in_schema=False)
#: As many as can be told apart on a narrow screen.
_BARS = 150
#: On one page of a playlist.
_SONGS = 100


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


@router.get("/p/{slug}", response_class=HTMLResponse)
async def playlist_page(
    slug: str, session: VisitorSession, runtime: RuntimeDep, cursor: Annotated[str | None, Query(max_length=64)] = None
) -> HTMLResponse:
    """Show a playlist that its owner has made public."""
    seen = await playlists.seen_by_slug(session, slug)
    view = await showing.view(session, runtime, seen)
    page = await showing.entries(session, seen.playlist.id, cursor=cursor, limit=_SONGS)
    links = await showing.links_of(session, [entry.track_id for entry in page.items])
    html = _templates().get_template("playlist.html")
    return HTMLResponse(
        html.render(
            playlist=view,
            slug=slug,
            base_url=runtime.settings.base_url,
            length=_length(view.duration_s),
            edited=_date(view.edited_at),
            songs=[_song(entry, links.get(entry.track_id, [])) for entry in page.items],
            cursor=page.next_cursor,
        )
    )


@router.get("/p/{slug}/cover", response_class=Response)
async def playlist_cover(slug: str, request: Request, user: OptionalUser, runtime: RuntimeDep) -> Response:
    """Show the cover of a public playlist."""
    return await public_cover_response(request, runtime, slug, user)


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
    published: datetime = mashup["published_at"]
    return {
        **mashup,
        "tempo": round(mashup["tempo_bpm"]),
        "key": f"{mashup['key']['tonic']} {mashup['key']['mode']}",
        "length": _clock(mashup["duration_s"]),
        "bars": _bars(mashup["peaks"]),
        "date": _date(published),
    }


def _song(entry: EntryView, links: list[tuple[str, str]]) -> dict[str, Any]:
    """Return an entry as the page shows it; a song that visitors may not see has no name."""
    track = entry.track
    return {
        "number": entry.position + 1,
        "seen": track is not None,
        "title": track.title if track else "A song that is not public",
        "artist": track.artist if track else None,
        "album": track.album if track else None,
        "length": _clock(track.duration_s) if track and track.duration_s else "",
        "listen": f"/listen/{track.id}" if track and track.source != "external" else None,
        "links": links,
    }


def _clock(duration_s: float) -> str:
    minutes, seconds = divmod(round(duration_s), 60)
    return f"{minutes}:{seconds:02d}"


def _length(duration_s: float) -> str:
    """Return how long a list lasts, in words; of one of unknown songs nothing."""
    hours, minutes = divmod(round(duration_s / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else ""


def _date(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _bars(peaks: list[float]) -> list[float]:
    """Return a waveform as few enough bars to be seen, each as high as the mean of the peaks in it."""
    edges = [place * len(peaks) // _BARS for place in range(_BARS + 1)]
    parts = [peaks[start:end] for start, end in pairwise(edges)]
    return [sum(part) / len(part) for part in parts if part]
