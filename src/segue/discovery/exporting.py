"""What a listener takes with them of discovery: their queue and their radio."""

from segue.catalog.exporting import named_rows_part
from segue.discovery.tables import Queue, QueueItem, Radio, RadioGeneration
from segue.kit.exporting import Part, rows_part

PARTS: tuple[Part, ...] = (
    rows_part(Queue, "discovery/queue.jsonl"),
    named_rows_part(QueueItem, "discovery/queue-items.jsonl"),
    rows_part(Radio, "discovery/radio.jsonl"),
    rows_part(RadioGeneration, "discovery/radio-generations.jsonl"),
)
