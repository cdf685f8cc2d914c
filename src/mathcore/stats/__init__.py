"""Distributions, descriptions of samples, intervals: SciPy's names and results, compiled."""

from mathcore.stats.bootstrap import bootstrap
from mathcore.stats.counts import bernoulli, binom, geom, hypergeom, nbinom, poisson, randint
from mathcore.stats.descriptive import corrcoef, cov, describe
from mathcore.stats.exponential import chi2, expon, gamma, weibull_min
from mathcore.stats.intervals import mean_ci, proportion_ci
from mathcore.stats.moments import RunningMoments
from mathcore.stats.normal import lognorm, norm
from mathcore.stats.ratios import beta, f, t
from mathcore.stats.symmetric import cauchy, laplace, logistic, uniform

__all__ = [
    "RunningMoments", "bernoulli", "beta", "binom", "bootstrap", "cauchy", "chi2", "corrcoef", "cov", "describe", "expon", "f",
    "gamma", "geom", "hypergeom", "laplace", "logistic", "lognorm", "mean_ci", "nbinom", "norm", "poisson", "proportion_ci",
    "randint", "t", "uniform", "weibull_min",
]
