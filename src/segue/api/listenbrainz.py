"""ListenBrainz's API at ``/1``: any player that scrobbles there can scrobble here.

The token is one of `/auth/tokens`. Shapes, limits and words are those of ListenBrainz
(https://listenbrainz.readthedocs.io/en/latest/users/api/core.html); a ``recording_msid`` is the id of our track.
"""

import json
from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from segue.accounts import service as accounts
from segue.accounts.tables import Profile
from segue.catalog import service as catalog
from segue.catalog.tables import SourceTrack
from segue.kit.errors import NotFound, SegueError, Unauthenticated
from segue.kit.runtime import Runtime
from segue.kit.web.dependencies import RuntimeDep
from segue.library import service as library
from segue.library.formats.entries import Entry, Listen, Refusal, SongRef
from segue.library.formats.listenbrainz import listen_of, song_of_metadata

MAX_LISTEN_PAYLOAD_SIZE = 10_240_000
MAX_LISTENS_PER_REQUEST = 1_000
MAX_ITEMS_PER_GET = 1_000
DEFAULT_ITEMS_PER_GET = 25
#: Under which these listens are kept; an export of the same account tells of the same listens under another.
SOURCE = "listenbrainz-api"
_SCORES = {1: True, -1: False, 0: None}
Document = dict[str, Any]


class InvalidListens(SegueError):
    """What was submitted is not as ListenBrainz documents it."""

    status = 400
    type = "invalid-listens"
    title = "The submission is not valid"


class Window(BaseModel):
    """Which listens are asked for; times are Unix times."""

    max_ts: int | None = None
    min_ts: int | None = None
    count: int = Field(default=DEFAULT_ITEMS_PER_GET, ge=1)

    @property
    def limit(self) -> int:
        """How many are given."""
        return min(self.count, MAX_ITEMS_PER_GET)


class ListenBrainzRoute(APIRoute):
    """A route whose errors also have the members that ListenBrainz's clients read: ``code`` and ``error``."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the endpoint."""
        handle = super().get_route_handler()

        async def handle_in_their_words(request: Request) -> Response:
            try:
                return await handle(request)
            except SegueError as error:
                error.extra = {**error.extra, "code": error.status, "error": error.detail}
                raise

        return handle_in_their_words


router = APIRouter(prefix="/1", tags=["listenbrainz"], route_class=ListenBrainzRoute)


async def _token_owner(request: Request, runtime: RuntimeDep) -> Profile | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return await _owner_of(token.strip(), runtime) if scheme.lower() in ("token", "bearer") else None


async def _owner_of(token: str, runtime: Runtime) -> Profile | None:
    async with runtime.database.system_session() as session:
        return await accounts.owner_of_api_token(session, token)


async def _current_owner(owner: Annotated[Profile | None, Depends(_token_owner)]) -> Profile:
    if owner is None:
        raise Unauthenticated("Send `Authorization: Token ...` with a token that you made at /api/v1/auth/tokens.")
    return owner


Owner = Annotated[Profile, Depends(_current_owner)]


@router.get("/validate-token")
async def validate_token(
    owner: Annotated[Profile | None, Depends(_token_owner)], runtime: RuntimeDep, token: str | None = None
) -> Document:
    """Tell whether a token is good, and whose it is; older clients send it as `token`."""
    if owner is None and token is not None:
        owner = await _owner_of(token, runtime)
    if owner is None:
        return {"code": 200, "message": "Token invalid.", "valid": False}
    return {"code": 200, "message": "Token valid.", "valid": True, "user_name": owner.handle}


@router.post("/submit-listens")
async def submit_listens(request: Request, owner: Owner, runtime: RuntimeDep) -> Document:
    """Take listens from a player: one, many, or what plays at the moment."""
    kind, payload = _submitted(await _json(request))
    if kind == "playing_now":
        if "listened_at" in payload[0]:
            raise InvalidListens("What plays at the moment has no `listened_at`.")
        await library.set_playing_now(runtime, owner.user_id, _song(payload[0]))
    else:
        await library.add_listens(runtime, owner.user_id, _listens(payload), source=SOURCE)
    return {"status": "ok"}


@router.get("/user/{user_name}/listens")
async def get_listens(
    user_name: str, owner: Owner, runtime: RuntimeDep, window: Annotated[Window, Query()]
) -> Document:
    """Give your listens, newest first: before `max_ts`, or those that follow `min_ts`."""
    _check_owner(user_name, owner)
    if window.max_ts is not None and window.min_ts is not None:
        raise InvalidListens("Send max_ts or min_ts, not both.")
    before, after = _moment(window.max_ts), _moment(window.min_ts)
    async with runtime.database.session(owner.user_id) as session:
        listens = await library.listens_of(session, owner.user_id, before=before, after=after, limit=window.limit)
        tracks = await catalog.tracks(session, [listen.track_id for listen in listens])
        oldest, newest = await library.span_of_listens(session, owner.user_id)
    shown = [
        {
            **_document(tracks[listen.track_id], owner),
            "listened_at": int(listen.listened_at.timestamp()),
            "inserted_at": int(listen.listened_at.timestamp()),
        }
        for listen in listens
    ]
    return _payload(owner, shown, latest_listen_ts=_seconds(newest), oldest_listen_ts=_seconds(oldest))


