"""First-order descent: every step goes along the gradient, its averages or its size, as far as a learning rate says."""

import numpy as np

from mathcore import _validate
from mathcore._kernels import optimizers as _optimizers
from mathcore.linalg._iteration import flag
from mathcore.optimize._objective import Objective, is_callable, start
from mathcore.optimize.result import Run
from mathcore.optimize.steps import BELOW_ONE, MOST

__all__ = ["adam", "adamw", "gradient_descent", "momentum", "nesterov", "rmsprop", "sgd"]


def _rates(learning_rate, fn):
    """learning_rate as a checked function of the step; a schedule may rest at 0."""
    if callable(learning_rate):
        return lambda step: _validate.real_number(learning_rate(step), fn, f"learning_rate({step})", low=0, high=MOST)
    rate = _validate.real_number(learning_rate, fn, "learning_rate", above=0, high=MOST)
    return lambda step: rate


def _part(value, fn, arg):
    return _validate.real_number(value, fn, arg, low=0, high=BELOW_ONE)


def _positive(value, fn, arg):
    return _validate.real_number(value, fn, arg, low=0, high=MOST)


def _descend(objective, x, update, kept, learning_rate, max_iter, tol, callback):
    """The loop: ``update(x, gradient, kept, rate, step)`` changes x and the `kept` arrays in place."""
    fn = objective.fn
    rates, kept = _rates(learning_rate, fn), [np.zeros_like(x) for _ in range(kept)]
    run = Run(objective, max_iter=_validate.whole_number(max_iter, fn, "max_iter", low=0), callback=callback,
              tol=None if tol is None else _validate.real_number(tol, fn, "tol", low=0))
    done = run.start(x)
    while not done:
        rate, x = rates(run.nit), run.x.copy()
        update(x, run.jac, kept, rate, run.nit + 1)
        done = run.to(x, rate)
    return run.result()


def _sgd_update(fn, momentum=0.0, ahead=False, weight_decay=0.0):
    """The update by the kernel of `sgd_step`, and how many arrays it keeps."""
    def update(x, g, kept, rate, step):
        _optimizers.sgd(x, g, kept[0] if kept else None, rate, momentum, ahead, weight_decay, None, fn)
    return update, 1 if momentum else 0


def gradient_descent(fun, x0, /, *, jac=None, learning_rate=0.01, max_iter=1000, tol=1e-6, callback=None):
    """Minimize a function by ``x <- x - learning_rate * gradient``.

    Parameters
    ----------
    fun : callable
        ``fun(x) -> float``, with x of the shape of `x0`.
    x0 : float or array_like
        Where to start; finite. float32 stays float32, integers become float64.
    jac : callable, bool or None
        ``jac(x)``, the gradient in the shape of `x0`; True: `fun` returns ``(value, gradient)``; None: exact, of the
        NumPy code of `fun` (`mathcore.autodiff`), or, where that leaves NumPy, as False: central differences, two calls
        of `fun` for each element of x.
    learning_rate : float or callable, default 0.01
        Positive; or a schedule, a function of the step from 0 on, see `mathcore.optimize.schedules`.
    max_iter : int, default 1000
        The largest number of steps; 0 returns the start.
    tol : float, default 1e-6
        Converged where the gradient's Euclidean norm is at most `tol`.
    callback : callable, optional
        SciPy's: ``callback(x)``, or ``callback(intermediate_result)`` if that is its only parameter, after each step.
        StopIteration or True as its result ends the run.

    Returns
    -------
    scipy.optimize.OptimizeResult
        `x`, `fun`, `jac`, `nit`, `nfev`, `njev`, `success`, `message`; `status`: 0 converged, 1 `max_iter` reached,
        2 no step found, 3 diverged, 99 stopped by the callback; and `trace`: records (iteration, x, fun, grad_norm,
        step, seconds), the start first, which ``print(result.trace)`` shows and ``result.trace.plot()`` draws.

    Raises
    ------
    ValueError
        An empty or not finite `x0`, numbers out of range, a value that is an array, a gradient of another shape.
    TypeError
        Data or options of the wrong type, a callback that returns something other than None or a bool.

    Notes
    -----
    Where all curvatures lie within l ... L, the error falls by the factor ``max(|1 - rate l|, |1 - rate L|)`` a step:
    it grows from a rate of ``2 / L`` on (`max_stable_step`). A value or gradient that is not finite, or a value 1e10
    times as large as at the start, ends the run with status 3 and the last finite iterate. Error of the central
    differences: some eps^(2/3) of the value. Cost: a value and a gradient a step.

    Examples
    --------
    >>> from mathcore.optimize import gradient_descent
    >>> result = gradient_descent(lambda x: (x - 3) ** 2, 7.0, jac=lambda x: 2 * (x - 3), learning_rate=0.1, max_iter=3)
    >>> print(result.trace)
    Step 1: x = 6.2000, f(x) = 10.2400
    Step 2: x = 5.5600, f(x) = 6.5536
    Step 3: x = 5.0480, f(x) = 4.1943
    >>> result.message
    'Maximum number of iterations (3) has been reached.'
    """
    fn = "gradient_descent"
    x = start(x0, fn)
    return _descend(Objective(fun, jac, x, fn), x, *_sgd_update(fn), learning_rate, max_iter, tol, callback)


