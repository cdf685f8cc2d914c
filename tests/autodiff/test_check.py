"""The checker passes what is right and catches planted wrong rules."""

import numpy as np
import pytest

from mathcore.autodiff import check_grads, custom_rule

X = np.array([0.5, 1.5, -0.3, 2.0])


def test_right_derivatives_pass_with_a_report():
    report = check_grads(lambda p, x: {"y": np.tanh(p["w"] * x), "s": np.sum(p["w"])}, ({"w": X}, 2.0), order=3)
    assert len(report.splitlines()) == 9
    assert "order 3, forward beside reverse: largest relative error" in report
    check_grads(lambda x: np.sum(x ** 3), (X.astype(np.float32),))
    check_grads(lambda x: np.sum(np.sin(x)), (np.linspace(0, 1, 400),), order=1)


@pytest.mark.parametrize("factor", [2.001, 1.99, -2.0, np.nan], ids=str)
def test_a_wrong_vjp_is_caught(factor):
    square = custom_rule(lambda x: x * x, vjp=lambda g, out, x: factor * g * x)
    with pytest.raises(AssertionError, match=r"check_grads: a derivative of f is wrong; worst: order 1, reverse"):
        check_grads(lambda x: np.sum(square(x)), (X,), modes="rev", order=1)


def test_a_wrong_jvp_is_caught():
    square = custom_rule(lambda x: x * x, vjp=lambda g, out, x: 2 * g * x, jvp=lambda t, out, x: 2.001 * t[0] * x)
    with pytest.raises(AssertionError, match=r"forward"):
        check_grads(square, (X,), order=1)


def test_a_wrong_second_derivative_is_caught():
    cube = custom_rule(lambda x: x ** 3, vjp=lambda g, out, x: 3 * g * (x.content if hasattr(x, "content") else x) ** 2)
    check_grads(lambda x: np.sum(cube(x)), (X,), order=1, modes="rev")
    with pytest.raises(AssertionError, match=r"worst: order 2"):
        check_grads(lambda x: np.sum(cube(x)), (X,), order=2, modes="rev")


def test_the_worst_entry_is_named():
    def wrong_at(g, out, x):
        found = 2 * g * x
        found[2] *= 1.5
        return found

    square = custom_rule(lambda x: x * x, vjp=wrong_at)
    with pytest.raises(AssertionError, match=r"argument 0\['a'\]\[2\]: exact -?\d"):
        check_grads(lambda p: square(p["a"]), ({"a": X},), order=1, modes="rev")
