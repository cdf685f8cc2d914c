"""What all univariate distributions share: their methods over the compiled functions, arguments, moments, sampling.

Whatever SciPy's distribution of the same name has beside these (`fit`, `expect`, `moment`, ...) is SciPy's, loaded when
it is asked for.
"""

import inspect

import numpy as np

from mathcore._kernels.distributions import METHODS, Family
from mathcore._kernels.tape import by_rule, is_traced
from mathcore.stats._arguments import generator_of, of_scipy, sample_shape

PDF, LOGPDF, CDF, SF, LOGCDF, LOGSF, PPF, ISF = range(8)



class Distribution:
    """A family of distributions with SciPy's methods; calling it freezes the parameters."""

    name = None
    shape_domains = {}
    discrete = False
    ends = None                          # of the support, where they do not depend on shapes

    def __init__(self):
        self.shapes = ", ".join(self.shape_domains) or None
        self.numargs = len(self.shape_domains)
        self._family = Family(self.name, self.shape_domains, self)
        self._random_state = None
        self._parse_args = self._parser()

    def _parser(self):
        """A function of shapes, loc and scale that says so, to those who look at signatures."""
        names = [*self.shape_domains, "loc"] + ([] if self.discrete else ["scale"])
        default = {"loc": 0, "scale": 1}

        def parse(*args, **kwds):
            return self._family.parameters("_parse_args", args, kwds)

        parse.__signature__ = inspect.Signature(
            [
                inspect.Parameter(
                    n, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default.get(n, inspect.Parameter.empty)
                )
                for n in names
            ]
        )
        return parse

    def __reduce__(self):
        return _of_name, (self.name, self._random_state)

    @property
    def random_state(self):
        """The generator of `rvs` where it is given none; None is NumPy's global one."""
        return generator_of(self._random_state, None, self.name)

    @random_state.setter
    def random_state(self, seed):
        self._random_state = None if seed is None else generator_of(seed, None, self.name)

    def __repr__(self):
        return f"mathcore.stats.{self.name}"

    def __getattr__(self, name):
        if name.startswith("__") or name == "_family":
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(of_scipy(self.name), name)

    def __call__(self, *args, **kwds):
        from mathcore.stats._frozen import Frozen

        return Frozen(self, *args, **kwds)

    def freeze(self, *args, **kwds):
        """The distribution with these parameters.

        Parameters
        ----------
        *args, **kwds
            Shapes, ``loc`` and ``scale``.

        Returns
        -------
        Frozen
        """
        return self(*args, **kwds)

    # -------------------------------------------------- arguments

    def _domains(self, shapes):
        """(name, values, what they should be, whether each is) of the shapes."""
        for (name, (holds, words)), values in zip(self.shape_domains.items(), shapes, strict=True):
            yield name, values, words, holds(values)

    def _support(self, *shapes):
        return self.ends

    def _argcheck(self, *shapes):
        shapes = [np.asarray(s) for s in shapes]
        with np.errstate(invalid="ignore"):
            ok = np.asarray(True)
            for _, _, _, holds in self._domains(shapes):
                ok = ok & holds
        return ok

    def unusual(self, method, x, args, kwds):
        """A method at x where the compiled family does not know what to do.

        Parameters
        ----------
        method : int
        x : array_like
        args : tuple
        kwds : dict
            `validate` and `workers` among them, or traced values or complex numbers anywhere.

        Returns
        -------
        ndarray, float64 or traced value
        """
        if not kwds.keys().isdisjoint(("workers", "validate")):
            kwds = dict(kwds)
            workers = kwds.pop("workers", None)
            if kwds.pop("validate", False):
                self.check(*args, **kwds)
            return self._family(method, x, args, kwds, workers)
        shapes, loc, scale = self._parse_args(*args, **kwds)
        if any(map(is_traced, (x, *shapes, loc, scale))):
            return by_rule("distribution", self, method, x, shapes, loc, scale)
        word = METHODS[method].replace("pdf", "pmf") if self.discrete else METHODS[method]
        return getattr(of_scipy(self.name), word)(x, *args, **kwds)      # complex numbers: what SciPy makes of them

    def check(self, *args, **kwds):
        """Raise for parameters that are those of no distribution, which the other methods answer with NaN.

        Parameters
        ----------
        *args, **kwds
            Shapes, ``loc`` and ``scale``.

        Raises
        ------
        ValueError
            Names the parameter, the first value that is out of range and where it stands.
        """
        shapes, loc, scale = self._parse_args(*args, **kwds)
        arrays = [np.asarray(s) for s in shapes]
        with np.errstate(invalid="ignore"):
            rows = [
                *self._domains(arrays),
                ("scale", np.asarray(scale), "positive", np.asarray(scale) > 0),
                ("loc", np.asarray(loc), "a number", np.asarray(loc) == loc),
            ]
        for name, values, words, holds in rows:
            if not np.all(holds):
                holds, values = np.broadcast_arrays(holds, values)
                where = tuple(int(i) for i in np.argwhere(~holds)[0])
                place = f"{name}[{', '.join(map(str, where))}]" if where else name
                raise ValueError(
                    f"{self.name}: {place} is out of range; expected {name} {words}, got {values[where]!r}"
                )

    # -------------------------------------------------- values

    def cdf(self, x, *args, **kwds):
        """Probability of a value of at most x.

        Parameters
        ----------
        x : array_like
        *args, **kwds
            Shapes, ``loc`` and ``scale``, which broadcast with x; ``workers``; ``validate=True`` to raise for
            parameters out of range, for which otherwise NaN is returned.

        Returns
        -------
        ndarray or float64
        """
        return self._family(CDF, x, args, kwds)

    def sf(self, x, *args, **kwds):
        """Probability of a value above x: 1 - cdf, without its cancellation.

        Parameters
        ----------
        x : array_like
        *args, **kwds
            As of `cdf`.

        Returns
        -------
        ndarray or float64
        """
        return self._family(SF, x, args, kwds)

    def logcdf(self, x, *args, **kwds):
        """Logarithm of `cdf`, also where that underflows.

        Parameters
        ----------
        x : array_like
        *args, **kwds
            As of `cdf`.

        Returns
        -------
        ndarray or float64
        """
        return self._family(LOGCDF, x, args, kwds)

    def logsf(self, x, *args, **kwds):
        """Logarithm of `sf`, also where that underflows.

        Parameters
        ----------
        x : array_like
        *args, **kwds
            As of `cdf`.

        Returns
        -------
        ndarray or float64
        """
        return self._family(LOGSF, x, args, kwds)

    def ppf(self, q, *args, **kwds):
        """Quantile: the inverse of `cdf`; of whole numbers the least whose cdf is at least q.

        Parameters
        ----------
        q : array_like
            Probabilities.
        *args, **kwds
            As of `cdf`.

        Returns
        -------
        ndarray or float64
        """
        return self._family(PPF, q, args, kwds)

    def isf(self, q, *args, **kwds):
        """Quantile from above: the inverse of `sf`; of whole numbers the least whose sf is at most q.

        Parameters
        ----------
        q : array_like
            Probabilities.
        *args, **kwds
            As of `cdf`.

        Returns
        -------
        ndarray or float64
        """
        return self._family(ISF, q, args, kwds)

    # -------------------------------------------------- numbers of the distribution

    def _parameters(self, args, kwds):
        """Shapes, loc and scale as arrays, and where they are those of a distribution."""
        shapes, loc, scale = self._parse_args(*args, **kwds)
        shapes = tuple(np.asarray(s) for s in shapes)
        loc, scale = np.asarray(loc), np.asarray(scale)
        with np.errstate(invalid="ignore"):
            return shapes, loc, scale, self._argcheck(*shapes) & (scale > 0) & (loc == loc)

    def _where(self, ok, value):
        with np.errstate(invalid="ignore"):
            return np.where(ok, value, np.nan)[()]

    def stats(self, *args, moments="mv", **kwds):
        """Moments.

        Parameters
        ----------
        *args, **kwds
            Shapes, ``loc`` and ``scale``.
        moments : str, default "mv"
            Which, of "m" (mean), "v" (variance), "s" (skewness), "k" (excess kurtosis).

        Returns
        -------
        tuple of ndarray or float64, or one where one is asked for
        """
        if len(args) == self.numargs + (2 if self.discrete else 3):
            args, moments = args[:-1], args[-1]
        shapes, loc, scale, ok = self._parameters(args, kwds)
        with np.errstate(all="ignore"):
            mean, var, skew, kurt = self._moments(*(s * 1.0 for s in shapes))
            values = {
                "m": mean * scale + loc,
                "v": var * scale * scale,
                "s": skew + 0.0 * scale,
                "k": kurt + 0.0 * scale,
            }
        got = tuple(self._where(ok, values[m]) for m in "mvsk" if m in moments)
        return got[0] if len(got) == 1 else got

    def mean(self, *args, **kwds):
        """Mean.

        Parameters
        ----------
        *args, **kwds
            Shapes, ``loc`` and ``scale``.

        Returns
        -------
        ndarray or float64
        """
        return self.stats(*args, moments="m", **kwds)

    def var(self, *args, **kwds):
        """Variance.

        Parameters
        ----------
        *args, **kwds
            Shapes, ``loc`` and ``scale``.

        Returns
        -------
        ndarray or float64
        """
        return self.stats(*args, moments="v", **kwds)

    def std(self, *args, **kwds):
        """Standard deviation.

        Parameters
        ----------
        *args, **kwds
            Shapes, ``loc`` and ``scale``.

        Returns
        -------
        ndarray or float64
        """
        return np.sqrt(self.var(*args, **kwds))

    def median(self, *args, **kwds):
        """Median, ``ppf(0.5)``.

        Parameters
        ----------
        *args, **kwds
            Shapes, ``loc`` and ``scale``.

        Returns
        -------
        ndarray or float64
        """
        return self.ppf(0.5, *args, **kwds)

    def entropy(self, *args, **kwds):
        """Differential entropy, or entropy of whole numbers, in nats.

        Parameters
        ----------
        *args, **kwds
            Shapes, ``loc`` and ``scale``.

        Returns
        -------
        ndarray or float64
        """
        shapes, loc, scale, ok = self._parameters(args, kwds)
        with np.errstate(all="ignore"):
            value = self._entropy(*(s * 1.0 for s in shapes)) + (0.0 if self.discrete else np.log(scale)) + 0.0 * loc
        return self._where(ok, value)

    def interval(self, confidence, *args, **kwds):
        """The interval around the median that holds this probability.

        Parameters
        ----------
        confidence : array_like
            From 0 to 1.
        *args, **kwds
            Shapes, ``loc`` and ``scale``.

        Returns
        -------
        tuple of ndarray or float64
            Its ends.

        Raises
        ------
        ValueError
            A confidence outside [0, 1].
        """
        c = np.asarray(confidence)
        if np.any((c > 1) | (c < 0)):
            raise ValueError(f"{self.name}.interval: confidence must be between 0 and 1 inclusive; got {confidence!r}")
        return self.ppf((1 - c) / 2, *args, **kwds), self.ppf((1 + c) / 2, *args, **kwds)

    def support(self, *args, **kwds):
        """Ends of the set of possible values.

        Parameters
        ----------
        *args, **kwds
            Shapes, ``loc`` and ``scale``.

        Returns
        -------
        tuple of ndarray or float64
        """
        shapes, loc, scale, ok = self._parameters(args, kwds)
        with np.errstate(invalid="ignore"):
            low, high = (end * scale + loc for end in self._support(*shapes))
        return self._where(ok, low), self._where(ok, high)

    def rvs(self, *args, size=None, random_state=None, rng=None, **kwds):
        """Random values.

        Parameters
        ----------
        *args, **kwds
            Shapes, ``loc`` and ``scale``.
        size : int or tuple of int, optional
            Shape of the sample; default that of the parameters.
        random_state : int, Generator or RandomState, optional
            As SciPy takes it: None is NumPy's global RandomState. The values are SciPy's for the same generator.
        rng : int, SeedSequence or Generator, optional
            In place of random_state, as `numpy.random.default_rng` takes it.

        Returns
        -------
        ndarray or scalar

        Raises
        ------
        ValueError
            Parameters out of range, a size that does not fit them.
        """
        fn = f"{self.name}.rvs"
        if len(args) == self.numargs + (2 if not self.discrete else 1) + 1 and size is None:
            args, size = args[:-1], args[-1]
        shapes, loc, scale = self._family.parameters("rvs", args, kwds)
        shape = sample_shape((*shapes, loc, scale), size, fn)
        if not np.all(self._argcheck(*shapes) & (np.asarray(scale) >= 0)):
            raise ValueError(
                f"{fn}: Domain error in arguments. The `scale` parameter must be positive for all "
                f"distributions, and shapes in range; expected those of `{self.name}`, got "
                f"{', '.join(map(repr, (*shapes, scale)))}"
            )
        if np.all(np.asarray(scale) == 0):
            return loc * np.ones(shape)
        if random_state is None and rng is None:
            random_state = self._random_state
        values = self._rvs(*shapes, size=shape, random_state=generator_of(random_state, rng, fn))
        return self._placed(values, loc, scale, shape)

    def _placed(self, values, loc, scale, shape):
        """Sampled values at their location, in place where that is the same."""
        if shape == () or np.ndim(loc) or np.ndim(scale) or not isinstance(values, np.ndarray):
            return values * scale + loc
        if scale != 1:
            values *= scale
        if loc != 0:
            values += loc
        return values


