#include "alloc.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#  include <sys/mman.h>
#endif
#if !defined(_WIN32)
#  include <pthread.h>
#endif

#define ALIGN 64
#define HUGE_PAGE ((size_t)2 << 20)

static atomic_long fail_after = -1;
static atomic_long live;

void mc_alloc_fail_after(long calls) { atomic_store(&fail_after, calls); }
long mc_alloc_live(void) { return atomic_load(&live); }

static int told_to_fail(void) {
    if (atomic_load_explicit(&fail_after, memory_order_relaxed) < 0) return 0;
    return atomic_fetch_sub(&fail_after, 1) == 0;
}

void *mc_alloc(size_t count, size_t size) {
    if (size && count > (SIZE_MAX - HUGE_PAGE) / size) return NULL;
    if (told_to_fail()) return NULL;
    size_t bytes = count * size;
    size_t align = bytes >= HUGE_PAGE ? HUGE_PAGE : ALIGN;
    bytes = (bytes + align - 1) / align * align;
    if (!bytes) bytes = align;
#if defined(_WIN32)
    void *p = _aligned_malloc(bytes, align);
#else
    void *p = aligned_alloc(align, bytes);
#endif
    if (!p) return NULL;
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    /* 4 KB pages cost a packed panel one TLB miss per 64 lines. */
    if (bytes >= HUGE_PAGE) madvise(p, bytes, MADV_HUGEPAGE);
#endif
    atomic_fetch_add(&live, 1);
    return p;
}

void mc_free(void *p) {
    if (!p) return;
    atomic_fetch_sub(&live, 1);
#if defined(_WIN32)
    _aligned_free(p);
#else
    free(p);
#endif
}

/* ------------------------------------------------------------------ scratch of a thread */

typedef struct {
    void *p;
    size_t bytes;
} slot_t;

static _Thread_local slot_t slots[MC_SLOTS];

void mc_workspace_release(void) {
    for (int s = 0; s < MC_SLOTS; ++s) {
        mc_free(slots[s].p);
        slots[s] = (slot_t){NULL, 0};
    }
}

int mc_workspace_aside(int (*fn)(void)) {
    slot_t kept[MC_SLOTS];
    memcpy(kept, slots, sizeof kept);
    memset(slots, 0, sizeof slots);
    int result = fn();
    mc_workspace_release();
    memcpy(slots, kept, sizeof kept);
    return result;
}

#if !defined(_WIN32)
/* Scratch of a thread that ends goes with it. */
static pthread_key_t at_thread_exit;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static int key_made;
static void release(void *unused) { (void)unused; mc_workspace_release(); }
static void make_key(void) { key_made = pthread_key_create(&at_thread_exit, release) == 0; }
#endif

void *mc_workspace(int slot, size_t bytes) {
    slot_t *s = &slots[slot];
    if (s->bytes >= bytes && s->p) return s->p;
    mc_free(s->p);
    *s = (slot_t){NULL, 0};
    size_t want = bytes < 4096 ? 4096 : bytes;
    s->p = mc_alloc(want, 1);
    if (!s->p) return NULL;
    s->bytes = want;
#if !defined(_WIN32)
    pthread_once(&key_once, make_key);
    if (key_made) pthread_setspecific(at_thread_exit, s->p);
#endif
    return s->p;
}
