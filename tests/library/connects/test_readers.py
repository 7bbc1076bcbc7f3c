"""Whatever a platform answers, what reads it raises nothing but its own errors."""

from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.kit.errors import SegueError
from segue.kit.settings import Settings
from segue.library.connects.platforms.registry import PLATFORMS
from segue.library.formats.entries import Entry, Kept, Listen

#: What the platforms call things.
NAMES = (
    "items data track tracks item id name title artists artist album added_at played_at next cursors after owner "
    "collaborative snapshot_id duration_ms external_ids isrc release_date payload listens listened_at track_metadata "
    "artist_name track_name feedback score created total_count playlists playlist identifier playlist_count extension "
    "recenttracks lovedtracks @attr totalPages date uts nowplaying #text mbid attributes artistName durationInMillis "
    "playParams catalogId type value meta total snippet publishedAt contentDetails videoId relatedPlaylists likes "
    "nextPageToken etag channelTitle categoryId duration timestamp time_add checksum is_loved_track"
)
KEYS = NAMES.split()
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["2024-01-01T00:00:00Z", "1700000000", "0000000000000000000001", "LL", "true"]),
)
ANSWERS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=8)),
    max_leaves=25,
)


class AnyAnswer:
    """An account at a platform that answers anything, for a while."""

    account = "listener"

    def __init__(self, data: st.DataObject) -> None:
        self._data = data
        self._left = 8

    async def get(self, _path: str, **_params: object) -> object:
        self._left -= 1
        return self._data.draw(ANSWERS) if self._left >= 0 else {}


@pytest.mark.parametrize("name", PLATFORMS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
async def test_no_answer_breaks_a_reader(name: Any, data: st.DataObject) -> None:
    kind = PLATFORMS[name]
    opened = kind.__new__(kind)  # reading asks for no settings, and Apple's for a key
    opened.settings = Settings(_env_file=None)
    for reader in opened.readers().values():
        access: Any = AnyAnswer(data)
        entries: list[Entry] = []
        try:
            async for batch in reader(access, {}):
                entries += batch.entries
        except SegueError:
            continue
        for entry in islice(entries, 20):
            if isinstance(entry, Listen | Kept):
                assert entry.song.title
