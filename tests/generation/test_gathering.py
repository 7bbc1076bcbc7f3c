"""Reading what a track is made from: a real taste, a playlist, a queue."""

from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import select

from segue.catalog.tables import SourceTrack
from segue.generation import service
from segue.generation.bands import service as bands
from segue.generation.conditioning import Conditions, condition
from segue.generation.explaining import explain
from segue.generation.gathering import Gathered, gather, played_by
from segue.generation.tables import Generation
from segue.kit.ids import new_id
from segue.kit.runtime import Runtime
from segue.taste import service as taste
from tests.generation.bands.conftest import FOLK
from tests.songs import Caller
from tests.taste.conftest import history
from tests.taste.test_endpoints import with_taste

__all__ = ["history"]


async def gathered(caller: Caller, runtime: Runtime, **how: Any) -> Gathered:
    """Ask for a track and read what it is made from, without making it."""
    asked = {"mode": "new", "duration_s": 30.0, **how}
    space = await taste.current_space(runtime)
    async with runtime.database.session(caller.user.user_id) as session:
        generation = await service.begin(session, caller.user.user_id, **asked)
        return await gather(session, generation, space)


def words(found: Gathered) -> str:
    return " ".join(explain(found.reasons, found.conditions, condition(found.conditions)))


async def songs(runtime: Runtime) -> dict[UUID, str]:
    async with runtime.database.system_session() as session:
        return {track.id: track.title for track in await session.scalars(select(SourceTrack))}


async def test_who_is_unknown_gets_a_song_by_chance(caller: Caller, runtime: Runtime) -> None:
    found = await gathered(caller, runtime)
    assert found.conditions.vector is None
    assert "Nothing is known of your taste yet" in words(found)
    assert condition(found.conditions).wishes.styles


async def test_a_taste_conditions_a_song_and_is_told(caller: Caller, runtime: Runtime, history: Path) -> None:
    await with_taste(caller, runtime, history)
    first, second = await gathered(caller, runtime), await gathered(caller, runtime)
    known = await songs(runtime)
    assert first.conditions.vector is not None
    assert first.reasons.influences
    assert all(one.title in known.values() and one.title in words(first) for one in first.reasons.influences)
    assert first.reasons.facet is not None
    assert first.reasons.facet.name in words(first)
    wishes = [condition(found.conditions).wishes for found in (first, second)]
    assert wishes[0].key != wishes[1].key
    # Nothing was heard here: such vectors are told from no sound.
    assert first.conditions.trust == 0
    assert "thought to lie, as none of them was heard" in words(first)


@pytest.mark.slow
async def test_what_one_says_holds(caller: Caller, runtime: Runtime, history: Path) -> None:
    await with_taste(caller, runtime, history)
    body = {"tempo_range": {"min_bpm": 70, "max_bpm": 75}, "energy": "calm", "vocals": "instrumental"}
    response = await caller.post("/update_preferences", json=body)
    assert response.status_code == 200, response.text
    found = await gathered(caller, runtime)
    wishes = condition(found.conditions).wishes
    assert wishes.tempo_bpm is not None
    assert wishes.energy is not None
    assert 70 <= wishes.tempo_bpm <= 75
    assert wishes.energy <= 0.4
    assert wishes.vocals is False
    for sentence in ("As you asked, the tempo stays within 70 to 75", "nobody sings"):
        assert sentence in words(found)


@pytest.mark.slow
async def test_a_radio_is_the_middle_of_its_playlist_and_is_bent_by_the_queue(
    caller: Caller, other: Caller, runtime: Runtime, history: Path
) -> None:
    await with_taste(caller, runtime, history)
    known = await songs(runtime)
    tracks = list(known)[:4]
    made = await caller.post("/create_playlist", json={"name": "Sunday", "tracks": [str(one) for one in tracks]})
    playlist_id = UUID(made.json().get("id") or made.json()["playlist_id"])
    plain = await gathered(caller, runtime, mode="radio", playlist_id=playlist_id)
    assert plain.reasons.listed == (4, "Sunday")
    assert "4 songs of the playlist “Sunday”" in words(plain)
    steer = service.Steer(liked=(tracks[0],), skipped=(tracks[1],))
    bent = await gathered(caller, runtime, mode="radio", playlist_id=playlist_id, steer=steer)
    assert known[tracks[0]] in bent.reasons.liked[0]
    assert known[tracks[1]] in bent.reasons.skipped[0]
    assert plain.conditions.vector is not None
    assert bent.conditions.vector is not None
    assert not np.allclose(plain.conditions.vector, bent.conditions.vector)
    assert (await other.post("/generate", json={"mode": "radio", "playlist_id": str(playlist_id)})).status_code == 404


@pytest.mark.slow
async def test_what_resembles_a_song_lies_between_it_and_its_listener(
    caller: Caller, runtime: Runtime, history: Path
) -> None:
    await with_taste(caller, runtime, history)
    track_id, title = next(iter((await songs(runtime)).items()))
    found = await gathered(caller, runtime, mode="similar", source_id=track_id)
    assert f"It resembles “{title}”" in words(found)


@pytest.mark.parametrize("known", [True, False])
async def test_what_a_band_plays_lies_halfway_to_its_own_place_if_that_is_of_this_space(
    caller: Caller, runtime: Runtime, known: bool
) -> None:
    user_id, space = caller.user.user_id, await taste.current_space(runtime)
    place = np.eye(768, dtype=np.float32)[5]
    async with runtime.database.session(user_id) as session:
        how = {"vector": place.tolist(), "space": space if known else "another"}
        band = await bands.found(session, user_id, sound=FOLK, seed=1, **how)
    found = await gathered(caller, runtime, band_id=band.id)
    if known:
        assert found.conditions.vector == pytest.approx(place, abs=1e-3)
    else:
        assert found.conditions.vector is None
    assert (found.conditions.band_seed, found.artist) == (band.seed, band.name)
    assert (found.conditions.tempo_bpm, found.conditions.energy) == (FOLK.tempo_bpm, FOLK.energy)


def test_a_bands_tempo_and_mood_are_half_of_a_tracks() -> None:
    asked = Conditions("new", 1, 30.0, tempo_bpm=170.0, energy=0.6)
    played = played_by(asked, 5, FOLK)
    assert played.tempo_bpm == pytest.approx((85 * 84) ** 0.5)
    assert played.energy == pytest.approx(0.4)
    assert played.valence == 0.6


async def test_a_band_that_is_not_ones_own_is_not_found(caller: Caller) -> None:
    response = await caller.post("/generate", json={"mode": "new", "duration": 10, "band_id": str(new_id())})
    assert response.status_code == 404


@pytest.mark.parametrize("seed", [None, 5])
async def test_a_listeners_seeds_are_their_own_unless_asked_for(
    caller: Caller, runtime: Runtime, seed: int | None
) -> None:
    await gathered(caller, runtime, seed=seed)
    await gathered(caller, runtime, seed=seed)
    async with runtime.database.system_session() as session:
        seeds = (await session.scalars(select(Generation.seed))).all()
    assert len(set(seeds)) == (2 if seed is None else 1)
