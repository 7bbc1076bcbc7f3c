"""Signing up, in and out over HTTP, and one's own profile."""

import time
from datetime import timedelta
from typing import Annotated, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, status

from segue.accounts import service
from segue.accounts.authenticator import AccountAuthenticator
from segue.accounts.schemas import (
    ApiTokenIn,
    ApiTokenMade,
    ApiTokenOut,
    Credentials,
    Me,
    PasswordChange,
    PrivateSessionIn,
    PrivateSessionOut,
    ProfileOut,
    ProfilePatch,
    RefreshIn,
    TokensOut,
    UserOut,
)
from segue.accounts.tables import User
from segue.kit.errors import Unauthenticated
from segue.kit.web.dependencies import CurrentUser, RuntimeDep, SystemSession, UserSession
from segue.kit.web.rate_limits import limit_attempts
from segue.kit.web.routes import ApiRoute

router = APIRouter(route_class=ApiRoute)


def _authenticator(request: Request) -> AccountAuthenticator:
    return cast("AccountAuthenticator", request.app.state.authenticator)


AuthenticatorDep = Annotated[AccountAuthenticator, Depends(_authenticator)]


@router.post("/auth/signup", status_code=status.HTTP_201_CREATED, tags=["accounts"])
async def sign_up(
    body: Credentials, request: Request, runtime: RuntimeDep, authenticator: AuthenticatorDep, session: SystemSession
) -> TokensOut:
    """Make an account and sign in to it."""
    await limit_attempts(runtime, f"signup address {_address(request)}")
    user = await service.sign_up(session, email=body.email, password=body.password.get_secret_value())
    sign_in = service.begin_session(session, user, lifetime_s=runtime.settings.refresh_token_s)
    return _tokens(authenticator, sign_in)


@router.post("/auth/login", tags=["accounts"])
async def sign_in(
    body: Credentials, request: Request, runtime: RuntimeDep, authenticator: AuthenticatorDep, session: SystemSession
) -> TokensOut:
    """Sign in with an email and its password."""
    await limit_attempts(runtime, f"signin address {_address(request)}", f"signin email {body.email}")
    user = await service.sign_in(session, email=body.email, password=body.password.get_secret_value())
    sign_in = service.begin_session(session, user, lifetime_s=runtime.settings.refresh_token_s)
    return _tokens(authenticator, sign_in)


@router.post("/auth/refresh", tags=["accounts"])
async def refresh(body: RefreshIn, runtime: RuntimeDep, authenticator: AuthenticatorDep) -> TokensOut:
    """Exchange a refresh token for new tokens. Each is good once: using one again ends the whole sign-in."""
    async with runtime.database.system_session() as session:
        sign_in = await service.rotate(session, body.refresh_token, lifetime_s=runtime.settings.refresh_token_s)
    # Refused only here, after the commit: a stolen token's sign-in has then ended for good.
    if sign_in is None:
        raise Unauthenticated("The refresh token is not good any more: sign in again.")
    return _tokens(authenticator, sign_in)


@router.post("/auth/logout", status_code=status.HTTP_204_NO_CONTENT, tags=["accounts"])
async def sign_out(
    user: CurrentUser,
    authenticator: AuthenticatorDep,
    session: SystemSession,
    scope: Annotated[
        Literal["local", "others", "global"], Query(description="This sign-in, all others, or every one")
    ] = "local",
) -> None:
    """Sign out: the refresh token is dead at once, access tokens within seconds."""
    await service.sign_out(session, user_id=user.user_id, session_id=user.session_id, scope=scope)
    if user.session_id is not None:
        authenticator.forget(user.session_id)


@router.get("/me", name="whole_me", tags=["accounts"])
@router.get("/auth/me", tags=["accounts"])
async def me(user: CurrentUser, session: UserSession) -> Me:
    """Tell who is signed in, and until when in private."""
    account = await service.existing_user(session, user.user_id)
    profile = await service.profile_of(session, user.user_id)
    return Me(
        **_user(account).model_dump(),
        user_id=account.id,
        profile=ProfileOut.model_validate(profile),
        private_until=(await service.private_times(session, user.user_id)).until,
        time_zone=account.time_zone,
        tier=account.tier,
    )


