"""describe, cov and corrcoef against their definitions in longdouble, and against SciPy and NumPy."""

import math
import warnings

import numpy as np
import pytest
import scipy.stats

import mathcore
from mathcore.stats import corrcoef, cov, describe

EPS = np.finfo(float).eps


def exact(x, axis=0):
    """Mean less the first element, and central moments of powers 2 to 4, in longdouble."""
    wide = np.moveaxis(x, axis, 0).astype(np.longdouble)
    wide = wide - wide[0]
    mean = wide.mean(axis=0)
    return mean, *((wide - mean) ** k for k in (2, 3, 4))


def bits(result):
    return [np.asarray(field).tobytes() for field in result]


# ------------------------------------------------------------------ describe

@pytest.mark.parametrize("offset", [0.0, 1e8, -1e8])
@pytest.mark.parametrize("n", [4, 5, 31, 32, 33, 2047, 2048, 2049, 20_000, 300_001])
def test_moments_are_those_of_longdouble(n, offset):
    """Relative 1e-13 of the variance at an offset of 1e8 deviations: sums are of differences to the first number."""
    x = np.random.default_rng(n).standard_exponential(n) + offset
    mean, d2, d3, d4 = exact(x)
    found = describe(x)
    assert found.nobs == n
    assert found.minmax == (x.min(), x.max())
    assert abs(found.mean - float(mean + np.longdouble(x[0]))) <= EPS * abs(found.mean) + 64 * EPS
    variance = float(d2.sum() / (n - 1))
    assert abs(found.variance - variance) <= 1e-13 * variance
    skewness, kurtosis = float(d3.mean() / d2.mean() ** 1.5), float(d4.mean() / d2.mean() ** 2)
    # 64 eps of the sums of absolute values, which skewness cancels
    assert abs(found.skewness - skewness) <= 100 * EPS * float(np.abs(d3).mean() / d2.mean() ** 1.5)
    assert abs(found.kurtosis - (kurtosis - 3)) <= 100 * EPS * kurtosis


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("ddof", [0, 1, 2])
@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "i4", "u2", ">f8"])
def test_is_scipys(dtype, ddof, bias):
    rng = np.random.default_rng(0)
    for shape in ((4,), (5,), (100,), (40, 7), (3, 50, 5), (6, 1), (1000, 33)):
        x = (50 * rng.standard_exponential(shape)).astype(dtype)
        for axis in (*range(len(shape)), -1, None):
            for y in (x, np.asfortranarray(x), x[::-1]):
                with warnings.catch_warnings(), np.errstate(all="ignore"):
                    warnings.simplefilter("ignore")
                    ours = describe(y, axis, ddof, bias)
                    peer = scipy.stats.describe(np.ascontiguousarray(y).astype(np.dtype(dtype).newbyteorder("=")), axis,
                                                ddof, bias)
                assert ours._fields == peer._fields
                assert ours.nobs == peer.nobs
                tolerance = 1e-3 if dtype == "f4" else 1e-10
                for a, b in zip((*ours.minmax, *ours[2:]), (*peer.minmax, *peer[2:]), strict=True):
                    assert np.asarray(a).dtype == np.asarray(b).dtype
                    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def test_known_values():
    """Of 2, 4, 4, 4, 5, 5, 7, 9: deviations are whole."""
    found = describe([2, 4, 4, 4, 5, 5, 7, 9], ddof=0)
    assert (found.nobs, found.minmax, found.mean, found.variance) == (8, (2, 9), 5.0, 4.0)
    assert found.skewness == 42 / 8 / 8
    assert found.kurtosis == 356 / 8 / 16 - 3
    table = describe([[1, 2], [3, 4]])
    np.testing.assert_array_equal(table.variance, [2.0, 2.0])
    np.testing.assert_array_equal(table.kurtosis, [-2.0, -2.0])
    assert describe(np.arange(10)).kurtosis == pytest.approx(-1.2242424242424244, rel=8 * EPS)
    assert repr(describe([1.0, 2.0, 3.0, 6.0])).startswith("DescribeResult(nobs=")


