# The lower triangle of a square matrix from the upper one, in threads. Inline: some lines beside no table of kernels.

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from mathcore._kernels.runtime cimport OK, ceil_div, parallel_for

cdef enum:
    COLUMNS = 8                          # at a time: half the time of squares of 32 x 32 at n = 2000
    SERIAL_BYTES = 512 * 1024            # of a matrix, for which a second thread costs more than it brings

ctypedef fused element:
    uint8_t
    uint16_t
    uint32_t
    uint64_t

ctypedef struct Mirror:
    char *c
    ptrdiff_t n, rsc, size


cdef inline void mirror_columns(element *c, const Mirror *w, ptrdiff_t first) noexcept nogil:
    cdef ptrdiff_t i, j
    for i in range(first + 1, w.n):
        for j in range(first, min(first + COLUMNS, i)):
            c[i * w.rsc + j] = c[j * w.rsc + i]


cdef inline int mirror_chunk(void *ctx, ptrdiff_t number) noexcept nogil:
    """Some columns of the lower triangle, from as many rows of the upper one, whose lines at hand stay in L1."""
    cdef const Mirror *w = <const Mirror *>ctx
    if w.size == 8:
        mirror_columns(<uint64_t *>w.c, w, number * COLUMNS)
    elif w.size == 4:
        mirror_columns(<uint32_t *>w.c, w, number * COLUMNS)
    elif w.size == 2:
        mirror_columns(<uint16_t *>w.c, w, number * COLUMNS)
    else:
        mirror_columns(<uint8_t *>w.c, w, number * COLUMNS)
    return OK


cdef inline int mirror(char *c, ptrdiff_t n, ptrdiff_t rsc, ptrdiff_t size, int threads) noexcept nogil:
    """c (n, n), rows rsc elements of 1, 2, 4 or 8 bytes apart."""
    cdef Mirror w
    w.c, w.n, w.rsc, w.size = c, n, rsc, size
    return parallel_for(mirror_chunk, &w, ceil_div(n, COLUMNS), threads if n * n * size > SERIAL_BYTES else 1)
