"""What a user takes with them of the studio: their mashups, what sounds in them, credits and lineage.

The sound itself is among the catalogue's audio: a mashup is a track, too.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select

from segue.kit.exporting import Part, rows_part
from segue.studio.tables import Mashup, MashupStem, RemixRelation, StemMashupLink


def _of_mashups(column: Any, mashups: Any, user_id: UUID) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = column.in_(select(mashups).where(Mashup.user_id == user_id))
    return condition


PARTS: tuple[Part, ...] = (
    rows_part(Mashup, "studio/mashups.jsonl"),
    rows_part(
        MashupStem,
        "studio/mashup-stems.jsonl",
        of=lambda user_id: _of_mashups(MashupStem.mashup_id, Mashup.id, user_id),
    ),
    rows_part(
        StemMashupLink,
        "studio/credits.jsonl",
        of=lambda user_id: _of_mashups(StemMashupLink.mashup_id, Mashup.id, user_id),
    ),
    rows_part(
        RemixRelation,
        "studio/lineage.jsonl",
        of=lambda user_id: _of_mashups(RemixRelation.child_track_id, Mashup.track_id, user_id),
    ),
)
