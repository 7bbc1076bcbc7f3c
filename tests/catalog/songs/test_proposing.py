"""Songs are proposed for names that were read, and none are added."""

from segue.catalog.songs.service import ACCEPTED, Proposal, SongRef, Written, found_songs, propose, resolve
from segue.kit.database import Database
from segue.kit.ids import new_id

SONGS = [
    SongRef(title="Harbour Lights", artist="The Piers", duration_ms=221_000),
    SongRef(title="Harbour Lights (Live)", artist="The Piers", duration_ms=260_000),
    SongRef(title="Harbour Lights"),
    SongRef(title="Glass Orchard", artist="Mira Vale"),
    SongRef(title="The Long Way Home From The Sea", artist="Ola Winter"),
]


async def proposed(database: Database, *written: Written) -> list[list[Proposal]]:
    async with database.system_session() as session:
        await resolve(session, SONGS)
    async with database.session(new_id()) as session:
        return await propose(session, written)


def names(proposals: list[Proposal]) -> list[str]:
    return [proposal.song.title for proposal in proposals]


async def test_the_song_of_that_name_comes_first_and_what_it_may_be_follows(database: Database) -> None:
    (found,) = await proposed(database, Written(SongRef(title="Harbour Lights", artist="Piers")))
    assert [(proposal.song.title, proposal.song.artist) for proposal in found] == [
        ("Harbour Lights", "The Piers"),
        ("Harbour Lights", None),
    ]
    assert found[0].score >= ACCEPTED > found[1].score


async def test_slips_in_title_and_artist_are_forgiven(database: Database) -> None:
    (found,) = await proposed(database, Written(SongRef(title="Glas Orchrad", artist="Mlra Vale")))
    assert names(found) == ["Glass Orchard"]


async def test_of_a_title_that_is_cut_its_beginning_is_enough(database: Database) -> None:
    ref = SongRef(title="The Long Way Ho", artist="Ola Winter")
    whole, cut = await proposed(database, Written(ref), Written(ref, title_is_cut=True))
    assert not whole or whole[0].score < ACCEPTED
    assert names(cut) == ["The Long Way Home From The Sea"]
    assert cut[0].score >= ACCEPTED


async def test_what_the_catalogue_has_not_is_not_added(database: Database) -> None:
    assert await proposed(database, Written(SongRef(title="Nowhere", artist="Nobody")), Written(SongRef(title=""))) == [
        [],
        [],
    ]
    async with database.session(new_id()) as session:
        assert await propose(session, [Written(SongRef(title="Nowhere", artist="Nobody"))]) == [[]]


async def test_each_gets_its_own_in_order(database: Database) -> None:
    found = await proposed(
        database,
        Written(SongRef(title="Glass Orchard", artist="Mira Vale")),
        Written(SongRef(title="Harbour Lights", artist="The Piers")),
    )
    assert [names(one)[0] for one in found] == ["Glass Orchard", "Harbour Lights"]


async def test_nothing_is_proposed_for_nothing(database: Database) -> None:
    async with database.session(new_id()) as session:
        assert await propose(session, []) == []


async def test_songs_are_found_by_their_tracks(database: Database) -> None:
    async with database.system_session() as session:
        (one, *_) = await resolve(session, SONGS)
    async with database.session(new_id()) as session:
        songs = await found_songs(session, [one.track_id, new_id()])
    assert {track_id: song.title for track_id, song in songs.items()} == {one.track_id: "Harbour Lights"}
