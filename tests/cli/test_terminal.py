"""On a terminal a bar shows at once how far the work is, and Ctrl-C ends it and leaves nothing behind."""

import os
import pty
import re
import select
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.cli.command import ARGV, TIMEOUT_S, environment
from tests.songs import song_file

#: Whole processes and songs: CI runs them.
pytestmark = pytest.mark.slow

CTRL_C = b"\x03"


@dataclass
class Shown:
    """What a command did on a terminal."""

    code: int
    text: str
    shares: list[int]
    family: list[psutil.Process]


@pytest.fixture(scope="module")
def long_song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A song of two minutes and a half: long enough to be watched."""
    return song_file(tmp_path_factory.mktemp("songs"), tempo_bpm=100, bars=64)


def on_terminal(
    *arguments: object, folder: Path, interrupt_at_share: int | None = None, interrupt_at_children: int = 0
) -> Shown:
    """Run the command on a terminal; type Ctrl-C once its bar shows a share of 100 and it has so many children."""
    process_id, screen = pty.fork()
    if process_id == 0:
        os.chdir(folder)
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # who runs the tests in the background may have it ignored
        os.execve(ARGV[0], [*ARGV, *map(str, arguments)], {**environment(folder), "TERM": "xterm", "COLUMNS": "100"})
    started = time.monotonic()
    shown, shares, family = b"", list[int](), list[psutil.Process]()
    while time.monotonic() - started < TIMEOUT_S:
        if not select.select([screen], [], [], 0.1)[0]:
            continue
        try:
            news = os.read(screen, 1 << 16)
        except OSError:  # so Linux says that nobody is left on the terminal
            break
        shown += news
        shares += [int(share) for share in re.findall(rb"\[35m\s*(\d+)%", news)]  # in the bar's colour
        if interrupt_at_share is not None and shares and shares[-1] >= interrupt_at_share:
            family = psutil.Process(process_id).children(recursive=True)
            if len(family) >= interrupt_at_children:
                os.write(screen, CTRL_C)
                interrupt_at_share = None
    _, status = os.waitpid(process_id, 0)
    os.close(screen)
    return Shown(os.waitstatus_to_exitcode(status), shown.decode(), shares, family)


def lives(process: psutil.Process, within_s: float = 5) -> bool:
    """Tell whether a process goes on; one that nobody has asked about since it ended (a zombie) does not."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
        except psutil.NoSuchProcess:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("arguments", [("analyze",), ("master", "-o", "out.wav")], ids=lambda words: words[0])
def test_the_bar_moves_from_its_beginning_to_its_end(
    long_song: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    verb, *rest = arguments
    shown = on_terminal(verb, long_song, *rest, folder=tmp_path)
    assert shown.code == 0
    assert shown.shares[0] == 0
    assert shown.shares == sorted(shown.shares)
    assert shown.shares[-1] == 100
    assert any(0 < share < 100 for share in shown.shares)


@pytest.mark.slow
def test_a_mashup_shows_how_far_its_listening_is(long_song: Path, tmp_path: Path) -> None:
    shown = on_terminal("mashup", long_song, long_song, "-o", "out.mp3", folder=tmp_path, interrupt_at_share=14)
    assert any(0 < share < 15 for share in shown.shares)


@pytest.mark.parametrize(
    ("arguments", "share"),
    [(("separate", "-o", "stems"), 3), (("master", "-o", "out.mp3"), 20)],
)
def test_ctrl_c_leaves_no_file(long_song: Path, tmp_path: Path, arguments: tuple[str, ...], share: int) -> None:
    verb, *rest = arguments
    shown = on_terminal(verb, long_song, *rest, folder=tmp_path, interrupt_at_share=share)
    assert shown.code == 130
    assert "Traceback" not in shown.text
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_ctrl_c_leaves_no_child_process(long_song: Path, tmp_path: Path) -> None:
    shown = on_terminal(
        "mashup", long_song, long_song, "-o", "out.mp3", folder=tmp_path, interrupt_at_share=0, interrupt_at_children=1
    )
    assert shown.code == 130
    assert shown.family, "a song was being heard"
    assert not any(lives(process) for process in shown.family)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
