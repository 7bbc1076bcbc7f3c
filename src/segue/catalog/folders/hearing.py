"""From a file to all that is known of its song: what a child process does for each file of a folder."""

import hashlib
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from segue.audio.analysis import Analysis
from segue.audio.files import DecodeLimits
from segue.audio.report import finite
from segue.audio.signal import FloatArray, Progress, no_progress
from segue.catalog.folders.tags import FileTags, tags_of
from segue.catalog.songs.loaders.cells import LONGEST_NAME, number_of, text_of, words_of, year_of
from segue.catalog.songs.loaders.told import Told
from segue.catalog.songs.refs import SongRef, isrc_of
from segue.catalog.understanding import understand

_TRACK_NUMBER: Final = re.compile(r"(?:\d{1,2}-)?\d{1,3}(?:\s*[-._)]\s*|\s+)(?=\S)")
_SLOWEST_BPM: Final = 20
_FASTEST_BPM: Final = 400


@dataclass(frozen=True, slots=True)
class HeardFile:
    """What is known of a file's song.

    Attributes
    ----------
    embedding
        ``float32`` ``(768,)``, unit norm.
    version
        Which analyser and which engine made it.
    genre
        The first that its tags name.
    """

    told: Told
    embedding: FloatArray
    version: str
    genre: str | None


def hear(
    path: Path, embedding_engine: str, models_dir: Path, limits: DecodeLimits, *, progress: Progress = no_progress
) -> HeardFile:
    """Read a file's tags, and hear it as an upload is heard.

    Raises
    ------
    InvalidAudio, TooLarge
        The file cannot be read as audio, or is over the limits.
    Unavailable
        The embedding engine asked for is not installed.
    """
    tags = tags_of(path)
    understood = understand(path, embedding_engine, models_dir, limits, progress=progress)
    told = told_by(path.stem, tags, understood.analysis)
    genre = next((genre for genre in map(text_of, tags.genres) if genre in told.genres), None)
    return HeardFile(told, understood.embedding, understood.version, genre)


def told_by(stem: str, tags: FileTags, analysis: Analysis) -> Told:
    """Return what a file's name, its tags and its sound tell of its song."""
    title, artist = text_of(tags.title), text_of(tags.artist)
    if not title:
        title = text_of(_TRACK_NUMBER.sub("", stem.replace("_", " ").strip(), count=1)) or "Untitled"
    ref = SongRef(
        title=title[:LONGEST_NAME],
        artist=artist[:LONGEST_NAME],
        album=text_of(tags.album)[:LONGEST_NAME] or None,
        year=year_of(text_of(tags.year)),
        duration_ms=max(1, round(1_000 * analysis.duration_s)),
        isrc=isrc_of(tags.isrc),
        ids={},  # of its own: the default one does not cross to another process
    )
    return Told(ref=ref, genres=words_of(map(text_of, tags.genres)), features=_features(analysis, tags.bpm))


def _features(analysis: Analysis, bpm: str) -> dict[str, float]:
    """Return what was heard, named and scaled as Spotify does; a tagged tempo where nothing pulses to our ears."""
    measured = {
        **asdict(analysis.descriptors),
        "tempo": analysis.rhythm.tempo_bpm or number_of(bpm, _SLOWEST_BPM, _FASTEST_BPM),
        "key": float(analysis.key.tonic),
        "mode": float(analysis.key.mode == "major"),
        "loudness": finite(analysis.loudness.integrated_lufs),
    }
    return {name: value for name, value in measured.items() if value is not None}


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
