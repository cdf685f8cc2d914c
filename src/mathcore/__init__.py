"""mathcore: SciPy's names, machine learning's mathematics; fused, batched, threaded kernels for the CPU.

Importing it starts no threads and loads no room before it is used.
"""

import contextlib
import importlib

from mathcore._kernels.runtime import get_num_threads, set_num_threads, threads

__version__ = "0.1.0"

_ROOMS = ("autodiff", "bayes", "datasets", "distance", "information", "linalg", "losses", "metrics", "models", "nn",
          "optimize", "plot", "probability", "special", "stats")

__all__ = ["__version__", "get_include", "get_num_threads", "set_num_threads", "show_config", "threads", *_ROOMS]


def __getattr__(name):
    if name in _ROOMS:
        return importlib.import_module(f"mathcore.{name}")
    if name == "show_config":
        return importlib.import_module("mathcore._config").show_config
    raise AttributeError(f"module 'mathcore' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)


def get_include():
    """Folder of the headers and .pxd files for Cython code that cimports the kernels.

    Returns
    -------
    str

    Examples
    --------
    >>> import os, mathcore
    >>> os.path.isdir(mathcore.get_include())
    True
    """
    import os

    return os.path.join(os.path.dirname(__file__), "_kernels")


with contextlib.suppress(ImportError):   # optional; 2 ms where it is installed
    from mathcore import _threadpoolctl  # noqa: F401
