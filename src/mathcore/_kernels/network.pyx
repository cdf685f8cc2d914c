# cython: binding=True
"""Dense layers forward and backward, whole training steps and whole epochs, without the interpreter.

Activations and their slopes are applied to each tile of a product while it is in cache. The learning rate goes into the
gradient of the loss, so plain descent adds each product to its weights and stores no gradient. Gradients of all layers
are known before the first weight changes, and the change itself is not interrupted: weights are those of whole steps.
"""

from libc.math cimport isfinite, pow
from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset

cimport numpy as cnp

import numpy as np

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.gemm cimport (
    IDENTITY, RELU, RELU_SLOPE, SIGMOID_OF, SIGMOID_SLOPE, TANH_OF, TANH_SLOPE, Epilogue, Product, plan, run,
)
from mathcore._kernels.runtime cimport (
    F32, OK, check_interrupt, hold_interrupt, isa, parallel_for, raise_for, threads_for, work_begin,
)
from mathcore._kernels.softmax cimport CROSS_ENTROPY, Rows, run_rows, sum_of

cnp.import_array()

cdef extern from "simd/optimizers.h" nogil:
    ctypedef struct Adam "mc_adam":
        double rate, beta1, beta2, eps, decay, correct1, correct2
    ctypedef struct OptimizersOps "mc_optimizers_ops":
        void (*adam)(ptrdiff_t n, void *p, const void *g, void *m, void *v, const Adam *how) noexcept nogil
    const OptimizersOps *mc_optimizers_ops_for(int isa, int dtype)

cdef extern from "simd/update.h" nogil:
    ctypedef struct UpdateOps "mc_update_ops":
        void (*scale)(ptrdiff_t n, void *x, double factor) noexcept nogil
        void (*add)(ptrdiff_t n, void *x, const void *y) noexcept nogil
        void (*add_rows)(ptrdiff_t m, ptrdiff_t n, const void *x, ptrdiff_t rsx, void *out,
                         double factor) noexcept nogil
        void (*add_outer)(ptrdiff_t m, ptrdiff_t n, const void *a, const void *b, void *c, ptrdiff_t rsc) noexcept nogil
    const UpdateOps *mc_update_ops_for(int isa, int dtype)

ACTIVATIONS = {"identity": IDENTITY, "relu": RELU, "sigmoid": SIGMOID_OF, "tanh": TANH_OF}
OPTIMIZERS = {"sgd": SGD, "momentum": MOMENTUM, "adam": ADAM}

cdef enum:
    SGD
    MOMENTUM
    ADAM

cdef enum:
    MAX_LAYERS = 64
    PIECE = 32768                        # elements of one chunk of an update
    ONE_SAMPLE = 1 << 20                 # weights up to which one thread adds the outer product of one sample
    GATHER = 64                          # rows of one chunk of a gathered batch


cdef int slope_of(int activation) noexcept nogil:
    return RELU_SLOPE if activation == RELU else SIGMOID_SLOPE if activation == SIGMOID_OF else \
        TANH_SLOPE if activation == TANH_OF else IDENTITY


# ------------------------------------------------------------------ products of a layer

# Matrices of one layer: x (rows, n_in), w (n_out, n_in) with one unit stride, y and dy (rows, n_out); strides in
# elements.
ctypedef struct Layer:
    ptrdiff_t n_in, n_out
    char *w
    ptrdiff_t rsw, csw
    char *b                              # or NULL
    char *y
    char *dy
    char *grad_w                         # momentum: velocity; Adam: gradient, first and second moment; laid out as w
    char *grad_b
    char *m_w
    char *m_b
    char *v_w
    char *v_b


cdef void start(Product *p, int dtype, int threads) noexcept nogil:
    memset(p, 0, sizeof(Product))
    p.dtype, p.threads = dtype, threads


cdef int forward(int dtype, const Layer *layer, const void *x, ptrdiff_t rsx, ptrdiff_t rows, int activation, void *y,
                 ptrdiff_t rsy, int threads) noexcept nogil:
    """y = act(x w^T + b)"""
    cdef Product p
    cdef Epilogue e
    start(&p, dtype, threads)
    p.m, p.n, p.k = rows, layer.n_out, layer.n_in
    p.a, p.rsa, p.csa = <const char *>x, rsx, 1
    p.b, p.rsb, p.csb = layer.w, layer.csw, layer.rsw
    p.c, p.rsc = <char *>y, rsy
    if layer.b != NULL or activation != IDENTITY:
        memset(&e, 0, sizeof(Epilogue))
        e.bias, e.scale, e.activation = layer.b, 1.0, activation
        p.epilogue = &e
    plan(&p)
    return run(&p)


