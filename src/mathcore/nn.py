"""Neural networks of dense layers: the layer forward and backward, one training step, and MLP, trained in one compiled loop."""

import contextlib
import json
import math
import os
import sys
import warnings

import numpy as np

from mathcore import _validate
from mathcore._kernels import network as _network
from mathcore._kernels import softmax as _rows
from mathcore.linalg.matmul import layer
from mathcore.losses import cross_entropy
from mathcore.special import softmax

__all__ = ["MLP", "dense", "dense_backward", "train_step"]

_ACTIVATIONS = ("identity", "relu", "sigmoid", "tanh")
_MOST = float(np.finfo(np.float64).max)
_MOST_LAYERS = 64                        # the compiled trainer's
_FORMAT = "mathcore.nn.MLP 1"


# ------------------------------------------------------------------ one layer

def dense(x, w, b=None, /, *, activation="identity", out=None, workers=None):
    """A dense layer, ``act(x wᵀ + b)``.

    Parameters
    ----------
    x : array_like, shape (..., n_in)
        Inputs, one per row.
    w : array_like, shape (n_out, n_in)
        Weights, one row per output.
    b : array_like, shape (n_out,), optional
        Bias.
    activation : {"identity", "relu", "sigmoid", "tanh"}, optional
        Applied to each tile of the product while it is in cache.
    out : ndarray, shape (..., n_out), optional
        Receives the result.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    ndarray, shape (..., n_out)

    Raises
    ------
    ValueError
        Shapes that do not fit, an unknown activation.
    TypeError
        Complex data, data that are not numbers.

    See Also
    --------
    mathcore.linalg.linear : the same, which says more about errors and bits.

    Examples
    --------
    >>> from mathcore.nn import dense
    >>> dense([[1.0, 2.0]], [[1.0, 1.0], [-1.0, -1.0]], [0.5, 0.5], activation="relu")
    array([[3.5, 0. ]])
    """
    fn = "dense"
    _validate.one_of(activation, _ACTIVATIONS, fn, "activation")
    return layer(fn, x, w, b, None if activation == "identity" else activation, out, workers)


def dense_backward(dy, x, w, y=None, /, *, activation="identity", workers=None):
    """Gradients of a dense layer: of its input, its weights and its bias.

    Parameters
    ----------
    dy : array_like, shape (n, n_out)
        Derivative of the loss with respect to the layer's output.
    x : array_like, shape (n, n_in)
        The layer's input.
    w : array_like, shape (n_out, n_in)
        Its weights.
    y : array_like, shape (n, n_out), optional
        Its output, which tells the slope of the activation; needed for any but "identity".
    activation : {"identity", "relu", "sigmoid", "tanh"}, optional
        That of the layer.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    dx : ndarray, shape (n, n_in)
        ``dz w`` with ``dz = dy * act'``.
    dw : ndarray, shape (n_out, n_in)
        ``dzᵀ x``
    db : ndarray, shape (n_out,)
        The sum of the rows of dz.

    Raises
    ------
    ValueError
        Shapes that do not fit, an unknown activation, one that needs `y`.
    TypeError
        Complex data, data that are not numbers.

    Notes
    -----
    ReLU's slope is 0 at 0. Errors and bits of the products as in `mathcore.linalg.matmul`. Cost: 4 n n_in n_out flops.

    Examples
    --------
    >>> from mathcore.nn import dense, dense_backward
    >>> x, w = [[1.0, 2.0]], [[1.0, 1.0], [-1.0, -1.0]]
    >>> y = dense(x, w, activation="relu")
    >>> dx, dw, db = dense_backward([[1.0, 1.0]], x, w, y, activation="relu")
    >>> dx, db
    (array([[1., 1.]]), array([1., 0.]))
    """
    fn = "dense_backward"
    workers = _validate.check_workers(workers, fn)
    _validate.one_of(activation, _ACTIVATIONS, fn, "activation")
    if y is None and activation != "identity":
        raise ValueError(f"{fn}: y is missing; expected the layer's output beside activation={activation!r}, got None")
    operands = {"dy": dy, "x": x, "w": w} | ({} if y is None else {"y": y})
    arrays = {name: _validate.as_array(a, fn, name) for name, a in operands.items()}
    for name, a in arrays.items():
        _validate.real_dtype(a.dtype, fn, name)
        _validate.exact_dims(a, 2, fn, name)
    result = _validate.real_dtype(np.result_type(*arrays.values()), fn, "x")
    (n, n_out), (n_x, n_in) = arrays["dy"].shape, arrays["x"].shape
    _validate.same_length(n, n_x, fn, "dy.shape[0] and x.shape[0]", arrays["dy"].shape, arrays["x"].shape)
    if arrays["w"].shape != (n_out, n_in):
        raise ValueError(f"{fn}: w does not fit dy and x; expected shape {(n_out, n_in)}, got {arrays['w'].shape}")
    if y is not None and arrays["y"].shape != (n, n_out):
        raise ValueError(f"{fn}: y does not fit dy; expected shape {(n, n_out)}, got {arrays['y'].shape}")
    compute = _validate.COMPUTE[result]
    arrays = {name: np.ascontiguousarray(_validate.ready(a, compute)) for name, a in arrays.items()}
    dz = arrays["dy"]
    dx, dw, db = np.zeros((n, n_in), compute), np.zeros((n_out, n_in), compute), np.zeros(n_out, compute)
    if dz.size and n_in:
        if activation != "identity":
            dz = np.empty_like(dz)
            _network.activation_backward(_network.ACTIVATIONS[activation], arrays["dy"], arrays["y"], dz, workers)
        _network.layer_backward(dz, arrays["x"], arrays["w"], dx, dw, db, workers)
    return tuple(a.astype(result, copy=False) for a in (dx, dw, db))


