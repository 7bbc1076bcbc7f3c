"""All that a user takes with them, and why some tables that refer to users are in none of it."""

from typing import Final

from segue.accounts import exporting as accounts
from segue.accounts.notifications import exporting as notifications
from segue.catalog import exporting as catalog
from segue.discovery import exporting as discovery
from segue.generation import exporting as generation
from segue.generation.bands import exporting as bands
from segue.insights import exporting as insights
from segue.kit.exporting import Part, rows_part
from segue.kit.jobs import Job
from segue.kit.web.idempotency import StoredAnswer
from segue.library import exporting as library
from segue.stems import exporting as stems
from segue.studio import exporting as studio
from segue.taste import exporting as taste

PARTS: Final[tuple[Part, ...]] = (
    *accounts.PARTS,
    *insights.PARTS,
    *catalog.PARTS,
    *library.PARTS,
    *taste.PARTS,
    *stems.PARTS,
    *studio.PARTS,
    *generation.PARTS,
    *discovery.PARTS,
    *bands.PARTS,
    *notifications.PARTS,
    rows_part(Job, "jobs.jsonl", leave_out=("ticket_id", "turn")),
    # The answers themselves are what the user was sent.
    rows_part(StoredAnswer, "account/kept-answers.jsonl", leave_out=("fingerprint", "body")),
)
#: Tables that lead to users, and whose rows are nevertheless nobody's.
NOBODYS: Final = {
    "songs": "external tracks: the catalogue's, whoever named them first",
    "song_lookups": "of external tracks",
    "song_identifiers": "of external tracks",
    "music_files": "the operator's own folders of music, heard for external tracks",
}
#: Name users without a foreign key, since the kit knows no domain: `api.privacy.deletion` deletes from them.
WITHOUT_KEY: Final = frozenset({"ai_jobs", "idempotency_keys"})

README: Final = """\
This is all that Segue knows of you, as of the moment it was made.

Files that end in .jsonl hold one JSON object on each line: a row of the table that they are called after, with its
columns. Moments are in ISO 8601, UTC; where a row names a track by its id, "song" says which song that is.

library/listens.jsonl, skips.jsonl   every play and skip, as ListenBrainz's exports have them
library/likes.jsonl                  what you like (score 1) and ban (-1), as ListenBrainz has feedback
library/playlists/*.jspf             playlists, as JSPF (https://musicbrainz.org/doc/jspf)
library/playlist-*.jsonl             their edits, who shares them with you, what you said of them
library/covers/                      the covers that you uploaded for them
library/songs.jsonl                  the songs that you keep, with ratings and counts
library/imports.jsonl and others     the files that you brought, and what could not be read of them
taste/                               your taste vector and its facets, preferences, feedback
catalog/tracks.jsonl                 your tracks, with what was heard in their audio
audio/                               the audio itself: uploads, what was generated, mashups, stems
generation/                          what was made for you, from what and why; scores and projects
studio/                              stems, mashups, credits, lineage
bands/                               your bands, their releases, and the bands that you follow
discovery/                           your queue, and the radio that fills it
account/, jobs.jsonl                 your account, sign-ins, private sessions, what you were told, background work

Secrets are left out: passwords and tokens are kept as hashes, and those of connected platforms sealed.

Any Segue takes listens, skips, likes and playlists again: send this ZIP, or one of the files, to POST /api/v1/ingest.
"""
