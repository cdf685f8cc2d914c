# What a kernel may take straight from NumPy: element type, strides, overlap. Inline, for small calls.

cimport numpy as cnp

from mathcore._kernels.runtime cimport F32, F64, U32, U64


cdef extern from "numpy/arrayobject.h":
    cnp.ndarray PyArray_NewLikeArray(cnp.ndarray like, cnp.NPY_ORDER order, void *descr, int subok)


cdef inline cnp.ndarray empty_like(cnp.ndarray x):
    """An array of the type, shape and order of dimensions of x."""
    return PyArray_NewLikeArray(x, cnp.NPY_KEEPORDER, NULL, 0)


cdef inline int kernel_dtype(int typenum, ptrdiff_t size) noexcept nogil:
    """The element type whose arithmetic serves a NumPy type, or -1."""
    if typenum == cnp.NPY_DOUBLE:
        return F64
    if typenum == cnp.NPY_FLOAT:
        return F32
    if cnp.NPY_INT <= typenum <= cnp.NPY_ULONGLONG:
        return U64 if size == 8 else U32
    return -1


cdef inline bint usable(cnp.ndarray x) noexcept:
    """Native byte order, aligned, strides in whole elements."""
    cdef int d
    cdef ptrdiff_t size
    if not cnp.PyArray_ISBEHAVED_RO(x):
        return False
    size = cnp.PyArray_ITEMSIZE(x)
    for d in range(cnp.PyArray_NDIM(x)):
        if cnp.PyArray_STRIDE(x, d) & (size - 1):
            return False
    return True


cdef inline void extent(cnp.ndarray x, char **low, char **high) noexcept:
    cdef int d
    cdef ptrdiff_t reach
    low[0] = <char *>cnp.PyArray_DATA(x)
    high[0] = low[0] + cnp.PyArray_ITEMSIZE(x)
    for d in range(cnp.PyArray_NDIM(x)):
        reach = (cnp.PyArray_DIM(x, d) - 1) * cnp.PyArray_STRIDE(x, d)
        if reach > 0:
            high[0] += reach
        else:
            low[0] += reach


cdef inline bint may_overlap(cnp.ndarray x, cnp.ndarray y) noexcept:
    cdef char *xl
    cdef char *xh
    cdef char *yl
    cdef char *yh
    extent(x, &xl, &xh)
    extent(y, &yl, &yh)
    return xl < yh and yl < xh


cdef inline bint plain_rows(cnp.ndarray c) noexcept:
    """Unit stride along the last axis and no two elements in one place."""
    cdef int d, nd = cnp.PyArray_NDIM(c)
    cdef ptrdiff_t room = cnp.PyArray_ITEMSIZE(c)
    for d in range(nd - 1, -1, -1):
        if cnp.PyArray_DIM(c, d) == 1:
            continue
        if cnp.PyArray_STRIDE(c, d) < room or d == nd - 1 and cnp.PyArray_STRIDE(c, d) != room:
            return False
        room = cnp.PyArray_STRIDE(c, d) * cnp.PyArray_DIM(c, d)
    return True


cdef inline bint same_place(cnp.ndarray x, cnp.ndarray y) noexcept:
    """Whether two arrays of one type and shape are the same elements in the same order."""
    cdef int d
    if cnp.PyArray_DATA(x) != cnp.PyArray_DATA(y):
        return False
    for d in range(cnp.PyArray_NDIM(x)):
        if cnp.PyArray_DIM(x, d) > 1 and cnp.PyArray_STRIDE(x, d) != cnp.PyArray_STRIDE(y, d):
            return False
    return True


cdef inline bint good_workers(object workers, int most) noexcept:
    """None or a number of threads; for anything else the general door has the words."""
    return workers is None or (type(workers) is int and (1 <= workers <= most or workers == -1))


# ------------------------------------------------------------------ dimensions

cdef enum:
    MAX_DIMS = 64
    OPERANDS = 3

# Dimensions of up to three arrays that are walked together; strides in bytes, those of the result in strides[2].
ctypedef struct Dims:
    int ndim
    ptrdiff_t shape[MAX_DIMS]
    ptrdiff_t strides[OPERANDS][MAX_DIMS]


cdef inline ptrdiff_t magnitude(ptrdiff_t n) noexcept nogil:
    return n if n >= 0 else -n


cdef inline void move_dim(Dims *m, int to, int source) noexcept nogil:
    cdef int k
    m.shape[to] = m.shape[source]
    for k in range(OPERANDS):
        m.strides[k][to] = m.strides[k][source]


cdef inline void join_dims(Dims *m) noexcept nogil:
    """Dimensions in the order of the result's memory, the innermost last; those that continue each other become one."""
    cdef int i, j, k, last = 0
    cdef bint joined
    cdef Dims one
    i = 0
    for j in range(m.ndim):              # without those of length 1
        if m.shape[j] != 1:
            move_dim(m, i, j)
            i += 1
    m.ndim = i
    for i in range(1, m.ndim):           # insertion sort: few dimensions, mostly in order
        j = i
        while j and magnitude(m.strides[2][j - 1]) < magnitude(m.strides[2][j]):
            one.shape[0] = m.shape[j]
            for k in range(OPERANDS):
                one.strides[k][0] = m.strides[k][j]
            move_dim(m, j, j - 1)
            m.shape[j - 1] = one.shape[0]
            for k in range(OPERANDS):
                m.strides[k][j - 1] = one.strides[k][0]
            j -= 1
    for i in range(1, m.ndim):
        joined = True
        for k in range(OPERANDS):
            joined = joined and m.strides[k][last] == m.strides[k][i] * m.shape[i]
        if joined:
            m.shape[last] *= m.shape[i]
            for k in range(OPERANDS):
                m.strides[k][last] = m.strides[k][i]
        else:
            last += 1
            move_dim(m, last, i)
    m.ndim = last + 1 if m.ndim else 0


cdef inline void offsets(const Dims *m, int ndim, ptrdiff_t index, ptrdiff_t *at) noexcept nogil:
    """Bytes from the first element to element `index` of the first ndim dimensions, the last running fastest."""
    cdef int d, k
    cdef ptrdiff_t i
    for k in range(OPERANDS):
        at[k] = 0
    for d in range(ndim - 1, -1, -1):
        i = index % m.shape[d]
        index //= m.shape[d]
        for k in range(OPERANDS):
            at[k] += i * m.strides[k][d]


cdef inline void operand(Dims *m, int k, cnp.ndarray x, int ndim) noexcept:
    """The strides of x, broadcast to ndim dimensions, as those of array k."""
    cdef int d, e, own = cnp.PyArray_NDIM(x)
    for d in range(ndim):
        e = d - ndim + own
        m.strides[k][d] = cnp.PyArray_STRIDE(x, e) if e >= 0 and cnp.PyArray_DIM(x, e) != 1 else 0
