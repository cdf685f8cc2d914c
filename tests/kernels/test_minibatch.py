"""Mini-batch epochs: every row once, the order by the seed, steps as NumPy writes them."""

import numpy as np
import pytest

from mathcore._kernels import fit as kernel


def squares(x, y, batch, rates, seed=7, adam=False, momentum=0.0):
    fit = kernel.Fit(kernel.KINDS["squared"], x, y, None, 1, float(len(x)), 0.0, 0.0, False, 0.0,
                     np.zeros(x.shape[1] + 1), 1)
    fit.prepare(adam, batch, momentum, seed)
    fit.epoch(rates, "test")
    return fit.params[:-1].copy()


def test_every_row_once_in_an_epoch():
    """With one rate for all and a loss that is linear in effect, an epoch of single rows moves by each of them once."""
    x, y = np.eye(40), np.arange(40.0)
    fit = kernel.Fit(kernel.KINDS["squared"], x, y, None, 1, 40.0, 0.0, 0.0, False, 0.0, np.zeros(41), 1)
    fit.prepare(False, 1, 0.0, 7)
    fit.epoch(np.full(40, 1.0), "test")
    assert np.array_equal(fit.params[:40], y)


def test_the_seed_is_the_order():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((50, 3)), rng.standard_normal(50)
    first, again, other = (squares(x, y, 8, np.full(7, 0.1), seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_steps_of_one_batch_of_all_rows(isa, dtype):
    """Momentum's and Adam's first step from the gradient at zero; sums in another order than NumPy's."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((40, 5)).astype(dtype), rng.standard_normal(40).astype(dtype)
    gradient = -(x.astype(float).T @ y) / 40
    bound = 100 * np.finfo(dtype).eps
    assert np.abs(squares(x, y, 40, np.array([0.1]), momentum=0.9) + 0.1 * gradient).max() <= bound
    adam = -0.1 * gradient / (np.abs(gradient) + 1e-8)
    assert np.abs(squares(x, y, 40, np.array([0.1]), adam=True) - adam).max() <= bound
