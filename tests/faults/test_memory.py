"""Memory and threads that are refused, what a call may use beside its operands, and leaks."""

import gc
import os
import sys

import numpy as np
import pytest

from mathcore import linalg
from mathcore._kernels import runtime
from mathcore.linalg import gram, linear, matmul, matvec, multi_dot, vecdot, vecmat
from mathcore.special import expit, log_softmax, logsumexp, softmax, xlogy
from tests.layouts import values
from tests.ops import WORKSPACE_BYTES
from tests.oracles import assert_same_bits
from tests.process import output_of

RNG = np.random.default_rng(0)


def pair(m, k, n, order1="C", order2="C", dtype="float64"):
    return np.asarray(values(RNG, (m, k), dtype), order=order1), np.asarray(values(RNG, (k, n), dtype), order=order2)


def eigh(a, *, workers):
    return linalg.eigh(a, workers=workers)[1]


def svd(a, *, workers):
    return linalg.svd(a, workers=workers)[0]


# every path that takes scratch memory, one and several threads
CALLS = {
    "tiles, B packed": (matmul, pair(300, 700, 400)),
    "tiles, A and B packed": (matmul, pair(700, 800, 500)),
    "tiles, Fortran B": (matmul, pair(100, 300, 200, "C", "F")),
    "thin": (matmul, pair(2000, 300, 5)),
    "row, Fortran": (matmul, pair(1, 1500, 1000, "C", "F")),
    "stream": (matmul, pair(8, 1400, 5000, dtype="float32")),
    "dot of few long rows": (matvec, (pair(2, 500_000, 1)[0], values(RNG, 500_000, "float64"))),
    "vecmat": (vecmat, (values(RNG, 900, "float64"), pair(900, 700, 1, "F")[0])),
    "vecdot": (vecdot, (values(RNG, 1_000_000, "float64"), values(RNG, 1_000_000, "float64"))),
    "gram": (gram, pair(700, 600, 1)[:1]),
    "linear": (linear, (*pair(300, 700, 1)[:1], pair(400, 700, 1)[0], values(RNG, 400, "float64"))),
    "multi_dot": (multi_dot, ([pair(300, 700, 1)[0], pair(700, 600, 1)[0], pair(600, 500, 1)[0]],)),
    "batch": (matmul, (values(RNG, (3, 200, 300), "float64"), values(RNG, (3, 150, 300), "float64").swapaxes(1, 2))),
    "batch of many": (matmul,
                      (values(RNG, (40, 60, 90), "float64"), values(RNG, (40, 80, 90), "float64").swapaxes(1, 2))),
    "eigh": (eigh, pair(60, 60, 1)[:1]),
    "eigh in panels": (eigh, pair(330, 330, 1)[:1]),
    "svd": (svd, pair(60, 40, 1)[:1]),
    "svd in panels": (svd, pair(330, 300, 1)[:1]),
    "integers": (matmul, pair(300, 700, 700, dtype="int32")),
}


def inputs(args):
    return args[0] if isinstance(args[0], list) else args


def outcome(function, args, workers):
    """The exception of a call, or None, and its result."""
    try:
        return None, function(*args, workers=workers)
    except MemoryError as error:
        return error, None


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("what", CALLS)
def test_every_allocation_fails_once(isa, what, workers):
    """MemoryError that names the function, inputs intact, the next call right, nothing leaked."""
    function, args = CALLS[what]
    expected = function(*args, workers=workers)
    before = [x.copy() for x in inputs(args)]
    failures = 0
    for successes in range(100):
        runtime.release_workspace()
        live = runtime.live_allocations()
        runtime.fail_allocation_after(successes)
        error, result = outcome(function, args, workers)
        runtime.fail_allocation_after(-1)
        if error is None:
            assert_same_bits(result, expected)
            break
        failures += 1
        assert type(error) is MemoryError
        assert str(error).startswith(f"{function.__name__}: ")
        assert "allocate" in str(error)
        runtime.release_workspace()
        assert runtime.live_allocations() <= live + workers     # scratch of workers stays for their next job
        assert_same_bits(function(*args, workers=workers), expected, "the call after")
        for x, copy in zip(inputs(args), before, strict=True):
            assert_same_bits(x, copy, "an input")
    else:
        raise AssertionError("still failing after 100 allocations")
    # each call was written to take scratch, but one thread adds up inner products without
    assert failures >= 1 or (workers == 1 and function in (matvec, vecdot))

