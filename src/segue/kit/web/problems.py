"""Every error as ``application/problem+json`` (RFC 9457), with a type that stays the same and a message that helps."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, cast

import psycopg
import sqlalchemy.exc
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from segue.kit.database import DATABASE_GONE
from segue.kit.errors import SegueError, Unauthenticated, Unavailable

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:segue:error:"

#: What the framework itself refuses, in our words.
_FRAMEWORK_TYPES = {
    400: ("malformed-request", "The request cannot be read"),
    404: ("not-found", "Not found"),
    405: ("method-not-allowed", "This address does not take that method"),
    413: ("too-large", "Too large"),
    415: ("unsupported-media-type", "This content type is not understood"),
}


class FieldProblem(BaseModel):
    """One field that is not as it should be."""

    field: str = Field(examples=["body.email"])
    message: str = Field(examples=["value is not a valid email address"])


class Problem(BaseModel):
    """What went wrong, for people and for programs."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:segue:error:not-found",
                    "title": "Not found",
                    "status": 404,
                    "detail": "There is no such track.",
                    "instance": "/api/v1/tracks/0199a0f4-3c5e-7cc1-8a3b-0d5d1f3c9b11",
                    "request_id": "0199a0f43c5e7cc18a3b0d5d1f3c9b11",
                }
            ]
        },
    )

    type: str = Field(description="Stays the same for the same kind of error: decide by it.")
    title: str
    status: int
    detail: str = Field(description="What happened, and what to do about it.")
    instance: str
    request_id: str | None = None
    errors: list[FieldProblem] | None = Field(default=None, description="For 422: which fields, and why.")


def problem_response(
    request: Request,
    *,
    status: int,
    type_: str,
    title: str,
    detail: str,
    headers: dict[str, str] | None = None,
    **extra: object,
) -> JSONResponse:
    """Return the problem document of one error."""
    content: dict[str, Any] = {
        "type": TYPE_PREFIX + type_,
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        "request_id": request.scope.get("state", {}).get("request_id"),
        **extra,
    }
    return JSONResponse(content, status_code=status, headers=headers, media_type=MEDIA_TYPE)


def segue_error_response(request: Request, error: SegueError) -> JSONResponse:
    """Return the problem document of one of our errors."""
    return problem_response(
        request,
        status=error.status,
        type_=error.type,
        title=error.title,
        detail=error.detail,
        headers=error.headers,
        **error.extra,
    )


def unexpected_error_response(request: Request, error: Exception) -> JSONResponse:
    """Return the problem document of an error that nobody foresaw: it tells nothing but how to report it.

    A database that restarts is no fault to report, but a reason to ask again; and a process may take a token for good
    some seconds after the account was deleted through another one.
    """
    if isinstance(error, DATABASE_GONE):
        gone = Unavailable("The database does not answer: try again shortly.", headers={"Retry-After": "2"})
        return segue_error_response(request, gone)
    if _is_of_no_user(error):
        return segue_error_response(request, Unauthenticated("This account is no more."))
    return problem_response(
        request,
        status=500,
        type_="internal",
        title="Something went wrong",
        detail="This is a fault of ours. Please report it with the request_id.",
    )


def _is_of_no_user(error: Exception) -> bool:
    """Tell whether the database refused a row because its user is not there."""
    cause = error.orig if isinstance(error, sqlalchemy.exc.IntegrityError) else None
    return isinstance(cause, psycopg.errors.ForeignKeyViolation) and "_user_id" in (cause.diag.constraint_name or "")


def add_problem_handlers(app: FastAPI) -> None:
    """Make `app` answer every expected error with a problem document; `RequestContext` answers the others."""
    app.add_exception_handler(SegueError, _on_segue_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_validation_error)


async def _on_segue_error(request: Request, error: Exception) -> JSONResponse:
    return segue_error_response(request, cast("SegueError", error))


async def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    error = cast("HTTPException", error)
    status = error.status_code
    type_, title = _FRAMEWORK_TYPES.get(status, (f"http-{status}", HTTPStatus(status).phrase))
    detail = str(error.detail)
    if status == 404 and detail == HTTPStatus.NOT_FOUND.phrase:
        detail = "There is nothing at this address: see /docs for what there is."
    if status == 405:
        detail = f"{request.method} is not answered here: see /docs."
    headers = dict(error.headers) if error.headers else None
    return problem_response(request, status=status, type_=type_, title=title, detail=detail, headers=headers)


async def _on_validation_error(request: Request, error: Exception) -> JSONResponse:
    errors = [_field_problem(entry) for entry in cast("RequestValidationError", error).errors()]
    return problem_response(
        request,
        status=422,
        type_="invalid-request",
        title="The request is not valid",
        detail="; ".join(f"{entry['field']}: {entry['message']}" for entry in errors[:5]),
        errors=errors,
    )


def _field_problem(entry: dict[str, Any]) -> dict[str, str]:
    location: Sequence[str | int] = entry["loc"]
    message = str(entry["msg"]).removeprefix("Value error, ")
    return {"field": ".".join(str(part) for part in location), "message": message}
