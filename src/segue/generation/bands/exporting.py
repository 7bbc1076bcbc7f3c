"""What a user takes with them of bands: their own with all releases, and those that they follow.

Covers are left out: they are drawn from what is here, and any Segue draws the same ones.
"""

from segue.catalog.exporting import named_rows_part
from segue.generation.bands.tables import Band, BandFollow, BandRelease, BandReleaseTrack, BandTrack
from segue.kit.exporting import Part, rows_part

PARTS: tuple[Part, ...] = (
    rows_part(Band, "bands/bands.jsonl"),
    named_rows_part(BandTrack, "bands/tracks.jsonl"),
    rows_part(BandRelease, "bands/releases.jsonl"),
    named_rows_part(BandReleaseTrack, "bands/release-tracks.jsonl"),
    rows_part(BandFollow, "bands/follows.jsonl"),
)
