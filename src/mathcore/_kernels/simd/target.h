#ifndef MC_TARGET_H
#define MC_TARGET_H
/* The only file that knows about compilers. Everything else is plain C11 plus MC_* words. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MC_STR_(x) #x
#define MC_PRAGMA_(x) _Pragma(MC_STR_(x))

/* MC_SCALAR builds the pass that compilers without vector extensions get, so that it can be tested. */
#if defined(MC_SCALAR)
#  define MC_TARGET_BEGIN(isa)
#  define MC_TARGET_END
#  define MC_VECTORS 0
#elif defined(__clang__)
#  define MC_TARGET_BEGIN(isa) MC_PRAGMA_(clang attribute push(__attribute__((target(isa))), apply_to = function))
#  define MC_TARGET_END        MC_PRAGMA_(clang attribute pop)
#  define MC_VECTORS 1
#elif defined(__GNUC__)
#  define MC_TARGET_BEGIN(isa) MC_PRAGMA_(GCC push_options) MC_PRAGMA_(GCC target isa)
#  define MC_TARGET_END        MC_PRAGMA_(GCC pop_options)
#  define MC_VECTORS 1
#else                                   /* MSVC: one scalar pass */
#  define MC_TARGET_BEGIN(isa)
#  define MC_TARGET_END
#  define MC_VECTORS 0
#endif

#if MC_VECTORS && defined(__x86_64__)
#  define MC_X86 1
#  include <immintrin.h>                /* before the first region: a header first seen inside one is compiled for it */
#else
#  define MC_X86 0
#endif

/* MC_EMULATE_AVX512 compiles the 64-byte bodies for AVX2, two instructions for one: their logic and their bits can then
 * be tested on a machine that has no AVX-512. */
#if defined(MC_EMULATE_AVX512)
#  define MC_AVX512_WORDS 0
#  define MC_AVX512_TARGET "avx2,fma"
#else
#  define MC_AVX512_WORDS MC_X86
#  define MC_AVX512_TARGET "avx2,fma,avx512f,avx512dq,avx512bw,avx512vl,prefer-vector-width=512"
#endif

#if defined(__GNUC__)
#  define MC_INLINE static inline __attribute__((always_inline))
#  define MC_NOINLINE __attribute__((noinline))
#  define MC_UNROLL(n) MC_PRAGMA_(GCC unroll n)
#  define MC_PREFETCH(p) __builtin_prefetch(p)
#  define MC_PREFETCH_W(p) __builtin_prefetch((p), 1)
#  define MC_PREFETCH_L2(p) __builtin_prefetch((p), 0, 2)
#  define MC_UNUSED __attribute__((unused))
/* Holds a vector that is used twice in its register: GCC loads it from memory again for the second use, a fifth of the
 * speed where loads cross cache lines. */
#  if defined(__x86_64__)
#    define MC_KEEP(v) __asm__("" : "+v"(v))
#  else
#    define MC_KEEP(v) ((void)0)
#  endif
#else
#  define MC_INLINE static __forceinline
#  define MC_NOINLINE __declspec(noinline)
#  define MC_UNROLL(n)
#  define MC_PREFETCH(p) ((void)(p))
#  define MC_PREFETCH_W(p) ((void)(p))
#  define MC_PREFETCH_L2(p) ((void)(p))
#  define MC_UNUSED
#  define MC_KEEP(v) ((void)0)
#endif

#define MC_CAT3_(a, b, c) a##_##b##_##c
#define MC_CAT3(a, b, c) MC_CAT3_(a, b, c)
#define MC_FN(name) MC_CAT3(mc_##name, MC_DTYPE, MC_ISA)   /* mc_dot_f64_avx2 */

/* Rows of a matrix to prefetch ahead where they lie a page or more apart: 32 hides the latency of L3 (16 does not). */
enum { MC_AHEAD = 32 };

/* Instruction sets, in rising order; the number that the runtime passes to every entry. */
enum { MC_BASE = 0, MC_AVX2 = 1, MC_AVX512 = 2 };

/* Element types of the kernels; the number that callers pass to every entry. */
enum { MC_F32 = 0, MC_F64 = 1, MC_U32 = 2, MC_U64 = 3 };

#endif
