"""Between the tape and the tables of rules: how an operand finds its rule, and how shapes and types are kept."""

import functools
import operator
import sys

import numpy as np

from mathcore._kernels import tape
from mathcore._kernels.tape import Elementwise, Primitive, Traced, is_traced, primal

UFUNCS, FUNCTIONS, METHODS, CREATORS = tape.tables()
LATER = {}                               # name of a module -> what fills in rules of its ufuncs once it is imported
FLAT = set()                             # ufuncs that are constant between jumps: their results are plain


def handles(*functions, method=None):
    """Registers a Python function as what does these NumPy functions with traced operands, and the method."""
    def register(rule):
        for function in functions:
            (UFUNCS if isinstance(function, np.ufunc) else FUNCTIONS)[function] = rule
        if method is not None:
            METHODS[method] = rule
        return rule
    return register


def elementwise(ufunc, *partials, masks=False):
    """The rule of a ufunc by its partial derivatives; a method of its name too, for arrays of objects."""
    rule = Elementwise(ufunc.__name__, ufunc, *partials, masks=masks)
    UFUNCS[ufunc] = rule
    if len(partials) == 1:
        METHODS.setdefault(ufunc.__name__, rule)
    return rule


def plain(function):
    """A function of the plain values: what it gives has no derivative."""
    @functools.wraps(function)
    def call(*args, **kwargs):
        return function(*map(primal, args), **{key: primal(value) for key, value in kwargs.items()})
    call.is_plain = True
    return call


# ------------------------------------------------------------------ shapes and types

def shape_of(x):
    return x.shape if hasattr(x, "shape") else np.shape(x)


def sum_to(c, shape):
    """`c` summed over what broadcasting `shape` made of it."""
    if type(c) is np.ndarray and len(shape) == 1 and c.ndim == 2 and c.shape[1] == shape[0]:
        return np.add.reduce(c, 0)       # a bias, most of the time
    extra = np.ndim(c) - len(shape)
    axes = tuple(range(extra)) + tuple(extra + i for i, n in enumerate(shape) if n == 1 and np.shape(c)[extra + i] != 1)
    if axes:
        c = np.add.reduce(c, axis=axes, keepdims=True) if type(c) is np.ndarray else np.sum(c, axis=axes, keepdims=True)
    return np.reshape(c, shape) if extra else c


def fit_to(c, x):
    """A contribution in the shape and the type of its operand."""
    if type(x) is float:
        if isinstance(c, np.ndarray | np.generic):
            return float(c) if np.ndim(c) == 0 else float(np.sum(c))
        return np.sum(c) if np.ndim(c) else c
    shape, dtype = shape_of(x), getattr(x, "dtype", None)
    if shape_of(c) != shape:
        lacks = np.ndim(c) < len(shape) or np.ndim(c) == len(shape) and np.size(c) == 1
        c = np.broadcast_to(c, shape) if lacks else sum_to(c, shape)
    if dtype is not None and dtype.kind == "f" and getattr(c, "dtype", dtype) != dtype:
        c = c.astype(dtype)
    return c


def masked(g, c):
    """g times a slope, where 0 times infinity is 0: behind a choice a zero cotangent means that nothing depends."""
    zero, value = primal(g), primal(c)
    if np.ndim(value) == 0 and np.ndim(zero) == 0:
        return 0.0 * g if zero == 0 else c
    return c if np.isfinite(value).all() else np.where(np.equal(zero, 0), 0.0, c)


def aligned(t, ndim, result_ndim):
    """Tangents, directions first, of an operand of `ndim` dimensions: as it is broadcast beside the result's."""
    if result_ndim <= ndim:
        return t
    shape = np.shape(t)
    return np.reshape(t, (shape[0],) + (1,) * (result_ndim - ndim) + shape[1:])


def lifted(x):
    """A list or array of objects with traced values in it as one traced value."""
    if not is_traced(x) or type(x) is Traced:
        return x
    items = x.ravel().tolist() if isinstance(x, np.ndarray) else [lifted(y) for y in x]
    shape = x.shape if isinstance(x, np.ndarray) else (len(items),)
    shapes = {shape_of(y) for y in items}
    if len(shapes) > 1:
        raise ValueError(f"mathcore.autodiff: a list holds traced values of different shapes; expected one shape, got "
                         f"{sorted(shapes)}")
    return np.reshape(PACK(*items), shape + shapes.pop())


def _pack(*items):
    return np.stack(items) if np.ndim(items[0]) else np.array(items)


