"""Placing a song in the space in which tastes live."""

from typing import Final, Protocol

from segue.audio.signal import Audio, FloatArray

DIMENSIONS: Final = 768


class Embedder(Protocol):
    """An engine that turns audio into a point on the unit sphere."""

    name: str
    version: str

    def embed(self, audio: Audio) -> FloatArray:
        """Return the embedding, ``float32`` ``(768,)``, of unit norm; the same audio gives the same bytes."""
        ...
