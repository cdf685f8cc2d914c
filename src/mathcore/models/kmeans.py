"""K-means clusters: scikit-learn's start, iterations and ends, by certified labels."""

import warnings

import numpy as np

from mathcore import _validate
from mathcore._kernels import kmeans as _kernel
from mathcore.distance import cdist
from mathcore.models._estimator import ConvergenceWarning, Estimator, _theirs

_STARTS = ("k-means++", "random")
_PROBED = 64                             # rows that are asked for their grid before all are: few data have one
# Squares of this type between 2^-REACH and 2^REACH are far from the ends of its range, and so are their sums.
_REACH = {np.dtype(np.float32): 80, np.dtype(np.float64): 600}
_FARTHEST = 2.0**450                     # of a centre: beyond its reach, squares are finite still
_NOISE = 16                              # eps of a sample: nearer to a centre it is the centre, but for rounding
# Bits of data on a grid: of these squared differences are mostly exact.
_BITS = {np.dtype(np.float32): 24, np.dtype(np.float64): 45}
_RUNS = 10                               # of a start at random, where n_init is "auto"


def _random_state(state, fn):
    """NumPy's former generator, as scikit-learn takes it: its draws decide the start."""
    if state is None:
        return np.random.mtrand._rand
    if isinstance(state, np.random.RandomState):
        return state
    if isinstance(state, np.random.Generator):
        raise ValueError(f"{fn}: random_state is a Generator; expected None, a seed or a numpy.random.RandomState, got "
                         f"{state!r}")
    return np.random.RandomState(_validate.whole_number(state, fn, "random_state", low=0, high=2**32 - 1))


def _same_clustering(labels, others, k):
    """Whether samples with one label have one label among the others too."""
    names = np.full(k, -1, np.int32)
    names[labels] = others
    return np.array_equal(names[labels], others)


def _exponent(x):
    """The power of two that the largest element reaches, or 0."""
    return int(np.frexp(max(x.max(), -x.min()))[1])


def _in_reach(squares, dtype):
    return 2.0**-_REACH[dtype] <= squares.max() <= 2.0**_REACH[dtype]


def _times(x, exponent):
    """x 2^exponent, infinite where the type ends."""
    if not exponent:
        return x
    with np.errstate(over="ignore", under="ignore"):
        return np.ldexp(x, exponent)


def _grid(x):
    """The largest power of two of which all elements are whole multiples; 0 where it is finer than squares can hold."""
    for some in (x[:_PROBED], x):
        most = _exponent(some)
        mantissa, exponent = np.frexp(some.astype(np.float64))
        whole = np.ldexp(mantissa, 53).astype(np.int64)
        bits = np.frexp((whole & -whole).astype(np.float64))[1] - 54 + exponent    # the lowest of each element
        least = int(bits[whole != 0].min(initial=most))
        if most - least > _BITS[x.dtype]:
            return 0
        multiple = _times(x, -least)
        if (np.rint(multiple) == multiple).all():
            break
    return x.dtype.type(2.0**least)


