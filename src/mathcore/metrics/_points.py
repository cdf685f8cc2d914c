"""From labels and scores to the counts at each threshold, and from these to curves and areas."""

import warnings

import numpy as np

from mathcore._kernels import ranking as _ranking
from mathcore.metrics._labels import (
    as_labels,
    check_finite,
    check_lengths,
    check_weights,
    column,
    target_type,
    warn_undefined,
)


def as_scores(y_score, fn, arg="y_score"):
    """Finite real numbers, of whatever dimensions."""
    try:
        a = np.asarray(y_score)
        if a.dtype.kind == "c":
            raise ValueError(f"Complex data not supported, got dtype {a.dtype}")
        if a.dtype.kind not in "biuf":
            a = a.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{fn}: {arg} is no array of numbers; expected scores, {error}") from error
    if a.ndim == 0:
        raise TypeError(f"{fn}: {arg} is no vector. Input should have at least 1 dimension, got scalar {y_score!r}")
    check_finite(a, fn, arg)
    return a


def kernel_scores(a):
    """Scores as float32 or float64 in the same order, ties kept."""
    if a.dtype.kind == "f" and a.dtype.itemsize <= 8:
        return np.ascontiguousarray(a, dtype=np.float32 if a.dtype.itemsize < 8 else np.float64)
    if a.dtype.kind in "biu" and (
            a.dtype.itemsize < 8 or a.size == 0 or max(abs(int(a.min())), abs(int(a.max()))) <= 2**53):
        return a.astype(np.float64)
    return np.unique(a, return_inverse=True)[1].astype(np.float64)      # past float64: places keep the order


def implied_positive(fn, classes):
    """1, where the classes say that this is the positive one."""
    kinds = ([0, 1], [-1, 1], [0], [-1], [1])
    if classes.dtype.kind in "OUS" or len(classes) > 2 or classes.tolist() not in kinds:
        shown = ", ".join(map(repr, classes.tolist()))
        raise ValueError(f"{fn}: pos_label is needed here. y_true takes value in {{{shown}}} and pos_label is not "
                         "specified: either make y_true take value in {0, 1} or {-1, 1} or pass pos_label explicitly.")
    return 1


def whole(value):
    """A positive label that compiled code compares with: a whole number, else None."""
    if isinstance(value, bool | int | np.integer | np.bool_):
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**31 else None


def points(fn, y_true, y_score, sample_weight, pos_label):
    """(false positives, true positives, thresholds in the scores' type) from the highest score down."""
    positive = 1 if pos_label is None else whole(pos_label)
    if positive is not None and abs(positive) < 2**62:
        found = _ranking.points(y_true, y_score, sample_weight, positive)
        if found is not None:
            fps, tps, thresholds, low, high, binary = found
            if (pos_label is not None or (binary and (low, high) in ((0, 1), (-1, 1), (0, 0), (-1, -1), (1, 1)))) and (
                    sample_weight is None or (np.isfinite(fps[-1]) and np.isfinite(tps[-1]))):
                return fps, tps, thresholds.astype(y_score.dtype, copy=False)
    return _general_points(fn, y_true, y_score, sample_weight, pos_label)


