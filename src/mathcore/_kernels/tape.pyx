# cython: binding=True
"""Derivatives, the mechanism: values that record what is done with them, and the sweep back over the record. No formula
stands here; mathcore.autodiff.rules has them.

A differentiation under way is a Trace. A Traced value belongs to one and holds the content that the computation would
have seen without it: a number, an array, or a value of a trace begun earlier, for differentiations nest and the latest
begun is the innermost. An operation is done for the innermost trace of its operands: on their contents, by itself
again, which serves the traces outside; then it is recorded.
"""

from functools import update_wrapper
from types import MethodType

import numpy as np

cimport cython
cimport numpy as cnp
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_Check, PyFloat_CheckExact, PyFloat_FromDouble
from cpython.list cimport PyList_GET_ITEM
from cpython.object cimport PyObject
from libc.math cimport isfinite

from mathcore._kernels.arrays cimport usable
from mathcore._kernels.finite cimport finite
from mathcore._kernels.runtime cimport F32, F64

cnp.import_array()
cnp.import_ufunc()

cdef extern from "Python.h":
    Py_ssize_t Py_REFCNT(PyObject *o)

cdef extern from "numpy/ufuncobject.h":
    ctypedef void (*Loop "PyUFuncGenericFunction")(char **, const cnp.npy_intp *, const cnp.npy_intp *, void *) noexcept
    ctypedef struct UFunc "PyUFuncObject":
        int nin
        int nout
        int nargs
        Loop *functions
        void **data
        int ntypes
        const char *types

cdef object strong_type = np.float64

# What the tables of rules fill in (configure); here they are only called.
cdef dict UFUNCS = {}                    # ufunc -> what does it with traced operands
cdef dict FUNCTIONS = {}                 # numpy function -> the same
cdef dict METHODS = {}                   # name of an array's method -> function of the array
cdef object fit = None                   # (contribution, operand) -> the contribution in the operand's shape and type
cdef object where_zero = None            # (g, product) -> the product, 0 where g is
cdef object align = None                 # (tangents, ndim of the operand, of the result) -> as the operand broadcasts
cdef object spread = None                # (tangents, shape) -> broadcast to that
cdef object lift = None                  # array or list that holds traced values -> one traced value
cdef object general_ufunc = None         # a ufunc with keywords or methods
cdef object push = None                  # tangents through what is no function of each element
cdef dict CREATORS = {}                  # numpy function that was called with like= -> (like, *args, **kwargs)
cdef long long started = 0               # traces begun so far


def configure(*, fit_to, masked, aligned, spread_to, lifted, ufunc, forward):
    """What the dispatch lends to the mechanism."""
    global fit, where_zero, align, spread, lift, general_ufunc, push
    fit, where_zero, align, spread, lift = fit_to, masked, aligned, spread_to, lifted
    general_ufunc, push = ufunc, forward


def tables():
    """(of ufuncs, of functions, of methods, of functions with like=): the rules fill them in."""
    return UFUNCS, FUNCTIONS, METHODS, CREATORS


# ------------------------------------------------------------------ traces

cdef class Trace:
    """A differentiation under way. Closed at its end: values of it that are used later have no derivative to record."""
    cdef readonly long long level
    cdef public bint closed

    def __cinit__(self):
        global started
        started += 1
        self.level = started

    def record(self, Primitive p, tuple args, tuple values, dict options, out):
        raise NotImplementedError


cdef class Reverse(Trace):
    """The tape: what was done, in order."""
    cdef readonly list nodes
    cdef public bint masked              # something chose among elements: then a zero cotangent means no dependence

    def __cinit__(self):
        self.nodes = []

    def variable(self, content):
        """A value to differentiate by."""
        self.nodes.append(None)
        return new_traced(content, self, len(self.nodes) - 1)

    def constant(self, content):
        return new_traced(content, self, -1)


cdef class Forward(Trace):
    """Tangents beside values; `batch` directions at a time as the first axis of every tangent, or one where it is -1."""
    cdef readonly Py_ssize_t batch

    def __cinit__(self, Py_ssize_t batch=-1):
        self.batch = batch

    def variable(self, content, tangent):
        cdef Traced x = new_traced(content, self, -1)
        x.tangent = tangent
        return x

    def constant(self, content):
        return new_traced(content, self, -1)


@cython.freelist(512)
@cython.no_gc                            # holds contents, which belong to outer traces: no way back to its own
cdef class Node:
    cdef Primitive p
    cdef tuple args                      # contents of the operands, or their Specs
    cdef dict options
    cdef object out
    cdef Py_ssize_t first, second        # operands' nodes, -1 for constants
    cdef tuple more                      # all of them, where there may be more than two


