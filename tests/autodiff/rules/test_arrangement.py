"""Functions that move elements are tested with the rest of rules/structure.py; here what only looks, and the list."""

import numpy as np
import pytest

from mathcore.autodiff import grad, jacobian
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


def test_samples_cover_the_table():
    assert {"roll", "pad", "sort", "insert", "meshgrid", "block"} <= set(GROUPS["structure"])
