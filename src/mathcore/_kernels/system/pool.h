#ifndef MC_POOL_H
#define MC_POOL_H
#include <stddef.h>
/* One small pool of threads. Started at first use, forgotten by a forked child, never waited for by a busy caller. */

enum { MC_OK = 0, MC_NO_MEMORY = -1, MC_INTERRUPTED = -2 };
enum { MC_MAX_THREADS = 1024 };

/* One chunk of the work; a status other than MC_OK stops the rest. */
typedef int (*mc_task)(void *ctx, ptrdiff_t chunk);

/* Runs task(ctx, 0 ... chunks-1), each once, in any order, on up to `threads` threads, the caller among them.
 * Serial when the pool is busy, when called from inside a task, or when no thread can be made. The result must not
 * depend on which thread ran what: chunks are fixed by the caller, never by the number of threads. */
int mc_parallel_for(mc_task task, void *ctx, ptrdiff_t chunks, int threads);

/* Marks the start of a call, so that the first interrupt check falls MC_CHECK_SECONDS later. */
void mc_work_begin(void);
/* Calls the hook if the last check is MC_CHECK_SECONDS old; MC_OK or MC_INTERRUPTED. */
int mc_check_interrupt(void);
/* While more +1 than -1 have come from this thread, its checks say MC_OK: for a change that must be whole. */
void mc_hold_interrupt(int change);
/* The hook asks the interpreter for pending signals; nonzero means stop. */
void mc_set_interrupt_hook(int (*hook)(void));

/* Threads that exist now, the caller not counted. */
int mc_pool_size(void);
/* Above this many threads workers sleep at once instead of spinning: spinning without a core of one's own is a loss. */
void mc_pool_set_cores(int cores);
#endif
