#if defined(__linux__) && !defined(_GNU_SOURCE)
#  define _GNU_SOURCE                   /* sched_getcpu, sched_setaffinity */
#endif
#include "pool.h"

#include "alloc.h"

#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#define SPIN_SECONDS 50e-6
#define CHECK_SECONDS 0.02  /* Ctrl-C within 100 ms, with room for one chunk and the interpreter's own lock */

static int (*interrupt_hook)(void);
static _Thread_local double last_check;
static _Thread_local int held;
static _Thread_local int inside;        /* this thread runs a task: nested calls are serial */

void mc_set_interrupt_hook(int (*hook)(void)) { interrupt_hook = hook; }

static double now(void) {
    struct timespec t;
#if defined(_WIN32)
    timespec_get(&t, TIME_UTC);
#else
    clock_gettime(CLOCK_MONOTONIC, &t);
#endif
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void mc_work_begin(void) { last_check = now(); }

int mc_check_interrupt(void) {
    double t = now();
    if (held || t - last_check < CHECK_SECONDS) return MC_OK;
    last_check = t;
    return interrupt_hook && mc_workspace_aside(interrupt_hook) ? MC_INTERRUPTED : MC_OK;
}

void mc_hold_interrupt(int change) { held += change; }

static int run_serial(mc_task task, void *ctx, ptrdiff_t chunks, int check) {
    if (chunks == 1) return task(ctx, 0);   /* most small calls: not even a look at the clock */
    for (ptrdiff_t i = 0; i < chunks; ++i) {
        int status = task(ctx, i);
        if (!status && check) status = mc_check_interrupt();
        if (status) return status;
    }
    return MC_OK;
}

#if defined(_WIN32)

int mc_parallel_for(mc_task task, void *ctx, ptrdiff_t chunks, int threads) {
    (void)threads;
    return run_serial(task, ctx, chunks, 1);
}
int mc_pool_size(void) { return 0; }
void mc_pool_set_cores(int cores) { (void)cores; }

#else

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

/* The job of the moment. Written only while the pool is claimed and no worker is active. */
static struct {
    mc_task task;
    void *ctx;
    ptrdiff_t chunks;
    atomic_ptrdiff_t next;
    atomic_int status;
} job;

/* Everything workers decide on, in one word:
 * generation 24 bits | joined 12 | limit 12 | active 15 | open 1. */
static _Atomic uint64_t state;
#define OPEN 1ull
#define ACTIVE_ONE (1ull << 1)
#define LIMIT_ONE (1ull << 16)
#define JOINED_ONE (1ull << 28)
#define GENERATION_ONE (1ull << 40)
#define ACTIVE(s) ((s) >> 1 & 0x7FFF)
#define LIMIT(s) ((s) >> 16 & 0xFFF)
#define JOINED(s) ((s) >> 28 & 0xFFF)
#define GENERATION(s) ((s) >> 40)

static atomic_int claimed;              /* one caller at a time; another one runs serially */
static atomic_int sleepers;
static atomic_int workers;
static atomic_int cores = 1;
static atomic_int callers_cpu = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;

int mc_pool_size(void) { return atomic_load(&workers); }
/* The one exported symbol: threadpoolctl knows our library by it. */
__attribute__((visibility("default"))) int mathcore_pool_size(void);
int mathcore_pool_size(void) { return mc_pool_size(); }
void mc_pool_set_cores(int n) { atomic_store(&cores, n); }

static inline void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    atomic_signal_fence(memory_order_seq_cst);
#endif
}

static void work(int caller) {
    for (;;) {
        if (atomic_load_explicit(&job.status, memory_order_relaxed)) return;
        ptrdiff_t i = atomic_fetch_add(&job.next, 1);
        if (i >= job.chunks) return;
        int status = job.task(job.ctx, i);
        if (!status && caller) status = mc_check_interrupt();
        if (status) {
            int none = MC_OK;
            atomic_compare_exchange_strong(&job.status, &none, status);
        }
    }
}

static int joinable(uint64_t s, uint64_t seen) {
    return (s & OPEN) && GENERATION(s) != seen && JOINED(s) < LIMIT(s);
}

#if defined(__linux__)
static int this_cpu(void) { return sched_getcpu(); }
/* Some virtual machines pack threads that sleep often onto one CPU. Woken there, a worker would wait until the caller is
 * done: 134 in place of 265 GFLOP/s for 90 ms. It moves off, within what the process may use. */
