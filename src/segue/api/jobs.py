"""The routes of jobs: look, watch, cancel."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Response
from fastapi.sse import format_sse_event
from pydantic import BaseModel, ConfigDict, Field

from segue.kit import jobs
from segue.kit.jobs import Job, JobStatus
from segue.kit.pagination import Page
from segue.kit.web.dependencies import CurrentUser, PagingDep, RuntimeDep, UserSession
from segue.kit.web.events import RETRY_MS, STREAM_HEADERS, EventStream
from segue.kit.web.problems import Problem
from segue.kit.web.routes import ApiRoute

router = APIRouter(prefix="/jobs", tags=["jobs"], route_class=ApiRoute)


class JobView(BaseModel):
    """A job, as its owner sees it."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "id": "01a1fbbd-0421-7f3e-8f54-2a6f1d9e7b10",
                "job_type": "catalog.analyze",
                "status": "processing",
                "progress": 42,
                "stage": "Hearing the beat",
                "input_data": {"track_id": "01a1fbbd-0420-719b-ab81-588080a44bc5"},
                "output_data": None,
                "error_message": None,
                "error_type": None,
                "attempts": 1,
                "created_at": "2026-11-20T10:00:00Z",
                "started_at": "2026-11-20T10:00:01Z",
                "completed_at": None,
            }
        },
    )

    id: UUID
    job_type: str
    status: JobStatus
    progress: int = Field(ge=0, le=100, description="Percent")
    stage: str | None = Field(description="What it is doing")
    input_data: dict[str, Any]
    output_data: dict[str, Any] | None = Field(description="What came out, once it is complete")
    error_message: str | None
    error_type: str | None = Field(description="Stays the same for the same kind of error: decide by it")
    attempts: int
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None


@router.get("")
async def list_jobs(user: CurrentUser, session: UserSession, paging: PagingDep) -> Page[JobView]:
    """List your jobs, newest first."""
    rows, next_cursor = await jobs.recent(session, user.user_id, paging)
    return Page(items=[JobView.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.get("/{job_id}", responses={404: {"model": Problem}})
async def get_job(job_id: UUID, user: CurrentUser, session: UserSession) -> JobView:
    """Show a job of yours."""
    return JobView.model_validate(await jobs.get(session, user.user_id, job_id))


@router.post("/{job_id}/cancel", responses={404: {"model": Problem}, 409: {"model": Problem}})
async def cancel_job(job_id: UUID, user: CurrentUser, session: UserSession) -> JobView:
    """Cancel a job of yours. Cancelling it again changes nothing; a job that has ended by itself answers 409."""
    return JobView.model_validate(await jobs.cancel(session, user.user_id, job_id))


@router.get(
    "/{job_id}/events",
    response_class=EventStream,
    responses={204: {"description": "It is over, and you have seen how it ended"}, 404: {"model": Problem}},
)
async def watch_job(
    job_id: UUID,
    user: CurrentUser,
    session: UserSession,
    runtime: RuntimeDep,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Watch a job of yours as server-sent events.

    Each event is named `job` and carries the job as `GET /jobs/{id}` gives it: first as it is now, then after each
    change; the stream ends with the job. A browser that reconnects after the end is answered 204, and stays away.
    """
    job = await jobs.get(session, user.user_id, job_id)
    if job.is_over and last_event_id == _event_id(job):
        return Response(status_code=204)
    states = jobs.watch(runtime.database, runtime.notifications, user.user_id, job_id)
    return EventStream(_events(states), headers=STREAM_HEADERS)


async def _events(states: AsyncIterator[Job | None]) -> AsyncIterator[bytes]:
    async for job in states:
        if job is None:
            yield format_sse_event(comment="still here")
        else:
            data = JobView.model_validate(job).model_dump_json()
            yield format_sse_event(event="job", id=_event_id(job), data_str=data, retry=RETRY_MS)


def _event_id(job: Job) -> str:
    return f"{job.status}-{job.progress}-{job.attempts}"
