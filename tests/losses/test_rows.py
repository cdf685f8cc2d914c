"""Cross-entropy against longdouble with derived bounds (entropy.py), in every type, layout, reduction and instruction
set."""

import itertools

import numpy as np
import pytest

from mathcore._kernels import linear_loss
from mathcore.losses import cross_entropy, linear_cross_entropy
from tests import entropy
from tests.derivative import assert_derivative, central
from tests.entropy import LONG, ratio
from tests.layouts import INTEGERS, LAYOUTS
from tests.oracles import assert_same_bits

FLOATS = ("float16", "float32", "float64")
CLASSES = (1, 2, 3, 7, 8, 9, 10, 15, 16, 17, 63, 64, 65, 66, 100, 1000, 4095, 4096, 4097, 9000)
COMPUTE = {"float16": np.dtype("f4"), "float32": np.dtype("f4"), "float64": np.dtype("f8")}


def sample(rows, n, dtype, seed=0, spread=4.0):
    rng = np.random.default_rng(seed + rows + 1000 * n)
    return (spread * rng.standard_normal((rows, n))).astype(dtype), rng.integers(0, n, rows)


def distributions(rows, n, dtype, seed=0):
    t = np.random.default_rng(seed).random((rows, n)) + 1e-3
    return (t / t.sum(axis=1, keepdims=True)).astype(dtype)


def check_rows(x, labels, got, result, *, t=None, scale=1.0, ignored=None, **options):
    """Losses and gradient of one call, under "none" or after a reduction (then `scale` is 1 / divisor)."""
    compute = COMPUTE[str(result)]
    t = entropy.targets(x, labels) if t is None else t
    rows, gradient = entropy.cross_entropy(x, t, compute, scale=scale, ignored=ignored, **options)
    loss, slope = got
    assert loss.dtype == slope.dtype == result
    if np.ndim(loss):
        worst = ratio(loss, entropy.delivered(rows, compute, result))
    else:
        worst = ratio(loss, entropy.to_type(entropy.reduced(rows, 1 / LONG(scale)), result))
    assert worst <= 1, f"loss: {worst:.3g} times the tolerance"
    worst = ratio(slope, entropy.delivered(gradient, compute, result))
    assert worst <= 1, f"gradient: {worst:.3g} times the tolerance"


# ------------------------------------------------------------------ cross-entropy: values

@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("n", CLASSES)
def test_classes(isa, n, dtype):
    for rows in (1, 5, 33) if n <= 100 else (3,):
        x, labels = sample(rows, n, dtype)
        check_rows(x, labels, cross_entropy(x, labels, reduction="none", grad=True), np.dtype(dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows(isa, dtype):
    """Every number of rows up to 70: whole vectors of rows, strips of them, and what is left over."""
    for rows, n in itertools.product(range(1, 71), (3, 10)):
        x, labels = sample(rows, n, dtype)
        check_rows(x, labels, cross_entropy(x, labels, grad=True), np.dtype(dtype), scale=1 / rows)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(3,), (0, 3), (4, 3), (2, 3, 5), (1, 1, 2, 7), (2, 0, 3), (5, 1, 1, 66)])
def test_batches_of_any_shape(isa, shape, dtype):
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal(shape).astype(dtype), rng.integers(0, shape[-1], shape[:-1])
    loss, gradient = cross_entropy(x, labels, reduction="none", grad=True)
    assert loss.shape == shape[:-1]
    assert gradient.shape == shape
    assert np.isscalar(loss) == (len(shape) == 1)
    check_rows(x, labels, (loss, gradient), np.dtype(dtype))
    assert_same_bits(cross_entropy(x, labels, reduction="none"), loss, "without the gradient")
    total, slope = cross_entropy(x, labels, reduction="sum", grad=True)
    assert_same_bits(slope, gradient, "the gradient of the sum")
    check_rows(x, labels, (total, slope), np.dtype(dtype))


def test_integers_and_lists_are_float64(isa):
    x, labels = np.array([[3, 1, -2], [0, 7, 7]]), [0, 2]
    expected = cross_entropy(x.astype(float), labels, grad=True, reduction="none")
    for logits in (x, x.tolist(), x.astype("i1"), x.astype("i8"), x.astype(float).tolist(), x.astype(">i2")):
        got = cross_entropy(logits, labels, grad=True, reduction="none")
        for one, other in zip(got, expected, strict=True):
            assert_same_bits(one, other)
    assert cross_entropy(x, labels).dtype == np.float64
    assert type(cross_entropy(x.astype("f4"), labels)) is np.float32


