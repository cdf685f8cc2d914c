"""The runtime: how many threads a call gets, environment variables, what importing does, calls from many threads."""

import asyncio
import contextvars
import itertools
import os
import threading
import time

import numpy as np
import pytest

import mathcore
from mathcore._kernels import runtime
from mathcore.linalg import gram, linear, matmul, vecdot
from tests.oracles import same_bits
from tests.process import output_of, run_python

A, B = (np.random.default_rng(0).standard_normal(s) for s in ((300, 200), (200, 300)))
EXPECTED = matmul(A, B, workers=1)


# ------------------------------------------------------------------ instruction sets

def test_available_instruction_sets_are_a_prefix():
    assert runtime.available_isas() == runtime.ISA_NAMES[: len(runtime.available_isas())]
    assert runtime.available_isas()[0] == "base"
    assert runtime.get_isa() in runtime.available_isas()


@pytest.mark.parametrize("name", ["sse9", "", "AVX2", None])
def test_unknown_instruction_set(name):
    before = runtime.get_isa()
    with pytest.raises(ValueError, match=r"MATHCORE_ISA: .* does not run here; expected one of base"):
        runtime.set_isa(name)
    assert runtime.get_isa() == before


# ------------------------------------------------------------------ how many threads

def test_threads_nest_and_are_restored():
    outside = mathcore.get_num_threads()
    with mathcore.threads(3) as entered:
        assert isinstance(entered, mathcore.threads)
        assert mathcore.get_num_threads() == 3
        with mathcore.threads(5):
            assert mathcore.get_num_threads() == 5
            with pytest.raises(RuntimeError), mathcore.threads(7):
                raise RuntimeError
            assert mathcore.get_num_threads() == 5
        assert mathcore.get_num_threads() == 3
        with entered:                    # the same object once more
            assert mathcore.get_num_threads() == 3
    assert mathcore.get_num_threads() == outside


def test_threads_outrank_the_default():
    mathcore.set_num_threads(4)
    assert mathcore.get_num_threads() == 4
    with mathcore.threads(2):
        mathcore.set_num_threads(6)
        assert mathcore.get_num_threads() == 2
    assert mathcore.get_num_threads() == 6


def test_all_usable_cpus():
    mathcore.set_num_threads(-1)
    assert mathcore.get_num_threads() == runtime.usable_cpus() >= 1
    with mathcore.threads(-1):
        assert mathcore.get_num_threads() == runtime.usable_cpus()


@pytest.mark.parametrize("n", [1, 1024, np.int64(2), np.array(3), True])
def test_counts_that_are_whole_numbers(n):
    mathcore.set_num_threads(n)
    assert mathcore.get_num_threads() == int(n)
    assert same_bits(matmul(A[:2], B, workers=n), EXPECTED[:2])


def test_a_bad_count_changes_nothing():
    before = mathcore.get_num_threads()
    for n in (0, -2, 1025, 2**70, "2", 1.5, None):
        for call in (mathcore.set_num_threads, mathcore.threads):
            with pytest.raises((ValueError, TypeError), match="expected"):
                call(n)
    assert mathcore.get_num_threads() == before


def test_threads_follow_the_context():
    outside = mathcore.get_num_threads()
    inside = {}
    with mathcore.threads(outside + 1):
        snapshot = contextvars.copy_context()
        thread = threading.Thread(target=lambda: inside.setdefault("new thread", mathcore.get_num_threads()))
        thread.start()
        thread.join()
    inside["snapshot"] = snapshot.run(mathcore.get_num_threads)
    assert inside == {"new thread": outside, "snapshot": outside + 1}
    assert mathcore.get_num_threads() == outside


def test_threads_in_tasks_do_not_mix():
    async def task(n):
        with mathcore.threads(n):
            await asyncio.sleep(0.001)
            return mathcore.get_num_threads()

    async def main():
        return await asyncio.gather(*(task(n) for n in range(1, 9)))

    assert asyncio.run(main()) == list(range(1, 9))


