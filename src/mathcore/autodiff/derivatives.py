"""Derivatives of functions of one number, and gradients."""

import functools

import numpy as np

from mathcore.autodiff import _run
from mathcore.autodiff._dispatch import shape_of

__all__ = ["derivative", "elementwise_grad", "grad", "value_and_grad"]


def derived(f, argnums, fn, compute):
    """compute(arguments) of each call, as a function with f's signature."""
    _run.function(f, fn)
    _run.positions(argnums, fn)

    @functools.wraps(f)
    def call(*args, **kwargs):
        return compute(_run.Arguments(f, argnums, args, kwargs, fn))

    call.__name__ = call.__qualname__ = f"{fn}({getattr(f, '__name__', 'f')})"
    return call


def _scalar(recorded):
    """The one number that f returned."""
    fn = recorded.arguments.fn
    if len(recorded.values) != 1 or recorded.build([0]) != 0:
        raise TypeError(f"{fn}: f returned {type(recorded.value()).__name__}; expected one number; for a pair (value, "
                        "aux) give has_aux=True")
    value = _run.real_leaf(recorded.values[0], fn, "no real number")
    if shape_of(value) != ():
        raise ValueError(f"{fn}: f returned an array of shape {shape_of(value)}; expected one number. Reduce it "
                         "(np.sum, np.mean), or take jacobian, or elementwise_grad for a function of each element")
    return value


def value_and_grad(f, argnums=0, has_aux=False):
    """Value and gradient of a function of many numbers that returns one.

    Reverse mode: one pass forward, which records, one back.

    Parameters
    ----------
    f : callable
        Of floating arrays and numbers, or of tuples, lists and dictionaries of them, nested; written in NumPy or
        mathcore.
         Returns one number.
    argnums : int or tuple of ints, optional
        Which positional arguments to differentiate by; for a tuple the result is a tuple.
    has_aux : bool, optional
        Whether `f` returns a pair (value, aux); aux is handed through.

    Returns
    -------
    callable
        With f's signature; returns (value, gradient), the gradient in the structure of the argument. With `has_aux` the
        value is a pair with aux.

    Raises
    ------
    TypeError
        An argument that is no floating number or array, a NumPy function without a rule (named, with what to do), a
        traced value that is to become a plain number (math.sin, a plain array's element).
    ValueError
        A result that is no single number, `argnums` out of range.

    Notes
    -----
    Exact: the derivative of the arithmetic itself; error: a few eps of the sum of the absolute terms. Where there is no
    derivative the conventions are JAX's: 0 for the absolute value at 0, half for each of two equals in a maximum.
    Behind ``np.where``, ``np.maximum`` and their kin a branch that was not taken adds 0, even where its own slope is
    infinite or NaN. The bits are the same from run to run.
    Cost: 2 to 4 evaluations of f; memory: its intermediate results.
    In-place assignment, views, control flow and recursion are traced. A traced value stands in for an array without
    being one: a plain array cannot hold it (``np.zeros_like(x)`` makes one that can), ``isinstance(x, np.ndarray)`` is
    False.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.autodiff import value_and_grad
    >>> value_and_grad(lambda x: np.sum(x ** 2))(np.array([1.0, 2.0]))
    (np.float64(5.0), array([2., 4.]))
    """
    return derived(f, argnums, "value_and_grad", lambda arguments: value_and_gradient(arguments, has_aux))


def value_and_gradient(arguments, has_aux=False):
    """(value, gradient), the value in a pair with aux."""
    recorded = _run.Recorded(arguments, has_aux)
    value = _scalar(recorded)
    seed = 1.0 if isinstance(value, float) else np.ones_like(value)[()]
    gradient = arguments.answer(recorded.back([seed]))
    return ((value, recorded.aux) if has_aux else value), gradient


def grad(f, argnums=0, has_aux=False):
    """Gradient of a function of many numbers that returns one.

    Parameters
    ----------
    f : callable
        Of floating arrays and numbers, or of tuples, lists and dictionaries of them, nested; written in NumPy or
        mathcore.
         Returns one number.
    argnums : int or tuple of ints, optional
        Which positional arguments to differentiate by; for a tuple the result is a tuple.
    has_aux : bool, optional
        Whether `f` returns a pair (value, aux); aux is handed through.

    Returns
    -------
    callable
        With f's signature; returns the gradient, in the structure of the argument: arrays of its shape and type. With
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
    Error, cost and conventions: `value_and_grad`. It nests: ``grad(grad(f))``.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.autodiff import grad
    >>> grad(lambda x: (x - 3) ** 2)(5.0)
    np.float64(4.0)
    >>> grad(lambda p, x: np.sum(np.tanh(x @ p["w"] + p["b"])))({"w": np.zeros(2), "b": 0.0}, np.eye(2))
    {'w': array([1., 1.]), 'b': np.float64(2.0)}
    """
    return derived(f, argnums, "grad", lambda arguments: gradient_and_aux(arguments, has_aux))


