"""Entropies of joint tables: each axis a variable, each element the probability of its values together."""

import numpy as np

from mathcore import _validate
from mathcore._kernels import information as _rows
from mathcore._kernels.tape import differentiable
from mathcore.information._common import NO_CHECK, distribution_error, eps_of, flat, unit_of

__all__ = ["conditional_entropy", "information_gain", "joint_entropy", "mutual_information"]


def _table(joint, fn, normalize):
    """(float64 table that sums to 1, type of the result)."""
    a = _validate.as_array(joint, fn, "joint")
    result = _validate.real_dtype(a.dtype, fn, "joint")
    _validate.at_least_dims(a, 1, fn, "joint")
    if a.size == 0:
        raise ValueError(f"{fn}: joint has no outcomes; expected at least one, got shape {a.shape}")
    table = np.array(a, np.float64, order="C")
    error = distribution_error(fn, "joint", table.reshape(-1), (), 8 * a.size * eps_of(a, np.float64), normalize)
    if error is not None:
        bad = np.argwhere(~(table >= 0))
        if len(bad):
            where = tuple(map(int, bad[0]))
            raise ValueError(f"{fn}: joint{list(where)} is no {'weight' if normalize else 'probability'}; expected "
                             f"{'0 or more' if normalize else '0 to 1'}, got {table[where]}")
        raise error
    return (table / table.sum() if normalize else table), result


def axes_of(axes, ndim, fn, name):
    """An axis or several as a tuple of distinct axes counted from 0."""
    found = []
    for axis in axes if isinstance(axes, tuple | list) else (axes,):
        axis = _validate.whole_number(axis, fn, name)
        if not -ndim <= axis < ndim:
            raise np.exceptions.AxisError(f"{fn}: {name} {axis} is out of bounds for joint; "
                                          f"expected {-ndim} to {ndim - 1}, got {ndim} axes")
        found.append(axis % ndim)
    if len(set(found)) < len(found) or not found:
        raise ValueError(f"{fn}: {name} names no axis or one twice; expected distinct axes, got {axes!r}")
    return tuple(found)


def roles(ndim, fn, **given):
    """The axes of each role; None takes what the others leave. No axis has two roles."""
    found = {name: () if axes == () else axes_of(axes, ndim, fn, name) for name, axes in given.items()
             if axes is not None}
    taken = [axis for axes in found.values() for axis in axes]
    if len(set(taken)) < len(taken):
        raise ValueError(f"{fn}: {' and '.join(found)} share an axis; expected distinct axes, got "
                         f"{' and '.join(map(str, found.values()))}")
    rest = tuple(axis for axis in range(ndim) if axis not in taken)
    for name, axes in given.items():
        if axes is None:
            if not rest:
                raise ValueError(f"{fn}: joint leaves no axis for {name}; expected another axis, got {ndim}")
            found[name] = rest
    return [found[name] for name in given]


def marginal(table, keep):
    """The sum over all axes but these, which stay where they are."""
    return np.sum(table, axis=tuple(axis for axis in range(np.ndim(table)) if axis not in keep), keepdims=True)


def chosen(given):
    return () if given is None else given


@differentiable
def joint_entropy(joint, /, *, axes=None, base=None, normalize=False):
    """Entropy of variables together.

    ``H(X, Y, ...) = -sum p(x, y, ...) log p(x, y, ...)``

    Parameters
    ----------
    joint : array_like
        Probabilities that sum to 1, an axis for each variable.
    axes : int or tuple of int, optional
        The variables; the others are summed over. Default: all.
    base : float, optional
        Of the logarithm, as in `entropy`.
    normalize : bool, optional
        Whether the table, of counts for example, is divided by its sum first.

    Returns
    -------
    scalar

    Raises
    ------
    ValueError
        A table that is negative or does not sum to 1, axes that are not its own.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    Sums in float64. Cost: a pass for the marginal, one logarithm for each of its elements.

    Examples
    --------
    >>> from mathcore.information import joint_entropy
    >>> joint_entropy([[0.25, 0.25], [0.25, 0.25]], base=2), joint_entropy([[0.5, 0.0], [0.0, 0.5]], base=2)
    (np.float64(2.0), np.float64(1.0))
    """
    fn = "joint_entropy"
    unit = unit_of(base, fn)
    table, result = _table(joint, fn, normalize)
    keep = tuple(range(table.ndim)) if axes is None else axes_of(axes, table.ndim, fn, "axes")
    return result.type(flat("entropy", marginal(table, keep), None, unit))


