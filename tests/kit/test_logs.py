"""Logs: one format for all, each line with its request, and no secrets from local variables."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from segue.kit.logs import set_up_logs
from segue.kit.settings import Settings


@pytest.fixture(autouse=True)
def _logging_restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_ours_and_the_libraries_lines_have_one_format(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(Settings(_env_file=None, log_format="json"))
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.get_logger("segue.test").info("ours", number=1)
        logging.getLogger("library").warning("theirs %s", 2)
    ours, theirs = lines(capsys)
    assert (ours["event"], ours["number"], ours["request_id"]) == ("ours", 1, "r1")
    assert (theirs["event"], theirs["request_id"], theirs["level"]) == ("theirs 2", "r1", "warning")


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_does_not_tell_local_variables(capsys: pytest.CaptureFixture[str], log_format: str) -> None:
    set_up_logs(Settings(_env_file=None, log_format=log_format))
    password = "hunter" + "2" * 9
    try:
        int(f"a fault in {len(password)}")
    except ValueError:
        structlog.get_logger("segue.test").exception("failed")
    told = capsys.readouterr().err
    assert "a fault in 15" in told
    assert password not in told


def test_the_level_is_the_settings(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(Settings(_env_file=None, log_format="json", log_level="warning"))
    structlog.get_logger("segue.test").info("quiet")
    structlog.get_logger("segue.test").warning("loud")
    assert [line["event"] for line in lines(capsys)] == ["loud"]
