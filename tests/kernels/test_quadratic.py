"""Squared lengths of W (x - mean) on every instruction set, at the end of mapped memory."""

import numpy as np
import pytest

from mathcore._kernels import quadratic
from tests.guard import Guarded


@pytest.mark.parametrize("d", [1, 2, 7, 8, 9, 17])
@pytest.mark.parametrize("n", [1, 31, 32, 33, 65])
def test_lengths(isa, n, d):
    rng = np.random.default_rng(n + d)
    x, mean, w = rng.standard_normal((n, d)), rng.standard_normal(d), np.tril(rng.standard_normal((d, d)))
    out = np.empty(n)
    wide = (x.astype(np.longdouble) - mean) @ w.T.astype(np.longdouble)
    scale = (np.abs(x - mean) @ np.abs(w).T) ** 2
    pages = [Guarded(1 << 14), Guarded(1 << 14)]
    quadratic.lengths(pages[0].array(x, True), mean, pages[1].array(w, True), out, 1, "f")
    assert np.all(np.abs(out - (wide**2).sum(axis=1)) <= (d + 3) * np.finfo(float).eps * scale.sum(axis=1))
    again = np.empty(n)
    w[np.triu_indices(d, 1)] = np.nan   # not read
    quadratic.lengths(x, mean, w, again, 2, "f")
    np.testing.assert_array_equal(again, out)


def test_nothing():
    quadratic.lengths(np.ones((0, 2)), np.ones(2), np.eye(2), np.empty(0), None, "f")
    out = np.ones(2)
    quadratic.lengths(np.ones((2, 0)), np.ones(0), np.ones((0, 0)), out, None, "f")
    np.testing.assert_array_equal(out, [0, 0])