cdef class Spec:
    """Shape and type of an operand whose numbers a rule does not need."""
    cdef readonly tuple shape
    cdef readonly object dtype

    def __init__(self, shape, dtype):
        self.shape, self.dtype = shape, dtype

    @property
    def ndim(self):
        return len(self.shape)


cdef Spec spec_of(object x):
    if type(x) is Spec:
        return <Spec>x
    if PyFloat_Check(x):
        return Spec((), np.dtype(np.float64))
    return Spec(np.shape(x), getattr(x, "dtype", None))


# ------------------------------------------------------------------ values

@cython.freelist(512)
cdef class Traced:
    """Stands for an array or a number whose derivatives are taken: NumPy's functions, methods and operators apply.

    Attributes
    ----------
    content : number, ndarray or Traced
        What the computation would have seen without this differentiation; constant to it.
    """
    cdef object held                     # a float where it is float64 of no dimension
    cdef bint strong                     # numpy.float64, not Python's float: it decides the type beside float32 arrays
    cdef readonly Trace owner
    cdef Py_ssize_t node
    cdef public object tangent
    cdef bint owned                      # the array is nobody else's: assignment may write into it
    cdef Traced base                     # the value that this one looks into, and
    cdef object place                    # where
    cdef Py_ssize_t seen, version        # the base's version when this was read; own changes

    @property
    def content(self):
        refresh(self)
        return peel(self)

    @property
    def number(self):
        """Index on the tape, -1 for a constant."""
        return self.node

    # ---------------- NumPy's protocols

    def __array_ufunc__(self, ufunc, str method, *inputs, **kwargs):
        if method == "__call__" and not kwargs:
            p = UFUNCS.get(ufunc)
            if type(p) is Elementwise:
                if (<Elementwise>p).nin == 1:
                    return unary(<Elementwise>p, inputs[0])
                return binary(<Elementwise>p, inputs[0], inputs[1])
        return general_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function, types, args, kwargs):
        rule = FUNCTIONS.get(function)
        if rule is None and function in CREATORS:
            return CREATORS[function](self, *args, **kwargs)
        if rule is None:
            name = f"{getattr(function, '__module__', 'numpy')}.{getattr(function, '__name__', function)}"
            raise TypeError(f"{name}: no derivative is known for this function; expected one with a rule, got a traced "
                            "value. Write it with other NumPy functions, or give its derivative with "
                            "mathcore.autodiff.custom_rule")
        return rule(*args, **kwargs)

    def __array__(self, dtype=None, copy=None):
        """Elements one by one, in an array of objects: what numpy.array and numpy.asarray make of a traced value."""
        cdef cnp.ndarray out
        if dtype is not None and np.dtype(dtype) != np.dtype(object):
            raise TypeError(f"numpy.asarray: a traced value cannot become an array of {np.dtype(dtype)}, its derivative "
                            "would be lost; expected no dtype there. Leave the conversion out: a traced value is an "
                            "array already, and x.astype keeps the derivative")
        out = np.empty(self.shape, object)
        if out.ndim == 0:
            out[()] = self
        else:
            for i in np.ndindex(self.shape):
                out[i] = self[i]
        return out

    def __float__(self):
        raise TypeError("float: a traced value cannot become a plain number, its derivative would be lost; expected an "
                        "operation with a rule. Use numpy's functions for math's (np.sin for math.sin); to fill an array "
                        "element by element make it with np.zeros_like(x) or np.zeros(shape, like=x); "
                        "x.content is the number, as a constant")

    def __complex__(self):
        return self.__float__()

    def __int__(self):
        return int(primal(self))

    def __index__(self):
        raise TypeError("index: a traced value is no index; expected integers, got a traced value; int(x.content) is one")

    def __bool__(self):
        return bool(primal(self))

    def __getattr__(self, str name):
        method = METHODS.get(name)
        if method is None:
            raise AttributeError(f"a traced value has no attribute {name!r}; expected one of an array's that have a "
                                 "derivative rule")
        return Bound(method, self)

    def __len__(self):
        shape = self.shape
        if not shape:
            raise TypeError("len() of unsized object")
        return shape[0]

    def __iter__(self):
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return iter([self[i] for i in range(len(self))])

    def __repr__(self):
        return f"Traced({self.content!r})"

    def __format__(self, spec):
        return format(primal(self), spec)

    # ---------------- what an array tells of itself

    @property
    def shape(self):
        refresh(self)
        return () if PyFloat_CheckExact(self.held) else self.held.shape

    @property
    def ndim(self):
        return len(self.shape)

    @property
    def size(self):
        return 1 if PyFloat_CheckExact(self.held) else self.held.size

    @property
    def dtype(self):
        return np.dtype(np.float64) if PyFloat_CheckExact(self.held) else self.held.dtype

    @property
    def T(self):
        return METHODS["transpose"](self)

    @property
    def mT(self):
        return METHODS["swapaxes"](self, -1, -2)

    @property
    def real(self):
        return self

    @property
    def imag(self):
        return METHODS["imag"](self)

    @property
    def flat(self):
        return METHODS["ravel"](self)

    # ---------------- operators

    def __add__(self, other):
        return binary(op_add, self, other)

    def __radd__(self, other):
        return binary(op_add, other, self)

    def __sub__(self, other):
        return binary(op_subtract, self, other)

    def __rsub__(self, other):
        return binary(op_subtract, other, self)

    def __mul__(self, other):
        return binary(op_multiply, self, other)

    def __rmul__(self, other):
        return binary(op_multiply, other, self)

    def __truediv__(self, other):
        return binary(op_divide, self, other)

    def __rtruediv__(self, other):
        return binary(op_divide, other, self)

    def __pow__(self, other, modulo):
        return binary(op_power, self, other)

    def __rpow__(self, other, modulo):
        return binary(op_power, other, self)

    def __mod__(self, other):
        return np.remainder(self, other)

    def __rmod__(self, other):
        return np.remainder(other, self)

    def __floordiv__(self, other):
        return np.floor_divide(self, other)

    def __rfloordiv__(self, other):
        return np.floor_divide(other, self)

    def __divmod__(self, other):
        return np.floor_divide(self, other), np.remainder(self, other)

    def __matmul__(self, other):
        return np.matmul(self, other)

    def __rmatmul__(self, other):
        return np.matmul(other, self)

    def __neg__(self):
        return unary(op_negative, self)

    def __pos__(self):
        return self

    def __abs__(self):
        return unary(op_absolute, self)

    def __round__(self, digits=0):
        return np.round(primal(self), digits)

    def __lt__(self, other):
        return primal(self) < primal(other)

    def __le__(self, other):
        return primal(self) <= primal(other)

    def __gt__(self, other):
        return primal(self) > primal(other)

    def __ge__(self, other):
        return primal(self) >= primal(other)

    def __eq__(self, other):
        return primal(self) == primal(other)

    def __ne__(self, other):
        return primal(self) != primal(other)

    __hash__ = None

    # ---------------- elements; change in place

    def __getitem__(self, index):
        return METHODS["__getitem__"](self, index)

    def __setitem__(self, index, value):
        METHODS["__setitem__"](self, index, value)

    def __iadd__(self, other):
        return in_place(self, binary(op_add, self, other))

    def __isub__(self, other):
        return in_place(self, binary(op_subtract, self, other))

    def __imul__(self, other):
        return in_place(self, binary(op_multiply, self, other))

    def __itruediv__(self, other):
        return in_place(self, binary(op_divide, self, other))

    def __ipow__(self, other):
        return in_place(self, binary(op_power, self, other))


