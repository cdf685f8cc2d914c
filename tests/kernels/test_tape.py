"""The compiled tape: NumPy's bits for numbers, in-place assignment, what a traced value tells of itself."""

import pickle

import numpy as np
import pytest

from mathcore import information, linalg, losses, special
from mathcore._kernels import tape
from mathcore.autodiff import grad, jacobian, value_and_grad, vjp
from mathcore.autodiff._dispatch import FUNCTIONS, UFUNCS

X = np.array([0.5, 1.5, -0.3, 2.0])


@pytest.mark.parametrize("ufunc", [u for u, p in UFUNCS.items() if type(p) is tape.Elementwise
                                   and u is not np.ldexp],               # its second operand is an integer
                         ids=lambda u: u.__name__)
def test_numbers_have_the_bits_of_the_ufunc(ufunc):
    for x in (0.7, 1.3, 1e-300, 4e8):
        args = (x,) if ufunc.nin == 1 else (x, 0.9)
        with np.errstate(all="ignore"):
            expected = ufunc(*args)
            found, _ = vjp(lambda *a: ufunc(*a), *args)
            beside = UFUNCS[ufunc](*args)
        assert np.array(found).tobytes() == np.array(expected, dtype=float).tobytes()
        assert np.float64(beside) == expected or np.isnan(expected)


def test_warnings_are_those_of_numpy():
    with pytest.warns(RuntimeWarning, match="divide by zero encountered in log"):
        grad(np.log)(0.0)
    with np.errstate(all="ignore"):
        assert value_and_grad(lambda x: 1 / x)(0.0) == (np.inf, -np.inf)


def test_assignment_copies_only_what_others_hold():
    """10 000 assignments of one element each: copies would take 80 KB each."""
    def f(x):
        y = np.zeros(10_000, like=x)
        for i in range(10_000):
            y[i] = x * i
        return y @ np.ones(10_000)

    assert grad(f)(1.0) == 10_000 * 9_999 / 2


def test_values_used_before_an_assignment_keep_their_derivative():
    def f(x):
        y = x * 1.0
        z = np.sin(y)
        w = y * y
        y[0] = 100.0
        return np.sum(z) + np.sum(w) + np.sum(y)

    np.testing.assert_allclose(grad(f)(X), np.cos(X) + 2 * X + [0, 1, 1, 1])


def test_views_and_their_base_see_each_other():
    def f(x):
        y = x * 1.0
        part, turned = y[1:3], y.reshape(2, 2).T
        y[1] = x[0] * 10
        turned[1, 1] = x[0] * 7
        part *= 2
        return np.stack([y, np.concatenate([part, turned[0]])])

    x = np.random.default_rng(0).standard_normal(4)
    value, _ = vjp(f, x)
    np.testing.assert_array_equal(value, f(x))
    h = 1e-6
    columns = [(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(4)]
    np.testing.assert_allclose(jacobian(f)(x), np.stack(columns, -1), atol=1e-9)


def test_what_a_value_tells_of_itself():
    def f(x):
        assert (x.shape, x.ndim, x.size, x.dtype, len(x)) == ((4,), 1, 4, np.float64, 4)
        assert repr(x[0]) == "Traced(np.float64(0.5))"
        assert f"{x[0]:.1f}" == "0.5"
        assert bool(x[0] > 0)
        assert int(x[3]) == 2
        assert x.real is x
        assert [float(v.content) for v in x] == X.tolist()
        assert (x == X).all()
        assert not (x != X).any()
        with pytest.raises(TypeError, match="unsized"):
            len(x[0])
        with pytest.raises(TypeError, match="0-d"):
            iter(x[0])
        with pytest.raises(TypeError, match="unhashable"):
            hash(x)
        return x.T.sum() + round(x[0]) * 0 + divmod(x[0], 0.4)[1]

    np.testing.assert_array_equal(grad(f)(X), [2, 1, 1, 1])


def test_every_differentiable_function_has_its_rule():
    found = [getattr(room, name) for room in (information, linalg, losses, special) for name in room.__all__]
    marked = [f for f in found if type(f) is tape.differentiable]
    assert len(marked) > 40
    assert all(f in FUNCTIONS for f in marked)
    for f in marked:
        assert pickle.loads(pickle.dumps(f)) is f
        assert f.__wrapped__.__doc__ == f.__doc__


def test_fused_losses_give_the_kernels_gradient():
    z, labels = np.random.default_rng(1).standard_normal((5, 7)), np.array([0, 3, 6, 2, 2])
    value, gradient = value_and_grad(lambda z: losses.cross_entropy(z, labels))(z)
    expected = losses.cross_entropy(z, labels, grad=True)
    assert value == expected[0]
    np.testing.assert_array_equal(gradient, expected[1])
