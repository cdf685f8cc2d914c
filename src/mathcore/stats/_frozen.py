"""A distribution with its parameters."""

from mathcore.stats._arguments import generator_of, of_scipy


class Frozen:
    """A distribution whose parameters are fixed; it has the distribution's methods without them.

    Attributes
    ----------
    dist : Distribution
    args : tuple
    kwds : dict
    """

    def __init__(self, dist, *args, **kwds):
        shapes, _, _ = dist._parse_args(*args, **kwds)
        self.dist, self.args, self.kwds = dist, args, kwds
        self.a, self.b = dist._support(*shapes)
        self._random_state = None

    def __repr__(self):
        words = [*map(repr, self.args), *(f"{k}={v!r}" for k, v in self.kwds.items())]
        return f"mathcore.stats.{self.dist.name}({', '.join(words)})"

    def __getattr__(self, name):
        if name in ("dist", "kwds", "args") or name.startswith("__"):
            raise AttributeError(name)
        if name in ("pdf", "logpdf", "pmf", "logpmf", "cdf", "sf", "logcdf", "logsf", "ppf", "isf"):
            if not hasattr(type(self.dist), name):
                kind = "discrete" if self.dist.discrete else "continuous"
                raise AttributeError(f"'rv_{kind}_frozen' object has no attribute {name!r}")
            method, args, kwds = getattr(self.dist, name), self.args, self.kwds
            return lambda x, **more: method(x, *args, **kwds, **more)
        return getattr(of_scipy(self.dist.name)(*self.args, **self.kwds), name)

    @property
    def random_state(self):
        """The generator of `rvs` where it is given none."""
        return generator_of(self._random_state, None, self.dist.name)

    @random_state.setter
    def random_state(self, seed):
        self._random_state = generator_of(seed, None, self.dist.name)

    def rvs(self, size=None, random_state=None, rng=None):
        """Random values.

        Parameters
        ----------
        size : int or tuple of int, optional
        random_state : int, Generator or RandomState, optional
        rng : int, SeedSequence or Generator, optional

        Returns
        -------
        ndarray or scalar
        """
        if random_state is None and rng is None:
            random_state = self._random_state
        return self.dist.rvs(*self.args, size=size, random_state=random_state, rng=rng, **self.kwds)

    def stats(self, moments="mv"):
        """Moments; see the distribution's `stats`.

        Parameters
        ----------
        moments : str, default "mv"

        Returns
        -------
        tuple of float64, or one
        """
        return self.dist.stats(*self.args, moments=moments, **self.kwds)

    def mean(self):
        """Mean.

        Returns
        -------
        ndarray or float64
        """
        return self.dist.mean(*self.args, **self.kwds)

    def var(self):
        """Variance.

        Returns
        -------
        ndarray or float64
        """
        return self.dist.var(*self.args, **self.kwds)

    def std(self):
        """Standard deviation.

        Returns
        -------
        ndarray or float64
        """
        return self.dist.std(*self.args, **self.kwds)

    def median(self):
        """Median.

        Returns
        -------
        ndarray or float64
        """
        return self.dist.median(*self.args, **self.kwds)

    def entropy(self):
        """Entropy in nats.

        Returns
        -------
        ndarray or float64
        """
        return self.dist.entropy(*self.args, **self.kwds)

    def interval(self, confidence):
        """The interval around the median that holds this probability.

        Parameters
        ----------
        confidence : array_like

        Returns
        -------
        tuple of ndarray or float64
        """
        return self.dist.interval(confidence, *self.args, **self.kwds)

    def support(self):
        """Ends of the set of possible values.

        Returns
        -------
        tuple of ndarray or float64
        """
        return self.dist.support(*self.args, **self.kwds)
