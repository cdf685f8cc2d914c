# cython: binding=True
"""The one owner of global state: instruction set in use, threads, scratch memory, interrupt check."""

import os
from contextvars import ContextVar

from cpython.exc cimport PyErr_Occurred
from cpython.ref cimport PyObject

from mathcore._status import error_for

cdef extern from "system/pool.h" nogil:
    int mc_parallel_for(task_t task, void *ctx, ptrdiff_t chunks, int threads)
    void mc_work_begin()
    int mc_check_interrupt()
    void mc_hold_interrupt(int change)
    void mc_set_interrupt_hook(int (*hook)() noexcept nogil)
    int mc_pool_size()
    void mc_pool_set_cores(int cores)

cdef extern from "system/alloc.h" nogil:
    void *mc_workspace(int slot, size_t bytes)
    void mc_workspace_release()
    void mc_alloc_fail_after(long calls)
    long mc_alloc_live()

cdef extern from "simd/cpu.h" nogil:
    int mc_cpu_best()

cdef extern from "Python.h":
    int PyErr_CheckSignals()             # not cpython.exc's: the exception stays pending until the kernel has returned
    int PyContextVar_Get(object var, PyObject *default, PyObject **value) except -1
    void Py_XDECREF(PyObject *o)

# ------------------------------------------------------------------ instruction set

ISA_NAMES = ("base", "avx2", "avx512")
cdef int _isa = mc_cpu_best()


def available_isas():
    """Names of the instruction sets that this CPU runs, the slowest first."""
    return ISA_NAMES[:mc_cpu_best() + 1]


def get_isa():
    """Name of the instruction set in use."""
    return ISA_NAMES[_isa]


def set_isa(name):
    """Use the instruction set `name` in the whole process (tests and benchmarks; users set MATHCORE_ISA)."""
    global _isa
    if name not in available_isas():
        raise ValueError(f"MATHCORE_ISA: {name!r} does not run here; expected one of {', '.join(available_isas())}")
    _isa = ISA_NAMES.index(name)


if os.environ.get("MATHCORE_ISA"):
    set_isa(os.environ["MATHCORE_ISA"])


cdef int isa() noexcept nogil:
    return _isa


# ------------------------------------------------------------------ threads

cdef int _default_threads = 0          # 0: not yet decided
cdef object _scoped_threads = ContextVar("mathcore_threads")


def _cgroup_cpus():
    """CPUs that the container's quota allows, rounded up; None without a quota."""
    try:
        with open("/sys/fs/cgroup/cpu.max") as f:
            quota, period = f.read().split()[:2]
    except (OSError, ValueError):
        try:
            with open("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") as f:
                quota = f.read().strip()
            with open("/sys/fs/cgroup/cpu/cpu.cfs_period_us") as f:
                period = f.read().strip()
        except OSError:
            return None
    try:
        quota, period = int(quota), int(period)
    except ValueError:                   # "max": no quota
        return None
    return None if quota <= 0 or period <= 0 else (quota + period - 1) // period


def usable_cpus():
    """CPUs this process may use: the smaller of its affinity mask and the container's quota."""
    try:
        n = len(os.sched_getaffinity(0))
    except AttributeError:               # not on macOS and Windows
        n = os.cpu_count() or 1
    quota = _cgroup_cpus()
    return max(1, n if quota is None else min(n, quota))


def checked_threads(n, what):
    """`n` as a number of threads, -1 meaning all usable; `what` begins the message when it is none."""
    try:
        count = n.__index__()
    except AttributeError:
        raise TypeError(f"{what}: expected a whole number of threads, got {n!r}") from None
    if count == -1:
        return usable_cpus()
    if not 1 <= count <= MAX_THREADS:
        raise ValueError(f"{what}: expected 1 to {MAX_THREADS} threads, or -1 for all usable, got {count}")
    return count


