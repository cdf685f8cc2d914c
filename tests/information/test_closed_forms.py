"""Closed forms between frozen distributions: against their definition with 40 digits, near and far."""

import mpmath
import numpy as np
import pytest
import scipy.integrate
import scipy.stats as st

from mathcore import stats
from mathcore.information import closed_forms, cross_entropy, entropy, kl_divergence

MP = mpmath.mp
EPS = np.finfo(float).eps


def of_gamma(a, b, s, t):
    a, b, s, t = map(mpmath.mpf, (a, b, s, t))
    return ((a - b) * mpmath.digamma(a) - mpmath.loggamma(a) + mpmath.loggamma(b) + b * mpmath.log(t / s)
            + a * (s - t) / t)


def of_dirichlet(a, b):
    a, b = ([mpmath.mpf(x) for x in v] for v in (a, b))
    s, t = mpmath.fsum(a), mpmath.fsum(b)
    return mpmath.loggamma(s) - mpmath.loggamma(t) + mpmath.fsum(
        mpmath.loggamma(y) - mpmath.loggamma(x) + (x - y) * (mpmath.digamma(x) - mpmath.digamma(s))
        for x, y in zip(a, b, strict=True))


def of_norm(m1, s1, m2, s2):
    m1, s1, m2, s2 = map(mpmath.mpf, (m1, s1, m2, s2))
    return mpmath.log(s2 / s1) + (s1 ** 2 + (m1 - m2) ** 2) / (2 * s2 ** 2) - mpmath.mpf(1) / 2


def of_laplace(m1, s1, m2, s2):
    m1, s1, m2, s2 = map(mpmath.mpf, (m1, s1, m2, s2))
    d = abs(m1 - m2)
    return mpmath.log(s2 / s1) + (s1 * mpmath.exp(-d / s1) + d) / s2 - 1


def of_coin(p, q):
    p, q = mpmath.mpf(p), mpmath.mpf(q)
    return p * mpmath.log(p / q) + (1 - p) * mpmath.log((1 - p) / (1 - q))


def of_poisson(p, q):
    p, q = mpmath.mpf(p), mpmath.mpf(q)
    return p * mpmath.log(p / q) - p + q


NEAR = (1 + 2.0**-20, 1 + 2.0**-33, 1 - 2.0**-45, 1.0)
FAR = (1.5, 0.2, 100.0)
PAIRS = {                                # family -> (frozen by its numbers, exact of two lists of numbers, samples)
    "norm": (st.norm, of_norm, [(0.0, 1.0), (3.0, 0.1), (1e5, 2.0)]),
    "laplace": (st.laplace, of_laplace, [(1.0, 1.0), (3.0, 0.5)]),
    "lognorm": (lambda mu, s: st.lognorm(s, scale=mu), lambda m, s, n, t: of_norm(MP.log(m), s, MP.log(n), t),
                [(1.0, 1.0), (5.0, 0.25)]),
    "expon": (lambda s: st.expon(scale=s), lambda s, t: of_gamma(1, 1, s, t), [(1.0,), (50.0,)]),
    "gamma": (lambda a, s: st.gamma(a, scale=s), lambda a, s, b, t: of_gamma(a, b, s, t),
              [(2.0, 1.0), (0.01, 3.0), (15.9, 1.0), (1e6, 2.0), (1e9, 1.0)]),
    "beta": (st.beta, lambda a, b, c, d: of_dirichlet((a, b), (c, d)), [(2.0, 3.0), (0.1, 5.0), (1e5, 4e5)]),
    "dirichlet": (lambda *a: st.dirichlet(a), lambda *a: of_dirichlet(a[:3], a[3:]),
                  [(1.0, 2.0, 3.0), (50.0, 0.01, 7.0)]),
    "poisson": (st.poisson, of_poisson, [(3.0,), (1e-3,), (1e8,)]),
}


@pytest.mark.parametrize("family", PAIRS)
def test_values(family):
    """Relative error of a few hundred eps at most, also of divergences of 1e-25: exact values of exact parameters."""
    frozen, exact, points = PAIRS[family]
    with mpmath.workdps(60):
        for point in points:
            for i in range(len(point)):
                for factor in (*NEAR, *FAR):
                    other = tuple(x * factor if j == i else x for j, x in enumerate(point))
                    if family == "lognorm" and i == 0 and factor in NEAR[:3] and point[0] != 1.0:
                        continue         # log(5 x) - log(5): checked at 1, where it is log(x)
                    for p, q in ((point, other), (other, point)):
                        value, true = kl_divergence(frozen(*p), frozen(*q)), exact(*p, *q)
                        assert value >= 0
                        assert abs(value - true) <= 300 * EPS * true, (p, q, value, true)


