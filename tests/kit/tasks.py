"""What the tests of guarded processes run in them; apart, so that a child need not import pytest."""

import ctypes
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from segue.kit.errors import RateLimited
from segue.kit.processes import ProcessLimits, run_guarded

Progress = Callable[[float], None]


def add(left: int, right: int, *, progress: Progress) -> int:
    progress(0.5)
    return left + right


def count_to(steps: int, pause_s: float, *, progress: Progress) -> int:
    for step in range(steps):
        progress(step / steps)
        time.sleep(pause_s)
    progress(1.0)
    return steps


def sleep(seconds: float, *, progress: Progress) -> None:
    time.sleep(seconds)


def spin(*, progress: Progress) -> None:
    while True:
        progress(0.0)


def allocate(size: int, *, progress: Progress) -> int:
    return len(bytearray(size))


def write_file(path: Path, size: int, *, progress: Progress) -> None:
    path.write_bytes(bytes(size))


def crash(*, progress: Progress) -> None:
    ctypes.string_at(0)


def leave(status: int, *, progress: Progress) -> None:
    os._exit(status)


def divide(left: int, right: int, *, progress: Progress) -> float:
    return left / right


def refuse(*, progress: Progress) -> None:
    raise RateLimited("Not so fast.", retry_after_s=7, limit=3)


def return_a_lambda(*, progress: Progress) -> object:
    return lambda: None


def raise_a_lambda(*, progress: Progress) -> None:
    raise ValueError(lambda: None)


def say(text: str, *, progress: Progress) -> None:
    sys.stdout.write(text)


def read_descriptor(descriptor: int, *, progress: Progress) -> bytes:
    return os.pread(descriptor, 100, 0)


def core_limit(*, progress: Progress) -> tuple[int, int]:
    return resource.getrlimit(resource.RLIMIT_CORE)


def nest(depth: int, *, progress: Progress) -> int:
    if depth == 0:
        return 0
    limits = ProcessLimits(memory_bytes=2**40, timeout_s=30)
    return 1 + run_guarded(nest, depth - 1, limits=limits, progress=progress)


def write_pids_and_sleep(folder: Path, depth: int, *, progress: Progress) -> None:
    (folder / str(os.getpid())).touch()
    if depth:
        run_guarded(write_pids_and_sleep, folder, depth - 1, limits=ProcessLimits())
    time.sleep(60)
