"""Layers and one training step against longdouble with running error bounds (networks.py); MLP is in test_nn_mlp.py."""

import itertools

import numpy as np
import pytest

from mathcore._kernels import runtime
from mathcore.nn import dense, dense_backward, train_step
from tests.layouts import LAYOUTS
from tests.networks import LONG, Arithmetic, Descent, Num, plain, worst
from tests.oracles import assert_same_bits

ACTIVATIONS = ("identity", "relu", "sigmoid", "tanh")
DTYPES = ("float32", "float64")
BATCHES = (1, 2, 7, 64, 300)


def act(name, z):
    if name == "relu":
        return np.maximum(z, 0)
    return {"identity": z, "sigmoid": 1 / (1 + np.exp(-z)), "tanh": np.tanh(z)}[name]


def layer_sample(m, k, n, dtype, seed=0):
    rng = np.random.default_rng(seed + m + k + n)
    return tuple(rng.standard_normal(s).astype(dtype) for s in ((m, k), (n, k), (n,)))


# ------------------------------------------------------------------ forward

@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["float16", *DTYPES])
def test_dense_is_its_formula(isa, dtype, activation):
    compute = np.dtype("f4" if dtype == "float16" else dtype)
    a = Arithmetic(compute)
    for m, k, n in itertools.product((1, 7, 64), (1, 5, 40), (1, 3, 30)):
        x, w, b = layer_sample(m, k, n, dtype)
        for bias in (b, None):
            got = dense(x, w, bias, activation=activation)
            assert got.dtype == dtype
            assert_same_bits(dense(x, w, bias, activation=activation, workers=3), got)
            z = a.product(Num(x), Num(w.T), extra=1)
            if bias is not None:
                z = Num(z.value + b.astype(LONG), z.error + a.eps * np.abs(b))
            error = z.error + a.eps * np.abs(act(activation, z.value)) + a.tiny       # slopes are at most 1
            if dtype == "float16":
                error = error + float(np.finfo("f2").eps) / 2 * np.abs(act(activation, z.value)) + 2.0**-24
            assert (np.abs(got - act(activation, z.value)) <= error).all(), (m, k, n)
            # the bound is no blank cheque
            assert not (np.abs(got * 1.01 - 0.1 - act(activation, z.value)) <= error).all()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_dense_takes_any_layout_and_out(isa, layout):
    x, w, b = layer_sample(6, 5, 4, "float64")
    expected = dense(x, w, b, activation="tanh")
    move = LAYOUTS[layout]
    assert_same_bits(dense(move(x), move(w), move(b), activation="tanh"), expected)
    out = np.empty((6, 4))
    assert dense(x.reshape(2, 3, 5), w, b, activation="tanh", out=out.reshape(2, 3, 4)).base is out
    assert_same_bits(out, expected)


# ------------------------------------------------------------------ backward