def test_both_parameters_move():
    """Where the leading terms of shape and scale cancel: the same mean."""
    with mpmath.workdps(60):
        for a in (3.0, 2.0**20):
            for h in (2.0**-10, 2.0**-24):
                p, q = (a, 1.0), (a * (1 + h), 1 / (1 + h))
                value = kl_divergence(st.gamma(p[0], scale=p[1]), st.gamma(q[0], scale=q[1]))
                true = of_gamma(p[0], q[0], p[1], q[1])
                # the product of shape and scale is known to eps: its square, over a
                assert abs(value - true) <= 300 * EPS * true + a * (4 * EPS) ** 2
        p, q = (1e4, 2e4, 3e4), tuple(x * (1 + 2.0**-14) for x in (1e4, 2e4, 3e4))
        true = of_dirichlet(p, q)
        assert abs(kl_divergence(st.dirichlet(p), st.dirichlet(q)) - true) <= 300 * EPS * true


@pytest.mark.parametrize("p", [0.5, 1e-10, 0.25, 1 - 2.0**-20])
def test_coins(p):
    with mpmath.workdps(60):
        for q in (p * (1 + 2.0**-30), p * (1 - 2.0**-40), 0.125, 0.75):
            if q >= 1:
                continue
            true = of_coin(p, q)
            bound = 200 * EPS * true
            assert abs(kl_divergence(st.bernoulli(p), st.bernoulli(q)) - true) <= bound
            assert abs(kl_divergence(st.binom(17, p), st.binom(17, q)) - 17 * true) <= 17 * bound
            assert abs(kl_divergence(st.geom(p), st.geom(q)) - true / p) <= bound / p
    assert kl_divergence(st.bernoulli(0.0), st.bernoulli(0.5)) == pytest.approx(np.log(2), rel=1e-15)
    assert kl_divergence(st.bernoulli(0.5), st.bernoulli(0.0)) == np.inf
    assert kl_divergence(st.bernoulli(1.0), st.bernoulli(1.0)) == 0


@pytest.mark.parametrize(("p", "q"), [
    (st.norm(0, 1), st.norm(1, 2)), (st.laplace(0, 1), st.laplace(1, 2)), (st.lognorm(0.5, scale=2), st.lognorm(0.7)),
    (st.gamma(2, scale=3), st.gamma(3.5, scale=2)), (st.beta(2, 3), st.beta(4, 1.5)),
    (st.uniform(1, 2), st.uniform(0, 5)),
    (st.expon(scale=2), st.expon(scale=3)), (st.expon(loc=1, scale=2), st.expon(loc=0, scale=3)),
    (st.gamma(2, loc=1), st.gamma(3, loc=1)), (st.beta(2, 3, 1, 2), st.beta(3, 2, 1, 2)),
], ids=lambda d: d.dist.name)
def test_integrals(p, q):
    low, high = p.ppf(1e-14), p.ppf(1 - 1e-14)
    points = p.ppf([0.01, 0.5, 0.99])
    integral = scipy.integrate.quad(lambda x: p.pdf(x) * (p.logpdf(x) - q.logpdf(x)), low, high, points=points,
                                    limit=200)[0]
    assert kl_divergence(p, q) == pytest.approx(integral, rel=1e-8)
    assert cross_entropy(p, q) == pytest.approx(p.entropy() + integral, rel=1e-8)
    assert kl_divergence(p, p) == 0
    assert entropy(p, base=2) == pytest.approx(p.entropy() / np.log(2), rel=1e-15)


@pytest.mark.parametrize(("p", "q", "n"), [
    (st.poisson(3), st.poisson(5), 100), (st.binom(9, 0.3), st.binom(9, 0.6), 10), (st.geom(0.3), st.geom(0.5), 200),
    (st.bernoulli(0.3), st.bernoulli(0.6), 2),
], ids=lambda d: getattr(getattr(d, "dist", None), "name", None))
def test_sums(p, q, n):
    k = np.arange(p.dist.name == "geom", n)
    total = np.sum(p.pmf(k) * (p.logpmf(k) - q.logpmf(k)))
    assert kl_divergence(p, q) == pytest.approx(total, rel=1e-9)
    assert cross_entropy(p, q, base=2) == pytest.approx(-np.sum(p.pmf(k) * q.logpmf(k)) / np.log(2), rel=1e-9)


