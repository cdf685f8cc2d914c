"""Confidence intervals of metrics: proportions, DeLong's for the ROC area, the bootstrap for any."""

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from mathcore import _validate
from mathcore._kernels import ranking as _ranking
from mathcore.metrics._labels import check_lengths, label_pair
from mathcore.metrics._points import area_of, points
from mathcore.metrics.classification import accuracy_score
from mathcore.metrics.curves import roc_auc_score
from mathcore.metrics.fscore import f1_score, precision_score, recall_score

__all__ = ["MetricInterval", "accuracy_ci", "f1_ci", "metric_ci", "roc_auc_ci"]


class MetricInterval(NamedTuple):
    """A metric with its confidence interval.

    Parameters
    ----------
    value : float
        The metric of all samples.
    low, high : float
        The ends of the interval.

    Attributes
    ----------
    value : float
        The metric of all samples.
    low, high : float
        The ends of the interval.
    """

    value: float
    low: float
    high: float


_NORMAL = NormalDist()
_BOOTSTRAPS = ("bootstrap", "bca", "percentile")


def _level(confidence_level, fn):
    level = _validate.real_number(confidence_level, fn, "confidence_level", above=0, high=1)
    if level == 1:
        raise ValueError(f"{fn}: confidence_level is out of range; expected less than 1, got {confidence_level!r}")
    return level


def _quantiles(resampled, value, method, level, jackknife):
    """Ends of a bootstrap interval. jackknife() -> (values with one sample left out, how often each)."""
    resampled = resampled[~np.isnan(resampled)]
    if len(resampled) == 0 or math.isnan(value):
        return math.nan, math.nan
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if method != "percentile":
        tails = _bca_tails(resampled, value, tails, jackknife)
    low, high = np.quantile(resampled, tails)
    return float(low), float(high)


def _bca_tails(resampled, value, tails, jackknife):
    """B. Efron's corrected tails: for the bias of the median and for a spread that goes with the value."""
    share = ((resampled < value).mean() + (resampled <= value).mean()) / 2
    if not 0 < share < 1:
        return tails
    bias = _NORMAL.inv_cdf(share)
    left_out, times = jackknife()
    kept = ~np.isnan(left_out)
    left_out, times = left_out[kept], times[kept]
    d = np.average(left_out, weights=times) - left_out if times.sum() else left_out
    spread = np.sum(times * d**2)
    skew = np.sum(times * d**3) / (6 * spread**1.5) if spread > 0 else 0.0
    z = bias + np.array([_NORMAL.inv_cdf(t) for t in tails])
    return np.array([_NORMAL.cdf(bias + v / (1 - skew * v)) for v in z])


# ------------------------------------------------------------------ proportions

def _wilson(k, n, z):
    center, spread = (k + z * z / 2) / (n + z * z), z / (n + z * z) * math.sqrt(k * (n - k) / n + z * z / 4)
    return 0.0 if k == 0 else center - spread, 1.0 if k == n else center + spread


def _clopper_pearson(k, n, tail):
    from scipy.special import betaincinv

    return (0.0 if k == 0 else float(betaincinv(k, n - k + 1, tail)),
            1.0 if k == n else float(betaincinv(k + 1, n - k, 1 - tail)))


