"""Stored files in a bucket: our signed address leads to the bucket's own."""

from dataclasses import replace
from pathlib import Path

import httpx

from segue.kit.runtime import Runtime
from segue.kit.storage import open_storage
from segue.kit.web.media import media_url
from tests.http import app_of, client_of
from tests.kit.test_storage import bucket_options  # noqa: F401 - a fixture


async def test_our_address_leads_to_the_buckets_own(
    runtime: Runtime,
    bucket_options: dict[str, str],  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    storage = open_storage(tmp_path, "s3://songs/media", bucket_options)
    (tmp_path / "song").write_bytes(b"0123456789")
    blob = await storage.put_file(tmp_path / "song", media_type="audio/mpeg")
    in_bucket = replace(runtime, storage=storage)
    async with client_of(app_of(in_bucket)) as client:
        url = media_url(in_bucket, blob.sha256, "song.mp3", "audio/mpeg")
        redirect = await client.get(url)
        head = await client.head(url)
        forged = await client.get(url.replace("song.mp3", "other.mp3"))
    assert redirect.status_code == 307
    assert redirect.headers["cache-control"] == "no-store"
    assert (head.status_code, head.headers["content-length"]) == (200, "10")
    assert forged.status_code == 403
    async with httpx.AsyncClient(trust_env=False) as anybody:
        part = await anybody.get(redirect.headers["location"], headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")
    assert part.headers["content-type"] == "audio/mpeg"
