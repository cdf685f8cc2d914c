"""Products: ours against numpy.matmul and the expressions that people write around it."""

import subprocess
import sys

import numpy as np

from mathcore.linalg import gram, linear, matmul, matvec, vecmat

from .runner import Call, Rotate, Row

FLOATS = ("float32", "float64")


def rows():
    for dtype in FLOATS:
        rng = np.random.default_rng(0)
        yield from square(rng, dtype)
        yield from skinny(rng, dtype)
        yield from vectors(rng, dtype)
        yield from batches(rng, dtype)
        yield gram_row(rng, dtype)
        yield from linear_rows(rng, dtype)
        yield fixed_cost(rng, dtype)
        yield workspace(dtype)
    yield from integers()
    yield import_time()


# ------------------------------------------------------------------ accuracy

def split(x, bits):
    """x = high + low exactly, high with at most `bits` bits below the largest entry."""
    step = 1.5 * 2.0 ** (52 - bits + np.frexp(np.abs(x).max())[1])
    high = (x + step) - step
    return high, x - high


def residual(c, a, b):
    """c - a @ b in float64. high @ high has no rounding error: 2 bits + log2(k) <= 53 (Ozaki and others 2012)."""
    c, a, b = (x.astype(np.float64, copy=False) for x in (c, a, b))
    bits = (53 - int(np.ceil(np.log2(max(a.shape[-1], 2))))) // 2
    (a_high, a_low), (b_high, b_low) = split(a, bits), split(b, bits)
    return (c - np.matmul(a_high, b_high)) - (np.matmul(a_high, b_low) + np.matmul(a_low, b))


def product_error(a, b):
    """result -> largest error in units of k eps |a| |b|. Any order of summation stays below 1/2 of it."""
    def error(c):
        c = c.reshape(np.broadcast_shapes(a.shape[:-2], b.shape[:-2]) + (a.shape[-2], b.shape[-1]))
        unit = a.shape[-1] * np.finfo(c.dtype).eps * np.matmul(np.abs(a), np.abs(b))
        return np.max(np.abs(residual(c, a, b)) / unit)
    return error


def exact(expected):
    """result -> 0 if every element is right, else how many are not, plus one."""
    def error(c):
        wrong = np.count_nonzero(c != expected)
        return 1 + wrong if wrong else 0
    return error


# ------------------------------------------------------------------ rows

def product(rng, work, dtype, shape_a, shape_b, **promise):
    """A row of matmul(a, b, out=c)."""
    a, b = (rng.standard_normal(s, dtype=dtype) for s in (shape_a, shape_b))
    out, peer_out = np.matmul(a, b), np.matmul(a, b)
    return Row(
        work=work, dtype=dtype, peer_name="np.matmul",
        ours=Call(matmul, a, b, out=out), peer=Call(np.matmul, a, b, out=peer_out), error=product_error(a, b),
        flops=2 * out.size * a.shape[-1], nbytes=a.nbytes + b.nbytes + out.nbytes, **promise)


def square(rng, dtype):
    for n in (128, 256, 512, 1024, 2048):
        yield product(rng, f"matmul n={n}", dtype, (n, n), (n, n), at_least=0.95, aim=1.0, aim_of_limit=0.92,
                      curve="matmul", n=n)
    for n in (16, 32, 64):
        yield product(rng, f"matmul n={n}", dtype, (n, n), (n, n), at_least=1.1, aim=1.5, curve="matmul", n=n)
    for n in (2, 4, 8):
        yield product(rng, f"matmul n={n}", dtype, (n, n), (n, n), at_least=1.5, aim=2.5, curve="matmul", n=n)


def skinny(rng, dtype, n=2000):
    for t in (2, 4, 8, 16):
        for a, b in (((n, n), (n, t)), ((t, n), (n, n)), ((n, t), (t, n))):
            work = f"matmul ({a[0]}, {a[1]}) @ ({b[0]}, {b[1]})"
            yield product(rng, work, dtype, a, b, at_least=1.3, aim=3)