def accuracy_ci(y_true, y_pred, /, *, confidence_level=0.95, method="wilson", n_resamples=9999, rng=None):
    """Accuracy with a confidence interval.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (n,)
        Labels: numbers or text.
    confidence_level : float, optional
    method : {"wilson", "exact", "bootstrap", "bca", "percentile"}, optional
        "wilson": the score interval of a proportion. "exact": Clopper and Pearson's, never below its level. "bootstrap"
        is "bca".
    n_resamples : int, optional
        Of a bootstrap.
    rng : int or numpy.random.Generator, optional
        Of a bootstrap.

    Returns
    -------
    MetricInterval
        NamedTuple (value, low, high).

    Raises
    ------
    ValueError
        As `accuracy_score`; a level outside of 0 to 1, an unknown method.

    Notes
    -----
    Error: a few roundings. Cost: that of `accuracy_score`; a bootstrap draws binomial counts, O(n_resamples).

    References
    ----------
    E. Wilson, Probable inference, the law of succession, and statistical inference, 1927. C. Clopper and E. Pearson,
    The use of confidence or fiducial limits illustrated in the case of the binomial, 1934.

    Examples
    --------
    >>> from mathcore.metrics import accuracy_ci
    >>> value, low, high = accuracy_ci([0, 1, 1, 0, 1, 0, 1, 1, 0, 1], [0, 1, 0, 0, 1, 0, 1, 1, 1, 1])
    >>> value, round(low, 4), round(high, 4)
    (0.8, 0.4902, 0.9433)
    """
    fn = "accuracy_ci"
    level = _level(confidence_level, fn)
    _validate.one_of(method, ("wilson", "exact", *_BOOTSTRAPS), fn, "method")
    if method in _BOOTSTRAPS:
        return _of_counts(fn, "accuracy", y_true, y_pred, method, level, n_resamples, rng, {})
    right, n = _right(fn, y_true, y_pred)
    if method == "wilson":
        low, high = _wilson(right, n, _NORMAL.inv_cdf((1 + level) / 2))
    else:
        low, high = _clopper_pearson(right, n, (1 - level) / 2)
    return MetricInterval(right / n, low, high)


def _right(fn, y_true, y_pred):
    pair = label_pair(fn, y_true, y_pred)
    if pair is None:
        raise ValueError(f"{fn}: y_true is multilabel; expected a vector of labels, got shape {np.shape(y_true)}")
    return int((pair.true_places == pair.pred_places).sum()), len(pair.true_places)


# ------------------------------------------------------------------ metrics of the confusion matrix

def _cells(metric, classes, options):
    """The metric of confusion matrices (..., k, k)."""
    if metric == "accuracy":
        return lambda c: np.trace(c, axis1=-2, axis2=-1) / c.sum(axis=(-2, -1))
    average, pos_label = options.get("average", "binary"), options.get("pos_label", 1)
    zero = options.get("zero_division", 0.0)
    one = classes.tolist().index(pos_label) if average == "binary" and pos_label in classes.tolist() else None

    def score(c):
        agree = np.diagonal(c, axis1=-2, axis2=-1).astype(np.float64)
        predicted, true = c.sum(axis=-2), c.sum(axis=-1)
        if average == "binary":
            agree, predicted, true = (s[..., one:one + 1] if one is not None else np.zeros((*c.shape[:-2], 1))
                                      for s in (agree, predicted, true))
        if average == "micro":
            agree, predicted, true = (s.sum(axis=-1, keepdims=True) for s in (agree, predicted, true))
        above = 2 * agree if metric == "f1" else agree
        below = {"f1": predicted + true, "precision": predicted, "recall": true}[metric]
        each = np.where(below != 0, above / np.where(below != 0, below, 1), zero)
        if average == "macro":               # of the classes that occur, as a metric of the resample would have it
            occurs = (predicted + true) > 0
            return np.where(occurs, each, 0).sum(axis=-1) / occurs.sum(axis=-1)
        if average == "weighted":
            return (each * true).sum(axis=-1) / true.sum(axis=-1)
        return each[..., 0]

    return score


_LARGEST_DRAW = 1 << 22                  # counts held at a time: 32 MB


