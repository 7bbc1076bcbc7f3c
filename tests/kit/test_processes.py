"""A guarded child gives its result, or dies of a named cause, and never outlives its parent."""

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from segue.kit.errors import RateLimited
from segue.kit.processes import ChildDied, DeathReason, ProcessLimits, run_guarded, run_in_process
from tests.kit import tasks

NO_LIMITS = ProcessLimits(timeout_s=60)


def test_the_result_and_the_progress_come_back() -> None:
    reports: list[float] = []
    assert run_guarded(tasks.add, 2, 3, limits=NO_LIMITS, progress=reports.append) == 5
    assert reports == [0.5]


def test_a_child_may_start_children_of_its_own() -> None:
    assert run_guarded(tasks.nest, 2, limits=ProcessLimits(memory_bytes=2**33, timeout_s=60)) == 2


@pytest.mark.parametrize(
    ("task", "limits", "reason", "words"),
    [
        ((tasks.allocate, 2**30), ProcessLimits(memory_bytes=2**29), "memory", "more memory than 512 MiB"),
        ((tasks.spin,), ProcessLimits(cpu_s=1), "cpu", "more processor time than 1 s"),
        ((tasks.sleep, 60), ProcessLimits(timeout_s=0.3), "timeout", "longer than 0.3 s"),
        ((tasks.sleep, 60), ProcessLimits(stall_s=0.4), "stalled", "no progress for 0.4 s"),
        ((tasks.crash,), ProcessLimits(), "crashed", "SIGSEGV"),
        ((tasks.leave, 3), ProcessLimits(), "exit", "exit status 3"),
    ],
)
def test_a_death_has_a_named_cause(
    task: tuple[Callable[..., object], ...], limits: ProcessLimits, reason: DeathReason, words: str
) -> None:
    with pytest.raises(ChildDied, match=words) as death:
        run_guarded(*task, limits=limits)
    assert death.value.reason == reason
    assert not _guarded_children()


def test_a_child_cannot_fill_the_disk(tmp_path: Path) -> None:
    with pytest.raises(ChildDied, match="file larger than 1 MiB"):
        run_guarded(tasks.write_file, tmp_path / "big", 2**24, limits=ProcessLimits(output_bytes=2**20))
    assert (tmp_path / "big").stat().st_size <= 2**20


def test_a_child_that_reports_progress_is_not_stalled() -> None:
    assert run_guarded(tasks.count_to, 15, 0.1, limits=ProcessLimits(stall_s=1.0)) == 15


def test_a_child_leaves_no_core_dump() -> None:
    assert run_guarded(tasks.core_limit, limits=NO_LIMITS) == (0, 0)


def test_an_error_of_ours_crosses_whole() -> None:
    with pytest.raises(RateLimited) as error:
        run_guarded(tasks.refuse, limits=NO_LIMITS)
    assert error.value.detail == "Not so fast."
    assert error.value.headers == {"Retry-After": "7"}
    assert error.value.extra == {"limit": 3}


def test_any_other_error_crosses_with_the_childs_traceback() -> None:
    with pytest.raises(ZeroDivisionError) as error:
        run_guarded(tasks.divide, 1, 0, limits=NO_LIMITS)
    assert "return left / right" in error.value.__notes__[0]


@pytest.mark.parametrize("task", [tasks.return_a_lambda, tasks.raise_a_lambda])
def test_what_cannot_be_sent_is_told(task: Callable[..., object]) -> None:
    with pytest.raises((ChildDied, AttributeError, pickle.PicklingError), match="lambda"):
        run_guarded(task, limits=NO_LIMITS)


def test_a_progress_that_raises_kills_the_child() -> None:
    class EnoughError(Exception):
        pass

    def stop(_: float) -> None:
        raise EnoughError

    with pytest.raises(EnoughError):
        run_guarded(tasks.count_to, 1000, 0.1, limits=NO_LIMITS, progress=stop)
    assert not _guarded_children()


