"""fork() after the pool of threads was used, beside other threads that compute, and by multiprocessing."""

import os

import pytest

from tests.process import output_of

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

# A child that hangs is killed by its own alarm clock, so that no test waits longer than that.
COMMON = """if True:
    import os, signal, sys, threading
    import numpy as np
    from mathcore._kernels import runtime
    from mathcore.linalg import matmul

    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((300, 500)), rng.standard_normal((500, 400))
    expected = matmul(a, b, workers=1).tobytes()

    def right(workers=2):
        return matmul(a, b, workers=workers).tobytes() == expected

    def child(body):
        pid = os.fork()
        if pid == 0:
            signal.alarm(20)
            status = 1
            try:
                status = 0 if body() else 2
            finally:
                os._exit(status)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
"""


def test_fork_after_use():
    output_of(COMMON + """
    for _ in range(10):
        assert right(3)
        started = runtime.pool_size()
        assert started >= 2
        def body():
            fresh = runtime.pool_size() == 0            # the parent's threads are not the child's
            return right(3) and fresh and runtime.pool_size() == 2 and right(1) and right(7)
        assert child(body) == 0
        assert runtime.pool_size() == started and right(3)
    """)


def test_fork_of_a_fork():
    output_of(COMMON + """
    assert right()
    assert child(lambda: right() and child(lambda: right() and child(right) == 0) == 0 and right()) == 0
    assert right()
    """)


def test_fork_while_other_threads_compute():
    """The pool is claimed and its locks may be held at the moment of the fork."""
    output_of(COMMON + """
    done = threading.Event()
    wrong = []
    def busy():
        while not done.is_set():
            if not right(3):
                wrong.append(1)
    threads = [threading.Thread(target=busy) for _ in range(2)]
    for t in threads:
        t.start()
    codes = [child(lambda: right(2) and right(3)) for _ in range(30)]
    done.set()
    for t in threads:
        t.join()
    assert codes == [0] * 30, codes
    assert not wrong
    """, timeout=120)


def test_child_without_use_of_ours_ends_quietly():
    output_of(COMMON + """
    assert right()
    assert child(lambda: True) == 0
    pid = os.fork()
    if pid == 0:
        sys.exit(0)                                     # with Python's own clean-up
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    """)


def test_multiprocessing_by_fork():
    output_of(COMMON + """
    import multiprocessing
    assert right()
    context = multiprocessing.get_context("fork")
    with context.Pool(3) as pool:
        results = [pool.apply_async(right, (n,)) for n in (1, 2, 3, 2, 1, 7)]
        assert all(result.get(30) for result in results)
        pool.close()
        pool.join()
    assert right()
    """)


def test_scratch_memory_of_the_parent_serves_the_child():
    """Packed operands before and after; the child's writes are its own."""
    output_of(COMMON + """
    big = rng.standard_normal((900, 900))
    packed = matmul(big, big, workers=1)
    def body():
        runtime.release_workspace()
        return (matmul(big, big, workers=2) == packed).all() and right()
    assert child(body) == 0
    assert (matmul(big, big, workers=1) == packed).all()
    """)
