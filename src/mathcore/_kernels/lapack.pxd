# LAPACK's routines that SciPy hands to compiled code, with NumPy's integers of 32 bits; float or double behind void.

ctypedef void (*Stedc)(char *compz, int *n, void *d, void *e, void *z, int *ldz, void *work, int *lwork, int *iwork,
                       int *liwork, int *info) noexcept nogil
ctypedef void (*Sterf)(int *n, void *d, void *e, int *info) noexcept nogil
ctypedef void (*Bdsdc)(char *uplo, char *compq, int *n, void *d, void *e, void *u, int *ldu, void *vt, int *ldvt,
                       void *q, int *iq, void *work, int *iwork, int *info) noexcept nogil

# One of them by its name without the letter of the type.
cdef void *routine(int dtype, str name) except NULL
