"""Agreement of two vectors of labels: accuracy, the confusion matrix and the coefficients made of it."""

import math
import warnings

import numpy as np

from mathcore._kernels import confusion as _confusion
from mathcore.metrics._labels import (
    as_labels,
    check_choice,
    label_pair,
    peer,
    warn_undefined,
)

__all__ = ["accuracy_score", "balanced_accuracy_score", "cohen_kappa_score", "confusion_matrix", "matthews_corrcoef"]


def accuracy_score(y_true, y_pred, *, normalize=True, sample_weight=None):
    """The share of labels that are predicted.

    Drop-in for `sklearn.metrics.accuracy_score`.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (n,)
        Labels: numbers or text. Indicator matrices and sparse ones are left to scikit-learn.
    normalize : bool, optional
        Whether the number (or weight) of right labels is divided by that of all.
    sample_weight : array_like, shape (n,), optional

    Returns
    -------
    float

    Raises
    ------
    ValueError
        Lengths that differ, no samples, targets that are no classes.

    Notes
    -----
    Exact but for the division. Cost: one pass, O(n), for integers of one type; floats and small weights by one table.

    Examples
    --------
    >>> from mathcore.metrics import accuracy_score
    >>> accuracy_score([0, 2, 1, 3], [0, 1, 2, 3])
    0.5
    """
    if sample_weight is None:
        found = _confusion.equal(y_true, y_pred)
        if found is not None:
            return found[0] / found[1] if normalize else float(found[0])
    pair = label_pair("accuracy_score", y_true, y_pred, sample_weight)
    if pair is None:
        return peer("accuracy_score", "multilabel targets are left to scikit-learn")(
            y_true, y_pred, normalize=normalize, sample_weight=sample_weight)
    right = pair.true_places == pair.pred_places
    if normalize:
        return float(np.average(right, weights=pair.weight))
    return float(right.sum() if pair.weight is None else np.dot(right, pair.weight))


def counted(fn, y_true, y_pred, sample_weight=None):
    """(classes, table) of two label vectors."""
    found = _confusion.table(y_true, y_pred, sample_weight)
    if found is not None and (sample_weight is None or (np.isfinite(total := found[1].sum()) and total != 0)):
        return found
    pair = label_pair(fn, y_true, y_pred, sample_weight)
    if pair is None:
        raise ValueError(f"{fn}: y_true is multilabel: multilabel-indicator is not supported; expected a vector of "
                         f"labels, got shape {np.shape(y_true)}")
    return pair.classes, pair.table()


def _of_labels(fn, classes, table, labels, y_true):
    """The table in the order of `labels`, other classes left out."""
    labels = as_labels(labels, fn, "labels").ravel()
    if labels.size == 0:
        raise ValueError(f"{fn}: labels is empty. 'labels' should contain at least one label; got shape {labels.shape}")
    if (labels.dtype.kind in "UO") != (classes.dtype.kind in "UO"):
        place, known = np.zeros(len(labels), np.intp), np.zeros(len(labels), bool)
    else:
        place = np.minimum(np.searchsorted(classes, labels), len(classes) - 1)
        known = classes[place] == labels
    if not table[place[known]].any() and not np.isin(labels[known], y_true).any():
        raise ValueError(f"{fn}: labels do not occur. At least one label specified must be in y_true; got {labels}")
    out = np.zeros((len(labels), len(labels)), table.dtype)
    inside = np.flatnonzero(known)
    out[np.ix_(inside, inside)] = table[np.ix_(place[known], place[known])]
    return out


def _warn_of_one(table):
    """A single class is rarely meant."""
    if table.shape == (1, 1):
        warnings.warn("A single label was found in 'y_true' and 'y_pred'. For the confusion matrix to have the correct "
                      "shape, use the 'labels' parameter to pass all known labels.", UserWarning, stacklevel=3)


