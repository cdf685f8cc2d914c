"""One step of an optimiser over parameters in place: every array is loaded and stored once."""

import numpy as np

from mathcore import _validate
from mathcore._kernels import optimizers as _optimizers
from mathcore.linalg._iteration import flag

__all__ = ["adam_step", "sgd_step"]

MOST = float(np.finfo(np.float64).max)
BELOW_ONE = 1 - 2**-53


def _kept(a, like, fn, arg):
    """An array that a step changes: of the type, shape and order of the parameters (`like`), in one piece."""
    if not isinstance(a, np.ndarray):
        raise TypeError(f"{fn}: {arg} is no array; expected a numpy.ndarray, which the step changes, "
                        f"got {type(a).__name__}")
    like = a if like is None else like
    if a.dtype not in (np.float32, np.float64) or a.dtype != like.dtype:
        expected = "float32 or float64" if like is a else like.dtype
        raise TypeError(f"{fn}: {arg} has dtype {a.dtype}; expected {expected}")
    if a.shape != like.shape:
        raise ValueError(f"{fn}: {arg} has the wrong shape; expected {like.shape}, got {a.shape}")
    flags = a.flags
    if not (flags.c_contiguous and like.flags.c_contiguous or flags.f_contiguous and like.flags.f_contiguous):
        raise ValueError(f"{fn}: {arg} is not in one piece, in the order of parameters; expected a contiguous array, "
                         f"got strides {a.strides}")
    if not (flags.writeable and flags.aligned):
        raise ValueError(f"{fn}: {arg} cannot be written; expected a writeable, aligned array, "
                         f"got {'an unaligned' if flags.writeable else 'a read-only'} one")
    return a


def _apart(arrays, fn):
    """Whatever is changed lies in a place of its own."""
    named = [(name, a) for name, a in arrays if a is not None]
    for i, (name, a) in enumerate(named):
        for other, b in named[:i]:
            if np.may_share_memory(a, b):
                raise ValueError(f"{fn}: {name} overlaps {other}; expected arrays of their own, got shared memory")


def _gradient(gradient, parameters, changed, fn):
    """The gradient in the order of parameters; a copy where it lies otherwise, or where the step would change it."""
    g = _validate.as_array(gradient, fn, "gradient")
    weak = g.dtype.kind != "f" or not hasattr(gradient, "dtype")         # integers, and lists of Python's numbers
    if _validate.real_dtype(g.dtype, fn, "gradient") != parameters.dtype and not weak:
        raise TypeError(f"{fn}: gradient has dtype {g.dtype}; expected {parameters.dtype}")
    if g.shape != parameters.shape:
        raise ValueError(f"{fn}: gradient has the wrong shape; expected {parameters.shape}, got {g.shape}")
    g = _validate.ready(g, parameters.dtype)
    g = np.asarray(g, order="C" if parameters.flags.c_contiguous else "F")
    return g.copy(order="K") if any(a is not None and np.may_share_memory(a, g) for a in changed) else g


def sgd_step(parameters, gradient, /, learning_rate, *, momentum=0.0, nesterov=False, weight_decay=0.0, velocity=None,
             workers=None):
    """One step of gradient descent, in place, with momentum where it is asked for.

    ``v = momentum v + g``, ``p -= learning_rate v``, with ``g = gradient + weight_decay p``; by `nesterov`
    ``p -= learning_rate (g + momentum v)``.

    Parameters
    ----------
    parameters : ndarray of float32 or float64
        Of any shape, in one piece; changed.
    gradient : array_like, shape of `parameters`
        Of the same type, or integers.
    learning_rate : float
        Positive.
    momentum : float, default 0
        In [0, 1).
    nesterov : bool, default False
        Whether the step looks ahead along the velocity; needs `momentum`.
    weight_decay : float, default 0
        Added to the gradient times the parameters, at least 0.
    velocity : ndarray, shape and type of `parameters`, optional
        Kept by the caller between steps, zeros at first; changed. Needed beside `momentum`.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Raises
    ------
    ValueError
        Shapes that differ, numbers out of range, arrays that are not contiguous, read-only, or overlap, momentum
        without velocity.
    TypeError
        Other types than float32 and float64, or two of them.

    Notes
    -----
    Formulas and meaning of PyTorch's SGD (without dampening). Error: each element at most 4 roundings. Infinities and
    NaN in the gradient reach the parameters. The bits do not depend on the number of threads; Ctrl-C waits for the
    end of the step. Cost: 5 arrays' traffic with momentum, 3 without.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.optimize import sgd_step
    >>> p, v = np.array([1.0, 2.0]), np.zeros(2)
    >>> for _ in range(2):
    ...     sgd_step(p, 2 * p, 0.1, momentum=0.9, velocity=v)
    >>> p
    array([0.46, 0.92])
    """
    fn = "sgd_step"
    workers = _validate.check_workers(workers, fn)
    rate = _validate.real_number(learning_rate, fn, "learning_rate", above=0, high=MOST)
    momentum = _validate.real_number(momentum, fn, "momentum", low=0, high=BELOW_ONE)
    weight_decay = _validate.real_number(weight_decay, fn, "weight_decay", low=0, high=MOST)
    nesterov = flag(nesterov, fn, "nesterov")
    p = _kept(parameters, None, fn, "parameters")
    v = None if velocity is None else _kept(velocity, p, fn, "velocity")
    if (momentum or nesterov) and v is None:
        raise ValueError(f"{fn}: velocity is missing; expected an array beside momentum={momentum}, got None")
    if nesterov and not momentum:
        raise ValueError(f"{fn}: momentum is 0; expected a positive number beside nesterov=True, got {momentum}")
    _apart((("parameters", p), ("velocity", v)), fn)
    _optimizers.sgd(p, _gradient(gradient, p, (p, v), fn), v, rate, momentum, nesterov, weight_decay, workers, fn)


