#ifndef MC_SMALL_H
#define MC_SMALL_H
#include "cpu.h"
#include "small_job.h"
/* Many small matrices, n <= MC_SMALL_MOST: packs of as many as a vector has lanes, matrix l in lane l, so that a factorisation
 * is scalar code on vectors. A pack is an array of vectors, element (i, j) at i * columns + j. Lanes past the end of a batch
 * repeat its last matrix. Nothing passes between lanes: the bits of a result depend on its own matrix alone.
 *
 * Every element is one chain of fused multiply-adds in the order of elimination, and what is divided by u is multiplied by
 * 1 / u where that and u are normal numbers: the bits of lu-inl.h and triangular-inl.h. */
/* Rows of a tile of W columns: eight sums, which hide the latency of the FMA, take three loads for four of these. */
#define MC_SMALL_ROWS(W) ((W) == 4 ? 2 : 4)

/* body(N, n, ...) with N = n as a constant for the smallest orders, else N = 0. */
#define MC_SMALL_BY_ORDER(body, n, ...)                     \
    switch (n) {                                            \
    case 2: MC_FN(body)(2, 2, __VA_ARGS__); break;          \
    case 3: MC_FN(body)(3, 3, __VA_ARGS__); break;          \
    case 4: MC_FN(body)(4, 4, __VA_ARGS__); break;          \
    default: MC_FN(body)(0, n, __VA_ARGS__);                \
    }

#define MC_BODY "small_pack-inl.h"
#include "foreach_target.h"
#define MC_BODY "small_lu-inl.h"
#include "foreach_target.h"
#define MC_BODY "small_solve-inl.h"
#include "foreach_target.h"
#define MC_BODY "small_cholesky-inl.h"
#include "foreach_target.h"
#define MC_BODY "small_qr-inl.h"
#include "foreach_target.h"
#define MC_BODY_ELEMENTARY
#define MC_BODY "small_inverse-inl.h"
#include "foreach_target.h"
#define MC_BODY "small_alone-inl.h"
#include "foreach_target.h"
#define MC_BODY "small_eigen-inl.h"
#include "foreach_target.h"
#define MC_BODY_ELEMENTARY
#define MC_BODY "small_svd-inl.h"
#include "foreach_target.h"
#define MC_BODY "small-inl.h"
#include "foreach_target.h"

static inline mc_small_verb mc_small_verb_for(int isa, int dtype, int verb) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, small_verb, f32, (verb)) : MC_DISPATCH(isa, small_verb, f64, (verb));
}
#endif
