"""A look at a connected account: what is new is stored, and what went wrong decides when to look again."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

import structlog

from segue.kit.clock import now
from segue.kit.errors import SegueError, Unavailable
from segue.kit.runtime import Runtime
from segue.library.connects import repository, service, tokens
from segue.library.connects.budgets import budget_of
from segue.library.connects.errors import AccessLapsed, NotConfigured, PlatformBusy, PlatformDown, PlatformRefused
from segue.library.connects.platforms.http import PlatformHttp
from segue.library.connects.platforms.platform import Access, Account, Batch, Platform, PlatformName, Tokens
from segue.library.connects.platforms.registry import open_platform
from segue.library.connects.storing import Overtaken, Tally, locked, note_counts, store
from segue.library.connects.tables import Connection

#: After a first failure; each further one doubles it.
FIRST_RETRY: Final = timedelta(minutes=10)
LONGEST_RETRY: Final = timedelta(days=1)
#: Of one resource; a million scrobbles are five thousand.
MOST_BATCHES: Final = 10_000

#: Takes a sign of life, and what is being read.
Alive = Callable[[str], Awaitable[None]]

_log = structlog.get_logger(__name__)


@dataclass
class Outcome:
    """What came of a look."""

    tally: Tally = field(default_factory=Tally)
    errors: list[SegueError] = field(default_factory=list)

    @property
    def error(self) -> str | None:
        """What went wrong, for the listener."""
        return " ".join(error.detail for error in self.errors) or None


async def poll(runtime: Runtime, user_id: UUID, name: PlatformName, alive: Alive) -> Outcome:
    """Look at a user's account at a platform.

    What goes wrong there is kept with the connection, and not raised; what goes wrong here is raised after that.
    """
    outcome = Outcome()
    async with runtime.database.session(user_id) as session:
        connection = await repository.connection_of(session, user_id, name)
    if connection is None:
        return outcome
    if connection.blocked_until is not None and connection.blocked_until > now():
        outcome.errors.append(_wants_peace(connection))
        return outcome
    try:
        await _look(runtime, connection, name, outcome, alive)
    except Overtaken:
        _log.info("connect.overtaken", platform=name)
    return outcome


async def _look(runtime: Runtime, connection: Connection, name: PlatformName, outcome: Outcome, alive: Alive) -> None:
    try:
        platform = open_platform(runtime.settings, name)
        await _read(runtime, connection, platform, outcome, alive)
    except Overtaken:
        raise
    except (NotConfigured, AccessLapsed, PlatformBusy, PlatformDown) as error:
        outcome.errors.append(error)
    except Exception:
        outcome.errors.append(Unavailable("What came could not be stored here: it is looked at again soon."))
        await _conclude(runtime, connection, outcome)
        raise
    await _conclude(runtime, connection, outcome)


async def _read(runtime: Runtime, connection: Connection, platform: Platform, outcome: Outcome, alive: Alive) -> None:
    spend = budget_of(runtime, platform)

    async def spend_alive() -> None:
        await alive(platform.title)
        await spend()

    async with PlatformHttp(platform.title, spend_alive) as http:

        async def renew(used: Tokens) -> Tokens:
            return await service.renewed(runtime, http, connection.user_id, platform, used)

        account = Account(connection.account, tokens.unseal(runtime.settings, connection))
        access = Access(platform, http, account, renew)
        for resource, reader in platform.readers().items():
            cursor = connection.cursors.get(resource, {})
            try:
                async for batch in _bounded(reader(access, cursor)):
                    if batch.entries or batch.lists or batch.cursor != cursor:
                        await store(
                            runtime,
                            connection,
                            platform,
                            batch,
                            resource=resource,
                            before=cursor,
                            alive=partial(alive, platform.title),
                        )
                    outcome.tally.add(batch.entries)
                    cursor = dict(batch.cursor)
            except AccessLapsed:
                raise
            except PlatformRefused as error:  # this resource only: a permission that was not given, say
                outcome.errors.append(error)


async def _bounded(batches: AsyncIterator[Batch]) -> AsyncIterator[Batch]:
    """Give as many batches as one look may take: what does not end by then goes on with the next look."""
    taken = 0
    async for batch in batches:
        yield batch
        taken += 1
        if taken == MOST_BATCHES:
            return


async def _conclude(runtime: Runtime, begun: Connection, outcome: Outcome) -> None:
    """Keep what came of a look with the connection that it began with; raises `Overtaken`."""
    moment = now()
    async with runtime.database.session(begun.user_id) as session:
        connection = await locked(session, begun)
        await note_counts(session, connection, outcome.tally)
        connection.last_polled_at = moment
        connection.last_error = outcome.error
        connection.blocked_until = None
        last = outcome.errors[-1] if outcome.errors else None
        match last:
            case PlatformBusy():
                connection.blocked_until = moment + timedelta(seconds=last.wait_s)
                connection.next_poll_at = connection.blocked_until + _spread(timedelta(minutes=1))
            case Unavailable():
                connection.failures += 1
                connection.next_poll_at = moment + retry_after(connection.failures)
            case _:
                connection.failures = 0
                connection.next_poll_at = moment + timedelta(seconds=runtime.settings.connect_poll_s)
                if isinstance(last, AccessLapsed):
                    connection.status = "lapsed"
    if last is not None:
        _log.warning("connect.poll_failed", platform=begun.platform, type=last.type)


def retry_after(failures: int) -> timedelta:
    """Return how long to wait after so many failures in a row: twice as long each time, spread by half."""
    return _spread(min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(failures - 1, 10)))


def _spread(longest: timedelta) -> timedelta:
    return longest * random.uniform(0.5, 1.0)


def _wants_peace(connection: Connection) -> PlatformBusy:
    until = connection.blocked_until or now()
    return PlatformBusy(f"The platform asks to wait until {until:%H:%M} UTC.", wait_s=(until - now()).total_seconds())
