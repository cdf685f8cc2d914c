"""Linear algebra: the names of numpy.linalg and scipy.linalg, over leading batch dimensions."""

from mathcore.linalg.cholesky import cho_factor, cho_solve, cholesky, cholesky_downdate, cholesky_update
from mathcore.linalg.conditioning import cond, matrix_rank, rcond
from mathcore.linalg.determinants import det, slogdet
from mathcore.linalg.eigen import eig, eigh, eigvals, eigvalsh
from mathcore.linalg.elimination import row_reduce
from mathcore.linalg.iterative import inverse_iteration, power_iteration, rayleigh_quotient
from mathcore.linalg.lstsq import lstsq, pinv
from mathcore.linalg.lu import lu, lu_factor, lu_solve
from mathcore.linalg.matmul import gram, linear, matmul, matvec, multi_dot, vecmat
from mathcore.linalg.norms import matrix_norm, norm, vector_norm
from mathcore.linalg.pca import PCAResult, RunningCovariance, pca
from mathcore.linalg.predicates import is_orthogonal, is_positive_definite, is_symmetric
from mathcore.linalg.qr import qr, qr_multiply, tsqr
from mathcore.linalg.qr_algorithm import qr_algorithm
from mathcore.linalg.randomized import low_rank_approx, randomized_eigh, randomized_svd
from mathcore.linalg.ratings import FactorizationResult, matrix_factorization, recommend
from mathcore.linalg.spaces import (
    basis,
    change_of_basis,
    coordinates,
    gram_schmidt,
    is_independent,
    linear_combination,
    null_space,
    orth,
)
from mathcore.linalg.subspace import lanczos, subspace_iteration
from mathcore.linalg.svd import svd, svdvals
from mathcore.linalg.systems import inv, solve, solve_report
from mathcore.linalg.triangular import solve_triangular
from mathcore.linalg.vectors import angle, normalize, outer, project, vecdot

__all__ = [
    "FactorizationResult", "PCAResult", "RunningCovariance", "angle", "basis", "change_of_basis", "cho_factor",
    "cho_solve", "cholesky", "cholesky_downdate", "cholesky_update", "cond", "coordinates", "det", "eig", "eigh",
    "eigvals", "eigvalsh", "gram", "gram_schmidt", "inv", "inverse_iteration", "is_independent", "is_orthogonal",
    "is_positive_definite", "is_symmetric", "lanczos", "linear", "linear_combination", "low_rank_approx", "lstsq", "lu",
    "lu_factor", "lu_solve", "matmul", "matrix_factorization", "matrix_norm", "matrix_rank", "matvec", "multi_dot",
    "norm", "normalize", "null_space", "orth", "outer", "pca", "pinv", "power_iteration", "project", "qr",
    "qr_algorithm", "qr_multiply", "randomized_eigh", "randomized_svd", "rayleigh_quotient", "rcond", "recommend",
    "row_reduce", "slogdet", "solve", "solve_report", "solve_triangular", "subspace_iteration", "svd", "svdvals",
    "tsqr", "vecdot", "vecmat", "vector_norm",
]
