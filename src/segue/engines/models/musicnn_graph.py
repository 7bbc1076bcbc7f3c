"""MusiCNN's two taggers as one ONNX graph, with its features standardised by the statistics that come with it.

J. Pons, X. Serra, "musicnn: Pre-trained convolutional neural networks for music audio tagging", ISMIR 2019 (late
breaking). Vertical filters for timbre, horizontal ones for rhythm, three residual layers, pooling over time, two dense
layers; one network was trained on the Million Song Dataset, one on MagnaTagATune.
"""

from pathlib import Path

import numpy as np

from segue.audio.signal import FloatArray
from segue.engines.models.onnx_graph import GraphBuilder, Shape

FRAMES = 187
BANDS = 96
TAGS = 50
PENULTIMATE = 200
POOLED = 1506
FILE = "musicnn.onnx"
NETWORKS = ("MSD", "MTT")
MEMBERS = tuple(
    f"musicnn/{network}_musicnn/{part}" for network in NETWORKS for part in (".index", ".data-00000-of-00001")
)
_NORM_EPSILON = np.float32(1e-3)

Weights = dict[str, FloatArray]


def _name(stem: str, number: int) -> str:
    """Return the name that TensorFlow gives the so-many-th layer of a kind."""
    return f"{stem}_{number}" if number else stem


def _affine(weights: Weights, number: int) -> tuple[FloatArray, FloatArray]:
    """Return the factor and offset of a batch normalisation."""
    name = _name("batch_normalization", number)
    factor = weights[f"{name}/gamma"] / np.sqrt(weights[f"{name}/moving_variance"] + _NORM_EPSILON)
    return factor, weights[f"{name}/beta"] - weights[f"{name}/moving_mean"] * factor


def _standardise(graph: GraphBuilder, x: str, weights: Weights, number: int, output: str) -> str:
    """Bring ``(segments, features)`` to zero mean and unit variance over what the network was trained on."""
    name = _name("batch_normalization", number)
    factor = 1 / np.sqrt(weights[f"{name}/moving_variance"] + _NORM_EPSILON)
    return graph.scale(x, factor, -weights[f"{name}/moving_mean"] * factor, output=output)


def _dense(graph: GraphBuilder, x: str, weights: Weights, layer: int, norm: int) -> tuple[str, FloatArray]:
    """Add a dense layer behind the gain of a normalisation; return its output and the bias that is still to add."""
    name = _name("dense", layer)
    norm_name = _name("batch_normalization", norm)
    kernel = weights[f"{name}/kernel"]
    bias = weights[f"{norm_name}/beta"] @ kernel + weights[f"{name}/bias"]
    return graph.node("MatMul", x, graph.weight(weights[f"{norm_name}/gamma"][:, None] * kernel)), bias


def _front_end(graph: GraphBuilder, mel: str, weights: Weights, number: int) -> str:
    """Add one bank of filters over ``(segments, 1, frames, bands)``: the loudest band's answer at each frame.

    Rectifying and normalising rise or fall throughout, so that they come after the maximum, on a hundredth of the
    values; of filters whose normalisation falls it is a minimum, which is the maximum of the negated filter's answer.
    """
    factor, offset = _affine(weights, number + 1)
    sign = np.where(factor < 0, np.float32(-1), np.float32(1))
    kernel = weights[f"{_name('conv2d', number)}/kernel"].transpose(3, 2, 0, 1) * sign.reshape(-1, 1, 1, 1)
    before = (kernel.shape[2] - 1) // 2
    pads = [before, 0, kernel.shape[2] - 1 - before, 0]
    bias = graph.weight(weights[f"{_name('conv2d', number)}/bias"] * sign)
    answer = graph.node("Conv", mel, graph.weight(kernel), bias, pads=pads)
    loudest = graph.node("ReduceMax", answer, axes=[3], keepdims=0)
    rectified = graph.node("Relu", graph.node("Mul", loudest, graph.weight(sign.reshape(1, -1, 1))))
    return graph.scale(rectified, factor.reshape(1, -1, 1), offset.reshape(1, -1, 1))


def _middle(graph: GraphBuilder, x: str, weights: Weights, number: int) -> str:
    """Add one convolution over time of ``(segments, features, frames)``."""
    kernel = weights[f"{_name('conv2d', number)}/kernel"][:, :, 0].transpose(2, 1, 0)
    bias = graph.weight(weights[f"{_name('conv2d', number)}/bias"])
    answer = graph.node("Relu", graph.node("Conv", x, graph.weight(kernel), bias, pads=[3, 3]))
    factor, offset = _affine(weights, number + 1)
    return graph.scale(answer, factor.reshape(1, -1, 1), offset.reshape(1, -1, 1))


def _pool(graph: GraphBuilder, layers: list[str]) -> str:
    """Add maximum and mean over time, interleaved feature by feature."""
    features = graph.node("Concat", *layers, axis=1)
    pools = [graph.node(operator, features, axes=[2], keepdims=1) for operator in ("ReduceMax", "ReduceMean")]
    return graph.node("Flatten", graph.node("Concat", *pools, axis=2), axis=1)


def _tagger(graph: GraphBuilder, mel: str, weights: Weights, prefix: str) -> None:
    """Add one network, from the log-mel spectrogram to its outputs."""
    factor, offset = _affine(weights, 0)
    normal = graph.node("Unsqueeze", graph.scale(mel, factor, offset), graph.weight(np.array([1])))
    front = graph.node("Concat", *(_front_end(graph, normal, weights, number) for number in range(5)), axis=1)
    first = _middle(graph, front, weights, 5)
    second = graph.node("Add", _middle(graph, first, weights, 6), first)
    third = graph.node("Add", _middle(graph, second, weights, 7), second)
    pooled = _standardise(graph, _pool(graph, [front, first, second, third]), weights, 9, f"{prefix}_pooled")
    dense, bias = _dense(graph, pooled, weights, 0, 9)
    active = graph.node("Relu", graph.node("Add", dense, graph.weight(bias)))
    penultimate = _standardise(graph, active, weights, 10, f"{prefix}_penultimate")
    leaning, bias = _dense(graph, penultimate, weights, 1, 10)
    graph.node("Identity", leaning, output=f"{prefix}_leanings")
    graph.node("Sigmoid", graph.node("Add", leaning, graph.weight(bias)), output=f"{prefix}_tags")


def write_musicnn_graph(networks: dict[str, Weights], path: Path) -> None:
    """Write the graph of both taggers.

    Parameters
    ----------
    networks
        The variables of the checkpoints, by `NETWORKS`.
    path
        Where to write. The input ``mel`` is ``(segments, 187, 96)``, ``log10(10000 x + 1)`` of the mel power. Outputs,
        for each network in lower case: ``*_pooled`` ``(segments, 1506)`` and ``*_penultimate`` ``(segments, 200)``,
        standardised by the running statistics of the network's own normalisation; ``*_leanings`` ``(segments, 50)``,
        the tags' logits less their bias; ``*_tags``, their probabilities.
    """
    graph = GraphBuilder()
    sizes = {"pooled": POOLED, "penultimate": PENULTIMATE, "leanings": TAGS, "tags": TAGS}
    for network in NETWORKS:
        _tagger(graph, "mel", networks[network], network.lower())
    outputs: dict[str, Shape] = {
        f"{network.lower()}_{part}": ["segments", size] for network in NETWORKS for part, size in sizes.items()
    }
    graph.save(path, inputs={"mel": ["segments", FRAMES, BANDS]}, outputs=outputs)
