"""When a band's singles come together on an EP or an album."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from segue.generation.bands.tables import BandTrack

ALBUM_TRACKS: Final = 8
EP_TRACKS: Final = 4
#: Tracks that came so near to each other are of one session.
_SESSION: Final = timedelta(days=7)
#: A session is over when it has been quiet for so long.
_QUIET: Final = timedelta(days=1)

Kind = Literal["ep", "album"]


def due_collection(loose: Sequence[BandTrack], moment: datetime) -> tuple[Kind, Sequence[BandTrack]] | None:
    """Return what is to come out of a band's tracks that are on no EP and no album yet, in the order they came.

    Eight make an album, whenever they came. Four to seven that came within a week make an EP once it has been quiet
    for a day; a band with a single a week has an album every two months.
    """
    if len(loose) >= ALBUM_TRACKS:
        return "album", loose[:ALBUM_TRACKS]
    if len(loose) < EP_TRACKS or loose[-1].added_at > moment - _QUIET:
        return None
    if loose[-1].added_at - loose[0].added_at > _SESSION:
        return None
    return "ep", loose
