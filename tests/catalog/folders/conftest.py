"""Gives these tests a short song as a file, made once."""

from pathlib import Path

import pytest

from tests.songs import song_file


@pytest.fixture(scope="session")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A song of some ten seconds."""
    return song_file(tmp_path_factory.mktemp("songs"), bars=4, tempo_bpm=100, seed=1)