def test_the_allocation_hook_is_seen_by_a_product():
    """Else the test above could pass without one failure."""
    runtime.release_workspace()
    runtime.fail_allocation_after(0)
    with pytest.raises(MemoryError, match="^matmul: could not allocate workspace$"):
        matmul(*CALLS["tiles, A and B packed"][1], workers=1)
    runtime.fail_allocation_after(-1)


# rows more than 8 MB from their first element to the last, the only ones of special that take scratch
FAR = values(RNG, (300, 4100), "float64")


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("function", [softmax, log_softmax, logsumexp], ids=lambda f: f.__name__)
def test_the_scratch_of_rows_fails_cleanly(isa, function, workers):
    """MemoryError that names the function; x as it was, the next call right, nothing leaked, whichever thread."""
    before, expected = FAR.copy(), function(FAR, axis=0, workers=workers)
    failures = 0
    for successes in range(workers + 1):
        runtime.release_workspace()
        live = runtime.live_allocations()
        runtime.fail_allocation_after(successes)
        try:
            function(FAR, axis=0, workers=workers)
        except MemoryError as error:
            failures += 1
            message = str(error)
        runtime.fail_allocation_after(-1)
        if failures == successes + 1:
            assert message == f"{function.__name__}: could not allocate workspace"
        runtime.release_workspace()
        assert runtime.live_allocations() <= live + workers
        assert_same_bits(FAR, before, "x")
        assert_same_bits(function(FAR, axis=0, workers=workers), expected, "the call after")
    assert failures >= 1


def test_nothing_else_of_special_takes_scratch():
    runtime.release_workspace()
    runtime.fail_allocation_after(0)
    try:
        x = FAR[:, :2000].copy()
        for axis in (0, 1):
            for function in (softmax, log_softmax, logsumexp):
                function(x, axis=axis)
                function(FAR, axis=1)
        expit(FAR[:, ::2])
        xlogy(FAR[:200], FAR[:1])
    finally:
        runtime.fail_allocation_after(-1)


def test_a_failed_call_into_out_does_not_break_it():
    a, b = CALLS["tiles, A and B packed"][1]
    out = np.zeros((a.shape[0], b.shape[1]))
    runtime.release_workspace()
    runtime.fail_allocation_after(0)
    with pytest.raises(MemoryError):
        matmul(a, b, out, workers=1)
    runtime.fail_allocation_after(-1)
    assert_same_bits(matmul(a, b, out, workers=1), matmul(a, b))


# ------------------------------------------------------------------ how much

def peak_kb():
    with open("/proc/self/status") as file:
        return int(next(line for line in file if line.startswith("VmHWM")).split()[1])


def rss_kb():
    with open("/proc/self/status") as file:
        return int(next(line for line in file if line.startswith("VmRSS")).split()[1])


needs_proc = pytest.mark.skipif(
    not os.access("/proc/self/clear_refs", os.W_OK) or "asan" in os.environ.get("LD_PRELOAD", ""),
    reason="the peak is reset through Linux's /proc/self/clear_refs; a sanitizer's own memory would be measured")

# A page that was never written counts when it is first: operands and out are filled beforehand. What else a call
# touches, the interpreter's arenas included, stays under one huge page.
SLACK_KB = 2048

LARGE = {
    "tiles": pair(1200, 1100, 1300),
    "tiles of float32": pair(1200, 1100, 2300, dtype="float32"),
    "tiles, Fortran": pair(900, 1200, 1300, "F", "F"),
    "thin": pair(20_000, 300, 8),
    "thin, long": pair(16, 400_000, 8),
    "row": pair(1, 3000, 2000),
    "row, Fortran": pair(1, 2000, 3000, "C", "F"),
    "row, long Fortran": pair(1, 800_000, 3, "C", "F"),
    "stream": pair(8, 1400, 5000, dtype="float32"),
    "dot": pair(300, 20_000, 1),
    "long dot": pair(1, 4_000_000, 1),
}


