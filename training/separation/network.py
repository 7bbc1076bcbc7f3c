"""The network that parts an accompaniment: a small U-Net over bands and frames with a wide view at its bottom."""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from segue.engines.separation.evidence import BANDS, EDGES, KINDS
from segue.engines.separation.masking import RATE, STFT

STEMS = 3
CHANNELS = 2
#: Channels at each level; a level has half the bands and half the frames of the one before. The first has half the
#: bands and all frames of the evidence.
WIDTHS = (32, 64, 96, 128)
PLACES = 4
WIDE = 256
DILATIONS = (1, 2, 4)


#: Kinds of evidence that the classical guess rests on: the share that strikes, and the power above what rings.
STRIKES, ABOVE_RINGING = 3, 4
LEAST_SHARE = 0.03


def fade_outs() -> tuple[Tensor, Tensor]:
    """Return where drums are told by shortness alone, and where the bass lies: 1 in low bands, 0 in high ones."""
    centres_hz = torch.tensor((EDGES[:-1] + EDGES[1:] - 1) / 2 * (RATE / STFT.size), dtype=torch.float32)

    def fade(from_hz: float, to_hz: float) -> Tensor:
        octaves = torch.log2(centres_hz.clamp(min=1) / from_hz) / math.log2(to_hz / from_hz)
        return 0.5 + 0.5 * torch.cos(math.pi * octaves.clamp(0, 1))

    return fade(128, 256), fade(200, 600)


def classical_guess(evidence: Tensor, low: Tensor, bass: Tensor) -> Tensor:
    """Return the logarithms of the shares that medians alone would give to drums, bass and the rest of each band.

    Drums strike: wide in frequency or, in the lowest octaves, shorter than a note. Bass is what rings low.
    """
    strikes = (evidence[:, STRIKES] + 1) / 2
    rings = torch.pow(10, -evidence[:, ABOVE_RINGING] / 2)
    rises = (1 - rings).clamp(min=0).square()
    drums = strikes + low * (rises / (rises + rings.square()) - strikes)
    deep = (1 - drums) * bass
    return torch.stack([drums, deep, 1 - drums - deep], dim=1).clamp(min=LEAST_SHARE).log()


class Convolution(nn.Sequential):
    """A convolution, normalised, rectified."""

    def __init__(self, inputs: int, outputs: int, *, stride: int | tuple[int, int] = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
        )


class WideView(nn.Module):
    """Looks at all bands of some seconds at once: how the rhythm goes, and where the bass is."""

    def __init__(self, channels: int, bands: int) -> None:
        super().__init__()
        self.gather = nn.Conv2d(channels, WIDE, (1, bands), bias=False)
        self.gathered = nn.BatchNorm2d(WIDE)
        self.steps = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(WIDE, WIDE, (3, 1), padding=(dilation, 0), dilation=(dilation, 1), bias=False),
                nn.BatchNorm2d(WIDE),
                nn.ReLU(),
            )
            for dilation in DILATIONS
        )
        self.scatter = nn.Conv2d(WIDE, channels * bands, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Add the wide view to ``(examples, channels, frames, bands)``."""
        examples, channels, frames, bands = x.shape
        seen = functional.relu(self.gathered(self.gather(x)))
        for step in self.steps:
            seen = seen + step(seen)
        seen = functional.dropout(seen, 0.2, training=self.training)
        spread = self.scatter(seen).reshape(examples, channels, bands, frames)
        return x + spread.transpose(2, 3)


class PartingNetwork(nn.Module):
    """From evidence ``(examples, KINDS, frames, BANDS)`` to logits of masks ``(examples, 2 * STEMS, frames, BANDS)``.

    Frames must be a multiple of 8. The softmax over drums, bass and other is taken for each channel apart: see `masks`.
    What the network computes is added to the logarithm of what medians say, so that it begins where they end.
    """

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("low", fade_outs()[0])
        self.register_buffer("bass", fade_outs()[1])
        self.trust = nn.Parameter(torch.ones(STEMS))
        self.places = nn.Parameter(0.1 * torch.randn(1, PLACES, 1, BANDS))
        self.enter = Convolution(KINDS + PLACES, WIDTHS[0], stride=(1, 2))
        self.down = nn.ModuleList(
            nn.Sequential(Convolution(narrow, wide, stride=2), Convolution(wide, wide))
            for narrow, wide in pairwise(WIDTHS)
        )
        self.wide = WideView(WIDTHS[-1], BANDS >> len(WIDTHS))
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(wide, narrow, 2, stride=2)
            for narrow, wide in zip(WIDTHS[-2::-1], WIDTHS[:0:-1], strict=True)
        )
        self.mend = nn.ModuleList(Convolution(2 * width, width) for width in WIDTHS[-2::-1])
        self.leave = nn.ConvTranspose2d(WIDTHS[0], CHANNELS * STEMS, (1, 2), stride=(1, 2))
        self.direct = nn.Conv2d(KINDS + PLACES, CHANNELS * STEMS, 3, padding=1)
        for last in (self.leave, self.direct):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(self, evidence: Tensor) -> Tensor:
        """Return the logits."""
        places = self.places.expand(evidence.shape[0], -1, evidence.shape[2], -1)
        shown = torch.cat([evidence, places], dim=1)
        x = self.enter(shown)
        skips = []
        for down in self.down:
            skips.append(x)
            x = down(x)
        x = self.wide(x)
        for up, mend in zip(self.up, self.mend, strict=True):
            x = mend(torch.cat([up(x), skips.pop()], dim=1))
        guess = classical_guess(evidence, self.low, self.bass) * self.trust[:, None, None]
        return self.leave(x) + self.direct(shown) + guess.repeat_interleave(CHANNELS, dim=1)


def masks(logits: Tensor) -> Tensor:
    """Turn logits into masks ``(examples, STEMS, 2, frames, BANDS)`` that sum to 1 over the stems."""
    examples, _, frames, bands = logits.shape
    return logits.float().reshape(examples, STEMS, CHANNELS, frames, bands).softmax(dim=1)
