"""Locks that processes of one machine share, by the name of a file; whoever dies lets go of theirs."""

import fcntl
import os
from pathlib import Path
from typing import Self


class FileLock:
    """A lock that is held, until it is released or its process ends; made by `take`."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, path: Path, *, shared: bool = False) -> Self | None:
        """Take the lock of this name, without waiting; ``None`` if somebody else has it.

        Parameters
        ----------
        shared
            Only keeps others from taking it for themselves.
        """
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        os.utime(descriptor)  # what is in use is no leftover
        return cls(descriptor)

    def release(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)


def is_taken(path: Path) -> bool:
    """Tell whether somebody holds the lock of this name for themselves."""
    lock = FileLock.take(path, shared=True)
    if lock is None:
        return True
    lock.release()
    return False
