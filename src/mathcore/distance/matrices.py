"""Distances of all pairs of rows."""

import numpy as np

from mathcore import _validate
from mathcore._kernels import pairwise as _pairwise
from mathcore._kernels.tape import differentiable
from mathcore.distance import _arguments, _metrics

__all__ = ["cdist", "pdist"]

_TESTED = "test_"                        # SciPy's prefix: the function of one pair, called for each


def _function(metric, fn):
    """The function to call for each pair, or None where a kernel takes them all; its name too."""
    if callable(metric):
        return metric, getattr(metric, "__name__", "")
    if not isinstance(metric, str):
        raise TypeError(f"{fn}: metric is neither. 2nd argument metric must be a string identifier or a function.; got "
                        f"{metric!r}")
    name = metric.lower()
    if name.startswith(_TESTED) and name.removeprefix(_TESTED) in _metrics.METRICS:
        import mathcore.distance

        name = name.removeprefix(_TESTED)
        return getattr(mathcore.distance, name), name
    if name not in _metrics.ALIASES:
        raise _arguments.unknown_metric(name, _metrics.ALIASES, fn)
    return None, name


def _at_once(fn, x, y, metric):
    """Small calls: plain matrices and a metric without options, or None where the general door must look. y is None of
    pdist."""
    quick = _metrics.PLAIN.get(metric) if type(metric) is str else None
    return None if quick is None else _pairwise.plain(*quick, x, y, fn)


def _options(metric, options, fn):
    """The options of a metric without those that are None."""
    options = {key: value for key, value in options.items() if value is not None}
    unknown = [key for key in options if key not in metric.options]
    if unknown:
        raise TypeError(f"{fn}: got an unexpected keyword argument {unknown[0]!r} for kwargs of metric "
                        f"{metric.name!r}; expected {' or '.join(metric.options)}")
    return options


