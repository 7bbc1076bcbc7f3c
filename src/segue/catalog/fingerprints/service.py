"""The decisions of recognising: what is fingerprinted, and what of others' recordings may be told."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from segue.audio.landmark_sources import FoundSource
from segue.audio.landmarks import IntArray, Peaks
from segue.catalog import service as catalog
from segue.catalog.fingerprints import repository
from segue.catalog.fingerprints.listening import peaks_of_file
from segue.catalog.fingerprints.recognising import Recognised, find_sources, identify
from segue.catalog.tables import SourceTrack
from segue.kit.errors import SegueError
from segue.kit.jobs import JobContext

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Source:
    """A track that sounds in a mix."""

    track: SourceTrack
    heard: FoundSource


class _Seen:
    """The recordings of which a user may see a track: landmarks are everyone's, what they are of is not.

    Parameters
    ----------
    session
        The user's.
    leave_out
        An asset that is not to be found: the mix itself.
    """

    def __init__(self, session: AsyncSession, leave_out: UUID | None = None) -> None:
        self._session, self._leave_out = session, leave_out
        self._told_of: dict[int, bool] = {}

    async def lookup(self, hashes: IntArray) -> tuple[IntArray, IntArray]:
        """Return the hash of each landmark that has one of these hashes, and its posting."""
        return await repository.lookup(self._session, hashes)

    async def told_of(self, numbers: Collection[int]) -> Collection[int]:
        """Return those that the user may see; a mix asks for the same ones again and again."""
        new = [number for number in numbers if number not in self._told_of]
        seen = await repository.seen(self._session, new, self._leave_out) if new else set()
        self._told_of.update((number, number in seen) for number in new)
        return [number for number in numbers if self._told_of[number]]

    async def peaks(self, numbers: Collection[int]) -> Mapping[int, Peaks]:
        """Return the peaks of recordings."""
        return await repository.peaks_of(self._session, numbers)


async def ensure_fingerprinted(job: JobContext, track_id: UUID, *, share: tuple[int, int]) -> None:
    """Fingerprint the audio of a track of the job's user, unless the same audio has been before.

    Parameters
    ----------
    share
        From where to where the job's progress goes, in percent.
    """
    async with job.session() as session:
        _, asset = await catalog.own_audio(session, track_id, job.user_id)
        if await repository.peaks_of_asset(session, asset.id) is not None:
            return
    limits = catalog.decode_limits(job.runtime.settings)
    async with job.runtime.storage.local_file(asset.sha256) as path:
        peaks = await job.run(peaks_of_file, path, limits, share=share)
    async with job.runtime.database.system_session() as session:
        await repository.store(session, {asset.id: peaks})


async def try_to_fingerprint(job: JobContext, track_id: UUID, *, share: tuple[int, int]) -> None:
    """Do as `ensure_fingerprinted`; where it fails the song is merely not recognised, and the log says why."""
    try:
        await ensure_fingerprinted(job, track_id, share=share)
    except SegueError as error:
        _log.warning("fingerprint_failed", track_id=str(track_id), reason=error.detail)


async def identified(
    session: AsyncSession, excerpt: Peaks, duration_s: float, user_id: UUID, *, leave_out: UUID | None = None
) -> list[tuple[SourceTrack, Recognised]]:
    """Return the tracks that an excerpt is of, among those that this user may see, best first.

    Parameters
    ----------
    leave_out
        An asset that is not to be found: the excerpt's own, if it has one.
    """
    found = await identify(_Seen(session, leave_out), excerpt, duration_s)
    tracks = await repository.tracks(session, [match.number for match in found], user_id)
    return [(tracks[match.number], match) for match in found if match.number in tracks]


async def sources_of(session: AsyncSession, track: SourceTrack, user_id: UUID) -> list[Source] | None:
    """Return the tracks that sound in a track, among those that this user may see, or ``None``: not fingerprinted."""
    asset = catalog.audio_of(track)
    own = await repository.peaks_of_asset(session, asset.id)
    return None if own is None else await sources_in(session, own[1], user_id, leave_out=asset.id)


async def sources_in(
    session: AsyncSession, mix: Peaks, user_id: UUID, *, leave_out: UUID | None = None
) -> list[Source]:
    """Return the tracks that sound in a mix, among those that this user may see, the most heard first."""
    found = await find_sources(_Seen(session, leave_out), mix)
    tracks = await repository.tracks(session, [source.number for source in found], user_id)
    return [Source(tracks[source.number], source) for source in found if source.number in tracks]
