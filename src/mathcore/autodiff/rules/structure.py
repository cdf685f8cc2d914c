"""Functions that move, choose and copy elements: shapes, indexing, assignment, joining, sorting."""

import operator

import numpy as np

from mathcore._kernels import tape
from mathcore._kernels.tape import Primitive, Traced, is_traced, primal
from mathcore.autodiff._dispatch import METHODS, UFUNCS, aligned, handles, lifted, sum_to

# ------------------------------------------------------------------ views: the part's elements are the whole's


class Item:
    """The part x[index]."""

    def __init__(self, index):
        self.index = index

    def put(self, x, value):
        x[self.index] = value

    def read(self, x):
        return getitem(x, self.index)

    def write(self, x, value):
        setitem(x, self.index, value)


class View:
    """The part function(x), a view of an array."""

    def __init__(self, function):
        self.function = function

    def put(self, x, value):
        self.function(x)[...] = value

    def read(self, x):
        return self.function(x)

    def write(self, x, value):
        store(x, self, value)


def viewing(result, x, place):
    """`result` as a view of x, where NumPy's would be one."""
    if type(result) is Traced and type(x) is Traced and result is not x:
        part = primal(result)
        if isinstance(part, np.ndarray) and part.base is not None and np.may_share_memory(part, primal(x)):
            tape.look_into(result, x, place)
    return result


def _view(function):
    """A rule whose result looks into its operand."""
    def call(x, *args, **kwargs):
        return viewing(function(x, *args, **kwargs), x, View(lambda y: function(y, *args, **kwargs)))
    return call


# ------------------------------------------------------------------ x[index]

def is_basic(index):
    """Numbers, slices, None and Ellipsis: no element of x twice, a view."""
    if type(index) is int or type(index) is slice:
        return True
    items = index if isinstance(index, tuple) else (index,)
    return all(i is None or i is Ellipsis or isinstance(i, int | np.integer | slice) and not isinstance(i, bool)
               for i in items)


def positions(shape):
    """The place of each element in the flattened array."""
    return np.arange(int(np.prod(shape))).reshape(shape)


def _add_at(total, g, x, index):
    """total[index] += g, in place."""
    if total is None:
        total = np.zeros(x.shape, x.dtype)
    if is_basic(index):
        total[index] += g
    else:
        np.add.at(total, index, g)
    return total


def _behind_axis(index, shape):
    """(index, shape) of the same elements behind a leading axis."""
    if is_basic(index):
        return (slice(None), *(index if isinstance(index, tuple) else (index,))), shape
    return (slice(None), positions(shape)[index]), (int(np.prod(shape)),)


def _getitem_batched(tangents, values, options):
    t, = tangents
    index, shape = _behind_axis(options["index"], t.shape[1:])
    return getitem(np.reshape(t, (-1, *shape)), index)


GETITEM = Primitive("getitem", lambda x, index: x[index],
                    (lambda g, out, x, index: UNGET(g, index=index, shape=x.shape, dtype=x.dtype),),
                    light=True, linear="together", batched=_getitem_batched, accumulate=_add_at)


def _unget_batched(tangents, values, options):
    t, = tangents
    index, shape = _behind_axis(options["index"], options["shape"])
    found = UNGET(t, index=index, shape=(t.shape[0], *shape), dtype=options["dtype"])
    return np.reshape(found, (t.shape[0], *options["shape"]))


UNGET = Primitive("getitem's transpose", lambda g, index, shape, dtype: _add_at(np.zeros(shape, dtype), g, None, index),
                  (lambda h, out, g, index, shape, dtype: getitem(h, index),), light=True, linear="together",
                  batched=_unget_batched)


def _tidy(index):
    """An index without traced values in it."""
    if isinstance(index, tuple):
        return tuple(map(_tidy, index))
    if is_traced(index):
        index = primal(index)
    return np.asarray(index) if isinstance(index, list) else index


@handles(method="__getitem__")
def getitem(x, index):
    if type(index) is not int and type(index) is not slice:
        index = _tidy(index)
    if type(x) is not Traced:
        return x[index]
    result = GETITEM(x, index=index)
    return viewing(result, x, Item(index)) if type(index) is not int and is_basic(index) or x.ndim > 1 else result


# ------------------------------------------------------------------ x[index] = value

def _stored(x, value, place):
    out = np.array(x, order="C")         # of which every reshape is a view
    place.put(out, value)
    return out


def _taken(g, out, x, value, place):
    """The cotangent of the elements that the value reached; of those written twice, the last writer's."""
    part = place.read(g)
    if isinstance(place, Item) and not is_basic(place.index):
        writer = np.full(x.shape, -1)
        count = np.arange(part.size).reshape(part.shape)
        writer[place.index] = count
        part = np.where(writer[place.index] == count, part, 0.0)
    return sum_to(part, value.shape)


