"""mean_ci, proportion_ci: confidence intervals in closed form."""

from typing import NamedTuple

import numpy as np

from mathcore import _validate
from mathcore.stats.bootstrap import ALTERNATIVES, bootstrap
from mathcore.stats.descriptive import _moments_along
from mathcore.stats.normal import norm
from mathcore.stats.ratios import t as student

__all__ = ["mean_ci", "proportion_ci"]

_PROPORTION_METHODS = ("wilson", "exact", "wilsoncc", "agresti-coull", "normal")


class Interval(NamedTuple):
    """A confidence interval.

    Attributes
    ----------
    estimate, low, high : float or ndarray
    """

    estimate: float
    low: float
    high: float


def _tails(confidence_level, alternative, fn):
    """(probability of one tail, whether there is a lower bound, whether an upper one)."""
    level = _validate.real_number(confidence_level, fn, "confidence_level", low=0, high=1)
    _validate.one_of(alternative, ALTERNATIVES, fn, "alternative")
    tail = (1 - level) / 2 if alternative == "two-sided" else 1 - level
    return tail, alternative != "less", alternative != "greater"


def mean_ci(x, /, *, confidence_level=0.95, axis=-1, method="t", alternative="two-sided", n_resamples=9999, rng=None):
    """Mean with its confidence interval.

    ``mean -+ q sqrt(variance / n)``, q being a quantile of Student's t distribution of n - 1 degrees of freedom or of
    the normal distribution.

    Parameters
    ----------
    x : array_like
        Independent observations along `axis`, at least two.
    confidence_level : float, optional
        0 to 1.
    axis : int, optional
        Axis of the observations.
    method : {"t", "normal", "bootstrap"}, optional
        "bootstrap" takes the interval BCa of `bootstrap`.
    alternative : {"two-sided", "less", "greater"}, optional
        "less": no lower bound; "greater": no upper one.
    n_resamples : int, optional
        Of "bootstrap".
    rng : int or numpy.random.Generator, optional
        Of "bootstrap".

    Returns
    -------
    Interval
        ``(estimate, low, high)``, each a scalar or an array without `axis`; of the floating type of `x`.

    Raises
    ------
    ValueError
        Fewer than two observations, an option that is not known or out of range.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    Mean and variance as in `describe`. Error: some eps of the mean, and 1e-13 of the width. Cost: one pass over `x`.

    Examples
    --------
    >>> from mathcore.stats import mean_ci
    >>> estimate, low, high = mean_ci([4.9, 5.1, 5.3, 4.7, 5.0])
    >>> print(f"{estimate:.2f} [{low:.3f}, {high:.3f}]")
    5.00 [4.722, 5.278]
    """
    fn = "mean_ci"
    tail, has_low, has_high = _tails(confidence_level, alternative, fn)
    _validate.one_of(method, ("t", "normal", "bootstrap"), fn, "method")
    a = _validate.as_array(x, fn, "x")
    dtype = _validate.real_dtype(a.dtype, fn, "x")
    _validate.at_least_dims(a, 1, fn, "x")
    axis = _validate.check_axis(axis, a, fn, "x") % a.ndim
    n = a.shape[axis]
    if n < 2:
        raise ValueError(f"{fn}: x has too few observations; expected at least 2 along axis {axis}, got {n}")
    a = _validate.ready(a, np.float32 if dtype == np.float32 else np.float64)
    shift, fields = _moments_along(a, axis, None, None, fn)
    mean = shift + fields[1]
    if method == "bootstrap":
        rng = _validate.generator(rng, fn)
        n_resamples = _validate.whole_number(n_resamples, fn, "n_resamples", low=1)
        low, high = bootstrap((a,), "mean", n_resamples=n_resamples, axis=axis, confidence_level=confidence_level,
                              alternative=alternative, rng=rng).confidence_interval
    else:
        q = student.ppf(tail, n - 1) if method == "t" else norm.ppf(tail)
        reach = -q * np.sqrt(fields[3] / (n - 1) / n)
        low = mean - reach if has_low else np.full_like(mean, -np.inf)
        high = mean + reach if has_high else np.full_like(mean, np.inf)
    return Interval(*(np.asarray(v).astype(dtype)[()] for v in (mean, low, high)))


