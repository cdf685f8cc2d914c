"""Naive Bayes: columns are taken as independent within a class. Gaussian, multinomial and Bernoulli columns.

The statistics that a fit gathers add up, so `partial_fit` over parts of the data is `fit` of all of it.
"""

import warnings

import numpy as np

from mathcore import _validate
from mathcore._kernels import naive_bayes as _kernel
from mathcore.models._classes import Classifier
from mathcore.special import log_softmax, softmax

_ALPHA_LEAST = 1e-10


def _unique(y):
    """numpy.unique(y, return_inverse=True); whole numbers of a narrow range are counted: 100 000 take 0.5 ms in place
    of 6."""
    if y.dtype.kind in "iu" and y.size:
        low, high = int(y.min()), int(y.max())
        if high - low <= 4 * y.size and high < 2**63:
            places = y.astype(np.int64, copy=False) - low
            seen = np.bincount(places) > 0
            numbers = (np.cumsum(seen, dtype=np.int32) - np.int32(1))[places]
            return (np.flatnonzero(seen) + low).astype(y.dtype), numbers
    classes, numbers = np.unique(y, return_inverse=True)
    return classes, numbers.astype(np.int32)


def _plain_rows(x):
    """x as the kernel takes it: whole aligned elements, each row in one piece."""
    x = _validate.ready(x, x.dtype)
    return x if x.strides[1] == x.itemsize else np.ascontiguousarray(x)


class _NaiveBayes(Classifier):
    """Labels as numbers, and what is said of joint densities. A subclass has `_gather`, `_rows` and `_linear`."""

    def _check_labels(self, y, n_rows, fn):
        y = self._targets(y, n_rows, fn)
        if y.dtype.kind == "f":
            if not np.isfinite(y).all():
                raise ValueError(f"{fn}: Input y contains NaN or infinity; expected labels")
            if (y != np.floor(y)).any():
                raise ValueError(f"{fn}: Unknown label type: continuous; expected classes, got numbers with fractions")
        elif y.dtype.kind not in "biuOUS":
            raise ValueError(f"{fn}: Unknown label type: {y.dtype}; expected numbers or text")
        return y

    def _known(self, y, fn):
        """Numbers of the classes of y, all of which `classes_` holds."""
        places = np.minimum(np.searchsorted(self.classes_, y), len(self.classes_) - 1)
        if (unknown := self.classes_[places] != y).any():
            raise ValueError(f"{fn}: The target label(s) {np.unique(y[unknown])} in y do not exist in the initial "
                             f"classes {self.classes_}")
        return places.astype(np.int32)

    def fit(self, x, y, sample_weight=None):
        """Fit, without anything of former fits.

        Parameters
        ----------
        x : array_like, shape (n, d)
        y : array_like, shape (n,)
            Labels of any kind.
        sample_weight : array_like, shape (n,), optional
            Not negative.

        Returns
        -------
        self
        """
        fn = f"{type(self).__name__}.fit"
        x = self._rows(x, fn, fitting=True)
        y = self._check_labels(y, x.shape[0], fn)
        weight = self._weights(sample_weight, x.shape[0], fn)
        self.classes_, numbers = _unique(y)
        self._gather(x, numbers, weight, True, fn)
        return self

    def partial_fit(self, x, y, classes=None, sample_weight=None):
        """Fit to more rows, beside those of former calls.

        Parameters
        ----------
        x : array_like, shape (n, d)
        y : array_like, shape (n,)
        classes : array_like, shape (classes,), optional
            All labels that will come; the first call needs it.
        sample_weight : array_like, shape (n,), optional
            Not negative.

        Returns
        -------
        self
        """
        fn = f"{type(self).__name__}.partial_fit"
        first = not hasattr(self, "classes_")
        given = None if classes is None else np.unique(np.asarray(classes))
        if first and given is None:
            raise ValueError(f"{fn}: classes must be passed on the first call to partial_fit.")
        if not first and given is not None and not np.array_equal(given, self.classes_):
            raise ValueError(f"{fn}: `classes={classes!r}` is not the same as on last call to partial_fit, was: "
                             f"{self.classes_}")
        x = self._rows(x, fn, fitting=first)
        y = self._check_labels(y, x.shape[0], fn)
        weight = self._weights(sample_weight, x.shape[0], fn)
        if first:
            self.classes_ = given
        self._gather(x, self._known(y, fn), weight, first, fn)
        return self

    def _scored(self, x, fn, *, best):
        """The number of each row's best class, or the joint log density of rows and classes; the results' type."""
        self._check_fitted(fn)
        x = self._rows(x, fn, fitting=False)
        a, b, c, threshold = self._linear()
        if not isinstance(x, np.ndarray):
            scores = x @ a.T + c
            return (scores.argmax(axis=1) if best else scores), np.float64
        found = np.empty(x.shape[0], np.int64) if best else None
        scores = None if best else np.empty((x.shape[0], len(c)))
        _kernel.joint_scores(x, np.ascontiguousarray(a), b, c, threshold, scores, found, None, fn)
        return (found if best else scores), self._result_type(x)

    def _result_type(self, x):
        return np.float64

    def predict(self, x):
        """The most probable class of each row.

        Parameters
        ----------
        x : array_like, shape (n, d)

        Returns
        -------
        ndarray, shape (n,)
            Elements of `classes_`; of equal ones the first.
        """
        numbers, _ = self._scored(x, f"{type(self).__name__}.predict", best=True)
        return self.classes_[numbers]

    def predict_joint_log_proba(self, x):
        """The log of each class's prior times the density of the row in it.

        Parameters
        ----------
        x : array_like, shape (n, d)

        Returns
        -------
        ndarray, shape (n, classes)
        """
        scores, dtype = self._scored(x, f"{type(self).__name__}.predict_joint_log_proba", best=False)
        return scores.astype(dtype, copy=False)

    def predict_proba(self, x):
        """The probability of each class.

        Parameters
        ----------
        x : array_like, shape (n, d)

        Returns
        -------
        ndarray, shape (n, classes)
            Rows add up to 1.
        """
        scores, dtype = self._scored(x, f"{type(self).__name__}.predict_proba", best=False)
        return softmax(scores, axis=1).astype(dtype, copy=False)

    def predict_log_proba(self, x):
        """The logarithm of `predict_proba`.

        Parameters
        ----------
        x : array_like, shape (n, d)

        Returns
        -------
        ndarray, shape (n, classes)
        """
        scores, dtype = self._scored(x, f"{type(self).__name__}.predict_log_proba", best=False)
        return log_softmax(scores, axis=1).astype(dtype, copy=False)


