"""Random programs of arithmetic, views and assignments: traced, they do what NumPy does, and their derivatives are
those of a complex step."""

import numpy as np
import pytest

from mathcore.autodiff import jacfwd, jvp, vjp
from tests.autodiff.identities import relative

INDICES = (0, -1, slice(1, None), slice(None, None, 2), slice(None, None, -1), (slice(None), 1),
           (slice(None), slice(0, 2)), (Ellipsis, 0), (1, slice(1, 3)), [0, 2, 0], (slice(None), [1, 1, 3]),
           np.array([True, False, True]))
VIEWS = (lambda a: a.T, lambda a: a.reshape(-1), lambda a: a[1:], lambda a: a[:, ::2], lambda a: a.reshape(4, 3)[1:3],
         lambda a: a.swapaxes(0, 1)[1:], lambda a: a[None, 1], lambda a: a.ravel()[2:9])
WRITES = (lambda v, w: v.__setitem__(Ellipsis, v * w), lambda v, w: v.__iadd__(w), lambda v, w: v.__imul__(0.5 * w),
          lambda v, w: v.__setitem__(0, w), lambda v, w: v.__setitem__(-1, v[0] * 1.0), lambda v, w: v.__isub__(v * v))


def program(seed):
    """A function of one (3, 4) array, the same for plain, traced and complex ones."""
    def f(x):
        rng = np.random.default_rng(seed)
        y, z = x * 1.0, np.zeros_like(x)
        views = []
        for _ in range(8):
            kind = rng.integers(7)
            index = INDICES[rng.integers(len(INDICES))]
            if kind == 0:
                y = np.sin(y) + z * x
            elif kind == 1:
                y[index] = x[index] * rng.uniform(0.5, 2) + 0.3
            elif kind == 2:
                z[index] += y[index]
            elif kind == 3:
                views.append(VIEWS[rng.integers(len(VIEWS))](y if rng.random() < 0.6 else z))
            elif kind == 4 and views:
                WRITES[rng.integers(len(WRITES))](views[rng.integers(len(views))], x[0, 1])
            elif kind == 5:
                z = np.concatenate([z[1:], y[:1] * z[:1]])
            else:
                y = np.matmul(y, z.T) @ x * 0.1 + y
        return np.concatenate([y.reshape(-1), z.reshape(-1), *(v.reshape(-1) for v in views)])
    return f


# 94 and 133 wrote to a view of a copy in Fortran order, 88, 481 and 1135 to a view that was out of date
@pytest.mark.parametrize("seed", [*range(60), 88, 94, 133, 481, 1135])
def test_programs(seed):
    f = program(seed)
    rng = np.random.default_rng(seed + 1000)
    x, v = rng.uniform(-1, 1, (3, 4)), rng.standard_normal((3, 4))
    expected = f(x)
    value, tangent = jvp(f, (x,), (v,))
    assert relative(value, expected) < 1e-13
    step = np.imag(f(x + 1e-30j * v)) / 1e-30
    assert relative(tangent, step) < 1e-10
    value, pullback = vjp(f, x)
    assert relative(value, expected) < 1e-13
    u = rng.standard_normal(expected.shape)
    left, right = np.sum(u * tangent), np.sum(pullback(u)[0] * v)
    assert abs(left - right) <= 1e-12 * (1 + np.sum(np.abs(u * tangent)))
    if seed % 6 == 0:
        assert relative(jacfwd(f)(x) @ np.ones(4) @ np.ones(3), jvp(f, (x,), (np.ones((3, 4)),))[1]) < 1e-11
