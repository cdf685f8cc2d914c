"""The multivariate normal and the categorical distribution."""

import numpy as np
import pytest
import scipy.stats

from mathcore import stats


def parameters(d, rng):
    a = rng.standard_normal((d, d))
    return rng.standard_normal(d), a @ a.T + np.eye(d)


@pytest.mark.parametrize("d", [1, 2, 3, 7, 8, 9, 50])
@pytest.mark.parametrize("n", [1, 31, 32, 33, 2100])
def test_density(d, n):
    """By definition, in longdouble: solved by NumPy's inverse it is good to the condition of cov."""
    rng = np.random.default_rng(d)
    mean, cov = parameters(d, rng)
    x = mean + rng.standard_normal((n, d))
    y = np.linalg.solve(cov, (x - mean).T).T
    expected = -0.5 * ((x - mean) * y).sum(axis=1) - 0.5 * (d * np.log(2 * np.pi) + np.linalg.slogdet(cov)[1])
    for workers in (1, 2, 3):
        got = stats.multivariate_normal.logpdf(x, mean, cov, workers=workers)
        np.testing.assert_allclose(got, expected[0] if n == 1 else expected, rtol=1e-12, atol=1e-12)
        assert np.array_equal(got, stats.multivariate_normal(mean, cov).logpdf(x))
    np.testing.assert_array_equal(np.atleast_1d(got)[-1], stats.multivariate_normal.logpdf(x[-1:], mean, cov))
    np.testing.assert_allclose(stats.multivariate_normal.pdf(x, mean, cov), np.exp(got), rtol=1e-15)


def test_scipys_rules_of_shapes():
    ours, theirs = stats.multivariate_normal, scipy.stats.multivariate_normal
    for x, args in (
        (0.5, ()),
        ([0.5, 1.0], ()),
        ([0.5, 1.0], ([0.0, 1.0], [1.0, 2.0])),
        (np.ones((2, 3, 2)), (None, np.eye(2))),
        (0.5, ([0.0, 1.0], np.eye(2))),
        ([0.1, 0.2], ([0.0, 0.0], 2.0)),
    ):
        np.testing.assert_allclose(ours.logpdf(x, *args), theirs.logpdf(x, *args), rtol=1e-14)
    np.testing.assert_allclose(
        ours.entropy([0, 0], [[2, 1], [1, 2]]), theirs.entropy([0, 0], [[2, 1], [1, 2]]), rtol=1e-14
    )
    np.testing.assert_array_equal(ours.rvs([1, 2], np.eye(2), 3, 5), theirs.rvs([1, 2], np.eye(2), 3, 5))
    assert ours.cdf([0.0, 0.0], [0, 0], np.eye(2)) == pytest.approx(0.25, abs=1e-6)


def test_singular_covariances_are_scipys():
    for cov in (np.ones((2, 2)), [[1.0, 2.0], [2.0, 1.0]], [[1.0, 1 - 1e-14], [1 - 1e-14, 1.0]]):
        with pytest.raises((np.linalg.LinAlgError, ValueError)):
            stats.multivariate_normal.logpdf([0.0, 0.0], [0, 0], cov)
    assert stats.multivariate_normal.logpdf([1.0, 1.0], [0, 0], np.ones((2, 2)), allow_singular=True) == pytest.approx(
        scipy.stats.multivariate_normal.logpdf([1.0, 1.0], [0, 0], np.ones((2, 2)), allow_singular=True)
    )
    with pytest.raises(ValueError, match="expected 2 along the last axis"):
        stats.multivariate_normal.logpdf(np.ones((4, 3)), [0, 0], np.eye(2))
    with pytest.raises(TypeError, match="<U1"):
        stats.multivariate_normal.logpdf(["a", "b"], [0, 0], np.eye(2))


def test_batches_of_covariances():
    rng = np.random.default_rng(5)
    pairs = [parameters(3, rng) for _ in range(4)]
    means, covs, x = np.stack([m for m, _ in pairs]), np.stack([c for _, c in pairs]), rng.standard_normal((4, 3))
    log = stats.multivariate_normal.logpdf
    expected = [scipy.stats.multivariate_normal.logpdf(*row) for row in zip(x, means, covs, strict=True)]
    np.testing.assert_allclose(log(x, means, covs), expected, rtol=1e-12)
    np.testing.assert_allclose(log(x[0], None, covs), [log(x[0], None, c) for c in covs], rtol=1e-12)
    assert log(x[:, np.newaxis], means, covs).shape == (4, 4)
    with pytest.raises(ValueError, match="expected 3 along the last axis"):
        log(np.ones(2), None, covs)
    with pytest.raises(np.linalg.LinAlgError):
        log(x, means, -covs)


def test_samples_have_their_moments():
    mean, cov = parameters(3, np.random.default_rng(0))
    frozen = stats.multivariate_normal(mean, cov)
    x = frozen.rvs(20_000, rng=1)
    error = np.sqrt(np.diag(cov) / 20_000)
    assert np.all(np.abs(x.mean(axis=0) - mean) < 4 * error)
    np.testing.assert_allclose(np.cov(x.T), cov, atol=0.1 * cov.max())
    np.testing.assert_array_equal(x, stats.multivariate_normal.rvs(mean, cov, 20_000, rng=1))
    assert frozen.entropy() == stats.multivariate_normal.entropy(mean, cov)


def test_names_that_are_scipys():
    assert stats.dirichlet is scipy.stats._multivariate.dirichlet
    assert stats.multinomial is scipy.stats._multivariate.multinomial
    with pytest.raises(AttributeError, match="nonsense"):
        _ = stats.nonsense


def test_categorical():
    p = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]])
    several = stats.categorical(p)
    np.testing.assert_array_equal(several.pmf(0), [0.2, 1.0])
    np.testing.assert_array_equal(several.pmf([2, 1]), [0.5, 0.0])
    np.testing.assert_array_equal(several.pmf([[3], [-1], [0.5]]), np.zeros((3, 2)))
    np.testing.assert_array_equal(several.logpmf(1), [np.log(0.3), -np.inf])
    np.testing.assert_allclose(several.entropy(), [scipy.stats.entropy(p[0]), 0], rtol=1e-15)
    np.testing.assert_array_equal(several.mode(), [2, 0])
    assert np.isnan(stats.categorical(p[0]).pmf(np.nan))
    np.testing.assert_allclose(stats.categorical(logits=np.log(p[0])).p, p[0], rtol=1e-15)
    x = stats.categorical(p[0]).rvs(5000, rng=3)
    counts = np.bincount(x, minlength=3)
    assert stats.chi2.sf(np.sum((counts - 5000 * p[0]) ** 2 / (5000 * p[0])), 2) > 1e-4
    assert several.rvs((4,), rng=3).shape == (4, 2)
    assert (several.rvs(100, rng=3)[:, 1] == 0).all()
