"""Ten rendered songs in a real database: what is named of them, and of what is not there."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from uuid import UUID

import numpy as np
import pytest
import pytest_asyncio

from segue.accounts.tables import User
from segue.audio.landmarks import Peaks, find_peaks
from segue.audio.signal import Audio
from segue.audio.stretching import stretch
from segue.catalog.fingerprints import repository, service
from segue.catalog.tables import Asset, SourceTrack
from segue.kit.clock import now
from segue.kit.database import Database
from segue.kit.ids import new_id
from segue.music.composing import compose
from segue.music.rendering import render
from segue.music.wishes import Wishes
from tests.audio.recordings import RATE, excerpt, in_noise, song, sped_up

SONGS = range(1, 11)
STRANGER = 11
_NOISY_DB = 10


@lru_cache(maxsize=len(SONGS))
def peaks_of_song(number: int) -> Peaks:
    return find_peaks(song(number))


@dataclass(frozen=True)
class Library:
    """A user's ten songs."""

    database: Database
    user_id: UUID

    async def named(self, audio: Audio) -> list[str]:
        """Return the titles of what an excerpt is of."""
        async with self.database.session(self.user_id) as session:
            found = await service.identified(session, find_peaks(audio), audio.duration_s, self.user_id)
        return [track.title for track, _ in found]

    async def sources(self, audio: Audio) -> dict[str, service.Source]:
        """Return the sources of a mix, by their titles."""
        async with self.database.session(self.user_id) as session:
            found = await service.sources_in(session, find_peaks(audio), self.user_id)
        return {source.track.title: source for source in found}


@pytest_asyncio.fixture
async def library(database: Database) -> AsyncIterator[Library]:
    user_id = new_id()
    assets = {
        number: Asset(id=new_id(), sha256=str(number), size_bytes=1, media_type="audio/flac", probe={})
        for number in SONGS
    }
    async with database.system_session() as session:
        session.add(User(id=user_id, email="a@example.com", issuer="tests", created_at=now()))
        session.add_all(assets.values())
        await session.flush()
        session.add_all(
            SourceTrack(user_id=user_id, asset_id=asset.id, source="uploaded", title=str(number))
            for number, asset in assets.items()
        )
        await repository.store(session, {asset.id: peaks_of_song(number) for number, asset in assets.items()})
    yield Library(database, user_id)


@pytest.mark.slow
async def test_every_song_is_named_through_noise(library: Library) -> None:
    for number in SONGS:
        assert await library.named(in_noise(excerpt(song(number), 6, 5), _NOISY_DB)) == [str(number)]


@pytest.mark.slow
async def test_songs_are_named_two_semitones_off(library: Library) -> None:
    for number, semitones in product(SONGS[:5], (-2, 2)):
        assert await library.named(stretch(excerpt(song(number), 6, 5), 1.0, semitones=semitones)) == [str(number)]


@pytest.mark.slow
async def test_of_ten_songs_nine_are_named_at_another_speed_and_none_wrongly(library: Library) -> None:
    for ratio in (0.97, 1.03):
        named = {number: await library.named(sped_up(excerpt(song(number), 6, 5), ratio)) for number in SONGS}
        assert all(titles in ([], [str(number)]) for number, titles in named.items())
        assert sum(map(bool, named.values())) >= 9


@pytest.mark.slow
async def test_a_song_that_is_not_there_is_not_named(library: Library) -> None:
    for start_s in (0, 4, 8):
        assert await library.named(excerpt(song(STRANGER), start_s, 5)) == []
        assert await library.named(in_noise(excerpt(song(STRANGER), start_s, 5), _NOISY_DB)) == []


@pytest.mark.slow
async def test_both_sources_of_a_small_mash_are_named_with_their_times(library: Library) -> None:
    """The voice and chords of song 4, a tone higher, over song 5 without its voice."""
    lead, foundation = (render(compose(seed, Wishes(bars=8)), seed=seed, sample_rate=RATE) for seed in (4, 5))
    voice = stretch(Audio(lead.stems["vocals"] + lead.stems["other"], RATE), 1.0, semitones=2).samples
    band = foundation.premaster.samples - foundation.stems["vocals"]
    length = min(voice.shape[1], band.shape[1])
    mix = voice[:, :length] / np.std(voice) + band[:, :length] / np.std(band)
    sources = await library.sources(Audio((0.1 * mix).astype(np.float32), RATE))
    assert set(sources) == {"4", "5"}
    for title, semitones in (("4", 2), ("5", 0)):
        [heard] = sources[title].heard.stretches
        assert heard.transposed_semitones == pytest.approx(semitones, abs=0.2)
        assert heard.source_start_s == pytest.approx(heard.start_s, abs=0.2)
        assert heard.end_s - heard.start_s > 0.8 * length / RATE