@router.get("/user/{user_name}/listen-count")
async def get_listen_count(user_name: str, owner: Owner, runtime: RuntimeDep) -> Document:
    """Tell how many listens you have."""
    _check_owner(user_name, owner)
    async with runtime.database.session(owner.user_id) as session:
        return {"payload": {"count": await library.count_listens(session, owner.user_id)}}


@router.get("/user/{user_name}/playing-now")
async def get_playing_now(user_name: str, owner: Owner, runtime: RuntimeDep) -> Document:
    """Tell what your player plays at the moment."""
    _check_owner(user_name, owner)
    async with runtime.database.session(owner.user_id) as session:
        playing = await library.playing_now(session, owner.user_id)
        shown = [] if playing is None else [_document(await catalog.track(session, playing.track_id), owner)]
    return _payload(owner, [{**one, "playing_now": True} for one in shown], playing_now=True)


@router.post("/delete-listen")
async def delete_listen(request: Request, owner: Owner, runtime: RuntimeDep) -> Document:
    """Forget one listen."""
    document = await _json(request)
    listened_at = _moment(document.get("listened_at"))
    if listened_at is None:
        raise InvalidListens("Send the listen's `listened_at`, in seconds.")
    async with runtime.database.session(owner.user_id) as session:
        await library.delete_listen(session, owner.user_id, _track_id(document), listened_at)
    return {"status": "ok"}


@router.post("/feedback/recording-feedback")
async def submit_feedback(request: Request, owner: Owner, runtime: RuntimeDep) -> Document:
    """Love (1) or hate (-1) a recording, or neither any more (0)."""
    document = await _json(request)
    score = document.get("score")
    if not isinstance(score, int) or score not in _SCORES:
        raise InvalidListens("`score` is 1, -1 or 0.")
    async with runtime.database.session(owner.user_id) as session:
        await library.set_liked(session, owner.user_id, _track_id(document), liked=_SCORES[score])
    return {"status": "ok"}


async def _json(request: Request) -> Document:
    try:
        document = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise InvalidListens("The body is not JSON.") from error
    if not isinstance(document, dict):
        raise InvalidListens("The body is not a JSON object.")
    return document


def _submitted(document: Document) -> tuple[str, list[Document]]:
    """Return the kind of a submission and what it holds."""
    kind, payload = document.get("listen_type"), document.get("payload")
    if kind not in ("single", "import", "playing_now"):
        raise InvalidListens("`listen_type` is single, import or playing_now.")
    if not isinstance(payload, list) or not payload or not all(isinstance(one, dict) for one in payload):
        raise InvalidListens("`payload` is a list of one listen at least.")
    most = MAX_LISTENS_PER_REQUEST if kind == "import" else 1
    if len(payload) > most:
        raise InvalidListens(f"Too many listens: a request of type {kind} holds at most {most}.")
    return kind, payload


def _listens(payload: Iterable[Document]) -> list[Listen]:
    """Return all listens of a submission; one that is not good refuses them all, as it does at ListenBrainz."""
    entries = [listen_of(f"listen {number}", document) for number, document in enumerate(payload, 1)]
    return [_good(entry) for entry in entries]


def _good(entry: Entry) -> Listen:
    if isinstance(entry, Listen):
        return entry
    reason = entry.reason if isinstance(entry, Refusal) else "it has no title"
    raise InvalidListens(f"{getattr(entry, 'where', 'A listen')}: {reason}.")


def _song(document: Mapping[str, Any]) -> SongRef:
    song = song_of_metadata(document.get("track_metadata"))
    if song is None or not song.artist:
        raise InvalidListens("`track_metadata` needs `track_name` and `artist_name`.")
    return song


def _track_id(document: Document) -> UUID:
    try:
        return UUID(str(document.get("recording_msid")))
    except ValueError as error:
        raise InvalidListens("Send the `recording_msid` that came with the listen.") from error


def _check_owner(user_name: str, owner: Profile) -> None:
    if user_name.casefold() != owner.handle.casefold():
        raise NotFound("There is no such user, or their listens are not yours to see.")


def _document(track: SourceTrack, owner: Profile) -> Document:
    return {
        "user_name": owner.handle,
        "recording_msid": str(track.id),
        "track_metadata": {
            "track_name": track.title,
            "artist_name": track.artist or "",
            "additional_info": {"recording_msid": str(track.id)},
        },
    }


def _payload(owner: Profile, listens: list[Document], **more: object) -> Document:
    return {"payload": {"count": len(listens), "user_id": owner.handle, "listens": listens, **more}}


def _moment(seconds: object) -> datetime | None:
    if not isinstance(seconds, int) or not 0 <= seconds < 2**33:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _seconds(moment: datetime | None) -> int:
    return int(moment.timestamp()) if moment else 0
