"""Fit the network that judges tempi, on songs that `segue.music` renders: `uv run python -m training.tempo`.

Each song is heard several times over, as other records of the same notes would sound: stems louder, softer or missing,
faster or slower, through another equaliser, distorted, in noise. The network is a conditional logit over the song's
candidates; it is fitted by L-BFGS. Its calibration is fitted to songs of the styles that were left out, one fold of
styles after the other, so that it knows what meeting unheard music costs.

The rendered songs' evidence is kept in a cache, so that fitting again takes a minute.
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.signal import lfilter

from segue.audio.onsets import detect_onsets
from segue.audio.periodicity import Tempogram, measure_periodicity, pulse_clarity
from segue.audio.signal import Audio, FloatArray
from segue.audio.spectrum import analyze_spectra
from segue.audio.tempo_evidence import FASTEST_BPM, candidates, weigh
from segue.audio.tempo_model import LEAST_PULSE, SAME, TempoModel, choose, doubts
from segue.music.composing import compose
from segue.music.rendering import Rendering, render
from segue.music.score import Part, Score
from segue.music.styles import STYLE_NAMES
from segue.music.wishes import Wishes

WEIGHTS = Path(__file__).parents[1] / "src/segue/audio/weights/tempo.npz"
#: Benchmarks render songs from seed 900,000 on.
FIRST_SEED, SONGS, RECORDS = 100_000, 420, 6
FIRST_THINNED = FIRST_SEED + 160
FIRST_SWUNG, _SWUNG = FIRST_SEED + 357, 0.4
_RATE = 22050
#: General MIDI's hats, rides, tambourine, cabasa and maracas.
_CYMBALS = (42, 44, 46, 51, 53, 54, 59, 69, 70)
_THINNED, _ON_BEAT = 0.4, 0.12
_LENGTH_S = (14.0, 34.0)
SPREAD = 0.4
_UNITS, _PENALTY, _FOLDS = 8, 10.0, 5
_SURE, _SURELY = 0.8, 0.95

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """What is heard in one record of a song, and the song's tempo."""

    style: str
    tempogram: Tempogram
    tempo_bpm: float


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """The evidence for each candidate of a record, and which of them is its tempo."""

    style: str
    evidence: Values
    tempi_bpm: Values
    tempo_bpm: float
    right: NDArray[np.bool_]
    doubt: Values  # a row a candidate, as if its probability were a half


def score_of(seed: int) -> Score:
    """Compose a song: any style, most at a tempo from 50 to 215 BPM whatever their style has."""
    rng = np.random.default_rng(seed)
    style = STYLE_NAMES[seed % len(STYLE_NAMES)]
    tempo = float(np.exp(rng.uniform(np.log(52.0), np.log(212.0)))) if rng.random() < 0.5 else None
    metre = int(rng.choice([3, 5, 7])) if rng.random() < 0.15 else None
    loose = rng.random()
    sketched = Wishes(styles={style: 1.0}, tempo_bpm=tempo, beats_per_bar=metre, bars=4)
    sketch = compose(seed, sketched)
    bar_s = float(sketch.beats_s[-1] - sketch.beats_s[0]) / 4
    wishes = replace(
        sketched,
        bars=max(4, round(rng.uniform(*_LENGTH_S) / bar_s)),
        drift=float(rng.uniform(-0.06, 0.06)) if loose < 0.15 else 0.0,
        rubato=float(rng.uniform(0.0, 0.06)) if 0.15 < loose < 0.3 else 0.0,
        drums=False if rng.random() < 0.1 else None,
        swing=float(rng.uniform(0.62, 0.7)) if rng.random() < _SWUNG and seed >= FIRST_SWUNG else None,
    )
    return compose(seed, wishes)


def thinned(score: Score, rng: np.random.Generator) -> Score:
    """Let some players play on the beats alone: hats on quarters, chords on quarters."""
    return replace(score, parts=tuple(_thinned(part, rng) for part in score.parts))


def _thinned(part: Part, rng: np.random.Generator) -> Part:
    chosen = rng.random() < _THINNED
    kept = [
        note
        for note in part.notes
        if not chosen
        or (part.role == "drums" and note.pitch not in _CYMBALS)
        or abs(note.start - round(note.start)) < _ON_BEAT
    ]
    return replace(part, notes=tuple(kept))


def records_of(seed: int) -> list[Record]:
    """Render one song, and hear it as several records; the first is the mix as it is."""
    score = score_of(seed)
    if seed >= FIRST_THINNED:
        score = thinned(score, np.random.default_rng((seed, 1)))
    rendering = render(score, seed=seed, sample_rate=_RATE)
    tempo = 60.0 / float(np.median(np.diff(score.beats_s)))
    rng = np.random.default_rng(seed)
    records = [Record(score.style, _periodicity(rendering.mix), tempo)]
    for _ in range(RECORDS - 1):
        speed = float(np.exp(rng.uniform(np.log(0.86), np.log(1.16))))
        records.append(Record(score.style, _periodicity(_record(rendering, rng, speed)), tempo * speed))
    return records


