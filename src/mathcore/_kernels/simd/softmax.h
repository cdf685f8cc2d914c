#ifndef MC_SOFTMAX_H
#define MC_SOFTMAX_H
#include "cpu.h"
/* Rows of logits: softmax, its logarithm, log-sum-exp, and the cross-entropy with its gradient.
 *
 * With m the largest term of a row, exp(x - m) is summed without the terms equal to m, which are counted: the sum of the
 * rest keeps its digits beside a term of 1, so log(count + rest) is right where log of one sum would be 0.
 * Order of the sum, for every layout, path and instruction set: element i goes to virtual lane i % MC_SUM_LANES, lanes
 * are folded by halves after every MC_SUM_BLOCK elements, blocks are added in turn in double. */
enum { MC_SOFTMAX, MC_LOG_SOFTMAX, MC_LOGSUMEXP, MC_CROSS_ENTROPY };
enum { MC_SUM_BLOCK = 4096 };

/* Rows of n elements each; strides in elements. */
typedef struct {
    ptrdiff_t rows, n;
    const void *x;
    ptrdiff_t rsx, csx;
    void *out;                          /* softmax, log_softmax, the gradient of the cross-entropy (or NULL); may be x,
                                         * but not beside a target or smoothing, which read x again */
    ptrdiff_t rso, cso;
    void *value;                        /* logsumexp or cross-entropy of each row (or NULL) */
    ptrdiff_t sv;
    /* cross-entropy: labels, in range, or rows of target probabilities */
    const int64_t *labels;
    const int64_t *ignore;              /* label of rows that count for nothing, or NULL */
    const void *target;
    ptrdiff_t rst, cst;
    const void *weight;                 /* one of each class, contiguous, or NULL */
    double smoothing;
    double scale;                       /* the gradient's factor */
    void *work;                         /* scratch for rows side by side, or NULL and 0 */
    ptrdiff_t work_bytes;
} mc_rows;

typedef struct {
    void (*run)(int kind, const mc_rows *rows);
} mc_softmax_ops;

#define MC_BODY "softmax-inl.h"
#define MC_BODY_ELEMENTARY
#include "foreach_target.h"

static inline const mc_softmax_ops *mc_softmax_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, softmax_ops, f32, ()) : MC_DISPATCH(isa, softmax_ops, f64, ());
}
#endif
