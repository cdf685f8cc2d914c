"""Derivatives of distributions: reverse against forward and both against differences, in x, loc, scale and shapes."""

import numpy as np
import pytest

from mathcore import autodiff, stats
from tests.stats.families import SHAPES

CONTINUOUS = [(n, next(s for s in SHAPES[n] if not s or s[0] >= 0.5)) for n in SHAPES
              if not getattr(stats, n).discrete]
DISCRETE = [("bernoulli", (0.3,)), ("geom", (0.3,)), ("poisson", (4.5,)), ("binom", (20, 0.3)), ("nbinom", (5.0, 0.3))]


def differences(f, x, h=1e-4):
    """Of fourth order: errors of 1e-12 of the function and h^4."""
    return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h)


def agree(f, x):
    reverse = autodiff.grad(f)(x)
    forward = autodiff.jvp(f, (x,), (1.0,))[1]
    assert reverse == pytest.approx(float(forward), rel=1e-12)
    assert reverse == pytest.approx(float(differences(f, x)), rel=1e-7, abs=1e-9)
    return reverse


@pytest.mark.parametrize(("name", "shapes"), CONTINUOUS, ids=str)
@pytest.mark.parametrize("method", ["pdf", "logpdf", "cdf", "sf", "logcdf", "logsf", "ppf", "isf"])
def test_x_loc_scale(name, shapes, method):
    dist = getattr(stats, name)
    f = getattr(dist, method)
    x = 0.3 if method in ("ppf", "isf") else 1.0 + 2.0 * dist.ppf(0.4, *shapes)
    agree(lambda v: f(v, *shapes, loc=1.0, scale=2.0), x)
    agree(lambda v: f(x, *shapes, loc=v, scale=2.0), 1.0)
    agree(lambda v: f(x, *shapes, loc=1.0, scale=v), 2.0)


@pytest.mark.parametrize(("name", "shapes"), [c for c in CONTINUOUS if c[1]] + DISCRETE, ids=str)
def test_shapes(name, shapes):
    dist = getattr(stats, name)
    f, x = (dist.logpmf, 2.0) if dist.discrete else (dist.logpdf, float(dist.ppf(0.4, *shapes)))
    if name == "bernoulli":
        x = 1.0
    for i in range(len(shapes)):
        if name == "binom" and i == 0:
            continue                     # a whole number
        agree(lambda v, i=i: f(x, *shapes[:i], v, *shapes[i + 1:]), float(shapes[i]))


def test_closed_tails_in_their_shapes():
    agree(lambda s: stats.lognorm.cdf(1.7, s), 0.6)
    agree(lambda s: stats.lognorm.ppf(0.2, s), 0.6)
    agree(lambda c: stats.weibull_min.logsf(1.7, c), 1.4)
    agree(lambda p: stats.geom.cdf(3, p), 0.4)
    with pytest.raises(TypeError, match=r"gamma\.cdf: no derivative in the shapes"):
        autodiff.grad(lambda a: stats.gamma.cdf(1.0, a))(2.0)
    with pytest.raises(TypeError, match=r"poisson\.ppf: no derivative"):
        autodiff.grad(lambda q: stats.poisson.ppf(q, 3.0))(0.5)
    with pytest.raises(TypeError, match="hypergeom: its parameters are whole numbers"):
        autodiff.grad(lambda k: stats.hypergeom.logpmf(k, 20, 7, 5))(2.0)


def test_second_derivatives_and_outside():
    """Fisher's information of n normal numbers, 1 / variance each; no slope outside the support."""
    x = np.array([1.0, 2.0, 4.0])
    assert autodiff.hessian(lambda m: np.sum(stats.norm.logpdf(x, m, 2.0)))(0.5) == pytest.approx(-3 / 4)
    assert autodiff.grad(lambda v: stats.gamma.pdf(v, 2.5))(-1.0) == 0
    assert autodiff.grad(lambda v: stats.norm.cdf(v))(0.0) == pytest.approx(stats.norm.pdf(0.0))
    slope = autodiff.grad(lambda m: np.sum(stats.norm(m, 2.0).logpdf(x)))(0.5)
    assert slope == pytest.approx(np.sum(x - 0.5) / 4)


def test_multivariate_normal():
    """Gradients of the mean log density: cov^-1 (x - mean), and of cov by differences."""
    rng = np.random.default_rng(3)
    a = rng.standard_normal((3, 3))
    cov, mean, x = a @ a.T + np.eye(3), rng.standard_normal(3), rng.standard_normal((4, 3))
    log = stats.multivariate_normal.logpdf
    got = autodiff.grad(lambda m: np.sum(log(x, m, cov)))(mean)
    np.testing.assert_allclose(got, np.linalg.solve(cov, (x - mean).sum(axis=0)), rtol=1e-12)
    got = autodiff.grad(lambda v: log(v, mean, cov))(x[0])
    np.testing.assert_allclose(got, -np.linalg.solve(cov, x[0] - mean), rtol=1e-12)
    np.testing.assert_allclose(autodiff.grad(lambda v: np.sum(stats.multivariate_normal(mean, cov).pdf(v)))(x[0]),
                               got * stats.multivariate_normal.pdf(x[0], mean, cov), rtol=1e-11)
    agree(lambda s: np.sum(log(x, mean, s * cov)), 1.3)
