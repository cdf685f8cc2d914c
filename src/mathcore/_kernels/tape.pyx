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
from cpython.complex cimport PyComplex_Check
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
cdef object deliver = None               # (out, result) -> out, which received it
cdef object push = None                  # tangents through what is no function of each element
cdef dict CREATORS = {}                  # numpy function that was called with like= -> (like, *args, **kwargs)
cdef long long started = 0               # traces begun so far


def configure(*, fit_to, masked, aligned, spread_to, lifted, ufunc, forward, into):
    """What the dispatch lends to the mechanism."""
    global fit, where_zero, align, spread, lift, general_ufunc, push, deliver
    fit, where_zero, align, spread, lift = fit_to, masked, aligned, spread_to, lifted
    general_ufunc, push, deliver = ufunc, forward, into


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

    def constant(self, content):
        """A value of this trace that does not depend on its variables, until it is given a tangent."""
        return new_traced(content, self, -1)


cdef class Reverse(Trace):
    """The tape: what was done, in order."""
    cdef readonly list nodes
    cdef public bint masked              # something chose among elements: then a zero cotangent means no dependence
    cdef readonly list locked            # constants whose numbers the way back needs: not to be written meanwhile

    def __cinit__(self):
        self.nodes, self.locked = [], []

    def unlock(self):
        """Gives the constants back as they came."""
        for x in self.locked:
            cnp.PyArray_ENABLEFLAGS(<cnp.ndarray>x, cnp.NPY_ARRAY_WRITEABLE)
        self.locked.clear()

    def variable(self, content):
        """A value to differentiate by."""
        self.nodes.append(None)
        return new_traced(content, self, len(self.nodes) - 1)


cdef class Forward(Trace):
    """Tangents beside values; `batch` directions at a time first in every tangent, or one where that is -1."""
    cdef readonly Py_ssize_t batch

    def __cinit__(self, Py_ssize_t batch=-1):
        self.batch = batch

    def variable(self, content, tangent):
        cdef Traced x = new_traced(content, self, -1)
        x.tangent = tangent
        return x


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


include "tape_value.pxi"


# ------------------------------------------------------------------ functions of ours

def by_rule(name, *args, **kwargs):
    """A function that found traced operands by itself, behind its fast path, by its rule."""
    return done_by(FUNCTIONS[name], args, kwargs, name)


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
                return done_by(FUNCTIONS[self], args, kwargs, self.__name__)
        if kwargs:
            for x in kwargs.values():
                if is_traced(x):
                    return done_by(FUNCTIONS[self], args, kwargs, self.__name__)
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

    `linear` "together": tangents go through the function itself in their operands' places, zeros in the others';
    "each": one at a time, beside the other operands (a product). Otherwise `jvps[k]` (t, out, *operands, **options)
    takes one. `batched` says how a leading axis of directions goes through those: True, as it is; a function of
    (tangents, values, options) where together, else of (k, tangent, values, options); None: one direction after the
    other. Where `light`, the rules need only shapes and types of operands, and no result. `accumulate` (sum or None, g,
    operand, **options) adds a cotangent in place.
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
        if u.nout != 1 or u.nin != self.nin or self.nin > 2:     # at_one, at_two: no more operands than those
            return
        for i in range(u.ntypes):
            all_double = True
            for j in range(u.nargs):
                all_double = all_double and u.types[i * u.nargs + j] == cnp.NPY_DOUBLE
            if all_double:
                self.loop, self.data = u.functions[i], u.data[i] if u.data != NULL else NULL
                return

    def __call__(self, *args):
        if len(args) != self.nin:
            raise TypeError(f"{self.name}: expected {self.nin} operands, got {len(args)}")
        if self.nin == 1:
            return unary(self, args[0])
        if self.nin == 2:
            return binary(self, args[0], args[1])
        return apply(self, tuple([lift(x) for x in args]), {})

    cdef bint at_one(self, double x, double *out) noexcept:
        cdef char *args[2]
        cdef cnp.npy_intp n = 1
        cdef cnp.npy_intp steps[2]
        if self.loop == NULL or self.nin != 1:
            return False
        args[0], args[1] = <char *>&x, <char *>out
        steps[0] = steps[1] = sizeof(double)
        self.loop(args, &n, steps, self.data)
        return isfinite(out[0])          # else the ufunc itself has warnings to give

    cdef bint at_two(self, double x, double y, double *out) noexcept:
        cdef char *args[3]
        cdef cnp.npy_intp n = 1
        cdef cnp.npy_intp steps[3]
        if self.loop == NULL or self.nin != 2:
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
    return trace.record(p, args, values, options, out)       # a trace in Python


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
        for x, v in zip(args, values):
            if x is v and cnp.PyArray_CheckExact(v) and cnp.PyArray_ISWRITEABLE(<cnp.ndarray>v) and needs_numbers(p):
                cnp.PyArray_CLEARFLAGS(<cnp.ndarray>v, cnp.NPY_ARRAY_WRITEABLE)
                trace.locked.append(v)
    trace.nodes.append(node)
    return result


cdef bint needs_numbers(Primitive p):
    """Whether the rules of an operation look at its operands: those of a sum do not."""
    return type(p) is not Elementwise or not all([type(d) is int for d in (<Elementwise>p).partials])


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


include "tape_sweep.pxi"