cdef int backward_input(int dtype, const Layer *layer, const void *dy, ptrdiff_t rsdy, ptrdiff_t rows, int slope,
                        const void *x, ptrdiff_t rsx, void *dx, ptrdiff_t rsdx, int threads) noexcept nogil:
    """dx = (dy w) * slope(x), x the activations that went in"""
    cdef Product p
    cdef Epilogue e
    start(&p, dtype, threads)
    p.m, p.n, p.k = rows, layer.n_in, layer.n_out
    p.a, p.rsa, p.csa = <const char *>dy, rsdy, 1
    p.b, p.rsb, p.csb = layer.w, layer.rsw, layer.csw
    p.c, p.rsc = <char *>dx, rsdx
    if slope != IDENTITY:
        memset(&e, 0, sizeof(Epilogue))
        e.scale, e.activation, e.y, e.rsy = 1.0, slope, x, rsx
        p.epilogue = &e
    plan(&p)
    return run(&p)


cdef int backward_weights(int dtype, const Layer *layer, const void *dy, ptrdiff_t rsdy, const void *x, ptrdiff_t rsx,
                          ptrdiff_t rows, bint add, char *dw, int threads) noexcept nogil:
    """dw = or += dy^T x, laid out as w"""
    cdef Product p
    start(&p, dtype, threads)
    p.k, p.add, p.spare, p.c = rows, add, True, dw
    if layer.csw == 1:                       # rows of w are outputs
        p.m, p.n = layer.n_out, layer.n_in
        p.a, p.rsa, p.csa = <const char *>dy, 1, rsdy
        p.b, p.rsb, p.csb = <const char *>x, rsx, 1
        p.rsc = layer.rsw
    else:                                # rows of w^T are inputs
        p.m, p.n = layer.n_in, layer.n_out
        p.a, p.rsa, p.csa = <const char *>x, 1, rsx
        p.b, p.rsb, p.csb = <const char *>dy, rsdy, 1
        p.rsc = layer.csw
    if rows == 1 and add and p.m * p.n <= ONE_SAMPLE:
        mc_update_ops_for(isa(), dtype).add_outer(p.m, p.n, p.a, p.b, p.c, p.rsc)
        return OK
    plan(&p)
    return run(&p)


cdef int layer_of(Layer *layer, cnp.ndarray w, object b) except -1:
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(w)
    memset(layer, 0, sizeof(Layer))
    layer.n_out, layer.n_in, layer.w = cnp.PyArray_DIM(w, 0), cnp.PyArray_DIM(w, 1), <char *>cnp.PyArray_DATA(w)
    layer.rsw, layer.csw = cnp.PyArray_STRIDE(w, 0) // size, cnp.PyArray_STRIDE(w, 1) // size
    if layer.n_in == 1:                      # a stride over one element says nothing: rows in one piece
        layer.csw = 1
    if layer.n_out == 1:
        layer.rsw = layer.n_in if layer.csw == 1 else 1
    layer.b = <char *>cnp.PyArray_DATA(<cnp.ndarray>b) if b is not None else NULL
    return 0


def layer_backward(cnp.ndarray dy, cnp.ndarray x, cnp.ndarray w, cnp.ndarray dx, cnp.ndarray dw, cnp.ndarray db,
                   workers):
    """The three gradients of x w^T + b from dy (rows, n_out), all C-order and of one float type; dx None for none."""
    cdef Layer layer
    cdef int status = OK, threads = threads_for(workers)
    cdef int dtype = kernel_dtype(cnp.PyArray_TYPE(w), cnp.PyArray_ITEMSIZE(w))
    cdef ptrdiff_t rows = cnp.PyArray_DIM(dy, 0)
    layer_of(&layer, w, None)
    with nogil:
        work_begin()
        if dx is not None:
            status = backward_input(dtype, &layer, cnp.PyArray_DATA(dy), layer.n_out, rows, IDENTITY, NULL, 0,
                                    cnp.PyArray_DATA(dx), layer.n_in, threads)
        if status == OK:
            status = backward_weights(dtype, &layer, cnp.PyArray_DATA(dy), layer.n_out, cnp.PyArray_DATA(x), layer.n_in,
                                      rows, False,
                                      <char *>cnp.PyArray_DATA(dw), threads)
        if status == OK:
            mc_update_ops_for(isa(), dtype).add_rows(rows, layer.n_out, cnp.PyArray_DATA(dy), layer.n_out,
                                                     cnp.PyArray_DATA(db), 0)
    raise_for(status, "dense_backward")


