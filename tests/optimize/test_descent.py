"""Descent on quadratics, whose rates are known; PyTorch's optimisers, step by step; ends of every kind."""

import itertools

import numpy as np
import pytest

from mathcore.optimize import (
    adam,
    adamw,
    gradient_descent,
    max_stable_step,
    momentum,
    nesterov,
    rmsprop,
    schedules,
    sgd,
)

METHODS = (gradient_descent, momentum, nesterov, rmsprop, adam, adamw)
CURVATURES = np.array([1.0, 4.0, 10.0])


def bowl(x):
    return float(np.sum(CURVATURES * x**2) / 2)


def slope(x):
    return CURVATURES.astype(x.dtype) * x


def test_the_example_of_the_article():
    result = gradient_descent(lambda x: (x - 3) ** 2, 7.0, jac=lambda x: 2 * (x - 3), learning_rate=0.1, max_iter=50)
    lines = str(result.trace).splitlines()
    assert lines[0] == "Step 1: x = 6.2000, f(x) = 10.2400"
    for k, line in enumerate(lines, 1):
        x = 3 + 4 * 0.8**k
        assert line == f"Step {k}: x = {x:.4f}, f(x) = {(x - 3) ** 2:.4f}"
    assert len(lines) == 50


# ------------------------------------------------------------------ rates

@pytest.mark.parametrize("rate", [0.01, 0.1, 0.19])
def test_each_part_of_a_quadratic_shrinks_by_its_factor(rate):
    x0 = np.array([1.0, -2.0, 3.0])
    result = gradient_descent(bowl, x0, jac=slope, learning_rate=rate, max_iter=30)
    np.testing.assert_allclose(result.trace.x, x0 * (1 - rate * CURVATURES) ** np.arange(31)[:, None], rtol=1e-12,
                               atol=1e-15)


def test_stable_limit():
    """Just below 2 / L it converges, just above it diverges; for momentum the limit is 1 + momentum times as large."""
    limit = max_stable_step(np.diag(CURVATURES))
    assert limit == pytest.approx(0.2)
    for method, factor, options in ((gradient_descent, 1.0, {}), (momentum, 1.5, {"momentum": 0.5})):
        runs = [method(bowl, np.ones(3), jac=slope, learning_rate=limit * factor * part, max_iter=20_000, **options)
                for part in (0.999, 1.001)]
        assert [r.status for r in runs] == [0, 3]
        assert runs[0].success
        assert not runs[1].success
        assert np.isfinite(runs[1].x).all()
        assert np.isfinite(runs[1].fun)


# ------------------------------------------------------------------ PyTorch's numbers

@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("ours", "name", "options", "theirs"), [
    (gradient_descent, "SGD", {}, {}), (momentum, "SGD", {"momentum": 0.8}, {"momentum": 0.8}),
    (nesterov, "SGD", {"momentum": 0.8}, {"momentum": 0.8, "nesterov": True}),
    (rmsprop, "RMSprop", {"alpha": 0.9}, {"alpha": 0.9}), (adam, "Adam", {}, {}),
    (adam, "Adam", {"weight_decay": 0.1, "beta1": 0.5}, {"weight_decay": 0.1, "betas": (0.5, 0.999)}),
    (adamw, "AdamW", {}, {}), (adamw, "AdamW", {"weight_decay": 0.3}, {"weight_decay": 0.3}),
])
def test_the_path_is_that_of_torch(ours, name, options, theirs, dtype):
    torch = pytest.importorskip("torch")
    x0 = np.array([1.0, -2.0, 3.0], dtype)
    result = ours(bowl, x0, jac=slope, learning_rate=0.05, max_iter=20, **options)
    parameter = torch.nn.Parameter(torch.from_numpy(x0.copy()))
    optimizer = getattr(torch.optim, name)([parameter], lr=0.05, **theirs)
    path = [x0]
    for _ in range(20):
        parameter.grad = torch.from_numpy(slope(parameter.detach().numpy()))
        optimizer.step()
        path.append(parameter.detach().numpy().copy())
    # 20 steps of a few roundings each, which L rate = 1/2 does not enlarge
    assert np.abs(result.trace.x - path).max() <= 4 * 20 * np.finfo(dtype).eps * 3
    assert result.trace.x.dtype == dtype


@pytest.mark.parametrize("method", METHODS)
def test_minimum_is_found(method):
    result = method(bowl, np.ones(3), jac=slope, learning_rate=schedules.cosine(0.05, total=3000), max_iter=3000,
                    **({"weight_decay": 0.0} if method is adamw else {}))
    assert np.abs(result.x).max() <= 1e-4
    assert result.fun == bowl(result.x)
    np.testing.assert_array_equal(result.jac, slope(result.x))


# ------------------------------------------------------------------ ends

@pytest.mark.parametrize("method", METHODS)
def test_no_iterations_return_the_start(method):
    result = method(bowl, np.ones(3), jac=slope, max_iter=0)
    np.testing.assert_array_equal(result.x, np.ones(3))
    assert (result.status, result.nit, result.nfev, result.success, len(result.trace)) == (1, 0, 1, False, 1)
    assert method(bowl, np.zeros(3), jac=slope, max_iter=0).status == 0


