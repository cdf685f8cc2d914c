"""Distributions, descriptions of samples, intervals: SciPy's names and results, compiled."""

from mathcore.stats.bootstrap import bootstrap
from mathcore.stats.counts import bernoulli, binom, geom, hypergeom, nbinom, poisson, randint
from mathcore.stats.descriptive import corrcoef, cov, describe
from mathcore.stats.exponential import chi2, expon, gamma, weibull_min
from mathcore.stats.intervals import mean_ci, proportion_ci
from mathcore.stats.moments import RunningMoments
from mathcore.stats.multivariate import categorical, multivariate_normal
from mathcore.stats.normal import lognorm, norm
from mathcore.stats.ratios import beta, f, t
from mathcore.stats.symmetric import cauchy, laplace, logistic, uniform

_SCIPY = ("dirichlet", "multinomial")  # SciPy's own, loaded when they are asked for

__all__ = [  # noqa: F822
    "RunningMoments",
    "bernoulli",
    "beta",
    "binom",
    "bootstrap",
    "categorical",
    "cauchy",
    "chi2",
    "corrcoef",
    "cov",
    "describe",
    "dirichlet",
    "expon",
    "f",
    "gamma",
    "geom",
    "hypergeom",
    "laplace",
    "logistic",
    "lognorm",
    "mean_ci",
    "multinomial",
    "multivariate_normal",
    "nbinom",
    "norm",
    "poisson",
    "proportion_ci",
    "randint",
    "t",
    "uniform",
    "weibull_min",
]


def __getattr__(name):
    if name in _SCIPY:
        from scipy.stats import _multivariate

        return getattr(_multivariate, name)
    raise AttributeError(f"module 'mathcore.stats' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
