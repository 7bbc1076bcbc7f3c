"""Decisions about playing: from where a track is played, and what becomes of the plays that players tell of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog import service as catalog
from segue.catalog.playback import service as playback
from segue.catalog.playback.service import Gain, PlayFormat, Rendition, Transcode
from segue.catalog.songs.refs import SongRef
from segue.catalog.songs.telling import refs_of
from segue.catalog.tables import SourceTrack
from segue.kit.errors import Conflict, NotFound
from segue.kit.runtime import Runtime
from segue.library import repository
from segue.library.connects import service as connects
from segue.library.playing import counting
from segue.library.playing.counting import Outcome, Play
from segue.library.playing.embeds import Embed, EmbedPlatform, embeds_of

#: Under which plays of Segue's own players are kept.
SOURCE: Final = "segue"


class NothingToPlay(Conflict):
    """Nobody here has audio of this song, and no platform's id of it is known."""

    type = "nothing-to-play"
    title = "Nothing to play"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a listener asks for: in which format, at most how many kbit/s, at the common level or not, and where."""

    format: PlayFormat = "original"
    bit_rate_kbps: int | None = None
    normalize: bool = False
    platform: EmbedPlatform | None = None


@dataclass(frozen=True, slots=True)
class Playing:
    """From where a track is played: its own audio, or a file of the listener's of the same song, or platforms' players.

    Attributes
    ----------
    track
        What was asked for.
    audio
        The track that is heard: the same one, or an upload of the listener's; None if it is a platform that plays it.
    transcode, rendition
        What is made of the audio, and what was made, if it is there already; None where it plays as it was brought.
    gain
        That brings it to the common level.
    embeds
        Platforms' players, the best first; those of a song that plays from here, too.
    duration_ms
        None where nobody knows.
    """

    track: SourceTrack
    audio: SourceTrack | None
    transcode: Transcode | None
    rendition: Rendition | None
    gain: Gain
    embeds: Sequence[Embed]
    duration_ms: int | None


async def playing(runtime: Runtime, user_id: UUID | None, track_id: UUID, wanted: Wanted) -> Playing:
    """Return from where a track is played by a user, or by an anonymous visitor, in sessions of its own.

    Raises
    ------
    Unauthenticated, NotFound
        It is not theirs to see; see `segue.catalog.service.playable`.
    NothingToPlay
        There is no audio of it here, and no platform is known to have it.
    """
    async with runtime.database.session(user_id) as session:
        found = await _found(session, user_id, track_id, wanted)
    if found.audio is None or found.transcode is None:
        return found
    # Renditions are the system's, and nobody may wait for a connection while they hold another.
    return replace(found, rendition=await playback.kept(runtime, found.audio, found.transcode))


async def _found(session: AsyncSession, user_id: UUID | None, track_id: UUID, wanted: Wanted) -> Playing:
    track = await catalog.playable(session, track_id, signed_in=user_id is not None)
    song = (await refs_of(session, [track_id]))[track_id]
    audio = track if track.asset else None
    if audio is None and user_id is not None:
        audio = await playback.own_file(session, user_id, song)
    embeds = await _embeds(session, user_id, song, wanted)
    if audio is None and not embeds:
        raise _nothing(song)
    transcode, gain = None, Gain(None, None, None)
    if audio is not None:
        asset = catalog.audio_of(audio)
        gain = playback.gain_of(asset)
        transcode = playback.choose(
            asset, wanted.format, bit_rate_kbps=wanted.bit_rate_kbps, normalize=wanted.normalize
        )
    length = await playback.lengths_of(session, [(audio or track).id])
    return Playing(track, audio, transcode, None, gain, embeds, length[(audio or track).id].duration_ms)


async def tell(
    session: AsyncSession, user_id: UUID, plays: Sequence[Play], *, stopped: Sequence[UUID]
) -> list[Outcome]:
    """Keep what a player of ours tells of plays; return what became of each, in order.

    Parameters
    ----------
    stopped
        Tracks that play no more.

    Raises
    ------
    NotFound
        The listener may see none of the tracks.
    """
    outcomes = await counting.count(session, user_id, plays, source=SOURCE)
    if outcomes and all(outcome == "not found" for outcome in outcomes):
        raise NotFound("There is no such track, or it is not yours to see.")
    for track_id in stopped:
        await repository.stop_playing(session, user_id, track_id)
    return outcomes


async def _embeds(session: AsyncSession, user_id: UUID | None, song: SongRef, wanted: Wanted) -> Sequence[Embed]:
    if not song.ids:
        return ()
    connected = [] if user_id is None else await connects.connections_of(session, user_id)
    ids = {str(kind): value for kind, value in song.ids.items()}
    return embeds_of(ids, preferred=wanted.platform, connected={one.platform for one in connected})


def _nothing(song: SongRef) -> NothingToPlay:
    return NothingToPlay(
        "There is no audio of this song here, and no platform is known to have it. Upload a file of it, or connect an"
        " account that has it (/connects): then it plays here, or in the platform's own player.",
        song_title=song.title,
        artist=song.artist,
        isrc=song.isrc,
    )
