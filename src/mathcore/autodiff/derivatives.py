"""Derivatives of functions written in plain NumPy: gradients, Jacobians, Hessians, products with them."""

import functools

import numpy as np

from mathcore.autodiff import _run, _tree
from mathcore.autodiff._dispatch import shape_of

__all__ = ["derivative", "directional_derivative", "elementwise_grad", "grad", "hessian", "hvp", "jacfwd", "jacobian",
           "jacrev", "jvp", "value_and_grad", "vjp"]


def _derived(f, fn, compute):
    """compute(args, kwargs) as a function with f's signature."""
    _run.function(f, fn)

    @functools.wraps(f)
    def call(*args, **kwargs):
        return compute(args, kwargs)

    call.__name__ = call.__qualname__ = f"{fn}({getattr(f, '__name__', 'f')})"
    return call


def _scalar(recorded, fn):
    """The one number that f returned."""
    if len(recorded.values) != 1 or recorded.build([0]) != 0:
        raise TypeError(f"{fn}: f returned {type(recorded.value()).__name__}; expected one number; for a pair (value, aux) "
                        "give has_aux=True")
    value = _run.real_leaf(recorded.values[0], fn, "no real number")
    if shape_of(value) != ():
        raise ValueError(f"{fn}: f returned an array of shape {shape_of(value)}; expected one number. Reduce it (np.sum, "
                         "np.mean), or take jacobian, or elementwise_grad for a function of each element")
    return value


def value_and_grad(f, argnums=0, has_aux=False):
    fn = "value_and_grad"
    _run.positions(argnums, fn)

    def compute(args, kwargs):
        return _value_and_grad(f, argnums, has_aux, args, kwargs, fn)
    return _derived(f, fn, compute)


def _value_and_grad(f, argnums, has_aux, args, kwargs, fn):
    arguments = _run.Arguments(f, argnums, args, kwargs, fn)
    recorded = _run.Recorded(arguments, has_aux)
    value = _scalar(recorded, fn)
    seed = 1.0 if isinstance(value, float) else np.ones_like(value)[()]
    gradient = arguments.answer(recorded.back([seed]))
    return ((value, recorded.aux) if has_aux else value), gradient


def grad(f, argnums=0, has_aux=False):
    fn = "grad"
    _run.positions(argnums, fn)

    def compute(args, kwargs):
        value, gradient = _value_and_grad(f, argnums, has_aux, args, kwargs, fn)
        return (gradient, value[1]) if has_aux else gradient
    return _derived(f, fn, compute)


def elementwise_grad(f, argnums=0, has_aux=False):
    fn = "elementwise_grad"
    _run.positions(argnums, fn)

    def compute(args, kwargs):
        arguments = _run.Arguments(f, argnums, args, kwargs, fn)
        recorded = _run.Recorded(arguments, has_aux)
        for value in recorded.values:
            _run.real_leaf(value, fn, "no real numbers")
        gradient = arguments.answer(recorded.back([np.ones_like(v) if shape_of(v) else 1.0 for v in recorded.values]))
        return (gradient, recorded.aux) if has_aux else gradient
    return _derived(f, fn, compute)


def derivative(f, argnums=0, has_aux=False):
    fn = "derivative"
    _run.positions(argnums, fn)

    def compute(args, kwargs):
        arguments = _run.Arguments(f, argnums, args, kwargs, fn)
        found = []
        for i, x in enumerate(arguments.leaves):
            if shape_of(x) != ():
                raise ValueError(f"{fn}: argument {arguments.numbers[0]} is an array of shape {shape_of(x)}; expected one "
                                 "number; for arrays take jacobian, or elementwise_grad for a function of each element")
            tangents = [None] * len(arguments.leaves)
            tangents[i] = 1.0 if isinstance(x, float) else np.ones_like(x)[()]
            values, slopes, aux, build = _run.pushed(arguments, tangents, has_aux)
            found.append(build([_filled(t, v, fn) for t, v in zip(slopes, values, strict=True)]))
        answer = arguments.answer(found)
        return (answer, aux) if has_aux else answer
    return _derived(f, fn, compute)


def _filled(t, value, fn):
    """A tangent, zeros for None, as NumPy's numbers."""
    _run.real_leaf(value, fn, "no real numbers")
    if t is None:
        t = np.zeros_like(value) if shape_of(value) else 0.0
    return np.float64(t) if type(t) is float else t[()] if isinstance(t, np.ndarray) and t.ndim == 0 else t


# ------------------------------------------------------------------ Jacobians

def jacfwd(f, argnums=0, has_aux=False):
    fn = "jacfwd"
    _run.positions(argnums, fn)
    return _derived(f, fn, lambda args, kwargs: _forward(_run.Arguments(f, argnums, args, kwargs, fn), has_aux, fn))


def jacrev(f, argnums=0, has_aux=False):
    fn = "jacrev"
    _run.positions(argnums, fn)

    def compute(args, kwargs):
        arguments = _run.Arguments(f, argnums, args, kwargs, fn)
        return _backward(_run.Recorded(arguments, has_aux), has_aux, fn)
    return _derived(f, fn, compute)


