"""Ten thousand small matrices at once: ours against numpy.linalg, and against torch.linalg where it is installed."""

import numpy as np

from mathcore import linalg

from .bench_matmul import FLOATS, residual
from .bench_special import torch_or_none
from .bench_systems import PASS, determinant_error, inverse_error, norm1, solve_error, unit_roundoff
from .runner import Call, Row

COUNT = 10_000
# at least and aim, by size: of solve, inv and det; of cholesky and qr
SYSTEMS = {2: (10, 25), 3: (10, 25), 4: (10, 25), 8: (6, 15), 16: (3, 10), 32: (1.5, 5)}
FACTORS = {2: (5, 20), 3: (5, 20), 4: (5, 20), 8: (5, 20), 16: (3, 8), 32: (1.5, 3)}
AGAINST_TORCH = (3, 10)                 # for n <= 8; past that nothing is promised


def rows():
    for dtype in FLOATS:
        for n in SYSTEMS:
            yield from system_rows(np.random.default_rng(n), dtype, n)
            yield from factor_rows(np.random.default_rng(n), dtype, n)


def both_peers(name, ours, peer, torch_call, promised, n, **row):
    """The row against NumPy and the same against PyTorch."""
    at_least, aim = promised
    yield Row(work=f"{name} {COUNT} of n={n}", peer_name=f"numpy.linalg.{name}", ours=ours, peer=peer, n=n,
              curve=f"batch {name}", at_least=at_least, aim=aim, **row)
    torch = torch_or_none()
    if torch is not None:
        at_least, aim = AGAINST_TORCH if n <= 8 else (1.0, None)
        yield Row(work=f"{name} {COUNT} of n={n} | torch", peer_name=f"torch.linalg.{name}", ours=ours,
                  peer=Call(torch_call(torch)), at_least=at_least, aim=aim, **row)


def system_rows(rng, dtype, n):
    a, b = (rng.standard_normal((COUNT, n, k), dtype=dtype) for k in (n, 1))
    a[np.linalg.cond(a) > 1e4] = np.eye(n)      # one in thousands: ours and SciPy's warn of it in float32, NumPy not
    promise = {"promised": SYSTEMS[n], "n": n, "dtype": dtype}

    def as_tensors(f, *args):
        """f, a function of PyTorch's linalg, on the same memory."""
        def call(torch):
            g, tensors = getattr(torch.linalg, f), [torch.from_numpy(x) for x in args]
            return lambda: g(*tensors).numpy()
        return call

    yield from both_peers("solve", Call(linalg.solve, a, b, check_finite=False), Call(np.linalg.solve, a, b),
                          as_tensors("solve", a, b), error=solve_error(a, b), flops=COUNT * (2 / 3 * n**3 + 2 * n * n),
                          nbytes=a.nbytes + 2 * b.nbytes, **promise)
    yield from both_peers("inv", Call(linalg.inv, a, check_finite=False), Call(np.linalg.inv, a), as_tensors("inv", a),
                          error=inverse_error(a), flops=COUNT * 2 * n**3, nbytes=2 * a.nbytes, **promise)

    def in_float64(torch):
        """The type of ours and of SciPy's; 10 000 numbers."""
        f = as_tensors("det", a)(torch)
        return lambda: f().astype(np.float64)

    error = determinant_error(a)
    yield from both_peers("det", Call(linalg.det, a, check_finite=False),
                          Call(lambda: np.linalg.det(a).astype(np.float64)), in_float64,
                          error=lambda d: error(np.sign(d), np.log(np.abs(d))), flops=COUNT * 2 / 3 * n**3,
                          nbytes=a.nbytes, **promise)


def factor_rows(rng, dtype, n):
    a = rng.standard_normal((COUNT, n, n), dtype=dtype)
    definite = np.matmul(a, a.swapaxes(-1, -2)) + np.eye(n, dtype=dtype)
    promise = {"promised": FACTORS[n], "n": n, "dtype": dtype, "nbytes": 2 * a.nbytes}
    yield from both_peers("cholesky", Call(linalg.cholesky, definite, lower=True, check_finite=False),
                          Call(np.linalg.cholesky, definite), lambda torch: _cholesky(torch, definite),
                          error=cholesky_error(definite), flops=COUNT * n**3 / 3, **promise)
    yield from both_peers("qr", Call(linalg.qr, a, mode="economic", check_finite=False), Call(np.linalg.qr, a),
                          lambda torch: _qr(torch, a), error=qr_error(a), flops=COUNT * 8 / 3 * n**3, **promise)


def _cholesky(torch, a):
    tensor = torch.from_numpy(a)
    return lambda: torch.linalg.cholesky(tensor).numpy()


def _qr(torch, a):
    tensor = torch.from_numpy(a)
    return lambda: tuple(part.numpy() for part in torch.linalg.qr(tensor))


def cholesky_error(a):
    """norm(a - l l') / (n norm(a) eps), the largest of a batch."""
    def error(low):
        rest = norm1(residual(a, low, low.swapaxes(-1, -2)))
        return np.max(rest / (PASS * a.shape[-1] * norm1(a) * unit_roundoff(a)))
    return error


def qr_error(a):
    """norm(a - q r) / (n norm(a) eps) and norm(1 - q' q) / (n eps), the largest of a batch."""
    def error(q, r):
        unit = PASS * a.shape[-1] * unit_roundoff(a)
        lost = norm1(residual(np.eye(a.shape[-1]), q.swapaxes(-1, -2), q))
        return np.max(np.maximum(norm1(residual(a, q, r)) / norm1(a), lost) / unit)
    return error
