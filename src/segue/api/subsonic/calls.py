"""A call of a method: who calls, what they say, and what they say it about."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from segue.accounts.tables import Profile
from segue.api.subsonic.elements import Element, Form
from segue.api.subsonic.errors import GENERIC, MISSING, SubsonicError
from segue.kit.runtime import Runtime

_FORM: Final = "application/x-www-form-urlencoded"
_YES: Final = frozenset({"true", "1", "yes", "on"})
#: What every column of numbers takes; in milliseconds, more than three weeks.
_LARGEST: Final = 2**31 - 1


class Given:
    """The parameters of a call, from the address and the form; what is said in both counts as in the address."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    @classmethod
    async def of(cls, request: Request) -> "Given":
        """Read those of a request."""
        pairs = list(request.query_params.multi_items())
        if request.method == "POST" and request.headers.get("content-type", "").partition(";")[0].strip() == _FORM:
            body = (await request.body()).decode(errors="replace")
            pairs += parse_qsl(body, keep_blank_values=True, errors="replace")
        # PostgreSQL's texts have no such character, and no name has.
        return cls([(name, value.replace("\x00", "")) for name, value in pairs])

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def all(self, name: str) -> list[str]:
        """Return every value of a parameter that may come often."""
        return [value for value in self._values.get(name, []) if value]

    def text(self, name: str) -> str:
        """Return a parameter that has to be there."""
        value = self.maybe(name)
        if value is None:
            raise SubsonicError(MISSING, f"Required parameter is missing: {name}.")
        return value

    def maybe(self, name: str) -> str | None:
        """Return a parameter, if it says anything."""
        return next(iter(self.all(name)), None)

    def integer(self, name: str, default: int | None = None, *, least: int = 0, most: int = _LARGEST) -> int:
        """Return a number, brought into its bounds; without a default it has to be there."""
        value = self.text(name) if default is None else self.maybe(name)
        if value is None and default is not None:
            return default
        try:
            return min(max(int(float(value or "")), least), most)
        except (ValueError, OverflowError):
            raise SubsonicError(GENERIC, f"{name} is a number.") from None

    def places(self, name: str, *, among: int) -> list[int]:
        """Return every value of a parameter that counts from 0 among so many."""
        said = self.all(name)
        if not all(len(value) <= len(str(among)) and value.isdecimal() and int(value) < among for value in said):
            raise SubsonicError(MISSING, f"{name} is 0 to {among - 1} here." if among else "There are none here.")
        return [int(value) for value in said]

    def flag(self, name: str, *, default: bool) -> bool:
        """Return whether something is wanted."""
        value = self.maybe(name)
        return default if value is None else value.lower() in _YES

    @property
    def form(self) -> Form:
        """In what the answer is wanted."""
        match self.maybe("f"):
            case "json":
                return "json"
            case "jsonp":
                return "jsonp"
        return "xml"


@dataclass(frozen=True, slots=True)
class Call:
    """A call of somebody's who is let in.

    Attributes
    ----------
    session
        Acts for them, and commits once the method has returned.
    """

    request: Request
    runtime: Runtime
    session: AsyncSession
    owner: Profile
    given: Given

    @property
    def user_id(self) -> UUID:
        """Whose player calls."""
        return self.owner.user_id


@dataclass(frozen=True, slots=True)
class Later:
    """An answer that may take long: it is made once the call's session is closed, so that it holds no connection."""

    make: Callable[[], Awaitable[Element | Response]]


Method: TypeAlias = Callable[[Call], Awaitable[Element | Response | Later]]
Methods: TypeAlias = Mapping[str, Method]