def activation_backward(int activation, cnp.ndarray dy, cnp.ndarray y, cnp.ndarray dz, workers):
    """dz = dy * slope(y): C-order arrays of one float type; an epilogue over no product."""
    cdef Product p
    cdef Epilogue e
    cdef int status
    start(&p, kernel_dtype(cnp.PyArray_TYPE(dy), cnp.PyArray_ITEMSIZE(dy)), threads_for(workers))
    memset(&e, 0, sizeof(Epilogue))
    memcpy(cnp.PyArray_DATA(dz), cnp.PyArray_DATA(dy), cnp.PyArray_NBYTES(dy))
    p.m, p.n, p.add = cnp.PyArray_DIM(dy, 0), cnp.PyArray_DIM(dy, 1), True
    p.c, p.rsc = <char *>cnp.PyArray_DATA(dz), cnp.PyArray_DIM(dz, 1)
    p.a = p.b = p.c
    p.csb = p.csa = 1
    e.scale, e.activation = 1.0, slope_of(activation)
    e.y, e.rsy = cnp.PyArray_DATA(y), cnp.PyArray_DIM(y, 1)
    p.epilogue = &e
    with nogil:
        plan(&p)
        status = run(&p)
    raise_for(status, "dense_backward")


# ------------------------------------------------------------------ a step

ctypedef struct Step:
    int dtype, n_layers, activation, optimizer, threads
    ptrdiff_t size
    Layer layers[MAX_LAYERS]
    char *value                          # losses of the rows
    double rate, momentum, decay
    Adam adam
    int64_t count                        # of steps, for Adam's correction
    # the update at hand
    char *p
    char *g
    char *m
    char *v
    ptrdiff_t n


cdef int step_backward(Step *s, const void *x, ptrdiff_t rsx, ptrdiff_t rows, const int64_t *labels, double factor,
                       double *loss) noexcept nogil:
    """The sum of the losses of a batch, and dy of every layer, times factor; the logits become dy of the last."""
    cdef Layer *layer = NULL
    cdef Layer *below
    cdef Rows r
    cdef int i, status
    cdef const void *into = x
    cdef ptrdiff_t stride = rsx
    for i in range(s.n_layers):
        layer = &s.layers[i]
        status = forward(s.dtype, layer, into, stride, rows, s.activation if i < s.n_layers - 1 else IDENTITY, layer.y,
                         layer.n_out,
                         s.threads)
        if status:
            return status
        into, stride = layer.y, layer.n_out
    memset(&r, 0, sizeof(Rows))
    r.rows, r.n, r.x, r.rsx, r.csx, r.value, r.sv = rows, layer.n_out, layer.y, layer.n_out, 1, s.value, 1
    r.labels, r.scale, r.out, r.rso, r.cso = labels, factor, layer.dy, layer.n_out, 1
    status = run_rows(CROSS_ENTROPY, s.dtype, &r, s.threads)
    if status:
        return status
    loss[0] = sum_of(s.dtype, s.value, rows)
    if not isfinite(loss[0]):
        return OK                        # nothing is learnt from it: the caller sees the loss
    for i in range(s.n_layers - 1, 0, -1):
        layer, below = &s.layers[i], &s.layers[i - 1]
        status = backward_input(s.dtype, layer, layer.dy, layer.n_out, rows, slope_of(s.activation), below.y,
                                layer.n_in, below.dy, layer.n_in, s.threads)
        if status:
            return status
    return OK