class _Samples:
    """Rows about their mean, times a power of two where their squares would leave the range, their weights, and float32
    strips of them for the iterations. Whole numbers stay whole, and so do multiples of a power of two: their products
    are exact, and equal distances are equal."""

    def __init__(self, x, weight, fn):
        self.fn = fn
        self.heavy = 0 if weight is None else _exponent(weight)
        self.weight = np.ones(len(x), x.dtype) if weight is None else _times(weight, -self.heavy).astype(x.dtype)
        self.wide = None if weight is None else self.weight.astype(np.float64)
        self.exponent = 0
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            self.move(x)
        if not _in_reach(self.norms, x.dtype):
            self.exponent = _exponent(x)
            self.move(_times(x, -self.exponent))
        # On a grid the origin is off by no more than the deviation: half of the first term is left, at least.
        off = self.rows.mean(axis=0, dtype=np.float64)
        self.variance = max(0.0, float(self.norms.mean() - off @ off)) / x.shape[1]
        sizes = _kernel.packed_size(*x.shape)
        self.packed, self.lengths = (np.empty(size, np.float32) for size in sizes)
        self.scale = _kernel.pack(self.rows, self.packed, self.lengths, None, fn)

    def move(self, x):
        mean = x.mean(axis=0)            # NumPy's: in float32 its rounding decides what is drawn
        unit = _grid(x)
        self.origin = np.rint(mean / unit) * unit if unit else mean
        self.off = mean - self.origin
        self.rows = np.subtract(x, self.origin, out=np.empty(x.shape, x.dtype))
        self.norms = self.squares(np.zeros((1, x.shape[1]), x.dtype), np.zeros(len(x), np.int32))

    def squares(self, centers, labels):
        """Squared distances to the centres of the labels."""
        out = np.empty(len(self.rows))
        _kernel.squares(self.rows, centers, labels, out, None, self.fn)
        return out

    def inertia(self, centers, labels):
        return float(np.sum(self.squares(centers, labels) * (1 if self.wide is None else self.wide)))

    def unscaled(self, inertia):
        """As of the data and weights that came."""
        return float(_times(np.float64(inertia), 2 * self.exponent + self.heavy))

    def moved_in(self, centers):
        """Given centres as those of the rows."""
        most = min(_FARTHEST, float(np.finfo(centers.dtype).max))
        return np.clip(_times(centers, -self.exponent), -most, most)

    def iterate(self, centers, labels, sums, weights):
        return _kernel.iterate(self.rows, self.packed, self.lengths, self.scale, centers, self.wide, labels, sums,
                               weights, None, self.fn)

    def plus_plus(self, k, random):
        """The start of Arthur and Vassilvitskii, each centre the best of some that are drawn."""
        rows, dtype, n = self.rows, self.rows.dtype, len(self.rows)
        count = 2 + int(np.log(k))
        centers = np.empty((k, rows.shape[1]), dtype)
        room = np.empty((2, count, n), dtype)
        strips = self.packed
        if dtype == np.float64:
            strips = np.empty(len(self.packed))
            _kernel.pack_wide(rows, strips, None, self.fn)
        drawn = np.array([random.choice(n, p=self.weight / self.weight.sum())])
        closest, wide = np.full(n, np.inf, dtype), self.weight.astype(np.float64)
        weight = None if self.wide is None else self.weight
        for c in range(k):
            out = room[c % 2, :len(drawn)]
            points = rows[drawn].astype(np.float64)
            potential = _kernel.trials(strips, self.scale, self.norms, points, closest, wide, out, None,
                                       self.fn).astype(dtype)
            best = np.argmin(potential)
            closest, centers[c] = out[best], rows[drawn[best]]
            if c < k - 1:
                targets = random.uniform(size=count) * potential[best]
                order, found, drawn = np.argsort(targets), np.empty(count, np.int64), np.empty(count, np.int64)
                _kernel.draw(closest, weight, targets[order], found)
                drawn[order] = found
        return centers

    def relocate(self, centers, labels, sums, weights):
        """Centres without samples take those that are farthest from their own. Returns whether any did."""
        empty = np.flatnonzero(weights == 0)
        if not len(empty):
            return False
        squares = self.squares(centers, labels)
        squares[squares <= (_NOISE * float(np.finfo(centers.dtype).eps))**2 * self.norms] = 0
        if squares.max() == 0:           # fewer different samples than centres
            return False
        for new, far in zip(empty, np.argpartition(squares, -len(empty))[:-len(empty) - 1:-1], strict=True):
            old, weight = labels[far], float(self.weight[far])
            sums[new] = self.rows[far] * weight
            sums[old] -= sums[new]
            weights[new] = weight
            weights[old] -= weight
        return True


