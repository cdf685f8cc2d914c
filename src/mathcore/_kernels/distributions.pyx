# cython: binding=True
"""The distributions of mathcore.stats over NumPy arrays: arguments by name, broadcasting, threads.

Numbers take a path of their own, about 0.3 us. Of whole numbers with the same shapes for all, each value that occurs is
computed once where that is less work.
"""

import numpy as np

cimport numpy as cnp
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_Check
from cpython.ref cimport PyObject
from libc.math cimport INFINITY, NAN, floor

from mathcore._kernels.arrays cimport good_workers, kernel_dtype, usable
from mathcore._kernels.runtime cimport (
    F64, MAX_THREADS, OK, isa, parallel_for, raise_for, threads_for, work_begin,
)
from mathcore._kernels.tape import is_traced

cnp.import_array()

cdef extern from "Python.h":
    int PyLong_CheckExact(object x)
    double PyLong_AsDouble(object x) except? -1.0

cdef extern from "numpy/ufuncobject.h":
    ctypedef void (*Loop "PyUFuncGenericFunction")(char **, const cnp.npy_intp *, const cnp.npy_intp *,
                                                   void *) noexcept nogil
    ctypedef struct UFunc "PyUFuncObject":
        int nargs
        Loop *functions
        void **data
        int ntypes
        const char *types

cdef extern from "numpy/arrayobject.h":
    object PyArray_Scalar(void *data, void *descr, object base)
    void *PyArray_DescrFromType(int typenum)

cdef extern from "simd/distributions.h" nogil:
    enum:
        LOGPDF "MC_LOGPDF"
        CDF "MC_CDF"
        PPF "MC_PPF"
        ISF "MC_ISF"
        FIRST_DISCRETE "MC_FIRST_DISCRETE"
    const double FUZZ "MC_FUZZ"
    ctypedef struct Job "mc_distribution_job":
        int family
        int method
        ptrdiff_t n
        const double *inputs "in"[6]
        ptrdiff_t stride[6]
        double *out
        ptrdiff_t out_stride
        void (*hard)(int is_beta, int inverse, int upper, double a, double b, double x, double *out) noexcept nogil
    ctypedef struct Ops "mc_distribution_ops":
        void (*run)(const Job *job) noexcept nogil
    const Ops *mc_distribution_ops_for(int isa)

METHODS = ("pdf", "logpdf", "cdf", "sf", "logcdf", "logsf", "ppf", "isf")
FAMILIES = (
    "norm", "uniform", "expon", "lognorm", "laplace", "logistic", "cauchy", "weibull_min", "gamma", "chi2", "beta", "t",
    "f", "bernoulli", "geom", "randint", "poisson", "binom", "nbinom", "hypergeom",
)

cdef enum:
    PIECE = 4096                         # elements of a chunk: 5 to 500 us
    GIL = 256                            # elements up to which the GIL is kept
    FEW = 64                             # up to here nothing is gained by computing each value once
    MOST_VALUES = 1 << 20
    GUIDE = 1024                         # parts of [0, 1], of each of which a search knows where it begins

cdef void *float64 = PyArray_DescrFromType(cnp.NPY_DOUBLE)
cdef object nothing = object()


# ------------------------------------------------------------------ scipy.special's loops, for hard parameters

cdef Loop loops[8]
cdef void *loop_data[8]
cdef bint loaded = False


cdef load_loops():
    """gammainc, gammaincc and their inverses, then beta's: the inner loops of SciPy's ufuncs, which need no GIL."""
    global loaded
    import scipy.special as sc
    cdef UFunc *u
    cdef int i, k, j
    cdef bint all_double
    names = ("gammainc", "gammaincc", "gammaincinv", "gammainccinv", "betainc", "betaincc", "betaincinv", "betainccinv")
    for k, name in enumerate(names):
        ufunc = getattr(sc, name)
        u = <UFunc *><PyObject *>ufunc
        for i in range(u.ntypes):
            all_double = True
            for j in range(u.nargs):
                all_double = all_double and u.types[i * u.nargs + j] == cnp.NPY_DOUBLE
            if all_double:
                loops[k], loop_data[k] = u.functions[i], u.data[i]
                break
    loaded = True


cdef void hard(int is_beta, int inverse, int upper, double a, double b, double x, double *out) noexcept nogil:
    cdef int k = 4 * is_beta + 2 * inverse + upper
    cdef cnp.npy_intp one = 1
    cdef cnp.npy_intp steps[4]
    cdef char *args[4]
    steps[0] = steps[1] = steps[2] = steps[3] = sizeof(double)
    if not loaded:
        with gil:
            load_loops()
    args[0] = <char *>&a
    if is_beta:
        args[1], args[2], args[3] = <char *>&b, <char *>&x, <char *>out
    else:
        args[1], args[2] = <char *>&x, <char *>out
    if loops[k] == NULL:                 # loading was interrupted
        out[0] = NAN
        return
    loops[k](args, &one, steps, loop_data[k])


