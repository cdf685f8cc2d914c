"""cdist and pdist against SciPy: every metric, type, layout, option; errors; threads."""

import numpy as np
import pytest
import scipy.spatial.distance as peer

import mathcore
from mathcore import distance
from mathcore.distance import cdist, matrices, pdist
from mathcore.distance._metrics import ALIASES, METRICS, PLAIN

EPS = np.finfo(float).eps
WEIGHTED = [name for name, metric in METRICS.items() if "w" in metric.options]
OPTIONS = {"minkowski": [{}, {"p": 1}, {"p": 3}, {"p": 1.3}, {"p": np.inf}, {"p": 0.5}], "correlation": [{}]}


def points(m, n, d, metric="", seed=0):
    rng = np.random.default_rng(seed)
    if metric in ("dice", "yule", "rogerstanimoto", "russellrao", "sokalsneath", "jaccard", "hamming"):
        return rng.integers(0, 2, (m, d)).astype(float), rng.integers(0, 2, (n, d)).astype(float)
    x, y = rng.standard_normal((m, d)), rng.standard_normal((n, d))
    return (np.abs(x), np.abs(y)) if metric == "jensenshannon" else (x, y)


def assert_near(found, expected, d, unit=EPS, metric=""):
    """Two sums of d terms in two orders, a root's or an exponential's roundings, and in 1 - cos eps itself; SciPy's
    sums under the root of Jensen-Shannon cancel, to eps of 1."""
    if metric == "jensenshannon":
        found, expected = found**2, expected**2
    bound = (2 * d + 40) * unit * np.abs(expected) + (2 * d + 8) * unit
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    good = np.isfinite(expected)
    np.testing.assert_array_equal(found[~good], expected[~good])
    assert (np.abs(found - expected)[good] <= bound[good]).all()


@pytest.mark.parametrize("d", [2, 17, 40])
@pytest.mark.parametrize("metric", METRICS)
def test_values(metric, d):
    for options in OPTIONS.get(metric, [{}]):
        x, y = points(30, 67, d, metric)
        scale = 1e4 if metric == "mahalanobis" else 1        # the inverse covariance, worked out on both sides
        with np.errstate(all="ignore"):
            assert_near(cdist(x, y, metric, **options), peer.cdist(x, y, metric, **options), scale * d, EPS, metric)
            if metric != "mahalanobis" or len(x) > d:
                assert_near(pdist(x, metric, **options), peer.pdist(x, metric, **options), scale * d, EPS, metric)
            if metric in WEIGHTED:
                w = np.random.default_rng(1).random(d) + 0.1
                w[0] = 0
                assert_near(cdist(x, y[:9], metric, w=w, **options), peer.cdist(x, y[:9], metric, w=w, **options), d)
                assert_near(pdist(x[:9], metric, w=w, **options), peer.pdist(x[:9], metric, w=w, **options), d)


@pytest.mark.parametrize("metric", METRICS)
def test_types(metric):
    x, y = points(20, 18, 5, metric)
    x, y = (np.round(4 * np.abs(a)) for a in (x, y))
    x[0] = y[0] = [1, 2, 1, 3, 0]
    x[:, 0] += 1
    y[:, 0] += 1
    expected = cdist(x, y, metric)
    for dtype in ("i1", "u2", "i8", "f8", ">f8", ">i4"):
        found = cdist(x.astype(dtype), y.astype(dtype), metric)
        assert found.dtype == np.float64
        np.testing.assert_array_equal(found, expected)
    for dtype in ("f2", "f4", ">f4"):
        found, pairs = cdist(x.astype(dtype), y.astype(dtype), metric), pdist(x.astype(dtype), metric)
        assert found.dtype == pairs.dtype == np.float32
        unit = 2 * np.finfo(np.float32).eps
        assert_near(found, expected, 5, unit)
        assert cdist(x.astype(dtype), y, metric).dtype == np.float64
        out = np.empty(found.shape)
        assert cdist(x.astype(dtype), y.astype(dtype), metric, out=out) is out
        np.testing.assert_array_equal(out, expected)         # computed in float64
    with np.errstate(all="ignore"):
        scale = 1e4 if metric == "mahalanobis" else 1        # as in test_values
        assert_near(cdist(x > 2, y > 2, metric), peer.cdist(x > 2, y > 2, metric), scale * 5, EPS, metric)


