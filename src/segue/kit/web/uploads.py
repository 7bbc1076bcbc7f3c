"""Files that come in with a request."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from fastapi import Depends, Request, UploadFile

from segue.kit.errors import TooLarge

_CHUNK_BYTES = 1 << 20
#: So many does a process take in at a time: each works in a child process, and may hold one of the pool's connections.
AT_A_TIME = 8


async def _turn(request: Request) -> AsyncIterator[None]:
    turns = cast("asyncio.Semaphore", request.app.state.upload_turns)
    async with turns:
        yield


#: Put it first among the ``dependencies`` of a route that takes files: it then waits before it holds anything.
InTurn = Depends(_turn, scope="function")


@asynccontextmanager
async def received_file(upload: UploadFile, max_bytes: int) -> AsyncIterator[Path]:
    """Give an upload as a file of its own, which is gone afterwards; its name owes nothing to the user's.

    Raises
    ------
    TooLarge
        It has more than `max_bytes`.
    """
    with tempfile.TemporaryDirectory(prefix="segue-upload-") as folder:
        path = Path(folder, "upload")
        await upload.seek(0)
        size = 0
        with path.open("wb") as file:  # noqa: ASYNC230 - opening a new local file does not wait
            while chunk := await upload.read(_CHUNK_BYTES):
                size += len(chunk)
                if size > max_bytes:
                    raise TooLarge(f"The file is too large: {max_bytes / 2**20:g} MiB are allowed.")
                await asyncio.to_thread(file.write, chunk)
        yield path
