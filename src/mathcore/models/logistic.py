"""LogisticRegression: two classes by the sigmoid, more by softmax."""

import numpy as np

from mathcore import _validate
from mathcore.models._classes import Classifier
from mathcore.optimize import fit_logistic, fit_softmax

_PENALTIES = ("l2", "l1", "elasticnet", None)
# scikit-learn's solvers, which all end at one optimum: what stands for them here
_SOLVERS = {"liblinear": "auto", "newton-cg": "auto", "newton-cholesky": "newton", "sag": "auto", "saga": "auto"}


class LogisticRegression(Classifier):
    """Logistic regression with a penalty: ``min C sum loss_i + l1_ratio |w|_1 + (1 - l1_ratio) / 2 |w|^2``.

    Two classes by the sigmoid, more by softmax; the intercept is not penalised. The parameters of
    `sklearn.linear_model.LogisticRegression`, whose optimum it finds.

    Parameters
    ----------
    penalty : {"elasticnet", "l2", "l1", None}, default "elasticnet"
        What `l1_ratio` says, or one kind whatever it says.
    C : float, default 1.0
        Weight of the data against the penalty; positive. Infinite: no penalty.
    l1_ratio : float, default 0.0
        0 is "l2", 1 is "l1".
    fit_intercept : bool, default True
    class_weight : dict, "balanced" or None, optional
        Weight of each class, by label; "balanced": n / (classes count).
    solver : str, default "auto"
        As in `mathcore.optimize.fit_logistic`. scikit-learn's other names are taken too: "newton-cholesky" is "newton"
        (of two classes), "liblinear", "newton-cg", "sag" and "saga" are "auto". "liblinear"'s optimum there is another
        one: it penalises the intercept.
    max_iter : int, default 1000
    tol : float, default 1e-6
        The gradient that ends the fit, as in `mathcore.optimize.fit_logistic`.
    warm_start : bool, default False
        Begin where the last fit ended.
    random_state : int, numpy.random.Generator or None, optional
        Of mini-batches.
    workers : int, optional
        Threads; -1 for all usable.

    Attributes
    ----------
    classes_ : ndarray, shape (classes,)
    coef_ : ndarray, shape (1, d) or (classes, d)
    intercept_ : ndarray, shape (1,) or (classes,)
    n_iter_ : ndarray, shape (1,)
    trace_ : the objective step by step
        Prints as a table.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Columns of the data frame that it was fitted on.

    Raises
    ------
    ValueError, TypeError
        Data that are not finite real numbers, lengths that differ, one class, parameters out of range.

    Notes
    -----
    Error and cost: as `mathcore.optimize.fit_logistic` and `fit_softmax`.

    Examples
    --------
    >>> from mathcore.datasets import load_digits
    >>> from mathcore.models import LogisticRegression
    >>> digits = load_digits()
    >>> model = LogisticRegression(C=0.1).fit(digits.data[:1500] / 16, digits.target[:1500])
    >>> model.score(digits.data[1500:] / 16, digits.target[1500:]) > 0.88
    True
    """

    def __init__(self, penalty="elasticnet", *, C=1.0, l1_ratio=0.0, fit_intercept=True, class_weight=None,
                 solver="auto", max_iter=1000, tol=1e-6, warm_start=False, random_state=None, workers=None):
        self.penalty = penalty
        self.C = C
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.solver = solver
        self.max_iter = max_iter
        self.tol = tol
        self.warm_start = warm_start
        self.random_state = random_state
        self.workers = workers

    def _penalty(self, fn):
        """(alpha of the sum of losses, l1_ratio)"""
        penalty = _validate.one_of(self.penalty, _PENALTIES, fn, "penalty")
        C = _validate.real_number(self.C, fn, "C", above=0)
        ratio = _validate.real_number(self.l1_ratio, fn, "l1_ratio", low=0, high=1)
        return (0.0 if penalty is None else 1 / C), {"l1": 1.0, "elasticnet": ratio}.get(penalty, 0.0)

    def _class_weights(self, fn):
        """Weight of each class by number, or None."""
        if self.class_weight is None or isinstance(self.class_weight, str) and self.class_weight == "balanced":
            return self.class_weight
        try:
            given = dict(self.class_weight)
        except (TypeError, ValueError):
            raise ValueError(f"{fn}: class_weight is not known; expected a dict of weights by label, 'balanced' or "
                             f"None, got {self.class_weight!r}") from None
        labels = self.classes_.tolist()
        unknown = [label for label in given if label not in labels]
        if unknown:
            raise ValueError(f"{fn}: class_weight names {unknown[0]!r}; expected labels of y, which are {labels}")
        return {i: float(given.get(label, 1.0)) for i, label in enumerate(labels)}

    def fit(self, x, y, sample_weight=None):
        """Fit.

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
        fn = "LogisticRegression.fit"
        x = self._samples(x, fn, fitting=True)
        labels = self._labels(y, len(x), fn)
        weight = self._weights(sample_weight, len(x), fn)
        alpha, ratio = self._penalty(fn)
        _validate.whole_number(self.max_iter, fn, "max_iter", low=1)
        by_class = self._class_weights(fn)
        by_row = np.ones(len(x)) if weight is None else weight
        counts = np.bincount(labels, minlength=len(self.classes_))
        if isinstance(by_class, str):
            by_class = dict(enumerate(len(x) / (len(counts) * counts)))
        if by_class is not None:
            weight = by_row = by_row * np.array([by_class[i] for i in range(len(counts))])[labels]
        # the objective of the fit is a mean
        alpha /= by_row.sum()
        two = len(self.classes_) == 2
        start = None
        if self.warm_start and hasattr(self, "coef_") and self.coef_.shape == (1 if two else len(counts), x.shape[1]):
            start = (self.coef_[0], self.intercept_[0]) if two else (self.coef_, self.intercept_)
        solver = _SOLVERS.get(self.solver, self.solver) if isinstance(self.solver, str) else self.solver
        if not two and self.solver == "newton-cholesky":
            solver = "auto"
        options = {} if two else {"n_classes": len(counts)}
        result = (fit_logistic if two else fit_softmax)(
            x, labels, alpha=alpha, l1_ratio=ratio, fit_intercept=bool(self.fit_intercept), sample_weight=weight,
            solver=solver, max_iter=self.max_iter, tol=self.tol, init=start, rng=self._seed(),
            workers=self.workers, **options)
        self._warn_of(result, fn)
        self.coef_ = result.coef.reshape(-1, x.shape[1])
        self.intercept_ = np.reshape(result.intercept, -1)
        self.n_iter_, self.trace_ = np.array([max(result.nit, 1)], np.int32), result.trace
        return self

    def decision_function(self, x):
        """``x @ coef_.T + intercept_``.

        Parameters
        ----------
        x : array_like, shape (n, d)

        Returns
        -------
        ndarray, shape (n,) or (n, classes)
            With two classes positive for the second.
        """
        return self._scores(x, "LogisticRegression.decision_function")

    def _scores(self, x, fn):
        self._check_fitted(fn)
        scores = self._samples(x, fn, fitting=False) @ self.coef_.T + self.intercept_
        return scores[:, 0] if len(self.classes_) == 2 else scores

    def plot(self, *, ax=None):
        """The objective at each step, by `mathcore.plot.loss_curve`.

        Parameters
        ----------
        ax : matplotlib Axes, optional

        Returns
        -------
        matplotlib Axes
        """
        from mathcore.plot import loss_curve

        self._check_fitted("LogisticRegression.plot")
        return loss_curve(self.trace_.fun, ax=ax)
