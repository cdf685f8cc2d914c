"""The report: where it ran, the table on the console, JSON."""

import json
import os
import platform
from dataclasses import asdict
from datetime import datetime

import numpy as np
import scipy
import scipy.linalg  # noqa: F401  loads SciPy's own BLAS, so that threadpoolctl sees it
from threadpoolctl import threadpool_info

import mathcore
from mathcore._kernels import runtime

from .runner import VERDICTS, WRONG, Result, in_order


def cpu_model():
    try:
        with open("/proc/cpuinfo") as f:
            return next(line.split(":", 1)[1].strip() for line in f if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def blas_of(module):
    """Name, version and kernels of the BLAS that NumPy or SciPy calls."""
    build = module.show_config(mode="dicts")["Build Dependencies"]["blas"]
    loaded = [pool for pool in threadpool_info() if f"{module.__name__}.libs" in pool["filepath"]]
    kernels = ", ".join(f"{pool['architecture']} kernels" for pool in loaded if "architecture" in pool)
    return f"{build['name']} {build['version']}" + (f", {kernels}" if kernels else "")


def header(threads):
    return {
        "date": datetime.now().astimezone().isoformat(timespec="seconds"),
        "CPU": cpu_model(),
        "cores": os.cpu_count(),
        "instruction set": runtime.get_isa(),
        "threads": list(threads),
        "mathcore": mathcore.__version__,
        "Python": platform.python_version(),
        "NumPy": f"{np.__version__} ({blas_of(np)})",
        "SciPy": f"{scipy.__version__} ({blas_of(scipy)})",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }


# ------------------------------------------------------------------ words

def quantity(x, units):
    """Three significant digits in the unit that fits: (scale, name) pairs, the smallest first."""
    scale, name = next(((s, u) for s, u in reversed(units) if x >= s), units[0])
    return f"{x / scale:.3g} {name}" if x / scale < 1000 else f"{x / scale:.0f} {name}"


def amount(r, x):
    """Seconds or bytes."""
    if x is None:
        return ""
    sizes, times = [(1e3, "kB"), (1e6, "MB")], [(1e-9, "ns"), (1e-6, "us"), (1e-3, "ms"), (1, "s")]
    return quantity(x, sizes if r.unit == "MB" else times)


def value(r):
    if r.value is None:
        return ""
    return f"{r.value:.2f} x" if r.unit == "ratio" else f"{r.value:.3g} {r.unit}"


def bound(r):
    """What was asked: at least, then aim."""
    if r.at_least is None:
        return ""
    sign, unit = (">=", "") if r.unit == "ratio" else ("<=", f" {r.unit}")
    aims = [f"{r.aim:g}"] if r.aim is not None else []
    if r.aim_of_limit is not None:
        aims.append(f"{r.aim_of_limit:.0%}")
    return f"{sign} {r.at_least:g}{unit}" + (f", aim {' and '.join(aims)}" if aims else "")


def rate(r):
    """GFLOP/s, or GB/s where traffic is what binds."""
    if not r.ours or r.unit == "MB":
        return ""
    if r.limit == "read":
        return f"{r.nbytes / r.ours / 1e9:.3g} GB/s"
    return f"{r.flops / r.ours / 1e9:.3g} GFLOP/s" if r.flops else ""


def share(r, x):
    return "" if x is None else f"{x:.0%} {r.limit}"


def error(x):
    return "" if x is None else "wrong" if x >= WRONG else f"{x:.2g}"


COLUMNS = {
    "verdict": lambda r: r.verdict,
    "work": lambda r: r.work,
    "dtype": lambda r: r.dtype,
    "threads": lambda r: str(r.threads),
    "result": value,
    "asked": bound,
    "ours": lambda r: amount(r, r.ours),
    "peer": lambda r: amount(r, r.peer),
    "rate": rate,
    "of limit": lambda r: share(r, r.of_limit),
    "error": lambda r: error(r.error),
    "peer's": lambda r: error(r.peer_error),
    "note": lambda r: r.note,
}
LEFT = ("verdict", "work", "dtype", "asked", "note")


def summary(results):
    counts = {v: sum(r.verdict == v for r in results) for v in VERDICTS}
    return ", ".join(f"{count} {v if v != '-' else 'without a verdict'}" for v, count in counts.items() if count)


def console(head, results):
    """The whole report as text."""
    cells = [list(COLUMNS)] + [[f(r) for f in COLUMNS.values()] for r in in_order(results)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [f"{key}: {', '.join(map(str, text)) if isinstance(text, list) else text}" for key, text in head.items()]
    lines.append("")
    for row in cells:
        padded = (c.ljust(w) if name in LEFT else c.rjust(w) for c, w, name in zip(row, widths, COLUMNS, strict=True))
        lines.append("  ".join(padded).rstrip())
    return "\n".join([*lines, "", summary(results)])


# ------------------------------------------------------------------ JSON

def to_json(head, results):
    return json.dumps({"header": head, "results": [asdict(r) for r in in_order(results)]}, indent=1, allow_nan=False)


def from_json(text):
    data = json.loads(text)
    return data["header"], [Result(**r) for r in data["results"]]
