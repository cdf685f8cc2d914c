# cython: binding=True
"""Functions of each element over NumPy arrays of any strides: dimensions are sorted and joined, then one loop."""

cimport numpy as cnp

from mathcore._kernels.arrays cimport (
    MAX_DIMS, OPERANDS, Dims, empty_like, good_workers, join_dims, kernel_dtype, may_overlap, offsets, operand,
    same_place, usable,
)
from mathcore._kernels.runtime cimport (
    F32, F64, MAX_THREADS, OK, isa, parallel_for, raise_for, threads_for, work_begin,
)

cnp.import_array()

cdef extern from "simd/special.h" nogil:
    enum:
        EXP "MC_EXP"
        EXPM1 "MC_EXPM1"
        LOG "MC_LOG"
        LOG1P "MC_LOG1P"
        TANH "MC_TANH"
        SIGMOID "MC_SIGMOID"
        LOGIT "MC_LOGIT"
        LOG_EXPIT "MC_LOG_EXPIT"
        SOFTPLUS "MC_SOFTPLUS"
        RELU "MC_RELU_OF"
        SILU "MC_SILU"
        GELU_TANH "MC_GELU_TANH"
        ENTR "MC_ENTR"
        XLOGY "MC_XLOGY"
        XLOG1PY "MC_XLOG1PY"
        REL_ENTR "MC_REL_ENTR"
        KL_DIV "MC_KL_DIV"
    ctypedef struct SpecialOps "mc_special_ops":
        void (*map)(int op, ptrdiff_t n, const void *x, ptrdiff_t sx, const void *y, ptrdiff_t sy, void *out,
                    ptrdiff_t so) noexcept nogil
    const SpecialOps *mc_special_ops_for(int isa, int dtype)

OPS = {
    "exp": EXP, "expm1": EXPM1, "log": LOG, "log1p": LOG1P, "tanh": TANH, "expit": SIGMOID, "logit": LOGIT,
    "log_expit": LOG_EXPIT, "softplus": SOFTPLUS, "relu": RELU, "silu": SILU, "gelu_tanh": GELU_TANH, "entr": ENTR,
    "xlogy": XLOGY, "xlog1py": XLOG1PY, "rel_entr": REL_ENTR, "kl_div": KL_DIV,
}

cdef enum:
    PIECE = 8192                         # elements of one chunk: 5 to 50 us, and what fits L1 or L2 with its result
    SERIAL = 16384                       # elements up to which one thread is enough
    GIL = 1024                           # elements up to which the GIL is kept: about 1 us

ctypedef struct Map:
    const SpecialOps *ops
    int op
    ptrdiff_t size
    Dims dims
    char *data[OPERANDS]
    ptrdiff_t rows, row_pieces, rows_per_chunk, piece