def example_of(record: Record) -> Example | None:
    """Weigh a record's candidates; none where it does not pulse."""
    tempi = candidates(record.tempogram)
    if tempi.size == 0 or pulse_clarity(record.tempogram, 60.0 / FASTEST_BPM) < LEAST_PULSE:
        return None
    doubt = np.array([doubts(record.tempogram, float(bpm), 0.5) for bpm in tempi])
    right = np.abs(tempi / record.tempo_bpm - 1.0) < SAME
    return Example(record.style, weigh(record.tempogram, tempi), tempi, record.tempo_bpm, right, doubt)


def _periodicity(audio: Audio) -> Tempogram:
    return measure_periodicity(detect_onsets(analyze_spectra(audio)))


def _record(rendering: Rendering, rng: np.random.Generator, speed: float) -> Audio:
    """Mix the stems anew; a faster record is the same samples at a higher rate."""
    gains = {role: 0.0 if rng.random() < 0.12 else 10.0 ** rng.uniform(-0.45, 0.35) for role in rendering.stems}
    if not any(gains.values()):
        gains = dict.fromkeys(gains, 1.0)
    mono = np.sum([gain * rendering.stems[role].mean(axis=0) for role, gain in gains.items()], axis=0)
    mono = mono / (np.abs(mono).max() + 1e-9)
    mono = _equalized(mono, rng)
    drive = rng.uniform(0.0, 6.0)
    if drive > 1.0:
        mono = np.tanh(drive * mono / (np.abs(mono).max() + 1e-9))
    noise = 10.0 ** rng.uniform(-5.0, -1.2) * rng.standard_normal(mono.size)
    mixed = (mono / (np.abs(mono).max() + 1e-9) + noise).astype(np.float32)
    return Audio(mixed[None, :], round(rendering.mix.sample_rate * speed))


