"""What endpoints ask for: the runtime, who is calling, a database session that acts for them, a page of a list.

A session commits once, when the endpoint function has returned and before the response is sent, so that nobody is told
of something that then fails to be stored; an error rolls it back. Services and endpoints never commit.
"""

from collections.abc import AsyncIterator
from typing import Annotated, cast

from fastapi import Depends, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.errors import Unauthenticated
from segue.kit.pagination import Paging, decode_cursor
from segue.kit.runtime import Runtime
from segue.kit.web.identity import Principal, identify

#: Names the scheme in the OpenAPI document; `identify` does the work, also where FastAPI's own class could not.
_Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(auto_error=False, scheme_name="AccessToken", bearerFormat="JWT")),
]


def get_runtime(request: Request) -> Runtime:
    """Return the runtime that the application was made with."""
    return cast("Runtime", request.app.state.runtime)


RuntimeDep = Annotated[Runtime, Depends(get_runtime)]


async def optional_user(request: Request, _token: _Bearer) -> Principal | None:
    """Return who is signed in, or ``None`` for an anonymous visitor."""
    return await identify(request)


async def current_user(request: Request, _token: _Bearer) -> Principal:
    """Return who is signed in; anonymous visitors are refused."""
    user = await identify(request)
    if user is None:
        raise Unauthenticated
    return user


OptionalUser = Annotated[Principal | None, Depends(optional_user)]
CurrentUser = Annotated[Principal, Depends(current_user)]


async def user_session(runtime: RuntimeDep, user: CurrentUser) -> AsyncIterator[AsyncSession]:
    """Open a session that acts for the signed-in user."""
    async with runtime.database.session(user.user_id) as session:
        yield session


async def visitor_session(runtime: RuntimeDep, user: OptionalUser) -> AsyncIterator[AsyncSession]:
    """Open a session that acts for whoever calls, signed in or not: for public pages."""
    async with runtime.database.session(user.user_id if user else None) as session:
        yield session


async def system_session(runtime: RuntimeDep) -> AsyncIterator[AsyncSession]:
    """Open a session that row-level security does not bind: for sign-in and its like only."""
    async with runtime.database.system_session() as session:
        yield session


UserSession = Annotated[AsyncSession, Depends(user_session, scope="function")]
VisitorSession = Annotated[AsyncSession, Depends(visitor_session, scope="function")]
SystemSession = Annotated[AsyncSession, Depends(system_session, scope="function")]


def paging(
    limit: Annotated[int, Query(ge=1, le=200, description="How many items at most")] = 50,
    cursor: Annotated[str | None, Query(max_length=64, description="`next_cursor` of the page before")] = None,
) -> Paging:
    """Read the page that a request asks for."""
    return Paging(limit=limit, before=decode_cursor(cursor) if cursor else None)


PagingDep = Annotated[Paging, Depends(paging)]