@router.post("/private_session", tags=["accounts"])
async def set_private_session(body: PrivateSessionIn, user: CurrentUser, session: UserSession) -> PrivateSessionOut:
    """Listen in private: what players tell is taken and not kept, until this is switched off or ends by itself.

    What you say yourself (a like, a rating, a file that you bring) counts as ever.
    """
    if not body.on:
        await service.end_private_session(session, user.user_id)
        return PrivateSessionOut(on=False, until=None)
    until = await service.begin_private_session(session, user.user_id, lasting=timedelta(minutes=body.minutes))
    return PrivateSessionOut(on=True, until=until)


@router.post("/auth/password", status_code=status.HTTP_204_NO_CONTENT, tags=["accounts"])
async def change_password(body: PasswordChange, user: CurrentUser, runtime: RuntimeDep, session: SystemSession) -> None:
    """Change the password; every other sign-in ends."""
    await limit_attempts(runtime, f"password {user.user_id}")
    await service.change_password(
        session,
        user_id=user.user_id,
        session_id=user.session_id,
        current=body.current_password.get_secret_value(),
        new=body.new_password.get_secret_value(),
    )


@router.post("/auth/tokens", status_code=status.HTTP_201_CREATED, tags=["accounts"])
async def make_api_token(body: ApiTokenIn, user: CurrentUser, session: UserSession) -> ApiTokenMade:
    """Make a token for a player or a script that cannot sign in: it is shown only this once."""
    made, secret = await service.make_api_token(session, user_id=user.user_id, name=body.name)
    return ApiTokenMade(**ApiTokenOut.model_validate(made).model_dump(), token=secret)


@router.get("/auth/tokens", tags=["accounts"])
async def list_api_tokens(user: CurrentUser, session: UserSession) -> list[ApiTokenOut]:
    """List the tokens of your players and scripts, newest first."""
    return [ApiTokenOut.model_validate(token) for token in await service.api_tokens_of(session, user.user_id)]


@router.delete("/auth/tokens/{token_id}", status_code=status.HTTP_204_NO_CONTENT, tags=["accounts"])
async def revoke_api_token(token_id: UUID, _user: CurrentUser, session: UserSession) -> None:
    """Revoke a token: whatever sends it is refused from now on."""
    await service.revoke_api_token(session, token_id)


@router.get("/profiles/me", tags=["accounts"])
async def my_profile(user: CurrentUser, session: UserSession) -> ProfileOut:
    """Return one's own profile."""
    return ProfileOut.model_validate(await service.profile_of(session, user.user_id))


@router.patch("/profiles/me", tags=["accounts"])
async def change_my_profile(body: ProfilePatch, user: CurrentUser, session: UserSession) -> ProfileOut:
    """Change one's own handle, name or words about oneself, or say where one is."""
    changes = body.model_dump(exclude_none=True)
    if (time_zone := changes.pop("time_zone", None)) is not None:
        await service.set_time_zone(session, user.user_id, time_zone)
    return ProfileOut.model_validate(await service.change_profile(session, user.user_id, changes))


def _tokens(authenticator: AccountAuthenticator, sign_in: service.SignIn) -> TokensOut:
    user, own = sign_in.user, authenticator.own
    access_token = own.issue(
        user_id=user.id, email=user.email or "", session_id=sign_in.session_id, user_metadata=user.user_metadata
    )
    return TokensOut(
        access_token=access_token,
        expires_in=own.lifetime_s,
        expires_at=int(time.time()) + own.lifetime_s,
        refresh_token=sign_in.refresh_token,
        user_id=user.id,
        user=_user(user),
    )


def _user(user: User) -> UserOut:
    provider = "email" if user.issuer is None else "external"
    return UserOut(
        id=user.id,
        email=user.email,
        created_at=user.created_at,
        app_metadata={"provider": provider, "providers": [provider]},
        user_metadata=user.user_metadata,
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