def central_gradients(loss, arrays, h=2.0**-12):
    """Central differences in longdouble; their error by comparison with twice the step (the h^2 law), and rounding."""
    found = []
    for i, a in enumerate(arrays):
        value, error = np.empty(a.shape, LONG), np.empty(a.shape, LONG)
        for j in np.ndindex(a.shape):
            steps = []
            for size in (LONG(h), 2 * LONG(h)):
                sides = []
                for sign in (1, -1):
                    moved = [y.astype(LONG) for y in arrays]
                    moved[i][j] += sign * size
                    sides.append(loss(*moved))
                steps.append((sides[0] - sides[1]) / (2 * size))
            value[j] = steps[0]
            error[j] = np.abs(steps[1] - steps[0]) + 2.0**-63 * (1 + np.abs(sides[0])) * 64 / h
        found.append((value, error))
    return found


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_dense_backward_is_the_derivative(isa, activation):
    for m, k, n in ((1, 1, 1), (3, 2, 4), (4, 5, 3)):
        x, w, b = layer_sample(m, k, n, "float64")
        dy = np.random.default_rng(1).standard_normal((m, n))
        y = dense(x, w, b, activation=activation)
        assert activation != "relu" or (np.abs(x @ w.T + b) > 0.01).all(), "no sample near the kink"

        def loss(x, w, b, dy=dy):
            return (dy * act(activation, x @ w.T + b)).sum()

        got = dense_backward(dy, x, w, y, activation=activation)
        # y's own error goes into its slope: eps |y| (k + 2), all terms of order 1
        scale = (1 + np.abs(dy).sum()) * (1 + np.abs(x).sum()) * (1 + np.abs(w).sum())
        for g, (value, error) in zip(got, central_gradients(loss, (x, w, b)), strict=True):
            assert g.shape == value.shape
            assert (np.abs(g - value) <= error + 4 * (m + k + n) * 2.0**-52 * scale).all()
            assert not (np.abs(g + 0.01 - value) <= error + 4 * (m + k + n) * 2.0**-52 * scale).any()


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_dense_backward_of_every_size(isa, dtype, activation):
    """The formula of the docstring on the same y, where the slope has no kink."""
    a = Arithmetic(dtype)
    for m, k, n in itertools.product(BATCHES, (1, 5, 40), (1, 3, 30)):
        x, w, b = layer_sample(m, k, n, dtype)
        dy = np.random.default_rng(1).standard_normal((m, n)).astype(dtype)
        y = dense(x, w, b, activation=activation)
        got = dense_backward(dy, x, w, y, activation=activation)
        dz = a.times(Num(dy), a.slope(activation, Num(y)))
        expected = a.product(dz, Num(w)), a.product(dz.T, Num(x)), a.summed(dz, None)
        for g, e in zip(got, expected, strict=True):
            assert g.dtype == dtype
            assert (np.abs(g - e.value) <= e.error + a.tiny).all(), (m, k, n)
        for workers in (1, 2, 7):
            again = dense_backward(dy, x, w, y, activation=activation, workers=workers)
            for one, other in zip(again, got, strict=True):
                assert_same_bits(one, other, f"{workers} threads")


def test_dense_backward_without_y_and_of_no_rows(isa):
    x, w, _ = layer_sample(4, 3, 2, "float64")
    dy = np.ones((4, 2))
    for one, other in zip(dense_backward(dy, x, w), dense_backward(dy, x, w, dy), strict=True):
        assert_same_bits(one, other)
    dx, dw, db = dense_backward(np.ones((0, 2)), np.ones((0, 3)), np.ones((2, 3)))
    assert dx.shape == (0, 3)
    assert not dw.any()
    assert not db.any()
    assert dense_backward([[1.0, 2]], [[1, 2, 3]], [[1, 0, 1], [0, 1, 1]])[0].dtype == np.float64
    assert all(g.dtype == np.float16 for g in dense_backward(*(a.astype("f2") for a in (dy, x, w))))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_dense_backward_takes_any_layout(isa, layout):
    x, w, b = layer_sample(6, 5, 4, "float64")
    y = dense(x, w, b, activation="sigmoid")
    dy = np.random.default_rng(0).standard_normal(y.shape)
    expected = dense_backward(dy, x, w, y, activation="sigmoid")
    move = LAYOUTS[layout]
    got = dense_backward(*map(move, (dy, x, w, y)), activation="sigmoid")
    for one, other in zip(got, expected, strict=True):
        assert_same_bits(one, other)


def test_slope_of_relu_at_0_is_0():
    dx, dw, db = dense_backward([[1.0, 1.0]], [[2.0]], [[1.0], [3.0]], [[0.0, 5.0]], activation="relu")
    assert dx == [[3.0]]
    assert (dw == [[0.0], [2.0]]).all()
    assert (db == [0.0, 1.0]).all()


# ------------------------------------------------------------------ train_step

SIZES = ((5, 3), (5, 4, 3), (6, 9, 1, 4), (20, 17, 9, 8, 3), (1, 1), (1, 3, 2), (40, 33, 10), (3, 1, 2))