@cython.freelist(64)
cdef class Bound:
    """A method of a traced value."""
    cdef object function
    cdef object x

    def __cinit__(self, function, x):
        self.function, self.x = function, x

    def __call__(self, *args, **kwargs):
        return self.function(self.x, *args, **kwargs)


cdef inline Traced new_traced(object content, Trace trace, Py_ssize_t node):
    cdef Traced x = Traced.__new__(Traced)
    x.owner, x.node = trace, node
    hold(x, content)
    return x


cdef inline void hold(Traced x, object content):
    if type(content) is strong_type:
        x.held, x.strong = PyFloat_FromDouble(PyFloat_AS_DOUBLE(content)), True
    else:
        x.held, x.strong = content, False


cdef inline object peel(Traced x):
    return strong_type(x.held) if x.strong else x.held


cdef inline int refresh(Traced x) except -1:
    """A view whose base has changed is read again; a value of a closed trace may not be read."""
    cdef Traced fresh
    if x.owner.closed:
        raise ValueError("mathcore.autodiff: a traced value was used after its differentiation had ended; expected it to "
                         "stay inside the function, got one kept from an earlier call (in a global, a list, an "
                         "attribute). Return it, with has_aux=True for what is no result")
    if x.base is not None:
        refresh(x.base)
        if x.seen != x.base.version:
            fresh = x.place.read(x.base)
            x.held, x.strong, x.node, x.tangent, x.owned = fresh.held, fresh.strong, fresh.node, fresh.tangent, False
            x.seen = x.base.version
            x.version += 1
    return 0


def primal(x):
    """The plain number or array under all traces; lists and tuples element by element."""
    while type(x) is Traced:
        refresh(<Traced>x)
        x = peel(<Traced>x)
    if isinstance(x, (list, tuple)) and any(type(y) is Traced for y in x):
        return [primal(y) for y in x]
    if isinstance(x, np.ndarray) and x.dtype == object:
        return np.array([primal(y) for y in x.ravel()]).reshape(x.shape)
    return x


