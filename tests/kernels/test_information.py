"""The compiled entropies of rows: against longdouble with derived bounds on every instruction set, between pages that
no one may touch, the same bits everywhere."""

import itertools

import numpy as np
import pytest

from mathcore._kernels import information, runtime
from tests.entropy import Bound, ratio
from tests.guard import Guarded
from tests.oracles import assert_same_bits

DTYPES = ("float32", "float64")
LONG = np.longdouble
KINDS = information.KINDS
SIZES = (1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 100, 127, 128, 129, 255, 256, 257, 1000)
OF_ROWS = ("entropy", "cross_entropy", "kl_divergence", "js_divergence")


def lanes_eps(n, dtype):
    """Roundings of a sum: one per term of a lane, 16 at most, and per fold; blocks are added without a loss."""
    lanes = 64 // np.dtype(dtype).itemsize
    return (min(16, -(-n // lanes)) + lanes.bit_length() - 1) / 2


def divergence(p, q):
    """Terms p log(p / q) - p + q, and the error of each in eps: 4 of itself where p / q is within 3/4 ... 4/3, else of
    its parts."""
    with np.errstate(divide="ignore", invalid="ignore"):
        d = q - p
        z = np.where(p > 0, d / p, 1)
        far = np.where(p > 0, -p * np.log(q / p), 0)
        small = np.where(np.abs(z) < 0.1, z, 0)
        near = np.sum([p * small ** k / k * (-1) ** k for k in range(2, 40)], axis=0)      # of z - log(1 + z)
        terms = np.where(np.abs(z) < 0.1, near, far + d)
        error = np.where((q >= 0.75 * p) & (3 * q <= 4 * p), 4 * terms, 4 * np.abs(far) + 2 * np.abs(d))
    return terms, error


def expected(kind, p, q, dtype):
    """In longdouble, with the error that the documented operations may add."""
    p, q = p.astype(LONG), q.astype(LONG)
    with np.errstate(divide="ignore", invalid="ignore"):
        if kind == "entropy":
            terms = np.where(p > 0, -p * np.log(p), 0)
            error = 4 * np.abs(terms)
        elif kind == "cross_entropy":
            terms = np.where(p > 0, -p * np.log(q), 0)
            error = 4 * np.abs(terms)
        elif kind == "kl_divergence":
            terms, error = divergence(p, q)
        else:
            m = (p + q) / 2
            (t1, e1), (t2, e2) = divergence(p, m), divergence(q, m)
            terms, error = (t1 + t2) / 2, (e1 + e2) / 2
        total = terms.sum(-1)
        error = error.sum(-1) + (lanes_eps(p.shape[-1], dtype) + 1.5) * np.abs(terms).sum(-1)
    tiny = 4 * p.shape[-1] * float(np.finfo(dtype).smallest_subnormal)
    return Bound(np.maximum(total, 0), error * float(np.finfo(dtype).eps) + tiny)


def sample(rng, rows, n, dtype, alpha=1.0):
    p, q = (rng.dirichlet(np.full(n, alpha), rows).astype(dtype) for _ in range(2))
    return p, q


def run(kind, p, q=None, slack=np.inf, unit=1.0, workers=1):
    value = np.full(len(p), np.nan, p.dtype)
    bad = information.rows(KINDS[kind], p, q, slack, slack, unit, value, workers, kind)
    return bad, value


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", OF_ROWS)
def test_values(isa, kind, dtype):
    rng = np.random.default_rng(0)
    for n, alpha in itertools.product(SIZES, (0.05, 1.0)):
        p, q = sample(rng, 5, n, dtype, alpha)
        bad, value = run(kind, p, None if kind == "entropy" else q)
        assert bad == -1
        assert ratio(value, expected(kind, p, q, dtype)) <= 1, (n, alpha)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ["kl_divergence", "js_divergence"])
def test_near_distributions_keep_their_digits(isa, kind, dtype):
    rng = np.random.default_rng(1)
    for n, step in itertools.product((2, 10, 130), (3, 1e3, 1e5)):
        p = rng.uniform(0.5, 1, (4, n)).astype(dtype)
        p /= p.sum(-1, keepdims=True)
        q = (p * (1 + step * np.finfo(dtype).eps * rng.standard_normal(p.shape))).astype(dtype)
        value = run(kind, p, q)[1]
        assert ratio(value, expected(kind, p, q, dtype)) <= 1, (n, step)
        assert (value >= 0).all()
        assert not run(kind, p, p.copy())[1].any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_known_quotients(isa, dtype):
    """Powers of two and equal operands have no rounding: k log 2 and 0."""
    p = np.ldexp(np.ones((1, 5), dtype), [-1, -2, -3, -4, -4])
    assert run("entropy", p, unit=np.log(2))[1][0] == pytest.approx(1.875, rel=float(np.finfo(dtype).eps), abs=0)
    assert run("entropy", np.ones((1, 1), dtype))[1][0] == 0
    assert run("conditional_entropy", p, p.copy())[1][0] == 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_edges(isa, dtype):
    """0 log 0, q = 0, subnormals beside ordinary numbers, at every place of a lane."""
    tiny = float(np.finfo(dtype).smallest_subnormal)
    for n in (2, 5, 17, 40, 300):
        for i in {0, 1, n - 1}:
            p, q = np.zeros((1, n), dtype), np.zeros((1, n), dtype)
            p[0, i] = q[0, (i + 1) % n] = 1
            assert run("entropy", p)[1][0] == 0
            assert run("kl_divergence", p, q)[1][0] == run("cross_entropy", p, q)[1][0] == np.inf
            assert run("kl_divergence", p, p.copy())[1][0] == run("cross_entropy", p, p.copy())[1][0] == 0
            assert run("js_divergence", p, q, unit=np.log(2))[1][0] == 1
            q[0] = 1 / n
            for small in (tiny, 5 * tiny, float(np.finfo(dtype).tiny), 2 ** 7 * float(np.finfo(dtype).tiny)):
                p[0, (i + 1) % n] = small
                for kind in OF_ROWS:
                    value = run(kind, p, None if kind == "entropy" else q)[1]
                    assert ratio(value, expected(kind, p, q, dtype)) <= 1, (kind, n, i, small)
                value = run("kl_divergence", q, p)[1][0]
                assert value == np.inf or n == 2
            if n == 2:
                p[0, (i + 1) % n] = tiny
                assert ratio(run("kl_divergence", q, p)[1], expected("kl_divergence", q, p, dtype)) <= 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_refused_rows(isa, dtype):
    """The first row that is no distribution, whatever stands in it and wherever."""
    rng = np.random.default_rng(2)
    for n, rows in ((3, 7), (100, 500), (300, 3)):
        p, q = sample(rng, rows, n, dtype)
        slack = 8 * n * float(np.finfo(dtype).eps)
        for kind in OF_ROWS:
            other = None if kind == "entropy" else q
            assert run(kind, p, other, slack, workers=2)[0] == -1
            for bad in (np.nan, np.inf, -0.25, 1.5, -float(np.finfo(dtype).smallest_subnormal)):
                for row, i in ((0, 0), (rows // 2, n // 2), (rows - 1, n - 1)):
                    for a in (p, q) if other is not None else (p,):
                        kept, a[row, i] = a[row, i], bad
                        assert run(kind, p, other, slack, workers=2)[0] == row
                        a[row, i] = kept
        p[1, 0] += 3 * slack
        assert run("entropy", p, None, slack)[0] == 1
        total, bad = information.row_sum(p[1])
        assert bad == -1
        assert abs(total - 1 - 3 * slack) < slack


@pytest.mark.parametrize("dtype", DTYPES)
def test_weights_divided_by_their_sum(isa, dtype):
    rng = np.random.default_rng(3)
    for n in (1, 2, 9, 100, 300):
        w, v = (rng.integers(1, 1000, (4, n)).astype(dtype) for _ in range(2))
        p, q = (a.astype(LONG) / a.astype(LONG).sum(-1, keepdims=True) for a in (w, v))
        for kind in OF_ROWS:
            value = run(kind, w, None if kind == "entropy" else v, -1.0)[1]
            bound = expected(kind, p, q, dtype)
            # weights are rounded when they are divided: 2 eps of each beside the same of both logarithms
            wide = Bound(bound.value, bound.error + 4 * float(np.finfo(dtype).eps) * (1 + np.abs(bound.value)))
            assert ratio(value, wide) <= 1, (kind, n)
    w = np.array([[1e6, 1.0]], dtype)
    p = w.astype(LONG) / w.astype(LONG).sum()
    assert ratio(run("entropy", w, None, -1.0)[1], expected("entropy", p, p, dtype)) <= 2, "no digits are lost"


@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
def test_between_guard_pages(isa, dtype, at_end):
    pages = [Guarded(41 * 3 * 8) for _ in range(3)]
    rng = np.random.default_rng(4)
    for n in range(1, 41):
        p, q = sample(rng, 3, n, dtype)
        x, y = (page.array(a, at_end) for page, a in zip(pages, (p, q), strict=False))
        value = pages[2].array(np.zeros(3, dtype), at_end)
        for kind, k in KINDS.items():
            second = None if kind.startswith("entropy") else y
            information.rows(k, x, second, np.inf, np.inf, 1.0, value, 1, kind)
            if kind in OF_ROWS:
                assert ratio(value, expected(kind, p, q, dtype)) <= 1
            assert pages[2].untouched_except(value.nbytes, at_end)
        information.row_sum(x[-1])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", [k for k in KINDS if k != "conditional_entropy"])
def test_bits(kind, dtype):
    """Threads, pieces, instruction sets with fused operations."""
    rng = np.random.default_rng(5)
    for n in (5, 12, 28, 100, 140, 5000):
        p, q = sample(rng, 400 if n < 1000 else 9, n, dtype, 0.3)
        if kind.endswith("logits"):
            p, q = 3 * rng.standard_normal((2, *p.shape)).astype(dtype)
        second = None if kind.startswith("entropy") else q
        value = run(kind, p, second)[1]
        for workers in (2, 3):
            assert_same_bits(run(kind, p, second, workers=workers)[1], value)
        assert_same_bits(run(kind, p[3:8], None if second is None else q[3:8])[1], value[3:8])
        if second is not None:
            one = run(kind, p, np.ascontiguousarray(np.broadcast_to(q[:1], q.shape)))[1]
            assert_same_bits(run(kind, p, q[:1])[1], one, "one row for all")
        fused = [isa for isa in runtime.available_isas() if isa != "base"]
        found = []
        for isa in fused:
            runtime.set_isa(isa)
            found.append(run(kind, p, second)[1])
        for other in found[1:]:
            assert_same_bits(other, found[0], f"{fused}")


def test_fast_takes_plain_arrays_alone():
    p = np.full((3, 4), 0.25)
    entropy = KINDS["entropy"]
    assert_same_bits(information.fast(entropy, p, None, 1.0, None, "entropy"), run("entropy", p)[1])
    for other in (p[:, ::2], p.T, p.astype("f2"), p.astype(">f8"), p.tolist(), p[:0], np.float64(1), np.array(1.0),
                  p.astype(int), np.ma.array(p), 2 * p):
        assert information.fast(entropy, other, None, 1.0, None, "entropy") is None
    kl = KINDS["kl_divergence"]
    for other in (p[0], p.astype("f4"), p.tolist(), p[:2]):
        assert information.fast(kl, p, other, 1.0, None, "kl_divergence") is None
    assert information.fast(entropy, p, None, 1.0, 0, "entropy") is None
