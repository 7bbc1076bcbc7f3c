"""The writer that is always there: a seeded grammar of its own words, without a model or a network."""

from segue.engines.writing import Sound, Verse
from segue.engines.writing.bios import bio_of
from segue.engines.writing.lyrics import write_lyrics
from segue.engines.writing.naming import album_title, band_names, track_titles


class OfflineWriter:
    """Writes by a grammar: the same seed gives the same words, clean unless others are asked for."""

    name = "offline"
    version = "1"

    def band_names(self, sound: Sound, seed: int, count: int) -> tuple[str, ...]:
        """Return names for a band; see `segue.engines.writing.Writer`."""
        return band_names(sound, seed, count)

    def bio(self, name: str, sound: Sound, seed: int) -> str:
        """Return sentences about a band; see `segue.engines.writing.Writer`."""
        return bio_of(name, sound, seed)

    def track_titles(
        self, sound: Sound, seed: int, count: int, *, avoid: frozenset[str] = frozenset()
    ) -> tuple[str, ...]:
        """Return titles for songs; see `segue.engines.writing.Writer`."""
        return track_titles(sound, seed, count, avoid)

    def album_title(self, name: str, tracks: tuple[str, ...], sound: Sound, seed: int) -> str:  # noqa: ARG002
        """Return a title for an album; see `segue.engines.writing.Writer`."""
        return album_title(tracks, sound, seed)

    def lyrics(
        self,
        sound: Sound,
        verses: tuple[Verse, ...],
        seed: int,
        *,
        title: str,  # noqa: ARG002 - the grammar cannot sing of just anything
        explicit: bool,
    ) -> tuple[tuple[str, ...], ...]:
        """Return the lines of a song; see `segue.engines.writing.Writer`."""
        return write_lyrics(sound, verses, seed, explicit=explicit)
