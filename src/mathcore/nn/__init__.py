"""Neural networks of dense layers: a layer forward and backward, one training step, and MLP, trained in one compiled
loop."""

from mathcore.nn.layers import dense, dense_backward, train_step
from mathcore.nn.mlp import MLP

__all__ = ["MLP", "dense", "dense_backward", "train_step"]
