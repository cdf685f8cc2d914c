"""Jacobians and Hessians."""

import numpy as np

from mathcore.autodiff import _run
from mathcore.autodiff._dispatch import shape_of
from mathcore.autodiff.derivatives import derived, gradient_and_aux

__all__ = ["hessian", "jacfwd", "jacobian", "jacrev"]


def jacfwd(f, argnums=0, has_aux=False):
    """Jacobian by forward mode: all columns in one pass.

    Parameters
    ----------
    f : callable
        Of floating arrays and numbers, or of tuples, lists and dictionaries of them, nested; written in NumPy or
        mathcore.
    argnums : int or tuple of ints, optional
        Which positional arguments to differentiate by; for a tuple the result is a tuple.
    has_aux : bool, optional
        Whether `f` returns a pair (value, aux); aux is handed through.

    Returns
    -------
    callable
        With f's signature; returns an array of shape f(x).shape + x.shape, in the structure of f's result, and within
        it of the argument. With `has_aux` in a pair with aux.

    Raises
    ------
    TypeError
        An argument that is no floating number or array, a NumPy function without a rule (named, with what to do), a
        traced value that is to become a plain number (math.sin, a plain array's element).
    ValueError
        `argnums` out of range.

    Notes
    -----
    Error a few eps. Every operation is done once for the value and once for all directions together, at most 32 MB of
    them at a time. Cost: about n times f's, of n numbers in the argument; best for n below the number of results.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.autodiff import jacfwd
    >>> jacfwd(lambda x: np.array([x[0] * x[1], x[0] ** 2]))(np.array([3.0, 2.0]))
    array([[2., 3.],
           [6., 0.]])
    """
    return derived(f, argnums, "jacfwd", lambda arguments: _forward(arguments, has_aux))


def jacrev(f, argnums=0, has_aux=False):
    """Jacobian by reverse mode: a row for each sweep.

    Parameters
    ----------
    f : callable
        Of floating arrays and numbers, or of tuples, lists and dictionaries of them, nested; written in NumPy or
        mathcore.
    argnums : int or tuple of ints, optional
        Which positional arguments to differentiate by; for a tuple the result is a tuple.
    has_aux : bool, optional
        Whether `f` returns a pair (value, aux); aux is handed through.

    Returns
    -------
    callable
        With f's signature; returns an array of shape f(x).shape + x.shape, in the structure of f's result, and within
        it of the argument. With `has_aux` in a pair with aux.

    Raises
    ------
    TypeError
        An argument that is no floating number or array, a NumPy function without a rule (named, with what to do), a
        traced value that is to become a plain number (math.sin, a plain array's element).
    ValueError
        `argnums` out of range.

    Notes
    -----
    Error a few eps. Cost: one evaluation and a sweep for each of the m numbers in the result; best for few results.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.autodiff import jacrev
    >>> jacrev(lambda x: np.array([x[0] * x[1], x[0] ** 2]))(np.array([3.0, 2.0]))
    array([[2., 3.],
           [6., 0.]])
    """
    return derived(f, argnums, "jacrev", lambda arguments: _backward(_run.Recorded(arguments, has_aux), has_aux))


def jacobian(f, argnums=0, has_aux=False):
    """Jacobian, by the mode that costs less.

    Reverse mode where the argument holds four times as many numbers as the result, else forward mode.

    Parameters
    ----------
    f : callable
        Of floating arrays and numbers, or of tuples, lists and dictionaries of them, nested; written in NumPy or
        mathcore.
         It may be called twice.
    argnums : int or tuple of ints, optional
        Which positional arguments to differentiate by; for a tuple the result is a tuple.
    has_aux : bool, optional
        Whether `f` returns a pair (value, aux); aux is handed through.

    Returns
    -------
    callable
        With f's signature; returns an array of shape f(x).shape + x.shape, in the structure of f's result, and within
        it of the argument. With `has_aux` in a pair with aux.

    Raises
    ------
    TypeError
        An argument that is no floating number or array, a NumPy function without a rule (named, with what to do), a
        traced value that is to become a plain number (math.sin, a plain array's element).
    ValueError
        `argnums` out of range.

    Notes
    -----
    Error a few eps. Cost: `jacfwd`, `jacrev`.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.autodiff import jacobian
    >>> jacobian(lambda x: np.array([x[0] * x[1], np.sin(x[0])]))(np.array([0.0, 2.0]))
    array([[2., 0.],
           [1., 0.]])
    """
    def compute(arguments):
        recorded = _run.Recorded(arguments, has_aux)
        n_results, n_arguments = (sum(map(_run.size_of, x)) for x in (recorded.values, arguments.leaves))
        if 4 * n_results <= n_arguments or n_results <= 1:      # a sweep beside a direction among others: 4 to 10 times
            return _backward(recorded, has_aux)
        return _forward(arguments, has_aux)
    return derived(f, argnums, "jacobian", compute)


