"""How an operand finds its rule; shapes and types; what has no rule says so."""

import math

import numpy as np
import pytest

from mathcore.autodiff import grad, jacfwd, value_and_grad
from mathcore.autodiff._dispatch import fit_to, masked, sum_to

X = np.array([1.0, 2.0, 3.0])


def total(f):
    return lambda x: np.sum(f(x))


def test_sum_to_undoes_broadcasting():
    c = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(sum_to(c, (3, 1)), c.sum((0, 2)).reshape(3, 1))
    np.testing.assert_array_equal(sum_to(c, ()), c.sum())
    np.testing.assert_array_equal(fit_to(np.ones((2, 3)), np.zeros(3, np.float32)), np.full(3, 2, np.float32))
    assert fit_to(np.ones((2, 3)), np.zeros(3, np.float32)).dtype == np.float32
    assert fit_to(np.ones(1), np.zeros(())).shape == ()
    np.testing.assert_array_equal(fit_to(np.ones((1, 1)), np.zeros((2, 1))), np.ones((2, 1)))


def test_masked_lets_only_true_infinities_through():
    np.testing.assert_array_equal(masked(np.array([0.0, 1.0]), np.array([np.nan, np.inf])), [0, np.inf])
    assert masked(0.0, np.nan) == 0.0


@pytest.mark.parametrize("f", [
    lambda x: np.where(x > 1.5, np.sqrt(x - 1.5), 0.0), lambda x: np.where(x > 1, np.log(x - 1), x),
    lambda x: np.where(x != 1, 1 / (x - 1), x ** 2), lambda x: np.where(x > 0.5, x, np.sqrt(x - 3)),
], ids=["sqrt", "log", "quotient", "root of a negative"])
def test_a_branch_not_taken_adds_nothing(f):
    """The derivative of what np.where chose, though the other branch's slope is infinite or NaN there."""
    x = np.array([1.0, 2.0])
    with np.errstate(all="ignore"):
        found, forward = grad(total(f))(x), np.diagonal(jacfwd(f)(x))
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, forward)


def test_float32_stays_float32():
    x = X.astype(np.float32)
    value, gradient = value_and_grad(lambda x: np.mean(np.exp(x * 2.0) @ np.eye(3, dtype=np.float32)))(x)
    assert value.dtype == np.float32
    assert gradient.dtype == np.float32
    assert grad(lambda x: np.sum(x * np.ones(3)))(x).dtype == np.float32       # beside float64 data


@pytest.mark.parametrize(("f", "what"), [
    (lambda x: np.fft.fft(x), "numpy.fft.fft"), (lambda x: np.linalg.eig(np.outer(x, x)), "numpy.linalg.eig"),
    (lambda x: np.frexp(x)[0], "frexp"), (lambda x: np.bitwise_count(x), "bitwise_count"),
    (lambda x: np.add.reduceat(x, [0, 1]), "add.reduceat"),
])
def test_a_function_without_a_rule_is_named_with_what_to_do(f, what):
    with pytest.raises(TypeError, match=rf"{what}: no derivative is known.*custom_rule"):
        grad(total(f))(X)


@pytest.mark.parametrize(("f", "text"), [
    (lambda x: math.sin(x[0]), "np.sin for math.sin"),
    (lambda x: float(x[0]), "traced value cannot become a plain number"),
    (lambda x: np.zeros(3).__setitem__(0, x[0]), r"np.zeros_like\(x\)"), (lambda x: complex(x[0]), "plain number"),
    (lambda x: np.asarray(x, dtype=float), "cannot become an array of float64"),
    (lambda x: np.add(x, 1.0, out=np.empty(3)), "out is a plain array"), (lambda x: [1, 2, 3][x[0]], "no index"),
    (lambda x: np.copyto(np.zeros(3), x), "copyto: a plain array cannot hold"),
    (lambda x: np.add.at(np.zeros(3), [0], x[0]), "add.at: a plain array cannot hold"),
])
def test_what_would_lose_the_derivative_says_what_to_do(f, text):
    with pytest.raises(TypeError, match=text):
        grad(total(f))(X)


@pytest.mark.parametrize("f", [lambda x: x + 1j, lambda x: x[0] * 1j, lambda x: np.real(np.exp(1j * x))])
def test_complex_numbers_on_the_way_are_refused(f):
    for transform in (grad, jacfwd):
        with pytest.raises(TypeError, match="gave complex numbers, for which no derivative is known"):
            transform(total(f))(X)


def test_unknown_attributes_are_attribute_errors():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        grad(lambda x: x.nonsense)(X)


def test_arrays_of_traced_numbers():
    def matrix(x, **kwargs):
        return np.array([[x[0], x[1]], [x[1], x[2]]], **kwargs)

    np.testing.assert_allclose(grad(lambda x: np.linalg.det(matrix(x, like=x)))(X), [3, -4, 1])
    np.testing.assert_allclose(grad(lambda x: matrix(x)[0] @ np.exp(matrix(x))[1])(X),
                               [np.exp(2), np.exp(2) + np.exp(3), 2 * np.exp(3)])
    with pytest.raises(TypeError, match=r"grad: a function that takes no arrays of obj.*np.array\(\[...\], like=x\)"):
        grad(lambda x: np.linalg.det(matrix(x)))(X)


def test_keywords_of_ufuncs():
    def f(x):
        y = np.zeros_like(x)
        np.multiply(x, x, out=y, where=np.array([True, False, True]))
        return np.sum(np.add(y, 1.0, dtype=np.float64))

    np.testing.assert_array_equal(grad(f)(X), [2, 0, 6])
    with pytest.raises(TypeError, match="where= without out="):
        grad(lambda x: np.sum(np.exp(x, where=X > 1)))(X)


def test_scalars_of_numpy_beside_traced_ones():
    assert grad(lambda x: np.float64(3.0) * x + x / np.float32(2.0))(2.0) == 3.5
    assert grad(lambda x: np.array(3.0) * x)(2.0) == 3.0