def adam_step(parameters, gradient, m, v, /, step, *, learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-8,
              weight_decay=0.0, decoupled=False, workers=None):
    """One step of Adam, in place; with `decoupled` decay one of AdamW.

    ``m = beta1 m + (1 - beta1) g``, ``v = beta2 v + (1 - beta2) g^2``,
    ``p -= learning_rate m' / (sqrt(v') + eps)`` with ``m' = m / (1 - beta1^step)``, ``v' = v / (1 - beta2^step)``.

    Parameters
    ----------
    parameters : ndarray of float32 or float64
        Of any shape, in one piece; changed.
    gradient : array_like, shape of `parameters`
        Of the same type, or integers.
    m, v : ndarray, shape and type of `parameters`
        Averages of the gradient and of its square, kept by the caller between steps, zeros at first; changed.
    step : int
        The number of this step, from 1 on.
    learning_rate : float, default 0.001
        Positive.
    beta1, beta2 : float, default 0.9 and 0.999
        In [0, 1).
    eps : float, default 1e-8
        At least 0.
    weight_decay : float, default 0
        At least 0: ``weight_decay p`` is added to the gradient.
    decoupled : bool, default False
        Whether the parameters shrink by the factor ``1 - learning_rate weight_decay`` instead.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Raises
    ------
    ValueError
        Shapes that differ, numbers out of range, arrays that are not contiguous, read-only, or overlap.
    TypeError
        Other types than float32 and float64, or two of them.

    Notes
    -----
    D. P. Kingma and J. Ba, Adam, arXiv 1412.6980; I. Loshchilov and F. Hutter, Decoupled weight decay regularization,
    arXiv 1711.05101. Formulas and defaults of PyTorch's Adam and AdamW; in float32, `eps` is lost beside
    ``sqrt(v') > 1``, as there. Error: each element a few roundings; the factors of `step` are computed in float64.
    The bits do not depend on the number of threads; Ctrl-C waits for the end of the step. Cost: 7 arrays' traffic.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.optimize import adam_step
    >>> p, m, v = np.array([1.0, -2.0]), np.zeros(2), np.zeros(2)
    >>> adam_step(p, 2 * p, m, v, 1, learning_rate=0.1)
    >>> p.round(4)
    array([ 0.9, -1.9])
    """
    fn = "adam_step"
    workers = _validate.check_workers(workers, fn)
    step = _validate.whole_number(step, fn, "step", low=1, high=2**62)
    rate = _validate.real_number(learning_rate, fn, "learning_rate", above=0, high=MOST)
    beta1 = _validate.real_number(beta1, fn, "beta1", low=0, high=BELOW_ONE)
    beta2 = _validate.real_number(beta2, fn, "beta2", low=0, high=BELOW_ONE)
    eps = _validate.real_number(eps, fn, "eps", low=0, high=MOST)
    weight_decay = _validate.real_number(weight_decay, fn, "weight_decay", low=0, high=MOST)
    decoupled = flag(decoupled, fn, "decoupled")
    p = _kept(parameters, None, fn, "parameters")
    m, v = _kept(m, p, fn, "m"), _kept(v, p, fn, "v")
    _apart((("parameters", p), ("m", m), ("v", v)), fn)
    _optimizers.adam(p, _gradient(gradient, p, (p, m, v), fn), m, v, step, rate, beta1, beta2, eps,
                     0.0 if decoupled else weight_decay, weight_decay if decoupled else 0.0, workers, fn)
