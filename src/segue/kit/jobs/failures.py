"""What a failed attempt at a job means: try again, after how long, or tell the user, in which words."""

import random
from dataclasses import dataclass
from typing import Final

from segue.kit.database import DATABASE_GONE as DATABASE_GONE  # noqa: PLC0414 - what runs jobs finds every failure here
from segue.kit.errors import SegueError

FIRST_PAUSE_S: Final = 2.0
LONGEST_PAUSE_S: Final = 30.0


class Stalled(SegueError):
    """A job's handler gave no sign of life for too long."""

    status = 500
    type = "stalled"
    title = "The job was stopped"


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The attempt failed in a way that may pass."""

    after_s: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The job is over; `message` is for its owner."""

    message: str
    type: str


def judge(error: BaseException, *, attempt: int, attempts: int) -> TryAgain | GiveUp:
    """Decide what follows from `error`, raised by the handler in its `attempt`-th of `attempts` tries.

    What the user must do something about (a `SegueError` below 500) is final at once. Everything else is tried again
    after an exponentially growing pause with jitter; at the end the user gets words that are safe to show, and the log
    has the details under the job's id.
    """
    if isinstance(error, SegueError) and error.status < 500:
        return GiveUp(error.detail, error.type)
    if attempt < attempts:
        return TryAgain(pause_s(attempt))
    if isinstance(error, SegueError):
        return GiveUp(f"{error.detail} It was tried {_times(attempt)}.", error.type)
    if isinstance(error, DATABASE_GONE):
        return GiveUp("The database could not be reached. Start the job again later.", "unavailable")
    return GiveUp(f"This is a fault of ours; it was tried {_times(attempt)}. Please report the job's id.", "internal")


def abandoned(attempts: int) -> GiveUp:
    """Return the end of a job whose workers died `attempts` times without a word."""
    return GiveUp(f"The job's worker was lost {_times(attempts)}; it is not tried again.", "worker-lost")


def pause_s(attempt: int) -> float:
    """Return how long to wait after the `attempt`-th failure: twice as long each time, spread by half."""
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (attempt - 1))
    return longest * random.uniform(0.5, 1.0)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
