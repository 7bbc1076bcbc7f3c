"""How many songs are read right on screenshots, with what and without a catalogue, how fast, in how much memory?

The catalogue holds TidyTuesday's 28,000 songs and those that the screenshots show: what is shown is to be told from all
of them. Of the real screenshots those count whose rows somebody wrote down; the drawn ones show songs of the catalogue,
chosen by chance, in four fonts and four layouts.
"""

import asyncio
import csv
import importlib
import importlib.util
import io
import json
import resource
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from typing import Any
from uuid import UUID

import numpy as np
from PIL import Image
from tests.screens import Font, Song, desktop, note, phone

from benchmarks.table import Row
from segue.catalog.songs import service as songs
from segue.catalog.songs.folding import fold, squeezed
from segue.catalog.songs.loaders import spotify_features
from segue.catalog.songs.loading import load
from segue.catalog.songs.service import SongRef
from segue.engines.models.install import install
from segue.engines.models.registry import PPOCR
from segue.engines.ocr import Box, TextLine
from segue.kit import migrations
from segue.kit.database import Database
from segue.kit.ids import new_id
from segue.kit.postgres import EmbeddedPostgres
from segue.kit.processes import ProcessLimits, Progress, no_progress, run_guarded
from segue.kit.settings import Settings
from segue.library.screenshots.entries import Entry, Sheet, sheet_of
from segue.library.screenshots.matching import Meant, meant_by
from segue.library.screenshots.reading import read_screenshot

_TABLE = "recommendation/tidytuesday_spotify_songs.tar.xz"
_FONTS: tuple[Font, ...] = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono", "STIXGeneral")
_ROWS = 12
_SEED = 21


@dataclass(frozen=True)
class Screen:
    """An image, and the titles and artists that it shows, from the top."""

    kind: str
    path: Path
    truth: list[tuple[str, str]]


@dataclass(frozen=True)
class Read:
    """What was read of a screen, in how many seconds, and the bytes that the process held at most."""

    screen: Screen
    sheet: Sheet
    took_s: float
    held_bytes: int


def measure(data: Path) -> list[Row]:
    """Measure on real and drawn screenshots, against a catalogue in a server of our own."""
    models = Settings().models_dir
    install(PPOCR, models)
    table = _table(data)
    with tempfile.TemporaryDirectory(prefix="segue-") as folder:
        Path(folder).chmod(0o711)
        drawn = Path(folder, "drawn")
        drawn.mkdir()
        screens = [*_real(data / "screenshots"), *_drawn(table, drawn)]
        read = [_read(screen, models) for screen in screens]
        server = EmbeddedPostgres(Path(folder) / "pg")
        url = server.ensure_running()
        try:
            migrations.upgrade(url)
            return [*asyncio.run(_rows(url, table, read)), *_costs(read), *_peer(read)]
        finally:
            server.stop()


def _table(data: Path) -> bytes:
    with tarfile.open(data / _TABLE) as archive:
        member = next(one for one in archive if one.name.endswith(".csv"))
        file = archive.extractfile(member)
        assert file is not None  # noqa: S101 - it is a file
        return file.read()


def _real(folder: Path) -> Iterator[Screen]:
    truth = json.loads((folder / "ground_truth.json").read_text(encoding="utf-8"))
    for name, rows in truth.items():
        if (folder / name).is_file():
            yield Screen("real", folder / name, [(title, artist) for title, artist in rows])


def _drawn(table: bytes, folder: Path) -> Iterator[Screen]:
    """Draw songs of the catalogue, each image in another layout or font."""
    rows = list(csv.DictReader(io.StringIO(table.decode())))
    chance = Random(_SEED)
    dark, turned = partial(phone, dark=True), partial(note, title_first=True)
    layouts: tuple[Callable[..., Image.Image], ...] = (phone, dark, desktop, turned)
    for number, layout in enumerate(layouts):
        for name in _FONTS:
            chosen = [_song(row) for row in chance.sample(rows, _ROWS)]
            path = folder / f"{number} {name}.png"
            layout(chosen, name=name).save(path)
            yield Screen("drawn", path, [(title, artist) for title, artist, _, _ in chosen])


def _song(row: dict[str, str]) -> Song:
    seconds = int(float(row["duration_ms"])) // 1000
    return row["track_name"], row["track_artist"], row["track_album_name"], f"{seconds // 60}:{seconds % 60:02}"


def _read(screen: Screen, models: Path) -> Read:
    sheet, took_s, held = run_guarded(_timed, screen.path, models, limits=ProcessLimits(threads=2))
    return Read(screen, sheet, took_s, held)


def _timed(path: Path, models: Path, *, progress: Progress = no_progress) -> tuple[Sheet, float, int]:
    begun = time.perf_counter()
    sheet = read_screenshot(path, models, progress=progress)
    return sheet, time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