def is_traced(x):
    """Whether x is, or as a list or an array of objects holds, a traced value."""
    if type(x) is Traced:
        return True
    if isinstance(x, (list, tuple)):
        return any([is_traced(y) for y in x])
    return isinstance(x, np.ndarray) and x.dtype == object and any([type(y) is Traced for y in x.flat])


def innermost(*args):
    """The latest begun trace among the operands, or None."""
    return top_of(args)


def valued(content, Trace trace):
    """A value of a trace: a constant, until it is given a tangent."""
    return new_traced(content, trace, -1)


def look_into(Traced x, Traced base, place):
    """x as the part of base that `place` says: what is assigned to the one shows in the other."""
    x.base, x.place, x.seen = base, place, base.version
    return x


def view_of(Traced x):
    """(base, place) of a view, or None."""
    return None if x.base is None else (x.base, x.place)


def rebind(Traced x, Traced new, bint owned=False):
    """Makes x the value `new`: what an assignment in place comes to. An array that is `owned` may be written next time."""
    refresh(x)
    x.held, x.strong, x.owner, x.node, x.tangent, x.owned = new.held, new.strong, new.owner, new.node, new.tangent, owned
    x.version += 1
    if x.base is not None:
        x.place.write(x.base, x)
        x.seen = x.base.version
    return x


def assigned(Primitive p, Traced x, value, place):
    """x with `value` at `place`, written into its own array, where nobody else holds that; else None."""
    if not (type(x.owner) is Reverse and x.owned and cnp.PyArray_CheckExact(x.held)
            and Py_REFCNT(<PyObject *>x.held) == 1):
        return None
    content = value
    if type(value) is Traced:
        refresh(<Traced>value)
        content = peel(<Traced>value)
        if (<Traced>value).owner is not x.owner or type(content) is Traced:
            return None
    place.put(x.held, content)
    return record_reverse(<Reverse>x.owner, p, (x, value), (x.held, content), {"place": place}, x.held)


cdef object in_place(Traced x, object new):
    """x op= y: every view of x sees it, as with arrays; a number is simply replaced."""
    if not x.shape:
        return new
    if type(new) is Traced and (<Traced>new).shape == x.shape:
        if new.dtype != x.dtype:
            new = METHODS["astype"](new, x.dtype)
        return rebind(x, new)
    METHODS["__setitem__"](x, Ellipsis, new)             # says which shapes do not fit
    return x


# ------------------------------------------------------------------ functions of ours

def by_rule(name, *args, **kwargs):
    """A function that found traced operands by itself, behind its fast path, by its rule."""
    return FUNCTIONS[name](*args, **kwargs)


cdef class differentiable:
    """A public function that has a rule: traced arguments go there, others straight to the function."""
    cdef object function
    cdef dict __dict__

    def __init__(self, function):
        self.function = function
        update_wrapper(self, function)

    def __call__(self, *args, **kwargs):
        for x in args:
            if cnp.PyArray_CheckExact(x):
                if cnp.PyArray_TYPE(<cnp.ndarray>x) != cnp.NPY_OBJECT:
                    continue
            if is_traced(x):
                return FUNCTIONS[self](*args, **kwargs)
        if kwargs:
            for x in kwargs.values():
                if is_traced(x):
                    return FUNCTIONS[self](*args, **kwargs)
        return self.function(*args, **kwargs)

    def __get__(self, instance, owner):
        return self if instance is None else MethodType(self, instance)

    def __repr__(self):
        return f"<function {self.__qualname__}>"

    def __reduce__(self):
        return self.__qualname__


# ------------------------------------------------------------------ operations

cdef class Primitive:
    """An operation with a rule: `function` does it on plain values, `vjps[k]` (g, out, *operands, **options) takes a
    cotangent back to operand k, None where it has no derivative; a function of k where the operands are many.

    `linear` "together": tangents go through the function itself in their operands' places, zeros in the others'; "each":
    one at a time, beside the other operands (a product). Otherwise `jvps[k]` (t, out, *operands, **options) takes one.
    `batched` says how a leading axis of directions goes through those: True, as it is; a function of (tangents, values,
    options) where together, else of (k, tangent, values, options); None: one direction after the other. Where `light`, the rules need only shapes and types of
    operands, and no result. `accumulate` (sum or None, g, operand, **options) adds a cotangent in place.
    """
    cdef readonly str name
    cdef readonly object function
    cdef public object vjps, jvps, linear
    cdef public bint light, masks
    cdef public object batched, accumulate

    def __init__(self, name, function, vjps=(), jvps=(), *, light=False, linear=None, masks=False, batched=None,
                 accumulate=None):
        self.name, self.function, self.vjps, self.jvps = name, function, vjps, jvps
        self.light, self.linear, self.masks, self.batched = light, linear, masks, batched
        self.accumulate = accumulate

    def __call__(self, *args, **options):
        return apply(self, args, options)

    def __repr__(self):
        return f"<rule of {self.name}>"

    def vjp_of(self, Py_ssize_t k):
        """The rule of operand k."""
        return self.vjps(k) if callable(self.vjps) else self.vjps[k]

    def jvp_of(self, Py_ssize_t k):
        return self.jvps(k) if callable(self.jvps) else self.jvps[k]


