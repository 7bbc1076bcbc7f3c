"""Write trained weights as the graph that Segue ships: `python -m training.separation.export WEIGHTS GRAPH`."""

import argparse
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from segue.audio.signal import FloatArray
from segue.engines.models.onnx_graph import GraphBuilder
from segue.engines.separation.evidence import BANDS, KINDS
from segue.engines.separation.masking import SEGMENT_FRAMES
from training.separation.network import (
    ABOVE_RINGING,
    CHANNELS,
    DILATIONS,
    LEAST_SHARE,
    STEMS,
    STRIKES,
    WIDTHS,
    PartingNetwork,
    masks,
)

Weights = dict[str, FloatArray]
_EPSILON = 1e-5


def write_graph(weights: Weights, path: Path, *, frames: int = SEGMENT_FRAMES) -> None:
    """Write the graph: ``evidence`` ``(1, KINDS, frames, BANDS)`` to ``masks`` ``(3, 2, frames, BANDS)``.

    Batch normalisation is folded into the convolutions, whose weights are kept as 16-bit floats.
    """
    graph = GraphBuilder(half_precision=True)
    places = np.repeat(weights["places"], frames, axis=2)
    shown = graph.node("Concat", "evidence", graph.weight(places), axis=1)
    x = _convolution(graph, shown, weights, "enter", strides=(1, 2))
    skips = []
    for level in range(len(WIDTHS) - 1):
        skips.append(x)
        x = _convolution(graph, x, weights, f"down.{level}.0", strides=(2, 2))
        x = _convolution(graph, x, weights, f"down.{level}.1")
    levels = len(WIDTHS) - 1
    x = _wide_view(graph, x, weights, frames=frames >> levels, bands=BANDS >> (levels + 1))
    for level in range(levels):
        x = _plain(graph, "ConvTranspose", x, weights, f"up.{level}", strides=[2, 2])
        x = _convolution(graph, graph.node("Concat", x, skips.pop(), axis=1), weights, f"mend.{level}")
    fine = _plain(graph, "ConvTranspose", x, weights, "leave", strides=[1, 2])
    learned = graph.node("Add", fine, _plain(graph, "Conv", shown, weights, "direct", pads=[1, 1, 1, 1]))
    logits = graph.node("Add", learned, _classical_guess(graph, weights))
    shape = graph.weight(np.array([STEMS, CHANNELS, frames, BANDS], dtype=np.int64))
    graph.node("Softmax", graph.node("Reshape", logits, shape), output="masks", axis=0)
    graph.save(
        path, inputs={"evidence": [1, KINDS, frames, BANDS]}, outputs={"masks": [STEMS, CHANNELS, frames, BANDS]}
    )


def trusted_by(weights: Weights, share: float) -> Weights:
    """Lean the masks towards those of medians: their geometric mean, this share of it the network's."""
    scaled = {name: weights[name] * np.float32(share) for name in weights if name.startswith(("leave.", "direct."))}
    return {**weights, **scaled, "trust": (1 - share + share * weights["trust"]).astype(np.float32)}


def _plain(graph: GraphBuilder, operator: str, x: str, weights: Weights, name: str, **how: list[int]) -> str:
    kernel, bias = graph.weight(weights[f"{name}.weight"]), graph.weight(weights[f"{name}.bias"])
    return graph.node(operator, x, kernel, bias, **how)


def _convolution(graph: GraphBuilder, x: str, weights: Weights, name: str, *, strides: tuple[int, int] = (1, 1)) -> str:
    return _normalised(graph, x, weights, f"{name}.0", f"{name}.1", pads=[1, 1, 1, 1], strides=list(strides))


def _normalised(graph: GraphBuilder, x: str, weights: Weights, conv: str, norm: str, **how: list[int]) -> str:
    """Add a convolution with the normalisation that follows folded into it, and a rectifier."""
    factor = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + np.float32(_EPSILON))
    kernel = weights[f"{conv}.weight"] * factor[:, np.newaxis, np.newaxis, np.newaxis]
    bias = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * factor
    return graph.node("Relu", graph.node("Conv", x, graph.weight(kernel), graph.weight(bias), **how))