# ------------------------------------------------------------------ one step

def _fits(w, b, dtype, n_in):
    """Whether a layer's parameters are what a kernel changes in place. All that a good call pays."""
    flags = w.flags
    return (type(w) is np.ndarray and type(b) is np.ndarray and w.dtype == dtype and b.dtype == dtype and w.ndim == 2
            and b.ndim == 1 and w.shape[0] == b.shape[0] and w.size and n_in in (None, w.shape[1]) and flags.writeable
            and flags.aligned and (flags.c_contiguous or flags.f_contiguous) and b.flags.carray)


def _check_parameters(parameters, fn):
    """Weights and biases that fit each other and may be changed in place, as two lists."""
    try:
        weights, biases = map(list, zip(*parameters, strict=True))
    except (TypeError, ValueError):
        raise TypeError(f"{fn}: parameters is no sequence of pairs; expected [(w, b), ...], "
                        f"got {type(parameters).__name__}") from None
    if len(weights) > _MOST_LAYERS:
        raise ValueError(f"{fn}: parameters has too many layers; expected at most {_MOST_LAYERS}, got {len(weights)}")
    dtype, n_in = getattr(weights[0], "dtype", None), None
    if dtype not in (np.float32, np.float64):
        raise TypeError(f"{fn}: parameters[0] (w) is of another type; expected a float32 or float64 array, "
                        f"got {dtype or type(weights[0]).__name__}")
    for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
        try:
            fits = _fits(w, b, dtype, n_in)
        except AttributeError:           # not an array
            fits = False
        if not fits:
            raise _misfit(i, w, b, dtype, n_in, fn)
        n_in = w.shape[0]
    return weights, biases


def _shares(x, a):
    """Whether two arrays may lie in the same memory. Arrays that own theirs do not: no search then."""
    return x is a or ((x.base is not None or a.base is not None) and np.may_share_memory(x, a))


def _misfit(i, w, b, dtype, n_in, fn):
    """The error for parameters that `_fits` refuses."""
    for name, a, ndim in (("w", w, 2), ("b", b, 1)):
        arg = f"parameters[{i}] ({name})"
        if type(a) is not np.ndarray or a.dtype != dtype:
            kind = a.dtype if isinstance(a, np.ndarray) else type(a).__name__
            return TypeError(f"{fn}: {arg} is of another type; expected a numpy.ndarray of the first layer's "
                             f"{dtype}, got {kind}")
        if a.ndim != ndim:
            return ValueError(f"{fn}: {arg} has the wrong number of dimensions; expected {ndim}, got shape {a.shape}")
        if not (a.flags.writeable and a.flags.aligned and (a.flags.c_contiguous or a.flags.f_contiguous)):
            return ValueError(f"{fn}: {arg} cannot be changed in place; expected a writeable C- or F-order array, "
                              f"got strides {a.strides}, writeable={a.flags.writeable}")
    return ValueError(f"{fn}: parameters[{i}] does not fit; expected w (n_out, {'n_in' if n_in is None else n_in}) and "
                      f"b (n_out,), none of them empty, got {w.shape} and {b.shape}")


