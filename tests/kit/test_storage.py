"""Blobs, in a folder and in a real S3: what holds for one holds for the other."""

import asyncio
import hashlib
import json
import os
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from segue.kit.clock import now
from segue.kit.errors import NotFound, Unavailable
from segue.kit.storage import FolderStorage, Storage, open_storage

#: Over obstore's 5 MiB, so that a bucket takes it in parts.
LARGE = bytes(range(256)) * (6 * 2**20 // 256) + b"end"
ABSENT = "0" * 64


@pytest.fixture(scope="module")
def bucket_options(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A SeaweedFS on loopback, with one bucket that only its key opens."""
    folder = tmp_path_factory.mktemp("weed")
    key = {"accessKey": "segue-key", "secretKey": "segue-secret"}
    identities = {
        "identities": [{"name": "segue", "credentials": [key], "actions": ["Admin", "Read", "Write", "List"]}]
    }
    (folder / "s3.json").write_text(json.dumps(identities))
    ports = iter(free_ports(10))
    names = ("master", "volume", "filer", "s3", "admin")
    options = [f"-{name}.port{kind}={next(ports)}" for name in names for kind in ("", ".grpc")]
    s3_port = options[6].split("=")[1]
    command = [
        str(Path(sysconfig.get_path("scripts")) / "weed"),
        "mini",
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-s3.config={folder / 's3.json'}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-webdav=false",
        "-admin.ui=false",
        "-bucket=songs",
        f"-s3.localSocket={folder / 's3.sock'}",
        *options,
    ]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    endpoint = f"http://127.0.0.1:{s3_port}"
    try:
        wait_for_bucket(f"{endpoint}/songs", folder / "log")
        yield {
            "endpoint": endpoint,
            "region": "us-east-1",
            "access_key_id": key["accessKey"],
            "secret_access_key": key["secretKey"],
        }
    finally:
        server.terminate()  # so that it takes its sockets in /tmp with it
        server.wait(30)


def wait_for_bucket(url: str, log: Path) -> None:
    """Wait until the bucket refuses strangers, rather than not being there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(url).status_code == 403:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail(log.read_text()[-3000:])


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(listening.getsockname()[1]) for listening in sockets]
    for listening in sockets:
        listening.close()
    return ports


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "folder":
        return open_storage(tmp_path / "data", None, {})
    options = request.getfixturevalue("bucket_options")
    return open_storage(tmp_path / "data", f"s3://songs/{tmp_path.name}", options)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.flac"
    path.write_bytes(LARGE)
    return path


async def read_all(store: Storage, sha256: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([bytes(chunk) async for chunk in store.read(sha256, start=start, end=end)])


async def test_what_is_put_comes_back(store: Storage, song: Path) -> None:
    blob = await store.put_file(song)
    assert (blob.sha256, blob.size) == (hashlib.sha256(LARGE).hexdigest(), len(LARGE))
    assert await store.size(blob.sha256) == len(LARGE)
    assert await read_all(store, blob.sha256) == LARGE
    async with store.local_file(blob.sha256) as path:
        assert path.read_bytes() == LARGE


async def test_an_empty_file_comes_back_empty(store: Storage, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    blob = await store.put_file(tmp_path / "empty")
    assert await store.size(blob.sha256) == 0
    assert await read_all(store, blob.sha256) == b""


@pytest.mark.parametrize(
    ("start", "end"), [(0, 1), (5, 5), (1, 2**20 + 7), (len(LARGE) - 3, None), (len(LARGE) - 3, len(LARGE))]
)
async def test_a_range_is_what_slicing_gives(store: Storage, song: Path, start: int, end: int | None) -> None:
    blob = await store.put_file(song)
    assert await read_all(store, blob.sha256, start, end) == LARGE[start:end]


async def test_the_same_content_is_stored_once(store: Storage, song: Path, tmp_path: Path) -> None:
    twin = tmp_path / "twin.flac"
    twin.write_bytes(LARGE)
    blobs = await asyncio.gather(*(store.put_file(path) for path in (song, twin, song)))
    assert len(set(blobs)) == 1
    await store.delete(blobs[0].sha256)
    assert not await store.exists(blobs[0].sha256)


async def test_what_is_not_there_is_not_found(store: Storage) -> None:
    assert not await store.exists(ABSENT)
    await store.delete(ABSENT)
    with pytest.raises(NotFound):
        await store.size(ABSENT)
    with pytest.raises(NotFound):
        await read_all(store, ABSENT)
    with pytest.raises(NotFound):
        async with store.local_file(ABSENT):
            pass


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 64 + "\n"])
async def test_a_name_that_is_no_hash_is_refused(store: Storage, name: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        await store.exists(name)


async def test_a_bucket_signs_urls_that_anybody_can_read_and_nobody_can_change(
    bucket_options: dict[str, str], tmp_path: Path, song: Path
) -> None:
    bucket = open_storage(tmp_path, "s3://songs/signed", bucket_options)
    blob = await bucket.put_file(song, media_type="audio/flac")
    url = await bucket.presigned_url(blob.sha256, expires_s=60)
    assert url is not None
    async with httpx.AsyncClient() as client:
        answer = await client.get(url, headers={"Range": "bytes=0-9"})
        assert (answer.status_code, answer.content) == (206, LARGE[:10])
        assert answer.headers["content-type"] == "audio/flac"
        assert (await client.get(url.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"))).status_code == 403
        assert (await client.get(url.split("?")[0])).status_code == 403


async def test_a_damaged_download_is_not_handed_on(bucket_options: dict[str, str], tmp_path: Path, song: Path) -> None:
    bucket = open_storage(tmp_path, "s3://songs/damaged", bucket_options)
    sha256 = (await bucket.put_file(song)).sha256
    await bucket._store.put_async(f"{sha256[:2]}/{sha256[2:4]}/{sha256}", b"something else")
    with pytest.raises(Unavailable, match="damaged"):
        async with bucket.local_file(sha256):
            pass
    assert list((tmp_path / "downloads").iterdir()) == []


async def test_a_folder_has_no_urls_of_its_own(storage: Storage, song: Path) -> None:
    assert await storage.presigned_url((await storage.put_file(song)).sha256, expires_s=60) is None


async def test_an_interrupted_copy_is_forgotten_after_a_day(tmp_path: Path, song: Path) -> None:
    folder = FolderStorage(tmp_path / "blobs")
    left, fresh = folder.folder / ".partial" / "left", folder.folder / ".partial" / "fresh"
    left.touch()
    fresh.touch()
    os.utime(left, (time.time() - 90000,) * 2)
    await folder.put_file(song)
    assert (left.exists(), fresh.exists()) == (False, True)


@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300), start=st.integers(0, 299), length=st.integers(0, 400))
def test_any_range_of_any_content_is_its_slice(tmp_path: Path, content: bytes, start: int, length: int) -> None:
    async def check() -> None:
        folder = FolderStorage(tmp_path / "blobs")
        path = tmp_path / "content"
        path.write_bytes(content)
        blob = await folder.put_file(path)
        if start < len(content):
            assert await read_all(folder, blob.sha256, start, start + length) == content[start : start + length]

    asyncio.run(check())


def test_other_urls_than_s3_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="s3://bucket/prefix"):
        open_storage(tmp_path, "ftp://somewhere", {})


async def test_what_is_stored_is_listed_and_nothing_else(store: Storage, song: Path, tmp_path: Path) -> None:
    blob = await store.put_file(song)
    if isinstance(store, FolderStorage):
        (store.folder / ".partial" / "left").touch()
        (store.folder / "notes.txt").touch()
    (listed,) = [each async for each in store.listed()]
    assert (listed.sha256, listed.size) == (blob.sha256, blob.size)
    assert abs((now() - listed.stored_at).total_seconds()) < 60
    await store.delete(blob.sha256)
    assert [each async for each in store.listed()] == []
