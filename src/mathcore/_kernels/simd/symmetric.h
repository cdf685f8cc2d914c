#ifndef MC_SYMMETRIC_H
#define MC_SYMMETRIC_H
#include "cpu.h"
/* A symmetric matrix times a vector, of which only the upper triangle is read. Sums in MC_SYMMETRIC_BLOCK virtual lanes,
 * groups of MC_SYMMETRIC_ROWS rows in turn: the bits do not depend on the instruction set. Columns are taken in whole
 * blocks from the one on the diagonal on, so that x and y are aligned: from L3 85 GB/s in place of 65. */
enum { MC_SYMMETRIC_ROWS = 4, MC_SYMMETRIC_BLOCK = 16 };    /* rows at once; rows and columns of a block */

typedef struct {
    /* y[first ... n) = what rows first ... last of the upper triangle, and their mirror image, add to A x; `first` is a
     * multiple of MC_SYMMETRIC_BLOCK, and so is `last` or it is n. Unit column stride; x and y on cache lines. */
    void (*rows)(ptrdiff_t first, ptrdiff_t last, ptrdiff_t n, const void *a, ptrdiff_t rsa, const void *x, void *y);
    /* Whether a (m, n) is the transpose of b (n, m), element by element; rows of both in one piece, rs apart. */
    int (*mirrored)(ptrdiff_t m, ptrdiff_t n, const void *a, const void *b, ptrdiff_t rs);
} mc_symmetric_ops;

#define MC_BODY "symmetric-inl.h"
#include "foreach_target.h"

static inline const mc_symmetric_ops *mc_symmetric_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, symmetric_ops, f32, ()) : MC_DISPATCH(isa, symmetric_ops, f64, ());
}
#endif
