"""gram, linear, multi_dot: what they promise beyond being products."""

import itertools

import numpy as np
import pytest

from mathcore.linalg import gram, linear, matmul, multi_dot
from mathcore.linalg.matmul import _chain_order
from mathcore.special import expit, tanh
from tests.layouts import EDGES, LAYOUTS, values
from tests.ops import OPS, Shape, check
from tests.oracles import assert_same_bits, ordered_product
from tests.tuning import is_fused, tuned

FLOATS = (np.float32, np.float64)


# ------------------------------------------------------------------ gram

@pytest.mark.parametrize("dtype", [*FLOATS, np.float16])
def test_gram_is_symmetric_and_has_the_bits_of_the_product(isa, dtype):
    rng = np.random.default_rng(0)
    for n, d in [*itertools.product((0, 1, 2, 9, 40), EDGES[:12]), (513, 25), (600, 49), (100, 150), (7, 300)]:
        x = values(rng, (n, d), dtype)
        expected = matmul(x.T, x)
        for layout in ("C", "F", "step2"):
            for workers in (1, 3):
                result = gram(LAYOUTS[layout](x), workers=workers)
                assert_same_bits(result, expected, f"{n} x {d} {layout} {workers} threads")
        assert_same_bits(expected, expected.T)


@pytest.mark.parametrize("dtype", FLOATS)
def test_gram_in_small_blocks(isa, dtype):
    rng = np.random.default_rng(1)
    with tuned(kc=3, mc=8, nc=16):
        for n, d in [(1, 9), (10, 30), (20, 60), (7, 100)]:
            x = values(rng, (n, d), dtype)
            expected = ordered_product(x.T, x, 3, is_fused(isa))
            assert_same_bits(gram(x), expected, f"{n} x {d}")
            assert_same_bits(gram(np.asfortranarray(x), workers=3), expected, f"{n} x {d}")


def test_gram_of_batches(isa):
    rng = np.random.default_rng(2)
    for shape in [(3, 5, 4), (2, 3, 7, 1), (0, 5, 4), (3, 0, 4), (3, 5, 0), (1, 50, 30)]:
        x = values(rng, shape, np.float64)
        result = gram(x)
        assert result.shape == (*shape[:-2], shape[-1], shape[-1])
        for i in np.ndindex(shape[:-2]):
            assert_same_bits(result[i], gram(x[i]))


def test_gram_takes_a_list_and_special_values(isa):
    np.testing.assert_array_equal(gram([[1, 2], [3, 4]]), [[10, 14], [14, 20]])
    x = np.ones((5, 40))
    x[2, 7] = np.nan
    expected = np.zeros((40, 40), bool)
    expected[7] = expected[:, 7] = True
    np.testing.assert_array_equal(np.isnan(gram(x)), expected)


# ------------------------------------------------------------------ linear

LAYERS = [Shape(*s) for s in itertools.product((1, 2, 7, 30), (1, 2, 9, 40), (1, 2, 5, 9, 33))] + [
    Shape(1, 600, 40), Shape(40, 600, 3), Shape(200, 30, 600), Shape(300, 300, 9), Shape(3, 0, 5), Shape(1, 0, 9),
    Shape(5, 0, 1),
]


@pytest.mark.parametrize("dtype", FLOATS)
def test_linear_is_a_product_then_one_sum(isa, dtype):
    """Bit for bit: bias and ReLU cost one rounding, and nothing is added where there is no bias."""
    rng = np.random.default_rng(3)
    for shape in LAYERS:
        x, w, b = (values(rng, s, dtype) for s in ((shape.m, shape.k), (shape.n, shape.k), (shape.n,)))
        product = matmul(x, w.T)
        for workers in (1, 2):
            what = f"{shape} {workers} threads"
            assert_same_bits(linear(x, w, workers=workers), product, what)
            assert_same_bits(linear(x, w, b, workers=workers), product + b, what)
            assert_same_bits(linear(x, w, b, activation="relu", workers=workers), np.maximum(product + b, 0), what)
            assert_same_bits(linear(x, w, activation="relu", workers=workers), np.maximum(product, 0), what)
        assert_same_bits(linear(np.asfortranarray(x), np.asfortranarray(w), b), product + b, f"{shape}, Fortran")
        assert_same_bits(linear(LAYOUTS["step2"](x), LAYOUTS["reversed"](w), LAYOUTS["step2"](b)), product + b,
                         f"{shape}, strided")