def momentum(fun, x0, /, *, jac=None, learning_rate=0.01, momentum=0.9, max_iter=1000, tol=1e-6, callback=None):
    """Gradient descent with momentum (the heavy ball): ``v <- momentum v + gradient``, ``x <- x - learning_rate v``.

    Parameters
    ----------
    fun, x0, jac, learning_rate, max_iter, tol, callback
        As of `gradient_descent`.
    momentum : float, default 0.9
        The part of the velocity that is kept, in [0, 1).

    Returns
    -------
    scipy.optimize.OptimizeResult
        As of `gradient_descent`.

    Raises
    ------
    ValueError, TypeError
        As of `gradient_descent`.

    Notes
    -----
    On a quadratic it is stable up to a rate of ``2 (1 + momentum) / L``. B. T. Polyak, Some methods of speeding up the
    convergence of iteration methods, 1964; PyTorch's form of it.

    Examples
    --------
    >>> from mathcore.optimize import momentum
    >>> result = momentum(lambda x: (x - 3) ** 2, 7.0, jac=lambda x: 2 * (x - 3), learning_rate=0.1, momentum=0.5)
    >>> print(result.success, result.x.round(6))
    True 3.0
    """
    fn = "momentum"
    x = start(x0, fn)
    return _descend(Objective(fun, jac, x, fn), x, *_sgd_update(fn, _part(momentum, fn, "momentum")), learning_rate,
                    max_iter, tol, callback)


def nesterov(fun, x0, /, *, jac=None, learning_rate=0.01, momentum=0.9, max_iter=1000, tol=1e-6, callback=None):
    """Nesterov's accelerated gradient, which looks ahead along the velocity.

    ``v <- momentum v + gradient``, ``x <- x - learning_rate (gradient + momentum v)``

    Parameters
    ----------
    fun, x0, jac, learning_rate, max_iter, tol, callback
        As of `gradient_descent`.
    momentum : float, default 0.9
        The part of the velocity that is kept, in [0, 1).

    Returns
    -------
    scipy.optimize.OptimizeResult
        As of `gradient_descent`.

    Raises
    ------
    ValueError, TypeError
        As of `gradient_descent`.

    Notes
    -----
    Y. Nesterov, 1983, in the variables of I. Sutskever et al., On the importance of initialization and momentum, 2013;
    PyTorch's ``SGD(nesterov=True)``.

    Examples
    --------
    >>> from mathcore.optimize import nesterov
    >>> result = nesterov(lambda x: (x - 3) ** 2, 7.0, jac=lambda x: 2 * (x - 3), learning_rate=0.1, momentum=0.5)
    >>> print(result.success, result.x.round(6))
    True 3.0
    """
    fn = "nesterov"
    x = start(x0, fn)
    return _descend(Objective(fun, jac, x, fn), x, *_sgd_update(fn, _part(momentum, fn, "momentum"), True),
                    learning_rate, max_iter, tol, callback)


