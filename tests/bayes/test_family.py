"""Credible intervals of both kinds, against quantiles and the condition that ends of the shortest have."""

import numpy as np
import pytest
from scipy import stats

from mathcore.bayes import BetaBinomial, DirichletMultinomial, GammaPoisson
from mathcore.bayes._family import shortest, sizes

CASES = [(BetaBinomial(2.0, 5.0), stats.beta(2, 5)), (BetaBinomial(30.0, 1.5), stats.beta(30, 1.5)),
         (BetaBinomial(1e6, 1e5), stats.beta(1e6, 1e5)), (GammaPoisson(3.0, 2.0), stats.gamma(3, scale=0.5)),
         (GammaPoisson(1.5, 2.0), stats.gamma(1.5, scale=0.5))]


@pytest.mark.parametrize(("family", "peer"), CASES, ids=lambda v: repr(v)[:30])
@pytest.mark.parametrize("level", [0.05, 0.5, 0.95, 0.999])
def test_intervals(family, peer, level):
    np.testing.assert_allclose(family.credible_interval(level), peer.interval(level), rtol=1e-9)
    low, high = family.credible_interval(level, kind="highest-density")
    assert peer.cdf(high) - peer.cdf(low) == pytest.approx(level, abs=1e-10)
    assert low <= family.mode <= high
    assert high - low <= np.diff(family.credible_interval(level))[0] * (1 + 1e-12)
    # a shortest interval's ends have equal density; quantiles hold 1e-10 of it near the mode's flat top
    assert peer.logpdf(low) == pytest.approx(peer.logpdf(high), abs=1e-5)


def test_densities_that_only_fall_or_rise_or_are_flat():
    for family, peer in ((BetaBinomial(0.5, 3.0), stats.beta(0.5, 3)), (BetaBinomial(1.0, 3.0), stats.beta(1, 3)),
                         (GammaPoisson(0.7, 2.0), stats.gamma(0.7, scale=0.5))):
        low, high = family.credible_interval(0.9, kind="highest-density")
        assert low == 0
        assert high == pytest.approx(peer.ppf(0.9), rel=1e-10)
    low, high = BetaBinomial(3.0, 0.5).credible_interval(0.9, kind="highest-density")
    assert high == 1
    assert low == pytest.approx(stats.beta(3, 0.5).ppf(0.1), rel=1e-10)
    assert BetaBinomial(1, 1).credible_interval(0.9, kind="highest-density") == pytest.approx((0.05, 0.95))
    assert GammaPoisson(2, 1).credible_interval(1.0) == (0, np.inf)
    assert GammaPoisson(2, 1).credible_interval(1.0, kind="highest-density") == (0, np.inf)


def test_categories_have_those_of_their_betas():
    family = DirichletMultinomial([2.0, 3.0, 5.0])
    for kind in ("equal-tailed", "highest-density"):
        low, high = family.credible_interval(0.9, kind=kind)
        for i, a in enumerate(family.alpha):
            assert (low[i], high[i]) == BetaBinomial(a, 10 - a).credible_interval(0.9, kind=kind)


def test_shortest_of_a_symmetric_density():
    normal = stats.norm()
    found = shortest(lambda p, q: normal.ppf(p) if q is None else normal.isf(q), normal.logpdf, 0.95, ())
    np.testing.assert_allclose(found, [-1.959963984540054, 1.959963984540054], rtol=1e-7)


def test_sizes():
    assert sizes(None, "f") == ()
    assert sizes(3, "f") == (3,)
    assert sizes([2, 3], "f") == (2, 3)
    with pytest.raises(ValueError, match="f: size is out of range"):
        sizes((2, -1), "f")
