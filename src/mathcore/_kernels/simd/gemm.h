#ifndef MC_GEMM_H
#define MC_GEMM_H
#include "cpu.h"
/* The product's C bodies. Every element of C is one chain of fused multiply-adds over k inside one call (a block of k),
 * whatever the tile, the vector width and the layout: that is what makes results equal bit for bit. */

enum { MC_IDENTITY = 0, MC_RELU = 1 };

/* Sees an m x n tile of finished results at rows row..., columns col...; c has row stride rsc. For row reductions. */
typedef void (*mc_tile_hook)(void *ctx, ptrdiff_t row, ptrdiff_t col, int m, int n, const void *c, ptrdiff_t rsc);

/* What happens to a tile of C after its last block of k, while it is in registers: act(scale * c + bias), then hook. */
typedef struct {
    const void *bias;                   /* one value per column of C, or NULL */
    double scale;
    int activation;
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
    void *c;
    ptrdiff_t rsc;
    int accumulate;
    const mc_epilogue *epilogue;        /* NULL before the last block of k */
    ptrdiff_t row, col;                 /* where C's first element stands in the whole result */
} mc_panel;

typedef struct {
    int size, lanes, mr, nr;
    void (*panel)(const mc_panel *p);
    /* Groups of `width` rows of X (rows, k), element (i, p) at x + i*rs + p*cs, to out + g*width*k + p*width + i. */
    void (*pack)(ptrdiff_t rows, ptrdiff_t k, const void *x, ptrdiff_t rs, ptrdiff_t cs, ptrdiff_t width, void *out);
    /* C (m, n) = A (m, k) B (k, n) for n <= MC_THIN, A with unit column stride, in blocks of kc. */
    void (*thin)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const void *a, ptrdiff_t rsa, const void *b, ptrdiff_t rsb,
                 ptrdiff_t csb, void *c, ptrdiff_t rsc, ptrdiff_t kc);
} mc_gemm_ops;

enum { MC_THIN = 4 };

#define MC_BODY "gemm-inl.h"
#define MC_BODY_INTEGERS
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