static void leave_callers_cpu(void) {
    int cpu = sched_getcpu();
    cpu_set_t mask;
    if (cpu < 0 || cpu != atomic_load(&callers_cpu) || sched_getaffinity(getpid(), sizeof mask, &mask)) return;
    CPU_CLR(cpu, &mask);
    if (CPU_COUNT(&mask)) sched_setaffinity(0, sizeof mask, &mask);
}
#else
static int this_cpu(void) { return -1; }
static void leave_callers_cpu(void) {}
#endif

/* Waits for a job that this worker has not seen: a short spin, since one call often follows another and a sleeper takes
 * 10 to 50 us to wake, then sleep. */
static uint64_t wait_for_job(uint64_t seen) {
    if (atomic_load(&workers) < atomic_load(&cores))
        for (double end = now() + SPIN_SECONDS; now() < end;)
            for (int i = 0; i < 32; ++i) {
                uint64_t s = atomic_load(&state);
                if (joinable(s, seen)) return s;
                relax();
            }
    pthread_mutex_lock(&lock);
    atomic_fetch_add(&sleepers, 1);
    uint64_t s;
    while (!joinable(s = atomic_load(&state), seen)) {
        pthread_cond_wait(&wake, &lock);
        leave_callers_cpu();
    }
    atomic_fetch_sub(&sleepers, 1);
    pthread_mutex_unlock(&lock);
    return s;
}

static void *worker(void *unused) {
    (void)unused;
    inside = 1;
    uint64_t seen = UINT64_MAX;
    for (;;) {
        uint64_t s = wait_for_job(seen);
        while (joinable(s, seen))
            if (atomic_compare_exchange_weak(&state, &s, s + JOINED_ONE + ACTIVE_ONE)) {
                seen = GENERATION(s);
                work(0);
                atomic_fetch_sub(&state, ACTIVE_ONE);
                break;
            }
    }
    return NULL;
}

/* The child has none of its parent's threads, and its locks are in an unknown state. */
static void forget(void) {
    atomic_store(&claimed, 0);
    atomic_store(&sleepers, 0);
    atomic_store(&workers, 0);
    atomic_store(&state, 0);
    pthread_mutex_init(&lock, NULL);
    pthread_cond_init(&wake, NULL);
}

static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static void watch_forks(void) { pthread_atfork(NULL, NULL, forget); }

static void grow(int wanted) {
    if (atomic_load(&workers) >= wanted) return;
    pthread_once(&fork_once, watch_forks);
    /* Signals belong to the interpreter's threads. */
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    while (atomic_load(&workers) < wanted) {
        pthread_t t;
        atomic_fetch_add(&workers, 1);
        if (pthread_create(&t, &attr, worker, NULL)) {  /* no thread to be had: fewer, or none, do the work */
            atomic_fetch_sub(&workers, 1);
            break;
        }
    }
    pthread_attr_destroy(&attr);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

int mc_parallel_for(mc_task task, void *ctx, ptrdiff_t chunks, int threads) {
    if (inside) return run_serial(task, ctx, chunks, 0);
    if (threads > MC_MAX_THREADS) threads = MC_MAX_THREADS;
    if (threads > chunks) threads = (int)chunks;
    int none = 0;
    if (threads <= 1 || !atomic_compare_exchange_strong(&claimed, &none, 1)) return run_serial(task, ctx, chunks, 1);
    grow(threads - 1);
    job.task = task;
    job.ctx = ctx;
    job.chunks = chunks;
    atomic_store(&callers_cpu, this_cpu());
    atomic_store(&job.next, 0);
    atomic_store(&job.status, MC_OK);
    uint64_t generation = (GENERATION(atomic_load(&state)) + 1) & 0xFFFFFF;
    atomic_store(&state, generation * GENERATION_ONE + (uint64_t)(threads - 1) * LIMIT_ONE + OPEN);
    int asleep = atomic_load(&sleepers);
    if (asleep) {
        pthread_mutex_lock(&lock);
        for (int i = 0; i < asleep && i < threads - 1; ++i) pthread_cond_signal(&wake);
        pthread_mutex_unlock(&lock);
    }
    inside = 1;
    work(1);
    inside = 0;
    atomic_fetch_and(&state, ~OPEN);
    for (int i = 0; ACTIVE(atomic_load(&state)); ++i) {
        if (i < 4000) relax(); else sched_yield();
    }
    int status = atomic_load(&job.status);
    atomic_store(&claimed, 0);
    return status;
}

#endif
