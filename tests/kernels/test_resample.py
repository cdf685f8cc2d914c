"""The compiled resamples: NumPy's stream of indices, on every instruction set, between pages that no one may touch."""

import numpy as np
import pytest

from mathcore._kernels import resample
from tests.guard import Guarded


def state_of(rng):
    s = rng.bit_generator.state
    return s["state"]["state"], s["state"]["inc"], s["has_uint32"], s["uinteger"]


def ranked(x):
    order = np.argsort(x, axis=1)
    rank = np.empty(x.shape, np.uint32)
    np.put_along_axis(rank, order, np.arange(x.shape[1], dtype=np.uint32)[None], axis=1)
    return np.take_along_axis(x, order, axis=1), rank


def expected(name, x, y, index):
    x = x[:, index].astype(np.longdouble)
    if name == "correlation":
        y = y[:, index].astype(np.longdouble)
        x, y = x - x.mean(-1, keepdims=True), y - y.mean(-1, keepdims=True)
        return (x * y).sum(-1) / np.sqrt((x * x).sum(-1) * (y * y).sum(-1))
    return getattr(np, name)(x, axis=-1)


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize(("n", "resamples"), [(2, 1), (2, 40_001), (3, 7), (7, 1000), (511, 3), (1000, 1000),
                                              (1025, 65), (70_000, 11), (3_000_001, 2)])
def test_indices_are_numpys(isa, n, resamples, workers):
    """3 000 001: one number of 1500 is passed over. Sums of whole numbers are exact."""
    for before in (0, 1, 2, 3):
        rng = np.random.default_rng(n)
        rng.integers(0, 10, before, dtype=np.uint32)
        x = np.arange(n, dtype=float)[None]
        out = np.empty((1, resamples))
        after = resample.draw(resample.KINDS["sum"], x, None, None, state_of(rng), out, workers, "f")
        sums = rng.integers(0, n, (resamples, n)).sum(axis=1)
        np.testing.assert_array_equal(out[0], sums)
        assert after == state_of(rng)
        if n > 100_000:
            break


@pytest.mark.parametrize("left_over", [0, 1])
def test_no_resamples_take_no_numbers(left_over):
    rng = np.random.default_rng(0)
    rng.integers(0, 10, left_over, dtype=np.uint32)
    state = state_of(rng)
    assert resample.draw(resample.KINDS["sum"], np.ones((1, 3)), None, None, state, np.empty((1, 0)), 1, "f") == state


@pytest.mark.parametrize("name", resample.KINDS)
def test_statistics(isa, name):
    """n eps of the sums, and for a correlation a few eps more."""
    rng = np.random.default_rng(0)
    for rows, n in ((1, 2), (2, 3), (1, 8), (3, 9), (1, 100), (2, 5001)):
        x, y = rng.standard_exponential((rows, n)), rng.standard_normal((rows, n))
        first, rank = ranked(x) if name == "median" else (x, None)
        index = rng.integers(0, n, (20, n)).astype(np.uint32)
        out = np.empty((rows, 20))
        resample.pick(resample.KINDS[name], first, y if name == "correlation" else None, rank, index, out, 2, "f")
        with np.errstate(invalid="ignore"):
            wanted = expected(name, x, y, index)
        wild = np.isnan(wanted)                             # correlations of equal numbers
        np.testing.assert_allclose(out[~wild], wanted[~wild].astype(float), rtol=(n + 20) * 2.3e-16, atol=4e-16)
        assert np.isnan(out[wild]).all()


def test_bits_are_those_of_every_instruction_set_with_fused_products():
    from mathcore._kernels import runtime

    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((1, 5003)), rng.standard_normal((1, 5003))
    for name in resample.KINDS:
        first, rank = ranked(x) if name == "median" else (x, None)
        found = set()
        for isa in runtime.available_isas():
            runtime.set_isa(isa)
            out = np.empty((1, 40))
            other = y if name == "correlation" else None
            resample.draw(resample.KINDS[name], first, other, rank, (1, 3, 0, 0), out, 1, "f")
            if isa != "base" or name in ("sum", "mean", "median"):
                found.add(out.tobytes())
        assert len(found) <= 1


@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize("name", resample.KINDS)
def test_between_guard_pages(isa, name, at_end):
    pages = [Guarded(4096) for _ in range(4)]
    rng = np.random.default_rng(0)
    for n in range(2, 41):
        x = rng.standard_normal((2, n))
        first, rank = ranked(x) if name == "median" else (x, None)
        x, y = pages[0].array(first, at_end), pages[1].array(rng.standard_normal((2, n)), at_end)
        rank = None if rank is None else pages[2].array(rank, at_end)
        out = pages[3].array(np.zeros((2, 5)), at_end)
        resample.draw(resample.KINDS[name], x, y if name == "correlation" else None, rank, (1, 3, 1, 5), out, 1, "f")
        assert pages[3].untouched_except(out.nbytes, at_end)


def test_equal_elements_have_no_variance(isa):
    out = np.empty((1, 50))
    for name in ("var", "std"):
        resample.draw(resample.KINDS[name], np.full((1, 77), 0.1), None, None, (1, 3, 0, 0), out, 1, "f")
        np.testing.assert_array_equal(out, 0.0)
