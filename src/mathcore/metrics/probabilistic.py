"""Probabilities against what happened: logarithmic and Brier losses, calibration, the true class among the first k."""

import math
import warnings

import numpy as np

from mathcore import _validate
from mathcore._kernels import scores as _scores
from mathcore.metrics._labels import (
    as_labels,
    check_finite,
    check_lengths,
    check_weights,
    column,
    is_multilabel,
    peer,
    places,
    target_type,
    warn_undefined,
)
from mathcore.metrics._points import as_scores, implied_positive

__all__ = ["brier_score_loss", "calibration_curve", "expected_calibration_error", "log_loss", "top_k_accuracy_score"]

EPS = {np.dtype(np.float32): float(np.finfo(np.float32).eps), np.dtype(np.float64): float(np.finfo(np.float64).eps)}


def log_loss(y_true, y_proba=None, *, normalize=True, sample_weight=None, labels=None, y_pred="deprecated"):
    """The mean negative logarithm of the probability of what happened: cross-entropy.

    Drop-in for `sklearn.metrics.log_loss`.

    Parameters
    ----------
    y_true : array_like, shape (n,)
        Labels: numbers or text.
    y_proba : array_like, shape (n,), (n, 1) or (n, k)
        Probabilities of the second of two classes, or of each of the classes in rising order.
    normalize : bool, optional
        Whether the sum is divided by the number (or weight) of samples.
    sample_weight : array_like, shape (n,), optional
    labels : array_like, shape (k,), optional
        All classes. Default: those that occur in `y_true`.
    y_pred : array_like, optional
        The former name of `y_proba`.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        Lengths that differ, values that are no probabilities, fewer than two classes, more or fewer columns than
        classes.

    Warns
    -----
    UserWarning
        Rows that do not add up to 1 (to the root of eps), labels out of order.

    Notes
    -----
    Probabilities are taken within ``eps ... 1 - eps`` of their type. Each logarithm is good to 1 ULP; sums run in lanes
    of 64 bytes over blocks of 4096, added in float64: error at most 259 eps. Cost: one pass, O(n k).

    Examples
    --------
    >>> from mathcore.metrics import log_loss
    >>> round(log_loss(["spam", "ham", "ham", "spam"], [[.1, .9], [.9, .1], [.8, .2], [.35, .65]]), 6)
    0.216162
    """
    fn = "log_loss"
    if not (isinstance(y_pred, str) and y_pred == "deprecated"):
        if y_proba is not None:
            raise ValueError(f"{fn}: y_pred and y_proba are one. Cannot use both `y_pred` and `y_proba`. `y_pred` is "
                             "deprecated, use `y_proba` instead.")
        warnings.warn("`y_pred` was renamed to `y_proba` in version 1.9 and will be removed in 1.11. Use `y_proba` "
                      "instead.", FutureWarning, stacklevel=2)
        y_proba = y_pred
    if labels is None:
        found = _scores.log_total(y_true, y_proba, sample_weight, 0)
        if found is not None and found[3]:
            total, least, most, _ = found
            tolerance = math.sqrt(EPS[y_proba.dtype])
            if 1 - tolerance <= least and most <= 1 + tolerance:
                weight = len(y_true) if sample_weight is None else _scores.total(_scores.VALUE, sample_weight)
                if math.isfinite(total) and weight > 0:
                    return total / weight if normalize else total
    return _log_loss_of_labels(fn, y_true, y_proba, normalize, sample_weight, labels)