def network_sample(sizes, dtype, order="C", seed=0):
    rng = np.random.default_rng(seed + sum(sizes))
    pairs = zip(sizes, sizes[1:], strict=False)
    return [(np.asarray(rng.normal(0, k**-0.5, (n, k)).astype(dtype), order=order),
             rng.normal(0, 0.2, n).astype(dtype)) for k, n in pairs]


def batch_sample(rows, sizes, dtype, seed=0):
    rng = np.random.default_rng(seed + rows)
    return rng.standard_normal((rows, sizes[0])).astype(dtype), rng.integers(0, sizes[-1], rows)


def copied(parameters):
    return [(w.copy(order="K"), b.copy()) for w, b in parameters]


def assert_same_parameters(one, other, what=""):
    for pair1, pair2 in zip(one, other, strict=True):
        for a, b in zip(pair1, pair2, strict=True):
            assert_same_bits(a, b, what)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", BATCHES)
def test_a_step_is_plain_descent(isa, rows, dtype, activation):
    compared = 0
    for sizes, order in itertools.product(SIZES, "CF"):
        parameters = network_sample(sizes, dtype, order)
        x, labels = batch_sample(rows, sizes, dtype)
        known = plain(copied(parameters))
        try:
            loss, after = Descent(Arithmetic(dtype), "sgd", 0.5).step(known, Num(x), labels, activation)
        except AssertionError:
            assert activation == "relu"          # a random sample stands at the kink of float32: no bound there
            continue
        got = train_step(parameters, x, labels, activation=activation, learning_rate=0.5)
        assert type(got) is float
        assert abs(got - loss.value) <= loss.error, f"loss {sizes} {order}"
        assert worst(parameters, after) <= 1, f"{sizes} {order}: {worst(parameters, after):.3g} times the bound"
        compared += 1
    assert compared >= len(SIZES)


def test_the_bound_of_a_step_sees_wrong_steps():
    """Another rate, a label off by one, a bias forgotten, the gradient of one layer missing."""
    sizes, dtype = (6, 5, 4), "float64"
    x, labels = batch_sample(20, sizes, dtype)
    _, right = Descent(Arithmetic(dtype), "sgd", 0.5).step(plain(network_sample(sizes, dtype)), Num(x), labels, "tanh")
    for rate, y, activation in ((0.5000001, labels, "tanh"), (0.5, (labels + 1) % 4, "tanh"), (0.5, labels, "sigmoid")):
        parameters = network_sample(sizes, dtype)
        train_step(parameters, x, y, activation=activation, learning_rate=rate)
        assert worst(parameters, right) > 1
    parameters = network_sample(sizes, dtype)
    kept = parameters[0][0].copy()
    train_step(parameters, x, labels, activation="tanh", learning_rate=0.5)
    assert worst(parameters, right) <= 1
    parameters[0][0][...] = kept
    assert worst(parameters, right) > 1


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_threads_of_a_step(isa, dtype, order):
    for sizes, rows in (((64, 48, 10), 32), ((300, 200, 100, 10), 200), ((1100, 1000, 3), 1), ((50, 700, 10), 2)):
        x, labels = batch_sample(rows, sizes, dtype)
        first = network_sample(sizes, dtype, order)
        expected = copied(first)
        loss = train_step(expected, x, labels, workers=1)
        for workers in (2, 7):
            got = copied(first)
            assert train_step(got, x, labels, workers=workers) == loss
            assert_same_parameters(got, expected, f"{workers} threads {sizes}")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_of_the_batch(isa, layout):
    sizes = (7, 5, 3)
    x, labels = batch_sample(9, sizes, "float64")
    expected, got = network_sample(sizes, "float64"), network_sample(sizes, "float64")
    loss = train_step(expected, x, labels)
    moved, y = LAYOUTS[layout](x), LAYOUTS[layout](labels)
    assert train_step(got, moved, y) == loss
    assert_same_parameters(got, expected)
    assert_same_bits(moved.astype("f8"), x, "the batch was changed")


