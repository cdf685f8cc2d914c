"""Precision, recall and F from the counts of each class, and the report of all of them."""

import math
import warnings

import numpy as np

from mathcore._kernels import confusion as _confusion
from mathcore.metrics._labels import (
    as_labels,
    check_choice,
    label_pair,
    peer,
    undefined_class,
    zero_value,
)

__all__ = ["classification_report", "f1_score", "fbeta_score", "precision_recall_fscore_support", "precision_score",
           "recall_score"]

AVERAGES = (None, "micro", "macro", "weighted", "samples")


class Counts:
    """Sums of each class: of what agrees, of predictions, of truths; `classes` are those that occur."""

    __slots__ = ("agree", "classes", "kind", "predicted", "true")


def count(fn, y_true, y_pred, sample_weight):
    """The Counts of two label vectors, or None for multilabel ones."""
    counts = Counts()
    found = _confusion.table(y_true, y_pred, sample_weight)
    if found is not None and (sample_weight is None or (np.isfinite(total := found[1].sum()) and total != 0)):
        counts.classes, table = found
        counts.agree, counts.predicted, counts.true = table.diagonal(), table.sum(axis=0), table.sum(axis=1)
        counts.kind = "binary" if len(counts.classes) <= 2 else "multiclass"
        return counts
    pair = label_pair(fn, y_true, y_pred, sample_weight)
    if pair is None:
        return None
    counts.classes, counts.kind = pair.classes, pair.kind
    counts.agree, counts.predicted, counts.true = pair.margins()
    return counts


def _one_class(fn, counts, pos_label):
    """Sums of the positive class alone, as numbers."""
    if counts.kind != "binary":
        options = ("None", "'micro'", "'macro'", "'weighted'")
        raise ValueError(f"{fn}: average is not for several classes. Target is multiclass but average='binary'. Please "
                         f"choose another average setting, one of [{', '.join(options)}].")
    classes = counts.classes.tolist()
    if pos_label in classes:
        i = classes.index(pos_label)
        return counts.agree[i].item(), counts.predicted[i].item(), counts.true[i].item()
    if len(classes) >= 2:
        raise ValueError(f"{fn}: pos_label={pos_label} is not a valid label. It should be one of {counts.classes}")
    return 0, 0, 0


def _of_labels(fn, counts, labels):
    """Sums of the classes that were asked for, in their order; what does not occur has none."""
    labels = as_labels(labels, fn, "labels").ravel()
    classes = counts.classes
    if classes.dtype.kind in "UO" and labels.dtype.kind not in "UO":
        labels = labels.astype(str)      # as NumPy does where it puts both into one array
    if len(labels) and (labels.dtype.kind in "UO") != (classes.dtype.kind in "UO"):
        raise ValueError(f"{fn}: labels are of another kind than the data. Mix of label input types (string and "
                         f"number); got {labels}")
    place = np.minimum(np.searchsorted(classes, labels), len(classes) - 1)
    known = classes[place] == labels
    return tuple(np.where(known, sums[place], 0) for sums in (counts.agree, counts.predicted, counts.true))


def _warn(name, modifier, n):
    what = f"{name.capitalize()} is ill-defined and being set to 0.0"
    where = "due to" if n == 1 else "in labels with"
    warnings.warn(f"{what} {where} no {modifier} samples. Use `zero_division` parameter to control this behavior.",
                  undefined_class(), stacklevel=5)


_ALL = ("precision", "recall", "f-score")
_TERMS = (("precision", "predicted"), ("recall", "true"), ("f-score", "true nor predicted"))


def _ratios(sums, beta, zero, warn_for, wanted):
    """Precision, recall and F of arrays of sums; None for what is not wanted."""
    agree, predicted, true = (np.asarray(s, np.float64) for s in sums)
    beta2 = beta * beta
    parts = [(agree, predicted), (agree, true), ((1 + beta2) * agree, beta2 * true + predicted)]
    found = []
    for (name, modifier), (above, below) in zip(_TERMS, parts, strict=True):
        if name == "f-score" and (beta == 0 or math.isinf(beta)):
            found.append(found[0] if beta == 0 else found[1])
            continue
        if name not in wanted:
            found.append(None)
            continue
        empty = below == 0
        ratio = above / np.where(empty, 1, below)
        if empty.any():
            ratio[empty] = zero[0]
            if zero[1] and name in warn_for:
                _warn(name, modifier, len(ratio))
        found.append(ratio)
    return found


