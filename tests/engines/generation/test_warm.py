"""An engine that stays loaded: orders queue, go together, are left alone, and survive its death."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from segue.engines.generation import Generation, GenerationRequest
from segue.engines.generation.options import GeneratorChoice, MusicgenOptions, OptionalGenerators
from segue.engines.generation.warm import WarmEngine
from segue.kit.errors import InvalidRequest, Unavailable
from segue.kit.processes import ChildDied
from tests.engines.generation.tiny_musicgen import make_tiny_musicgen

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def choice(tmp_path_factory: pytest.TempPathFactory) -> GeneratorChoice:
    folder = tmp_path_factory.mktemp("models")
    make_tiny_musicgen(folder / "musicgen-small")
    return GeneratorChoice("musicgen", folder, OptionalGenerators(musicgen=MusicgenOptions(device="cpu")))


@pytest.fixture
async def warm(choice: GeneratorChoice) -> AsyncIterator[WarmEngine]:
    engine = WarmEngine(choice, batch=3, idle_s=600)
    yield engine
    await engine.close()
    assert not children()


def children() -> list[psutil.Process]:
    return [
        process
        for process in psutil.Process().children()
        if process.status() != psutil.STATUS_ZOMBIE and "segue.kit._child" in " ".join(process.cmdline())
    ]


def asked(seed: int = 1, duration_s: float = 3.0) -> GenerationRequest:
    return GenerationRequest(mode="new", seed=seed, duration_s=duration_s, description="calm")


def folder(tmp_path: Path, name: str) -> Path:
    (tmp_path / name).mkdir()
    return tmp_path / name


async def test_the_model_is_loaded_once(warm: WarmEngine, tmp_path: Path) -> None:
    await warm.make(asked(), folder(tmp_path, "a"))
    (first,) = children()
    await warm.make(asked(), folder(tmp_path, "b"))
    assert children() == [first]


async def test_what_waits_together_is_made_together(warm: WarmEngine, tmp_path: Path) -> None:
    shares: list[float] = []
    orders = [warm.make(asked(number), folder(tmp_path, str(number)), progress=shares.append) for number in range(4)]
    found = await asyncio.gather(*orders)
    assert [one.provenance["made_beside"] for one in found] == [2, 2, 2, 0]
    assert len({one.mix.read_bytes() for one in found}) == 4
    assert shares


async def test_who_cancels_leaves_the_others_to_go_on(warm: WarmEngine, tmp_path: Path) -> None:
    began = asyncio.Event()
    long = asyncio.create_task(warm.make(asked(1, 800.0), folder(tmp_path, "long"), progress=lambda _: began.set()))
    short = asyncio.create_task(warm.make(asked(2), folder(tmp_path, "short")))
    await began.wait()
    long.cancel()
    with pytest.raises(asyncio.CancelledError):
        await long
    assert isinstance(await short, Generation)
    assert isinstance(await warm.make(asked(3), folder(tmp_path, "later")), Generation)


async def test_who_waits_for_their_turn_is_given_signs_of_life(choice: GeneratorChoice, tmp_path: Path) -> None:
    engine = WarmEngine(choice, batch=1)
    first = asyncio.create_task(engine.make(asked(1, 60.0), folder(tmp_path, "first")))
    await asyncio.sleep(0.3)
    shares: list[float] = []
    second = asyncio.create_task(engine.make(asked(2), folder(tmp_path, "second"), progress=shares.append))
    await first
    assert len(shares) > 3
    assert set(shares) == {0.0}
    await second
    await engine.close()


async def test_closing_fails_what_is_being_made(choice: GeneratorChoice, tmp_path: Path) -> None:
    engine, began = WarmEngine(choice, batch=1), asyncio.Event()
    making = asyncio.create_task(engine.make(asked(1, 800.0), folder(tmp_path, "a"), progress=lambda _: began.set()))
    await began.wait()
    await engine.close()
    with pytest.raises(Unavailable, match="stopped"):
        await making
    assert not children()


async def test_one_that_cannot_be_made_says_why_and_the_others_are_made(warm: WarmEngine, tmp_path: Path) -> None:
    good, bad = await asyncio.gather(
        warm.make(asked(), folder(tmp_path, "good")),
        warm.make(asked(2, 1000.0), folder(tmp_path, "bad")),
        return_exceptions=True,
    )
    assert isinstance(good, Generation)
    assert isinstance(bad, InvalidRequest)


async def test_a_death_is_told_and_the_next_order_starts_anew(warm: WarmEngine, tmp_path: Path) -> None:
    began = asyncio.Event()
    making = asyncio.create_task(warm.make(asked(1, 800.0), folder(tmp_path, "dies"), progress=lambda _: began.set()))
    await began.wait()
    (process,) = children()
    os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(ChildDied):
        await making
    assert isinstance(await warm.make(asked(2), folder(tmp_path, "lives")), Generation)


async def test_it_ends_when_nothing_comes(choice: GeneratorChoice, tmp_path: Path) -> None:
    engine = WarmEngine(choice, batch=1, idle_s=0.2)
    await engine.make(asked(), folder(tmp_path, "a"))
    async with asyncio.timeout(30):
        while children():  # noqa: ASYNC110 - a process tells nobody that it ended
            await asyncio.sleep(0.05)
    assert isinstance(await engine.make(asked(), folder(tmp_path, "b")), Generation)
    await engine.close()


async def test_an_engine_that_cannot_be_loaded_says_why(tmp_path: Path) -> None:
    engine = WarmEngine(GeneratorChoice("musicgen", tmp_path), batch=1)
    with pytest.raises(Unavailable, match="hf download"):
        await engine.make(asked(), folder(tmp_path, "a"))
    await engine.close()