def test_kinds_of_batches_and_parameters():
    sizes = (4, 3)
    x, labels = np.arange(12).reshape(3, 4), [0, 2, 1]
    expected = network_sample(sizes, "float32")
    loss = train_step(expected, x.astype("f4"), np.array(labels))
    for batch, y in ((x, labels), (x.tolist(), tuple(labels)), (x.astype("f8"), np.array(labels, "u1")),
                     (x.astype("f2"), np.array(labels, "u8")), (x.astype(">i4"), np.array(labels, ">i2"))):
        got = tuple(map(list, network_sample(sizes, "float32")))
        assert train_step(got, batch, y) == loss
        assert_same_parameters(got, expected)


def test_a_batch_that_is_part_of_the_parameters(isa):
    """Views either way round, and the weights themselves: as if it had been copied."""
    rng = np.random.default_rng(0)
    big = rng.standard_normal((500, 40))
    square = rng.standard_normal((40, 40))
    cases = {
        "x a view of w": lambda m: (m[:40], m[3:30]), "w a view of x": lambda m: (m[7:47], m),
        "x is w": lambda m: (m, m), "x ends in b": lambda m: (m[:39], m),
    }
    for what, make in cases.items():
        for source in (big, square):
            if source is square and what == "w a view of x":
                continue
            memory = source.copy()
            w, x = make(memory)
            b = memory[-1, :w.shape[0]] if what == "x ends in b" else np.zeros(w.shape[0])
            labels = np.arange(len(x)) % w.shape[0]
            expected = [(w.copy(), b.copy())]
            loss = train_step(expected, x.copy(), labels)
            assert train_step([(w, b)], x, labels) == loss, what
            assert_same_bits(w, expected[0][0], what)
            assert_same_bits(b, expected[0][1], what)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_not_finite_makes_no_step(isa, dtype, bad):
    """In the data it is named, in the parameters the loss shows it."""
    for sizes, activation in (((4, 3), "identity"), ((4, 6, 3), "relu"), ((4, 6, 5, 3), "tanh")):
        parameters = network_sample(sizes, dtype)
        x, labels = batch_sample(5, sizes, dtype)
        before = copied(parameters)
        for where in ((0, 0), (4, 3)):
            for poisoned in (x.copy(), np.zeros((5, 6), dtype)[:, :4]):
                poisoned[where] = bad
                message = rf"^train_step: x\[{where[0]}, {where[1]}\] is {bad}; expected finite numbers$"
                with pytest.raises(ValueError, match=message):
                    train_step(parameters, poisoned, labels, activation=activation)
        assert_same_parameters(parameters, before)
        parameters[-1][1][0] = bad
        before = copied(parameters)
        assert not np.isfinite(train_step(parameters, x, np.zeros(5, int), activation=activation)) or bad < 0
        if bad > 0 or np.isnan(bad):
            assert_same_parameters(parameters, before)


def failure_of(call):
    """The MemoryError of a call, or None."""
    try:
        call()
    except MemoryError as error:
        return error


def test_every_allocation_fails_once(isa):
    """MemoryError names the function; the parameters are those before, not of half a step; the next call is right."""
    sizes = (700, 600, 300, 10)
    x, labels = batch_sample(300, sizes, "float64")
    first = network_sample(sizes, "float64", "F")
    expected = copied(first)
    loss = train_step(expected, x, labels, workers=2)
    failures = 0
    for successes in range(50):
        got = copied(first)
        runtime.release_workspace()
        runtime.fail_allocation_after(successes)
        error = failure_of(lambda got=got: train_step(got, x, labels, workers=2))
        runtime.fail_allocation_after(-1)
        if error is None:
            assert_same_parameters(got, expected)
            assert train_step(copied(first), x, labels, workers=2) == loss
            break
        failures += 1
        assert str(error).startswith("train_step: ")
        assert_same_parameters(got, first, f"after {successes} allocations")
    else:
        raise AssertionError("still failing after 50 allocations")
    assert failures