cdef int map_chunk(void *ctx, ptrdiff_t chunk) noexcept nogil:
    """A piece of one long row, or several short rows."""
    cdef Map *m = <Map *>ctx
    cdef Dims *d = &m.dims
    cdef int inner = d.ndim - 1
    cdef ptrdiff_t row = chunk // m.row_pieces * m.rows_per_chunk, first = chunk % m.row_pieces * m.piece
    cdef ptrdiff_t n = min(m.piece, d.shape[inner] - first), end = min(m.rows, row + m.rows_per_chunk)
    cdef ptrdiff_t at[OPERANDS]
    while row < end:
        offsets(d, inner, row, at)
        m.ops.map(m.op, n,
                  m.data[0] + at[0] + first * d.strides[0][inner], d.strides[0][inner] // m.size,
                  m.data[1] + at[1] + first * d.strides[1][inner], d.strides[1][inner] // m.size,
                  m.data[2] + at[2] + first * d.strides[2][inner], d.strides[2][inner] // m.size)
        row += 1
    return OK


cdef int run(Map *m, ptrdiff_t total, int threads) noexcept nogil:
    cdef ptrdiff_t inner
    join_dims(&m.dims)
    if m.dims.ndim == 0:
        m.ops.map(m.op, 1, m.data[0], 1, m.data[1], 1, m.data[2], 1)
        return OK
    inner = m.dims.shape[m.dims.ndim - 1]
    m.rows = total // inner
    m.piece = min(inner, <ptrdiff_t>PIECE)
    m.row_pieces = (inner + m.piece - 1) // m.piece
    m.rows_per_chunk = max(<ptrdiff_t>1, PIECE // inner)
    return parallel_for(map_chunk, m, m.row_pieces * ((m.rows + m.rows_per_chunk - 1) // m.rows_per_chunk), threads)


def fill(int op, cnp.ndarray x, y, cnp.ndarray c, workers, str name):
    """op into c, of x or of x and y: native floats of one type, broadcast to c. That has any strides, no element twice
    and overlaps x and y nowhere or everywhere."""
    cdef Map m
    cdef cnp.ndarray second = x if y is None else y
    cdef int d, threads, nd = cnp.PyArray_NDIM(c), status
    cdef ptrdiff_t total = cnp.PyArray_SIZE(c)
    if total == 0:
        return
    m.op, m.dims.ndim, m.size = op, nd, cnp.PyArray_ITEMSIZE(c)
    m.ops = mc_special_ops_for(isa(), kernel_dtype(cnp.PyArray_TYPE(c), m.size))
    for d in range(nd):
        m.dims.shape[d] = cnp.PyArray_DIM(c, d)
    operand(&m.dims, 0, x, nd)
    operand(&m.dims, 1, second, nd)
    operand(&m.dims, 2, c, nd)
    m.data[0], m.data[1] = <char *>cnp.PyArray_DATA(x), <char *>cnp.PyArray_DATA(second)
    m.data[2] = <char *>cnp.PyArray_DATA(c)
    if total <= GIL:
        status = run(&m, total, 1)
    else:
        threads = 1 if total <= SERIAL else threads_for(workers)
        with nogil:
            work_begin()
            status = run(&m, total, threads)
    if status:
        raise_for(status, name)


def apply(int op, x1, x2, out, workers, str name):
    """op of each element of x1, or of x1 and x2 (None for functions of one), or None when the arrays need the general
    door first (see special.py). `name` is the function that an error speaks of."""
    if not cnp.PyArray_CheckExact(x1) or (x2 is not None and not cnp.PyArray_CheckExact(x2)) \
            or not good_workers(workers, MAX_THREADS):
        return None
    cdef cnp.ndarray x = x1, y = x1 if x2 is None else x2, c
    cdef int typenum = cnp.PyArray_TYPE(x), d, e, f, nx = cnp.PyArray_NDIM(x), ny = cnp.PyArray_NDIM(y), nd
    cdef int dtype = kernel_dtype(typenum, cnp.PyArray_ITEMSIZE(x))
    if (dtype != F32 and dtype != F64) or cnp.PyArray_TYPE(y) != typenum or not usable(x) or not usable(y):
        return None
    cdef cnp.npy_intp shape[MAX_DIMS]
    cdef cnp.npy_intp a, b
    nd = max(nx, ny)
    for d in range(nd):
        e, f = d - nd + nx, d - nd + ny
        a = cnp.PyArray_DIM(x, e) if e >= 0 else 1
        b = cnp.PyArray_DIM(y, f) if f >= 0 else 1
        if a != b and a != 1 and b != 1:
            return None
        shape[d] = b if a == 1 else a
    if out is None:
        if nx == nd and not cnp.PyArray_IS_C_CONTIGUOUS(x) and cnp.PyArray_SAMESHAPE(x, y):
            c = empty_like(x)
        else:
            c = cnp.PyArray_EMPTY(nd, shape, typenum, 0)
    else:
        if not cnp.PyArray_CheckExact(out):
            return None
        c = out
        if (cnp.PyArray_TYPE(c) != typenum or cnp.PyArray_NDIM(c) != nd or not cnp.PyArray_ISWRITEABLE(c)
                or not usable(c)):
            return None
        for d in range(nd):
            if cnp.PyArray_DIM(c, d) != shape[d] or (cnp.PyArray_STRIDE(c, d) == 0 and shape[d] > 1):
                return None
        if not cnp.PyArray_ISONESEGMENT(c):
            return None                  # the general door sees whether elements overlap
        if may_overlap(c, x) and not (cnp.PyArray_SAMESHAPE(c, x) and same_place(c, x)):
            return None
        if may_overlap(c, y) and not (cnp.PyArray_SAMESHAPE(c, y) and same_place(c, y)):
            return None
    fill(op, x, x2, c, workers, name)
    return c if nd or out is not None else c[()]
