"""sgd_step and adam_step against PyTorch's optimisers over 20 steps, where it is installed, and against NumPy."""

import itertools

import numpy as np
import pytest

from mathcore.optimize import adam_step, sgd_step
from tests.oracles import assert_same_bits

DTYPES = ("float32", "float64")
STEPS = 20


def sample(dtype, shape=(1000,), seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape).astype(dtype), [rng.standard_normal(shape).astype(dtype) for _ in range(STEPS)]


def of_torch(make, p, gradients):
    torch = pytest.importorskip("torch")
    parameter = torch.nn.Parameter(torch.from_numpy(p.copy()))
    optimizer = make(torch.optim, [parameter])
    for g in gradients:
        parameter.grad = torch.from_numpy(g.copy())
        optimizer.step()
    return parameter.detach().numpy()


def close(ours, theirs):
    """Each step rounds a few times, at the size of the parameters and of a step."""
    eps = np.finfo(ours.dtype).eps
    assert np.abs(ours - theirs).max() <= 4 * STEPS * eps * np.abs(theirs).max()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("momentum", "nesterov", "decay"), [(0.0, False, 0.0), (0.0, False, 0.1), (0.9, False, 0.0),
                                                            (0.9, True, 0.0), (0.5, True, 0.2)])
def test_sgd_is_that_of_torch(isa, dtype, momentum, nesterov, decay):
    p, gradients = sample(dtype)
    theirs = of_torch(lambda o, ps: o.SGD(ps, lr=0.05, momentum=momentum, nesterov=nesterov, weight_decay=decay), p,
                      gradients)
    v = np.zeros_like(p)
    for g in gradients:
        sgd_step(p, g, 0.05, momentum=momentum, nesterov=nesterov, weight_decay=decay, velocity=v if momentum else None)
    close(p, theirs)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("decoupled", [False, True])
@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.5, 0.7), (0.0, 0.9)])
def test_adam_is_that_of_torch(isa, dtype, betas, decay, decoupled):
    p, gradients = sample(dtype)
    theirs = of_torch(lambda o, ps: (o.AdamW if decoupled else o.Adam)(ps, lr=0.01, betas=betas, eps=1e-6,
                                                                      weight_decay=decay), p, gradients)
    m, v = np.zeros_like(p), np.zeros_like(p)
    for step, g in enumerate(gradients, 1):
        adam_step(p, g, m, v, step, learning_rate=0.01, beta1=betas[0], beta2=betas[1], eps=1e-6, weight_decay=decay,
                  decoupled=decoupled)
    close(p, theirs)


def test_worked_example():
    """The first step of Adam is the rate in the direction of the sign, but for eps."""
    p, m, v = np.array([1.0, -2.0, 0.0]), np.zeros(3), np.zeros(3)
    adam_step(p, [4.0, -1e-3, 0.0], m, v, 1, learning_rate=0.1)
    np.testing.assert_allclose(p, [0.9, -1.9, 0.0], rtol=0, atol=2e-6)
    np.testing.assert_allclose(m, [0.4, -1e-4, 0.0], rtol=1e-15)
    np.testing.assert_allclose(v, [0.016, 1e-9, 0.0], rtol=1e-13)


@pytest.mark.parametrize("dtype", DTYPES)
def test_layouts_and_shapes(dtype):
    """Any shape in one piece; the gradient may lie in any way, and be a part of what is changed."""
    p, gradients = sample(dtype, (6, 35))
    g, flat = gradients[0], p.copy().ravel()
    sgd_step(flat, g.ravel(), 0.1)
    for order, other in itertools.product("CF", (g, np.asfortranarray(g), g[:, ::-1].copy()[:, ::-1])):
        q = np.array(p, order=order)
        sgd_step(q, other, 0.1)
        assert_same_bits(q, flat.reshape(p.shape), order)
    q = p.copy()
    sgd_step(q, q, 0.25)
    np.testing.assert_array_equal(q, p - p.dtype.type(0.25) * p)
    one = np.array(3.0, dtype)
    sgd_step(one, 2.0, 0.5)
    assert one == 2
    nothing = np.zeros((0, 3), dtype)
    adam_step(nothing, nothing.copy(), nothing.copy(), nothing.copy(), 1)


@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bits_for_any_number_of_threads(isa, dtype):
    p, gradients = sample(dtype, (250_003,))
    found = []
    for workers in (1, 2, 3):
        q, m, v = p.copy(), np.zeros_like(p), np.zeros_like(p)
        for step in (1, 2):
            adam_step(q, gradients[step], m, v, step, workers=workers, weight_decay=0.1)
            sgd_step(q, gradients[step], 0.1, momentum=0.5, velocity=m, workers=workers)
        found.append(np.stack([q, m, v]))
    assert_same_bits(found[1], found[0], "2 threads")
    assert_same_bits(found[2], found[0], "3 threads")


def test_integers_in_the_gradient():
    p = np.array([1.0, 2.0], np.float32)
    sgd_step(p, [1, 2], 0.5)
    np.testing.assert_array_equal(p, [0.5, 1.0])


@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bits_wherever_arrays_lie(isa, dtype):
    """The first chunk ends where a line of memory does."""
    p, gradients = sample(dtype, (100,))
    found = []
    for first in range(17):
        q, m, v = (np.zeros(120, dtype)[first:first + 100] for _ in range(3))
        q[:] = p
        adam_step(q, gradients[0], m, v, 1)
        sgd_step(q, gradients[1], 0.1, momentum=0.5, velocity=m)
        found.append(np.stack([q, m, v]))
    for first, other in enumerate(found):
        assert_same_bits(other, found[0], f"{first} elements on")