@pytest.mark.parametrize("dtype", FLOATS)
def test_linear_with_bias_of_a_single_row(isa, dtype):
    """One sample, as in prediction: the operands are swapped inside, the bias must not be."""
    rng = np.random.default_rng(4)
    for k, n in itertools.product((1, 3, 8, 16, 40, 700), (2, 3, 8, 16, 30, 100)):
        x, w, b = (values(rng, s, dtype) for s in ((1, k), (n, k), (n,)))
        args = (x, w, b)
        check(OPS["linear"], Shape(1, k, n), args, {}, linear(*args), f"{k} -> {n}")
        assert_same_bits(linear(x[0], w, b), linear(x, w, b)[0])


@pytest.mark.parametrize("dtype", FLOATS)
def test_linear_in_small_blocks(isa, dtype):
    rng = np.random.default_rng(5)
    with tuned(kc=3, mc=8, nc=16):
        for shape in [Shape(9, 10, 30), Shape(30, 7, 60), Shape(20, 16, 100)]:
            x, w, b = (values(rng, s, dtype) for s in ((shape.m, shape.k), (shape.n, shape.k), (shape.n,)))
            expected = ordered_product(x, w.T, 3, is_fused(isa)) + b
            assert_same_bits(linear(x, w, b), expected, f"{shape}")
            assert_same_bits(linear(x, w, b, activation="relu", workers=3), np.maximum(expected, 0), f"{shape}")


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_smooth_activations_are_those_of_special(isa, activation):
    """Bit for bit, whatever the tile they are applied to."""
    function = {"sigmoid": expit, "tanh": tanh}[activation]
    rng = np.random.default_rng(6)
    for dtype, (m, k, n) in itertools.product(FLOATS, [(5, 6, 7), (1, 40, 9), (30, 3, 1)]):
        x, w, b = (values(rng, s, dtype) for s in ((m, k), (n, k), (n,)))
        assert_same_bits(linear(x, w, b, activation=activation), function(linear(x, w, b)))
        half = [v.astype(np.float16) for v in (x, w, b)]
        inner = linear(*(v.astype(np.float32) for v in half))
        assert_same_bits(linear(*half, activation=activation), function(inner).astype(np.float16))


