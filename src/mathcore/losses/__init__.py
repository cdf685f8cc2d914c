"""Losses and their gradients from the same pass."""

from mathcore.losses.pairs import binary_cross_entropy, binary_cross_entropy_with_logits, hinge, huber, mae, mse
from mathcore.losses.rows import cross_entropy, linear_cross_entropy

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "hinge", "huber",
           "linear_cross_entropy", "mae", "mse"]
