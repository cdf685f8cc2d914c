"""One differentiation: a function called with traced arguments, and what comes back."""

import numpy as np

from mathcore import _validate
from mathcore._kernels import tape
from mathcore._kernels.tape import Forward, Reverse, Traced, is_traced
from mathcore.autodiff import _tree, rules  # noqa: F401  the rules fill in the tape's tables
from mathcore.autodiff._dispatch import lifted, shape_of

CHUNK = 1 << 22                          # elements of the tangents of one argument that are taken at a time (32 MB)


def function(f, fn):
    if not callable(f):
        raise TypeError(f"{fn}: f cannot be called; expected a function, got {f!r}")
    return f


def positions(argnums, fn):
    """argnums as a tuple."""
    items = argnums if isinstance(argnums, tuple | list) else (argnums,)
    if not items or any(isinstance(i, bool) or not isinstance(i, int | np.integer) for i in items):
        raise TypeError(f"{fn}: argnums names no arguments; expected an integer or a tuple of them, got {argnums!r}")
    return tuple(map(int, items))


def leaf(x, fn, name):
    """An argument's number or array, checked: something that one can differentiate by."""
    if type(x) is float or type(x) is Traced:
        return x
    if isinstance(x, int | complex | str | bytes) or not isinstance(x, np.ndarray | np.generic):
        kind = type(x).__name__
        if isinstance(x, int):
            raise TypeError(f"{fn}: {name} is an integer; expected a floating number to differentiate by, got {x!r} "
                            f"(write {float(x)!r})")
        if isinstance(x, complex):
            raise TypeError(f"{fn}: {name} is complex; expected real numbers, got {x!r}")
        if not hasattr(x, "__array__") and not hasattr(x, "__array_interface__"):
            raise TypeError(f"{fn}: {name} is no number or array; expected floating numbers, got {kind}")
        x = _validate.as_array(x, fn, name)
    dtype = x.dtype
    if dtype.kind in "biu":
        raise TypeError(f"{fn}: {name} has dtype {dtype}; expected floating numbers to differentiate by "
                        "(x.astype(float))")
    if dtype.kind != "f":
        raise TypeError(f"{fn}: {name} has dtype {dtype}; expected real floating numbers")
    return x if dtype.isnative else x.astype(dtype.newbyteorder("="))


class Arguments:
    """The arguments to differentiate by, taken apart, and the call with others in their places."""

    def __init__(self, f, argnums, args, kwargs, fn):
        self.f, self.args, self.kwargs, self.fn = f, args, kwargs, fn
        self.single = not isinstance(argnums, tuple | list)
        self.numbers = positions(argnums, fn)
        for i in self.numbers:
            if not -len(args) <= i < len(args):
                raise ValueError(f"{fn}: argnums names argument {i}; expected one of {len(args)} positional arguments")
        self.leaves, self.parts = [], []
        for i in self.numbers:
            leaves, paths, build = _tree.flatten(args[i])
            if not leaves:
                raise TypeError(f"{fn}: argument {i} holds no numbers; expected an array, a number, or a tuple, list "
                                f"or dictionary of them, got {args[i]!r}")
            self.leaves += [leaf(x, fn, f"argument {i}{path}") for x, path in zip(leaves, paths, strict=True)]
            self.parts.append((len(leaves), build))

    def rebuilt(self, leaves):
        """One tree for each argument."""
        found, start = [], 0
        for n, build in self.parts:
            found.append(build(leaves[start:start + n]))
            start += n
        return found

    def answer(self, leaves):
        """In the shape of the argument, or a tuple for several."""
        trees = self.rebuilt(leaves)
        return trees[0] if self.single else tuple(trees)

    def call(self, leaves):
        args = list(self.args)
        for i, tree in zip(self.numbers, self.rebuilt(leaves), strict=True):
            args[i] = tree
        try:
            return self.f(*args, **self.kwargs)
        except ValueError as error:      # NumPy's own, of a plain array that was to hold a traced value: ours says why
            if isinstance(error.__cause__, TypeError) and "traced value" in str(error.__cause__):
                raise error.__cause__.with_traceback(error.__traceback__) from None
            raise
        except TypeError as error:       # numpy.array([x[0], x[1]]) is an array of objects, which linalg does not take
            if any(word in str(error) for word in ("dtype('O')", "object arrays", "no callable")):
                raise TypeError(f"{self.fn}: a function that takes no arrays of objects was given one, as numpy.array "
                                "of traced numbers makes it; expected a traced array: write np.array([...], like=x) or "
                                f"np.stack([...]). NumPy's words: {error}") from error
            raise


def split_aux(result, has_aux, fn):
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        raise TypeError(f"{fn}: f returned no pair; expected (value, aux) beside has_aux=True, got "
                        f"{type(result).__name__}")
    return result


