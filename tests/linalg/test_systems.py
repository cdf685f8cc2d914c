"""solve, inv, solve_report: structures, failures of items, warnings, growth; SciPy's answers."""

import warnings

import numpy as np
import pytest
import scipy.linalg

from mathcore.linalg import inv, solve, solve_report
from tests.layouts import values
from tests.matrices import KINDS
from tests.ratios import inverse_ratio, solve_ratio

SIZES = (1, 2, 3, 4, 5, 8, 16, 17, 32, 33, 64, 65, 130)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", SIZES)
def test_solve_and_inv(dtype, n):
    rng = np.random.default_rng(n)
    a = values(rng, (5, n, n), dtype) + np.eye(n, dtype=dtype)
    for k in (1, 3, 20):
        b = values(rng, (5, n, k), dtype)
        x = solve(a, b)
        assert x.dtype == dtype
        for i in range(5):
            assert solve_ratio(a[i], x[i], b[i]) < 8
            assert solve_ratio(a[i], solve(a[i], b[i]), b[i]) < 8
            assert solve_ratio(a[i].T, solve(a[i], b[i], transposed=True), b[i]) < 8
    inverse = inv(a)
    for i in range(5):
        assert inverse_ratio(a[i], inverse[i]) < 8
        assert inverse_ratio(a[i], inv(a[i])) < 8


@pytest.mark.parametrize("n", [2, 5, 40, 100])
def test_structures(n):
    rng = np.random.default_rng(n)
    a, b = values(rng, (n, n), "float64") + 3 * n ** 0.5 * np.eye(n), values(rng, (n, 2), "float64")
    symmetric = a + a.T
    tridiagonal = np.triu(np.tril(a, 1), -1)
    for name, matrix in (("upper triangular", np.triu(a)), ("lower triangular", np.tril(a)), ("sym", symmetric),
                         ("symmetric", symmetric), ("pos", symmetric), ("positive definite", symmetric),
                         ("tridiagonal", tridiagonal), ("banded", tridiagonal), ("diagonal", np.diag(np.diag(a))),
                         ("gen", a), ("her", symmetric), (None, symmetric), (None, np.tril(a)), (None, tridiagonal)):
        assert solve_ratio(matrix, solve(matrix, b, assume_a=name), b) < 8, name
    for lower in (False, True):
        triangle = np.tril(symmetric) if lower else np.triu(symmetric)
        for name in ("sym", "pos"):
            assert solve_ratio(symmetric, solve(triangle, b, lower=lower, assume_a=name), b) < 8
            assert inverse_ratio(symmetric, inv(triangle, lower=lower, assume_a=name)) < 8


@pytest.mark.parametrize("n", [1, 2, 5, 40, 100])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("name", ["upper triangular", "lower triangular", "diagonal", "tridiagonal"])
def test_a_told_structure_reads_nothing_else(name, transposed, n):
    """Whatever stands in the rest of the matrix."""
    a = values(np.random.default_rng(n), (3, n, n), "float64") + 3 * n ** 0.5 * np.eye(n)
    b = values(np.random.default_rng(1), (3, n, 2), "float64")
    for at in (np.s_[:], 0):
        theirs = scipy.linalg.solve(a[at], b[at], assume_a=name, transposed=transposed)
        for on_failure in ("raise", "nan"):
            ours = solve(a[at], b[at], assume_a=name, transposed=transposed, on_failure=on_failure)
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)
    if not transposed and name != "tridiagonal":
        # of a diagonal SciPy's inverse has the other elements as they came
        theirs = np.diag(1 / np.diag(a[0])) if name == "diagonal" else scipy.linalg.inv(a[0], assume_a=name)
        np.testing.assert_allclose(inv(a[0], assume_a=name), theirs, atol=1e-14)


def test_singular_bands_fail_like_any_other():
    d = np.diag([1.0, 0, 3])
    with pytest.raises(np.linalg.LinAlgError, match="^solve: a is exactly singular"):
        solve(d, np.ones(3), assume_a="diagonal")
    wide = np.diag(np.r_[0.0, np.ones(99)])
    with pytest.raises(np.linalg.LinAlgError, match="^solve: a is exactly singular"):
        solve(wide, np.ones(100))
    assert np.isnan(solve(wide, np.ones(100), on_failure="nan")).all()


def test_what_is_not_definite_is_called_so():
    for n in (3, 40):
        with pytest.raises(np.linalg.LinAlgError, match="^solve: a is not positive definite .*order 1 is not"):
            solve(-np.eye(n), np.ones(n), assume_a="pos")
        with pytest.raises(np.linalg.LinAlgError, match=r"^inv: a has items that are not positive .*slice\(s\) \[1\]"):
            inv(np.stack([np.eye(n), -np.eye(n)]), assume_a="pos")


def test_a_symmetric_matrix_that_is_not_definite():
    a = KINDS["symmetric indefinite"](30, "float64", np.random.default_rng(1))
    np.fill_diagonal(a, np.abs(np.diag(a)) + 0.1)
    b = np.ones(30)
    assert solve_ratio(a, solve(a, b, workers=1), b) < 8
    with pytest.raises(np.linalg.LinAlgError):
        solve(a, b, assume_a="pos")


