# Part of tape.pyx: the value that stands for an array.

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
                return (<Elementwise>p)(*inputs)
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
        return done_by(rule, args, kwargs, function.__name__)

    def __array__(self, dtype=None, copy=None):
        """Elements one by one, in an array of objects: what numpy.array and numpy.asarray make of a traced value."""
        cdef cnp.ndarray out
        if dtype is not None and np.dtype(dtype) != np.dtype(object):
            raise TypeError(f"numpy.asarray: a traced value cannot become an array of {np.dtype(dtype)}, its "
                            "derivative would be lost; expected no dtype there. Leave the conversion out: a traced "
                            "value is an array already, and x.astype keeps the derivative")
        out = np.empty(self.shape, object)
        if out.ndim == 0:
            out[()] = self
        else:
            for i in np.ndindex(self.shape):
                out[i] = self[i]
        return out

    def __float__(self):
        raise TypeError("float: a traced value cannot become a plain number, its derivative would be lost; expected an "
                        "operation with a rule. Use numpy's functions for math's (np.sin for math.sin); to fill an "
                        "array element by element make it with np.zeros_like(x) or np.zeros(shape, like=x); "
                        "x.content is the number, as a constant")

    def __complex__(self):
        return self.__float__()

    def __int__(self):
        return int(primal(self))

    def __index__(self):
        raise TypeError("index: a traced value is no index; expected integers, got a traced value; "
                        "int(x.content) is one")

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
    if PyComplex_Check(content) or cnp.PyArray_CheckExact(content) and cnp.PyArray_ISCOMPLEX(<cnp.ndarray>content):
        raise TypeError("mathcore.autodiff: an operation gave complex numbers, for which no derivative is known; "
                        "expected real ones, write real and imaginary parts apart")
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
        raise ValueError("mathcore.autodiff: a traced value was used after its differentiation had ended; expected it "
                         "to stay inside the function, got one kept from an earlier call (in a global, a list, an "
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


def look_into(Traced x, Traced base, place):
    """x as the part of base that `place` says: what is assigned to the one shows in the other."""
    x.base, x.place, x.seen = base, place, base.version
    return x


def rebind(Traced x, Traced new, bint owned=False):
    """Makes x the value `new`: what an assignment in place comes to. An `owned` array may be written next time."""
    refresh(x)
    x.held, x.strong, x.owned = new.held, new.strong, owned
    x.owner, x.node, x.tangent = new.owner, new.node, new.tangent
    x.version += 1
    if x.base is not None:
        x.place.write(x.base, x)
        x.seen = x.base.version
    return x


def assigned(Primitive p, Traced x, value, place):
    """x with `value` at `place`, written into its own array, where nobody else holds that; else None."""
    refresh(x)
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


cdef object done_by(object rule, tuple args, dict kwargs, str name):
    """What a rule gives, in `out` where one is named."""
    options = dict(kwargs)
    out = options.pop("out", None)
    return rule(*args, **options) if out is None else deliver(out, rule(*args, **options), name=name)


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
