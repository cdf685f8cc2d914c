"""How far predictions of real targets are off: mean squared and absolute errors, R^2, and their kin."""

import math
import warnings

import numpy as np

from mathcore._kernels import scores as _scores
from mathcore.metrics._labels import check_lengths, check_weights, is_sparse, undefined_class
from mathcore.metrics._points import as_scores

__all__ = ["explained_variance_score", "max_error", "mean_absolute_error", "mean_absolute_percentage_error",
           "mean_squared_error", "median_absolute_error", "r2_score", "root_mean_squared_error"]

UNIFORM = "uniform_average"


# ------------------------------------------------------------------ one output, plain rows

def _mean(kind, y_true, y_pred, weight, c=0.0):
    """The mean by one pass of a kernel, or None where the general door must look."""
    total = _scores.total(kind, y_true, y_pred, weight, c)
    if total is None:
        return None
    count = len(y_true) if weight is None else _scores.total(_scores.VALUE, weight)
    return total / count if math.isfinite(total) and count > 0 else None


# ------------------------------------------------------------------ the general door

def _targets(fn, y_true, y_pred, sample_weight, multioutput, extra=()):
    """Targets and predictions (n, outputs) of one float type, weights, and multioutput as a word or weights of "
      "outputs."""
    for x, arg in ((y_true, "y_true"), (y_pred, "y_pred")):
        if is_sparse(x):
            raise TypeError(f"{fn}: {arg} is sparse ({type(x).__name__}). Sparse data was passed; expected a dense "
                            "array")
    y, p = as_scores(y_true, fn, "y_true"), as_scores(y_pred, fn, "y_pred")
    check_lengths(fn, [("y_true", y), ("y_pred", p), ("sample_weight", sample_weight)])
    for a, arg in ((y, "y_true"), (p, "y_pred")):
        if a.ndim > 2:
            raise ValueError(f"{fn}: {arg} has too many dimensions. Found array with dim {a.ndim}; expected 1 or 2, "
                             f"got shape {a.shape}")
        if a.size == 0:
            raise ValueError(f"{fn}: {arg} is empty. Found array with 0 sample(s) (shape={a.shape}) while a minimum of "
                             "1 is required.")
    floats = [a.dtype for a in (y, p) if a.dtype.kind == "f"]
    weight = None
    if sample_weight is not None:
        weight = check_weights(sample_weight, len(y), fn)
        if weight.dtype.kind == "f" and hasattr(sample_weight, "dtype"):
            floats.append(weight.dtype)
    dtype = np.result_type(*floats) if floats else np.dtype(np.float64)
    y, p = (a.reshape(len(a), -1).astype(dtype, copy=False) for a in (y, p))
    if y.shape[1] != p.shape[1]:
        raise ValueError(f"{fn}: y_pred does not fit. y_true and y_pred have different number of output "
                         f"({y.shape[1]}!={p.shape[1]})")
    if weight is not None:
        weight = weight.astype(dtype, copy=False)
    return y, p, weight, _outputs(fn, multioutput, y.shape[1], extra)


def _outputs(fn, multioutput, n, extra):
    choices = ("raw_values", UNIFORM, *extra)
    if multioutput is None and None in extra:
        return UNIFORM
    if isinstance(multioutput, str) or multioutput is None:
        if multioutput not in choices:
            raise ValueError(f"{fn}: multioutput is not known. Allowed 'multioutput' string values are {choices}. You "
                             f"provided multioutput={multioutput!r}")
        return multioutput
    weights = as_scores(multioutput, fn, "multioutput")
    if n == 1:
        raise ValueError(f"{fn}: multioutput is for several outputs. Custom weights are useful only in multi-output "
                         f"cases; got {multioutput!r}")
    if weights.shape != (n,):
        raise ValueError(f"{fn}: multioutput does not fit. There must be equally many custom weights ({len(weights)}) "
                         f"as outputs ({n}).")
    return weights


def _average(errors, multioutput):
    if isinstance(multioutput, str):
        return errors if multioutput == "raw_values" else float(np.average(errors))
    return float(np.average(errors, weights=multioutput))


_PARAMETERS = """
    Drop-in for `sklearn.metrics.{name}`.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (n,) or (n, outputs)
        Targets and their predictions.
    sample_weight : array_like, shape (n,), optional
    multioutput : {words} or array_like of shape (outputs,), optional
        How several outputs are averaged; "raw_values" gives each.
{more}
    Returns
    -------
    float, or ndarray of shape (outputs,) under ``multioutput="raw_values"``

    Raises
    ------
    ValueError
        Shapes that differ, no samples, numbers that are not finite.
{warns}
    Notes
    -----
    {notes} Sums run in lanes of 64 bytes over blocks of 4096, added in float64: error at most 259 eps of a sum of terms
    that are not negative. Cost: O(n), {passes}, for one output in one float type; NumPy's for others.

    Examples
    --------
    >>> from mathcore.metrics import {name}
    >>> {example}
    """

_WORDS = '{"raw_values", "uniform_average"}'
_FINITE = """    force_finite : bool, optional
        Whether constant targets give 1 (met exactly) or 0 in place of NaN or -inf.
"""