def confusion_matrix(y_true, y_pred, *, labels=None, sample_weight=None, normalize=None):
    """How often each class is taken for each.

    Drop-in for `sklearn.metrics.confusion_matrix`.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (n,)
        Labels: numbers or text.
    labels : array_like, shape (k,), optional
        Classes in the order wanted; others are left out. Default: all that occur, in rising order.
    sample_weight : array_like, shape (n,), optional
    normalize : {"true", "pred", "all"}, optional
        Divide by the sums of rows, of columns, or of all.

    Returns
    -------
    ndarray, shape (k, k)
        Element (i, j) counts those of class i that were predicted as j: int64, or float64 under float weights or
        normalized.

    Raises
    ------
    ValueError
        Lengths that differ, no samples, targets that are no classes, labels that do not occur in `y_true`.

    Warns
    -----
    UserWarning
        A single class.

    Notes
    -----
    Counts are exact; sums of weights run in the order of the samples. Cost: O(n) without sorting where labels are whole
    numbers fewer than 256 apart, else a sort of each operand.

    Examples
    --------
    >>> from mathcore.metrics import confusion_matrix
    >>> confusion_matrix([2, 0, 2, 2, 0, 1], [0, 0, 2, 2, 0, 2])
    array([[2, 0, 0],
           [0, 0, 1],
           [1, 0, 2]])
    """
    fn = "confusion_matrix"
    if normalize is not None:
        check_choice(normalize, ("true", "pred", "all", None), fn, "normalize")
    classes, table = counted(fn, y_true, y_pred, sample_weight)
    if labels is not None:
        table = _of_labels(fn, classes, table, labels, y_true)
    if normalize is not None:
        with np.errstate(all="ignore"):
            axis = {"true": 1, "pred": 0, "all": None}[normalize]
            table = np.nan_to_num(table / table.sum(axis=axis, keepdims=True))
    _warn_of_one(table)
    return table


def balanced_accuracy_score(y_true, y_pred, *, sample_weight=None, adjusted=False):
    """The mean of the classes' recalls.

    Drop-in for `sklearn.metrics.balanced_accuracy_score`.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (n,)
        Labels: numbers or text.
    sample_weight : array_like, shape (n,), optional
    adjusted : bool, optional
        Whether the score is scaled so that guessing gives 0 and right answers give 1.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        As `confusion_matrix`.

    Warns
    -----
    UserWarning
        A class that is predicted but does not occur; it is left out. A single class.

    Notes
    -----
    Error: a few roundings. Cost: that of `confusion_matrix`.

    Examples
    --------
    >>> from mathcore.metrics import balanced_accuracy_score
    >>> balanced_accuracy_score([0, 1, 0, 0, 1, 0], [0, 1, 0, 0, 0, 1])
    0.625
    """
    table = counted("balanced_accuracy_score", y_true, y_pred, sample_weight)[1]
    _warn_of_one(table)
    recalls = table.diagonal()
    sums = table.sum(axis=1)
    occurs = sums != 0
    if not occurs.all():
        warnings.warn("y_pred contains classes not in y_true", stacklevel=2)
        recalls, sums = recalls[occurs], sums[occurs]
    score = float(np.mean(recalls / sums))
    if adjusted:
        chance = 1 / len(sums)
        score = (score - chance) / (1 - chance) if chance < 1 else math.nan
    return score