def test_multivariate_normal():
    rng = np.random.default_rng(0)
    a, b = (x @ x.T + np.eye(4) for x in rng.standard_normal((2, 4, 4)))
    m, n = rng.standard_normal((2, 4))
    inverse = np.linalg.inv(b)
    expected = 0.5 * (np.trace(inverse @ a) - 4 + (n - m) @ inverse @ (n - m)
                      + np.linalg.slogdet(b)[1] - np.linalg.slogdet(a)[1])
    p = st.multivariate_normal(m, a)
    assert kl_divergence(p, st.multivariate_normal(n, b)) == pytest.approx(expected, rel=1e-12)
    assert kl_divergence(p, p) == 0
    for h in (2.0**-20, 2.0**-40):       # 4 variances 1 + h each
        q = st.multivariate_normal(m, a * (1 + h))
        assert kl_divergence(q, p) == pytest.approx(2 * float(closed_forms.excess(h)), rel=1e-12)
    one = kl_divergence(st.multivariate_normal(1.0, 4.0), st.multivariate_normal(0.0, 1.0))
    assert one == pytest.approx(kl_divergence(st.norm(1, 2), st.norm(0, 1)), rel=1e-14)
    with pytest.raises(ValueError, match="dimensions"):
        kl_divergence(p, st.multivariate_normal(0.0, 1.0))


class Categorical:
    def __init__(self, p):
        self.p = np.asarray(p)

    def logpmf(self, k):
        return np.log(self.p[k])


def test_categorical():
    p, q = [0.5, 0.3, 0.2], [0.4, 0.4, 0.2]
    assert kl_divergence(Categorical(p), Categorical(q)) == pytest.approx(kl_divergence(p, q), rel=1e-14)


def test_support_and_broadcasting():
    assert kl_divergence(st.uniform(0, 2), st.uniform(0.5, 1)) == np.inf
    assert kl_divergence(st.uniform(0, 1), st.uniform(0, 2), base=2) == 1
    assert kl_divergence(st.expon(0), st.expon(1)) == np.inf
    found = kl_divergence(st.norm(np.zeros((3, 1)), 1), st.norm([0.0, 1.0], [1.0, 2.0]))
    assert found.shape == (3, 2)
    assert found[0, 0] == 0
    assert found[0, 1] == kl_divergence(st.norm(0, 1), st.norm(1, 2))


@pytest.mark.parametrize(("p", "q", "text"), [
    (st.norm(), st.cauchy(), "norm and cauchy"), (st.t(3), st.t(4), "t and t"),
    (st.gamma(1), st.gamma(1, loc=1), "loc"),
    (st.binom(3, 0.5), st.binom(4, 0.5), "n differs"), (st.beta(1, 2), st.beta(1, 2, 0, 3), "scale"),
])
def test_pairs_without_a_form(p, q, text):
    with pytest.raises(ValueError, match=f"no closed form.*{text}"):
        kl_divergence(p, q)


def test_helpers():
    with mpmath.workdps(60):
        for x in (1e-300, 1e-12, -1e-9, 0.3, -0.4, 0.6, 30.0, -0.999):
            true = mpmath.mpf(x) - mpmath.log1p(mpmath.mpf(x))
            assert abs(float(closed_forms.excess(x)) - true) <= 8 * EPS * true
        for t in (1e-9, 0.01, 0.9, 1.1, 40.0):
            true = mpmath.expm1(-mpmath.mpf(t)) + t
            assert abs(float(closed_forms.exp_excess(np.float64(t))) - true) <= 8 * EPS * true
    assert closed_forms.excess(-1.0) == np.inf
    assert closed_forms.bregman(0.0, 2.0, 2.0) == 2
    assert closed_forms.bregman(2.0, 0.0, -2.0) == np.inf


@pytest.mark.parametrize(("name", "p", "q"), [
    ("norm", (0, 1), (1, 2)), ("gamma", (2, 0, 3), (3, 0, 1)), ("beta", (2, 3), (1, 1)), ("poisson", (3,), (4,)),
    ("expon", (0, 2), (0, 1)), ("bernoulli", (0.3,), (0.4,)), ("binom", (5, 0.3), (5, 0.4)), ("geom", (0.3,), (0.5,)),
    ("laplace", (), (1, 2)), ("uniform", (), (-1, 3)), ("lognorm", (0.5,), (0.7,)),
    ("multivariate_normal", ([0, 0], np.eye(2)), ([1, 0], 2 * np.eye(2))),
])
def test_our_distributions_are_taken_as_scipys(name, p, q):
    ours, theirs = getattr(stats, name), getattr(st, name)
    for f, names in ((kl_divergence, (p, q)), (cross_entropy, (p, q)), (entropy, (p,))):
        assert f(*(ours(*s) for s in names)) == pytest.approx(f(*(theirs(*s) for s in names)), rel=1e-13, abs=1e-15)


def test_categories():
    p, q = stats.categorical([0.5, 0.5]), stats.categorical([0.25, 0.75])
    assert kl_divergence(p, q) == pytest.approx(0.5 * np.log(4 / 3), rel=1e-15)