def _check_samples(x, n_in, dtype, fn, arg="x"):
    """Rows of `dtype` with unit column stride, copied only where they have none."""
    if type(x) is np.ndarray and x.dtype == dtype and x.ndim == 2 and x.flags.c_contiguous and x.flags.aligned:
        a = x
    else:
        a = _validate.as_array(x, fn, arg)
        _validate.real_dtype(a.dtype, fn, arg)
        _validate.exact_dims(a, 2, fn, arg)
        a = _validate.ready(a, dtype)
        if a.shape[1] > 1 and a.strides[1] != a.itemsize or a.strides[0] < a.shape[1] * a.itemsize:
            a = np.ascontiguousarray(a)
    if a.shape[1] != n_in:
        raise ValueError(f"{fn}: {arg} does not fit the first layer; expected shape (n, {n_in}), got {a.shape}")
    return a


def _check_labels(labels, n_rows, n_classes, fn, arg="labels"):
    y = _validate.as_array(labels, fn, arg)
    if y.dtype.kind not in "iu":
        raise TypeError(f"{fn}: {arg} has dtype {y.dtype}; expected integers, one class per row")
    _validate.exact_dims(y, 1, fn, arg)
    _validate.same_length(n_rows, y.shape[0], fn, f"rows of x and {arg}", (n_rows,), y.shape)
    if y.dtype == np.uint64 and y.size and y.max() > np.iinfo(np.int64).max:
        raise ValueError(f"{fn}: {arg}[{int(y.argmax())}] is outside the classes; expected 0 to {n_classes - 1}, "
                         f"got {y.max()}")
    y = np.ascontiguousarray(y, np.int64)
    bad = _rows.first_label_outside(y, n_classes, None)
    if bad >= 0:
        raise ValueError(f"{fn}: {arg}[{bad}] is outside the classes; expected 0 to {n_classes - 1}, got {y[bad]}")
    return y


def train_step(parameters, x, labels, /, *, activation="sigmoid", learning_rate=0.1, workers=None):
    """One step of gradient descent on the mean cross-entropy of a batch, in place.

    Forward ``h = act(h wᵀ + b)`` layer by layer (the last without activation), softmax and cross-entropy with their gradient,
    backward, update ``w -= learning_rate dw``: one compiled call that stores no gradient of the weights.

    Parameters
    ----------
    parameters : sequence of (w, b)
        For each layer weights (n_out, n_in) and bias (n_out,), float32 or float64, all of one type; changed in place.
        Weights in F-order (``w.T`` contiguous) save a transposition of each layer.
    x : array_like, shape (n, n_in)
        The batch, one sample per row.
    labels : array_like of int, shape (n,)
        The class of each row.
    activation : {"sigmoid", "relu", "tanh", "identity"}, optional
        Of all layers but the last.
    learning_rate : float, optional
        Positive.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    float
        The batch's mean cross-entropy before the step, in nats. Where it is not finite no step is made.

    Raises
    ------
    ValueError
        Shapes that do not fit, a label outside the classes, no rows, a learning rate that is not positive, parameters
        that cannot be changed in place. Nothing is changed then.
    TypeError
        Parameters of mixed or other types, labels that are no integers, data that are not numbers.

    Notes
    -----
    Gradients of all layers are known before the first weight changes. The bits do not depend on the number of threads.
    Cost: about 6 flops for each weight and row.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.nn import train_step
    >>> rng = np.random.default_rng(0)
    >>> layers = [(rng.normal(0, 0.5, (4, 2)), np.zeros(4)), (rng.normal(0, 0.5, (2, 4)), np.zeros(2))]
    >>> x, labels = np.array([[0.0, 1.0], [1.0, 0.0]]), [0, 1]
    >>> losses = [train_step(layers, x, labels, learning_rate=1.0) for _ in range(50)]
    >>> losses[-1] < 0.1 * losses[0]
    True
    """
    fn = "train_step"
    workers = _validate.check_workers(workers, fn)
    _validate.one_of(activation, _ACTIVATIONS, fn, "activation")
    rate = _validate.real_number(learning_rate, fn, "learning_rate", above=0, high=_MOST)
    weights, biases = _check_parameters(parameters, fn)
    x = _check_samples(x, weights[0].shape[1], weights[0].dtype, fn)
    if x.shape[0] == 0:
        raise ValueError(f"{fn}: x has no rows; expected at least one, got shape {x.shape}")
    labels = _check_labels(labels, x.shape[0], weights[-1].shape[0], fn)
    if any(_shares(x, a) for a in (*weights, *biases)):
        x = x.copy()
    network = _network.Network(weights, biases, _network.ACTIVATIONS[activation], _network.OPTIMIZERS["sgd"], x.shape[0])
    network.set_rates(rate, 0.0, 0.0, 0.0, 0.0, 0.0, 0)
    return network.step(x, labels, workers, fn)


