"""Are excerpts identified, is nothing identified that is not there, and are the sources of mashups named?"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from uuid import UUID

import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.ears import chromaprint, mashups
from benchmarks.ears.distractors import KEYS, SONGS, distractors
from benchmarks.ears.excerpts import (
    as_mp3,
    at_speed,
    excerpts,
    in_pink_noise,
    over_music,
    reworked,
)
from benchmarks.ears.mashups import Mashup
from benchmarks.table import Row
from segue.accounts.tables import User
from segue.audio.files import DecodeLimits, decode
from segue.audio.landmarks import Peaks, find_peaks, landmarks_of
from segue.audio.signal import Audio
from segue.catalog.fingerprints import repository, service
from segue.catalog.tables import Asset, SourceTrack
from segue.kit import migrations
from segue.kit.clock import now
from segue.kit.database import Database
from segue.kit.errors import SegueError
from segue.kit.ids import new_id
from segue.kit.postgres import EmbeddedPostgres

EACH = 5
FALSE_QUERIES = 1500
_LIMITS = DecodeLimits(max_s=1200)
_SUFFIXES = frozenset((".mp3", ".ogg", ".wav", ".flac", ".opus", ".mp4", ".m4a", ".aac"))
#: Signals that are no recordings, parts and copies of others, and the query whose recording is absent.
_NOT_TRACKS = ("mastering_loudness", "woodward", "vocals_", "accompaniment_", "guitar.ogg", "stereo_sample", "dubstep.")
_COMMON_NAMES = ("audio", "song", "mix")
_NOBODYS = "woodward_43s.wav"
_SHORTEST_S = 8.0
_AT_A_TIME = 250


@dataclass(frozen=True)
class Real:
    """The real tracks of the data folder.

    Attributes
    ----------
    recordings
        By number, from 0.
    lyrical
        Numbers of the songs with lyrics, in the order of their folders' names.
    same
        Of some, which others are the same piece: a faster version, another encoding.
    """

    recordings: dict[int, Audio]
    lyrical: list[int]
    same: dict[int, set[int]]


@dataclass(frozen=True)
class Catalogue:
    """Everything in the index, seen by the one who brought it."""

    database: Database
    user_id: UUID
    #: The track of each recording, distractors after the real ones.
    tracks: list[UUID]
    assets: list[UUID]
    fill_s: float


@dataclass(frozen=True, slots=True)
class Spent:
    """What a query took, in milliseconds: by the clock, and of processor time."""

    elapsed_ms: float
    processor_ms: float


def measure(data: Path) -> list[Row]:
    """Measure on every real track of the data folder among 5,000 distractors."""
    real = _real_tracks(data)
    stranger = decode(next(data.rglob(_NOBODYS)), _LIMITS).audio
    made = mashups.of_songs(sorted((data / "songs_with_lyrics").glob("*/audio.*")))
    begun = time.process_time()
    known = [find_peaks(audio) for audio in real.recordings.values()]
    for peaks in known:
        landmarks_of(peaks)
    speed = sum(audio.duration_s for audio in real.recordings.values()) / (time.process_time() - begun)
    rows = [Row("landmarks, x real time on one core", f"{len(known)} real tracks, decoded", speed, "wanted", 100.0)]
    crowd = distractors()
    return rows + asyncio.run(_asked(real, known, crowd, stranger, made))


async def _asked(
    real: Real,
    known: list[Peaks],
    crowd: list[Peaks],
    stranger: Audio,
    made: list[Mashup],
) -> list[Row]:
    place = f"{len(known)} real tracks and {len(crowd)} distractors ({SONGS} rendered songs of 8 bars in {KEYS} keys)"
    peer = chromaprint.Peer(real.recordings) if chromaprint.FFMPEG else None
    async with _catalogue([*known, *crowd]) as catalogue:
        rows, false, spent = await _identification(catalogue, real, place, peer)
        rows += await _false_positives(catalogue, crowd, stranger, place, false)
        rows += [
            *_times(spent, place),
            Row("landmarks stored, tracks/s", place, len(catalogue.tracks) / catalogue.fill_s),
            *(await _sizes(catalogue, place)),
            *(await _sources(catalogue, real.lyrical, made, place)),
        ]
    return rows


async def _identification(
    catalogue: Catalogue, real: Real, place: str, peer: "chromaprint.Peer | None"
) -> tuple[list[Row], list[bool], list[Spent]]:
    """Ask for excerpts as they are found in the world, and again while their own recording may not be told of."""
    conditions: dict[str, tuple[Callable[[Audio, np.random.Generator], Audio], float | None]] = {
        "as it is": (lambda audio, _: audio, None),
        "pink noise at 10 dB SNR": (in_pink_noise, 0.95),
        "other music at 10 dB SNR": (over_music(max(real.recordings.values(), key=lambda audio: audio.length)), 0.95),
        "MP3 at 32 kbit/s": (as_mp3, 0.98),
        "speed +3 %": (at_speed(1.03), 0.9),
        "speed -3 %": (at_speed(0.97), 0.9),
        "2 semitones higher": (reworked(1.0, 2), None),
        "15 % longer, 3 semitones lower": (reworked(1.15, -3), None),
    }
    asked = list(excerpts(real.recordings, EACH, np.random.default_rng(3)))
    rows, false, spent = [], [], []
    for name, (change, wanted) in conditions.items():
        rng = np.random.default_rng(4)
        right, theirs = [], []
        for excerpt in asked:
            heard = change(excerpt.audio, rng)
            found, its = await _identified(catalogue, find_peaks(heard), heard.duration_s)
            right.append(bool(found) and found[0] == catalogue.tracks[excerpt.recording])
            spent.append(its)
            without, _ = await _identified(catalogue, find_peaks(heard), heard.duration_s, excerpt.recording)
            same = {catalogue.tracks[number] for number in real.same.get(excerpt.recording, ())}
            false.append(not same.issuperset(without))
            if peer is not None:
                theirs.append(peer.best(heard) == excerpt.recording)
        question, what = f"5 s identified, {name}", f"{len(asked)} excerpts; {place}"
        if wanted is not None:
            rows.append(Row(question, what, float(np.mean(right)), "wanted", wanted))
        if peer is not None:
            note = "Chromaprint (the real tracks only, nearest by bit errors)"
            rows.append(Row(question, what, float(np.mean(right)), note, float(np.mean(theirs))))
        if wanted is None and peer is None:
            rows.append(Row(question, what, float(np.mean(right))))
    return rows, false, spent


async def _false_positives(
    catalogue: Catalogue, crowd: list[Peaks], stranger: Audio, place: str, false: list[bool]
) -> list[Row]:
    """Ask for distractors while they may not be told of, and for a recording that is not there."""
    first_distractor = len(catalogue.tracks) - len(crowd)
    rng = np.random.default_rng(5)
    frames = round(5 * 11025 / 256)
    for number in rng.choice(len(crowd), min(FALSE_QUERIES, len(crowd)), replace=False):
        start = int(rng.integers(0, max(1, int(crowd[number].times[-1]) - frames)))
        part = crowd[number].between(start, start + frames)
        moved = Peaks(part.times - start, part.pitches, part.levels)
        found, _ = await _identified(catalogue, moved, 5.0, first_distractor + int(number))
        false.append(bool(found))
    strange = []
    for excerpt in excerpts({0: stranger}, 100, rng):
        found, _ = await _identified(catalogue, find_peaks(in_pink_noise(excerpt.audio, rng)), 5.0)
        strange.append(bool(found))
    what = f"{len(false)} excerpts of 5 s whose own recording is left out; {place}"
    return [
        Row("false positives, share", what, float(np.mean(false)), "allowed", 0.001),
        Row(f"false positives, {_NOBODYS} in noise, share", f"{len(strange)} excerpts", float(np.mean(strange))),
    ]


async def _identified(
    catalogue: Catalogue, peaks: Peaks, duration_s: float, without: int | None = None
) -> tuple[list[UUID], Spent]:
    """Return the tracks that an excerpt is of, best first, and the time that telling took."""
    leave_out = None if without is None else catalogue.assets[without]
    async with catalogue.database.session(catalogue.user_id) as session:
        server = int(await session.scalar(text("SELECT pg_backend_pid()")) or 0)
        begun, processor = time.perf_counter(), time.process_time() + _processor_s(server)
        found = await service.identified(session, peaks, duration_s, catalogue.user_id, leave_out=leave_out)
        elapsed_s = time.perf_counter() - begun
        processor_s = time.process_time() + _processor_s(server) - processor
    return [track.id for track, _ in found], Spent(1000 * elapsed_s, 1000 * processor_s)


def _processor_s(process: int) -> float:
    """Return the processor time that another process has used; 0 where the system does not tell it finely."""
    account = Path(f"/proc/{process}/schedstat")
    return int(account.read_text().split()[0]) / 1e9 if account.exists() else 0.0


def _times(spent: list[Spent], place: str) -> list[Row]:
    """Return how long queries took, and how long they would take on an idle machine: their processor time."""
    rows = []
    for name, times in (
        ("ms", [one.elapsed_ms for one in spent]),
        ("ms of processor time, PostgreSQL's included", [one.processor_ms for one in spent]),
    ):
        rows += [
            Row(f"query of 5 s, SQL and matching, {name} (p50)", place, median(times), "wanted", 100.0),
            Row(f"query of 5 s, SQL and matching, {name} (p95)", place, quantiles(times, n=20)[-1], "wanted", 100.0),
        ]
    return rows


async def _sizes(catalogue: Catalogue, place: str) -> list[Row]:
    async with catalogue.database.system_session() as session:
        sizes = {
            table: int(await session.scalar(text(f"SELECT pg_total_relation_size('{table}')")) or 0)
            for table in ("fingerprints", "landmark_lists")
        }
        landmarks = int(await session.scalar(text("SELECT sum(cardinality(postings)) FROM landmark_lists")) or 1)
    return [
        Row("peaks and hashes stored, MB", place, sizes["fingerprints"] / 1e6),
        Row("lists of landmarks with their index, MB", place, sizes["landmark_lists"] / 1e6),
        Row("lists of landmarks with their index, bytes a landmark", place, sizes["landmark_lists"] / landmarks),
    ]


async def _sources(catalogue: Catalogue, songs: list[int], made: list[Mashup], place: str) -> list[Row]:
    both, nobody_else, times, covered = [], [], [], []
    for mashup in made:
        peaks = find_peaks(decode(mashup.file, _LIMITS).audio)
        begun = time.perf_counter()
        async with catalogue.database.session(catalogue.user_id) as session:
            found = await service.sources_in(session, peaks, catalogue.user_id)
        times.append(time.perf_counter() - begun)
        ranges = {source.track.id: source.heard.stretches for source in found}
        parents = {catalogue.tracks[songs[mashup.lead]]: "a", catalogue.tracks[songs[mashup.foundation]]: "b"}
        both.append(parents.keys() <= ranges.keys())
        nobody_else.append(ranges.keys() <= parents.keys())
        covered += [mashups.covered(mashup, name, ranges.get(track, ())) for track, name in parents.items()]
    what = f"{len(made)} mashups of whole songs; {place}"
    placed, told = np.mean(covered, axis=0).tolist()
    return [
        Row("mashups of which both parents are named, share", what, float(np.mean(both))),
        Row("mashups of which nobody else is named, share", what, float(np.mean(nobody_else))),
        Row("of the time in which a parent sounds, told with its place in it, share", what, placed),
        Row("of the time in which a parent is told to sound, right, share", what, told),
        Row("naming the sources of a mashup, s (median)", what, median(times)),
    ]


def _real_tracks(data: Path) -> Real:
    real = Real({}, [], {})
    pieces: dict[str, int] = {}
    for path in sorted(data.rglob("*")):
        relative = str(path.relative_to(data))
        if path.suffix.lower() not in _SUFFIXES or any(mark in relative for mark in _NOT_TRACKS):
            continue
        try:
            audio = decode(path, _LIMITS).audio
        except SegueError:
            continue
        if audio.duration_s < _SHORTEST_S:
            continue
        number = len(real.recordings)
        real.recordings[number] = audio
        if relative.startswith("songs_with_lyrics"):
            real.lyrical.append(number)
        fast = path.stem.removesuffix("_fast")
        if fast in pieces:
            real.same[number], real.same[pieces[fast]] = {pieces[fast]}, {number}
        elif path.stem not in _COMMON_NAMES:
            pieces[path.stem] = number
    return real


@asynccontextmanager
async def _catalogue(known: list[Peaks]) -> AsyncIterator[Catalogue]:
    """Put recordings into a database of their own."""
    with tempfile.TemporaryDirectory(prefix="segue-") as folder:
        server = _server_in(Path(folder))
        database = Database(server.ensure_running())
        try:
            user_id = new_id()
            assets = [new_id() for _ in known]
            tracks = [new_id() for _ in known]
            async with database.system_session() as session:
                session.add(User(id=user_id, email="a@example.com", issuer="benchmark", created_at=now()))
                await session.flush()
                _add_tracks(session, user_id, assets, tracks)
            begun = time.perf_counter()
            for start in range(0, len(known), _AT_A_TIME):
                part = slice(start, start + _AT_A_TIME)
                async with database.system_session() as session:
                    await repository.store(session, dict(zip(assets[part], known[part], strict=True)))
            fill_s = time.perf_counter() - begun
            async with database.engine.connect() as connection:
                autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
                await autocommit.execute(text("VACUUM ANALYZE"))
            yield Catalogue(database, user_id, tracks, assets, fill_s)
        finally:
            await database.close()
            server.stop()


def _server_in(folder: Path) -> EmbeddedPostgres:
    """Return a server of our own, migrated."""
    folder.chmod(0o711)
    server = EmbeddedPostgres(folder / "pg")
    migrations.upgrade(server.ensure_running())
    return server


def _add_tracks(session: AsyncSession, user_id: UUID, assets: list[UUID], tracks: list[UUID]) -> None:
    for asset_id, track_id in zip(assets, tracks, strict=True):
        session.add(Asset(id=asset_id, sha256=str(asset_id), size_bytes=1, media_type="audio/flac", probe={}))
        session.add(SourceTrack(id=track_id, user_id=user_id, asset_id=asset_id, source="uploaded", title="-"))