def _equalized(mono: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Tilt the spectrum by a shelf of one pole, up or down."""
    pole, amount = rng.uniform(0.3, 0.97), rng.uniform(-0.7, 2.0)
    low = lfilter([1.0 - pole], [1.0, -pole], mono)
    return np.asarray(mono + amount * low, dtype=np.float32)


def usual(tempi_bpm: Values) -> Values:
    """Return how much each song counts: tempi are rendered more evenly than people play them.

    A bell of 0.4 octaves around 120 BPM (after McKinney and Moelants 2006), and a tenth for all.
    """
    return np.asarray(0.1 + np.exp(-0.5 * (np.log2(tempi_bpm / 120.0) / SPREAD) ** 2))


def fit(examples: list[Example], *, units: int = _UNITS, penalty: float = _PENALTY, seed: int = 0) -> TempoModel:
    """Maximise the likelihood of the right candidates."""
    usable = [example for example in examples if example.right.any()]
    rows = np.concatenate([example.evidence for example in usable], axis=1)
    mean, scale = rows.mean(axis=1), rows.std(axis=1) + 1e-6
    inputs = ((rows - mean[:, None]) / scale[:, None]).T
    right = np.concatenate([example.right for example in usable])
    weights = usual(np.array([example.tempo_bpm for example in usable]))
    starts = np.cumsum([0, *(example.tempi_bpm.size for example in usable)])[:-1]
    song = np.repeat(np.arange(len(usable)), np.diff(np.append(starts, right.size)))
    width = inputs.shape[1]

    def unpack(flat: Values) -> tuple[Values, Values, Values, Values]:
        direct, rest = flat[:width], flat[width:]
        hidden, rest = rest[: units * width].reshape(units, width), rest[units * width :]
        return direct, hidden, rest[:units], rest[units:]

    def loss(flat: Values) -> tuple[float, Values]:
        direct, hidden, bias, out = unpack(flat)
        bent = np.tanh(inputs @ hidden.T + bias)
        scores = inputs @ direct + bent @ out
        odds = np.exp(scores - np.maximum.reduceat(scores, starts)[song])
        every = odds / np.add.reduceat(odds, starts)[song]
        good = np.add.reduceat(every * right, starts)
        slope = (every - every * right / np.maximum(good, 1e-12)[song]) * weights[song]
        back = (slope[:, None] * out) * (1.0 - bent**2)
        gradient = np.concatenate([inputs.T @ slope, (back.T @ inputs).ravel(), back.sum(axis=0), bent.T @ slope])
        return (
            float(-(weights * np.log(np.maximum(good, 1e-12))).sum() + 0.5 * penalty * flat @ flat),
            gradient + penalty * flat,
        )

    start = np.random.default_rng(seed).normal(0.0, 0.1, width + units * (width + 2))
    start[:width] = 0.0
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 150})
    direct, hidden, bias, out = unpack(found.x)
    return TempoModel(mean, scale, direct, hidden, bias, out, np.zeros(examples[0].doubt.shape[1]))


def judge(model: TempoModel, examples: list[Example]) -> tuple[Values, Values, Values]:
    """Return the doubts about each choice, whether it was right, and how much the song counts."""
    found, right = [], []
    for example in examples:
        best, probability = choose(model.scores(example.evidence), example.tempi_bpm)
        doubt = example.doubt[best].copy()
        certain = np.clip(probability, 1e-4, 1.0 - 1e-4)
        doubt[1] = np.log(certain / (1.0 - certain))
        found.append(doubt)
        right.append(bool(example.right[best]))
    counting = usual(np.array([example.tempo_bpm for example in examples]))
    return np.array(found), np.array(right, dtype=float), counting


def left_out(examples: list[Example], **options: float) -> tuple[Values, Values, Values]:
    """Judge each fold of styles by a model that was fitted to the others."""
    styles = sorted({example.style for example in examples})
    found = []
    for fold in range(_FOLDS):
        held = set(styles[fold::_FOLDS])
        model = fit([example for example in examples if example.style not in held], **options)  # type: ignore[arg-type]
        found.append(judge(model, [example for example in examples if example.style in held]))
    doubt, right, counting = (np.concatenate(column) for column in zip(*found, strict=True))
    return doubt, right, counting


def calibrate(doubt: Values, right: Values, counting: Values, penalty: float = 1.0) -> Values:
    """Fit the logistic regression of being right, and lower it until those that it is sure of are.

    Records differ more from ours than our styles from each other: what is told with ``_SURE`` or more shall be right in
    ``_SURELY`` of the songs of styles that were left out. Whatever backs a tempo counts for it or not at all.
    """

    def loss(weights: Values) -> tuple[float, Values]:
        score = doubt @ weights
        error = counting * (1.0 / (1.0 + np.exp(-score)) - right)
        likelihood = counting @ (np.logaddexp(0.0, score) - score * right)
        return float(likelihood + penalty * weights @ weights), doubt.T @ error + 2.0 * penalty * weights

    bounds = [(None, None), *([(0.0, None)] * (doubt.shape[1] - 1))]
    weights = np.asarray(minimize(loss, np.zeros(doubt.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds).x)
    for _ in range(300):
        sure = doubt @ weights >= np.log(_SURE / (1.0 - _SURE))
        if not sure.any() or np.average(right[sure], weights=counting[sure]) >= _SURELY:
            break
        weights[0] -= 0.01
    return weights


def gather(cache: Path, songs: int, workers: int) -> list[Record]:
    """Render and hear the songs that the cache has not yet."""
    cache.mkdir(parents=True, exist_ok=True)
    seeds = [seed for seed in range(FIRST_SEED, FIRST_SEED + songs) if not (cache / f"{seed}.npy").exists()]
    with ProcessPoolExecutor(workers) as pool:
        for seed, records in zip(seeds, pool.map(records_of, seeds), strict=True):
            np.save(cache / f"{seed}.npy", np.array(records, dtype=object), allow_pickle=True)
            sys.stdout.write("." if seed % 50 else f" {seed}\n")
            sys.stdout.flush()
    kept = [np.load(cache / f"{seed}.npy", allow_pickle=True) for seed in range(FIRST_SEED, FIRST_SEED + songs)]
    return [record for records in kept for record in records]


def main() -> None:
    """Gather, fit, calibrate, save."""
    parser = argparse.ArgumentParser(prog="python -m training.tempo", description=__doc__)
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps what was heard")
    parser.add_argument("--songs", type=int, default=SONGS)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    records = gather(arguments.cache, arguments.songs, arguments.workers)
    examples = [example for example in map(example_of, records) if example is not None]
    doubt, right, counting = left_out(examples)
    model = replace(fit(examples), calibration=calibrate(doubt, right, counting))
    sure = np.array([model.confidence(row) for row in doubt]) >= _SURE
    sys.stdout.write(
        f"{len(examples)} records; of styles left out {np.average(right, weights=counting):.3f} right; "
        f"of the {sure.mean():.3f} told with {_SURE} or more {np.average(right[sure], weights=counting[sure]):.3f}\n"
    )
    WEIGHTS.parent.mkdir(exist_ok=True)
    arrays = {name: np.asarray(getattr(model, name), dtype=np.float32) for name in TempoModel.__dataclass_fields__}
    np.savez(WEIGHTS, **arrays)


if __name__ == "__main__":
    main()
