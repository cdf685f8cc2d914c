"""Joint distributions made of tables and of samples, and the checks of probabilities."""

import math
from fractions import Fraction

import numpy as np

from mathcore import _validate
from mathcore.probability.table import EPS, Joint

__all__ = ["joint", "joint_from_samples"]


def _exact(a, fn, name):
    """Whether an array of objects holds whole numbers and fractions alone; TypeError for other objects."""
    if a.dtype != object:
        return False
    for x in a.ravel().tolist():
        if isinstance(x, bool) or not isinstance(x, int | float | Fraction):
            raise TypeError(f"{fn}: {name} holds {x!r}; expected numbers or fractions")
    return all(isinstance(x, int | Fraction) for x in a.ravel().tolist())


def probabilities(x, fn, name):
    """An array of floats, or of fractions, that are finite and not negative."""
    a = _validate.as_array(x, fn, name)
    if not _exact(a, fn, name):
        if a.dtype != object:
            _validate.real_dtype(a.dtype, fn, name)
        a = a.astype(np.float64)
    for where in np.argwhere(~((a >= 0) & (a < math.inf))).tolist()[:1]:
        raise ValueError(f"{fn}: {name}{where or ''} is no probability; expected 0 to 1, got {a[tuple(where)]}")
    return a


def check_total(a, fn, name):
    total = np.sum(a)
    slack = 0 if a.dtype == object else 8 * a.size * EPS
    if not abs(total - 1) <= slack:
        shown = total if isinstance(total, Fraction) else f"{total:.9g}"
        raise ValueError(f"{fn}: {name} sums to {shown}; expected probabilities that sum to 1")


def _names(names, ndim, fn):
    found = tuple(range(ndim)) if names is None else names if isinstance(names, tuple | list) else (names,)
    if len(found) != ndim or len(set(found)) < len(found):
        raise ValueError(f"{fn}: names does not fit the variables; expected {ndim} distinct names, got {names!r}")
    return tuple(found)


def _values(values, names, shape, fn):
    if values is None:
        return tuple(tuple(range(n)) for n in shape)
    if isinstance(values, dict):
        unknown = [name for name in values if name not in names]
        if unknown:
            raise ValueError(f"{fn}: values is for a variable that is none; expected names out of {list(names)}, got "
                             f"{unknown[0]!r}")
        values = [values.get(name, range(n)) for name, n in zip(names, shape, strict=True)]
    elif len(shape) == 1 and len(values) == shape[0] != 1:
        values = [values]
    found = tuple(tuple(v) for v in values)
    if tuple(map(len, found)) != shape or any(len(set(v)) < len(v) for v in found):
        raise ValueError(f"{fn}: values does not fit the table; expected distinct values, as many as {shape}, got "
                         f"{[list(v) for v in found]}")
    return found


def made(fn, arg, table, names=None, values=None, normalize=False):
    """What `joint` says, for the function and argument that ask."""
    if normalize:
        counts = _validate.as_array(table, fn, arg)
        table = counts.astype(object) if counts.dtype.kind in "iu" else counts
    a = probabilities(table, fn, arg)
    _validate.at_least_dims(a, 1, fn, arg)
    if a.size == 0:
        raise ValueError(f"{fn}: {arg} has no outcomes; expected at least one, got shape {a.shape}")
    if normalize:
        total = np.sum(a)
        if not 0 < total < math.inf:
            raise ValueError(f"{fn}: {arg} sums to {total}; expected a positive finite sum under normalize=True")
        a = a / (Fraction(total) if a.dtype == object else total)
    else:
        a = a.copy()
        check_total(a, fn, arg)
    names = _names(names, a.ndim, fn)
    return Joint(a, names, _values(values, names, a.shape, fn))


def joint(table, /, *, names=None, values=None, normalize=False):
    """A joint distribution with named variables, from its table.

    Parameters
    ----------
    table : array_like
        Probabilities that sum to 1, an axis for each variable. Fractions stay fractions, and all that follows is exact.
    names : name or sequence of names, optional
        Of the axes. Default: 0, 1, ...
    values : sequence of sequences, or dict, optional
        The values along each axis, or name -> values. Default: 0, 1, ...
    normalize : bool, optional
        Whether the table is divided by its sum: whole counts become fractions.

    Returns
    -------
    Joint
        With the methods ``marginal``, ``conditional``, ``probability``, ``is_independent``, ``expectation``,
        ``variance``, ``covariance`` and ``correlation``.

    Raises
    ------
    ValueError
        A table that is negative, infinite or NaN, or does not sum to 1 within 8 eps for each element (fractions:
        exactly); names or values that do not fit it.
    TypeError
        Data that are not real numbers.

    Examples
    --------
    >>> from mathcore.probability import joint
    >>> j = joint([[0.27, 0.03], [0.14, 0.56]], names=("weather", "umbrella"),
    ...           values={"weather": ("rain", "sun"), "umbrella": (True, False)})
    >>> j.marginal("weather").table
    array([0.3, 0.7])
    >>> round(j.probability({"umbrella": True}, given={"weather": "rain"}), 12)
    0.9
    >>> j.is_independent("weather", "umbrella")
    False
    """
    return made("joint", "table", table, names, values, normalize)


def joint_from_samples(*samples, names=None):
    """The joint distribution of samples: how often each combination came, in exact fractions.

    Parameters
    ----------
    *samples : array_like, shape (n,)
        Labels of each variable, of any kind that sorts.
    names : name or sequence of names, optional
        Of the variables. Default: 0, 1, ...

    Returns
    -------
    Joint
        Its values are the sorted labels of each variable.

    Raises
    ------
    ValueError
        No samples or numbers of them that differ, NaN, names that do not fit.
    TypeError
        Labels that do not sort.

    Examples
    --------
    >>> from mathcore.probability import joint_from_samples
    >>> j = joint_from_samples(["rain", "sun", "sun", "rain"], [1, 0, 0, 0], names=("weather", "umbrella"))
    >>> j.probability({"umbrella": 1}, given={"weather": "rain"})
    Fraction(1, 2)
    """
    fn = "joint_from_samples"
    if not samples:
        raise ValueError(f"{fn}: samples are missing; expected at least one variable, got 0")
    columns = []
    for i, x in enumerate(samples):
        a = np.asarray(x)
        if a.ndim != 1 or a.size == 0 or a.shape != np.shape(samples[0]):
            raise ValueError(f"{fn}: samples[{i}] does not fit; expected vectors of one length, at least 1, got shapes "
                             f"{np.shape(samples[0])} and {a.shape}")
        if a.dtype.kind in "fc" and (bad := np.flatnonzero(np.isnan(a))).size:
            raise ValueError(f"{fn}: samples[{i}][{bad[0]}] is no label; expected none that is NaN, got {a[bad[0]]}")
        try:
            columns.append(np.unique(a, return_inverse=True))
        except TypeError as error:
            raise TypeError(f"{fn}: samples[{i}] has labels that do not sort; expected one kind, got "
                            f"{error}") from error
    names = _names(names, len(columns), fn)
    shape = tuple(len(values) for values, _ in columns)
    counts = np.zeros(shape, np.int64)
    np.add.at(counts, tuple(codes for _, codes in columns), 1)
    return made(fn, "samples", counts, names, [values.tolist() for values, _ in columns], True)
