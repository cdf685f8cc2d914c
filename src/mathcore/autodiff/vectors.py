"""Jacobians and Hessians times vectors, without the matrices."""

import numpy as np

from mathcore.autodiff import _run, _tree
from mathcore.autodiff._dispatch import shape_of
from mathcore.autodiff.derivatives import filled, value_and_gradient

__all__ = ["directional_derivative", "hvp", "jvp", "vjp"]


def jvp(f, primals, tangents, has_aux=False):
    """Value, and Jacobian times a vector: forward mode.

    Parameters
    ----------
    f : callable
        Of as many positional arguments as `primals` holds.
    primals : tuple
        Where.
    tangents : tuple
        A direction for each argument, of its structure and shapes.
    has_aux : bool, optional
        Whether `f` returns a pair (value, aux).

    Returns
    -------
    tuple
        (f(*primals), the tangent of the result), and aux.

    Raises
    ------
    TypeError
        As `grad`; primals or tangents that are no tuples.
    ValueError
        Tangents of another number or shape than the arguments.

    Notes
    -----
    Error a few eps. Cost: 2 to 3 evaluations of f, no memory beyond them.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.autodiff import jvp
    >>> jvp(np.sin, (0.0,), (2.0,))
    (np.float64(0.0), np.float64(2.0))
    """
    fn = "jvp"
    return _jvp(f, primals, tangents, has_aux, fn)


def _jvp(f, primals, tangents, has_aux, fn):
    _run.function(f, fn)
    for name, x in (("primals", primals), ("tangents", tangents)):
        if not isinstance(x, tuple | list):
            raise TypeError(f"{fn}: {name} is no tuple; expected one entry for each argument of f, got "
                            f"{type(x).__name__}")
    if len(primals) != len(tangents):
        raise ValueError(f"{fn}: primals and tangents differ in length; expected as many tangents, got {len(primals)} "
                         f"and {len(tangents)}")
    arguments = _run.Arguments(f, tuple(range(len(primals))), tuple(primals), {}, fn)
    directions = _like(tuple(tangents), arguments.leaves, fn, "tangents")
    values, found, aux, build = _run.pushed(arguments, directions, has_aux)
    result = build(values), build([filled(t, v, fn) for t, v in zip(found, values, strict=True)])
    return (*result, aux) if has_aux else result


def _like(tree, leaves, fn, name):
    """The leaves of `tree`, in the types of `leaves`; their shapes must agree."""
    found, paths, _ = _tree.flatten(tree)
    if len(found) != len(leaves):
        raise ValueError(f"{fn}: {name} has another structure; expected {len(leaves)} arrays or numbers, "
                         f"got {len(found)}")
    fitted = []
    for x, t, path in zip(leaves, found, paths, strict=True):
        if shape_of(t) != shape_of(x):
            raise ValueError(f"{fn}: {name}{path} has the wrong shape; expected {shape_of(x)}, got {shape_of(t)}")
        if isinstance(x, float):
            fitted.append(float(t) if not hasattr(t, "owner") else t)
        elif hasattr(t, "owner") or not hasattr(x, "dtype"):
            fitted.append(t)
        else:
            fitted.append(np.asarray(t).astype(x.dtype, copy=False)[()])
    return fitted


def vjp(f, *primals, has_aux=False):
    """Value, and a function that multiplies with the transposed Jacobian: reverse mode.

    Parameters
    ----------
    f : callable
        Of the arguments `primals`.
    *primals
        Where.
    has_aux : bool, optional
        Whether `f` returns a pair (value, aux).

    Returns
    -------
    tuple
        (f(*primals), pullback), and aux. ``pullback(cotangent)``, for a cotangent of the result's structure and shapes,
        gives a tuple with one cotangent for each argument; it may be called again.

    Raises
    ------
    TypeError
        As `grad`.
    ValueError
        In the pullback: a cotangent of another structure or shape than the result.

    Notes
    -----
    Error a few eps. Cost: as `value_and_grad`; the record lives as long as the pullback. Arrays
    that f computed with, and that are not its arguments, must not change until then.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.autodiff import vjp
    >>> value, pullback = vjp(lambda x, y: x * y, 3.0, 4.0)
    >>> pullback(1.0)
    (np.float64(4.0), np.float64(3.0))
    """
    fn = "vjp"
    _run.function(f, fn)
    arguments = _run.Arguments(f, tuple(range(len(primals))), primals, {}, fn)
    recorded = _run.Recorded(arguments, has_aux)

    def pullback(cotangent):
        return arguments.answer(recorded.back(_like(cotangent, recorded.values, fn, "cotangent")))

    return (recorded.value(), pullback, recorded.aux) if has_aux else (recorded.value(), pullback)


def hvp(f, x, v):
    """Hessian times a vector, without the Hessian.

    Parameters
    ----------
    f : callable
        Of one argument; returns one number.
    x : array, number or tree of them
        Where.
    v : as `x`
        The vector.

    Returns
    -------
    as `x`
        ``H(x) v``.

    Raises
    ------
    TypeError, ValueError
        As `grad` and `jvp`.

    Notes
    -----
    Forward over reverse mode. Error a few eps of the terms' absolute sum. Cost: about twice a gradient.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.autodiff import hvp
    >>> hvp(lambda x: x[0] ** 2 * x[1], np.array([1.0, 3.0]), np.array([1.0, 0.0]))
    array([6., 2.])
    """
    fn = "hvp"
    _run.function(f, fn)
    return _jvp(lambda y: value_and_gradient(_run.Arguments(f, 0, (y,), {}, fn))[1], (x,), (v,), False, fn)[1]


def directional_derivative(f, x, v):
    """Derivative along a direction: ``d/dt f(x + t v)`` at t = 0.

    Parameters
    ----------
    f : callable
        Of one argument.
    x : array, number or tree of them
        Where.
    v : as `x`
        The direction; its length counts.

    Returns
    -------
    ndarray or scalar
        In the structure of f's result.

    Raises
    ------
    TypeError, ValueError
        As `jvp`.

    Notes
    -----
    Forward mode; error and cost: `jvp`.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.autodiff import directional_derivative
    >>> directional_derivative(np.sum, np.zeros(3), np.array([1.0, 2.0, 3.0]))
    np.float64(6.0)
    """
    return _jvp(f, (x,), (v,), False, "directional_derivative")[1]
