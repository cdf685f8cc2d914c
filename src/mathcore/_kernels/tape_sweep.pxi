# Part of tape.pyx: from the cotangents of results back to those of variables.

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
    if PyFloat_CheckExact(c) and not PyFloat_CheckExact(node.out) and not same_extent(x, node.out):
        c = whole(c, node.out)           # the operand was broadcast: its elements count several times
    if not PyFloat_CheckExact(c) and not fits(c, x):
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
    if cnp.PyArray_TYPE(x) not in (cnp.NPY_DOUBLE, cnp.NPY_FLOAT):
        return False
    return finite(<const char *>cnp.PyArray_DATA(x), cnp.PyArray_SIZE(x),
                  F64 if cnp.PyArray_TYPE(x) == cnp.NPY_DOUBLE else F32)


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
