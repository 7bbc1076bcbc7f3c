"""Bands are founded under names that nobody has."""

import asyncio

from sqlalchemy import text

from segue.catalog.songs import service as songs
from segue.catalog.songs.refs import SongRef
from segue.catalog.songs.service import name_key
from segue.catalog.tables import SourceTrack
from segue.engines.writing import Sound
from segue.engines.writing.offline import OfflineWriter
from segue.generation.bands import repository, service
from segue.generation.bands.sounding import sound_of
from segue.kit.runtime import Runtime
from tests.songs import Caller

FOLK = Sound(styles={"folk": 1.0, "ambient": 0.5}, tempo_bpm=84, energy=0.2, valence=0.6, vocals=False)


class TestFounding:
    async def test_it_takes_no_name_of_an_artist_or_another_band(
        self, caller: Caller, other: Caller, runtime: Runtime
    ) -> None:
        first, second, third, *_ = OfflineWriter().band_names(FOLK, 7, 20)
        async with runtime.database.system_session() as session:
            await songs.resolve(session, [SongRef(title="Anything", artist=f"The {first.upper()}!")])
        async with runtime.database.session(other.user.user_id) as session:
            theirs = await service.found(session, other.user.user_id, sound=FOLK, seed=7)
        async with runtime.database.session(caller.user.user_id) as session:
            ours = await service.found(session, caller.user.user_id, sound=FOLK, seed=7)
        assert (theirs.name, ours.name) == (second, third)
        assert sound_of(ours) == FOLK

    async def test_a_name_in_anybodys_private_uploads_is_taken(
        self, caller: Caller, other: Caller, runtime: Runtime
    ) -> None:
        async with runtime.database.session(other.user.user_id) as session:
            how = {"user_id": other.user.user_id, "source": "uploaded", "title": "Anything"}
            session.add(SourceTrack(artist="Les Étés & Søn", **how))
        async with runtime.database.session(caller.user.user_id) as session:
            assert await repository.is_artist(session, name_key("les ETES and son"))
            assert not await repository.is_artist(session, name_key("Les Étés"))

    async def test_an_upload_by_whatever_artist_is_taken_and_found_by_an_index(
        self, caller: Caller, runtime: Runtime
    ) -> None:
        async with runtime.database.session(caller.user.user_id) as session:
            how = {"user_id": caller.user.user_id, "source": "uploaded", "title": "Anything"}
            session.add_all(SourceTrack(artist=artist, **how) for artist in ("\ufdfa" * 300, "東" * 300, "÷", None))
        async with runtime.database.system_session() as session:
            await session.execute(text("SET LOCAL enable_seqscan = off"))
            plan = await session.scalars(
                text(
                    "EXPLAIN SELECT FROM source_tracks"
                    " WHERE source = 'uploaded' AND segue_name_key(artist) IN ('a', 'the' || 'a')"
                )
            )
            assert "ix_source_tracks_uploaded_artist" in " ".join(plan)

    async def test_two_who_found_at_once_get_two_names(self, caller: Caller, other: Caller, runtime: Runtime) -> None:
        async def founded(owner: Caller) -> str:
            async with runtime.database.session(owner.user.user_id) as session:
                band = await service.found(session, owner.user.user_id, sound=FOLK, seed=3)
                await asyncio.sleep(0.05)  # meanwhile the other one meets a name that is not committed yet
                return band.name

        names = await asyncio.gather(founded(caller), founded(other))
        assert len(set(names)) == 2
