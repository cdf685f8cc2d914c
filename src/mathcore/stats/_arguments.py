"""Arguments of distributions: what shapes may be, generators, shapes of samples, SciPy's objects."""

import numpy as np

from mathcore import _validate


def _whole(x):
    return x == np.floor(x)


# What a shape may be: a predicate, and its words
POSITIVE = (lambda x: x > 0, "positive")
NOT_NEGATIVE = (lambda x: x >= 0, "at least 0")
PROBABILITY = (lambda x: (x >= 0) & (x <= 1), "from 0 to 1")
POSITIVE_PROBABILITY = (lambda x: (x > 0) & (x <= 1), "above 0, at most 1")
COUNT = (lambda x: (x >= 0) & _whole(x), "a whole number, at least 0")
POSITIVE_COUNT = (lambda x: (x > 0) & _whole(x), "a whole number, above 0")
WHOLE = (_whole, "a whole number")


def of_scipy(name):
    """SciPy's distribution, from where it is defined: the public name may have been replaced by ours."""
    from scipy.stats import _continuous_distns, _discrete_distns

    return getattr(_continuous_distns, name, None) or getattr(_discrete_distns, name)


def generator_of(random_state, rng, fn):
    """The generator of `random_state` as SciPy takes it, or of `rng` as numpy.random.default_rng takes it."""
    if rng is not None:
        if random_state is not None:
            raise TypeError(f"{fn}: random_state and rng are one argument; expected one of them, got both")
        return _validate.generator(rng, fn)
    if isinstance(random_state, np.random.Generator | np.random.RandomState):
        return random_state
    if random_state is None or random_state is np.random:
        return np.random.mtrand._rand
    try:
        return np.random.RandomState(random_state)
    except (TypeError, ValueError):
        raise ValueError(
            f"{fn}: {random_state!r} cannot be used to seed a numpy.random.RandomState instance; "
            "expected a seed, a Generator or a RandomState"
        ) from None


def sample_shape(parameters, size, fn):
    """The shape of a sample: `size`, or that of the parameters; SciPy's rule, by which size may not be smaller."""
    common = np.broadcast_shapes(*(np.shape(p) for p in parameters))
    while common and common[0] == 1:
        common = common[1:]
    asked = common if size is None else tuple(np.atleast_1d(size).tolist())
    asked = (1,) * (len(common) - len(asked)) + asked
    least = (1,) * (len(asked) - len(common)) + common
    if any(n not in (1, m) for n, m in zip(least, asked, strict=True)):
        raise ValueError(f"{fn}: size does not match the broadcast shape of the parameters. {size}, {asked}, {common}")
    return asked
