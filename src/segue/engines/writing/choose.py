"""Choosing the engine that writes."""

from collections.abc import Callable
from typing import TypeVar

import structlog

from segue.engines.description import EngineDescription
from segue.engines.writing import Sound, Verse, Writer
from segue.engines.writing.offline import OfflineWriter
from segue.engines.writing.openai import Account, OpenAiWriter
from segue.kit.errors import Unavailable
from segue.kit.settings import Settings

Written = TypeVar("Written")

_log = structlog.get_logger(__name__)


def choose_writer(settings: Settings) -> Writer:
    """Return the engine that writes: the hosted one where the settings name it, with our own behind; else our own."""
    return writer_at(account_of(settings))


def writer_at(account: Account | None) -> Writer:
    """Return the engine that writes at an account, with our own behind; without one, our own."""
    return OfflineWriter() if account is None else FallingBackWriter(OpenAiWriter(account), OfflineWriter())


def describe_writers(settings: Settings) -> list[EngineDescription]:
    """Return every engine that writes."""
    account = account_of(settings)
    note = "needs SEGUE_WRITER_URL and SEGUE_WRITER_MODEL: any OpenAI-compatible API"
    if account is not None:
        note = f"{account.model} at {account.url}; where it fails, our own writes"
    return [
        EngineDescription("offline", available=True, note="names, bios, titles and lyrics by a seeded grammar"),
        EngineDescription("openai", available=account is not None, note=note),
    ]


class FallingBackWriter:
    """Has one engine write, and another one where that cannot; each time it says so in the log."""

    def __init__(self, first: Writer, second: Writer) -> None:
        self._first = first
        self._second = second
        self.name = first.name
        self.version = first.version

    def band_names(self, sound: Sound, seed: int, count: int) -> tuple[str, ...]:
        """Return names for a band; see `segue.engines.writing.Writer`."""
        return self._written(lambda writer: writer.band_names(sound, seed, count))

    def bio(self, name: str, sound: Sound, seed: int) -> str:
        """Return sentences about a band; see `segue.engines.writing.Writer`."""
        return self._written(lambda writer: writer.bio(name, sound, seed))

    def track_titles(
        self, sound: Sound, seed: int, count: int, *, avoid: frozenset[str] = frozenset()
    ) -> tuple[str, ...]:
        """Return titles for songs; see `segue.engines.writing.Writer`."""
        return self._written(lambda writer: writer.track_titles(sound, seed, count, avoid=avoid))

    def album_title(self, name: str, tracks: tuple[str, ...], sound: Sound, seed: int) -> str:
        """Return a title for an album; see `segue.engines.writing.Writer`."""
        return self._written(lambda writer: writer.album_title(name, tracks, sound, seed))

    def lyrics(
        self, sound: Sound, verses: tuple[Verse, ...], seed: int, *, title: str, explicit: bool
    ) -> tuple[tuple[str, ...], ...]:
        """Return the lines of a song; see `segue.engines.writing.Writer`."""
        return self._written(lambda writer: writer.lyrics(sound, verses, seed, title=title, explicit=explicit))

    def _written(self, write: Callable[[Writer], Written]) -> Written:
        try:
            return write(self._first)
        except Unavailable as error:
            _log.warning("writer.fell_back", engine=self._first.name, to=self._second.name, reason=error.detail)
            return write(self._second)


def account_of(settings: Settings) -> Account | None:
    """Return where the settings say that a hosted writer answers."""
    if settings.writer_url is None or settings.writer_model is None:
        return None
    key = settings.writer_key.get_secret_value() if settings.writer_key else None
    return Account(settings.writer_url, settings.writer_model, key, settings.writer_timeout_s)