@differentiable
def conditional_entropy(joint, /, *, of=None, given=0, base=None, normalize=False):
    """Entropy that is left in some variables once others are known.

    ``H(Y | X) = sum p(x, y) log(p(x) / p(x, y)) = H(X, Y) - H(X)``

    Parameters
    ----------
    joint : array_like
        Probabilities that sum to 1, an axis for each variable.
    of : int or tuple of int, optional
        The axes of Y. Default: all that are not `given`; others are summed over.
    given : int or tuple of int, optional
        The axes of X.
    base : float, optional
        Of the logarithm, as in `entropy`.
    normalize : bool, optional
        Whether the table, of counts for example, is divided by its sum first.

    Returns
    -------
    scalar
        In [0, H(Y)]; exactly 0 where X decides Y.

    Raises
    ------
    ValueError
        A table that is negative or does not sum to 1, axes that are not its own or stand on both sides.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    All terms are positive: no two entropies cancel. Cost as of `joint_entropy`.

    Examples
    --------
    >>> from mathcore.information import conditional_entropy
    >>> conditional_entropy([[0.5, 0.0], [0.25, 0.25]], base=2)
    np.float64(0.5)
    """
    fn = "conditional_entropy"
    unit = unit_of(base, fn)
    table, result = _table(joint, fn, normalize)
    of, given = roles(table.ndim, fn, of=of, given=given)
    both = marginal(table, of + given)
    return result.type(flat("conditional_entropy", both, np.broadcast_to(marginal(both, given), both.shape), unit))


def independent(both, x, y, given):
    """What the table would be if x and y were independent given the rest."""
    along = marginal(both, given)
    expected = marginal(both, x + given) * marginal(both, y + given)
    return np.divide(expected, along, out=np.zeros(expected.shape), where=along > 0) if given else expected


@differentiable
def mutual_information(joint, /, *, x=0, y=None, given=None, base=None, normalize=False):
    """Mutual information of variables, or conditional mutual information.

    ``I(X; Y) = sum p(x, y) log(p(x, y) / (p(x) p(y))) = H(Y) - H(Y | X)``

    Parameters
    ----------
    joint : array_like
        Probabilities that sum to 1, an axis for each variable.
    x : int or tuple of int, optional
        The axes of X.
    y : int or tuple of int, optional
        The axes of Y. Default: all others; what is named nowhere is summed over.
    given : int or tuple of int, optional
        Axes of Z, for ``I(X; Y | Z)``.
    base : float, optional
        Of the logarithm, as in `entropy`.
    normalize : bool, optional
        Whether the table, of counts for example, is divided by its sum first.

    Returns
    -------
    scalar
        At least 0; 0 up to the square of rounding where X and Y are independent.

    Raises
    ------
    ValueError
        A table that is negative or does not sum to 1, axes that are not its own or have two roles.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    The `kl_divergence` from the product of the marginals, whose terms are positive; entropies do not cancel. Extra
    memory: the table twice.

    Examples
    --------
    >>> from mathcore.information import mutual_information
    >>> mutual_information([[0.5, 0.0], [0.0, 0.5]], base=2), mutual_information([[0.25, 0.25], [0.25, 0.25]])
    (np.float64(1.0), np.float64(0.0))
    """
    fn = "mutual_information"
    unit = unit_of(base, fn)
    table, result = _table(joint, fn, normalize)
    x, y, given = roles(table.ndim, fn, x=x, y=y, given=chosen(given))
    both = marginal(table, x + y + given)
    return result.type(flat("kl_divergence", both, independent(both, x, y, given), unit))


