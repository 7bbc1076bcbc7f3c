"""The routes of privacy: delete the account, take everything with you."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Body, status

from segue.accounts.endpoints import AuthenticatorDep
from segue.accounts.schemas import DeletionIn
from segue.api.privacy import deletion
from segue.kit.web.dependencies import CurrentUser, RuntimeDep
from segue.kit.web.problems import Problem
from segue.kit.web.rate_limits import limit_attempts
from segue.kit.web.routes import ApiRoute

router = APIRouter(prefix="/me", tags=["accounts"], route_class=ApiRoute)


@router.delete("", status_code=status.HTTP_204_NO_CONTENT, responses={403: {"model": Problem}})
async def delete_me(
    user: CurrentUser,
    runtime: RuntimeDep,
    authenticator: AuthenticatorDep,
    background: BackgroundTasks,
    body: Annotated[DeletionIn | None, Body()] = None,
) -> None:
    """Delete your account and all that is yours, for good: there is no way back.

    It takes your password, or a sign-in of the last 15 minutes. Export everything first.
    """
    await limit_attempts(runtime, f"password {user.user_id}")
    password = body.password.get_secret_value() if body and body.password else None
    files = await deletion.delete_account(runtime, user, password=password)
    authenticator.forget(user.session_id or user.user_id)
    background.add_task(deletion.forget_files, runtime, files)
