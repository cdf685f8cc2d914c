"""Penalties against their formulas and finite differences; proximal steps against the minimum that defines them."""

import numpy as np
import pytest
import scipy.optimize

from mathcore.losses import elastic_net, l1, l2, prox_elastic_net, prox_l1, prox_l2

V = np.array([3.0, 1.0, 0.25, 0.0, -0.0, -0.25, -1.0, -2.5])


def test_values():
    assert l1(V, 2.0) == 2 * np.abs(V).sum()
    assert l2(V, 2.0) == np.square(V).sum()
    assert elastic_net(V, 2.0, 0.25) == 0.25 * l1(V, 2.0) + 0.75 * l2(V, 2.0)
    for penalty in (l1, l2, elastic_net):
        assert penalty(V, 0.0) == penalty([], 1.0) == 0


@pytest.mark.parametrize("penalty", [l1, l2, elastic_net])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_gradients(penalty, dtype):
    w = V.astype(dtype)
    value, gradient = penalty(w, 0.5, grad=True)
    assert value.dtype == gradient.dtype == np.dtype(dtype)
    assert gradient.shape == w.shape
    smooth = w != 0
    slopes = [scipy.optimize.approx_fprime(np.array([v]), lambda a: penalty(a, 0.5))[0] for v in V[smooth]]
    np.testing.assert_allclose(gradient[smooth], slopes, atol=1e-3 if dtype == "float16" else 1e-6)
    assert (gradient[~smooth] == 0).all()


@pytest.mark.parametrize(("step", "penalty"), [(prox_l1, l1), (prox_l2, l2), (prox_elastic_net, elastic_net)])
def test_proximal_steps_are_minima(step, penalty):
    found = step(V, 0.8, step=0.7)
    for v, u in zip(V, found, strict=True):
        def objective(t, v=v):
            return 0.7 * penalty([t], 0.8) + 0.5 * (t - v) ** 2

        best = scipy.optimize.minimize_scalar(objective, bounds=(-5, 5), method="bounded", options={"xatol": 1e-10})
        assert abs(u - best.x) < 1e-6
        assert objective(u) <= best.fun + 1e-15


def test_small_ones_become_zero():
    assert np.count_nonzero(prox_l1(V, 0.5)) == np.count_nonzero(prox_elastic_net(V, 1.0, 0.5)) == 4
    np.testing.assert_array_equal(prox_l1(V, 0.0), V)


def test_types_and_shapes():
    for step in (prox_l1, prox_l2, prox_elastic_net):
        assert step(V.astype("float32").reshape(2, 4)).dtype == np.float32
        assert step(3).dtype == np.float64
        assert step(3).shape == ()
    np.testing.assert_array_equal(prox_l1([np.nan, np.inf, -np.inf]), [np.nan, np.inf, -np.inf])
