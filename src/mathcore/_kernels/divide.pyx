# cython: binding=True
"""Divide and conquer: eigenvalues of symmetric tridiagonal matrices, singular values of bidiagonal ones, with vectors.
Leaves by implicit QL, or of one row, then two halves at a time become one through the roots of a secular equation and
two products, or four. Small nodes of the tree go to threads whole, large ones are shared."""

import numpy as np

cimport numpy as cnp
from libc.math cimport fabs, hypot
from libc.string cimport memcpy, memset

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.eigen cimport by_size, eigen_ops, real
from mathcore._kernels.qr cimport multiply
from mathcore._kernels.runtime cimport (
    F64, OK, check_interrupt, isa, parallel_for, raise_for, threads_for, work_begin,
)

cnp.import_array()

cdef extern from "simd/secular.h" nogil:
    enum: LANES "MC_SECULAR_LANES"
    ctypedef struct Merge "mc_merge":
        int singular
        ptrdiff_t m, half
        int ends_only, wider
        ptrdiff_t ld, first_width, second_width
        void *rows
        void *left
        void *d
        ptrdiff_t *order
        void *z
        void *pole
        void *square
        void *way
        void *weight
        void *by_group
        ptrdiff_t *origin
        ptrdiff_t *kept
        ptrdiff_t *lost
        unsigned char *kind
        void *top
        void *bottom
        void *left_top
        void *left_bottom
        double rho
        int has_null
        ptrdiff_t changed, in_top, in_both
    ctypedef struct SecularOps "mc_secular_ops":
        void (*deflate)(Merge *t, const void *alpha, const void *beta) noexcept nogil
        int (*roots)(const Merge *t, ptrdiff_t first, ptrdiff_t last) noexcept nogil
        void (*weights)(const Merge *t, ptrdiff_t first, ptrdiff_t last) noexcept nogil
        void (*vectors)(const Merge *t, int left, ptrdiff_t first, ptrdiff_t last, void *s) noexcept nogil
        void (*finish)(Merge *t) noexcept nogil
    const SecularOps *mc_secular_ops_for(int isa, int dtype)

# Rows of a leaf of eigenvalues, part of every result's bits; rows of a node that threads share; roots of one chunk.
cdef enum:
    LEAF_MOST = 8
    LEAF_ROW = 16                        # elements: whole vectors of either type
cdef ptrdiff_t LEAF = LEAF_MOST
cdef ptrdiff_t SHARED = 256
cdef enum: CHUNK = 2 * LANES


def set_blocks(leaf=None, shared=None):
    """Change the block sizes of the process and return the former: tests walk block edges with them."""
    global LEAF, SHARED
    former = LEAF, SHARED
    LEAF, SHARED = leaf or former[0], shared or former[1]
    return former


ctypedef struct Tree:
    int dtype, threads
    bint singular
    bint ends_only                       # z (n, 2): the first and last element of each vector of a node
    ptrdiff_t n, size, ld
    char *d
    char *e
    char *z                              # vectors, right ones of a bidiagonal matrix
    char *u                              # left ones, or NULL
    ptrdiff_t *order
    char *s                              # coefficients: a node of rows a ... b has n (b - a) elements from n a on
    char *q                              # rows that change: n / 2 + 4 elements for each row
    char *left_q
    char *small                          # 8 n elements
    ptrdiff_t *numbers                   # 3 n
    ptrdiff_t *nodes                     # first row, rows and `wider` of each that a thread takes whole
    ptrdiff_t count
    unsigned char *kinds
    int *failed

# A node at work.
ctypedef struct Node:
    Tree *tree
    Merge merge
    char *s
    int threads, left


cdef void tear(int dtype, char *d, const char *e, ptrdiff_t at) noexcept nogil:
    """The element that joins rows at - 1 and at leaves their diagonal elements less."""
    cdef double wide
    cdef float narrow
    if dtype == F64:
        wide = fabs((<double *>e)[at - 1])
        (<double *>d)[at - 1] -= wide
        (<double *>d)[at] -= wide
    else:
        narrow = <float>fabs((<float *>e)[at - 1])
        (<float *>d)[at - 1] -= narrow
        (<float *>d)[at] -= narrow


cdef void put(const Tree *t, ptrdiff_t first, ptrdiff_t row, ptrdiff_t m, const char *x, char *to) noexcept nogil:
    """One vector of a leaf."""
    to += ((first + row) * t.ld + (0 if t.ends_only else first)) * t.size
    if t.ends_only:
        memcpy(to, x, t.size)
        memcpy(to + t.size, x + (m - 1) * t.size, t.size)
    else:
        memcpy(to, x, m * t.size)


