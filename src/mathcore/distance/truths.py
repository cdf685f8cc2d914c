"""Dissimilarities of two vectors of truth values, which counts decide: of what is true in u, in v, in both."""

import numpy as np

from mathcore import _validate
from mathcore._kernels import pairwise as _pairwise
from mathcore.distance import _arguments

__all__ = ["dice", "jaccard", "rogerstanimoto", "russellrao", "sokalsneath", "yule"]

_PARAMETERS = """
    Drop-in for `scipy.spatial.distance.{name}`.

    Parameters
    ----------
    u, v : array_like, shape (n,)
        {values}
    w : array_like, shape (n,), optional
        Weights, not negative.

    Returns
    -------
    {returns}

    Raises
    ------
    ValueError
        Vectors of different lengths or with another number of dimensions, negative weights{bad}.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    {notes} Sums are exact to 2^53 without weights. Cost: O(n).

    Examples
    --------
    >>> from mathcore.distance import {name}
    >>> {example}
    """

_DEGREES = "Truth values, or degrees of truth from 0 to 1."


def _document(summary, notes, example, values=_DEGREES, returns="float", bad=""):
    def fill(function):
        function.__doc__ = summary + "\n" + _PARAMETERS.format(name=function.__name__, notes=notes, example=example,
                                                               values=values, returns=returns, bad=bad)
        return function

    return fill


def _counts(fn, u, v, w, true=False):
    """(n, a, b, both): the weights' sum, and those of what is true in u, in v, in both. `true`: numbers other than 0
    are."""
    found = _pairwise.truths(u, v, true) if w is None else None
    if found is not None:
        return found
    u, v = _arguments.vector(u, fn, "u"), _arguments.vector(v, fn, "v")
    if len(u) != len(v):
        raise ValueError(f"{fn}: v does not fit. operands could not be broadcast together with shapes {u.shape} "
                         f"{v.shape}")
    for x, arg in ((u, "u"), (v, "v")):
        _validate.real_dtype(x.dtype, fn, arg)
    u, v = ((np.ascontiguousarray(x != 0) if true else _arguments.rows(x, np.float64)) for x in (u, v))
    if w is None:
        return _pairwise.truths(u, v, true) if len(u) else (0, 0.0, 0.0, 0.0)
    w = _arguments.weights(w, len(u), fn)
    return float(w.sum()), float(w @ u), float(w @ v), float((w * u) @ v)


def _quotient(a, b):
    """a / b as IEEE has it."""
    if b:
        return a / b
    return float("nan") if a == 0 or a != a else float("inf") if a > 0 else float("-inf")


@_document("The Dice dissimilarity of two truth vectors.", "``(TF + FT) / (2 TT + TF + FT)``, NaN where nothing is "
           "true.", "dice([1, 0, 0], [1, 1, 0])\n    0.3333333333333333")
def dice(u, v, w=None):
    _, a, b, both = _counts("dice", u, v, w)
    return _quotient(a + b - 2 * both, a + b)


@_document("The Jaccard dissimilarity of two truth vectors, as of sets.", "``(TF + FT) / (TT + TF + FT)``, 0 where "
           "nothing is true.", "jaccard([1, 0, 0], [1, 1, 0])\n    np.float64(0.5)",
           "Truth values; what is not 0 is true.", "numpy.float64")
def jaccard(u, v, w=None):
    _, a, b, both = _counts("jaccard", u, v, w, True)
    union = a + b - both
    return np.float64((union - both) / union if union else 0.0)


@_document("The Rogers-Tanimoto dissimilarity of two truth vectors.", "``2 (TF + FT) / (TT + FF + 2 (TF + FT))``.",
           "rogerstanimoto([1, 0, 0], [1, 1, 0])\n    0.5")
def rogerstanimoto(u, v, w=None):
    n, a, b, both = _counts("rogerstanimoto", u, v, w)
    differ = a + b - 2 * both
    return _quotient(2 * differ, n + differ)


@_document("The Russell-Rao dissimilarity of two truth vectors.", "``(n - TT) / n``.",
           "russellrao([1, 0, 0, 0], [1, 1, 0, 0])\n    0.75")
def russellrao(u, v, w=None):
    n, _, _, both = _counts("russellrao", u, v, w)
    return _quotient(n - both, n)


@_document("The Sokal-Sneath dissimilarity of two truth vectors.", "``2 (TF + FT) / (TT + 2 (TF + FT))``.",
           "sokalsneath([1, 0, 0], [1, 1, 0])\n    np.float64(0.6666666666666666)", returns="numpy.float64",
           bad=", vectors without anything true")
def sokalsneath(u, v, w=None):
    _, a, b, both = _counts("sokalsneath", u, v, w)
    differ = a + b - 2 * both
    if both + 2 * differ == 0:
        raise ValueError("sokalsneath: u and v have nothing true. Sokal-Sneath dissimilarity is not defined for "
                         f"vectors that are entirely false.; got {both:g} and {differ:g}")
    return np.float64(2 * differ / (both + 2 * differ))


@_document("The Yule dissimilarity of two truth vectors.", "``2 TF FT / (TT FF + TF FT)``, 0 where TF FT is.",
           "yule([1, 0, 0, 1], [1, 1, 0, 0])\n    1.0")
def yule(u, v, w=None):
    n, a, b, both = _counts("yule", u, v, w)
    half = (a - both) * (b - both)
    return 2 * half / (both * (n - a - b + both) + half) if half else 0.0