def test_threads_in_python_threads_do_not_mix():
    barrier, seen = threading.Barrier(8), {}

    def body(n):
        with mathcore.threads(n):
            barrier.wait()
            seen[n] = mathcore.get_num_threads(), same_bits(matmul(A, B), EXPECTED)
            barrier.wait()

    threads = [threading.Thread(target=body, args=(n,)) for n in range(1, 9)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert seen == {n: (n, True) for n in range(1, 9)}


# ------------------------------------------------------------------ environment

STATE = """if True:
    import mathcore
    from mathcore._kernels import runtime
    print(mathcore.get_num_threads(), runtime.usable_cpus(), runtime.get_isa())
"""


@pytest.mark.parametrize(("env", "threads"), [
    ({"MATHCORE_NUM_THREADS": "3"}, 3), ({"OMP_NUM_THREADS": "5"}, 5), ({"OMP_NUM_THREADS": "4,2"}, 4),
    ({"MATHCORE_NUM_THREADS": " 2 ", "OMP_NUM_THREADS": "5"}, 2),
    ({"MATHCORE_NUM_THREADS": "", "OMP_NUM_THREADS": "7"}, 7),
    ({"OMP_NUM_THREADS": "nonsense"}, None), ({"OMP_NUM_THREADS": "0"}, None), ({"MATHCORE_NUM_THREADS": ""}, None),
])
def test_thread_count_of_the_environment(env, threads):
    in_use, usable, _ = output_of(STATE, **env).split()
    assert int(in_use) == (int(usable) if threads is None else threads)


@pytest.mark.parametrize("value", ["0", "1025", "-1", "1.5", "many"])
def test_bad_thread_count_in_the_environment(value):
    """At first use, not at import: a program that sets its own count is not stopped by it."""
    code = """if True:
        import mathcore
        from mathcore.linalg import matmul
        for call in (mathcore.get_num_threads, lambda: matmul([[1.0]] * 200, [[1.0] * 9000])):
            try:
                call()
            except ValueError as error:
                print(error)
    """
    text = f"MATHCORE_NUM_THREADS: expected 1 to 1024, got {value!r}"
    assert output_of(code, MATHCORE_NUM_THREADS=value).splitlines() == [text, text]


@pytest.mark.parametrize("name", runtime.available_isas())
def test_instruction_set_of_the_environment(name):
    assert output_of(STATE, MATHCORE_ISA=name).split()[2] == name


@pytest.mark.parametrize("name", ["sse9", *runtime.ISA_NAMES[len(runtime.available_isas()):]])
def test_bad_instruction_set_in_the_environment(name):
    result = run_python("import mathcore", MATHCORE_ISA=name)
    assert result.returncode == 1
    assert f"ValueError: MATHCORE_ISA: '{name}' does not run here; expected one of base" in result.stderr


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux lets a process choose its CPUs")
def test_one_cpu():
    code = """if True:
        import os
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
        import numpy as np
        import mathcore
        from mathcore._kernels import runtime
        from mathcore.linalg import matmul
        a = np.ones((300, 300))
        print(runtime.usable_cpus(), mathcore.get_num_threads(), (matmul(a, a) == 300).all(), runtime.pool_size(),
              (matmul(a, a, workers=3) == 300).all())
    """
    assert output_of(code).split() == ["1", "1", "True", "0", "True"]


# ------------------------------------------------------------------ import and exit

def test_importing_does_nothing_else():
    code = """if True:
        import os, sys
        import numpy
        def tasks():
            return len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 0
        before, env = tasks(), dict(os.environ)
        import mathcore, mathcore.linalg
        from mathcore._kernels import runtime
        assert tasks() == before, "threads were started"
        assert runtime.pool_size() == 0
        assert runtime.live_allocations() == 0
        assert dict(os.environ) == env
        heavy = {"scipy", "matplotlib", "sklearn", "Cython"} & set(sys.modules)
        assert not heavy, heavy
    """
    assert output_of(code) == ""


def test_a_small_product_starts_no_thread():
    code = """if True:
        import numpy as np
        from mathcore._kernels import runtime
        from mathcore.linalg import matmul
        matmul(np.ones((20, 20)), np.ones((20, 20)))
        assert runtime.pool_size() == 0
        matmul(np.ones((300, 300)), np.ones((300, 300)), workers=3)
        assert runtime.pool_size() == 2
        matmul(np.ones((300, 300)), np.ones((300, 300)), workers=2)
        assert runtime.pool_size() == 2
    """
    assert output_of(code) == ""


@pytest.mark.parametrize("end", ["", "sys.exit(0)", "os._exit(0)", "raise SystemExit"])
def test_exit_while_threads_compute(end):
    """Daemon threads in the middle of products, and the pool's threads, when the interpreter goes."""
    code = f"""if True:
        import os, sys, threading, time
        import numpy as np
        from mathcore.linalg import matmul
        a = np.ones((400, 400))
        def forever():
            while True:
                matmul(a, a, workers=2)
        for _ in range(2):
            threading.Thread(target=forever, daemon=True).start()
        time.sleep(0.05)
        {end}
    """
    assert output_of(code, timeout=30) == ""


# ------------------------------------------------------------------ many threads

def test_many_python_threads_get_the_same_bits():
    """The pool serves one of them at a time; the others work alone."""
    x, w = A, B.T.copy()
    calls = [lambda: matmul(A, B), lambda: gram(x), lambda: linear(x, w, w[:, 0], activation="relu"),
             lambda: vecdot(A, A),
             lambda: matmul(A[:1], B), lambda: matmul(A, B[:, :3]), lambda: matmul(A.T, B.T)]
    expected = [call() for call in calls]
    barrier, wrong = threading.Barrier(8), []

    def body(seed):
        rng = np.random.default_rng(seed)
        barrier.wait()
        for _ in range(60):
            i = rng.integers(len(calls))
            with mathcore.threads(int(rng.integers(1, 5))):
                if not same_bits(calls[i](), expected[i]):
                    wrong.append(i)

    threads = [threading.Thread(target=body, args=(seed,)) for seed in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    assert not any(t.is_alive() for t in threads)
    assert wrong == []


def test_the_gil_is_released():
    """Another thread counts on while a product runs: seen in several slices of the time it takes."""
    a = np.ones((900, 900))
    seen, done = set(), threading.Event()

    def count():
        for i in itertools.count():
            if done.is_set():
                return
            seen.add(i // 1000)

    thread = threading.Thread(target=count)
    thread.start()
    before = len(seen)
    for _ in range(3):
        matmul(a, a, workers=1)
    after = len(seen)
    done.set()
    thread.join()
    assert after - before > 3


def test_scratch_of_a_thread_goes_with_it():
    """Twenty threads that each use packed operands leave no blocks behind."""
    a = np.ones((400, 600))
    runtime.release_workspace()
    matmul(a, a.T, workers=1)
    runtime.release_workspace()
    before = runtime.live_allocations()
    for _ in range(20):
        thread = threading.Thread(target=lambda: matmul(a, a.T, workers=1))
        thread.start()
        thread.join()
    # Python says "joined" a moment before the system's thread ends and its scratch goes
    deadline = time.monotonic() + 10
    while runtime.live_allocations() > before and time.monotonic() < deadline:
        time.sleep(0.001)
    assert runtime.live_allocations() == before


def test_many_workers_on_few_cpus():
    """More threads than the machine has: slower, not wrong, not stuck."""
    for workers in (16, 64, 16, 1):
        assert same_bits(matmul(A, B, workers=workers), EXPECTED)
