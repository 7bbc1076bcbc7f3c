"""From where a track is played: its own audio, one's own file of it, a platform's player, or nothing yet."""

import asyncio
from math import log10
from pathlib import Path
from uuid import UUID

import pytest

from segue.audio.files import OUR_LIMITS, decode
from segue.audio.loudness import measure_loudness
from segue.catalog.songs.service import SongRef, resolve
from segue.catalog.tables import SourceTrack
from segue.kit.ids import new_id
from segue.kit.runtime import Runtime
from segue.library.playing.embeds import embeds_of
from tests.songs import Caller, song_file, worker_of

IDS = {"spotify": "4uLU6hMCjMI75M1A2tKUQC", "apple": "1440857781", "youtube": "dQw4w9WgXcQ", "deezer": "3135556"}


async def known_song(runtime: Runtime, title: str = "Low Tide", **more: object) -> UUID:
    async with runtime.database.system_session() as session:
        ref = SongRef(title=title, artist="Ann Vale", **more)  # type: ignore[arg-type]
        return (await resolve(session, [ref]))[0].track_id


class TestAudio:
    async def test_an_anonymous_visitor_is_refused(self, anonymous: Caller, caller: Caller, tmp_path: Path) -> None:
        track_id = (await caller.uploaded(song_file(tmp_path, bars=1)))["track_id"]
        for path in (f"/play/{track_id}", f"/tracks/{track_id}/waveform"):
            assert (await anonymous.get(path)).status_code == 401

    async def test_another_users_track_is_not_found(self, caller: Caller, other: Caller, tmp_path: Path) -> None:
        track_id = (await caller.uploaded(song_file(tmp_path, bars=1)))["track_id"]
        for path in (f"/play/{track_id}", f"/tracks/{track_id}/waveform"):
            assert (await other.get(path)).status_code == 404

    async def test_it_plays_as_it_was_brought_by_ranges_until_asked_otherwise(
        self, caller: Caller, tmp_path: Path
    ) -> None:
        song = song_file(tmp_path, bars=1)
        track_id = (await caller.uploaded(song))["track_id"]
        playable = (await caller.get(f"/play/{track_id}")).json()
        assert (playable["type"], playable["format"], playable["ready"]) == ("real", "flac", True)
        assert (playable["embed_url"], playable["embeds"], playable["audio_track_id"]) == (None, [], track_id)
        assert playable["gapless"]["samples"] == round(playable["duration_s"] * playable["gapless"]["sample_rate"])
        part = await caller.client.get(playable["url"], headers={"Range": "bytes=100-199"})
        assert (part.status_code, part.content) == (206, song.read_bytes()[100:200])
        same = (await caller.get(f"/play/{track_id}?format=flac")).json()
        assert same["url"] == playable["url"]
        small = (await caller.get(f"/play/{track_id}?bitrate=100")).json()
        assert (small["format"], small["bit_rate_kbps"], small["media_type"]) == ("opus", 96, "audio/ogg")

    async def test_as_many_as_there_are_connections_can_be_told_at_once(
        self, caller: Caller, runtime: Runtime, tmp_path: Path
    ) -> None:
        track_id = (await caller.uploaded(song_file(tmp_path, bars=1)))["track_id"]
        at_once = 2 * runtime.database.engine.pool.size()  # type: ignore[attr-defined]
        answers = asyncio.gather(*(caller.get(f"/play/{track_id}?format=opus") for _ in range(2 * at_once)))
        assert {answer.status_code for answer in await asyncio.wait_for(answers, 20)} == {200}

    @pytest.mark.slow
    async def test_it_is_brought_to_the_common_level_without_clipping(
        self, caller: Caller, runtime: Runtime, tmp_path: Path
    ) -> None:
        upload = await caller.uploaded(song_file(tmp_path, bars=2))
        track_id = upload["track_id"]
        assert (await caller.get(f"/tracks/{track_id}/waveform")).status_code == 409
        async with worker_of(runtime):
            await caller.completed(upload["job_id"])
        wave = (await caller.get(f"/tracks/{track_id}/waveform")).json()
        assert (len(wave["peaks"]), 0 < max(wave["peaks"]) <= 1) == (1000, True)
        path = f"/play/{track_id}?format=mp3&bitrate=320&normalize=true"
        before = (await caller.get(path)).json()
        assert (before["ready"], before["gapless"], before["applied_gain_db"]) == (False, None, before["gain_db"])
        assert before["gain_db"] == pytest.approx(
            min(-14 - before["loudness_lufs"], -1 - 20 * log10(before["peak"])), abs=0.06
        )
        await caller.client.get(before["url"])
        after = (await caller.get(path)).json()
        assert (after["ready"], after["url"]) == (True, before["url"])
        file = tmp_path / "played.mp3"
        file.write_bytes((await caller.client.get(after["url"])).content)
        heard = decode(file, OUR_LIMITS).audio
        measured = measure_loudness(heard)
        assert heard.length == after["gapless"]["samples"]
        assert measured.integrated_lufs == pytest.approx(before["loudness_lufs"] + before["gain_db"], abs=0.3)
        assert measured.true_peak_dbtp < 0


