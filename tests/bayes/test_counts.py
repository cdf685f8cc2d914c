"""Beta-binomial, gamma-Poisson and Dirichlet-multinomial against SciPy, known posteriors, and themselves in parts."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from mathcore.bayes import BetaBinomial, DirichletMultinomial, GammaPoisson
from tests.bayes import oracle

EPS = np.finfo(float).eps
RNG = np.random.default_rng(0)


def test_the_coin_of_textbooks():
    posterior = BetaBinomial(1, 1).update([1, 0, 1, 1, 0, 1, 1, 0, 1, 1])
    assert (posterior.a, posterior.b) == (8.0, 4.0)
    assert posterior.mean == pytest.approx(2 / 3, rel=2 * EPS)
    assert posterior.mode == pytest.approx(0.7, rel=2 * EPS)
    assert posterior.var == pytest.approx(8 * 4 / (144 * 13), rel=4 * EPS)
    assert posterior.std == pytest.approx(math.sqrt(posterior.var))
    # Laplace's rule of succession, and the evidence of a uniform prior: 1 / (n + 1) whatever the count
    assert BetaBinomial(1, 1).update(10, 10).predictive(1) == pytest.approx(math.log(11 / 12), rel=64 * EPS)
    for s in range(11):
        assert BetaBinomial(1, 1).log_evidence(s, 10) == pytest.approx(-math.log(11), rel=64 * EPS)
    assert repr(posterior) == "BetaBinomial(a=8.0, b=4.0)"
    with pytest.raises(AttributeError):
        posterior.a = 2


def test_the_rate_of_textbooks():
    """Gelman et al., section 2.6: 3 deaths of 200 000, prior gamma(3, 5): 6 / 7 per 100 000 and year; then 20 in 10."""
    prior = GammaPoisson(3, 5)
    posterior = prior.update(3, 2.0)
    assert (posterior.shape, posterior.rate) == (6.0, 7.0)
    assert posterior.mean == pytest.approx(6 / 7)
    assert posterior.mode == pytest.approx(5 / 7)
    assert posterior.var == pytest.approx(6 / 49)
    later = posterior.update([17], [18.0])
    assert (later.shape, later.rate) == (23.0, 25.0)
    assert later.mean == 0.92
    assert GammaPoisson(0.5, 2).mode == 0


def test_categories():
    posterior = DirichletMultinomial([1, 1, 1]).update([3, 1, 0])
    np.testing.assert_array_equal(posterior.alpha, [4, 2, 1])
    np.testing.assert_allclose(posterior.mean, [4 / 7, 2 / 7, 1 / 7])
    peer = stats.dirichlet([4, 2, 1])
    np.testing.assert_allclose(posterior.var, peer.var())
    np.testing.assert_allclose(posterior.std, np.sqrt(peer.var()))
    assert np.isnan(posterior.mode).all()
    np.testing.assert_allclose(DirichletMultinomial([3, 2, 2]).mode, [0.5, 0.25, 0.25])
    p = np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
    np.testing.assert_allclose(posterior.logpdf(p), [peer.logpdf(q) for q in p], rtol=64 * EPS)
    np.testing.assert_allclose(posterior.pdf(p[0]), peer.pdf(p[0]), rtol=64 * EPS)
    # two categories are the beta-binomial
    for s in range(5):
        two = DirichletMultinomial([0.7, 2.5]).predictive([s, 4 - s])
        assert two == pytest.approx(BetaBinomial(0.7, 2.5).predictive(s, 4), rel=32 * EPS)


DATA = [
    (BetaBinomial(0.5, 2.0), (RNG.integers(0, 2, 40),)),
    (BetaBinomial(3.0, 2.0), (RNG.integers(0, 5, 30), RNG.integers(5, 9, 30))),
    (BetaBinomial(3.0, 2.0), (RNG.integers(0, 5, 30), 5)),
    (GammaPoisson(2.5, 0.5), (RNG.poisson(4, 40),)),
    (GammaPoisson(2.5, 0.5), (RNG.poisson(4, 40), RNG.random(40) + 0.1)),
    (DirichletMultinomial([0.5, 1.0, 2.0]), (RNG.integers(0, 6, (20, 3)),)),
]
every = pytest.mark.parametrize(("prior", "data"), DATA, ids=lambda v: type(v).__name__)


def fields(family):
    return np.concatenate([np.ravel(v) for v in vars(family).values()])


@every
def test_one_at_a_time_is_all_at_once(prior, data):
    batch, one, total = prior.update(*data), prior, 0.0
    rows = np.broadcast_arrays(*data) if len(data) > 1 else data
    for i in range(len(rows[0])):
        each = tuple(row[i] for row in rows)
        total += one.predictive(*each)
        one = one.update(*each)
    np.testing.assert_allclose(fields(one), fields(batch), rtol=40 * EPS)
    assert prior.log_evidence(*data) == pytest.approx(total, rel=200 * EPS)


@every
def test_evidence_is_the_closed_form(prior, data):
    """Any order of the data gives it: here all at once, by log-gammas of 45 digits."""
    if isinstance(prior, GammaPoisson):
        k = data[0]
        t = np.broadcast_to(data[1] if len(data) > 1 else 1.0, k.shape)
        later, lg = prior.update(*data), oracle.log_gamma
        exact = (float(lg(later.shape)) - math.lgamma(prior.shape) + prior.shape * math.log(prior.rate)
                 - later.shape * math.log(later.rate) + (k * np.log(t)).sum() - sum(math.lgamma(v + 1) for v in k))
    else:
        x, alpha = data[0], getattr(prior, "alpha", None)
        if alpha is None:                # two categories
            n = np.broadcast_to(data[1] if len(data) > 1 else 1, x.shape)
            x, alpha = np.stack([x, n - x], axis=1), [prior.a, prior.b]
        own = sum(math.lgamma(row.sum() + 1) - sum(math.lgamma(v + 1) for v in row) for row in x)
        total = x.sum(axis=0)
        joint = math.lgamma(total.sum() + 1) - sum(math.lgamma(v + 1) for v in total)
        exact = float(oracle.log_polya(alpha, total)) - joint + own
    assert prior.log_evidence(*data) == pytest.approx(exact, rel=500 * EPS)


def test_predictives_against_scipy():
    s = np.arange(11)
    np.testing.assert_allclose(BetaBinomial(2.5, 0.7).predictive(s, 10), stats.betabinom.logpmf(s, 10, 2.5, 0.7),
                               rtol=1e-12)
    np.testing.assert_allclose(GammaPoisson(2.5, 0.7).predictive(s, 2.0), stats.nbinom.logpmf(s, 2.5, 0.7 / 2.7),
                               rtol=1e-12)
    assert np.exp(GammaPoisson(2.5, 0.7).predictive(np.arange(400))).sum() == pytest.approx(1, rel=1e-12)
    x = RNG.multinomial(7, [0.2, 0.3, 0.5], 5)
    peer = stats.dirichlet_multinomial([0.5, 2, 3], 7)
    np.testing.assert_allclose(DirichletMultinomial([0.5, 2, 3]).predictive(x), peer.logpmf(x), rtol=1e-12)


def test_counts_of_1e12():
    """Nothing cancels: log-gammas would leave three digits."""
    prior = BetaBinomial(1.0, 1.0).update(4 * 10**11, 10**12)
    assert prior.predictive(1) == pytest.approx(math.log(0.4), rel=1e-11)
    assert prior.predictive(4 * 10**11, 10**12) == pytest.approx(
        float(oracle.log_polya([prior.a, prior.b], [4e11, 6e11])), abs=1e-10)
    low, high = prior.credible_interval()
    assert high - low == pytest.approx(2 * 1.959963984540054 * prior.std, rel=1e-4)
    assert low < prior.mean < high
    rate = GammaPoisson(1.0, 1.0).update(10**12, 1e6)
    assert rate.mean == pytest.approx(1e6, rel=1e-5)
    assert rate.predictive(10**6) == pytest.approx(-0.5 * math.log(2 * math.pi * 1e6), abs=1e-5)


def test_batches():
    a, b = np.array([1.0, 2.0, 3.0]), 2.0
    data = RNG.integers(0, 2, (3, 20))
    batch = BetaBinomial(a, b)
    updated = batch.update(data)
    evidence, (low, high) = batch.log_evidence(data), updated.credible_interval(kind="highest-density")
    for i in range(3):
        alone = BetaBinomial(a[i], b)
        assert alone.log_evidence(data[i]) == evidence[i]
        one = alone.update(data[i])
        assert (one.a, one.b) == (updated.a[i], updated.b[i])
        assert one.credible_interval(kind="highest-density") == (low[i], high[i])
        assert one.mode == updated.mode[i]
    assert updated.logpdf(0.3).shape == (3,)
    assert updated.pdf(np.linspace(0, 1, 5)[:, None]).shape == (5, 3)
    counts = RNG.poisson(3, (4, 3, 10))
    assert GammaPoisson(np.ones((4, 1)), np.ones(3)).update(counts).mean.shape == (4, 3)
    alpha = RNG.random((2, 3)) + 0.5
    table = RNG.integers(0, 4, (2, 6, 3))
    pair = DirichletMultinomial(alpha)
    np.testing.assert_allclose(pair.update(table).alpha, alpha + table.sum(axis=1))
    assert pair.log_evidence(table)[1] == DirichletMultinomial(alpha[1]).log_evidence(table[1])
    np.testing.assert_array_equal(pair.update(table[:, 0]).alpha, alpha + table[:, 0])
    assert not pair.alpha.flags.writeable
    assert pair.predictive(table.transpose(1, 0, 2)).shape == (6, 2)


def test_no_data():
    for prior, empty in ((BetaBinomial(2, 3), np.zeros(0)), (GammaPoisson(2, 3), np.zeros(0)),
                         (DirichletMultinomial([1, 2]), np.zeros((0, 2)))):
        np.testing.assert_array_equal(fields(prior.update(empty)), fields(prior))
        assert prior.log_evidence(empty) == 0
    assert BetaBinomial(2, 3).predictive(0, 0) == 0
    assert BetaBinomial(2, 3).predictive(np.zeros(0)).shape == (0,)


@pytest.mark.parametrize(("a", "b", "mode"), [(0.5, 2, 0), (2, 0.5, 1), (1, 1, np.nan), (0.5, 0.5, np.nan), (1, 3, 0),
                                              (3, 1, 1)])
def test_modes_at_the_ends(a, b, mode):
    np.testing.assert_equal(BetaBinomial(a, b).mode, mode)


@pytest.mark.parametrize(("family", "pieces"), [
    (BetaBinomial(2.0, 5.0), [0, 1]), (BetaBinomial(5e5, 3e5), [0.62, 0.63]), (GammaPoisson(3.0, 0.5), [0, 200])])
def test_densities_and_draws(family, pieces):
    assert integrate.quad(family.pdf, *pieces, limit=200)[0] == pytest.approx(1, abs=1e-6)
    draws = family.sample(20_000, rng=1)
    # five standard errors of a mean
    assert abs(draws.mean() - family.mean) < 5 * family.std / math.sqrt(20_000)
    assert abs(draws.std() / family.std - 1) < 0.1
    np.testing.assert_array_equal(draws, family.sample((20_000,), rng=np.random.default_rng(1)))
    assert isinstance(family.sample(), float)


def test_draws_of_categories():
    family = DirichletMultinomial([[0.5, 2.0, 3.0], [1e-3, 1e-3, 1e-3]])
    draws = family.sample(4000, rng=0)
    assert draws.shape == (4000, 2, 3)
    np.testing.assert_allclose(draws.sum(axis=-1), 1, rtol=8 * EPS)
    assert (np.abs(draws.mean(axis=0) - family.mean) < 5 * family.std / math.sqrt(4000)).all()
    assert np.isfinite(draws).all()


def test_pictures():
    pytest.importorskip("matplotlib", reason="an extra")
    ax = BetaBinomial([1.0, 8.0], [1.0, 4.0]).plot(level=0.9)
    assert len(ax.lines) == 2
    assert ax.get_title() == "BetaBinomial, 90% interval"
    assert len(DirichletMultinomial([1, 2, 3]).plot(ax=ax).containers) == 1
    assert GammaPoisson(2, 3).plot().get_xlabel() == "rate"


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: BetaBinomial(1, 1).update([1, 2]), ValueError,
     r"BetaBinomial.update: successes\[1\] is more than trials; expected at most as many, got 2.0"),
    (lambda: BetaBinomial(1, 1).update(0.5), ValueError, "BetaBinomial.update: successes is no count; .* got 0.5"),
    (lambda: BetaBinomial(1, 1).update(1, -1), ValueError, "BetaBinomial.update: trials is no count"),
    (lambda: BetaBinomial([1, 1], 1).update([[1], [1], [1]]), ValueError, "shapes of successes and the batch"),
    (lambda: BetaBinomial(1, 1).predictive([0, 1], [1, 1, 1]), ValueError, "shapes of successes and trials"),
    (lambda: BetaBinomial(1, 1).credible_interval(0), ValueError, "BetaBinomial.credible_interval: level is out of"),
    (lambda: BetaBinomial(1, 1).credible_interval(kind="short"), ValueError, "kind is not known"),
    (lambda: BetaBinomial(0.5, 0.5).credible_interval(kind="highest-density"), ValueError, "two intervals"),
    (lambda: BetaBinomial(1, 1).sample(-1), ValueError, "BetaBinomial.sample: size is out of range"),
    (lambda: BetaBinomial(1, 1).sample(rng="a"), TypeError, "rng is no whole number"),
    (lambda: BetaBinomial(1, 1).logpdf("a"), TypeError, "BetaBinomial.logpdf: x has dtype"),
    (lambda: GammaPoisson(1, 1).update([1, np.nan]), ValueError, r"GammaPoisson.update: counts\[1\] is no count"),
    (lambda: GammaPoisson(1, 1).update([1, 1], 0), ValueError, "GammaPoisson.update: exposure is out of range"),
    (lambda: DirichletMultinomial([1, 1]).update([1, 1, 1]), ValueError, r"expected shape \(..., 2\), got \(3,\)"),
    (lambda: DirichletMultinomial([1, 1]).logpdf([0.5, 0.6]), ValueError, "sum of x is not 1; expected 1, got 1.1"),
    (lambda: DirichletMultinomial([1, 1]).logpdf([1.0]), ValueError, "x has another number of categories")])
def test_what_methods_refuse(call, error, message):
    with pytest.raises(error, match=message):
        call()
