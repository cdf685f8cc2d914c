#ifndef MC_LABELS_H
#define MC_LABELS_H
#include "cpu.h"
/* Class labels of any number type: their range, their place in it, and how often two of them meet. */
enum { MC_LABEL_I8, MC_LABEL_U8, MC_LABEL_I16, MC_LABEL_U16, MC_LABEL_I32, MC_LABEL_U32, MC_LABEL_I64, MC_LABEL_U64,
       MC_LABEL_F32, MC_LABEL_F64, MC_LABEL_KINDS };
enum { MC_LABEL_BLOCK = 2048 };         /* codes of two operands in L1 with their labels */

/* n labels -> codes label - low. Returns 0 where one is outside low ... low + limit - 1 or not whole; limit <= 65536. */
typedef int (*mc_label_encode)(ptrdiff_t n, const void *x, int64_t low, int64_t limit, uint16_t *codes);
/* The least and the largest of n > 0 labels. Returns 0 where a floating one is not whole, or one is beyond int64 (int32 of
 * floating ones). */
typedef int (*mc_label_range)(ptrdiff_t n, const void *x, int64_t *low, int64_t *high);
/* How many of n labels of two integer operands of one type agree. */
typedef ptrdiff_t (*mc_label_equal)(ptrdiff_t n, const void *x, const void *y);

typedef struct {
    mc_label_encode encode[MC_LABEL_KINDS];
    mc_label_range range[MC_LABEL_KINDS];
    mc_label_equal equal[MC_LABEL_KINDS];
    /* n <= MC_LABEL_BLOCK pairs of codes below k added to table (k, k): counts. */
    void (*tally)(ptrdiff_t n, const uint16_t *x, const uint16_t *y, ptrdiff_t k, int64_t *table);
} mc_labels_ops;

#define MC_BODY "labels-inl.h"
#include "foreach_target.h"

static inline const mc_labels_ops *mc_labels_ops_for(int isa) { return MC_DISPATCH(isa, labels_ops, f64, ()); }
#endif