def content_of(x, trace):
    """A result without this trace."""
    return x.content if type(x) is Traced and x.owner is trace else x


def without(tree, trace):
    leaves, _, build = _tree.flatten(tree)
    return build([content_of(x, trace) for x in leaves])


def number_of(x, trace):
    return x.number if type(x) is Traced and x.owner is trace else -1


class Recorded:
    """The call f(*args) on a tape: its results, and cotangents taken back."""

    def __init__(self, arguments, has_aux=False):
        self.arguments, self.trace = arguments, Reverse()
        try:
            variables = [self.trace.variable(x) for x in arguments.leaves]
            result, aux = split_aux(arguments.call(variables), has_aux, arguments.fn)
            leaves, _, self.build = _tree.flatten(result)
            leaves = [lifted(x) for x in leaves]
            self.numbers = [number_of(x, self.trace) for x in leaves]
            self.values = [content_of(x, self.trace) for x in leaves]
            self.aux = without(aux, self.trace)
        except ValueError as error:
            if "read-only" in str(error) and self.trace.locked:
                raise ValueError(f"{arguments.fn}: an array was changed after a traced value had been computed with "
                                 "it; expected it to stay, for the derivative needs its numbers. Change a copy, or "
                                 "make the array traced with np.zeros_like of a traced value") from error
            raise
        finally:
            self.trace.unlock()
            self.trace.closed = True

    def value(self):
        return self.build(self.values)

    def back(self, cotangents):
        """Cotangents of the arguments' leaves from those of the results', None for zero."""
        seeds = [(n, g) for n, g in zip(self.numbers, cotangents, strict=True) if n >= 0 and g is not None]
        leaves = self.arguments.leaves
        with np.errstate(all="ignore"):  # slopes at points that are chosen away
            found = tape.sweep(self.trace, seeds, len(leaves))
        known = set()
        return [own(g, x, known) for g, x in zip(found, leaves, strict=True)]


def own(g, x, known):
    """A derivative in the shape of the argument: an array of its own, that nothing else looks into."""
    if g is None:
        g = np.zeros_like(x) if not isinstance(x, float) else 0.0
    if type(g) is float:
        return np.float64(g) if isinstance(x, float) or not shape_of(x) else np.full(x.shape, g, x.dtype)
    if isinstance(g, np.ndarray):
        if isinstance(x, float):
            return g[()]
        if g.base is not None or not g.flags.writeable or id(g) in known:
            g = np.array(g)
        known.add(id(g))
    is_number = isinstance(x, np.generic | float) or type(x) is Traced
    return np.asarray(g) if isinstance(g, np.generic) and not is_number else g


def pushed(arguments, tangents, has_aux=False, batch=-1):
    """(values, tangents, aux, build) of the results' leaves; None for a tangent that is zero."""
    trace = Forward(batch)
    try:
        variables = [x if t is None else trace.variable(x, t) for x, t in zip(arguments.leaves, tangents, strict=True)]
        with np.errstate(all="ignore") if batch >= 0 else np.errstate():
            result, aux = split_aux(arguments.call(variables), has_aux, arguments.fn)
        leaves, _, build = _tree.flatten(result)
        leaves = [lifted(x) for x in leaves]
        tangents = [x.tangent if type(x) is Traced and x.owner is trace else None for x in leaves]
        return [content_of(x, trace) for x in leaves], tangents, without(aux, trace), build
    finally:
        trace.closed = True


def size_of(x):
    return int(np.prod(shape_of(x)))


def basis(leaves, start, stop):
    """The unit directions start ... stop of all leaves together, as one tangent for each leaf."""
    found, first = [], 0
    for x in leaves:
        n = size_of(x)
        low, high = max(start, first), min(stop, first + n)
        if low >= high:
            found.append(None)
        else:
            t = np.zeros((stop - start, n), getattr(x, "dtype", np.float64))
            t[np.arange(low, high) - start, np.arange(low, high) - first] = 1
            found.append(t.reshape(stop - start, *shape_of(x)))
        first += n
    return found


def real_leaf(x, fn, what):
    """A result that has derivatives."""
    if is_traced(x) or isinstance(x, float | np.floating) or isinstance(x, np.ndarray) and x.dtype.kind == "f":
        return x
    if isinstance(x, int | np.integer) or isinstance(x, np.ndarray) and x.dtype.kind in "biu":
        return x                         # a constant
    raise TypeError(f"{fn}: f returned {what}; expected real numbers, got {type(x).__name__}"
                    + (f" of dtype {x.dtype}" if hasattr(x, "dtype") else ""))


def gradient_at(f, x):
    """The gradient of a function of one array that returns one number."""
    recorded = Recorded(Arguments(f, 0, (x,), {}, "grad"))
    return recorded.back([1.0])[0]
