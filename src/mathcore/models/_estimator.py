"""What all estimators share: parameters by name, data checked and their column names remembered, scikit-learn's tags.

scikit-learn is not needed: its own classes are used where it is loaded, so that its tools know our errors and tags.
"""

import inspect
import sys
import warnings

import numpy as np

from mathcore import _validate


class NotFittedError(ValueError, AttributeError):
    """An estimator was asked for what only `fit` gives it."""


class ConvergenceWarning(UserWarning):
    """A fit ended at `max_iter`."""


def _theirs(module, name, ours):
    """scikit-learn's class where it is loaded, else ours."""
    return getattr(sys.modules.get(module), name, ours)


class Estimator:
    """Parameters are what __init__ takes and stores under the same names, unchecked until `fit`."""

    _kind = None                         # "classifier" or "regressor"
    _many_targets = False

    # -------------------------------------------------- parameters

    @classmethod
    def _names(cls):
        return [name for name in inspect.signature(cls.__init__).parameters if name != "self"]

    def get_params(self, deep=True):
        """Parameters by name.

        Parameters
        ----------
        deep : bool, default True
            For scikit-learn's sake: no parameter is an estimator.

        Returns
        -------
        dict
        """
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **params):
        """Change parameters.

        Parameters
        ----------
        **params
            New values by name.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            A name that is no parameter.
        """
        for name, value in params.items():
            if name not in self._names():
                raise ValueError(f"{type(self).__name__}.set_params: {name!r} is no parameter; expected one of "
                                 f"{', '.join(self._names())}, got {name}={value!r}")
            setattr(self, name, value)
        return self

    def __repr__(self):
        default = inspect.signature(type(self).__init__).parameters
        changed = (f"{name}={value!r}" for name, value in self.get_params().items()
                   if repr(value) != repr(default[name].default))
        return f"{type(self).__name__}({', '.join(changed)})"

    def __sklearn_is_fitted__(self):
        return hasattr(self, "n_features_in_")

    def __sklearn_tags__(self):
        from sklearn.utils import ClassifierTags, InputTags, RegressorTags, Tags, TargetTags

        return Tags(
            estimator_type=self._kind, target_tags=TargetTags(required=True, multi_output=self._many_targets),
            classifier_tags=ClassifierTags() if self._kind == "classifier" else None,
            regressor_tags=RegressorTags() if self._kind == "regressor" else None, input_tags=InputTags())

    # -------------------------------------------------- data

    def _samples(self, x, fn, *, fitting):
        """x (n, d) in float32 or float64, C-order or as it came; its columns' names remembered or compared."""
        names = _column_names(x)
        if hasattr(x, "toarray") and not isinstance(x, np.ndarray):
            raise TypeError(f"{fn}: x is sparse ({type(x).__name__}); expected a dense array, use .toarray()")
        a = np.asarray(x)
        if a.dtype.kind == "O":
            try:
                a = a.astype(np.float64)
            except TypeError as error:
                raise TypeError(f"{fn}: x holds objects; argument must be a string or a real number "
                                f"({error})") from None
        if a.dtype.kind == "c":
            raise ValueError(f"{fn}: Complex data not supported; expected real numbers, got dtype {a.dtype}")
        a = _validate.as_array(a, fn, "x")
        if a.ndim != 2:
            raise ValueError(f"{fn}: x has the wrong number of dimensions; expected 2, got shape {a.shape}. "
                             "Reshape your data: x.reshape(-1, 1) for one column, x.reshape(1, -1) for one row")
        if a.shape[0] == 0:
            raise ValueError(f"{fn}: x has 0 sample(s) (shape={a.shape}) while a minimum of 1 is required.")
        if a.shape[1] == 0:
            raise ValueError(f"{fn}: x has 0 feature(s) (shape={a.shape}) while a minimum of 1 is required.")
        a = a.astype(np.float32 if a.dtype in (np.float16, np.float32) else np.float64, copy=False)
        with np.errstate(over="ignore", invalid="ignore"):
            total = np.sum(a)
        if not np.isfinite(total) and not np.isfinite(a).all():
            raise ValueError(f"{fn}: x contains NaN or infinity; expected finite numbers")
        if fitting:
            self.n_features_in_ = a.shape[1]
            if names is not None:
                self.feature_names_in_ = names
            elif hasattr(self, "feature_names_in_"):
                del self.feature_names_in_
            return a
        self._compare_names(names)
        if a.shape[1] != self.n_features_in_:
            raise ValueError(f"{fn}: X has {a.shape[1]} features, but {type(self).__name__} is expecting "
                             f"{self.n_features_in_} features as input")
        return a

    def _compare_names(self, names):
        fitted = getattr(self, "feature_names_in_", None)
        me = type(self).__name__
        if names is None and fitted is not None:
            warnings.warn(f"X does not have valid feature names, but {me} was fitted with feature names",
                          stacklevel=5)
        elif names is not None and fitted is None:
            warnings.warn(f"X has feature names, but {me} was fitted without feature names", stacklevel=5)
        elif names is not None and list(names) != list(fitted):
            unseen, missing = sorted(set(names) - set(fitted)), sorted(set(fitted) - set(names))
            parts = ["The feature names should match those that were passed during fit."]
            for title, some in (("Feature names unseen at fit time:", unseen),
                                ("Feature names seen at fit time, yet now missing:", missing)):
                if some:
                    parts += [title, *(f"- {name}" for name in some[:5]), *(["- ..."] if len(some) > 5 else [])]
            if not unseen and not missing:
                parts.append("Feature names must be in the same order as they were in fit.")
            raise ValueError("\n".join(parts) + "\n")

    def _targets(self, y, n_rows, fn):
        """y (n,), or (n, targets) where that is allowed."""
        if y is None:
            raise ValueError(f"{fn}: requires y to be passed, but the target y is None")
        a = np.asarray(y)
        if a.ndim == 2 and a.shape[1] == 1 and not self._many_targets:
            kind = _theirs("sklearn.exceptions", "DataConversionWarning", UserWarning)
            warnings.warn("A column-vector y was passed when a 1d array was expected. Please change the shape of y to "
                          "(n_samples,), for example using ravel().", kind, stacklevel=4)
            a = a[:, 0]
        if a.ndim != 1 and not (a.ndim == 2 and self._many_targets):
            raise ValueError(f"{fn}: y should be a 1d array; expected shape ({n_rows},), got an array of shape "
                             f"{a.shape} instead.")
        if len(a) != n_rows:
            raise ValueError(f"{fn}: x and y have inconsistent numbers of samples; expected equal lengths, "
                             f"got {n_rows} and {len(a)}")
        return a

    def _weights(self, sample_weight, n_rows, fn):
        if sample_weight is None:
            return None
        if np.isscalar(sample_weight):
            sample_weight = np.full(n_rows, sample_weight)
        w = np.asarray(sample_weight, np.float64)
        if w.ndim != 1:
            raise ValueError(f"{fn}: Sample weights must be 1D array or scalar; got shape {w.shape}")
        if len(w) != n_rows:
            raise ValueError(f"{fn}: sample_weight.shape == {w.shape}, expected {(n_rows,)}!")
        if not np.isfinite(w).all() or (w < 0).any() or not w.any():
            raise ValueError(f"{fn}: sample_weight has elements that are negative or not finite, or only zeros; "
                             f"expected weights of at least 0")
        return w

    def _seed(self):
        """`random_state` as our rooms take it: NumPy's former generator gives a seed."""
        state = self.random_state
        return int(state.randint(2**31 - 1)) if isinstance(state, np.random.RandomState) else state

    def _warn_of(self, result, fn):
        """Of a fit that has not converged."""
        if result.status == 1:
            warnings.warn(f"{fn}: {result.message} ({result.jac:.2g} of {self.tol:g}); take more steps, or scale the "
                          "columns", _theirs("sklearn.exceptions", "ConvergenceWarning", ConvergenceWarning),
                          stacklevel=3)

    def _check_fitted(self, fn):
        if not self.__sklearn_is_fitted__():
            theirs = _theirs("sklearn.exceptions", "NotFittedError", None)
            # both, so that whoever catches one need not know whether scikit-learn is loaded
            kind = NotFittedError if theirs is None else type("NotFittedError", (NotFittedError, theirs), {})
            raise kind(f"{fn}: this {type(self).__name__} instance is not fitted yet. Call 'fit' with appropriate "
                       "arguments before using this estimator.")


def _column_names(x):
    """Names of a data frame's columns where all are strings."""
    columns = getattr(x, "columns", None)
    if columns is None or not hasattr(x, "__array__") and not hasattr(x, "to_numpy"):
        return None
    names = list(columns)
    text = [isinstance(name, str) for name in names]
    if not all(text):
        if any(text):
            raise TypeError("Feature names are only supported if all input features have string names, but your input "
                            "has column names of several types; expected strings, convert them with "
                            "x.columns = x.columns.astype(str)")
        return None
    return np.array(names, object)
