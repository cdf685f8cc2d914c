"""Entropies from samples: counts of labels put in for probabilities, and nearest neighbours for densities."""

import numpy as np

from mathcore import _validate
from mathcore.information._common import flat, unit_of
from mathcore.information.joint import information_gain

__all__ = ["entropy_from_samples", "information_gain_from_samples", "mutual_information_from_samples"]

_DENSE = 10_000_000                      # cells of a table of counts that is made in full: 80 MB


def _samples(x, fn, name):
    """A vector of labels: anything that sorts, but NaN."""
    if isinstance(x, np.ma.MaskedArray) or hasattr(x, "toarray"):
        x = _validate.as_array(x, fn, name)
    try:
        a = np.asarray(x)
    except ValueError as error:
        raise ValueError(f"{fn}: {name} is not a rectangular array; {error}") from error
    if a.ndim != 1:
        raise ValueError(f"{fn}: {name} is no vector of samples; expected 1 dimension, got shape {a.shape}")
    if a.size == 0:
        raise ValueError(f"{fn}: {name} has no samples; expected at least one, got shape {a.shape}")
    if a.dtype.kind == "V":
        raise TypeError(f"{fn}: {name} has dtype {a.dtype}; expected labels")
    if a.dtype.kind in "fc" and (bad := np.flatnonzero(np.isnan(a))).size:
        raise ValueError(f"{fn}: {name}[{bad[0]}] is no label; expected none that is NaN, got {a[bad[0]]}")
    return a


def _codes(a, fn, name):
    """(the labels as whole numbers from 0, below how many)."""
    if a.dtype.kind in "iub":
        low, high = int(a.min()), int(a.max())
        if high - low < 4 * a.size + 256:           # sorting costs ten times as much
            return (a.astype(np.int64) - low if a.dtype.kind != "u" else (a - a.dtype.type(low)).astype(np.int64)), \
                high - low + 1
    try:
        values, codes = np.unique(a, return_inverse=True)
    except TypeError as error:
        raise TypeError(f"{fn}: {name} has labels that do not sort; expected one kind, got {error}") from error
    return codes, len(values)


def _real(x, fn, name, most_dims):
    """Real samples (n,) or (n, d), finite."""
    a = _validate.as_array(x, fn, name)
    _validate.real_dtype(a.dtype, fn, name)
    if not 1 <= a.ndim <= most_dims or a.size == 0:
        raise ValueError(f"{fn}: {name} is no array of samples; expected shape (n,){' or (n, d)' * (most_dims > 1)}, "
                         f"got {a.shape}")
    a = a.astype(np.float64)
    if (bad := np.argwhere(~np.isfinite(a))).size:
        where = tuple(map(int, bad[0]))
        raise ValueError(f"{fn}: {name}{list(where)} is no real number; expected finite samples, got {a[where]}")
    return a


def _yes_or_no(value, fn, name):
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{fn}: {name} is neither True nor False; expected one, got {value!r}")
    return bool(value)


