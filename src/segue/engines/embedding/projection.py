"""What every embedder ends with: a fixed rotation of many measurements into the one space, at unit length."""

import hashlib

import numpy as np

from segue.audio.signal import FloatArray


def orthonormal(rows: int, columns: int, *, name: str) -> FloatArray:
    """Return a fixed matrix with orthonormal columns or rows, whichever are fewer.

    Parameters
    ----------
    rows, columns
        Its shape.
    name
        Seeds it: the same name gives the same matrix on every machine.

    Notes
    -----
    Gaussian rows are made orthogonal by a sign-fixed QR decomposition in 64 bits and rounded to 32, so that machines
    whose linear algebra differs in the last bits agree.
    """
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    gaussian = np.random.Generator(np.random.PCG64(seed)).standard_normal((max(rows, columns), min(rows, columns)))
    basis, triangle = np.linalg.qr(gaussian)
    basis = basis * np.sign(np.diag(triangle))
    return (basis if rows >= columns else basis.T).astype(np.float32)


def unit(vector: FloatArray) -> FloatArray:
    """Return a vector at unit length, in ``float32``; nothing at all becomes the first axis."""
    length = float(np.linalg.norm(vector.astype(np.float64)))
    if length < 1e-9:
        vector, length = np.eye(1, len(vector), dtype=np.float32)[0], 1.0
    return (vector / length).astype(np.float32)