def _ask(fn, x, y, metric, out, workers, options):
    """Distances of x and y, of the pairs of x where y is None."""
    workers = _validate.check_workers(workers, fn)
    function, name = _function(metric, fn)
    m, n = len(x), len(x if y is None else y)
    shape = (m * (m - 1) // 2,) if y is None else (m, n)
    if function is not None:
        if isinstance(metric, str):
            check_options(fn, name, options, x.shape[1])
        return _call(fn, function, name, x, y, out, shape, options)
    metric = _metrics.ALIASES[name]
    options = _options(metric, options, fn)
    names, operands = (("X",), (x,)) if y is None else (("XA", "XB"), (x, y))
    if any(_arguments.is_wide(a) for a in operands):
        return _arguments.peer(fn)(*operands, metric.name, out=out, **options)
    dtype = _arguments.float_type(operands, fn, names)
    result = _arguments.output(out, shape, dtype, fn)
    used = np.empty_like(result) if _overlaps(out, operands) else result
    metric.run(_metrics.Pairs(fn, x, x if y is None else y, used, workers), **options)
    if used is not result:
        result[...] = used
    return result


def _overlaps(out, operands):
    return out is not None and any(np.may_share_memory(out, a) for a in operands)


def _call(fn, function, name, x, y, out, shape, options):
    """A function of two rows for each pair, as SciPy calls it: of a metric that it knows with the metric's own data."""
    operands = [a for a in (x, y) if a is not None]
    if name in _metrics.ALIASES:
        metric = _metrics.ALIASES[name]
        options = dict(options)
        _prepare(fn, metric.name, x, y, options)
        if not (x.dtype == bool and metric.name in _metrics.FORMULAS):
            x, y = (None if a is None else np.ascontiguousarray(a, np.float64) for a in (x, y))
    result = _arguments.output(out, shape, np.dtype(np.float64), fn)
    used = np.empty_like(result) if _overlaps(out, operands) else result
    if y is not None:
        for i, row in enumerate(x):
            for j, other in enumerate(y):
                used[i, j] = function(row, other, **options)
    else:
        k = 0
        for i in range(len(x) - 1):
            for j in range(i + 1, len(x)):
                used[k] = function(x[i], x[j], **options)
                k += 1
    if used is not result:
        result[...] = used
    return result


def _prepare(fn, name, x, y, options):
    """What SciPy takes from the data where the caller does not say it."""
    key = {"seuclidean": "V", "mahalanobis": "VI"}.get(name)
    if key is None or options.get(key) is not None:
        return
    both = np.asarray(x if y is None else np.vstack([x, y]), np.float64)
    options[key] = _metrics.default_variances(both) if key == "V" else _metrics.default_inverse(both, fn)


def check_options(fn, metric, options, d):
    """The options of a metric by name, for rows of d numbers: errors name `fn`, whatever computes the distances."""
    for key, check in (("w", _arguments.weights), ("V", _arguments.variances), ("VI", _arguments.inverse_covariance)):
        if options.get(key) is not None:
            check(options[key], d, fn)
    if options.get("p") is not None:
        _arguments.order(options["p"], fn)
    _arguments.log_base(options.get("base"), fn)


def _points(x, fn, arg, metric):
    """Rows; for a caller's own function of any type."""
    if callable(metric):
        x = np.asarray(x)
        if x.ndim == 2:
            return x
    return _arguments.matrix(x, fn, arg)


@differentiable
def cdist(XA, XB, metric="euclidean", *, out=None, workers=None, **kwargs):
    """Distances of every row of one matrix to every row of another.

    Drop-in for `scipy.spatial.distance.cdist`, in threads; float32 data give float32 distances (SciPy: float64).

    Parameters
    ----------
    XA : array_like, shape (m, d)
        Points. Real; integers and bool become float64.
    XB : array_like, shape (n, d)
    metric : str or callable, default "euclidean"
        "braycurtis", "canberra", "chebyshev", "cityblock", "correlation", "cosine", "dice", "euclidean", "hamming",
        "jaccard", "jensenshannon", "mahalanobis", "minkowski", "rogerstanimoto", "russellrao", "seuclidean",
        "sokalsneath", "sqeuclidean", "yule", SciPy's short names of these, or a function of two rows, which is called
        for each pair.
    out : ndarray, shape (m, n), optional
        In C order, float64 or the type of the result. float64 for float32 data: computed in float64.
    workers : int, optional
        Threads; -1 for all usable.
    **kwargs
        Of the metric: ``w`` (d weights, not negative; all metrics but the next three), ``V`` (seuclidean: variances,
        default those of all points), ``VI`` (mahalanobis: inverse covariance, default that of all points), ``base``
        (jensenshannon), ``p`` (minkowski, default 2), ``centered`` (correlation). Those of a function go to it.

    Returns
    -------
    ndarray, shape (m, n)
        float32 for float32 and float16 data, else float64.

    Raises
    ------
    ValueError
        A metric that is not known, shapes that do not fit, negative weights, p <= 0, a base of 1, too few points for a
        covariance; LinAlgError, which is one, where their covariance is singular.
    TypeError
        Options that the metric does not take, data that are not real numbers.

    Notes
    -----
    Differences are summed coordinate by coordinate in blocks of 256, a distance's own chain: relative error at most
    ``(256 + d/256 + 4) eps`` of a sum without cancellation, eps = 2^-53 (2^-24 in float32). Euclidean distances of more
    than 16 coordinates, cosine and correlation come from a product of rows moved towards the origin, and from
    differences where it gives less than a sixteenth of ``|x|^2 + |y|^2``: relative error at most ``8 (d + 5) eps``, in
    practice below 10 eps, also of data far from the origin. The same bits for any threads and any split of XA.

    euclidean and minkowski neither overflow nor vanish where the distance is a number: ``cdist([[1e200]], [[0]])`` is
    1e200. cosine is half the squared distance of rows of length 1: exactly 0 for equal rows, NaN for rows of zeros.
    jensenshannon divides rows by their sums, counts probabilities below 2^-480 (float32: 2^-60) as 0 and does not
    cancel for near rows; rows with negative numbers or without a sum are infinitely far from all. In dice, numbers are
    degrees of truth; the other boolean metrics take what is not 0 as true.

    Cost: O(m n d). Memory: the result, less than 1 MB for each thread (from 8192 columns on 16 rows, float32 32), and a
    copy of points that are not in one piece of the result's type. Copies of all points besides: cosine and correlation
    one or two in float64, jensenshannon up to three, the boolean metrics one (with weights three, in float64),
    mahalanobis one in float64, more where `VI` or `V` are taken from the points, and one where weights of 0 leave
    columns out.

    Examples
    --------
    >>> from mathcore.distance import cdist
    >>> cdist([[0.0, 0.0], [3.0, 4.0]], [[0.0, 0.0], [6.0, 8.0]])
    array([[ 0., 10.],
           [ 5.,  5.]])
    >>> cdist([[0, 1, 1]], [[1, 1, 0]], "cityblock")
    array([[2.]])
    """
    if not kwargs and out is None and workers is None and XB is not None \
            and (found := _at_once("cdist", XA, XB, metric)) is not None:
        return found
    xa, xb = _points(XA, "cdist", "XA", metric), _points(XB, "cdist", "XB", metric)
    if xa.shape[1] != xb.shape[1]:
        raise ValueError(f"cdist: XB does not fit. XA and XB must have the same number of columns (i.e. feature "
                         f"dimension.); got {xa.shape[1]} and {xb.shape[1]}")
    return _ask("cdist", xa, xb, metric, out, workers, kwargs)


def pdist(X, metric="euclidean", *, out=None, workers=None, **kwargs):
    """Distances of all pairs of rows of a matrix.

    Drop-in for `scipy.spatial.distance.pdist`, in threads; float32 data give float32 distances (SciPy: float64).

    Parameters
    ----------
    X : array_like, shape (n, d)
        Points. Real; integers and bool become float64.
    metric : str or callable, default "euclidean"
        As in `cdist`.
    out : ndarray, shape (n (n - 1) / 2,), optional
        As in `cdist`.
    workers : int, optional
        Threads; -1 for all usable.
    **kwargs
        Of the metric, as in `cdist`.

    Returns
    -------
    ndarray, shape (n (n - 1) / 2,)
        The distances of the pairs (0, 1), (0, 2) ... (n - 2, n - 1); `squareform` makes them a matrix.

    Raises
    ------
    ValueError
        A metric that is not known, shapes that do not fit, negative weights, p <= 0, a base of 1, too few points for a
        covariance; LinAlgError, which is one, where their covariance is singular.
    TypeError
        Options that the metric does not take, data that are not real numbers.

    Notes
    -----
    Accuracy and special cases as in `cdist`. Cost: O(n^2 d / 2).

    Examples
    --------
    >>> from mathcore.distance import pdist
    >>> pdist([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]])
    array([ 5., 10.,  5.])
    """
    if not kwargs and out is None and workers is None and (found := _at_once("pdist", X, None, metric)) is not None:
        return found
    return _ask("pdist", _points(X, "pdist", "X", metric), None, metric, out, workers, kwargs)
