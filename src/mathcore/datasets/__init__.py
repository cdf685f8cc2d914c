"""Real data for examples and tests: bundled handwritten digits, and a reader for MNIST-format files.

>>> from mathcore import datasets
>>> datasets.load_digits().images.shape
(1797, 8, 8)
"""

from mathcore.datasets.digits import Digits, load_digits
from mathcore.datasets.idx import load_idx

__all__ = ["Digits", "load_digits", "load_idx"]