class KMeans(Estimator):
    """Clusters about centres, each the mean of the samples that are nearest to it.

    Drop-in for `sklearn.cluster.KMeans`: the same centres to start from for the same `random_state`, the same ends.

    Parameters
    ----------
    n_clusters : int, default 8
    init : {"k-means++", "random"}, array_like of shape (n_clusters, d) or callable, default "k-means++"
        Centres to start from: drawn one after the other, far from those before, each the best of
        ``2 + log(n_clusters)`` draws; samples at random; the given ones; what ``init(X, n_clusters, random_state=...)``
        returns for the centred samples.
    n_init : "auto" or int, default "auto"
        Runs, of which the one of least inertia is kept. "auto": 10 for "random" and a callable, else 1.
    max_iter : int, default 300
        Iterations of a run, at most.
    tol : float, default 1e-4
        A run ends where the squares of the centres' moves add up to no more than `tol` times the mean variance of the
        columns, or where no label has changed.
    verbose : int, default 0
        Prints the iterations.
    random_state : int, numpy.random.RandomState or None
    copy_x : bool, default True
        For scikit-learn's sake: the data are never written.
    algorithm : {"lloyd", "elkan"}, default "lloyd"
        For scikit-learn's sake: the results are the same.

    Attributes
    ----------
    cluster_centers_ : ndarray, shape (n_clusters, d)
    labels_ : ndarray of int32, shape (n,)
        The nearest centre of each sample.
    inertia_ : float
        Weighted sum of squared distances to them.
    n_iter_ : int
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Columns of the data frame that it was fitted on.

    Raises
    ------
    ValueError, TypeError
        Data that are not finite real numbers, fewer samples (for "random", with weights above 0) than
        clusters, parameters out of range.

    Notes
    -----
    Lloyd's iterations. A centre without samples moves to the sample that is farthest from its own.

    Error: each label is the nearest centre, of equally near ones the first, as float64 differences tell: products in
    float32, whose error has a bound, leave few to be compared by these. Centres are sums in float64, to a few eps;
    float32 data have centres of float32. The same bits for any number of threads. Whole numbers are centred by whole
    numbers, so that their ties are seen as such; scikit-learn's rounding decides these. Data times a power of two have
    the same labels and iterations, and centres times that power, but where numbers are subnormal.

    Cost: 2 n d n_clusters flops in float32 an iteration, for float64 data too; ``2 + log(n_clusters)`` times as many in
    float64 for the start. Memory: the data once again, as float32 once more, and for the start
    ``2 (2 + log(n_clusters)) n`` numbers and float64 data a second time.

    References
    ----------
    Lloyd, Least squares quantization in PCM, IEEE Trans. Information Theory 28 (1982). Arthur and Vassilvitskii,
    k-means++: the advantages of careful seeding, SODA 2007.

    Examples
    --------
    >>> from mathcore.models import KMeans
    >>> x = [[1, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]]
    >>> model = KMeans(n_clusters=2, random_state=0).fit(x)
    >>> model.labels_
    array([1, 1, 1, 0, 0, 0], dtype=int32)
    >>> model.cluster_centers_
    array([[10.,  2.],
           [ 1.,  2.]])
    >>> model.predict([[0, 0], [12, 3]])
    array([1, 0], dtype=int32)
    """

    _kind = "clusterer"

    def __init__(self, n_clusters=8, *, init="k-means++", n_init="auto", max_iter=300, tol=1e-4, verbose=0,
                 random_state=None, copy_x=True, algorithm="lloyd"):
        self.n_clusters = n_clusters
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.verbose = verbose
        self.random_state = random_state
        self.copy_x = copy_x
        self.algorithm = algorithm

    def __sklearn_tags__(self):
        from sklearn.utils import TransformerTags

        tags = super().__sklearn_tags__()
        tags.target_tags.required = False
        tags.transformer_tags = TransformerTags(preserves_dtype=["float64", "float32"])
        return tags

    def __sklearn_is_fitted__(self):
        return hasattr(self, "cluster_centers_")

    # -------------------------------------------------- fit

    def _check(self, x, fn):
        """The number of clusters, the start as a word, centres or a function, and the number of runs."""
        k = _validate.whole_number(self.n_clusters, fn, "n_clusters", low=1)
        _validate.whole_number(self.max_iter, fn, "max_iter", low=1)
        _validate.real_number(self.tol, fn, "tol", low=0)
        _validate.one_of(self.algorithm, ("lloyd", "elkan"), fn, "algorithm")
        init, given = self.init, not isinstance(self.init, str) and not callable(self.init)
        if isinstance(init, str):
            init = _validate.one_of(str(init), _STARTS, fn, "init")
        elif given:
            init = self._centres(init, x, fn)
        if isinstance(self.n_init, str):
            _validate.one_of(str(self.n_init), ("auto",), fn, "n_init")
            runs = 1 if given or self.init == "k-means++" else _RUNS
        else:
            runs = _validate.whole_number(self.n_init, fn, "n_init", low=1)
        if len(x) < k:
            raise ValueError(f"{fn}: x has too few samples; n_samples={len(x)} should be >= n_clusters={k}.")
        if given and runs != 1:
            warnings.warn(f"Explicit initial center position passed: performing only one init in {type(self).__name__} "
                          f"instead of n_init={runs}.", RuntimeWarning, stacklevel=3)
            runs = 1
        if self.algorithm == "elkan" and k == 1:
            warnings.warn("algorithm='elkan' doesn't make sense for a single cluster. Using 'lloyd' instead.",
                          RuntimeWarning, stacklevel=3)
        return k, init, runs

    def _centres(self, init, x, fn):
        """Given centres as an array of its own."""
        a = _validate.as_array(init, fn, "init")
        if a.dtype.kind not in "biuf":
            raise TypeError(f"{fn}: init has dtype {a.dtype}; expected real numbers")
        a = np.array(a, x.dtype, order="C")
        _validate.exact_dims(a, 2, fn, "init")
        if len(a) != self.n_clusters:
            raise ValueError(f"{fn}: init has the wrong shape. The shape of the initial centers {a.shape} does not "
                             f"match the number of clusters {self.n_clusters}.")
        if a.shape[1] != x.shape[1]:
            raise ValueError(f"{fn}: init has the wrong shape. The shape of the initial centers {a.shape} does not "
                             f"match the number of features of the data {x.shape[1]}.")
        if not np.isfinite(a).all():
            raise ValueError(f"{fn}: init contains NaN or infinity; expected finite numbers")
        return a

    def _start(self, samples, k, init, random, fn):
        if isinstance(init, np.ndarray):
            return samples.moved_in(init) - samples.origin
        if callable(init):               # about the mean, as scikit-learn has it
            rows = _times(samples.rows - samples.off, samples.exponent)
            return samples.moved_in(self._centres(init(rows, k, random_state=random), rows, fn)) + samples.off
        if init == "k-means++":
            return samples.plus_plus(k, random)
        some = np.count_nonzero(samples.weight)
        if some < k:
            raise ValueError(f"{fn}: sample_weight has too few elements above 0; init='random' needs n_clusters={k} of "
                             f"them, got {some}")
        return samples.rows[random.choice(len(samples.rows), size=k, replace=False,
                                          p=samples.weight / samples.weight.sum())]

    def _run(self, samples, centers, tol):
        """(inertia, labels, centres, iterations) of a run."""
        labels, sums, weights = (np.full(len(samples.rows), -1, np.int32), np.empty(centers.shape),
                                 np.empty(len(centers)))
        for i in range(self.max_iter):
            changed = samples.iterate(centers, labels, sums, weights)
            if self.verbose:
                print(f"Iteration {i}, inertia {samples.unscaled(samples.inertia(centers, labels))}.")
            relocated = samples.relocate(centers, labels, sums, weights)
            sums[weights <= 0], weights[weights <= 0] = sums[weights.argmax()], weights.max()
            before, centers = centers, (sums / weights[:, None]).astype(centers.dtype)
            with np.errstate(over="ignore"):
                moved = float(np.sum((centers - before).astype(np.float64)**2))
            if not changed or moved <= tol:
                break
        if self.verbose and (not changed or moved <= tol):
            shift, bound = (_times(np.float64(v), 2 * samples.exponent) for v in (moved, tol))
            print(f"Converged at iteration {i}: " + (f"center shift {shift} within tolerance {bound}." if changed else
                                                     "strict convergence."))
        if changed or relocated:         # labels of the centres before: those of the last ones
            samples.iterate(centers, labels, sums, weights)
        return samples.inertia(centers, labels), labels, centers, i + 1

    def fit(self, x, y=None, sample_weight=None):
        """Find the centres.

        Parameters
        ----------
        x : array_like, shape (n, d)
        y : ignored
        sample_weight : array_like, shape (n,), optional
            Not negative.

        Returns
        -------
        self
        """
        fn = "KMeans.fit"
        with np.errstate(over="ignore", invalid="ignore"):       # sums of finite numbers
            x = np.ascontiguousarray(self._samples(x, fn, fitting=True))
        k, init, runs = self._check(x, fn)
        random = _random_state(self.random_state, fn)
        samples = _Samples(x, self._weights(sample_weight, len(x), fn), fn)
        tol = float(self.tol) * samples.variance
        best = None
        for _ in range(runs):
            centers = self._start(samples, k, init, random, fn)
            if self.verbose:
                print("Initialization complete")
            run = self._run(samples, centers, tol)
            if best is None or run[0] < best[0] and not _same_clustering(run[1], best[1], k):
                best = run
        inertia, self.labels_, centers, self.n_iter_ = best
        self.inertia_ = samples.unscaled(inertia)
        self.cluster_centers_ = _times(centers + samples.origin, samples.exponent)
        self._n_features_out = len(centers)
        distinct = np.count_nonzero(np.bincount(self.labels_))
        if distinct < k:
            warnings.warn(f"Number of distinct clusters ({distinct}) found smaller than n_clusters "
                          f"({k}). Possibly due to duplicate points in X.",
                          _theirs("sklearn.exceptions", "ConvergenceWarning", ConvergenceWarning), stacklevel=2)
        return self

    # -------------------------------------------------- afterwards

    def _rows(self, x, verb):
        """Rows and centres of one type, and the name of who asks."""
        fn = f"KMeans.{verb}"
        self._check_fitted(fn)
        with np.errstate(over="ignore", invalid="ignore"):
            x = self._samples(x, fn, fitting=False)
        dtype = np.result_type(x, self.cluster_centers_)
        return np.ascontiguousarray(x, dtype), np.ascontiguousarray(self.cluster_centers_, dtype), fn

    def predict(self, x):
        """The nearest centre of each row.

        Parameters
        ----------
        x : array_like, shape (n, d)

        Returns
        -------
        ndarray of int32, shape (n,)
        """
        x, centers, fn = self._rows(x, "predict")
        labels = np.empty(len(x), np.int32)
        _kernel.assign(x, centers, labels, None, fn)
        return labels

    def transform(self, x):
        """Distances to the centres.

        Parameters
        ----------
        x : array_like, shape (n, d)

        Returns
        -------
        ndarray, shape (n, n_clusters)
        """
        x, centers, _ = self._rows(x, "transform")
        return cdist(x, centers)

    def fit_predict(self, x, y=None, sample_weight=None):
        """`labels_` after a fit.

        Parameters
        ----------
        x : array_like, shape (n, d)
        y : ignored
        sample_weight : array_like, shape (n,), optional

        Returns
        -------
        ndarray of int32, shape (n,)
        """
        return self.fit(x, sample_weight=sample_weight).labels_

    def fit_transform(self, x, y=None, sample_weight=None):
        """Distances to the centres of a fit.

        Parameters
        ----------
        x : array_like, shape (n, d)
        y : ignored
        sample_weight : array_like, shape (n,), optional

        Returns
        -------
        ndarray, shape (n, n_clusters)
        """
        return self.fit(x, sample_weight=sample_weight).transform(x)

    def score(self, x, y=None, sample_weight=None):
        """Minus the weighted sum of squared distances to the nearest centres.

        Parameters
        ----------
        x : array_like, shape (n, d)
        y : ignored
        sample_weight : array_like, shape (n,), optional

        Returns
        -------
        float
        """
        x, centers, fn = self._rows(x, "score")
        weight = self._weights(sample_weight, len(x), fn)
        labels, squares = np.empty(len(x), np.int32), np.empty(len(x))
        _kernel.assign(x, centers, labels, None, fn)
        _kernel.squares(x, centers, labels, squares, None, fn)
        exponent = 0
        if not _in_reach(squares, squares.dtype):
            exponent = max(_exponent(x), _exponent(centers))
            _kernel.squares(_times(x, -exponent), _times(centers, -exponent), labels, squares, None, fn)
        heavy = 0 if weight is None else _exponent(weight)
        total = np.sum(squares if weight is None else squares * _times(weight, -heavy))
        return -float(_times(total, 2 * exponent + heavy))

    def get_feature_names_out(self, input_features=None):
        """Names of the columns of `transform`.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of str
            "kmeans0", "kmeans1" ...
        """
        self._check_fitted("KMeans.get_feature_names_out")
        return np.array([f"kmeans{i}" for i in range(self._n_features_out)], object)