# ------------------------------------------------------------------ a whole network

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
            raise TypeError(f"{fn}: layers is no sequence; expected sizes such as (64, 48, 10), got {layers!r}") from None
        if not 2 <= len(sizes) <= 65:
            raise ValueError(f"{fn}: layers has the wrong length; expected 2 to 65 sizes, got {len(sizes)}")
        self.layers = tuple(_validate.whole_number(n, fn, f"layers[{i}]", low=1) for i, n in enumerate(sizes))
        self.activation = _validate.one_of(activation, _ACTIVATIONS, fn, "activation")
        self.dtype = _validate.one_of(np.dtype(dtype).name if isinstance(dtype, type | np.dtype) else dtype,
                                      ("float32", "float64"), fn, "dtype")
        self._rng = _generator(rng, fn)
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

    # -------------------------------------------------- training

    def fit(self, x, labels, *, epochs=10, batch_size=32, optimizer="sgd", learning_rate=None, momentum=0.9,
            weight_decay=0.0, shuffle=True, validation=None, patience=None, tol=1e-4, callback=None, progress=False,
            rng=None, workers=None):
        """Train on labelled rows; called again it goes on from where it is.

        Parameters
        ----------
        x : array_like, shape (n, n_in)
            Samples, one per row; of the model's type and C-order they are not copied.
        labels : array_like of int, shape (n,)
            The class of each row.
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
            Shapes that do not fit, a label outside the classes, no rows, numbers out of range. Nothing is changed then.
        TypeError
            Labels that are no integers, data that are not numbers.
        KeyboardInterrupt
            Ctrl-C, within 100 ms; the model keeps the steps that were made, each of them whole.

        Warns
        -----
        RuntimeWarning
            The loss is not finite (too large a rate, NaN in the data): training stops before that step.
        """
        fn = "MLP.fit"
        settings = _Settings(fn, self, x, labels, epochs=epochs, batch_size=batch_size, optimizer=optimizer,
                             learning_rate=learning_rate, momentum=momentum, weight_decay=weight_decay,
                             validation=validation, patience=patience, tol=tol, callback=callback, workers=workers)
        rng = self._rng if rng is None else _generator(rng, fn)
        with _alone(self, fn):
            self._epochs(fn, settings, epochs, rng, shuffle, patience, callback, progress)
        return self

    def _epochs(self, fn, settings, epochs, rng, shuffle, patience, callback, progress):
        """The loop of `fit`, its arguments checked."""
        network = self._network(settings)
        best, waited, kept = np.inf, 0, None
        with _Progress(progress, epochs) as bar:
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
                                  "Try a smaller learning_rate, and look for NaN in x", RuntimeWarning, stacklevel=3)
                    break
                self.loss_curve.append(total / n)
                watched = self.loss_curve[-1]
                if settings.validation is not None:
                    watched = self._loss(*settings.validation, settings.workers)
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
        else:                            # weights that were replaced may lie in another order than what is kept for them
            state = [tuple(_laid_out_as((w, b)[i % 2], a) for i, a in enumerate(kept))
                     for w, b, kept in zip(self.weights, self.biases, self._optimizer[1], strict=False)]
            self._optimizer = (settings.optimizer, state, self._optimizer[2])
        network = _network.Network(self.weights, self.biases, _network.ACTIVATIONS[self.activation],
                                   _network.OPTIMIZERS[settings.optimizer], min(settings.batch_size, len(settings.labels)),
                                   self._optimizer[1])
        network.set_rates(settings.learning_rate, settings.momentum, settings.weight_decay, 0.9, 0.999, 1e-8,
                          self._optimizer[2])
        return network

    def _check_own(self, fn):
        """Parameters may have been replaced: they are looked at before a kernel reads them."""
        if len(self.weights) != len(self.biases):
            raise ValueError(f"{fn}: weights and biases differ in number; expected {len(self.layers) - 1} of each, "
                             f"got {len(self.weights)} and {len(self.biases)}")
        weights, _ = _check_parameters(list(zip(self.weights, self.biases, strict=True)), fn)
        sizes = (weights[0].shape[1], *(w.shape[0] for w in weights))
        if sizes != self.layers or weights[0].dtype != self.dtype:
            raise ValueError(f"{fn}: weights do not fit the model; expected layers {self.layers} of {self.dtype}, "
                             f"got {sizes} of {weights[0].dtype}")

    # -------------------------------------------------- use

    def _logits(self, x, workers, fn):
        workers = _validate.check_workers(workers, fn)
        self._check_own(fn)
        x = _check_samples(x, self.layers[0], np.dtype(self.dtype), fn)
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
        labels = _check_labels(labels, len(predicted), self.layers[-1], "MLP.score")
        if not len(predicted):
            raise ValueError("MLP.score: x has no rows; expected at least one, got 0")
        return float(np.mean(predicted == labels))

    # -------------------------------------------------- files

    def save(self, path):
        """Write the model to a .npz file: numbers and text only, no pickle.

        Parameters
        ----------
        path : str or path-like
            Where to; the suffix .npz is added where it is missing. A file that is there is replaced whole or not at all.
        """
        path = _path(path, "MLP.save")
        self._check_own("MLP.save")
        path = path if path.endswith(".npz") else path + ".npz"
        about = {"format": _FORMAT, "layers": self.layers, "activation": self.activation, "dtype": self.dtype}
        arrays = {f"weight{i}": np.ascontiguousarray(w) for i, w in enumerate(self.weights)}
        arrays |= {f"bias{i}": b for i, b in enumerate(self.biases)}
        beside = f"{path}.{os.getpid()}.part"
        try:
            with open(beside, "wb") as file:
                np.savez(file, about=np.frombuffer(json.dumps(about).encode(), np.uint8), loss_curve=self.loss_curve,
                         validation_curve=self.validation_curve, **arrays)
            os.replace(beside, path)
        finally:
            if os.path.exists(beside):
                os.unlink(beside)

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
        fn = "MLP.load"
        path, rng = _path(path, fn), _generator(rng, fn)
        try:
            # opened here: np.load leaves a damaged archive open
            with open(path, "rb") as source, np.load(source, allow_pickle=False) as file:
                most = 64 + os.path.getsize(path) * 1032       # what deflate can hold at most
                about = json.loads(_member(file, "about", most).tobytes().decode())
                if about["format"] != _FORMAT:
                    raise ValueError(f"format {about['format']!r}; expected {_FORMAT!r}")
                n_parameters = sum((n + 1) * m for n, m in zip(about["layers"], about["layers"][1:], strict=False))
                if n_parameters * 4 > most:
                    raise ValueError(f"layers {about['layers']} need more than the file holds")
                model = cls(about["layers"], activation=about["activation"], dtype=about["dtype"], rng=rng)
                for i, (w, b) in enumerate(zip(model.weights, model.biases, strict=True)):
                    for a, name in ((w, f"weight{i}"), (b, f"bias{i}")):
                        stored = _member(file, name, most)
                        if stored.shape != a.shape or stored.dtype != a.dtype:
                            raise ValueError(f"{name} is {stored.dtype}{stored.shape}; expected {a.dtype}{a.shape}")
                        a[...] = stored
                for name in ("loss_curve", "validation_curve"):
                    curve = _member(file, name, most)
                    if curve.ndim != 1 or curve.dtype != np.float64:
                        raise ValueError(f"{name} is {curve.dtype}{curve.shape}; expected float64 (n,)")
                    getattr(model, name).extend(curve.tolist())
        except (FileNotFoundError, PermissionError, IsADirectoryError):
            raise
        except Exception as error:       # zipfile, zlib, lzma, tokenize and json have classes of their own for damage
            raise ValueError(f"{fn}: {path!r} is no model; expected a file that MLP.save wrote "
                             f"({type(error).__name__}: {error})") from error
        return model


