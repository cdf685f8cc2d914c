"""Losses of pairs against longdouble with derived bounds (entropy.py), in every type, layout, reduction and instruction
set."""

import numpy as np
import pytest

from mathcore import losses
from mathcore.losses import binary_cross_entropy, binary_cross_entropy_with_logits, hinge, huber, mae, mse
from tests import entropy
from tests.derivative import assert_derivative, central
from tests.entropy import LONG, ratio
from tests.layouts import LAYOUTS
from tests.oracles import assert_same_bits

FLOATS = ("float16", "float32", "float64")
COMPUTE = {"float16": np.dtype("f4"), "float32": np.dtype("f4"), "float64": np.dtype("f8")}
NAN, INF = np.nan, np.inf
PAIRS = ("mse", "mae", "huber", "hinge", "binary_cross_entropy", "binary_cross_entropy_with_logits")
REAL = ("mse", "mae", "huber")       # whose targets are any numbers


def pair_sample(kind, n, dtype, seed=0):
    rng = np.random.default_rng(seed + n)
    p = rng.uniform(0.001, 0.999, n) if kind == "binary_cross_entropy" else 3 * rng.standard_normal(n)
    y = rng.standard_normal(n) if kind in REAL else rng.choice([-1.0, 1] if kind == "hinge" else [0.0, 1, 0.25, 0.9], n)
    return p.astype(dtype), y.astype(dtype)


