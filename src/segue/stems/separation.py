"""Separating a song file into four stem files."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import numpy as np

from segue.audio.files import DecodeLimits, decode, open_writer
from segue.audio.signal import FloatArray, Progress, no_progress
from segue.engines.separation import STEM_NAMES, Separator, StemName
from segue.engines.separation.choose import choose_separator
from segue.engines.separation.options import EngineChoice

THREADS = 2
#: The share of the time that decoding takes.
_DECODING: Final = 0.05


def separate_file(
    path: Path,
    folder: Path,
    engine: EngineChoice,
    limits: DecodeLimits,
    *,
    progress: Progress = no_progress,
) -> dict[str, Path]:
    """Write ``vocals.flac``, ``drums.flac``, ``bass.flac`` and ``other.flac`` of a song into a folder.

    The stems have the song's rate and length, sample for sample, and sum to it. Memory does not grow with its length.

    Raises
    ------
    InvalidAudio, TooLarge
        The song cannot be read as audio, or is over the limits.
    Unavailable
        The engine asked for is not installed.
    """
    separator = choose_separator(engine.name, engine.models_dir, threads=THREADS, optional=engine.optional)
    return separate_file_by(separator, path, folder, limits, progress=progress)


def separate_file_by(
    separator: Separator, path: Path, folder: Path, limits: DecodeLimits, *, progress: Progress = no_progress
) -> dict[str, Path]:
    """Do what `separate_file` does with an engine that is ready, so that its networks are loaded once."""
    mix = decode(path, limits, progress=lambda share: progress(_DECODING * share)).audio
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, Path] = {name: folder / f"{name}.flac" for name in STEM_NAMES}
    done = 0
    with ExitStack() as open_files:
        writers = {
            name: open_files.enter_context(open_writer(file, sample_rate=mix.sample_rate, channels=mix.channels))
            for name, file in files.items()
        }
        for block in separator.separate(mix):
            for name, stem in _within_full_scale(block).items():
                writers[name].write(stem)
            done += block["vocals"].shape[1]
            progress(_DECODING + (1 - _DECODING) * done / mix.length)
    return files


def _within_full_scale(block: Mapping[StemName, FloatArray]) -> Mapping[StemName, FloatArray]:
    """Return the stems without samples over full scale, which a file would clip, and with the same sum.

    A stem may be louder than the mix it is part of; what is over goes to the stems that have room for it.
    """
    if all(np.abs(stem).max(initial=0.0) <= 1.0 for stem in block.values()):
        return block
    fitted = {name: np.clip(stem, -1.0, 1.0) for name, stem in block.items()}
    over = sum(block.values()) - sum(fitted.values())
    for name, stem in fitted.items():
        fitted[name] = np.clip(stem + over, -1.0, 1.0)
        over = over - (fitted[name] - stem)
    return fitted