@needs_proc
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("what", LARGE)
def test_scratch_is_at_most_8_mb_per_thread(what, workers):
    a, b = LARGE[what]
    out = np.ones((a.shape[0], b.shape[1]), a.dtype)
    runtime.release_workspace()
    gc.collect()
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")                  # the peak begins anew
    before = rss_kb()
    matmul(a, b, out, workers=workers)
    used = peak_kb() - before
    assert used <= workers * WORKSPACE_BYTES // 1024 + SLACK_KB, f"{used / 1024:.1f} MB"


@needs_proc
def test_no_leak():
    """Thousands of small and large calls, errors among them: memory stands still."""
    a, b = pair(40, 30, 50)
    big, wide = LARGE["tiles"]
    calls = [lambda: matmul(a, b), lambda: gram(a), lambda: linear(a, b.T, b[0], activation="relu"),
             lambda: vecdot(a, a[0]),
             lambda: matmul(a.astype(np.float16), b.astype(np.float16)), lambda: multi_dot([a, b, b.T]), lambda: bad(a),
             lambda: expit(a), lambda: expit(a.T, out=a.T.copy()), lambda: xlogy(a, 2.0),
             lambda: softmax(a, axis=0), lambda: log_softmax(a.tolist()),
             lambda: logsumexp(a, axis=(0, 1), return_sign=True)]

    def bad(x):
        for wrong in (lambda: matmul(x, x), lambda: gram("text"), lambda: matmul(x, b, out=np.ones(2)),
                      lambda: expit("text"), lambda: xlogy(x, b), lambda: softmax(x, axis=7),
                      lambda: logsumexp(x, axis=0, out=np.ones(2))):
            with pytest.raises((ValueError, TypeError)):
                wrong()

    def round_of(n):
        for _ in range(n):
            for call in calls:
                call()
        matmul(big, wide)

    round_of(50)
    gc.collect()
    before, live, references = rss_kb(), runtime.live_allocations(), sys.getrefcount(a)
    round_of(300)
    gc.collect()
    assert runtime.live_allocations() == live
    assert sys.getrefcount(a) == references
    # one byte per call is 2 KB here; pages come and go by the megabyte
    assert rss_kb() - before < 4096


# ------------------------------------------------------------------ threads refused

@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="RLIMIT_NPROC counts threads on Linux only")
def test_threads_that_cannot_be_made():
    """The limit binds no root, so root becomes nobody first; the products are computed by those threads there are."""
    verdict = output_of("""if True:
        import os, resource, threading
        import numpy as np
        from mathcore._kernels import runtime
        from mathcore.linalg import matmul
        a, b = (np.random.default_rng(0).standard_normal(s) for s in ((300, 500), (500, 400)))
        expected = matmul(a, b, workers=1)
        if os.getuid() == 0:
            os.setuid(65534)
        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
        try:
            threading.Thread(target=int).start()
            print("not enforced")
        except RuntimeError:
            for workers in (2, 3, 16, 2):
                assert (matmul(a, b, workers=workers) == expected).all()
            assert runtime.pool_size() == 0
            print("enforced")
    """).strip()
    if verdict == "not enforced":
        pytest.skip("this system lets the process start threads past its limit")


def test_some_threads_then_no_more():
    """The pool goes on with those it has."""
    verdict = output_of("""if True:
        import os, resource, threading
        import numpy as np
        from mathcore._kernels import runtime
        from mathcore.linalg import matmul
        a, b = (np.random.default_rng(0).standard_normal(s) for s in ((300, 500), (500, 400)))
        expected = matmul(a, b, workers=2)
        started = runtime.pool_size()
        if os.getuid() == 0:
            os.setuid(65534)
        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
        try:
            threading.Thread(target=int).start()
            print("not enforced")
        except RuntimeError:
            assert (matmul(a, b, workers=8) == expected).all()
            assert runtime.pool_size() == started == 1
            print("enforced")
    """).strip()
    if verdict == "not enforced":
        pytest.skip("this system lets the process start threads past its limit")
