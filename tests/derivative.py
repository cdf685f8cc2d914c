"""Derivatives by central differences in longdouble, with a bound of their error."""

import numpy as np

from tests.entropy import LONG, Bound, ratio

STEP = LONG(2)**-12


def central(loss, x, h=STEP):
    """Derivative by central differences in longdouble; its error by comparison with twice the step, whose error is four
    times as large (the h^2 law), and the longdouble's rounding over h."""
    gradient, error = np.empty(x.shape, LONG), np.empty(x.shape, LONG)
    for i in np.ndindex(x.shape):
        steps = []
        for size in (h, 2 * h):
            up, down = x.astype(LONG), x.astype(LONG)
            up[i], down[i] = up[i] + size, down[i] - size
            steps.append((loss(up) - loss(down)) / (2 * size))
        gradient[i] = steps[0]
        error[i] = np.abs(steps[1] - steps[0]) + np.finfo(LONG).eps * (1 + np.abs(loss(x.astype(LONG)))) / h * 8
    return Bound(gradient, error)


def assert_derivative(got, difference, bound):
    assert ratio(got, Bound(difference.value, difference.error + bound.error)) <= 1
