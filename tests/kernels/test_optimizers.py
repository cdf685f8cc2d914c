"""The compiled steps with pages that no one may touch around every array, in every size, against the formulas."""

import numpy as np
import pytest

from mathcore._kernels import optimizers
from tests.guard import Guarded

LONG = np.longdouble


@pytest.fixture(scope="module")
def pages():
    return [Guarded(70 * 8) for _ in range(4)]


@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_steps_between_guard_pages(isa, pages, dtype, at_end):
    rng = np.random.default_rng(0)
    eps = float(np.finfo(dtype).eps)
    for n in range(1, 67):
        values = [rng.uniform(0.5, 2, n).astype(dtype) for _ in range(4)]
        for kind in ("plain", "momentum", "nesterov", "adam"):
            p, g, m, v = (page.array(x, at_end) for page, x in zip(pages, values, strict=True))
            lp, lg, lm, lv = (x.astype(LONG) for x in values)
            slope = lg + LONG(0.25) * lp
            if kind == "adam":
                optimizers.adam(p, g, m, v, 3, 0.125, 0.5, 0.75, 0.0625, 0.25, 0.5, 1, "adam")
                lm, lv = (lm + slope) / 2, 3 * lv / 4 + slope**2 / 4
                root = np.sqrt(lv / (1 - LONG(27) / 64)) + LONG(1) / 16
                lp = (1 - LONG(1) / 16) * lp - lm / (1 - LONG(1) / 8) / 8 / root
            elif kind == "plain":
                optimizers.sgd(p, g, None, 0.125, 0.0, False, 0.25, 1, "sgd")
                lp = lp - slope / 8
            else:
                optimizers.sgd(p, g, m, 0.125, 0.5, kind == "nesterov", 0.25, 1, "sgd")
                lm = lm / 2 + slope
                lp = lp - (slope + lm / 2 if kind == "nesterov" else lm) / 8
            for found, exact in ((p, lp), (m, lm), (v, lv)):
                assert np.abs(found - exact).max() <= 8 * eps * np.maximum(np.abs(exact).max(), 2)
            np.testing.assert_array_equal(g, values[1])
            assert all(page.untouched_except(n * p.itemsize, at_end) for page in pages)


def test_uncorrected_adam_is_rmsprop(isa):
    rng = np.random.default_rng(0)
    p, g = rng.standard_normal((2, 100))
    m, v, expected = np.zeros(100), np.zeros(100), p - 0.1 * g / (np.sqrt(0.1 * g * g) + 1e-8)
    optimizers.adam(p, g, m, v, 0, 0.1, 0.0, 0.9, 1e-8, 0.0, 0.0, 1, "rmsprop")
    np.testing.assert_allclose(p, expected, rtol=0, atol=4e-16 * np.abs(p).max())