def _classical_guess(graph: GraphBuilder, weights: Weights) -> str:
    """Add `training.separation.network.classical_guess`, once for each channel."""

    def constant(*values: float) -> str:
        return graph.weight(np.array(values, dtype=np.float32))

    def kind(index: int) -> str:
        return graph.node("Gather", "evidence", graph.weight(np.array([index], dtype=np.int64)), axis=1)

    one = constant(1)
    strikes = graph.scale(kind(STRIKES), np.array([0.5], dtype=np.float32), np.array([0.5], dtype=np.float32))
    rings = graph.node("Pow", constant(10), graph.node("Mul", kind(ABOVE_RINGING), constant(-0.5)))
    rising = graph.node("Max", graph.node("Sub", one, rings), constant(0))
    rises = graph.node("Mul", rising, rising)
    short = graph.node("Div", rises, graph.node("Add", rises, graph.node("Mul", rings, rings)))
    change = graph.node("Mul", graph.weight(weights["low"]), graph.node("Sub", short, strikes))
    drums = graph.node("Add", strikes, change)
    rest = graph.node("Sub", one, drums)
    deep = graph.node("Mul", rest, graph.weight(weights["bass"]))
    shares = graph.node("Concat", drums, deep, graph.node("Sub", rest, deep), axis=1)
    guess = graph.node("Log", graph.node("Max", shares, constant(LEAST_SHARE)))
    trusted = graph.node("Mul", guess, graph.weight(weights["trust"][:, np.newaxis, np.newaxis]))
    order = graph.weight(np.repeat(np.arange(STEMS), CHANNELS))
    return graph.node("Gather", trusted, order, axis=1)


def _wide_view(graph: GraphBuilder, x: str, weights: Weights, *, frames: int, bands: int) -> str:
    seen = _normalised(graph, x, weights, "wide.gather", "wide.gathered")
    for index, dilation in enumerate(DILATIONS):
        how = {"pads": [dilation, 0, dilation, 0], "dilations": [dilation, 1]}
        step = _normalised(graph, seen, weights, f"wide.steps.{index}.0", f"wide.steps.{index}.1", **how)
        seen = graph.node("Add", seen, step)
    spread = _plain(graph, "Conv", seen, weights, "wide.scatter")
    shape = graph.weight(np.array([1, WIDTHS[-1], bands, frames], dtype=np.int64))
    turned = graph.node("Transpose", graph.node("Reshape", spread, shape), perm=[0, 1, 3, 2])
    return graph.node("Add", x, turned)


def main() -> None:
    """Write the graph, and say how far its masks are from the network's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("graph", type=Path)
    parser.add_argument("--share", type=float, default=0.75, help="the network's share against that of medians")
    options = parser.parse_args()
    network = PartingNetwork().eval()
    network.load_state_dict(torch.load(options.weights, weights_only=True))
    options.graph.parent.mkdir(parents=True, exist_ok=True)
    weights = trusted_by({name: value.numpy() for name, value in network.state_dict().items()}, options.share)
    network.load_state_dict({name: torch.from_numpy(np.asarray(value)) for name, value in weights.items()})
    write_graph(weights, options.graph)
    sample = torch.randn(1, KINDS, SEGMENT_FRAMES, BANDS, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = masks(network(sample))[0].numpy()
    session = onnxruntime.InferenceSession(options.graph, providers=["CPUExecutionProvider"])
    (found,) = session.run(["masks"], {"evidence": sample.numpy()})
    size_mb = options.graph.stat().st_size / 1e6
    sys.stdout.write(f"{size_mb:.2f} MB; largest difference of a mask {np.abs(found - expected).max():.1e}\n")


if __name__ == "__main__":
    main()