# ------------------------------------------------------------------ Gaussian columns

def _merge(old, new):
    """Two triples (count, mean, scatter), means along the last axis (Chan, Golub and LeVeque 1983)."""
    (n1, mean1, square1), (n2, mean2, square2) = old, new
    n = n1 + n2
    share = np.divide(n2, n, out=np.zeros_like(n), where=n > 0)[..., None]
    step = mean2 - mean1
    return n, mean1 + share * step, square1 + square2 + n1[..., None] * share * step * step


def _overall(count, mean, scatter):
    """(count, mean, scatter) of all classes together."""
    n = count.sum()
    step = mean - (centre := mean[count.argmax()])
    shift = count @ step / n
    return n, centre + shift, scatter.sum(axis=0) + count @ (step - shift)**2


class GaussianNB(_NaiveBayes):
    """Gaussian naive Bayes: in each class each column has a normal distribution of its own.

    The parameters, attributes and predictions of `sklearn.naive_bayes.GaussianNB`.

    Parameters
    ----------
    priors : array_like, shape (classes,), optional
        Probabilities of the classes; without them their shares of the rows.
    var_smoothing : float, default 1e-9
        Share of the largest variance of a column that is added to all variances.

    Attributes
    ----------
    classes_ : ndarray, shape (classes,)
    class_count_ : ndarray, shape (classes,)
        Weights of the rows of each class.
    class_prior_ : ndarray, shape (classes,)
    theta_, var_ : ndarray, shape (classes, d)
        Mean and variance of each column in each class, with `epsilon_` added to the variance.
    epsilon_ : float
        `var_smoothing` times the largest variance of a column.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Columns of the data frame that it was fitted on.

    Raises
    ------
    ValueError, TypeError
        Data that are not finite real numbers, lengths that differ, parameters out of range.

    Notes
    -----
    ``log p(c, x) = log prior_c - 1/2 sum_j (log(2 pi var_cj) + (x_j - theta_cj)^2 / var_cj)``

    Error: means and variances to a few eps whatever offset a column has, and the same from parts by `partial_fit` as
    from all rows at once (there scikit-learn takes `epsilon_` of the last part, here of all parts); float32 data are
    summed in float64. Cost: one pass over the data for a fit, 3 n d classes flops for a prediction; the same bits for
    any number of threads.

    References
    ----------
    Chan, Golub and LeVeque, Algorithms for computing the sample variance, The American Statistician 37 (1983).

    Examples
    --------
    >>> from mathcore.models import GaussianNB
    >>> x = [[-1.0, -1.0], [-2.0, -1.0], [-3.0, -2.0], [1.0, 1.0], [2.0, 1.0], [3.0, 2.0]]
    >>> model = GaussianNB().fit(x, [1, 1, 1, 2, 2, 2])
    >>> model.predict([[-0.8, -1.0]])
    array([1])
    """

    def __init__(self, *, priors=None, var_smoothing=1e-9):
        self.priors = priors
        self.var_smoothing = var_smoothing

    def _rows(self, x, fn, *, fitting):
        return _plain_rows(self._samples(x, fn, fitting=fitting))

    def _checked_priors(self, dtype, fn):
        if self.priors is None:
            return None
        priors = np.asarray(self.priors, dtype)
        if priors.shape != self.classes_.shape:
            raise ValueError(f"{fn}: Number of priors must match number of classes. Expected shape "
                             f"{self.classes_.shape}, got {priors.shape}")
        if not np.isclose(priors.sum(), 1.0):
            raise ValueError(f"{fn}: The sum of the priors should be 1. Got {priors.sum()}")
        if (priors < 0).any():
            raise ValueError(f"{fn}: Priors must be non-negative. Got {priors.min()}")
        return priors

    def _gather(self, x, numbers, weight, first, fn):
        smoothing = _validate.real_number(self.var_smoothing, fn, "var_smoothing", low=0)
        dtype = x.dtype if first else self.theta_.dtype
        priors = self._checked_priors(dtype, fn)
        shape = len(self.classes_), x.shape[1]
        found = np.empty(shape[0]), np.empty(shape), np.empty(shape)
        _kernel.class_moments(x, numbers, weight, *found, None, fn)
        if weight is None:
            every = _overall(*found)
        else:                            # the smoothing is of rows, not of weights
            every = np.empty(1), np.empty((1, shape[1])), np.empty((1, shape[1]))
            _kernel.class_moments(x, None, None, *every, None, fn)
            every = tuple(part[0] for part in every)
        if not first:
            found, every = _merge(self._classes_moments, found), _merge(self._rows_moments, every)
        self._classes_moments, self._rows_moments = found, every
        count, mean, scatter = found
        epsilon = smoothing * (every[2].max() / every[0])
        var = np.divide(scatter, count[:, None], out=np.zeros(shape), where=count[:, None] > 0) + epsilon
        self.epsilon_ = dtype.type(epsilon)
        self.theta_, self.var_ = mean.astype(dtype), var.astype(dtype)
        self.class_count_ = count.astype(dtype)
        self.class_prior_ = priors if priors is not None else (count / count.sum()).astype(dtype)

    def _linear(self):
        var = self.var_.astype(np.float64)
        c = np.log(self.class_prior_.astype(np.float64)) - 0.5 * np.log(2 * np.pi * var).sum(axis=1)
        return self.theta_.astype(np.float64), np.ascontiguousarray(-0.5 / var), c, None

    def _result_type(self, x):
        return np.result_type(x.dtype, self.theta_.dtype)