PACK = Primitive("numpy.stack", _pack, lambda k: lambda g, out, *items: g[k], light=True, linear="together",
                 batched=lambda ts, values, options: np.stack(ts, axis=1))


# ------------------------------------------------------------------ forward

def _zeros(values, k, p, batch):
    """Beside tangents that go through together: zeros, or the value of an operand without derivative."""
    x = values[k]
    if not callable(p.vjps) and p.vjps[k] is None:
        return x
    return np.zeros(shape_of(x) if batch < 0 else (batch, *shape_of(x)), getattr(x, "dtype", None) or float)


def _together(p, tangents, values, options, batch):
    if batch >= 0 and p.batched is None:
        return np.stack([_together(p, [t if t is None else t[i] for t in tangents], values, options, -1)
                         for i in range(batch)])
    tangents = [_zeros(values, k, p, batch) if t is None else t for k, t in enumerate(tangents)]
    return p.batched(tangents, values, options) if batch >= 0 and p.batched is not True else p(*tangents, **options)


def _one(p, k, t, values, options, out, batch):
    """What the tangent of operand k adds."""
    if p.linear:
        def rule(t, **options):
            return p(*values[:k], t, *values[k + 1:], **options)
    else:
        def rule(t, **options):
            return p.jvp_of(k)(t, out, *values, **options)
    if batch < 0:
        return rule(t, **options)
    if p.batched is None:
        return np.stack([rule(t[i], **options) for i in range(batch)])
    if p.batched is True:
        return rule(aligned(t, np.ndim(values[k]), max(map(np.ndim, values))), **options)
    return p.batched(k, t, values, options)


def forward(p, tangents, values, options, out, batch):
    """The tangent of p's result."""
    if p.linear == "together":
        return _together(p, tangents, values, options, batch)
    parts = [_one(p, k, t, values, options, out, batch) for k, t in enumerate(tangents)
             if t is not None and (p.linear or p.jvp_of(k) is not None)]
    return functools.reduce(operator.add, parts) if parts else None


# ------------------------------------------------------------------ ufuncs with keywords and methods

def rule_of(ufunc):
    """The rule of a ufunc, from a table that comes with its module if need be."""
    found = UFUNCS.get(ufunc)
    if found is None:
        for module in [m for m in LATER if m in sys.modules]:
            LATER.pop(module)()
        found = UFUNCS.get(ufunc)
    return found


def _unknown(ufunc, method=""):
    name = f"{ufunc.__name__}{method and '.' + method}"
    return TypeError(f"{name}: no derivative is known for this function; expected one with a rule, got a traced value. "
                     "Write it with other NumPy functions, or give its derivative with mathcore.autodiff.custom_rule")


def ufunc_call(ufunc, method, inputs, kwargs):
    """What NumPy's dispatch hands on: a call with keywords, or a method of the ufunc."""
    if method != "__call__":
        handler = UFUNCS.get((ufunc, method)) or UFUNCS.get(method)
        if handler is None:
            raise _unknown(ufunc, method)
        return handler(*inputs, **kwargs) if (ufunc, method) in UFUNCS else handler(ufunc, *inputs, **kwargs)
    out, where, dtype = kwargs.pop("out", None), kwargs.pop("where", True), kwargs.pop("dtype", None)
    if ufunc in FLAT:
        result = plain(ufunc)(*inputs, **kwargs)
    else:
        rule = rule_of(ufunc)
        if rule is None:
            raise _unknown(ufunc)
        kwargs = {key: value for key, value in kwargs.items() if key not in ("casting", "order", "subok")}
        result = rule(*map(lifted, inputs), **kwargs)
    if dtype is not None:
        result = result.astype(dtype)
    return into(out, result, where, ufunc.__name__)


def into(out, result, where=True, name="numpy"):
    """`result`, or `out` that received it where `where` says so."""
    out = out[0] if isinstance(out, tuple) else out
    if out is None:
        if where is not True:
            raise TypeError(f"{name}: where= without out= leaves elements without a value; expected out too")
        return result
    if type(out) is not Traced:
        raise TypeError(f"{name}: out is a plain array, which cannot hold a traced value; expected none, or an array "
                        "made with np.zeros_like of a traced value")
    out[...] = result if where is True else np.where(where, result, out)
    return out


tape.configure(fit_to=fit_to, masked=masked, aligned=aligned, spread_to=np.broadcast_to, lifted=lifted,
               ufunc=ufunc_call, forward=forward, into=into)
