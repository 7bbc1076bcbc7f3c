"""Real screenshots of real apps are read nearly whole, without knowing the apps."""

import json
from pathlib import Path

import pytest

from segue.catalog.songs.folding import fold, squeezed
from segue.library.screenshots.reading import read_screenshot
from tests.data import data_path


@pytest.mark.slow
def test_nine_rows_in_ten_are_read_right_before_any_matching(models_dir: Path) -> None:
    folder = data_path("screenshots")
    truth = json.loads((folder / "ground_truth.json").read_text())
    shown = right = 0
    for name in (name for name in truth if (folder / name).is_file()):
        entries = [entry for entry in read_screenshot(folder / name, models_dir).entries if not entry.is_partial]
        read = {(_key(entry.readings[0].title), _key(entry.readings[0].artist)) for entry in entries}
        wanted = {(_key(title), _key(artist)) for title, artist in truth[name]}
        assert len(entries) <= len(wanted)
        shown += len(wanted)
        right += len(wanted & read)
    assert right >= 0.9 * shown


def _key(name: str) -> str:
    return squeezed(fold(name))
