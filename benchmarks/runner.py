"""What a row is, and how it is checked, timed and judged.

A room `bench_<word>.py` has one generator `rows()`; a row's arrays live only while it is being run.
"""

import gc
import itertools
import os
import statistics
import sys
import threading
import time
import timeit
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, fields, replace

import numpy as np
from threadpoolctl import threadpool_limits

import mathcore
from mathcore._kernels import machine

VERDICTS = ("FAIL", "SHORT", "ok", "aim", "-")    # worst first; "-": nothing promised, or not measured
SCALE = {"ratio": 1, "us": 1e6, "ms": 1e3, "MB": 1e-6}
WRONG = sys.float_info.max                        # the error of NaN and of a wrong shape: JSON has no infinity

# After a call OpenBLAS's idle threads spin on the cores that the other side needs, as measured for up to 110 ms (2^28
# cycles of the clock): a call of 6 ms on two threads takes 10 to 15 until then.
SETTLE_SECONDS = 0.12
WARM_SECONDS = 0.005


class Call:
    """f(*args, **kwargs), timed in a loop of generated source: a wrapper costs 50 to 100 ns, a 2 x 2 product 300."""

    def __init__(self, f, *args, **kwargs):
        self.f, self.args, self.kwargs = f, args, kwargs

    def __call__(self):
        return self.f(*self.args, **self.kwargs)

    def timer(self):
        positional = {f"a{i}": value for i, value in enumerate(self.args)}
        words = ", ".join([*positional, *(f"{key}={key}" for key in self.kwargs)])
        return timeit.Timer(f"f({words})", globals={"f": self.f, **positional, **self.kwargs})


