"""Bayes' rule for a finite number of hypotheses: posteriors, odds, Bayes factors, tests of a condition."""

from typing import NamedTuple

import numpy as np

from mathcore import _validate
from mathcore.bayes import _arguments as arguments
from mathcore.special import logsumexp

__all__ = [
    "DiagnosticTest", "Posterior", "bayes_factor", "diagnostic_table", "diagnostic_test", "odds", "posterior",
    "posterior_odds", "probability_of_odds", "sequential_update",
]


class Posterior(NamedTuple):
    """What Bayes' rule gives: see `posterior`.

    Parameters
    ----------
    probabilities : ndarray
        Of the hypotheses; their logarithms under ``log=True``.
    evidence : ndarray or float
        Probability of the data; its logarithm under ``log=True``.

    Attributes
    ----------
    probabilities, evidence
    """

    probabilities: np.ndarray
    evidence: float


def _logs(value, fn, arg):
    a = arguments.real_array(value, fn, arg)
    arguments.refuse(~(a < np.inf), a, fn, arg, "is no logarithm of a probability", "a number or -inf")
    return a


def _check_prior(prior, total, k, fn):
    """A sum of 1 within the rounding of its terms; probabilities are never rescaled in silence."""
    arguments.refuse(~(np.abs(total - 1) <= 8 * k * np.finfo(prior.dtype).eps), np.asarray(total), fn, "sum of prior",
                     "is not 1", "probabilities that sum to 1")


def _hypotheses(prior, likelihood, axis, log, fn):
    """Both with the hypotheses along the last axis, in one dtype; the prior checked."""
    check = _logs if log else arguments.non_negative
    prior, likelihood = check(prior, fn, "prior"), check(likelihood, fn, "likelihood")
    _validate.at_least_dims(prior, 1, fn, "prior")
    _validate.at_least_dims(likelihood, 1, fn, "likelihood")
    prior = np.moveaxis(prior, _validate.check_axis(axis, prior, fn, "prior"), -1)
    likelihood = np.moveaxis(likelihood, _validate.check_axis(axis, likelihood, fn, "likelihood"), -1)
    k = prior.shape[-1]
    _validate.same_length(k, likelihood.shape[-1], fn, "numbers of hypotheses of prior and likelihood", prior.shape,
                          likelihood.shape)
    if k == 0:
        raise ValueError(f"{fn}: prior has no hypotheses; expected at least one, got shape {prior.shape}")
    _check_prior(prior, (np.exp(prior, dtype=np.float64) if log else prior).sum(axis=-1, dtype=np.float64), k, fn)
    return prior, likelihood


def _refuse_impossible(none, fn):
    if none.any():
        where = tuple(map(int, np.argwhere(none)[0]))
        at = f" at [{', '.join(map(str, where))}]" if where else ""
        raise ValueError(f"{fn}: likelihood{at} excludes every hypothesis that prior allows; expected a product with "
                         "prior that is not 0 throughout, got 0 for each")


