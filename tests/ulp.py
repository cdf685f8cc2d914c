"""The largest error in ULP of the exp and log family: `python -m tests.ulp`, from the root of the repository.

float32: every one of the 2^32 inputs against NumPy's float64 functions, whose error is 2^-29 of a float32 ULP.
float64: stratified samples and the neighbours of the worst of them against quadruple precision (gcc, libquadmath).
A ULP is the spacing of the binade of the exact result; below the smallest normal number, of the subnormal numbers.
The exit status is 1 where exp, log, expm1, log1p, tanh or expit are more than 1 ULP off.
"""

import argparse
import contextlib
import ctypes
import dataclasses
import functools
import json
import math
import multiprocessing
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np

import mathcore
from mathcore import special
from mathcore._kernels import runtime
from tests.tuning import using_isa

FAMILY = ("exp", "log", "expm1", "log1p", "tanh", "expit")     # bound 1, all increasing
OTHERS = ("logit", "log_expit", "softplus", "silu")            # bound 4
NAMES = FAMILY + OTHERS
PATTERNS = 1 << 32
NEGATIVE = 1 << 31                       # the first pattern whose sign bit is set
CHUNK = 1 << 14                          # float64 arrays of 128 KB: a handful stays in a core's cache
TASK32 = 1 << 25                         # inputs of one task
TASK64 = 1 << 18
HARD = 100_000
WALK = 50                                # neighbours on each side of a hard point


def bound(name):
    return 1.0 if name in FAMILY else 4.0


@dataclasses.dataclass
class Worst:
    """What a sweep found: the largest error, where, and how often a larger input gave a smaller result."""

    name: str
    dtype: str
    isa: str
    tried: int = 0
    error: float = 0.0
    x: float = math.nan
    got: float = math.nan
    expected: float = math.nan
    jumps: int | None = None             # None: not looked for
    jump_at: float = math.nan

    def see(self, x, got, expected, errors):
        """Take in some results; `errors` holds no NaN."""
        self.tried += len(x)
        i = int(np.argmax(errors))
        if errors[i] > self.error:
            self.error, self.x, self.got, self.expected = float(errors[i]), float(x[i]), float(got[i]), \
                float(expected[i])

    def see_jumps(self, x, falls):
        n = int(np.count_nonzero(falls))
        if n and not self.jumps:
            self.jump_at = float(x[np.argmax(falls)])
        self.jumps = (self.jumps or 0) + n

    def merge(self, other):
        if other.error > self.error:
            self.error, self.x, self.got, self.expected = other.error, other.x, other.got, other.expected
        if other.jumps is not None:
            if other.jumps and not self.jumps:
                self.jump_at = other.jump_at
            self.jumps = (self.jumps or 0) + other.jumps
        self.tried += other.tried
        return self


# ------------------------------------------------------------------ references

def _sigmoid(x):
    e = np.exp(-np.abs(x))               # no cancellation, no overflow, however negative x is
    return np.where(x < 0, e, 1) / (1 + e)


def _logit(x):
    """2 artanh(2x - 1) where the logarithm would be small."""
    middle = 2 * np.arctanh(2 * np.clip(x, 0.25, 0.75) - 1)
    return np.where(np.abs(x - 0.5) < 0.25, middle, np.log(x / (1 - x)))


def _softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _silu(x):
    return np.maximum(x, -20000) * _sigmoid(x)          # -inf: its limit, -0


REFERENCES = {
    "exp": np.exp, "log": np.log, "expm1": np.expm1, "log1p": np.log1p, "tanh": np.tanh, "expit": _sigmoid,
    "logit": _logit, "log_expit": lambda x: -_softplus(-x), "softplus": _softplus, "silu": _silu,
}
_QUIET = functools.partial(np.errstate, all="ignore")


# ------------------------------------------------------------------ errors in ULP