def _store_batched(tangents, values, options):
    t, v = tangents
    place = options["place"]
    ndim = np.ndim(place.read(np.empty(t.shape[1:])))
    return np.stack([STORE(t[i], np.broadcast_to(v[i], v.shape[1:][-ndim:] if ndim else ()), place=place)
                     for i in range(t.shape[0])])


STORE = Primitive("setitem", _stored, (lambda g, out, x, value, place: STORE(g, 0.0, place=place), _taken),
                  light=True, linear="together", batched=_store_batched)


def store(x, place, value):
    """x with `value` at `place`, from now on."""
    value = lifted(value)
    if type(value) is not Traced:
        value = np.asarray(value)
    into = tape.assigned(STORE, x, value, place)
    tape.rebind(x, STORE(x, value, place=place) if into is None else into, True)


@handles(method="__setitem__")
def setitem(x, index, value):
    store(x, Item(_tidy(index)), value)


@handles(method="fill")
def fill(x, value):
    setitem(x, Ellipsis, value)


def _add_at_index(x, index, value):
    """numpy.add.at: repeated places add up."""
    if type(x) is not Traced:
        raise TypeError("add.at: a plain array cannot hold a traced value; expected a traced array, as np.zeros_like "
                        "of a traced value makes one")
    index = _tidy(index)
    value = np.broadcast_to(value, np.shape(primal(x)[index]))
    tape.rebind(x, x + UNGET(value, index=index, shape=x.shape, dtype=x.dtype))


UFUNCS[np.add, "at"] = _add_at_index


@handles(np.copyto)
def copyto(dst, src, casting="same_kind", where=True):
    if type(dst) is not Traced:
        raise TypeError("copyto: a plain array cannot hold a traced value; expected a traced dst, as np.zeros_like of "
                        "a traced value makes one")
    setitem(dst, Ellipsis, src if where is True else np.where(where, src, dst))


def _repeated(values, shape):
    """Values again and again, as many as there are places."""
    return np.resize(lifted(values), shape) if np.ndim(values) else values


@handles(np.fill_diagonal)
def fill_diagonal(a, val, wrap=False):
    if wrap:
        raise TypeError("fill_diagonal: no derivative is known with wrap=True; expected False for a traced value")
    n = min(a.shape)
    setitem(a, np.diag_indices(n, a.ndim), _repeated(val, n))


@handles(np.put, method="put")
def put(a, ind, v, mode="raise"):
    places = np.ravel(primal(ind))
    setitem(a, np.unravel_index(places, a.shape), _repeated(v, places.size))


@handles(np.place)
def place(arr, mask, vals):
    mask = np.asarray(primal(mask), dtype=bool)
    setitem(arr, mask, _repeated(vals, np.count_nonzero(mask)))


@handles(np.putmask)
def putmask(a, mask, values):
    """Each place takes the value at its own number, not the next one."""
    setitem(a, Ellipsis, np.where(primal(mask), _repeated(values, a.shape), a))


@handles(np.put_along_axis)
def put_along_axis(arr, indices, values, axis):
    setitem(arr, np.unravel_index(np.take_along_axis(positions(arr.shape), primal(indices), axis), arr.shape), values)


# ------------------------------------------------------------------ shapes

