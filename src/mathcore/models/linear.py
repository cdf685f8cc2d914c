"""Linear models of real targets: LinearRegression, Ridge."""

import numpy as np

from mathcore import _validate
from mathcore.models._estimator import Estimator
from mathcore.optimize import fit_linear


class _Linear(Estimator):
    _kind = "regressor"
    _many_targets = True

    def _fit(self, x, y, sample_weight, alpha):
        fn = f"{type(self).__name__}.fit"
        x = self._samples(x, fn, fitting=True)
        y = self._targets(y, len(x), fn)
        if y.dtype.kind == "O":
            y = y.astype(np.float64)
        if y.dtype.kind not in "biuf":
            raise ValueError(f"{fn}: y has dtype {y.dtype}; expected real numbers")
        y = y.astype(x.dtype, copy=False)
        if not np.isfinite(y).all():
            raise ValueError(f"{fn}: Input y contains NaN or infinity; expected finite numbers")
        weight = self._weights(sample_weight, len(x), fn)
        total = len(x) if weight is None else weight.sum()
        result = fit_linear(x, y, alpha=alpha / total, fit_intercept=self.fit_intercept, sample_weight=weight,
                            workers=self.workers)
        self.coef_, self.intercept_ = result.coef, result.intercept
        return self

    def predict(self, x):
        """``x @ coef_.T + intercept_``.

        Parameters
        ----------
        x : array_like, shape (n, d)

        Returns
        -------
        ndarray, shape (n,) or (n, targets)
        """
        fn = f"{type(self).__name__}.predict"
        self._check_fitted(fn)
        return self._samples(x, fn, fitting=False) @ self.coef_.T + self.intercept_

    def score(self, x, y, sample_weight=None):
        """The coefficient of determination, ``1 - sum (y - p)^2 / sum (y - mean y)^2``, of several targets their mean.

        Parameters
        ----------
        x : array_like, shape (n, d)
        y : array_like, shape (n,) or (n, targets)
        sample_weight : array_like, shape (n,), optional

        Returns
        -------
        float
            1 for exact predictions, 0 for those of the mean.
        """
        y = np.asarray(y, np.float64)
        w = None if sample_weight is None else np.asarray(sample_weight, np.float64)
        rest = np.average((y - self.predict(x))**2, axis=0, weights=w)
        spread = np.average((y - np.average(y, axis=0, weights=w))**2, axis=0, weights=w)
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(np.mean(np.where(spread > 0, 1 - rest / spread, np.where(rest > 0, 0.0, 1.0))))


class LinearRegression(_Linear):
    """Least squares, ``min sum (y - x w - b)^2``.

    Drop-in for `sklearn.linear_model.LinearRegression` (without ``positive=``).

    Parameters
    ----------
    fit_intercept : bool, default True
    workers : int, optional
        Threads; -1 for all usable.

    Attributes
    ----------
    coef_ : ndarray, shape (d,) or (targets, d)
        Of the least length where several fit equally well.
    intercept_ : float or ndarray, shape (targets,)
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Columns of the data frame that it was fitted on.

    Raises
    ------
    ValueError, TypeError
        Data that are not finite real numbers, lengths that differ.

    Notes
    -----
    Error and cost: as `mathcore.optimize.fit_linear`.

    Examples
    --------
    >>> from mathcore.models import LinearRegression
    >>> model = LinearRegression().fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    >>> model.predict([[3.0]]).round(6)
    array([7.])
    """

    def __init__(self, *, fit_intercept=True, workers=None):
        self.fit_intercept = fit_intercept
        self.workers = workers

    def fit(self, x, y, sample_weight=None):
        """Fit.

        Parameters
        ----------
        x : array_like, shape (n, d)
        y : array_like, shape (n,) or (n, targets)
        sample_weight : array_like, shape (n,), optional
            Not negative.

        Returns
        -------
        self
        """
        return self._fit(x, y, sample_weight, 0.0)


class Ridge(_Linear):
    """Least squares with a penalty, ``min sum (y - x w - b)^2 + alpha |w|^2``; b is not penalised.

    Drop-in for `sklearn.linear_model.Ridge` (one `alpha` for all targets).

    Parameters
    ----------
    alpha : float, default 1.0
        At least 0.
    fit_intercept : bool, default True
    workers : int, optional
        Threads; -1 for all usable.

    Attributes
    ----------
    coef_ : ndarray, shape (d,) or (targets, d)
    intercept_ : float or ndarray, shape (targets,)
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Columns of the data frame that it was fitted on.

    Raises
    ------
    ValueError, TypeError
        Data that are not finite real numbers, lengths that differ, a negative `alpha`.

    Notes
    -----
    Error and cost: as `mathcore.optimize.fit_linear`.

    Examples
    --------
    >>> from mathcore.models import Ridge
    >>> model = Ridge(alpha=2.0).fit([[-1.0], [0.0], [1.0]], [-1.0, 0.0, 1.0])
    >>> model.coef_.round(6)
    array([0.5])
    """

    def __init__(self, alpha=1.0, *, fit_intercept=True, workers=None):
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.workers = workers

    def fit(self, x, y, sample_weight=None):
        """Fit.

        Parameters
        ----------
        x : array_like, shape (n, d)
        y : array_like, shape (n,) or (n, targets)
        sample_weight : array_like, shape (n,), optional
            Not negative.

        Returns
        -------
        self
        """
        return self._fit(x, y, sample_weight, _validate.real_number(self.alpha, "Ridge.fit", "alpha", low=0))
