"""The compiled distributions: every instruction set against 40 digits, blocks and their ends, guard pages."""

import numpy as np
import pytest

from mathcore import stats
from mathcore._kernels import distributions
from tests.stats.families import SHAPES, check_quantiles, check_values

FAMILIES = [(name, shapes[0]) for name, shapes in SHAPES.items()]
METHODS = range(len(distributions.METHODS))


def family(name):
    return getattr(stats, name)._family


@pytest.mark.parametrize(("name", "shapes"), FAMILIES, ids=str)
def test_every_instruction_set(isa, name, shapes):
    check_values(name, shapes)
    check_quantiles(name, shapes)


@pytest.mark.parametrize("n", [1, 2, 7, 8, 9, 31, 33, 255, 256, 257, 4097])
@pytest.mark.parametrize(
    ("name", "shapes"), [("gamma", (2.5,)), ("beta", (2.0, 3.0)), ("binom", (30, 0.4)), ("norm", ())]
)
def test_blocks_do_not_show(name, shapes, n):
    """A value's bits are those of a call of its own, wherever it stands in a block and whoever stands beside it."""
    rng = np.random.default_rng(n)
    x = rng.choice([0.1, 0.5, 3.0, 12.0, np.nan, -1.0, 0.99], n)
    for method in METHODS:
        alone = {v: family(name)(method, float(v), shapes, {}) for v in np.unique(x)}
        got = family(name)(method, x, shapes, {})
        np.testing.assert_array_equal(got, [np.nan if v != v else alone[v] for v in x])


@pytest.mark.parametrize(("name", "shapes"), FAMILIES, ids=str)
def test_shapes_that_vary(name, shapes):
    """One call with arrays of shapes, bad ones among them, which are NaN and disturb no neighbour."""
    x = np.array([0.3, 0.6, 2.0, 5.0, 0.9, 1.0])
    arrays = [np.full(6, float(s)) for s in shapes]
    if arrays:
        arrays[0][2] = -1.5
        arrays[-1][4] = np.nan
    for method in METHODS:
        got = family(name)(method, x, tuple(arrays), {})
        for i in range(6):
            alone = family(name)(method, float(x[i]), tuple(float(a[i]) for a in arrays), {})
            np.testing.assert_array_equal(got[i], alone, err_msg=f"{distributions.METHODS[method]} {i}")


def test_values_once_each():
    """More values than there are numbers between the least and the largest, or fewer: the same bits."""
    rng = np.random.default_rng(0)
    near, far = rng.poisson(4.5, 2000).astype(float), rng.choice([0.0, 1e9, 3.0], 2000)
    for x in (near, far, near.reshape(40, 50), near[::-1]):
        for method in (0, 2, 3):
            once = family("poisson")(method, x, (4.5,), {})
            each = family("poisson")(method, x, (np.full(x.shape, 4.5),), {})
            np.testing.assert_array_equal(once, each)
    assert np.isnan(family("poisson")(2, near, (-1.0,), {})).all()
    assert np.isnan(family("poisson")(6, np.full(100, 0.5), (-1.0,), {})).all()
    assert np.isnan(family("poisson")(0, np.full(100, np.nan), (4.5,), {})).all()


def test_where_scipys_functions_serve():
    """Shapes beyond the series, in all their directions, with logarithms of tails near 1."""
    import scipy.special as sc

    x = np.array([2.9e5, 3e5, 3.1e5])
    np.testing.assert_array_equal(family("gamma")(3, x, (3e5,), {}), sc.gammaincc(3e5, x))
    np.testing.assert_allclose(family("gamma")(4, x, (3e5,), {}), np.log(sc.gammainc(3e5, x)), rtol=1e-13, atol=1e-16)
    assert family("gamma")(5, 2.9e5, (3e5,), {}) == pytest.approx(-sc.gammainc(3e5, 2.9e5), rel=1e-12)
    assert family("gamma")(6, 0.2, (3e5,), {}) == sc.gammaincinv(3e5, 0.2)
    assert family("gamma")(7, 0.2, (3e5,), {}) == sc.gammainccinv(3e5, 0.2)
    assert family("gamma")(3, 0.5, (1e-3,), {}) == sc.gammaincc(1e-3, 0.5)


def test_arguments():
    f = family("gamma")
    assert (f.name, f.shapes, f.discrete) == ("gamma", ("a",), False)
    assert f.parameters("f", (2.0,), {"scale": 3}) == ((2.0,), 0, 3)
    assert f(2, 10**400, (2.0,), {}) == 1  # an integer beyond float64
    assert f(2, np.float32(1.0), (np.array(2.0),), {}) == f(2, 1.0, (2.0,), {})
    assert np.iscomplexobj(family("norm")(4, 1 + 1e-9j, (), {}))    # SciPy's
