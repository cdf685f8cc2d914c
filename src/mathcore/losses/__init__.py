"""Losses and their gradients from the same pass."""

from mathcore.losses.pairs import binary_cross_entropy, binary_cross_entropy_with_logits, hinge, huber, mae, mse
from mathcore.losses.penalties import elastic_net, l1, l2, prox_elastic_net, prox_l1, prox_l2
from mathcore.losses.rows import cross_entropy, linear_cross_entropy

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "elastic_net", "hinge", "huber",
           "l1", "l2", "linear_cross_entropy", "mae", "mse", "prox_elastic_net", "prox_l1", "prox_l2"]
