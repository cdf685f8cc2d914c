"""MLP: a multilayer perceptron for classification."""

import warnings

import numpy as np

from mathcore import _validate
from mathcore._kernels import network as _network
from mathcore.losses import cross_entropy
from mathcore.nn._files import read, write
from mathcore.nn._fit import Progress, Settings, alone, laid_out_as
from mathcore.nn.layers import ACTIVATIONS, check_labels, check_parameters, check_samples
from mathcore.special import softmax


class MLP:
    """A multilayer perceptron for classification: dense layers, softmax, cross-entropy.

    Parameters
    ----------
    layers : sequence of int
        Sizes from inputs to classes, for example ``(64, 48, 10)``; at least two.
    activation : {"sigmoid", "relu", "tanh", "identity"}, optional
        Of all layers but the last.
    dtype : {"float32", "float64"}, optional
        Of the parameters and of all arithmetic.
    rng : int, numpy.random.Generator or None, optional
        Where the first weights and the order of samples come from; the same number gives the same bits with any number
        of threads.

    Attributes
    ----------
    layers : tuple of int
    activation, dtype : str
    weights : list of ndarray, shapes (n_out, n_in)
        Normal random numbers of variance 1 / n_in (2 / n_in for ReLU) at first.
    biases : list of ndarray, shapes (n_out,)
        Zeros at first.
    loss_curve : list of float
        The mean cross-entropy of each epoch, each batch's taken before its step.
    validation_curve : list of float
        The cross-entropy of the validation data after each epoch.

    Raises
    ------
    ValueError
        Sizes that are not positive or fewer than two, an unknown activation or dtype.
    TypeError
        Sizes that are no whole numbers.

    Notes
    -----
    Weights lie in F-order, so that neither direction of the first layer transposes them.

    Examples
    --------
    >>> from mathcore.datasets import load_digits
    >>> from mathcore.nn import MLP
    >>> digits = load_digits()
    >>> x, y = digits.data / 16, digits.target
    >>> model = MLP((64, 32, 10), activation="relu", rng=0).fit(x[:1500], y[:1500], epochs=20, optimizer="adam")
    >>> model.score(x[1500:], y[1500:]) > 0.85
    True
    """

    def __init__(self, layers, *, activation="relu", dtype="float32", rng=None):
        fn = "MLP"
        try:
            sizes = list(layers)
        except TypeError:
            raise TypeError(f"{fn}: layers is no sequence; expected sizes such as (64, 48, 10), "
                            f"got {layers!r}") from None
        if not 2 <= len(sizes) <= 65:
            raise ValueError(f"{fn}: layers has the wrong length; expected 2 to 65 sizes, got {len(sizes)}")
        self.layers = tuple(_validate.whole_number(n, fn, f"layers[{i}]", low=1) for i, n in enumerate(sizes))
        self.activation = _validate.one_of(activation, ACTIVATIONS, fn, "activation")
        self.dtype = _validate.one_of(np.dtype(dtype).name if isinstance(dtype, type | np.dtype) else dtype,
                                      ("float32", "float64"), fn, "dtype")
        self._rng = _validate.generator(rng, fn)
        gain = 2.0 if activation == "relu" else 1.0
        self.weights, self.biases = [], []
        for n_in, n_out in zip(self.layers, self.layers[1:], strict=False):
            w = self._rng.normal(0, (gain / n_in) ** 0.5, (n_in, n_out)).astype(self.dtype)
            self.weights.append(w.T)
            self.biases.append(np.zeros(n_out, self.dtype))
        self.loss_curve, self.validation_curve = [], []
        self._optimizer = None           # (name, arrays it keeps, steps so far)

    def __repr__(self):
        return f"MLP({self.layers}, activation={self.activation!r}, dtype={self.dtype!r})"

    def __setstate__(self, state):
        """Parameters that come back as maps of a file, which may be read-only, are arrays of their own here."""
        self.__dict__.update(state)
        self.weights, self.biases = ([np.array(a, order="K") for a in arrays] for arrays in (self.weights, self.biases))

    # -------------------------------------------------- training

    def fit(self, x, labels, *, epochs=10, batch_size=32, optimizer="sgd", learning_rate=None, momentum=0.9,
            weight_decay=0.0, loss=None, shuffle=True, validation=None, patience=None, tol=1e-4, callback=None,
            progress=False, rng=None, workers=None):
        """Train on labelled rows; called again it goes on from where it is.

        Parameters
        ----------
        x : array_like, shape (n, n_in)
            Samples, one per row; of the model's type and C-order they are not copied.
        labels : array_like of int, shape (n,)
            The class of each row; beside `loss` whatever it takes, one row for each sample.
        epochs, batch_size : int, optional
            Passes over the data, and rows of one step.
        optimizer : {"sgd", "momentum", "adam"}, optional
            Plain descent; with velocity ``v = momentum v - learning_rate g``; Adam with betas 0.9 and 0.999.
        learning_rate : float, optional
            Default 0.1 ("sgd"), 0.01 ("momentum"), 0.001 ("adam").
        momentum : float, optional
            In [0, 1), for "momentum".
        weight_decay : float, optional
            Weights shrink by ``learning_rate * weight_decay`` in each step; Adam's biases too.
        loss : callable, optional
            ``loss(logits, labels) -> number`` of a batch, shape (rows, n_out), written in NumPy or mathcore: trained in
            place of the cross-entropy, by its exact derivative (`mathcore.autodiff`).
        shuffle : bool, optional
            Whether each epoch has an order of its own.
        validation : (x, labels), optional
            Data that are watched, not learnt from.
        patience : int, optional
            Stop after so many epochs without a gain of `tol` in the validation loss (without `validation`, the training
            loss). The parameters of the best epoch are kept.
        tol : float, optional
            The least gain that counts.
        callback : callable, optional
            ``callback(epoch, model)`` after each epoch, from 1 on; a true result ends the training.
        progress : bool, optional
            A bar on standard error where tqdm is installed, else a line.
        rng : int, numpy.random.Generator or None, optional
            The order of samples; default: the model's own generator.
        workers : int, optional
            Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

        Returns
        -------
        MLP
            The model itself.

        Raises
        ------
        ValueError
            Shapes that do not fit, NaN or infinity in `x`, a label outside the classes, no rows, numbers out of
            range. Nothing is changed then.
        TypeError
            Labels that are no integers, data that are not numbers.
        KeyboardInterrupt
            Ctrl-C, within 100 ms; the model keeps the steps that were made, each of them whole.

        Warns
        -----
        RuntimeWarning
            The loss is not finite (too large a rate, or numbers): training stops before that step.
        """
        fn = "MLP.fit"
        settings = Settings(fn, self, x, labels, epochs=epochs, batch_size=batch_size, optimizer=optimizer,
                             learning_rate=learning_rate, momentum=momentum, weight_decay=weight_decay, loss=loss,
                             validation=validation, patience=patience, tol=tol, callback=callback, workers=workers)
        rng = self._rng if rng is None else _validate.generator(rng, fn)
        with alone(self, fn):
            self._epochs(fn, settings, epochs, rng, shuffle, patience, callback, progress)
        return self

    def _epochs(self, fn, settings, epochs, rng, shuffle, patience, callback, progress):
        """The loop of `fit`, its arguments checked."""
        network = self._network(settings)
        best, waited, kept = np.inf, 0, None
        with Progress(progress, epochs) as bar:
            for epoch in range(1, epochs + 1):
                n = len(settings.labels)
                order = rng.permutation(n) if shuffle else np.arange(n)
                try:
                    total, done = network.epoch(settings.x, settings.labels, order.astype(np.int64, copy=False),
                                                settings.batch_size, settings.workers, fn)
                finally:
                    self._optimizer = (settings.optimizer, self._optimizer[1], network.count)
                if done < n:
                    warnings.warn(f"{fn}: the loss is not finite in epoch {epoch}; training stopped before that step. "
                                  "Try a smaller learning_rate, or x of smaller scale", RuntimeWarning, stacklevel=3)
                    break
                self.loss_curve.append(total / n)
                watched = self.loss_curve[-1]
                if settings.validation is not None:
                    watched = self._loss(*settings.validation, settings.workers) if settings.loss is None else \
                        network.value(*settings.validation, settings.workers)
                    self.validation_curve.append(watched)
                bar.show(epoch, watched)
                if callback is not None and callback(epoch, self):
                    break
                if patience is None:
                    continue
                if watched < best - settings.tol:
                    best, waited = watched, 0
                    kept = [a.copy(order="K") for a in (*self.weights, *self.biases)]
                else:
                    waited += 1
                    if waited >= patience:
                        break
        if kept is not None:
            for a, b in zip((*self.weights, *self.biases), kept, strict=True):
                a[...] = b

    def _network(self, settings):
        """The compiled trainer over the model's own arrays."""
        self._check_own("MLP.fit")
        kinds = {"sgd": 0, "momentum": 1, "adam": 3}[settings.optimizer]
        if self._optimizer is None or self._optimizer[0] != settings.optimizer:
            state = [tuple(np.zeros_like(a) for _ in range(kinds) for a in (w, b))
                     for w, b in zip(self.weights, self.biases, strict=True)] if kinds else ()
            self._optimizer = (settings.optimizer, state, 0)
        else:                            # weights that were replaced may lie in another order than their state
            state = [tuple(laid_out_as((w, b)[i % 2], a) for i, a in enumerate(kept))
                     for w, b, kept in zip(self.weights, self.biases, self._optimizer[1], strict=False)]
            self._optimizer = (settings.optimizer, state, self._optimizer[2])
        if settings.loss is not None:
            from mathcore.nn._own_loss import OwnLoss  # and with it all rules of derivatives

            return OwnLoss(settings.loss, self, settings, self._optimizer[1], self._optimizer[2])
        network = _network.Network(self.weights, self.biases, _network.ACTIVATIONS[self.activation],
                                   _network.OPTIMIZERS[settings.optimizer], min(settings.batch_size,
                                   len(settings.labels)), self._optimizer[1])
        network.set_rates(settings.learning_rate, settings.momentum, settings.weight_decay, 0.9, 0.999, 1e-8,
                          self._optimizer[2])
        return network

    def _check_own(self, fn):
        """Parameters may have been replaced: they are looked at before a kernel reads them."""
        if len(self.weights) != len(self.biases):
            raise ValueError(f"{fn}: weights and biases differ in number; expected {len(self.layers) - 1} of each, "
                             f"got {len(self.weights)} and {len(self.biases)}")
        weights, _ = check_parameters(list(zip(self.weights, self.biases, strict=True)), fn)
        sizes = (weights[0].shape[1], *(w.shape[0] for w in weights))
        if sizes != self.layers or weights[0].dtype != self.dtype:
            raise ValueError(f"{fn}: weights do not fit the model; expected layers {self.layers} of {self.dtype}, "
                             f"got {sizes} of {weights[0].dtype}")

    # -------------------------------------------------- use

    def _logits(self, x, workers, fn):
        workers = _validate.check_workers(workers, fn)
        self._check_own(fn)
        x = check_samples(x, self.layers[0], np.dtype(self.dtype), fn)
        out = np.empty((x.shape[0], self.layers[-1]), self.dtype)
        if out.size:
            network = _network.Network(self.weights, self.biases, _network.ACTIVATIONS[self.activation], 0, 1)
            network.logits(x, out, workers, fn)
        return out

    def _loss(self, x, labels, workers):
        return float(cross_entropy(self._logits(x, workers, "MLP.fit"), labels, workers=workers))

    def predict_proba(self, x, *, workers=None):
        """Probabilities of the classes.

        Parameters
        ----------
        x : array_like, shape (n, n_in)
        workers : int, optional
            Threads for this call.

        Returns
        -------
        ndarray, shape (n, n_classes)
            Rows that sum to 1.
        """
        p = self._logits(x, workers, "MLP.predict_proba")
        return softmax(p, -1, out=p, workers=workers)

    def predict(self, x, *, workers=None):
        """The most probable class of each row.

        Parameters
        ----------
        x : array_like, shape (n, n_in)
        workers : int, optional
            Threads for this call.

        Returns
        -------
        ndarray of int, shape (n,)
        """
        return self._logits(x, workers, "MLP.predict").argmax(axis=1)

    def score(self, x, labels, *, workers=None):
        """Accuracy: the share of rows whose most probable class is their label.

        Parameters
        ----------
        x : array_like, shape (n, n_in)
        labels : array_like of int, shape (n,)
        workers : int, optional
            Threads for this call.

        Returns
        -------
        float
        """
        predicted = self._logits(x, workers, "MLP.score").argmax(axis=1)
        labels = check_labels(labels, len(predicted), self.layers[-1], "MLP.score")
        if not len(predicted):
            raise ValueError("MLP.score: x has no rows; expected at least one, got 0")
        return float(np.mean(predicted == labels))

    # -------------------------------------------------- files

    def save(self, path):
        """Write the model to a .npz file: numbers and text only, no pickle.

        Parameters
        ----------
        path : str or path-like
            Where to; the suffix .npz is added where it is missing. A file that is there is replaced whole or not at
            all.
        """
        self._check_own("MLP.save")
        write(self, path)

    @classmethod
    def load(cls, path, *, rng=None):
        """Read a model that `save` wrote. Nothing in the file is executed; whatever does not fit is refused.

        Parameters
        ----------
        path : str or path-like
            A .npz file.
        rng : int, numpy.random.Generator or None, optional
            As for a new model.

        Returns
        -------
        MLP
            With the optimizer's state as new.

        Raises
        ------
        ValueError
            The file is no model, is truncated or damaged, or its parts do not fit.
        OSError
            It cannot be read.
        """
        return read(cls, path, rng)
