"""`python -m training.sounds`: render short songs of the composer's, embed them, and write the sound atlases.

Every style in turn, a third of the songs with a second style in it, energy and valence drawn evenly. Where an embedding
engine places them is projected to the directions in which they differ most, and these are weighed by how well they tell
styles apart.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.audio.signal import FloatArray
from segue.engines.embedding.choose import choose_embedder
from segue.engines.generation.sounds import FOLDER, SoundAtlas, write_atlas
from segue.kit.settings import default_data_dir
from segue.music.chance import chance
from segue.music.composing import compose
from segue.music.producing import produce
from segue.music.production import plan_production
from segue.music.styles import STYLE_NAMES
from segue.music.wishes import Wishes

_RATE: Final = 16_000
_DURATION_S: Final = 14.0
_DIMENSIONS: Final = 64
_SECOND_STYLE: Final = 0.35
#: So much of the mean variance within styles is added to that of every direction.
_REGULAR: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Sound:
    wishes: Wishes
    tempo_bpm: float
    vectors: dict[str, FloatArray]


def main() -> None:
    """Render, embed, write."""
    parser = argparse.ArgumentParser(prog="python -m training.sounds", description=__doc__)
    parser.add_argument("--songs", type=int, default=240)
    parser.add_argument("--first-seed", type=int, default=5_000_000)
    parser.add_argument("--engines", nargs="+", default=["statistics", "musicnn"])
    parser.add_argument("--models", type=Path, default=default_data_dir() / "models")
    parser.add_argument("--output", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    arguments.output.mkdir(exist_ok=True)
    embedders = {name: choose_embedder(name, arguments.models, threads=1) for name in arguments.engines}
    began = time.process_time()
    sounds = []
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.songs):
        wishes = _wishes(seed)
        score = compose(seed, wishes)
        mix = produce(score, plan_production(score), sample_rate=_RATE, threads=1).premaster
        sounds.append(_Sound(wishes, score.tempo_bpm, {name: one.embed(mix) for name, one in embedders.items()}))
    for name, embedder in embedders.items():
        path = write_atlas(atlas_from(f"{embedder.name}-{embedder.version}", name, sounds), arguments.output)
        print(f"{path}: {path.stat().st_size / 1e3:.0f} kB")  # noqa: T201
    print(f"{len(sounds)} songs, {time.process_time() - began:.0f} s of CPU")  # noqa: T201


def _wishes(seed: int) -> Wishes:
    rng = chance(seed, "sound")
    styles = {STYLE_NAMES[seed % len(STYLE_NAMES)]: 1.0}
    if rng.random() < _SECOND_STYLE:
        other = STYLE_NAMES[int(rng.integers(len(STYLE_NAMES)))]
        styles = {other: float(rng.uniform(0.3, 1.0)), **styles}
    energy, valence = float(rng.random()), float(rng.random())
    return Wishes(styles=styles, duration_s=_DURATION_S, energy=energy, valence=valence, band=seed)


def atlas_from(space: str, engine: str, sounds: list[_Sound]) -> SoundAtlas:
    """Return the atlas of a space from sounds that were embedded by its engine."""
    vectors = np.stack([sound.vectors[engine] for sound in sounds])
    mean = vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(vectors - mean, full_matrices=False)
    projection = directions[:_DIMENSIONS].T
    main = np.array(
        [STYLE_NAMES.index(max(sound.wishes.styles, key=sound.wishes.styles.__getitem__)) for sound in sounds]
    )
    projection = projection @ _telling_styles_apart((vectors - mean) @ projection, main)
    laid = (vectors - mean) @ projection
    styles = np.zeros((len(sounds), len(STYLE_NAMES)), dtype=np.float32)
    for row, sound in zip(styles, sounds, strict=True):
        for name, weight in sound.wishes.styles.items():
            row[STYLE_NAMES.index(name)] = weight / sum(sound.wishes.styles.values())
    return SoundAtlas(
        space=space,
        mean=mean,
        projection=projection,
        places=laid / np.linalg.norm(laid, axis=1, keepdims=True),
        style_names=STYLE_NAMES,
        styles=styles,
        energy=np.array([sound.wishes.energy for sound in sounds], dtype=np.float32),
        valence=np.array([sound.wishes.valence for sound in sounds], dtype=np.float32),
        tempo_bpm=np.array([sound.tempo_bpm for sound in sounds], dtype=np.float32),
        band=np.array([sound.wishes.band for sound in sounds], dtype=np.int64),
    )


def _telling_styles_apart(laid: FloatArray, main: NDArray[np.intp]) -> FloatArray:
    """Return the map in which sounds of one style vary alike in all directions: Fisher's discriminants, regularised.

    What varies within every style counts for less then than what tells styles apart.
    """
    within = np.zeros((laid.shape[1], laid.shape[1]))
    for style in np.unique(main):
        apart = laid[main == style] - laid[main == style].mean(axis=0)
        within += apart.T @ apart
    within /= len(laid)
    within += _REGULAR * np.trace(within) / len(within) * np.eye(len(within))
    values, axes = np.linalg.eigh(within)
    return np.asarray(axes / np.sqrt(values), dtype=np.float32)


if __name__ == "__main__":
    main()