def _unit(exact, mantissa, low, high):
    """The spacing of numbers with so many bits behind the point in the binade of each exact result, kept in range."""
    if exact.dtype == np.float64:
        power = (exact.view(np.uint64) & np.uint64(0x7FF0000000000000)).view(np.float64)
        power = np.clip(power, 2.0**low, 2.0**high, out=power)
        power *= 2.0**-mantissa
        return power
    finite = np.where(np.isfinite(exact), exact, 1)
    e = np.where(finite == 0, low, np.clip(np.frexp(finite)[1] - 1, low, high))
    return np.ldexp(exact.dtype.type(1), e - mantissa)


_RANGES = {np.dtype(np.float32): (23, -126, 127), np.dtype(np.float64): (52, -1022, 1023)}


def errors(got, exact, signs=True):
    """|got - exact| in ULP; `exact` has a wider type. NaN and inf must be where they belong, or the error is inf.

    An infinite result stands for 2^128 (2^1024), and is exact where the exact result rounds to it. With `signs` a zero
    must have the sign of the exact result.
    """
    mantissa, low, high = _RANGES[got.dtype]
    wide, unit = got.astype(exact.dtype), _unit(exact, mantissa, low, high)
    with _QUIET():
        error = np.abs(np.subtract(wide, exact, out=wide), out=wide)
        error /= unit
        if np.isfinite(error.max()) and np.count_nonzero(got) == len(got):
            return error
        rounded = exact.astype(got.dtype)
        infinite = np.isinf(got)
        if infinite.any():
            far = np.copysign(np.ldexp(exact.dtype.type(1), np.where(infinite, high + 1, 0)), got)
            error = np.where(infinite, np.abs(far - exact) / unit, error)
            error[infinite & (got == rounded)] = 0
        nan = np.isnan(got)
        error[nan] = np.inf
        error[nan != np.isnan(exact)] = np.inf
        error[nan & np.isnan(exact)] = 0
        if signs:
            error[(got == 0) & (np.signbit(got) != np.signbit(exact))] = np.inf
    return error


# ------------------------------------------------------------------ float32

