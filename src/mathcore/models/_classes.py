"""What classifiers share: labels of any kind as numbers, and the verbs that follow from decision_function or
predict_proba."""

import numpy as np

from mathcore.models._estimator import Estimator
from mathcore.special import expit, log_expit, log_softmax, softmax


class Classifier(Estimator):
    """`classes_`, the labels in rising order, and what is said in them."""

    _kind = "classifier"

    def _labels(self, y, n_rows, fn):
        """Numbers of classes (n,); at least two classes."""
        y = self._targets(y, n_rows, fn)
        if y.dtype.kind == "f":
            if not np.isfinite(y).all():
                raise ValueError(f"{fn}: Input y contains NaN or infinity; expected labels")
            if (y != np.floor(y)).any():
                raise ValueError(f"{fn}: Unknown label type: continuous. Maybe you are trying to fit a classifier, "
                                 "which expects discrete classes on a regression target with continuous values.")
        elif y.dtype.kind not in "biuOUS":
            raise ValueError(f"{fn}: Unknown label type: {y.dtype}; expected numbers or text")
        self.classes_, numbers = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"{fn}: y has one class; expected at least 2 classes, got only {self.classes_[0]!r}. "
                             "Classifier can't train when only one class is present.")
        return numbers

    def predict(self, x):
        """The most probable class of each row.

        Parameters
        ----------
        x : array_like, shape (n, d)

        Returns
        -------
        ndarray, shape (n,)
            Elements of `classes_`.
        """
        scores = self._scores(x, f"{type(self).__name__}.predict")
        return self.classes_[(scores > 0).astype(np.intp) if scores.ndim == 1 else scores.argmax(axis=1)]

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
        scores = self._scores(x, f"{type(self).__name__}.predict_proba")
        if scores.ndim == 2:
            return softmax(scores, axis=1)
        return np.stack([expit(-scores), expit(scores)], axis=1)

    def predict_log_proba(self, x):
        """The logarithm of `predict_proba`.

        Parameters
        ----------
        x : array_like, shape (n, d)

        Returns
        -------
        ndarray, shape (n, classes)
        """
        scores = self._scores(x, f"{type(self).__name__}.predict_log_proba")
        if scores.ndim == 2:
            return log_softmax(scores, axis=1)
        return np.stack([log_expit(-scores), log_expit(scores)], axis=1)

    def score(self, x, y, sample_weight=None):
        """The share of rows whose class is predicted.

        Parameters
        ----------
        x : array_like, shape (n, d)
        y : array_like, shape (n,)
            True classes.
        sample_weight : array_like, shape (n,), optional

        Returns
        -------
        float
        """
        return float(np.average(self.predict(x) == np.asarray(y), weights=sample_weight))
