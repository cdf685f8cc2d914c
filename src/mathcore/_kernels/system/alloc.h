#ifndef MC_ALLOC_H
#define MC_ALLOC_H
#include <stddef.h>
/* The only allocator of the kernels: 64-byte aligned, size checked, one place to make it fail in a test. */

/* count * size bytes, or NULL if the product overflows or memory is short. */
void *mc_alloc(size_t count, size_t size);
void mc_free(void *p);

/* Test hook: the call after `calls` more successful ones returns NULL, once; negative switches it off. */
void mc_alloc_fail_after(long calls);
/* Blocks handed out and not yet given back, cached workspaces included. */
long mc_alloc_live(void);

/* Scratch of the calling thread: at least `bytes`, contents undefined, valid until the thread's next call with the
 * same slot. Kept between calls, so that a small product pays no malloc. */
/* A and B: gemm. C: a kernel over it. D: a triangular solve. E: a panel of a factorisation. F: a decomposition. */
enum { MC_SLOT_A = 0, MC_SLOT_B = 1, MC_SLOT_C = 2, MC_SLOT_D = 3, MC_SLOT_E = 4, MC_SLOT_F = 5, MC_SLOTS = 6 };
void *mc_workspace(int slot, size_t bytes);
/* Gives the calling thread's scratch back. */
void mc_workspace_release(void);
/* Calls fn with no scratch in sight and gives back what it took: a signal's handler may compute in the middle of a
 * product of the same thread. */
int mc_workspace_aside(int (*fn)(void));
#endif
