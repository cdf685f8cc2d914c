"""How far to go along a direction: Armijo's condition by backtracking, the strong Wolfe conditions by interpolation."""

from typing import NamedTuple

import numpy as np

from mathcore import _validate
from mathcore.linalg.vectors import vecdot
from mathcore.optimize._objective import Objective, real_array, start

__all__ = ["LineSearch", "armijo", "strong_wolfe"]


class LineSearch(NamedTuple):
    """What a line search returns."""

    step: float                     # 0 where none was found
    x: np.ndarray | float           # the point there
    fun: float
    jac: np.ndarray | float
    nfev: int
    njev: int
    success: bool


class Point(NamedTuple):
    """A place on the line."""

    step: float
    fun: float
    slope: float
    x: np.ndarray
    jac: np.ndarray

    @property
    def is_finite(self):
        return bool(np.isfinite(self.fun) and np.isfinite(self.slope))


class Line:
    """The objective along x + step * direction, `origin` being step 0."""

    def __init__(self, objective, x, fun, jac, direction):
        self.objective, self.direction = objective, direction
        self.origin = Point(0.0, fun, self._slope(jac), x, jac)
        # differences of values below this are rounding: conditions on them would never be met close to a minimum
        self.slack = 4 * float(np.finfo(x.dtype).eps) * abs(fun)

    def _slope(self, jac):
        return float(vecdot(jac.reshape(-1), self.direction.reshape(-1)))

    def at(self, step):
        x = np.asarray(self.origin.x + self.origin.x.dtype.type(step) * self.direction)
        fun, jac = self.objective.both(x)
        return Point(step, fun, self._slope(jac), x, jac)

    def is_lower(self, point, c1):
        """Armijo's condition."""
        return point.is_finite and point.fun <= self.origin.fun + c1 * point.step * self.origin.slope + self.slack


def backtracked(line, *, step=1.0, c1=1e-4, factor=0.5, max_iter=50):
    """The first of step, factor * step, ... that meets Armijo's condition, or None."""
    for _ in range(max_iter):
        point = line.at(step)
        if line.is_lower(point, c1):
            return point
        step *= factor
    return None


def interpolated(line, *, step=1.0, c1=1e-4, c2=0.9, max_iter=25):
    """(point, whether it meets the strong Wolfe conditions); the lowest found if not, None where none is lower.

    `low` is the lowest point so far that meets Armijo's condition, and the slope there points towards `high`; until
    there is a `high`, steps double. Nocedal and Wright, Numerical Optimization, algorithms 3.5 and 3.6 in one loop.
    """
    low, high = line.origin, None
    for _ in range(max_iter):
        point = line.at(step)
        if not line.is_lower(point, c1) or point.fun > low.fun + line.slack:
            high = point
        elif abs(point.slope) <= -c2 * line.origin.slope:
            return point, True
        else:
            if point.slope * (np.inf if high is None else high.step - low.step) >= 0:
                high = low
            low = point
        step = 2 * step if high is None else _between(low, high)
        if step == low.step:
            break
    return (low, False) if low.step else (None, False)


def _between(a, b):
    """The minimum of the cubic through two points, kept off the ends by a tenth; the middle where there is none."""
    width = b.step - a.step
    if b.is_finite:
        d1 = a.slope + b.slope - 3 * (a.fun - b.fun) / -width
        square = d1 * d1 - a.slope * b.slope
        d2 = np.copysign(np.sqrt(max(square, 0.0)), width)
        below = b.slope - a.slope + 2 * d2
        if square >= 0 and below != 0:
            part = 1 - (b.slope + d2 - d1) / below
            return a.step + width * float(np.clip(part, 0.1, 0.9))
    return a.step + width / 2


