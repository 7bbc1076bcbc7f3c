"""BSS eval v4: how far estimated stems are from the true ones, by museval's own code."""

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np

from segue.audio.signal import FloatArray

#: Noise at -80 dB: a stem that a codec left nothing of above some frequency makes the projections singular.
_QUIET = 1e-4


@dataclass(frozen=True, slots=True)
class Scores:
    """Medians over frames of one second, dB: to all distortion, to what is another stem's, to what is nobody's."""

    sdr: float
    sir: float
    sar: float


def score(true: list[FloatArray], estimates: list[FloatArray], rate: int) -> list[Scores]:
    """Score estimates of all the stems of a mix.

    Parameters
    ----------
    true, estimates
        ``(channels, n)`` each, in the same order. A frame in which one of them is silent does not count.
    rate
        Hz.
    """
    references, guesses = (np.stack([stem.T for stem in stems]).astype(np.float64) for stems in (true, estimates))
    random = np.random.default_rng(0)
    references, guesses = (stems + _QUIET * random.standard_normal(stems.shape) for stems in (references, guesses))
    sdr, _, sir, sar, _ = _metrics().bss_eval(
        references, guesses, window=rate, hop=rate, compute_permutation=False, framewise_filters=False
    )
    return [Scores(*(float(np.nanmedian(frames)) for frames in stem)) for stem in zip(sdr, sir, sar, strict=True)]


@cache
def _metrics() -> Any:
    """Load museval's metrics alone: the package around them will not be imported without ffmpeg."""
    package = find_spec("museval")
    if package is None or package.origin is None:
        raise ImportError("Separation is measured by museval: run `uv sync --group benchmarks`.")
    spec = spec_from_file_location("museval_metrics", Path(package.origin).with_name("metrics.py"))
    if spec is None or spec.loader is None:
        raise ImportError("museval has no metrics.py.")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