cdef class Elementwise(Primitive):
    """A function of each element, by its partial derivatives: `partials[k]` (*operands, out), or 0, 1, -1."""
    cdef readonly tuple partials
    cdef readonly int nin
    cdef Loop loop                       # NumPy's own for float64, called straight: the bits of the ufunc
    cdef void *data

    def __init__(self, name, function, *partials, masks=False, loop_of=None):
        Primitive.__init__(self, name, function, masks=masks)
        self.partials, self.nin, self.loop = partials, len(partials), NULL
        ufunc = function if loop_of is None else loop_of
        if isinstance(ufunc, np.ufunc):
            self.find_loop(ufunc)

    cdef find_loop(self, ufunc):
        cdef UFunc *u = <UFunc *><PyObject *>ufunc
        cdef int i, j
        cdef bint all_double
        if u.nout != 1 or u.nin != self.nin:
            return
        for i in range(u.ntypes):
            all_double = True
            for j in range(u.nargs):
                all_double = all_double and u.types[i * u.nargs + j] == cnp.NPY_DOUBLE
            if all_double:
                self.loop, self.data = u.functions[i], u.data[i] if u.data != NULL else NULL
                return

    def __call__(self, *args):
        if self.nin == 1:
            return unary(self, args[0])
        if self.nin == 2:
            return binary(self, args[0], args[1])
        return apply(self, args, {})

    cdef bint at_one(self, double x, double *out) noexcept:
        cdef char *args[2]
        cdef cnp.npy_intp n = 1
        cdef cnp.npy_intp steps[2]
        if self.loop == NULL:
            return False
        args[0], args[1] = <char *>&x, <char *>out
        steps[0] = steps[1] = sizeof(double)
        self.loop(args, &n, steps, self.data)
        return isfinite(out[0])          # else the ufunc itself has warnings to give

    cdef bint at_two(self, double x, double y, double *out) noexcept:
        cdef char *args[3]
        cdef cnp.npy_intp n = 1
        cdef cnp.npy_intp steps[3]
        if self.loop == NULL:
            return False
        args[0], args[1], args[2] = <char *>&x, <char *>&y, <char *>out
        steps[0] = steps[1] = steps[2] = sizeof(double)
        self.loop(args, &n, steps, self.data)
        return isfinite(out[0])


cdef Elementwise op_add = None, op_subtract = None, op_multiply = None, op_divide = None, op_power = None
cdef Elementwise op_negative = None, op_absolute = None


def set_operators(add, subtract, multiply, divide, power, negative, absolute):
    global op_add, op_subtract, op_multiply, op_divide, op_power, op_negative, op_absolute
    op_add, op_subtract, op_multiply, op_divide, op_power = add, subtract, multiply, divide, power
    op_negative, op_absolute = negative, absolute


cdef Trace top_of(tuple args):
    cdef Trace top = None
    for x in args:
        if type(x) is Traced:
            if top is None or (<Traced>x).owner.level > top.level:
                top = (<Traced>x).owner
    return top


cdef object unary(Elementwise p, object x):
    cdef Traced t, result
    cdef double out = 0
    if type(x) is not Traced:
        if PyFloat_CheckExact(x) and p.at_one(PyFloat_AS_DOUBLE(x), &out):
            return PyFloat_FromDouble(out)
        if is_traced(x):
            return unary(p, lift(x))
        return p.function(x)
    t = <Traced>x
    if t.base is None and PyFloat_CheckExact(t.held) and type(t.owner) is Reverse and not t.owner.closed \
            and p.at_one(PyFloat_AS_DOUBLE(t.held), &out):
        held = PyFloat_FromDouble(out)
        result = new_traced(held, t.owner, record_one(<Reverse>t.owner, p, t.held, t.node, held))
        result.strong = t.strong or p is not op_negative and p is not op_absolute
        return result
    return apply(p, (x,), None)