@pytest.mark.parametrize(("bad_value", "bad_slope"), [(np.nan, 1.0), (np.inf, 1.0), (1.0, np.nan), (1.0, -np.inf)])
def test_what_is_not_finite_ends_the_run(bad_value, bad_slope):
    """At the start, and later: the last finite iterate is returned."""
    for method, at in itertools.product(METHODS, (1.5, 10.0)):
        result = method(lambda x, at=at: bad_value if x < at else float(x), 2.0,
                        jac=lambda x, at=at: bad_slope if x < at else 1.0, learning_rate=0.1)
        assert result.status == 3
        assert not result.success
        assert "finite" in result.message
        assert np.isfinite(result.x)
        assert ("at the start" in result.message) == (at == 10)
        if at < 2:
            assert result.x >= at
            assert np.isfinite(result.fun)


def test_x_that_overflows_is_divergence():
    result = gradient_descent(lambda x: 0.0, np.float32(1), jac=lambda x: np.float32(-3e38), learning_rate=10.0)
    assert result.status == 3
    assert result.x == 1


def test_callbacks():
    seen = []

    def stop(x):
        seen.append(x)
        if len(seen) == 3:
            raise StopIteration

    result = gradient_descent(bowl, np.ones(3), jac=slope, callback=stop)
    assert (result.status, result.nit, result.success) == (99, 3, False)
    np.testing.assert_array_equal(seen, result.trace.x[1:])
    found = []
    gradient_descent(bowl, np.ones(3), jac=slope, max_iter=4,
                     callback=lambda intermediate_result: found.append(intermediate_result.fun))
    assert found == [bowl(x) for x in gradient_descent(bowl, np.ones(3), jac=slope, max_iter=4).trace.x[1:]]
    assert gradient_descent(bowl, np.ones(3), jac=slope, callback=lambda x: True).nit == 1
    for answer in (np.nan, 1.0, "yes"):
        with pytest.raises(TypeError, match="^gradient_descent: callback returned something; expected None, or True"):
            gradient_descent(bowl, np.ones(3), jac=slope, callback=lambda x, answer=answer: answer)


def test_errors_and_interrupts_of_the_function_pass():
    def interrupt(x):
        raise KeyboardInterrupt
    for method in METHODS:
        with pytest.raises(KeyboardInterrupt):
            method(interrupt, 1.0)
        with pytest.raises(ZeroDivisionError):
            method(lambda x: 1 / 0, 1.0)


def test_schedules():
    result = gradient_descent(bowl, np.ones(3), jac=slope, learning_rate=schedules.step(0.1, every=2), max_iter=5)
    np.testing.assert_allclose(result.trace.step[1:], [0.1, 0.1, 0.01, 0.01, 0.001])
    assert np.isnan(result.trace.step[0])
    resting = gradient_descent(bowl, np.ones(3), jac=slope, learning_rate=lambda k: 0.0, max_iter=2)
    assert resting.fun == bowl(np.ones(3))
    for bad, error in ((-1.0, ValueError), (np.nan, ValueError), ("a", TypeError), (None, TypeError)):
        with pytest.raises(error, match=r"^gradient_descent: learning_rate\(1\) is "):
            gradient_descent(bowl, np.ones(3), jac=slope, learning_rate=lambda k, bad=bad: bad if k else 0.1)


# ------------------------------------------------------------------ stochastic

def data():
    rng = np.random.default_rng(0)
    a = rng.standard_normal((500, 3))
    return a, a @ [1.0, -2.0, 3.0]


def test_sgd_finds_the_coefficients():
    """Without noise every batch has its minimum at the same place, and a constant rate reaches it."""
    a, b = data()

    def batch(x, rng):
        i = rng.integers(0, len(a), 16)
        return a[i].T @ (a[i] @ x - b[i]) / 16

    def both(x, rng):
        i = rng.integers(0, len(a), 16)
        r = a[i] @ x - b[i]
        return r @ r / 32, a[i].T @ r / 16

    for options in ({}, {"momentum": 0.5}, {"momentum": 0.5, "nesterov": True}):
        runs = [sgd(lambda x: np.mean((a @ x - b) ** 2) / 2, np.zeros(3), jac=batch, learning_rate=0.1, rng=seed,
                    **options) for seed in (1, 1, 2)]
        np.testing.assert_allclose(runs[0].x, [1, -2, 3], atol=1e-8)
        assert (runs[0].status, runs[0].nit, runs[0].success) == (0, 1000, True)
        np.testing.assert_array_equal(runs[0].x, runs[1].x)
        assert (runs[0].trace[9].x != runs[2].trace[9].x).any()
        paired = sgd(both, np.zeros(3), jac=True, learning_rate=0.1, rng=1, **options)
        np.testing.assert_array_equal(paired.x, runs[0].x)


def test_sgd_without_chance_is_gradient_descent():
    ours = sgd(bowl, np.ones(3), jac=lambda x, rng: slope(x), max_iter=30)
    np.testing.assert_array_equal(ours.trace.x, gradient_descent(bowl, np.ones(3), jac=slope, max_iter=30).trace.x)
    decayed = sgd(bowl, np.ones(3), jac=lambda x, rng: slope(x), max_iter=30, weight_decay=1.0)
    np.testing.assert_allclose(decayed.x, (1 - 0.01 * (CURVATURES + 1)) ** 30, rtol=1e-12)