def _document(summary, notes, example, passes="one pass", words=_WORDS, more="", warns=""):
    def fill(function):
        function.__doc__ = summary + "\n" + _PARAMETERS.format(name=function.__name__, notes=notes, example=example,
                                                               passes=passes, words=words, more=more, warns=warns)
        return function

    return fill


@_document("The mean squared error.", "``mean w (y - p)^2``.", "mean_squared_error([3, -0.5, 2, 7], [2.5, 0.0, 2, "
                                                               "8])\n    0.375")
def mean_squared_error(y_true, y_pred, *, sample_weight=None, multioutput=UNIFORM):
    return _squared("mean_squared_error", y_true, y_pred, sample_weight, multioutput)


def _squared(fn, y_true, y_pred, sample_weight, multioutput, root=False):
    if isinstance(multioutput, str) and multioutput == UNIFORM:
        found = _mean(_scores.SQUARED, y_true, y_pred, sample_weight)
        if found is not None:
            return math.sqrt(found) if root else found
    y, p, w, multioutput = _targets(fn, y_true, y_pred, sample_weight, multioutput)
    errors = np.average((y - p)**2, axis=0, weights=w)
    return _average(np.sqrt(errors) if root else errors, multioutput)


@_document("The root of the mean squared error.", "``sqrt(mean w (y - p)^2)``.",
           "root_mean_squared_error([3.0, 4.0], [0.0, 0.0])\n    3.5355339059327378")
def root_mean_squared_error(y_true, y_pred, *, sample_weight=None, multioutput=UNIFORM):
    return _squared("root_mean_squared_error", y_true, y_pred, sample_weight, multioutput, root=True)


@_document("The mean absolute error.", "``mean w |y - p|``.", "mean_absolute_error([3, -0.5, 2, 7], [2.5, 0.0, 2, "
                                                              "8])\n    0.5")
def mean_absolute_error(y_true, y_pred, *, sample_weight=None, multioutput=UNIFORM):
    if isinstance(multioutput, str) and multioutput == UNIFORM:
        found = _mean(_scores.ABSOLUTE, y_true, y_pred, sample_weight)
        if found is not None:
            return found
    y, p, w, multioutput = _targets("mean_absolute_error", y_true, y_pred, sample_weight, multioutput)
    return _average(np.average(np.abs(y - p), axis=0, weights=w), multioutput)


@_document("The mean of errors relative to the targets; 1 is 100 %.",
           "``mean w |y - p| / max(|y|, 2^-52)``.", "mean_absolute_percentage_error([2.0, 4.0], [1.0, 5.0])\n    0.375")
def mean_absolute_percentage_error(y_true, y_pred, *, sample_weight=None, multioutput=UNIFORM):
    if isinstance(multioutput, str) and multioutput == UNIFORM:
        found = _mean(_scores.PERCENTAGE, y_true, y_pred, sample_weight)
        if found is not None:
            return found
    y, p, w, multioutput = _targets("mean_absolute_percentage_error", y_true, y_pred, sample_weight, multioutput)
    relative = np.abs(y - p) / np.maximum(np.abs(y), y.dtype.type(2.0**-52))
    return _average(np.average(relative, axis=0, weights=w), multioutput)


# ------------------------------------------------------------------ shares of the variance

def _explained(fn, rest, spread, multioutput, force_finite):
    """1 - rest / spread of each output, averaged."""
    known = spread != 0
    if force_finite:
        scores = np.where(rest != 0, rest.dtype.type(0), rest.dtype.type(1))
        both = known & (rest != 0)
        scores[both] = 1 - rest[both] / spread[both]
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            scores = 1 - rest / spread
    if isinstance(multioutput, str) and multioutput == "variance_weighted":
        return float(np.average(scores, weights=spread if known.any() else None))
    return _average(scores, multioutput)


def _explained_of_one(rest, spread, force_finite):
    if spread == 0:
        if force_finite:
            return 1.0 if rest == 0 else 0.0
        return math.nan if rest == 0 else -math.inf
    return 1.0 - rest / spread


@_document("R^2, the coefficient of determination: 1 is exact, 0 no better than the mean.",
           "``1 - sum w (y - p)^2 / sum w (y - mean y)^2``.",
           "round(r2_score([3, -0.5, 2, 7], [2.5, 0.0, 2, 8]), 6)\n    0.948608",
           passes="three passes", words='{"raw_values", "uniform_average", "variance_weighted"}, None', more=_FINITE,
           warns="\n    Warns\n    -----\n    UndefinedMetricWarning\n        Fewer than two samples; the result is "
                 "NaN.\n")