def _of_name(name, random_state):
    """A distribution by its name, as pickle has it."""
    cls = next(c for parent in (Continuous, Discrete) for c in parent.__subclasses__() if c.name == name)
    one = cls()
    one._random_state = random_state
    return one


class Continuous(Distribution):
    """Distributions with a density."""

    def fit(self, data, *args, **kwds):
        """Parameters that fit data best, by SciPy.

        Parameters
        ----------
        data : array_like
        *args, **kwds
            Starting values of shapes; ``loc``, ``scale``, fixed ones (``floc=0``), ``method`` and what else
            `scipy.stats.rv_continuous.fit` takes.

        Returns
        -------
        tuple of float
            Shapes, location and scale.
        """
        return of_scipy(self.name).fit(data, *args, **kwds)

    def pdf(self, x, *args, **kwds):
        """Probability density.

        Parameters
        ----------
        x : array_like
        *args, **kwds
            As of `cdf`.

        Returns
        -------
        ndarray or float64
        """
        return self._family(PDF, x, args, kwds)

    def logpdf(self, x, *args, **kwds):
        """Logarithm of `pdf`, also where that underflows.

        Parameters
        ----------
        x : array_like
        *args, **kwds
            As of `cdf`.

        Returns
        -------
        ndarray or float64
        """
        return self._family(LOGPDF, x, args, kwds)


