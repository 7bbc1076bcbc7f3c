"""What a listener takes with them of their taste: what they said, and all that was made of it."""

from segue.catalog.exporting import named_rows_part
from segue.kit.exporting import Part, rows_part
from segue.taste.tables import Feedback, Taste, TasteFacet, TasteMove

PARTS: tuple[Part, ...] = (
    rows_part(Taste, "taste/taste.jsonl"),
    rows_part(TasteFacet, "taste/facets.jsonl"),
    named_rows_part(TasteMove, "taste/moves.jsonl"),
    named_rows_part(Feedback, "taste/feedback.jsonl"),
)
