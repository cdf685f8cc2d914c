/* No include guard: closes what vec.h and foreach_dtype.h opened for one (element type, instruction set). */
#undef MC_REAL
#undef MC_DTYPE
#undef MC_SIZE
#undef MC_IS_FLOAT
#undef MC_LANES
#undef MC_VEC
#undef MC_LANE_LIST
#undef MC_SHUFFLE_
#undef MC_LANES_2
#undef MC_LANES_4
#undef MC_LANES_8
#undef MC_LANES_16
#undef MC_FROM_LOW
#undef MC_FROM_HIGH
#undef MC_TRANSPOSE_ROUND
