"""Normal data: posteriors of textbooks, grids, SciPy's distributions, and one at a time against all at once."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from mathcore.bayes import NormalInverseGamma, NormalNormal

EPS = np.finfo(float).eps
RNG = np.random.default_rng(0)
PRIORS = [NormalNormal(1.0, 2.0, noise=1.5), NormalInverseGamma(1.0, 0.5, 2.0, 3.0)]
every = pytest.mark.parametrize("prior", PRIORS, ids=lambda v: type(v).__name__)


def fields(family):
    return np.array(list(vars(family).values()))


def test_known_noise():
    posterior = NormalNormal(0.0, 1.0, noise=1.0).update([2.0, 4.0, 3.0])
    assert (posterior.mean, posterior.sd, posterior.noise) == (2.25, 0.5, 1.0)
    assert (posterior.mode, posterior.var, posterior.std) == (2.25, 0.25, 0.5)
    # precisions add up
    precise = NormalNormal(5.0, 3.0, noise=0.5).update(np.full(7, 6.0))
    assert 1 / precise.var == pytest.approx(1 / 9 + 7 / 0.25)
    assert precise.mean == pytest.approx((5 / 9 + 7 * 6 / 0.25) * precise.var)
    low, high = precise.credible_interval(0.95)
    assert (high - low) / 2 == pytest.approx(1.959963984540054 * precise.sd)
    assert precise.credible_interval(0.5, kind="highest-density") == precise.credible_interval(0.5)


def test_mean_and_variance():
    x = RNG.standard_normal(12) * 2 + 3
    prior = NormalInverseGamma(1.0, 0.5, 2.0, 3.0)
    post = prior.update(x)
    average = x.mean()
    assert (post.kappa, post.alpha) == (12.5, 8.0)
    assert post.mean == pytest.approx((0.5 + 12 * average) / 12.5)
    assert post.beta == pytest.approx(3 + ((x - average)**2).sum() / 2 + 0.5 * 12 * (average - 1)**2 / 25)
    marginal = stats.t(16, post.mean, math.sqrt(post.beta / (post.alpha * post.kappa)))
    assert post.var == pytest.approx(marginal.var())
    np.testing.assert_allclose(post.credible_interval(0.9), marginal.interval(0.9), rtol=1e-10)
    variance = stats.invgamma(8, scale=post.beta)
    np.testing.assert_allclose(post.variance_interval(0.9), variance.interval(0.9), rtol=1e-10)
    assert post.variance_mean == pytest.approx(variance.mean())
    assert post.variance_mode == pytest.approx(post.beta / 9)
    assert NormalInverseGamma(0, 1, 1, 1).var == np.inf
    low, high = post.variance_interval(0.9, kind="highest-density")
    assert variance.cdf(high) - variance.cdf(low) == pytest.approx(0.9, abs=1e-12)
    assert variance.pdf(low) == pytest.approx(variance.pdf(high), rel=1e-6)
    expected = stats.norm.logpdf(2.0, post.mean, math.sqrt(4 / post.kappa)) + variance.logpdf(4.0)
    assert post.logpdf(2.0, 4.0) == pytest.approx(expected, rel=1e-12)
    assert post.pdf(2.0, 4.0) == pytest.approx(math.exp(expected), rel=1e-12)
    np.testing.assert_array_equal(post.logpdf(2.0, [0.0, -1.0]), [-np.inf, -np.inf])


@every
def test_one_at_a_time_is_all_at_once(prior):
    x = RNG.standard_normal(60) * 2 + 3
    batch, one, total = prior.update(x), prior, 0.0
    for value in x:
        total += one.predictive(value)
        one = one.update(value)
    np.testing.assert_allclose(fields(one), fields(batch), rtol=100 * EPS)
    assert prior.log_evidence(x) == pytest.approx(total, rel=200 * EPS)
    assert prior.log_evidence(x[::-1]) == pytest.approx(total, rel=200 * EPS)


def test_evidence_is_the_multivariate_density():
    x = RNG.standard_normal(15) * 2 + 3
    n, one = len(x), np.ones((15, 15))
    expected = stats.multivariate_normal(np.full(n, 1.0), 2.25 * np.eye(n) + 4 * one).logpdf(x)
    assert PRIORS[0].log_evidence(x) == pytest.approx(expected, rel=1e-12)
    expected = stats.multivariate_t(np.full(n, 1.0), 1.5 * (np.eye(n) + 2 * one), df=4).logpdf(x)
    assert PRIORS[1].log_evidence(x) == pytest.approx(expected, rel=1e-12)


@every
def test_predictives_integrate_to_one(prior):
    assert integrate.quad(lambda x: math.exp(prior.predictive(x)), -np.inf, np.inf)[0] == pytest.approx(1, abs=1e-7)


def test_an_offset_costs_nothing():
    x = np.round(RNG.standard_normal(1000) * 2**20) / 2**20
    near = NormalInverseGamma(0.0, 1.0, 1.0, 1.0)
    far = NormalInverseGamma(2.0**26, 1.0, 1.0, 1.0)
    assert far.log_evidence(x + 2**26) == near.log_evidence(x)
    assert far.update(x + 2**26).beta == near.update(x).beta
    assert NormalNormal(2.0**26, 1.0, noise=1.0).log_evidence(x + 2**26) == NormalNormal(0.0, 1.0, noise=1.0
                                                                                        ).log_evidence(x)


def test_many_data():
    sums = NormalInverseGamma(0.0, 1e12, 5e11, 5e11)
    assert sums.predictive(0.0) == pytest.approx(-0.5 * math.log(2 * math.pi), rel=1e-10)
    assert sums.variance_mean == pytest.approx(1, rel=1e-10)
    low, high = sums.credible_interval()
    assert high - low == pytest.approx(2 * 1.959963984540054e-6, rel=1e-6)


@every
def test_batches_and_no_data(prior):
    x = RNG.standard_normal((3, 8))
    batch = type(prior)(**{name: np.array([1.0, 2.0, 3.0]) * value for name, value in vars(prior).items()})
    updated, evidence = batch.update(x), batch.log_evidence(x)
    for i in range(3):
        alone = type(prior)(**{name: value[i] for name, value in vars(batch).items()})
        np.testing.assert_array_equal(fields(alone.update(x[i])), fields(updated)[:, i])
        assert alone.log_evidence(x[i]) == evidence[i]
        np.testing.assert_array_equal([end[i] for end in updated.credible_interval()],
                                      alone.update(x[i]).credible_interval())
    np.testing.assert_array_equal(fields(prior.update([])), fields(prior))
    assert prior.log_evidence([]) == 0
    assert prior.predictive(np.zeros(0)).shape == (0,)


def test_draws():
    family = NormalNormal([1.0, -1.0], 2.0, noise=1.0)
    draws = family.sample(20_000, rng=0)
    assert draws.shape == (20_000, 2)
    assert (np.abs(draws.mean(axis=0) - family.mean) < 5 * family.sd / math.sqrt(20_000)).all()
    mean, variance = PRIORS[1].sample(50_000, rng=0)
    assert abs(np.log(variance).mean() - (math.log(3) - 0.42278433509846713)) < 5 * 0.81 / math.sqrt(50_000)
    inside = (mean > (ends := PRIORS[1].credible_interval(0.8))[0]) & (mean < ends[1])
    assert abs(inside.mean() - 0.8) < 5 * 0.4 / math.sqrt(50_000)
    assert isinstance(PRIORS[1].sample(rng=1)[0], float)


def test_pictures():
    pytest.importorskip("matplotlib", reason="an extra")
    assert len(PRIORS[0].plot().lines) == 1
    assert PRIORS[1].plot().get_xlabel() == "mean"


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: PRIORS[0].update([1, np.nan]), ValueError, r"NormalNormal.update: x\[1\] is not finite"),
    (lambda: PRIORS[0].predictive("a"), TypeError, "NormalNormal.predictive: x has dtype"),
    (lambda: NormalNormal([0, 1], 1, noise=1).update(np.ones((3, 4))), ValueError, "shapes of x and the batch"),
    (lambda: PRIORS[1].log_evidence([np.inf]), ValueError, r"NormalInverseGamma.log_evidence: x\[0\] is not finite"),
    (lambda: PRIORS[1].logpdf(0.0, np.nan), ValueError, "NormalInverseGamma.logpdf: variance is not finite"),
    (lambda: PRIORS[1].variance_interval(1.5), ValueError, "variance_interval: level is out of range"),
    (lambda: PRIORS[1].variance_interval(kind="x"), ValueError, "variance_interval: kind is not known")])
def test_what_methods_refuse(call, error, message):
    with pytest.raises(error, match=message):
        call()
