"""The routes of privacy: delete the account, take everything with you."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Body, status

from segue.accounts import service as accounts
from segue.accounts.endpoints import AuthenticatorDep
from segue.accounts.schemas import DeletionIn
from segue.api.privacy import deletion, exporting, jobs
from segue.api.privacy.schemas import ExportIn, ExportView
from segue.kit.runtime import Runtime
from segue.kit.web.dependencies import CurrentUser, RuntimeDep, UserSession
from segue.kit.web.idempotency import Idempotent
from segue.kit.web.media import media_url
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
    left = await deletion.delete_account(runtime, user, password=password)
    authenticator.forget(user.session_id or user.user_id)
    background.add_task(deletion.clean_up, runtime, left)


@router.post("/export", status_code=status.HTTP_202_ACCEPTED, dependencies=[Idempotent])
async def start_export(
    user: CurrentUser, session: UserSession, runtime: RuntimeDep, body: Annotated[ExportIn | None, Body()] = None
) -> ExportView:
    """Have all that is yours packed into a ZIP. One is made at a time: asking again shows how far it is."""
    audio = body.audio if body else True
    standing = await exporting.begin(session, jobs.EXPORT, user.user_id, audio=audio)
    handle = (await accounts.profile_of(session, user.user_id)).handle
    return _view(runtime, standing, handle)


@router.get("/export", responses={404: {"model": Problem}})
async def get_export(user: CurrentUser, session: UserSession, runtime: RuntimeDep) -> ExportView:
    """Tell how far your export is, and where the newest one can be fetched until it expires."""
    standing = await exporting.standing(session, user.user_id)
    handle = (await accounts.profile_of(session, user.user_id)).handle
    return _view(runtime, standing, handle)


def _view(runtime: Runtime, standing: exporting.Standing, handle: str) -> ExportView:
    job, export = standing.job, standing.export
    url = None
    if export.sha256 is not None and export.made_at is not None:
        filename = f"segue-{handle}-{export.made_at:%Y-%m-%d}.zip"
        url = media_url(runtime, export.sha256, filename, "application/zip", download=True)
    return ExportView(
        job_id=job.id,
        status=job.status,
        progress=job.progress,
        error_message=job.error_message,
        made_at=export.made_at,
        expires_at=export.expires_at,
        size_bytes=export.size_bytes,
        url=url,
    )
