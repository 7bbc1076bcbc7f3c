"""Requests to platforms: bounded in time and size, counted, tried again where that may help, never logged."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self

import httpx

from segue.kit.clock import now
from segue.kit.errors import SegueError
from segue.library.connects.errors import AccessLapsed, PlatformBusy, PlatformDown, PlatformRefused
from segue.library.formats.json_stream import at, text_at

#: For a request and its whole answer.
TIMEOUT_S: Final = 10.0
ANSWER_MAX_BYTES: Final = 16 * 2**20
TRIES: Final = 3
FIRST_PAUSE_S: Final = 0.5
#: Who must wait longer than this comes back later: meanwhile the worker has other things to do.
LONGEST_PAUSE_S: Final = 5.0
#: A platform that says how long to wait by no means we know.
UNTOLD_WAIT_S: Final = 60.0

#: Counts a request before it is sent; raises `PlatformBusy` where the day's budget is spent.
Spend = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a platform answered: `body` is JSON, or None where it is none."""

    status: int
    headers: httpx.Headers
    body: object


#: Says what is wrong with an answer, or None where nothing is.
Trouble = Callable[[Answer], SegueError | None]


class PlatformHttp:
    """A connection to one platform; an asynchronous context manager."""

    def __init__(self, title: str, spend: Spend) -> None:
        self._title = title
        self._spend = spend
        # What the environment names is for others, and a platform's redirect may lead anywhere.
        self._client = httpx.AsyncClient(
            timeout=TIMEOUT_S, follow_redirects=False, trust_env=False, headers={"User-Agent": "segue"}
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        trouble: Trouble | None = None,
        again: bool = True,
    ) -> object:
        """Send a request and return what it is answered.

        Parameters
        ----------
        trouble
            How to tell an answer that is an error; by default by its status.
        again
            Whether it may arrive twice without harm.

        Raises
        ------
        PlatformBusy
            It asks for a longer wait than is sensible here, or the day's budget is spent.
        PlatformDown
            It cannot be reached, or failed, several times.
        AccessLapsed, PlatformRefused
            As `trouble` says.
        """
        trouble = trouble or (lambda answer: status_trouble(self._title, answer))
        for attempt in range(1, TRIES + 1):
            await self._spend()
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    answer = await self._ask(method, url, params=params, data=data, headers=headers)
                error = trouble(answer)
            except (httpx.HTTPError, TimeoutError) as unreachable:
                # Only the kind of it: its words may hold the address, and with that a token.
                error = PlatformDown(f"{self._title} cannot be reached ({type(unreachable).__name__}).")
            if error is None:
                return answer.body
            pause_s = _pause_s(error, attempt, again=again)
            if pause_s is None:
                raise error
            await asyncio.sleep(pause_s)
        raise AssertionError("the last try returns or raises")

    async def _ask(self, method: str, url: str, **content: Any) -> Answer:
        async with self._client.stream(method, url, **content) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > ANSWER_MAX_BYTES:
                    raise PlatformRefused(f"{self._title} answered more than {ANSWER_MAX_BYTES >> 20} MiB at once.")
        return Answer(response.status_code, response.headers, _json(bytes(body)))


def status_trouble(title: str, answer: Answer) -> SegueError | None:
    """Say what an answer's status means; any success must be JSON, or empty."""
    status, told = answer.status, words_of(answer.body)
    if status == HTTPStatus.UNAUTHORIZED:
        return AccessLapsed(f"{title} does not take its token any more: connect again.{told}")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return busy(title, wait_s(answer.headers))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return PlatformDown(f"{title} failed ({status}).{told}")
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return PlatformRefused(f"{title} refused ({status}).{told}")
    return None


def busy(title: str, seconds: float | None) -> PlatformBusy:
    """Return the error for a platform that has had enough."""
    wait = UNTOLD_WAIT_S if seconds is None else seconds
    return PlatformBusy(f"{title} has had enough requests for now: it asks to wait {wait:.0f} s.", wait_s=wait)


def wait_s(headers: Mapping[str, str]) -> float | None:
    """Return how long a platform asks to wait (RFC 9110, 10.2.3, or ListenBrainz's way), or None if it does not say."""
    for name in ("Retry-After", "X-RateLimit-Reset-In"):
        told = headers.get(name, "").strip()
        if told.isdecimal():
            return float(told)
        try:
            return max(0.0, (parsedate_to_datetime(told) - now()).total_seconds())
        except (ValueError, TypeError):
            continue
    return None


def rows_of(body: object, *path: str) -> list[object]:
    """Return the rows of a page; raises `PlatformRefused` where it has none at all: that is no list without songs."""
    rows = at(body, *path)
    if not isinstance(rows, list):
        raise PlatformRefused("The platform answered something that is no page of a list.")
    return rows


def words_of(body: object) -> str:
    """Return a platform's own words for an error, wherever it puts them, as a sentence of ours; or an empty text."""
    ways = (("error", "message"), ("error_description",), ("message",), ("error",))
    told = next((text for way in ways if (text := text_at(body, *way))), "")
    return f" It says: {told[:300]}" if told else ""


def _pause_s(error: SegueError, attempt: int, *, again: bool) -> float | None:
    """Return how long to wait before the next try, or None where there is to be none in this poll."""
    if attempt == TRIES:
        return None
    pause = FIRST_PAUSE_S * 2.0 ** (attempt - 1) * random.uniform(0.5, 1.5)
    if isinstance(error, PlatformBusy):
        pause = max(pause, error.wait_s)
        return pause if pause <= LONGEST_PAUSE_S else None
    return pause if isinstance(error, PlatformDown) and again else None


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
