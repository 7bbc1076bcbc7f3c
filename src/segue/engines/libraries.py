"""Libraries that are not in the default install: using them where they are, and saying how to get them."""

import importlib
import importlib.metadata
import importlib.util
from types import ModuleType
from typing import Any, Final

from segue.kit.errors import Unavailable

#: How each is got. PyTorch first: a plain install takes gigabytes of CUDA, so its own index is named.
REMEDIES: Final = {
    "torch": "pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu",
    "demucs": "pip install demucs==4.1.0",
    "hibari": "pip install hibari-tts==0.2.1",
    "bs_roformer": "pip install bs-roformer==1.2.4 pyyaml",
}


def has_library(*names: str) -> bool:
    """Whether all of these can be imported; imports none."""
    return all(importlib.util.find_spec(name) for name in names)


def how_to_get(*names: str) -> str:
    """Return the commands that install what is missing of these."""
    return " and ".join(f"`{REMEDIES[name]}`" for name in names if not has_library(name))


def need_libraries(*names: str) -> None:
    """Refuse to go on where one of these is missing.

    Raises
    ------
    Unavailable
        The message says how to get them.
    """
    if not has_library(*names):
        raise Unavailable(f"This engine needs libraries that are not installed: run {how_to_get(*names)}.")


def library(name: str) -> Any:
    """Return a library's module, or a module in it."""
    module: ModuleType = importlib.import_module(name)
    return module


def version_of(distribution: str) -> str:
    """Return the version of an installed distribution."""
    return importlib.metadata.version(distribution)