async def _rows(url: str, table: bytes, read: Sequence[Read]) -> list[Row]:
    database = Database(url)
    try:
        await load(database, spotify_features.read(io.BytesIO(table)), refused=lambda _: None)
        counts: dict[str, list[int]] = {}
        for one in read:
            truth = await _tracks_of(database, one.screen.truth)
            async with database.session(new_id()) as session:
                meant = await meant_by(session, one.sheet.entries)
            for question, right, shown in _counted(one, meant, truth):
                total = counts.setdefault(f"{one.screen.kind}|{question}", [0, 0])
                total[0] += right
                total[1] += shown
    finally:
        await database.close()
    return [
        Row(question, f"{shown} rows of {kind} screenshots", right / shown if shown else 0.0)
        for (kind, question), (right, shown) in (((*key.split("|"),), count) for key, count in counts.items())
    ]


async def _tracks_of(database: Database, truth: Sequence[tuple[str, str]]) -> list[UUID]:
    refs = [SongRef(title=title, artist=artist) for title, artist in truth]
    async with database.system_session() as session:
        return [found.track_id for found in await songs.resolve(session, refs)]


def _counted(one: Read, meant: Sequence[Meant], truth: Sequence[UUID]) -> Iterator[tuple[str, int, int]]:
    """Give for each question how many rows are right and how many were asked for."""
    shown = len(truth)
    entries = [(entry, said) for entry, said in zip(one.sheet.entries, meant, strict=True) if not entry.is_partial]
    matched = [said.track_id for _, said in entries]
    yield "rows right after matching, share of those shown", _common(truth, matched), shown
    wrong = [track for track in matched if track is not None and track not in truth]
    yield "rows matched with a song that is not shown, share", len(wrong), shown
    names = [(squeezed(fold(title)), squeezed(fold(artist))) for title, artist in one.screen.truth]
    read = [_names(entry) for entry, _ in entries]
    yield "rows right as read, without a catalogue, share (case, accents and spaces aside)", _common(names, read), shown
    yield "rows too many, share", max(0, len(entries) - shown), shown


def _names(entry: Entry) -> tuple[str, str]:
    reading = entry.readings[0]
    return squeezed(fold(reading.title)), squeezed(fold(reading.artist))


def _common(wanted: Sequence[Any], found: Sequence[Any]) -> int:
    left = list(found)
    right = 0
    for one in wanted:
        if one in left:
            left.remove(one)
            right += 1
    return right


def _costs(read: Sequence[Read]) -> Iterator[Row]:
    for kind in ("real", "drawn"):
        those = [one for one in read if one.screen.kind == kind]
        name = f"{len(those)} {kind} screenshots, 2 threads"
        yield Row("reading one, s (median, with starting the engine)", name, median(one.took_s for one in those))
        yield Row("peak memory of the reading process, MB (most)", name, max(one.held_bytes for one in those) / 1e6)


def _peer(read: Sequence[Read]) -> list[Row]:
    """Hold the engine against rapidocr's own, with the same networks and our layout, where that is installed."""
    if importlib.util.find_spec("rapidocr") is None:
        return []
    engine = importlib.import_module("rapidocr").RapidOCR(
        params={"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": 2}
    )
    rows = []
    for kind in ("real", "drawn"):
        ours = theirs = shown = 0
        ours_s, theirs_s = [], []
        for one in (one for one in read if one.screen.kind == kind):
            image = np.asarray(Image.open(one.screen.path).convert("RGB"))
            begun = time.perf_counter()
            answer = engine(image[..., ::-1])
            theirs_s.append(time.perf_counter() - begun)
            ours_s.append(one.took_s)
            names = [(squeezed(fold(title)), squeezed(fold(artist))) for title, artist in one.screen.truth]
            ours += _common(names, [_names(entry) for entry in one.sheet.entries])
            theirs += _common(names, [_names(entry) for entry in sheet_of(_lines(answer)).entries])
            shown += len(names)
        question = "rows right as read, share, by the engine"
        rows.append(Row(question, f"{kind} screenshots", ours / shown, "rapidocr, our layout", theirs / shown))
        rows.append(Row("reading one, s", f"{kind} screenshots", median(ours_s), "rapidocr", median(theirs_s)))
    return rows


def _lines(answer: Any) -> list[TextLine]:
    if answer.txts is None:
        return []
    boxes = [(box[:, 0].min(), box[:, 1].min(), box[:, 0].max(), box[:, 1].max()) for box in answer.boxes]
    found = zip(answer.txts, boxes, answer.scores, strict=True)
    return [TextLine(text, Box(*map(float, box)), float(score)) for text, box, score in found if text.strip()]
