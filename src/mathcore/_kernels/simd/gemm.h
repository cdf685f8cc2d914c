#ifndef MC_GEMM_H
#define MC_GEMM_H
#include "cpu.h"
/* The product's C bodies. Every element of C is one chain of fused multiply-adds over k inside one call (a block of k),
 * whatever the tile, the vector width and the layout: that is what makes results equal bit for bit. */

/* Activations of a result, and what the backward pass multiplies by: the slope, from the activation y itself. */
enum { MC_CLIP = -1, MC_IDENTITY = 0, MC_RELU = 1, MC_SIGMOID_OF = 2, MC_TANH_OF = 3, MC_RELU_SLOPE = 4, MC_SIGMOID_SLOPE = 5, MC_TANH_SLOPE = 6 };

/* Sees an m x n tile of finished results at rows row..., columns col...; c has row stride rsc. For row reductions. */
typedef void (*mc_tile_hook)(void *ctx, ptrdiff_t row, ptrdiff_t col, int m, int n, const void *c, ptrdiff_t rsc);

/* What happens to a tile of C after its last block of k, while it is in registers: act(scale * c + bias), then hook.
 * ReLU there; sigmoid, tanh and the slopes just after, while the tile is in L1. */
typedef struct {
    const void *bias;                   /* one value per column of C, or NULL */
    double scale;
    int activation;
    const void *y;                      /* slopes: the activations, one for each element of C */
    ptrdiff_t rsy;
    mc_tile_hook hook;                  /* or NULL */
    void *hook_ctx;
} mc_epilogue;

/* One block of k: C (m, n) = or += A (m, k) B (k, n). Rows of A come in groups of ops->mr, columns of B in strips of
 * ops->nr. Packed and unpacked operands differ only in strides, all counted in elements:
 * A element (i, p) of group g at a + g*gsa + i*rsa + p*csa; B row p of strip s at b + s*ssb + p*rsb, unit stride in it. */
typedef struct {
    ptrdiff_t m, n, k;
    const void *a;
    ptrdiff_t gsa, rsa, csa;
    const void *b;
    ptrdiff_t ssb, rsb;
    int far;                            /* B is unpacked and lies beyond L2: prefetch its rows */
    void *c;
    ptrdiff_t rsc;
    int accumulate;                     /* 1: the block's sums are added to C; -1: taken from it */
    int resume;                         /* C holds the sums of this block so far: the chain goes on from them */
    const mc_epilogue *epilogue;        /* NULL before the last block of k */
    ptrdiff_t row, col;                 /* where C's first element stands in the whole result */
} mc_panel;

/* `count` products of m x k by k x n matrices, sa, sb, sc bytes apart; B and C with unit column stride. */
typedef struct {
    ptrdiff_t count, m, n, k;
    const void *a;
    ptrdiff_t sa, rsa, csa;
    const void *b;
    ptrdiff_t sb, rsb;
    void *c;
    ptrdiff_t sc, rsc;
    int far;                            /* they lie beyond L2: prefetch */
} mc_tiny;

typedef struct {
    int size, lanes, mr, nr;
    void (*panel)(const mc_panel *p);
    /* Does nothing and returns 0 where m or n is beyond one tile of one vector. */
    int (*tiny)(const mc_tiny *t);
    /* Groups of `width` rows of X (rows, k), element (i, p) at x + i*rs + p*cs, to out + g*width*k + p*width + i. */
    void (*pack)(ptrdiff_t rows, ptrdiff_t k, const void *x, ptrdiff_t rs, ptrdiff_t cs, ptrdiff_t width, void *out);
    /* C (m, n) = A (m, k) B (k, n) for n <= MC_THIN, in blocks of kc; A with unit column stride, B from thin_pack. */
    void (*thin)(ptrdiff_t m, int n, ptrdiff_t k, const void *a, ptrdiff_t rsa, const void *packed, void *c, ptrdiff_t rsc,
                 ptrdiff_t kc);
    void (*thin_pack)(ptrdiff_t k, int n, const void *b, ptrdiff_t rsb, ptrdiff_t csb, void *out);
    /* c (n) = a (k) B (k, n), in blocks of kc; B with unit column stride. */
    void (*row)(ptrdiff_t n, ptrdiff_t k, const void *a, ptrdiff_t csa, const void *b, ptrdiff_t rsb, void *c, ptrdiff_t kc);
    /* C (m, n) = or += X. */
    void (*add_block)(ptrdiff_t m, ptrdiff_t n, const void *x, ptrdiff_t rsx, void *c, ptrdiff_t rsc, int accumulate);
} mc_gemm_ops;

enum { MC_THIN = 8 };
static inline int mc_thin_width(int n) { return n <= 2 ? n : n <= 4 ? 4 : 8; }

/* A block of B up to this size stays in L2 while row after row of C is written whole (streams, few page changes);
 * a larger one is walked strip by strip, each strip staying in L1. */
#define MC_SMALL_B (256 * 1024)

/* Reads one byte per line: in sequence, the hardware prefetchers bring rows from memory to L2 at full bandwidth, which
 * tiles that jump from row to row do not (10 against 25 GB/s). */
static inline void mc_touch(ptrdiff_t rows, ptrdiff_t bytes, const char *p, ptrdiff_t stride) {
    for (ptrdiff_t i = 0; i < rows; ++i, p += stride)
        for (ptrdiff_t j = 0; j < bytes; j += 64) (void)*(const volatile char *)(p + j);
}

static inline void mc_prefetch(ptrdiff_t bytes, const char *p) {
    for (ptrdiff_t j = 0; j < bytes; j += 64) MC_PREFETCH(p + j);
}

#define MC_BODY "gemm-inl.h"
#define MC_BODY_INTEGERS
#define MC_BODY_ELEMENTARY
#include "foreach_target.h"

static inline const mc_gemm_ops *mc_gemm_ops_for(int isa, int dtype) {
    switch (dtype) {
    case MC_F32: return MC_DISPATCH(isa, gemm_ops, f32, ());
    case MC_F64: return MC_DISPATCH(isa, gemm_ops, f64, ());
    case MC_U32: return MC_DISPATCH(isa, gemm_ops, u32, ());
    default: return MC_DISPATCH(isa, gemm_ops, u64, ());
    }
}
#endif