cdef object binary(Elementwise p, object x, object y):
    cdef double a = 0, b = 0, out = 0
    cdef bint x_traced = type(x) is Traced, y_traced = type(y) is Traced, strong = False
    cdef Py_ssize_t i = -1, j = -1
    cdef Trace trace = None
    cdef Traced t
    cdef Node node
    xv, yv = x, y
    if x_traced:
        t = <Traced>x
        xv, i, trace, strong = t.held if t.base is None else None, t.node, t.owner, t.strong
    elif not PyFloat_CheckExact(x) and (type(x) is int):
        xv = float(x)
    elif type(x) is strong_type:
        strong = True
    if y_traced:
        t = <Traced>y
        yv, j, strong = t.held if t.base is None else None, t.node, strong or t.strong
        if trace is not None and trace is not t.owner:
            return apply(p, (x, y), None)
        trace = t.owner
    elif not PyFloat_CheckExact(y) and (type(y) is int):
        yv = float(y)
    elif type(y) is strong_type:
        strong = True
    if not (PyFloat_Check(xv) and PyFloat_Check(yv)):
        if trace is None and not (is_traced(x) or is_traced(y)):
            return p.function(x, y)
        return apply(p, (x if x_traced else lift(x), y if y_traced else lift(y)), None)
    if trace is not None and (type(trace) is not Reverse or trace.closed):
        return apply(p, (x, y), None)
    a, b = PyFloat_AS_DOUBLE(xv), PyFloat_AS_DOUBLE(yv)
    if p is op_power and b == 2:         # as arrays do it: a square
        out = a * a
    if not (p is op_power and b == 2 and isfinite(out)) and not p.at_two(a, b, &out):
        return p.function(x, y) if trace is None else apply(p, (x, y), None)
    held = PyFloat_FromDouble(out)
    if trace is None:
        return held
    if i < 0 and j < 0:
        t = new_traced(held, trace, -1)
    else:
        if p.masks:
            (<Reverse>trace).masked = True
        node = Node.__new__(Node)
        node.p, node.args, node.out, node.first, node.second = p, (xv, yv), held, i, j
        (<Reverse>trace).nodes.append(node)
        t = new_traced(held, trace, len((<Reverse>trace).nodes) - 1)
    t.strong = strong
    return t


cdef inline Py_ssize_t record_one(Reverse trace, Primitive p, object value, Py_ssize_t parent, object out):
    cdef Node node
    if parent < 0:
        return -1
    if p.masks:
        trace.masked = True
    node = Node.__new__(Node)
    node.p, node.args, node.out, node.first, node.second = p, (value,), out, parent, -1
    trace.nodes.append(node)
    return len(trace.nodes) - 1


cdef object apply(Primitive p, tuple args, dict options):
    """The operation on any values, for the innermost trace first."""
    cdef Trace trace = top_of(args)
    cdef tuple values
    cdef bint more = False
    if trace is None:
        return p.function(*args, **options) if options else p.function(*args)
    contents = []
    for x in args:
        if type(x) is Traced:
            refresh(<Traced>x)
            if (<Traced>x).owner is trace:
                x = peel(<Traced>x)
            more = more or type(x) is Traced
        contents.append(x)
    values = tuple(contents)
    if more:
        out = apply(p, values, options)
    else:
        out = p.function(*values, **options) if options else p.function(*values)
    if type(trace) is Reverse:
        return record_reverse(<Reverse>trace, p, args, values, options, out)
    if type(trace) is Forward:
        return record_forward(<Forward>trace, p, args, values, options, out)
    return trace.record(p, args, values, options, out)


cdef object record_reverse(Reverse trace, Primitive p, tuple args, tuple values, dict options, out):
    cdef Node node
    cdef Py_ssize_t n = len(args), k
    cdef bint any_node = False
    cdef Traced result
    parents = []
    for x in args:
        k = (<Traced>x).node if type(x) is Traced and (<Traced>x).owner is trace else -1
        any_node = any_node or k >= 0
        parents.append(k)
    if not any_node:
        return new_traced(out, trace, -1)
    if p.masks:
        trace.masked = True
    node = Node.__new__(Node)
    node.p, node.options = p, options
    node.first, node.second = parents[0], parents[1] if n > 1 else -1
    node.more = tuple(parents) if n > 2 else None
    result = new_traced(out, trace, len(trace.nodes))
    if p.light:
        node.args, node.out = tuple([spec_of(v) for v in values]), spec_of(out)
    else:
        node.args = values
        node.out = result.held if result.strong else out
    trace.nodes.append(node)
    return result


cdef object record_forward(Forward trace, Primitive p, tuple args, tuple values, dict options, out):
    cdef Traced result = new_traced(out, trace, -1)
    cdef Py_ssize_t k = 0
    tangents, total, any_tangent = [], None, False
    for x in args:
        t = (<Traced>x).tangent if type(x) is Traced and (<Traced>x).owner is trace else None
        any_tangent = any_tangent or t is not None
        tangents.append(t)
    if not any_tangent:
        return result
    if type(p) is not Elementwise:
        result.tangent = push(p, tangents, values, options or {}, out, trace.batch)
        return result
    for t in tangents:
        if t is not None:
            if trace.batch >= 0:
                t = align(t, np.ndim(values[k]), np.ndim(out))
            part = through(<Elementwise>p, k, t, values, out)
            if part is not None:
                total = part if total is None else total + part
        k += 1
    if total is not None and not PyFloat_CheckExact(out):
        shape = np.shape(out) if trace.batch < 0 else (trace.batch, *np.shape(out))
        if np.shape(total) != shape:
            total = spread(total, shape)
    result.tangent = total
    return result