_in_training = {}                        # id of a model -> who trains it; not in the model, which may be copied meanwhile


@contextlib.contextmanager
def _alone(model, fn):
    """One thread trains a model at a time."""
    me = object()
    if _in_training.setdefault(id(model), me) is not me:
        raise RuntimeError(f"{fn}: the model is being trained already; expected one call of fit at a time")
    try:
        yield
    finally:
        _in_training.pop(id(model), None)


def _laid_out_as(like, a):
    """`a` in the memory order of `like`; itself where it is."""
    if a.strides == like.strides:
        return a
    copy = np.empty_like(like)
    copy[...] = a
    return copy


def _member(file, name, most):
    """An array of an .npz file, unless its head promises more than `most` bytes: they would be allocated first."""
    with file.zip.open(f"{name}.npy") as part:
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        shape, _, dtype = read[np.lib.format.read_magic(part)](part)
    if math.prod(shape) * dtype.itemsize > most:
        raise ValueError(f"{name} has shape {shape}, more than the file holds")
    return file[name]


def _path(path, fn):
    try:
        path = os.fspath(path)
    except TypeError:
        raise TypeError(f"{fn}: path is no path; expected text or a path-like object, got {path!r}") from None
    return os.fsdecode(path)


def _generator(rng, fn):
    if rng is None or isinstance(rng, np.random.Generator):
        return np.random.default_rng(rng)
    return np.random.default_rng(_validate.whole_number(rng, fn, "rng", low=0))


