"""The embedded server comes up, is shared, and gets over being killed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg
import pytest

from segue.kit import postgres, postgres_process
from segue.kit.errors import Unavailable
from segue.kit.postgres import EmbeddedPostgres


@pytest.fixture
def server(server_folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(server_folder / uuid4().hex[:8])
    yield server
    server.stop()
    shutil.rmtree(server.folder)


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def pid_of(server: EmbeddedPostgres) -> int:
    pid = server.status().pid
    assert pid is not None
    return pid


START = """
import sys
from pathlib import Path
from segue.kit.postgres import EmbeddedPostgres
print(EmbeddedPostgres(Path(sys.argv[1])).ensure_running(), flush=True)
sys.stdin.read()
"""
REAP_NOTHING = "import threading; threading.Thread.start = lambda self: None"


def start_elsewhere(server: EmbeddedPostgres, program: str = START) -> "subprocess.Popen[str]":
    """Have another process make sure that the server runs, and live on until its stdin closes."""
    command = [sys.executable, "-c", program, str(server.folder)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def first_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def test_a_new_one_is_utf8_checksummed_and_has_pgvector(server: EmbeddedPostgres) -> None:
    url = server.ensure_running()
    assert run(url, "SHOW server_encoding") == [("UTF8",)]
    assert run(url, "SHOW data_checksums") == [("on",)]
    run(url, "CREATE EXTENSION vector")
    assert run(url, "SELECT '[3,4]'::vector <-> '[0,0]'::vector") == [(5.0,)]


def test_ensuring_twice_starts_one(server: EmbeddedPostgres) -> None:
    url = server.ensure_running()
    pid = pid_of(server)
    assert server.ensure_running() == url
    assert pid_of(server) == pid


def test_processes_that_start_at_once_share_one(server: EmbeddedPostgres) -> None:
    others = [start_elsewhere(server) for _ in range(3)]
    try:
        assert {first_line(other) for other in others} == {server.ensure_running()}
        owned = [p for p in psutil.process_iter(["cmdline"]) if str(server.data) in (p.info["cmdline"] or [])]
        assert [p.pid for p in owned if p.name() == "postgres"] == [pid_of(server)]
    finally:
        for other in others:
            end(other)


def test_it_outlives_the_process_that_started_it(server: EmbeddedPostgres) -> None:
    starter = start_elsewhere(server)
    url = first_line(starter)
    end(starter)
    assert run(url, "SELECT 1") == [(1,)]
    assert server.ensure_running() == url


def test_a_killed_server_comes_back_with_all_that_was_committed(server: EmbeddedPostgres) -> None:
    url = server.ensure_running()
    run(url, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    os.kill(pid_of(server), signal.SIGKILL)
    assert server.ensure_running() == url
    assert run(url, "SELECT count(*) FROM kept") == [(1000,)]


def test_a_killed_server_whose_parent_never_reaps_it_comes_back(server: EmbeddedPostgres) -> None:
    starter = start_elsewhere(server, program=REAP_NOTHING + START)
    url = first_line(starter)
    killed = pid_of(server)
    os.kill(killed, signal.SIGKILL)
    while psutil.Process(killed).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    try:
        assert server.ensure_running() == url
        assert pid_of(server) != killed
    finally:
        end(starter)


def test_a_killed_servers_busy_backend_does_not_keep_it_down(server: EmbeddedPostgres) -> None:
    url = server.ensure_running()
    with ThreadPoolExecutor(1) as pool:
        busy = pool.submit(run, url, "SELECT count(*) FROM generate_series(1, 4000000000)")
        while not run(
            url, "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%4000000000%' AND pid <> pg_backend_pid()"
        ):
            time.sleep(0.01)
        os.kill(pid_of(server), signal.SIGKILL)
        assert server.ensure_running() == url
        assert isinstance(busy.exception(), psycopg.OperationalError)


def test_a_pid_file_that_names_a_stranger_is_no_server(server: EmbeddedPostgres) -> None:
    server.ensure_running()
    server.stop()
    stale = f"{os.getpid()}\n{server.data}\n1\n5432\n{server.folder / 'run'}\n\n 1 1\nready   \n"
    (server.data / "postmaster.pid").write_text(stale)
    assert not server.status().running
    assert run(server.ensure_running(), "SELECT 1") == [(1,)]


def test_an_interrupted_making_is_begun_anew(server: EmbeddedPostgres) -> None:
    (server.folder / "data.partial" / "base").mkdir(parents=True)
    (server.folder / "password.partial").write_text("half")
    assert run(server.ensure_running(), "SELECT 1") == [(1,)]


def test_what_keeps_it_from_starting_is_said(server: EmbeddedPostgres) -> None:
    server.ensure_running()
    server.stop()
    broken = EmbeddedPostgres(server.folder, server_settings={"shared_buffers": "nonsense"})
    with pytest.raises(Unavailable, match='invalid value for parameter "shared_buffers"'):
        broken.ensure_running()


def test_a_folder_too_deep_for_a_socket_is_served_over_loopback_with_a_password(server_folder: Path) -> None:
    deep = EmbeddedPostgres(server_folder / ("d" * 100))
    url = deep.ensure_running()
    try:
        assert "@127.0.0.1:" in url
        password = url.split(":")[2].split("@")[0]
        assert run(url, "SELECT 1") == [(1,)]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url.replace(password, "wrong"))
        os.kill(pid_of(deep), signal.SIGKILL)
        assert deep.ensure_running() == url, "the port stays, for the pools that know it"
    finally:
        deep.stop()


def test_nobody_else_may_reach_the_socket_or_read_the_password_or_the_log(server: EmbeddedPostgres) -> None:
    server.ensure_running()
    modes = {name: (server.folder / name).stat().st_mode & 0o777 for name in ("data", "run", "password", "server.log")}
    assert modes == {"data": 0o700, "run": 0o700, "password": 0o600, "server.log": 0o600}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")
def test_root_is_told_which_folder_is_closed_to_the_server(server_folder: Path) -> None:
    closed = server_folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(Unavailable, match=f"may not enter {closed}"):
        EmbeddedPostgres(closed / "postgres").ensure_running()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")
def test_programs_in_a_folder_closed_to_the_server_are_copied(server_folder: Path) -> None:
    closed = server_folder / "venv"
    closed.mkdir(mode=0o700)
    packages = postgres_process.find_binaries(None).parents[2]
    (closed / "site-packages").symlink_to(packages)
    binaries = closed / "site-packages" / postgres_process.find_binaries(None).relative_to(packages)
    server = EmbeddedPostgres(server_folder / "copied", binaries=binaries)
    try:
        assert run(server.ensure_running(), "SELECT 1") == [(1,)]
        assert psutil.Process(pid_of(server)).exe().startswith(str(server.folder))
    finally:
        server.stop()


def test_a_folder_of_programs_without_a_server_is_refused(server_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="SEGUE_PG_BIN"):
        EmbeddedPostgres(server_folder / "none", binaries=tmp_path).ensure_running()


def test_stopping_what_does_not_run_is_well(server_folder: Path) -> None:
    EmbeddedPostgres(server_folder / "never").stop()


def test_a_long_log_is_put_aside(server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    server.ensure_running()
    server.stop()
    monkeypatch.setattr(postgres, "LOG_MAX_BYTES", 1)
    server.ensure_running()
    assert server.log.with_suffix(".log.1").exists()


def test_a_containers_small_shared_memory_is_left_alone(
    server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "SHARED_MEMORY_BYTES", 2**60)
    url = server.ensure_running()
    assert run(url, "SHOW dynamic_shared_memory_type") == [("mmap",)]
    run(url, "CREATE EXTENSION vector")
    run(
        url,
        "CREATE TABLE v AS SELECT ARRAY[random(), random()]::vector(2) AS e FROM generate_series(1, 2000)",
    )
    run(url, "CREATE INDEX ON v USING hnsw (e vector_l2_ops)")