def posterior(prior, likelihood, /, *, log=False, axis=-1):
    """Bayes' rule: probabilities of hypotheses after data.

    ``p(h | data) = p(h) p(data | h) / p(data)``, ``p(data) = sum_h p(h) p(data | h)``

    Parameters
    ----------
    prior : array_like, shape (..., k)
        Probabilities of the hypotheses, which sum to 1 within rounding.
    likelihood : array_like, shape (..., k)
        Probability, or density, of the data under each hypothesis; broadcast with `prior` but for the hypotheses.
    log : bool, default False
        Whether both are given as logarithms, and returned so.
    axis : int, default -1
        That of the hypotheses in both.

    Returns
    -------
    Posterior
        probabilities, shape (..., k), and evidence ``p(data)``, shape (...), with hypotheses on `axis`.

    Raises
    ------
    ValueError
        A prior that does not sum to 1 within 8 k eps, negative or infinite elements, numbers of hypotheses that differ,
        data that are impossible under each hypothesis.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    Products are formed from fractions and exponents of the factors, so that none underflows beside the largest: error
    at most (k + 3) eps of each probability however small likelihoods are, where logarithms would cost eps of their
    size. An evidence below 1e-308 is 0; its logarithm is given under ``log=True``.

    Examples
    --------
    A test with 99 % sensitivity and 95 % specificity, for a condition that 1 % have:

    >>> from mathcore.bayes import posterior
    >>> posterior([0.01, 0.99], [0.99, 0.05])
    Posterior(probabilities=array([0.16666667, 0.83333333]), evidence=np.float64(0.0594))
    """
    fn = "posterior"
    prior, likelihood = _hypotheses(prior, likelihood, axis, log, fn)
    _validate.broadcast_batch(prior.shape[:-1], likelihood.shape[:-1], fn)
    dtype = np.result_type(prior, likelihood)
    prior, likelihood = prior.astype(np.float64, copy=False), likelihood.astype(np.float64, copy=False)
    if log:
        both = prior + likelihood
        evidence = np.asarray(logsumexp(both, axis=-1))
        _refuse_impossible(evidence == -np.inf, fn)
        found = both - evidence[..., None]
    else:
        (m1, e1), (m2, e2) = np.frexp(prior), np.frexp(likelihood)
        both, exponent = m1 * m2, e1 + e2
        top = np.where(both > 0, exponent, np.iinfo(np.int32).min // 2).max(axis=-1, keepdims=True)
        both = np.ldexp(both, np.maximum(exponent - top, -4000))
        total = both.sum(axis=-1)
        _refuse_impossible(total == 0, fn)
        with np.errstate(over="ignore"):
            found, evidence = both / total[..., None], np.ldexp(total, top[..., 0])
    found, evidence = np.asarray(found, dtype), np.asarray(evidence, dtype)
    return Posterior(np.moveaxis(found, -1, axis), evidence[()])


def sequential_update(prior, likelihoods, /, *, log=False):
    """Probabilities of hypotheses after each of many observations in turn.

    Parameters
    ----------
    prior : array_like, shape (k,)
        Probabilities of the hypotheses, which sum to 1 within rounding.
    likelihoods : array_like, shape (n, k)
        Probability, or density, of each observation under each hypothesis.
    log : bool, default False
        Whether both are given as logarithms, and returned so.

    Returns
    -------
    ndarray, shape (n + 1, k)
        Row 0 is the prior, row i the posterior after i observations.

    Raises
    ------
    ValueError
        What `posterior` raises; observations that together exclude every hypothesis, the first that does so named.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    Sums of logarithms, taken as differences from those of the hypothesis that is best at the end: nothing underflows,
    and a hypothesis whose probability is 1e-1000 for a time can come back. Error: about n eps relatively.

    Examples
    --------
    Is a coin fair, or heads with probability 0.8? Heads, heads, tails:

    >>> from mathcore.bayes import sequential_update
    >>> sequential_update([0.5, 0.5], [[0.5, 0.8], [0.5, 0.8], [0.5, 0.2]]).round(3)
    array([[0.5  , 0.5  ],
           [0.385, 0.615],
           [0.281, 0.719],
           [0.494, 0.506]])
    """
    fn = "sequential_update"
    check = _logs if log else arguments.non_negative
    prior, steps = check(prior, fn, "prior"), check(likelihoods, fn, "likelihoods")
    _validate.exact_dims(prior, 1, fn, "prior")
    _validate.exact_dims(steps, 2, fn, "likelihoods")
    k = len(prior)
    _validate.same_length(k, steps.shape[1], fn, "prior.shape[0] and likelihoods.shape[1]", prior.shape, steps.shape)
    if k == 0:
        raise ValueError(f"{fn}: prior has no hypotheses; expected at least one, got shape {prior.shape}")
    _check_prior(prior, (np.exp(prior, dtype=np.float64) if log else prior).sum(dtype=np.float64), k, fn)
    result = np.result_type(prior, steps)
    table = np.concatenate([prior[None], steps]).astype(np.float64)
    if not log:
        with np.errstate(divide="ignore"):
            table = np.log(table)
    last = table.sum(axis=0)
    best = int(last.argmax())
    if last[best] == -np.inf:
        step = int(np.argmax(np.logical_or.accumulate(table == -np.inf).all(axis=1))) - 1
        raise ValueError(f"{fn}: likelihoods[{step}] excludes the last hypothesis that was left; expected one that all "
                         f"observations allow, got {steps[step]}")
    table -= table[:, best, None].copy()
    np.cumsum(table, axis=0, out=table)
    table -= np.asarray(logsumexp(table, axis=1))[:, None]
    return (table if log else np.exp(table)).astype(result, copy=False)


# ------------------------------------------------------------------ odds

def odds(p, /):
    """Odds ``p / (1 - p)`` of a probability.

    Parameters
    ----------
    p : array_like
        In 0 ... 1.

    Returns
    -------
    ndarray or scalar
        inf at 1.

    Raises
    ------
    ValueError
        No probability.
    TypeError
        Not real numbers.

    Examples
    --------
    >>> from mathcore.bayes import odds
    >>> odds(0.75)
    np.float64(3.0)
    """
    p = arguments.probabilities(p, "odds", "p")
    with np.errstate(divide="ignore"):
        return (p / (1 - p))[()]


def probability_of_odds(odds, /):
    """Probability ``odds / (1 + odds)``.

    Parameters
    ----------
    odds : array_like
        At least 0; inf is certainty.

    Returns
    -------
    ndarray or scalar

    Raises
    ------
    ValueError
        Negative odds or NaN.
    TypeError
        Not real numbers.

    Examples
    --------
    >>> from mathcore.bayes import probability_of_odds
    >>> probability_of_odds(3.0)
    np.float64(0.75)
    """
    a = _ratios(odds, "probability_of_odds", "odds")
    finite = np.where(np.isinf(a), 1, a)
    # odds + 1 would round to infinity near the largest number: the reciprocal does not
    return np.where(np.isinf(a), 1, np.where(finite > 1, 1 / (1 + 1 / np.maximum(finite, 1)), finite / (1 + finite))
                    ).astype(a.dtype)[()]


def _ratios(value, fn, arg):
    a = arguments.real_array(value, fn, arg)
    arguments.refuse(~(a >= 0), a, fn, arg, "is negative or NaN", "at least 0")
    return a


def posterior_odds(prior_odds, bayes_factor, /):
    """Odds of a hypothesis against another after data: prior odds times the Bayes factor.

    Parameters
    ----------
    prior_odds, bayes_factor : array_like
        At least 0; broadcast.

    Returns
    -------
    ndarray or scalar

    Raises
    ------
    ValueError
        Negative or NaN, odds 0 beside an infinite factor or inf beside 0.
    TypeError
        Not real numbers.

    Examples
    --------
    >>> from mathcore.bayes import posterior_odds, probability_of_odds
    >>> probability_of_odds(posterior_odds(1 / 99, 19.8)).round(4)
    np.float64(0.1667)
    """
    fn = "posterior_odds"
    prior, factor = _ratios(prior_odds, fn, "prior_odds"), _ratios(bayes_factor, fn, "bayes_factor")
    arguments.fit_together(fn, prior_odds=prior, bayes_factor=factor)
    prior, factor = np.broadcast_arrays(prior, factor)
    arguments.refuse((prior == 0) & np.isinf(factor) | np.isinf(prior) & (factor == 0), factor, fn, "bayes_factor",
                     "and prior_odds are 0 and infinite, whose product is undefined", "a product that is")
    return np.asarray(prior * factor)[()]


def bayes_factor(evidence, other, /, *, log=False):
    """Bayes factor: how much more probable data are under one hypothesis than under another.

    Parameters
    ----------
    evidence, other : array_like
        Probability of the data under either hypothesis, as `log_evidence` of the conjugate families gives its
        logarithm; broadcast.
    log : bool, default False
        Whether both are given as logarithms, and the factor returned so.

    Returns
    -------
    ndarray or scalar
        inf where only the second is 0.

    Raises
    ------
    ValueError
        Negative or NaN, both 0.
    TypeError
        Not real numbers.

    Examples
    --------
    Six heads of ten from a coin of unknown bias, against a fair one:

    >>> from mathcore.bayes import BetaBinomial, bayes_factor
    >>> import math
    >>> fair = math.log(math.comb(10, 6)) - 10 * math.log(2)
    >>> bayes_factor(BetaBinomial(1, 1).log_evidence(6, 10), fair, log=True).round(3)
    np.float64(-0.814)
    """
    fn = "bayes_factor"
    check = _logs if log else arguments.non_negative
    one, two = check(evidence, fn, "evidence"), check(other, fn, "other")
    arguments.fit_together(fn, evidence=one, other=two)
    one, two = np.broadcast_arrays(one, two)
    none = -np.inf if log else 0
    arguments.refuse((one == none) & (two == none), two, fn, "other", "and evidence are both of probability 0",
                     "one that is possible")
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray(one - two if log else one / two)[()]


# ------------------------------------------------------------------ tests of a condition

class DiagnosticTest(NamedTuple):
    """What a test's result says of a condition: see `diagnostic_test`.

    Parameters
    ----------
    prevalence : ndarray or float
        Share of those tested who have the condition.
    sensitivity, specificity : ndarray or float
        Probability of a positive result with the condition, of a negative one without.
    p_positive, p_negative : ndarray or float
        Probability of either result.
    ppv, npv : ndarray or float
        Probability of the condition after a positive result, of none after a negative one.
    lr_positive, lr_negative : ndarray or float
        Likelihood ratios: what a result multiplies the odds of the condition by.

    Attributes
    ----------
    prevalence, sensitivity, specificity, p_positive, p_negative, ppv, npv, lr_positive, lr_negative
    """

    prevalence: float
    sensitivity: float
    specificity: float
    p_positive: float
    p_negative: float
    ppv: float
    npv: float
    lr_positive: float
    lr_negative: float


def diagnostic_test(prevalence, sensitivity, specificity, /):
    """What a positive or negative result of a test says of a condition.

    Parameters
    ----------
    prevalence : array_like
        Probability of the condition before the test.
    sensitivity : array_like
        Probability of a positive result with the condition.
    specificity : array_like
        Probability of a negative result without it; all three broadcast.

    Returns
    -------
    DiagnosticTest
        Probabilities and likelihood ratios by name; NaN where the result they suppose is impossible.

    Raises
    ------
    ValueError
        No probability, shapes that do not broadcast.
    TypeError
        Not real numbers.

    Notes
    -----
    ``ppv = prevalence sensitivity / p_positive``, ``npv = (1 - prevalence) specificity / p_negative``

    Examples
    --------
    A condition that 1 % have, a test that finds 99 % of them and is wrong for 5 % of the others: five of six positive
    results are false.

    >>> from mathcore.bayes import diagnostic_test
    >>> result = diagnostic_test(0.01, 0.99, 0.95)
    >>> print(f"{result.ppv:.4f} {result.npv:.4f} {result.p_positive:.4f} {result.lr_positive:.1f}")
    0.1667 0.9999 0.0594 19.8
    """
    fn = "diagnostic_test"
    named = {name: arguments.probabilities(a, fn, name) for name, a in
             (("prevalence", prevalence), ("sensitivity", sensitivity), ("specificity", specificity))}
    arguments.fit_together(fn, **named)
    have, sensitivity, specificity = np.broadcast_arrays(*named.values())
    return _diagnosis(have, sensitivity, specificity, 1 - specificity, 1 - sensitivity)


def _diagnosis(have, sensitivity, specificity, false_positive, false_negative):
    true_positive, true_negative = have * sensitivity, (1 - have) * specificity
    positive = true_positive + (1 - have) * false_positive
    negative = true_negative + have * false_negative
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = true_positive / positive, true_negative / negative, sensitivity / false_positive, (
            false_negative / specificity)
    return DiagnosticTest(*(np.asarray(a)[()] for a in (have, sensitivity, specificity, positive, negative, *ratios)))


def diagnostic_table(table, /, *, prevalence=None):
    """What a result says of a condition, from counts of a test on people whose condition is known.

    Parameters
    ----------
    table : array_like, shape (..., 2, 2)
        Counts ``[[true negative, false positive], [false negative, true positive]]``: rows are the truth, columns the
        result, as confusion matrices of scikit-learn have them.
    prevalence : array_like, optional
        Of the condition where the test will be used, shape (...); by default that of the table.

    Returns
    -------
    DiagnosticTest

    Raises
    ------
    ValueError
        Another shape, negative counts, nobody with the condition or nobody without.
    TypeError
        Not real numbers.

    Examples
    --------
    >>> from mathcore.bayes import diagnostic_table
    >>> result = diagnostic_table([[85, 15], [10, 90]], prevalence=0.02)
    >>> print(f"{result.sensitivity} {result.specificity} {result.ppv:.3f}")
    0.9 0.85 0.109
    """
    fn = "diagnostic_table"
    t = arguments.non_negative(table, fn, "table")
    if t.shape[-2:] != (2, 2):
        raise ValueError(f"{fn}: table has the wrong shape; expected (..., 2, 2), got {t.shape}")
    rows = t.sum(axis=-1)
    arguments.refuse(rows == 0, rows, fn, "row sum of table", "is 0", "people with the condition and without")
    shares = t / rows[..., None]
    have = rows[..., 1] / rows.sum(axis=-1)
    if prevalence is not None:
        have = arguments.probabilities(prevalence, fn, "prevalence")
        _validate.broadcast_batch(have.shape, t.shape[:-2], fn, "shapes of prevalence and table")
    have, *of = np.broadcast_arrays(have, shares[..., 1, 1], shares[..., 0, 0], shares[..., 0, 1], shares[..., 1, 0])
    return _diagnosis(have, *of)
