"""Derivatives of plain NumPy code beside HIPS autograd and PyTorch, each of the same function in its own words."""

import importlib.util
import math

import numpy as np

from mathcore.autodiff import derivative, elementwise_grad, grad, hessian, hvp, jacobian, taylor_coefficients

from .bench_special import torch_or_none
from .runner import Call, Row

N_BIG = 1_000_000


def autograd_or_none():
    if importlib.util.find_spec("autograd") is None:
        return None
    import autograd
    import autograd.numpy

    return autograd


def rows():
    yield from expression()
    for dtype in (np.float64, np.float32):
        yield from network(dtype)
    yield from rosenbrock()
    yield from vectors()
    yield from composed()
    yield from taylor()
    yield from overhead()


def relative(expected, bound):
    """result -> its error in units of `bound` eps of the largest expected element."""
    expected = np.asarray(expected)

    def error(found):
        found = np.asarray(found)
        scale = bound * np.finfo(found.dtype).eps * np.abs(expected).max()
        return np.max(np.abs(found - expected)) / scale
    return error


def against(work, dtype, ours, peers, error):
    """A row for each peer that is installed: (name, call, at_least, aim)."""
    for name, call, at_least, aim in peers:
        if call is not None:
            yield Row(work=f"{work} | {name}", dtype=np.dtype(dtype).name, peer_name=name, ours=Call(ours),
                      peer=Call(call), at_least=at_least, aim=aim, error=error)


# ------------------------------------------------------------------ many small operations

def operations(x, xp):
    """100 of them."""
    y = x
    for _ in range(10):
        y = xp.sin(y) * x + 1.5
        y = y * y - x / 3.0
        y = xp.exp(-y) + xp.cos(x)
    return y


def expression():
    ag, torch, x = autograd_or_none(), torch_or_none(), 0.7

    def in_torch():
        t = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        operations(t, torch).backward()
        return t.grad.item()

    ours = grad(lambda x: operations(x, np))
    theirs = ag and ag.grad(lambda x: operations(x, ag.numpy))
    yield from against("gradient of 100 scalar operations", np.float64, lambda: ours(x), [
        ("autograd", theirs and (lambda: theirs(x)), 6, 12), ("torch", torch and in_torch, 3, 6)],
        relative(ours(x), 1e4))


# ------------------------------------------------------------------ a network's loss

def loss(p, x, hot, xp):
    h = xp.maximum(xp.dot(x, p[0]) + p[1], 0)
    z = xp.dot(h, p[2]) + p[3]
    z = z - xp.max(z, axis=1, keepdims=True)
    return -xp.mean(xp.sum(hot * (z - xp.log(xp.sum(xp.exp(z), axis=1, keepdims=True))), axis=1))


def network(dtype):
    rng = np.random.default_rng(0)
    x, labels = rng.random((64, 784)).astype(dtype), rng.integers(0, 10, 64)
    hot = np.eye(10, dtype=dtype)[labels]
    p = [(0.05 * rng.standard_normal((784, 128))).astype(dtype), np.zeros(128, dtype),
         (0.1 * rng.standard_normal((128, 10))).astype(dtype), np.zeros(10, dtype)]
    ag, torch = autograd_or_none(), torch_or_none()
    in_torch = None
    if torch is not None:
        tensors = [torch.tensor(a, requires_grad=True) for a in p]
        tx, ty = torch.tensor(x), torch.tensor(labels)

        def in_torch():
            for t in tensors:
                t.grad = None
            h = torch.relu(tx @ tensors[0] + tensors[1])
            torch.nn.functional.cross_entropy(h @ tensors[2] + tensors[3], ty).backward()
            return tensors[0].grad.numpy()

    ours = grad(lambda p: loss(p, x, hot, np))
    theirs = ag and ag.grad(lambda p: loss(p, x, hot, ag.numpy))
    yield from against("gradient of the 784-128-10 network's loss, batch 64", dtype, lambda: ours(p)[0], [
        ("autograd", theirs and (lambda: theirs(p)[0]), 4, 8), ("torch", in_torch, 0.9, 1.5)],
        relative(ours(p)[0], 200))


# ------------------------------------------------------------------ second order, Jacobians, series