def _whole_shape(shape, size):
    shape = (shape,) if isinstance(shape, int | np.integer) else tuple(shape)
    if -1 in shape:
        known = int(np.prod([n for n in shape if n != -1]))
        shape = tuple((size // known if known else 0) if n == -1 else n for n in shape)
    return shape


RESHAPE = Primitive("reshape", lambda x, shape: np.reshape(x, shape),
                    (lambda g, out, x, shape: np.reshape(g, x.shape),),
                    light=True, linear="together",
                    batched=lambda ts, values, options: np.reshape(ts[0], (len(ts[0]), *options["shape"])))
TRANSPOSE = Primitive("transpose", lambda x, axes: np.transpose(x, axes),
                      (lambda g, out, x, axes: np.transpose(g, np.argsort(axes)),), light=True, linear="together",
                      batched=lambda ts, values, options: np.transpose(ts[0], (0, *(1 + i for i in options["axes"]))))
BROADCAST = Primitive("broadcast_to", lambda x, shape: np.broadcast_to(x, shape),
                      (lambda g, out, x, shape: sum_to(g, x.shape),), light=True, linear="together",
                      batched=lambda ts, values, options: np.broadcast_to(
                          aligned(ts[0], np.ndim(ts[0]) - 1, len(options["shape"])), (len(ts[0]), *options["shape"])))


@_view
def _reshaped(x, shape):
    return RESHAPE(x, shape=_whole_shape(shape, x.size))


@_view
def _transposed(x, axes):
    return TRANSPOSE(x, axes=tuple(axes))


@handles(np.reshape)
def reshape(a, shape, order="C", *, copy=None):
    if order == "F":
        shape = _whole_shape(shape, a.size)
        return np.transpose(_reshaped(np.transpose(a), shape[::-1]))
    return _reshaped(a, shape)


METHODS["reshape"] = lambda x, *shape, order="C": np.reshape(
    x, shape[0] if len(shape) == 1 and not isinstance(shape[0], int | np.integer) else shape, order=order)


@handles(np.ravel, method="ravel")
def ravel(a, order="C"):
    return reshape(a, (-1,), order="F" if order == "F" else "C")


METHODS["flatten"] = lambda x, order="C": np.copy(ravel(x, order))


@handles(np.transpose, np.permute_dims)
def transpose(a, axes=None):
    return _transposed(a, range(a.ndim)[::-1] if axes is None else [operator.index(i) % a.ndim for i in axes])


METHODS["transpose"] = lambda x, *axes: transpose(
    x, None if not axes or axes[0] is None else axes if isinstance(axes[0], int | np.integer) else axes[0])


@handles(np.swapaxes, method="swapaxes")
def swapaxes(a, axis1, axis2):
    axes = list(range(a.ndim))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return _transposed(a, axes)


@handles(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x):
    return swapaxes(x, -1, -2)


@handles(np.moveaxis)
def moveaxis(a, source, destination):
    source, destination = ([i % a.ndim for i in np.atleast_1d(axes).tolist()] for axes in (source, destination))
    order = [i for i in range(a.ndim) if i not in source]
    for to, axis in sorted(zip(destination, source, strict=True)):
        order.insert(to, axis)
    return _transposed(a, order)


@handles(np.rollaxis)
def rollaxis(a, axis, start=0):
    axis, start = axis % a.ndim, start + a.ndim if start < 0 else start
    return moveaxis(a, axis, start - (start > axis))


def _by_shape(function):
    """Functions that only insert or drop axes of length 1: told from the shape of an array that has no memory."""
    def rule(a, *args, **kwargs):
        empty = np.broadcast_to(np.empty(()), a.shape)
        return _reshaped(a, function(empty, *args, **kwargs).shape)
    return rule


handles(np.squeeze, method="squeeze")(_by_shape(np.squeeze))
handles(np.expand_dims)(_by_shape(np.expand_dims))


def _several(function):
    """Of one operand its value, of several a tuple."""
    def rule(*arrays):
        found = [function(lifted(a)) for a in arrays]
        return found[0] if len(found) == 1 else tuple(found)
    return rule


def _at_least(function):
    shaped = _by_shape(function)
    return _several(lambda a: shaped(a) if type(a) is Traced else function(a))


for _f in (np.atleast_1d, np.atleast_2d, np.atleast_3d):
    handles(_f)(_at_least(_f))


@handles(np.broadcast_to)
def broadcast_to(array, shape, subok=False):
    return BROADCAST(array, shape=(shape,) if isinstance(shape, int | np.integer) else tuple(shape))


@handles(np.broadcast_arrays)
def broadcast_arrays(*args, subok=False):
    args = [lifted(a) for a in args]
    shape = np.broadcast_shapes(*map(np.shape, args))
    return tuple(np.broadcast_to(a, shape) for a in args)


COPY = Primitive("copy", lambda x: np.array(x), (lambda g, out, x: g,), light=True, linear="together", batched=True)
ASTYPE = Primitive("astype", lambda x, dtype: np.asarray(x).astype(dtype)[()], (lambda g, out, x, dtype: g,),
                   light=True, linear="together", batched=True)


@handles(np.copy, method="copy")
def copy(a, order="K", subok=False):
    return COPY(a)


@handles(np.astype, method="astype")
def astype(x, dtype, *args, **kwargs):
    """Of a floating type the value, of any other a plain array."""
    return ASTYPE(x, dtype=dtype) if np.dtype(dtype).kind in "fO" else np.asarray(primal(x)).astype(dtype)


METHODS["__copy__"], METHODS["view"] = copy, lambda x, *args: x
METHODS["__deepcopy__"] = lambda x, memo: copy(x)
METHODS["item"] = lambda x, *index: x[np.unravel_index(index[0], x.shape) if len(index) == 1 and
                                      isinstance(index[0], int) else index] if index else _reshaped(x, ())
METHODS["tolist"] = lambda x: [METHODS["tolist"](y) for y in x] if x.ndim else x


@handles(np.linspace)
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, **kwargs):
    if retstep or axis != 0:
        raise TypeError("linspace: no derivative is known with retstep or another axis; expected neither beside a "
                        "traced value")
    start, stop = lifted(start), lifted(stop)
    part = np.linspace(0.0, 1.0, num, endpoint)
    part = np.reshape(part, (-1,) + (1,) * max(np.ndim(start), np.ndim(stop)))
    return start * (1 - part) + stop * part


@handles(np.geomspace)
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    return np.exp(linspace(np.log(start), np.log(stop), num, endpoint, False, dtype, axis))


@handles(np.logspace)
def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    return np.power(base, linspace(start, stop, num, endpoint, False, dtype, axis))


# ------------------------------------------------------------------ choosing, joining

WHERE = Primitive("where", lambda x, y, condition: np.where(condition, x, y),
                  (lambda g, out, x, y, condition: np.where(condition, g, 0.0),
                   lambda g, out, x, y, condition: np.where(condition, 0.0, g)),
                  light=True, linear="together", masks=True,
                  batched=lambda ts, values, options: _where_batched(ts, values, **options))


def _where_batched(tangents, values, condition):
    shape = np.broadcast_shapes(np.shape(condition), *map(np.shape, values))
    return np.broadcast_to(np.where(condition, *(aligned(t, np.ndim(t) - 1, len(shape)) for t in tangents)),
                           (len(tangents[0]), *shape))


@handles(np.where)
def where(condition, *choices):
    condition = primal(condition)
    if not choices:
        return np.where(condition)
    x, y = map(lifted, choices)
    return WHERE(x, y, condition=condition)


@handles(np.select)
def select(condlist, choicelist, default=0):
    result = default
    for condition, choice in list(zip(condlist, choicelist, strict=True))[::-1]:
        result = np.where(condition, choice, result)
    return result


@handles(np.piecewise)
def piecewise(x, condlist, funclist, *args, **kw):
    conditions = [primal(c) for c in (condlist if isinstance(condlist, list | tuple) else [condlist])]
    functions = list(funclist)
    if len(functions) == len(conditions) + 1:
        conditions.append(~np.logical_or.reduce(conditions))
    result = np.zeros_like(x)
    for condition, f in zip(conditions, functions, strict=True):
        result[condition] = f(x[condition], *args, **kw) if callable(f) else f
    return result


def _concatenated_part(k):
    def rule(g, out, *xs, axis):
        start = sum(x.shape[axis] for x in xs[:k])
        return g[(slice(None),) * axis + (slice(start, start + xs[k].shape[axis]),)]
    return rule


CONCATENATE = Primitive("concatenate", lambda *xs, axis: np.concatenate(xs, axis=axis), _concatenated_part, light=True,
                        linear="together",
                        batched=lambda ts, values, options: np.concatenate(ts, axis=options["axis"] + 1))


@handles(np.concatenate)
def concatenate(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
    arrays = [lifted(a) for a in arrays]
    arrays = [a if isinstance(a, Traced | np.ndarray) else np.asarray(a) for a in arrays]
    if axis is None:
        arrays, axis = [np.ravel(a) for a in arrays], 0
    result = CONCATENATE(*arrays, axis=axis % arrays[0].ndim)
    return result if dtype is None else result.astype(dtype)


@handles(np.stack)
def stack(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
    arrays = [lifted(a) for a in arrays]
    return concatenate([np.expand_dims(a, axis) for a in arrays], axis=axis, dtype=dtype)


@handles(np.vstack, getattr(np, "row_stack", None))
def vstack(tup, *, dtype=None, casting="same_kind"):
    return concatenate([np.atleast_2d(a) for a in map(lifted, tup)], dtype=dtype)


@handles(np.hstack)
def hstack(tup, *, dtype=None, casting="same_kind"):
    arrays = [np.atleast_1d(a) for a in map(lifted, tup)]
    return concatenate(arrays, 0 if arrays[0].ndim == 1 else 1, dtype=dtype)


@handles(np.dstack)
def dstack(tup):
    return concatenate([np.atleast_3d(a) for a in map(lifted, tup)], 2)


@handles(np.column_stack)
def column_stack(tup):
    return concatenate([np.reshape(a, (-1, 1)) if np.ndim(a) < 2 else a for a in map(lifted, tup)], 1)


@handles(np.append)
def append(arr, values, axis=None):
    return concatenate([lifted(arr), lifted(values)], axis)
