"""Votes and means of the nearest neighbours: KNeighborsClassifier, KNeighborsRegressor."""

import contextlib
import warnings

import numpy as np

from mathcore import _validate
from mathcore._kernels.runtime import checked_threads
from mathcore.distance import KNNResult, nearest_neighbors
from mathcore.metrics import r2_score
from mathcore.models._estimator import Estimator, _theirs

# scikit-learn's names -> SciPy's
_NAMES = {"manhattan": "cityblock", "l1": "cityblock", "l2": "euclidean", "infinity": "chebyshev", "p": "minkowski"}
_ALGORITHMS = ("auto", "ball_tree", "kd_tree", "brute")
_OURS = ("k", "metric", "exclude_self", "workers")       # arguments of the search that are no options of a metric


@contextlib.contextmanager
def _unchanged_on_error(estimator):
    """What an estimator had been fitted on stays where a further fit fails."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


@contextlib.contextmanager
def _in_the_name_of(fn):
    """Errors of a search or a score begin with the name of who asked for it."""
    try:
        yield
    except (ValueError, TypeError) as error:
        room, colon, fact = str(error).partition(": ")
        if not colon or room not in ("nearest_neighbors", "cdist", "r2_score"):
            raise
        raise type(error)(f"{fn}: {fact}") from None


def _neighbor_weights(distances, weights, fn):
    """Weights of neighbours, or None where all have one. Where some are at distance 0, these alone count."""
    if weights is None or isinstance(weights, str) and weights == "uniform":
        return None
    if callable(weights):
        return _given_weights(weights(distances), distances.shape, fn)
    with np.errstate(divide="ignore", over="ignore"):
        found = 1 / distances
    same = np.isinf(found)
    return np.where(same.any(axis=1, keepdims=True), same.astype(found.dtype), found)


def _given_weights(found, shape, fn):
    """What a function made of distances: of each row, weights that are not all 0."""
    found = _validate.as_array(found, fn, "weights")
    if found.shape != shape:
        raise ValueError(f"{fn}: weights returned an array of the wrong shape; expected {shape}, got {found.shape}")
    if found.dtype.kind not in "biuf":
        raise TypeError(f"{fn}: weights returned an array of dtype {found.dtype}; expected real numbers")
    found = found.astype(np.float64)
    if not np.isfinite(found).all() or (found < 0).any():
        raise ValueError(f"{fn}: weights returned values that are negative or not finite; expected finite numbers "
                         "of at least 0")
    if (found == 0).all(axis=1).any():
        raise ValueError(f"{fn}: weights are 0 for a row. All neighbors of some sample is getting zero weights. "
                         "Please modify 'weights' to avoid this case if you are using a user-defined function.")
    return np.ldexp(found, -np.frexp(found.max(axis=1, keepdims=True))[1])       # whose sums are finite


def _distances(x, fn):
    """x as distances."""
    if x.min() < 0:
        raise ValueError(f"{fn}: x has a negative distance. Negative values in data passed to X; expected at least 0, "
                         f"got {x.min()}")
    return x


def _nearest_of(distances, k, *, exclude_self):
    """The k least of each row, of equal ones the first."""
    indices = np.argsort(distances, axis=1, kind="stable")
    if exclude_self:
        indices = indices[indices != np.arange(len(indices))[:, None]].reshape(len(indices), -1)
    indices = np.ascontiguousarray(indices[:, :k])
    return KNNResult(np.take_along_axis(distances, indices, axis=1), indices)


class _Neighbors(Estimator):
    """The search, by parameters of scikit-learn's names."""

    _many_targets = True

    def __init__(self, n_neighbors=5, *, weights="uniform", algorithm="auto", leaf_size=30, p=2, metric="minkowski",
                 metric_params=None, n_jobs=None):
        self.n_neighbors = n_neighbors
        self.weights = weights
        self.algorithm = algorithm
        self.leaf_size = leaf_size
        self.p = p
        self.metric = metric
        self.metric_params = metric_params
        self.n_jobs = n_jobs

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = tags.input_tags.positive_only = self.metric == "precomputed"
        return tags

    def _check(self, fn):
        """Parameters in range; the metric and its options under SciPy's names."""
        _validate.whole_number(self.n_neighbors, fn, "n_neighbors", low=1)
        _validate.whole_number(self.leaf_size, fn, "leaf_size", low=1)
        _validate.one_of(self.algorithm, _ALGORITHMS, fn, "algorithm")
        if self.weights is not None and not callable(self.weights):
            _validate.one_of(self.weights, ("uniform", "distance"), fn, "weights")
        if self.p is not None:
            _validate.real_number(self.p, fn, "p", above=0)
        if not isinstance(self.metric, str) and not callable(self.metric):
            raise TypeError(f"{fn}: metric is neither a name nor a function; expected one, got {self.metric!r}")
        if self.metric_params is not None and not isinstance(self.metric_params, dict):
            raise TypeError(f"{fn}: metric_params is no dict; expected one or None, got {self.metric_params!r}")
        for key in self.metric_params or ():
            if not isinstance(key, str) or key in _OURS:
                raise TypeError(f"{fn}: metric_params has the key {key!r}; expected names of the metric's options")
        self._workers(fn)
        options = dict(self.metric_params or {})
        if "p" in options and self.p is not None:
            warnings.warn("Parameter p is found in metric_params. The corresponding parameter from __init__ is "
                          "ignored.", SyntaxWarning, stacklevel=4)
        metric = self.metric
        if isinstance(metric, str) and _NAMES.get(metric, metric) == "minkowski":
            p = options.pop("p", 2 if self.p is None else self.p)
            _validate.real_number(p, fn, "p", above=0)
            metric = {1: "manhattan", 2: "euclidean", np.inf: "chebyshev"}.get(p, "minkowski")
            if options.get("w") is not None or metric == "minkowski":
                metric, options["p"] = "minkowski", p
            if p < 1 and self.algorithm in ("ball_tree", "kd_tree"):
                raise ValueError(f'{fn}: p is out of range. algorithm="{self.algorithm}" does not support 0 < p < 1 '
                                 "for the Minkowski metric. To resolve this problem either set p >= 1 or "
                                 f'algorithm="brute".; got {p}')
            if p < 1:
                warnings.warn("Mind that for 0 < p < 1, Minkowski metrics are not distance metrics. Continuing the "
                              "execution with `algorithm='brute'`.", stacklevel=4)
        self.effective_metric_, self.effective_metric_params_ = metric, options

    def _workers(self, fn):
        """Threads, from joblib's way to count: -1 all of them, -2 all but one."""
        if self.n_jobs is None:
            return None
        jobs = _validate.whole_number(self.n_jobs, fn, "n_jobs")
        if jobs == 0:
            raise ValueError(f"{fn}: n_jobs is out of range; expected a number of threads, or -1 for all, got 0")
        return checked_threads(jobs if jobs > 0 else max(1, checked_threads(-1, fn) + 1 + jobs), f"{fn}: n_jobs")

    def _search(self, x, k, fn):
        """The k neighbours of each row of x; of each sample but itself where x is None."""
        metric = self.effective_metric_
        metric = metric if callable(metric) else _NAMES.get(metric, metric)
        if metric == "precomputed":
            return _nearest_of(self._fit_X if x is None else _distances(x, fn), k, exclude_self=x is None)
        with _in_the_name_of(fn):
            return nearest_neighbors(self._fit_X if x is None else x, self._fit_X, k, metric, exclude_self=x is None,
                                     workers=self._workers(fn), **self.effective_metric_params_)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_fit_X")

    def _some_targets(self, y, n_rows, fn):
        y = self._targets(y, n_rows, fn)
        if y.size == 0:
            raise ValueError(f"{fn}: y has no columns; expected at least one target, got shape {y.shape}")
        return y

    def _compared(self, x, y, sample_weight, fn):
        """Predictions for x, y in their shape, and weights."""
        found = self.predict(x)
        y = self._targets(y, len(found), fn)
        if y.size == found.size:
            y = y.reshape(found.shape)   # a column is as good as a vector
        if y.shape != found.shape:
            raise ValueError(f"{fn}: y has the wrong shape; expected {found.shape}, got {y.shape}")
        return found, y, self._weights(sample_weight, len(found), fn)

    def _keep(self, x, y, fn):
        self._check(fn)
        x = np.ascontiguousarray(x)
        if self.effective_metric_ == "precomputed":
            if x.shape[0] != x.shape[1]:
                raise ValueError(f"{fn}: x has the wrong shape. Precomputed matrix must be square. Input is a "
                                 f"{x.shape[0]}x{x.shape[1]} matrix.")
            _distances(x, fn)
        elif self.effective_metric_ == "mahalanobis" and self.effective_metric_params_.get("VI") is None:
            pass                         # whose covariance one sample does not give
        elif not callable(self.effective_metric_):      # an unknown metric, or options that it does not take
            self._fit_X = x[:1]
            self._search(x[:1], 1, fn)
        self._fit_X, self._y, self.n_samples_fit_ = x, y, len(x)
        return self

    def _found(self, x, fn, n_neighbors=None):
        self._check_fitted(fn)
        if n_neighbors is None:
            n_neighbors = self.n_neighbors
        k = _validate.whole_number(n_neighbors, fn, "n_neighbors", low=1)
        if x is not None:
            x = self._samples(x, fn, fitting=False)
        if k > self.n_samples_fit_ - (x is None):
            sign = "<" if x is None else "<="
            raise ValueError(f"{fn}: n_neighbors is out of range. Expected n_neighbors {sign} n_samples_fit, but "
                             f"n_neighbors = {k}, n_samples_fit = {self.n_samples_fit_}, "
                             f"n_samples = {len(self._fit_X if x is None else x)}")
        return self._search(x, k, fn)

    def kneighbors(self, x=None, n_neighbors=None, return_distance=True):
        """The nearest samples, the nearest first.

        Parameters
        ----------
        x : array_like, shape (m, d), optional
            Default: the samples themselves, none of which is its own neighbour.
        n_neighbors : int, optional
            How many; default that of the estimator.
        return_distance : bool, default True

        Returns
        -------
        distances : ndarray, shape (m, n_neighbors)
            Only with `return_distance`.
        indices : ndarray of int64, shape (m, n_neighbors)
            Equal distances are in the order of their indices.
        """
        found = self._found(x, f"{type(self).__name__}.kneighbors", n_neighbors)
        return (found.distances, found.indices) if return_distance else found.indices

    def kneighbors_graph(self, x=None, n_neighbors=None, mode="connectivity"):
        """The nearest samples as a sparse matrix.

        Parameters
        ----------
        x : array_like, shape (m, d), optional
            As in `kneighbors`.
        n_neighbors : int, optional
        mode : {"connectivity", "distance"}, default "connectivity"
            What stands for a neighbour: 1, or its distance.

        Returns
        -------
        scipy.sparse.csr_matrix, shape (m, n)
        """
        from scipy.sparse import csr_matrix

        fn = f"{type(self).__name__}.kneighbors_graph"
        _validate.one_of(mode, ("connectivity", "distance"), fn, "mode")
        found = self._found(x, fn, n_neighbors)
        m, k = found.indices.shape
        data = np.ones(m * k) if mode == "connectivity" else found.distances.ravel()
        return csr_matrix((data, found.indices.ravel(), np.arange(0, m * k + 1, k)), shape=(m, self.n_samples_fit_))


