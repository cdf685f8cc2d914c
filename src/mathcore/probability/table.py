"""The joint table of variables with names: marginals, conditionals, independence, moments."""

import math
from fractions import Fraction

import numpy as np

from mathcore import _validate

__all__ = ["Joint"]

EPS = float(np.finfo(np.float64).eps)


class Joint:
    """A joint distribution of variables with names, as `joint` makes it.

    Attributes
    ----------
    table : ndarray, read-only
        The probability of each combination, an axis for each variable; of objects where they are fractions.
    names : tuple
        The variables, in the order of the axes.
    values : tuple of tuple
        The values of each variable, in the order along its axis.
    """

    def __init__(self, table, names, values):
        self.table, self.names, self.values = table, names, values
        self._axis_of = {name: axis for axis, name in enumerate(names)}
        self.table.flags.writeable = False

    def __repr__(self):
        parts = ", ".join(f"{name}: {len(v)} values" for name, v in zip(self.names, self.values, strict=True))
        return f"Joint({parts})"

    def _axes(self, names, fn, arg):
        """The axes of these names."""
        found = []
        for name in names if isinstance(names, tuple | list) else (names,):
            try:
                axis = self._axis_of.get(name)
            except TypeError:            # what has no hash is no name
                axis = None
            if axis is None:
                raise ValueError(f"{fn}: {arg} names no variable; expected one of {list(self.names)}, got {name!r}")
            found.append(axis)
        if len(set(found)) < len(found):
            raise ValueError(f"{fn}: {arg} names a variable twice; expected distinct ones, got {names!r}")
        return found

    def _grid(self):
        """The values of each variable along its axis, of a shape that broadcasts with the table."""
        grid = []
        for axis, values in enumerate(self.values):
            a = np.empty(len(values), object)
            a[:] = values
            try:
                plain = np.array(values)
                a = plain if plain.shape == a.shape and plain.dtype.kind in "biufUS" else a
            except ValueError:           # values that are lists of different lengths
                pass
            grid.append(a.reshape([-1 if i == axis else 1 for i in range(len(self.values))]))
        return grid

    def _sum(self, weights=1):
        """The sum of the table times weights: a float or a fraction."""
        total = np.sum(self.table * weights)
        return total if isinstance(total, Fraction | int) else float(total)

    def _mask(self, event, fn, arg):
        """Where an event happens."""
        grid = self._grid()
        if callable(event):
            return np.broadcast_to(np.asarray(event(*grid), bool), self.table.shape)
        if not isinstance(event, dict):
            raise TypeError(f"{fn}: {arg} is no event; expected a dict of names and values or a function of all "
                            f"values, got {event!r}")
        mask = np.ones(self.table.shape, bool)
        for name, wanted in event.items():
            axis, = self._axes((name,), fn, arg)
            if callable(wanted):
                mask &= np.asarray(wanted(grid[axis]), bool)
                continue
            some = wanted if isinstance(wanted, set | frozenset) else (wanted,)
            unknown = [v for v in some if v not in self.values[axis]]
            if unknown:
                raise ValueError(f"{fn}: {arg} gives {name!r} a value that it does not have; expected one of "
                                 f"{list(self.values[axis])}, got {unknown[0]!r}")
            keep = np.array([v in some for v in self.values[axis]])
            mask &= keep.reshape(grid[axis].shape)
        return mask

    def marginal(self, *names):
        """The distribution of some variables, the others summed over.

        Parameters
        ----------
        *names
            In the order that the new axes shall have.

        Returns
        -------
        Joint
        """
        axes = self._axes(names, "marginal", "names")
        if not axes:
            raise ValueError(f"marginal: names is empty; expected some of {list(self.names)}, got {names}")
        rest = tuple(i for i in range(self.table.ndim) if i not in axes)
        left = sorted(axes)
        table = np.sum(self.table, axis=rest) if rest else self.table
        table = np.array(np.transpose(table, [left.index(i) for i in axes]))
        return Joint(table, tuple(self.names[i] for i in axes), tuple(self.values[i] for i in axes))

    def conditional(self, *of, given):
        """The distribution of some variables once others are known.

        Parameters
        ----------
        *of
            Names. Default: all that `given` does not name.
        given : dict, or name, or tuple of names
            Values that some variables have, as in `probability`; or variables, for the table of all their values.

        Returns
        -------
        Joint, or ndarray
            For a dict the distribution of `of`. For names an array with their axes first and those of `of` behind: each
            row sums to 1, but is NaN where the condition has probability 0.
        """
        fn = "conditional"
        if isinstance(given, dict):
            mask = self._mask(given, fn, "given")
            kept = Joint(np.where(mask, self.table, 0), self.names, self.values)
            total = kept._sum()
            if total == 0:
                raise ValueError(f"{fn}: given has probability 0; expected a possible condition, got {given!r}")
            of = of or tuple(name for name in self.names if name not in given)
            found = kept.marginal(*of)
            return Joint(found.table / total, found.names, found.values)
        known = self._axes(given, fn, "given")
        of = self._axes(of, fn, "of") if of else [i for i in range(self.table.ndim) if i not in known]
        if set(of) & set(known) or not of:
            raise ValueError(f"{fn}: of and given share a variable or leave none; expected others, got {given!r}")
        both = self.marginal(*(self.names[i] for i in known + of)).table
        total = np.sum(both, axis=tuple(range(len(known), both.ndim)), keepdims=True)
        possible = np.broadcast_to(total != 0, both.shape)
        out = np.full(both.shape, np.nan, both.dtype)
        out[possible] = both[possible] / np.broadcast_to(total, both.shape)[possible]
        return out

    def probability(self, event, /, *, given=None):
        """Probability of an event, or its conditional probability.

        Parameters
        ----------
        event : dict, or callable
            name -> a value, a set of values, or a function of the array of values; all must hold. Or a function of the
            arrays of values of all variables in order, which broadcast: where it is true.
        given : dict or callable, optional
            Another event, which is known.

        Returns
        -------
        float, or Fraction where the table holds fractions
        """
        fn = "probability"
        mask = self._mask(event, fn, "event")
        if given is None:
            return self._sum(mask)
        known = self._mask(given, fn, "given")
        total = self._sum(known)
        if total == 0:
            raise ValueError(f"{fn}: given has probability 0; expected a possible condition, got {given!r}")
        return self._sum(mask & known) / total

    def is_independent(self, a, b, *, given=None, tol=None):
        """Whether two variables, or groups of them, are independent (given others).

        Parameters
        ----------
        a, b : name or tuple of names
        given : name or tuple of names, optional
            For conditional independence.
        tol : float, optional
            What ``p(a, b) p(given)`` and ``p(a, given) p(b, given)`` may differ by. Default: 0 for fractions, else
            8 eps times the number of elements.

        Returns
        -------
        bool
        """
        fn = "is_independent"
        a, b = self._axes(a, fn, "a"), self._axes(b, fn, "b")
        known = [] if given is None else self._axes(given, fn, "given")
        if len(set(a + b + known)) < len(a + b + known):
            raise ValueError(f"{fn}: a, b and given share a variable; expected distinct ones, got "
                             f"{[self.names[i] for i in a + b + known]}")
        if tol is None:
            tol = 0.0 if self.table.dtype == object else 8 * self.table.size * EPS
        tol = _validate.real_number(tol, fn, "tol", low=0)

        def over(axes):
            return np.sum(self.table, axis=tuple(i for i in range(self.table.ndim) if i not in axes), keepdims=True)

        difference = over(a + b + known) * over(known) - over(a + known) * over(b + known)
        return bool(np.max(np.abs(difference)) <= tol)

    def _quantity(self, f, fn):
        """The numbers that f gives to each combination."""
        if f is None:
            if len(self.names) > 1:
                raise ValueError(f"{fn}: f is None beside several variables; expected a name or a function, got "
                                 f"{list(self.names)}")
            f = self.names[0]
        found = f(*self._grid()) if callable(f) else self._grid()[self._axes((f,), fn, "f")[0]]
        found = np.asarray(found)
        if found.dtype.kind in "US" or found.dtype.kind == "O" and any(isinstance(x, str) for x in found.ravel()):
            raise TypeError(f"{fn}: f gives values that are no numbers; expected numbers, got {found.ravel()[0]!r}")
        if self.table.dtype == object and found.dtype.kind in "biu":
            found = found.astype(int).astype(object)        # Python's integers keep fractions exact
        return found

    def expectation(self, f=None):
        """Expected value of a variable, or of a function of all.

        Parameters
        ----------
        f : name or callable, optional
            A variable whose values are numbers, or a function of the arrays of values of all variables in order.
            Default: the only variable.

        Returns
        -------
        float, or Fraction where the table holds fractions and the values are whole or fractions
        """
        return self._sum(self._quantity(f, "expectation"))

    def variance(self, f=None):
        """Variance ``E (f - E f)^2`` of a variable, or of a function of all.

        Parameters
        ----------
        f : name or callable, optional
            As in `expectation`.

        Returns
        -------
        float or Fraction
        """
        return self._covariance(f, f, "variance")

    def covariance(self, f, g):
        """Covariance ``E (f - E f)(g - E g)`` of two variables or functions.

        Parameters
        ----------
        f, g : name or callable
            As in `expectation`.

        Returns
        -------
        float or Fraction
        """
        return self._covariance(f, g, "covariance")

    def _covariance(self, f, g, fn):
        x, y = self._quantity(f, fn), self._quantity(g, fn)
        return self._sum((x - self._sum(x)) * (y - self._sum(y)))

    def correlation(self, f, g):
        """Correlation of two variables or functions, from -1 to 1; NaN where one is constant.

        Parameters
        ----------
        f, g : name or callable
            As in `expectation`.

        Returns
        -------
        float
        """
        both, *own = (float(self._covariance(x, y, "correlation")) for x, y in ((f, g), (f, f), (g, g)))
        if min(own) <= 0:
            return math.nan
        return max(-1.0, min(1.0, both / math.sqrt(own[0]) / math.sqrt(own[1])))