def _line(fn, fun, x, direction, jac, step, c1, max_iter):
    x = start(x, fn)
    objective = Objective(fun, jac, x, fn)
    direction = real_array(direction, x.shape, x.dtype, fn, "direction")
    options = {"step": _validate.real_number(step, fn, "step", above=0, high=1e300),
               "c1": _validate.real_number(c1, fn, "c1", above=0, high=1 - 2**-53),
               "max_iter": _validate.whole_number(max_iter, fn, "max_iter", low=1)}
    line = Line(objective, x, *objective.both(x), direction)
    if not line.origin.slope < 0:
        raise ValueError(f"{fn}: direction does not go down; expected a negative slope at x, got {line.origin.slope:g}")
    return line, options


def _found(line, point, success):
    point, objective = point or line.origin, line.objective
    return LineSearch(float(point.step), point.x[()], point.fun, point.jac[()], objective.nfev, objective.njev, success)


def armijo(fun, x, direction, /, *, jac=None, step=1.0, c1=1e-4, factor=0.5, max_iter=50):
    """A step that lowers a function enough, by backtracking: ``f(x + t p) <= f(x) + c1 t (gradient . p)``.

    Parameters
    ----------
    fun : callable
        ``fun(x) -> float``.
    x : float or array_like
        Where the line begins.
    direction : array_like, shape of `x`
        p; the function must fall along it.
    jac : callable, True or None
        As of `gradient_descent`.
    step : float, default 1
        The first t; positive.
    c1 : float, default 1e-4
        In (0, 1).
    factor : float, default 0.5
        What t is multiplied with until the condition holds, in (0, 1).
    max_iter : int, default 50
        The largest number of trials.

    Returns
    -------
    LineSearch
        (step, x, fun, jac, nfev, njev, success); where no step was found, step 0 and what is at `x`.

    Raises
    ------
    ValueError
        A direction that does not go down, shapes that differ, numbers out of range.
    TypeError
        Data or options of the wrong type.

    Notes
    -----
    Values that are not finite count as too large. A rise within 4 eps of the value counts as none.
    Nocedal and Wright, Numerical Optimization, algorithm 3.1.

    Examples
    --------
    >>> from mathcore.optimize import armijo
    >>> found = armijo(lambda x: x**2, 1.0, -2.0, jac=lambda x: 2 * x)
    >>> found.step, found.fun
    (0.5, 0.0)
    """
    fn = "armijo"
    factor = _validate.real_number(factor, fn, "factor", above=0, high=1 - 2**-53)
    line, options = _line(fn, fun, x, direction, jac, step, c1, max_iter)
    point = backtracked(line, factor=factor, **options)
    return _found(line, point, point is not None)


def strong_wolfe(fun, x, direction, /, *, jac=None, step=1.0, c1=1e-4, c2=0.9, max_iter=25):
    """A step that lowers a function enough and flattens it: Armijo's condition and ``|slope at t| <= c2 |slope at 0|``.

    Parameters
    ----------
    fun, x, direction, jac, step
        As of `armijo`.
    c1, c2 : float, default 1e-4 and 0.9
        ``0 < c1 < c2 < 1``.
    max_iter : int, default 25
        The largest number of trials.

    Returns
    -------
    LineSearch
        (step, x, fun, jac, nfev, njev, success). Without success it is the lowest point that meets Armijo's
        condition, or step 0 where there is none.

    Raises
    ------
    ValueError, TypeError
        As of `armijo`.

    Notes
    -----
    A function that falls without end is followed for `max_iter` doublings. Nocedal and Wright, Numerical Optimization,
    algorithms 3.5 and 3.6, with the minimum of a cubic for each new trial.

    Examples
    --------
    >>> from mathcore.optimize import strong_wolfe
    >>> found = strong_wolfe(lambda x: (x - 3) ** 2, 7.0, -1.0, jac=lambda x: 2 * (x - 3), c2=0.1)
    >>> found.success, found.x
    (True, np.float64(3.0))
    """
    fn = "strong_wolfe"
    line, options = _line(fn, fun, x, direction, jac, step, c1, max_iter)
    c2 = _validate.real_number(c2, fn, "c2", above=options["c1"], high=1 - 2**-53)
    return _found(line, *interpolated(line, c2=c2, **options))