class Discrete(Distribution):
    """Distributions of whole numbers."""

    discrete = True

    def pmf(self, k, *args, **kwds):
        """Probability of the value k; 0 of what is no whole number.

        Parameters
        ----------
        k : array_like
        *args, **kwds
            As of `cdf`.

        Returns
        -------
        ndarray or float64
        """
        return self._family(PDF, k, args, kwds)

    def logpmf(self, k, *args, **kwds):
        """Logarithm of `pmf`, also where that underflows.

        Parameters
        ----------
        k : array_like
        *args, **kwds
            As of `cdf`.

        Returns
        -------
        ndarray or float64
        """
        return self._family(LOGPDF, k, args, kwds)

    def _entropy(self, *shapes):
        """Sum over what the distribution has but for 1e-18 of it."""

        def one(*s):
            if not self._argcheck(*s):
                return np.nan
            low, high = self.ppf(1e-18, *s), self.isf(1e-18, *s)
            p = self.logpmf(np.arange(low, high + 1), *s)
            return -np.sum(np.exp(p) * np.where(p > -np.inf, p, 0))

        return np.vectorize(one, otypes=[float])(*shapes)

    def _placed(self, values, loc, scale, shape):
        if isinstance(loc, int) and loc == 0:
            return int(values) if shape == () else values.astype(np.int64, copy=False)
        values = values + loc
        return int(values) if shape == () else values.astype(np.int64)