cdef int _decide_default() except -1:
    global _default_threads
    cpus = usable_cpus()
    mc_pool_set_cores(cpus)
    for name in ("MATHCORE_NUM_THREADS", "OMP_NUM_THREADS"):
        text = os.environ.get(name, "").split(",")[0].strip()   # OMP_NUM_THREADS may list one count per level
        if not text:
            continue
        if text.isdecimal() and 1 <= int(text) <= MAX_THREADS:
            _default_threads = int(text)
            return 0
        if name == "MATHCORE_NUM_THREADS":      # ours must be right; a foreign variable is only a hint
            raise ValueError(f"MATHCORE_NUM_THREADS: expected 1 to {MAX_THREADS}, got {text!r}")
    _default_threads = cpus
    return 0


def set_num_threads(n):
    """Set how many threads calls use where neither `workers=` nor `threads` says otherwise.

    Parameters
    ----------
    n : int
        1 to 1024, or -1 for all usable CPUs.

    Examples
    --------
    >>> import mathcore
    >>> before = mathcore.get_num_threads()
    >>> mathcore.set_num_threads(2)
    >>> mathcore.get_num_threads()
    2
    >>> mathcore.set_num_threads(before)
    """
    global _default_threads
    count = checked_threads(n, "set_num_threads")
    _decide_default()                    # tells the pool how many cores there are
    _default_threads = count


def get_num_threads():
    """Number of threads that a call made here would use.

    Returns
    -------
    int
        From the first of these that says so: the innermost `threads` block, `set_num_threads`, MATHCORE_NUM_THREADS,
        OMP_NUM_THREADS, the CPUs that the process may use (affinity mask and container quota).

    Examples
    --------
    >>> import mathcore
    >>> mathcore.get_num_threads() >= 1
    True
    """
    return threads_for(None)


class threads:
    """Context manager: calls made inside use `n` threads. It follows the context, so other threads are not affected.

    Parameters
    ----------
    n : int
        1 to 1024, or -1 for all usable CPUs.

    Examples
    --------
    >>> import mathcore
    >>> with mathcore.threads(1):
    ...     mathcore.get_num_threads()
    1
    """

    def __init__(self, n):
        self.n = checked_threads(n, "threads")
        self._tokens = []

    def __enter__(self):
        self._tokens.append(_scoped_threads.set(self.n))
        return self

    def __exit__(self, *exc):
        _scoped_threads.reset(self._tokens.pop())


cdef int threads_for(object workers) except -1:
    """Threads for one call: its `workers=`, else the context's, else the default."""
    cdef PyObject *value = NULL
    cdef int n
    if not _default_threads:
        _decide_default()
    if workers is not None:
        return checked_threads(workers, "workers")
    PyContextVar_Get(_scoped_threads, NULL, &value)
    if value != NULL:
        n = <object>value
        Py_XDECREF(value)
        return n
    return _default_threads


def pool_size():
    """Worker threads that exist now."""
    return mc_pool_size()


cdef int parallel_for(task_t task, void *ctx, ptrdiff_t chunks, int threads) noexcept nogil:
    return mc_parallel_for(task, ctx, chunks, threads)


# ------------------------------------------------------------------ interrupt

cdef int _pending_signal() noexcept nogil:
    with gil:
        return PyErr_Occurred() != NULL or PyErr_CheckSignals() != 0


mc_set_interrupt_hook(_pending_signal)


cdef void work_begin() noexcept nogil:
    mc_work_begin()


cdef int check_interrupt() noexcept nogil:
    return mc_check_interrupt()


cdef void hold_interrupt(int change) noexcept nogil:
    mc_hold_interrupt(change)


# ------------------------------------------------------------------ memory

cdef void *workspace(int slot, size_t bytes) noexcept nogil:
    return mc_workspace(slot, bytes)


def release_workspace():
    """Give the calling thread's scratch memory back."""
    mc_workspace_release()


def fail_allocation_after(long calls):
    """Test hook: let `calls` allocations succeed and the next one fail; negative switches it off."""
    mc_alloc_fail_after(calls)


def live_allocations():
    """Test hook: blocks of kernel memory not yet given back."""
    return mc_alloc_live()


# ------------------------------------------------------------------ status

cdef int raise_for(int status, str name) except -1:
    """Turn a kernel's status into its exception; nothing for OK."""
    if status == OK:
        return 0
    if status == INTERRUPTED and PyErr_Occurred() != NULL:
        return -1                        # the signal handler's own exception, KeyboardInterrupt as a rule
    raise error_for(status, name)
