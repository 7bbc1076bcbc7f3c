"""Subsonic's errors, and which of ours is which of them."""

from typing import ClassVar, Final

from segue.kit.errors import Forbidden, InvalidRequest, NotFound, SegueError, Unauthenticated

GENERIC: Final = 0
MISSING: Final = 10
CLIENT_TOO_OLD: Final = 20
SERVER_TOO_OLD: Final = 30
WRONG_CREDENTIALS: Final = 40
NOT_SUPPORTED: Final = 42
CONFLICTING: Final = 43
INVALID_KEY: Final = 44
NOT_ALLOWED: Final = 50
NOT_FOUND: Final = 70


class SubsonicError(SegueError):
    """A refusal that Subsonic has a number for; clients meet it with HTTP 200."""

    type: ClassVar[str] = "subsonic"
    status: ClassVar[int] = 200
    title: ClassVar[str] = "Refused"

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def code_of(error: SegueError) -> int:
    """Return Subsonic's number of an error of ours."""
    match error:
        case SubsonicError():
            return error.code
        case NotFound():
            return NOT_FOUND
        case Unauthenticated():
            return WRONG_CREDENTIALS
        case Forbidden():
            return NOT_ALLOWED
        case InvalidRequest():
            return MISSING
    return GENERIC
