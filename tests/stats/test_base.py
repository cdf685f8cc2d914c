"""What all distributions share: arguments, errors, layouts, threads, copies, what is SciPy's."""

import copy
import itertools
import pickle
import subprocess
import sys

import numpy as np
import pytest

from mathcore import stats
from mathcore._kernels import runtime
from mathcore.stats._base import Distribution
from tests.fault_rows_stats import DISTRIBUTIONS, METHOD_FAULTS
from tests.stats.families import SHAPES


@pytest.mark.parametrize(("name", "method", "fault"), METHOD_FAULTS, ids=[f"{n}.{m}-{f}" for n, m, f in METHOD_FAULTS])
def test_bad_arguments(name, method, fault):
    args, kwargs = fault.make()
    with pytest.raises(fault.error) as caught:
        getattr(getattr(stats, name), method)(*args, **kwargs)
    assert type(caught.value) is fault.error
    assert fault.arg in str(caught.value)
    assert fault.value in str(caught.value)


def test_all_of_them():
    assert set(DISTRIBUTIONS) == set(SHAPES)
    for name in DISTRIBUTIONS:
        dist = getattr(stats, name)
        assert isinstance(dist, Distribution)
        assert repr(dist) == f"mathcore.stats.{name}"
        assert name in type(dist).__doc__


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_shapes_by_name_and_place(name):
    dist, shapes = getattr(stats, name), SHAPES[name][0]
    words = dict(zip(dist.shape_domains, shapes, strict=True))
    assert dist.cdf(0.4, *shapes) == dist.cdf(0.4, **words) == dist(*shapes).cdf(0.4) == dist(**words).cdf(x=0.4)
    assert dist.cdf(2.4, *shapes, 2) == dist.cdf(2.4, *shapes, loc=2) == dist(*shapes, loc=2).cdf(2.4)
    if not dist.discrete:
        assert dist.cdf(2.8, *shapes, 2, 2) == dist.cdf(2.8, *shapes, loc=2, scale=2)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_both_checks_of_parameters_agree(name):
    """The words of `check` and the compiled test behind NaN."""
    dist, some = getattr(stats, name), (-1.0, 0.0, 0.5, 1.0, 2.5, 3.0, 1e17, np.nan)
    for shapes in itertools.product(some, repeat=dist.numargs):
        refused = False
        try:
            dist.check(*shapes)
        except ValueError:
            refused = True
        assert np.isnan(dist.cdf(0.25, *shapes)) == refused, shapes


LAYOUTS = {
    "strided": lambda x: np.repeat(x, 2)[::2].reshape(3, 4),
    "reversed": lambda x: x.reshape(3, 4)[::-1, ::-1],
    "fortran": lambda x: np.asfortranarray(x.reshape(3, 4)),
    "float32": lambda x: x.reshape(3, 4).astype(np.float32),
    "list": lambda x: x.reshape(3, 4).tolist(),
    "big endian": lambda x: x.reshape(3, 4).astype(">f8"),
    "integers": lambda x: np.arange(12).reshape(3, 4),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout):
    """Any array gives float64 of its shape: what one call for each element gives."""
    x = LAYOUTS[layout](np.linspace(-2.0, 9.0, 12))
    got = stats.gamma.cdf(x, 2.5, scale=1.5)
    assert got.dtype == np.float64
    expected = [[stats.gamma.cdf(float(v), 2.5, scale=1.5) for v in row] for row in np.asarray(x)]
    np.testing.assert_array_equal(got, expected)


def test_broadcasting_does_not_change_bits():
    """Shapes of each element in place of one for all."""
    a, x = np.array([[0.5], [3.0], [40.0]]), np.linspace(0.1, 60.0, 500)
    for method in ("pdf", "logpdf", "cdf", "sf", "logsf"):
        f = getattr(stats.gamma, method)
        np.testing.assert_array_equal(f(x, a), np.stack([f(x, float(v)) for v in a[:, 0]]))
    b = np.array([[2.0], [0.5], [30.0]])
    q = np.linspace(0.001, 0.999, 500)
    np.testing.assert_array_equal(
        stats.beta.ppf(q, a, b),
        np.stack([stats.beta.ppf(q, float(v), float(w)) for v, w in zip(a[:, 0], b[:, 0], strict=True)]),
    )


def test_threads_and_instruction_sets_do_not_change_bits():
    """But for the baseline, which has no fused multiply-add."""
    rng = np.random.default_rng(1)
    x, q = rng.gamma(2.0, size=20_000), rng.random(20_000)
    calls = [
        lambda d=d, m=m, v=v, s=s, w=w: getattr(getattr(stats, d), m)(v, *s, workers=w)
        for d, m, v, s in (
            ("gamma", "cdf", x, (2.5,)),
            ("beta", "ppf", q, (2.5, 0.7)),
            ("norm", "logcdf", x - 9, ()),
            ("t", "sf", x, (4.0,)),
            ("poisson", "ppf", q, (80.0,)),
            ("lognorm", "pdf", x, (0.7,)),
            ("weibull_min", "pdf", x, (1.7,)),
            ("cauchy", "cdf", x - 2, ()),
            ("f", "pdf", x, (3, 9)),
        )
        for w in (1, 2, 3)
    ]
    got = [f() for f in calls]
    for i in range(0, len(got), 3):
        np.testing.assert_array_equal(got[i], got[i + 1])
        np.testing.assert_array_equal(got[i], got[i + 2])
    before = runtime.get_isa()
    try:
        for isa in runtime.available_isas()[1:]:
            runtime.set_isa(isa)
            for expected, f in zip(got, calls, strict=True):
                np.testing.assert_array_equal(f(), expected)
    finally:
        runtime.set_isa(before)


def test_empty():
    assert stats.norm.pdf(np.ones((0, 3))).shape == (0, 3)
    assert stats.binom.ppf(np.ones(0), 5, 0.5).shape == (0,)


def test_complex_numbers_are_scipys():
    import scipy.stats

    assert stats.norm.logcdf(1 + 1e-14j) == scipy.stats.norm.logcdf(1 + 1e-14j)


def test_the_rest_is_scipys():
    import scipy.stats

    x = stats.gamma.rvs(2.5, size=50, rng=0)
    assert stats.gamma.fit(x, floc=0) == scipy.stats.gamma.fit(x, floc=0)
    assert stats.norm.expect(lambda v: v * v, loc=1) == pytest.approx(2)
    assert stats.poisson.expect(lambda v: v, (3.0,)) == pytest.approx(3)
    assert stats.norm(1, 2).moment(2) == pytest.approx(5)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = stats.norm.nonsense


def test_copies_and_generators():
    dist = pickle.loads(pickle.dumps(stats.gamma))
    assert dist.cdf(1.0, 2.0) == copy.copy(stats.gamma).cdf(1.0, 2.0) == stats.gamma.cdf(1.0, 2.0)
    dist.random_state = 7
    same = copy.deepcopy(dist)
    assert dist.rvs(2.0) == same.rvs(2.0)
    assert stats.gamma._random_state is None
    dist.random_state = None
    assert dist.random_state is np.random.mtrand._rand


def test_the_room_does_not_load_scipy_stats():
    code = ("import sys, mathcore.stats as s; s.norm.cdf(1.0); s.gamma.ppf([0.1, 0.5], 2.5)\n"
            "print('scipy.stats' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