class _Settings:
    """The checked arguments of fit."""

    _RATES = {"sgd": 0.1, "momentum": 0.01, "adam": 0.001}

    def __init__(self, fn, model, x, labels, *, epochs, batch_size, optimizer, learning_rate, momentum, weight_decay,
                 validation, patience, tol, callback, workers):
        self.workers = _validate.check_workers(workers, fn)
        self.optimizer = _validate.one_of(optimizer, tuple(self._RATES), fn, "optimizer")
        _validate.whole_number(epochs, fn, "epochs", low=0)
        self.batch_size = _validate.whole_number(batch_size, fn, "batch_size", low=1)
        self.learning_rate = self._RATES[optimizer] if learning_rate is None else _validate.real_number(
            learning_rate, fn, "learning_rate", above=0, high=_MOST)
        self.momentum = _validate.real_number(momentum, fn, "momentum", low=0, high=1 - 2**-53)
        self.weight_decay = _validate.real_number(weight_decay, fn, "weight_decay", low=0, high=_MOST)
        self.tol = _validate.real_number(tol, fn, "tol", low=0)
        if patience is not None:
            _validate.whole_number(patience, fn, "patience", low=1)
        if callback is not None and not callable(callback):
            raise TypeError(f"{fn}: callback cannot be called; expected a function of epoch and model, got {callback!r}")
        dtype = np.dtype(model.dtype)
        self.x = _check_samples(x, model.layers[0], dtype, fn)
        if not len(self.x):
            raise ValueError(f"{fn}: x has no rows; expected at least one, got shape {self.x.shape}")
        self.labels = _check_labels(labels, len(self.x), model.layers[-1], fn)
        self.validation = None
        if validation is not None:
            try:
                vx, vy = validation
            except (TypeError, ValueError):
                raise TypeError(f"{fn}: validation is no pair; expected (x, labels), "
                                f"got {type(validation).__name__}") from None
            vx = _check_samples(vx, model.layers[0], dtype, fn, "validation x")
            if not len(vx):
                raise ValueError(f"{fn}: validation has no rows; expected at least one, got shape {vx.shape}")
            self.validation = vx, _check_labels(vy, len(vx), model.layers[-1], fn, "validation labels")


class _Progress:
    """A bar where tqdm is installed, else a line on standard error that is written over."""

    def __init__(self, wanted, epochs):
        self.bar, self.epochs, self.wanted = None, epochs, wanted
        if wanted:
            try:
                from tqdm import tqdm

                self.bar = tqdm(total=epochs, unit="epoch")
            except ImportError:
                pass

    def show(self, epoch, loss):
        if self.bar is not None:
            self.bar.set_postfix(loss=f"{loss:.4g}", refresh=False)
            self.bar.update()
        elif self.wanted:
            print(f"\repoch {epoch} of {self.epochs}, loss {loss:.4g}", end="", file=sys.stderr, flush=True)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.bar is not None:
            self.bar.close()
        elif self.wanted:
            print(file=sys.stderr)
