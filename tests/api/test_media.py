"""Stored files at signed addresses: ranges, validators, names, and every way in which an address can be wrong."""

import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from segue.kit.runtime import Runtime
from segue.kit.web.media import media_url, safe_filename

CONTENT = bytes(range(256)) * 1000


@dataclass
class Song:
    """A stored file and a client that plays it."""

    client: httpx.AsyncClient
    runtime: Runtime
    sha256: str
    url: str

    async def get(self, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.get(self.url, headers=named)


@pytest_asyncio.fixture
async def song(client: httpx.AsyncClient, runtime: Runtime, tmp_path: Path) -> AsyncIterator[Song]:
    path = tmp_path / "song"
    path.write_bytes(CONTENT)
    blob = await runtime.storage.put_file(path)
    yield Song(client, runtime, blob.sha256, media_url(runtime, blob.sha256, "my söng.mp3", "audio/mpeg"))


class TestWhole:
    async def test_it_is_served_with_all_that_a_player_needs(self, song: Song) -> None:
        response = await song.get()
        assert (response.status_code, response.content) == (200, CONTENT)
        assert response.headers["content-type"] == "audio/mpeg"
        assert response.headers["content-length"] == str(len(CONTENT))
        assert response.headers["accept-ranges"] == "bytes"
        assert response.headers["etag"] == f'"{song.sha256}"'
        assert "immutable" in response.headers["cache-control"]
        assert response.headers["content-disposition"] == "inline; filename*=UTF-8''my%20s%C3%B6ng.mp3"

    async def test_head_tells_the_same_without_the_file(self, song: Song) -> None:
        response = await song.client.head(song.url)
        assert (response.status_code, response.content) == (200, b"")
        assert response.headers["content-length"] == str(len(CONTENT))

    async def test_who_has_it_is_not_sent_it_again(self, song: Song) -> None:
        for header in (f'"{song.sha256}"', f'W/"{song.sha256}", "other"', "*"):
            response = await song.get(If_None_Match=header)
            assert (response.status_code, response.content) == (304, b"")
        assert (await song.get(If_None_Match='"other"')).status_code == 200

    async def test_a_download_is_saved_and_not_shown(self, song: Song) -> None:
        url = media_url(song.runtime, song.sha256, "a.mp3", "audio/mpeg", download=True)
        assert (await song.client.get(url)).headers["content-disposition"].startswith("attachment")

    async def test_markup_is_never_shown(self, song: Song) -> None:
        url = media_url(song.runtime, song.sha256, "a.svg", "image/svg+xml")
        assert (await song.client.get(url)).headers["content-disposition"].startswith("attachment")


class TestRanges:
    @pytest.mark.parametrize(
        ("asked", "start", "end"),
        [
            ("bytes=0-0", 0, 1),
            ("bytes=100-199", 100, 200),
            ("bytes=255900-", 255_900, 256_000),
            ("bytes=-10", 255_990, 256_000),
            ("bytes=0-999999999", 0, 256_000),
            ("bytes=-999999999", 0, 256_000),
        ],
    )
    async def test_a_part_is_served(self, song: Song, asked: str, start: int, end: int) -> None:
        response = await song.get(Range=asked)
        assert response.status_code == 206
        assert response.content == CONTENT[start:end]
        assert response.headers["content-range"] == f"bytes {start}-{end - 1}/256000"
        assert response.headers["content-length"] == str(end - start)

    @pytest.mark.parametrize("asked", ["bytes=256000-", "bytes=999999999-", "bytes=-0"])
    async def test_a_part_beyond_the_end_is_refused(self, song: Song, asked: str) -> None:
        response = await song.get(Range=asked)
        assert response.status_code == 416
        assert response.headers["content-range"] == "bytes */256000"
        assert response.headers["content-type"] == "application/problem+json"

    @pytest.mark.parametrize(
        "asked", ["bytes=5-2", "bytes=x-y", "bytes", "seconds=0-1", "bytes=0-1,5-6", "bytes=-", "bytes=" + "0-," * 500]
    )
    async def test_what_is_no_single_range_gets_the_whole(self, song: Song, asked: str) -> None:
        response = await song.get(Range=asked)
        assert (response.status_code, response.content) == (200, CONTENT)

    async def test_a_part_of_another_version_is_not_mixed_in(self, song: Song) -> None:
        assert (await song.get(Range="bytes=0-9", If_Range='"other"')).status_code == 200
        assert (await song.get(Range="bytes=0-9", If_Range=f'"{song.sha256}"')).status_code == 206

    async def test_head_of_a_part_tells_its_length(self, song: Song) -> None:
        response = await song.client.head(song.url, headers={"Range": "bytes=0-9"})
        assert (response.status_code, response.headers["content-length"]) == (206, "10")


class TestAddresses:
    async def test_they_are_the_same_for_a_while_so_that_players_can_cache(self, song: Song) -> None:
        again = media_url(song.runtime, song.sha256, "my söng.mp3", "audio/mpeg")
        assert again.partition("&expires")[0] == song.url.partition("&expires")[0]

    @pytest.mark.parametrize(
        ("pattern", "replacement"),
        [
            (r"signature=.", "signature=x"),
            (r"&signature=.*", ""),
            (r"expires=(\d+)", r"expires=9\1"),
            (r"type=audio%2Fmpeg", "type=text%2Fhtml"),
            (r"\?", "?download=1&"),
            (r"\.mp3", ".exe"),
            (r"\?.*", ""),
        ],
    )
    async def test_a_changed_one_is_refused(self, song: Song, pattern: str, replacement: str) -> None:
        changed = re.sub(pattern, replacement, song.url, count=1)
        assert changed != song.url
        response = await song.client.get(changed)
        assert response.status_code == 403
        assert "ask for a new one" in response.json()["detail"]

    async def test_one_files_signature_opens_no_other(self, song: Song) -> None:
        other = hashlib.sha256(b"other").hexdigest()
        assert (await song.client.get(song.url.replace(song.sha256, other))).status_code == 403

    async def test_an_expired_one_says_so(self, song: Song) -> None:
        path = f"/media/{song.sha256}/a.mp3"
        response = await song.client.get(song.runtime.signer.sign(path, expires_at=1, type="audio/mpeg"))
        assert response.status_code == 403
        assert "expired" in response.json()["detail"]

    async def test_a_file_that_is_gone_is_not_found(self, song: Song) -> None:
        await song.runtime.storage.delete(song.sha256)
        assert (await song.get()).status_code == 404

    @pytest.mark.parametrize("path", ["x/a.mp3", "..%2f..%2fetc/passwd", "A" * 64 + "/a.mp3"])
    async def test_a_path_is_never_taken_from_the_address(self, song: Song, path: str) -> None:
        assert (await song.client.get(f"/media/{path}")).status_code in (403, 404, 422)

    @pytest.mark.parametrize(
        "name",
        ["a/b.mp3", "../../etc/passwd", "100% #1?.mp3", "x\r\ny.mp3", "\ud800.mp3", "", "...", "é" * 300, 'a";b.mp3'],
    )
    async def test_any_name_that_a_user_may_give_works(self, song: Song, name: str) -> None:
        response = await song.client.get(media_url(song.runtime, song.sha256, name, "audio/mpeg"))
        assert response.status_code == 200
        assert "\n" not in response.headers["content-disposition"]


def test_a_safe_name_keeps_its_suffix() -> None:
    assert safe_filename("x" * 300 + ".flac") == "x" * 120 + ".flac"
    assert safe_filename("a/b\\c.mp3") == "a b c.mp3"
    assert safe_filename("no suffix") == "no suffix"
    assert safe_filename("..") == "file"
