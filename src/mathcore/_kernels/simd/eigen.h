#ifndef MC_EIGEN_H
#define MC_EIGEN_H
#include "cpu.h"
/* One symmetric matrix: Householder's reduction to tridiagonal form, the orthogonal factor, and implicit QL on the result.
 * Rows lie `ld` elements apart, a multiple of MC_EIGEN_UNIT bytes, and are 64-byte aligned; what lies past the n-th element of a
 * row is zero. Sums run in the lanes of MC_EIGEN_UNIT bytes on every instruction set, so the bits are the same. */
enum { MC_EIGEN_UNIT = 64 };

typedef struct {
    int size;
    /* a (n, n), all of it symmetric: diagonal d (n), off-diagonal e (n - 1), reflector k in row k of a right of the diagonal,
     * its first element 1, and tau (n - 1). w: two rows. */
    void (*reduce)(ptrdiff_t n, void *a, ptrdiff_t ld, void *d, void *e, void *tau, void *w);
    /* q (n, n) = the product of the reflectors in a; w: two rows */
    void (*form)(ptrdiff_t n, const void *a, ptrdiff_t ld, const void *tau, void *q, void *w);
    /* Eigenvalues of the tridiagonal matrix into d, not sorted; rows of z (n, n), if not NULL, are turned along. 0, or 1 + the
     * number of the value that does not converge. */
    ptrdiff_t (*solve)(ptrdiff_t n, void *d, void *e, void *z, ptrdiff_t ld);
    /* to (n, n; rows n apart): row r of x is column order[r]. */
    void (*columns)(ptrdiff_t n, const void *x, ptrdiff_t ld, const ptrdiff_t *order, void *to);
    /* x (n, n) times a power of two into rows ld apart, both triangles from the lower or the upper one; the power, or NaN. */
    double (*take)(ptrdiff_t n, const void *x, ptrdiff_t rsx, ptrdiff_t csx, int lower, void *a, ptrdiff_t ld);
} mc_eigen_ops;

#define MC_BODY "eigen-inl.h"
#include "foreach_target.h"

static inline const mc_eigen_ops *mc_eigen_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, eigen_ops, f32, ()) : MC_DISPATCH(isa, eigen_ops, f64, ());
}
#endif
