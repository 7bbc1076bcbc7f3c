"""`python -m training.tonality`: render songs, fit the models of chords and keys, write them beside what reads them."""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from segue.audio import chords
from segue.audio.signal import FloatArray
from training.tonality import keys
from training.tonality.network import fit
from training.tonality.songs import HeardSong, song

_HIDDEN = (64, 32)
_SEED = 0


def main() -> None:
    """Fit both models."""
    parser = argparse.ArgumentParser(prog="python -m training.tonality", description=__doc__)
    parser.add_argument("--songs", type=int, default=148, help="songs to learn from; a tenth more are for validation")
    parser.add_argument("--first-seed", type=int, default=1_000_000, help="the first song's seed")
    parser.add_argument("--soundfont", type=Path, action="append", default=[], help="sampled instruments, in turn")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--output", type=Path, default=Path(str(chords.__file__)).parent, help="folder to write to")
    arguments = parser.parse_args()
    soundfonts = (*arguments.soundfont, None)
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.songs * 11 // 10)
    with ProcessPoolExecutor(arguments.processes) as pool:
        heard = [heard for _, heard in pool.map(partial(song, soundfonts=soundfonts), seeds)]
    learned, kept_back = heard[: arguments.songs], heard[arguments.songs :]
    layers = fit_chords(learned, kept_back, epochs=arguments.epochs)
    write(layers, arguments.output / "chords.npz")
    pitched = [song for song in learned if not song.meant[:, -1].all()]
    keys.write(keys.fit_keys(pitched, layers), arguments.output / "keys.npz")


def fit_chords(learned: list[HeardSong], kept_back: list[HeardSong], *, epochs: int) -> list[FloatArray]:
    """Fit the model to some songs and tell how it does on others."""

    def tell(epoch: int, loss: float, layers: list[FloatArray]) -> None:
        sys.stdout.write(f"epoch {epoch}: loss {loss:.4f}, right on others {share_right(layers, kept_back):.4f}\n")
        sys.stdout.flush()

    features = np.concatenate([song.features for song in learned])
    meant = np.concatenate([song.meant for song in learned])
    return fit(features, meant, hidden=_HIDDEN, epochs=epochs, seed=_SEED, after_epoch=tell)


def share_right(layers: list[FloatArray], heard: list[HeardSong]) -> float:
    """Return the share of units whose likeliest class is right."""
    right = [
        song.meant[np.arange(len(song.meant)), chords.log_probability(song.features, layers).argmax(axis=1)]
        for song in heard
    ]
    return float(np.concatenate(right).mean())


def write(layers: list[FloatArray], file: Path) -> None:
    """Write weights and biases as half floats, in their order."""
    arrays = {f"{index:02d}": layer.astype(np.float16) for index, layer in enumerate(layers)}
    np.savez_compressed(file, allow_pickle=False, **arrays)


if __name__ == "__main__":
    main()
