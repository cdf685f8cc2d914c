"""Dissimilarities of two vectors of truth values, which counts decide: of what is true in u, in v, in both."""

import numpy as np

from mathcore import _validate
from mathcore._kernels import pairwise as _pairwise
from mathcore.distance import _arguments
from mathcore.linalg._scale import scaled

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
    {notes} Sums are exact to 2^53 without weights; with them each of the four is a sum of its own, exactly 0 where
    nothing occurs. Cost: O(n).

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


# (numerator, denominator) of a distance: tt is true in both rows, `differ` in one of them, n is all; of the two that
# differ `cross` gives the product, and that of tt and what is true in neither
FORMULAS = {
    "dice": lambda n, tt, differ, cross: (differ, 2 * tt + differ),
    "hamming": lambda n, tt, differ, cross: (differ, n),
    "jaccard": lambda n, tt, differ, cross: (differ, tt + differ),
    "rogerstanimoto": lambda n, tt, differ, cross: (2 * differ, n + differ),
    "russellrao": lambda n, tt, differ, cross: (n - tt, n),
    "sokalsneath": lambda n, tt, differ, cross: (2 * differ, tt + 2 * differ),
    "yule": lambda n, tt, differ, cross: _yule(*cross()),
}
NOTHING = ("jaccard", "yule")            # 0 where the numerator is, whatever the denominator


def _yule(half, rest):
    return 2 * half, rest + half


def exact_cases(n, a, b, tt):
    """What formulas take, of n coordinates, a true in one row, b in the other: exact of whole numbers."""
    return n, tt, a + b - 2 * tt, lambda: ((a - tt) * (b - tt), tt * (n - a - b + tt))


def summed_cases(tt, tf, ft, ff):
    """What formulas take, of the four sums of weights: what does not occur is exactly 0."""
    differ = tf + ft
    return tt + differ + ff, tt, differ, lambda: (tf * ft, tt * ff)


def _counts(fn, u, v, w, true=False):
    """What formulas take. `true`: numbers other than 0 are."""
    found = _pairwise.truths(u, v, true) if w is None else None
    if found is not None:
        return exact_cases(*found)
    u, v = _arguments.vector(u, fn, "u"), _arguments.vector(v, fn, "v")
    if len(u) != len(v):
        raise ValueError(f"{fn}: v does not fit. operands could not be broadcast together with shapes {u.shape} "
                         f"{v.shape}")
    for x, arg in ((u, "u"), (v, "v")):
        _validate.real_dtype(x.dtype, fn, arg)
    u, v = ((np.ascontiguousarray(x != 0) if true else _arguments.rows(x, np.float64)) for x in (u, v))
    if w is None:
        return exact_cases(*(_pairwise.truths(u, v, true) if len(u) else (0, 0.0, 0.0, 0.0)))
    w, _ = scaled(_arguments.weights(w, len(u), fn), 0)         # products of two counts stay numbers
    return summed_cases(*(float((w * a) @ b) for a in (u, 1.0 - u) for b in (v, 1.0 - v)))


def _distance(name, counts):
    """The quotient as IEEE has it."""
    a, b = FORMULAS[name](*counts)
    if a == 0 and name in NOTHING:
        return 0.0
    if b:
        return a / b
    return float("nan") if a == 0 or a != a else float("inf") if a > 0 else float("-inf")


@_document("The Dice dissimilarity of two truth vectors.", "``(TF + FT) / (2 TT + TF + FT)``, NaN where nothing is "
           "true.", "dice([1, 0, 0], [1, 1, 0])\n    0.3333333333333333")
def dice(u, v, w=None):
    return _distance("dice", _counts("dice", u, v, w))


@_document("The Jaccard dissimilarity of two truth vectors, as of sets.", "``(TF + FT) / (TT + TF + FT)``, 0 where "
           "nothing is true.", "jaccard([1, 0, 0], [1, 1, 0])\n    np.float64(0.5)",
           "Truth values; what is not 0 is true.", "numpy.float64")
def jaccard(u, v, w=None):
    return np.float64(_distance("jaccard", _counts("jaccard", u, v, w, True)))


@_document("The Rogers-Tanimoto dissimilarity of two truth vectors.", "``2 (TF + FT) / (TT + FF + 2 (TF + FT))``.",
           "rogerstanimoto([1, 0, 0], [1, 1, 0])\n    0.5")
def rogerstanimoto(u, v, w=None):
    return _distance("rogerstanimoto", _counts("rogerstanimoto", u, v, w))


@_document("The Russell-Rao dissimilarity of two truth vectors.", "``(n - TT) / n``.",
           "russellrao([1, 0, 0, 0], [1, 1, 0, 0])\n    0.75")
def russellrao(u, v, w=None):
    return _distance("russellrao", _counts("russellrao", u, v, w))


@_document("The Sokal-Sneath dissimilarity of two truth vectors.", "``2 (TF + FT) / (TT + 2 (TF + FT))``.",
           "sokalsneath([1, 0, 0], [1, 1, 0])\n    np.float64(0.6666666666666666)", returns="numpy.float64",
           bad=", vectors without anything true")
def sokalsneath(u, v, w=None):
    counts = _counts("sokalsneath", u, v, w)
    differ, total = FORMULAS["sokalsneath"](*counts)
    if total == 0:
        raise ValueError("sokalsneath: u and v have nothing true. Sokal-Sneath dissimilarity is not defined for "
                         f"vectors that are entirely false.; got {counts[1]:g} and {differ:g}")
    return np.float64(_distance("sokalsneath", counts))


@_document("The Yule dissimilarity of two truth vectors.", "``2 TF FT / (TT FF + TF FT)``, 0 where TF FT is.",
           "yule([1, 0, 0, 1], [1, 1, 0, 0])\n    1.0")
def yule(u, v, w=None):
    return _distance("yule", _counts("yule", u, v, w))
