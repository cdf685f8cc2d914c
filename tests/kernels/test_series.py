"""The compiled recurrences, by identities of the functions that they give."""

import numpy as np
import pytest

from mathcore._kernels import series

RNG = np.random.default_rng(0)


def fresh(n, m):
    x = RNG.standard_normal((n, m))
    x[0] = RNG.uniform(0.5, 1.5, m)
    return x


def near(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 3), (9, 1), (8, 5), (4, 0)])
def test_identities(n, m):
    x, y = fresh(n, m), fresh(n, m)
    one = np.zeros((n, m))
    one[0] = 1
    near(series.times(series.divided(x, y), y), x)
    e = series.exponential(x, np.exp(x[0]))
    near(series.logarithm(e, x[0].copy()), x)
    near(series.times(e, series.exponential(-x, np.exp(-x[0]))), one)
    root = series.raised(x, np.sqrt(x[0]), 0.5)
    near(series.times(root, root), x)
    s, c = series.pair(x, np.sin(x[0]), np.cos(x[0]), -1.0)
    near(series.times(s, s) + series.times(c, c), one)
    near(series.tangent(x, np.tan(x[0]), 1.0), series.divided(s, c))
    s, c = series.pair(x, np.sinh(x[0]), np.cosh(x[0]), 1.0)
    near(series.tangent(x, np.tanh(x[0]), -1.0), series.divided(s, c))


def test_products_are_convolutions():
    x, y = fresh(6, 1), fresh(6, 1)
    near(series.times(x, y)[:, 0], np.convolve(x[:, 0], y[:, 0])[:6])