cdef void ones(ptrdiff_t m, real *x, ptrdiff_t ld) noexcept nogil:
    cdef ptrdiff_t i
    for i in range(m):
        x[i * (ld + 1)] = 1


cdef void tridiagonal_leaf(Tree *t, ptrdiff_t first, ptrdiff_t m) noexcept nogil:
    cdef double space[LEAF_MOST * LEAF_ROW]
    cdef double beside[LEAF_MOST]        # solve writes one element past them: that which joins two leaves
    cdef char *d = t.d + first * t.size
    cdef ptrdiff_t i
    memset(space, 0, sizeof(space))
    memcpy(beside, t.e + first * t.size, (m - 1) * t.size)
    if t.dtype == F64:
        ones[double](m, space, LEAF_ROW)
    else:
        ones[float](m, <float *>space, LEAF_ROW)
    if eigen_ops(t.dtype).solve(m, d, beside, space, LEAF_ROW):
        t.failed[0] = 1
    for i in range(m):
        put(t, first, i, m, <char *>space + i * LEAF_ROW * t.size, t.z)
    if t.dtype == F64:
        by_size[double](m, <double *>d, t.order + first)
    else:
        by_size[float](m, <float *>d, t.order + first)


cdef void one_row(real *d, real e, bint wider, real *z, ptrdiff_t ld, bint ends_only, real *u) noexcept nogil:
    """(d), or (d, e): the value into d, vectors into z and u (or NULL), both ends of a vector of one element. Subnormal
    numbers, whose quotients would not be of length 1, are nothing beside a matrix whose largest element is 1 to 2."""
    cdef real length = <real>hypot(d[0], e) if wider else <real>fabs(d[0])
    cdef real c = 1, s = 0
    if length > <real>1e-30:
        c, s = d[0] / length, e / length if wider else 0
    d[0] = length
    z[0] = c
    if wider:
        z[1], z[ld], z[ld + 1] = s, -s, c
    elif ends_only:
        z[1] = c
    if u != NULL:
        u[0] = 1


cdef void bidiagonal_leaf(Tree *t, ptrdiff_t first, ptrdiff_t m, bint wider) noexcept nogil:
    """One row, or none of one column."""
    cdef ptrdiff_t size = t.size
    cdef char *z = t.z + (first * t.ld + (0 if t.ends_only else first)) * size
    cdef char *u = t.u + first * (t.ld + 1) * size if t.u != NULL else NULL
    cdef double *d = <double *>(t.d + first * size)
    cdef double *e = <double *>(t.e + first * size)
    if m == 0:
        if wider and t.dtype == F64:
            (<double *>z)[0] = (<double *>z)[1 if t.ends_only else 0] = 1
        elif wider:
            (<float *>z)[0] = (<float *>z)[1 if t.ends_only else 0] = 1
        return
    t.order[first] = 0
    if t.dtype == F64:
        one_row[double](d, e[0], wider, <double *>z, t.ld, t.ends_only, <double *>u)
    else:
        one_row[float](<float *>d, (<float *>e)[0], wider, <float *>z, t.ld, t.ends_only, <float *>u)


# ------------------------------------------------------------------ two nodes become one

