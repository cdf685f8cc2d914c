"""Distances, similarity, neighbours: SciPy's and scikit-learn's names, in tiles of compiled code and threads."""

from mathcore.distance.condensed import directed_hausdorff, is_valid_dm, is_valid_y, num_obs_dm, num_obs_y, squareform
from mathcore.distance.kernels import laplacian_kernel, linear_kernel, polynomial_kernel, rbf_kernel, sigmoid_kernel
from mathcore.distance.matrices import cdist, pdist
from mathcore.distance.neighbors import (
    KNNResult,
    RadiusResult,
    cdist_chunks,
    nearest,
    nearest_neighbors,
    radius_neighbors,
)
from mathcore.distance.pairs import (
    braycurtis,
    canberra,
    chebyshev,
    cityblock,
    correlation,
    cosine,
    euclidean,
    hamming,
    jensenshannon,
    mahalanobis,
    minkowski,
    seuclidean,
    sqeuclidean,
)
from mathcore.distance.similarity import (
    TermCounts,
    cosine_similarity,
    hamming_distance,
    jaccard_similarity,
    term_counts,
)
from mathcore.distance.truths import dice, jaccard, rogerstanimoto, russellrao, sokalsneath, yule

__all__ = [
    "KNNResult", "RadiusResult", "TermCounts", "braycurtis", "canberra", "cdist", "cdist_chunks", "chebyshev",
    "cityblock", "correlation", "cosine", "cosine_similarity", "dice", "directed_hausdorff", "euclidean", "hamming",
    "hamming_distance", "is_valid_dm", "is_valid_y", "jaccard", "jaccard_similarity", "jensenshannon",
    "laplacian_kernel", "linear_kernel", "mahalanobis", "minkowski", "nearest", "nearest_neighbors", "num_obs_dm",
    "num_obs_y", "pdist", "polynomial_kernel", "radius_neighbors", "rbf_kernel", "rogerstanimoto", "russellrao",
    "seuclidean", "sigmoid_kernel", "sokalsneath", "sqeuclidean", "squareform", "term_counts", "yule",
]