@pytest.mark.parametrize("dtype", INTEGERS)
def test_every_integer_type_of_labels(isa, dtype):
    x, labels = sample(40, 9, "float32")
    expected = cross_entropy(x, labels)
    for y in (labels.astype(dtype), labels.astype(np.dtype(dtype).newbyteorder()),
              np.repeat(labels, 2).astype(dtype)[::2]):
        assert_same_bits(cross_entropy(x, y), expected)


BAD_LABELS = [("int64", v) for v in (-1, 9, 2**31, -2**31, 2**32, 2**32 + 1, -2**63, 2**63 - 1)]
BAD_LABELS += [("uint64", v) for v in (9, 2**63, 2**63 + 1, 2**64 - 1)] + [("int8", -128), ("int32", -2**31)]


@pytest.mark.parametrize(("dtype", "bad"), BAD_LABELS)
def test_labels_outside_are_named_before_anything_is_read(dtype, bad):
    """The logits of the test are what no kernel may read: a read of row `bad` would leave the array by far."""
    labels = np.arange(20).reshape(4, 5).astype(dtype) % 9
    labels[2, 3] = bad
    with pytest.raises(ValueError, match=rf"^cross_entropy: labels\[2, 3\] .*expected 0 to 8, got {bad}$"):
        cross_entropy(np.zeros((4, 5, 9)), labels, grad=True)


def test_reductions_agree(isa):
    x, labels = sample(50, 12, "float64")
    each, g = cross_entropy(x, labels, reduction="none", grad=True)
    total, g_total = cross_entropy(x, labels, reduction="sum", grad=True)
    mean, g_mean = cross_entropy(x, labels, grad=True)
    in_order = 0.0
    for loss in each:
        in_order += float(loss)
    assert total == in_order                    # added in order in float64, as documented
    assert mean == in_order / 50
    assert_same_bits(g, g_total)
    np.testing.assert_allclose(g_mean * 50, g, rtol=4 * 2.0**-52, atol=0)      # two factors more, each rounded


