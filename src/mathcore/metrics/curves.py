"""Curves and areas of scores against two classes: ROC, precision and recall; all of them from one sort."""

import math
import warnings
from functools import cached_property
from typing import NamedTuple

import numpy as np

from mathcore._kernels import ranking as _ranking
from mathcore.metrics._labels import warn_undefined
from mathcore.metrics._points import area_of, average_precision_of, points, precision_recall_of, roc_of, whole
from mathcore.metrics._several import auc_of_labels, precision_of_labels

__all__ = ["Ranking", "auc", "average_precision_score", "precision_recall_curve", "ranking", "roc_auc_score",
           "roc_curve"]

_AVERAGES = ("micro", "macro", "samples", "weighted", None)


# ------------------------------------------------------------------ curves

def roc_curve(y_true, y_score, *, pos_label=None, sample_weight=None, drop_intermediate=True):
    """The receiver operating characteristic: false and true positive rates at falling thresholds.

    Drop-in for `sklearn.metrics.roc_curve`.

    Parameters
    ----------
    y_true : array_like, shape (n,)
        Labels of two classes.
    y_score : array_like, shape (n,)
        Scores of the positive class; only their order counts.
    pos_label : int, float, bool or str, optional
        The positive class; 1 where the classes are 0 and 1 or -1 and 1.
    sample_weight : array_like, shape (n,), optional
    drop_intermediate : bool, optional
        Whether points on the line between their neighbours are left out.

    Returns
    -------
    fpr, tpr : ndarray, shape (m,)
        Rates of those with scores at or above each threshold.
    thresholds : ndarray, shape (m,)
        Falling; the first is infinite.

    Raises
    ------
    ValueError
        Lengths that differ, more or other classes than told, scores that are not finite.

    Warns
    -----
    UndefinedMetricWarning
        A class that does not occur; its rates are NaN.

    Notes
    -----
    Rates are rounded once. Cost: a radix sort, O(n).

    Examples
    --------
    >>> from mathcore.metrics import roc_curve
    >>> fpr, tpr, thresholds = roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> fpr, tpr
    (array([0. , 0. , 0.5, 0.5, 1. ]), array([0. , 0.5, 0.5, 1. , 1. ]))
    """
    fn = "roc_curve"
    return roc_of(fn, *points(fn, y_true, y_score, sample_weight, pos_label), drop_intermediate)


def precision_recall_curve(y_true, y_score, *, pos_label=None, sample_weight=None, drop_intermediate=False):
    """Precision and recall at rising thresholds.

    Drop-in for `sklearn.metrics.precision_recall_curve`.

    Parameters
    ----------
    y_true : array_like, shape (n,)
        Labels of two classes.
    y_score : array_like, shape (n,)
        Scores of the positive class; only their order counts.
    pos_label : int, float, bool or str, optional
        The positive class; 1 where the classes are 0 and 1 or -1 and 1.
    sample_weight : array_like, shape (n,), optional
    drop_intermediate : bool, optional
        Whether inner points of equal recall are left out.

    Returns
    -------
    precision, recall : ndarray, shape (m + 1,)
        Of those with scores at or above each threshold; the last are 1 and 0.
    thresholds : ndarray, shape (m,)
        Rising.

    Raises
    ------
    ValueError
        As `roc_curve`.

    Warns
    -----
    UserWarning
        No positives; recall is 1 then.

    Notes
    -----
    Rounded once. Cost: a radix sort, O(n).

    Examples
    --------
    >>> from mathcore.metrics import precision_recall_curve
    >>> precision, recall, thresholds = precision_recall_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> precision, recall
    (array([0.5       , 0.66666667, 0.5       , 1.        , 1.        ]), array([1. , 1. , 0.5, 0.5, 0. ]))
    """
    fn = "precision_recall_curve"
    return precision_recall_of(fn, *points(fn, y_true, y_score, sample_weight, pos_label), drop_intermediate)


# ------------------------------------------------------------------ areas

