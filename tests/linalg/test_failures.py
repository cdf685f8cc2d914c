"""What LU and systems do when the mathematics fails: one bad item of a batch never spoils the others, NaN never becomes
a number, and the words are SciPy's."""

import inspect
import itertools
import warnings

import numpy as np
import pytest
import scipy.linalg

from mathcore import linalg
from tests.fault_rows_systems import SYSTEMS
from tests.oracles import assert_same_bits

FLOATS = (np.float32, np.float64)
# of which anything is true or false
FLAGS = {"permute_l", "overwrite_a", "overwrite_b", "check_finite", "p_indices", "lower", "transposed", "unit_diagonal"}


@pytest.mark.parametrize(("room", "name", "faults"), [row[:3] for row in SYSTEMS], ids=lambda x: x if x is str else "")
def test_fault_rows_cover_every_argument(room, name, faults):
    parameters = set(inspect.signature(getattr(room, name)).parameters) - FLAGS
    named = {"lu_and_piv" if fault.arg in ("lu", "piv") else fault.arg.strip() for fault in faults}
    assert parameters <= named


@pytest.mark.parametrize(("room", "name", "faults"), [row[:3] for row in SYSTEMS], ids=lambda x: x if x is str else "")
def test_good_calls_of_the_fault_rows_succeed(room, name, faults):
    """The arguments without the fault: else a row could fail for a reason of its own."""
    for fault in faults:
        if fault.what.startswith(("workers=", "on_failure=", "assume_a=", "trans=")):
            args, _ = fault.make()
            getattr(room, name)(*args)


# ------------------------------------------------------------------ one bad item

def regular(rng, batch, n, dtype):
    return (rng.standard_normal((*batch, n, n)) + 3 * np.eye(n)).astype(dtype)


