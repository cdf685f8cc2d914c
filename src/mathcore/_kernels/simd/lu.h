#ifndef MC_LU_H
#define MC_LU_H
#include "cpu.h"
/* The narrow part of an LU factorisation: up to MC_LU_LEAF columns of a panel whose columns lie each in one piece, so that
 * the search for pivots, the scaling and the updates run along vectors. */
enum { MC_LU_LEAF = 8 };

typedef struct {
    int size;
    /* Factors columns j ... j + w of the panel p (m rows, `cols` columns, ld apart), of which those before j are done and
     * have been applied. Rows are exchanged in all columns. pivots[i]: the row exchanged with row i. Gives back 0, or 1 +
     * the first column of these without a pivot. */
    ptrdiff_t (*leaf)(ptrdiff_t m, ptrdiff_t cols, ptrdiff_t j, ptrdiff_t w, void *p, ptrdiff_t ld, int32_t *pivots);
    /* Rows 0 ... j of w columns x, ld apart: x = L^-1 x with the unit lower triangle of p. */
    void (*top)(ptrdiff_t j, ptrdiff_t w, const void *p, void *x, ptrdiff_t ld);
    /* Exchanges row i with row pivots[i] of a (n columns, rows rsa apart), for i = first ... last in turn; back: in reverse. */
    void (*exchange)(ptrdiff_t first, ptrdiff_t last, const int32_t *pivots, ptrdiff_t n, void *a, ptrdiff_t rsa, int back);
} mc_lu_ops;

#define MC_BODY "lu-inl.h"
#include "foreach_target.h"

static inline const mc_lu_ops *mc_lu_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, lu_ops, f32, ()) : MC_DISPATCH(isa, lu_ops, f64, ());
}
#endif
