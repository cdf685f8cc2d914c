#ifndef MC_SMALL_JOB_H
#define MC_SMALL_JOB_H
#include <stddef.h>
#include <stdint.h>
/* What is asked of the bodies of small.h, apart from them: whoever calls small.pyx need not compile them again. */

enum { MC_SMALL_MOST = 32,              /* rows and columns of what goes in packs */
       MC_SMALL_ALONE = 64,             /* of what LU takes by itself */
       MC_SMALL_COLUMNS = 16 };         /* right-hand sides in a pack */

/* What a verb may read and write; rows and items of arrays lie one after the other unless a stride is given. */
typedef struct {
    ptrdiff_t m, n, k;                  /* a (m, n) or (n, n), b (n, k) */
    const void *a, *b;
    ptrdiff_t a_item, b_item;           /* elements from one item to the next, 0 for one that serves all */
    void *x, *y;                        /* results */
    int32_t *pivots, *info;
    void *omega, *rcond;
    int lower, unit, trans;
} mc_small;

/* Items first ... first + count; scratch: mc_small_scratch bytes, 64-byte aligned. */
typedef void (*mc_small_verb)(const mc_small *s, ptrdiff_t first, ptrdiff_t count, void *scratch);

enum { MC_SMALL_LU, MC_SMALL_SOLVE, MC_SMALL_INV, MC_SMALL_DET, MC_SMALL_SLOGDET, MC_SMALL_CHOLESKY,
       MC_SMALL_QR, MC_SMALL_QR_RAW, MC_SMALL_LSTSQ, MC_SMALL_TRIANGULAR, MC_SMALL_EIGEN, MC_SMALL_SVD, MC_SMALL_VERBS };

/* Three matrices, three blocks of right-hand sides, eight vectors. */
static inline size_t mc_small_scratch(ptrdiff_t m, ptrdiff_t n) {
    ptrdiff_t most = m > n ? m : n;
    return (size_t)(3 * most * most + (3 * MC_SMALL_COLUMNS + 8) * most + 8) * 64;
}
#endif
