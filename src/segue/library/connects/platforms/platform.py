"""What every platform is to Segue: a way to connect, a way to ask, and resources that are read bit by bit."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Literal

from segue.kit.clock import now
from segue.kit.errors import SegueError
from segue.kit.settings import Settings
from segue.library.connects.errors import AccessLapsed
from segue.library.connects.platforms.http import Answer, PlatformHttp, status_trouble
from segue.library.formats.entries import Entry

PlatformName = Literal["spotify", "youtube_music", "apple_music", "lastfm", "listenbrainz", "deezer"]
#: How far a resource has been read: JSON, empty before the first time.
Cursor = Mapping[str, Any]
#: A token that ends within this time is renewed before it is used.
_SOON: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What opens an account at a platform."""

    access: str = field(repr=False)
    refresh: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None

    @property
    def end_soon(self) -> bool:
        """Whether they are to be renewed before they are used."""
        return self.expires_at is not None and self.expires_at < now() + _SOON


@dataclass(frozen=True, slots=True)
class Account:
    """An account that has just been opened to us: what the platform calls it, and its tokens."""

    name: str
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class Batch:
    """What is stored at once: entries, and how far their resource has then been read.

    Attributes
    ----------
    lists
        The names of the lists that were read whole: each is kept as it is now, even where no song is left in it.
    """

    entries: Sequence[Entry]
    cursor: Cursor
    lists: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Signed:
    """What a request to a platform carries besides its own parameters."""

    params: Mapping[str, str]
    headers: Mapping[str, str]


class Access:
    """The way to one account: requests with its tokens, which are renewed as they end.

    Parameters
    ----------
    renew
        Gives the tokens that follow the given ones, and keeps them.
    """

    def __init__(
        self,
        platform: "Platform",
        http: PlatformHttp,
        account: Account,
        renew: Callable[[Tokens], Awaitable[Tokens]],
    ) -> None:
        self.account = account.name
        self._platform = platform
        self._http = http
        self._tokens = account.tokens
        self._renew = renew

    async def get(self, path: str, **params: object) -> object:
        """Ask for what lies at `path`, below the platform's address; raises as `PlatformHttp.send` does."""
        given = {name: str(value) for name, value in params.items() if value is not None}
        if self._tokens.end_soon and self._tokens.refresh:
            self._tokens = await self._renew(self._tokens)
        try:
            return await self._get(path, given)
        except AccessLapsed:
            if not self._tokens.refresh:
                raise
            self._tokens = await self._renew(self._tokens)
            return await self._get(path, given)

    async def _get(self, path: str, params: Mapping[str, str]) -> object:
        signed = self._platform.signed(params, self._tokens)
        return await self._http.send(
            "GET",
            f"{self._platform.api_url}{path}",
            params=signed.params,
            headers=signed.headers,
            trouble=self._platform.trouble,
        )


Reader = Callable[[Access, Cursor], AsyncIterator[Batch]]


class Platform(ABC):
    """A platform, as the operator has set it up.

    Attributes
    ----------
    needs
        Settings without which it is not configured.
    day_begins_h
        The hour of the day, UTC, at which its budget is full again.
    """

    name: ClassVar[PlatformName]
    title: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    day_begins_h: ClassVar[int] = 0

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    @abstractmethod
    def api_url(self) -> str:
        """Where its API answers, without a slash at the end."""

    @abstractmethod
    def signed(self, params: Mapping[str, str], tokens: Tokens) -> Signed:
        """Return a request's parameters and headers with what proves whose it is."""

    @abstractmethod
    def readers(self) -> Mapping[str, Reader]:
        """Return what reads each of its resources, the most telling first."""

    def trouble(self, answer: Answer) -> SegueError | None:
        """Say what is wrong with an answer, or None."""
        return status_trouble(self.title, answer)

    async def refreshed(self, _http: PlatformHttp, _tokens: Tokens) -> Tokens:
        """Return the tokens that follow the given ones.

        Raises
        ------
        AccessLapsed
            There are none.
        """
        raise AccessLapsed(f"{self.title} does not take its token any more: connect again.")

    async def revoke(self, _http: PlatformHttp, _tokens: Tokens) -> bool:
        """Have the platform forget the tokens; tell whether it has a way to."""
        return False


@dataclass(frozen=True, slots=True)
class Leaving:
    """What somebody carries to a platform in which they allow us in: where they come back to, and proofs of it."""

    callback_url: str
    state: str
    challenge: str


@dataclass(frozen=True, slots=True)
class Returned:
    """What somebody brought back: the platform's answer, in their address; and what they left with."""

    answer: Mapping[str, str] = field(repr=False)
    callback_url: str
    verifier: str = field(repr=False)


class RedirectPlatform(Platform):
    """A platform that sends people back from a page of its own."""

    @abstractmethod
    def authorize_url(self, leaving: Leaving) -> str:
        """Return the page on which people allow us in."""

    @abstractmethod
    async def account(self, http: PlatformHttp, returned: Returned) -> Account:
        """Return the account that a person who came back has opened to us.

        Raises
        ------
        PlatformRefused
            They opened none.
        """


class TokenPlatform(Platform):
    """A platform of which people bring a token themselves, or their app does."""

    @abstractmethod
    def how_to_get_one(self) -> Mapping[str, Any]:
        """Say where the token comes from: `step` names the way, the rest is what it takes."""

    @abstractmethod
    async def account_of(self, http: PlatformHttp, token: str) -> Account:
        """Return the account that `token` opens.

        Raises
        ------
        AccessLapsed
            It opens none.
        """
