"""Teach the network: `python -m training.separation.train SHARDS VALIDATION OUT --steps N`; needs PyTorch.

Several processes share the work under `torchrun --nproc-per-node N -m training.separation.train`.
"""

import argparse
import copy
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel

from training.separation.network import PartingNetwork, masks
from training.separation.shipped import network_of

SEED = 20_261_121
STEMS = ("drums", "bass", "other")
#: Error energies, over the mix's, that make no difference any more.
_INAUDIBLE = 1e-3
_WIDE_WEIGHT = 2.0
#: How evidence of power is ordered and scaled: left, right, and the others; tens of decibels over this.
SIDES_CHANGED = [1, 0, 2, 3, 4, 5]
POWER_SCALE = 4
_EQUALISER_SPREAD = 0.4
_EXAMPLES_FOR_STATISTICS = 64


def losses(logits: Tensor, log_power: Tensor, ideal: Tensor, energy: Tensor, floor: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss, and each stem's error energy over the mix's, ``(examples, stems)``.

    The first term is the signal-to-distortion ratio itself, computed from the masks alone: what a mask misses of the
    ideal one, times the mix's power, is what it adds to the error that even the ideal one makes. The second one is the
    mean square error of the masks, loud bins weighted a little more, for what is soft and high is heard too.
    """
    guess = masks(logits)
    target = torch.cat([ideal, 1 - ideal.sum(dim=1, keepdim=True)], dim=1)
    power = (10**log_power).unsqueeze(1)
    share = power / power.sum(dim=(2, 3, 4), keepdim=True)
    missed = (share * (guess - target).square()).sum(dim=(2, 3, 4))
    error = floor.clamp(min=0) + missed
    ratio = torch.log10((error + _INAUDIBLE) / (energy + _INAUDIBLE)).mean()
    weight = share.clamp(min=1e-12) ** 0.25
    wide = (weight * (guess - target.clamp(0, 1)).square()).sum(dim=(2, 3, 4)) / weight.sum(dim=(2, 3, 4))
    return ratio + _WIDE_WEIGHT * wide.mean(), error


class Pool:
    """All examples of a folder of shards, which may still grow."""

    def __init__(self, folder: Path, device: torch.device) -> None:
        self._folder, self._device = folder, device
        self._shards: list[NDArray[np.void]] = []
        self._known: set[Path] = set()
        self.look()

    def look(self) -> None:
        """Take in new shards."""
        for path in sorted(set(self._folder.glob("*.npy")) - self._known):
            self._known.add(path)
            self._shards.append(np.load(path, mmap_mode="r"))

    def __len__(self) -> int:
        return sum(shard.size for shard in self._shards)

    def batch(self, random: np.random.Generator, size: int) -> list[Tensor]:
        """Draw examples."""
        drawn = [self._shards[int(random.integers(len(self._shards)))] for _ in range(size)]
        return self._tensors(np.stack([shard[int(random.integers(shard.size))] for shard in drawn]))

    def all(self, size: int) -> list[list[Tensor]]:
        """Return all examples in batches."""
        return [
            self._tensors(np.array(shard[start : start + size]))
            for shard in self._shards
            for start in range(0, shard.size, size)
        ]

    def _tensors(self, records: NDArray[np.void]) -> list[Tensor]:
        names = ("evidence", "log_power", "ideal", "energy", "floor")
        return [torch.from_numpy(records[name].astype(np.float32)).to(self._device) for name in names]


def altered(batch: list[Tensor]) -> list[Tensor]:
    """Play a batch with its sides changed, and through another equaliser: what it should answer is known as exactly."""
    evidence, log_power, ideal, _, floor = batch
    if torch.rand(()) < 0.5:
        evidence = evidence[:, SIDES_CHANGED]
        log_power, ideal = log_power.flip(1), ideal.flip(2)
    points = _EQUALISER_SPREAD * torch.randn(evidence.shape[0], 1, 7, device=evidence.device)
    curve = functional.interpolate(points, size=evidence.shape[-1], mode="linear", align_corners=True).unsqueeze(2)
    shown = torch.cat([evidence[:, :2] + curve / POWER_SCALE, evidence[:, 2:]], dim=1)
    power = 10 ** (log_power + curve)
    power = power / power.mean(dim=(1, 2, 3), keepdim=True)
    target = torch.cat([ideal, 1 - ideal.sum(dim=1, keepdim=True)], dim=1)
    energy = (power.unsqueeze(1) * target.square()).sum(dim=(2, 3, 4)) / power.sum(dim=(1, 2, 3)).unsqueeze(1) + floor
    return [shown, torch.log10(power + 1e-9), ideal, energy, floor]


@torch.no_grad()
def validate(network: PartingNetwork, batches: list[list[Tensor]]) -> dict[str, float]:
    """Return the loss and each stem's median signal-to-distortion ratio and gain over the mix itself, in dB."""
    network.eval()
    total, ratios, gains = 0.0, [], []
    for evidence, *answer in batches:
        with torch.autocast(evidence.device.type, dtype=torch.bfloat16):
            logits = network(evidence)
        loss, error = losses(logits, *answer)
        energy, floor = answer[2], answer[3]
        target = torch.cat([answer[1], 1 - answer[1].sum(dim=1, keepdim=True)], dim=1)
        power = (10 ** answer[0]).unsqueeze(1)
        mixture = ((power * (1 - target).square()).sum(dim=(2, 3, 4)) / power.sum(dim=(2, 3, 4))) + floor.clamp(min=0)
        heard = energy > 0.01
        ratio = 10 * torch.log10(energy / error.clamp(min=1e-9))
        gain = 10 * torch.log10(mixture.clamp(min=1e-9) / error.clamp(min=1e-9))
        ratios.append(torch.where(heard, ratio, torch.nan))
        gains.append(torch.where(heard, gain, torch.nan))
        total += float(loss) / len(batches)
    network.train()
    middle = torch.nanmedian(torch.cat(ratios), dim=0).values.tolist()
    gained = torch.nanmedian(torch.cat(gains), dim=0).values.tolist()
    figures = {f"{stem}_sdr_db": round(value, 2) for stem, value in zip(STEMS, middle, strict=True)}
    figures |= {f"{stem}_gain_db": round(value, 2) for stem, value in zip(STEMS, gained, strict=True)}
    return {"loss": round(total, 4), **figures}


def rate(step: int, share_done: float) -> float:
    """Return the learning rate's factor: up over 60 steps, level, down to nothing over the last four tenths."""
    return min(1.0, (step + 1) / 60, max(0.0, 1 - share_done) / 0.4)


def train(options: argparse.Namespace) -> None:
    """Run all steps; write the averaged weights and the curve as they come."""
    torch.manual_seed(SEED)
    torch.set_num_threads(options.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    rank = int(os.environ.get("RANK", "0"))
    random = np.random.default_rng([SEED, rank])
    pool = Pool(options.shards, device)
    network = _begun(options.weights, pool).to(device, memory_format=torch.channels_last)
    averaged = copy.deepcopy(network)
    several = "RANK" in os.environ
    if several:
        distributed.init_process_group("gloo")
    learner = DistributedDataParallel(network, broadcast_buffers=False) if several else network
    optimiser = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=1e-2)
    held_out = Pool(options.validation, device).all(32)
    options.out.mkdir(parents=True, exist_ok=True)
    begun, running = time.perf_counter(), 0.0
    step, done = 0, 0.0
    while done < 1:
        for group in optimiser.param_groups:
            group["lr"] = options.rate * rate(step, done)
        evidence, *answer = altered(pool.batch(random, options.batch))
        with torch.autocast(device.type, dtype=torch.bfloat16):
            logits = learner(evidence.contiguous(memory_format=torch.channels_last))
        loss, _ = losses(logits, *answer)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimiser.step()
        step += 1
        running += (float(loss.detach()) - running) / min(step, 50)
        _average(averaged, network, min(0.99, step / (step + 10)))
        minutes = (time.perf_counter() - begun) / 60
        done = _slowest(max(step / options.steps, minutes / options.minutes), several=several)
        if step % 20 == 0:
            pool.look()
        if rank == 0 and (step % options.every == 0 or done >= 1):
            figures = {
                "step": step,
                "seconds": round(time.perf_counter() - begun),
                "examples": len(pool),
                "training_loss": round(running, 4),
                **validate(averaged, held_out),
            }
            line = json.dumps(figures) + "\n"
            with (options.out / "curve.jsonl").open("a") as curve:
                curve.write(line)
            sys.stdout.write(line)
            sys.stdout.flush()
            torch.save(averaged.state_dict(), options.out / "weights.pt")
            torch.save(network.state_dict(), options.out / "last.pt")


def _begun(weights: Path | None, pool: Pool) -> PartingNetwork:
    """Return the network to go on from, of weights or of a graph that ships; else a new one."""
    if weights is not None and weights.suffix == ".onnx":
        return network_of(weights, pool.batch(np.random.default_rng(SEED), _EXAMPLES_FOR_STATISTICS)[0].cpu())
    network = PartingNetwork()
    if weights is not None:
        network.load_state_dict(torch.load(weights, weights_only=True))
    return network


def _slowest(done: float, *, several: bool) -> float:
    """Agree among all processes on how much is done."""
    if not several:
        return done
    agreed = torch.tensor(done)
    distributed.all_reduce(agreed, op=distributed.ReduceOp.MIN)
    return float(agreed)


@torch.no_grad()
def _average(averaged: PartingNetwork, network: PartingNetwork, keep: float) -> None:
    """Move the running average of weights and statistics towards the network's."""
    for mean, value in zip(averaged.state_dict().values(), network.state_dict().values(), strict=True):
        if mean.is_floating_point():
            mean.lerp_(value, 1 - keep)
        else:
            mean.copy_(value)


def main() -> None:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shards", type=Path)
    parser.add_argument("validation", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop by then, if the steps take longer")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--every", type=int, default=100, help="steps between validations")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--weights", type=Path, help="weights, or a graph that ships, to go on from")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
