"""Learning rates that change: each function returns a function of the step (0, 1, 2, ...), for `learning_rate=`."""

import math

from mathcore import _validate

__all__ = ["constant", "cosine", "exponential", "linear_warmup", "one_cycle", "step"]

_MOST = 1.7976931348623157e308


def _rate(value, fn, arg="rate"):
    return _validate.real_number(value, fn, arg, above=0, high=_MOST)


def constant(rate, /):
    """The same rate at every step.

    Parameters
    ----------
    rate : float
        Positive.

    Returns
    -------
    callable
        ``f(step) -> float``

    Raises
    ------
    ValueError, TypeError
        A rate that is not positive, or no number.

    Examples
    --------
    >>> from mathcore.optimize import schedules
    >>> schedules.constant(0.1)(1000)
    0.1
    """
    rate = _rate(rate, "constant")
    return lambda step: rate


def step(rate, /, *, every, factor=0.1):
    """A rate that falls in steps: ``rate * factor^floor(step / every)``.

    Parameters
    ----------
    rate : float
        At the start; positive.
    every : int
        Steps between two falls.
    factor : float, default 0.1
        In (0, 1].

    Returns
    -------
    callable
        ``f(step) -> float``

    Raises
    ------
    ValueError, TypeError
        Numbers out of range, or none.

    Notes
    -----
    PyTorch's StepLR.

    Examples
    --------
    >>> from mathcore.optimize import schedules
    >>> rate = schedules.step(1.0, every=10, factor=0.5)
    >>> rate(9), rate(10), rate(20)
    (1.0, 0.5, 0.25)
    """
    rate, every = _rate(rate, "step"), _validate.whole_number(every, "step", "every", low=1)
    factor = _validate.real_number(factor, "step", "factor", above=0, high=1)
    return lambda step: rate * factor ** (step // every)


def exponential(rate, /, *, factor):
    """A rate that falls by the same factor at every step: ``rate * factor^step``.

    Parameters
    ----------
    rate : float
        At the start; positive.
    factor : float
        In (0, 1].

    Returns
    -------
    callable
        ``f(step) -> float``

    Raises
    ------
    ValueError, TypeError
        Numbers out of range, or none.

    Notes
    -----
    PyTorch's ExponentialLR.

    Examples
    --------
    >>> from mathcore.optimize import schedules
    >>> schedules.exponential(1.0, factor=0.5)(3)
    0.125
    """
    rate, factor = _rate(rate, "exponential"), _validate.real_number(factor, "exponential", "factor", above=0, high=1)
    return lambda step: rate * factor**step


def cosine(rate, /, *, total, floor=0.0):
    """Half a cosine from `rate` at step 0 down to `floor` at step `total`, and `floor` from there on.

    Parameters
    ----------
    rate : float
        At the start; positive.
    total : int
        Steps that the way down takes.
    floor : float, default 0
        At least 0, at most `rate`.

    Returns
    -------
    callable
        ``f(step) -> float``

    Raises
    ------
    ValueError, TypeError
        Numbers out of range, or none.

    Notes
    -----
    ``floor + (rate - floor) (1 + cos(pi step / total)) / 2``: I. Loshchilov and F. Hutter, SGDR, arXiv 1608.03983;
    PyTorch's CosineAnnealingLR, which comes up again after `total`.

    Examples
    --------
    >>> from mathcore.optimize import schedules
    >>> rate = schedules.cosine(1.0, total=4)
    >>> [round(rate(k), 4) for k in range(6)]
    [1.0, 0.8536, 0.5, 0.1464, 0.0, 0.0]
    """
    rate, total = _rate(rate, "cosine"), _validate.whole_number(total, "cosine", "total", low=1)
    floor = _validate.real_number(floor, "cosine", "floor", low=0, high=rate)
    return lambda step: _annealed(rate, floor, step / total)


def _annealed(a, b, part):
    """From a to b along half a cosine."""
    return b + (a - b) * (1 + math.cos(math.pi * min(part, 1.0))) / 2


def linear_warmup(rate, /, *, steps, start=0.0):
    """A rate that rises along a line for some steps and then is a number or follows another schedule.

    Parameters
    ----------
    rate : float or callable
        What comes after the rise; a schedule is counted from 0 there.
    steps : int
        Steps of the rise, at least 1.
    start : float, default 0
        The part of the rate, in [0, 1], with which it begins.

    Returns
    -------
    callable
        ``f(step) -> float``

    Raises
    ------
    ValueError, TypeError
        Numbers out of range, or none.

    Notes
    -----
    ``rate (start + (1 - start) step / steps)``: PyTorch's LinearLR. At step 0 with `start` 0 nothing moves.

    Examples
    --------
    >>> from mathcore.optimize import schedules
    >>> rate = schedules.linear_warmup(schedules.exponential(1.0, factor=0.5), steps=4)
    >>> [rate(k) for k in range(7)]
    [0.0, 0.25, 0.5, 0.75, 1.0, 0.5, 0.25]
    """
    fn = "linear_warmup"
    after = rate if callable(rate) else constant(_rate(rate, fn))
    steps = _validate.whole_number(steps, fn, "steps", low=1)
    start = _validate.real_number(start, fn, "start", low=0, high=1)
    return lambda step: after(step - steps) if step >= steps else after(0) * (start + (1 - start) * step / steps)


def one_cycle(rate, /, *, total, warmup=0.3, start_divisor=25.0, end_divisor=1e4):
    """One rise to the largest rate and one long fall, each along half a cosine.

    Parameters
    ----------
    rate : float
        The largest.
    total : int
        Steps in all, at least 2; the last is number ``total - 1``.
    warmup : float, default 0.3
        The part of them, in (0, 1), that the rise takes; it ends at step ``warmup * total - 1``.
    start_divisor : float, default 25
        The first rate is ``rate / start_divisor``; at least 1.
    end_divisor : float, default 1e4
        The last rate is the first divided by it; at least 1.

    Returns
    -------
    callable
        ``f(step) -> float``

    Raises
    ------
    ValueError, TypeError
        Numbers out of range, or none.

    Notes
    -----
    L. N. Smith and N. Topin, Super-convergence, arXiv 1708.07120; PyTorch's OneCycleLR.

    Examples
    --------
    >>> from mathcore.optimize import schedules
    >>> rate = schedules.one_cycle(1.0, total=10)
    >>> [round(rate(k), 4) for k in (0, 1, 2, 9)]
    [0.04, 0.52, 1.0, 0.0]
    """
    fn = "one_cycle"
    rate, total = _rate(rate, fn), _validate.whole_number(total, fn, "total", low=2)
    warmup = _validate.real_number(warmup, fn, "warmup", above=0, high=1 - 2**-53)
    first = rate / _validate.real_number(start_divisor, fn, "start_divisor", low=1, high=_MOST)
    last = first / _validate.real_number(end_divisor, fn, "end_divisor", low=1, high=_MOST)
    top = max(warmup * total - 1, 0.0)   # total of one or two warm steps: the rise is over before it begins

    def at(step):
        if step <= top and top > 0:
            return _annealed(first, rate, step / top)
        return _annealed(rate, last, (step - top) / (total - 1 - top))
    return at