def _ratio_of_one(sums, beta, zero, warn_for):
    """The same of numbers: without arrays, which cost more than the count of a hundred samples."""
    agree, predicted, true = sums
    beta2 = beta * beta
    parts = [(agree, predicted), (agree, true), ((1 + beta2) * agree, beta2 * true + predicted)]
    found = []
    for (name, modifier), (above, below) in zip(_TERMS, parts, strict=True):
        if name == "f-score" and (beta == 0 or math.isinf(beta)):
            found.append(found[0] if beta == 0 else found[1])
        elif below != 0:
            found.append(above / below)
        else:
            found.append(zero[0])
            if zero[1] and name in warn_for:
                _warn(name, modifier, 1)
    return found


def _mean(values, weights):
    """Of what is not NaN."""
    kept = ~np.isnan(values)
    if not kept.any() or (weights is not None and weights[kept].sum() == 0):
        return math.nan if not kept.any() else float(np.average(values[kept]))
    return float(np.average(values[kept], weights=None if weights is None else weights[kept]))


def scores(fn, y_true, y_pred, beta, labels, pos_label, average, warn_for, sample_weight, zero_division):
    """Precision, recall, F and support."""
    zero = zero_value(zero_division, fn)
    if average != "binary":
        check_choice(average, (*AVERAGES, "binary"), fn, "average")
    if not isinstance(beta, int | float | np.integer | np.floating) or not beta >= 0:
        raise ValueError(f"{fn}: beta is out of range; expected a number that is not negative, got {beta!r}")
    counts = count(fn, y_true, y_pred, sample_weight)
    if counts is None:
        return peer("precision_recall_fscore_support", "multilabel targets are left to scikit-learn")(
            y_true, y_pred, beta=beta, labels=labels, pos_label=pos_label, average=average, warn_for=warn_for,
            sample_weight=sample_weight, zero_division=zero_division)
    if average == "binary":
        return (*_ratio_of_one(_one_class(fn, counts, pos_label), beta, zero, warn_for), None)
    if pos_label is not None and not (pos_label == 1 and not isinstance(pos_label, str)):
        warnings.warn(f"Note that pos_label (set to {pos_label!r}) is ignored when average != 'binary' (got "
                      f"{average!r}). You may use labels=[pos_label] to specify a single positive class.",
                      UserWarning, stacklevel=4)
    if average == "samples":
        raise ValueError(f"{fn}: average='samples' is for multilabel targets. Samplewise metrics are not available "
                         "outside of multilabel classification.")
    sums = (counts.agree, counts.predicted, counts.true) if labels is None else _of_labels(fn, counts, labels)
    one = fn in _WANTED and 0 < beta < math.inf
    return averaged(sums, beta, average, zero, warn_for, _WANTED[fn] if one else _ALL)


def averaged(sums, beta, average, zero, warn_for, wanted=_ALL):
    """Precision, recall, F and support of the classes' sums under an average; None for what is not wanted."""
    if average == "micro":
        return (*_ratio_of_one([s.sum().item() for s in sums], beta, zero, warn_for), None)
    found = _ratios(sums, beta, zero, warn_for, wanted)
    if average is None:
        return (*found, np.asarray(sums[2]))
    weights = np.asarray(sums[2], np.float64) if average == "weighted" else None
    return (*(None if v is None else _mean(v, weights) for v in found), None)


_WANTED = {"precision_score": ("precision",), "recall_score": ("recall",), "f1_score": ("f-score",),
           "fbeta_score": ("f-score",)}


def precision_recall_fscore_support(y_true, y_pred, *, beta=1.0, labels=None, pos_label=1, average=None,
                                    warn_for=("precision", "recall", "f-score"), sample_weight=None,
                                    zero_division="warn"):
    """Precision, recall, F and support of each class, or their average.

    Drop-in for `sklearn.metrics.precision_recall_fscore_support`.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (n,)
        Labels: numbers or text. Indicator matrices and sparse ones are left to scikit-learn.
    beta : float, optional
        How many times recall counts as precision in F.
    labels : array_like, shape (k,), optional
        The classes that count, in the order of the result. Default: all that occur, in rising order.
    pos_label : int, float, bool or str, optional
        The class of interest under ``average="binary"``.
    average : {"binary", "micro", "macro", "weighted", "samples"}, optional
        None gives an array of each class. "binary": the class `pos_label`. "micro": of the sums over all classes.
        "macro": the plain mean. "weighted": by support. "samples": for multilabel targets.
    warn_for : collection of str, optional
        Which of "precision", "recall", "f-score" warn where they are 0 / 0.
    sample_weight : array_like, shape (n,), optional
    zero_division : {"warn", 0, 1, nan}, optional
        What stands for 0 / 0; "warn" is 0 with a warning. NaN is left out of averages.

    Returns
    -------
    precision : float or ndarray, shape (k,)
        ``tp / (tp + fp)``
    recall : float or ndarray, shape (k,)
        ``tp / (tp + fn)``
    fscore : float or ndarray, shape (k,)
        ``(1 + beta^2) tp / ((1 + beta^2) tp + beta^2 fn + fp)``
    support : None or ndarray, shape (k,)
        The number (or weight) of samples of each class; None under an average.

    Raises
    ------
    ValueError
        Lengths that differ, no samples, targets that are no classes, an unknown average, several classes under
        "binary".

    Warns
    -----
    UndefinedMetricWarning
        Where a quotient is 0 / 0.

    Notes
    -----
    Counts are exact, quotients rounded once. Cost: that of `confusion_matrix`.

    Examples
    --------
    >>> from mathcore.metrics import precision_recall_fscore_support
    >>> precision, recall, _, support = precision_recall_fscore_support([0, 1, 1, 0], [0, 1, 0, 0])
    >>> precision, recall, support
    (array([0.66666667, 1.        ]), array([1. , 0.5]), array([2, 2]))
    """
    return scores("precision_recall_fscore_support", y_true, y_pred, beta, labels, pos_label, average, warn_for,
                  sample_weight, zero_division)


