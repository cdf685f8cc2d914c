"""Linear algebra: the names of numpy.linalg and scipy.linalg, over leading batch dimensions."""

from mathcore.linalg.matmul import gram, linear, matmul, matvec, multi_dot, vecmat
from mathcore.linalg.vectors import outer, vecdot

__all__ = ["gram", "linear", "matmul", "matvec", "multi_dot", "outer", "vecdot", "vecmat"]
