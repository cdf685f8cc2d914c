"""Power and inverse iteration: textbooks, against eigh, starts and matrices without an answer, scales."""

import numpy as np
import pytest

from mathcore.linalg import inverse_iteration, power_iteration, rayleigh_quotient
from tests.process import output_of

FLOATS = (np.float32, np.float64)
HALF = 0.5**0.5


def with_eigenvalues(values, dtype=np.float64, seed=0):
    q = np.linalg.qr(np.random.default_rng(seed).standard_normal((len(values), len(values))))[0]
    a = q * np.asarray(values, float) @ q.T
    return ((a + a.T) / 2).astype(dtype), q


def assert_is_pair(a, result, slack=1.0):
    """What the result promises of itself."""
    eps = np.finfo(result.vector.dtype).eps
    a, v = np.asarray(a, np.float64), result.vector.astype(np.float64)
    n = len(a)
    assert abs(np.linalg.norm(v) - 1) <= n * eps
    assert v[np.argmax(np.abs(v))] > 0
    rest = np.linalg.norm(a @ v - result.value * v)
    assert rest <= slack * (max(16, 4 * n**0.5) + n) * eps * np.linalg.norm(a)
    assert result.stop == "converged"
    assert result.converged


# ------------------------------------------------------------------ textbooks

@pytest.mark.parametrize(("a", "value", "vector"), [
    ([[4, 1], [2, 3]], 5, [HALF, HALF]), ([[2, 1], [1, 2]], 3, [HALF, HALF]), ([[2, 0], [0, 1]], 2, [1, 0]),
    ([[2, 0], [0, -3]], -3, [0, 1]), ([[7]], 7, [1]), ([[-7]], -7, [1]),
])
def test_power_iteration_of_a_textbook(a, value, vector):
    result = power_iteration(a)
    assert result.value == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(result.vector, vector, atol=1e-13)
    assert_is_pair(a, result)


def test_steps_of_a_textbook():
    """(1, 0) -> (4, 2) -> (18, 14) -> (86, 78), and the Rayleigh quotient of each."""
    seen = []
    power_iteration([[4, 1], [2, 3]], v0=[1, 0], max_iter=4, callback=lambda *x: seen.append(x))
    for step, (number, value, vector) in enumerate(seen):
        w = np.linalg.matrix_power([[4, 1], [2, 3]], step) @ [1, 0]
        assert number == step + 1
        assert value == pytest.approx(w @ [[4, 1], [2, 3]] @ w / (w @ w))
        np.testing.assert_allclose(vector, w / np.linalg.norm(w))


@pytest.mark.parametrize(("shift", "value"), [(0, 2), (1.9, 2), (4.4, 5), (5, 5), (2, 2), (8, 5)])
@pytest.mark.parametrize("update_shift", [False, True])
def test_inverse_iteration_of_a_textbook(shift, value, update_shift):
    """Shifts that are eigenvalues among them: a pivot is then 0 or rounding error."""
    a = [[4, 1], [2, 3]]
    result = inverse_iteration(a, shift=shift, update_shift=update_shift, max_iter=20_000)
    assert_is_pair(a, result)
    if not update_shift:
        assert result.value == pytest.approx(value, rel=1e-12)


def test_rayleigh_quotient_of_a_textbook():
    a = np.array([[2.0, 1], [1, 2]])
    np.testing.assert_allclose(rayleigh_quotient(a, [[1, 1], [1, -1], [1, 0]]), [3, 1, 2])
    assert rayleigh_quotient(np.float32(a), np.float32([1, 0])).dtype == np.float32
    assert rayleigh_quotient([a, 2 * a], [1, 1]).tolist() == [3, 6]
    assert rayleigh_quotient(1e200 * a, [1e-300, 1e-300]) == pytest.approx(3e200)
    assert rayleigh_quotient(np.ones((0, 2, 2)), np.ones((0, 2))).shape == (0,)


# ------------------------------------------------------------------ against eigh, and the NumPy loop

@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("n", [2, 3, 10, 100, 300])
def test_power_iteration_is_eigh(dtype, n):
    a, q = with_eigenvalues([*np.linspace(-1, 1, n - 1), 2], dtype)
    result = power_iteration(a)
    assert_is_pair(a, result)
    assert result.vector.dtype == dtype
    eps = float(np.finfo(dtype).eps)
    assert result.value == pytest.approx(2, abs=8 * n * eps)
    assert abs(abs(result.vector @ q[:, -1]) - 1) <= 8 * n * eps
    assert len(result.trace.value) == result.n_iter