class KNeighborsClassifier(_Neighbors):
    """The class that most of the nearest samples have.

    Drop-in for `sklearn.neighbors.KNeighborsClassifier`.

    Parameters
    ----------
    n_neighbors : int, default 5
    weights : {"uniform", "distance"}, callable or None, default "uniform"
        Weights of the neighbours: equal; 1 / distance, where those at distance 0 alone count if there are any; what a
        function makes of the distances, an array of their shape.
    algorithm : {"auto", "ball_tree", "kd_tree", "brute"}, default "auto"
        For scikit-learn's sake: every search compares with all samples.
    leaf_size : int, default 30
        For scikit-learn's sake.
    p : float, default 2
        Of the metric "minkowski".
    metric : str or callable, default "minkowski"
        As in `mathcore.distance.cdist`; scikit-learn's "manhattan", "l1", "l2" and "infinity" too. "precomputed": x
        holds distances to the samples, (n, n) in a fit.
    metric_params : dict, optional
        Options of the metric.
    n_jobs : int, optional
        Threads; -1 for all usable. Default: as `mathcore.set_num_threads` says.

    Attributes
    ----------
    classes_ : ndarray, shape (classes,), or a list of them
        Labels in rising order; of several targets those of each.
    outputs_2d_ : bool
        Whether there are several targets.
    effective_metric_ : str or callable
    effective_metric_params_ : dict
    n_samples_fit_ : int
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Columns of the data frame that it was fitted on.

    Raises
    ------
    ValueError, TypeError
        Data that are not finite real numbers, lengths that differ, parameters out of range, more neighbours than
        samples.

    Notes
    -----
    Neighbours are those of `mathcore.distance.nearest_neighbors`: exact, of equal distances the first samples. Of equal
    votes the smaller label wins. Cost: 2 n d flops for each row, in float32 for float64 data too (euclidean); memory:
    O(rows k + n d). The same bits for any number of threads.

    Examples
    --------
    >>> from mathcore.models import KNeighborsClassifier
    >>> model = KNeighborsClassifier(n_neighbors=3).fit([[0], [1], [2], [3]], [0, 0, 1, 1])
    >>> model.predict([[1.1]])
    array([0])
    >>> model.predict_proba([[0.9]]).round(3)
    array([[0.667, 0.333]])
    """

    _kind = "classifier"

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _columns(self, y, n_rows, fn):
        """y (n, targets), and whether there are several."""
        y = self._some_targets(y, n_rows, fn)
        if y.ndim == 2 and y.shape[1] == 1:
            kind = _theirs("sklearn.exceptions", "DataConversionWarning", UserWarning)
            warnings.warn("A column-vector y was passed when a 1d array was expected. Please change the shape of y to "
                          "(n_samples,), for example using ravel().", kind, stacklevel=4)
        if y.dtype.kind == "f":
            if not np.isfinite(y).all():
                raise ValueError(f"{fn}: Input y contains NaN or infinity; expected labels")
            if (y != np.floor(y)).any():
                raise ValueError(f"{fn}: Unknown label type: continuous; expected classes, got numbers with fractions")
        elif y.dtype.kind not in "biuOUS":
            raise ValueError(f"{fn}: Unknown label type: {y.dtype}; expected numbers or text")
        elif y.dtype.kind == "O" and (np.equal(y, None) | (y != y)).any():
            raise ValueError(f"{fn}: Unknown label type: y holds None or NaN; expected labels")
        return y.reshape(n_rows, -1), y.ndim == 2 and y.shape[1] > 1

    def fit(self, x, y):
        """Keep the samples and their labels.

        Parameters
        ----------
        x : array_like, shape (n, d)
        y : array_like, shape (n,) or (n, targets)

        Returns
        -------
        self
        """
        fn = "KNeighborsClassifier.fit"
        with _unchanged_on_error(self):
            x = self._samples(x, fn, fitting=True)
            y, self.outputs_2d_ = self._columns(y, len(x), fn)
            try:
                numbered = [np.unique(column, return_inverse=True) for column in y.T]
            except TypeError as error:
                raise TypeError(f"{fn}: y holds labels of several types; expected all numbers or all text, got "
                                f"{error}") from None
            self.classes_ = [classes for classes, _ in numbered] if self.outputs_2d_ else numbered[0][0]
            return self._keep(x, np.stack([numbers for _, numbers in numbered], axis=1), fn)

    def _votes(self, x, fn):
        """For each target the votes (m, classes)."""
        found = self._found(x, fn)
        weights = _neighbor_weights(found.distances, self.weights, fn)
        rows = np.arange(len(found.indices))[:, None]
        votes = []
        for numbers, classes in zip(self._y.T, self.classes_ if self.outputs_2d_ else [self.classes_], strict=True):
            places = rows * len(classes) + numbers[found.indices]
            total = np.bincount(places.ravel(), None if weights is None else weights.ravel(), len(rows) * len(classes))
            votes.append(total.reshape(len(rows), len(classes)))
        return votes

    def predict(self, x):
        """The class with most votes.

        Parameters
        ----------
        x : array_like, shape (m, d), or None
            None: the samples themselves, none of which is its own neighbour.

        Returns
        -------
        ndarray, shape (m,) or (m, targets)
            Elements of `classes_`.
        """
        votes = self._votes(x, "KNeighborsClassifier.predict")
        if not self.outputs_2d_:
            return self.classes_[votes[0].argmax(axis=1)]
        out = np.empty((len(votes[0]), len(votes)), self.classes_[0].dtype)
        for i, (total, classes) in enumerate(zip(votes, self.classes_, strict=True)):
            out[:, i] = classes[total.argmax(axis=1)]
        return out

    def predict_proba(self, x):
        """Shares of the votes.

        Parameters
        ----------
        x : array_like, shape (m, d), or None
            As in `predict`.

        Returns
        -------
        ndarray, shape (m, classes), or a list of them
            Of several targets one for each.
        """
        votes = self._votes(x, "KNeighborsClassifier.predict_proba")
        shares = [total / total.sum(axis=1, keepdims=True) for total in votes]
        return shares if self.outputs_2d_ else shares[0]

    def score(self, x, y, sample_weight=None):
        """The share of rows whose class is predicted, of several targets all of them.

        Parameters
        ----------
        x : array_like, shape (m, d), or None
            As in `predict`: of None the score of each sample by the others.
        y : array_like, shape (m,) or (m, targets)
        sample_weight : array_like, shape (m,), optional

        Returns
        -------
        float
        """
        found, y, weights = self._compared(x, y, sample_weight, "KNeighborsClassifier.score")
        right = found == y
        return float(np.average(right.all(axis=1) if right.ndim == 2 else right, weights=weights))


