"""What is asked of a joint distribution, as functions of its table; the law of total probability."""

import numpy as np

from mathcore import _validate
from mathcore.probability.joint import check_total, made, probabilities
from mathcore.probability.table import EPS, Joint

__all__ = ["conditional", "correlation", "covariance", "expectation", "is_independent", "marginal",
           "total_probability", "variance"]


def _as_joint(x, fn):
    return x if isinstance(x, Joint) else made(fn, "joint", x)


def marginal(joint, /, *names):
    """The distribution of some variables of a joint one, the others summed over.

    ``P(x) = sum_y P(x, y)``

    Parameters
    ----------
    joint : Joint or array_like
        A table without names has 0, 1, ...
    *names
        In the order that the new axes shall have.

    Returns
    -------
    Joint

    Raises
    ------
    ValueError
        As `joint`; names that it does not have.

    Examples
    --------
    >>> from mathcore.probability import marginal
    >>> marginal([[0.25, 0.25], [0.0, 0.5]], 1).table
    array([0.25, 0.75])
    """
    return _as_joint(joint, "marginal").marginal(*names)


def conditional(joint, /, *of, given):
    """The distribution of some variables of a joint one once others are known.

    ``P(y | x) = P(x, y) / P(x)``

    Parameters
    ----------
    joint : Joint or array_like
        A table without names has 0, 1, ...
    *of
        Names. Default: all that `given` does not name.
    given : dict, or name, or tuple of names
        Values that are known; or variables, for the table of all their values, in rows.

    Returns
    -------
    Joint, or ndarray
        See `Joint.conditional`.

    Raises
    ------
    ValueError
        As `joint`; names or values that it does not have, a condition of probability 0.

    Examples
    --------
    >>> from mathcore.probability import conditional
    >>> conditional([[0.25, 0.25], [0.0, 0.5]], given=0)
    array([[0.5, 0.5],
           [0. , 1. ]])
    >>> conditional([[0.25, 0.25], [0.0, 0.5]], given={1: 1}).table.round(4)
    array([0.3333, 0.6667])
    """
    return _as_joint(joint, "conditional").conditional(*of, given=given)


def is_independent(joint, a=0, b=1, /, *, given=None, tol=None):
    """Whether two variables of a joint distribution are independent.

    ``P(a, b) = P(a) P(b)``; given c, ``P(a, b, c) P(c) = P(a, c) P(b, c)``

    Parameters
    ----------
    joint : Joint or array_like
        A table without names has 0, 1, ...
    a, b : name or tuple of names
        The variables, or groups of them.
    given : name or tuple of names, optional
        For conditional independence.
    tol : float, optional
        What both sides may differ by. Default: 0 for fractions, else 8 eps times the number of elements.

    Returns
    -------
    bool

    Raises
    ------
    ValueError
        As `joint`; names that it does not have or that come twice.

    Examples
    --------
    >>> from mathcore.probability import is_independent
    >>> is_independent([[0.25, 0.25], [0.25, 0.25]]), is_independent([[0.5, 0.0], [0.0, 0.5]])
    (True, False)
    """
    return _as_joint(joint, "is_independent").is_independent(a, b, given=given, tol=tol)


def expectation(joint, f=None, /):
    """Expected value of a variable of a joint distribution, or of a function of all.

    ``E f = sum P(x) f(x)``

    Parameters
    ----------
    joint : Joint or array_like
        A table without names has variables 0, 1, ... with values 0, 1, ...
    f : name or callable, optional
        A variable whose values are numbers, or a function of the arrays of values of all variables in order, which
        broadcast. Default: the only variable.

    Returns
    -------
    float, or Fraction where the table holds fractions and the values are whole or fractions

    Raises
    ------
    ValueError
        As `joint`; a name that it does not have.
    TypeError
        Values that are no numbers.

    Examples
    --------
    >>> from mathcore.probability import expectation, joint
    >>> die = joint([1] * 6, values=[range(1, 7)], normalize=True)
    >>> expectation(die), expectation(die, lambda x: x ** 2)
    (Fraction(7, 2), Fraction(91, 6))
    """
    return _as_joint(joint, "expectation").expectation(f)


