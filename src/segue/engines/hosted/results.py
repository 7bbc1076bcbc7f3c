"""What every hosted engine's API shares: refusals in words, and results that are fetched with suspicion."""

from pathlib import Path
from typing import Final

import httpx

from segue.kit.errors import SegueError, TooLarge, Unavailable

REDIRECTS: Final = 3


class Refused(SegueError):
    """A hosted engine refused, or failed: to try again would not mend it, or would cost again."""

    status = 424
    type = "engine-refused"
    title = "The hosted engine refused"


def save(answer: httpx.Response, path: Path, *, max_bytes: int, service: str) -> None:
    """Write a body to a file.

    Raises
    ------
    TooLarge
        It is larger than ``max_bytes``.
    """
    size = 0
    with path.open("wb") as file:
        for chunk in answer.iter_bytes():
            size += len(chunk)
            if size > max_bytes:
                raise TooLarge(
                    f"{service}'s result is larger than {max_bytes / 1e6:.0f} MB: it cannot be what it said."
                )
            file.write(chunk)


def retry_after_s(answer: httpx.Response) -> float:
    """Return how long a service asks to wait; 0 where it says nothing of it."""
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 0.0


def unreachable(host: str, error: Exception) -> Unavailable:
    """Say that a service cannot be reached."""
    return Unavailable(f"{host} cannot be reached: {type(error).__name__} {error}. Try again later.")
