# cython: binding=True
"""Symmetric tridiagonal matrices by divide and conquer: leaves by implicit QL, then two halves at a time become one
through the roots of a secular equation and two products. Small nodes of the tree go to threads whole, large ones are
shared."""

import numpy as np

cimport numpy as cnp
from libc.math cimport fabs
from libc.string cimport memcpy, memset

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.eigen cimport eigen_ops
from mathcore._kernels.qr cimport multiply
from mathcore._kernels.runtime cimport (
    F64, OK, check_interrupt, isa, parallel_for, raise_for, threads_for, work_begin,
)

cnp.import_array()

cdef extern from "simd/secular.h" nogil:
    enum: LANES "MC_SECULAR_LANES"
    ctypedef struct Merge "mc_merge":
        ptrdiff_t m, half
        int ends_only
        ptrdiff_t ld, first_width, second_width
        void *rows
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
        double rho
        ptrdiff_t changed, in_top, in_both
    ctypedef struct SecularOps "mc_secular_ops":
        void (*deflate)(Merge *t, const void *beta) noexcept nogil
        int (*roots)(const Merge *t, ptrdiff_t first, ptrdiff_t last) noexcept nogil
        void (*weights)(const Merge *t, ptrdiff_t first, ptrdiff_t last) noexcept nogil
        void (*vectors)(const Merge *t, ptrdiff_t first, ptrdiff_t last, void *s) noexcept nogil
        void (*finish)(Merge *t) noexcept nogil
    const SecularOps *mc_secular_ops_for(int isa, int dtype)

# Rows of a leaf, part of every result's bits; rows of a node that threads share, roots and vectors of one chunk.
cdef enum: LEAF_MOST = 32
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
    int dtype, threads, level
    bint ends_only                       # z (n, 2): the first and last element of each vector of a node
    ptrdiff_t n, size, ld
    char *d
    char *e
    char *z
    ptrdiff_t *order
    char *s                              # coefficients: a node of rows a ... b has n (b - a) elements from n a on
    char *q                              # rows that change: half as much
    char *small                          # 7 n elements
    ptrdiff_t *numbers                   # 3 n
    unsigned char *kinds
    int *failed

# A node at work.
ctypedef struct Node:
    Tree *tree
    Merge merge
    char *s
    int threads


cdef inline ptrdiff_t first_row(const Tree *t, ptrdiff_t level, ptrdiff_t node) noexcept nogil:
    """Of one of 2^level nodes."""
    return t.n * node >> level


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


