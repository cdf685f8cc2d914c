"""Rosenbrock's function beside SciPy's results; quadratics in one step; rank, saddles, the end of precision."""

import numpy as np
import pytest
import scipy.optimize
from scipy.optimize import rosen, rosen_der, rosen_hess

from mathcore.optimize import gauss_newton, lbfgs, newton

X0 = {n: np.resize([-1.2, 1.0], n) for n in (2, 5, 20, 100)}


@pytest.mark.parametrize("n", X0)
def test_lbfgs_on_rosenbrock(n):
    ours = lbfgs(rosen, X0[n], jac=rosen_der)
    theirs = scipy.optimize.minimize(rosen, X0[n], jac=rosen_der, method="L-BFGS-B",
                                     options={"gtol": 1e-6, "ftol": 0, "maxiter": 2000, "maxfun": 4000})
    assert ours.success
    assert ours.fun <= max(theirs.fun, 1e-12)
    np.testing.assert_allclose(ours.x, theirs.x, atol=1e-5)
    assert ours.nfev <= 1.25 * theirs.nfev
    assert (np.diff(ours.trace.fun) < 0).all()
    assert lbfgs(rosen, X0[n], jac=rosen_der, history=3).success


@pytest.mark.parametrize("n", [2, 5])
def test_newton_on_rosenbrock(n):
    start = np.resize([0.8, 1.2], n)                 # from -1.2 there is another minimum for n > 3
    for options in ({"jac": rosen_der, "hess": rosen_hess}, {"jac": rosen_der}, {}):
        ours = newton(rosen, start, **options)
        theirs = scipy.optimize.minimize(rosen, start, jac=rosen_der, hess=rosen_hess, method="trust-exact",
                                         options={"gtol": 1e-9})
        assert ours.success
        np.testing.assert_allclose(ours.x, theirs.x, atol=1e-5)
    assert newton(rosen, X0[2], jac=rosen_der, hess=rosen_hess).nit < 25


def test_newton_takes_one_step_on_a_quadratic():
    a, b = np.array([[4.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0])
    result = newton(lambda x: x @ a @ x / 2 - b @ x, [9.0, -9.0], jac=lambda x: a @ x - b, hess=lambda x: a)
    assert (result.nit, result.trace[1].step) == (1, 1.0)
    np.testing.assert_allclose(result.x, np.linalg.solve(a, b), atol=9 * 1e-15)     # what 9 rounds to
    assert newton(lambda x: np.cosh(x - 1), 3.0).x == pytest.approx(1, abs=1e-6)


def test_error_is_squared_at_each_step():
    error = np.abs(newton(lambda x: np.exp(x) - x, 0.5, jac=lambda x: np.exp(x) - 1, hess=lambda x: np.exp([[x]]),
                          tol=1e-14).trace.x)
    assert (error[1:4] <= 0.6 * error[:3] ** 2 + 1e-15).all()


def test_newton_leaves_saddles_and_negative_curvature():
    """f = x^4 - x^2 + y^2: a saddle at 0, minima at x = +-sqrt(1/2)."""
    result = newton(lambda p: p[0] ** 4 - p[0] ** 2 + p[1] ** 2, [0.01, 1.0],
                    jac=lambda p: np.array([4 * p[0] ** 3 - 2 * p[0], 2 * p[1]]),
                    hess=lambda p: np.diag([12 * p[0] ** 2 - 2, 2.0]))
    assert result.success
    np.testing.assert_allclose(result.x, [0.5**0.5, 0], atol=1e-7)


def test_newton_says_what_is_not_finite():
    result = newton(lambda x: float(x @ x), [1.0, 1.0], jac=lambda x: 2 * x, hess=lambda x: np.full((2, 2), np.nan))
    assert (result.status, result.nit) == (3, 0)
    assert "Hessian is not finite" in result.message


@pytest.mark.parametrize("jac", [True, "own", None])
def test_gauss_newton_fits_a_curve(jac):
    t = np.linspace(0, 1, 30)
    y = 2 * np.exp(-3 * t) + 0.01 * np.cos(40 * t)

    def r(p):
        return p[0] * np.exp(p[1] * t) - y

    def j(p):
        return np.stack([np.exp(p[1] * t), p[0] * t * np.exp(p[1] * t)], axis=1)

    fun, jac = (lambda p: (r(p), j(p)), True) if jac is True else (r, j if jac else None)
    ours, theirs = gauss_newton(fun, [1.0, -1.0], jac=jac), scipy.optimize.least_squares(r, [1.0, -1.0], jac=j)
    assert ours.success
    np.testing.assert_allclose(ours.x, theirs.x, atol=1e-6)
    assert ours.fun == pytest.approx(theirs.cost, rel=1e-8)


def test_gauss_newton_solves_a_linear_problem_at_once():
    a, b = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]]), np.array([1.0, 0.0, 2.0])
    result = gauss_newton(lambda x: a @ x - b, [5.0, 5.0], jac=lambda x: a)
    assert result.nit == 1
    np.testing.assert_allclose(result.x, np.linalg.lstsq(a, b)[0], rtol=1e-12)
    short = gauss_newton(lambda x: np.array([x[0] + x[1] - 2]), [0.0, 0.0], jac=lambda x: np.ones((1, 2)))
    np.testing.assert_allclose(short.x, [1, 1], rtol=1e-14)


@pytest.mark.parametrize("method", [newton, lbfgs])
def test_end_of_precision_is_a_status(method):
    """tol = 0 cannot be met: no endless run."""
    for dtype in ("f4", "f8"):
        result = method(rosen, X0[2].astype(dtype), jac=rosen_der, tol=0.0)
        assert result.status in (0, 2)
        np.testing.assert_allclose(result.x, [1, 1], rtol=0, atol=300 * np.finfo(dtype).eps)
        assert result.x.dtype == dtype


@pytest.mark.parametrize("method", [newton, lbfgs])
def test_a_wrong_gradient_is_no_step(method):
    result = method(lambda x: float(x @ x), [1.0, 2.0], jac=lambda x: -2 * x)
    assert (result.status, result.nit) == (2, 0)
    assert "No step" in result.message
    assert not result.success


def test_lbfgs_follows_a_fall_without_end():
    result = lbfgs(lambda x: -float(np.sum(x)), np.zeros(2), jac=lambda x: -np.ones(2), max_iter=30)
    assert result.status == 1
    assert np.isfinite(result.x).all()
    assert result.fun < -1e6


def test_shapes():
    for method in (newton, lbfgs):
        result = method(lambda x: np.sum((x - 2) ** 2), np.zeros((2, 3)), jac=lambda x: 2 * (x - 2))
        np.testing.assert_allclose(result.x, np.full((2, 3), 2.0), rtol=1e-6)
        assert method(lambda x: (x - 2) ** 2, 0, jac=lambda x: 2 * (x - 2)).x == pytest.approx(2)


@pytest.mark.parametrize("method", [newton, lbfgs, gauss_newton])
def test_starts(method):
    result = method(lambda x: x, 2.0, max_iter=0)
    assert (result.status, result.nit, float(result.x)) == (1, 0, 2.0)
    result = method(lambda x: x * np.nan, 2.0)
    assert (result.status, result.nit, float(result.x)) == (3, 0, 2.0)
    stopped = method(lambda x: x * x, 2.0, callback=lambda x: True)
    assert (stopped.status, stopped.nit) == (99, 1)