def auc(x, y):
    """The area under a curve of points, by the trapezoidal rule.

    Drop-in for `sklearn.metrics.auc`.

    Parameters
    ----------
    x : array_like, shape (n,)
        Rising or falling, n at least 2.
    y : array_like, shape (n,)

    Returns
    -------
    float

    Raises
    ------
    ValueError
        Lengths that differ, fewer than 2 points, an x that neither rises nor falls.

    Notes
    -----
    Error: n eps of the sum of the parts' sizes. Cost: O(n).

    Examples
    --------
    >>> from mathcore.metrics import auc
    >>> auc([0, 0.5, 1], [0, 0.9, 1])
    0.7
    """
    fn = "auc"
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim and y.ndim and len(x) != len(y):
        raise ValueError(f"{fn}: y has another length than x. Found input variables with inconsistent numbers of "
                         f"samples: {[len(x), len(y)]}")
    for a, name in ((x, "x"), (y, "y")):
        if a.ndim != 1 and not (a.ndim == 2 and a.shape[1] == 1):
            raise ValueError(f"{fn}: {name} is no vector. y should be a 1d array, got an array of shape {a.shape} "
                             "instead.")
    x, y = x.ravel(), y.ravel()
    if len(x) < 2:
        raise ValueError(f"{fn}: x has too few points. At least 2 points are needed to compute area under curve, but "
                         f"x.shape = {x.shape}")
    step = np.diff(x)
    sign = 1
    if (step < 0).any():
        if not (step <= 0).all():
            raise ValueError(f"{fn}: x is neither increasing nor decreasing : {x}.")
        sign = -1
    return sign * float(np.trapezoid(y, x))


