# What every kernel takes from the runtime: the instruction set, threads, scratch, the interrupt check.

cdef extern from "system/pool.h" nogil:
    ctypedef int (*task_t "mc_task")(void *ctx, ptrdiff_t chunk) noexcept nogil
    enum:
        OK "MC_OK"
        NO_MEMORY "MC_NO_MEMORY"
        INTERRUPTED "MC_INTERRUPTED"
        MAX_THREADS "MC_MAX_THREADS"

cdef extern from "simd/target.h" nogil:
    enum:
        F32 "MC_F32"
        F64 "MC_F64"
        U32 "MC_U32"
        U64 "MC_U64"

cdef extern from "system/alloc.h" nogil:
    enum:
        SLOT_A "MC_SLOT_A"
        SLOT_B "MC_SLOT_B"
        SLOT_C "MC_SLOT_C"
        SLOT_D "MC_SLOT_D"
        SLOT_E "MC_SLOT_E"
        SLOT_F "MC_SLOT_F"

cdef int isa() noexcept nogil
cdef int threads_for(object workers) except -1
cdef int parallel_for(task_t task, void *ctx, ptrdiff_t chunks, int threads) noexcept nogil
cdef void work_begin() noexcept nogil
cdef int check_interrupt() noexcept nogil
cdef void hold_interrupt(int change) noexcept nogil
cdef void *workspace(int slot, size_t bytes) noexcept nogil
cdef int raise_for(int status, str name) except -1


cdef inline ptrdiff_t ceil_div(ptrdiff_t n, ptrdiff_t unit) noexcept nogil:
    return (n + unit - 1) // unit


cdef inline ptrdiff_t round_up(ptrdiff_t n, ptrdiff_t unit) noexcept nogil:
    return ceil_div(n, unit) * unit


cdef inline char *step(char **at, ptrdiff_t nbytes) noexcept nogil:
    """The next so many bytes of some scratch, from a line of cache on."""
    cdef char *here = at[0]
    at[0] += round_up(nbytes, 64)
    return here