def _log_loss_of_labels(fn, y_true, y_proba, normalize, sample_weight, labels):
    if is_multilabel(y_true):
        return peer(fn, "multilabel targets are left to scikit-learn")(
            y_true, y_proba, normalize=normalize, sample_weight=sample_weight, labels=labels)
    index, proba, _, weight = _classes_and_rows(fn, y_true, y_proba, sample_weight, labels)
    k = proba.shape[1]
    kernel_weight = None if weight is None else np.ascontiguousarray(weight, dtype=proba.dtype)
    total = _scores.log_total(np.ascontiguousarray(index), np.ascontiguousarray(proba), kernel_weight, k)[0]
    if not normalize:
        return float(total)
    count = len(index) if weight is None else float(np.sum(weight, dtype=np.float64))
    if count == 0:
        raise ZeroDivisionError(f"{fn}: sample_weight adds up to 0. Weights sum to zero, can't be normalized")
    return float(total / count)


def _probabilities(fn, y_proba, arg="y_proba", lower="lower"):
    """Finite float32 or float64 of one or two dimensions, within 0 ... 1."""
    p = as_scores(y_proba, fn, arg)
    if p.dtype not in EPS:
        p = p.astype(np.float32 if p.dtype == np.float16 else np.float64)
    if p.ndim > 2:
        raise ValueError(f"{fn}: {arg} has too many dimensions. Found array with dim {p.ndim}; expected 1 or 2, got "
                         f"shape {p.shape}")
    if p.size == 0:
        raise ValueError(f"{fn}: {arg} is empty. Found array with 0 sample(s) (shape={p.shape}) while a minimum of 1 "
                         "is required.")
    for bad, word in ((p.max(), "greater than 1"), (p.min(), f"{lower} than 0")):
        if (bad > 1) if word.startswith("greater") else (bad < 0):
            raise ValueError(f"{fn}: {arg} is no probability. y_prob contains values {word}: {bad}")
    return p


def _classes_and_rows(fn, y_true, y_proba, sample_weight, labels):
    """(places among the classes, probabilities (n, k), classes, weights) of the general door."""
    p = _probabilities(fn, y_proba)
    t = column(as_labels(y_true, fn, "y_true"), fn, "y_true")
    check_lengths(fn, [("y_proba", p), ("y_true", t), ("sample_weight", sample_weight)])
    weight = None if sample_weight is None else check_weights(sample_weight, len(t), fn)
    kind = target_type(t, fn, "y_true")
    if kind not in ("binary", "multiclass"):
        raise ValueError(f"{fn}: y_true holds no classes. Unknown label type: {kind}; expected labels, got dtype "
                         f"{t.dtype}")
    index, classes = places(t)
    if labels is not None:
        index, classes = _among(fn, index, classes, labels)
    if len(classes) == 1:
        if labels is None:
            raise ValueError(f"{fn}: y_true contains only one label ({classes[0]}). Please provide the list of all "
                             "expected class labels explicitly through the labels argument.")
        raise ValueError(f"{fn}: labels are too few. The labels array needs to contain at least two labels, got "
                         f"{classes}.")
    if p.ndim == 1 or p.shape[1] == 1:
        p = p.reshape(-1, 1)
        p = np.concatenate([1 - p, p], axis=1)
    sums, tolerance = p.sum(axis=1), math.sqrt(EPS[p.dtype])
    if not (np.abs(sums - 1) <= tolerance).all():
        warnings.warn("The y_prob values do not sum to one. Make sure to pass probabilities.", UserWarning,
                      stacklevel=4)
    if len(classes) != p.shape[1]:
        if labels is None:
            raise ValueError(f"{fn}: y_proba does not fit the classes. y_true and y_prob contain different number of "
                             f"classes: {len(classes)} vs {p.shape[1]}. Please provide the true labels explicitly "
                             f"through the labels argument. Classes found in y_true: {classes}")
        raise ValueError(f"{fn}: labels do not fit. The number of classes in labels is different from that in y_prob. "
                         f"Classes found in labels: {classes}")
    return index, p, classes, weight


