# cython: binding=True
"""Products of NumPy arrays: what may go straight to gemm goes there at once, the rest is sent to the general door."""

cimport numpy as cnp

from mathcore._kernels.arrays cimport good_workers, kernel_dtype, may_overlap, plain_rows, usable
from mathcore._kernels.gemm cimport (
    IDENTITY, MAX_DIMS, RELU, SIGMOID_OF, TANH_OF, Batch, Epilogue, Product, plan, run, run_batch,
)
from mathcore._kernels.mirror cimport mirror
from mathcore._kernels.runtime cimport MAX_THREADS, OK, raise_for, threads_for, work_begin

cnp.import_array()

cdef double SERIAL_FLOPS = 1.5e6         # below it gemm takes one thread: their number need not be asked for
cdef double GIL_FLOPS = 5e4              # about 1 us


def product(x1, x2, out, workers, int vectors=0, str name="matmul"):
    """x1 times x2 over the last axes, or None when the arrays need the general door first (see linalg/matmul.py).

    vectors: bit 0, x1 holds row vectors; bit 1, x2 holds column vectors, both with batch axes before them. Of matmul
    (0) 1-d operands are vectors. `name` is the function that an error speaks of.
    """
    if not cnp.PyArray_CheckExact(x1) or not cnp.PyArray_CheckExact(x2):
        return None
    if not good_workers(workers, MAX_THREADS):
        return None
    cdef cnp.ndarray a = x1, b = x2, c
    cdef int typenum = cnp.PyArray_TYPE(a), da = cnp.PyArray_NDIM(a), db = cnp.PyArray_NDIM(b)
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(a), k2
    cdef int dtype = kernel_dtype(typenum, size)
    if dtype < 0 or cnp.PyArray_TYPE(b) != typenum or da < 1 or db < 1 or not usable(a) or not usable(b):
        return None
    cdef Batch job
    cdef Product *p = &job.product
    cdef cnp.npy_intp shape[MAX_DIMS]
    cdef cnp.npy_intp n1, n2
    cdef int d, e, f, na, nb, nd, status
    cdef bint row = vectors & 1 or vectors == 0 and da == 1
    cdef bint column = vectors & 2 or vectors == 0 and db == 1

    if not row and da < 2 or not column and db < 2:
        return None
    p.k = cnp.PyArray_DIM(a, da - 1)
    p.csa = cnp.PyArray_STRIDE(a, da - 1) // size
    if row:
        na, p.m, p.rsa = da - 1, 1, 0
    else:
        na, p.m, p.rsa = da - 2, cnp.PyArray_DIM(a, da - 2), cnp.PyArray_STRIDE(a, da - 2) // size
    if column:
        nb, p.n, p.csb = db - 1, 1, 0
    else:
        nb, p.n, p.csb = db - 2, cnp.PyArray_DIM(b, db - 1), cnp.PyArray_STRIDE(b, db - 1) // size
    e = nb
    k2, p.rsb = cnp.PyArray_DIM(b, e), cnp.PyArray_STRIDE(b, e) // size
    nd = max(na, nb)
    if k2 != p.k or nd > MAX_DIMS - 2:
        return None

    job.ndim, job.count = nd, 1
    for d in range(nd):
        e, f = d - nd + na, d - nd + nb
        n1 = cnp.PyArray_DIM(a, e) if e >= 0 else 1
        n2 = cnp.PyArray_DIM(b, f) if f >= 0 else 1
        if n1 != n2 and n1 != 1 and n2 != 1:
            return None
        shape[d] = job.shape[d] = n2 if n1 == 1 else n1
        job.sa[d] = cnp.PyArray_STRIDE(a, e) if n1 != 1 else 0
        job.sb[d] = cnp.PyArray_STRIDE(b, f) if n2 != 1 else 0
        job.count *= shape[d]
    e = nd
    if not row:
        shape[e] = p.m
        e += 1
    if not column:
        shape[e] = p.n
        e += 1

    if out is None:
        c = cnp.PyArray_EMPTY(e, shape, typenum, 0)
    else:
        if not cnp.PyArray_CheckExact(out):
            return None
        c = out
        if (cnp.PyArray_TYPE(c) != typenum or cnp.PyArray_NDIM(c) != e or not cnp.PyArray_ISWRITEABLE(c)
                or not usable(c) or not plain_rows(c) or may_overlap(c, a) or may_overlap(c, b)):
            return None
        for d in range(e):
            if cnp.PyArray_DIM(c, d) != shape[d]:
                return None
    if cnp.PyArray_SIZE(c) == 0:
        return c
    for d in range(nd):
        job.sc[d] = cnp.PyArray_STRIDE(c, d)
    p.rsc = p.n if row or cnp.PyArray_DIM(c, nd) == 1 else cnp.PyArray_STRIDE(c, nd) // size
    p.dtype, p.epilogue, p.upper_only, p.add, p.spare = dtype, NULL, False, False, False
    p.a, p.b, p.c = <char *>cnp.PyArray_DATA(a), <char *>cnp.PyArray_DATA(b), <char *>cnp.PyArray_DATA(c)

    # rows of a batch of A against one B are rows of one tall A: one product instead of many small ones
    while job.ndim and not job.sb[job.ndim - 1]:
        d = job.ndim - 1
        if p.m == 1:
            p.rsa, p.rsc = job.sa[d] // size, job.sc[d] // size
        elif job.sa[d] != p.m * p.rsa * size or job.sc[d] != p.m * p.rsc * size:
            break
        p.m *= job.shape[d]
        job.count //= job.shape[d]
        job.ndim -= 1

    cdef double flops = 2.0 * p.m * p.n * p.k * job.count + 50.0 * job.count
    p.threads = 1 if flops < SERIAL_FLOPS and workers is None else threads_for(workers)
    if flops < GIL_FLOPS:
        status = run_batch(&job)
    else:
        with nogil:
            work_begin()
            status = run_batch(&job)
    if status:
        raise_for(status, name)
    return c if out is not None or e else c[()]


