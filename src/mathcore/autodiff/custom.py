"""The derivative of a function that NumPy's rules cannot see through, given by hand."""

import functools

import numpy as np

from mathcore._kernels.tape import Primitive
from mathcore.autodiff import _run
from mathcore.autodiff._dispatch import FUNCTIONS, UFUNCS, lifted, shape_of

__all__ = ["custom_rule"]


def custom_rule(f, /, *, vjp=None, jvp=None):
    """Gives a function its derivative by hand: a kernel from elsewhere, a fixed point, a formula that is better.

    Parameters
    ----------
    f : callable
        Of arrays, positional; keywords are constants. It is called with plain arrays. If it is a function of NumPy's,
        or a ufunc, plain calls of it are differentiated by this rule from now on.
    vjp : callable, optional
        ``vjp(g, out, *args, **kwargs)``: for the cotangent `g` of the result `out` the cotangents of the arguments: a
        tuple, or one for a single argument; None for zero.
    jvp : callable, optional
        ``jvp(tangents, out, *args, **kwargs)``: the tangent of the result for a tuple of tangents, None for zero.
        Without it forward mode transposes `vjp`, and the other way round: what remains must then be written in NumPy.

    Returns
    -------
    callable
        With f's signature; plain arguments go straight to `f`.

    Raises
    ------
    TypeError
        `f`, `vjp` or `jvp` that cannot be called, neither rule; later, a rule that returns no entry for an argument.

    Notes
    -----
    Written in NumPy, a rule is differentiated itself: higher derivatives follow. Error and cost are the rule's own;
    check it with `mathcore.autodiff.check_grads`.

    Examples
    --------
    >>> import numpy as np, math
    >>> from mathcore.autodiff import custom_rule, grad
    >>> sine = custom_rule(np.vectorize(math.sin), vjp=lambda g, out, x: g * np.cos(x))
    >>> float(grad(lambda x: sine(x) ** 2)(0.5)) == 2 * math.sin(0.5) * math.cos(0.5)
    True
    """
    fn = "custom_rule"
    if not callable(f):
        raise TypeError(f"{fn}: f cannot be called; expected a function of arrays, got {f!r}")
    for name, rule in (("vjp", vjp), ("jvp", jvp)):
        if rule is not None and not callable(rule):
            raise TypeError(f"{fn}: {name} cannot be called; expected a function, got {rule!r}")
    if vjp is None and jvp is None:
        raise TypeError(f"{fn}: vjp and jvp are both missing; expected at least one, got None")
    name = getattr(f, "__name__", "function")
    back = vjp or _transposed_jvp(jvp)
    p = Primitive(name, f, _each(back, name), _one_by_one(jvp or _transposed_vjp(vjp)))

    @functools.wraps(f)
    def call(*args, **kwargs):
        return p(*map(lifted, args), **kwargs)

    if isinstance(f, np.ufunc):
        UFUNCS[f] = call
    elif type(f).__name__ == "_ArrayFunctionDispatcher":
        FUNCTIONS[f] = call
    return call


def _each(vjp, name):
    """The rule of each argument from the one of all: called once for a cotangent."""
    last = [(None, None)]                # one pair: another thread's may replace it at any time

    def rule_of(k):
        def rule(g, out, *args, **kwargs):
            held = last[0]
            if held[0] is not g:
                found = vjp(g, out, *args, **kwargs)
                found = found if isinstance(found, tuple | list) else (found,)
                if len(found) != len(args):
                    raise TypeError(f"custom_rule: the vjp of {name} returned {len(found)} cotangents; expected one "
                                    f"for each of {len(args)} arguments, None for zero")
                last[0] = held = (g, found)
            if k == len(args) - 1:
                last[0] = (None, None)
            return held[1][k]
        return rule
    return rule_of


def _one_by_one(jvp):
    """The rule of each argument alone, from the one of all."""
    return lambda k: lambda t, out, *args, **kwargs: jvp(
        tuple(t if i == k else None for i in range(len(args))), out, *args, **kwargs)


def _transposed_vjp(vjp):
    """jvp(t) from vjp, which is linear in g: the derivative of <vjp(g), t> by g."""
    def jvp(tangents, out, *args, **kwargs):
        def paired(g):
            found = vjp(g, out, *args, **kwargs)
            found = found if isinstance(found, tuple | list) else (found,)
            return sum(np.sum(c * t) for c, t in zip(found, tangents, strict=True) if c is not None and t is not None)
        return _run.gradient_at(paired, np.zeros(shape_of(out)))
    return jvp


def _transposed_jvp(jvp):
    """vjp(g) from jvp, which is linear in the tangents."""
    def vjp(g, out, *args, **kwargs):
        def paired(*tangents):
            return np.sum(g * jvp(tangents, out, *args, **kwargs))
        zeros = [np.zeros(shape_of(x)) for x in args]
        return tuple(_run.gradient_at(lambda t, k=k: paired(*zeros[:k], t, *zeros[k + 1:]), zeros[k])
                     for k in range(len(args)))
    return vjp


