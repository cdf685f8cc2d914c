"""What a run returns: SciPy's OptimizeResult, with a trace of every iteration that prints and draws itself."""

import inspect
import time
from typing import NamedTuple

import numpy as np
from scipy.optimize import OptimizeResult

from mathcore import plot
from mathcore._kernels.finite import all_finite
from mathcore.linalg.vectors import vecdot

__all__ = ["Iteration", "Trace"]

CONVERGED, MAX_ITER, NO_STEP, DIVERGED, STOPPED = 0, 1, 2, 3, 99     # 99 is SciPy's for a callback

# Elements up to which an iterate is kept in the trace: 10^4 iterations of so many take 8 MB.
SMALL = 100

# A value so far above the start's, in units of max(|f(x0)|, 1), that no descent comes back from it.
EXPLODED = 1e10

# Squares that neither overflow nor lose bits in float32.
_SMALLEST, _LARGEST = 1e-30, 1e30


class Iteration(NamedTuple):
    """One row of a trace."""

    iteration: int                  # 0 is the start
    x: np.ndarray | float | None    # None where it has more than 100 elements
    fun: float
    grad_norm: float                # Euclidean
    step: float                     # learning rate, or length that the line search found; NaN at the start
    seconds: float                  # since the run began

    def __str__(self):
        if self.x is None:
            return f"Step {self.iteration}: f(x) = {self.fun:.4f}"
        with np.printoptions(formatter={"float_kind": "{:.4f}".format}, threshold=8, edgeitems=3):
            x = f"{float(np.reshape(self.x, ())):.4f}" if np.size(self.x) == 1 else str(self.x).replace("\n", "")
        return f"Step {self.iteration}: x = {x}, f(x) = {self.fun:.4f}"


class Trace(list):
    """What happened: `Iteration` records, the start first, whose columns are attributes; printed, a line a step.

    Attributes
    ----------
    iteration, x, fun, grad_norm, step, seconds : ndarray
        One element (of `x` one iterate) for each record; `x` is None where iterates were too large to keep.
    """

    def __init__(self, records=(), objective=None):
        super().__init__(records)
        self._objective = objective

    def __getattr__(self, name):
        if name not in Iteration._fields:
            raise AttributeError(f"'Trace' object has no attribute {name!r}")
        column = [getattr(record, name) for record in self]
        return None if column and column[0] is None else np.array(column)

    def __reduce__(self):
        return Trace, (list(self),)      # functions are mostly lambdas, which no pickle takes

    def __str__(self):
        return "\n".join(map(str, self[1:]))

    def __repr__(self):
        return f"<Trace of {max(len(self) - 1, 0)} steps" + (f", f(x) = {self[-1].fun:.6g}>" if self else ">")

    def plot(self, *, ax=None):
        """Draw the run: on the curve of a function of one variable, on the contours of one of two, else its values.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure without it.

        Returns
        -------
        matplotlib.axes.Axes
        """
        path = self.x if self._objective is not None and self else None
        if path is not None and path[0].size == 1:
            shape = path[0].shape

            def curve(x):
                return np.array([self._objective(v.reshape(shape)) for v in np.ravel(x)]).reshape(np.shape(x))
            return plot.descent_path(curve, path, ax=ax)
        if path is not None and path.shape[1:] == (2,):
            return plot.contour_path(self._objective, path, ax=ax)
        return plot.value_curve(self.fun, ax=ax)


class Descent(OptimizeResult):
    """SciPy's result, which does not print every step of the trace."""

    def __repr__(self):
        return repr(OptimizeResult({**self, "trace": repr(self.trace)}))


# ------------------------------------------------------------------ the run that a result comes from