def _among(fn, index, found, labels):
    labels = column(as_labels(labels, fn, "labels"), fn, "labels")
    if len(labels) == 0:
        raise ValueError(f"{fn}: labels is empty; expected at least two labels, got shape {labels.shape}")
    classes = np.unique(labels)
    if len(classes) != len(labels) or not (classes == labels).all():
        warnings.warn(f"Labels passed were {labels.tolist()}. But this function assumes labels are ordered "
                      f"lexicographically. Pass the ordered labels={classes.tolist()} and ensure that the columns of "
                      "y_prob correspond to this ordering.", UserWarning, stacklevel=5)
    known = np.isin(found, classes)
    if not known.all():
        raise ValueError(f"{fn}: labels lack classes. y_true contains values {set(found[~known].tolist())} not "
                         f"belonging to the passed labels {labels.tolist()}.")
    return np.searchsorted(classes, found)[index], classes


def brier_score_loss(y_true, y_proba, *, sample_weight=None, pos_label=None, labels=None, scale_by_half="auto"):
    """The mean squared distance of probabilities from what happened.

    Drop-in for `sklearn.metrics.brier_score_loss`.

    Parameters
    ----------
    y_true : array_like, shape (n,)
        Labels: numbers or text.
    y_proba : array_like, shape (n,), (n, 1) or (n, k)
        Probabilities of the positive class, or of each of the classes in rising order.
    sample_weight : array_like, shape (n,), optional
    pos_label : int, float, bool or str, optional
        The positive class of two; 1 for 0 and 1 or -1 and 1, else the larger number.
    labels : array_like, shape (k,), optional
        All classes, for a matrix of probabilities.
    scale_by_half : bool or "auto", optional
        Whether the sum over classes is halved, for a score within 0 and 1; "auto" does so for two classes.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        Lengths that differ, values that are no probabilities, classes that do not fit.

    Warns
    -----
    UserWarning
        Rows that do not add up to 1.

    Notes
    -----
    Error and cost as of `log_loss`.

    References
    ----------
    G. Brier, Verification of forecasts expressed in terms of probability, 1950.

    Examples
    --------
    >>> from mathcore.metrics import brier_score_loss
    >>> round(brier_score_loss([0, 1, 1, 0], [0.1, 0.9, 0.8, 0.3]), 6)
    0.0375
    """
    fn = "brier_score_loss"
    if not isinstance(scale_by_half, bool | np.bool_) and not (
            isinstance(scale_by_half, str) and scale_by_half == "auto"):
        raise ValueError(f"{fn}: scale_by_half is not known; expected True, False or 'auto', got {scale_by_half!r}")
    if np.ndim(y_proba) == 1 or (np.ndim(y_proba) == 2 and np.shape(y_proba)[1] == 1):
        score = _brier_of_two(fn, y_true, y_proba, sample_weight, pos_label)
        return score if scale_by_half else 2 * score
    if is_multilabel(y_true):
        return peer(fn, "multilabel targets are left to scikit-learn")(
            y_true, y_proba, sample_weight=sample_weight, pos_label=pos_label, labels=labels,
            scale_by_half=scale_by_half)
    index, p, _, weight = _classes_and_rows(fn, y_true, y_proba, sample_weight, labels)
    each = np.sum((p - (index[:, None] == np.arange(p.shape[1])))**2, axis=1)
    half = p.shape[1] < 3 if isinstance(scale_by_half, str) else scale_by_half
    return float(np.average(each, weights=weight)) * (0.5 if half else 1.0)


