"""Accounts elsewhere: what was heard in private is not fetched from there, and who leaves is let go of there, too."""

import pytest

from segue.accounts.tables import PrivateSession
from segue.kit.runtime import Runtime
from segue.library.formats.reading import iso_moment_of
from tests.api.privacy.belongings import delete_me, rows_naming
from tests.library.connects.conftest import Platforms, connect, heard, look, platforms, runtime
from tests.library.connects.spotify_server import track
from tests.songs import Caller

__all__ = ["platforms", "runtime"]

PLAYS = [
    (track("Harbour Lights", "The Piers", 1), "2024-03-01T10:03:20.000Z"),
    (track("Low Tide", "The Piers", 2), "2024-03-01T11:03:20.000Z"),
    (track("Glass Orchard", "Mira Vale", 3), "2024-03-01T12:03:20.000Z"),
]


async def test_what_was_heard_in_private_is_not_fetched(caller: Caller, runtime: Runtime, platforms: Platforms) -> None:
    began, ended = iso_moment_of("2024-03-01T10:50:00Z"), iso_moment_of("2024-03-01T11:20:00Z")
    async with runtime.database.session(caller.user.user_id) as session:
        session.add(PrivateSession(user_id=caller.user.user_id, began_at=began, ends_at=ended))
    await connect(caller, platforms, "spotify")
    platforms.spotify.plays = PLAYS
    assert (await look(runtime, caller, "spotify")).error is None
    assert sorted(await heard(runtime, caller)) == ["Glass Orchard", "Harbour Lights"]


@pytest.mark.parametrize("answers", [True, False])
async def test_who_leaves_is_let_go_of_by_the_platforms(
    caller: Caller, runtime: Runtime, platforms: Platforms, answers: bool
) -> None:
    await connect(caller, platforms, "spotify")
    await connect(caller, platforms, "youtube_music")
    if not answers:
        platforms.youtube_music.interruptions["/revoke"] = [(500, {}, {})] * 3
    assert await delete_me(caller) == 204
    assert await rows_naming(runtime, caller.user.user_id) == {}
    assert len(platforms.youtube_music.revoked) == answers