_DOC = """{summary}

    Drop-in for `sklearn.metrics.{name}`.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (n,)
        Labels: numbers or text. Indicator matrices and sparse ones are left to scikit-learn.
{beta}    labels : array_like, shape (k,), optional
        The classes that count. Default: all that occur, in rising order.
    pos_label : int, float, bool or str, optional
        The class of interest under ``average="binary"``.
    average : {{"binary", "micro", "macro", "weighted", "samples"}} or None, optional
        As in `precision_recall_fscore_support`; None gives an array of each class.
    sample_weight : array_like, shape (n,), optional
    zero_division : {{"warn", 0, 1, nan}}, optional
        What stands for 0 / 0; "warn" is 0 with a warning.

    Returns
    -------
    float, or ndarray of shape (k,) under ``average=None``

    Raises
    ------
    ValueError
        As `precision_recall_fscore_support`.

    Warns
    -----
    UndefinedMetricWarning
        Where it is 0 / 0.

    Notes
    -----
    Counts are exact, quotients rounded once. Cost: that of `confusion_matrix`.

    Examples
    --------
    >>> from mathcore.metrics import {name}
    >>> {example}
    """


def _document(summary, example, beta=""):
    def fill(function):
        function.__doc__ = _DOC.format(name=function.__name__, summary=summary, example=example, beta=beta)
        return function

    return fill


@_document("The share of positive predictions that are right, ``tp / (tp + fp)``.",
           "precision_score([0, 1, 1, 0], [0, 1, 1, 1], average=None)\n    array([1.        , 0.66666667])")
def precision_score(y_true, y_pred, *, labels=None, pos_label=1, average="binary", sample_weight=None,
                    zero_division="warn"):
    return scores("precision_score", y_true, y_pred, 1.0, labels, pos_label, average, ("precision",), sample_weight,
                  zero_division)[0]


@_document("The share of positives that are found, ``tp / (tp + fn)``.",
           "recall_score([0, 1, 1, 0], [0, 1, 0, 1])\n    0.5")
def recall_score(y_true, y_pred, *, labels=None, pos_label=1, average="binary", sample_weight=None,
                 zero_division="warn"):
    return scores("recall_score", y_true, y_pred, 1.0, labels, pos_label, average, ("recall",), sample_weight,
                  zero_division)[1]


@_document("The harmonic mean of precision and recall, ``2 tp / (2 tp + fn + fp)``.",
           "f1_score([0, 1, 2, 0, 1, 2], [0, 2, 1, 0, 0, 1], average='micro')\n    0.3333333333333333")
def f1_score(y_true, y_pred, *, labels=None, pos_label=1, average="binary", sample_weight=None, zero_division="warn"):
    return scores("f1_score", y_true, y_pred, 1.0, labels, pos_label, average, ("f-score",), sample_weight,
                  zero_division)[2]


@_document("The weighted harmonic mean of precision and recall, ``(1 + beta^2) tp / ((1 + beta^2) tp + beta^2 fn + "
           "fp)``.",
           "fbeta_score([0, 1, 1, 0], [0, 1, 1, 1], beta=2)\n    0.9090909090909091",
           "    beta : float\n        How many times recall counts as precision.\n")
def fbeta_score(y_true, y_pred, *, beta, labels=None, pos_label=1, average="binary", sample_weight=None,
                zero_division="warn"):
    return scores("fbeta_score", y_true, y_pred, beta, labels, pos_label, average, ("f-score",), sample_weight,
                  zero_division)[2]


# ------------------------------------------------------------------ report