WEIGHTS = np.array([0.5, 2.0, 0.0, 1.25, 3.0, 0.125, 1.0, 0.75, 10.0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("ignore", [None, -100, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_weights_ignored_rows_and_smoothing(isa, dtype, smoothing, ignore, weighted):
    x, labels = sample(45, 9, dtype)
    labels[::7] = 3 if ignore is None else ignore
    ignored = labels == ignore if ignore is not None else np.zeros(45, bool)
    weight = WEIGHTS.astype(dtype) if weighted else None
    t = entropy.targets(x, labels, ignore)
    options = {"weight": weight, "ignore_index": ignore, "label_smoothing": smoothing, "grad": True}
    known = {"t": t, "weight": weight, "smoothing": smoothing, "ignored": ignored}
    check_rows(x, labels, cross_entropy(x, labels, reduction="none", **options), np.dtype(dtype), **known)
    kept = labels[~ignored]
    divisor = float(WEIGHTS[kept].sum()) if weighted else kept.size
    check_rows(x, labels, cross_entropy(x, labels, **options), np.dtype(dtype), scale=1 / divisor, **known)
    gradient = cross_entropy(x, labels, **options)[1]
    assert not gradient[ignored].any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [1, 2, 9, 65, 4097])
def test_distributions(isa, dtype, n):
    x, _ = sample(7, n, dtype)
    t = distributions(7, n, dtype)
    rng = np.random.default_rng(0)
    for smoothing, weight in ((0.0, None), (0.2, None), (0.0, rng.random(n).astype(dtype))):
        options = {"label_smoothing": smoothing, "weight": weight, "grad": True}
        known = {"t": t, "weight": weight, "smoothing": smoothing}
        check_rows(x, None, cross_entropy(x, t, reduction="none", **options), np.dtype(dtype), **known)
        check_rows(x, None, cross_entropy(x, t, **options), np.dtype(dtype), scale=1 / 7, **known)


@pytest.mark.parametrize("kind", ["float16", "float32"])
def test_probabilities_of_a_narrower_type(kind):
    """Rows that sum to 1 within the rounding of their own type."""
    t = distributions(5, 40, kind)
    assert np.isfinite(cross_entropy(np.zeros((5, 40)), t))
    with pytest.raises(ValueError, match=r"labels\[0\] sums to"):
        cross_entropy(np.zeros((5, 40)), t * np.array(1.5, kind))


# ------------------------------------------------------------------ digits that other implementations lose

@pytest.mark.parametrize("layout", ["C", "F"])
def test_a_loss_near_0_keeps_its_digits(isa, layout):
    """log1p(exp(-40)), and the label's gradient -exp(-40) / (1 + exp(-40)): 0 where 1 and the rest meet in one sum."""
    x = LAYOUTS[layout](np.tile([[0.0, -40.0]], (37, 1)))
    loss, gradient = cross_entropy(x, np.zeros(37, int), reduction="none", grad=True)
    assert (np.abs(loss - 4.248354255291589e-18) <= 2 * np.spacing(4.248354255291589e-18)).all()
    exact = np.exp(LONG(-40)) / (1 + np.exp(LONG(-40)))
    assert (np.abs(gradient[:, 0] + exact) <= 2 * np.spacing(4.248354255291589e-18)).all()
    single = cross_entropy(x.astype("f4"), np.zeros(37, int), reduction="none")
    assert (np.abs(single - 4.248354255291589e-18) <= 2 * np.spacing(np.float32(4.2483543e-18))).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("gap", [1, 5, 20, 36, 80, 500, 740])
def test_confident_rows(isa, dtype, gap):
    """Right by a gap, wrong by the same gap: relative error as derived, down to subnormal losses and gradients."""
    for rows, n in ((1, 2), (40, 3), (3, 70)):
        x, labels = sample(rows, n, dtype, spread=0.5)
        x[np.arange(rows), labels] += gap
        for y in (labels, (labels + 1) % n):
            check_rows(x, y, cross_entropy(x, y, reduction="none", grad=True), np.dtype(dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_of_the_gradient_sum_to_0(isa, dtype):
    """p of all classes sums to 1 within the sum's rounding, the label's entry is -(1 - p): 8 eps up to 100 classes."""
    for n, spread in itertools.product((2, 3, 10, 17, 65, 100), (0.01, 1, 3)):
        x, labels = sample(50, n, dtype, spread=spread)
        _, gradient = cross_entropy(x, labels, reduction="sum", grad=True)
        assert np.abs(gradient.astype(LONG).sum(axis=1)).max() <= 8 * np.finfo(dtype).eps


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ties_and_large_offsets(isa, dtype):
    x = np.array([[5, 5, 5], [1e30, 1e30, 0], [-1e30, -1e30, -1e30], [0, -1e30, 0], [1e4, -1e4, 0]], dtype)
    for label in range(3):
        y = np.full(5, label)
        check_rows(x, y, cross_entropy(x, y, reduction="none", grad=True), np.dtype(dtype))


# ------------------------------------------------------------------ special values: PyTorch's table

INF, NAN = np.inf, np.nan
# logits, label, loss, gradient
SPECIAL = (
    ([0, -INF, 0], 1, INF, [0.5, -1, 0.5]),            # the label is impossible
    ([0, -INF, 0], 0, np.log(2), [-0.5, 0, 0.5]),      # another class is
    ([0, -INF, -INF], 0, 0.0, [0, 0, 0]),
    ([-INF, -INF, -INF], 0, NAN, [NAN] * 3),
    ([INF, 0, 0], 0, NAN, [NAN] * 3),
    ([INF, 0, 0], 1, NAN, [NAN] * 3),
    ([INF, INF, 0], 0, NAN, [NAN] * 3),
    ([INF, -INF, 0], 1, NAN, [NAN] * 3),
    ([NAN, 0, 0], 0, NAN, [NAN] * 3),
    ([NAN, 0, 0], 1, NAN, [NAN] * 3),
    ([NAN, INF, -INF], 1, NAN, [NAN] * 3),
)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("layout", ["C", "F", "step2"])
@pytest.mark.parametrize("path", ["a row alone", "many rows", "long rows", "dense"])
def test_special_values(isa, path, layout, dtype):
    for row, label, loss, gradient in SPECIAL:
        columns = 70 if path == "long rows" else 3
        x = np.full((37 if path == "many rows" else 1, columns), -INF, dtype)
        x[:, :3] = row
        labels = np.full(len(x), label)
        target = entropy.targets(x, labels).astype(dtype) if path == "dense" else labels
        got = cross_entropy(LAYOUTS[layout](x), target, reduction="none", grad=True)
        for g, expected in ((got[0], loss), (got[1][:, :3], gradient)):
            # e^-inf is 2^-150 (2^-1076), which a sum of all classes rounds to subnormal numbers
            np.testing.assert_allclose(g, np.broadcast_to(np.array(expected, dtype), g.shape),
                                       rtol=4 * np.finfo(dtype).eps, err_msg=f"{row} {label}",
                                       atol=columns * float(np.finfo(dtype).smallest_subnormal))


def test_special_rows_leave_the_others_alone(isa):
    x, labels = sample(40, 5, "float32")
    clean = cross_entropy(x, labels, reduction="none", grad=True)
    odd = np.arange(40) % 3 == 0
    x[odd, 2] = NAN
    got = cross_entropy(x, labels, reduction="none", grad=True)
    for one, other in zip(got, clean, strict=True):
        assert np.isnan(one[odd]).all()
        assert_same_bits(one[~odd], other[~odd])
    loss, gradient = cross_entropy(x, np.where(odd, -1, labels), ignore_index=-1, grad=True)
    assert np.isfinite(loss)
    assert not gradient[odd].any()


def test_no_rows_and_all_ignored(isa):
    empty = np.zeros((0, 3), "f4"), np.zeros(0, int)
    assert cross_entropy(*empty, reduction="sum") == 0
    loss, gradient = cross_entropy(*empty, reduction="none", grad=True)
    assert loss.shape == (0,)
    assert gradient.shape == (0, 3)
    x, labels = np.ones((4, 3)), np.full(4, 7)
    assert cross_entropy(x, labels, ignore_index=7, reduction="sum") == 0
    loss, gradient = cross_entropy(x, labels, ignore_index=7, reduction="none", grad=True)
    assert not loss.any()
    assert not gradient.any()
    with pytest.raises(ValueError, match="^cross_entropy: labels are all ignore_index=7; expected"):
        cross_entropy(x, labels, ignore_index=7)


# ------------------------------------------------------------------ gradients are derivatives

@pytest.mark.parametrize("n", [2, 5, 9])
def test_gradient_of_cross_entropy_is_its_derivative(isa, n):
    x, labels = sample(4, n, "float64", spread=2)
    weight = np.linspace(0.5, 2, n)
    for t, smoothing in ((entropy.targets(x, labels), 0.0), (entropy.targets(x, labels), 0.3),
                         (distributions(4, n, "float64"), 0.0)):
        def loss(z, t=t, smoothing=smoothing):
            return entropy.cross_entropy(z, t, np.dtype("f8"), weight, smoothing)[0].value.sum()

        dense = not np.isin(t, (0, 1)).all()
        _, got = cross_entropy(x, t.astype(float) if dense else labels, weight=weight, label_smoothing=smoothing,
                               reduction="sum", grad=True)
        bound = entropy.cross_entropy(x, t, np.dtype("f8"), weight, smoothing)[1]
        assert_derivative(got, central(loss, x), bound)


# ------------------------------------------------------------------ layouts, threads, splits

@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_layouts_of_the_logits(isa, dtype, layout):
    for rows, n in ((40, 10), (3, 100), (1, 7), (50, 1), (9, 4097)):
        x, labels = sample(rows, n, dtype)
        strided = LAYOUTS[layout](x)
        for target, options in ((labels, {}), (labels, {"label_smoothing": 0.1}), (distributions(rows, n, dtype), {})):
            for reduction in ("none", "mean"):
                expected = cross_entropy(x, target, reduction=reduction, grad=True, **options)
                got = cross_entropy(strided, target, reduction=reduction, grad=True, **options)
                for one, other in zip(got, expected, strict=True):
                    assert_same_bits(one, other, f"{rows} x {n}")
                assert_same_bits(cross_entropy(strided, target, reduction=reduction, **options), expected[0], "no grad")
        assert_same_bits(strided.astype(dtype), x, "the logits were changed")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_of_targets_weights_and_batches(isa, layout):
    move = LAYOUTS[layout]
    x = np.random.default_rng(0).standard_normal((3, 4, 5))
    t = distributions(12, 5, "float64").reshape(3, 4, 5)
    weight, labels = np.linspace(0.5, 1, 5), np.arange(12).reshape(3, 4) % 5
    for target in (t, labels):
        expected = cross_entropy(x, target, weight=weight, grad=True)
        got = cross_entropy(move(x), move(target), weight=move(weight), grad=True)
        for one, other in zip(got, expected, strict=True):
            assert_same_bits(one, other)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_threads_and_splits_of_rows(isa, dtype):
    for rows, n in ((4000, 10), (300, 200), (70, 4000), (9000, 3)):
        x, labels = sample(rows, n, dtype)
        for source in (x, np.asfortranarray(x)):
            expected = cross_entropy(source, labels, reduction="none", grad=True, workers=1)
            mean = cross_entropy(source, labels, workers=1)
            for workers in (2, 3, 7):
                got = cross_entropy(source, labels, reduction="none", grad=True, workers=workers)
                for one, other in zip(got, expected, strict=True):
                    assert_same_bits(one, other, f"{workers} threads")
                assert_same_bits(cross_entropy(source, labels, workers=workers), mean)
        for start, stop in ((0, 1), (1, 4), (5, 29), (0, 64), (17, rows)):
            got = cross_entropy(x[start:stop], labels[start:stop], reduction="none", grad=True)
            for one, other in zip(got, expected, strict=True):
                assert_same_bits(one, other[start:stop], f"rows {start} to {stop}")


# ------------------------------------------------------------------ of a product that is not stored

def composed(x, w, labels, bias, **options):
    """The same by cross_entropy of the whole product."""
    logits = x @ w.T if bias is None else x @ w.T + bias
    loss, slope = cross_entropy(logits, labels, grad=True, **options)
    slope = slope.astype(np.float64)
    return loss, slope @ w, slope.T @ x, slope.sum(axis=0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("options", [{}, {"reduction": "sum"}, {"label_smoothing": 0.2}, {"ignore_index": 1},
                                     {"weight": np.linspace(0.5, 2, 7)}, {"reduction": "none"}], ids=str)
def test_linear_cross_entropy(dtype, options):
    rng = np.random.default_rng(0)
    options = {k: v.astype(dtype) if k == "weight" else v for k, v in options.items()}
    for n in (1, 2, 17, 70, 333):
        x, w, bias = (rng.standard_normal(shape).astype(dtype) for shape in ((n, 5), (7, 5), 7))
        labels = rng.integers(0, 7, n)
        labels[0] = 0                    # one that counts
        for b in (None, bias):
            got = linear_cross_entropy(x, w, labels, bias=b, grad=True, **options)
            assert len(got) == (3 if b is None else 4)
            for one, other in zip(got, composed(x, w, labels, b, **options), strict=False):
                assert one.dtype == dtype
                near = 40 * np.finfo(dtype).eps * max(1, np.abs(other).max())
                np.testing.assert_allclose(one, other, rtol=0, atol=near)
            assert_same_bits(linear_cross_entropy(x, w, labels, bias=b, **options), got[0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_chunks_threads_and_layouts_of_linear_cross_entropy(dtype):
    rng = np.random.default_rng(1)
    x, w, bias = (rng.standard_normal(shape).astype(dtype) for shape in ((700, 40), (300, 40), 300))
    labels = rng.integers(0, 300, 700)
    assert 1 < 700 / linear_loss.chunk_rows(700, 300, x.itemsize) <= 44
    expected = linear_cross_entropy(x, w, labels, bias=bias, grad=True, workers=1)
    for workers in (2, 3):
        for one, other in zip(linear_cross_entropy(x, w, labels, bias=bias, grad=True, workers=workers), expected,
                              strict=True):
            assert_same_bits(one, other)
    for move in LAYOUTS.values():
        for one, other in zip(linear_cross_entropy(move(x), move(w), labels, bias=move(bias), grad=True), expected,
                              strict=True):
            assert_same_bits(one, other)


def test_linear_cross_entropy_of_nothing_and_of_large_logits():
    x, w = np.zeros((0, 3)), np.ones((4, 3))
    loss, dx, dw = linear_cross_entropy(x, w, np.zeros(0, int), reduction="sum", grad=True)
    assert loss == 0
    assert dx.shape == (0, 3)
    assert not dw.any()
    loss, dx, dw = linear_cross_entropy(np.array([[1e4], [-1e4]]), np.array([[1.0], [-1.0]]), [1, 1], grad=True)
    assert loss == 1e4
    assert np.isfinite(dx).all()
    assert np.isfinite(dw).all()
    assert linear_cross_entropy(np.ones((3, 2)), np.ones((1, 2)), [0, 0, 0]) == 0


# ------------------------------------------------------------------ the oracle

@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_oracle_sees_wrong_answers(dtype):
    """A naive formula, a label off by one, a weight forgotten, a value a few units off."""
    x, labels = sample(20, 8, dtype)
    x[0, labels[0]] += 30
    rows, gradient = entropy.cross_entropy(x, entropy.targets(x, labels), np.dtype(dtype))
    loss, slope = cross_entropy(x, labels, reduction="none", grad=True)
    assert ratio(loss, rows) <= 1
    naive = np.log(np.exp(x).sum(axis=1)) - x[np.arange(20), labels]
    for wrong in (naive, np.roll(loss, 1), loss * (1 + 40 * np.finfo(dtype).eps), np.where(loss == loss, NAN, 0)):
        assert ratio(wrong, rows) > 1
    for wrong in (-slope, np.roll(slope, 1, axis=1), slope / 20, slope + 40 * np.finfo(dtype).eps):
        assert ratio(wrong, gradient) > 1
    weighted = entropy.cross_entropy(x, entropy.targets(x, labels), np.dtype(dtype), np.linspace(1, 2, 8))[0]
    assert ratio(loss, weighted) > 1