def matthews_corrcoef(y_true, y_pred, *, sample_weight=None):
    """Matthews' coefficient: the correlation of true and predicted classes.

    Drop-in for `sklearn.metrics.matthews_corrcoef`.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (n,)
        Labels: numbers or text.
    sample_weight : array_like, shape (n,), optional

    Returns
    -------
    float
        1 for right answers, 0 for guesses and where either has one class, -1 at worst.

    Raises
    ------
    ValueError
        As `confusion_matrix`.

    Warns
    -----
    UserWarning
        A single class.

    Notes
    -----
    With C the confusion matrix, t and p its sums and s their total:
    ``(s tr C - t.p) / sqrt((s^2 - p.p) (s^2 - t.t))``. Counts of fewer than 9e7 samples: a few roundings. Cost: that of
    `confusion_matrix`.

    References
    ----------
    J. Gorodkin, Comparing two K-category assignments by a K-category correlation coefficient, 2004.

    Examples
    --------
    >>> from mathcore.metrics import matthews_corrcoef
    >>> round(matthews_corrcoef([1, 1, 1, 0], [1, 0, 1, 1]), 4)
    -0.3333
    """
    table = counted("matthews_corrcoef", y_true, y_pred, sample_weight)[1].astype(np.float64)
    _warn_of_one(table)
    true, predicted = table.sum(axis=1), table.sum(axis=0)
    total = predicted.sum()
    covariance = np.trace(table) * total - true @ predicted
    spread = (total**2 - predicted @ predicted) * (total**2 - true @ true)
    return 0.0 if spread == 0 else float(covariance / math.sqrt(spread))


def cohen_kappa_score(y1, y2, *, labels=None, weights=None, sample_weight=None, replace_undefined_by=np.nan):
    """Cohen's kappa: how far two raters agree beyond chance.

    Drop-in for `sklearn.metrics.cohen_kappa_score`.

    Parameters
    ----------
    y1, y2 : array_like, shape (n,)
        The labels that each gave: numbers or text.
    labels : array_like, shape (k,), optional
        Classes that count, in the order that `weights` sees. Default: all that occur.
    weights : {"linear", "quadratic"}, optional
        How the distance of classes weighs a disagreement; all weigh the same by default.
    sample_weight : array_like, shape (n,), optional
    replace_undefined_by : float, optional
        What to return where there is no class, or only one, in common.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        As `confusion_matrix`.

    Warns
    -----
    UndefinedMetricWarning
        Where kappa is 0 / 0.
    UserWarning
        A single class.

    Notes
    -----
    ``1 - sum(w C) / sum(w E)``, E what the sums of C give by chance. Error: a few roundings. Cost: that of
    `confusion_matrix` and O(k^2).

    References
    ----------
    J. Cohen, A coefficient of agreement for nominal scales, 1960.

    Examples
    --------
    >>> from mathcore.metrics import cohen_kappa_score
    >>> cohen_kappa_score(["no", "no", "yes", "yes"], ["no", "yes", "yes", "yes"])
    0.5
    """
    fn = "cohen_kappa_score"
    check_choice(weights, ("linear", "quadratic", None), fn, "weights")
    classes, table = counted(fn, y1, y2, sample_weight)
    if labels is not None:
        try:
            table = _of_labels(fn, classes, table, labels, y1)
        except ValueError as error:
            if "must be in y_true" not in str(error):
                raise
            raise ValueError(f"{fn}: labels do not occur. At least one label in `labels` must be present in `y1` (even "
                             "though `cohen_kappa_score` is otherwise agnostic to the order of `y1` and `y2`); got "
                             f"{labels!r}") from error
    _warn_of_one(table)
    table = table.astype(np.float64)
    first, second = table.sum(axis=1), table.sum(axis=0)
    total = second.sum()
    named = f"and set to the value defined by the `replace_undefined_by` param, which is set to {replace_undefined_by}."
    if total == 0:
        warn_undefined("`y2` contains no labels that are present in both `y1` and `labels`.`cohen_kappa_score` is "
                           f"undefined {named}")
        return replace_undefined_by
    expected = np.outer(second, first) / total
    place = np.arange(len(table), dtype=np.float64)
    distance = np.abs(place - place[:, None])
    penalty = np.sign(distance) if weights is None else distance if weights == "linear" else distance**2
    chance = np.sum(penalty * expected)
    if chance == 0:
        warn_undefined("`y1`, `y2` and `labels` have only one label in common. `cohen_kappa_score` is undefined "
                           f"{named}")
        return replace_undefined_by
    return float(1 - np.sum(penalty * table) / chance)
