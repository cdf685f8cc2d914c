"""Entropies and divergences of rows of probabilities, checked and summed in one pass, or of frozen distributions."""

import numpy as np

from mathcore._kernels.information import KINDS, fast
from mathcore._kernels.tape import differentiable
from mathcore.information import closed_forms
from mathcore.information._common import by_rows, unit_of

__all__ = ["cross_entropy", "entropy", "js_distance", "js_divergence", "kl_divergence", "perplexity"]

_ENTROPY, _CROSS, _KL, _JS = (KINDS[name] for name in ("entropy", "cross_entropy", "kl_divergence", "js_divergence"))


def _of_one(fn, p, base, axis, normalize, workers):
    unit = 1.0 if base is None else unit_of(base, fn)
    if normalize is False and axis == -1:
        found = fast(_ENTROPY, p, None, unit, workers, fn)
        if found is not None:
            return found
    if fn == "entropy" and closed_forms.is_distribution(p):
        return closed_forms.of_one(p, unit)
    return by_rows(fn, _ENTROPY, (("p", p),), base, axis, normalize, workers)


def _of_two(fn, kind, p, q, base, axis, normalize, workers):
    unit = 1.0 if base is None else unit_of(base, fn)
    if normalize is False and axis == -1:
        found = fast(kind, p, q, unit, workers, fn)
        if found is not None:
            return found
    if kind != _JS and (closed_forms.is_distribution(p) or closed_forms.is_distribution(q)):
        return closed_forms.of_two(fn, p, q, unit)
    return by_rows(fn, kind, (("p", p), ("q", q)), base, axis, normalize, workers)


@differentiable
def entropy(p, /, *, base=None, axis=-1, normalize=False, workers=None):
    """Shannon entropy of distributions.

    ``H = -sum p log p``, ``0 log 0 = 0``

    Parameters
    ----------
    p : array_like, or frozen distribution
        Probabilities, which sum to 1 along `axis`; or a distribution that knows its own ``entropy()``, as those of
        `scipy.stats` do (differential entropy for a density), to which the options of arrays do not apply.
    base : float, optional
        Of the logarithm: 2 for bits, 10, any other positive number but 1. Default: natural, for nats.
    axis : int, optional
        Along which the outcomes lie. (The peer `scipy.stats.entropy` has 0.)
    normalize : bool, optional
        Whether each row is divided by its sum first. (The peer always does.)
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    scalar, or ndarray without `axis`
        In [0, log n]. float32 stays float32, integers become float64.

    Raises
    ------
    ValueError
        A negative or NaN probability, a row that does not sum to 1 within 8 n eps (named with its index and sum), no
        outcomes, a `base` that is none, an `axis` outside the array.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    Error: at most 14 eps, for any n: logarithms to 3 ULP, lanes of 16 terms, whose sums are added with compensation.
    With `normalize` the sum S enters as ``log(S / p)``, which keeps all digits where one weight is nearly S.
    Cost: one logarithm for each element; rows are checked in the same pass.

    Examples
    --------
    >>> from mathcore.information import entropy
    >>> entropy([0.5, 0.5], base=2), entropy([0.9, 0.1], base=2).round(3), entropy([1.0, 0.0])
    (np.float64(1.0), np.float64(0.469), np.float64(0.0))
    >>> entropy([9, 1], base=2, normalize=True).round(3)
    np.float64(0.469)
    """
    return _of_one("entropy", p, base, axis, normalize, workers)


@differentiable
def cross_entropy(p, q, /, *, base=None, axis=-1, normalize=False, workers=None):
    """Cross-entropy of distributions: the mean length of a code made for q, of what comes by p.

    ``H(p, q) = -sum p log q = H(p) + KL(p, q)``, ``0 log 0 = 0``

    Parameters
    ----------
    p, q : array_like, or frozen distributions
        Probabilities, which sum to 1 along `axis`; other axes broadcast. Or two distributions of one family, as in
        `kl_divergence`.
    base : float, optional
        Of the logarithm, as in `entropy`.
    axis : int, optional
        Along which the outcomes lie.
    normalize : bool, optional
        Whether each row is divided by its sum first.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    scalar, or ndarray without `axis`
        inf where q excludes what p allows.

    Raises
    ------
    ValueError
        As `entropy`; numbers of outcomes that differ, batches that do not broadcast.
    TypeError
        Data that are not real numbers.

    See Also
    --------
    mathcore.losses.cross_entropy : of logits and labels, with its gradient.
    cross_entropy_from_logits : of two arrays of logits.

    Notes
    -----
    Error and cost as of `entropy`.

    Examples
    --------
    >>> from mathcore.information import cross_entropy
    >>> cross_entropy([1.0, 0.0, 0.0], [0.7, 0.2, 0.1]).round(4)
    np.float64(0.3567)
    """
    return _of_two("cross_entropy", _CROSS, p, q, base, axis, normalize, workers)


