"""Functions that move elements are tested with the rest of rules/structure.py; here what only looks, and the list."""

import numpy as np
import pytest
import scipy.special

from mathcore.autodiff import grad, jacobian, jvp, vjp
from mathcore.autodiff._dispatch import FUNCTIONS, UFUNCS
from tests.autodiff.samples import GROUPS

X = np.array([3.0, 1.0, 2.0])


def test_what_only_looks_gives_plain_values():
    def f(x):
        assert np.argmax(x) == 0
        assert x.argsort().tolist() == [1, 2, 0]
        assert np.searchsorted(x[1:], 1.5) == 1
        assert np.shape(x) == (3,)
        assert np.ndim(x) == 1
        assert np.size(x) == 3
        assert np.allclose(x, X)
        assert np.any(x > 2)
        assert not np.all(x > 2)
        assert np.count_nonzero(x) == 3
        assert np.isfinite(x).all()
        assert int(np.floor(x[0])) == 3
        return x[np.argmax(x)]

    np.testing.assert_array_equal(grad(f)(X), [1, 0, 0])


def test_arrays_like_a_traced_one_take_assignments():
    def f(x):
        rows = [np.zeros(3, like=x), np.ones_like(x), np.full_like(x, 2.0), np.empty((3,), like=x),
                np.array([0.0, 0, 0], like=x)]
        for row in rows:
            row[:] = x * x
        return np.stack(rows)

    np.testing.assert_array_equal(jacobian(f)(X), np.broadcast_to(np.diag(2 * X), (5, 3, 3)))


def test_pad_names_the_modes_that_have_no_rule():
    with pytest.raises(TypeError, match=r"pad: no derivative is known for mode 'linear_ramp'; expected constant"):
        grad(lambda x: np.sum(np.pad(x, 1, mode="linear_ramp")))(X)


class Counted:
    """A rule that notes that it was called."""

    def __init__(self, rule):
        self.rule, self.calls = rule, 0

    def __call__(self, *args, **kwargs):
        self.calls += 1
        return self.rule(*args, **kwargs)


def test_every_rule_of_numpys_functions_has_a_sample(monkeypatch):
    """Those that give plain values, and other names of a function, apart."""
    counted = {}
    for table in (FUNCTIONS, UFUNCS):
        for key, rule in list(table.items()):
            of_scipy = key is getattr(scipy.special, getattr(key, "__name__", ""), None)     # tests of their own
            if callable(key) and not of_scipy and not getattr(rule, "is_plain", False):
                counted[key] = Counted(rule)
                monkeypatch.setitem(table, key, counted[key])
    with np.errstate(all="ignore"):
        for group in GROUPS.values():
            for sample in group.values():
                jvp(sample.f, sample.args, sample.args)
    missing = {getattr(key, "__name__", str(key)) for key, rule in counted.items() if not rule.calls}
    # spellings of others, and what tests above and in test_dispatch call
    assert missing <= {"row_stack", "full_like", "empty_like", "ones_like", "imag", "histogram", "real_if_close"}


def test_out_of_functions():
    x = np.arange(4.0).reshape(2, 2)

    def f(x):
        y, z = np.zeros_like(x), np.zeros_like(x)
        np.dot(x, x, out=y)
        np.clip(x, 0.5, 2.5, out=z)
        return np.stack([y, z, np.take(x, [1, 0], axis=0, out=np.zeros_like(x))])

    value, _ = vjp(f, x)
    np.testing.assert_array_equal(value, [x @ x, np.clip(x, 0.5, 2.5), x[::-1]])
    for call in (lambda x: np.dot(x, x, out=np.zeros((2, 2))),
                 lambda x: np.take(x, [1, 0], axis=0, out=np.ones((2, 2))),
                 lambda x: np.concatenate([x, x], out=np.zeros((4, 2)))):
        with pytest.raises(TypeError, match="out is a plain array"):
            vjp(call, x)


def test_histogram_has_no_derivative_by_its_weights():
    assert grad(lambda x: np.histogram(x, 2)[0].sum() * x[0])(X)[0] == 3
    with pytest.raises(TypeError, match="histogram: no derivative is known by its weights"):
        grad(lambda w: np.histogram(X, 2, weights=w)[0].sum())(X)
