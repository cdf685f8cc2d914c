"""Elementwise functions and the softmax family: ours against NumPy, SciPy, and PyTorch where it is installed."""

import importlib.util
import sys

import numpy as np
import scipy.special

from mathcore import special

from .bench_matmul import fresh
from .runner import Call, Row

FLOATS = ("float32", "float64")
SHAPES = ((1024, 1000), (256, 32000), (8192, 10))


def torch_or_none():
    if importlib.util.find_spec("torch") is None:
        return None
    import torch

    return torch


def rows():
    for dtype in FLOATS:
        rng = np.random.default_rng(0)
        yield from elementwise(rng, dtype)
        for shape in SHAPES:
            x = 3 * rng.standard_normal(shape, dtype=dtype)
            for axis in (-1, 0):
                yield from softmax_rows(x, axis)
        yield fixed_cost(rng, dtype)
        for call in WORK:
            yield workspace(dtype, call)


def relative(expected, bound, least=None):
    """result -> largest error in units of `bound` eps of the expected value, or of `least` where that is more (default:
    the smallest normal number)."""
    def error(got):
        got = np.asarray(got)
        finfo = np.finfo(got.dtype)
        scale = np.maximum(np.abs(expected), float(finfo.tiny) if least is None else least)
        return np.max(np.abs(got - expected) / (bound * float(finfo.eps) * scale))
    return error


def elementwise(rng, dtype, n=1_000_000):
    x = 3 * rng.standard_normal(n, dtype=dtype)
    wide = x.astype(np.longdouble)
    for name, argument, peer, at_least, aim in (
        ("exp", x, np.exp, 1.0, 1.3), ("log", np.abs(x), np.log, 1.0, 1.3), ("tanh", x, np.tanh, 1.0, 1.3),
        ("expm1", x, np.expm1, 1.0, 1.3), ("log1p", np.abs(x), np.log1p, 1.0, 1.3),
        ("expit", x, scipy.special.expit, 5.0, 12.0), ("softplus", x, scipy.special.softplus, 1.0, 5.0),
        ("entr", np.abs(x), scipy.special.entr, 1.0, 5.0),
    ):
        exact = {"expit": lambda v: 1 / (1 + np.exp(-v)), "softplus": lambda v: np.logaddexp(0, v),
                 "entr": lambda v: -v * np.log(v)}.get(name, getattr(np, name, None))
        expected = exact(np.abs(wide) if argument is not x else wide)
        out, peer_out = np.empty_like(x), np.empty_like(x)
        yield Row(work=f"{name} 10^6 out=", dtype=dtype, peer_name=f"{peer.__name__} (NumPy, SciPy)",
                  ours=Call(getattr(special, name), argument, out=out), peer=Call(peer, argument, out=peer_out),
                  error=relative(expected, 4), nbytes=2 * x.nbytes, at_least=at_least, aim=aim)
    yield from others(x, np.abs(x), np.abs(rng.standard_normal(n, dtype=dtype)))


def others(x, p, q):
    """Functions without a promise of their own: not slower than the peer, or than the NumPy expression in its place."""
    unit = p / (1 + p)
    for name, peer, args in (
        ("logit", scipy.special.logit, (unit,)), ("log_expit", scipy.special.log_expit, (x,)),
        ("relu", lambda v: np.maximum(v, 0), (x,)), ("silu", lambda v: v * scipy.special.expit(v), (x,)),
        ("gelu", lambda v: v * scipy.special.ndtr(v), (x,)), ("xlogy", scipy.special.xlogy, (p, q)),
        ("xlog1py", scipy.special.xlog1py, (p, q)), ("rel_entr", scipy.special.rel_entr, (p, q)),
        ("kl_div", scipy.special.kl_div, (p, q)),
    ):
        # against the peer in float64: where it cancels, to 16 eps of 1
        expected = np.asarray(peer(*(a.astype(np.float64) for a in args)))
        yield Row(work=f"{name} 10^6", dtype=x.dtype.name, peer_name=f"{name} of SciPy, or NumPy",
                  ours=Call(getattr(special, name), *args), peer=Call(peer, *args), error=relative(expected, 16, 1.0),
                  nbytes=(1 + len(args)) * x.nbytes, at_least=1.0)