def test_what_the_child_prints_stays_out_of_our_output(capfd: pytest.CaptureFixture[str]) -> None:
    run_guarded(tasks.say, "hello", limits=NO_LIMITS)
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "hello")


def test_an_open_file_can_be_handed_on(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    with path.open("rb") as file:
        fd = file.fileno()
        assert run_guarded(tasks.read_descriptor, fd, limits=NO_LIMITS, pass_fds=(fd,)) == b"content"


def test_calls_leak_no_descriptors() -> None:
    run_guarded(tasks.add, 1, 1, limits=NO_LIMITS)
    before = psutil.Process().num_fds()
    for _ in range(3):
        run_guarded(tasks.add, 1, 1, limits=NO_LIMITS)
    assert psutil.Process().num_fds() == before


@pytest.mark.parametrize("depth", [0, 1])
def test_children_die_with_a_parent_that_is_killed(tmp_path: Path, depth: int) -> None:
    program = (
        "from pathlib import Path; from tests.kit import tasks; from segue.kit.processes import *\n"
        f"run_guarded(tasks.write_pids_and_sleep, Path({str(tmp_path)!r}), {depth}, limits=ProcessLimits())"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    parent = subprocess.Popen([sys.executable, "-c", program], env=environment)
    _wait_until(lambda: len(_pids(tmp_path)) == depth + 1)
    children = _pids(tmp_path)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    _wait_until(lambda: not any(_runs(pid) for pid in children))


@pytest.mark.parametrize("next_step", ["_leave_when_orphaned(ours)", "_send(ours, b'r', 1)"])
def test_a_child_whose_parent_left_with_its_words_unread_leaves_silently(next_step: str) -> None:
    program = (
        "import socket; from segue.kit._child import _leave_when_orphaned, _send\n"
        "ours, theirs = socket.socketpair()\n"
        "ours.sendall(b'a report that nobody reads')\n"
        "theirs.close()\n" + next_step
    )
    left = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=False)
    assert (left.returncode, left.stderr) == (1, b"")


async def test_the_event_loop_stays_free() -> None:
    reports: list[float] = []
    task = asyncio.create_task(
        run_in_process(tasks.count_to, 5, 0.1, limits=NO_LIMITS, progress=reports.append), name="child"
    )
    ticks = 0
    while not task.done():
        await asyncio.sleep(0.01)
        ticks += 1
    assert await task == 5
    assert ticks > 20
    assert reports == sorted(reports)
    assert reports[-1] == 1.0


async def test_cancelling_kills_the_child_at_once(tmp_path: Path) -> None:
    task = asyncio.create_task(run_in_process(tasks.write_pids_and_sleep, tmp_path, 1, limits=NO_LIMITS))
    await asyncio.to_thread(_wait_until, lambda: len(_pids(tmp_path)) == 2)
    children = _pids(tmp_path)
    started = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - started < 1.0
    _wait_until(lambda: not any(_runs(pid) for pid in children))


async def test_errors_and_deaths_reach_the_one_who_awaits() -> None:
    with pytest.raises(RateLimited):
        await run_in_process(tasks.refuse, limits=NO_LIMITS)
    with pytest.raises(ChildDied, match="longer than"):
        await run_in_process(tasks.sleep, 60, limits=ProcessLimits(timeout_s=0.2))


async def test_a_progress_that_raises_on_the_loop_kills_the_child() -> None:
    def stop(_: float) -> None:
        raise InterruptedError("cancelled by its owner")

    with pytest.raises(InterruptedError, match="by its owner"):
        await run_in_process(tasks.count_to, 1000, 0.1, limits=NO_LIMITS, progress=stop)
    assert not _guarded_children()


def _pids(folder: Path) -> list[int]:
    return [int(path.name) for path in folder.iterdir()]


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _wait_until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def _guarded_children() -> list[psutil.Process]:
    """Return the children that `segue.kit.processes` started; the tests' database server is one of another kind."""
    children = psutil.Process().children()
    return [child for child in children if "segue.kit._child" in " ".join(child.cmdline())]
