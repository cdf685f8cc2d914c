"""A function's exact derivatives against differences."""

import numpy as np

from mathcore.autodiff import _run, _tree
from mathcore.autodiff._dispatch import shape_of

__all__ = ["check_grads"]

ENTRIES = 256                            # of an argument, checked one by one; of more as many, drawn
# A fourth-order difference with h = eps^(1/3) errs by eps^(4/3) of the formula and eps^(2/3) = 4e-11 of rounding; a
# larger step would reach over the kinks of a sort.
TOLERANCE = {np.dtype(np.float64): 1e-6, np.dtype(np.float32): 2e-2}


def check_grads(f, args, /, *, order=2, modes=("fwd", "rev"), rtol=None, rng=0):
    """Checks the derivatives of a function against differences, and forward against reverse mode.

    Parameters
    ----------
    f : callable
        Differentiable at `args`; arrays, numbers, or trees of them, in and out.
    args : tuple
        Positional arguments, all floating.
    order : int, optional
        1, the derivative; 2, that of the gradient too; and so on.
    modes : tuple of {"fwd", "rev"}, optional
        Which to check.
    rtol : float, optional
        Largest difference allowed, relative to ``1 + |derivative|``. Default: 1e-6, float32 2e-2.
    rng : int or numpy.random.Generator, optional
        For the random directions and, of an argument with more than 256 elements, which are checked.

    Returns
    -------
    str
        A line for each check, with its largest error and where it is.

    Raises
    ------
    AssertionError
        With that report, the worst entry named first, where a derivative is wrong.
    TypeError
        Arguments that are not floating, a `modes` or an `order` of another type.
    ValueError
        An `order` below 1, unknown modes.

    Notes
    -----
    Reverse: each entry of the gradient of ``<u, f>``, for a random u, beside a central difference of fourth order.
    Forward: the tangent for a random direction, the same way. Both: ``<u, J v>`` from one and the other agree to 1e-10.
    Error: differences err by about 1e-10; a relative error of the derivative above `rtol` is found. Cost: 4 calls for
    each checked element.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.autodiff import check_grads
    >>> print(check_grads(lambda x: np.sum(x ** 3), (np.array([1.0, 2.0]),), order=1).splitlines()[0][:40])
    order 1, reverse: largest relative error
    """
    fn = "check_grads"
    _run.function(f, fn)
    if not isinstance(args, tuple | list):
        raise TypeError(f"{fn}: args is no tuple; expected the positional arguments of f, got {type(args).__name__}")
    if isinstance(order, bool) or not isinstance(order, int | np.integer):
        raise TypeError(f"{fn}: order is no integer; expected 1, 2, ..., got {order!r}")
    if order < 1:
        raise ValueError(f"{fn}: order is below 1; expected 1, 2, ..., got {order}")
    modes = (modes,) if isinstance(modes, str) else tuple(modes)
    if not modes or set(modes) - {"fwd", "rev"}:
        raise ValueError(f"{fn}: modes has unknown entries; expected 'fwd' and 'rev', got {modes}")
    rng = np.random.default_rng(rng)
    lines, worst = [], None
    for k in range(1, order + 1):
        for line, excess in _checks(f, tuple(args), k, modes, rtol, rng, fn):
            lines.append(line)
            if excess > 1 and (worst is None or excess > worst[0]):
                worst = excess, line
        f = _gradient_of_sum(f, args, rng, fn)
    if worst:
        raise AssertionError(f"{fn}: a derivative of f is wrong; worst: {worst[1]}\n" + "\n".join(lines))
    return "\n".join(lines)


def _flat_function(f, args, fn):
    """f as a function of one vector with one vector as its result, and the vector of args."""
    arguments = _run.Arguments(f, tuple(range(len(args))), args, {}, fn)
    shapes = [shape_of(x) for x in arguments.leaves]
    vector = np.concatenate([np.ravel(x) for x in arguments.leaves])

    def flat(x):
        leaves, start = [], 0
        for shape in shapes:
            n = int(np.prod(shape))
            leaves.append(np.reshape(x[start:start + n], shape) if shape else x[start])
            start += n
        result, _, _ = _tree.flatten(arguments.call(leaves))
        return np.concatenate([np.ravel(r) for r in result])
    return flat, vector, arguments