# ------------------------------------------------------------------ jobs

cdef int job_chunk(void *ctx, ptrdiff_t chunk) noexcept nogil:
    cdef Job part = (<Job *>ctx)[0]
    cdef int k
    for k in range(6):
        part.inputs[k] += chunk * PIECE * part.stride[k]
    part.out += chunk * PIECE * part.out_stride
    part.n = min(<ptrdiff_t>PIECE, part.n - chunk * PIECE)
    mc_distribution_ops_for(isa()).run(&part)
    return OK


cdef int run(Job *job, int threads) noexcept nogil:
    return parallel_for(job_chunk, job, (job.n + PIECE - 1) // PIECE, threads)


cdef int compute(Job *job, workers, str name) except -1:
    """The job as it is, with the GIL where it is small."""
    cdef int status, threads
    if job.n <= GIL:
        mc_distribution_ops_for(isa()).run(job)
        return 0
    threads = 1 if job.n <= PIECE else threads_for(workers)
    with nogil:
        work_begin()
        status = run(job, threads)
    if status:
        raise_for(status, name)
    return 0


# ------------------------------------------------------------------ each value once

# Of whole numbers first, first + 1, ... with the same shapes: what a method gives for each.
ctypedef struct Table:
    const double *x
    double *out
    const double *values
    ptrdiff_t n, stride, count
    double first, loc
    int method
    double of_none, at_0, at_1           # of what is no whole number; of the probabilities 0 and 1
    int guide[GUIDE]                     # the first value that may be the quantile of a probability from i / GUIDE on


cdef int look_up(void *ctx, ptrdiff_t chunk) noexcept nogil:
    cdef Table *t = <Table *>ctx
    cdef ptrdiff_t i, at
    cdef double k
    for i in range(chunk * PIECE, min(t.n, (chunk + 1) * PIECE)):
        k = t.x[i * t.stride] - t.loc
        if k != k:
            t.out[i] = k
            continue
        at = <ptrdiff_t>(floor(k) - t.first)
        t.out[i] = t.of_none if t.method <= LOGPDF and floor(k) != k else t.values[at]
    return OK


cdef int search(void *ctx, ptrdiff_t chunk) noexcept nogil:
    cdef Table *t = <Table *>ctx
    cdef ptrdiff_t i
    cdef int k
    cdef double q
    for i in range(chunk * PIECE, min(t.n, (chunk + 1) * PIECE)):
        q = t.x[i * t.stride]
        if not (0 < q < 1):
            t.out[i] = t.at_0 if q == 0 else t.at_1 if q == 1 else t.of_none
            continue
        k = t.guide[<int>(q * GUIDE)]
        if t.method == PPF:
            q = q * (1 - FUZZ)
            while t.values[k] < q:
                k += 1
        else:
            q = q * (1 + FUZZ)
            while t.values[k] > q:
                k += 1
        t.out[i] = k + t.first + t.loc
    return OK


cdef void make_guide(Table *t) noexcept nogil:
    cdef int i
    cdef ptrdiff_t k = 0
    for i in range(GUIDE):
        if t.method == PPF:
            while k < t.count - 1 and t.values[k] < <double>i / GUIDE * (1 - FUZZ):
                k += 1
            t.guide[i] = k
        else:
            while k < t.count - 1 and t.values[k] > <double>(GUIDE - i) / GUIDE * (1 + FUZZ):
                k += 1
            t.guide[GUIDE - 1 - i] = k


cdef bint extent_of(const double *x, ptrdiff_t n, ptrdiff_t stride, bint inside, double *low,
                    double *high) noexcept nogil:
    """Smallest and largest of what is no NaN (inside: of what lies between 0 and 1); whether there is any."""
    cdef ptrdiff_t i
    cdef double v, least = INFINITY, most = -INFINITY
    for i in range(n):
        v = x[i * stride]
        if inside and not (0 < v < 1):
            continue
        least = v if v < least else least
        most = v if v > most else most
    low[0], high[0] = least, most
    return least <= most


cdef bint once_each(Job *job, workers, str name) except -1:
    """Whether the job was done by a table, which is less work where values repeat."""
    cdef Table t
    cdef Job ends = job[0]
    cdef int k
    cdef double low, high
    cdef double pair[4]
    cdef double answers[4]
    cdef double nowhere = 0              # the table is of location 0
    cdef bint quantile = job.method >= PPF
    for k in range(1, 6):
        if job.stride[k]:
            return False
    if job.stride[0] == 0:
        return False
    if not extent_of(job.inputs[0], job.n, job.stride[0], quantile, &low, &high):
        return False
    t.loc, t.method, t.of_none = job.inputs[4][0], job.method, 0
    if quantile:
        # of a decreasing tail the largest probability has the smallest quantile
        pair[0], pair[1], pair[2], pair[3] = (low, high, 0, 1) if job.method == PPF else (high, low, 0, 1)
        ends.inputs[0], ends.stride[0], ends.n, ends.out, ends.out_stride = pair, 1, 4, answers, 1
        ends.inputs[4] = &nowhere
        mc_distribution_ops_for(isa()).run(&ends)
        low, high, t.at_0, t.at_1, t.of_none = answers[0], answers[1], answers[2] + t.loc, answers[3] + t.loc, NAN
    else:
        low, high = floor(low - t.loc), floor(high - t.loc)
        t.of_none = -INFINITY if job.method == LOGPDF else 0
    if not (high - low < min(job.n // 2, MOST_VALUES)):        # NaN where the parameters are bad
        return False
    t.x, t.n, t.stride, t.out = job.inputs[0], job.n, job.stride[0], job.out
    t.first, t.count = low, <ptrdiff_t>(high - low) + 1
    cdef cnp.ndarray whole = np.arange(t.count) + low, values = np.empty(t.count)
    ends = job[0]
    ends.inputs[0], ends.stride[0], ends.n = <double *>cnp.PyArray_DATA(whole), 1, t.count
    ends.out, ends.out_stride, ends.inputs[4] = <double *>cnp.PyArray_DATA(values), 1, &nowhere
    if quantile:
        ends.method = CDF if job.method == PPF else CDF + 1
    compute(&ends, workers, name)
    t.values = <double *>cnp.PyArray_DATA(values)
    if t.values[0] != t.values[0]:
        return False                     # bad parameters
    if quantile:
        make_guide(&t)
    cdef int status, threads = 1 if job.n <= 4 * PIECE else threads_for(workers)
    with nogil:
        work_begin()
        status = parallel_for(search if quantile else look_up, &t, (job.n + PIECE - 1) // PIECE, threads)
    if status:
        raise_for(status, name)
    return True


# ------------------------------------------------------------------ operands

cdef inline bint is_number(object x, double *value) except -1:
    """A Python or float64 number, which is taken as it is."""
    if PyFloat_Check(x):
        value[0] = PyFloat_AS_DOUBLE(x)
        return True
    if PyLong_CheckExact(x):
        try:
            value[0] = PyLong_AsDouble(x)
        except OverflowError:
            value[0] = INFINITY if x > 0 else -INFINITY
        return True
    return False


cdef cnp.ndarray as_doubles(x, str name):
    """float64 of anything that NumPy takes for real numbers."""
    cdef cnp.ndarray a
    if cnp.PyArray_CheckExact(x):
        a = x
        if kernel_dtype(cnp.PyArray_TYPE(a), cnp.PyArray_ITEMSIZE(a)) == F64 and usable(a):
            return a
    a = np.asarray(x)
    if a.dtype.kind not in "biuf":
        if a.dtype.kind == "O":
            return a.astype(np.float64)
        raise TypeError(f"{name}: an argument has an unsupported element type; expected real numbers, "
                        f"got dtype {a.dtype}")
    return a.astype(np.float64)


cdef class Family:
    """A distribution: what its shapes are called, and its compiled functions."""
    cdef readonly str name
    cdef readonly tuple shapes
    cdef readonly bint discrete
    cdef int code, count
    cdef object owner
    cdef dict place

    def __init__(self, name, shapes, owner=None):
        self.owner = owner
        self.name, self.shapes, self.code, self.count = name, tuple(shapes), FAMILIES.index(name), len(shapes)
        self.discrete = self.code >= FIRST_DISCRETE
        self.place = {shape: i for i, shape in enumerate(shapes)}
        self.place["loc"] = self.count
        if not self.discrete:
            self.place["scale"] = self.count + 1

    cdef str word(self, int method):
        """What the method is called."""
        return METHODS[method].replace("pdf", "pmf") if self.discrete else METHODS[method]

    cdef int parse(self, tuple args, dict kwds, list values, str method) except -1:
        """Shapes, loc and scale by position or name into values, which has their defaults."""
        cdef int i, given = len(args), most = self.count + (1 if self.discrete else 2)
        if given > most:
            raise TypeError(f"{self.name}.{method}: too many arguments; expected {', '.join(self.place)}, got {given}")
        for i in range(given):
            values[i] = args[i]
        for key, value in kwds.items():
            i = self.place.get(key, -1)
            if i < 0:
                raise TypeError(f"{self.name}.{method}: got an unexpected keyword argument {key!r}; "
                                f"expected {', '.join(self.place)}")
            if i < given:
                raise TypeError(f"{self.name}.{method}: got multiple values for argument {key!r}")
            values[i] = value
        for i in range(self.count):
            if values[i] is nothing:
                raise TypeError(f"{self.name}.{method}: missing shape {self.shapes[i]!r}; "
                                f"expected {', '.join(self.place)}")
        return 0

    def parameters(self, method, args, kwds):
        """(shapes, loc, scale) as they were given."""
        values = [nothing] * self.count + [0, 1]
        self.parse(tuple(args), kwds, values, method)
        return tuple(values[:self.count]), values[self.count], values[self.count + 1]

    def __call__(self, int method, x, tuple args, dict kwds, workers=None):
        """A method at x. `owner` answers what is unusual: its own keywords, traced values, complex numbers."""
        cdef list values = [nothing] * self.count
        values.append(0.0)
        values.append(1.0)
        if len(args) == self.count and not kwds:
            values[:self.count] = args
        else:
            if "workers" in kwds or "validate" in kwds:
                return self.owner.unusual(method, x, args, kwds)
            self.parse(args, kwds, values, self.word(method))
        cdef Job job
        cdef double numbers[6]
        cdef double result
        cdef int i, k
        cdef bint plain = True
        cdef cnp.ndarray a, c
        job.family, job.method, job.hard = self.code, method, hard
        job.n, job.out, job.out_stride = 1, &result, 1
        numbers[1] = numbers[2] = numbers[3] = 0
        for k in range(6):
            job.inputs[k], job.stride[k] = &numbers[k], 0
        for i in range(self.count + 2):
            plain = plain and is_number(values[i], &numbers[i + 1 if i < self.count else 4 + i - self.count])
        if plain and is_number(x, &numbers[0]):
            mc_distribution_ops_for(isa()).run(&job)
            return PyArray_Scalar(&result, float64, None)
        if not (plain and cnp.PyArray_CheckExact(x) and good_workers(workers, MAX_THREADS)):
            return self.arrays(&job, x, values, args, kwds, workers)
        a = x
        if not (cnp.PyArray_TYPE(a) == cnp.NPY_DOUBLE and cnp.PyArray_NDIM(a) > 0 and cnp.PyArray_SIZE(a) > 0
                and cnp.PyArray_IS_C_CONTIGUOUS(a) and usable(a)):
            return self.arrays(&job, x, values, args, kwds, workers)
        c = cnp.PyArray_EMPTY(cnp.PyArray_NDIM(a), cnp.PyArray_DIMS(a), cnp.NPY_DOUBLE, 0)
        job.inputs[0], job.stride[0] = <double *>cnp.PyArray_DATA(a), 1
        job.n, job.out = cnp.PyArray_SIZE(c), <double *>cnp.PyArray_DATA(c)
        self.run(&job, method, workers)
        return c

    cdef int run(self, Job *job, int method, workers) except -1:
        cdef str name = f"{self.name}.{self.word(method)}" if job.n > GIL else None
        if not (self.discrete and job.n > FEW and once_each(job, workers, name)):
            compute(job, workers, name)
        return 0

    cdef arrays(self, Job *job, x, list values, args, kwds, workers):
        cdef cnp.ndarray a, c
        cdef double numbers[6]
        cdef int i, k, place
        cdef str name = f"{self.name}.{self.word(job.method)}"
        cdef list operands = [x, *values], kept = []
        if not good_workers(workers, MAX_THREADS):
            threads_for(workers)
        for i in range(len(operands)):
            if is_traced(operands[i]) or np.iscomplexobj(operands[i]):
                return self.owner.unusual(job.method, x, args, kwds)
        arrays = [as_doubles(v, name) for v in operands]
        try:
            shape = np.broadcast_shapes(*[v.shape for v in arrays])
        except ValueError:
            raise ValueError(f"{name}: shapes do not match; expected arguments that broadcast, got "
                             f"{', '.join(str(v.shape) for v in arrays)}") from None
        c = np.empty(shape)
        job.n, job.out, job.out_stride = cnp.PyArray_SIZE(c), <double *>cnp.PyArray_DATA(c), 1
        for k in range(6):
            job.inputs[k], job.stride[k] = &numbers[k], 0
        numbers[1] = numbers[2] = numbers[3] = 0
        for i in range(len(arrays)):
            place = 0 if i == 0 else i if i <= self.count else 3 + i - self.count
            a = arrays[i]
            if cnp.PyArray_SIZE(a) != 1 or i == 0 and job.n == 1:
                if (<object>a).shape != shape or not cnp.PyArray_IS_C_CONTIGUOUS(a):
                    a = np.ascontiguousarray(np.broadcast_to(a, shape))
                job.stride[place] = 1
            kept.append(a)
            job.inputs[place] = <double *>cnp.PyArray_DATA(a)
        if job.n == 0:
            return c
        self.run(job, job.method, workers)
        return c if cnp.PyArray_NDIM(c) else c[()]
