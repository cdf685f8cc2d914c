/* No include guard: compiles MC_BODY once per (element type, instruction set).
 * Define MC_BODY; define MC_BODY_INTEGERS too for a body that also serves integers (arithmetic modulo 2^bits), and
 * MC_BODY_ELEMENTARY for one that computes exp, log and their kin. */
#include "target.h"

/* What exp, log and their kin are declared with: inline where it counts. x86's baseline serves CPUs from before 2013, where
 * they are functions: inlined everywhere they would be a third of the package. */
#undef MC_MATH
#if MC_X86
#  define MC_MATH static MC_NOINLINE MC_UNUSED
#else
#  define MC_MATH MC_INLINE
#endif
#define MC_ISA base
#define MC_VBYTES 16                    /* SSE2 on x86-64, NEON on aarch64: baseline there */
#include "foreach_dtype.h"
#undef MC_ISA
#undef MC_VBYTES

#undef MC_MATH
#define MC_MATH MC_INLINE
#if MC_X86
MC_TARGET_BEGIN("avx2,fma")
#define MC_ISA avx2
#define MC_VBYTES 32
#include "foreach_dtype.h"
#undef MC_ISA
#undef MC_VBYTES
MC_TARGET_END

MC_TARGET_BEGIN(MC_AVX512_TARGET)
#define MC_ISA avx512
#define MC_VBYTES 64
#include "foreach_dtype.h"
#undef MC_ISA
#undef MC_VBYTES
MC_TARGET_END
#endif

#ifndef MC_VEC_FLOATS_DONE
#  define MC_VEC_FLOATS_DONE
#endif
#if defined(MC_BODY_INTEGERS) && !defined(MC_VEC_INTEGERS_DONE)
#  define MC_VEC_INTEGERS_DONE
#endif
#if defined(MC_BODY_ELEMENTARY) && !defined(MC_ELEMENTARY_DONE)
#  define MC_ELEMENTARY_DONE
#endif
#undef MC_BODY
#undef MC_BODY_INTEGERS
#undef MC_BODY_ELEMENTARY
