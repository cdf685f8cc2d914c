"""Several eigenpairs by products alone: subspace_iteration, lanczos."""

import numpy as np

from mathcore import _validate
from mathcore.linalg import _iteration
from mathcore.linalg._iteration import EigenIterations, Trace
from mathcore.linalg._matrix import compute_dtype
from mathcore.linalg._parts import eigh, orthogonal_triangle
from mathcore.linalg._scale import scaled
from mathcore.linalg.matmul import matmul

__all__ = ["lanczos", "subspace_iteration"]

# Restarts after which A q is computed afresh: each adds rounding errors to what is carried along.
_RENEWED = 4

# Of the eigenvalues of a small symmetric matrix, in ascending order: the wanted ones first.
_ORDERS = {"LA": lambda values: np.argsort(-values, kind="stable"),
           "SA": lambda values: np.argsort(values, kind="stable"),
           "LM": lambda values: np.argsort(-np.abs(values), kind="stable")}


def subspace_iteration(a, k, /, *, n=None, v0=None, tol=None, max_iter=1000, callback=None, rng=0, workers=None):
    """The k eigenvalues of largest size and their vectors, by orthogonal iteration: ``V <- Q of A V``.

    Parameters
    ----------
    a : array_like, shape (n, n), or callable
        Real; integers become float64. A callable takes a vector v and returns ``A v``.
    k : int
        How many, 1 to n.
    n : int, optional
        The size of the vectors that a callable takes.
    v0 : array_like, shape (n, k), optional
        Where to start. Default: normal random numbers.
    tol : float, optional
        Converged where ``|A v - value v|`` of each pair is at most `tol` times the largest ``|value|``. Default:
        ``max(16, 4 sqrt(n)) eps``.
    max_iter : int, default 1000
        The largest number of steps, at least 1.
    callback : callable, optional
        ``callback(step, values, vectors)`` after each step, from 1; the iteration ends if it returns True.
    rng : {None, int, Generator}, default 0
        Seed or generator for a random start.
    workers : int, optional
        Threads for the products with a matrix; -1 for all usable.

    Returns
    -------
    values : ndarray, shape (k,)
        The largest first; complex where there are complex pairs.
    vectors : ndarray, shape (n, k)
        Of length 1 each; their component of largest size is positive, where they are real.
    n_iter : int
    converged : bool
        If not, values and vectors are those of the last step.
    stop : str
        Why it ended: "converged", "max_iter" or "callback".
    trace : Trace
        Arrays `step`, `value` and `residual`, (steps, k), and `change`; ``print(result.trace)`` shows a table.

    Raises
    ------
    ValueError
        A matrix that is not square or is empty, infinite or NaN elements, a `v0` of the wrong shape, options out of
        range, a callable that returns another shape.
    TypeError
        Data or options of the wrong type.

    Notes
    -----
    Values and vectors come from the small matrix ``V^T A V`` at each step (Rayleigh and Ritz). Pair j has its error
    fall by ``|l_(k+1) / l_j|`` a step. If the k-th and the next eigenvalue are of one size, there is no convergence.
    Cost: 2 n^2 k + O(n k^2) flops a step.

    Golub and Van Loan, Matrix Computations, section 7.3.2.

    Examples
    --------
    >>> from mathcore.linalg import subspace_iteration
    >>> result = subspace_iteration([[2.0, 1.0, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, 0.5]], 2)
    >>> result.values.round(8)
    array([3., 1.])
    """
    fn = "subspace_iteration"
    apply, v, k, tol, max_iter, callback = _arguments(a, k, n, v0, tol, max_iter, callback, rng, workers, fn)
    records, stop = [], "max_iter"
    v = orthogonal_triangle(v, workers)[0]
    for step in range(1, max_iter + 1):
        w = apply(v)
        values, s = _ritz(matmul(v.T, w, workers=workers))
        values, vectors, residual = _pairs(values, s, v, w)
        records.append((values, residual))
        stop = _stop(step, values, vectors, residual, tol, callback)
        if stop != "max_iter":
            break
        v = orthogonal_triangle(w, workers)[0]
    return _result(records, vectors, stop)


