"""The errors that a user can meet: raised deep, rendered once as ``application/problem+json`` (RFC 9457)."""

from typing import ClassVar


class SegueError(Exception):
    """Anything that went wrong in a way that somebody can do something about.

    Parameters
    ----------
    detail
        What happened and what to do about it, for the person who meets it.
    extra
        Further members of the problem document, for programs.
    headers
        HTTP headers that go with it (``Retry-After``, ``WWW-Authenticate``).
    """

    status: ClassVar[int] = 500
    type: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str, *, headers: dict[str, str] | None = None, **extra: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra
        self.headers = headers or {}

    def __reduce__(self) -> tuple[object, ...]:
        """Cross process borders whole, whatever a subclass's constructor asks for."""
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[SegueError], args: tuple[object, ...], state: dict[str, object]) -> SegueError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class InvalidRequest(SegueError):
    """The request was understood and cannot be served as it is."""

    status = 422
    type = "invalid-request"
    title = "The request is not valid"


class InvalidAudio(SegueError):
    """A file is not audio that Segue can or may read."""

    status = 422
    type = "invalid-audio"
    title = "The audio cannot be used"


class TooLarge(SegueError):
    """A body or file is larger than the settings allow."""

    status = 413
    type = "too-large"
    title = "Too large"


class Unauthenticated(SegueError):
    """Nobody is signed in, or the token is not good."""

    status = 401
    type = "unauthenticated"
    title = "Sign in first"

    def __init__(self, detail: str = "Send an access token: Authorization: Bearer ...", **extra: object) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"}, **extra)


class Forbidden(SegueError):
    """Signed in, but not allowed to."""

    status = 403
    type = "forbidden"
    title = "Not allowed"


class NotFound(SegueError):
    """No such thing, or it is somebody else's: the two are not told apart."""

    status = 404
    type = "not-found"
    title = "Not found"


class Conflict(SegueError):
    """The state does not allow it."""

    status = 409
    type = "conflict"
    title = "Conflict"


class RateLimited(SegueError):
    """Too many requests."""

    status = 429
    type = "rate-limited"
    title = "Slow down"

    def __init__(self, detail: str, *, retry_after_s: float, **extra: object) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, round(retry_after_s)))}, **extra)


class Unavailable(SegueError):
    """Something that Segue needs is not there: an engine, a database, a bucket."""

    status = 503
    type = "unavailable"
    title = "Not available"
