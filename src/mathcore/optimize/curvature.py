"""How curved a function is, from its Hessian or from products with it, and how long a step may be there."""

import warnings
from typing import NamedTuple

import numpy as np
from scipy.optimize import OptimizeWarning

from mathcore import _validate
from mathcore.linalg import _iteration
from mathcore.linalg.subspace import lanczos

__all__ = ["Curvature", "curvature", "lipschitz_estimate", "max_stable_step"]

# Of a vector; the error of its value is about the square of it.
_TOL = 1e-6


class Curvature(NamedTuple):
    """What `curvature` returns."""

    largest: float
    smallest: float
    n_iter: int                     # restarts of Lanczos' method, of at most 20 products each
    converged: bool

    @property
    def condition(self):
        """largest / smallest: steps of gradient descent for a digit grow with it. inf if not positive definite."""
        return self.largest / self.smallest if self.smallest > 0 else float("inf")


def _ends(hessian, n, tol, max_iter, rng, workers, fn):
    """Both ends of the spectrum; the smallest from a shifted matrix, so that `tol` has a meaning where it is 0."""
    tol = _validate.real_number(tol, fn, "tol", above=0)
    max_iter = _validate.whole_number(max_iter, fn, "max_iter", low=1)
    options = {"tol": tol, "max_iter": max_iter, "rng": _validate.generator(rng, fn),
               "workers": _validate.check_workers(workers, fn)}
    if callable(hessian):
        if n is None:
            raise ValueError(f"{fn}: n is missing; expected the size of the vectors that hessian takes, got None")
        options["n"] = _validate.whole_number(n, fn, "n", low=1)
    else:
        _iteration.no_size(n, fn)
        hessian = _iteration.square_matrix(hessian, fn, "hessian")
        if np.abs(hessian - hessian.T).max() > 1e-3 * np.abs(hessian).max():
            raise ValueError(f"{fn}: hessian is not symmetric; expected a symmetric matrix, "
                             f"got one of shape {hessian.shape}")
        hessian = (hessian + hessian.T) / 2          # differences leave some asymmetry
    first = lanczos(hessian, 1, which="LA", **options)
    largest = float(first.values[0])
    shift = largest + abs(largest)
    if callable(hessian):
        other = lanczos(lambda v: hessian(v) - shift * v, 1, which="SA", **options)
    else:
        eye = np.eye(len(hessian), dtype=hessian.dtype)
        other = lanczos(hessian - hessian.dtype.type(shift) * eye, 1, which="SA", **options)
    return Curvature(largest, shift + float(other.values[0]), first.n_iter + other.n_iter,
                     first.converged and other.converged)


def _sure(ends, fn):
    if not ends.converged:
        warnings.warn(f"{fn}: Lanczos' method has not converged after {ends.n_iter} restarts; the largest curvature "
                      "is at least what was found. Try a larger max_iter or tol", OptimizeWarning, stacklevel=3)
    return ends


def curvature(hessian, /, *, n=None, tol=_TOL, max_iter=1000, rng=0, workers=None):
    """The largest and the smallest curvature: both ends of a Hessian's eigenvalues, from products with it.

    Parameters
    ----------
    hessian : array_like, shape (n, n), or callable
        Symmetric; or ``hessian(v)``, its product with a vector.
    n : int, optional
        The size of the vectors that a callable takes.
    tol : float, default 1e-6
        Converged where ``|H v - value v|`` is at most `tol` times the largest curvature, for the smallest at most
        three times the largest size.
    max_iter : int, default 1000
        The largest number of restarts for each end.
    rng : {None, int, Generator}, default 0
        Where the random starts come from.
    workers : int, optional
        Threads for this call; -1 for all usable.

    Returns
    -------
    Curvature
        (largest, smallest, n_iter, converged); ``.condition`` is their quotient.

    Raises
    ------
    ValueError
        A matrix that is not square or empty, one that is far from symmetric, infinite or NaN elements, options out of
        range.
    TypeError
        Data or options of the wrong type.

    Notes
    -----
    Power iteration whose steps are kept, which needs a root of its number of products: `mathcore.linalg.lanczos` on
    H, then on ``H - shift I``. Error of a value: at most its residual, mostly the square of it. A matrix's small
    asymmetry, as differences leave it, is averaged away. Cost: up to 20 products a restart.

    Examples
    --------
    >>> from mathcore.optimize import curvature
    >>> found = curvature([[3.0, 1.0], [1.0, 3.0]])
    >>> round(found.largest, 6), round(found.smallest, 6), round(found.condition, 6)
    (4.0, 2.0, 2.0)
    """
    return _ends(hessian, n, tol, max_iter, rng, workers, "curvature")


def lipschitz_estimate(hessian, /, *, n=None, tol=_TOL, max_iter=1000, rng=0, workers=None):
    """The Lipschitz constant of the gradient where the Hessian is this one: its eigenvalue of largest size.

    Parameters
    ----------
    hessian, n, tol, max_iter, rng, workers
        As of `curvature`.

    Returns
    -------
    float
        L in ``|gradient(x) - gradient(y)| <= L |x - y|``, near the point of the Hessian; of a quadratic, everywhere.

    Raises
    ------
    ValueError, TypeError
        As of `curvature`.

    Warns
    -----
    scipy.optimize.OptimizeWarning
        Lanczos' method has not converged: the estimate is too small.

    Examples
    --------
    >>> from mathcore.optimize import lipschitz_estimate
    >>> round(lipschitz_estimate([[1.0, 0.0], [0.0, -5.0]]), 6)
    5.0
    """
    fn = "lipschitz_estimate"
    ends = _sure(_ends(hessian, n, tol, max_iter, rng, workers, fn), fn)
    return max(abs(ends.largest), abs(ends.smallest))


def max_stable_step(hessian, /, *, n=None, tol=_TOL, max_iter=1000, rng=0, workers=None):
    """The learning rate from which gradient descent diverges: ``2 / largest curvature``.

    Parameters
    ----------
    hessian, n, tol, max_iter, rng, workers
        As of `curvature`.

    Returns
    -------
    float
        Infinite where no curvature is positive.

    Raises
    ------
    ValueError, TypeError
        As of `curvature`.

    Warns
    -----
    scipy.optimize.OptimizeWarning
        Lanczos' method has not converged: the step is too large.

    Notes
    -----
    Along a direction of curvature c the error of a quadratic is multiplied with ``1 - rate c`` at each step.

    Examples
    --------
    >>> from mathcore.optimize import max_stable_step
    >>> max_stable_step([[2.0]])            # of (x - 3)^2
    1.0
    """
    fn = "max_stable_step"
    largest = _sure(_ends(hessian, n, tol, max_iter, rng, workers, fn), fn).largest
    return 2 / largest if largest > 0 else float("inf")