def last_level_cache():
    """Bytes of the largest cache; 32 MB where the system does not say."""
    try:
        with open("/sys/devices/system/cpu/cpu0/cache/index3/size") as f:
            return 1024 * int(f.read().strip().removesuffix("K"))
    except (OSError, ValueError):
        return 32 << 20


def vectors(rng, dtype, n=2000):
    bytes_of_one = n * n * np.dtype(dtype).itemsize
    # 4 caches' worth: replacement is not strictly oldest first, so one more than fits would leave some of it
    turns = min(-(-4 * last_level_cache() // bytes_of_one), max(2, (1 << 30) // bytes_of_one))
    matrices = rng.standard_normal((turns, n, n), dtype=dtype)
    v, out, peer_out = rng.standard_normal(n, dtype=dtype), np.empty(n, dtype), np.empty(n, dtype)
    first = matrices[0]
    promise = {"dtype": dtype, "peer_name": "np.matmul", "flops": 2 * n * n, "nbytes": bytes_of_one,
               "at_least": 1.0, "aim_of_limit": 0.9}
    for name, f, order, error in (
        ("matvec", matvec, lambda m: (m, v), product_error(first, v[:, None])),
        ("vecmat", vecmat, lambda m: (v, m), product_error(v[None], first)),
    ):
        ours = [Call(f, *order(m), out=out) for m in matrices]
        peer = [Call(np.matmul, *order(m), out=peer_out) for m in matrices]
        yield Row(work=f"{name} n={n} hot", ours=ours[0], peer=peer[0], error=error, **promise)
        yield Row(work=f"{name} n={n} cold", ours=Rotate(ours), peer=Rotate(peer), error=error,
                  working_set=matrices.nbytes, **promise)


def batches(rng, dtype, count=10_000):
    for n in (2, 3, 4):
        yield product(rng, f"matmul {count} of n={n}", dtype, (count, n, n), (count, n, n), at_least=2, aim=5,
                      curve="batch", n=n)
    for n in (8, 16, 32):
        yield product(rng, f"matmul {count} of n={n}", dtype, (count, n, n), (count, n, n), at_least=1.0, aim=1.5,
                      curve="batch", n=n)


def gram_row(rng, dtype, m=20_000, n=300):
    x = rng.standard_normal((m, n), dtype=dtype)
    out, peer_out = np.empty((n, n), dtype), np.empty((n, n), dtype)
    return Row(
        work=f"gram ({m}, {n})", dtype=dtype, peer_name="np.matmul(x.T, x)",
        ours=Call(gram, x, out=out), peer=Call(np.matmul, x.T, x, out=peer_out), error=product_error(x.T, x),
        flops=m * n * (n + 1), nbytes=x.nbytes + out.nbytes, at_least=1.0, aim=1.3)


def linear_rows(rng, dtype, m=256, n=128, k=784):
    x, w, b = (rng.standard_normal(s, dtype=dtype) for s in ((m, k), (n, k), n))
    out, peer_out = np.empty((m, n), dtype), np.empty((m, n), dtype)
    # the bias as one more column: the exact sum is one product
    wide_x, wide_w = np.hstack([x, np.ones((m, 1), dtype)]), np.hstack([w, b[:, None]])
    unit = (k + 1) * np.finfo(dtype).eps * (np.abs(wide_x) @ np.abs(wide_w).T)

    def error(c):
        rest = residual(c, wide_x, wide_w.T)
        return np.max(np.where(c > 0, np.abs(rest), np.maximum(-rest, 0)) / unit + (c < 0))

    def in_place():
        np.matmul(x, w.T, out=peer_out)
        np.add(peer_out, b, out=peer_out)
        return np.maximum(peer_out, 0, out=peer_out)

    promise = {"dtype": dtype, "error": error, "flops": 2 * m * n * k, "at_least": 1.2, "aim": 1.6,
               "nbytes": x.nbytes + w.nbytes + out.nbytes}
    yield Row(work=f"linear + ReLU ({m}, {k}) x ({n}, {k})", peer_name="np.maximum(x @ w.T + b, 0)",
              ours=Call(linear, x, w, b, activation="relu"), peer=Call(lambda: np.maximum(x @ w.T + b, 0)), **promise)
    yield Row(work=f"linear + ReLU ({m}, {k}) x ({n}, {k}) out=", peer_name="the same three steps with out=",
              ours=Call(linear, x, w, b, activation="relu", out=out), peer=Call(in_place), **promise)


def integers(n=256):
    rng = np.random.default_rng(0)
    for dtype, high in (("int64", 1 << 20), ("int32", 1 << 20), ("int8", 128)):
        a, b = (rng.integers(-high, high, (n, n)).astype(dtype) for _ in range(2))
        # below 2^48: exact in float64; the casts wrap around as the products do
        expected = np.matmul(a.astype(float), b.astype(float)).astype(np.int64).astype(dtype)
        yield Row(work=f"matmul n={n}", dtype=dtype, peer_name="np.matmul",
                  ours=Call(matmul, a, b, out=np.empty_like(a)), peer=Call(np.matmul, a, b, out=np.empty_like(a)),
                  error=exact(expected), flops=2 * n**3, at_least=10, aim=30)


def fixed_cost(rng, dtype):
    a, b = (rng.standard_normal((2, 2), dtype=dtype) for _ in range(2))
    return Row(work="fixed cost of matmul n=2", dtype=dtype, peer_name="np.matmul", unit="us",
               ours=Call(matmul, a, b, out=np.empty_like(a)), peer=Call(np.matmul, a, b, out=np.empty_like(a)),
               error=product_error(a, b), at_least=0.7, aim=0.35)


# ------------------------------------------------------------------ what a fresh process shows

IMPORT = """
import time
start = time.perf_counter()
import numpy
between = time.perf_counter()
import mathcore
print(time.perf_counter() - between, between - start)
"""

# VmHWM is the peak of resident memory since the process began; the operands are in it before the product starts.
WORKSPACE = """
import sys
import numpy as np
from threadpoolctl import threadpool_limits
import mathcore.linalg

def resident(field):
    with open("/proc/self/status") as f:
        return next(1024 * int(line.split()[1]) for line in f if line.startswith(field))

matmul = {"mathcore": mathcore.linalg.matmul, "numpy": np.matmul}[sys.argv[1]]
dtype, threads, n = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
a, b, out = (np.ones((n, n), dtype) for _ in range(3))
with mathcore.threads(threads), threadpool_limits(threads):
    matmul(a[:2, :2], b[:2, :2])
    before = resident("VmRSS:")
    matmul(a, b, out=out)
    print(max(0, resident("VmHWM:") - before) / threads)
"""


def fresh(script, *args):
    """The numbers that `script` prints in a process of its own."""
    run = subprocess.run([sys.executable, "-c", script, *map(str, args)], capture_output=True, text=True, check=False)
    if run.returncode:
        raise RuntimeError(run.stderr.strip().splitlines()[-1])
    return [float(word) for word in run.stdout.split()]


def import_time():
    def measure(threads, samples):
        fresh(IMPORT)                   # writes the bytecode and fills the file cache
        return zip(*(fresh(IMPORT) for _ in range(max(7, samples))), strict=True)
    return Row(work="import mathcore after numpy", dtype="-", peer_name="import numpy", unit="ms", measure=measure,
               at_least=30, aim=15, once=True)


def workspace(dtype, n=2048):
    def measure(threads, samples):
        if not sys.platform.startswith("linux"):
            return [], []
        return fresh(WORKSPACE, "mathcore", dtype, threads, n), fresh(WORKSPACE, "numpy", dtype, threads, n)
    return Row(work=f"workspace per thread of matmul n={n}", dtype=dtype, peer_name="np.matmul", unit="MB",
               measure=measure, at_least=8)