@pytest.mark.parametrize("n", [3, 50, 300])
@pytest.mark.parametrize("shift", [0.0, -0.5])
def test_matrix_and_callable_agree_step_by_step(n, shift):
    """The callable's loop is plain NumPy."""
    for a in (with_eigenvalues([*np.linspace(-1, 1, n - 1), 1.5])[0], np.random.default_rng(0).random((n, n))):
        fast, slow = (power_iteration(x, n=size, v0=np.ones(n), shift=shift, max_iter=12)
                      for x, size in ((a, None), (lambda v, a=a: a @ v, n)))
        assert fast.n_iter == slow.n_iter
        size = np.linalg.norm(a, 2)
        np.testing.assert_allclose(fast.trace.value, slow.trace.value, atol=12 * n * 2.0**-52 * size)
        np.testing.assert_allclose(fast.trace.residual, slow.trace.residual, atol=12 * n * 2.0**-52 * size)
        np.testing.assert_allclose(fast.vector, slow.vector, atol=100 * n * 2.0**-52)


@pytest.mark.parametrize("dtype", FLOATS)
def test_nonnegative_matrix(dtype):
    """Perron: the eigenvalue of a stochastic matrix is 1, and its left vector the stationary distribution."""
    p = np.random.default_rng(0).random((40, 40))
    p = (p / p.sum(axis=1, keepdims=True)).astype(dtype)
    result = power_iteration(p.T)
    assert_is_pair(p.T, result)
    assert result.value == pytest.approx(1, abs=100 * float(np.finfo(dtype).eps))
    assert (result.vector > 0).all()


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("n", [2, 10, 64, 100, 300])
@pytest.mark.parametrize("update_shift", [False, True])
def test_inverse_iteration_is_eigh(dtype, n, update_shift):
    values = np.linspace(-1, 1, n)
    a, q = with_eigenvalues(values, dtype)
    shift = values[0] - 0.1 * (values[1] - values[0])
    result = inverse_iteration(a, shift=shift, update_shift=update_shift, v0=None if not update_shift else q[:, 0])
    assert_is_pair(a, result, slack=4)
    assert result.value == pytest.approx(-1, abs=16 * n * float(np.finfo(dtype).eps))


def test_rayleigh_iteration_is_cubic():
    a, q = with_eigenvalues(np.arange(1.0, 9))
    v0 = q[:, 3] + 0.05 * q[:, 5]
    slow, fast = (inverse_iteration(a, shift=4.3, v0=v0, update_shift=update) for update in (False, True))
    assert fast.n_iter <= 5 < slow.n_iter
    assert fast.value == pytest.approx(4, abs=1e-13)


# ------------------------------------------------------------------ no answer, or another one

def test_opposite_eigenvalues_do_not_converge():
    result = power_iteration(np.diag([1.0, -1.0]), v0=[1, 1], max_iter=50)
    assert (result.converged, result.stop, result.n_iter) == (False, "max_iter", 50)
    assert result.trace.residual[-1] == pytest.approx(1)
    assert power_iteration(np.diag([1.0, -1.0]), v0=[1, 1], shift=-0.5).value == pytest.approx(1)


def test_defective_matrix_converges_slowly_and_says_so():
    result = power_iteration([[1, 1], [0, 1]], max_iter=200)
    assert not result.converged
    assert result.value == pytest.approx(1, abs=0.02)


def test_repeated_eigenvalue_gives_a_vector_of_its_space():
    a, q = with_eigenvalues([3, 3, 1])
    result = power_iteration(a)
    assert_is_pair(a, result)
    assert np.linalg.norm(q[:, :2].T @ result.vector) == pytest.approx(1)


def test_zero_matrix_breaks_down():
    for n in (1, 3, 300):
        result = power_iteration(np.zeros((n, n)))
        assert (result.value, result.converged, result.stop, result.n_iter) == (0, False, "breakdown", 1)
        assert np.linalg.norm(result.vector) == pytest.approx(1)
        inverse = inverse_iteration(np.zeros((n, n)))
        assert (inverse.value, inverse.converged) == (0, True)
    assert power_iteration(lambda v: 0 * v, n=3).n_iter == 1
    assert power_iteration([[0, 1], [0, 0]], v0=[0, 1]).stop == "breakdown"
    assert power_iteration(np.eye(2), shift=1, tol=0, v0=[1, 2]).stop in ("breakdown", "converged")


def test_start_orthogonal_to_the_answer():
    """It is found only if rounding brings it in; the pair that comes out is a pair all the same."""
    result = power_iteration(np.diag([3.0, 2.0, 1.0]), v0=[0, 1, 1])
    assert_is_pair(np.diag([3.0, 2, 1]), result)
    assert result.value == pytest.approx(2)
    a, _ = with_eigenvalues([3.0, 2.0, 1.0])
    w = np.linalg.eigh(a)[1]
    assert power_iteration(a, v0=w[:, 1] + w[:, 0], tol=0, max_iter=500).value == pytest.approx(3)