cdef inline object partial_of(Elementwise p, Py_ssize_t k, tuple args, object out):
    cdef object d = p.partials[k]
    if p.nin == 1:
        return d(args[0], out)
    if p.nin == 2:
        return d(args[0], args[1], out)
    return d(*args, out)


cdef object through(Elementwise p, Py_ssize_t k, object g, tuple args, object out, bint spent=False):
    """g times the partial derivative by operand k, None for zero; into g itself, where that is `spent`."""
    cdef object d = p.partials[k], slope
    if type(d) is int:
        return g if d == 1 else None if d == 0 else -g
    if PyFloat_CheckExact(out):
        try:
            slope = partial_of(p, k, args, out)
            if PyFloat_CheckExact(slope) and PyFloat_CheckExact(g):
                return PyFloat_FromDouble(PyFloat_AS_DOUBLE(g) * PyFloat_AS_DOUBLE(slope))
        except (ZeroDivisionError, OverflowError):
            slope = None
        if slope is None or type(slope) is complex:         # Python's numbers do not divide by zero; NumPy's do
            slope = partial_of(p, k, tuple([strong_type(v) for v in args]), strong_type(out))
    else:
        slope = partial_of(p, k, args, out)
    if cnp.PyArray_CheckExact(slope) and Py_REFCNT(<PyObject *>slope) == 1 and writeable(slope, g):
        slope *= g
        return slope
    if PyFloat_CheckExact(g) and PyFloat_AS_DOUBLE(g) == 1 and cnp.PyArray_CheckExact(slope) \
            and cnp.PyArray_TYPE(<cnp.ndarray>slope) in (cnp.NPY_DOUBLE, cnp.NPY_FLOAT):
        return slope
    if spent and cnp.PyArray_CheckExact(g) and writeable(g, slope):
        g *= slope
        return g
    return g * slope


cdef inline bint writeable(object a, object other):
    """Whether a *= other is a * other: an array with its own memory, other of its shape and type or a number."""
    cdef cnp.ndarray x = <cnp.ndarray>a
    if not (cnp.PyArray_CHKFLAGS(x, cnp.NPY_ARRAY_OWNDATA) and cnp.PyArray_ISWRITEABLE(x)) or cnp.PyArray_NDIM(x) == 0:
        return False
    if PyFloat_CheckExact(other):
        return True
    if not cnp.PyArray_CheckExact(other):
        return False
    return cnp.PyArray_TYPE(x) == cnp.PyArray_TYPE(<cnp.ndarray>other) \
        and cnp.PyArray_SAMESHAPE(x, <cnp.ndarray>other)


# ------------------------------------------------------------------ the sweep

def sweep(Reverse trace, list seeds, Py_ssize_t n_variables):
    """Cotangents of the trace's variables, None for zero, from `seeds`: pairs (node, cotangent) of the results.

    A float stands for an array whose elements all are that number, until a rule needs the array.
    """
    cdef Py_ssize_t i = -1, k, parent, n, last
    cdef Node node
    cdef list grads, nodes = trace.nodes
    for number, _ in seeds:
        i = max(i, number)
    grads = [None] * (i + 1 if i >= n_variables else n_variables)
    for number, g in seeds:
        if number >= 0:
            gather(grads, number, g)
    while i >= n_variables:
        g = grads[i]
        if g is not None:
            grads[i] = None
            node = <Node>nodes[i]
            n = len(node.args)
            last = n - 1 if n > 2 else 1 if n == 2 and node.second >= 0 else 0
            if type(node.p) is not Elementwise and PyFloat_CheckExact(g) and not PyFloat_CheckExact(node.out):
                g = whole(g, node.out)
            for k in range(n):
                parent = node.first if k == 0 else node.second if k == 1 else node.more[k]
                if parent < 0:
                    continue
                if type(node.p) is Elementwise:
                    elementwise_back(grads, node, k, parent, g, trace.masked,
                                     k == last and Py_REFCNT(<PyObject *>g) == 1)
                else:
                    general_back(grads, node, k, parent, g)
            g = None
        i -= 1
    for k in range(n_variables):         # what others hold too, as the operand of a product, is copied
        if cnp.PyArray_CheckExact(grads[k]) and Py_REFCNT(PyList_GET_ITEM(grads, k)) > 1:
            grads[k] = np.array(grads[k])
    return grads[:n_variables]


