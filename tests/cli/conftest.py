"""Gives these tests short songs as files, made once."""

from pathlib import Path

import pytest

from tests.songs import song_file, sung_song_file


@pytest.fixture(scope="session")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A song of twenty seconds."""
    return song_file(tmp_path_factory.mktemp("songs"), tempo_bpm=100, seed=1)


@pytest.fixture(scope="session")
def sung_song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A song of twenty seconds with a voice, in another tempo and key."""
    return sung_song_file(tmp_path_factory.mktemp("songs"), tempo_bpm=112, tonic=2, seed=2)