def information_gain(parent, children, /, *, base=None, workers=None):
    """Entropy that splitting a set takes away: what a decision tree maximizes.

    ``H(parent) - sum_k n_k / n H(children_k)``

    Parameters
    ----------
    parent : array_like, shape (..., n_classes)
        How many of each class, or their weights.
    children : array_like, shape (..., n_children, n_classes)
        The same of each part; parts sum to the parent. Batch axes, for example a split each, broadcast.
    base : float, optional
        Of the logarithm, as in `entropy`.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    scalar, or ndarray of the batch
        At least 0.

    Raises
    ------
    ValueError
        Negative counts, children that do not sum to their parent, an empty parent, shapes that do not fit.
    TypeError
        Data that are not real numbers.

    See Also
    --------
    information_gain_from_samples : of labels and a feature.

    Notes
    -----
    The `mutual_information` of class and part, in one pass over all splits.

    Examples
    --------
    >>> from mathcore.information import information_gain
    >>> information_gain([9, 5], [[2, 3], [4, 0], [3, 2]], base=2).round(4)
    np.float64(0.2467)
    """
    fn = "information_gain"
    workers = _validate.check_workers(workers, fn)
    unit = unit_of(base, fn)
    arrays = []
    for name, a, ndim in (("parent", parent, 1), ("children", children, 2)):
        a = _validate.as_array(a, fn, name)
        _validate.real_dtype(a.dtype, fn, name)
        _validate.at_least_dims(a, ndim, fn, name)
        a = a.astype(np.float64)
        if (bad := np.argwhere(~((a >= 0) & np.isfinite(a)))).size:
            where = tuple(map(int, bad[0]))
            raise ValueError(f"{fn}: {name}{list(where)} is no count; expected finite and 0 or more, got {a[where]}")
        arrays.append(a)
    whole, parts = arrays
    if whole.shape[-1] != parts.shape[-1]:
        raise ValueError(f"{fn}: children does not fit parent; expected {whole.shape[-1]} classes, got shapes "
                         f"{whole.shape} and {parts.shape}")
    batch = _validate.broadcast_batch(whole.shape[:-1], parts.shape[:-2], fn, "parent and children")
    together = np.broadcast_to(parts.sum(axis=-2), (*batch, whole.shape[-1]))
    slack = 8 * max(parts.shape[-2], 1) * np.finfo(np.float64).eps * np.broadcast_to(whole, together.shape)
    if (off := np.argwhere(np.abs(together - whole) > slack)).size:
        where = tuple(map(int, off[0]))
        raise ValueError(f"{fn}: children do not sum to parent; expected "
                         f"{np.broadcast_to(whole, together.shape)[where]:g} of class {where[-1]}, "
                         f"got {together[where]:g}")
    total = whole.sum(axis=-1)
    if not (total > 0).all():
        raise ValueError(f"{fn}: parent is empty; expected at least one count, got {whole.tolist()}")
    shares = parts / total[..., None, None]
    expected = shares.sum(axis=-1, keepdims=True) * shares.sum(axis=-2, keepdims=True)
    size = int(np.prod(batch))
    cells = parts.shape[-2] * parts.shape[-1]
    p, q = (np.ascontiguousarray(np.broadcast_to(a, (*batch, *parts.shape[-2:]))).reshape(size, cells)
            for a in (shares, expected))
    value = np.empty(size)
    _rows.rows(_rows.KINDS["kl_divergence"], p, q, NO_CHECK, NO_CHECK, unit, value, workers, fn)
    return value.reshape(batch)[()]