cdef int update_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    """Elements PIECE * i ... of the parameters at hand."""
    cdef Step *s = <Step *>ctx
    cdef ptrdiff_t at = i * PIECE, n = min(<ptrdiff_t>PIECE, s.n - at)
    at *= s.size
    if s.optimizer == ADAM:
        mc_optimizers_ops_for(isa(), s.dtype).adam(n, s.p + at, s.g + at, s.m + at, s.v + at, &s.adam)
    elif s.optimizer == MOMENTUM:
        mc_update_ops_for(isa(), s.dtype).add(n, s.p + at, s.g + at)
    return OK


cdef int scale_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Step *s = <Step *>ctx
    cdef ptrdiff_t at = i * PIECE
    mc_update_ops_for(isa(), s.dtype).scale(min(<ptrdiff_t>PIECE, s.n - at), s.p + at * s.size, s.adam.decay)
    return OK


cdef int apply(Step *s, char *p, char *g, char *m, char *v, ptrdiff_t n) noexcept nogil:
    s.p, s.g, s.m, s.v, s.n = p, g, m, v, n
    return parallel_for(update_chunk, s, (n + PIECE - 1) // PIECE, s.threads)


cdef int scale_by(Step *s, char *p, ptrdiff_t n, double factor) noexcept nogil:
    cdef double kept = s.adam.decay
    cdef int status
    s.p, s.n, s.adam.decay = p, n, factor
    status = parallel_for(scale_chunk, s, (n + PIECE - 1) // PIECE, s.threads)
    s.adam.decay = kept
    return status


cdef int update_layer(Step *s, Layer *layer, const void *x, ptrdiff_t rsx, ptrdiff_t rows) noexcept nogil:
    cdef const UpdateOps *ops = mc_update_ops_for(isa(), s.dtype)
    cdef ptrdiff_t n = layer.n_in * layer.n_out
    cdef int status = OK
    if s.optimizer == ADAM:
        status = backward_weights(s.dtype, layer, layer.dy, layer.n_out, x, rsx, rows, False, layer.grad_w, s.threads)
        if status == OK:
            status = apply(s, layer.w, layer.grad_w, layer.m_w, layer.v_w, n)
        ops.add_rows(rows, layer.n_out, layer.dy, layer.n_out, layer.grad_b, 0)
        mc_optimizers_ops_for(isa(), s.dtype).adam(layer.n_out, layer.b, layer.grad_b, layer.m_b, layer.v_b, &s.adam)
        return status
    if s.decay:
        status = scale_by(s, layer.w, n, 1 - s.rate * s.decay)
    if status == OK and s.optimizer == SGD:
        ops.add_rows(rows, layer.n_out, layer.dy, layer.n_out, layer.b, 1)
        return backward_weights(s.dtype, layer, layer.dy, layer.n_out, x, rsx, rows, True, layer.w, s.threads)
    if status == OK:                     # the velocity holds steps, not gradients: -rate is in dy
        status = scale_by(s, layer.grad_w, n, s.momentum)
    if status == OK:
        status = backward_weights(s.dtype, layer, layer.dy, layer.n_out, x, rsx, rows, True, layer.grad_w, s.threads)
    if status == OK:
        status = apply(s, layer.w, layer.grad_w, NULL, NULL, n)
    ops.add_rows(rows, layer.n_out, layer.dy, layer.n_out, layer.grad_b, s.momentum)
    ops.add(layer.n_out, layer.b, layer.grad_b)
    return status


cdef int step(Step *s, const void *x, ptrdiff_t rsx, ptrdiff_t rows, const int64_t *labels,
              double *loss) noexcept nogil:
    """One batch: its summed loss before the step, and the step, unless the loss is not finite."""
    cdef int i, status
    cdef double factor = 1.0 / rows
    if s.optimizer != ADAM:
        factor = -s.rate / rows
    status = step_backward(s, x, rsx, rows, labels, factor, loss)
    if status or not isfinite(loss[0]):
        return status
    if s.optimizer == ADAM:
        s.count += 1
        s.adam.rate, s.adam.decay = s.rate, s.decay
        s.adam.correct1 = 1 / (1 - pow(s.adam.beta1, <double>s.count))
        s.adam.correct2 = 1 / (1 - pow(s.adam.beta2, <double>s.count))
    hold_interrupt(1)
    for i in range(s.n_layers):
        status = update_layer(s, &s.layers[i], x if i == 0 else <const void *>s.layers[i - 1].y,
                              rsx if i == 0 else s.layers[i].n_in, rows)
        if status:
            break
    hold_interrupt(-1)
    return status


# ------------------------------------------------------------------ an epoch

ctypedef struct Gather:
    const char *x
    const int64_t *order
    char *out
    ptrdiff_t first, rows, row_bytes, stride


cdef int gather_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Gather *g = <Gather *>ctx
    cdef ptrdiff_t row
    for row in range(i * GATHER, min(g.rows, (i + 1) * GATHER)):
        memcpy(g.out + row * g.row_bytes, g.x + g.order[g.first + row] * g.stride, g.row_bytes)
    return OK


cdef class Network:
    """Parameters in place and the buffers of a batch; one thread at a time."""
    cdef Step s
    cdef list keep                       # the arrays behind the pointers
    cdef ptrdiff_t capacity
    cdef cnp.ndarray batch, batch_labels
    cdef bint busy

    def __init__(self, weights, biases, int activation, int optimizer, ptrdiff_t capacity, state=()):
        """weights[i] (n_out, n_in) with one unit stride, biases[i] (n_out), writeable floats of one type; state: for
        each layer the arrays that the optimizer keeps, (grad_w, grad_b) or (grad_w, grad_b, m_w, m_b, v_w, v_b)."""
        cdef Step *s = &self.s
        cdef Layer *layer
        cdef int i
        memset(s, 0, sizeof(Step))
        if not 0 < len(weights) <= MAX_LAYERS:
            raise ValueError(f"layers: expected 1 to {MAX_LAYERS}, got {len(weights)}")
        s.n_layers, s.activation, s.optimizer = len(weights), activation, optimizer
        s.dtype = kernel_dtype(cnp.PyArray_TYPE(<cnp.ndarray>weights[0]), cnp.PyArray_ITEMSIZE(<cnp.ndarray>weights[0]))
        s.size = 4 if s.dtype == F32 else 8
        dtype = (<cnp.ndarray>weights[0]).dtype
        self.capacity, self.keep = capacity, [weights, biases, state]
        for i in range(s.n_layers):
            layer = &s.layers[i]
            layer_of(layer, weights[i], biases[i])
            y = np.empty(capacity * layer.n_out, dtype)
            dy = y if i == s.n_layers - 1 else np.empty(capacity * layer.n_out, dtype)
            self.keep += [y, dy]
            layer.y, layer.dy = <char *>cnp.PyArray_DATA(<cnp.ndarray>y), <char *>cnp.PyArray_DATA(<cnp.ndarray>dy)
            if state:
                kept = [<size_t>cnp.PyArray_DATA(<cnp.ndarray>a) for a in state[i]]
                layer.grad_w, layer.grad_b = <char *><size_t>kept[0], <char *><size_t>kept[1]
                if len(kept) > 2:
                    layer.m_w, layer.m_b = <char *><size_t>kept[2], <char *><size_t>kept[3]
                    layer.v_w, layer.v_b = <char *><size_t>kept[4], <char *><size_t>kept[5]
        value = np.empty(capacity, dtype)
        self.keep.append(value)
        s.value = <char *>cnp.PyArray_DATA(<cnp.ndarray>value)

    cdef int enter(self, str name) except -1:
        if self.busy:
            raise RuntimeError(f"{name}: another thread trains this model; expected one at a time")
        self.busy = True
        return 0

    def set_rates(self, double rate, double momentum, double decay, double beta1, double beta2, double eps, count):
        """The optimizer's numbers, and how many steps it has made."""
        self.s.rate, self.s.momentum, self.s.decay, self.s.count = rate, momentum, decay, count
        self.s.adam.beta1, self.s.adam.beta2, self.s.adam.eps = beta1, beta2, eps

    @property
    def count(self):
        """Steps of Adam so far."""
        return self.s.count

    def step(self, cnp.ndarray x, cnp.ndarray labels, workers, str name):
        """One step on all rows of x (at most capacity), unit column stride; labels int64, in range. The mean loss
        before it; not finite: no step was made."""
        cdef double loss = 0
        cdef int status
        cdef ptrdiff_t rows = cnp.PyArray_DIM(x, 0)
        cdef ptrdiff_t rsx = cnp.PyArray_STRIDE(x, 0) // self.s.size if rows > 1 else cnp.PyArray_DIM(x, 1)
        self.s.threads = threads_for(workers)
        self.enter(name)
        with nogil:
            work_begin()
            status = step(&self.s, cnp.PyArray_DATA(x), rsx, rows, <const int64_t *>cnp.PyArray_DATA(labels), &loss)
        self.busy = False
        raise_for(status, name)
        return loss / rows

    def epoch(self, cnp.ndarray x, cnp.ndarray labels, cnp.ndarray order, ptrdiff_t batch_size, workers, str name):
        """Steps over the rows of x in the order given, batch after batch; unit column stride. The summed loss of the
        rows that were used, and their number: fewer than asked for where a loss was not finite."""
        cdef Step *s = &self.s
        cdef Gather g
        cdef ptrdiff_t n = cnp.PyArray_SIZE(order), done = 0, i
        cdef double total = 0, loss = 0
        cdef int status = OK
        cdef const int64_t *y = <const int64_t *>cnp.PyArray_DATA(labels)
        cdef int64_t *batch_labels
        if self.batch is None:
            self.batch = np.empty(self.capacity * s.layers[0].n_in, x.dtype)
            self.batch_labels = np.empty(self.capacity, np.int64)
        batch_labels = <int64_t *>cnp.PyArray_DATA(self.batch_labels)
        g.x, g.order, g.out = <const char *>cnp.PyArray_DATA(x), <const int64_t *>cnp.PyArray_DATA(order), \
            <char *>cnp.PyArray_DATA(self.batch)
        g.row_bytes, g.stride = s.layers[0].n_in * s.size, cnp.PyArray_STRIDE(x, 0)
        s.threads = threads_for(workers)
        self.enter(name)
        with nogil:
            work_begin()
            while done < n:
                g.first, g.rows = done, min(batch_size, n - done)
                status = parallel_for(gather_chunk, &g, (g.rows + GATHER - 1) // GATHER,
                                      s.threads if g.rows * g.row_bytes > 262144 else 1)
                for i in range(g.rows):
                    batch_labels[i] = y[g.order[done + i]]
                if status == OK:
                    status = step(s, g.out, s.layers[0].n_in, g.rows, batch_labels, &loss)
                if status:
                    break
                total += loss
                if not isfinite(loss):
                    break
                done += g.rows
                status = check_interrupt()
                if status:
                    break
        self.busy = False
        raise_for(status, name)
        return total, done

    def logits(self, cnp.ndarray x, cnp.ndarray out, workers, str name):
        """out (rows, n_classes) = what the softmax of the last layer takes; buffers of its own, so many threads may."""
        cdef Step *s = &self.s
        cdef ptrdiff_t rows = cnp.PyArray_DIM(x, 0), widest = 1, first, few, stride, rsx
        cdef int i, status = OK, threads = threads_for(workers)
        cdef const char *source
        cdef char *to
        cdef char *spare[2]
        rsx = cnp.PyArray_STRIDE(x, 0) // s.size if rows > 1 else cnp.PyArray_DIM(x, 1)
        for i in range(s.n_layers - 1):
            widest = max(widest, s.layers[i].n_out)
        cdef cnp.ndarray a = np.empty((2, min(rows, 1024) * widest), x.dtype)
        spare[0] = <char *>cnp.PyArray_DATA(a)
        spare[1] = spare[0] + cnp.PyArray_STRIDE(a, 0)
        with nogil:
            work_begin()
            first = 0
            while first < rows and status == OK:
                few = min(<ptrdiff_t>1024, rows - first)
                source, stride = <const char *>cnp.PyArray_DATA(x) + first * rsx * s.size, rsx
                for i in range(s.n_layers):
                    to = spare[i % 2]
                    if i == s.n_layers - 1:
                        to = <char *>cnp.PyArray_DATA(out) + first * s.layers[i].n_out * s.size
                    status = forward(s.dtype, &s.layers[i], source, stride, few,
                                     s.activation if i < s.n_layers - 1 else IDENTITY, to, s.layers[i].n_out, threads)
                    if status:
                        break
                    source, stride = to, s.layers[i].n_out
                first += few
        raise_for(status, name)
