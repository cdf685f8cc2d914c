#ifndef MC_CPU_H
#define MC_CPU_H
#include "target.h"

/* Best instruction set that this CPU and its operating system run. */
static inline int mc_cpu_best(void) {
#if MC_X86
    __builtin_cpu_init();
#  if defined(MC_EMULATE_AVX512)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return MC_AVX512;
#  endif
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) return MC_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return MC_AVX2;
#endif
    return MC_BASE;
}

/* One body, three builds: picks the build of `name` for an instruction set. */
#if MC_X86
#  define MC_DISPATCH(isa, name, dtype, args)            \
    ((isa) == MC_AVX512 ? mc_##name##_##dtype##_avx512 args \
   : (isa) == MC_AVX2   ? mc_##name##_##dtype##_avx2   args \
                        : mc_##name##_##dtype##_base   args)
#else
#  define MC_DISPATCH(isa, name, dtype, args) ((void)(isa), mc_##name##_##dtype##_base args)
#endif
#endif