def _runs(start, stop, stride):
    """(first pattern, how many) of each chunk; none holds patterns of both signs."""
    while start < stop:
        end = min(stop, NEGATIVE if start < NEGATIVE else PATTERNS)
        n = min(CHUNK, -(-(end - start) // stride))
        yield start, n
        start += n * stride


def _float_at(pattern):
    return np.array([pattern], np.uint32).view(np.float32)


def sweep32(name, start=0, stop=PATTERNS, stride=1, function=None):
    """The largest error over the bit patterns start, start + stride, ... below stop, for the instruction set in use.

    Jumps are counted between each pattern and the one before it, that before `start` included; above -0 lies +0.
    `function` stands in for the function of that name.
    """
    function = function or getattr(special, name)
    reference, increasing = REFERENCES[name], name in FAMILY
    worst = Worst(name, "float32", runtime.get_isa(), jumps=0 if increasing else None)
    steps = np.arange(CHUNK, dtype=np.uint32) * np.uint32(stride)
    results, negative = np.empty(CHUNK + 1, np.float32), None
    for first, n in _runs(start, stop, stride):
        x = (steps[:n] + np.uint32(first)).view(np.float32)
        got = results[1:n + 1]
        got[...] = function(x)
        with _QUIET():
            exact = reference(x.astype(np.float64))
        worst.see(x, got, exact, errors(got, exact, signs=increasing))
        if not increasing:
            continue
        if negative != (first >= NEGATIVE):
            negative = first >= NEGATIVE
            before = first - stride
            results[0] = function(_float_at(0 if before < negative * NEGATIVE else before))[0]
        earlier = results[:n]
        worst.see_jumps(x, got > earlier if negative else got < earlier)
        results[0] = got[-1]
    return worst


# ------------------------------------------------------------------ float64

QUAD_C = r"""
#include <math.h>
#include <quadmath.h>

typedef __float128 quad;

static quad sigmoid(quad x) {
    quad e = expq(-fabsq(x));
    return (x < 0 ? e : 1) / (1 + e);
}

static quad softplus(quad x) { return (x > 0 ? x : 0) + log1pq(expq(-fabsq(x))); }

static quad exact(int name, double x) {
    quad q = x;
    if (isnan(x)) return q;
    switch (name) {
    case 0: return expq(q);
    case 1: return logq(q);
    case 2: return x == 0 ? q : expm1q(q);
    case 3: return x == 0 ? q : log1pq(q);
    case 4: return x == 0 ? q : tanhq(q);
    case 5: return sigmoid(q);
    case 6: return fabs(x - 0.5) < 0.25 ? 2 * atanhq(2 * q - 1) : logq(q / (1 - q));
    case 7: return -softplus(-q);
    case 8: return softplus(q);
    default: return isinf(x) && x < 0 ? -0.0q : q * sigmoid(q);
    }
}

static double error(double got, quad r, int signs) {
    int e;
    if (isnan(got) || isnanq(r)) return isnan(got) && isnanq(r) ? 0 : INFINITY;
    if (signs && got == 0 && !signbit(got) != !signbitq(r)) return INFINITY;
    if (isinf(got) && got == (double)r) return 0;
    if (isinfq(r)) return INFINITY;
    frexpq(r, &e);
    e = r == 0 || e - 1 < -1022 ? -1022 : e - 1 > 1023 ? 1023 : e - 1;
    return (double)ldexpq(fabsq((isinf(got) ? copysignq(0x1p1024q, got) : (quad)got) - r), 52 - e);
}

/* The error of each result in ULP; returns the largest, and where it is. */
double ulp_errors(int name, int signs, long n, const double *x, const double *got, double *errors, double *rounded,
                  long *where) {
    double largest = -1;
    for (long i = 0; i < n; i++) {
        quad r = exact(name, x[i]);
        rounded[i] = (double)r;
        errors[i] = error(got[i], r, signs);
        if (errors[i] > largest) largest = errors[i], *where = i;
    }
    return largest;
}
"""


@contextlib.contextmanager
def quad_library():
    """The path of the compiled reference; None, and a word about it, where gcc or libquadmath is missing."""
    with tempfile.TemporaryDirectory() as folder:
        source, library = pathlib.Path(folder, "quad.c"), pathlib.Path(folder, "quad.so")
        source.write_text(QUAD_C, encoding="utf-8")
        compiler, said = shutil.which("gcc"), "no gcc"
        if compiler:
            made = subprocess.run([compiler, "-O2", "-shared", "-fPIC", source, "-o", library, "-lquadmath", "-lm"],
                                  capture_output=True, text=True)
            said = made.stderr.strip().splitlines()[0] if made.returncode and made.stderr else ""
        if library.exists():
            yield str(library)
        else:
            print(f"No quadruple precision ({said}); the float64 reference is np.longdouble.", file=sys.stderr)
            yield None


@functools.cache
def _quad(path):
    f = ctypes.CDLL(path).ulp_errors
    f.restype = ctypes.c_double
    f.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, *[ctypes.c_void_p] * 5]
    return f


def errors64(name, x, got, library):
    """Errors in ULP of float64 results, and the exact results, rounded."""
    signs = name in FAMILY
    if library is None:
        with _QUIET():
            exact = REFERENCES[name](x.astype(np.longdouble))
            return errors(got, exact, signs).astype(np.float64), exact.astype(np.float64)
    x, got = np.ascontiguousarray(x, np.float64), np.ascontiguousarray(got, np.float64)
    error, rounded, where = np.empty(len(x)), np.empty(len(x)), ctypes.c_long()
    largest = _quad(library)(NAMES.index(name), signs, len(x), *(a.ctypes.data for a in (x, got, error, rounded)),
                             ctypes.byref(where))
    assert largest == error[where.value]
    return error, rounded


def _near(rng, centres, n):
    """Numbers at all distances from the centres, from one float64 spacing to half the centre."""
    c = rng.choice(centres, n)
    return c * (1 + rng.choice([-1.0, 1.0], n) * 2.0 ** -rng.uniform(1, 54, n))


# Where the functions overflow, underflow, saturate, or their kernels change course.
EDGES = np.array([709.782712893384, -708.3964185322641, -745.1332191019411, -744.44, 88.7228, -103.97, 36.7368,
                  -36.7368, -37.43, 18.7149, 22.0, 20.0, -1.0, 1.0, 0.5, 0.3, 0.25, 0.75, 2.0, 1e-308,
                  1.7e308, 5e-324, -5e-324])


def samples64(count, seed):
    """About `count` inputs of every kind that has ever mattered, and all special values."""
    rng = np.random.default_rng(seed)
    n = max(count // 10, 1)
    ln2 = rng.integers(-2200, 2201, n) * (math.log(2) / 4)     # tanh halves, rounding happens between
    ln2 = (ln2.view(np.int64) + rng.integers(-64, 65, n)).view(np.float64)
    root = 2.0 ** (rng.integers(-1022, 1024, n) + 0.5)
    root = np.where(rng.random(n) < 0.5, root, 2.0 ** (rng.integers(-3, 4, n) + 0.5))
    root *= 1 + rng.uniform(-1, 1, n) * 2.0 ** -rng.uniform(0, 52, n)
    root = np.where(rng.random(n) < 0.3, root - 1, root)       # for log1p
    fixed = np.array([0.0, -0.0, 1.0, -1.0, 2.0, 0.5, np.inf, -np.inf, np.nan, 5e-324, -5e-324, 2.0**-1022,
                      np.nextafter(2.0**-1022, 0), np.finfo(np.float64).max, -np.finfo(np.float64).max])
    with _QUIET():
        return np.concatenate([
            fixed,
            rng.integers(0, 1 << 64, n, dtype=np.uint64).view(np.float64),
            rng.uniform(-1, 1, n), rng.uniform(-40, 40, n), rng.uniform(-750, 750, n),
            1 + rng.choice([-1.0, 1.0], n) * 2.0 ** -rng.integers(1, 53, n),
            1 + rng.choice([-1.0, 1.0], n) * 2.0 ** -rng.uniform(1, 53, n),
            rng.choice([-1.0, 1.0], n) * 2.0 ** rng.uniform(-64, 11, n),
            ln2, root, _near(rng, EDGES, n)])


def sweep64(name, samples=1 << 16, hard=2000, seed=0, library=None, function=None):
    """The largest error over samples and, in two rounds, over the neighbours of the worst of them."""
    function = function or getattr(special, name)
    worst = Worst(name, "float64", runtime.get_isa())
    points = samples64(samples, seed)
    near = np.arange(-WALK, WALK + 1)
    for left in (2, 1, 0):               # walks still to come
        got = function(points)
        error, exact = errors64(name, points, got, library)
        worst.see(points, got, exact, error)
        k = min(hard // (4 * len(near)), len(points)) if left else 0
        if not k:
            break
        finite, normal = np.isfinite(points), np.abs(exact) >= 2.0**-1022
        best = np.concatenate([np.argpartition(np.where(these, error, -1), -k)[-k:] for these in (
            finite, finite & normal)])   # subnormal results, rounded twice, would crowd out the rest
        patterns = (points[best].view(np.int64)[:, None] + near).ravel()
        points = np.unique(patterns).view(np.float64)
    return worst


# ------------------------------------------------------------------ the script

@dataclasses.dataclass(frozen=True)
class Task:
    row: tuple                           # isa, name, dtype
    arguments: dict


def tasks(isas, names, dtypes, stride, samples, library):
    for isa in isas:
        for dtype in dtypes:
            for name in names:
                row = isa, name, dtype
                if dtype == "float32":
                    step = TASK32 * stride
                    for start in range(0, PATTERNS, step):
                        yield Task(row, {"start": start, "stop": min(start + step, PATTERNS), "stride": stride})
                else:
                    parts = -(-samples // TASK64)
                    for seed in range(parts):
                        yield Task(row, {"samples": min(TASK64, samples), "hard": -(-HARD // parts), "seed": seed,
                                         "library": library})


def perform(task):
    isa, name, dtype = task.row
    mathcore.set_num_threads(1)
    with using_isa(isa):
        return task.row, (sweep32 if dtype == "float32" else sweep64)(name, **task.arguments)


def results(todo, processes):
    """(row, Worst) of each task, in any order."""
    if processes == 1:
        yield from map(perform, todo)
        return
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap_unordered(perform, todo)


HEAD = ("function", "dtype", "isa", "inputs", "max ULP", "at x", "jumps")


def table_row(worst):
    mark = " !" if worst.error > bound(worst.name) else ""
    return (worst.name, worst.dtype, worst.isa, str(worst.tried), f"{worst.error:.4f}{mark}", worst.x.hex(),
            "-" if worst.jumps is None else str(worst.jumps))


def table(rows):
    lines = [HEAD, *map(table_row, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    right = (3, 4, 6)
    return "\n".join("  ".join(cell.rjust(w) if i in right else cell.ljust(w)
                               for i, (cell, w) in enumerate(zip(line, widths, strict=True))).rstrip()
                     for line in lines)


def findings(rows):
    """A sentence for everything that should not be."""
    for w in rows:
        where = f"{w.name} {w.dtype} {w.isa}"
        if w.error > bound(w.name):
            yield f"{where}: {w.error:.4f} ULP at {w.x.hex()} ({w.x!r}): got {w.got!r}, exact {w.expected!r}"
        if w.jumps:
            yield f"{where}: {w.jumps} results below that of a smaller input, first seen at {w.jump_at.hex()}"


def usable_cpus():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def odd(text):
    n = int(text)
    if n < 1 or n % 2 == 0:
        raise argparse.ArgumentTypeError("an odd number, so that no bit of the patterns stays 0")
    return n


def parser():
    p = argparse.ArgumentParser(prog="python -m tests.ulp", description="Largest errors in ULP.")
    p.add_argument("--isa", choices=[*runtime.available_isas(), "all"], default=runtime.get_isa())
    p.add_argument("--functions", nargs="+", choices=NAMES, default=NAMES, metavar="NAME", help=" ".join(NAMES))
    p.add_argument("--dtype", choices=["float32", "float64", "both"], default="both")
    p.add_argument("--stride", type=odd, default=1, help="every so many-th float32 pattern (odd; default: all)")
    p.add_argument("--samples", type=int, default=1 << 22, help="float64 inputs (default 2^22)")
    p.add_argument("--processes", type=int, default=usable_cpus())
    p.add_argument("--json", metavar="FILE", help="write the results there too")
    return p


def main(arguments=None):
    options = parser().parse_args(arguments)
    isas = runtime.available_isas() if options.isa == "all" else [options.isa]
    dtypes = ["float32", "float64"] if options.dtype == "both" else [options.dtype]
    began = time.monotonic()
    with quad_library() if "float64" in dtypes else contextlib.nullcontext() as library:
        todo = list(tasks(isas, options.functions, dtypes, options.stride, options.samples, library))
        rows = {task.row: None for task in todo}
        for done, (row, worst) in enumerate(results(todo, options.processes), 1):
            rows[row] = worst if rows[row] is None else rows[row].merge(worst)
            if sys.stderr.isatty():
                print(f"\r{done}/{len(todo)} {time.monotonic() - began:.0f} s", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    print(table(rows.values()))
    for line in findings(rows.values()):
        print(line)
    if options.json:
        records = [{key: repr(v) if isinstance(v, float) and not math.isfinite(v) else v     # JSON has no inf, no NaN
                    for key, v in (dataclasses.asdict(w) | {"bound": bound(w.name)}).items()} for w in rows.values()]
        pathlib.Path(options.json).write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
    return int(any(w.error > 1 for w in rows.values() if w.name in FAMILY))


if __name__ == "__main__":
    sys.exit(main())
