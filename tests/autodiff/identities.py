"""What derivatives must fulfil, whatever the function."""

import numpy as np

from mathcore.autodiff import jacfwd, jacobian, jacrev, jvp, vjp


def relative(a, b):
    """The difference beside the larger of the two and 1."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    assert a.shape == b.shape, (a.shape, b.shape)
    return float(np.max(np.abs(a - b) / np.maximum(1, np.maximum(np.abs(a), np.abs(b))), initial=0))


def directions(args, seed=1):
    rng = np.random.default_rng(seed)
    return tuple(rng.standard_normal(np.shape(x)) for x in args)


def dot_test(f, args):
    """<u, J v> of forward mode against <J' u, v> of reverse mode, beside the sizes that cancel."""
    v = directions(args)
    out, tangent = jvp(f, args, v)
    u = directions((out,), 2)[0]
    _, back = vjp(f, *args)
    cotangents = back(u)
    left, right = np.sum(u * tangent), sum(np.sum(c * t) for c, t in zip(cotangents, v, strict=True))
    scale = np.sum(np.abs(u * tangent)) + sum(np.sum(np.abs(c * t)) for c, t in zip(cotangents, v, strict=True))
    return float(abs(left - right) / max(1, scale))


def complex_direction(f, args, v, h=1e-30):
    return np.imag(f(*(x + 1j * h * t for x, t in zip(args, v, strict=True)))) / h


def central_direction(f, args, v, h=2e-5):
    """Fourth order: error h^4 and eps / h."""
    def at(s):
        return np.asarray(f(*(x + s * h * t for x, t in zip(args, v, strict=True))))
    return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h)


def gradient_of_sum(f, weights):
    """x -> the gradient of <weights, f> by all arguments, in one vector."""
    def g(*args):
        return np.concatenate([np.ravel(c) for c in vjp(f, *args)[1](weights)])
    return g


def modes_agree(f, args):
    """The Jacobian by many directions at once, by rows, and as `jacobian` chooses."""
    many = tuple(range(len(args)))
    found = [jac(f, many)(*args) for jac in (jacfwd, jacrev, jacobian)]
    return max(relative(a, b) for other in found[1:] for a, b in zip(found[0], other, strict=True))


def errors(f, args, analytic=True):
    """name -> (error, allowed) of everything that a function with rules must fulfil at a point."""
    v = directions(args)
    with np.errstate(all="ignore"):
        out, tangent = jvp(f, args, v)
        found = {"value": (relative(out, f(*args)), 1e-13), "forward and reverse": (dot_test(f, args), 1e-12),
                 "differences": (relative(tangent, central_direction(f, args, v)), 1e-7),
                 "modes": (modes_agree(f, args), 1e-11)}
        if analytic:
            found["complex step"] = relative(tangent, complex_direction(f, args, v)), 1e-10
        gradient = gradient_of_sum(f, directions((out,), 3)[0])
        second = jvp(gradient, args, v)[1]
        found["second order"] = relative(second, central_direction(gradient, args, v)), 1e-6
        found["reverse over reverse"] = dot_test(gradient, args), 1e-11
    return found


def check(sample):
    wrong = {name: e for name, e in errors(sample.f, sample.args, sample.analytic).items() if not e[0] <= e[1]}
    assert not wrong