def spoilt(a, items):
    """Exactly singular: a column of zeros (a zero on the diagonal, too)."""
    a = a.copy()
    for item in items:
        a[item][:, a.shape[-1] // 2] = 0
    return a


CALLS = {
    "solve": linalg.solve,
    "inv": lambda a, b, **options: linalg.inv(a, **options),
    "solve_triangular": linalg.solve_triangular,
}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", CALLS)
def test_one_singular_item_never_spoils_the_others(name, dtype):
    call, rng = CALLS[name], np.random.default_rng(0)
    for n, items in itertools.product((1, 2, 3, 4, 8, 15, 16, 32, 33, 70), ([0], [3], [18], [0, 7, 18])):
        a, b = regular(rng, (19,), n, dtype), rng.standard_normal((19, n, 2)).astype(dtype)
        expected = call(a, b)
        bad = spoilt(a, items)
        got = call(bad, b, on_failure="nan")
        good = [i for i in range(19) if i not in items]
        assert_same_bits(got[good], expected[good], f"n={n} {items}")
        assert np.isnan(got[items]).all(), f"n={n} {items}"
        with pytest.raises(np.linalg.LinAlgError) as caught:
            call(bad, b)
        assert caught.value.index == (items[0],)
        assert np.flatnonzero(caught.value.info).tolist() == items
        assert str(items) in str(caught.value)


@pytest.mark.parametrize("name", CALLS)
def test_an_item_of_a_batch_of_batches_is_named(name):
    rng = np.random.default_rng(1)
    a = spoilt(regular(rng, (2, 3), 4, np.float64), [(1, 2)])
    with pytest.raises(np.linalg.LinAlgError, match=r"\(1, 2\)") as caught:
        CALLS[name](a, np.ones((4, 1)))
    assert caught.value.index == (1, 2)
    assert caught.value.info.shape == (2, 3)


@pytest.mark.parametrize("name", CALLS)
def test_a_single_singular_matrix(name):
    for n in (1, 2, 5, 40, 130):
        a, b = spoilt(regular(np.random.default_rng(2), (), n, np.float64), [()]), np.ones((n, 1))
        assert np.isnan(CALLS[name](a, b, on_failure="nan")).all()
        with pytest.raises(np.linalg.LinAlgError, match="ingular") as caught:
            CALLS[name](a, b)
        assert caught.value.index == ()


def test_many_failures_are_counted_not_listed():
    with pytest.raises(np.linalg.LinAlgError, match="and 980 more") as caught:
        linalg.solve(np.zeros((1000, 2, 2)), np.ones((2, 1)))
    assert len(str(caught.value)) < 500


def test_singular_is_no_failure_for_lu_det_and_slogdet():
    for n in (2, 5, 70):
        a = spoilt(regular(np.random.default_rng(3), (), n, np.float64), [()])
        with pytest.warns(scipy.linalg.LinAlgWarning, match="Singular matrix"):
            linalg.lu_factor(a)
        linalg.lu(a)
        assert linalg.det(a) == 0
        assert linalg.slogdet(a) == (0, -np.inf)


@pytest.mark.parametrize("dtype", FLOATS)
def test_ill_conditioned_matrices_warn_as_scipys(dtype):
    """rcond below eps: the warning, at the caller, for the same matrices as SciPy's."""
    for n in (3, 6, 12, 14, 20):
        a, b = scipy.linalg.hilbert(n).astype(dtype), np.ones(n, dtype)
        for ours, theirs, args in ((linalg.solve, scipy.linalg.solve, (a, b)), (linalg.inv, scipy.linalg.inv, (a,))):
            heard = []
            for function in (ours, theirs):
                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter("always")
                    function(*args)
                heard.append([w for w in caught if issubclass(w.category, scipy.linalg.LinAlgWarning)])
            assert bool(heard[0]) == bool(heard[1]), f"{ours.__name__} n={n}"
            for w in heard[0]:
                assert w.filename == __file__
                assert "ill-conditioned" in str(w.message)
                assert "rcond" in str(w.message)


# ------------------------------------------------------------------ NaN and inf

def outcome(function, *args, **options):
    """The arrays of a result; None where it was refused."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            result = function(*args, **options)
        except np.linalg.LinAlgError:
            return None
    return [np.asarray(x) for x in result] if isinstance(result, tuple | list) else [np.asarray(result)]


def _lu_solve(lu, b, **options):
    return linalg.lu_solve((lu, np.arange(len(lu))), b, **options)


OF_A = {
    "lu": linalg.lu, "lu_factor": linalg.lu_factor, "inv": linalg.inv, "det": linalg.det,
    "slogdet": lambda a, check_finite: linalg.slogdet(a),
    "solve": lambda a, **options: linalg.solve(a, np.ones(len(a), a.dtype), **options),
    "solve with two sides": lambda a, **options: linalg.solve(a, np.ones((len(a), 2), a.dtype), **options),
    "solve general": lambda a, **options: linalg.solve(a, np.ones(len(a), a.dtype), assume_a="gen", **options),
}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", OF_A)
def test_nan_anywhere_never_becomes_numbers(name, dtype):
    """Without the check: NaN in the result, or an error; of infinity NaN, inf or an error."""
    rng = np.random.default_rng(4)
    for n, value in itertools.product((*range(1, 9), 17, 33, 70), (np.nan, np.inf)):
        places = np.ndindex(n, n) if n < 9 else [tuple(rng.integers(0, n, 2)) for _ in range(10)]
        for place in places:
            a = regular(rng, (), n, dtype)
            a[place] = value
            found = outcome(OF_A[name], a, check_finite=False)
            if found is not None and (np.isnan(value) or name in ("lu", "lu_factor")):
                assert not all(np.isfinite(x).all() for x in found), f"{value} at {place} of n={n}"


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("function", [linalg.solve, linalg.solve_triangular, _lu_solve])
def test_nan_in_b_stays_in_its_column(function, dtype):
    rng = np.random.default_rng(5)
    for n in (*range(1, 9), 17, 33, 70, 130):
        a, b = regular(rng, (), n, dtype) + n * np.eye(n, dtype=dtype), rng.standard_normal((n, 3)).astype(dtype)
        (clean,) = outcome(function, a, b)
        for row in {0, n // 2, n - 1}:
            bad = b.copy()
            bad[row, 1] = np.nan
            (x,) = outcome(function, a, bad, check_finite=False)
            assert np.isnan(x[:, 1]).any(), f"n={n} row {row}"
            assert np.isfinite(x[:, [0, 2]]).all(), f"n={n} row {row}: NaN in other columns"
            np.testing.assert_allclose(x[:, [0, 2]], clean[:, [0, 2]], rtol=1e-3 if dtype == np.float32 else 1e-10)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("trans", [0, 1])
def test_solve_triangular_reads_one_triangle(dtype, lower, trans):
    """NaN in the other one is not seen; in the one that is read it comes out."""
    rng = np.random.default_rng(6)
    for n in (1, 2, 3, 4, 8, 16, 17, 33, 65, 130):
        a, b = regular(rng, (), n, dtype) + n * np.eye(n, dtype=dtype), rng.standard_normal((n, 2)).astype(dtype)
        read = np.tril(a) if lower else np.triu(a)
        other = np.where(np.tri(n, dtype=bool) if lower else np.tri(n, dtype=bool).T, a, np.nan)
        options = {"lower": lower, "trans": trans, "check_finite": False}
        expected = linalg.solve_triangular(read, b, **options)
        assert_same_bits(linalg.solve_triangular(other, b, **options), expected, f"n={n}")
        np.fill_diagonal(other, np.nan)
        unit = read / np.diagonal(read) / n
        np.fill_diagonal(unit, 1)
        np.copyto(other, unit, where=(np.tri(n, k=-1, dtype=bool) if lower else np.tri(n, k=-1, dtype=bool).T))
        assert_same_bits(linalg.solve_triangular(other, b, unit_diagonal=True, **options),
                         linalg.solve_triangular(unit, b, unit_diagonal=True, **options), f"n={n}, unit diagonal")
        bad = read.copy()
        bad[n // 2, n // 2] = np.nan
        found = outcome(linalg.solve_triangular, bad, b, **options)
        assert found is None or np.isnan(found[0]).any(axis=0).all(), f"n={n}"


@pytest.mark.parametrize("structure", ["pos", "sym"])
@pytest.mark.parametrize("lower", [False, True])
def test_symmetric_structures_read_one_triangle(structure, lower):
    rng = np.random.default_rng(7)
    for n in (1, 2, 3, 8, 33, 70):
        a = regular(rng, (), n, np.float64)
        a, b = a @ a.T + np.eye(n), rng.standard_normal((n, 2))
        other = np.where(np.tri(n, dtype=bool) if lower else np.tri(n, dtype=bool).T, a, np.nan)
        options = {"assume_a": structure, "lower": lower, "check_finite": False}
        assert_same_bits(linalg.solve(other, b, **options), linalg.solve(a, b, **options), f"solve n={n}")
        assert_same_bits(linalg.inv(other, **options), linalg.inv(a, **options), f"inv n={n}")


@pytest.mark.parametrize("batch", [(), (6,)])
def test_indefinite_is_refused_where_definite_was_told(batch):
    for n in (1, 2, 3, 8, 33):
        a = np.broadcast_to(-np.eye(n), (*batch, n, n))
        with pytest.raises(np.linalg.LinAlgError):
            linalg.solve(a, np.ones((n, 1)), assume_a="pos")
        with pytest.raises(np.linalg.LinAlgError):
            linalg.inv(a, assume_a="pos")


# ------------------------------------------------------------------ empty, as SciPy has it

EMPTY = {
    "lu": ("lu", [(0, 0), (0, 3), (3, 0), (2, 0, 0), (0, 3, 3)]),
    "lu_factor": ("lu_factor", [(0, 0), (0, 3), (3, 0), (2, 0, 0)]),
    "inv": ("inv", [(0, 0), (2, 0, 0), (0, 3, 3)]),
    "det": ("det", [(0, 0), (2, 0, 0), (0, 3, 3)]),
}


@pytest.mark.parametrize("dtype", [*FLOATS, np.int64])
@pytest.mark.parametrize("name", EMPTY)
def test_empty_matrices_as_scipys(name, dtype):
    for shape in EMPTY[name][1]:
        a = np.zeros(shape, dtype)
        ours, theirs = (outcome(getattr(room, name), a) for room in (linalg, scipy.linalg))
        for one, other in zip(ours, theirs, strict=True):
            assert one.shape == other.shape, shape
            if np.issubdtype(dtype, np.floating):       # SciPy leaves integers as they came
                assert one.dtype == other.dtype, shape
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["solve", "solve_triangular"])
def test_empty_systems_as_scipys(name, dtype):
    for a, b in (((0, 0), (0,)), ((0, 0), (0, 2)), ((3, 3), (3, 0)), ((2, 0, 0), (2, 0, 1)), ((2, 3, 3), (2, 3, 0))):
        args = np.ones(a, dtype), np.ones(b, dtype)
        ours, theirs = (outcome(getattr(room, name), *args) for room in (linalg, scipy.linalg))
        assert (ours[0].shape, ours[0].dtype) == (theirs[0].shape, theirs[0].dtype), (a, b)