HEADERS = ("precision", "recall", "f1-score", "support")


def classification_report(y_true, y_pred, *, labels=None, target_names=None, sample_weight=None, digits=2,
                          output_dict=False, zero_division="warn"):
    """Precision, recall, F1 and support of each class and their averages, as a table of text or a dict.

    Drop-in for `sklearn.metrics.classification_report`.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (n,)
        Labels: numbers or text. Indicator matrices and sparse ones are left to scikit-learn.
    labels : array_like, shape (k,), optional
        The classes to report. Default: all that occur, in rising order.
    target_names : list of str, optional
        Their names.
    sample_weight : array_like, shape (n,), optional
    digits : int, optional
        Decimals of the text.
    output_dict : bool, optional
        Whether a dict is returned.
    zero_division : {"warn", 0, 1, nan}, optional
        What stands for 0 / 0; "warn" is 0 with a warning.

    Returns
    -------
    str or dict

    Raises
    ------
    ValueError
        As `precision_recall_fscore_support`; as many names as classes are not given.

    Warns
    -----
    UndefinedMetricWarning
        Where a quotient is 0 / 0.

    Notes
    -----
    Counts are exact, quotients rounded once. Cost: that of `confusion_matrix`.

    Examples
    --------
    >>> from mathcore.metrics import classification_report
    >>> print(classification_report([0, 1, 2, 2, 2], [0, 0, 2, 2, 1], target_names=["a", "b", "c"]))
                  precision    recall  f1-score   support
    <BLANKLINE>
               a       0.50      1.00      0.67         1
               b       0.00      0.00      0.00         1
               c       1.00      0.67      0.80         3
    <BLANKLINE>
        accuracy                           0.60         5
       macro avg       0.50      0.56      0.49         5
    weighted avg       0.70      0.60      0.61         5
    <BLANKLINE>
    """
    fn = "classification_report"
    zero = zero_value(zero_division, fn)
    counts = count(fn, y_true, y_pred, sample_weight)
    if counts is None:
        return peer(fn, "multilabel targets are left to scikit-learn")(
            y_true, y_pred, labels=labels, target_names=target_names, sample_weight=sample_weight, digits=digits,
            output_dict=output_dict, zero_division=zero_division)
    given, shown = labels is not None, counts.classes
    sums = (counts.agree, counts.predicted, counts.true)
    if given:
        shown = as_labels(labels, fn, "labels").ravel()
        sums = _of_labels(fn, counts, shown)
    names = _names(fn, shown, target_names, given)
    warn_for = ("precision", "recall", "f-score")
    precision, recall, f, support = averaged(sums, 1.0, None, zero, warn_for)
    rows = [(name, p, r, v, s) for name, p, r, v, s in zip(names, precision, recall, f, support, strict=False)]
    whole = not given or set(shown.tolist()) >= set(counts.classes.tolist())
    means = []
    for average in ("micro", "macro", "weighted"):
        found = averaged(sums, 1.0, average, zero, warn_for)[:3]
        title = "accuracy" if average == "micro" and whole else f"{average} avg"
        means.append((title, *found, support.sum()))
    return _as_dict(rows, means) if output_dict else _as_text(rows, means, names, digits)


def _names(fn, shown, target_names, given):
    if target_names is None:
        return [f"{label}" for label in shown]
    if len(shown) != len(target_names):
        if not given:
            raise ValueError(f"{fn}: target_names does not fit. Number of classes, {len(shown)}, does not match size "
                             f"of target_names, {len(target_names)}. Try specifying the labels parameter")
        warnings.warn(f"labels size, {len(shown)}, does not match size of target_names, {len(target_names)}",
                      stacklevel=3)
    return list(target_names)


def _as_dict(rows, means):
    report = {title: dict(zip(HEADERS, map(float, values), strict=True)) for title, *values in (*rows, *means)}
    if "accuracy" in report:
        report["accuracy"] = report["accuracy"]["precision"]
    return report


def _as_text(rows, means, names, digits):
    width = max(*map(len, names), len("weighted avg"), digits)
    text = f"{'':>{width}s} " + "".join(f" {head:>9}" for head in HEADERS) + "\n\n"

    def line(title, precision, recall, f, support):
        numbers = "".join(f" {v:>9.{digits}f}" for v in (precision, recall, f))
        return f"{title:>{width}s} {numbers} {support:>9}\n"

    text += "".join(line(*row) for row in rows) + "\n"
    for title, precision, recall, f, support in means:
        if title == "accuracy":
            text += f"{title:>{width}s}  {'':>9} {'':>9} {f:>9.{digits}f} {support:>9}\n"
        else:
            text += line(title, precision, recall, f, support)
    return text
