"""The routes of connects: connect an account, come back, look at what is new, disconnect."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response, status

from segue.kit.errors import Conflict, InvalidRequest, SegueError
from segue.kit.jobs import enqueue
from segue.kit.web.dependencies import CurrentUser, OptionalUser, RuntimeDep, UserSession
from segue.kit.web.routes import ApiRoute
from segue.library.connects import jobs, pages, schemas, service
from segue.library.connects.platforms.platform import PlatformName, RedirectPlatform, TokenPlatform
from segue.library.connects.platforms.registry import PLATFORMS, open_platform

router = APIRouter(tags=["connects"], route_class=ApiRoute)

PlatformPath = Annotated[PlatformName, Path(description="Which platform")]


@router.post("/connect/{platform}")
async def connect(
    platform: PlatformPath,
    user: CurrentUser,
    runtime: RuntimeDep,
    response: Response,
    body: schemas.ConnectIn | None = None,
) -> schemas.NextStep:
    """Begin to connect an account, or, with its token, connect it; the answer says what to do next."""
    opened = open_platform(runtime.settings, platform)
    token = body.token.get_secret_value() if body and body.token else None
    if isinstance(opened, TokenPlatform):
        if token is None:
            return schemas.NextStep.model_validate(opened.how_to_get_one())
        connection = await service.connect_by_token(runtime, user.user_id, opened, token)
        return schemas.NextStep(step="connected", connection=schemas.ConnectionView.model_validate(connection))
    if token is not None or not isinstance(opened, RedirectPlatform):
        raise InvalidRequest(f"{opened.title} is connected on a page of its own: send no token, and open `url`.")
    async with runtime.database.system_session() as session:
        departure = await service.depart(session, runtime, user.user_id, opened)
    response.set_cookie(
        _cookie(platform),
        departure.cookie,
        max_age=service.AWAY_S,
        path="/api",
        secure=runtime.settings.base_url.startswith("https://"),
        httponly=True,
        samesite="lax",  # it is to come back from another site
    )
    return schemas.NextStep(step="authorize", url=departure.url, expires_at=departure.expires_at)


@router.get("/connect/{platform}/callback", response_model=None)
async def come_back(
    platform: PlatformPath,
    request: Request,
    user: OptionalUser,
    runtime: RuntimeDep,
    state: Annotated[str, Query(max_length=200, description="As it was given to the platform")] = "",
) -> Response | dict[str, Any]:
    """Come back from a platform: its answer connects the account.

    A browser that left from here has a cookie to show, and gets a page. An app that caught the address sends its user's
    access token, and gets JSON. A browser with neither is sent on to the web app, which has the token.
    """
    return_url = runtime.settings.connect_return_url
    answer = {name: value for name, value in request.query_params.items() if name != "state"}
    cookie = request.cookies.get(_cookie(platform))
    if user is None and cookie is None and return_url is not None:
        return pages.back_to(return_url, **{**answer, "platform": platform, "state": state})
    try:
        connection = await service.come_back(
            runtime, platform, state=state, answer=answer, cookie=cookie, user_id=user.user_id if user else None
        )
    except SegueError as error:
        if user is not None:
            raise
        return pages.failed(return_url, platform, error)
    if user is not None:
        return schemas.ConnectionView.model_validate(connection).model_dump(mode="json")
    page = pages.arrived(return_url, platform, PLATFORMS[platform].title)
    page.delete_cookie(_cookie(platform), path="/api")
    return page


@router.get("/connections")
async def list_connections(user: CurrentUser, session: UserSession, runtime: RuntimeDep) -> schemas.Connections:
    """List the platforms that are set up here, each with your account there if it is connected."""
    standings = await service.standings(session, runtime, user.user_id)
    return schemas.Connections(items=[schemas.PlatformView.of(each) for each in standings])


@router.delete("/connections/{platform}")
async def disconnect(
    platform: PlatformPath,
    user: CurrentUser,
    session: UserSession,
    runtime: RuntimeDep,
    take_back: Annotated[bool, Query(description="Take back all that it brought, too")] = False,
) -> schemas.Disconnected:
    """Disconnect an account: its tokens are deleted, and revoked where the platform has a way to; what came stays."""
    revoked = await service.disconnect(session, runtime, user.user_id, platform, take_back=take_back)
    return schemas.Disconnected(revoked=revoked)


@router.post("/aggregate_data", status_code=status.HTTP_202_ACCEPTED)
async def aggregate_data(
    user: CurrentUser, session: UserSession, runtime: RuntimeDep, body: schemas.AggregateIn | None = None
) -> schemas.AggregateStarted:
    """Look now at what is new in your connected accounts; each is looked at daily anyway."""
    standings = await service.standings(session, runtime, user.user_id)
    connected = [each.platform for each in standings if each.connection and each.connection.status == "connected"]
    named = sorted(set((body.platforms if body else None) or connected))
    if not named or not set(named) <= set(connected):
        missing = [PLATFORMS[name].title for name in named if name not in connected]
        raise Conflict(f"You are not connected to {' and '.join(missing) or 'any platform'}: connect first.")
    job = await enqueue(
        session,
        jobs.AGGREGATE,
        user_id=user.user_id,
        input_data={"platforms": named},
        dedupe_key=" ".join(named),
    )
    return schemas.AggregateStarted(job_id=job.id)


def _cookie(platform: PlatformName) -> str:
    return f"segue_connect_{platform}"