@pytest.mark.parametrize("activation", [None, "relu", "sigmoid", "tanh"])
def test_nan_passes_through_every_activation(isa, activation):
    for m, k, n in [(1, 3, 2), (9, 5, 30), (3, 40, 1), (40, 9, 3), (1, 20, 30)]:
        for dtype, place in itertools.product(FLOATS, ("x", "w", "b")):
            x, w, b = np.ones((m, k), dtype), -np.ones((n, k), dtype), np.zeros(n, dtype)
            expected = np.zeros((m, n), bool)
            if place == "x":
                x[m // 2, k // 2], expected[m // 2] = np.nan, True
            elif place == "w":
                w[n // 2, k // 2], expected[:, n // 2] = np.nan, True
            else:
                b[n // 2], expected[:, n // 2] = np.nan, True
            np.testing.assert_array_equal(np.isnan(linear(x, w, b, activation=activation)), expected,
                                          err_msg=f"{m} {k} {n} {place}")


def test_relu_of_infinities_and_zeros(isa):
    for n in (1, 2, 9, 30):
        w = np.ones((n, 1))
        result = linear([[np.inf], [-np.inf], [0.0], [-0.0], [-1e-300], [5e-324]], w, activation="relu")
        np.testing.assert_array_equal(result, np.array([[np.inf], [0], [0], [0], [0], [5e-324]]) * np.ones(n))


def test_linear_over_batches_and_vectors(isa):
    rng = np.random.default_rng(7)
    w, b = values(rng, (5, 4), np.float64), values(rng, 5, np.float64)
    for shape in [(4,), (3, 4), (2, 3, 4), (0, 4), (2, 0, 4), (2, 3, 1, 4)]:
        x = values(rng, shape, np.float64)
        result = linear(x, w, b)
        assert result.shape == (*shape[:-1], 5)
        assert_same_bits(result.reshape(-1, 5), linear(x.reshape(-1, 4), w, b))
        assert_same_bits(linear(LAYOUTS["batch last"](x), w, b), result)
    assert linear(np.ones((3, 4)), np.ones((0, 4))).shape == (3, 0)
    assert linear(np.ones((3, 0)), np.ones((2, 0)), [1.0, 2.0]).tolist() == [[1, 2]] * 3


# ------------------------------------------------------------------ multi_dot

CHAINS = ([(3, 4), (4, 5)], [(3, 4), (4, 5), (5, 2)], [(10, 100), (100, 5), (5, 50)], [(4,), (4, 5), (5, 6)],
          [(3, 4), (4, 5), (5,)],
          [(4,), (4, 5), (5,)], [(4,), (4,)], [(2, 3), (3,)], [(3,), (3, 2)],
          [(30, 35), (35, 15), (15, 5), (5, 10), (10, 20), (20, 25)],
          [(1, 1)] * 5, [(3, 0), (0, 4)], [(0, 3), (3, 4), (4, 2)], [(3, 4), (4, 0), (0, 2)])


@pytest.mark.parametrize("shapes", CHAINS, ids=str)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
def test_multi_dot_is_numpys(shapes, dtype):
    """Small integers: every order is exact, so values must be equal whatever the order."""
    rng = np.random.default_rng(8)
    arrays = [rng.integers(-2, 3, s).astype(dtype) for s in shapes]
    expected, actual = np.linalg.multi_dot(arrays), multi_dot(arrays)
    np.testing.assert_array_equal(actual, expected)
    assert np.asarray(actual).dtype == dtype
    assert np.asarray(actual).shape == expected.shape
    if expected.ndim:
        out = np.full_like(expected, 1)
        assert multi_dot(arrays, out=out) is out
        np.testing.assert_array_equal(out, expected)


def test_multi_dot_order_is_the_textbook_one():
    """Cormen, Leiserson, Rivest, Stein, section 15.2: ((A1 (A2 A3)) ((A4 A5) A6)), 15125 scalar multiplications."""
    split = _chain_order([30, 35, 15, 5, 10, 20, 25])

    def text(i, j):
        return f"A{i + 1}" if i == j else f"({text(i, split[i][j])} {text(split[i][j] + 1, j)})"

    assert text(0, 5) == "((A1 (A2 A3)) ((A4 A5) A6))"


def brute_force(sizes):
    """Multiplications of the best order, over all orders."""
    if len(sizes) == 2:
        return 0
    return min(brute_force(sizes[:s + 1]) + brute_force(sizes[s:]) + sizes[0] * sizes[s] * sizes[-1]
               for s in range(1, len(sizes) - 1))


def test_multi_dot_order_is_the_cheapest():
    rng = np.random.default_rng(9)

    def cost(i, j):
        if i == j:
            return 0
        s = split[i][j]
        return cost(i, s) + cost(s + 1, j) + sizes[i] * sizes[s + 1] * sizes[j + 1]

    for length in (2, 3, 4, 5, 6, 7):
        for _ in range(10):
            sizes = [int(n) for n in rng.integers(1, 60, length + 1)]
            split = _chain_order(sizes)
            assert cost(0, length - 1) == brute_force(sizes), sizes


def test_multi_dot_takes_any_sequence():
    arrays = [np.ones((2, 3)), [[1, 2]] * 3, np.ones((2, 2), np.float32)]
    for sequence in (arrays, tuple(arrays), iter(arrays)):
        assert multi_dot(sequence).shape == (2, 2)