def jacobian(f, argnums=0, has_aux=False):
    fn = "jacobian"
    _run.positions(argnums, fn)

    def compute(args, kwargs):
        arguments = _run.Arguments(f, argnums, args, kwargs, fn)
        recorded = _run.Recorded(arguments, has_aux)
        n_results, n_arguments = (sum(map(_run.size_of, x)) for x in (recorded.values, arguments.leaves))
        if 4 * n_results <= n_arguments or n_results <= 1:      # a sweep beside a direction among others: 4 to 10 times
            return _backward(recorded, has_aux, fn)
        return _forward(arguments, has_aux, fn)
    return _derived(f, fn, compute)


def _forward(arguments, has_aux, fn):
    """One column for each number in the arguments, many in one pass."""
    leaves = arguments.leaves
    n = sum(map(_run.size_of, leaves))
    step = max(1, min(n, _run.CHUNK // max(1, max(map(_run.size_of, leaves)))))
    columns = []
    for start in range(0, n, step):
        stop = min(n, start + step)
        values, tangents, aux, build = _run.pushed(arguments, _run.basis(leaves, start, stop), has_aux, stop - start)
        columns.append([np.zeros((stop - start, *shape_of(v)), getattr(v, "dtype", None)) if t is None else t
                        for t, v in zip(tangents, values, strict=True)])
    for v in values:
        _run.real_leaf(v, fn, "no real numbers")
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


def _backward(recorded, has_aux, fn):
    """One row for each number in the results, a sweep each."""
    arguments, found = recorded.arguments, []
    for k, v in enumerate(recorded.values):
        _run.real_leaf(v, fn, "no real numbers")
        rows = []
        for i in range(_run.size_of(v)):
            cotangents = [0.0] * len(recorded.values)
            unit = np.zeros(shape_of(v), getattr(v, "dtype", np.float64))
            unit.reshape(-1)[i] = 1
            cotangents[k] = unit if unit.ndim else unit.item() if isinstance(v, float) else unit[()]
            seeds = [c if j == k else None for j, c in enumerate(cotangents)]
            rows.append(_of_one(recorded, k, seeds[k]))
        blocks = [np.reshape(np.stack([row[j] for row in rows]) if rows else np.zeros((0, *shape_of(x))),
                             shape_of(v) + shape_of(x)) for j, x in enumerate(arguments.leaves)]
        found.append(arguments.answer([b[()] if isinstance(b, np.ndarray) else b for b in blocks]))
    answer = recorded.build(found)
    return (answer, recorded.aux) if has_aux else answer


def _of_one(recorded, k, cotangent):
    numbers = recorded.numbers
    recorded.numbers = [n if i == k else -1 for i, n in enumerate(numbers)]
    try:
        return recorded.back([cotangent] * len(numbers))
    finally:
        recorded.numbers = numbers


def hessian(f, argnums=0, has_aux=False):
    fn = "hessian"
    _run.positions(argnums, fn)

    def gradient(*args, **kwargs):
        value, found = _value_and_grad(f, argnums, has_aux, args, kwargs, fn)
        return (found, value[1]) if has_aux else found

    return _derived(f, fn, lambda args, kwargs: _forward(_run.Arguments(gradient, argnums, args, kwargs, fn), has_aux, fn))


# ------------------------------------------------------------------ products

def jvp(f, primals, tangents, has_aux=False):
    fn = "jvp"
    return _jvp(f, primals, tangents, has_aux, fn)


def _jvp(f, primals, tangents, has_aux, fn):
    _run.function(f, fn)
    for name, x in (("primals", primals), ("tangents", tangents)):
        if not isinstance(x, tuple | list):
            raise TypeError(f"{fn}: {name} is no tuple; expected one entry for each argument of f, got {type(x).__name__}")
    if len(primals) != len(tangents):
        raise ValueError(f"{fn}: primals and tangents differ in length; expected as many tangents, got {len(primals)} and "
                         f"{len(tangents)}")
    arguments = _run.Arguments(f, tuple(range(len(primals))), tuple(primals), {}, fn)
    directions = _like(tuple(tangents), arguments.leaves, fn, "tangents")
    values, found, aux, build = _run.pushed(arguments, directions, has_aux)
    result = build(values), build([_filled(t, v, fn) for t, v in zip(found, values, strict=True)])
    return (*result, aux) if has_aux else result


def _like(tree, leaves, fn, name):
    """The leaves of `tree`, in the types of `leaves`; their shapes must agree."""
    found, paths, _ = _tree.flatten(tree)
    if len(found) != len(leaves):
        raise ValueError(f"{fn}: {name} has another structure; expected {len(leaves)} arrays or numbers, got {len(found)}")
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
    fn = "vjp"
    _run.function(f, fn)
    arguments = _run.Arguments(f, tuple(range(len(primals))), primals, {}, fn)
    recorded = _run.Recorded(arguments, has_aux)

    def pullback(cotangent):
        return arguments.answer(recorded.back(_like(cotangent, recorded.values, fn, "cotangent")))

    return (recorded.value(), pullback, recorded.aux) if has_aux else (recorded.value(), pullback)


def hvp(f, x, v):
    fn = "hvp"
    _run.function(f, fn)
    return _jvp(lambda y: _value_and_grad(f, 0, False, (y,), {}, fn)[1], (x,), (v,), False, fn)[1]


def directional_derivative(f, x, v):
    return _jvp(f, (x,), (v,), False, "directional_derivative")[1]