def r2_score(y_true, y_pred, *, sample_weight=None, multioutput=UNIFORM, force_finite=True):
    fn = "r2_score"
    if isinstance(multioutput, str) and multioutput == UNIFORM:
        rest = _mean(_scores.SQUARED, y_true, y_pred, sample_weight)
        if rest is not None and len(y_true) > 1:
            mean = _mean(_scores.VALUE, y_true, None, sample_weight)
            return _explained_of_one(rest, _mean(_scores.SPREAD, y_true, None, sample_weight, mean), force_finite)
    y, p, w, multioutput = _targets(fn, y_true, y_pred, sample_weight, multioutput, ("variance_weighted", None))
    if len(y) < 2:
        warnings.warn("R^2 score is not well-defined with less than two samples.", undefined_class(), stacklevel=2)
        return math.nan
    weight = 1 if w is None else w[:, None]
    rest = np.sum(weight * (y - p)**2, axis=0)
    spread = np.sum(weight * (y - np.average(y, axis=0, weights=w))**2, axis=0)
    return _explained(fn, rest, spread, multioutput, force_finite)


@_document("The share of the targets' variance that predictions explain; an offset does not count.",
           "``1 - var(y - p) / var(y)``, weighted.",
           "round(explained_variance_score([3, -0.5, 2, 7], [2.5, 0.0, 2, 8]), 6)\n    0.957173",
           passes="four passes", words='{"raw_values", "uniform_average", "variance_weighted"}', more=_FINITE)
def explained_variance_score(y_true, y_pred, *, sample_weight=None, multioutput=UNIFORM, force_finite=True):
    fn = "explained_variance_score"
    if isinstance(multioutput, str) and multioutput == UNIFORM:
        offset = _mean(_scores.DIFFERENCE, y_true, y_pred, sample_weight)
        if offset is not None:
            rest = _mean(_scores.DEVIATION, y_true, y_pred, sample_weight, offset)
            mean = _mean(_scores.VALUE, y_true, None, sample_weight)
            spread = None if mean is None else _mean(_scores.SPREAD, y_true, None, sample_weight, mean)
            if rest is not None and spread is not None:
                return _explained_of_one(rest, spread, force_finite)
    y, p, w, multioutput = _targets(fn, y_true, y_pred, sample_weight, multioutput, ("variance_weighted",))
    offset = np.average(y - p, axis=0, weights=w)
    rest = np.average((y - p - offset)**2, axis=0, weights=w)
    spread = np.average((y - np.average(y, axis=0, weights=w))**2, axis=0, weights=w)
    return _explained(fn, rest, spread, multioutput, force_finite)


# ------------------------------------------------------------------ order statistics

def _weighted_medians(errors, weight):
    """Of each column: the value at half of the weight, the mean of two where it falls between them."""
    order = np.argsort(errors, axis=0)
    rising = np.take_along_axis(errors, order, axis=0)
    sums = np.cumsum(weight[order], axis=0)
    found = np.empty(errors.shape[1], errors.dtype)
    last = len(errors) - 1
    for c in range(errors.shape[1]):                     # few outputs
        half = 0.5 * sums[-1, c]
        i = min(int(np.searchsorted(sums[:, c], half)), last)
        if sums[i, c] - half > np.finfo(errors.dtype).eps:
            found[c] = rising[i, c]
        else:
            j = min(int(np.searchsorted(sums[:, c], sums[i, c], side="right")), last)
            j = j if weight[order[j, c]] else i
            found[c] = (rising[i, c] + rising[j, c]) / 2
    return found


def median_absolute_error(y_true, y_pred, *, multioutput=UNIFORM, sample_weight=None):
    """The median of the absolute errors.

    Drop-in for `sklearn.metrics.median_absolute_error`.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (n,) or (n, outputs)
        Targets and their predictions.
    multioutput : {"raw_values", "uniform_average"} or array_like of shape (outputs,), optional
        How several outputs are averaged; "raw_values" gives each.
    sample_weight : array_like, shape (n,), optional

    Returns
    -------
    float, or ndarray of shape (outputs,) under ``multioutput="raw_values"``

    Raises
    ------
    ValueError
        Shapes that differ, no samples, numbers that are not finite.

    Notes
    -----
    A rounding or two. Cost: a selection, O(n); under weights a sort.

    Examples
    --------
    >>> from mathcore.metrics import median_absolute_error
    >>> median_absolute_error([3, -0.5, 2, 7], [2.5, 0.0, 2, 8])
    0.5
    """
    y, p, w, multioutput = _targets("median_absolute_error", y_true, y_pred, sample_weight, multioutput)
    errors = np.abs(y - p)
    return _average(np.median(errors, axis=0) if w is None else _weighted_medians(errors, w), multioutput)


def max_error(y_true, y_pred):
    """The largest absolute error.

    Drop-in for `sklearn.metrics.max_error`.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (n,)
        Targets and their predictions.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        Shapes that differ, no samples, numbers that are not finite, several outputs.

    Notes
    -----
    Rounded once. Cost: O(n), one pass.

    Examples
    --------
    >>> from mathcore.metrics import max_error
    >>> max_error([3, 2, 7, 1], [4, 2, 7, 1])
    1.0
    """
    found = _scores.largest(y_true, y_pred)
    if found is not None and math.isfinite(found):
        return found
    y, p, _, _ = _targets("max_error", y_true, y_pred, None, UNIFORM)
    if y.shape[1] != 1:
        raise ValueError("max_error: y_true has several outputs. Multioutput not supported in max_error; got shape "
                         f"{y.shape}")
    return float(np.max(np.abs(y - p)))
