"""mathcore.stats.symmetric against 40 digits, SciPy's moments and samples, and worked examples."""

import numpy as np
import pytest

from mathcore import stats
from tests.stats.families import CHECKS, cases


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.__name__)
@pytest.mark.parametrize(("name", "shapes"), cases("uniform", "laplace", "logistic", "cauchy"), ids=str)
def test_family(check, name, shapes):
    check(name, shapes)


def test_known_values():
    np.testing.assert_allclose(stats.cauchy.ppf([0.25, 0.5, 0.75]), [-1, 0, 1], atol=1e-15)
    assert stats.logistic.cdf(0.0) == 0.5
    assert stats.laplace.logsf(1e5) == pytest.approx(-1e5 - np.log(2), rel=1e-15)
    assert stats.uniform.ppf(0.25, loc=2, scale=4) == 3