def _brier_of_two(fn, y_true, y_proba, sample_weight, pos_label):
    p = column(_probabilities(fn, y_proba, lower="less"), fn, "y_proba")
    t = column(as_labels(y_true, fn, "y_true"), fn, "y_true")
    check_finite(t, fn, "y_true")
    check_lengths(fn, [("y_proba", p), ("y_true", t), ("sample_weight", sample_weight)])
    weight = None if sample_weight is None else check_weights(sample_weight, len(t), fn)
    index, classes = places(t) if t.dtype.kind != "f" or np.equal(t, np.trunc(t)).all() else (t, np.empty(3))
    if len(classes) > 2:
        kind = target_type(t, fn, "y_true")
        raise ValueError(f"{fn}: y_true is not of two classes. The type of the target inferred from y_true is {kind} "
                         "but should be binary according to the shape of y_prob.")
    if pos_label is None:
        try:
            pos_label = implied_positive(fn, classes)
        except ValueError:
            if classes.dtype.kind in "OUS":
                raise
            pos_label = classes[-1]
    happened = (t == pos_label) if not isinstance(t == pos_label, bool) else np.zeros(len(t), bool)
    happened = happened.astype(p.dtype)
    total = _scores.total(_scores.SQUARED, happened, np.ascontiguousarray(p), None if weight is None else
                          np.ascontiguousarray(weight, dtype=p.dtype))
    return total / (len(t) if weight is None else float(np.sum(weight, dtype=np.float64)))


# ------------------------------------------------------------------ calibration

def _bins(p, n_bins, strategy):
    """Number of the bin of each probability."""
    if strategy == "quantile":
        edges = np.percentile(p, np.linspace(0, 1, n_bins + 1) * 100)
    else:
        edges = np.linspace(0.0, 1.0, n_bins + 1)
    return np.searchsorted(edges[1:-1], p)


def calibration_curve(y_true, y_prob, *, pos_label=None, n_bins=5, strategy="uniform"):
    """How often what was given a probability happens.

    Drop-in for `sklearn.calibration.calibration_curve`.

    Parameters
    ----------
    y_true : array_like, shape (n,)
        Labels of two classes.
    y_prob : array_like, shape (n,)
        Probabilities of the positive class.
    pos_label : int, float, bool or str, optional
        The positive class; 1 where the classes are 0 and 1 or -1 and 1.
    n_bins : int, optional
    strategy : {"uniform", "quantile"}, optional
        Bins of equal width, or of about equal numbers of samples.

    Returns
    -------
    prob_true : ndarray, shape (m,)
        The share of positives in each bin that is not empty.
    prob_pred : ndarray, shape (m,)
        The mean probability there.

    Raises
    ------
    ValueError
        Lengths that differ, values that are no probabilities, more than two classes, an unknown strategy.

    Notes
    -----
    Error: that of sums in the order of the samples. Cost: O(n log n_bins).

    Examples
    --------
    >>> from mathcore.metrics import calibration_curve
    >>> calibration_curve([0, 0, 0, 1, 1], [0.1, 0.2, 0.8, 0.7, 0.9], n_bins=2)
    (array([0.        , 0.66666667]), array([0.15, 0.8 ]))
    """
    fn = "calibration_curve"
    n_bins = _validate.whole_number(n_bins, fn, "n_bins", low=1)
    if strategy not in ("uniform", "quantile"):
        raise ValueError(f"{fn}: strategy is not known. Invalid entry to 'strategy' input. Strategy must be either "
                         f"'quantile' or 'uniform'; got {strategy!r}")
    t, p = column(as_labels(y_true, fn, "y_true"), fn, "y_true"), column(np.asarray(y_prob), fn, "y_prob")
    check_lengths(fn, [("y_true", t), ("y_prob", p)])
    classes = places(t)[1] if len(t) else t
    pos_label = implied_positive(fn, classes) if pos_label is None else pos_label
    if len(p) == 0 or not (p.min() >= 0 and p.max() <= 1):
        bad = p if len(p) == 0 else p.max() if not p.max() <= 1 else p.min()
        raise ValueError(f"{fn}: y_prob has values outside [0, 1]; expected probabilities, got {bad}")
    if len(classes) > 2:
        raise ValueError(f"{fn}: y_true has several classes. Only binary classification is supported. Provided labels "
                         f"{classes}.")
    bins = _bins(p, n_bins, strategy)
    number = np.bincount(bins, minlength=n_bins)
    kept = number != 0
    happened = np.bincount(bins, weights=t == pos_label, minlength=n_bins)[kept] / number[kept]
    return happened, np.bincount(bins, weights=p, minlength=n_bins)[kept] / number[kept]


