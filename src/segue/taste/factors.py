"""The main factors of a large sparse matrix: a truncated singular value decomposition by random projections.

N. Halko, P. Martinsson, J. Tropp, "Finding structure with randomness", SIAM Review 53, 2011, algorithm 5.1 with power
iterations.
"""

from typing import Final

import numpy as np
from scipy import sparse

from segue.audio.signal import FloatArray

_OVERSAMPLED: Final = 16
_ROUNDS: Final = 4


def right_factors(matrix: sparse.csr_array, rank: int, *, seed: int = 0) -> tuple[FloatArray, FloatArray]:
    """Return the strongest right singular vectors and their singular values.

    Parameters
    ----------
    matrix
        ``(rows, columns)``, sparse, ``float32``.
    rank
        How many at most; there are never more than rows or columns.

    Returns
    -------
    factors
        ``(columns, factors)``, orthonormal columns, the strongest first; each sign is such that the largest entry is
        over 0, so that the same matrix gives the same factors.
    values
        ``(factors,)``, descending, over 0.
    """
    rank = min(rank, *matrix.shape)
    if rank == 0 or matrix.nnz == 0:
        return np.zeros((matrix.shape[1], 0), dtype=np.float32), np.zeros(0, dtype=np.float32)
    random = np.random.Generator(np.random.PCG64(seed))
    width = min(rank + _OVERSAMPLED, *matrix.shape)
    basis = matrix @ random.standard_normal((matrix.shape[1], width)).astype(np.float32)
    for _ in range(_ROUNDS):
        basis = np.linalg.qr(basis)[0]
        basis = matrix @ np.linalg.qr(matrix.T @ basis)[0]
    basis = np.linalg.qr(basis)[0]
    _, values, right = np.linalg.svd((matrix.T @ basis).T, full_matrices=False)
    there = min(rank, int(np.count_nonzero(values > 1e-5 * values[0])))
    factors = right[:there].T
    signs = np.sign(factors[np.abs(factors).argmax(axis=0), np.arange(there)])
    return (factors * signs).astype(np.float32), values[:there].astype(np.float32)
