"""Weights of a transformer that the user put into a folder: whether they are there, which they are, how to get them."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from segue.engines.description import EngineDescription
from segue.engines.models.fetch import sha256_of
from segue.kit.errors import Unavailable

_LIBRARIES: Final = ("torch", "transformers")
_CONFIGURATION: Final = "config.json"
_WEIGHTS: Final = ("model.safetensors", "pytorch_model.bin")


@dataclass(frozen=True, slots=True)
class LocalWeights:
    """A model of the Hugging Face hub that nothing of ours downloads.

    Attributes
    ----------
    engine
        The engine's name, and the folder's in ``models_dir``.
    repository
        Its name on the hub.
    licence
        The weights' SPDX identifier.
    note
        What it is good for.
    """

    engine: str
    repository: str
    licence: str
    note: str

    def folder(self, models_dir: Path) -> Path:
        """Return where its files are looked for; the folder may be a link."""
        return models_dir / self.engine

    def missing(self, models_dir: Path) -> str | None:
        """Return what is missing and the command that gets it, or nothing if the engine can run."""
        absent = [library for library in _LIBRARIES if find_spec(library) is None]
        if absent:
            return f"{' and '.join(absent)} not installed: run `uv pip install torch 'transformers>=5'`"
        folder = self.folder(models_dir)
        if not (folder / _CONFIGURATION).is_file() or _weights_in(folder) is None:
            get = f"hf download {self.repository} --local-dir {folder}"
            return f"no weights in {folder} ({self.repository}, {self.licence}): run `{get}`"
        return None

    def found(self, models_dir: Path) -> Path:
        """Return the folder with its files.

        Raises
        ------
        Unavailable
            If something is missing; the message says how to get it.
        """
        missing = self.missing(models_dir)
        if missing:
            raise Unavailable(f"The engine {self.engine} cannot run: {missing}.", engine=self.engine)
        return self.folder(models_dir)

    def fingerprint(self, models_dir: Path) -> str:
        """Return twelve digits that change when the weights or their configuration do; read once in a process."""
        folder = self.found(models_dir)
        files = (folder / _CONFIGURATION, _weights_in(folder) or folder)
        return "".join(_hash_once(path, path.stat().st_mtime_ns)[:6] for path in files)

    def describe(self, models_dir: Path) -> EngineDescription:
        """Return what ``segue doctor`` says of the engine."""
        missing = self.missing(models_dir)
        return EngineDescription(self.engine, missing is None, missing or self.note)


def _weights_in(folder: Path) -> Path | None:
    """Return the file of the weights, if there is one."""
    return next((folder / name for name in _WEIGHTS if (folder / name).is_file()), None)


@lru_cache(maxsize=8)
def _hash_once(path: Path, _: int) -> str:
    """Return a file's hash; the second argument makes a changed file another one."""
    return sha256_of(path)
