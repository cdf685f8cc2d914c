"""ROC areas and average precision where the fast path ends: weights, other labels, several classes, text, lists."""

import itertools
import math
import warnings

import numpy as np

from mathcore._kernels import ranking as _ranking
from mathcore.metrics._labels import (
    as_labels,
    check_choice,
    check_lengths,
    check_weights,
    column,
    is_multilabel,
    peer,
    places,
    target_type,
    warn_undefined,
)
from mathcore.metrics._points import area_of, as_scores, average_precision_of, kernel_scores, partial_area, roc_of

AVERAGES = ("micro", "macro", "samples", "weighted", None)


class _Data:
    """Labels as places among classes, finite scores, weights in float64."""

    def __init__(self, fn, y_true, y_score):
        labels = as_labels(y_true, fn, "y_true")
        self.kind = target_type(labels, fn, "y_true")
        if self.kind not in ("binary", "multiclass"):
            raise ValueError(f"{fn}: y_true holds no classes: {self.kind} format is not supported; expected labels, "
                             f"got dtype {labels.dtype} and shape {labels.shape}")
        self.scores = as_scores(y_score, fn)
        check_lengths(fn, [("y_true", labels), ("y_score", self.scores)])
        self.labels = column(labels, fn, "y_true")
        if len(self.labels) == 0:
            raise ValueError(f"{fn}: y_true is empty; expected at least 1 sample, got shape {labels.shape}")
        self.places, self.classes = places(self.labels)
        self.weight = None

    def weigh(self, fn, sample_weight):
        if sample_weight is not None:
            weight = column(np.atleast_1d(np.asarray(sample_weight)), fn, "sample_weight")
            check_lengths(fn, [("y_true", self.labels), ("y_score", self.scores), ("sample_weight", weight)])
            self.weight = np.ascontiguousarray(check_weights(weight, len(self.labels), fn), dtype=np.float64)


def _area(fn, is_positive, scores, weight=None, max_fpr=None):
    """Of one class against another: a bool vector and a score vector."""
    both = is_positive.any() and not is_positive.all()
    if both and weight is None and max_fpr in (None, 1):
        twice, _, ones, zeros, *_ = _ranking.areas(is_positive, kernel_scores(scores), 1)
        return twice / (2 * ones * zeros)
    if both:
        scores = kernel_scores(scores)
        fps, tps, thresholds = _ranking.points(is_positive, scores, weight, 1)[:3]
        if max_fpr in (None, 1) and fps[-1] > 0 and tps[-1] > 0:
            return area_of(fps, tps)
        fpr, tpr, _ = roc_of(fn, fps, tps, thresholds, True)
        return partial_area(fpr, tpr, max_fpr) if max_fpr is not None else math.nan
    warn_undefined("Only one class is present in y_true. ROC AUC score is not defined in that case.", 5)
    return math.nan


def _precision(fn, is_positive, scores, weight=None):
    if weight is None:
        _, total, ones, *_ = _ranking.areas(is_positive, kernel_scores(scores), 1)
        if ones:
            return total / ones
    elif (found := _ranking.points(is_positive, kernel_scores(scores), weight, 1))[1][-1] > 0:
        return average_precision_of(found[0], found[1])
    warnings.warn("No positive class found in y_true, recall is set to one for all thresholds.", stacklevel=4)
    return 0.0


def _one_against_rest(fn, data, classes, average, score):
    """score(fn, is_positive, scores, weight) of each class of `classes` (data.places among them), averaged."""
    k = len(classes)
    truth = data.places[:, None] == np.arange(k)
    if average == "micro":
        weight = None if data.weight is None else np.repeat(data.weight, k)
        return score(fn, np.ascontiguousarray(truth).ravel(), data.scores.ravel(), weight)
    if average == "samples":
        found = np.array([score(fn, np.ascontiguousarray(t), s, None) for t, s in zip(truth, data.scores, strict=True)])
        return float(np.average(found, weights=data.weight))
    found = np.array([score(fn, np.ascontiguousarray(truth[:, c]), data.scores[:, c], data.weight) for c in range(k)])
    if average is None:
        return found
    shares = None
    if average == "weighted":
        shares = np.bincount(data.places, data.weight, k)
        found[shares == 0] = 0
        if shares.sum() == 0:
            return 0.0
    return float(np.average(found, weights=shares))


# ------------------------------------------------------------------ ROC

def auc_of_labels(y_true, y_score, average, sample_weight, max_fpr, multi_class, labels):
    """roc_auc_score by the general door."""
    fn = "roc_auc_score"
    check_choice(average, AVERAGES, fn, "average")
    check_choice(multi_class, ("raise", "ovr", "ovo"), fn, "multi_class")
    if max_fpr is not None:
        if isinstance(max_fpr, bool) or not isinstance(max_fpr, int | float | np.integer | np.floating):
            raise TypeError(f"{fn}: max_fpr is no real number; expected one, got {max_fpr!r}")
        if not 0 < max_fpr <= 1:
            raise ValueError(f"{fn}: max_fpr is out of range. Expected max_fpr in range (0, 1], got: {max_fpr!r}")
    if is_multilabel(y_true):
        return peer(fn, "multilabel targets are left to scikit-learn")(
            y_true, y_score, average=average, sample_weight=sample_weight, max_fpr=max_fpr, multi_class=multi_class,
            labels=labels)
    data = _Data(fn, y_true, y_score)
    if data.kind == "multiclass" or (data.scores.ndim == 2 and data.scores.shape[1] > 2):
        if max_fpr is not None and max_fpr != 1:
            raise ValueError(f"{fn}: max_fpr is for two classes. Partial AUC computation not available in multiclass "
                             f"setting, 'max_fpr' must be set to `None`, received `max_fpr={max_fpr}` instead")
        if multi_class == "raise":
            raise ValueError(f"{fn}: multi_class is needed. multi_class must be in ('ovo', 'ovr'), got 'raise' with "
                             "several classes")
        return _several_classes(fn, data, average, multi_class, labels, sample_weight)
    data.weigh(fn, sample_weight)
    scores = data.scores
    if len(data.classes) == 2:           # one class is told of before the shape
        scores = column(scores, fn, "y_score")
    return _area(fn, data.places == 1, scores, data.weight, max_fpr)


