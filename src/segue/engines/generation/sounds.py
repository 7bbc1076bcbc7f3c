"""The sound atlas: where the composer's own sounds lie in the space of tastes, so that a place there can be composed.

It is made by ``python -m training.sounds``: short songs over styles, energies and valences, rendered and embedded. One
atlas holds for one embedding engine of one version.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.audio.signal import FloatArray

FOLDER: Final = Path(__file__).with_name("atlases")
#: So much nearer a sound must be to count e times as much: over cosines in the atlas.
_TEMPERATURE: Final = 0.07
_NOTHING: Final = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class SoundAtlas:
    """Sounds of the composer's and where they lie.

    Attributes
    ----------
    space
        Name of the space: the embedding engine and its version.
    mean
        The middle of the sounds, ``(768,)``.
    projection
        From the space, less the mean, to the atlas' own dimensions: ``(768, dimensions)``.
    places
        Each sound in these, unit vectors ``(sounds, dimensions)``.
    style_names
        The styles that it knows.
    styles
        How much of each a sound is, ``(sounds, styles)``; rows sum to 1.
    energy, valence
        As they were wished for, 0 to 1, ``(sounds,)``.
    tempo_bpm
        ``(sounds,)``.
    band
        What drew its players (`Wishes.band`), ``(sounds,)``.
    """

    space: str
    mean: FloatArray
    projection: FloatArray
    places: FloatArray
    style_names: tuple[str, ...]
    styles: FloatArray
    energy: FloatArray
    valence: FloatArray
    tempo_bpm: FloatArray
    band: NDArray[np.int64]

    def place(self, vector: FloatArray) -> FloatArray:
        """Return where vectors of the space, ``(..., 768)``, lie in the atlas: unit vectors ``(..., dimensions)``."""
        laid = (vector - self.mean) @ self.projection
        return np.asarray(laid / np.maximum(np.linalg.norm(laid, axis=-1, keepdims=True), _NOTHING), dtype=np.float32)

    def weights(self, vector: FloatArray) -> FloatArray:
        """Return how much each sound is like a vector, ``(sounds,)``, summing to 1: a softmax over the cosines."""
        near = (self.places @ self.place(vector)) / _TEMPERATURE
        grown = np.exp(near - near.max())
        return np.asarray(grown / grown.sum(), dtype=np.float32)


def atlas_of(space: str) -> SoundAtlas | None:
    """Return the atlas of a space, ``None`` where there is none: tags and words have to do then."""
    path = FOLDER / f"{space}.npz"
    return _read(path) if path.is_file() else None


def write_atlas(atlas: SoundAtlas, folder: Path = FOLDER) -> Path:
    """Write an atlas as `atlas_of` reads it, in half precision; return the file."""
    path = folder / f"{atlas.space}.npz"
    half = {name: getattr(atlas, name).astype(np.float16) for name in ("mean", "projection", "places", "styles")}
    measures = {name: getattr(atlas, name).astype(np.float16) for name in ("energy", "valence", "tempo_bpm")}
    names = np.array(atlas.style_names)
    with path.open("wb") as file:
        np.savez_compressed(file, **half, **measures, style_names=names, band=atlas.band)
    return path


@cache
def _read(path: Path) -> SoundAtlas:
    with np.load(path, allow_pickle=False) as held:
        arrays = {name: held[name] for name in held.files}
    whole = {
        name: np.asarray(arrays[name], dtype=np.float32)
        for name in ("mean", "projection", "places", "styles", "energy", "valence", "tempo_bpm")
    }
    names = tuple(str(name) for name in arrays["style_names"])
    return SoundAtlas(space=path.stem, style_names=names, band=arrays["band"].astype(np.int64), **whole)