cdef int roots(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Node *n = <Node *>ctx
    if mc_secular_ops_for(isa(), n.tree.dtype).roots(&n.merge, i * CHUNK, min(n.merge.changed, (i + 1) * CHUNK)):
        n.tree.failed[0] = 1
    return OK


cdef int weights(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Node *n = <Node *>ctx
    mc_secular_ops_for(isa(), n.tree.dtype).weights(&n.merge, i * CHUNK, min(n.merge.changed, (i + 1) * CHUNK))
    return OK


cdef int vectors(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Node *n = <Node *>ctx
    mc_secular_ops_for(isa(), n.tree.dtype).vectors(&n.merge, n.left, i * CHUNK, min(n.merge.changed, (i + 1) * CHUNK),
                                                    n.s)
    return OK


cdef int halves(Node *n, const void *top, ptrdiff_t wide, const void *bottom, ptrdiff_t rest,
                void *rows) noexcept nogil:
    """The changed rows: coefficients times the rows they come from, each half for itself."""
    cdef Merge *g = &n.merge
    cdef ptrdiff_t size = n.tree.size, k = g.changed, in_first = g.in_top - g.in_both
    cdef int status = multiply(n.tree.dtype, k, wide, g.in_top, n.s, k, 1, <const char *>top, wide, 1, <char *>rows,
                               g.ld, n.threads)
    if status == OK:
        status = multiply(n.tree.dtype, k, rest, k - in_first, n.s + in_first * size, k, 1, <const char *>bottom, rest,
                          1, <char *>rows + wide * size, g.ld, n.threads)
    return status


cdef void place(Tree *t, ptrdiff_t first, ptrdiff_t m, ptrdiff_t half, bint wider, Merge *g) noexcept nogil:
    """Where a node's arrays lie."""
    cdef ptrdiff_t size = t.size, at = (first * t.ld + (0 if t.ends_only else first)) * size
    cdef ptrdiff_t q = first * (t.n // 2 + 4) * size
    cdef char *small = t.small + 8 * first * size
    cdef ptrdiff_t *numbers = t.numbers + 3 * first
    g.m, g.half, g.ld, g.ends_only, g.singular, g.wider = m, half, t.ld, t.ends_only, t.singular, wider
    g.first_width, g.second_width = 1 if t.ends_only else half, 1 if t.ends_only else m - half + wider
    g.rows, g.left, g.d, g.order = t.z + at, t.u + at if t.u != NULL else NULL, t.d + first * size, t.order + first
    g.pole, g.square, g.way, g.weight = small, small + m * size, small + 2 * m * size, small + 3 * m * size
    g.by_group, g.z = small + 4 * m * size, small + 6 * m * size
    g.origin, g.kept, g.lost, g.kind = numbers, numbers + m, numbers + 2 * m, t.kinds + first
    g.top, g.left_top = t.q + q, t.left_q + q
    g.bottom = <char *>g.top + half * g.first_width * size
    g.left_bottom = <char *>g.left_top + half * half * size


cdef int merge(Tree *t, ptrdiff_t first, ptrdiff_t m, ptrdiff_t half, bint wider, int threads) noexcept nogil:
    """The node of m rows from `first` on, from its two parts, of which the first ends before row `half`, or with it."""
    cdef const SecularOps *ops = mc_secular_ops_for(isa(), t.dtype)
    cdef ptrdiff_t size = t.size, at = first + half - 1, chunks
    cdef Node node
    cdef Merge *g = &node.merge
    cdef int status
    node.tree, node.threads, node.s, node.left = t, threads, t.s + first * t.n * size, False
    place(t, first, m, half, wider, g)
    if g.left != NULL:                   # the row between is a left vector by itself
        if t.dtype == F64:
            (<double *>g.left)[(half - 1) * (t.ld + 1)] = 1
        else:
            (<float *>g.left)[(half - 1) * (t.ld + 1)] = 1
    ops.deflate(g, t.d + at * size, t.e + at * size)
    chunks = (g.changed + CHUNK - 1) // CHUNK
    parallel_for(roots, &node, chunks, threads)          # neither these nor weights and vectors take memory
    parallel_for(weights, &node, chunks, threads)
    ops.finish(g)
    parallel_for(vectors, &node, chunks, threads)
    if g.changed == 0:
        return OK
    status = halves(&node, g.top, g.first_width, g.bottom, g.second_width, g.rows)
    if status == OK and g.left != NULL:
        node.left = True
        parallel_for(vectors, &node, chunks, threads)
        status = halves(&node, g.left_top, half, g.left_bottom, m - half, g.left)
    return status


# ------------------------------------------------------------------ the tree

cdef inline ptrdiff_t half_of(const Tree *t, ptrdiff_t m) noexcept nogil:
    """Rows of the first part; of a bidiagonal matrix with the row between."""
    return m // 2 + t.singular


cdef int solve(Tree *t, ptrdiff_t first, ptrdiff_t m, bint wider) noexcept nogil:
    """A node and all below it, by one thread."""
    cdef ptrdiff_t half = half_of(t, m)
    cdef int status
    if t.singular and m <= 1:
        bidiagonal_leaf(t, first, m, wider)
        return OK
    if not t.singular and m <= LEAF:
        tridiagonal_leaf(t, first, m)
        return OK
    if not t.singular:
        tear(t.dtype, t.d, t.e, first + half)
    status = solve(t, first, half - t.singular, t.singular)
    if status == OK:
        status = solve(t, first + half, m - half, wider)
    return status if status else merge(t, first, m, half, wider, 1)


cdef int whole_node(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Tree *t = <Tree *>ctx
    return solve(t, t.nodes[3 * i], t.nodes[3 * i + 1], t.nodes[3 * i + 2] != 0)


cdef void tear_down(Tree *t, ptrdiff_t first, ptrdiff_t m, bint wider) noexcept nogil:
    """The joints of large nodes torn, and the nodes listed that a thread takes whole."""
    cdef ptrdiff_t half = half_of(t, m)
    if m <= SHARED:
        t.nodes[3 * t.count], t.nodes[3 * t.count + 1], t.nodes[3 * t.count + 2] = first, m, wider
        t.count += 1
        return
    if not t.singular:
        tear(t.dtype, t.d, t.e, first + half)
    tear_down(t, first, half - t.singular, t.singular)
    tear_down(t, first + half, m - half, wider)


cdef int climb(Tree *t, ptrdiff_t first, ptrdiff_t m, bint wider) noexcept nogil:
    """The nodes above those."""
    cdef ptrdiff_t half = half_of(t, m)
    cdef int status
    if m <= SHARED:
        return OK
    status = climb(t, first, half - t.singular, t.singular)
    if status == OK:
        status = climb(t, first + half, m - half, wider)
    if status == OK:
        status = check_interrupt()
    return status if status else merge(t, first, m, half, wider, t.threads)


cdef ptrdiff_t room(ptrdiff_t n, ptrdiff_t size, bint left) noexcept nogil:
    return n * (n // 2 + 4) * size * (2 if left else 1) + n * (8 * size + 6 * sizeof(ptrdiff_t) + 1)


cdef int divide(int dtype, ptrdiff_t n, char *d, char *e, bint vectors, char *z, char *u, ptrdiff_t ld,
                ptrdiff_t *order, char *s, char *work, int *failed, int threads, bint singular) noexcept nogil:
    cdef Tree t
    cdef ptrdiff_t size = eigen_ops(dtype).size
    cdef int status
    t.dtype, t.threads, t.n, t.size, t.ld, t.ends_only = dtype, threads, n, size, ld, not vectors
    t.singular, t.d, t.e, t.z, t.u, t.order, t.s, t.failed = singular, d, e, z, u, order, s, failed
    t.numbers, t.nodes, t.count = <ptrdiff_t *>work, <ptrdiff_t *>work + 3 * n, 0
    t.small = <char *>(t.nodes + 3 * n)
    t.q = t.small + 8 * n * size
    t.left_q = t.q + (n * (n // 2 + 4) * size if u != NULL else 0)
    t.kinds = <unsigned char *>(t.left_q + n * (n // 2 + 4) * size)
    if singular:
        memset(e + (n - 1) * size, 0, size)      # where a part without rows is joined
    memset(z, 0, n * ld * size)
    if u != NULL:
        memset(u, 0, n * ld * size)
    tear_down(&t, 0, n, False)
    status = parallel_for(whole_node, &t, t.count, threads)
    return status if status else climb(&t, 0, n, False)


def tridiagonal(cnp.ndarray d, cnp.ndarray e, bint vectors, cnp.ndarray z, cnp.ndarray order, workers, str name):
    """As `divide`; d and e are overwritten. Whether all converged."""
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(d), n = cnp.PyArray_DIM(d, 0)
    cdef int failed = 0, status, threads = threads_for(workers), dtype = kernel_dtype(cnp.PyArray_TYPE(d), size)
    cdef cnp.ndarray s = np.empty(n * n, d.dtype), work = np.empty(room(n, size, False), np.uint8)
    with nogil:
        work_begin()
        status = divide(dtype, n, <char *>cnp.PyArray_DATA(d), <char *>cnp.PyArray_DATA(e), vectors,
                        <char *>cnp.PyArray_DATA(z), NULL, cnp.PyArray_STRIDE(z, 0) // size,
                        <ptrdiff_t *>cnp.PyArray_DATA(order), <char *>cnp.PyArray_DATA(s),
                        <char *>cnp.PyArray_DATA(work), &failed, threads, False)
    raise_for(status, name)
    return failed == 0


def bidiagonal(cnp.ndarray d, cnp.ndarray e, bint vectors, cnp.ndarray v, u, cnp.ndarray order, workers, str name):
    """The same of a bidiagonal matrix: right vectors in the rows of v, left ones in those of u, or None."""
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(d), n = cnp.PyArray_DIM(d, 0)
    cdef int failed = 0, status, threads = threads_for(workers), dtype = kernel_dtype(cnp.PyArray_TYPE(d), size)
    cdef cnp.ndarray s = np.empty(n * n, d.dtype), work = np.empty(room(n, size, True), np.uint8)
    cdef char *left = <char *>cnp.PyArray_DATA(<cnp.ndarray>u) if u is not None else NULL
    with nogil:
        work_begin()
        status = divide(dtype, n, <char *>cnp.PyArray_DATA(d), <char *>cnp.PyArray_DATA(e), vectors,
                        <char *>cnp.PyArray_DATA(v), left, cnp.PyArray_STRIDE(v, 0) // size,
                        <ptrdiff_t *>cnp.PyArray_DATA(order), <char *>cnp.PyArray_DATA(s),
                        <char *>cnp.PyArray_DATA(work), &failed, threads, True)
    raise_for(status, name)
    return failed == 0
