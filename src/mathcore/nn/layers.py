"""One dense layer forward and backward, and one training step of several."""

import numpy as np

from mathcore import _validate
from mathcore._kernels import losses as _pairs
from mathcore._kernels import network as _network
from mathcore._kernels import softmax as _rows
from mathcore._kernels.tape import is_traced
from mathcore.linalg.matmul import layer, linear

ACTIVATIONS = ("identity", "relu", "sigmoid", "tanh")
MOST = float(np.finfo(np.float64).max)
_LARGEST = {np.dtype(t): float(np.finfo(t).max) for t in (np.float32, np.float64)}
MOST_LAYERS = 64                         # of the compiled trainer


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
    _validate.one_of(activation, ACTIVATIONS, fn, "activation")
    if any(map(is_traced, (x, w, b))):
        return linear(x, w, b, activation=activation, out=out)
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
    _validate.one_of(activation, ACTIVATIONS, fn, "activation")
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


def check_parameters(parameters, fn):
    """Weights and biases that fit each other and may be changed in place, as two lists."""
    try:
        weights, biases = map(list, zip(*parameters, strict=True))
    except (TypeError, ValueError):
        raise TypeError(f"{fn}: parameters is no sequence of pairs; expected [(w, b), ...], "
                        f"got {type(parameters).__name__}") from None
    if len(weights) > MOST_LAYERS:
        raise ValueError(f"{fn}: parameters has too many layers; expected at most {MOST_LAYERS}, got {len(weights)}")
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


def check_samples(x, n_in, dtype, fn, arg="x"):
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
    # an infinity may hide in a saturated unit, and turn its weights to NaN: 2 % of a step
    if a.flags.c_contiguous:
        bad = _pairs.first_outside(a, -_LARGEST[dtype], _LARGEST[dtype])
    else:
        bad = -1 if (finite := np.isfinite(a)).all() else int(finite.argmin())
    if bad >= 0:
        row, column = divmod(bad, n_in)
        raise ValueError(f"{fn}: {arg}[{row}, {column}] is {a[row, column]}; expected finite numbers")
    return a


def check_labels(labels, n_rows, n_classes, fn, arg="labels"):
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

    Forward ``h = act(h wᵀ + b)`` layer by layer (the last without activation), softmax and cross-entropy with their
    gradient, backward, update ``w -= learning_rate dw``: one compiled call that stores no gradient of the weights.

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
        The batch's mean cross-entropy before the step, in nats. Where it is not finite (parameters that have run away)
        no step is made.

    Raises
    ------
    ValueError
        Shapes that do not fit, NaN or infinity in `x`, a label outside the classes, no rows, a learning rate that is
        not positive, parameters that cannot be changed in place. Nothing is changed then.
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
    _validate.one_of(activation, ACTIVATIONS, fn, "activation")
    rate = _validate.real_number(learning_rate, fn, "learning_rate", above=0, high=MOST)
    weights, biases = check_parameters(parameters, fn)
    x = check_samples(x, weights[0].shape[1], weights[0].dtype, fn)
    if x.shape[0] == 0:
        raise ValueError(f"{fn}: x has no rows; expected at least one, got shape {x.shape}")
    labels = check_labels(labels, x.shape[0], weights[-1].shape[0], fn)
    if any(_shares(x, a) for a in (*weights, *biases)):
        x = x.copy()
    network = _network.Network(weights, biases, _network.ACTIVATIONS[activation], _network.OPTIMIZERS["sgd"],
                               x.shape[0])
    network.set_rates(rate, 0.0, 0.0, 0.0, 0.0, 0.0, 0)
    return network.step(x, labels, workers, fn)
