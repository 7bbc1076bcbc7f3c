"""Who asks for something of a playlist, and which version of it they have seen."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header
from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.errors import InvalidRequest
from segue.kit.runtime import Runtime
from segue.kit.web.dependencies import CurrentUser, RuntimeDep, UserSession


@dataclass(frozen=True, slots=True)
class Asking:
    """A request of somebody who is signed in.

    Attributes
    ----------
    version
        Of the list, as they have seen it; None where they do not say.
    """

    user_id: UUID
    session: AsyncSession
    runtime: Runtime
    version: int | None


async def _asking(
    user: CurrentUser,
    session: UserSession,
    runtime: RuntimeDep,
    if_match: Annotated[
        str | None, Header(description='The version that you have seen: "7". If it changed: 409')
    ] = None,
) -> Asking:
    return Asking(user.user_id, session, runtime, None if if_match is None else _version(if_match))


Asked = Annotated[Asking, Depends(_asking, scope="function")]


def _version(if_match: str) -> int:
    number = if_match.strip().removeprefix("W/").strip('"')
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        raise InvalidRequest('If-Match names a version of the list: If-Match: "7".')
    return int(number)
