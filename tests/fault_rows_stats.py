"""Records and fault tables of the distributions of mathcore.stats (see fault_rows.py)."""

import numpy as np

import mathcore
from mathcore import stats
from tests.fault_rows import Fault

DISTRIBUTIONS = (
    "bernoulli",
    "beta",
    "binom",
    "cauchy",
    "chi2",
    "expon",
    "f",
    "gamma",
    "geom",
    "hypergeom",
    "laplace",
    "logistic",
    "lognorm",
    "nbinom",
    "norm",
    "poisson",
    "randint",
    "t",
    "uniform",
    "weibull_min",
)


def _calls(*args, **kwargs):
    return lambda: (args, kwargs)


# (distribution, method, fault): tests/stats/test_base.py walks them
METHOD_FAULTS = (
    ("norm", "cdf", Fault("text", _calls("a"), TypeError, "norm.cdf", "<U1")),
    ("norm", "cdf", Fault("dates", _calls(np.zeros(2, "M8[D]")), TypeError, "norm.cdf", "datetime64[D]")),
    ("norm", "pdf", Fault("shapes", _calls(np.ones(3), np.ones(2)), ValueError, "norm.pdf", "(2,)")),
    ("norm", "pdf", Fault("too many", _calls(1.0, 0, 1, 2), TypeError, "norm.pdf", "got 3")),
    ("norm", "pdf", Fault("unknown", _calls(1.0, mu=2), TypeError, "norm.pdf", "'mu'")),
    ("norm", "pdf", Fault("twice", _calls(1.0, 2, loc=2), TypeError, "norm.pdf", "'loc'")),
    ("gamma", "pdf", Fault("missing", _calls(1.0), TypeError, "gamma.pdf", "'a'")),
    ("gamma", "pdf", Fault("workers", _calls(np.ones(9000), 2.0, workers=0), ValueError, "workers", "0")),
    ("binom", "pmf", Fault("scale", _calls(1, 5, 0.5, scale=2), TypeError, "binom.pmf", "'scale'")),
    ("gamma", "pdf", Fault("strict", _calls(1.0, -2.0, validate=True), ValueError, "a", "-2.0")),
    (
        "beta",
        "cdf",
        Fault("strict, second", _calls(0.5, [1.0, 2.0], [1.0, 0.0], validate=True), ValueError, "b[1]", "0.0"),
    ),
    ("norm", "ppf", Fault("strict, scale", _calls(0.5, scale=0, validate=True), ValueError, "scale", "0")),
    ("norm", "ppf", Fault("strict, loc", _calls(0.5, loc=np.nan, validate=True), ValueError, "loc", "nan")),
    ("binom", "pmf", Fault("strict, n", _calls(1, 2.5, 0.5, validate=True), ValueError, "n", "2.5")),
    ("binom", "pmf", Fault("strict, p", _calls(1, 2, 1.5, validate=True), ValueError, "p", "1.5")),
    ("hypergeom", "pmf", Fault("strict, N", _calls(1, 10, 5, 11, validate=True), ValueError, "N", "11")),
    ("randint", "pmf", Fault("strict, high", _calls(1, 3, 3, validate=True), ValueError, "high", "3")),
    ("norm", "interval", Fault("confidence", _calls(1.5), ValueError, "confidence", "1.5")),
    ("norm", "rvs", Fault("scale", _calls(scale=-1.0), ValueError, "norm.rvs", "-1.0")),
    ("gamma", "rvs", Fault("shape", _calls(-1.0), ValueError, "gamma.rvs", "-1.0")),
    ("norm", "rvs", Fault("size", _calls(loc=np.zeros(3), size=2), ValueError, "norm.rvs", "(3,)")),
    ("norm", "rvs", Fault("seed", _calls(random_state="x"), ValueError, "norm.rvs", "'x'")),
    ("norm", "rvs", Fault("two seeds", _calls(random_state=1, rng=2), TypeError, "norm.rvs", "both")),
)


STATS = (
    (mathcore, "stats", (), True, False),
    *((stats, name, (), True, False) for name in DISTRIBUTIONS),
    *((stats, name, (), True, False) for name in ("dirichlet", "multinomial", "multivariate_normal")),
    (
        stats,
        "categorical",
        (
            Fault("nothing", _calls(), ValueError, "p and logits", "neither"),
            Fault("both", _calls([1.0], logits=[0.0]), ValueError, "p and logits", "both"),
            Fault("sum", _calls([0.5, 0.6]), ValueError, "p", "1.1"),
            Fault("negative", _calls([1.5, -0.5]), ValueError, "p", "negative"),
            Fault("NaN", _calls([np.nan, 1.0]), ValueError, "p", "NaN"),
            Fault("number", _calls(1.0), ValueError, "p", "()"),
            Fault("text", _calls(["a"]), TypeError, "p", "<U1"),
        ),
        True,
        False,
    ),
)