class Rotate:
    """The calls in turn, over buffers that together do not fit the cache: each finds its own cold."""

    def __init__(self, calls):
        self.calls = list(calls)
        self.turn = itertools.cycle(self.calls)

    def __call__(self):
        return self.calls[0]()

    def timer(self):
        return timeit.Timer(lambda: next(self.turn)())


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What is measured and what is asked of it. `at_least` and `aim` bound peer's time / ours from below where `unit`
    is "ratio"; in any other unit (us, ms, MB) they bound our own figure from above.
    """

    work: str
    dtype: str
    peer_name: str = "numpy"
    unit: str = "ratio"
    at_least: float | None = None
    aim: float | None = None
    aim_of_limit: float | None = None   # fraction of the limit: the slower of flops at FMA peak and nbytes at bandwidth
    flops: float = 0
    nbytes: float = 0                   # compulsory traffic: each operand read once, each result written once
    curve: str = ""                     # rows with the same curve are one line over n in the plot
    n: int = 0


@dataclass(frozen=True, kw_only=True)
class Row(Promise):
    ours: Call | Rotate | None = None
    peer: Call | Rotate | None = None
    error: Callable | None = None       # the result's arrays -> largest error over its bound; more than 1 is wrong
    measure: Callable | None = None     # (threads, samples) -> (ours, peer), lists of seconds or bytes: replaces timing
    working_set: float = 0              # bytes touched in turn, where they are more than nbytes
    once: bool = False                  # does not depend on the number of threads


@dataclass(frozen=True, kw_only=True)
class Result(Promise):
    """A row, measured: medians and minima in seconds or bytes, `value` in `unit`."""

    threads: int
    ours: float | None = None
    ours_min: float | None = None
    peer: float | None = None
    peer_min: float | None = None
    value: float | None = None
    limit: str = ""                     # what binds: "FMA" or "read"
    of_limit: float | None = None
    peer_of_limit: float | None = None
    error: float | None = None
    peer_error: float | None = None
    verdict: str = "-"
    note: str = ""

    @property
    def margin(self):
        """How far above (> 1) or below (< 1) `at_least` the row stands."""
        if self.value is None or self.at_least is None:
            return 1.0
        return self.value / self.at_least if self.unit == "ratio" else self.at_least / max(self.value, 1e-9)


def in_order(results):
    """The rows that fall short first, the worst of them on top."""
    return sorted(results, key=lambda r: (VERDICTS.index(r.verdict), r.margin))


def verdict(r):
    """aim: every aim is reached; ok: the least is; SHORT: it is not."""
    if r.value is None or r.at_least is None:
        return "-"
    if r.margin < 1:
        return "SHORT"
    reached = r.aim is None or (r.value >= r.aim if r.unit == "ratio" else r.value <= r.aim)
    reached = reached and (r.aim_of_limit is None or (r.of_limit or 0) >= r.aim_of_limit)
    return "aim" if reached else "ok"


@contextmanager
def caller_alone(threads):
    """This thread on a core of its own, all others of the process on the rest.

    Some virtual machines pack threads that sleep often onto one core: a call of 0.04 ms then takes 16, the time until
    OpenBLAS's spinning thread loses the core. Threads started inside would inherit the one core: warm up before.
    """
    own = threading.get_native_id()
    try:
        cores = os.sched_getaffinity(0)
        others = [int(t) for t in os.listdir("/proc/self/task") if int(t) != own]
    except (AttributeError, OSError):   # not Linux
        cores, others = (), ()
    if threads == 1 or len(cores) < 2:
        yield
        return
    first = min(cores)

    def place(thread, where):
        try:
            os.sched_setaffinity(thread, where)
        except OSError:                 # it has ended meanwhile
            pass

    for thread in others:
        place(thread, cores - {first})
    place(own, {first})
    try:
        yield
    finally:
        for thread in (own, *others):
            place(thread, cores)


class Limits:
    """What the machine can do: measured anew beside each row, the best so far counts."""

    def __init__(self):
        self.best = {}

    def rate(self, measure, *args):
        key = (measure.__name__, *args)
        self.best[key] = max(self.best.get(key, 0), measure(*args, seconds=0.03))
        return 1e9 * self.best[key]

    def binding(self, row, threads):
        """(name, seconds) of the limit that binds: arithmetic, or traffic between the core and the working set."""
        limits = [("", 0.0)]
        working_set = int(row.working_set or row.nbytes)
        machine.fma_peak("float64", threads, seconds=1e-4)      # the threads exist before they are placed
        with caller_alone(threads):
            time.sleep(SETTLE_SECONDS if threads > 1 else 0)
            if row.flops and row.dtype in ("float32", "float64"):
                limits.append(("FMA", row.flops / self.rate(machine.fma_peak, row.dtype, threads)))
            if working_set > 65536:     # below, all stays in the nearest cache, and arithmetic or the call binds
                limits.append(("read", row.nbytes / self.rate(machine.read_bandwidth, working_set, threads)))
        return max(limits, key=lambda limit: limit[1])


@dataclass(frozen=True)
class Runner:
    rounds: int = 5
    samples: int = 3                    # of each side in each round
    sample_seconds: float = 2e-3
    limits: Limits = field(default_factory=Limits)

    def run(self, row, threads):
        """The row's result: checked before it is timed, and not timed if it is wrong."""
        result = Result(threads=threads, **{f.name: getattr(row, f.name) for f in fields(Promise)})
        with ExitStack() as stack:
            stack.enter_context(mathcore.threads(threads))
            stack.enter_context(threadpool_limits(threads))
            if "torch" in sys.modules:  # its own count goes before OpenMP's
                sys.modules["torch"].set_num_threads(threads)
            try:
                result = check(row, result)
                if result.verdict == "FAIL":
                    return result
                measure = row.measure or (lambda *_: self.interleaved(row, threads))
                ours, peer = measure(threads, self.rounds * self.samples)
            except Exception as e:      # one broken row must not hide the others
                return replace(result, verdict="FAIL", note=f"{type(e).__name__}: {e}")
        if not ours:
            return replace(result, note="cannot be measured on this system")
        result = replace(result, ours=statistics.median(ours), ours_min=min(ours))
        if peer:
            result = replace(result, peer=statistics.median(peer), peer_min=min(peer))
        return self.judge(row, result)

    def interleaved(self, row, threads):
        """Seconds per call of ours and of the peer, in turn."""
        timers = [call.timer() for call in (row.ours, row.peer) if call]
        numbers = [calls_in(self.sample_seconds, timer) for timer in timers]
        times = [], []
        gc.collect()
        with caller_alone(threads):
            for _ in range(self.rounds):
                for timer, number, seconds in zip(timers, numbers, times, strict=False):
                    if threads > 1:
                        time.sleep(SETTLE_SECONDS)
                    timer.timeit(max(1, int(number * WARM_SECONDS / self.sample_seconds) if number > 1 else 1))
                    seconds.extend(timer.timeit(number) / number for _ in range(self.samples))
        return times

    def judge(self, row, result):
        value = result.peer / result.ours if row.unit == "ratio" else result.ours * SCALE[row.unit]
        result = replace(result, value=value)
        limit, seconds = self.limits.binding(row, result.threads) if row.measure is None else ("", 0)
        if seconds:
            peer_of_limit = seconds / result.peer if result.peer else None
            result = replace(result, limit=limit, of_limit=seconds / result.ours, peer_of_limit=peer_of_limit)
        return replace(result, verdict=verdict(result))


def parts(found):
    """The arrays of a result: of a tuple all, else the one."""
    return tuple(map(np.asarray, found)) if isinstance(found, tuple) else (np.asarray(found),)


def check(row, result):
    """The result with both errors, and FAIL with a reason if ours is wrong."""
    if row.error is None:
        return result
    ours, peer = parts(row.ours()), parts(row.peer())
    result = replace(result, peer_error=bounded(row.error(*peer)))
    kinds, expected = (", ".join(f"{a.dtype}{list(a.shape)}" for a in found) for found in (ours, peer))
    if kinds != expected:
        return replace(result, error=WRONG, verdict="FAIL", note=f"expected {expected}, got {kinds}")
    result = replace(result, error=bounded(row.error(*ours)))
    if result.error <= 1:
        return result
    return replace(result, verdict="FAIL", note=f"wrong: {result.error:.3g} times the error bound")


def bounded(error):
    error = float(error)
    return WRONG if error != error else min(error, WRONG)


def calls_in(seconds, timer):
    """Number of calls that together last `seconds`."""
    number = 1
    timer.timeit(1)
    while (elapsed := timer.timeit(number)) < seconds / 2:
        number *= 2
    return max(1, round(number * seconds / elapsed))
