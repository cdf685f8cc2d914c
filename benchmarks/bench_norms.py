"""Norms against NumPy's: small calls, a million elements, rows, columns, matrices, batches. Beyond the two that promise
more they are asked to be no slower."""

import math

import numpy as np

from mathcore import linalg

from .runner import Call, Row

FLOATS = ("float64", "float32")
ROWS, SQUARE = (100_000, 10), (1000, 1000)


def rows():
    for dtype in FLOATS:
        rng = np.random.default_rng(0)
        for n, at_least, aim in ((10, 3, 6), (1_000_000, 1, 1.5)):
            yield row(rng.standard_normal(n).astype(dtype), {}, at_least, aim)
        x, square = rng.standard_normal(ROWS).astype(dtype), rng.standard_normal(SQUARE).astype(dtype)
        for a, axis in ((x, -1), (square, -1), (square, 0)):
            for ord in (None, 1, math.inf):
                yield row(a, {"ord": ord, "axis": axis}, 1, 1.5)
        for ord in (3, 1.7):
            yield row(x, {"ord": ord, "axis": -1}, 1, 1.5)
        for ord in (None, 1, math.inf, -1):
            yield row(square, {"ord": ord}, 1, 1.5)
        batch = rng.standard_normal((10_000, 3, 3)).astype(dtype)
        for ord in (None, 1, 2, "nuc"):
            yield row(batch, {"ord": ord, "axis": (1, 2)}, 1, 2)
        for ord in (1, 2):
            yield row(batch[0], {"ord": ord}, 1, 2)
        for ours, peer, a, options in (
            (linalg.vector_norm, np.linalg.vector_norm, x, {"axis": -1}),
            (linalg.vector_norm, np.linalg.vector_norm, x[0], {}),
            (linalg.matrix_norm, np.linalg.matrix_norm, batch, {}),
            (linalg.matrix_norm, np.linalg.matrix_norm, batch, {"ord": 2}),
        ):
            yield row(a, options, 1, 2, ours, peer)
        yield unit_rows(x)
        yield unit_rows(x[0])


def row(a, options, at_least, aim, ours=linalg.norm, peer=np.linalg.norm):
    options = {key: value for key, value in options.items() if value is not None}
    want = peer(a.astype(np.float64), **options)
    words = "".join(f", {key} {value}" for key, value in options.items())

    def error(found):
        """Sums of at most a million terms in lanes, and 3x3 singular values: 64 eps."""
        return np.max(np.abs(found - want) / (64 * np.finfo(a.dtype).eps * want))

    return Row(work=f"{ours.__name__} {'x'.join(map(str, a.shape))}{words}", dtype=str(a.dtype), error=error,
               nbytes=a.nbytes, at_least=at_least, aim=aim, ours=Call(ours, a, **options),
               peer=Call(peer, a, **options))


def by_numpy(a):
    return a / np.linalg.norm(a, axis=-1, keepdims=True)


def unit_rows(a):
    want = by_numpy(a.astype(np.float64))

    def error(found):
        return np.max(np.abs(found - want)) / (8 * np.finfo(a.dtype).eps)

    return Row(work=f"normalize {'x'.join(map(str, a.shape))}", dtype=str(a.dtype), error=error, nbytes=2 * a.nbytes,
               ours=Call(linalg.normalize, a), peer=Call(by_numpy, a), at_least=1, aim=2)
