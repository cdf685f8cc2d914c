"""mathcore.stats.normal against 40 digits, SciPy's moments and samples, and worked examples."""

import numpy as np
import pytest

from mathcore import stats
from tests.stats.families import CHECKS, cases


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.__name__)
@pytest.mark.parametrize(("name", "shapes"), cases("norm", "lognorm"), ids=str)
def test_family(check, name, shapes):
    check(name, shapes)


def test_far_tails():
    """Q(30) = 4.9067e-198 and log Q(1e5) = -x^2/2 - log(x sqrt(2 pi)) + O(x^-2)."""
    assert stats.norm.sf(30.0) == pytest.approx(4.906713927148187e-198, rel=1e-13)
    assert stats.norm.logsf(1e5) == pytest.approx(-5e9 - np.log(1e5 * np.sqrt(2 * np.pi)), rel=1e-15)
    assert stats.norm.logcdf(-1e200) == -np.inf
    assert stats.norm.logpdf(1e200) == -np.inf


def test_68_95_99():
    inside = stats.norm.cdf([1, 2, 3]) - stats.norm.cdf([-1, -2, -3])
    np.testing.assert_allclose(inside, [0.6826894921370859, 0.9544997361036416, 0.9973002039367398], rtol=1e-14)