def softmax_rows(x, axis):
    dtype, where = x.dtype.name, f"{x.shape} axis {axis}".replace("axis -1", "last axis")
    torch = torch_or_none()
    wide = x.astype(np.longdouble) if x.size < 2**21 else x.astype(np.float64)
    m = wide.max(axis=axis, keepdims=True)
    e = np.exp(wide - m)
    total = e.sum(axis=axis, keepdims=True)
    expected = {"softmax": e / total, "log_softmax": wide - m - np.log(total),
                "logsumexp": (m + np.log(total)).squeeze(axis)}
    del wide, e
    floors = {"softmax": (4, 10, 1.0, 1.5), "log_softmax": (4, 10, 1.0, 1.5), "logsumexp": (10, 25, 1.3, 2.0)}
    if axis == 0:
        floors = {"softmax": (3, 8, 1.0, 2.0), "log_softmax": (3, 8, 1.0, 2.0), "logsumexp": (10, 25, 1.3, 2.0)}
    for name, (scipy_floor, scipy_aim, torch_floor, torch_aim) in floors.items():
        ours = Call(getattr(special, name), x, axis)
        # |x - m| is below 40 here: 20 roundings of the difference, 4 of the rest, the sum's; logarithms near 0 are
        # differences of numbers near 1, for the reference and the peers too
        least = None if name == "softmax" else 1.0
        promise = {"dtype": dtype, "error": relative(expected[name].astype(np.float64), 40, least),
                   "nbytes": x.nbytes * (1 if name == "logsumexp" else 2)}
        yield Row(work=f"{name} {where}", peer_name=f"scipy.special.{name}", ours=ours,
                  peer=Call(getattr(scipy.special, name), x, axis), at_least=scipy_floor, aim=scipy_aim, **promise)
        if torch is not None:
            f, t = getattr(torch, name), torch.from_numpy(x)
            yield Row(work=f"{name} {where} | torch", peer_name=f"torch.{name}", ours=ours,
                      peer=Call(lambda f=f, t=t: f(t, axis).numpy()), at_least=torch_floor, aim=torch_aim, **promise)


def fixed_cost(rng, dtype):
    x = rng.standard_normal(10, dtype=dtype)
    expected = scipy.special.softmax(x.astype(np.longdouble), -1).astype(np.float64)
    return Row(work="fixed cost of softmax n=10", dtype=dtype, peer_name="scipy.special.softmax", unit="us",
               ours=Call(special.softmax, x, -1), peer=Call(scipy.special.softmax, x, -1), error=relative(expected, 8),
               at_least=0.8, aim=0.4)


# ------------------------------------------------------------------ memory beside inputs and results

WORK = {
    "softmax last axis": "special.softmax(x, -1, out=out)",
    "softmax axis 0": "special.softmax(x, 0, out=out)",
    "logsumexp axis 0": "special.logsumexp(x, 0)",
    "cross_entropy with gradient": "losses.cross_entropy(x, labels, grad=True)",
}

# VmHWM is the peak of resident memory since the process began; the gradient is the one large result made by a call.
WORKSPACE = """
import sys
import numpy as np
import mathcore
from mathcore import losses, special

def resident(field):
    with open("/proc/self/status") as f:
        return next(1024 * int(line.split()[1]) for line in f if line.startswith(field))

call, dtype, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
big, labels = np.ones((256, 32000), dtype), np.zeros(256, int)
space, small = {"out": np.ones_like(big), "labels": labels}, {"out": np.ones((256, 2), dtype), "labels": labels}
with mathcore.threads(threads):
    eval(call, {"special": special, "losses": losses, "x": big[:, :2].copy(), **small})
    before = resident("VmRSS:")
    result = eval(call, {"special": special, "losses": losses, "x": big, **space})
    made = sum(r.nbytes for r in (result if isinstance(result, tuple) else (result,)) if r is not space["out"])
    print(max(0, resident("VmHWM:") - before - made) / threads)
"""


def workspace(dtype, what):
    def measure(threads, samples):
        measurable = sys.platform.startswith("linux")
        return fresh(WORKSPACE, WORK[what], dtype, threads) if measurable else (), ()
    return Row(work=f"workspace per thread of {what} (256, 32000)", dtype=dtype, peer_name="", unit="MB",
               measure=measure, at_least=1)
