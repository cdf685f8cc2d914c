"""Arguments that may be differentiated by, and what a differentiation leaves behind."""

import numpy as np
import pytest

from mathcore.autodiff import derivative, elementwise_grad, grad, hessian, jacobian, value_and_grad, vjp

X = np.array([1.0, 2.0, 3.0])
POINTS = [(np.array([1, 2]), "int64"), (3, r"write 3\.0"), (True, "integer"), (1j, "complex"), (X * 1j, "complex128"),
          ("a", "str"), (X > 1, "bool"), ({"a": [X, 2]}, r"argument 0\['a'\]\[1\]"), ((), "holds no numbers")]


@pytest.mark.parametrize("transform", [grad, value_and_grad, elementwise_grad, derivative, jacobian, hessian])
@pytest.mark.parametrize(("x", "text"), POINTS, ids=[text for _, text in POINTS])
def test_points_that_are_no_points(transform, x, text):
    with pytest.raises(TypeError, match=rf"^({transform.__name__}): .*{text}"):
        transform(lambda x: np.sum(x))(x)


def test_results_that_are_no_number():
    with pytest.raises(ValueError, match=r"^grad: f returned an array of shape \(3,\); expected one number.*jacobian"):
        grad(lambda x: x)(X)
    with pytest.raises(TypeError, match=r"^grad: f returned tuple; expected one number.*has_aux"):
        grad(lambda x: (x[0], x[1]))(X)
    with pytest.raises(TypeError, match=r"^grad: f returned no pair"):
        grad(lambda x: x[0], has_aux=True)(X)
    with pytest.raises(TypeError, match=r"^grad: f returned no real number.*str"):
        grad(lambda x: "a")(X)
    with pytest.raises(ValueError, match=r"^grad: argnums names argument 2; expected one of 1"):
        grad(lambda x: x[0], 2)(X)
    with pytest.raises(ValueError, match=r"^derivative: argument 0 is an array"):
        derivative(lambda x: x)(X)


def test_a_constant_has_zero_derivatives():
    np.testing.assert_array_equal(grad(lambda x: 3.0)(X), np.zeros(3))
    np.testing.assert_array_equal(grad(lambda x: np.sum(x.content))(X), np.zeros(3))
    np.testing.assert_array_equal(jacobian(lambda x: np.ones(2))(X), np.zeros((2, 3)))
    assert derivative(lambda x: 2.0)(1.0) == 0


def test_values_that_escape_are_refused_later():
    kept = []
    grad(lambda x: kept.append(x) or np.sum(x))(X)
    with pytest.raises(ValueError, match="used after its differentiation had ended"):
        kept[0] + 1
    with pytest.raises(ValueError, match="used after its differentiation had ended"):
        grad(lambda x: np.sum(x * kept[0]))(X)


def test_arguments_are_not_changed_and_gradients_are_their_own():
    x = X.copy()
    x.flags.writeable = False

    def f(x):
        x[0] = 5.0
        x *= 2
        return np.sum(x)

    np.testing.assert_array_equal(grad(f)(x), [0, 2, 2])
    np.testing.assert_array_equal(x, X)
    a, b = grad(lambda p: np.sum(p[0] + p[1]))([X, X])
    a[0] = 7
    assert b[0] == 1
    c = np.array([1.0, 2.0, 3.0])
    g = grad(lambda x: np.sum(x * c))(X)
    g[0] = 9
    assert c[0] == 1


def test_layouts_of_arguments():
    for x in (X[::-1], np.asfortranarray(np.outer(X, X)), X.astype(">f8"), np.broadcast_to(X, (2, 3))):
        np.testing.assert_array_equal(grad(lambda x: np.sum(x ** 2))(x), 2 * np.asarray(x))


def test_the_same_bits_from_run_to_run():
    rng = np.random.default_rng(0)
    w, x = rng.standard_normal((30, 30)), rng.standard_normal((20, 30))
    f = grad(lambda w: np.sum(np.tanh(x @ w) ** 2) / np.linalg.norm(w))
    assert f(w).tobytes() == f(w).tobytes()


def test_a_chain_of_100000_nodes():
    def f(x):
        for _ in range(100_000):
            x = x * 0.99999 + 1e-6
        return x

    assert grad(f)(1.0) == pytest.approx(0.99999 ** 100_000, rel=1e-9)
    _, pullback = vjp(f, 1.0)
    assert pullback(2.0)[0] == pytest.approx(2 * 0.99999 ** 100_000, rel=1e-9)


def test_keywords_are_constants():
    assert grad(lambda x, *, scale: scale * x)(2.0, scale=3.0) == 3.0


def test_constants_that_the_way_back_needs_may_not_change():
    a, b = np.array([1.0, 2.0, 3.0]), np.ones(3)

    def f(x):
        y = np.sum(x * a)
        a[0] = 5.0
        return y

    with pytest.raises(ValueError, match=r"^grad: an array was changed after a traced value .* Change a copy"):
        grad(f)(X)
    a[0] = 1.0                           # writeable again

    def g(x):
        y = x + b                        # whose numbers no derivative needs
        b[0] += 1
        for i in range(2):
            buffer = np.full(3, float(i))
            y = y * buffer.copy()
            buffer[:] = 7
        return np.sum(y)

    grad(g)(X)
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: np.sum(x * a) * (1 // 0))(X)
    assert a.flags.writeable