cdef int leaf(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Tree *t = <Tree *>ctx
    cdef ptrdiff_t first = first_row(t, t.level, i), m = first_row(t, t.level, i + 1) - first, r, at
    cdef ptrdiff_t *order = t.order + first
    cdef bint wide = t.dtype == F64
    cdef double room[LEAF_MOST * LEAF_MOST]
    cdef float *narrow = <float *>room
    cdef double *d = <double *>(t.d + first * t.size)
    cdef float *f = <float *>d
    cdef double beside[LEAF_MOST]        # solve writes one element past them: that which joins two leaves
    memset(room, 0, sizeof(room))
    memcpy(beside, t.e + first * t.size, (m - 1) * t.size)
    for r in range(m):
        if wide:
            room[r * (LEAF_MOST + 1)] = 1
        else:
            narrow[r * (LEAF_MOST + 1)] = 1
    if eigen_ops(t.dtype).solve(m, d, beside, room, LEAF_MOST):
        t.failed[0] = 1
    for r in range(m):
        at_z = t.z + ((first + r) * t.ld + (0 if t.ends_only else first)) * t.size
        if t.ends_only:
            memcpy(at_z, <char *>room + r * LEAF_MOST * t.size, t.size)
            memcpy(at_z + t.size, <char *>room + (r * LEAF_MOST + m - 1) * t.size, t.size)
        else:
            memcpy(at_z, <char *>room + r * LEAF_MOST * t.size, m * t.size)
        at = r
        while at and (d[order[at - 1]] > d[r] if wide else f[order[at - 1]] > f[r]):
            order[at] = order[at - 1]
            at -= 1
        order[at] = r
    return OK


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
    mc_secular_ops_for(isa(), n.tree.dtype).vectors(&n.merge, i * CHUNK, min(n.merge.changed, (i + 1) * CHUNK), n.s)
    return OK


cdef int halves(Node *n) noexcept nogil:
    """The changed rows: coefficients times the rows they come from, each half for itself."""
    cdef Merge *g = &n.merge
    cdef ptrdiff_t size = n.tree.size, k = g.changed, in_first = g.in_top - g.in_both
    cdef int status = multiply(n.tree.dtype, k, g.first_width, g.in_top, n.s, k, 1, <const char *>g.top,
                               g.first_width, 1, <char *>g.rows, g.ld, n.threads)
    if status == OK:
        status = multiply(n.tree.dtype, k, g.second_width, k - in_first, n.s + in_first * size, k, 1,
                          <const char *>g.bottom, g.second_width, 1, <char *>g.rows + g.first_width * size, g.ld,
                          n.threads)
    return status


cdef int merge(Tree *t, ptrdiff_t i, int threads) noexcept nogil:
    """Node i of t.level, from its two of the level below."""
    cdef const SecularOps *ops = mc_secular_ops_for(isa(), t.dtype)
    cdef ptrdiff_t first = first_row(t, t.level, i), middle = first_row(t, t.level + 1, 2 * i + 1)
    cdef ptrdiff_t m = first_row(t, t.level, i + 1) - first, size = t.size, chunks
    cdef char *small = t.small + 7 * first * size
    cdef ptrdiff_t *numbers = t.numbers + 3 * first
    cdef Node node
    cdef Merge *g = &node.merge
    node.tree, node.threads, node.s = t, threads, t.s + first * t.n * size
    g.m, g.half, g.ld, g.ends_only = m, middle - first, t.ld, t.ends_only
    g.first_width, g.second_width = 1 if t.ends_only else g.half, 1 if t.ends_only else m - g.half
    g.rows = t.z + (first * t.ld + (0 if t.ends_only else first)) * size
    g.d, g.order = t.d + first * size, t.order + first
    g.z, g.pole, g.square, g.way = small, small + m * size, small + 2 * m * size, small + 3 * m * size
    g.weight, g.by_group = small + 4 * m * size, small + 5 * m * size
    g.origin, g.kept, g.lost, g.kind = numbers, numbers + m, numbers + 2 * m, t.kinds + first
    g.top = t.q + first * t.n // 2 * size
    g.bottom = <char *>g.top + g.half * g.first_width * size
    ops.deflate(g, t.e + (middle - 1) * size)
    chunks = (g.changed + CHUNK - 1) // CHUNK
    parallel_for(roots, &node, chunks, threads)          # none of the three takes memory
    parallel_for(weights, &node, chunks, threads)
    ops.finish(g)
    parallel_for(vectors, &node, chunks, threads)
    return halves(&node) if g.changed else OK


cdef int whole_node(void *ctx, ptrdiff_t i) noexcept nogil:
    return merge(<Tree *>ctx, i, 1)


cdef ptrdiff_t room(ptrdiff_t n, ptrdiff_t size) noexcept nogil:
    return (n * n // 2 + 1) * size + n * (7 * size + 3 * sizeof(ptrdiff_t) + 1)


cdef int divide(int dtype, ptrdiff_t n, char *d, char *e, bint vectors, char *z, ptrdiff_t ld, ptrdiff_t *order,
                char *s, char *work, int *failed, int threads) noexcept nogil:
    cdef Tree t
    cdef ptrdiff_t i, size = eigen_ops(dtype).size
    cdef int status
    t.dtype, t.threads, t.level, t.n, t.size, t.ld, t.ends_only = dtype, threads, 0, n, size, ld, not vectors
    t.d, t.e, t.z, t.order, t.s, t.failed = d, e, z, order, s, failed
    t.numbers = <ptrdiff_t *>work
    t.small = <char *>(t.numbers + 3 * n)
    t.q = t.small + 7 * n * size
    t.kinds = <unsigned char *>(t.q + (n * n // 2 + 1) * size)
    memset(z, 0, n * ld * size)
    while n > LEAF << t.level:
        t.level += 1
    for i in range(1, 1 << t.level):
        tear(dtype, d, e, first_row(&t, t.level, i))
    status = parallel_for(leaf, &t, 1 << t.level, threads if n > SHARED else 1)
    while t.level > 0 and status == OK:
        t.level -= 1
        if n >> t.level <= SHARED:
            status = parallel_for(whole_node, &t, 1 << t.level, threads)
        else:
            for i in range(1 << t.level):
                status = merge(&t, i, threads)
                if status:
                    break
        if status == OK:
            status = check_interrupt()
    return status


def tridiagonal(cnp.ndarray d, cnp.ndarray e, bint vectors, cnp.ndarray z, cnp.ndarray order, workers, str name):
    """As `divide`; d and e are overwritten. Whether all converged."""
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(d), n = cnp.PyArray_DIM(d, 0)
    cdef int failed = 0, status, threads = threads_for(workers), dtype = kernel_dtype(cnp.PyArray_TYPE(d), size)
    cdef cnp.ndarray s = np.empty(n * n, d.dtype), work = np.empty(room(n, size), np.uint8)
    with nogil:
        work_begin()
        status = divide(dtype, n, <char *>cnp.PyArray_DATA(d), <char *>cnp.PyArray_DATA(e), vectors,
                        <char *>cnp.PyArray_DATA(z), cnp.PyArray_STRIDE(z, 0) // size,
                        <ptrdiff_t *>cnp.PyArray_DATA(order), <char *>cnp.PyArray_DATA(s),
                        <char *>cnp.PyArray_DATA(work), &failed, threads)
    raise_for(status, name)
    return failed == 0
