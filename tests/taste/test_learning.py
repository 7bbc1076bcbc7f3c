"""When a model of proxies is learned, how its learning shows that it lives, and what if it fails."""

import operator
from datetime import timedelta
from typing import Any

import pytest

from segue.kit.clock import now
from segue.kit.runtime import Runtime
from segue.library.evidence import service as evidence
from segue.taste import computing, learning
from tests.library.test_liking import bring, new_tracks
from tests.songs import Caller
from tests.taste.test_service import SPACE, add_model, job_of

LONG_AGO = timedelta(days=1)


async def brought(caller: Caller, runtime: Runtime, count: int) -> None:
    for track in await new_tracks(runtime.database, count):
        await bring(runtime.database, caller.user.user_id, track)


async def test_each_batch_that_is_read_is_a_sign_of_life(
    caller: Caller, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "_READ_AT_A_TIME", 2)
    told: list[float] = []

    async def tell(done: float) -> None:
        told.append(done)

    tracks = await new_tracks(runtime.database, 5)
    traits = await learning.traits_of(runtime, tracks, tell=tell)
    assert list(traits) == tracks
    assert told == [0, 0.4, 0.8]


async def test_a_model_that_cannot_be_learned_leaves_the_old_one_at_work(
    caller: Caller, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computing, "learn", operator.neg)  # which takes none of what it is given
    await brought(caller, runtime, 10)
    job = job_of(runtime, caller)
    with pytest.raises(TypeError):
        await learning.model_for(job, SPACE, share=(0, 50))
    old = await add_model(runtime.database)
    assert (await learning.model_for(job, SPACE, share=(0, 50))).id == old.id


@pytest.mark.parametrize(
    ("values", "learned"),
    [
        ({"songs": 2}, False),
        ({"songs": 1}, True),
        ({"songs": 12, "learned_at": now() - timedelta(days=8)}, True),
    ],
)
async def test_a_model_is_learned_anew_when_songs_have_become_many_more_or_it_is_a_week_old(
    caller: Caller, runtime: Runtime, values: dict[str, Any], learned: bool
) -> None:
    await brought(caller, runtime, 10)
    model = await add_model(runtime.database, **values)
    found = await learning.model_for(job_of(runtime, caller), SPACE, share=(0, 50))
    assert (found.id != model.id) == learned
    assert not learned or found.songs == 10


async def test_songs_are_not_counted_for_a_model_of_many_that_was_just_learned(
    caller: Caller, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []
    count = evidence.count_known

    async def counting(session: Any, *, most: int) -> int:
        counted.append(most)
        return await count(session, most=most)

    monkeypatch.setattr(evidence, "count_known", counting)
    job = job_of(runtime, caller)
    model = await add_model(runtime.database, songs=50_000)
    assert (await learning.model_for(job, SPACE, share=(0, 50))).id == model.id
    assert counted == []
    later = await add_model(runtime.database, songs=50_000, learned_at=now() - LONG_AGO)
    assert (await learning.model_for(job, SPACE, share=(0, 50))).id == later.id
    assert len(counted) == 1
