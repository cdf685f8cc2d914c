"""Derivatives by differences: what exact ones are checked with, and what serves functions that nobody can trace."""

from typing import NamedTuple

import numpy as np

from mathcore import _validate

__all__ = ["FiniteDifference", "complex_step", "finite_difference"]

SHRINK, MOST = 1.4, 12                   # steps of the extrapolation; beyond, rounding takes over


class FiniteDifference(NamedTuple):
    """What `finite_difference` found."""

    value: np.ndarray
    error: np.ndarray
    step: np.ndarray
    nfev: int


def _start(f, x, fn):
    if not callable(f):
        raise TypeError(f"{fn}: f cannot be called; expected a function, got {f!r}")
    a = _validate.as_array(x, fn, "x")
    dtype = _validate.COMPUTE[_validate.real_dtype(a.dtype, fn, "x")]
    return np.array(a, dtype=np.float64 if dtype != np.float32 else dtype)


def _result(value, fn, kinds, expected):
    a = np.asarray(value)
    if a.dtype.kind not in kinds:
        raise TypeError(f"{fn}: f returned dtype {a.dtype}; expected {expected}")
    return a


def finite_difference(f, x, /, *, step=None):
    """Derivative of any function by central differences, extrapolated to step 0, with an estimate of its error.

    ``(f(x + h e_i) - f(x - h e_i)) / 2h`` for steps h, h / 1.4, h / 1.4^2 ..., combined by Richardson's scheme; of all
    combinations that one is taken which changes least (Ridders' method).

    Parameters
    ----------
    f : callable
        Of an array of x's shape (a number for a number); returns a number or an array.
    x : array_like
        Where; float32 counts in float32, integers in float64.
    step : float, optional
        The first step, larger than the last useful one. Default: 0.1 ``max(1, |x_i|)``.

    Returns
    -------
    FiniteDifference
        ``value``, shape f(x).shape + x.shape: the Jacobian; ``error``: the estimate for each entry; ``step``: the step
        where the taken combination ended; ``nfev``: calls of f.

    Raises
    ------
    TypeError
        `f` cannot be called, `x` or what f returns are not real numbers.
    ValueError
        A step that is not positive and finite.

    Notes
    -----
    Error: about 1e-11 relative for smooth functions in float64, where a single central difference reaches 1e-10. The
    estimate is no bound, and misleads where f has a kink within the first step.
    Cost: at most 24 calls for each element of x. C. J. F. Ridders, "Accurate computation of F'(x) and F'(x) F''(x)"
    (1982).

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.autodiff import finite_difference
    >>> found = finite_difference(np.exp, 1.0)
    >>> bool(abs(found.value - np.e) < 1e-10), bool(found.error < 1e-9)
    (True, True)
    """
    fn = "finite_difference"
    x = _start(f, x, fn)
    if step is not None:
        step = _validate.real_number(step, fn, "step", low=0)
        if not 0 < step < np.inf:
            raise ValueError(f"{fn}: step is no step; expected a positive finite number, got {step}")
    columns, calls = [], 0
    for i in range(x.size):
        h = step if step is not None else 0.1 * max(1.0, abs(float(x.flat[i])))
        found = _extrapolated(f, x, i, h, fn)
        columns.append(found[:3])
        calls += found[3]
    if not columns:
        shape = np.shape(f(x.copy()[()])) + x.shape
        return FiniteDifference(np.zeros(shape), np.zeros(shape), np.zeros(shape), 1)
    parts = [np.stack([c[k] for c in columns], axis=-1) for k in range(3)]
    return FiniteDifference(*(p.reshape(p.shape[:-1] + x.shape)[()] for p in parts), calls)


def _extrapolated(f, x, i, h, fn):
    """(derivative, error, step, calls) by element i: Ridders' table, each entry of the result for itself."""
    previous, best, error, at, calls = [], None, None, None, 0
    for k in range(MOST):
        up, down = x.copy(), x.copy()
        up.flat[i] += h
        down.flat[i] -= h
        width = float(up.flat[i]) - float(down.flat[i])
        high, low = (_result(f(y[()]), fn, "biuf", "real numbers") for y in (up, down))
        calls += 2
        row = [(high.astype(np.float64) - low) / width]
        factor = SHRINK ** 2
        for older in previous:
            row.append((row[-1] * factor - older) / (factor - 1))
            factor *= SHRINK ** 2
        if best is None:
            best, error, at = row[0], np.full(row[0].shape, np.inf), np.full(row[0].shape, h)
        for j in range(1, len(row)):
            change = np.maximum(np.abs(row[j] - row[j - 1]), np.abs(row[j] - previous[j - 1]))
            better = change <= error
            best, error, at = (np.where(better, a, b) for a, b in ((row[j], best), (change, error), (h, at)))
        if k > 2 and np.all(np.abs(row[-1] - previous[-1]) >= 2 * error):
            break
        previous, h = row, h / SHRINK
    return best, error, at, calls


def complex_step(f, x, /, *, step=1e-30):
    """Derivative of an analytic function by a step into the complex plane: no difference, no cancellation.

    ``Im f(x + i h e_j) / h``, whose error of h^2 is below rounding for the smallest h.

    Parameters
    ----------
    f : callable
        Analytic, of complex numbers too: no abs, no comparison, no maximum, no real part taken on the way.
    x : array_like
        Where; real.
    step : float, optional
        h.

    Returns
    -------
    ndarray or float
        Shape f(x).shape + x.shape: the Jacobian, float64.

    Raises
    ------
    TypeError
        `f` cannot be called, `x` is not real, f loses the imaginary part (its result is real).
    ValueError
        A step that is not positive and finite.

    Notes
    -----
    Error: that of f itself, a few eps. Cost: one complex call for each element of x.
    W. Squire and G. Trapp, "Using complex variables to estimate derivatives of real functions" (1998).

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.autodiff import complex_step
    >>> bool(complex_step(np.exp, 1.0) == np.exp(1.0))
    True
    """
    fn = "complex_step"
    x = _start(f, x, fn).astype(np.float64)
    step = _validate.real_number(step, fn, "step", low=0)
    if not 0 < step < np.inf:
        raise ValueError(f"{fn}: step is no step; expected a positive finite number, got {step}")
    columns = []
    for i in range(x.size):
        z = x.astype(np.complex128)
        z.flat[i] += 1j * step
        columns.append(_result(f(z[()]), fn, "c", "complex numbers: the imaginary part, which carries the derivative, "
                                                  "got lost").imag / step)
    found = np.stack(columns, axis=-1) if columns else np.zeros((*np.shape(f(x.astype(complex))), 0))
    return found.reshape(found.shape[:-1] + x.shape)[()]
