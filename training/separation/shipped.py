"""Taking the weights out of a graph that `training.separation.export` wrote, so that training can go on from them."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from segue.engines.separation.evidence import BANDS
from training.separation.network import DILATIONS, PLACES, STEMS, WIDTHS, PartingNetwork

_LEVELS = len(WIDTHS) - 1


def network_of(graph: Path, examples: Tensor) -> PartingNetwork:
    """Return a network that answers as the graph does.

    The graph's normalisations are folded into its convolutions, whose outputs' statistics are taken anew from
    ``examples`` of evidence, a few dozen of them: a network in training needs them.
    """
    initial = {item.name: numpy_helper.to_array(item) for item in onnx.load(graph).graph.initializer}
    arrays = iter([torch.from_numpy(array.astype(np.float32)) for array in initial.values() if array.dtype != np.int64])
    network = PartingNetwork().eval()
    with torch.no_grad():
        network.places.copy_(next(arrays)[:, :, :1].reshape(1, PLACES, 1, BANDS))
        for name in _in_their_order():
            layer = network.get_submodule(name)
            kernel, bias = next(arrays), next(arrays)
            layer.weight.copy_(kernel)
            if layer.bias is not None:
                layer.bias.copy_(bias)
            else:
                _plain_normalisation(network, name).bias.copy_(bias)
        network.trust.copy_(_last_of_shape(initial, (STEMS, 1, 1)).flatten())
        _renormalise(network, examples)
    return network


def _in_their_order() -> list[str]:
    """Return the names of the convolutions in the order in which they were written."""
    down = [f"down.{level}.{step}.0" for level in range(_LEVELS) for step in range(2)]
    wide = ["wide.gather", *(f"wide.steps.{index}.0" for index in range(len(DILATIONS))), "wide.scatter"]
    up = [name for level in range(_LEVELS) for name in (f"up.{level}", f"mend.{level}.0")]
    return ["enter.0", *down, *wide, *up, "leave", "direct"]


def _plain_normalisation(network: PartingNetwork, convolution: str) -> nn.BatchNorm2d:
    """Return the normalisation after a convolution, set to change nothing."""
    name = "wide.gathered" if convolution == "wide.gather" else convolution[:-1] + "1"
    norm = network.get_submodule(name)
    assert isinstance(norm, nn.BatchNorm2d)  # noqa: S101 - what stands there in the network
    norm.running_mean.zero_()
    norm.running_var.fill_(1 - norm.eps)
    norm.weight.fill_(1)
    return norm


def _last_of_shape(initial: dict[str, np.ndarray], shape: tuple[int, ...]) -> Tensor:
    return torch.from_numpy(np.array([array for array in initial.values() if array.shape == shape][-1]))


def _renormalise(network: PartingNetwork, examples: Tensor) -> None:
    """Let each normalisation know what it sees of the examples, and undo with its weights what that changes."""
    seen: dict[nn.BatchNorm2d, Tensor] = {}

    def keep(norm: nn.BatchNorm2d, inputs: tuple[Tensor]) -> None:
        seen[norm] = inputs[0]

    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    hooks = [norm.register_forward_pre_hook(keep) for norm in norms]
    network(examples)
    for hook in hooks:
        hook.remove()
    for norm, values in seen.items():
        mean, variance = values.mean(dim=(0, 2, 3)), values.var(dim=(0, 2, 3))
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias.add_(mean)