def _forward(arguments, has_aux):
    """One column for each number in the arguments, many in one pass."""
    leaves = arguments.leaves
    n = sum(map(_run.size_of, leaves))
    step = max(1, min(n, _run.CHUNK // max(1, max(map(_run.size_of, leaves)))))
    columns = []
    for start in range(0, max(n, 1), step):
        stop = min(n, start + step)
        values, tangents, aux, build = _run.pushed(arguments, _run.basis(leaves, start, stop), has_aux, stop - start)
        columns.append([np.zeros((stop - start, *shape_of(v)), getattr(v, "dtype", None)) if t is None else t
                        for t, v in zip(tangents, values, strict=True)])
    for v in values:
        _run.real_leaf(v, arguments.fn, "no real numbers")
    found = []
    for k, v in enumerate(values):
        whole = columns[0][k] if len(columns) == 1 else np.concatenate([c[k] for c in columns])
        blocks, first = [], 0
        for x in leaves:
            part = np.moveaxis(whole[first:first + _run.size_of(x)], 0, -1)
            blocks.append(_compact(np.reshape(part, shape_of(v) + shape_of(x))))
            first += _run.size_of(x)
        found.append(arguments.answer(blocks))
    answer = build(found)
    return (answer, aux) if has_aux else answer


def _compact(x):
    if isinstance(x, np.ndarray):
        return np.ascontiguousarray(x) if x.ndim else x[()]
    return x


def _backward(recorded, has_aux):
    """One row for each number in the results, a sweep each."""
    arguments, found = recorded.arguments, []
    for k, v in enumerate(recorded.values):
        _run.real_leaf(v, arguments.fn, "no real numbers")
        rows = []
        for i in range(_run.size_of(v)):
            unit = np.zeros(shape_of(v), getattr(v, "dtype", np.float64))
            unit.reshape(-1)[i] = 1
            cotangents = [None] * len(recorded.values)
            cotangents[k] = unit if unit.ndim else unit.item() if isinstance(v, float) else unit[()]
            rows.append(recorded.back(cotangents))
        blocks = [np.reshape(np.stack([row[j] for row in rows]) if rows else np.zeros((0, *shape_of(x))),
                             shape_of(v) + shape_of(x)) for j, x in enumerate(arguments.leaves)]
        found.append(arguments.answer([b[()] if isinstance(b, np.ndarray) else b for b in blocks]))
    answer = recorded.build(found)
    return (answer, recorded.aux) if has_aux else answer


def hessian(f, argnums=0, has_aux=False):
    """Hessian of a function of many numbers that returns one.

    Forward over reverse mode: the directions go through the gradient together.

    Parameters
    ----------
    f : callable
        Returns one number.
    argnums : int or tuple of ints, optional
        Which positional arguments to differentiate by; for a tuple the result is a tuple.
    has_aux : bool, optional
        Whether `f` returns a pair (value, aux); aux is handed through.

    Returns
    -------
    callable
        With f's signature; returns an array of shape x.shape + x.shape, in the structure of the argument, twice. With
        `has_aux` in a pair with aux.

    Raises
    ------
    TypeError
        An argument that is no floating number or array, a NumPy function without a rule (named, with what to do), a
        traced value that is to become a plain number (math.sin, a plain array's element).
    ValueError
        A result that is no single number, `argnums` out of range.

    Notes
    -----
    Error a few eps of the terms' absolute sum. Cost: about 2 n times f's, in few calls: each operation of the gradient
    is done once for the value and once for all n directions.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.autodiff import hessian
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0]))
    array([[6., 2.],
           [2., 0.]])
    """
    fn = "hessian"

    def gradient(*args, **kwargs):
        return gradient_and_aux(_run.Arguments(f, argnums, args, kwargs, fn), has_aux)

    def compute(arguments):
        return _forward(_run.Arguments(gradient, argnums, arguments.args, arguments.kwargs, fn), has_aux)
    return derived(f, argnums, fn, compute)
