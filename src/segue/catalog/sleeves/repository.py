"""All SQL of sleeves."""

from uuid import UUID

from sqlalchemy import cast, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog.sleeves.tables import AssetSleeve
from segue.catalog.tables import Asset


async def of(session: AsyncSession, asset_id: UUID) -> AssetSleeve | None:
    """Return the sleeve of an asset, if it was looked for."""
    return await session.get(AssetSleeve, asset_id)


async def keep(session: AsyncSession, asset_id: UUID, *, picture: bytes | None, lyrics: str | None) -> None:
    """Keep what came with an asset, if that is there still; what somebody else has kept meanwhile is the same."""
    values = select(Asset.id, cast(picture, AssetSleeve.picture.type), cast(lyrics, AssetSleeve.lyrics.type))
    new = insert(AssetSleeve).from_select(["asset_id", "picture", "lyrics"], values.where(Asset.id == asset_id))
    await session.execute(new.on_conflict_do_nothing())
