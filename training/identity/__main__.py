"""`python -m training.identity`: fit the weights of `segue.catalog.songs.matching`, and print them."""

import sys
from collections import Counter

import numpy as np

from training.identity.pairs import pairs

#: Seeds from 900,000 on are for measuring.
_SEEDS = range(100, 104)
_SONGS = 40_000
_RIDGE = 1e-3


def main() -> None:
    """Fit a logistic regression by Newton's method on kinds of pairs, each as often as it came."""
    counted: Counter[tuple[tuple[str, ...], bool]] = Counter()
    for seed in _SEEDS:
        counted.update((evidence.features(), same) for evidence, same in pairs(seed, _SONGS))
    names = sorted({name for features, _ in counted for name in features})
    columns = {name: number for number, name in enumerate(names)}
    table = np.zeros((len(counted), len(names)))
    for row, (features, _) in enumerate(counted):
        table[row, [columns[name] for name in features]] = 1
    weights = _fitted(table, np.array([same for _, same in counted]), np.array(list(counted.values())))
    total = sum(counted.values())
    same = sum(times for (_, is_same), times in counted.items() if is_same)
    sys.stdout.write(f"# {total} pairs, {same} of one song\n")
    for name, weight in zip(names, weights, strict=True):
        sys.stdout.write(f'    "{name}": {weight:.2f},\n')


def _fitted(table: np.ndarray, truth: np.ndarray, times: np.ndarray) -> np.ndarray:
    weights = np.zeros(table.shape[1])
    for _ in range(40):
        said = 1 / (1 + np.exp(-table @ weights))
        slope = table.T @ (times * (truth - said)) - _RIDGE * times.sum() * 1e-3 * weights
        curve = (table * (times * said * (1 - said))[:, None]).T @ table
        weights += np.linalg.solve(curve + _RIDGE * times.sum() * 1e-3 * np.eye(len(weights)), slope)
    return weights


if __name__ == "__main__":
    main()