def check_pairs(kind, p, y, result, **factors):
    compute = COMPUTE[str(result)]
    function = getattr(losses, kind)
    known = {"weight": factors.get("weight", 1.0), "positive": factors.get("pos_weight", 1.0)}
    for reduction in ("none", "sum", "mean"):
        divisor = p.size if reduction == "mean" else 1
        each, slope = entropy.pairs(kind, p, y, compute, scale=1 / LONG(divisor), **known)
        loss, gradient = function(p, y, reduction=reduction, grad=True, **factors)
        assert loss.dtype == gradient.dtype == result
        bound = entropy.delivered(each, compute, result) if reduction == "none" else entropy.to_type(
            entropy.pairs_reduced(each, compute, divisor), result)
        assert ratio(loss, bound) <= 1, reduction
        assert ratio(gradient, entropy.delivered(slope, compute, result)) <= 1, reduction
        assert_same_bits(function(p, y, reduction=reduction, **factors), loss, "without the gradient")


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("kind", PAIRS)
def test_pairs(isa, kind, dtype):
    for n in (*range(1, 41), 63, 64, 65, 1023, *((4095, 4096, 4097, 20_000) if dtype != "float16" else ())):
        p, y = pair_sample(kind, n, dtype)
        check_pairs(kind, p, y, np.dtype(dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", PAIRS)
def test_factors_of_pairs(isa, kind, dtype):
    rng = np.random.default_rng(0)
    p, y = (a.reshape(6, 5) for a in pair_sample(kind, 30, dtype))
    for shape in ((6, 5), (5,), (6, 1), (1,), (1, 5), ()):
        factors = {"weight": rng.random(shape).astype(dtype)}
        if kind.endswith("logits"):
            factors["pos_weight"] = (1 + 9 * rng.random(shape)).astype(dtype)
        check_pairs(kind, p, y, np.dtype(dtype), **factors)
    assert getattr(losses, kind)(p, y, weight=2.0).dtype == np.dtype(dtype), "a Python number is weak"
    assert not getattr(losses, kind)(p, y, weight=0, reduction="none").any()


@pytest.mark.parametrize("kind", PAIRS)
def test_shapes_of_pairs(isa, kind):
    function = getattr(losses, kind)
    target = 1.0 if kind == "hinge" else 0.75
    loss, gradient = function(0.25, target, reduction="none", grad=True)
    assert np.shape(loss) == np.shape(gradient) == ()
    assert loss == function([0.25], [target], reduction="none")[0]
    for shape in ((0,), (3, 0, 2), (2, 3, 4), (1, 1)):
        loss, gradient = function(np.full(shape, 0.25), np.full(shape, target), reduction="none", grad=True)
        assert loss.shape == gradient.shape == shape
    assert function(np.zeros(0), np.zeros(0), reduction="sum") == 0
    for p in ([1, 0], np.array([1, 0], "u1"), np.array([True, False])):
        assert function(p, [1, -1 if kind == "hinge" else 0]).dtype == np.float64


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", PAIRS)
def test_layouts_of_pairs(isa, kind, layout):
    p, y = (a.reshape(7, 5) for a in pair_sample(kind, 35, "float64"))
    weight = np.linspace(0, 1, 35).reshape(7, 5)
    expected = getattr(losses, kind)(p, y, weight=weight, reduction="none", grad=True)
    move = LAYOUTS[layout]
    for one, other in zip(getattr(losses, kind)(move(p), move(y), weight=move(weight), reduction="none", grad=True),
                          expected, strict=True):
        assert_same_bits(one, other)


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_threads_of_pairs(isa, kind, dtype):
    p, y = pair_sample(kind, 100_001, dtype)
    expected = getattr(losses, kind)(p, y, grad=True, workers=1)
    each = getattr(losses, kind)(p, y, reduction="none")
    for workers in (2, 3, 7):
        for one, other in zip(getattr(losses, kind)(p, y, grad=True, workers=workers), expected, strict=True):
            assert_same_bits(one, other)
    for start, stop in ((0, 1), (3, 20), (4095, 4200), (17, 99_999)):
        assert_same_bits(getattr(losses, kind)(p[start:stop], y[start:stop], reduction="none"), each[start:stop])


def test_binary_cross_entropy_at_the_ends(isa):
    """0 log 0 = 0; what p excludes and the target allows costs inf."""
    p, y = np.array([0.0, 0, 0, 1, 1, 1] * 7), np.array([0.0, 1, 0.5, 0, 1, 0.5] * 7)
    loss, gradient = binary_cross_entropy(p, y, reduction="none", grad=True)
    np.testing.assert_array_equal(loss, [0, INF, INF, INF, 0, INF] * 7)
    np.testing.assert_array_equal(gradient, [1, -INF, -INF, INF, -1, INF] * 7)
    tiny = np.array([5e-324, 1e-310, 1e-300, 1 - 2**-53])
    check_pairs("binary_cross_entropy", tiny, np.array([0.0, 0, 0, 1]), np.dtype("f8"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logits_of_any_size(isa, dtype):
    z = np.array([1e4, -1e4, 1e4, -1e4, 40, -40, 700, -700, 1e30, -1e30, 0, -0.0], dtype)
    for y in (0.0, 1.0, 0.25):
        check_pairs("binary_cross_entropy_with_logits", z, np.full(12, y, dtype), np.dtype(dtype))
        check_pairs("binary_cross_entropy_with_logits", z, np.full(12, y, dtype), np.dtype(dtype),
                    pos_weight=np.array(3, dtype))


def test_special_values_of_pairs(isa):
    """PyTorch's, for infinite logits too: the side that the target excludes is 0 times inf."""
    z, y = np.array([NAN, INF, INF, -INF, -INF] * 5), np.array([0, 0, 1, 0, 1.0] * 5)
    loss = binary_cross_entropy_with_logits(z, y, reduction="none")
    np.testing.assert_array_equal(loss, [NAN, INF, NAN, NAN, INF] * 5)
    x = np.array([NAN, INF, INF, -INF] * 5)
    for loss in (mse, mae, huber):
        np.testing.assert_array_equal(loss(x, np.array([0, 0, INF, 0] * 5), reduction="none"), [NAN, INF, NAN, INF] * 5)
    for loss, slopes in ((mae, [NAN, 1, 1, -1]), (huber, [NAN, 1, 1, -1]), (hinge, [NAN, 0, 0, -1])):
        slope = loss(x, np.ones(20), reduction="sum", grad=True)[1]
        np.testing.assert_array_equal(slope, slopes * 5)
    np.testing.assert_array_equal(hinge(x, np.ones(20), reduction="none"), [NAN, 0, 0, INF] * 5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("delta", [0.1, 1, 2.5, 1e6])
def test_delta_of_huber(isa, delta, dtype):
    """From the absolute to the squared error."""
    p, y = pair_sample("huber", 500, dtype)
    delta = float(np.dtype(dtype).type(delta))
    each, slope = entropy.pairs("huber", p, y, np.dtype(dtype), delta=delta)
    loss, gradient = huber(p, y, delta=delta, reduction="none", grad=True)
    assert ratio(loss, each) <= 1
    assert ratio(gradient, slope) <= 1


def test_slopes_where_there_are_two():
    """At the corner: 0."""
    assert mae(2.0, 2.0, grad=True)[1] == 0
    assert hinge(1.0, 1.0, grad=True) == (0, 0)


@pytest.mark.parametrize("kind", ["mse", "huber", "binary_cross_entropy", "binary_cross_entropy_with_logits"])
def test_gradients_of_pairs_are_derivatives(isa, kind):
    rng = np.random.default_rng(0)
    p, y, w = rng.uniform(0.1, 0.9, 20), rng.random(20), rng.random(20)
    q = 1 + rng.random(20) if kind.endswith("logits") else 1.0
    extra = {"pos_weight": q} if kind.endswith("logits") else {}
    _, got = getattr(losses, kind)(p, y, weight=w, reduction="sum", grad=True, **extra)
    bound = entropy.pairs(kind, p, y, np.dtype("f8"), w, q)[1]
    assert_derivative(got, central(lambda z: entropy.pairs(kind, z, y, np.dtype("f8"), w, q)[0].value.sum(), p), bound)


# ------------------------------------------------------------------ the oracle

@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", PAIRS)
def test_the_oracle_sees_wrong_answers(kind, dtype):
    p, y = pair_sample(kind, 50, dtype)
    each, slope = entropy.pairs(kind, p, y, np.dtype(dtype))
    got = getattr(losses, kind)(p, y, reduction="none", grad=True)
    assert ratio(got[0] * (1 + 20 * np.finfo(dtype).eps), each) > 1
    assert ratio(-got[1], slope) > 1