def rosen(x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def rosenbrock():
    ag, torch, x = autograd_or_none(), torch_or_none(), np.linspace(0.5, 1.5, 50)
    ours = hessian(rosen)
    theirs, tx = ag and ag.hessian(rosen), torch and torch.tensor(x)
    functional = torch and torch.func.hessian(rosen)
    yield from against("Hessian of a 50-variable Rosenbrock", np.float64, lambda: ours(x), [
        ("autograd", theirs and (lambda: theirs(x)), 10, 50),
        ("torch.func", torch and (lambda: functional(tx).numpy()), 3, 10)], relative(ours(x), 100))


def vectors():
    """Products and derivatives of which nothing is promised."""
    ag, torch, x = autograd_or_none(), torch_or_none(), np.linspace(0.5, 1.5, 1000)
    v = np.cos(x)
    theirs = ag and ag.make_hvp(rosen)
    tx, tv = torch and torch.tensor(x), torch and torch.tensor(v)
    in_torch = torch and (lambda: torch.func.jvp(torch.func.grad(rosen), (tx,), (tv,))[1].numpy())
    yield from against("Hessian times a vector, 1000-variable Rosenbrock", np.float64, lambda: hvp(rosen, x, v), [
        ("autograd", theirs and (lambda: theirs(x)[0](v)), None, None), ("torch.func", in_torch, None, None)],
        relative(hvp(rosen, x, v), 100))

    def f(x, xp):
        return xp.tanh(x) * xp.exp(-x)

    own, each = derivative(lambda x: f(x, np)), elementwise_grad(lambda x: f(x, np))
    ags = ag and ag.grad(lambda x: f(x, ag.numpy))
    yield from against("derivative of a function of one number", np.float64, lambda: own(0.7), [
        ("autograd", ags and (lambda: ags(0.7)), None, None)], relative(own(0.7), 10))
    ags_each = ag and ag.elementwise_grad(lambda x: f(x, ag.numpy))
    yield from against("elementwise_grad, 1000 numbers", np.float64, lambda: each(x), [
        ("autograd", ags_each and (lambda: ags_each(x)), None, None)], relative(each(x), 10))


def composed():
    rng = np.random.default_rng(0)
    v, w = (rng.standard_normal((200, 200)) / 14 for _ in range(2))
    x, ag = rng.standard_normal(200), autograd_or_none()

    def f(x, xp):
        return xp.tanh(xp.dot(w, xp.sin(xp.dot(v, x)))) * x

    ours = jacobian(lambda x: f(x, np))
    theirs = ag and ag.jacobian(lambda x: f(x, ag.numpy))
    yield from against("Jacobian (200, 200) of a composed function", np.float64, lambda: ours(x), [
        ("autograd", theirs and (lambda: theirs(x)), 5, 20)], relative(ours(x), 1000))


def taylor():
    """Nested differentiation doubles and more with every order: the peer stops at 6, ours goes on to 20."""
    ag, x = autograd_or_none(), 0.3
    if ag is None:
        return

    def nested():
        f = lambda x: ag.numpy.exp(ag.numpy.sin(x))  # noqa: E731
        found = [f(x)]
        for k in range(1, 7):
            f = ag.grad(f)
            found.append(f(x) / math.factorial(k))
        return np.array(found)

    def ours():
        return taylor_coefficients(lambda x: np.exp(np.sin(x)), x, 20)[:7]
    yield from against("Taylor coefficients of exp(sin x), ours of order 20, theirs of order 6", np.float64, ours,
                       [("nested autograd", nested, 50, 200)], relative(nested(), 100))


# ------------------------------------------------------------------ large arrays: beside the function itself

def overhead():
    x = np.random.default_rng(0).standard_normal(N_BIG)
    for name, f, slope in (
        ("sum(x^3 + 2 x)", lambda x: np.sum(x * x * x + 2 * x), lambda x: 3 * x * x + 2),
        ("sum(sin(x) exp(-x^2) + tanh(x))", lambda x: np.sum(np.sin(x) * np.exp(-x * x) + np.tanh(x)),
         lambda x: (np.cos(x) - 2 * x * np.sin(x)) * np.exp(-x * x) + 1 - np.tanh(x) ** 2),
    ):
        ours = grad(f)
        yield Row(work=f"gradient of {name}, 10^6 elements | one evaluation", dtype="float64", peer_name="f itself",
                  ours=Call(lambda ours=ours: ours(x)), peer=Call(evaluation, f, x, slope(x)), at_least=1 / 4,
                  aim=1 / 3, error=relative(slope(x), 100))


def evaluation(f, x, slope):
    """f alone; returns the right gradient, for a row's two sides must agree."""
    f(x)
    return slope