def lanczos(a, k, /, *, which="LA", n=None, v0=None, tol=None, max_iter=1000, callback=None, rng=0, workers=None):
    """The k outermost eigenvalues of a symmetric matrix and their vectors, by the block Lanczos method.

    Parameters
    ----------
    a : array_like, shape (n, n), or callable
        Symmetric; integers become float64. A callable takes a vector v and returns ``A v``.
    k : int
        How many, 1 to n.
    which : {"LA", "SA", "LM"}, default "LA"
        The largest, the smallest, or those of largest size.
    n : int, optional
        The size of the vectors that a callable takes.
    v0 : array_like, shape (n, k), optional
        Where to start. Default: normal random numbers.
    tol : float, optional
        Converged where ``|A v - value v|`` of each pair is at most `tol` times the largest ``|value|``. Default:
        ``max(16, 4 sqrt(n)) eps``.
    max_iter : int, default 1000
        The largest number of restarts, at least 1.
    callback : callable, optional
        ``callback(step, values, vectors)`` before each restart, steps counted from 1; the iteration ends if it returns
        True.
    rng : {None, int, Generator}, default 0
        Seed or generator for a random start.
    workers : int, optional
        Threads for the products with a matrix; -1 for all usable.

    Returns
    -------
    values : ndarray, shape (k,)
        The wanted ones first.
    vectors : ndarray, shape (n, k)
        Orthonormal; their component of largest size is positive.
    n_iter, converged, stop, trace
        As of `subspace_iteration`.

    Raises
    ------
    ValueError
        A matrix that is not symmetric or is empty, infinite or NaN elements, a `v0` of the wrong shape, options out of
        range, a callable that returns another shape.
    TypeError
        Data or options of the wrong type.

    Notes
    -----
    Blocks of k vectors, so that an eigenvalue that occurs k times is found as often. Each block is orthogonalized
    twice against all before it. When the basis has ``min(n, max(10 k, 20))`` vectors, it is replaced by the Ritz
    vectors of the better half (a thick restart: Wu and Simon, SIAM J. Matrix Anal. Appl. 22, 2000). Each eigenvalue
    has an error of at most its residual. A callable is taken to be symmetric.
    Cost: 2 n^2 flops a vector for a matrix, and O(n m^2) a restart for a basis of m.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.linalg import lanczos
    >>> result = lanczos(lambda v: np.arange(1, 101) * v, 3, n=100)
    >>> result.values.round(8), result.converged
    (array([100.,  99.,  98.]), True)
    """
    fn = "lanczos"
    _validate.one_of(which, tuple(_ORDERS), fn, "which")
    if not callable(a):
        a = _iteration.square_matrix(a, fn)
        slack = 8 * len(a) * float(np.finfo(a.dtype).eps)
        if not (_iteration.is_mirrored(a) or np.abs(a - a.T).max() <= slack * np.abs(a).max()):
            raise ValueError(f"{fn}: a is not symmetric; expected a = a^T, got a matrix of shape {a.shape} that is not")
    apply, v, k, tol, max_iter, callback = _arguments(a, k, n, v0, tol, max_iter, callback, rng, workers, fn)
    size = min(len(v), max(10 * k, 20))
    q, w, block, records, stop = v[:, :0], v[:, :0], v, [], "max_iter"
    for step in range(1, max_iter + 1):
        q, w = _expanded(apply, q, w, block, size, workers)
        values, s = _ritz(matmul(q.T, w, workers=workers), symmetric=True)
        s = s[:, _ORDERS[which](values)]
        values = values[_ORDERS[which](values)]
        found, vectors, residual = _pairs(values[:k], s[:, :k], q, w)
        records.append((found, residual))
        stop = _stop(step, found, vectors, residual, tol, callback)
        if stop != "max_iter":
            break
        block = matmul(w, s[:, :k]) - matmul(q, s[:, :k]) * values[:k]
        keep = s[:, :max(k, size // 2)] if size < len(v) else s[:, :k]
        q, w = matmul(q, keep, workers=workers), matmul(w, keep, workers=workers)
        if step % _RENEWED == 0:
            q = orthogonal_triangle(q, workers)[0]
            w = apply(q)
    return _result(records, vectors, stop)


def _expanded(apply, q, w, block, size, workers):
    """An orthonormal basis q of up to `size` vectors and w = A q: the Krylov space of `block`, beside what q holds."""
    while True:
        block = _orthogonal(q, block[:, :size - q.shape[1]], workers)
        new = apply(block)
        q, w = np.concatenate([q, block], axis=1), np.concatenate([w, new], axis=1)
        if q.shape[1] >= size:
            return q, w
        block = new


def _orthogonal(q, block, workers):
    """Orthonormal vectors with the span of `block` without its part in that of q; others where little is left."""
    rng = np.random.default_rng(q.shape[1])
    allowed = 4 * len(q) ** 0.5 * float(np.finfo(q.dtype).eps)
    while True:
        for _ in range(4):                          # two, but where nearly all of the block was in the span
            inside = matmul(q.T, block, workers=workers)
            block = orthogonal_triangle(block - matmul(q, inside, workers=workers), workers)[0]
            if np.abs(matmul(q.T, block, workers=workers)).max(initial=0) <= allowed:
                return block
        block = rng.standard_normal(block.shape).astype(q.dtype)


# ------------------------------------------------------------------ both

def _arguments(a, k, n, v0, tol, max_iter, callback, rng, workers, fn):
    workers = _validate.check_workers(workers, fn)
    dtype = np.float64 if v0 is None else compute_dtype(_validate.as_array(v0, fn, "v0"))
    apply, n, dtype = _iteration.operator(a, n, dtype, workers, fn)
    k = _validate.whole_number(k, fn, "k", low=1)
    if k > n:
        raise ValueError(f"{fn}: k is out of range; expected at most n = {n}, got {k}")
    max_iter = _validate.whole_number(max_iter, fn, "max_iter", low=1)
    return (apply, _iteration.start(v0, (n, k), dtype, rng, fn), k, _iteration.tolerance(tol, n, dtype, fn), max_iter,
            _iteration.check_callback(callback, fn))


def _ritz(h, symmetric=False):
    """Eigenvalues, by size, and vectors of the small matrix; real ones where it is symmetric but for rounding."""
    if symmetric or np.abs(h - h.T).max() <= 8 * len(h) * np.finfo(h.dtype).eps * np.abs(h).max():
        values, s = eigh((h + h.T) / 2, "lanczos" if symmetric else "subspace_iteration")
    else:
        values, s = np.linalg.eig(h)
    order = np.argsort(-np.abs(values), kind="stable")
    return values[order], s[:, order]


def _pairs(values, s, q, w):
    """(values, vectors q s, |A v - value v| of each) with w = A q."""
    vectors = q @ s
    rest, e = scaled(np.abs(w @ s - vectors * values), 0)
    residual = np.ldexp(np.linalg.norm(rest, axis=0), e[0])
    return values, _iteration.signed(vectors) if vectors.dtype.kind == "f" else vectors, residual


def _stop(step, values, vectors, residual, tol, callback):
    end = callback is not None and callback(step, values.copy(), vectors.copy())
    if residual.max() <= tol * np.abs(values).max():
        return "converged"
    return "callback" if end else "max_iter"


def _result(records, vectors, stop):
    values, residuals = (np.array(x) for x in zip(*records, strict=True))
    return EigenIterations(records[-1][0], vectors, len(records), stop == "converged", stop, Trace(values, residuals))