def test_singular_matrix():
    a = np.array([[1.0, 1], [1, 1]])
    result = inverse_iteration(a)
    np.testing.assert_allclose(np.abs(result.vector), HALF)
    assert abs(result.value) < 1e-15
    assert result.converged


@pytest.mark.parametrize("dtype", FLOATS)
def test_scale_is_no_matter(dtype):
    a = np.array([[4, 1], [2, 3]], dtype)
    steps = power_iteration(a).n_iter
    for power in (-100, -60, 60, 100) if dtype == np.float32 else (-1000, -520, 520, 1000):
        scale = np.ldexp(1.0, power)
        for function in (power_iteration, inverse_iteration):
            result = function((a * scale).astype(dtype))
            assert result.converged
            assert result.value / scale == pytest.approx(5 if function is power_iteration else 2, rel=1e-5)
            assert (result.trace.residual <= 8 * scale).all()
        assert power_iteration((a * scale).astype(dtype)).n_iter == steps


# ------------------------------------------------------------------ options

def test_callback_sees_each_step_and_stops():
    seen = []

    def callback(step, value, vector):
        seen.append((step, value))
        vector[:] = np.nan               # its own copy
        return step == 4

    result = power_iteration([[2, 1], [1, 2]], v0=[1, 0], callback=callback)
    assert (result.stop, result.converged, result.n_iter) == ("callback", False, 4)
    whole = power_iteration([[2, 1], [1, 2]], v0=[1, 0], max_iter=4)
    assert [value for _, value in seen] == whole.trace.value.tolist()
    assert [step for step, _ in seen] == [1, 2, 3, 4]
    np.testing.assert_array_equal(result.vector, whole.vector)
    assert inverse_iteration([[2, 1], [1, 2]], callback=lambda *x: True).n_iter == 1


@pytest.mark.parametrize("function", [power_iteration, inverse_iteration])
def test_more_steps_than_one_call_of_the_kernel_takes(function):
    a, _ = with_eigenvalues([1.0, 1.0 + 2.0**-12, 2.0])
    a = a if function is inverse_iteration else -np.linalg.inv(a)
    first, second = (function(a, max_iter=n, tol=0, v0=[1, 1.5, 1]) for n in (3000, 2000))
    assert (first.trace.value[:2000] == second.trace.value).all()
    assert first.n_iter == 3000


@pytest.mark.parametrize("n", [30, 700])
def test_bits_do_not_depend_on_threads_layout_or_run(n):
    a = np.random.default_rng(0).random((n, n))
    for b in (a, a + a.T):
        one = power_iteration(b, workers=1, max_iter=20)
        for other in (b, np.asfortranarray(b), b[::-1].copy()[::-1]):
            got = power_iteration(other, workers=2, max_iter=20)
            assert got.vector.tobytes() == one.vector.tobytes()
            assert got.trace.residual.tobytes() == one.trace.residual.tobytes()
    assert inverse_iteration(a, workers=1).vector.tobytes() == inverse_iteration(a, workers=2).vector.tobytes()


def test_types():
    assert power_iteration(np.eye(3, dtype=np.float16)).vector.dtype == np.float32
    assert power_iteration(np.eye(3, dtype=int)).vector.dtype == np.float64
    assert power_iteration(lambda v: 2 * v, n=3, v0=np.ones(3, np.float32)).vector.dtype == np.float32
    assert isinstance(power_iteration(np.eye(3)).value, float)


def test_nothing_is_written():
    a, v0 = np.array([[4.0, 1], [2, 3]]), np.array([3.0, 1])
    for x in (a, v0):
        x.flags.writeable = False
    power_iteration(a, v0=v0)
    inverse_iteration(a, v0=v0)

    def spoiling(v):
        w = a @ v
        v[:] = np.nan
        return w

    assert power_iteration(spoiling, n=2).value == pytest.approx(5)


def test_ctrl_c_ends_a_long_iteration():
    code = """if True:
        import os, signal, threading, time
        import numpy as np
        from mathcore.linalg import power_iteration
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for a in (np.diag([1.0, -1.0]), np.diag(np.resize([1.0, -1.0], 600)), np.triu(np.ones((600, 600)))):
            sent = []
            def send():
                time.sleep(0.1)
                sent.append(time.perf_counter())
                os.kill(os.getpid(), signal.SIGINT)
            sender = threading.Thread(target=send)
            try:
                sender.start()
                power_iteration(a, max_iter=10**9, tol=0)
            except KeyboardInterrupt:
                print(time.perf_counter() - sent[0] < 0.5)
            sender.join()
    """
    assert output_of(code, timeout=60).split() == ["True"] * 3
