"""Histories that the tests bring: two kinds of music that are never heard in one week."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.callers import anonymous, caller, client, other
from tests.library.conftest import extended_row

__all__ = ["anonymous", "caller", "client", "other"]

KINDS = {
    "quiet": ["Mira Vale", "Glass Orchard", "The Piers"],
    "loud": ["Iron Tide", "Static Choir", "Furnace Row"],
}


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Half a year of weeks, by turns of quiet and of loud songs, heard to their end."""
    begin = datetime.fromisoformat("2024-01-01T08:00:00+00:00")
    rows = []
    for week in range(24):
        kind = list(KINDS)[week % 2]
        for number in range(12):
            artist = KINDS[kind][number % 3]
            at = begin + timedelta(weeks=week, minutes=5 * number)
            song = f"{kind.title()} Song {(number + week // 2) % 9}"
            rows.append(extended_row(f"{at:%Y-%m-%dT%H:%M:%SZ}", 200_000, song, artist))
    path = tmp_path / "Streaming_History_Audio_2024_0.json"
    path.write_text(json.dumps(rows))
    return path
