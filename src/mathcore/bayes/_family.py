"""What conjugate families share: fields that cannot change, densities, intervals, pictures."""

import dataclasses

import numpy as np

from mathcore import _validate
from mathcore.bayes import _arguments as arguments

KINDS = ("equal-tailed", "highest-density")


class Family:
    """Parameters are fields, floats or arrays of one shape: a batch of distributions. A subclass has `_logpdf`,
    `_quantile` and `_label`."""

    def _fit(self, **checks):
        """Each field checked by its function and broadcast to the common shape."""
        me = type(self).__name__
        arrays = {name: check(getattr(self, name), me, name) for name, check in checks.items()}
        shape = arguments.fit_together(me, **arrays)
        for name, a in arrays.items():
            object.__setattr__(self, name, arguments.plain(np.broadcast_to(a, shape)))

    def _name(self, method):
        return f"{type(self).__name__}.{method}"

    def _shape(self):
        return np.shape(getattr(self, dataclasses.fields(self)[0].name))

    @property
    def std(self):
        """Standard deviation, the root of `var`."""
        return np.sqrt(self.var)

    def logpdf(self, x, /):
        """Log density of the parameter.

        Parameters
        ----------
        x : array_like
            Values of the parameter, broadcast with the batch.

        Returns
        -------
        ndarray or float
            -inf outside the support.
        """
        fn = self._name("logpdf")
        x = arguments.real_array(x, fn, "x").astype(np.float64, copy=False)
        _validate.broadcast_batch(x.shape, self._shape(), fn, "shapes of x and the batch")
        return self._logpdf(x)[()]

    def pdf(self, x, /):
        """Density of the parameter.

        Parameters
        ----------
        x : array_like
            Values of the parameter, broadcast with the batch.

        Returns
        -------
        ndarray or float
        """
        return np.exp(self.logpdf(x))

    def credible_interval(self, level=0.95, *, kind="equal-tailed"):
        """Where the parameter lies with probability `level`.

        Parameters
        ----------
        level : float, default 0.95
            More than 0, at most 1.
        kind : {"equal-tailed", "highest-density"}, default "equal-tailed"
            As much probability on either side, or the shortest interval.

        Returns
        -------
        low, high : float or ndarray

        Raises
        ------
        ValueError
            A level of 0 or less or more than 1, another kind, a density of two peaks under "highest-density".
        """
        fn = self._name("credible_interval")
        level = _validate.real_number(level, fn, "level", above=0, high=1)
        _validate.one_of(kind, KINDS, fn, "kind")
        return self._interval(level, kind, fn)

    def _interval(self, level, kind, fn):
        if kind == "highest-density":
            low, high = shortest(self._quantile, self._logpdf, level, self._shape())
        else:
            low, high = self._quantile((1 - level) / 2, None), self._quantile(None, (1 - level) / 2)
        return np.asarray(low)[()], np.asarray(high)[()]

    def sample(self, size=None, *, rng=None):
        """Draws of the parameter.

        Parameters
        ----------
        size : int or tuple of int, optional
            How many of each distribution of the batch; they come before its dimensions.
        rng : int, numpy.random.Generator or None, optional
            A seed, a generator, or new entropy.

        Returns
        -------
        ndarray or float
        """
        fn = self._name("sample")
        return self._draw(_validate.generator(rng, fn), sizes(size, fn) + self._shape())

    def plot(self, *, level=0.95, ax=None):
        """The density of each distribution of the batch, and its equal-tailed credible interval.

        Parameters
        ----------
        level : float, default 0.95
            Of the interval, which is shaded.
        ax : matplotlib Axes, optional

        Returns
        -------
        matplotlib Axes
        """
        from mathcore.plot import _axes

        ax = _axes(ax)
        low, high = (np.ravel(end) for end in self.credible_interval(level))
        first, last = (np.ravel(end) for end in (self._quantile(5e-4, None), self._quantile(None, 5e-4)))
        grid = np.linspace(first.min(), last.max(), 401)
        density = np.exp(self._logpdf(grid.reshape(-1, *[1] * len(self._shape())))).reshape(len(grid), -1)
        for curve, a, b in zip(density.T, low, high, strict=True):
            line, = ax.plot(grid, curve)
            inside = (grid >= a) & (grid <= b)
            ax.fill_between(grid[inside], curve[inside], alpha=0.25, color=line.get_color(), linewidth=0)
        ax.set(title=f"{type(self).__name__}, {level:.0%} interval", xlabel=self._label, ylabel="density")
        ax.set_ylim(bottom=0)
        return ax


def sizes(size, fn):
    """`size` as a tuple."""
    if size is None:
        return ()
    one = size if isinstance(size, tuple | list) else (size,)
    return tuple(_validate.whole_number(n, fn, "size", low=0) for n in one)


def shortest(quantile, logpdf, level, shape):
    """The interval of probability `level` whose ends have equal density: the probability below it by bisection. Of a
    density that only falls or rises it reaches the end of the support."""
    below, above = np.zeros(shape), np.full(shape, 1 - level)
    for _ in range(60):                  # a width of 1e-18, where quantiles do not move any more
        p = 0.5 * (below + above)
        with np.errstate(invalid="ignore"):
            more = logpdf(quantile(p, None)) < logpdf(quantile(None, (1 - level) - p))
        below, above = np.where(more, p, below), np.where(more, above, p)
    # an end that no step has moved is that of the support
    p = np.where(below == 0, 0.0, np.where(above == 1 - level, 1 - level, 0.5 * (below + above)))
    return quantile(p, None), quantile(None, (1 - level) - p)