def entropy_from_samples(x, /, *, discrete=True, correction=None, base=None):
    """Entropy of the distribution that samples come from.

    ``H = -sum (n_i / n) log(n_i / n)``, n_i the count of label i

    Parameters
    ----------
    x : array_like, shape (n,)
        Labels of any kind that sorts; real numbers where not `discrete`.
    discrete : bool, optional
        False for samples of a density: `scipy.stats.differential_entropy`, by spacings.
    correction : {None, "miller-madow"}, optional
        The second adds (observed labels - 1) / 2n, the first term of what counting falls short by on average.
    base : float, optional
        Of the logarithm, as in `entropy`.

    Returns
    -------
    float64

    Raises
    ------
    ValueError
        No samples, NaN, an unknown correction or one for a density.
    TypeError
        Labels that do not sort.

    Notes
    -----
    Counting falls short on average: by about (labels - 1) / 2n. Cost: one pass for whole numbers of small range, else
    O(n log n).

    References
    ----------
    G. Miller, Note on the bias of information estimates, 1955.

    Examples
    --------
    >>> from mathcore.information import entropy_from_samples
    >>> entropy_from_samples(["a", "b", "a", "b"], base=2)
    np.float64(1.0)
    >>> entropy_from_samples([0, 1, 0, 1], base=2, correction="miller-madow").round(4)
    np.float64(1.1803)
    """
    fn = "entropy_from_samples"
    unit = unit_of(base, fn)
    _validate.one_of(correction, (None, "miller-madow"), fn, "correction")
    if not _yes_or_no(discrete, fn, "discrete"):
        if correction is not None:
            raise ValueError(f"{fn}: correction is for counts; expected None for a density, got {correction!r}")
        x = _real(x, fn, "x", 1)
        from scipy.stats import differential_entropy

        return np.float64(differential_entropy(x) / unit)
    a = _samples(x, fn, "x")
    counts = np.bincount(_codes(a, fn, "x")[0])
    counts = counts[counts > 0]
    # n log n - n_i log n_i as one quotient: exactly 0 for one label
    value = flat("conditional_entropy", counts / a.size, np.ones(len(counts)), 1.0)
    if correction is not None:
        value += (len(counts) - 1) / (2 * a.size)
    return np.float64(value / unit)


def _pair(x, y, fn, names=("x", "y")):
    a, b = _samples(x, fn, names[0]), _samples(y, fn, names[1])
    _validate.same_length(len(a), len(b), fn, f"{names[0]} and {names[1]}", a.shape, b.shape)
    return a, b


