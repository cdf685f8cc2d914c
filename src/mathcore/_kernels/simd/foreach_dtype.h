/* No include guard: compiles MC_BODY once per element type for the instruction set at hand. */
#define MC_REAL float
#define MC_DTYPE f32
#define MC_SIZE 4
#define MC_IS_FLOAT 1
#include "vec.h"
#include "vec_float.h"
#ifdef MC_BODY_ELEMENTARY
#include "elementary-inl.h"
#endif
#include MC_BODY
#include "vec_end.h"

#define MC_REAL double
#define MC_DTYPE f64
#define MC_SIZE 8
#define MC_IS_FLOAT 1
#include "vec.h"
#include "vec_float.h"
#ifdef MC_BODY_ELEMENTARY
#include "elementary-inl.h"
#endif
#include MC_BODY
#include "vec_end.h"

#ifdef MC_BODY_INTEGERS
/* Unsigned: wraparound is defined, and the low bits are those of the signed product. */
#define MC_REAL uint32_t
#define MC_DTYPE u32
#define MC_SIZE 4
#define MC_IS_FLOAT 0
#include "vec.h"
#include MC_BODY
#include "vec_end.h"

#define MC_REAL uint64_t
#define MC_DTYPE u64
#define MC_SIZE 8
#define MC_IS_FLOAT 0
#include "vec.h"
#include MC_BODY
#include "vec_end.h"
#endif