class KNeighborsRegressor(_Neighbors):
    """The mean target of the nearest samples.

    Drop-in for `sklearn.neighbors.KNeighborsRegressor`.

    Parameters
    ----------
    n_neighbors : int, default 5
    weights : {"uniform", "distance"}, callable or None, default "uniform"
        Weights of the neighbours: equal; 1 / distance, where those at distance 0 alone count if there are any; what a
        function makes of the distances, an array of their shape.
    algorithm : {"auto", "ball_tree", "kd_tree", "brute"}, default "auto"
        For scikit-learn's sake: every search compares with all samples.
    leaf_size : int, default 30
        For scikit-learn's sake.
    p : float, default 2
        Of the metric "minkowski".
    metric : str or callable, default "minkowski"
        As in `mathcore.distance.cdist`; scikit-learn's "manhattan", "l1", "l2" and "infinity" too. "precomputed": x
        holds distances to the samples, (n, n) in a fit.
    metric_params : dict, optional
        Options of the metric.
    n_jobs : int, optional
        Threads; -1 for all usable. Default: as `mathcore.set_num_threads` says.

    Attributes
    ----------
    effective_metric_ : str or callable
    effective_metric_params_ : dict
    n_samples_fit_ : int
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Columns of the data frame that it was fitted on.

    Raises
    ------
    ValueError, TypeError
        Data that are not finite real numbers, lengths that differ, parameters out of range, more neighbours than
        samples.

    Notes
    -----
    Neighbours are those of `mathcore.distance.nearest_neighbors`: exact, of equal distances the first samples. Cost:
    2 n d flops for each row, in float32 for float64 data too (euclidean); memory: O(rows k + n d). The same bits for
    any number of threads.

    Examples
    --------
    >>> from mathcore.models import KNeighborsRegressor
    >>> model = KNeighborsRegressor(n_neighbors=2).fit([[0], [1], [2], [3]], [0, 0, 1, 1])
    >>> model.predict([[1.5]])
    array([0.5])
    """

    _kind = "regressor"

    def fit(self, x, y):
        """Keep the samples and their targets.

        Parameters
        ----------
        x : array_like, shape (n, d)
        y : array_like, shape (n,) or (n, targets)

        Returns
        -------
        self
        """
        fn = "KNeighborsRegressor.fit"
        with _unchanged_on_error(self):
            x = self._samples(x, fn, fitting=True)
            y = self._some_targets(y, len(x), fn)
            if y.dtype.kind == "O":
                try:
                    y = y.astype(np.float64)
                except (TypeError, ValueError) as error:
                    raise type(error)(f"{fn}: y holds objects; expected real numbers ({error})") from None
            if y.dtype.kind not in "biuf":
                raise ValueError(f"{fn}: y has dtype {y.dtype}; expected real numbers")
            if not np.isfinite(y).all():
                raise ValueError(f"{fn}: Input y contains NaN or infinity; expected finite numbers")
            return self._keep(x, y, fn)

    def predict(self, x):
        """Means of the neighbours' targets.

        Parameters
        ----------
        x : array_like, shape (m, d), or None
            None: the samples themselves, none of which is its own neighbour.

        Returns
        -------
        ndarray, shape (m,) or (m, targets)
        """
        fn = "KNeighborsRegressor.predict"
        found = self._found(x, fn)
        weights = _neighbor_weights(found.distances, self.weights, fn)
        y = self._y[found.indices]
        if weights is None:
            return y.mean(axis=1)
        weights = weights.astype(np.float64, copy=False)
        total = weights.sum(axis=1)
        if y.ndim == 2:
            return np.sum(y * weights, axis=1) / total
        return np.sum(y * weights[:, :, None], axis=1) / total[:, None]

    def score(self, x, y, sample_weight=None):
        """The coefficient of determination, of several targets their mean.

        Parameters
        ----------
        x : array_like, shape (m, d), or None
            As in `predict`.
        y : array_like, shape (m,) or (m, targets)
        sample_weight : array_like, shape (m,), optional

        Returns
        -------
        float
            1 for exact predictions, 0 for those of the mean.
        """
        fn = "KNeighborsRegressor.score"
        found, y, weights = self._compared(x, y, sample_weight, fn)
        with _in_the_name_of(fn):
            return float(r2_score(y, found, sample_weight=weights))