def _place(arguments, i):
    """How one would write element i of the arguments' vector."""
    for number in arguments.numbers:
        for x, path in zip(*_tree.flatten(arguments.args[number])[:2], strict=True):
            n = int(np.prod(shape_of(x)))
            if i < n:
                at = np.unravel_index(i, shape_of(x)) if shape_of(x) else ()
                return f"argument {number}{path}" + (f"[{', '.join(map(str, map(int, at)))}]" if at else "")
            i -= n
    return "?"


def _difference(f, x, v):
    h = float(np.finfo(x.dtype).eps) ** (1 / 3) * max(1.0, float(np.max(np.abs(x), initial=0)))
    at = {s: np.asarray(f((x + s * h * v).astype(x.dtype)), dtype=np.float64) for s in (-2, -1, 1, 2)}
    return (8 * (at[1] - at[-1]) - (at[2] - at[-2])) / (12 * h)


def _checks(f, args, order, modes, rtol, rng, fn):
    """(line, error / allowed) of each check."""
    flat, x, arguments = _flat_function(f, args, fn)
    allowed = rtol if rtol is not None else TOLERANCE.get(x.dtype, 1e-6)
    out = np.asarray(flat(x))
    u, v = rng.standard_normal(out.shape).astype(x.dtype), rng.standard_normal(x.shape).astype(x.dtype)
    gradient = tangent = None
    if "rev" in modes:
        gradient = np.asarray(_run.gradient_at(lambda y: np.sum(u * flat(y)), x))
        entries = np.arange(x.size) if x.size <= ENTRIES else np.sort(rng.choice(x.size, ENTRIES, replace=False))
        unit = np.eye(1, x.size)[0].astype(x.dtype)
        found = np.array([float(np.sum(u * _difference(flat, x, np.roll(unit, i)))) for i in entries])
        error = np.abs(gradient[entries] - found) / (1 + np.abs(found))
        error = np.where(np.isnan(error), np.inf, error)
        k = int(np.argmax(error)) if error.size else None
        yield _line(order, "reverse", error, k, allowed, lambda k: f"{_place(arguments, int(entries[k]))}: exact "
                    f"{gradient[entries[k]]:.10g}, by differences {found[k]:.10g}")
    if "fwd" in modes:
        one = _run.Arguments(flat, 0, (x,), {}, fn)
        _, tangents, _, _ = _run.pushed(one, [v])
        tangent = np.zeros(out.shape) if tangents[0] is None else np.asarray(tangents[0])
        found = _difference(flat, x, v)
        error = np.abs(tangent - found) / (1 + np.abs(found))
        error = np.where(np.isnan(error), np.inf, error)
        k = int(np.argmax(error)) if error.size else None
        yield _line(order, "forward", error, k, allowed, lambda k: f"result[{k}] along a random direction: exact "
                    f"{tangent[k]:.10g}, by differences {found[k]:.10g}")
    if gradient is not None and tangent is not None:
        scale = 1 + np.sum(np.abs(u * tangent)) + np.sum(np.abs(gradient * v))
        error = np.array([abs(np.sum(u * tangent) - np.sum(gradient * v)) / scale])
        yield _line(order, "forward beside reverse", error, 0, 1e-10 if x.dtype == np.float64 else 1e-3,
                    lambda k: f"<u, J v>: {np.sum(u * tangent):.10g} and {np.sum(gradient * v):.10g}")


def _line(order, mode, error, k, allowed, where):
    if k is None:
        return f"order {order}, {mode}: nothing to check", 0.0
    return f"order {order}, {mode}: largest relative error {error[k]:.2g} (allowed {allowed:.2g}) at {where(k)}", \
        float(error[k] / allowed)


def _gradient_of_sum(f, args, rng, fn):
    """The gradient of <u, f> by all arguments: what the next order checks."""
    values = _tree.flatten(f(*args))[0]
    weights = [rng.standard_normal(shape_of(v)) for v in values]
    weights = [w.astype(getattr(v, "dtype", np.float64)) if np.ndim(w) else w
               for w, v in zip(weights, values, strict=True)]

    def g(*args):
        def total(*args):
            leaves = _tree.flatten(f(*args))[0]
            return sum(np.sum(w * r) for w, r in zip(weights, leaves, strict=True))
        arguments = _run.Arguments(total, tuple(range(len(args))), args, {}, fn)
        return arguments.answer(_run.Recorded(arguments).back([1.0]))
    return g