@pytest.mark.parametrize("metric", METRICS)
def test_layouts_and_threads(metric):
    x, y = points(70, 90, 6, metric)
    expected, pairs = cdist(x, y, metric, workers=1), pdist(x, metric, workers=1)
    kept = x.copy(), y.copy()
    x.flags.writeable = False
    wide = np.zeros((140, 12))
    wide[::2, ::2] = x
    odd = np.frombuffer(b"." + x.tobytes(), np.uint8)[1:].view(float).reshape(x.shape)
    assert not odd.flags.aligned
    for other in (x, np.asfortranarray(x), wide[::2, ::2], x[::-1][::-1], odd, x.tolist()):
        np.testing.assert_array_equal(cdist(other, y, metric), expected)
        np.testing.assert_array_equal(pdist(other, metric), pairs)
    with mathcore.threads(2):
        np.testing.assert_array_equal(cdist(x, y, metric), expected)
        np.testing.assert_array_equal(pdist(x, metric), pairs)
    np.testing.assert_array_equal(cdist(x, y, metric, workers=-1), expected)
    np.testing.assert_array_equal(x, kept[0])
    np.testing.assert_array_equal(y, kept[1])


@pytest.mark.parametrize("shapes", [((0, 3), (2, 3)), ((2, 3), (0, 3)), ((2, 0), (3, 0)), ((0, 0), (0, 0)),
                                    ((1, 3), (1, 3))])
@pytest.mark.parametrize("metric", [name for name in METRICS if name not in ("mahalanobis", "seuclidean")])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")       # SciPy's means of nothing
def test_nothing(metric, shapes):
    x, y = (np.ones(shape) for shape in shapes)
    np.testing.assert_allclose(cdist(x, y, metric), peer.cdist(x, y, metric), atol=1e-15)
    np.testing.assert_allclose(pdist(x, metric), peer.pdist(x, metric), atol=1e-15)


def test_out_overlaps_as_if_copied():
    square = np.random.default_rng(0).random((8, 8))
    expected = cdist(square, square + 1, "cityblock")
    x = square.copy()
    assert cdist(x, square + 1, "cityblock", out=x) is x
    np.testing.assert_array_equal(x, expected)
    buffer = np.zeros(28 + 64)
    x = buffer[:64].reshape(8, 8)
    x[...] = square
    np.testing.assert_array_equal(pdist(x, out=buffer[20:48]), pdist(square))


def test_names():
    x, y = points(4, 5, 3)
    for alias, metric in ALIASES.items():
        a, b = points(4, 5, 3, metric.name)
        np.testing.assert_array_equal(cdist(a, b, alias), cdist(a, b, metric.name))
        np.testing.assert_array_equal(cdist(a, b, alias.upper()), cdist(a, b, metric.name))
    np.testing.assert_allclose(cdist(x, y, "test_cityblock"), cdist(x, y, "cityblock"), rtol=4 * EPS)
    np.testing.assert_allclose(pdist(x, "test_seuclidean"), pdist(x, "seuclidean"), rtol=8 * EPS)
    np.testing.assert_allclose(cdist(x, y, "test_mahalanobis"), cdist(x, y, "mahalanobis"), rtol=64 * EPS)
    assert sorted(set(ALIASES)) == sorted(peer._METRIC_ALIAS)


def test_functions():
    x, y = points(4, 5, 3)
    expected = peer.cdist(x, y, "cityblock")
    np.testing.assert_allclose(cdist(x, y, lambda u, v, by=1: by * np.abs(u - v).sum(), by=2), 2 * expected)
    np.testing.assert_allclose(cdist(x, y, distance.cityblock), expected)
    np.testing.assert_allclose(pdist(x, peer.cityblock), peer.pdist(x, "cityblock"))
    out = np.empty((4, 5))
    assert cdist(x, y, distance.seuclidean, out=out) is out
    np.testing.assert_allclose(out, cdist(x, y, "seuclidean"), rtol=8 * EPS)
    words = np.array([["a", "b"], ["a", "c"]], object)
    assert pdist(words, lambda u, v: float((u != v).sum())).tolist() == [1]
    with pytest.raises(ZeroDivisionError):
        cdist(x, y, lambda u, v: 1 / 0)


