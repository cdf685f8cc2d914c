"""Functions that only move elements, put them in order, make arrays like another, or only look."""

import numpy as np

from mathcore._kernels.tape import Traced, is_traced, primal
from mathcore.autodiff._dispatch import CREATORS, FUNCTIONS, METHODS, handles, into, lifted, plain
from mathcore.autodiff.rules.structure import COPY, UNGET, getitem, positions, setitem

# ------------------------------------------------------------------ rearrangement: what a function does with places

def _gathered(operands, places, fill=False):
    """The elements of all operands, flattened and joined, at `places`; 0 at place -1 where `fill`."""
    flat = [np.ravel(x) for x in operands]
    flat = flat[0] if len(flat) == 1 else np.concatenate(flat)
    if isinstance(places, list | tuple):
        return type(places)(_gathered(operands, p, fill) for p in places)
    found = getitem(flat, np.maximum(places, 0) if fill else places)
    return np.where(places < 0, 0.0, found) if fill else found


def rearrangement(*functions, operands=1, fill=False, method=None):
    """Functions that only move elements: done with the elements' places, which then choose."""
    for function in functions:
        def rule(*args, function=function, **kwargs):
            if operands == "list":
                xs, rest = [lifted(x) for x in args[0]], args[1:]
            else:
                xs, rest = [lifted(x) for x in args[:operands]], [primal(a) for a in args[operands:]]
            places, start = [], int(fill)
            for x in xs:
                places.append(start + positions(np.shape(x)))
                start += places[-1].size
            out = kwargs.pop("out", None)
            kwargs = {key: primal(value) for key, value in kwargs.items()}
            found = function(places, *rest, **kwargs) if operands == "list" else function(*places, *rest, **kwargs)
            return into(out, _gathered(xs, found - 1 if fill else found, fill), name=function.__name__)
        handles(function, method=method)(rule)


rearrangement(np.roll, np.flip, np.fliplr, np.flipud, np.rot90, np.tile, np.take_along_axis, np.resize, np.delete,
              np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit)
rearrangement(np.fft.fftshift, np.fft.ifftshift)
rearrangement(np.repeat, method="repeat")
rearrangement(np.take, method="take")
rearrangement(np.diagonal, method="diagonal")
rearrangement(np.linalg.diagonal)
rearrangement(np.diag, np.diagflat, np.tril, np.triu, fill=True)
if hasattr(np, "unstack"):
    rearrangement(np.unstack)


@handles(np.compress, method="compress")
def compress(condition, a, axis=None, out=None):
    if type(condition) is Traced:        # as a method the array comes first
        condition, a = a, condition
    return _gathered([a], np.compress(condition, positions(a.shape), axis))


@handles(np.extract)
def extract(condition, arr):
    return np.ravel(arr)[np.flatnonzero(primal(condition))]


@handles(np.insert)
def insert(arr, obj, values, axis=None):
    arr, values = lifted(arr), lifted(values)
    places = positions(np.shape(arr))
    return _gathered([arr, values], np.insert(places, obj, places.size + positions(np.shape(values)), axis))


@handles(np.block)
def block(arrays):
    leaves = []

    def places(a):
        if isinstance(a, list):
            return [places(x) for x in a]
        start = sum(map(np.size, leaves))
        leaves.append(a)
        return start + positions(np.shape(a))

    found = np.block(places(arrays))
    return _gathered(leaves, found)


@handles(np.choose)
def choose(a, choices, out=None, mode="raise"):
    xs = np.broadcast_arrays(primal(a), *choices)
    return _gathered(xs[1:], np.choose(primal(a), [i * xs[0].size + positions(xs[0].shape) for i in range(len(xs) - 1)],
                                       mode=mode))


@handles(np.meshgrid)
def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    return [_gathered([lifted(x)], p) for x, p in zip(
        xi, np.meshgrid(*(positions((np.size(x),)) for x in xi), sparse=sparse, indexing=indexing), strict=True)]


@handles(np.pad)
def pad(array, pad_width, mode="constant", **kwargs):
    if mode not in ("constant", "edge", "reflect", "symmetric", "wrap"):
        raise TypeError(f"pad: no derivative is known for mode {mode!r}; expected constant, edge, reflect, symmetric "
                        "or wrap for a traced value")
    if mode != "constant":
        return _gathered([array], np.pad(positions(array.shape), pad_width, mode, **kwargs))
    inner = _gathered([array], np.pad(positions(array.shape) + 1, pad_width) - 1, fill=True)
    return inner + np.pad(np.zeros(array.shape), pad_width, **kwargs) if kwargs else inner