def roc_auc_score(y_true, y_score, *, average="macro", sample_weight=None, max_fpr=None, multi_class="raise",
                  labels=None):
    """The area under the ROC curve: how often a positive has the higher score than a negative, ties counting a half.

    Drop-in for `sklearn.metrics.roc_auc_score`.

    Parameters
    ----------
    y_true : array_like, shape (n,)
        Labels; of two the larger is positive. Indicator matrices are left to scikit-learn.
    y_score : array_like, shape (n,) or (n, k)
        Scores of the positive class, or probabilities of each of more than two classes.
    average : {"macro", "micro", "weighted", "samples"} or None, optional
        How the areas of several classes are averaged; None gives each ("ovr").
    sample_weight : array_like, shape (n,), optional
    max_fpr : float, optional
        Take the area up to this false positive rate only, standardized after McClish.
    multi_class : {"raise", "ovr", "ovo"}, optional
        Several classes: each against the rest, or each pair.
    labels : array_like, shape (k,), optional
        Several classes: the classes in rising order, as in the columns of `y_score`.

    Returns
    -------
    float, or ndarray of shape (k,) under ``average=None``
        NaN where a class is missing.

    Raises
    ------
    ValueError
        Lengths that differ, scores that are not finite, options that do not fit.

    Warns
    -----
    UndefinedMetricWarning
        Only one class in `y_true`.

    Notes
    -----
    Two classes without weights: pairs are counted in whole numbers and divided once. Cost: a radix sort, O(n).

    References
    ----------
    D. McClish, Analyzing a portion of the ROC curve, 1989. D. Hand and R. Till, A simple generalisation of the area
    under the ROC curve for multiple class classification problems, 2001.

    Examples
    --------
    >>> from mathcore.metrics import roc_auc_score
    >>> roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    plain = max_fpr is None and average in _AVERAGES and multi_class in ("raise", "ovr", "ovo")
    if plain and sample_weight is not None:
        found = _ranking.points(y_true, y_score, sample_weight)
        if found is not None and found[5] and found[3] < found[4]:
            area = area_of(found[0], found[1]) if found[0][-1] > 0 and found[1][-1] > 0 else math.nan
            if math.isfinite(area):
                return area
    if plain and sample_weight is None:
        found = _ranking.areas(y_true, y_score)
        if found is not None and found[6]:
            twice, _, ones, zeros, low, high, _ = found
            if low < high:
                return twice / (2 * ones * zeros)
            warn_undefined("Only one class is present in y_true. ROC AUC score is not defined in that case.")
            return math.nan
    return auc_of_labels(y_true, y_score, average, sample_weight, max_fpr, multi_class, labels)


def average_precision_score(y_true, y_score, *, average="macro", pos_label=1, sample_weight=None):
    """The mean precision over the recalls that are gained, ``sum (R_i - R_(i-1)) P_i`` from the highest score down.

    Drop-in for `sklearn.metrics.average_precision_score`.

    Parameters
    ----------
    y_true : array_like, shape (n,)
        Labels. Indicator matrices are left to scikit-learn.
    y_score : array_like, shape (n,) or (n, k)
        Scores of the positive class, or of each of more than two classes.
    average : {"macro", "micro", "weighted", "samples"} or None, optional
        How several classes, each against the rest, are averaged; None gives each.
    pos_label : int, float, bool or str, optional
        The positive class of two.
    sample_weight : array_like, shape (n,), optional

    Returns
    -------
    float, or ndarray of shape (k,) under ``average=None``

    Raises
    ------
    ValueError
        Lengths that differ, scores that are not finite, a `pos_label` that does not occur.

    Warns
    -----
    UserWarning
        No positives; the result is 0.

    Notes
    -----
    Error: that of a sum of n terms. Cost: a radix sort, O(n).

    Examples
    --------
    >>> from mathcore.metrics import average_precision_score
    >>> round(average_precision_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 6)
    0.833333
    """
    positive = whole(pos_label)
    if sample_weight is None and average in _AVERAGES and positive is not None and abs(positive) < 2**62:
        found = _ranking.areas(y_true, y_score, positive)
        if found is not None and found[6]:
            _, total, ones, _, low, high, _ = found
            if low == high or positive in (low, high):
                if ones:
                    return total / ones
                warnings.warn("No positive class found in y_true, recall is set to one for all thresholds.",
                              stacklevel=2)
                return 0.0
    return precision_of_labels(y_true, y_score, average, pos_label, sample_weight)


# ------------------------------------------------------------------ all of it from one sort

class _Counts(NamedTuple):
    false_positives: np.ndarray
    true_positives: np.ndarray
    thresholds: np.ndarray


class Ranking(_Counts):
    """Scores in falling order with what stands at or above each: every curve and area comes from it without a second
    sort.

    Parameters
    ----------
    false_positives, true_positives : ndarray, shape (m,)
        Numbers (or weights) of negatives and positives with scores at or above each threshold.
    thresholds : ndarray, shape (m,)
        The scores that occur, falling.

    Attributes
    ----------
    roc_auc : float
        The area under the ROC curve; NaN where a class is missing.
    average_precision : float
        The mean precision over the recalls gained; NaN without positives.
    """

    @cached_property
    def roc_auc(self):
        """The area under the ROC curve; NaN where a class is missing."""
        fps, tps = self.false_positives, self.true_positives
        return area_of(fps, tps) if fps[-1] > 0 and tps[-1] > 0 else math.nan

    @cached_property
    def average_precision(self):
        """The mean precision over the recalls gained; NaN without positives."""
        fps, tps = self.false_positives, self.true_positives
        return average_precision_of(fps, tps) if tps[-1] > 0 else math.nan

    def roc_curve(self, *, drop_intermediate=True):
        """As `mathcore.metrics.roc_curve`.

        Parameters
        ----------
        drop_intermediate : bool, optional
            Whether points on the line between their neighbours are left out.

        Returns
        -------
        fpr, tpr, thresholds : ndarray
        """
        return roc_of("roc_curve", *self, drop_intermediate)

    def precision_recall_curve(self, *, drop_intermediate=False):
        """As `mathcore.metrics.precision_recall_curve`.

        Parameters
        ----------
        drop_intermediate : bool, optional
            Whether inner points of equal recall are left out.

        Returns
        -------
        precision, recall, thresholds : ndarray
        """
        return precision_recall_of("precision_recall_curve", *self, drop_intermediate)

    def plot(self, *, ax=None):
        """The ROC curve as a picture.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure without it.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from mathcore import plot

        fpr, tpr, _ = self.roc_curve()
        return plot.roc_curve(fpr, tpr, ax=ax)


def ranking(y_true, y_score, /, *, pos_label=None, sample_weight=None):
    """Sort scores once, for ROC and precision-recall curves, their areas and intervals alike.

    Parameters
    ----------
    y_true : array_like, shape (n,)
        Labels of two classes.
    y_score : array_like, shape (n,)
        Scores of the positive class; only their order counts.
    pos_label : int, float, bool or str, optional
        The positive class; 1 where the classes are 0 and 1 or -1 and 1.
    sample_weight : array_like, shape (n,), optional

    Returns
    -------
    Ranking
        NamedTuple (false_positives, true_positives, thresholds) with `roc_auc`, `average_precision`, `roc_curve()`,
        `precision_recall_curve()` and `plot()`.

    Raises
    ------
    ValueError
        As `roc_curve`.

    Notes
    -----
    Counts are exact. Cost: a radix sort, O(n); each curve and area O(n) more.

    Examples
    --------
    >>> from mathcore.metrics import ranking
    >>> r = ranking([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> r.roc_auc, round(r.average_precision, 6)
    (0.75, 0.833333)
    >>> r.true_positives
    array([1., 1., 2., 2.])
    """
    return Ranking(*points("ranking", y_true, y_score, sample_weight, pos_label))
