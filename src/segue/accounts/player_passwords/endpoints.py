"""The password that one's Subsonic players sign in with: made, looked after, revoked."""

from fastapi import APIRouter, status

from segue.accounts import service as accounts
from segue.accounts.player_passwords import schemas, service
from segue.kit.web.dependencies import CurrentUser, RuntimeDep, UserSession
from segue.kit.web.routes import ApiRoute

router = APIRouter(tags=["accounts"], route_class=ApiRoute)


@router.post("/auth/subsonic_password", status_code=status.HTTP_201_CREATED)
async def make_subsonic_password(
    user: CurrentUser, session: UserSession, runtime: RuntimeDep
) -> schemas.PlayerPasswordMade:
    """Make the password for your Subsonic players: it is shown only this once, and the one before ends."""
    profile = await accounts.profile_of(session, user.user_id)
    made, secret = await service.make(session, runtime.settings, user.user_id)
    return schemas.PlayerPasswordMade(
        **schemas.PlayerPasswordOut.model_validate(made).model_dump(),
        username=profile.handle,
        password=secret,
        server=runtime.settings.base_url,
    )


@router.get("/auth/subsonic_password")
async def get_subsonic_password(user: CurrentUser, session: UserSession) -> schemas.PlayerPasswordOut:
    """Tell when the password for your Subsonic players was made, and when it was last used."""
    return schemas.PlayerPasswordOut.model_validate(await service.of(session, user.user_id))


@router.delete("/auth/subsonic_password", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_subsonic_password(user: CurrentUser, session: UserSession) -> None:
    """Revoke it: players that send it are refused from now on."""
    await service.revoke(session, user.user_id)
