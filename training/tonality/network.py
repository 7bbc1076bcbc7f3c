"""A small network fitted with Adam, in NumPy: it is shown each root in turn, as `segue.audio.chords` does."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.audio.chords import turned
from segue.audio.signal import FloatArray

_BATCH: Final = 256
_RATE: Final = 2e-3
_DECAY: Final = 1e-4
_MOMENTS: Final = (0.9, 0.999)


@dataclass(slots=True)
class Network:
    """Weights and biases, layer by layer, with Adam's moments of each."""

    layers: list[FloatArray]
    first: list[FloatArray]
    second: list[FloatArray]
    steps: int = 0

    @classmethod
    def fresh(cls, sizes: tuple[int, ...], rng: np.random.Generator) -> "Network":
        """Return a network with so many inputs, hidden units..., outputs."""
        layers: list[FloatArray] = []
        for inputs, outputs in pairwise(sizes):
            layers.append(rng.normal(0.0, np.sqrt(2.0 / inputs), (inputs, outputs)).astype(np.float32))
            layers.append(np.zeros(outputs, dtype=np.float32))
        return cls(layers, [np.zeros_like(layer) for layer in layers], [np.zeros_like(layer) for layer in layers])


def fit(
    features: FloatArray,
    meant: NDArray[np.bool_],
    *,
    hidden: tuple[int, ...],
    epochs: int,
    seed: int,
    after_epoch: Callable[[int, float, list[FloatArray]], None],
) -> list[FloatArray]:
    """Fit a network so that it finds likely what is meant.

    Parameters
    ----------
    features
        ``(units, rows, 12)``.
    meant
        The right classes, ``(units, classes)``: the network is free to share its belief among them.
    hidden
        Units of each hidden layer.
    epochs, seed
        How often it sees everything; in which order and from which weights.
    after_epoch
        Told the epoch, its mean loss in nats, and the weights.
    """
    rng = np.random.default_rng(seed)
    network = Network.fresh((features.shape[1] * 12, *hidden, (meant.shape[1] - 1) // 12 + 1), rng)
    for epoch in range(epochs):
        order = rng.permutation(len(features))
        losses = []
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            loss, gradients = _gradients(network.layers, turned(features[chosen]), meant[chosen])
            losses.append(loss)
            _step(network, gradients, _RATE * 0.5 * (1.0 + np.cos(np.pi * epoch / epochs)))
        after_epoch(epoch, float(np.mean(losses)), network.layers)
    return network.layers


def _gradients(layers: list[FloatArray], shown: FloatArray, meant: NDArray[np.bool_]) -> tuple[float, list[FloatArray]]:
    """Return the mean cross entropy in nats and its gradients."""
    count = len(shown)
    inputs = [shown.reshape(count * 12, -1)]
    for weights, bias in zip(layers[:-2:2], layers[1:-2:2], strict=True):
        inputs.append(np.maximum(inputs[-1] @ weights + bias, 0.0))
    out = (inputs[-1] @ layers[-2] + layers[-1]).reshape(count, 12, -1)
    logits = np.concatenate([out[:, :, :-1].reshape(count, -1), out[:, :, -1].mean(axis=1, keepdims=True)], axis=1)
    belief = np.exp(logits - logits.max(axis=1, keepdims=True))
    belief /= belief.sum(axis=1, keepdims=True)
    right = belief * meant
    total = np.maximum(right.sum(axis=1, keepdims=True), 1e-9)
    by_logit = (belief - right / total) / count
    back = np.empty_like(out)
    back[:, :, :-1] = by_logit[:, :-1].reshape(count, 12, -1)
    back[:, :, -1] = by_logit[:, -1:] / 12.0
    flow = back.reshape(count * 12, -1)
    gradients: list[FloatArray] = []
    for layer in range(len(layers) - 2, -1, -2):
        gradients[:0] = [inputs[layer // 2].T @ flow, flow.sum(axis=0)]
        if layer:
            flow = (flow @ layers[layer].T) * (inputs[layer // 2] > 0.0)
    return float(-np.log(total).mean()), gradients


def _step(network: Network, gradients: list[FloatArray], rate: float) -> None:
    network.steps += 1
    for index, gradient in enumerate(gradients):
        first, second = network.first[index], network.second[index]
        first += (1.0 - _MOMENTS[0]) * (gradient - first)
        second += (1.0 - _MOMENTS[1]) * (gradient**2 - second)
        shift = first / (1.0 - _MOMENTS[0] ** network.steps)
        scale = np.sqrt(second / (1.0 - _MOMENTS[1] ** network.steps)) + 1e-8
        network.layers[index] -= np.float32(rate) * (shift / scale + _DECAY * network.layers[index])
