"""Files that nobody should have to decode, uploaded: each is refused with its reason, and none leaves a trace."""

import re
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import psutil
import pytest
from sqlalchemy import func, select

from segue.catalog.tables import Asset, SourceTrack
from segue.kit.jobs import Job
from segue.kit.runtime import Runtime
from tests.audio.hostile import HostileFile, write_hostile_files
from tests.http import API
from tests.songs import Caller

#: Whole processes and songs: CI runs them.
pytestmark = pytest.mark.slow

#: One of each way to do harm; the slow test brings them all.
SAMPLE = (
    "empty.mp3",
    "not_found.mp3",
    "album.mp3",
    "song_elf.mp3",
    "live.mp3",
    "list.flac",
    "fake.ogg",
    "huge_tag.mp3",
    "65535_channels.wav",
    "claims_4_gib.wav",
    "nan.wav",
    "cut_in_the_middle.mp3",
    "nested_atoms.m4a",
    "ten_hours_denied.flac",
    "video_only_renamed.mp3",
    "over_50_mib.wav",
)


@pytest.fixture(scope="module")
def hostile_files(tmp_path_factory: pytest.TempPathFactory) -> list[HostileFile]:
    return write_hostile_files(tmp_path_factory.mktemp("hostile"))


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for temporary files, so that whatever stays behind is ours."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


async def complaints_about(caller: Caller, files: Sequence[HostileFile]) -> list[str]:
    """Upload each file, and return what is wrong with how it was answered."""
    complaints = []
    for hostile in files:
        response = await caller.upload(hostile.path)
        problem = response.json()
        refused = 400 <= response.status_code < 500 and response.headers["content-type"] == "application/problem+json"
        if not refused or hostile.reason not in problem["detail"]:
            complaints.append(f"{hostile.path.name}: {hostile.reason!r}, but {response.status_code} {problem}")
        if "/" in re.sub(r"\S+ Hz|and/or", "", problem["detail"]):
            complaints.append(f"{hostile.path.name}: tells a path: {problem['detail']}")
    return complaints


async def traces(runtime: Runtime, temporary: Path) -> list[object]:
    """Return whatever an upload left: rows, blobs, temporary files, processes."""
    async with runtime.database.system_session() as session:
        counts = [await session.scalar(select(func.count()).select_from(table)) for table in (Asset, SourceTrack, Job)]
    files = [path for folder in (runtime.settings.data_dir, temporary) for path in folder.rglob("*") if path.is_file()]
    children = [
        process for process in psutil.Process().children(recursive=True) if "segue.kit._child" in str(process.cmdline())
    ]
    return [*filter(None, counts), *files, *temporary.iterdir(), *children]


async def test_each_kind_is_refused_with_its_reason_and_leaves_no_trace(
    caller: Caller, runtime: Runtime, hostile_files: list[HostileFile], temporary: Path
) -> None:
    sample = [hostile for hostile in hostile_files if hostile.path.name in SAMPLE]
    assert len(sample) == len(SAMPLE)
    assert await complaints_about(caller, sample) == []
    assert await traces(runtime, temporary) == []


@pytest.mark.slow
async def test_every_one_is_refused_with_its_reason_and_leaves_no_trace(
    caller: Caller, runtime: Runtime, hostile_files: list[HostileFile], temporary: Path
) -> None:
    assert len(hostile_files) >= 82
    assert await complaints_about(caller, hostile_files) == []
    assert await traces(runtime, temporary) == []


FORM = {"Content-Type": "multipart/form-data; boundary=cut"}


async def form_of(mebibytes: int) -> AsyncIterator[bytes]:
    """Send a form with a file, a part at a time."""
    yield b'--cut\r\nContent-Disposition: form-data; name="file"; filename="song.wav"\r\n\r\n'
    for _ in range(mebibytes):
        yield bytes(2**20)
    yield b"\r\n--cut--\r\n"


@pytest.mark.parametrize("told", [True, False], ids=["its size told", "its size not told"])
async def test_who_sends_too_much_over_a_real_connection_is_told_so(user: Caller, *, told: bool) -> None:
    size = sum([len(part) async for part in form_of(90)])
    headers = FORM | ({"Content-Length": str(size)} if told else {})
    response = await user.post("/upload", content=form_of(90), headers=headers)
    assert response.status_code == 413
    assert "50 MiB are allowed" in response.json()["detail"]
    assert (await user.get("/tracks")).json()["items"] == []


async def test_who_is_not_signed_in_is_told_so_after_sending_a_file(visitor: httpx.AsyncClient) -> None:
    size = sum([len(part) async for part in form_of(20)])
    headers = FORM | {"Content-Length": str(size)}
    assert (await visitor.post(f"{API}/upload", content=form_of(20), headers=headers)).status_code == 401
