"""Power and inverse iteration against the same loop in NumPy, which computes the same eigenvalues and residuals; the
others against SciPy's."""

import numpy as np
import scipy.linalg
import scipy.sparse.linalg

from mathcore import linalg

from .runner import Call, Row

FLOATS = ("float32", "float64")
N, STEPS = 2000, 100


def rows():
    for dtype in FLOATS:
        rng = np.random.default_rng(0)
        general = rng.standard_normal((N, N), dtype=dtype)
        yield from power(general + general.T, general[0], dtype, "symmetric ", 1.3, 2.0)
        yield from power(general, general[0], dtype, "", 1.0, None)
        yield from inverse(general + general.T, general[0], dtype)
        yield quotients(general + general.T, general[:20], dtype)
        yield from several(rng, dtype)


def steps_in_numpy(a, v, advance, steps):
    """What a textbook writes: the eigenvalue, and beside it the residual, of each step."""
    v, trace = v / np.linalg.norm(v), []
    y = a @ v
    for _ in range(steps):
        value = v @ y
        trace.append((value, np.linalg.norm(y - value * v)))
        w = advance(v, y)
        v = w / np.linalg.norm(w)
        y = a @ v
    return np.array(trace, np.float64)[:, 0]


def values_of(function, *args, **kwargs):
    return function(*args, tol=0.0, **kwargs).trace.value


def same_values(expected, a):
    """Eigenvalue estimates -> the largest difference in units of 30 n eps |A|, which rounding is allowed."""
    def error(values, *_):
        values = np.asarray(values, np.float64)
        unit = 30 * len(a) * np.finfo(a.dtype).eps * np.linalg.norm(a)
        return np.abs(values - expected).max() / unit
    return error


def power(a, v0, dtype, kind, at_least, aim):
    expected = steps_in_numpy(a.astype("f8"), v0, lambda v, y: y, STEPS)
    yield Row(work=f"power_iteration {kind}n={N}, {STEPS} steps", dtype=dtype,
              ours=Call(values_of, linalg.power_iteration, a, v0=v0, max_iter=STEPS),
              peer=Call(steps_in_numpy, a, v0, lambda v, y: y, STEPS), peer_name="NumPy's loop",
              error=same_values(expected, a), at_least=at_least, aim=aim,
              flops=2.0 * N * N * STEPS, nbytes=a.nbytes)


def inverse(a, v0, dtype, steps=20):
    def peer(x):
        factors = scipy.linalg.lu_factor(x)
        return steps_in_numpy(x, v0, lambda v, y: scipy.linalg.lu_solve(factors, v), steps)

    yield Row(work=f"inverse_iteration n={N}, {steps} steps", dtype=dtype,
              ours=Call(values_of, linalg.inverse_iteration, a, v0=v0, max_iter=steps),
              peer=Call(peer, a), peer_name="SciPy's LU and a loop", error=same_values(peer(a.astype("f8")), a),
              at_least=1.0)


def quotients(a, v, dtype):
    def peer(a, v):
        return np.sum(v * (v @ a), axis=1) / np.sum(v * v, axis=1)

    expected = peer(a.astype("f8"), v.astype("f8"))
    unit = 30 * N * np.finfo(dtype).eps * np.linalg.norm(a)
    return Row(work=f"rayleigh_quotient n={N}, {len(v)} vectors", dtype=dtype, peer_name="a line of NumPy",
               ours=Call(linalg.rayleigh_quotient, a, v), peer=Call(peer, a, v),
               error=lambda x: np.abs(x - expected).max() / unit)


def values_alone(function, *args):
    return function(*args).values


def several(rng, dtype, n=1000, k=6):
    q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    spectrum = np.linspace(0, 1, n)
    spectrum[-k:] = 1 + np.arange(1, k + 1) / k
    a = (q * spectrum @ q.T).astype(dtype)
    a = (a + a.T) / 2

    def error(values, *_):
        return np.abs(np.sort(values) - spectrum[-k:]).max() / (30 * n * np.finfo(dtype).eps)

    for name in ("lanczos", "subspace_iteration"):
        yield Row(work=f"{name} n={n}, k={k}", dtype=dtype,
                  ours=Call(values_alone, getattr(linalg, name), a, k),
                  peer=Call(scipy.sparse.linalg.eigsh, a, k, return_eigenvectors=False),
                  peer_name="scipy.sparse.linalg.eigsh", error=error)
    few = rng.standard_normal((30, 30), dtype=dtype)
    expected = np.sort(np.linalg.eigvals(few.astype("f8")).real)
    condition = np.linalg.cond(np.linalg.eig(few.astype("f8"))[1])
    yield Row(work="qr_algorithm n=30", dtype=dtype, ours=Call(values_alone, linalg.qr_algorithm, few),
              peer=Call(np.linalg.eigvals, few), peer_name="np.linalg.eigvals",
              error=lambda x, *_: np.abs(np.sort(x.real) - expected).max() / (900 * condition * np.finfo(dtype).eps))
