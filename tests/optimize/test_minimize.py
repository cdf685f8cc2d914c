"""minimize against SciPy's: the very results for its methods, the same minima by ours, its words for options."""

import inspect

import numpy as np
import pytest
import scipy.optimize
from scipy.optimize import rosen, rosen_der, rosen_hess

from mathcore.optimize import adam, gradient_descent, lbfgs, minimize, newton


def test_signature_is_scipys():
    ours, theirs = (list(inspect.signature(f).parameters.values()) for f in (minimize, scipy.optimize.minimize))
    assert [(p.name, p.default, p.kind) for p in ours] == [(p.name, p.default, p.kind) for p in theirs]


@pytest.mark.parametrize("method", [None, "BFGS", "L-BFGS-B", "nelder-mead", "Newton-CG", "SLSQP"])
def test_scipys_methods_are_scipys(method):
    jac = None if method == "nelder-mead" else rosen_der
    ours, theirs = (f(rosen, [1.3, 0.7, 0.8], method=method, jac=jac) for f in (minimize, scipy.optimize.minimize))
    np.testing.assert_array_equal(ours.x, theirs.x)
    assert (ours.nfev, ours.message) == (theirs.nfev, theirs.message)


def test_everything_is_handed_on():
    bounds, cons = [(0, 0.5), (0, 2)], {"type": "ineq", "fun": lambda x: 1 - x[0] - x[1]}
    options = {"bounds": bounds, "constraints": cons, "tol": 1e-9, "options": {"maxiter": 77}}
    ours, theirs = (f(lambda x, a: (x[0] - a) ** 2 + x[1] ** 2, [0.0, 0.0], (2.0,), **options)
                    for f in (minimize, scipy.optimize.minimize))
    np.testing.assert_array_equal(ours.x, theirs.x)
    with pytest.raises(ValueError, match="Unknown solver nonsense"):
        minimize(rosen, [1.0, 2.0], method="nonsense")


@pytest.mark.parametrize(("name", "function", "options"), [
    ("gradient-descent", gradient_descent, {"learning_rate": 0.001}), ("adam", adam, {"learning_rate": 0.01}),
    ("lbfgs", lbfgs, {"history": 5}), ("newton", newton, {})])
def test_ours(name, function, options):
    hess = {"hess": rosen_hess} if function is newton else {}
    x0 = np.array([-1.2, 1.0])
    direct = function(rosen, x0, jac=rosen_der, max_iter=40, **options, **hess)
    found = minimize(rosen, x0, method=name.upper(), jac=rosen_der, options={"maxiter": 40, **options}, **hess)
    np.testing.assert_array_equal(found.x, direct.x)
    assert len(found.trace) == len(direct.trace)


def test_words_of_scipy(capsys):
    def f(x, a, b):
        return (x[0] - a) ** 2 + b

    result = minimize(f, 0.0, args=(3.0, 1.0), method="lbfgs", options={"gtol": 1e-3, "maxcor": 4, "disp": True})
    assert result.x.shape == (1,)
    assert result.x[0] == pytest.approx(3, abs=1e-3)
    assert capsys.readouterr().out == result.message + "\n"
    assert minimize(lambda x, a: np.sum((x - a) ** 2), [0.0], args=2.0, method="lbfgs").x == pytest.approx([2])
    for jac in (None, False, "3-point"):
        assert minimize(rosen, [0.9, 0.9], method="lbfgs", jac=jac, tol=1e-3).success
    both = minimize(lambda x, a: (np.sum((x - a) ** 2), 2 * (x - a)), [0.0], 5.0, "newton", jac=True)
    assert both.x == pytest.approx([5])
    loose, tight = (minimize(rosen, [0.9, 0.9], method="lbfgs", jac=rosen_der, tol=tol) for tol in (1e-1, 1e-8))
    assert loose.nit < tight.nit


@pytest.mark.parametrize(("arg", "options"), [
    ("bounds", {"bounds": [(0, 1)]}), ("constraints", {"constraints": {"type": "eq", "fun": sum}}),
    ("hessp", {"hessp": lambda x, p: p}), ("hess", {"hess": lambda x: x}), ("jac", {"jac": "cs"}),
    ("options", {"options": {"ftol": 1e-3}}), ("options", {"options": {"callback": None}})])
def test_what_ours_do_not_know_is_said(arg, options):
    with pytest.raises(ValueError, match=f"^minimize: {arg} (is|are) not .* method 'lbfgs'; expected"):
        minimize(lambda x: x @ x, [1.0], method="lbfgs", **options)
