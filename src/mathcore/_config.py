"""What this build and this process run with: show_config."""

import json
import platform

import numpy as np


def _config():
    import scipy

    import mathcore
    from mathcore._kernels import runtime

    return {
        "mathcore": mathcore.__version__,
        "instruction set": {"in use": runtime.get_isa(), "available": list(runtime.available_isas())},
        "threads": {
            "in use": mathcore.get_num_threads(),
            "usable CPUs": runtime.usable_cpus(),
            "started": runtime.pool_size(),
        },
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "machine": platform.machine(),
    }


def show_config(mode="stdout"):
    """Print, or return, the versions, the instruction set and the threads in use.

    Parameters
    ----------
    mode : {"stdout", "dicts"}
        Print a table, or return a dictionary.

    Returns
    -------
    dict or None
        With "dicts", the facts by name.

    Raises
    ------
    ValueError
        Another mode.

    Examples
    --------
    >>> import mathcore
    >>> sorted(mathcore.show_config(mode="dicts"))[:2]
    ['instruction set', 'machine']
    """
    if mode not in ("stdout", "dicts"):
        raise ValueError(f"show_config: mode is not known; expected 'stdout' or 'dicts', got {mode!r}")
    config = _config()
    if mode == "dicts":
        return config
    for key, value in config.items():
        text = value if isinstance(value, str) else ", ".join(f"{k} {json.dumps(v)}" for k, v in value.items())
        print(f"{key:16s} {text}")
    return None
