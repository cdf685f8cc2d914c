"""MLPClassifier: a network of dense layers with scikit-learn's protocol."""

import numpy as np

from mathcore import _validate
from mathcore.models._classes import Classifier
from mathcore.nn import MLP

_ACTIVATIONS = {"relu": "relu", "tanh": "tanh", "logistic": "sigmoid", "identity": "identity"}


class MLPClassifier(Classifier):
    """A multilayer perceptron for classification, trained in one compiled loop.

    The parameters of `sklearn.neural_network.MLPClassifier` that both have; the network is `mathcore.nn.MLP`, whose
    first weights are others.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default (100,)
    activation : {"relu", "tanh", "logistic", "identity"}, default "relu"
    solver : {"adam", "sgd"}, default "adam"
    alpha : float, default 0.0001
        Weight decay.
    batch_size : int or "auto", default "auto"
        "auto": 200 rows, or all.
    learning_rate_init : float, default 0.001
    max_iter : int, default 200
        Passes over the data.
    tol : float, default 1e-4
        A gain of loss below it does not count.
    n_iter_no_change : int, default 10
        Passes without a gain that end the fit.
    momentum : float, default 0.9
        For "sgd".
    random_state : int, numpy.random.Generator or None, optional
    progress : bool, default False
        Whether a bar shows how far the fit is.
    workers : int, optional
        Threads; -1 for all usable.

    Attributes
    ----------
    classes_ : ndarray, shape (classes,)
    network_ : mathcore.nn.MLP
    coefs_, intercepts_ : list of ndarray
        Weights (inputs, outputs) and biases of each layer.
    loss_curve_ : list of float
        The mean cross-entropy of each pass.
    loss_ : float
        The last of them.
    n_iter_ : int
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Columns of the data frame that it was fitted on.

    Raises
    ------
    ValueError, TypeError
        Data that are not finite real numbers, lengths that differ, one class, parameters out of range.

    Notes
    -----
    Error and cost: as `mathcore.nn.MLP`.

    Examples
    --------
    >>> from mathcore.datasets import load_digits
    >>> from mathcore.models import MLPClassifier
    >>> digits = load_digits()
    >>> model = MLPClassifier((32,), max_iter=30, random_state=0).fit(digits.data[:1500] / 16, digits.target[:1500])
    >>> model.score(digits.data[1500:] / 16, digits.target[1500:]) > 0.8
    True
    """

    def __init__(self, hidden_layer_sizes=(100,), activation="relu", *, solver="adam", alpha=0.0001, batch_size="auto",
                 learning_rate_init=0.001, max_iter=200, tol=1e-4, n_iter_no_change=10, momentum=0.9,
                 random_state=None, progress=False, workers=None):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.momentum = momentum
        self.random_state = random_state
        self.progress = progress
        self.workers = workers

    def fit(self, x, y):
        """Fit.

        Parameters
        ----------
        x : array_like, shape (n, d)
        y : array_like, shape (n,)
            Labels of any kind.

        Returns
        -------
        self
        """
        fn = "MLPClassifier.fit"
        x = self._samples(x, fn, fitting=True)
        labels = self._labels(y, len(x), fn)
        activation = _ACTIVATIONS[_validate.one_of(self.activation, tuple(_ACTIVATIONS), fn, "activation")]
        solver = _validate.one_of(self.solver, ("adam", "sgd"), fn, "solver")
        hidden = self.hidden_layer_sizes
        hidden = (hidden,) if isinstance(hidden, int | np.integer) else tuple(hidden)
        _validate.whole_number(self.max_iter, fn, "max_iter", low=1)
        batch = min(200, len(x)) if isinstance(self.batch_size, str) and self.batch_size == "auto" else self.batch_size
        self.network_ = MLP((x.shape[1], *hidden, len(self.classes_)), activation=activation, dtype=x.dtype,
                            rng=self._seed())
        self.network_.fit(x, labels, epochs=self.max_iter, batch_size=batch,
                          optimizer="momentum" if solver == "sgd" else "adam", learning_rate=self.learning_rate_init,
                          momentum=self.momentum, weight_decay=self.alpha, patience=self.n_iter_no_change, tol=self.tol,
                          progress=self.progress, workers=self.workers)
        self.coefs_, self.intercepts_ = [w.T for w in self.network_.weights], self.network_.biases
        self.loss_curve_ = list(self.network_.loss_curve)
        self.loss_, self.n_iter_ = self.loss_curve_[-1], len(self.loss_curve_)
        return self

    def _scores(self, x, fn):
        """Logarithms of the probabilities."""
        self._check_fitted(fn)
        x = self._samples(x, fn, fitting=False).astype(self.network_.dtype, copy=False)
        with np.errstate(divide="ignore"):
            return np.log(self.network_.predict_proba(x, workers=self.workers))

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
        fn = "MLPClassifier.predict_proba"
        self._check_fitted(fn)
        x = self._samples(x, fn, fitting=False).astype(self.network_.dtype, copy=False)
        return self.network_.predict_proba(x, workers=self.workers)

    def plot(self, *, ax=None):
        """The loss after each pass, by `mathcore.plot.loss_curve`.

        Parameters
        ----------
        ax : matplotlib Axes, optional

        Returns
        -------
        matplotlib Axes
        """
        from mathcore.plot import loss_curve

        self._check_fitted("MLPClassifier.plot")
        return loss_curve(self.loss_curve_, ax=ax)