class Run:
    """Records iterations, watches for divergence, asks the callback; every loop of this room is built on it."""

    def __init__(self, objective, *, max_iter, tol, callback):
        self.objective, self.max_iter, self.tol = objective, max_iter, tol
        self.callback, self.began = _wrapped(callback, objective.fn), time.perf_counter()
        self.trace, self.status, self.message = Trace(objective=objective.to_draw), None, ""

    def start(self, x):
        """Value and gradient at the start; True where there is nothing to do."""
        self.x = x
        self.fun, self.jac = self.objective.both(x)
        finite = self._is_finite(self.fun, self.jac)
        self._record(np.nan, self.jac if finite else np.full_like(self.jac, np.nan))
        if not finite:
            return self.stop(DIVERGED, f"fun or its gradient is not finite at the start: {self.fun:g}.")
        return self._arrived()

    @property
    def nit(self):
        return len(self.trace) - 1

    def to(self, x, step, found=None):
        """One iteration went to `x`, where (value, gradient) may be known; True where the run ends."""
        fun, jac = self.objective.both(x) if found is None else found
        if not (self._is_finite(fun, jac) and all_finite(x)):
            return self.stop(DIVERGED, f"Diverged: fun or its gradient is not finite after step {self.nit + 1}; x is "
                                       "the last finite iterate. Try a smaller learning_rate.")
        self.x, self.fun, self.jac = x, fun, jac
        self._record(step, jac)
        if fun - self.trace[0].fun > EXPLODED * max(abs(self.trace[0].fun), 1):
            return self.stop(DIVERGED, f"Diverged: f(x) has grown to {fun:.3g} after step {self.nit}. "
                                       "Try a smaller learning_rate.")
        if self.callback is not None and self.callback(self.x.copy()[()], self.fun):
            return self.stop(STOPPED, "`callback` raised `StopIteration`.")
        return self._arrived()

    def stop(self, status, message):
        self.status, self.message = status, message
        return True

    def result(self):
        return Descent(
            x=self.x[()], fun=self.fun, jac=self.jac[()], nit=self.nit, nfev=self.objective.nfev,
            njev=self.objective.njev, success=self.status == CONVERGED, status=self.status, message=self.message,
            trace=self.trace)

    def _record(self, step, jac):
        x = self.x.copy()[()] if self.x.size <= SMALL else None
        self.trace.append(Iteration(len(self.trace), x, self.fun, norm(jac), float(step),
                                    time.perf_counter() - self.began))

    def _arrived(self):
        size = self.trace[-1].grad_norm
        if self.tol is not None and size <= self.tol:
            return self.stop(CONVERGED, f"Converged: the gradient's norm {size:.3g} is within tol.")
        if self.nit >= self.max_iter:
            if self.tol is None:
                return self.stop(CONVERGED, f"All {self.max_iter} steps were taken.")
            return self.stop(MAX_ITER, f"Maximum number of iterations ({self.max_iter}) has been reached.")
        return False

    def is_no_gain(self, point):
        """Whether a point of a line search is as good as none: rounding may call it lower."""
        return point is None or (point.fun >= self.fun and norm(point.jac) >= self.trace[-1].grad_norm)

    @staticmethod
    def _is_finite(fun, jac):
        return bool(np.isfinite(fun)) and all_finite(jac)


def norm(g):
    """Euclidean length; where its square is out of range, from scaled elements."""
    flat = g.reshape(-1)
    square = float(vecdot(flat, flat))
    if _SMALLEST < square < _LARGEST:
        return square**0.5
    largest = float(np.abs(flat).max())
    if largest == 0 or not np.isfinite(largest):
        return largest
    return largest * float(np.sqrt(np.sum(np.square(flat / largest, dtype=np.float64))))


def _wrapped(callback, fn):
    """callback as ``(x, fun) -> whether to stop``. SciPy's rule: one that has a parameter intermediate_result and no
    other gets the result so far, any other gets x."""
    if callback is None:
        return None
    if not callable(callback):
        raise TypeError(f"{fn}: callback cannot be called; expected a function of x or of intermediate_result, "
                        f"got {callback!r}")
    try:
        wants_result = set(inspect.signature(callback).parameters) == {"intermediate_result"}
    except (TypeError, ValueError):      # some built-in functions have no signature
        wants_result = False

    def ask(x, fun):
        try:
            answer = callback(intermediate_result=OptimizeResult(x=x, fun=fun)) if wants_result else callback(x)
        except StopIteration:
            return True
        if answer is not None and not isinstance(answer, bool | np.bool_):
            raise TypeError(f"{fn}: callback returned something; expected None, or True to stop, got {answer!r}")
        return bool(answer)
    return ask