class TestPlatforms:
    async def test_a_song_without_audio_plays_at_the_platform_that_suits(
        self, caller: Caller, anonymous: Caller, runtime: Runtime
    ) -> None:
        track_id = await known_song(runtime, ids=IDS)
        playable = (await anonymous.get(f"/play/{track_id}")).json()
        assert (playable["type"], playable["url"], playable["media_type"]) == ("real", None, None)
        assert [embed["platform"] for embed in playable["embeds"]] == ["youtube", "spotify", "apple_music", "deezer"]
        assert playable["embed_url"] == "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"
        asked = (await caller.get(f"/play/{track_id}?platform=deezer")).json()
        assert asked["embed_url"] == "https://widget.deezer.com/widget/auto/track/3135556"

    async def test_a_file_of_ones_own_of_the_same_song_comes_first(
        self, caller: Caller, other: Caller, runtime: Runtime, tmp_path: Path
    ) -> None:
        track_id = await known_song(runtime, title="Harbour Lights", ids=IDS)
        upload = await caller.uploaded(song_file(tmp_path, "Harbour Lights.flac", bars=1))
        async with runtime.database.session(caller.user.user_id) as session:
            (await session.get_one(SourceTrack, UUID(upload["track_id"]))).artist = "Ann Vale"
        mine = (await caller.get(f"/play/{track_id}")).json()
        assert (mine["audio_track_id"], mine["embed_url"]) == (upload["track_id"], None)
        assert (await caller.client.get(mine["url"])).status_code == 200
        theirs = (await other.get(f"/play/{track_id}")).json()
        assert (theirs["audio_track_id"], theirs["url"]) == (None, None)

    async def test_a_song_that_nobody_has_says_what_to_do(self, caller: Caller, runtime: Runtime) -> None:
        response = await caller.get(f"/play/{await known_song(runtime, isrc='GBAYE0601477')}")
        assert (response.status_code, response.json()["type"]) == (409, "urn:segue:error:nothing-to-play")
        assert "Upload a file" in response.json()["detail"]
        assert response.json()["isrc"] == "GBAYE0601477"
        assert (await caller.get(f"/play/{new_id()}")).status_code == 404

    def test_players_of_connected_accounts_come_first_and_one_that_is_asked_for_before_them(self) -> None:
        connected = embeds_of(IDS, connected={"deezer", "lastfm"})
        assert connected[0].platform == "deezer"
        assert embeds_of(IDS, preferred="spotify", connected={"deezer"})[0].platform == "spotify"

    @pytest.mark.parametrize("value", ["../../evil", "a b", "<script>", "x" * 300, ""])
    def test_no_id_leads_elsewhere(self, value: str) -> None:
        assert list(embeds_of(dict.fromkeys(IDS, value))) == []