cdef object whole(object g, object out):
    """The array for which the float g stands."""
    shape = np.shape(out) if type(out) is not Spec else (<Spec>out).shape
    if not shape:
        return g
    return np.broadcast_to(np.asarray(g, getattr(out, "dtype", None)), shape)


cdef int elementwise_back(list grads, Node node, Py_ssize_t k, Py_ssize_t parent, object g, bint masked,
                          bint spent) except -1:
    cdef object c = through(<Elementwise>node.p, k, g, node.args, node.out, spent and not masked), x = node.args[k]
    if c is None:
        return 0
    if masked and c is not g and not all_finite(c):
        c = where_zero(g, c)
    if not (PyFloat_CheckExact(c) and (PyFloat_CheckExact(x) or same_extent(x, node.out))) and not fits(c, x):
        c = fit(c, x)
    gather(grads, parent, c)
    return 0


cdef bint all_finite(object c) noexcept:
    """Whether a plain number or array is known to be finite."""
    cdef cnp.ndarray x
    if PyFloat_CheckExact(c):
        return isfinite(PyFloat_AS_DOUBLE(c))
    if not cnp.PyArray_CheckExact(c):
        return False
    x = <cnp.ndarray>c
    if not (cnp.PyArray_IS_C_CONTIGUOUS(x) and usable(x)):
        return False
    return cnp.PyArray_TYPE(x) == cnp.NPY_DOUBLE and finite(<const char *>cnp.PyArray_DATA(x), cnp.PyArray_SIZE(x), F64) \
        or cnp.PyArray_TYPE(x) == cnp.NPY_FLOAT and finite(<const char *>cnp.PyArray_DATA(x), cnp.PyArray_SIZE(x), F32)


cdef bint fits(object c, object x):
    """Whether a contribution has the shape and the type of its operand already."""
    cdef Spec spec
    cdef int i
    if not cnp.PyArray_CheckExact(c):
        return False
    if cnp.PyArray_CheckExact(x):
        return cnp.PyArray_TYPE(<cnp.ndarray>c) == cnp.PyArray_TYPE(<cnp.ndarray>x) \
            and cnp.PyArray_SAMESHAPE(<cnp.ndarray>c, <cnp.ndarray>x)
    if type(x) is not Spec:
        return False
    spec = <Spec>x
    if cnp.PyArray_NDIM(<cnp.ndarray>c) != len(spec.shape) or (<cnp.ndarray>c).dtype is not spec.dtype:
        return False
    for i in range(cnp.PyArray_NDIM(<cnp.ndarray>c)):
        if cnp.PyArray_DIM(<cnp.ndarray>c, i) != <Py_ssize_t>spec.shape[i]:
            return False
    return True


cdef int general_back(list grads, Node node, Py_ssize_t k, Py_ssize_t parent, object g) except -1:
    cdef PyObject *old
    cdef Primitive p = node.p
    rule = p.vjp_of(k)
    if rule is None:
        return 0
    options = node.options if node.options is not None else {}
    if p.accumulate is not None and type(g) is not Traced:  # into the sum, where that is an array of our own
        old = PyList_GET_ITEM(grads, parent)
        if old == <PyObject *>None or cnp.PyArray_CheckExact(<object>old) and Py_REFCNT(old) == 1 \
                and writeable(<object>old, <object>old):
            total = p.accumulate(grads[parent], g, node.args[k], **options)
            if total is not None:
                grads[parent] = total
                return 0
    c = rule(g, node.out, *node.args, **options)
    if c is not None:
        x = node.args[k]
        gather(grads, parent, c if PyFloat_CheckExact(c) or fits(c, x) else fit(c, x))
    return 0


cdef inline bint same_extent(object x, object out) noexcept:
    """Whether an operand was not broadcast: then one number for each of its elements is that number."""
    return cnp.PyArray_CheckExact(x) and cnp.PyArray_CheckExact(out) \
        and cnp.PyArray_SAMESHAPE(<cnp.ndarray>x, <cnp.ndarray>out)


cdef int gather(list grads, Py_ssize_t i, object c) except -1:
    """grads[i] += c, in place where nobody else holds the sum."""
    cdef PyObject *old = PyList_GET_ITEM(grads, i)
    if old == <PyObject *>None:
        grads[i] = c
    elif PyFloat_CheckExact(<object>old) and PyFloat_CheckExact(c):
        grads[i] = PyFloat_FromDouble(PyFloat_AS_DOUBLE(<object>old) + PyFloat_AS_DOUBLE(c))
    elif cnp.PyArray_CheckExact(<object>old) and Py_REFCNT(old) == 1 and writeable(<object>old, c):
        total = grads[i]
        total += c
    else:
        grads[i] = grads[i] + c
    return 0
