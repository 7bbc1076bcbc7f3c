"""The graph computes what the U-Nets are defined to."""

from pathlib import Path

import numpy as np

from segue.audio.signal import FloatArray
from segue.engines.models.runtime import OnnxModel
from segue.engines.models.spleeter_graph import BINS, FRAMES, LEVELS, write_spleeter_graph

WIDTH = 3


def small_weights(seed: int) -> dict[str, FloatArray]:
    """Random weights of a U-Net with few channels, on values that 16 bits hold exactly."""
    random = np.random.default_rng(seed)

    def some(*shape: int) -> FloatArray:
        return (random.integers(-64, 65, shape) / 256).astype(np.float32)

    weights: dict[str, FloatArray] = {"up7.0.weight": some(2, 1, 4, 4), "up7.0.bias": some(2)}
    norms = []
    for level in range(1, LEVELS + 1):
        last = level == LEVELS
        weights[f"down{level}_conv.1.weight"] = some(WIDTH, 2 if level == 1 else WIDTH, 5, 5)
        weights[f"down{level}_conv.1.bias"] = some(WIDTH)
        weights[f"up{level}.0.weight"] = some(WIDTH if level == 1 else 2 * WIDTH, 1 if last else WIDTH, 5, 5)
        weights[f"up{level}.0.bias"] = some(1 if last else WIDTH)
        norms += [(f"down{level}_act.0", WIDTH), (f"up{level}.3", 1 if last else WIDTH)]
    for name, channels in norms:
        weights |= {f"{name}.{part}": some(channels) for part in ("weight", "bias", "running_mean")}
        weights[f"{name}.running_var"] = np.abs(some(channels)) + 1
    return weights


def convolve(
    x: FloatArray, kernel: FloatArray, bias: FloatArray, *, stride: int, pad: tuple[int, int], step: int = 1
) -> FloatArray:
    padded = np.pad(x, ((0, 0), pad, pad))
    size = (kernel.shape[-1] - 1) * step + 1
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(1, 2))
    windows = windows[:, ::stride, ::stride, ::step, ::step]
    return np.asarray(
        np.einsum("ctfij,ocij->otf", windows, kernel, optimize=True) + bias[:, None, None], dtype=np.float32
    )


def convolve_transposed(x: FloatArray, kernel: FloatArray, bias: FloatArray) -> FloatArray:
    spread = np.zeros((x.shape[0], 2 * x.shape[1] - 1, 2 * x.shape[2] - 1), dtype=np.float32)
    spread[:, ::2, ::2] = x
    whole = convolve(spread, kernel[:, :, ::-1, ::-1].swapaxes(0, 1), bias, stride=1, pad=(4, 4))
    return whole[:, 1:-2, 1:-2]


def normalise(x: FloatArray, weights: dict[str, FloatArray], name: str) -> FloatArray:
    gain, bias, mean, variance = (
        weights[f"{name}.{part}"][:, None, None] for part in ("weight", "bias", "running_mean", "running_var")
    )
    return np.asarray((x - mean) / np.sqrt(variance + 1e-3) * gain + bias, dtype=np.float32)


def estimate(magnitude: FloatArray, weights: dict[str, FloatArray]) -> FloatArray:
    """The U-Net, written down a second time."""
    skips = []
    x = magnitude
    for level in range(1, LEVELS + 1):
        name = f"down{level}_conv.1"
        skips.append(convolve(x, weights[f"{name}.weight"], weights[f"{name}.bias"], stride=2, pad=(1, 2)))
        if level < LEVELS:
            normal = normalise(skips[-1], weights, f"down{level}_act.0")
            x = np.where(normal > 0, normal, np.float32(0.2) * normal)
    x = skips.pop()
    for level in range(1, LEVELS + 1):
        up = convolve_transposed(x, weights[f"up{level}.0.weight"], weights[f"up{level}.0.bias"])
        x = normalise(np.maximum(up, 0), weights, f"up{level}.3")
        x = np.concatenate([skips.pop(), x]) if skips else x
    last = convolve(x, weights["up7.0.weight"], weights["up7.0.bias"], stride=1, pad=(3, 3), step=2)
    return np.asarray(magnitude / (1 + np.exp(-last)), dtype=np.float32)


def test_the_graph_equals_the_network_written_in_numpy(tmp_path: Path) -> None:
    vocals, accompaniment = small_weights(1), small_weights(2)
    path = tmp_path / "small.onnx"
    write_spleeter_graph(vocals, accompaniment, path)
    magnitude = np.random.default_rng(3).gamma(0.5, 2, (2, FRAMES, BINS)).astype(np.float32)
    (mask,) = OnnxModel(path, threads=1).run(["vocal_mask"], magnitude=magnitude[None])
    powers = [np.square(estimate(magnitude, weights)) for weights in (vocals, accompaniment)]
    expected = (powers[0] + 5e-11) / (powers[0] + powers[1] + 1e-10)
    np.testing.assert_allclose(mask[0], expected, atol=1e-4)