def proportion_ci(k, n, /, *, confidence_level=0.95, method="wilson", alternative="two-sided"):
    """Proportion of successes in independent trials, with its confidence interval.

    Parameters
    ----------
    k, n : int or array_like of int
        Successes and trials, ``0 <= k <= n``, ``n >= 1``; they broadcast.
    confidence_level : float, optional
        0 to 1.
    method : {"wilson", "exact", "wilsoncc", "agresti-coull", "normal"}, optional
        Wilson's score interval, Clopper and Pearson's, Wilson's with continuity correction, Agresti and Coull's,
        Wald's. The first is near its level for all n; "exact" never falls below it.
    alternative : {"two-sided", "less", "greater"}, optional
        "less": the lower bound is 0; "greater": the upper one is 1.

    Returns
    -------
    Interval
        ``(estimate, low, high)``, each a scalar or an array of float64.

    Raises
    ------
    ValueError
        ``k < 0``, ``k > n``, ``n < 1``, an option that is not known or out of range.
    TypeError
        Numbers that are not whole.

    Notes
    -----
    "exact" inverts the incomplete beta function, error some 1e-14; the others are closed forms, a few eps. "wilson",
    "wilsoncc" and "exact" are those of ``scipy.stats.binomtest(k, n).proportion_ci``. Bounds stay within 0 ... 1.
    Cost: O(1) each.

    References
    ----------
    R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872. A. Agresti and B. A. Coull, Amer. Statist. 52 (1998),
    119-126.

    Examples
    --------
    >>> from mathcore.stats import proportion_ci
    >>> estimate, low, high = proportion_ci(7, 50)
    >>> print(f"{estimate} [{low:.4f}, {high:.4f}]")
    0.14 [0.0695, 0.2619]
    """
    fn = "proportion_ci"
    tail, has_low, has_high = _tails(confidence_level, alternative, fn)
    _validate.one_of(method, _PROPORTION_METHODS, fn, "method")
    k, n = (_counts(a, fn, name) for a, name in ((k, "k"), (n, "n")))
    shape = _validate.broadcast_batch(k.shape, n.shape, fn, "k and n")
    k, n = np.broadcast_to(k, shape), np.broadcast_to(n, shape)
    for bad, name, fact, value in (((n < 1), "n", "is no number of trials; expected at least 1", n),
                                   ((k < 0), "k", "is no number of successes; expected at least 0", k),
                                   ((k > n), "k", "is greater than n; expected as many trials as successes", k)):
        if bad.any():
            raise ValueError(f"{fn}: {name} {fact}, got {int(value[bad].flat[0])}")
    low, high = (_exact if method == "exact" else _closed)(k, n, tail, method)
    low = np.where((k == 0) | (not has_low), 0.0, np.clip(low, 0, 1))
    high = np.where((k == n) | (not has_high), 1.0, np.clip(high, 0, 1))
    return Interval((k / n)[()], low[()], high[()])


def _counts(a, fn, name):
    a = _validate.as_array(a, fn, name)
    if a.dtype.kind not in "iu":
        raise TypeError(f"{fn}: {name} has dtype {a.dtype}; expected whole numbers")
    return a.astype(np.float64)


def _exact(k, n, tail, method):
    from scipy.special import betaincinv

    with np.errstate(invalid="ignore"):
        return (betaincinv(np.where(k > 0, k, 1), n - k + 1, tail),
                betaincinv(k + 1, np.where(k < n, n - k, 1), 1 - tail))


def _closed(k, n, tail, method):
    z = norm.isf(tail)
    p, q = k / n, 1 - k / n
    if method == "normal":
        reach = z * np.sqrt(p * q / n)
        return p - reach, p + reach
    if method == "agresti-coull":
        size = n + z * z
        centre = (k + z * z / 2) / size
        reach = z * np.sqrt(centre * (1 - centre) / size)
        return centre - reach, centre + reach
    half = 2 * (n + z * z)
    centre = (2 * k + z * z) / half
    if method == "wilson":
        reach = z / half * np.sqrt(4 * k * q + z * z)
        return centre - reach, centre + reach
    down = 1 + z * np.sqrt(np.maximum(0, z * z - 2 - 1 / n + 4 * p * (n * q + 1)))
    up = 1 + z * np.sqrt(np.maximum(0, z * z + 2 - 1 / n + 4 * p * (n * q - 1)))
    return centre - down / half, centre + up / half