def test_whole_numbers_keep_their_digits():
    assert describe([2**60 + 1, -5, 7]).minmax == (-5, 2**60 + 1)


def test_nan_and_infinity():
    x = np.arange(100.0)
    for i in (0, 1, 31, 32, 64, 99):
        y = x.copy()
        y[i] = np.nan
        found = describe(y)
        assert all(math.isnan(v) for v in (*found.minmax, *found[2:]))
        columns = describe(np.stack([y, x], axis=1))
        assert all(np.isnan(v[0]) and np.isfinite(v[1]) for v in (*columns.minmax, *columns[2:]))
        with pytest.raises(ValueError, match="The input contains nan values"):
            describe(y, nan_policy="raise")
        omitted, without = describe(y, nan_policy="omit"), describe(np.delete(x, i))
        assert omitted.nobs == 99
        np.testing.assert_allclose(np.float64(omitted.variance), np.var(np.delete(x, i), ddof=1))
        assert omitted.minmax == without.minmax
        for bad in (np.inf, -np.inf):
            y[i] = bad
            found = describe(y)
            assert found.mean == bad
            assert bad in found.minmax
            assert math.isnan(found.variance)
    assert math.isnan(describe([np.inf, -np.inf, 1.0]).mean)
    assert describe(x, nan_policy="raise").nobs == describe(x, nan_policy="omit").nobs == 100


def test_equal_numbers():
    with pytest.warns(RuntimeWarning, match="catastrophic cancellation"):
        found = describe(np.full(10, 0.1))
    assert (found.mean, found.variance) == (0.1, 0.0)
    assert math.isnan(found.skewness)
    assert math.isnan(found.kurtosis)
    found = describe(np.zeros(3))
    assert found.variance == 0
    with np.errstate(all="ignore"):
        found = describe(4.0)
    assert found.nobs == 1
    assert found.minmax == (4.0, 4.0)
    assert math.isnan(found.variance)


def test_extreme_sizes():
    for scale in (2.0**-600, 2.0**600):
        x = scale * np.array([2.0, 4, 4, 4, 5, 5, 7, 9])
        with np.errstate(all="ignore"):
            found = describe(x)
        assert found.mean == 5 * scale
        assert found.minmax == (2 * scale, 9 * scale)


