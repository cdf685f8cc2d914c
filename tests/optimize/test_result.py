"""The trace: columns, printing, pictures, pickles; and lengths that do not overflow."""

import pickle

import numpy as np
import pytest
from scipy.optimize import OptimizeResult

from mathcore.optimize import Iteration, Trace, gradient_descent, lbfgs, sgd
from mathcore.optimize.result import SMALL, norm


def run(x0, **options):
    return gradient_descent(lambda x: np.sum((x - 3) ** 2), x0, jac=lambda x: 2 * (x - 3), learning_rate=0.1,
                            max_iter=3, **options)


def test_result_is_scipys():
    result = run(7.0)
    assert isinstance(result, OptimizeResult)
    assert set(result) == {"x", "fun", "jac", "nit", "nfev", "njev", "success", "status", "message", "trace"}
    assert "trace: <Trace of 3 steps, f(x) = 4.1943" in repr(result)
    assert "Step 1" not in repr(result)


def test_columns():
    trace = run(7.0).trace
    np.testing.assert_array_equal(trace.iteration, [0, 1, 2, 3])
    np.testing.assert_allclose(trace.x, [7, 6.2, 5.56, 5.048])
    np.testing.assert_allclose(trace.fun, [16, 10.24, 6.5536, 4.194304])
    np.testing.assert_allclose(trace.grad_norm, [8, 6.4, 5.12, 4.096])
    np.testing.assert_array_equal(trace.step, [np.nan, 0.1, 0.1, 0.1])
    assert (np.diff(trace.seconds) >= 0).all()
    assert isinstance(trace[2], Iteration)
    with pytest.raises(AttributeError, match="'Trace' object has no attribute 'nonsense'"):
        _ = trace.nonsense


def test_printing():
    assert str(run(7.0).trace[1]) == str(run([7.0]).trace[1]) == "Step 1: x = 6.2000, f(x) = 10.2400"
    assert str(run([7.0, 3.0]).trace).splitlines()[0] == "Step 1: x = [6.2000 3.0000], f(x) = 10.2400"
    long = str(run(np.arange(20.0)).trace[1])
    assert long.startswith("Step 1: x = [0.6000 1.4000 2.2000 ... ")
    assert "\n" not in long
    assert str(Trace()) == ""
    assert repr(Trace()) == "<Trace of 0 steps>"


def test_large_iterates_are_not_kept():
    assert run(np.zeros(SMALL)).trace.x.shape == (4, SMALL)
    trace = run(np.zeros(SMALL + 1)).trace
    assert trace.x is None
    assert str(trace[1]) == f"Step 1: f(x) = {101 * 2.4**2:.4f}"


def test_pickles():
    trace = pickle.loads(pickle.dumps(run(7.0).trace))
    assert str(trace) == str(run(7.0).trace)


def test_pictures():
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    assert run(7.0).trace.plot(ax=ax) is ax
    assert ax.get_title() == "Gradient descent: 3 steps from x = 7 to x = 5.048"
    assert run([7.0]).trace.plot().get_xlabel() == "x"
    assert run([7.0, 1.0]).trace.plot().get_ylabel() == "x[1]"
    assert run(np.zeros(3)).trace.plot().get_xlabel() == "step"
    assert run(np.zeros(200)).trace.plot().get_xlabel() == "step"
    assert pickle.loads(pickle.dumps(run([7.0, 1.0]).trace)).plot().get_xlabel() == "step"
    assert lbfgs(lambda x: (x @ x, 2 * x), [1.0, 2.0], jac=True).trace.plot().get_xlabel() == "x[0]"
    batch = sgd(lambda x, rng: (x @ x, 2 * x), [1.0, 2.0], jac=True, max_iter=3)
    assert batch.trace.plot().get_xlabel() == "step"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_norm(dtype):
    info = np.finfo(dtype)
    for scale in (1.0, float(info.max) / 8, float(info.tiny), float(info.smallest_subnormal)):
        assert norm(np.array([[3.0, 4.0]], dtype) * info.dtype.type(scale)) == pytest.approx(5 * scale, rel=1e-6)
    assert norm(np.zeros(3, dtype)) == 0
    assert np.isnan(norm(np.array([np.nan, 1], dtype)))
    assert norm(np.array([np.inf, 1], dtype)) == np.inf