def _known_classes(fn, data, labels):
    """The classes of the columns, with data.places among them."""
    if labels is None:
        if len(data.classes) != data.scores.shape[1]:
            raise ValueError(f"{fn}: y_score does not fit the classes. Number of classes in y_true not equal to the "
                             f"number of columns in 'y_score': {len(data.classes)} and {data.scores.shape[1]}")
        return data.classes
    labels = column(as_labels(labels, fn, "labels"), fn, "labels")
    classes = np.unique(labels)
    if len(classes) != len(labels):
        raise ValueError(f"{fn}: labels repeat. Parameter 'labels' must be unique, got {labels}")
    if not (classes == labels).all():
        raise ValueError(f"{fn}: labels are out of order. Parameter 'labels' must be ordered, got {labels}")
    if len(classes) != data.scores.shape[1]:
        raise ValueError(f"{fn}: labels do not fit. Number of given labels, {len(classes)}, not equal to the number of "
                         f"columns in 'y_score', {data.scores.shape[1]}")
    if len(np.setdiff1d(data.classes, classes)):
        raise ValueError(f"{fn}: labels lack classes. 'y_true' contains labels not in parameter 'labels', got {labels}")
    data.places = np.searchsorted(classes, data.classes)[data.places]
    return classes


def _several_classes(fn, data, average, multi_class, labels, sample_weight):
    scores = data.scores
    if scores.ndim != 2:
        raise ValueError(f"{fn}: y_score is no matrix. `y_score` needs to be of shape `(n_samples, n_classes)`, since "
                         f"`y_true` contains multiple classes. Got `y_score.shape={scores.shape}`.")
    if not np.allclose(1, scores.sum(axis=1)):
        raise ValueError(f"{fn}: y_score has rows that do not add up to 1. Target scores need to be probabilities for "
                         "multiclass roc_auc, i.e. they should sum up to 1.0 over classes; got sums from "
                         f"{scores.sum(axis=1).min()} to {scores.sum(axis=1).max()}")
    options = ("macro", "weighted", None) if multi_class == "ovo" else ("micro", "macro", "weighted", None)
    if average not in options:
        raise ValueError(f"{fn}: average does not fit. average must be one of {options} for multiclass problems, got "
                         f"{average!r}")
    if average is None and multi_class == "ovo":
        raise NotImplementedError(f"{fn}: average=None is not implemented for multi_class='ovo'.")
    classes = _known_classes(fn, data, labels)
    if multi_class == "ovr":
        data.weigh(fn, sample_weight)
        return _one_against_rest(fn, data, classes, average, _area)
    if sample_weight is not None:
        raise ValueError(f"{fn}: sample_weight is not for pairs. sample_weight is not supported for multiclass "
                         "one-vs-one ROC AUC, 'sample_weight' must be None in this case.")
    return _pairs_of_classes(fn, data, average)


def _pairs_of_classes(fn, data, average):
    """Hand and Till's mean over pairs of classes, each of the two in turn the positive one."""
    areas, shares = [], []
    for a, b in itertools.combinations(np.unique(data.places), 2):
        inside = (data.places == a) | (data.places == b)
        is_a, scores = data.places[inside] == a, data.scores[inside]
        areas.append((_area(fn, is_a, scores[:, a]) + _area(fn, ~is_a, scores[:, b])) / 2)
        shares.append(inside.mean())
    return float(np.average(areas, weights=shares if average == "weighted" else None))


# ------------------------------------------------------------------ average precision

def precision_of_labels(y_true, y_score, average, pos_label, sample_weight):
    """average_precision_score by the general door."""
    fn = "average_precision_score"
    check_choice(average, AVERAGES, fn, "average")
    if is_multilabel(y_true):
        return peer(fn, "multilabel targets are left to scikit-learn")(
            y_true, y_score, average=average, pos_label=pos_label, sample_weight=sample_weight)
    data = _Data(fn, y_true, y_score)
    data.weigh(fn, sample_weight)
    if data.kind == "multiclass":
        if isinstance(pos_label, str) or pos_label != 1:
            raise ValueError(f"{fn}: pos_label is for two classes. Parameter pos_label is fixed to 1 for multiclass "
                             f"y_true. Do not set pos_label or set pos_label to 1. Got {pos_label!r}")
        if data.scores.shape != (len(data.labels), len(data.classes)):
            raise ValueError(f"{fn}: y_score does not fit the classes. `y_score` needs to be of shape `(n_samples, "
                             "n_classes)`, since `y_true` contains multiple classes. Got "
                             f"`y_score.shape={data.scores.shape}`.")
        return _one_against_rest(fn, data, data.classes, average, _precision)
    if len(data.classes) == 2 and pos_label not in data.classes.tolist():
        raise ValueError(f"{fn}: pos_label={pos_label} is not a valid label. It should be one of {data.classes}")
    classes = data.classes.tolist()
    is_positive = data.places == classes.index(pos_label) if pos_label in classes else np.zeros(len(data.labels), bool)
    return _precision(fn, is_positive, column(data.scores, fn, "y_score"), data.weight)