# ------------------------------------------------------------------ counts

class _Counts(_NaiveBayes):
    """Statistics are sums of columns by class; sparse matrices are taken too."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.classifier_tags.poor_score = True
        return tags

    def _sparse_rows(self, x, fn, fitting):
        x = x.tocsr()
        if x.dtype.kind == "c":
            raise ValueError(f"{fn}: Complex data not supported; expected real numbers, got dtype {x.dtype}")
        if x.dtype.kind not in "biuf":
            raise TypeError(f"{fn}: x has dtype {x.dtype}; expected numbers")
        if 0 in x.shape:
            raise ValueError(f"{fn}: x has {x.shape[0]} sample(s) and {x.shape[1]} feature(s) (shape={x.shape}) while "
                             "a minimum of 1 is required.")
        if not np.isfinite(x.data).all():
            raise ValueError(f"{fn}: x contains NaN or infinity; expected finite numbers")
        if fitting:
            self.n_features_in_ = x.shape[1]
            self.__dict__.pop("feature_names_in_", None)
        elif x.shape[1] != self.n_features_in_:
            raise ValueError(f"{fn}: X has {x.shape[1]} features, but {type(self).__name__} is expecting "
                             f"{self.n_features_in_} features as input")
        return x

    def _rows(self, x, fn, *, fitting):
        if hasattr(x, "tocsr") and not isinstance(x, np.ndarray):
            return self._sparse_rows(x, fn, fitting)
        return _plain_rows(self._samples(x, fn, fitting=fitting))

    def _threshold(self, fn):
        return None

    def _check_alpha(self):
        """`alpha` as a number or one for each column."""
        fn = f"{type(self).__name__}.fit"
        alpha = self.alpha
        if np.ndim(alpha) == 0:
            alpha = _validate.real_number(alpha, fn, "alpha", low=0)
        else:
            alpha = np.asarray(alpha, np.float64)
            if alpha.shape != (self.n_features_in_,):
                raise ValueError(f"{fn}: When alpha is an array, it should contains `n_features`. Got shape "
                                 f"{alpha.shape} instead of {(self.n_features_in_,)}.")
            if not (alpha >= 0).all():
                raise ValueError(f"{fn}: All values in alpha must be greater than 0. Got {alpha.min()}")
        if np.min(alpha) < _ALPHA_LEAST and not self.force_alpha:
            warnings.warn(f"alpha too small will result in numeric errors, setting alpha = {_ALPHA_LEAST:.1e}. Use "
                          "`force_alpha=True` to keep alpha unchanged.", stacklevel=4)
            return np.maximum(alpha, _ALPHA_LEAST)
        return alpha

    def _gather(self, x, numbers, weight, first, fn):
        shape = len(self.classes_), x.shape[1]
        if first:
            self.class_count_, self.feature_count_ = np.zeros(shape[0]), np.zeros(shape)
        if isinstance(x, np.ndarray):
            count, sums = np.empty(shape[0]), np.empty(shape)
            _kernel.class_sums(x, numbers, weight, self._threshold(fn), count, sums, None, fn)
        else:
            from scipy.sparse import csr_array

            rows = x.shape[0]
            hot = csr_array((np.ones(rows) if weight is None else weight, numbers, np.arange(rows + 1)),
                            shape=(rows, shape[0]))
            count, sums = np.bincount(numbers, weight, shape[0]), (hot.T @ x).toarray()
        self.class_count_ = self.class_count_ + count
        self.feature_count_ = self.feature_count_ + sums
        self.feature_log_prob_ = self._log_shares(self._check_alpha())
        self.class_log_prior_ = self._log_prior(fn)

    def _log_prior(self, fn):
        k = len(self.classes_)
        if self.class_prior is not None:
            if len(self.class_prior) != k:
                raise ValueError(f"{fn}: Number of priors must match number of classes. Expected {k}, got "
                                 f"{len(self.class_prior)}")
            return np.log(self.class_prior)
        if not self.fit_prior:
            return np.full(k, -np.log(k))
        with np.errstate(divide="ignore"):      # of a class that has not come yet
            return np.log(self.class_count_) - np.log(self.class_count_.sum())


class MultinomialNB(_Counts):
    """Multinomial naive Bayes: rows are counts, as of words, with a distribution over the columns in each class.

    The parameters, attributes and predictions of `sklearn.naive_bayes.MultinomialNB`.

    Parameters
    ----------
    alpha : float or array_like, shape (d,), default 1.0
        Added to the counts of each class.
    force_alpha : bool, default True
        Without it an `alpha` below 1e-10 is raised to that, with a warning.
    fit_prior : bool, default True
        Whether the classes' probabilities are their shares of the rows; else all are equal.
    class_prior : array_like, shape (classes,), optional
        Probabilities of the classes.

    Attributes
    ----------
    classes_ : ndarray, shape (classes,)
    class_count_ : ndarray, shape (classes,)
        Weights of the rows of each class.
    class_log_prior_ : ndarray, shape (classes,)
    feature_count_ : ndarray, shape (classes, d)
        Weighted sums of the columns in each class.
    feature_log_prob_ : ndarray, shape (classes, d)
        Logarithm of each column's share of a class.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Columns of the data frame that it was fitted on.

    Raises
    ------
    ValueError, TypeError
        Data that are negative or no finite real numbers, lengths that differ, parameters out of range.

    Notes
    -----
    ``log p(c, x) = log prior_c + sum_j x_j log p_cj`` without the multinomial coefficient, which all classes share.

    Error: a few eps; sums are exact for whole numbers up to 2^53. Cost: one pass over the data for a fit, 2 n d
    classes flops for a prediction; sparse matrices (SciPy's) cost their elements only.

    Examples
    --------
    >>> from mathcore.models import MultinomialNB
    >>> model = MultinomialNB().fit([[3, 0, 1], [2, 0, 0], [0, 4, 1], [0, 2, 2]], ["a", "a", "b", "b"])
    >>> model.predict([[1, 0, 0], [0, 1, 1]])
    array(['a', 'b'], dtype='<U1')
    """

    def __init__(self, *, alpha=1.0, force_alpha=True, fit_prior=True, class_prior=None):
        self.alpha = alpha
        self.force_alpha = force_alpha
        self.fit_prior = fit_prior
        self.class_prior = class_prior

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        return tags

    def _gather(self, x, numbers, weight, first, fn):
        least = (x if isinstance(x, np.ndarray) else x.data).min(initial=0)
        if least < 0:
            raise ValueError(f"{fn}: Negative values in data passed to MultinomialNB (input X); expected x of at "
                             f"least 0, got {least}")
        super()._gather(x, numbers, weight, first, fn)

    def _log_shares(self, alpha):
        counts = self.feature_count_ + alpha
        # not a difference of logarithms, whose error near 0 is theirs
        return np.log(counts / counts.sum(axis=1, keepdims=True))

    def _linear(self):
        return self.feature_log_prob_, None, np.asarray(self.class_log_prior_, np.float64), None


class BernoulliNB(_Counts):
    """Bernoulli naive Bayes: in each class each column is true with a probability of its own.

    The parameters, attributes and predictions of `sklearn.naive_bayes.BernoulliNB`.

    Parameters
    ----------
    alpha : float or array_like, shape (d,), default 1.0
        Added to the counts of true and of false.
    force_alpha : bool, default True
        Without it an `alpha` below 1e-10 is raised to that, with a warning.
    binarize : float or None, default 0.0
        Elements above are true, at least 0; None: the data are 0 and 1.
    fit_prior : bool, default True
        Whether the classes' probabilities are their shares of the rows; else all are equal.
    class_prior : array_like, shape (classes,), optional
        Probabilities of the classes.

    Attributes
    ----------
    classes_ : ndarray, shape (classes,)
    class_count_ : ndarray, shape (classes,)
        Weights of the rows of each class.
    class_log_prior_ : ndarray, shape (classes,)
    feature_count_ : ndarray, shape (classes, d)
        Weights of the rows of each class in which a column is true.
    feature_log_prob_ : ndarray, shape (classes, d)
        Logarithm of the probability of true.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Columns of the data frame that it was fitted on.

    Raises
    ------
    ValueError, TypeError
        Data that are not finite real numbers, lengths that differ, parameters out of range.

    Notes
    -----
    ``log p(c, x) = log prior_c + sum_j (x_j log p_cj + (1 - x_j) log(1 - p_cj))``

    Error: a few eps; counts are exact. Cost: one pass over the data for a fit, 2 n d classes flops for a prediction,
    no binary copy of the data; sparse matrices (SciPy's) cost their elements only.

    Examples
    --------
    >>> from mathcore.models import BernoulliNB
    >>> model = BernoulliNB().fit([[1, 0, 1], [1, 0, 0], [0, 1, 1], [0, 1, 0]], [0, 0, 1, 1])
    >>> model.predict_proba([[1, 0, 1]]).round(2)
    array([[0.9, 0.1]])
    """

    def __init__(self, *, alpha=1.0, force_alpha=True, binarize=0.0, fit_prior=True, class_prior=None):
        self.alpha = alpha
        self.force_alpha = force_alpha
        self.binarize = binarize
        self.fit_prior = fit_prior
        self.class_prior = class_prior

    def _threshold(self, fn):
        return None if self.binarize is None else _validate.real_number(self.binarize, fn, "binarize", low=0)

    def _sparse_rows(self, x, fn, fitting):
        x, threshold = super()._sparse_rows(x, fn, fitting), self._threshold(fn)
        if threshold is None:
            return x
        x = x.copy()                     # of its own: two entries for one place are added before they are compared
        x.sum_duplicates()
        x.data = (x.data > threshold).astype(np.float64)
        return x

    def _log_shares(self, alpha):
        return np.log((self.feature_count_ + alpha) / (self.class_count_[:, None] + 2 * alpha))

    def _linear(self):
        true = self.feature_log_prob_
        false = np.log1p(-np.exp(true))
        c = self.class_log_prior_ + false.sum(axis=1)
        return true - false, None, c, self._threshold("BernoulliNB.predict")