cdef int start(Product *p, cnp.ndarray a, cnp.ndarray c, object workers) except -1:
    """The parts of a product of 2-d arrays that do not depend on B."""
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(a)
    p.dtype = kernel_dtype(cnp.PyArray_TYPE(a), size)
    p.a, p.c = <char *>cnp.PyArray_DATA(a), <char *>cnp.PyArray_DATA(c)
    p.epilogue, p.upper_only, p.add, p.spare = NULL, False, False, False
    p.rsc = cnp.PyArray_STRIDE(c, 0) // size if cnp.PyArray_DIM(c, 0) > 1 else cnp.PyArray_DIM(c, 1)
    p.threads = threads_for(workers)
    return 0


ACTIVATIONS = {None: IDENTITY, "relu": RELU, "sigmoid": SIGMOID_OF, "tanh": TANH_OF}


def linear(cnp.ndarray x, cnp.ndarray w, b, cnp.ndarray out, int activation, workers, str name="linear"):
    """out (m, n) = act(x (m, k) w (n, k)^T + b (n)); floats of one dtype through the door, out with plain rows."""
    cdef Product p
    cdef Epilogue epilogue
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(x)
    cdef int status
    start(&p, x, out, workers)
    p.m, p.k, p.n = cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(x, 1), cnp.PyArray_DIM(w, 0)
    p.rsa, p.csa = cnp.PyArray_STRIDE(x, 0) // size, cnp.PyArray_STRIDE(x, 1) // size
    p.b, p.rsb, p.csb = <char *>cnp.PyArray_DATA(w), cnp.PyArray_STRIDE(w, 1) // size, cnp.PyArray_STRIDE(w, 0) // size
    if b is not None or activation != IDENTITY:
        epilogue.bias = cnp.PyArray_DATA(<cnp.ndarray>b) if b is not None else NULL
        epilogue.scale, epilogue.activation, epilogue.hook = 1.0, activation, NULL
        p.epilogue = &epilogue
    with nogil:
        work_begin()
        plan(&p)
        status = run(&p)
    raise_for(status, name)


cdef void max_of_tile(void *ctx, ptrdiff_t row, ptrdiff_t col, int m, int n, const void *tile,
                      ptrdiff_t rsc) noexcept nogil:
    cdef double *largest = <double *>ctx + row
    cdef const double *c = <const double *>tile
    cdef int i, j
    for i in range(m):
        if col == 0:
            largest[i] = c[i * rsc]
        for j in range(n):
            if c[i * rsc + j] > largest[i]:
                largest[i] = c[i * rsc + j]


def row_max(cnp.ndarray x, cnp.ndarray w, double scale, cnp.ndarray c, cnp.ndarray out, workers):
    """out (m) = the largest element of each row of c (m, n) = scale * x (m, k) w (n, k)^T, float64: the model of a row
    reduction that takes place while the product's tiles are in cache."""
    cdef Product p
    cdef Epilogue epilogue
    cdef int status
    start(&p, x, c, workers)
    p.m, p.k, p.n = cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(x, 1), cnp.PyArray_DIM(w, 0)
    p.rsa, p.csa = cnp.PyArray_STRIDE(x, 0) // 8, cnp.PyArray_STRIDE(x, 1) // 8
    p.b, p.rsb, p.csb = <char *>cnp.PyArray_DATA(w), cnp.PyArray_STRIDE(w, 1) // 8, cnp.PyArray_STRIDE(w, 0) // 8
    epilogue.bias, epilogue.scale, epilogue.activation = NULL, scale, IDENTITY
    epilogue.hook, epilogue.hook_ctx = max_of_tile, cnp.PyArray_DATA(out)
    p.epilogue = &epilogue
    with nogil:
        work_begin()
        plan(&p)
        status = run(&p)
    raise_for(status, "row_max")


def gram(cnp.ndarray x, cnp.ndarray out, workers):
    """out (d, d) = x^T x for x (n, d); a float array through the door, out with plain rows."""
    cdef Product p
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(x)
    cdef int status
    start(&p, x, out, workers)
    p.k, p.m = cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(x, 1)
    p.n, p.b = p.m, p.a
    p.csa = p.rsb = cnp.PyArray_STRIDE(x, 0) // size
    p.rsa = p.csb = cnp.PyArray_STRIDE(x, 1) // size
    p.upper_only = True
    with nogil:
        work_begin()
        plan(&p)
        status = run(&p)
        if status == OK:
            status = mirror(p.c, p.n, p.rsc, size, p.threads)
    raise_for(status, "gram")


def is_plain(cnp.ndarray c):
    """Whether a kernel may write its rows into c: usable, unit stride along the last axis, no element twice."""
    return usable(c) and cnp.PyArray_ISWRITEABLE(c) and plain_rows(c)


def is_usable(cnp.ndarray x):
    """Whether a kernel may read x in place: native byte order, aligned, strides in whole elements."""
    return usable(x)