def sgd(fun, x0, /, *, jac, learning_rate=0.01, momentum=0.0, nesterov=False, weight_decay=0.0, max_iter=1000,
        rng=None, callback=None):
    """Stochastic gradient descent: each step follows a gradient of a random part of the data.

    Parameters
    ----------
    fun : callable
        ``fun(x) -> float``, what the trace shows: called once a step. With ``jac=True``, ``fun(x, rng)`` returns
        ``(value, gradient)`` of one random batch: the cheaper way.
    x0, learning_rate, callback
        As of `gradient_descent`.
    jac : callable or True
        ``jac(x, rng)``, an estimate of the gradient in the shape of `x0`; it draws its batch from the
        `numpy.random.Generator` that it is given.
    momentum : float, default 0
        In [0, 1).
    nesterov : bool, default False
        Whether the step looks ahead along the velocity.
    weight_decay : float, default 0
        At least 0; times x added to the gradient.
    max_iter : int, default 1000
        The number of steps.
    rng : int, numpy.random.Generator or None, optional
        Where batches come from.

    Returns
    -------
    scipy.optimize.OptimizeResult
        As of `gradient_descent`; status 0 where all steps were taken. `jac` and the trace's norms are estimates.

    Raises
    ------
    ValueError, TypeError
        As of `gradient_descent`.

    Notes
    -----
    There is no `tol`: an estimate of a gradient is not small at the minimum. With a constant rate x ends in a ball
    about it whose size is that of the rate; let it fall by a schedule. H. Robbins and S. Monro, 1951.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.optimize import schedules, sgd
    >>> data = np.random.default_rng(0).normal(5.0, 1.0, 1000)
    >>> def jac(x, rng):
    ...     return 2 * (x - data[rng.integers(0, 1000, 10)].mean())
    >>> result = sgd(lambda x: np.mean((x - data) ** 2), 0.0, jac=jac, rng=0,
    ...              learning_rate=schedules.cosine(0.1, total=200), max_iter=200)
    >>> bool(abs(result.x - data.mean()) < 0.1)
    True
    """
    fn = "sgd"
    x, rng = start(x0, fn), _validate.generator(rng, fn)
    is_callable(fun, fn, "fun", "a function of x")
    if jac is None or jac is False:
        raise TypeError(f"{fn}: jac cannot be called; expected a function of (x, rng) or True, got {jac!r}")
    if jac is True:
        objective = Objective(lambda x: fun(x, rng), True, x, fn)
        objective.to_draw = None         # a batch's value is no curve
    else:
        objective = Objective(fun, (lambda x: jac(x, rng)) if callable(jac) else jac, x, fn)
    momentum = _part(momentum, fn, "momentum")
    if flag(nesterov, fn, "nesterov") and not momentum:
        raise ValueError(f"{fn}: momentum is 0; expected a positive number beside nesterov=True, got {momentum}")
    update = _sgd_update(fn, momentum, nesterov, _positive(weight_decay, fn, "weight_decay"))
    return _descend(objective, x, *update, learning_rate, max_iter, None, callback)


def rmsprop(fun, x0, /, *, jac=None, learning_rate=0.01, alpha=0.99, eps=1e-8, max_iter=1000, tol=1e-6, callback=None):
    """RMSprop: each element's step is the gradient over the root of an average of its squares.

    ``v <- alpha v + (1 - alpha) g^2``, ``x <- x - learning_rate g / (sqrt(v) + eps)``

    Parameters
    ----------
    fun, x0, jac, learning_rate, max_iter, tol, callback
        As of `gradient_descent`.
    alpha : float, default 0.99
        The part of the average that is kept, in [0, 1).
    eps : float, default 1e-8
        At least 0.

    Returns
    -------
    scipy.optimize.OptimizeResult
        As of `gradient_descent`.

    Raises
    ------
    ValueError, TypeError
        As of `gradient_descent`.

    Notes
    -----
    With a constant rate it ends in a ball about the minimum, as large as the rate: let the rate fall by a schedule.
    T. Tieleman and G. Hinton, Lecture 6.5, 2012; PyTorch's formula.

    Examples
    --------
    >>> from mathcore.optimize import rmsprop, schedules
    >>> result = rmsprop(lambda x: (x - 3) ** 2, 7.0, jac=lambda x: 2 * (x - 3), max_iter=500,
    ...                  learning_rate=schedules.cosine(0.1, total=500))
    >>> print(result.x.round(3))
    3.0
    """
    fn = "rmsprop"
    x, alpha, eps = start(x0, fn), _part(alpha, fn, "alpha"), _positive(eps, fn, "eps")

    def update(x, g, kept, rate, step):  # Adam without its first average and without corrections
        _optimizers.adam(x, g, *kept, 0, rate, 0.0, alpha, eps, 0.0, 0.0, None, fn)
    return _descend(Objective(fun, jac, x, fn), x, update, 2, learning_rate, max_iter, tol, callback)


