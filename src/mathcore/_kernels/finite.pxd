# Whether n numbers side by side, float32 or float64 (F32, F64), are all finite.
cdef bint finite(const char *x, ptrdiff_t n, int dtype) noexcept nogil
