"""Render songs, mix examples of them, and write these to disk: `python -m training.separation.shards FOLDER`."""

import argparse
import sys
import time
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np

from segue.audio.signal import FloatArray
from segue.engines.separation.evidence import BANDS, KINDS
from segue.music.composing import compose
from segue.music.rendering import render
from segue.music.score import Score
from segue.music.wishes import Wishes
from training.separation.mixing import FRAMES, ROLES, Song, make_example

SONGS = 6
EXAMPLES = 160
RATE = 44_100
KITS = (0, 8, 16, 24, 25, 32, 40)
#: Basses, and what else plays their part on records: synthesisers, guitars, a clavinet, brass.
BASSES = (*range(32, 40), 38, 39, 80, 81, 84, 87, 27, 29, 30, 7, 58, 62)
RECORD = np.dtype(
    [
        ("evidence", "f2", (KINDS, FRAMES, BANDS)),
        ("log_power", "f2", (2, FRAMES, BANDS)),
        ("ideal", "f2", (2, 2, FRAMES, BANDS)),
        ("energy", "f4", (3,)),
        ("floor", "f4", (3,)),
    ]
)


def rendered_song(seed: int, soundfont: Path | None) -> Song:
    """Compose and render some bars, at most a minute of them; stems are scaled to one loudness."""
    random = np.random.default_rng([seed, 1])
    bars = int(random.integers(12, 24))
    score = _revoiced(compose(seed, Wishes(bars=bars)), random)
    stems = render(score, seed=seed, soundfont=soundfont).stems
    length = min(max(stem.shape[1] for stem in stems.values()), 60 * RATE)
    return {role: _scaled(stems.get(role), length) for role in ROLES}


def _revoiced(score: Score, random: np.random.Generator) -> Score:
    """Give some parts another instrument of General MIDI than their style would."""
    choices = {"vocals": (52, 53, 54, 85, 65, 73, 56), "drums": KITS, "bass": BASSES, "other": range(104)}
    parts = (
        replace(part, program=int(random.choice(choices[part.role]))) if random.random() < 0.5 else part
        for part in score.parts
    )
    return replace(score, parts=tuple(parts))


def _scaled(stem: FloatArray | None, length: int) -> FloatArray:
    """Scale a stem to a root mean square of 0.1 over the half seconds in which it sounds; an absent one is silence."""
    if stem is None:
        return np.zeros((2, length), dtype=np.float32)
    stem = np.pad(stem[:, :length], ((0, 0), (0, max(0, length - stem.shape[1])))).astype(np.float32)
    pieces = np.square(stem[:, : length // 22_050 * 22_050]).reshape(2, -1, 22_050).mean(axis=(0, 2))
    sounding = pieces[pieces > 1e-3 * pieces.max()] if pieces.size and pieces.max() > 0 else np.array([1.0])
    scaled: FloatArray = stem * np.float32(0.1 / np.sqrt(sounding.mean()))
    return scaled


def write_shard(path: Path, *, number: int, soundfonts: list[Path | None], wild: bool) -> None:
    """Write the examples of one shard: the same number, the same shard."""
    random = np.random.default_rng([number, 20_261_121])
    songs = [
        rendered_song(number * SONGS + index, soundfonts[int(random.integers(len(soundfonts)))])
        for index in range(SONGS)
    ]
    examples = np.empty(EXAMPLES, dtype=RECORD)
    for index in range(EXAMPLES):
        examples[index] = astuple(make_example(random, songs, wild=wild))
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.save(file, examples)
    partial.rename(path)


def main() -> None:
    """Write shards FIRST to LAST that are not there yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--last", type=int, default=99)
    parser.add_argument("--soundfont", type=Path, action="append", help="a further timbre; may be given several times")
    parser.add_argument("--only-soundfonts", action="store_true", help="never Segue's own synthesis")
    parser.add_argument("--tame", action="store_true", help="whole songs as rendered, for validation")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    soundfonts: list[Path | None] = [*(options.soundfont or [])]
    if not options.only_soundfonts:
        soundfonts += [None] * max(1, len(soundfonts))
    for number in range(options.first, options.last + 1):
        path = options.folder / f"{number:06d}.npy"
        if not path.exists():
            begun = time.perf_counter()
            write_shard(path, number=number, soundfonts=soundfonts, wild=not options.tame)
            sys.stdout.write(f"{path.name} {time.perf_counter() - begun:.0f} s\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
