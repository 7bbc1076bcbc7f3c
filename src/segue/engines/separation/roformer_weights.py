"""Reading a RoFormer's checkpoint and its configuration, in the form in which they are published."""

import inspect
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from segue.engines.libraries import library
from segue.engines.models.fetch import sha256_of
from segue.kit.errors import Unavailable

#: What checkpoints of training programs call the weights among their other contents.
_NESTS: Final = ("state_dict", "state", "model")


@dataclass(frozen=True, slots=True)
class Roformer:
    """A network, what it parts a mix into, and how it wants the mix.

    Attributes
    ----------
    stems
        The names of its outputs.
    rate
        Hz.
    length
        Samples of a segment, whole hops of its transform.
    digest
        What tells these weights from others.
    """

    network: Any
    stems: tuple[str, ...]
    rate: int
    length: int
    digest: str


def read_roformer(checkpoint: Path, configuration: Path) -> Roformer:
    """Read a network with its weights.

    Parameters
    ----------
    checkpoint
        A ``.safetensors`` file, or a PyTorch one, of which nothing but tensors is read.
    configuration
        YAML, as Music-Source-Separation-Training publishes it: ``audio.chunk_size`` and ``sample_rate``, ``model``
        with the network's arguments, ``training.instruments`` and ``target_instrument``.

    Raises
    ------
    Unavailable
        If one of them is not there, or they do not fit one another or the installed library.
    """
    for path in (checkpoint, configuration):
        if not path.is_file():
            raise Unavailable(f"There is no file {path}: see SEGUE_ROFORMER_CHECKPOINT and SEGUE_ROFORMER_CONFIG.")
    settings = _read_configuration(configuration)
    try:
        audio, training = settings["audio"], settings["training"]
        network = _build(dict(settings["model"]))
        target = training.get("target_instrument")
        stems = (target,) if target else tuple(training["instruments"])
        hop = network.stft_kwargs["hop_length"]
        rate, length = int(audio.get("sample_rate", 44_100)), int(audio["chunk_size"]) // hop * hop
    except Unavailable:
        raise
    except Exception as error:  # the library checks its arguments' types by an exception of its own
        raise Unavailable(f"{configuration} does not describe a RoFormer of this library: {error!r}.") from error
    if network.num_stems != len(stems) or not network.stereo or length <= 0:
        raise Unavailable(f"{configuration}: a stereo network with as many outputs as there are names is needed.")
    _fill(network, checkpoint)
    return Roformer(network.eval(), stems, rate, length, sha256_of(checkpoint)[:8])


def _read_configuration(path: Path) -> dict[str, Any]:
    """Read YAML with Python's tuples in it and no other objects."""
    yaml = library("yaml")

    safe: Any = type("Loader", (yaml.SafeLoader,), {})
    safe.add_constructor(
        "tag:yaml.org,2002:python/tuple", lambda loader, node: tuple(loader.construct_sequence(node, deep=True))
    )
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=safe)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Unavailable(f"{path} is not a configuration: {error}.") from error
    if not isinstance(content, dict):
        raise Unavailable(f"{path} is not a configuration: it holds no names.")
    return content


def _build(arguments: dict[str, Any]) -> Any:
    """Make the network: with bands along the mel scale where the configuration counts them, else with bands given."""
    package = library("bs_roformer")
    kind = package.MelBandRoformer if "num_bands" in arguments else package.BSRoformer
    known = inspect.signature(kind.__init__).parameters
    # Forks of the library have arguments of their own, which do nothing while they are off.
    unknown = [name for name, value in arguments.items() if name not in known and value]
    if unknown:
        raise Unavailable(f"{kind.__name__} of the installed bs-roformer does not know {', '.join(unknown)}.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it counts its transform's bins by a transform without a window
        return kind(**{name: value for name, value in arguments.items() if name in known})


def _fill(network: Any, checkpoint: Path) -> None:
    """Give a network its weights, all of them and no others."""
    torch = library("torch")
    try:
        if checkpoint.suffix == ".safetensors":
            state = library("safetensors.torch").load_file(checkpoint)
        else:
            state = torch.load(checkpoint, map_location="cpu", weights_only=True)
        for nest in _NESTS:
            state = state[nest] if isinstance(state.get(nest), dict) else state
        network.load_state_dict(state)
    except Exception as error:  # a damaged file fails in as many ways as its readers have lines
        raise Unavailable(
            f"{checkpoint} does not fit its configuration, or bs-roformer 1.2.4: {str(error)[:600]}"
        ) from error