def variance(joint, f=None, /):
    """Variance of a variable of a joint distribution, or of a function of all.

    ``E (f - E f)^2``

    Parameters
    ----------
    joint : Joint or array_like
        As in `expectation`.
    f : name or callable, optional
        As in `expectation`.

    Returns
    -------
    float or Fraction

    Raises
    ------
    ValueError
        As `expectation`.
    TypeError
        Values that are no numbers.

    Examples
    --------
    >>> from mathcore.probability import joint, variance
    >>> variance(joint([1] * 6, values=[range(1, 7)], normalize=True))
    Fraction(35, 12)
    """
    return _as_joint(joint, "variance").variance(f)


def covariance(joint, f=0, g=1, /):
    """Covariance of two variables of a joint distribution, or of two functions.

    ``E (f - E f)(g - E g)``

    Parameters
    ----------
    joint : Joint or array_like
        As in `expectation`.
    f, g : name or callable
        As in `expectation`.

    Returns
    -------
    float or Fraction

    Raises
    ------
    ValueError
        As `expectation`.
    TypeError
        Values that are no numbers.

    Examples
    --------
    >>> from mathcore.probability import covariance
    >>> covariance([[0.5, 0.0], [0.0, 0.5]])
    0.25
    """
    return _as_joint(joint, "covariance").covariance(f, g)


def correlation(joint, f=0, g=1, /):
    """Correlation of two variables of a joint distribution, or of two functions.

    ``cov(f, g) / sqrt(var f var g)``

    Parameters
    ----------
    joint : Joint or array_like
        As in `expectation`.
    f, g : name or callable
        As in `expectation`.

    Returns
    -------
    float
        From -1 to 1; NaN where one is constant.

    Raises
    ------
    ValueError
        As `expectation`.
    TypeError
        Values that are no numbers.

    Examples
    --------
    >>> from mathcore.probability import correlation
    >>> correlation([[0.5, 0.0], [0.0, 0.5]])
    1.0
    """
    return _as_joint(joint, "correlation").correlation(f, g)


def total_probability(prior, likelihood, /):
    """Probability of evidence by the cases that exclude each other: the law of total probability.

    ``P(B) = sum_i P(A_i) P(B | A_i)``

    Parameters
    ----------
    prior : array_like, shape (n,)
        Probabilities of the cases, which sum to 1.
    likelihood : array_like, shape (n,) or (n, k)
        Probability of the evidence in each case; of k pieces of evidence a column each.

    Returns
    -------
    scalar, or ndarray of shape (k,)
        Fractions where both are.

    Raises
    ------
    ValueError
        A prior that does not sum to 1, a likelihood outside [0, 1], shapes that do not fit.
    TypeError
        Data that are not real numbers.

    Examples
    --------
    >>> from mathcore.probability import total_probability
    >>> total_probability([0.01, 0.99], [0.95, 0.1]).round(4)       # sick or healthy; the test is positive
    np.float64(0.1085)
    """
    fn = "total_probability"
    p, q = probabilities(prior, fn, "prior"), probabilities(likelihood, fn, "likelihood")
    _validate.exact_dims(p, 1, fn, "prior")
    if q.ndim not in (1, 2) or len(q) != len(p):
        raise ValueError(f"{fn}: likelihood does not fit prior; expected shape {p.shape} or ({len(p)}, k), got "
                         f"{q.shape}")
    for where in np.argwhere(q > 1 + 8 * EPS).tolist()[:1]:
        raise ValueError(f"{fn}: likelihood{where} is no probability; expected 0 to 1, got {q[tuple(where)]}")
    check_total(p, fn, "prior")
    return np.sum(p * q.T, axis=-1)
