#ifndef MC_NEIGHBORS_H
#define MC_NEIGHBORS_H
#include "cpu.h"
/* Who may be among the nearest: candidates of a row, kept by lower bounds of their distances in float32. */

enum { MC_NEIGHBOR_COLUMNS = 192 };     /* of a block of products: whole strips on every instruction set */
enum { MC_NEIGHBOR_RUN = 32 };          /* that a sort begins with */

/* The candidates of one row: bounds and numbers of points, rising in number while `limit` alone drops them. */
typedef struct {
    float limit;                        /* what lies above it is no neighbour */
    int32_t own;                        /* the point that is the row itself, or -1 */
    ptrdiff_t count;                    /* room for a vector more is needed behind it */
    float *bound;
    int32_t *point;
} mc_queue;

typedef struct {
    /* Bounds low - 2 c of points first ... first + n, n <= MC_NEIGHBOR_COLUMNS, that do not exceed their row's limit join its
     * queue; c (m, n), rows rsc apart. */
    void (*push)(int m, int n, const float *c, ptrdiff_t rsc, const float *low, int32_t first, mc_queue *queue);
    /* A bound that at least k do not exceed, and few more than `most` if such a one is quickly found. 0 < k <= count. */
    float (*limit)(ptrdiff_t count, const float *bound, ptrdiff_t k, ptrdiff_t most);
} mc_neighbor_ops;

/* Pairs by rising value, equal ones in the order they came in; value2, point2: scratch of the same length. */
typedef void (*mc_neighbor_sort)(ptrdiff_t n, double *value, int32_t *point, double *value2, int32_t *point2);

#define MC_BODY "neighbors-inl.h"
#include "foreach_target.h"

static inline const mc_neighbor_ops *mc_neighbor_ops_for(int isa) { return MC_DISPATCH(isa, neighbor_ops, f32, ()); }
static inline mc_neighbor_sort mc_neighbor_sort_for(int isa) { return MC_DISPATCH(isa, neighbor_sorter, f64, ()); }
#endif
