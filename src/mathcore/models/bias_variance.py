"""The loss of a learner parted into bias and variance, over samples of its training data."""

from typing import NamedTuple

import numpy as np

from mathcore import _validate

__all__ = ["BiasVariance", "bias_variance"]


class BiasVariance(NamedTuple):
    """The mean loss over training samples and its parts.

    Parameters
    ----------
    loss : float
        The mean loss over rounds and test points.
    bias : float
        The loss of the main predictions. Noise in the test targets is part of it.
    variance : float
        The mean loss of predictions against the main ones.
    main : ndarray, shape (n_test,)
        The main prediction of each test point: the mean over rounds, or the most frequent class.
    running : ndarray, shape (n_rounds, 3)
        Loss, bias and variance as they stood after each round.

    Attributes
    ----------
    loss : float
        The mean loss over rounds and test points.
    bias : float
        The loss of the main predictions. Noise in the test targets is part of it.
    variance : float
        The mean loss of predictions against the main ones.
    main : ndarray, shape (n_test,)
        The main prediction of each test point: the mean over rounds, or the most frequent class.
    running : ndarray, shape (n_rounds, 3)
        Loss, bias and variance as they stood after each round.
    """

    loss: float
    bias: float
    variance: float
    main: np.ndarray
    running: np.ndarray

    def plot(self, *, ax=None):
        """Draw loss, bias and variance as they stood after each round: whether there were enough.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure without it.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from mathcore import plot

        loss, bias, variance = self.running.T
        return plot.bias_variance_curves(np.arange(1, len(loss) + 1), loss, bias, variance, xlabel="rounds", ax=ax)


def bias_variance(fit, predict, x, y, x_test, y_test, /, *, n_rounds=100, rng=None, loss="mse"):
    """Part a learner's loss into bias and variance: it is trained on bootstrap samples, and tested on the same points.

    Parameters
    ----------
    fit : callable
        ``fit(x, y) -> model``.
    predict : callable
        ``predict(model, x) -> predictions``, shape (n,).
    x, y : array_like, shape (n, ...) and (n,)
        What samples are drawn from, with replacement.
    x_test, y_test : array_like, shape (n_test, ...) and (n_test,)
        Where losses are taken.
    n_rounds : int, optional
        Models trained.
    rng : int or numpy.random.Generator, optional
    loss : {"mse", "zero_one"}, optional
        Squares of differences, or whether classes differ.

    Returns
    -------
    BiasVariance
        NamedTuple (loss, bias, variance, main, running) with `plot()`.

    Raises
    ------
    ValueError
        Lengths that differ, no samples, predictions of another shape, an unknown loss.
    TypeError
        `fit` or `predict` is not callable.

    Notes
    -----
    "mse": ``loss = bias + variance``, where bias is the mean of ``(mean prediction - y)^2``. "zero_one" of two classes:
    a point whose main prediction is right loses its variance, another 1 less its variance, so that variance helps where
    the learner is biased.

    References
    ----------
    P. Domingos, A unified bias-variance decomposition, 2000.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.models import bias_variance
    >>> rng = np.random.default_rng(0)
    >>> x = rng.uniform(-1, 1, 40)
    >>> y, grid = x**2 + 0.1 * rng.standard_normal(40), np.linspace(-1, 1, 21)
    >>> line, curve = (bias_variance(lambda x, y, d=d: np.polyfit(x, y, d), np.polyval, x, y, grid, grid**2, rng=0)
    ...                for d in (1, 8))
    >>> line.bias > curve.bias, line.variance < curve.variance
    (True, True)
    """
    fn = "bias_variance"
    for f, arg in ((fit, "fit"), (predict, "predict")):
        if not callable(f):
            raise TypeError(f"{fn}: {arg} is not callable; expected a function, got {f!r}")
    x, y, x_test, y_test = (np.asarray(a) for a in (x, y, x_test, y_test))
    for a, b, names in ((x, y, ("x", "y")), (x_test, y_test, ("x_test", "y_test"))):
        if b.ndim != 1 or a.ndim == 0:
            raise ValueError(f"{fn}: {names[1]} is no vector; expected shape (n,), got {b.shape}")
        _validate.same_length(len(a), len(b), fn, f"lengths of {names[0]} and {names[1]}", a.shape, b.shape)
        if len(b) == 0:
            raise ValueError(f"{fn}: {names[1]} is empty; expected at least 1 sample, got shape {b.shape}")
    n_rounds = _validate.whole_number(n_rounds, fn, "n_rounds", low=1)
    _validate.one_of(loss, ("mse", "zero_one"), fn, "loss")
    rng = _validate.generator(rng, fn)
    parts = _Squares(y_test) if loss == "mse" else _Classes(y_test)
    running = np.empty((n_rounds, 3))
    for i in range(n_rounds):
        drawn = rng.integers(len(y), size=len(y))
        predicted = np.asarray(predict(fit(x[drawn], y[drawn]), x_test))
        if predicted.shape != y_test.shape:
            raise ValueError(f"{fn}: predict gave another shape; expected {y_test.shape}, got {predicted.shape}")
        running[i] = parts.add(predicted)
    return BiasVariance(*map(float, running[-1]), parts.main(), running)


class _Squares:
    """Mean and spread of predictions so far (Welford)."""

    def __init__(self, y):
        self.y, self.rounds = y.astype(np.float64), 0
        self.mean, self.squares = np.zeros(len(y)), np.zeros(len(y))

    def add(self, predicted):
        self.rounds += 1
        step = predicted - self.mean
        self.mean += step / self.rounds
        self.squares += step * (predicted - self.mean)
        bias, variance = np.mean((self.mean - self.y)**2), np.mean(self.squares) / self.rounds
        return bias + variance, bias, variance

    def main(self):
        return self.mean


class _Classes:
    """How often each class was predicted so far; of equally frequent ones the least is the main prediction."""

    def __init__(self, y):
        self.y, self.rounds = y, 0
        self.classes = np.unique(y)
        self.counts = np.zeros((len(y), len(self.classes)), np.int64)
        self.rows = np.arange(len(y))

    def add(self, predicted):
        self.rounds += 1
        new = np.setdiff1d(predicted, self.classes)
        if len(new):
            classes = np.union1d(self.classes, new)
            counts = np.zeros((len(self.y), len(classes)), np.int64)
            counts[:, np.searchsorted(classes, self.classes)] = self.counts
            self.classes, self.counts = classes, counts
        self.counts[self.rows, np.searchsorted(self.classes, predicted)] += 1
        share = self.counts / self.rounds
        right = share[self.rows, np.searchsorted(self.classes, self.y)]
        return 1 - right.mean(), np.mean(self.main() != self.y), 1 - share.max(axis=1).mean()

    def main(self):
        return self.classes[self.counts.argmax(axis=1)]