def test_options():
    x, y = points(6, 5, 3)
    v, inverse = np.array([1.0, 4.0, 9.0]), np.array([[2.0, 1.0, 0.0], [0.5, 3.0, 0.2], [0.1, 0.0, 1.0]])
    np.testing.assert_allclose(cdist(x, y, "seuclidean", V=v), peer.cdist(x, y, "seuclidean", V=v), rtol=8 * EPS)
    np.testing.assert_allclose(cdist(x, y, "mahalanobis", VI=inverse), peer.cdist(x, y, "mahalanobis", VI=inverse),
                               rtol=32 * EPS)
    np.testing.assert_array_equal(cdist(x, y, "euclidean", w=None, p=None), cdist(x, y))
    p = np.abs(x)
    np.testing.assert_allclose(pdist(p, "js", base=2) * np.sqrt(np.log(2)), pdist(p, "js"), rtol=4 * EPS)
    found = cdist(x, y, "correlation", w=np.ones(3), centered=False)
    np.testing.assert_allclose(found, cdist(x, y, "cosine"), rtol=64 * EPS)
    assert cdist(x.astype(np.longdouble), y).dtype == peer.cdist(x.astype(np.longdouble), y).dtype


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_small_calls(dtype):
    """What goes straight to the kernel is what the general door gives; a metric that XB does not fit is no reason."""
    for metric in PLAIN:
        for m, n, d in ((1, 1, 1), (2, 3, 3), (5, 2, 16), (3, 4, 17), (0, 2, 3), (70, 80, 5)):
            x, y = (a.astype(dtype) for a in points(m, n, d, metric))
            found, pairs = cdist(x, y, metric), pdist(x, metric)
            assert found.dtype == pairs.dtype == dtype
            np.testing.assert_array_equal(found, cdist(x, y, metric, w=None))
            np.testing.assert_array_equal(pairs, pdist(x, metric, w=None))
    with pytest.raises(ValueError, match="same number of columns"):
        cdist(np.ones((2, 3)), np.ones((2, 4)))


def test_far_from_one():
    assert cdist([[1e200]], [[0]]).tolist() == [[1e200]]
    assert pdist([[1e-200], [0]]).tolist() == [1e-200]
    found = cdist([[3e200, 0]], [[0, 4e200]], "minkowski", p=3)[0, 0]
    assert found == pytest.approx(91 ** (1 / 3) * 1e200, rel=8 * EPS)
    far = np.full((1, 40), 1e200)
    assert cdist(far, 0 * far)[0, 0] == pytest.approx(np.sqrt(40) * 1e200, rel=8 * EPS)
    for scale in (1e200, 1e-200, 1e-320):
        x, y = scale * np.array([[1.0, 0.0], [3.0, 4.0]]), np.array([[1.0, 1.0], [6.0, 8.0]])
        tolerance = 1e-3 if scale < 1e-300 else 16 * EPS     # x itself has few digits there
        np.testing.assert_allclose(cdist(x, y, "cosine"), [[1 - np.sqrt(0.5), 0.4], [1 - 7 / np.sqrt(50), 0]],
                                   rtol=tolerance, atol=4 * EPS if scale > 1e-300 else 1e-5)