def expected_calibration_error(y_true, y_prob, /, *, n_bins=15, strategy="uniform", norm="l1"):
    """How far probabilities are from the shares of what happens, over bins of them.

    Parameters
    ----------
    y_true : array_like, shape (n,)
        0 and 1 (or bool); with a matrix of probabilities numbers of classes from 0.
    y_prob : array_like, shape (n,) or (n, k)
        Probabilities of class 1; or of each class, of which the largest of a row counts, against whether that class
        happens.
    n_bins : int, optional
    strategy : {"uniform", "quantile"}, optional
        Bins of equal width, or of about equal numbers of samples.
    norm : {"l1", "l2", "max"}, optional
        The mean distance over samples (ECE), the root of the mean square, or the largest (MCE).

    Returns
    -------
    float

    Raises
    ------
    ValueError
        Lengths that differ, values that are no probabilities, labels that are no classes.

    Notes
    -----
    ``sum_b n_b / n |share_b - mean probability_b|`` under "l1". Error: that of sums in the order of the samples. Cost:
    O(n log n_bins + n k).

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun and K. Weinberger, On calibration of modern neural networks, 2017.

    Examples
    --------
    >>> from mathcore.metrics import expected_calibration_error
    >>> round(expected_calibration_error([0, 0, 1, 1], [0.2, 0.4, 0.6, 0.9], n_bins=2), 6)
    0.275
    """
    fn = "expected_calibration_error"
    n_bins = _validate.whole_number(n_bins, fn, "n_bins", low=1)
    _validate.one_of(strategy, ("uniform", "quantile"), fn, "strategy")
    _validate.one_of(norm, ("l1", "l2", "max"), fn, "norm")
    p = _probabilities(fn, y_prob, "y_prob")
    t = column(as_labels(y_true, fn, "y_true"), fn, "y_true")
    check_lengths(fn, [("y_true", t), ("y_prob", p)])
    k = 2 if p.ndim == 1 else p.shape[1]
    if t.dtype.kind not in "biuf" or not np.isin(t, np.arange(k)).all():
        bad = t[~np.isin(t, np.arange(k))][0] if t.dtype.kind in "biuf" else t.dtype
        raise ValueError(f"{fn}: y_true holds no classes; expected whole numbers from 0 to {k - 1}, got {bad}")
    happened = t != 0
    if p.ndim == 2:
        first = p.argmax(axis=1)
        happened, p = first == t, np.take_along_axis(p, first[:, None], axis=1)[:, 0]
    bins = _bins(p, n_bins, strategy)
    number = np.bincount(bins, minlength=n_bins)
    kept = number != 0
    gap = np.abs(np.bincount(bins, weights=happened - p.astype(np.float64), minlength=n_bins)[kept]) / number[kept]
    if norm == "max":
        return float(gap.max())
    share = number[kept] / len(t)
    return float(share @ gap) if norm == "l1" else math.sqrt(share @ gap**2)


# ------------------------------------------------------------------ the first k