def _adam(fn, fun, x0, jac, learning_rate, beta1, beta2, eps, weight_decay, decoupled, max_iter, tol, callback):
    x, beta1, beta2 = start(x0, fn), _part(beta1, fn, "beta1"), _part(beta2, fn, "beta2")
    eps, weight_decay = _positive(eps, fn, "eps"), _positive(weight_decay, fn, "weight_decay")
    l2, decay = (0.0, weight_decay) if decoupled else (weight_decay, 0.0)

    def update(x, g, kept, rate, step):
        _optimizers.adam(x, g, *kept, step, rate, beta1, beta2, eps, l2, decay, None, fn)
    return _descend(Objective(fun, jac, x, fn), x, update, 2, learning_rate, max_iter, tol, callback)


def adam(fun, x0, /, *, jac=None, learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0,
         max_iter=1000, tol=1e-6, callback=None):
    """Adam: averages of the gradient over the root of averages of its square, both corrected for their start at zero.

    Parameters
    ----------
    fun, x0, jac, learning_rate, max_iter, tol, callback
        As of `gradient_descent`; the rate is 0.001 by default.
    beta1, beta2 : float, default 0.9 and 0.999
        The parts of the averages that are kept, in [0, 1).
    eps : float, default 1e-8
        At least 0.
    weight_decay : float, default 0
        At least 0; times x added to the gradient.

    Returns
    -------
    scipy.optimize.OptimizeResult
        As of `gradient_descent`.

    Raises
    ------
    ValueError, TypeError
        As of `gradient_descent`.

    See Also
    --------
    adam_step : the formulas, and one step of them over your own arrays.

    Notes
    -----
    No element moves by much more than the rate in a step, whatever the scale of `fun`. D. P. Kingma and J. Ba, Adam,
    arXiv 1412.6980.

    Examples
    --------
    >>> from mathcore.optimize import adam
    >>> result = adam(lambda x: (x - 3) ** 2, 7.0, jac=lambda x: 2 * (x - 3), learning_rate=0.1, max_iter=2)
    >>> print(result.trace)
    Step 1: x = 6.9000, f(x) = 15.2100
    Step 2: x = 6.8001, f(x) = 14.4406
    """
    return _adam("adam", fun, x0, jac, learning_rate, beta1, beta2, eps, weight_decay, False, max_iter, tol, callback)


def adamw(fun, x0, /, *, jac=None, learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01,
          max_iter=1000, tol=1e-6, callback=None):
    """Adam with decoupled weight decay: x shrinks by ``1 - learning_rate weight_decay`` before each of Adam's steps.

    Parameters
    ----------
    fun, x0, jac, learning_rate, max_iter, tol, callback
        As of `gradient_descent`; the rate is 0.001 by default.
    beta1, beta2 : float, default 0.9 and 0.999
        The parts of the averages that are kept, in [0, 1).
    eps : float, default 1e-8
        At least 0.
    weight_decay : float, default 0.01
        At least 0.

    Returns
    -------
    scipy.optimize.OptimizeResult
        As of `gradient_descent`.

    Raises
    ------
    ValueError, TypeError
        As of `gradient_descent`.

    Notes
    -----
    The decay is no part of `fun` nor of the gradient that `tol` bounds: the run rests where both balance, and mostly
    ends by `max_iter`. I. Loshchilov and F. Hutter, Decoupled weight decay regularization, arXiv 1711.05101.

    Examples
    --------
    >>> from mathcore.optimize import adamw
    >>> result = adamw(lambda x: (x - 3) ** 2, 7.0, jac=lambda x: 2 * (x - 3), learning_rate=0.1, weight_decay=0.1)
    >>> bool(2 < result.x < 3)
    True
    """
    return _adam("adamw", fun, x0, jac, learning_rate, beta1, beta2, eps, weight_decay, True, max_iter, tol, callback)