def _of_counts(a, b, fn, names=("x", "y")):
    """Mutual information of labels, in nats."""
    (a, k), (b, m) = (_codes(x, fn, name) for x, name in zip((a, b), names, strict=True))
    n = len(a)
    pa, pb = np.bincount(a, minlength=k) / n, np.bincount(b, minlength=m) / n
    if k * m <= max(_DENSE, 4 * n):
        both = np.bincount(a * m + b, minlength=k * m) / n
        return flat("kl_divergence", both, np.multiply.outer(pa, pb), 1.0)
    cells, counts = np.unique(a * m + b, return_counts=True)
    expected = pa[cells // m] * pb[cells % m]
    return flat("kl_divergence", counts / n, expected, 1.0) + max(0.0, 1 - expected.sum())     # the empty cells


def _of_neighbours(x, y, k):
    """Kraskov's first estimator: neighbours within the distance of the k-th, in each variable alone."""
    from scipy.spatial import KDTree
    from scipy.special import digamma

    x, y = (a.reshape(len(a), -1) for a in (x, y))
    n = len(x)
    radius = KDTree(np.hstack([x, y])).query(np.hstack([x, y]), [k + 1], p=np.inf)[0][:, 0]
    radius = np.nextafter(radius, 0)                 # strictly within
    nx, ny = (KDTree(a).query_ball_point(a, radius, p=np.inf, return_length=True) for a in (x, y))
    return max(0.0, float(digamma(n) + digamma(k) - np.mean(digamma(nx)) - np.mean(digamma(ny))))


def mutual_information_from_samples(x, y, /, *, discrete=True, n_neighbors=3, base=None):
    """Mutual information of two variables from samples of both.

    For labels ``sum (n_ij / n) log(n n_ij / (n_i n_j))``, `sklearn.metrics.mutual_info_score`; for real numbers the
    estimate of Kraskov, Stoegbauer and Grassberger from nearest neighbours.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        Labels of any kind that sorts. Where not `discrete` real numbers, of shape (n,) or (n, d).
    discrete : bool, optional
        Whether values are labels.
    n_neighbors : int, optional
        Neighbours, for real numbers: more of them vary less and blur more.
    base : float, optional
        Of the logarithm, as in `entropy`.

    Returns
    -------
    float64
        At least 0.

    Raises
    ------
    ValueError
        No samples or numbers of them that differ, NaN, more neighbours than other samples.
    TypeError
        Labels that do not sort.

    Notes
    -----
    Counts overstate by about (labels of x - 1) (labels of y - 1) / 2n. Neighbours ask for numbers without ties, and of
    one scale: the estimate is blind to neither. Cost: a table of counts, or O(n log n) for the trees of SciPy.

    References
    ----------
    A. Kraskov, H. Stoegbauer, P. Grassberger, Estimating mutual information, Phys. Rev. E 69, 2004.

    Examples
    --------
    >>> from mathcore.information import mutual_information_from_samples
    >>> mutual_information_from_samples(["rain", "rain", "sun", "sun"], [1, 1, 0, 0], base=2)
    np.float64(1.0)
    """
    fn = "mutual_information_from_samples"
    unit = unit_of(base, fn)
    n_neighbors = _validate.whole_number(n_neighbors, fn, "n_neighbors", low=1)
    if _yes_or_no(discrete, fn, "discrete"):
        a, b = _pair(x, y, fn)
        return np.float64(_of_counts(a, b, fn) / unit)
    a, b = _real(x, fn, "x", 2), _real(y, fn, "y", 2)
    _validate.same_length(len(a), len(b), fn, "x and y", a.shape, b.shape)
    if n_neighbors >= len(a):
        raise ValueError(f"{fn}: n_neighbors is out of range; expected at most {len(a) - 1} of {len(a)} samples, "
                         f"got {n_neighbors}")
    return np.float64(_of_neighbours(a, b, n_neighbors) / unit)


def information_gain_from_samples(labels, feature, /, *, threshold=None, base=None):
    """Information gain of labels by a feature, or by whether it is above a threshold.

    ``H(labels) - H(labels | feature)``

    Parameters
    ----------
    labels : array_like, shape (n,)
        The classes, of any kind that sorts.
    feature : array_like, shape (n,)
        Its values: each splits off a part. Real numbers where a threshold is given.
    threshold : array_like of float, optional
        Split into ``feature <= threshold`` and the rest, at each of these.
    base : float, optional
        Of the logarithm, as in `entropy`.

    Returns
    -------
    float64, or ndarray of the shape of `threshold`
        At least 0.

    Raises
    ------
    ValueError
        No samples or numbers of them that differ, NaN.
    TypeError
        Labels that do not sort, thresholds that are not real numbers.

    Notes
    -----
    Without a threshold the `mutual_information_from_samples` of both. All thresholds share one sort.

    Examples
    --------
    >>> from mathcore.information import information_gain_from_samples
    >>> play = ["no", "no", "yes", "yes"]
    >>> information_gain_from_samples(play, ["sun", "sun", "rain", "sun"], base=2).round(4)
    np.float64(0.3113)
    >>> information_gain_from_samples(play, [35.0, 31.0, 18.0, 22.0], threshold=[20.0, 25.0], base=2).round(4)
    array([0.3113, 1.    ])
    """
    fn = "information_gain_from_samples"
    unit = unit_of(base, fn)
    a, b = _pair(labels, feature, fn, ("labels", "feature"))
    if threshold is None:
        return np.float64(_of_counts(a, b, fn, ("labels", "feature")) / unit)
    at = _validate.as_array(threshold, fn, "threshold")
    _validate.real_dtype(at.dtype, fn, "threshold")
    b = _validate.as_array(b, fn, "feature")
    _validate.real_dtype(b.dtype, fn, "feature")
    if np.isnan(at).any():
        raise ValueError(f"{fn}: threshold is no real number; expected none that is NaN, got {threshold!r}")
    codes, k = _codes(a, fn, "labels")
    order = np.argsort(b, kind="stable")
    below = np.zeros((len(a) + 1, k))                # counts of the classes among the lowest so many
    np.cumsum(codes[order][:, None] == np.arange(k), axis=0, out=below[1:])
    left = below[np.searchsorted(b[order], at, side="right")]
    return information_gain(below[-1], np.stack([left, below[-1] - left], axis=-2), base=base)