def test_other_types_are_scipys():
    x = np.array([1.0, 2.0, 4.0, 9.0])
    for y in (x.astype(np.float16), x.astype(np.longdouble), np.ma.masked_greater(x, 5)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ours, peer = describe(y), scipy.stats.describe(y)
        for a, b in zip(ours, peer, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("shape", [(100_003,), (20_011, 5), (700, 300), (5, 30_000)])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_same_bits_for_any_number_of_threads(shape, dtype):
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    for axis in range(len(shape)):
        with mathcore.threads(1):
            one = bits(describe(x, axis))
        for n in (2, 3):
            with mathcore.threads(n):
                assert bits(describe(x, axis)) == one
    strided = np.empty((*shape, 2), dtype)
    strided[..., 0] = x
    frozen = x.copy()
    frozen.flags.writeable = False
    assert bits(describe(strided[..., 0])) == bits(describe(frozen)) == bits(describe(x))


# ------------------------------------------------------------------ covariance

SHAPES = [(2, 2), (1, 5), (2, 50), (3, 100), (16, 129), (17, 300), (5, 5000), (40, 2049), (150, 700)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("offset", [0.0, 1e8])
def test_covariance_is_that_of_longdouble(shape, offset):
    """gamma_n of |d| |d|^T: n + 8 roundings, d being less the first observation."""
    x = np.random.default_rng(0).standard_normal(shape) + offset
    wide = x.astype(np.longdouble) - x[:, :1]
    wide -= wide.mean(axis=1, keepdims=True)
    expected, size = wide @ wide.T / (shape[1] - 1), np.abs(wide) @ np.abs(wide).T / (shape[1] - 1)
    bound = (np.sqrt(shape[1]) + 16) * EPS * size.astype(float) + 4e-17
    for found in (cov(x), cov(np.asfortranarray(x)), cov(x.T, rowvar=False), cov(x[:, ::-1])):
        assert (np.abs(np.atleast_2d(found) - expected) <= bound).all()
        np.testing.assert_array_equal(found, np.transpose(found))
    if shape[0] > 1:
        root = np.sqrt(np.diag(expected))
        for found in (corrcoef(x), corrcoef(x.T, rowvar=False)):
            assert (np.abs(found - expected / np.outer(root, root)) <= 2 * bound / np.outer(root, root) + 4 * EPS).all()


@pytest.mark.parametrize("rowvar", [True, False])
@pytest.mark.parametrize("options", [
    {}, {"bias": True}, {"ddof": 0}, {"ddof": 2}, {"fweights": np.arange(1, 31)}, {"aweights": np.linspace(0, 2, 30)},
    {"fweights": np.arange(30), "aweights": np.linspace(1, 2, 30), "ddof": 0}, {"dtype": np.float32},
    {"dtype": np.longdouble}, {"dtype": np.float16}, {"aweights": np.linspace(0, 2, 30), "bias": True}])
def test_options_are_numpys(options, rowvar):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((4, 30)), rng.standard_normal((2, 30))
    for m, more in ((x, None), (x, y), (x[0], None), (x[0], y[0]), (x[:1], y), (x.astype("f4"), None),
                    (np.round(5 * x).astype(int), None), (x * 1j + 1, None)):
        if not rowvar:
            m, more = m.T, None if more is None else more.T
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ours, peer = cov(m, more, rowvar, **options), np.cov(m, more, rowvar, **options)
        assert ours.dtype == peer.dtype
        assert ours.shape == peer.shape
        tolerance = {"float16": 1e-2, "float32": 1e-5}.get(ours.dtype.name, 1e-12)
        np.testing.assert_allclose(ours, peer, rtol=tolerance, atol=tolerance)
        if set(options) <= {"dtype"}:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ours, peer = corrcoef(m, more, rowvar, **options), np.corrcoef(m, more, rowvar, **options)
            np.testing.assert_allclose(ours, peer, rtol=tolerance, atol=tolerance)
            assert ours.dtype == peer.dtype


def test_known_covariances():
    np.testing.assert_array_equal(cov([[0, 1, 2], [2, 1, 0]]), [[1, -1], [-1, 1]])
    np.testing.assert_array_equal(corrcoef([0, 1, 2], [4, 2, 0]), [[1, -1], [-1, 1]])
    assert cov([1.0, 3.0]).shape == ()
    assert cov([1.0, 3.0]) == 2
    assert corrcoef([1.0, 3.0]) == 1
    assert cov(np.zeros((0, 3))).shape == (0, 0)
    assert np.max(np.abs(corrcoef(np.random.default_rng(0).standard_normal((5, 3))))) <= 1


def test_warnings_are_numpys():
    with pytest.warns(RuntimeWarning) as caught:
        assert np.isnan(cov([[1.0], [2.0]])).all()
    assert "Degrees of freedom <= 0 for slice" in [str(w.message) for w in caught]
    with pytest.warns(RuntimeWarning, match="invalid value"):
        found = corrcoef([[1.0, 1.0], [1.0, 2.0]])
    np.testing.assert_array_equal(np.isnan(found), [[True, True], [True, False]])
    with pytest.warns(RuntimeWarning):
        assert np.isnan(cov(np.zeros((2, 0)))).all()
    assert np.isnan(cov([[1.0, np.nan], [1.0, 2.0]])[0]).all()


@pytest.mark.parametrize("shape", [(3, 50_000), (30, 9_001)])
def test_covariances_have_the_same_bits_for_any_number_of_threads(shape):
    x = np.random.default_rng(0).standard_normal(shape)
    results = []
    for n in (1, 2, 3):
        with mathcore.threads(n):
            results.append((cov(x).tobytes(), cov(np.ascontiguousarray(x.T), rowvar=False).tobytes()))
    assert len(set(results)) == 1