@pytest.mark.parametrize("n", [2, 4, 20, 40])
def test_one_singular_item_spoils_no_other(n):
    a = values(np.random.default_rng(n), (6, n, n), "float64") + n * np.eye(n)
    a[[1, 4]] = 1
    b = values(np.random.default_rng(2), (6, n, 2), "float64")
    for function in (lambda x, **o: solve(x, b[:len(x)], **o), inv):
        with pytest.raises(np.linalg.LinAlgError, match=r"slice\(s\) \[1, 4\] are singular") as caught:
            function(a)
        assert caught.value.index == (1,)
        assert caught.value.info.tolist() == [0, 2, 0, 0, 2, 0]
        x = function(a, on_failure="nan")
        assert np.isnan(x[[1, 4]]).all()
        good = np.array([0, 2, 3, 5])
        np.testing.assert_array_equal(x[good], (solve(a[good], b[good]) if function is not inv else inv(a[good])))
    with pytest.raises(np.linalg.LinAlgError, match="pivot 1 is zero"):
        solve(a[1], b[1])


@pytest.mark.parametrize("n", [14, 40])
def test_ill_conditioned_matrices_are_told(n):
    a = scipy.linalg.hilbert(n)
    for function in (lambda: solve(a, np.ones(n)), lambda: inv(a), lambda: solve(a[None], np.ones(n)),
                     lambda: inv(a[None])):
        with pytest.warns(scipy.linalg.LinAlgWarning, match="slice 0 has rcond = "):
            function()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        solve(a, np.ones(n), on_failure="nan")


@pytest.mark.parametrize("n", [60, 64, 100, 300])
def test_growth_is_healed(n):
    """Wilkinson's matrix: elimination alone is wrong from n = 55 on, by 245 times the answer at 100."""
    a, x = KINDS["Wilkinson"](n, "float64", None), values(np.random.default_rng(n), n, "float64")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for found in (solve(a, a @ x), solve(a[None], a @ x)[0]):
            np.testing.assert_allclose(found, x, rtol=0, atol=1e-11 * np.abs(x).max())
    exact = 1 / np.linalg.cond(a, 1)     # of which factors with such growth say nothing
    assert exact / 3 < solve_report(a, a @ x).rcond < 3 * exact


def test_shapes_of_scipy():
    rng = np.random.default_rng(1)
    a, b = values(rng, (3, 1, 4, 4), "float64"), values(rng, (2, 4, 5), "float64")
    assert solve(a, b).shape == scipy.linalg.solve(a, b).shape == (3, 2, 4, 5)
    assert solve(a, b[0, :, 0]).shape == scipy.linalg.solve(a, b[0, :, 0]).shape
    assert solve(2.0, 4.0) == scipy.linalg.solve(2.0, 4.0)
    assert solve([[2.0]], np.ones((3, 2))).tolist() == scipy.linalg.solve([[2.0]], np.ones((3, 2))).tolist()
    assert solve(np.ones((0, 0)), np.ones((0, 2))).shape == (0, 2)
    assert solve(np.eye(2), np.ones((2, 0))).shape == (2, 0)
    assert inv(np.ones((0, 0))).shape == (0, 0)
    assert inv(np.ones((2, 0, 0))).shape == (2, 0, 0)


def test_complex_data_are_scipys():
    a = np.array([[2, 1j], [-1j, 3]])
    np.testing.assert_array_equal(solve(a, [1, 2]), scipy.linalg.solve(a, [1, 2]))
    np.testing.assert_array_equal(inv(a), scipy.linalg.inv(a))


def test_report():
    rng = np.random.default_rng(1)
    a, b = values(rng, (3, 40, 40), "float64"), values(rng, (3, 40, 2), "float64")
    report = solve_report(a, b)
    np.testing.assert_array_equal(report.x, np.stack([solve_report(m, r).x for m, r in zip(a, b, strict=True)]))
    assert (report.backward_error < 1e-14).all()
    condition = np.linalg.cond(a, 1)
    assert ((report.rcond * condition > 0.9) & (report.rcond * condition < 10)).all()
    assert ((report.growth > 0.1) & (report.growth < 10)).all()
    np.testing.assert_allclose(report.residual, np.abs(b - a @ report.x).max(axis=(1, 2)), atol=1e-14)
    singular = solve_report(np.ones((2, 2)), [1.0, 2.0])
    assert np.isnan(singular.x).all()
    assert singular.rcond == 0


@pytest.mark.parametrize("n", [2, 5, 20, 40])
def test_nan_comes_out(n):
    for i, j in ((0, 0), (n - 1, 0), (0, n - 1), (n - 1, n - 1)):
        a = values(np.random.default_rng(1), (2, n, n), "float64")
        a[1, i, j] = np.nan
        x = solve(a, np.ones(n), check_finite=False, on_failure="nan")
        assert np.isnan(x[1]).any()
        assert np.isfinite(x[0]).all()
        assert np.isnan(solve(a[1], np.ones(n), check_finite=False)).any()
        assert np.isnan(inv(a[1], check_finite=False)).any()
