"""What a user takes with them of events: all that are theirs."""

from segue.insights.tables import Event
from segue.kit.exporting import Part, rows_part

PARTS: tuple[Part, ...] = (rows_part(Event, "account/events.jsonl"),)