def _general_points(fn, y_true, y_score, sample_weight, pos_label):
    labels = as_labels(y_true, fn, "y_true")
    if len(labels) == 0:
        raise ValueError(f"{fn}: y_true is empty; expected at least 1 sample, got shape {labels.shape}")
    kind = target_type(labels, fn, "y_true")
    if not (kind == "binary" or (kind == "multiclass" and pos_label is not None)):
        raise ValueError(f"{fn}: y_true has several classes or none: {kind} format is not supported; expected two "
                         f"classes, got dtype {labels.dtype} and shape {labels.shape}")
    if pos_label is None:
        pos_label = implied_positive(fn, np.unique(labels))
    scores = np.asarray(y_score)
    check_lengths(fn, [("y_true", labels), ("y_score", scores), ("sample_weight", sample_weight)])
    labels, scores = column(labels, fn, "y_true"), column(scores, fn, "y_score")
    check_finite(labels, fn, "y_true")
    scores = as_scores(scores, fn)
    weight = None
    if sample_weight is not None:
        weight = np.asarray(sample_weight)
        if weight.ndim:
            weight = column(weight, fn, "sample_weight")
        weight = np.ascontiguousarray(check_weights(weight, len(labels), fn), dtype=np.float64)
    is_positive = np.ascontiguousarray(labels == pos_label)
    if is_positive.ndim == 0:            # NumPy's answer where text meets numbers
        is_positive = np.zeros(len(labels), bool)
    ranked = kernel_scores(scores)
    fps, tps, thresholds = _ranking.points(is_positive, ranked, weight, 1)[:3]
    if scores.dtype.kind in "biu" or scores.dtype.itemsize > 8:
        order = np.unique(scores if weight is None else scores[weight != 0])
        thresholds = order[::-1]
    return fps, tps, thresholds.astype(scores.dtype, copy=False)


# ------------------------------------------------------------------ of the counts at each threshold

def roc_of(fn, fps, tps, thresholds, drop_intermediate):
    fpr, tpr, thresholds = _ranking.corners(fps, tps, np.ascontiguousarray(thresholds, dtype=np.float64),
                                            bool(drop_intermediate) and len(fps) > 2)
    if fps[-1] <= 0:
        warn_undefined("No negative samples in y_true, false positive value should be meaningless", 4)
        fpr[:] = np.nan
    if tps[-1] <= 0:
        warn_undefined("No positive samples in y_true, true positive value should be meaningless", 4)
        tpr[:] = np.nan
    return fpr, tpr, thresholds


def precision_recall_of(fn, fps, tps, thresholds, drop_intermediate):
    if drop_intermediate and len(fps) > 2:
        kept = np.concatenate([[True], np.logical_or(np.diff(tps[:-1]), np.diff(tps[1:])), [True]])
        fps, tps, thresholds = fps[kept], tps[kept], thresholds[kept]
    found = tps + fps
    precision, recall = np.empty(len(tps) + 1), np.empty(len(tps) + 1)
    precision[-1], recall[-1] = 1, 0
    if found[0] > 0 and found[-1] > 0:
        np.divide(tps[::-1], found[::-1], out=precision[:-1])
    else:
        precision[:-1] = np.divide(tps, found, out=np.zeros(len(tps)), where=found != 0)[::-1]
    if tps[-1] == 0:
        warnings.warn("No positive class found in y_true, recall is set to one for all thresholds.", stacklevel=3)
        recall[:-1] = 1
    else:
        np.divide(tps[::-1], tps[-1], out=recall[:-1])
    return precision, recall, thresholds[::-1]


def area_of(fps, tps):
    """The area under the ROC curve; exact but for a division where the sums are counts."""
    twice = fps[0] * tps[0] + np.dot(np.diff(fps), tps[1:] + tps[:-1])
    return float(twice / (2 * fps[-1] * tps[-1]))


def average_precision_of(fps, tps):
    gained = np.diff(tps, prepend=0.0)
    found = tps + fps
    precision = np.divide(tps, found, out=np.zeros(len(tps)), where=found != 0)
    return max(0.0, float(np.dot(gained, precision) / tps[-1]))


def partial_area(fpr, tpr, max_fpr):
    """McClish's standardized area up to max_fpr."""
    stop = np.searchsorted(fpr, max_fpr, "right")
    last = np.interp(max_fpr, [fpr[stop - 1], fpr[stop]], [tpr[stop - 1], tpr[stop]])
    area = np.trapezoid(np.append(tpr[:stop], last), np.append(fpr[:stop], max_fpr))
    least = 0.5 * max_fpr**2
    return float(0.5 * (1 + (area - least) / (max_fpr - least)))
