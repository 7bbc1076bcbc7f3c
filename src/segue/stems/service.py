"""The stems' decisions: when to separate, what a track's stems are."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segue.audio.files import OUR_LIMITS, probe
from segue.catalog import service as catalog
from segue.catalog.playback import service as playback
from segue.catalog.tables import Asset
from segue.engines.separation import STEM_NAMES, Separator
from segue.engines.separation.choose import choose_separator
from segue.engines.separation.options import EngineChoice, optional_engines
from segue.kit.errors import NotFound
from segue.kit.jobs import JobContext
from segue.kit.storage import Blob
from segue.stems import repository
from segue.stems.separation import THREADS, separate_file
from segue.stems.tables import Stem


async def ensure_separated(job: JobContext, track_id: UUID, *, share: tuple[int, int]) -> Sequence[Stem]:
    """Return the stems of a track of the job's user, separated now unless the same audio has been before.

    Parameters
    ----------
    share
        From where to where the job's progress goes, in percent.
    """
    settings = job.runtime.settings
    # In a thread: choosing loads weights, and the worker's event loop has heartbeats to send.
    separator = await asyncio.to_thread(
        choose_separator,
        settings.separation_engine,
        settings.models_dir,
        threads=THREADS,
        optional=optional_engines(settings),
    )
    engine = {"engine": separator.name, "engine_version": separator.version}
    async with job.session() as session:
        _, asset = await catalog.own_audio(session, track_id, job.user_id)
        assets = await repository.separation_of(session, asset.id, **engine)
    if len(assets) < len(STEM_NAMES):
        assets = await _separate(job, asset, separator, share=share)
    async with job.session() as session:
        return await repository.ensure_stems(session, user_id=job.user_id, track_id=track_id, assets=assets, **engine)


async def add_made_stems(
    session: AsyncSession,
    *,
    user_id: UUID,
    track_id: UUID,
    engine: str,
    engine_version: str,
    assets: Mapping[str, UUID],
) -> Sequence[Stem]:
    """Return the true stems of a track that an engine made, added now if they are not there.

    Parameters
    ----------
    assets
        By the stems' names.
    """
    how = {"engine": engine, "engine_version": engine_version}
    return await repository.ensure_stems(session, user_id=user_id, track_id=track_id, assets=assets, **how)


async def _separate(job: JobContext, asset: Asset, separator: Separator, *, share: tuple[int, int]) -> dict[str, UUID]:
    """Separate an asset, store its stems, and return their assets by name."""
    runtime, settings = job.runtime, job.runtime.settings
    with job.scratch_folder() as folder:
        async with runtime.storage.local_file(asset.sha256) as path:
            files = await job.run(
                separate_file,
                path,
                folder,
                EngineChoice(separator.name, settings.models_dir, optional_engines(settings)),
                catalog.decode_limits(settings),
                share=share,
            )
        # Blobs first, rows after: a crash between them leaves a blob that the next try finds stored.
        stored = {
            name: (
                await runtime.storage.put_file(file, media_type="audio/flac"),
                await asyncio.to_thread(probe, file, OUR_LIMITS),
                file,
            )
            for name, file in files.items()
        }
        # A separation is everyone's: users' sessions may read it, and only the system may add one.
        async with runtime.database.system_session() as session:
            assets: dict[str, UUID] = {
                name: (await catalog.keep_asset(session, runtime.storage, *kept)).id for name, kept in stored.items()
            }
            await repository.store_separation(
                session, asset.id, engine=separator.name, engine_version=separator.version, assets=assets
            )
    return assets


async def stems_of(session: AsyncSession, track_id: UUID, user_id: UUID) -> Sequence[Stem]:
    """Return the stems of a track of this user; empty until it is separated."""
    await catalog.own_track(session, track_id, user_id)
    return await repository.stems_of(session, track_id)


async def own_stems(session: AsyncSession, stem_ids: Sequence[UUID], user_id: UUID) -> Sequence[Stem]:
    """Return these stems of this user, in the order asked for.

    Raises
    ------
    NotFound
        One of them is not there, or is another's.
    """
    found = {stem.id: stem for stem in await repository.stems(session, stem_ids, user_id)}
    missing = [str(stem_id) for stem_id in stem_ids if stem_id not in found]
    if missing:
        raise NotFound(f"There is no such stem of yours: {', '.join(missing)}.")
    return [found[stem_id] for stem_id in stem_ids]


async def assets_of(session: AsyncSession, user_id: UUID) -> Sequence[UUID]:
    """Return the assets that a user's tracks and stems play."""
    return await repository.assets_of(session, user_id)


async def unused_assets(session: AsyncSession, *, made_before: datetime, after: UUID, limit: int) -> Sequence[UUID]:
    """Return the first assets behind `after` that nothing plays any more, in ascending order."""
    return await repository.unused_assets(session, made_before=made_before, after=after, limit=limit)


async def forget_asset(session: AsyncSession, asset_id: UUID) -> list[Blob]:
    """Forget an asset that nothing plays any more, with all that was heard in it and made of it.

    Parameters
    ----------
    session
        The system's: assets are nobody's.

    Returns
    -------
    list of Blob
        The files that may go once the transaction is committed; empty if the asset is in use.
    """
    asset = await catalog.hold_asset(session, asset_id)
    if asset is None or await repository.is_used(session, asset_id):
        return []
    made = await repository.delete_separations_of(session, asset_id)
    await catalog.delete_asset(session, asset_id)
    forgotten = [Blob(asset.sha256, asset.size_bytes), *await playback.forget_of(session, asset.sha256)]
    for product in dict.fromkeys(made):
        forgotten += await forget_asset(session, product)
    return forgotten