@differentiable
def kl_divergence(p, q, /, *, base=None, axis=-1, normalize=False, workers=None):
    """Kullback-Leibler divergence, or relative entropy, of distributions.

    ``KL(p, q) = sum p log(p / q)``, summed as ``p log(p / q) - p + q``, which is never negative

    Parameters
    ----------
    p, q : array_like, or frozen distributions
        Probabilities, which sum to 1 along `axis`; other axes broadcast. Or two distributions of one family: norm,
        multivariate_normal, lognorm, laplace, uniform, expon, gamma, beta, dirichlet, bernoulli, categorical, binom,
        geom or poisson, frozen as in ``scipy.stats.norm(0, 1)``; their parameters broadcast.
    base : float, optional
        Of the logarithm, as in `entropy`.
    axis : int, optional
        Along which the outcomes lie.
    normalize : bool, optional
        Whether each row is divided by its sum first.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    scalar, or ndarray without `axis`
        At least 0; exactly 0 where p equals q; inf where q excludes what p allows.

    Raises
    ------
    ValueError
        As `cross_entropy`; two distributions without a closed form.
    TypeError
        Data that are not real numbers, a distribution beside an array.

    Notes
    -----
    Sums that are 1 only up to rounding enter in second order, and each term is computed from the difference of p and q
    where they are near each other: a divergence of 1e-20 is right to 14 eps. Where they are not, the error is at most
    14 eps of ``sum p |log(p / q)| + |p - q|``.
    Closed forms likewise take differences of the parameters, and gamma functions as Stirling's series with its
    differences taken term by term.

    Examples
    --------
    >>> from mathcore.information import kl_divergence
    >>> p, q = [0.5, 0.3, 0.2], [0.4, 0.4, 0.2]
    >>> kl_divergence(p, q).round(4), kl_divergence(q, p).round(4), kl_divergence(p, p)
    (np.float64(0.0253), np.float64(0.0258), np.float64(0.0))
    """
    return _of_two("kl_divergence", _KL, p, q, base, axis, normalize, workers)


@differentiable
def js_divergence(p, q, /, *, base=None, axis=-1, normalize=False, workers=None):
    """Jensen-Shannon divergence of distributions, symmetric and finite.

    ``JS(p, q) = (KL(p, m) + KL(q, m)) / 2``, ``m = (p + q) / 2``

    Parameters
    ----------
    p, q : array_like
        Probabilities, which sum to 1 along `axis`; other axes broadcast.
    base : float, optional
        Of the logarithm, as in `entropy`.
    axis : int, optional
        Along which the outcomes lie.
    normalize : bool, optional
        Whether each row is divided by its sum first.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    scalar, or ndarray without `axis`
        In [0, log 2]: 0 where p equals q, log 2 where they share nothing.

    Raises
    ------
    ValueError
        As `cross_entropy`.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    The square of `js_distance`, which `scipy.spatial.distance.jensenshannon` gives. Error as of `kl_divergence`.

    Examples
    --------
    >>> from mathcore.information import js_divergence
    >>> js_divergence([0.5, 0.5, 0.0], [0.0, 0.5, 0.5], base=2)
    np.float64(0.5)
    """
    return _of_two("js_divergence", _JS, p, q, base, axis, normalize, workers)


def js_distance(p, q, /, *, base=None, axis=-1, normalize=False, workers=None):
    """Jensen-Shannon distance of distributions, a metric: the root of `js_divergence`.

    ``sqrt(JS(p, q))``

    Parameters
    ----------
    p, q : array_like
        Probabilities, which sum to 1 along `axis`; other axes broadcast.
    base : float, optional
        Of the logarithm, as in `entropy`.
    axis : int, optional
        Along which the outcomes lie.
    normalize : bool, optional
        Whether each row is divided by its sum first.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    scalar, or ndarray without `axis`
        In [0, sqrt(log 2)].

    Raises
    ------
    ValueError
        As `cross_entropy`.
    TypeError
        Data that are not real numbers.

    Examples
    --------
    >>> from mathcore.information import js_distance
    >>> js_distance([1.0, 0.0], [0.0, 1.0], base=2)
    np.float64(1.0)
    """
    return np.sqrt(_of_two("js_distance", _JS, p, q, base, axis, normalize, workers))


@differentiable
def perplexity(p, /, *, axis=-1, normalize=False, workers=None):
    """Perplexity of distributions: the number of equally likely outcomes of the same entropy.

    ``exp(H(p))``

    Parameters
    ----------
    p : array_like
        Probabilities, which sum to 1 along `axis`.
    axis : int, optional
        Along which the outcomes lie.
    normalize : bool, optional
        Whether each row is divided by its sum first.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    scalar, or ndarray without `axis`
        In [1, n].

    Raises
    ------
    ValueError
        As `entropy`.
    TypeError
        Data that are not real numbers.

    Examples
    --------
    >>> from mathcore.information import perplexity
    >>> perplexity([0.25, 0.25, 0.25, 0.25]).round(12), perplexity([1.0, 0.0, 0.0])
    (np.float64(4.0), np.float64(1.0))
    """
    return np.exp(_of_one("perplexity", p, None, axis, normalize, workers))