def _of_counts(fn, metric, y_true, y_pred, method, level, n_resamples, rng, options):
    """The bootstrap of a metric of the confusion matrix: a resample is one multinomial draw of its cells."""
    n_resamples = _validate.whole_number(n_resamples, fn, "n_resamples", low=1)
    rng = _validate.generator(rng, fn)
    pair = label_pair(fn, y_true, y_pred)
    if pair is None:
        raise ValueError(f"{fn}: y_true is multilabel; expected a vector of labels, got shape {np.shape(y_true)}")
    table = pair.table()
    k, n = len(table), int(table.sum())
    score = _cells(metric, pair.classes, options)
    cells = np.flatnonzero(table)
    share, parts = table.ravel()[cells] / n, []
    step = max(1, _LARGEST_DRAW // (k * k))
    for start in range(0, n_resamples, step):
        few = min(step, n_resamples - start)
        drawn = np.zeros((few, k * k), np.int64)
        drawn[:, cells] = rng.multinomial(n, share, few)
        parts.append(score(drawn.reshape(few, k, k)))
    value = float(score(table))

    def jackknife():
        """Samples of one cell are alike: one value of each."""
        left = np.tile(table.ravel(), (len(cells), 1))
        left[np.arange(len(cells)), cells] -= 1
        with np.errstate(invalid="ignore", divide="ignore"):
            return score(left.reshape(-1, k, k)), table.ravel()[cells]

    return MetricInterval(value, *_quantiles(np.concatenate(parts), value, method, level, jackknife))


def f1_ci(y_true, y_pred, /, *, pos_label=1, average="binary", confidence_level=0.95, method="bootstrap",
          n_resamples=9999, rng=None):
    """F1 with a bootstrap confidence interval.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (n,)
        Labels: numbers or text.
    pos_label : int, float, bool or str, optional
        The class of interest under ``average="binary"``.
    average : {"binary", "micro", "macro", "weighted"}, optional
        As in `f1_score`.
    confidence_level : float, optional
    method : {"bootstrap", "bca", "percentile"}, optional
        "bootstrap" is "bca", Efron's corrected and accelerated interval.
    n_resamples : int, optional
    rng : int or numpy.random.Generator, optional

    Returns
    -------
    MetricInterval
        NamedTuple (value, low, high).

    Raises
    ------
    ValueError
        As `f1_score`; a level outside of 0 to 1, an unknown method.

    Notes
    -----
    Resamples are multinomial draws of the confusion matrix, so their cost does not depend on n: O(n + k^2 n_resamples).
    The jackknife of "bca" is exact, of one value for each cell.

    References
    ----------
    B. Efron, Better bootstrap confidence intervals, 1987.

    Examples
    --------
    >>> from mathcore.metrics import f1_ci
    >>> value, low, high = f1_ci([0, 1, 1, 0, 1, 0, 1, 1, 0, 1], [0, 1, 0, 0, 1, 0, 1, 1, 1, 1], rng=0)
    >>> round(value, 4), low < value < high
    (0.8333, True)
    """
    fn = "f1_ci"
    level = _level(confidence_level, fn)
    _validate.one_of(method, _BOOTSTRAPS, fn, "method")
    _check_average(fn, y_true, y_pred, average, pos_label)
    return _of_counts(fn, "f1", y_true, y_pred, method, level, n_resamples, rng,
                      {"average": average, "pos_label": pos_label})


def _check_average(fn, y_true, y_pred, average, pos_label):
    _validate.one_of(average, ("binary", "micro", "macro", "weighted"), fn, "average")
    if average != "binary":
        return
    pair = label_pair(fn, y_true, y_pred)
    if pair is not None and pair.kind == "multiclass":
        raise ValueError(f"{fn}: average='binary' is not for {len(pair.classes)} classes; expected 'micro', 'macro' or "
                         "'weighted'")
    if pair is not None and len(pair.classes) == 2 and pos_label not in pair.classes.tolist():
        raise ValueError(f"{fn}: pos_label={pos_label!r} does not occur; expected one of {pair.classes}")


# ------------------------------------------------------------------ ROC area

def _delong(fps, tps, area):
    """The variance of the area: of the shares of the other class that each sample beats (Sun and Xu's midranks)."""
    positives, negatives = np.diff(tps, prepend=0.0), np.diff(fps, prepend=0.0)
    m, n = tps[-1], fps[-1]
    beaten = (n - fps + negatives / 2) / n           # by a positive of each score
    lost = (tps - positives / 2) / m                 # to a positive, by a negative of each score
    of_positives = positives @ (beaten - area)**2 / (m - 1) if m > 1 else math.nan
    of_negatives = negatives @ (lost - area)**2 / (n - 1) if n > 1 else math.nan
    return of_positives / m + of_negatives / n


def roc_auc_ci(y_true, y_score, /, *, pos_label=None, confidence_level=0.95, method="delong", n_resamples=9999,
               rng=None, workers=None):
    """The area under the ROC curve with a confidence interval.

    Parameters
    ----------
    y_true : array_like, shape (n,)
        Labels of two classes.
    y_score : array_like, shape (n,)
        Scores of the positive class; only their order counts.
    pos_label : int, float, bool or str, optional
        The positive class; 1 where the classes are 0 and 1 or -1 and 1.
    confidence_level : float, optional
    method : {"delong", "bootstrap", "bca", "percentile"}, optional
        "delong": normal, with DeLong's variance, cut at 0 and 1. "bootstrap" is "bca".
    n_resamples : int, optional
        Of a bootstrap.
    rng : int or numpy.random.Generator, optional
        Of a bootstrap.
    workers : int, optional
        Threads for a bootstrap; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    MetricInterval
        NamedTuple (value, low, high); NaN where a class is missing, the ends also where it has one sample under
        "delong".

    Raises
    ------
    ValueError
        As `roc_curve`; a level outside of 0 to 1, an unknown method.

    Notes
    -----
    Scores are sorted once. DeLong's variance takes O(n) more by the midranks of Sun and Xu, not the O(m n) of its
    definition. A resample draws n samples and walks over them in the order of the scores, O(n) without sorting; one
    that lacks a class is drawn again. The same seed gives the same interval for any number of threads.

    References
    ----------
    E. DeLong, D. DeLong and D. Clarke-Pearson, Comparing the areas under two or more correlated receiver operating
    characteristic curves, 1988. X. Sun and W. Xu, Fast implementation of DeLong's algorithm, 2014.

    Examples
    --------
    >>> from mathcore.metrics import roc_auc_ci
    >>> value, low, high = roc_auc_ci([0, 0, 0, 1, 1, 1], [0.1, 0.4, 0.5, 0.35, 0.8, 0.9])
    >>> round(value, 4), round(low, 4), round(high, 4)
    (0.7778, 0.2908, 1.0)
    """
    fn = "roc_auc_ci"
    level = _level(confidence_level, fn)
    _validate.one_of(method, ("delong", *_BOOTSTRAPS), fn, "method")
    workers = _validate.check_workers(workers, fn)
    n_resamples = _validate.whole_number(n_resamples, fn, "n_resamples", low=1)
    rng = None if method == "delong" else _validate.generator(rng, fn)
    fps, tps, _ = points(fn, y_true, y_score, None, pos_label)
    if not (fps[-1] > 0 and tps[-1] > 0):
        return MetricInterval(math.nan, math.nan, math.nan)
    value = area_of(fps, tps)
    if method == "delong":
        half = _NORMAL.inv_cdf((1 + level) / 2) * math.sqrt(_delong(fps, tps, value))
        # not min and max of Python, which drop NaN
        return MetricInterval(value, float(np.maximum(0.0, value - half)), float(np.minimum(1.0, value + half)))
    return _area_by_resampling(fps, tps, value, method, level, n_resamples, rng, workers)


def _area_by_resampling(fps, tps, value, method, level, n_resamples, rng, workers):
    positives, negatives = (np.diff(s, prepend=0.0).astype(np.int64) for s in (tps, fps))
    together = positives + negatives
    first = np.cumsum(together) - together
    flags = np.zeros(int(together.sum()), np.uint8)
    flags[np.arange(len(flags)) - np.repeat(first, together) < np.repeat(positives, together)] = 1
    flags[first] |= 2
    resampled = _ranking.resampled_areas(flags, n_resamples, int(rng.integers(2**64, dtype=np.uint64)), workers)

    def jackknife():
        """Samples of one class and score are alike; what is left out takes its own pairs with it."""
        m, n = tps[-1], fps[-1]
        beaten, lost = n - fps + negatives / 2, tps - positives / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            without_positive = (value * m * n - beaten) / ((m - 1) * n)
            without_negative = (value * m * n - lost) / (m * (n - 1))
        found = np.concatenate([without_positive, without_negative]), np.concatenate([positives, negatives])
        return tuple(a[found[1] > 0] for a in found)

    return MetricInterval(value, *_quantiles(resampled, value, method, level, jackknife))


# ------------------------------------------------------------------ any metric

_KNOWN = {"accuracy": accuracy_score, "f1": f1_score, "precision": precision_score, "recall": recall_score,
          "roc_auc": roc_auc_score}
_NAMES = {function: name for name, function in _KNOWN.items()}


def metric_ci(metric, y_true, y_pred, /, *, method="bootstrap", confidence_level=0.95, n_resamples=9999, rng=None,
              workers=None, **options):
    """Any metric of targets and predictions with a bootstrap confidence interval.

    Parameters
    ----------
    metric : callable or {"accuracy", "f1", "precision", "recall", "roc_auc"}
        ``metric(y_true, y_pred, **options) -> float``. Those of this room's functions that have such a name are
        resampled by compiled code; any other is called for each resample.
    y_true : array_like, shape (n, ...)
    y_pred : array_like, shape (n, ...)
        Predictions, or scores for "roc_auc".
    method : {"bootstrap", "bca", "percentile"}, optional
        "bootstrap" is "bca", Efron's corrected and accelerated interval, which also calls the metric with each sample
        left out.
    confidence_level : float, optional
    n_resamples : int, optional
    rng : int or numpy.random.Generator, optional
    workers : int, optional
        Threads for "roc_auc"; -1 for all usable. Default: see `mathcore.get_num_threads`.
    **options
        For the metric: `average` and `pos_label` of "f1", "precision" and "recall", `pos_label` of "roc_auc".

    Returns
    -------
    MetricInterval
        NamedTuple (value, low, high).

    Raises
    ------
    ValueError
        Lengths that differ, no samples, a level outside of 0 to 1, an unknown method or metric.
    TypeError
        A metric that is neither a name nor callable.

    Notes
    -----
    Accuracy, F1, precision and recall: a multinomial draw of the confusion matrix for each resample, O(k^2). ROC area:
    one sort, then O(n) for each. Resamples whose metric is NaN are left out.

    References
    ----------
    B. Efron, Better bootstrap confidence intervals, 1987.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.metrics import metric_ci
    >>> y, p = np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([1.1, 1.9, 3.2, 3.9, 5.3])
    >>> value, low, high = metric_ci(lambda y, p: np.mean(np.abs(y - p)), y, p, n_resamples=999, rng=0)
    >>> round(value, 3), low < value < high
    (0.16, True)
    """
    fn = "metric_ci"
    level = _level(confidence_level, fn)
    _validate.one_of(method, _BOOTSTRAPS, fn, "method")
    n_resamples = _validate.whole_number(n_resamples, fn, "n_resamples", low=1)
    workers = _validate.check_workers(workers, fn)
    if isinstance(metric, str):
        name, metric = _validate.one_of(metric, tuple(_KNOWN), fn, "metric"), _KNOWN[metric]
    elif callable(metric):
        name = _NAMES.get(metric)
    else:
        raise TypeError(f"{fn}: metric is no metric; expected a callable or one of {', '.join(_KNOWN)}, got {metric!r}")
    if name == "roc_auc" and set(options) <= {"pos_label"}:
        return roc_auc_ci(y_true, y_pred, confidence_level=level, method=method, n_resamples=n_resamples, rng=rng,
                          workers=workers, **options)
    if name in ("accuracy", "f1", "precision", "recall") and set(options) <= {"pos_label", "average"}:
        if name != "accuracy":
            _check_average(fn, y_true, y_pred, options.get("average", "binary"), options.get("pos_label", 1))
        if name != "accuracy" or not options:
            return _of_counts(fn, name, y_true, y_pred, method, level, n_resamples, rng, options)
    return _by_calls(fn, metric, y_true, y_pred, method, level, n_resamples, _validate.generator(rng, fn), options)


def _by_calls(fn, metric, y_true, y_pred, method, level, n_resamples, rng, options):
    y, p = (np.asarray(a) for a in (y_true, y_pred))
    check_lengths(fn, [("y_true", y), ("y_pred", p)])
    if y.ndim == 0 or len(y) == 0:
        raise ValueError(f"{fn}: y_true is empty; expected at least 1 sample, got shape {y.shape}")
    n = len(y)
    value = float(metric(y, p, **options))
    resampled = np.empty(n_resamples)
    for i in range(n_resamples):
        drawn = rng.integers(n, size=n)
        resampled[i] = metric(y[drawn], p[drawn], **options)

    def jackknife():
        kept = np.arange(n)
        return np.array([metric(y[kept != i], p[kept != i], **options) for i in range(n)], np.float64), np.ones(n)

    return MetricInterval(value, *_quantiles(resampled, value, method, level, jackknife))