def top_k_accuracy_score(y_true, y_score, *, k=2, normalize=True, sample_weight=None, labels=None):
    """The share of samples whose class is among the k with the highest scores.

    Drop-in for `sklearn.metrics.top_k_accuracy_score`.

    Parameters
    ----------
    y_true : array_like, shape (n,)
        Labels: numbers or text.
    y_score : array_like, shape (n,) or (n, classes)
        Scores of the second of two classes, or of each class in rising order.
    k : int, optional
        How many of the highest scores count. Of equal scores the later class goes first.
    normalize : bool, optional
        Whether the number (or weight) of hits is divided by that of all.
    sample_weight : array_like, shape (n,), optional
    labels : array_like, shape (classes,), optional
        All classes in rising order. Default: those that occur in `y_true`.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        Lengths that differ, columns that do not fit the classes, labels out of order.

    Warns
    -----
    UndefinedMetricWarning
        k is no less than the number of classes.

    Notes
    -----
    Exact but for the division. Cost: O(n classes), without sorting.

    Examples
    --------
    >>> from mathcore.metrics import top_k_accuracy_score
    >>> top_k_accuracy_score([0, 1, 2, 2], [[.5, .2, .2], [.3, .4, .2], [.2, .4, .3], [.7, .2, .1]], k=2)
    0.75
    """
    fn = "top_k_accuracy_score"
    k = _validate.whole_number(k, fn, "k", low=1)
    t = column(as_labels(y_true, fn, "y_true"), fn, "y_true")
    s = as_scores(y_score, fn)
    kind = target_type(t, fn, "y_true")
    if kind == "binary" and labels is not None and len(labels) > 2:
        kind = "multiclass"
    if kind not in ("binary", "multiclass"):
        raise ValueError(f"{fn}: y_true holds no classes. y type must be 'binary' or 'multiclass', got '{kind}' "
                         "instead.")
    if kind == "binary":
        if s.ndim == 2 and s.shape[1] != 1:
            raise ValueError(f"{fn}: y_score does not fit the classes. `y_true` is binary while y_score is 2d with "
                             f"{s.shape[1]} classes. If `y_true` does not contain all the labels, `labels` must be "
                             "provided.")
        s = column(s, fn, "y_score")
    elif s.ndim != 2:
        raise ValueError(f"{fn}: y_score is no matrix. `y_score` needs to be of shape `(n_samples, n_classes)`, since "
                         f"`y_true` contains multiple classes. Got `y_score.shape={s.shape}`.")
    check_lengths(fn, [("y_true", t), ("y_score", s), ("sample_weight", sample_weight)])
    index, n_classes = _top_classes(fn, t, s, labels)
    if k >= n_classes:
        warn_undefined(f"'k' ({k}) greater than or equal to 'n_classes' ({n_classes}) will result in a perfect "
                           "score and "
                           "is therefore meaningless.")
    hits = _hits(index, s, k)
    if normalize:
        return float(np.average(hits, weights=sample_weight))
    return float(hits.sum() if sample_weight is None else np.dot(hits, sample_weight))


def _top_classes(fn, t, s, labels):
    """Places among the classes, and their number."""
    columns = s.shape[1] if s.ndim == 2 else 2
    index, classes = places(t)
    if labels is None:
        if len(classes) != columns:
            raise ValueError(f"{fn}: y_score does not fit the classes. Number of classes in 'y_true' ({len(classes)}) "
                             f"not equal to the number of classes in 'y_score' ({columns}).You can provide a list of "
                             "all known classes by assigning it to the `labels` parameter.")
        return index, len(classes)
    labels = column(as_labels(labels, fn, "labels"), fn, "labels")
    known = np.unique(labels)
    if len(known) != len(labels):
        raise ValueError(f"{fn}: labels repeat. Parameter 'labels' must be unique; got {labels}")
    if not (known == labels).all():
        raise ValueError(f"{fn}: labels are out of order. Parameter 'labels' must be ordered; got {labels}")
    if len(known) != columns:
        raise ValueError(f"{fn}: labels do not fit. Number of given labels ({len(known)}) not equal to the number of "
                         f"classes in 'y_score' ({columns}).")
    if len(np.setdiff1d(classes, known)):
        raise ValueError(f"{fn}: labels lack classes. 'y_true' contains labels not in parameter 'labels'; got {labels}")
    return np.searchsorted(known, classes)[index], len(known)


def _hits(index, s, k):
    if s.ndim == 1:
        if k > 1:
            return np.ones(len(s), bool)
        threshold = 0.5 if s.min() >= 0 and s.max() <= 1 else 0
        return (s > threshold) == index
    own = np.take_along_axis(s, index[:, None], axis=1)
    before = (s > own).sum(axis=1) + ((s == own) & (np.arange(s.shape[1]) > index[:, None])).sum(axis=1)
    return before < k
