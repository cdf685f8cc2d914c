"""Condensed distance matrices and square ones; what SciPy says of them."""

import numpy as np

from mathcore._kernels import pairwise as _pairwise
from mathcore.distance._arguments import peer

__all__ = ["directed_hausdorff", "is_valid_dm", "is_valid_y", "num_obs_dm", "num_obs_y", "squareform"]


_ROWS = 64                               # compared at a time: Ctrl-C is seen between, and their columns stay in cache


def _word(force):
    if not isinstance(force, str):
        raise TypeError(f"squareform: force is no text; expected 'no', 'tomatrix' or 'tovector', got {force!r}")
    return force.lower()


def squareform(X, force="no", checks=True):
    """A condensed distance matrix as a square one, a square one as a condensed one.

    Drop-in for `scipy.spatial.distance.squareform`.

    Parameters
    ----------
    X : array_like, shape (n (n - 1) / 2,) or (n, n)
    force : {"no", "tomatrix", "tovector"}, default "no"
        What `X` must become.
    checks : bool, default True
        Whether a square `X` must be symmetric with zeros on its diagonal.

    Returns
    -------
    ndarray
        Of the type of `X`.

    Raises
    ------
    ValueError
        A length that is no n (n - 1) / 2, a matrix that is not square or no distance matrix.

    Notes
    -----
    Cost: O(n^2), one pass, by tiles.

    Examples
    --------
    >>> from mathcore.distance import squareform
    >>> squareform([1.0, 2.0, 3.0])
    array([[0., 1., 2.],
           [1., 0., 3.],
           [2., 3., 0.]])
    """
    x, force = np.ascontiguousarray(X), _word(force)
    if force == "tomatrix" and x.ndim != 1:
        raise ValueError(f"squareform: X does not fit. Forcing 'tomatrix' but input X is not a distance vector.; got "
                         f"shape {x.shape}")
    if force == "tovector" and x.ndim != 2:
        raise ValueError(f"squareform: X does not fit. Forcing 'tovector' but input X is not a distance matrix.; got "
                         f"shape {x.shape}")
    if x.ndim == 1:
        n = int(np.ceil(np.sqrt(len(x) * 2))) if len(x) else 1
        if n * (n - 1) != len(x) * 2:
            raise ValueError(f"squareform: X has the wrong length. Incompatible vector size. It must be a binomial "
                             f"coefficient n choose 2 for some integer n >= 2.; got {len(x)}")
        square = np.zeros((n, n), x.dtype)
        _pairwise.spread(x, square)
        return square
    if x.ndim != 2:
        raise ValueError(f"squareform: X has the wrong number of dimensions. The first argument must be one or two "
                         f"dimensional array. A {x.ndim}-dimensional array is not permitted; got shape {x.shape}")
    if x.shape[0] != x.shape[1]:
        raise ValueError(f"squareform: X is not square. The matrix argument must be square.; got shape {x.shape}")
    if checks:
        _check_square(x)
    pairs = np.zeros(max(0, len(x) * (len(x) - 1) // 2), x.dtype)
    _pairwise.gather(x, pairs)
    return pairs


def _check_square(x):
    for i in range(0, len(x), _ROWS):
        if not (x[i:i + _ROWS, i:] == x[i:, i:i + _ROWS].T).all():
            raise ValueError("squareform: X is no distance matrix. Distance matrix 'X' must be symmetric.; got shape "
                             f"{x.shape}")
    if np.diagonal(x).any():
        raise ValueError(f"squareform: X is no distance matrix. Distance matrix 'X' diagonal must be zero.; got "
                         f"{np.diagonal(x)[np.diagonal(x) != 0][0]}")


def is_valid_dm(D, tol=0.0, throw=False, name="D", warning=False):
    """Whether a matrix is square, symmetric and has zeros on its diagonal. SciPy's function.

    Parameters
    ----------
    D : array_like
    tol : float, default 0
        By how much it may miss.
    throw : bool, default False
        Whether to raise ValueError in place of returning False.
    name : str, default "D"
        What messages call the matrix.
    warning : bool, default False
        Whether to warn.

    Returns
    -------
    bool

    Examples
    --------
    >>> from mathcore.distance import is_valid_dm
    >>> is_valid_dm([[0.0, 1.0], [1.0, 0.0]])
    True
    """
    return peer("is_valid_dm")(D, tol, throw, name, warning)


def is_valid_y(y, warning=False, throw=False, name=None):
    """Whether a vector may be a condensed distance matrix: its length is n (n - 1) / 2. SciPy's function.

    Parameters
    ----------
    y : array_like
    warning : bool, default False
        Whether to warn.
    throw : bool, default False
        Whether to raise ValueError in place of returning False.
    name : str, optional
        What messages call the vector.

    Returns
    -------
    bool

    Examples
    --------
    >>> from mathcore.distance import is_valid_y
    >>> is_valid_y([1.0, 2.0])
    False
    """
    return peer("is_valid_y")(y, warning, throw, name)


def num_obs_dm(d):
    """The number of points of a square distance matrix. SciPy's function.

    Parameters
    ----------
    d : array_like, shape (n, n)

    Returns
    -------
    int

    Examples
    --------
    >>> from mathcore.distance import num_obs_dm
    >>> num_obs_dm([[0.0, 1.0], [1.0, 0.0]])
    2
    """
    return peer("num_obs_dm")(d)


def num_obs_y(Y):
    """The number of points of a condensed distance matrix. SciPy's function.

    Parameters
    ----------
    Y : array_like, shape (n (n - 1) / 2,)

    Returns
    -------
    int

    Examples
    --------
    >>> from mathcore.distance import num_obs_y
    >>> num_obs_y([1.0, 2.0, 3.0])
    3
    """
    return peer("num_obs_y")(Y)


def directed_hausdorff(u, v, rng=0):
    """The largest distance of a row of `u` to the nearest row of `v`, and which rows these are. SciPy's function.

    Parameters
    ----------
    u : array_like, shape (m, d)
    v : array_like, shape (n, d)
    rng : int, numpy.random.Generator or None, default 0
        The order in which rows are looked at.

    Returns
    -------
    tuple
        The distance, the row of `u`, the row of `v`.

    Examples
    --------
    >>> from mathcore.distance import directed_hausdorff
    >>> directed_hausdorff([[0.0, 0.0], [3.0, 0.0]], [[0.0, 0.0]])[0]
    3.0
    """
    return peer("directed_hausdorff")(u, v, rng)
