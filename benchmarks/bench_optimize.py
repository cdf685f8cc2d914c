"""Steps of optimisers against NumPy's compositions and, where it is installed, PyTorch's fused ones; L-BFGS beside
SciPy's."""

import numpy as np
import scipy.optimize
from scipy.optimize import rosen, rosen_der

from mathcore.optimize import adam_step, lbfgs, sgd_step

from .bench_special import FLOATS, torch_or_none
from .runner import Call, Row

N = 1_000_000
RATE, BETA1, BETA2, EPS, MOMENTUM = 0.001, 0.9, 0.999, 1e-8, 0.9


def rows():
    for dtype in FLOATS:
        yield from adam_rows(dtype)
        yield from sgd_rows(dtype)
    yield lbfgs_row()


def arrays(dtype):
    rng = np.random.default_rng(0)
    return rng.standard_normal(N, dtype=dtype), rng.standard_normal(N, dtype=dtype)


def error_of(expected):
    """A first step rounds a few times, at the size of the parameters."""
    def error(found):
        return np.max(np.abs(found - expected) / (8 * np.finfo(found.dtype).eps * np.maximum(np.abs(expected), RATE)))
    return error


class FromStart(Call):
    """A step that changes what it is given: from the start where it is checked, on and on where it is timed."""

    def __init__(self, start, step):
        super().__init__(step)
        self.start = start

    def __call__(self):
        self.start()
        return super().__call__()


def torch_call(name, p, g, **options):
    """A fused step over one tensor, or None."""
    torch = torch_or_none()
    if torch is None:
        return None
    parameter = torch.nn.Parameter(torch.from_numpy(p.copy()))
    parameter.grad = torch.from_numpy(g)
    optimizer = getattr(torch.optim, name)([parameter], lr=RATE, fused=True, **options)

    def start():
        optimizer.state.clear()
        parameter.data.copy_(torch.from_numpy(p))

    def step():
        optimizer.step()
        return parameter.detach().numpy()
    return FromStart(start, step)


class State:
    """Parameters, what an optimiser keeps beside them, and its count."""

    def __init__(self, p):
        self.first = p
        self.start()

    def start(self):
        self.p, self.m, self.v, self.t = self.first.copy(), np.zeros_like(self.first), np.zeros_like(self.first), 0


def adam_rows(dtype):
    p, g = arrays(dtype)
    own, theirs = State(p), State(p)

    def ours():
        own.t += 1
        adam_step(own.p, g, own.m, own.v, own.t, learning_rate=RATE)
        return own.p

    def peer():
        s = theirs
        s.t += 1
        s.m = BETA1 * s.m + (1 - BETA1) * g
        s.v = BETA2 * s.v + (1 - BETA2) * g**2
        s.p -= RATE * (s.m / (1 - BETA1**s.t)) / (np.sqrt(s.v / (1 - BETA2**s.t)) + EPS)
        return s.p

    wide = g.astype(np.float64)
    promise = {"dtype": dtype, "nbytes": 7 * p.nbytes, "ours": FromStart(own.start, ours),
               "error": error_of(p - RATE * wide / (np.abs(wide) + EPS))}
    yield Row(work="adam_step 10^6", peer_name="the formulas in NumPy", peer=FromStart(theirs.start, peer), at_least=6,
              aim=10, **promise)
    fused = torch_call("Adam", p, g)
    if fused is not None:
        yield Row(work="adam_step 10^6 | torch", peer_name="torch Adam(fused=True)", peer=fused, at_least=0.9, aim=1.1,
                  **promise)


def sgd_rows(dtype):
    p, g = arrays(dtype)
    own, theirs = State(p), State(p)

    def ours():
        sgd_step(own.p, g, RATE, momentum=MOMENTUM, velocity=own.v)
        return own.p

    def peer():
        theirs.v = MOMENTUM * theirs.v + g
        theirs.p -= RATE * theirs.v
        return theirs.p

    promise = {"dtype": dtype, "nbytes": 5 * p.nbytes, "ours": FromStart(own.start, ours),
               "error": error_of(p - RATE * g.astype(np.float64))}
    yield Row(work="sgd_step with momentum 10^6", peer_name="the formulas in NumPy",
              peer=FromStart(theirs.start, peer), at_least=1.5, **promise)
    fused = torch_call("SGD", p, g, momentum=MOMENTUM)
    if fused is not None:
        yield Row(work="sgd_step with momentum 10^6 | torch", peer_name="torch SGD(fused=True)", peer=fused,
                  at_least=0.9, **promise)


def lbfgs_row(n=100):
    """To the same norm of the gradient: ours keeps a trace."""
    x0 = np.resize([-1.2, 1.0], n)
    options = {"gtol": 1e-6, "ftol": 0, "maxiter": 2000, "maxfun": 4000}
    return Row(work=f"lbfgs on Rosenbrock's function, n = {n}", dtype="float64", peer_name="scipy L-BFGS-B", once=True,
               ours=Call(lambda: lbfgs(rosen, x0, jac=rosen_der).x),
               peer=Call(lambda: scipy.optimize.minimize(rosen, x0, jac=rosen_der, method="L-BFGS-B",
                                                         options=options).x),
               error=lambda x: np.max(np.abs(x - 1)) / 1e-4)