# ------------------------------------------------------------------ order

def _ordered(function):
    def rule(a, *args, axis=-1, **kwargs):
        """The elements in the order of the plain values."""
        a, kwargs = lifted(a), {key: value for key, value in kwargs.items() if value is not None}
        if axis is None:
            a, axis = np.ravel(a), -1
        return np.take_along_axis(a, function(primal(a), *args, axis=axis, **kwargs), axis)
    return rule


_sort, _partition = _ordered(np.argsort), _ordered(np.argpartition)


@handles(np.sort)
def sort(a, axis=-1, kind=None, order=None, *, stable=None):
    return _sort(a, axis=axis, kind=kind, stable=stable)


@handles(np.partition)
def partition(a, kth, axis=-1, kind="introselect", order=None):
    return _partition(a, kth, axis=axis, kind=kind)


METHODS["sort"] = lambda x, axis=-1, **kwargs: setitem(x, Ellipsis, sort(x, axis, **kwargs))


@handles(np.unique)
def unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, **kwargs):
    found = np.unique(primal(ar), True, return_inverse, return_counts, axis, **kwargs)
    chosen = np.ravel(ar)[found[1]] if axis is None else np.take(ar, found[1], axis)
    rest = found[1:] if return_index else found[2:]
    return (chosen, *rest) if rest else chosen


@handles(np.bincount)
def bincount(x, weights=None, minlength=0):
    places = primal(x)
    if weights is None:
        return np.bincount(places, None, minlength)
    n = max(minlength, int(np.max(places, initial=-1)) + 1)
    return UNGET(lifted(weights), index=places, shape=(n,), dtype=np.dtype(np.float64))


@handles(np.histogram)
def histogram(a, bins=10, range=None, density=None, weights=None):  # noqa: A002  NumPy's names
    if is_traced(weights):
        raise TypeError("histogram: no derivative is known by its weights; expected constants, got a traced value. Use "
                        "np.digitize and np.bincount")
    return np.histogram(primal(a), primal(bins), range, density, weights)


# ------------------------------------------------------------------ arrays like another; what only looks

def _constant(function):
    def rule(like, *args, **kwargs):
        """A traced constant: it may be assigned to."""
        return like.owner.constant(function(*args, **kwargs))
    return rule


for _f in (np.zeros_like, np.ones_like, np.empty_like, np.full_like):
    FUNCTIONS[_f] = lambda x, *args, _f=_f, **kwargs: _constant(_f)(
        x, primal(x), *map(primal, args), **kwargs) if type(x) is Traced else _f(x, *map(primal, args), **kwargs)
for _f in (np.zeros, np.ones, np.empty, np.eye, np.identity, np.arange, np.full):
    CREATORS[_f] = _constant(_f)
for _f in (np.array, np.asarray, np.asanyarray, np.ascontiguousarray):
    CREATORS[_f] = lambda like, x, *args, _f=_f, **kwargs: COPY(lifted(x)) if is_traced(x) else _constant(_f)(
        like, x, *args, **kwargs)

for _f in (np.argmax, np.argmin, np.argsort, np.nanargmax, np.nanargmin, np.argpartition):
    handles(_f, method=_f.__name__)(plain(_f))
for _f in (np.all, np.any, np.round, np.nonzero, np.searchsorted):
    handles(_f, method=_f.__name__)(plain(_f))
for _f in (np.shape, np.ndim, np.size, np.argwhere, np.flatnonzero, np.count_nonzero, np.isclose, np.allclose,
           np.array_equal, np.array_equiv, np.around, np.fix, np.lexsort, np.digitize, np.isin, np.result_type,
           np.iscomplexobj, np.isrealobj, np.iscomplex, np.isreal, np.isneginf, np.isposinf, np.may_share_memory,
           np.shares_memory, np.array2string, np.array_repr, np.array_str, np.linalg.matrix_rank,
           np.unravel_index, np.diag_indices_from, np.tril_indices_from,
           np.triu_indices_from, np.common_type, np.can_cast, np.min_scalar_type, np.histogram_bin_edges):
    handles(_f)(plain(_f))
