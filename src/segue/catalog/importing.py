"""Importing into the catalogue: a collection that others publish, or a folder of music, whichever a path is.

Accounts have no role of an operator. Whoever may run commands on the server is one: `segue catalog import` is the only
way in, at once or as a job that belongs to `OPERATOR`.
"""

import asyncio
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from segue.catalog.folders import service as folders
from segue.catalog.songs.loaders.layout import Layout
from segue.catalog.songs.loaders.registry import LAYOUTS, detect, named
from segue.catalog.songs.loaders.told import Refused
from segue.catalog.songs.loading import load
from segue.kit.errors import InvalidRequest
from segue.kit.processes import Progress
from segue.kit.runtime import Runtime

#: Whose jobs those are that nobody with an account has started.
OPERATOR: Final = UUID(int=0)
FOLDER: Final = "folder"
#: What can be asked for, where it is not to be found out.
KINDS: Final = (*(layout.name for layout in LAYOUTS), FOLDER)
#: So many refused rows are told one by one.
_TOLD: Final = 1_000


class Stopped(Exception):
    """Nobody waits any more for what a thread reads."""


@dataclass(slots=True)
class Imported:
    """What has come of an import."""

    kind: str
    #: Rows or files that are songs.
    songs: int = 0
    #: How many of these songs the catalogue did not have.
    new: int = 0
    #: Rows or files that are none.
    refused: int = 0
    #: Of a folder, how many files were heard now.
    heard: int | None = None
    #: The first of those that were refused.
    problems: list[Refused] = field(default_factory=list)

    def counts(self) -> dict[str, Any]:
        """Return the numbers, as JSON."""
        heard = {} if self.heard is None else {"heard": self.heard}
        return {"kind": self.kind, "songs": self.songs, "new": self.new, **heard, "refused": self.refused}


async def import_path(runtime: Runtime, path: Path, *, kind: str | None, progress: Progress) -> Imported:
    """Take in what lies at a path. Again, it changes nothing; what was interrupted is simply begun again.

    Parameters
    ----------
    kind
        One of `KINDS`; None finds it out.
    progress
        Called on the event loop with the share that is done.

    Raises
    ------
    InvalidRequest
        There is nothing there, or nothing that can be imported, or it is not what it was said to be.
    """
    layout = await asyncio.to_thread(_layout_of, path, kind)
    loop, stopped = asyncio.get_running_loop(), threading.Event()

    def tell(share: float) -> None:
        if stopped.is_set():
            raise Stopped
        loop.call_soon_threadsafe(progress, share)

    try:
        if layout is None:
            return await _import_folder(runtime, path, tell)
        return await _import_collection(runtime, path, layout, tell)
    finally:
        stopped.set()


async def _import_collection(runtime: Runtime, path: Path, layout: Layout, progress: Progress) -> Imported:
    imported = Imported(layout.name)
    scratch = runtime.settings.data_dir / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    # A thread may still write there when we are cancelled: what is left then is swept up with other leftovers.
    with tempfile.TemporaryDirectory(prefix="catalog-", dir=scratch, ignore_cleanup_errors=True) as folder:
        loaded = await load(runtime.database, layout.read(path, Path(folder), progress), refused=_noted_in(imported))
    imported.songs, imported.new, imported.refused = loaded.songs, loaded.new, loaded.refused
    return imported


async def _import_folder(runtime: Runtime, path: Path, progress: Progress) -> Imported:
    imported = Imported(FOLDER)
    collected = await folders.collect(runtime, path, refused=_noted_in(imported), progress=progress)
    imported.songs, imported.new, imported.refused = collected.songs, collected.new, collected.refused
    imported.heard = collected.heard
    return imported


def _noted_in(imported: Imported) -> Callable[[Refused], None]:
    """Return what notes the first rows that are refused: of a dump there may be millions."""

    def note(refused: Refused) -> None:
        if len(imported.problems) < _TOLD:
            imported.problems.append(refused)

    return note


def _layout_of(path: Path, kind: str | None) -> Layout | None:
    """Return how a path is read; None for a folder of music."""
    if not path.exists():
        raise InvalidRequest(f"There is nothing at {path}, on this machine.")
    layout = detect(path) if kind is None else named(kind)
    if layout is not None:
        return layout
    if kind not in (None, FOLDER):
        raise InvalidRequest(f"{kind} is no kind of collection; these are: {', '.join(KINDS)}.")
    if not path.is_dir():
        titles = "; ".join(layout.title for layout in LAYOUTS)
        raise InvalidRequest(f"{path.name} is nothing that Segue can import. It can: {titles}; a folder of music.")
    return None