def gradient_and_aux(arguments, has_aux):
    """The gradient, in a pair with aux where there is one."""
    value, gradient = value_and_gradient(arguments, has_aux)
    return (gradient, value[1]) if has_aux else gradient


def elementwise_grad(f, argnums=0, has_aux=False):
    """Derivative of a function of each element, for every element of an array.

    Parameters
    ----------
    f : callable
        Element i of its result depends on element i of the argument alone; else the columns of the
        Jacobian are summed.
    argnums : int or tuple of ints, optional
        Which positional arguments to differentiate by; for a tuple the result is a tuple.
    has_aux : bool, optional
        Whether `f` returns a pair (value, aux); aux is handed through.

    Returns
    -------
    callable
        With f's signature; returns an array of the argument's shape. With `has_aux` in a pair with aux.

    Raises
    ------
    TypeError
        An argument that is no floating number or array, a NumPy function without a rule (named, with what to do), a
        traced value that is to become a plain number (math.sin, a plain array's element).
    ValueError
        `argnums` out of range.

    Notes
    -----
    Error and cost: `value_and_grad`.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.autodiff import elementwise_grad
    >>> elementwise_grad(np.square)(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    def compute(arguments):
        recorded = _run.Recorded(arguments, has_aux)
        for value in recorded.values:
            _run.real_leaf(value, arguments.fn, "no real numbers")
        gradient = arguments.answer(recorded.back([np.ones_like(v) if shape_of(v) else 1.0 for v in recorded.values]))
        return (gradient, recorded.aux) if has_aux else gradient
    return derived(f, argnums, "elementwise_grad", compute)


def derivative(f, argnums=0, has_aux=False):
    """Derivative of a function of one number.

    Parameters
    ----------
    f : callable
        Of a number; returns a number or arrays.
    argnums : int or tuple of ints, optional
        Which positional arguments to differentiate by; for a tuple the result is a tuple.
    has_aux : bool, optional
        Whether `f` returns a pair (value, aux); aux is handed through.

    Returns
    -------
    callable
        With f's signature; returns f', in the structure of f's result. With `has_aux` in a pair with aux.

    Raises
    ------
    TypeError
        An argument that is no floating number or array, a NumPy function without a rule (named, with what to do), a
        traced value that is to become a plain number (math.sin, a plain array's element).
    ValueError
        An argument that is no single number, `argnums` out of range.

    Notes
    -----
    Forward mode: error a few eps, cost 2 to 3 evaluations of f, no memory beyond them. It nests.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.autodiff import derivative
    >>> derivative(np.sin)(0.0)
    np.float64(1.0)
    >>> derivative(derivative(lambda x: x ** 3))(2.0)
    np.float64(12.0)
    """
    fn = "derivative"

    def compute(arguments):
        found = []
        for i, x in enumerate(arguments.leaves):
            if shape_of(x) != ():
                raise ValueError(f"{fn}: argument {arguments.numbers[0]} is an array of shape {shape_of(x)}; expected "
                                 "one number; for arrays take jacobian, or elementwise_grad for a function of each "
                                 "element")
            tangents = [None] * len(arguments.leaves)
            tangents[i] = 1.0 if isinstance(x, float) else np.ones_like(x)[()]
            values, slopes, aux, build = _run.pushed(arguments, tangents, has_aux)
            found.append(build([filled(t, v, fn) for t, v in zip(slopes, values, strict=True)]))
        answer = arguments.answer(found)
        return (answer, aux) if has_aux else answer
    return derived(f, argnums, fn, compute)


def filled(t, value, fn):
    """A tangent, zeros for None, as NumPy's numbers."""
    _run.real_leaf(value, fn, "no real numbers")
    if t is None:
        t = np.zeros_like(value) if shape_of(value) else 0.0
    return np.float64(t) if type(t) is float else t[()] if isinstance(t, np.ndarray) and t.ndim == 0 else t