def test_rows_that_are_equal_or_nothing():
    x = np.random.default_rng(0).standard_normal((40, 30))
    for metric in ("euclidean", "sqeuclidean", "cosine", "correlation", "cityblock"):
        assert (np.diagonal(cdist(x, x, metric)) == 0).all()
        assert (cdist(x, x, metric) >= 0).all()
    x[0] = 0
    for metric in ("cosine", "correlation"):
        found = cdist(x, x, metric)
        assert np.isnan(found[0]).all()
        assert np.isnan(found[:, 0]).all()
        assert np.isfinite(found[1:, 1:]).all()
    assert cdist(x[1:], -x[1:], "cosine").max() <= 2


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("metric", ["cosine", "correlation"])
def test_equal_rows_beside_others(metric, weighted, dtype):
    """What a row's units are does not depend on the rows beside it: zeros, huge and tiny ones."""
    x = np.random.default_rng(0).standard_normal((9, 30)).astype(dtype)
    y = x.copy()
    big = 1e30 if dtype == "f4" else 1e200
    x[:4] = x[4:8] * np.array([0, big, 1 / big, np.nan], dtype)[:, None]
    w = {"w": np.random.default_rng(1).random(30)} if weighted else {}
    for a, b in ((x, y), (y, x)):
        assert (np.diagonal(cdist(a, b, metric, **w))[4:] == 0).all()
    assert np.isnan(cdist(x, y, metric, **w)[[0, 3]]).all()
    np.testing.assert_allclose(cdist(x[1:3], y, metric, **w), cdist(y[5:7], y, metric, **w), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_constant_rows_have_no_correlation(dtype):
    for d in (1, 2, 7, 64):
        x, y = np.full((1, d), 0.1, dtype), np.arange(float(d))[None].astype(dtype)
        w = np.arange(1.0, d + 1)
        for options in ({}, {"w": w}, {"w": w - 1}):
            assert np.isnan(cdist(x, y, "correlation", **options)).all()
            assert np.isnan(distance.correlation(x[0], y[0], **options))
    near = np.full(7, 0.1, dtype)
    near[3] = np.nextafter(near[3], 1, dtype=dtype)          # not constant
    assert distance.correlation(near, near) == cdist(near[None], near[None], "correlation")[0, 0] == 0


def test_near_angles_keep_their_digits():
    """1 - cos of 1e-6 is 5e-13: a subtraction from 1 leaves four digits of it."""
    t = 1e-6
    found = cdist([[1.0, 0.0]], [[np.cos(t), np.sin(t)]], "cosine")[0, 0]
    assert found == pytest.approx(2 * np.sin(t / 2) ** 2, rel=1e-9)     # eps / t of the rows


def test_shifted_data():
    """Values about 1e4 with spread 1 in float32, where a bare product leaves one digit: centred (exactly, the numbers
    being within a factor of two), |x|^2 + |y|^2 - 2 x y rounds d + 8 times by 2^-24 (|x|^2 + |y|^2) 2, and the root
    halves that."""
    rng = np.random.default_rng(0)
    x, y = ((rng.standard_normal((50, 64)) + 1e4).astype(np.float32) for _ in range(2))
    exact = peer.cdist(x.astype(float), y.astype(float))
    a, b = (((v - 1e4) ** 2).sum(1) for v in (x.astype(float), y.astype(float)))
    assert (np.abs(cdist(x, y) - exact) <= (64 + 8) * 2.0**-24 * (a[:, None] + b) / exact).all()


def test_jensenshannon_of_what_is_no_distribution():
    x = np.array([[0.5, 0.5], [-0.1, 1.1], [0.0, 0.0], [2.0, 2.0]])
    expected = np.array([[0, np.inf, np.inf, 0], [np.inf] * 4, [np.inf] * 4, [0, np.inf, np.inf, 0]])
    np.testing.assert_array_equal(cdist(x, x, "js"), expected)
    np.testing.assert_array_equal(pdist(x, "js"), distance.squareform(np.where(np.eye(4), 0, expected)))


def test_unknown_metrics():
    with pytest.raises(ValueError, match="cdist: .* Unknown Distance Metric: cityblok; did you mean 'cityblock'"):
        cdist([[1.0]], [[1.0]], "cityblok")
    with pytest.raises(ValueError, match='Unknown "Test" Distance Metric: nothing'):
        pdist([[1.0]], "test_nothing")
    with pytest.raises(ValueError, match="expected one of braycurtis"):
        pdist([[1.0]], "zzzzz")
    with pytest.raises(TypeError, match="2nd argument metric must be a string identifier or a function."):
        pdist([[1.0]], 3)


def test_worked_examples():
    x = [[0.0, 0.0], [3.0, 4.0]]
    for metric, value in {"euclidean": 5, "sqeuclidean": 25, "cityblock": 7, "chebyshev": 4, "canberra": 2,
                          "braycurtis": 1, "hamming": 1}.items():
        assert pdist(x, metric).tolist() == [value]
    assert pdist([[1, 1, 0, 0], [1, 0, 1, 0]], "jaccard").tolist() == [2 / 3]
    assert pdist([[1, 1, 0, 0], [1, 0, 1, 0]], "dice").tolist() == [0.5]
    assert pdist([[1.0, 0.0], [0.0, 1.0]], "js", base=2).tolist() == [1]


def test_missing_points():
    for bad in (None, 1.0):
        with pytest.raises(ValueError, match="cdist: XB .*XB must be a 2-dimensional array"):
            cdist(np.ones((3, 2)), bad)
        with pytest.raises(ValueError, match="pdist: X "):
            pdist(bad)


def test_out_overlaps_a_functions_points():
    square = np.random.default_rng(0).random((8, 8))
    for metric in (peer.cityblock, "test_cityblock"):
        expected = cdist(square, square + 1, metric)
        x = square.copy()
        assert cdist(x, square + 1, metric, out=x) is x
        np.testing.assert_array_equal(x, expected)
        buffer = np.zeros(28 + 64)
        x = buffer[:64].reshape(8, 8)
        x[...] = square
        np.testing.assert_array_equal(pdist(x, metric, out=buffer[20:48]), pdist(square, metric))


def test_minkowski_of_the_least_numbers():
    for dtype, least, p in (("f4", 4e-42, 16), ("f4", 1e-45, 2.5), ("f8", 4e-320, 30), ("f8", 5e-324, 64),
                            ("f8", 1e308, 9)):
        x, y = np.array([[least, 0]], dtype), np.zeros((1, 2), dtype)
        assert cdist(x, y, "minkowski", p=p)[0, 0] == pytest.approx(x[0, 0], rel=1e-6, abs=0)
        assert distance.minkowski(x[0], y[0], p) == pytest.approx(x[0, 0], rel=1e-6, abs=0)


def test_weights_of_0_leave_columns_out():
    """0 times the power of what is huge is no number, and nothing may be scaled by it."""
    rel = (8 + 230) * EPS                # 1/p rounds by eps/2, times the logarithm of 1e-200
    for big, small in ((1e200, 1.0), (np.inf, 1.0), (1e200, 1e-200)):
        x, y = np.array([[big, small]]), np.array([[0.0, 3 * small]])
        for metric, options in (("minkowski", {"p": 3}), ("minkowski", {"p": 1.3}), ("euclidean", {})):
            for w in ([0, 1], np.array([0.0, 1.0])):
                assert cdist(x, y, metric, w=w, **options)[0, 0] == pytest.approx(2 * small, rel=rel, abs=0)
                found = getattr(distance, metric)(x[0], y[0], w=w, **options)
                assert found == pytest.approx(2 * small, rel=rel, abs=0)
        assert cdist(x, y, w=[0, 0]).tolist() == [[0]]


@pytest.mark.filterwarnings("error")
def test_weights_that_float32_has_not():
    x, y = (np.random.default_rng(0).random((2, 5, 4)) * 1e-3).astype(np.float32)
    for scale in (1e-60, 1e-40, 1e38, 1e40):
        w = scale * np.arange(1.0, 5)
        for metric, options in (("cityblock", {"w": w}), ("hamming", {"w": w}), ("euclidean", {"w": w}),
                                ("canberra", {"w": w}), ("braycurtis", {"w": w}), ("minkowski", {"w": w, "p": 3}),
                                ("seuclidean", {"V": w}), ("cosine", {"w": w}), ("dice", {"w": w})):
            found = cdist(x, y, metric, **options)
            wide = cdist(x.astype(float), y.astype(float), metric, **options)
            with np.errstate(over="ignore"):
                expected = wide.astype(np.float32)
            assert found.dtype == np.float32
            np.testing.assert_allclose(found, expected, rtol=8 * 2.0**-23, atol=2.0**-149)
            one = getattr(distance, metric)(x[0], y[1], *options.values()) if metric == "seuclidean" else \
                getattr(distance, metric)(x[0], y[1], **options)
            assert one == pytest.approx(expected[0, 1], rel=8 * 2.0**-23, abs=2.0**-149)


@pytest.mark.parametrize(("metric", "options", "message"), [
    ("minkowski", {"p": -3}, "p is out of range"), ("seuclidean", {"V": np.ones(2)}, "V has the wrong length"),
    ("mahalanobis", {"VI": np.eye(2)}, "VI has the wrong shape"),
    ("cityblock", {"w": -np.ones(3)}, r"w\[0\] is negative"),
    ("jensenshannon", {"base": 1}, "base has the logarithm 0")])
def test_who_complains(metric, options, message):
    x = np.ones((4, 3))
    for name in (metric, "test_" + metric):
        with pytest.raises(ValueError, match="^cdist: " + message):
            cdist(x, x, name, **options)
        with pytest.raises(ValueError, match="^pdist: " + message):
            pdist(x, name, **options)
    with pytest.raises(ValueError, match="^nearest: " + message):
        matrices.check_options("nearest", metric, options, 3)
    assert matrices.check_options("nearest", metric, {key: None for key in options}, 3) is None


def test_singular_covariances():
    x = np.ones((5, 2))
    for name in ("mahalanobis", "test_mahalanobis"):
        with pytest.raises(np.linalg.LinAlgError, match="^cdist: VI .* covariance of the points is singular"):
            cdist(x, x, name)
        with pytest.raises(np.linalg.LinAlgError, match="^pdist: VI .* covariance of the points is singular"):
            pdist(x, name)
    nothing = np.ones((2, 0))
    assert cdist(nothing, nothing, "mahalanobis").tolist() == [[0, 0], [0, 0]]
    assert cdist(nothing, nothing, "mahalanobis", VI=np.ones((0, 0))).tolist() == [[0, 0], [0, 0]]
