"""Every column that names a stored file, and when its rows need that file: what is in none of them may be deleted."""

from datetime import timedelta
from typing import Final

from sqlalchemy import func

from segue.accounts.tables import DataExport
from segue.catalog.playback.tables import Rendition
from segue.catalog.tables import Asset
from segue.generation.bands.tables import Band, BandRelease
from segue.generation.tables import GenerationFile
from segue.kit.blobs import BlobHolder
from segue.library.tables import Import, Playlist

#: An import that has not been read for so long never will be; a screenshot waits for its owner however long it takes.
_AWAITED: Final = timedelta(days=7)

HOLDERS: Final = (
    BlobHolder(Asset.sha256),
    BlobHolder(Rendition.sha256),
    BlobHolder(
        Import.sha256,
        Import.awaits_review | (Import.completed_at.is_(None) & (Import.created_at > func.now() - _AWAITED)),
    ),
    BlobHolder(DataExport.sha256),
    BlobHolder(Band.cover_sha256),
    BlobHolder(BandRelease.cover_sha256),
    BlobHolder(GenerationFile.sha256),
    BlobHolder(Playlist.cover_sha256),
)
#: Tables that name files by their content which are not Segue's to keep, or to delete.
ELSEWHERE: Final = {"music_files": "the operator's own folders of music"}
