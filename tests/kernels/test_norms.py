"""The kernel of norms on every instruction set: the documented order, edges of lanes and blocks, the end of memory."""

import itertools

import numpy as np
import pytest

import mathcore
from mathcore._kernels import norms, runtime
from tests.guard import Guarded
from tests.layouts import LAYOUTS
from tests.oracles import assert_same_bits

LANES, BLOCK = 32, 4096
LENGTHS = (1, 2, 3, 7, 8, 9, 31, 32, 33, 63, 64, 65, 511, 512, 513, 1000, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5)
ORDERS = (None, 1, 0, np.inf, -np.inf, 3, 2.5, 1.7, 0.5, -1, -2.3)


def quick(x, order=None, axis=None):
    return norms.quick(x, order, axis, False, False, True)


def by_pairs(parts):
    """parts[0] + parts[1], parts[2] + parts[3] and so on, then those by pairs."""
    while len(parts) > 1:
        parts = [parts[i] + parts[i + 1] if i + 1 < len(parts) else parts[i] for i in range(0, len(parts), 2)]
    return parts[0]


def documented_sum(terms):
    """float64 terms in lanes folded by halves, in blocks added by pairs."""
    parts = []
    for start in range(0, len(terms), BLOCK):
        block = terms[start:start + BLOCK]
        lanes = np.zeros(LANES)
        for q in range(0, len(block), LANES):
            some = block[q:q + LANES]
            lanes[:len(some)] += some
        while len(lanes) > 1:
            lanes = lanes[:len(lanes) // 2] + lanes[len(lanes) // 2:]
        parts.append(lanes[0])
    return by_pairs(parts)


def narrow_sum(x):
    """Squares of float32 in the documented order, each fused with its sum: in longdouble the product is exact."""
    parts = []
    for start in range(0, len(x), BLOCK):
        block = np.zeros(BLOCK, np.float32)
        block[:len(x[start:start + BLOCK])] = x[start:start + BLOCK]
        lanes = np.zeros(LANES)
        for chain in block.reshape(-1, 8, 2 * LANES):
            part = np.zeros(2 * LANES, np.float32)
            for row in chain.astype(np.longdouble):
                part = (row * row + part).astype(np.float32)
            lanes += part[:LANES].astype(np.float64) + part[LANES:].astype(np.float64)
        while len(lanes) > 1:
            lanes = lanes[:len(lanes) // 2] + lanes[len(lanes) // 2:]
        parts.append(lanes[0])
    return by_pairs(parts)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_order_of_sums(isa, dtype):
    rng = np.random.default_rng(0)
    for n in LENGTHS:
        x = rng.standard_normal(n).astype(dtype)
        assert_same_bits(quick(x, 1), dtype(documented_sum(np.abs(x.astype(np.float64)))), f"{n}")
        if dtype is np.float32 and isa != "base":       # without FMA products are rounded by themselves
            assert_same_bits(quick(x), dtype(np.sqrt(narrow_sum(x))), f"{n}")


def allowed(x, order):
    """In eps of the result: half of them for each addition of a lane, the fold, the tree; powers as documented."""
    n = x.size
    if order in (0, np.inf, -np.inf):
        return 0.5
    p = 2 if order is None else abs(order)
    if x.dtype == np.float32:
        return 2.5 if p == 2 else 1 + (n + 60 * p) * 2.0**-29 / min(p, 1)
    sums = min(n, BLOCK) / 64 + 4 + np.log2(max(1, n / BLOCK))
    return sums / 2 if p == 2 else sums if p == 1 else sums / p + 3 * (1 + np.log(n)) / p + 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_vectors_within_the_documented_error(isa, dtype):
    rng = np.random.default_rng(1)
    for n, order in itertools.product(LENGTHS, ORDERS):
        x = rng.standard_normal(n).astype(dtype)
        want = np.linalg.norm(x.astype(np.longdouble), order)
        assert abs(quick(x, order) - want) <= allowed(x, order) * np.finfo(dtype).eps * want, f"{n} {order}"


SHAPES = ((2, 3), (9, 10), (100, 33), (3, 65), (33, 3), (5, BLOCK + 1), (BLOCK + 1, 2), (2 * BLOCK + 7, 9), (70, 200),
          (2, 3, 4), (3, 40, 70), (2, BLOCK + 3, 3), (300, 3, 3))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_axes_have_the_bits_of_vectors(isa, dtype):
    """Rows, columns and what is turned: one order for all."""
    rng = np.random.default_rng(2)
    for shape in SHAPES:
        x = rng.standard_normal(shape).astype(dtype)
        for axis, order in itertools.product(range(x.ndim), ORDERS):
            got = quick(x, order, axis)
            moved = np.ascontiguousarray(np.moveaxis(x, axis, -1)).reshape(-1, x.shape[axis])
            picked = [0, len(moved) // 2, len(moved) - 1]
            assert_same_bits(got.ravel()[picked], np.array([quick(moved[i].copy(), order) for i in picked]),
                             f"{shape} {axis} {order}")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_threads_and_instruction_sets_do_not_show(dtype):
    rng = np.random.default_rng(3)
    sets = runtime.available_isas()
    sets = sets[1:] or sets              # the baseline has no fused multiply-add
    for shape, axis in (((300_000,), None), ((40, 5000), 1), ((5000, 40), 0), ((3000, 20), 1), ((200, 30, 20), 1),
                        ((9000, 200), 0)):
        x = rng.standard_normal(shape).astype(dtype)
        for order in ORDERS:
            want = None
            for workers, name in itertools.product((1, 2, 3), sets):
                runtime.set_isa(name)
                with mathcore.threads(workers):
                    got = quick(x, order, axis)
                want = got if want is None else want
                assert_same_bits(got, want, f"{shape} {order} {workers} {name}")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_past_the_end_is_read(isa, dtype):
    rng = np.random.default_rng(4)
    page = Guarded(1 << 16)
    for n, order in itertools.product((1, 3, 8, 9, 17, 33, 70, 515), ORDERS):
        x = rng.standard_normal((n, 3)).astype(dtype)
        for at_end in (False, True):
            for a, axis in ((x[:, 0].copy(), 0), (x, 0), (x, 1), (x.T.copy(), 0), (x.T.copy(), 1)):
                assert_same_bits(quick(page.array(a, at_end), order, axis), quick(a, order, axis))
        out, _ = norms.unit_rows(page.array(x, True), 2)
        assert_same_bits(out, norms.unit_rows(x, 2)[0])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_strides(isa, layout):
    rng = np.random.default_rng(5)
    for shape in ((2, 3, 4), (3, 40, 9), (1, BLOCK + 5, 2), (2, BLOCK + 5, 1)):
        x = rng.standard_normal(shape)
        changed = LAYOUTS[layout](x)
        if not changed.dtype.isnative or not changed.flags.aligned or any(s % 8 for s in changed.strides):
            continue                     # the wrapper makes a copy of these
        for order in ORDERS:
            assert_same_bits(norms.slices(changed, order), norms.slices(x, order), f"{shape} {order}")


def test_infinities_and_nan_at_every_place(isa):
    for n in (1, 5, 33, 70):
        for i, order in itertools.product(range(n), (None, 1, np.inf, -np.inf, 3, 1.7, -1)):
            for dtype in (np.float32, np.float64):
                x = np.arange(1, n + 1, dtype=dtype)
                x[i] = np.nan
                assert np.isnan(quick(x, order)), f"{n} {i} {order}"
                assert np.isnan(quick(np.stack([x, x, x]), order, 1)).all()
                assert np.isnan(quick(np.stack([x] * 9, axis=1), order, 0)).all()
                x[i] = -np.inf
                with np.errstate(all="ignore"):
                    want = np.linalg.norm(x, order)
                got = quick(x, order)
                assert got == want or abs(got - want) <= 1e-6 * want, f"{n} {i} {order}"
                assert_same_bits(quick(np.stack([x, x, x]), order, 1)[1], got)


def test_what_is_not_plain_is_left_to_the_general_door():
    x = np.ones((3, 4))
    for a in ([1.0], x.astype(">f8"), x[:, ::2], x.astype(np.float16), np.ones((3, 0)), np.ma.ones(3)):
        assert norms.quick(a, None, None, False, True, False) is None
    assert norms.quick(x, 2, None, False, True, False) is None
    assert norms.quick(x, "nuc", None, False, True, False) is None
    assert norms.quick(x, 10**400, 0, False, True, False) is None
    assert norms.quick(x, None, None, True, True, False) is None
    assert norms.quick(x, None, (0, 1), False, True, False) is None
    assert norms.quick(x, None, 2, False, True, False) is None
    assert norms.unit_rows(x[:, ::2], 2) is None
    assert norms.unit_rows(np.ones(()), 2) is None
    with pytest.raises(ValueError, match="order"):
        norms.slices(np.ones((1, 1, 1)), "fro")


def test_rows_whose_norm_does_not_divide(isa):
    for bad in (np.inf, np.nan, 1.7e308, 1e-310):
        x = np.array([[3.0, 4.0], [bad, bad], [0.0, 0.0]])
        out, good = norms.unit_rows(x, 2)
        assert not good
        np.testing.assert_array_equal(out, [[0.6, 0.8], [bad, bad], [0, 0]])
    assert norms.unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]]), 2)[1]
