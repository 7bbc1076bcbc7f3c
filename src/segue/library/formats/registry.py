"""All formats that can be imported, and which of them a file is."""

from segue.library.formats import (
    apple,
    exportify,
    itunes,
    koito,
    lastfm,
    librefm,
    listenbrainz,
    maloja,
    panoscrobbler,
    plaintext,
    playlists,
    rockbox,
    soundiiz,
    spinitron,
    spotify,
    tunemymusic,
    vimusic,
    xspf,
    youtube,
    youtube_page,
)
from segue.library.formats.format import Format, Head, UnreadableExport

#: What a file is tried for, in this order: those that say plainly what they are come first, free text comes last.
FORMATS: tuple[Format, ...] = (
    *spotify.FORMATS,
    *exportify.FORMATS,
    *tunemymusic.FORMATS,
    *apple.FORMATS,
    *itunes.FORMATS,
    *youtube.FORMATS,
    *youtube_page.FORMATS,
    *rockbox.FORMATS,
    *xspf.FORMATS,
    *playlists.FORMATS,
    *listenbrainz.FORMATS,
    *panoscrobbler.FORMATS,
    *koito.FORMATS,
    *maloja.FORMATS,
    *lastfm.FORMATS,
    *vimusic.FORMATS,
    *soundiiz.FORMATS,
    *spinitron.FORMATS,
    *librefm.FORMATS,
    *plaintext.FORMATS,
)


def detect(head: Head) -> Format | None:
    """Return the format of a file that begins like this, or None if it is none that is known."""
    return next((each for each in FORMATS if each.recognises(head)), None)


def not_recognised() -> UnreadableExport:
    """Return the error for a file of no known format: it lists what can be imported."""
    titles = "; ".join(each.title for each in FORMATS)
    return UnreadableExport(f"This is no export that Segue knows. It can import: {titles}.")
