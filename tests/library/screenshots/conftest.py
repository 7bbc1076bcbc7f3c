"""Gives these tests users, and the engine that reads."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from segue.kit.runtime import Runtime
from segue.library.screenshots import service
from segue.library.screenshots.entries import Sheet
from segue.library.screenshots.reading import read_screenshot
from tests.callers import anonymous, caller, client, other
from tests.engines.conftest import models_dir
from tests.screens import SONGS, Song, phone
from tests.songs import Caller, worker_of

__all__ = ["anonymous", "caller", "client", "models_dir", "other"]


@dataclass(frozen=True)
class Album:
    """Somebody's screenshots: brings them, has them read and kept."""

    runtime: Runtime
    sheet: Sheet

    async def brought(self, caller: Caller, image: bytes | None = None) -> dict[str, Any]:
        """Bring an image that must be taken, and return the import."""
        files = {"image_file": ("Evening.png", image or screenshot(), "image/png")}
        response = await caller.post("/ingest_screenshot", files=files)
        assert response.status_code == 202, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def read(self, caller: Caller, image: bytes | None = None) -> str:
        """Bring an image and have it read by a worker; return the import's id."""
        brought = await self.brought(caller, image)
        async with worker_of(self.runtime):
            await caller.completed(brought["job_id"], within_s=200)
        return str(brought["id"])

    async def ready(self, caller: Caller, image: bytes | None = None) -> str:
        """Bring an image, and keep for it what a worker would read on the drawn screen; return the import's id."""
        import_id = (await self.brought(caller, image))["id"]
        async with self.runtime.database.session(caller.user.user_id) as session:
            await service.keep_sheet(session, UUID(import_id), self.sheet)
        return str(import_id)

    async def rows(self, caller: Caller, import_id: str) -> list[dict[str, Any]]:
        """Return what was read."""
        response = await caller.get(f"/imports/{import_id}/rows?limit=200")
        assert response.status_code == 200, response.text
        items: list[dict[str, Any]] = response.json()["items"]
        return items

    async def confirmed(self, caller: Caller, import_id: str, **how: Any) -> dict[str, Any]:
        """Confirm the rows, have them kept, and return the import."""
        response = await caller.post(f"/imports/{import_id}/confirm", **how)
        assert response.status_code == 202, response.text
        async with worker_of(self.runtime):
            await caller.completed(response.json()["job_id"])
        shown: dict[str, Any] = (await caller.get(f"/imports/{import_id}")).json()
        return shown


@pytest.fixture(scope="session")
def sheet(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Sheet:
    """What is read on the drawn screen."""
    path = tmp_path_factory.mktemp("screens") / "phone.png"
    path.write_bytes(screenshot())
    return read_screenshot(path, models_dir)


@pytest.fixture
def album(runtime: Runtime, models_dir: Path, sheet: Sheet) -> Album:
    """Screenshots on this test's runtime, with the engine that reads them installed."""
    runtime.settings.data_dir.mkdir(parents=True, exist_ok=True)
    runtime.settings.models_dir.symlink_to(models_dir)
    return Album(runtime, sheet)


def screenshot(songs: Sequence[Song] = SONGS[:4]) -> bytes:
    """Return a drawn phone's screen as a PNG."""
    stream = io.BytesIO()
    phone(songs).save(stream, "PNG")
    return stream.getvalue()
