"""Reading HTDemucs' weights as their makers publish them, without running what a file says."""

import fractions
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from segue.engines.libraries import library
from segue.engines.models.fetch import sha256_of
from segue.kit.errors import Unavailable

_HUB: Final = "hf://"
_CLASS: Final = "demucs.htdemucs.HTDemucs"


@dataclass(frozen=True, slots=True)
class WeightedModel:
    """One network of a bag, with how much its word counts for each of its sources."""

    model: Any
    weights: Sequence[float]


@dataclass(frozen=True, slots=True)
class Bag:
    """Networks whose estimates are averaged, and what tells them from any others."""

    members: tuple[WeightedModel, ...]
    digest: str


def read_bag(weights: str) -> Bag:
    """Read one network or a bag of them.

    Parameters
    ----------
    weights
        A ``.th`` or ``.safetensors`` file; or a ``.yaml`` file, which names files in its folder; or
        ``hf://[namespace/]name``, a bag in the user's own cache of the Hugging Face hub. Nothing is downloaded.

    Raises
    ------
    Unavailable
        If they are not there, or are not weights of HTDemucs.
    """
    path = _cached(weights.removeprefix(_HUB)) if weights.startswith(_HUB) else Path(weights).expanduser()
    if not path.is_file():
        raise Unavailable(f"There are no HTDemucs weights at {path}. Name a file in SEGUE_DEMUCS_WEIGHTS.")
    if path.suffix != ".yaml":
        model = _read_model(path)
        return Bag((WeightedModel(model, [1.0] * len(model.sources)),), sha256_of(path)[:8])
    return _read_yaml(path)


def _cached(name: str) -> Path:
    """Return where the hub's cache has a bag; asks no network."""
    hub, demucs_hub = library("huggingface_hub"), library("demucs.hf")
    namespace, _, name = f"{demucs_hub.DEFAULT_NAMESPACE}/{name}".rpartition("/")
    repository = f"{namespace.rpartition('/')[2]}/{demucs_hub.hf_repo_name(name)}"
    try:
        folder = hub.snapshot_download(repository, local_files_only=True)
    except hub.errors.LocalEntryNotFoundError as error:
        raise Unavailable(f"{repository} is not in the hub's cache. Run `hf download {repository}`.") from error
    return Path(folder, f"{name}.yaml")


def _read_yaml(path: Path) -> Bag:
    """Read the networks that a bag's description names, from its folder."""
    yaml = library("yaml")
    try:
        bag = yaml.safe_load(path.read_text(encoding="utf-8"))
        files = [_file_of(str(signature), path.parent) for signature in bag["models"]]
        models = [_read_model(file) for file in files]
        weights = bag.get("weights") or [[1.0] * len(model.sources) for model in models]
        members = tuple(_weighted(*member) for member in zip(models, weights, strict=True))
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unavailable(f"{path} does not describe a bag of HTDemucs networks: {error!r}.") from error
    return Bag(members, "-".join(sha256_of(file)[:8] for file in files))


def _weighted(model: Any, weights: Sequence[float]) -> WeightedModel:
    """Return a network with a weight for each of its sources."""
    if len(weights) != len(model.sources):
        raise ValueError(f"{len(weights)} weights for {len(model.sources)} sources")
    return WeightedModel(model, [float(weight) for weight in weights])


def _file_of(signature: str, folder: Path) -> Path:
    """Return the file of a network: its signature, in older files followed by a part of its hash."""
    for file in sorted(folder.iterdir()):
        if file.suffix in (".safetensors", ".th") and file.stem.partition("-")[0] == signature:
            return file
    raise Unavailable(f"{folder} lacks the weights {signature} (.safetensors or .th) that its bag names.")


def _read_model(path: Path) -> Any:
    """Read one network."""
    read = _read_safetensors if path.suffix == ".safetensors" else _read_pickle
    try:
        model = read(path)
    except Unavailable:
        raise
    except Exception as error:  # a damaged file fails in as many ways as its readers have lines
        raise Unavailable(f"{path} cannot be read as weights of HTDemucs: {error}") from error
    return model.eval()


def _read_safetensors(path: Path) -> Any:
    """Read what the hub holds. Its metadata names a class and arguments to call it with: only ours is called."""
    with library("safetensors").safe_open(str(path), framework="pt") as file:
        metadata = file.metadata() or {}
    if metadata.get("klass") != _CLASS or "structure" in metadata:
        raise _of_another_kind(path, metadata.get("klass"))
    return library("demucs.hf").load_safetensors_model(path)


def _read_pickle(path: Path) -> Any:
    """Read what Demucs' own server held: a pickle, of which nothing but tensors and two classes is let in."""
    torch, htdemucs = library("torch"), library("demucs.htdemucs").HTDemucs
    with warnings.catch_warnings(), torch.serialization.safe_globals([htdemucs, fractions.Fraction]):
        warnings.simplefilter("ignore")
        package = torch.load(path, map_location="cpu", weights_only=True)
        if package["klass"] is not htdemucs or package["state"].get("__quantized"):
            raise _of_another_kind(path, package["klass"])
        return library("demucs.states").load_model(package)


def _of_another_kind(path: Path, kind: object) -> Unavailable:
    return Unavailable(f"{path} holds a {kind}, quantised or not: only plain {_CLASS} is served.")
