"""Principal components: against scikit-learn, by every solver, in parts, from disk."""

import dataclasses

import numpy as np
import pytest

from mathcore import linalg
from mathcore.linalg import RunningCovariance, pca
from tests.layouts import step2
from tests.oracles import assert_same_bits

FLOATS = ("float32", "float64")
SOLVERS = ("covariance", "full", "randomized")


def eps(dtype):
    return float(np.finfo(dtype).eps)


def data(rng, n, d, dtype="float64", mean=3.0):
    """Variances that halve from one direction to the next, about a mean that is not 0."""
    q = np.linalg.qr(rng.standard_normal((d, d)))[0]
    return (rng.standard_normal((n, d)) * 2.0 ** (-np.arange(d) / 2) @ q + mean * rng.standard_normal(d)).astype(dtype)


def by_definition(x, center=True, scale=False):
    """(variances, directions in rows) in float64, and the centred data."""
    y = x.astype("f8")
    y = y - y.mean(axis=0) if center else y
    free = len(x) - center
    if scale:
        y = y / np.sqrt((y * y).sum(axis=0) / free)
    _, s, vh = np.linalg.svd(y, full_matrices=False)
    return s * s / free, vh, y


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("center", "scale"), [(True, False), (False, False), (True, True), (False, True)])
def test_definition(solver, dtype, center, scale):
    x = data(np.random.default_rng(0), 300, 12, dtype)
    found = pca(x, 4, solver=solver, center=center, scale=scale, rng=0, scores=True)
    variances, directions, y = by_definition(x, center, scale)
    tolerance = 300 * eps(dtype)
    # the covariance holds small variances to an error of the largest
    near = tolerance * (variances[0] / variances[:4] if solver == "covariance" else np.ones(4))
    for what, exact in ((found.explained_variance, variances[:4]),
                        (found.explained_variance_ratio, variances[:4] / variances.sum()),
                        (found.singular_values, np.sqrt(variances[:4] * (300 - center)))):
        assert (np.abs(what / exact - 1) <= near).all()
    assert found.noise_variance == pytest.approx(variances[4:].mean(), abs=tolerance * variances[0])
    np.testing.assert_allclose(np.abs((found.components * directions[:4]).sum(axis=1)), 1, atol=tolerance)
    np.testing.assert_allclose(found.components @ found.components.T, np.eye(4), atol=tolerance)
    np.testing.assert_allclose(found.scores, y @ found.components.T, atol=tolerance * np.abs(y).max())
    assert (np.take_along_axis(found.components, np.abs(found.components).argmax(axis=1)[:, None], 1) > 0).all()
    for name in ("components", "explained_variance", "explained_variance_ratio", "singular_values", "mean", "scores"):
        assert getattr(found, name).dtype == dtype, name
    assert (found.n_samples, found.solver, found.whiten) == (300, solver, False)
    assert (found.scale is None) == (not scale)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.mean = 0


@pytest.mark.parametrize("shape", [(400, 20), (60, 30), (30, 60)], ids=str)
@pytest.mark.parametrize("k", [None, 3, 0.9])
@pytest.mark.parametrize("whiten", [False, True])
def test_scikit_learn_gives_the_same(shape, k, whiten):
    peer = pytest.importorskip("sklearn.decomposition").PCA(k, whiten=whiten)
    x = data(np.random.default_rng(1), *shape)
    peer.fit(x)
    found = pca(x, k, whiten=whiten)
    assert found.solver == {"covariance_eigh": "covariance"}.get(peer._fit_svd_solver, peer._fit_svd_solver)
    kept = peer.explained_variance_ > 1e-20             # the direction of no variance is rounding
    for name in ("explained_variance", "explained_variance_ratio", "singular_values", "mean"):
        np.testing.assert_allclose(getattr(found, name), getattr(peer, f"{name}_"), rtol=1e-8, atol=1e-7, err_msg=name)
    np.testing.assert_allclose(found.components[kept], peer.components_[kept], atol=1e-5)
    np.testing.assert_allclose(found.noise_variance, peer.noise_variance_, rtol=1e-8, atol=1e-14)
    scores = found.transform(x)
    np.testing.assert_allclose(scores[:, kept], peer.transform(x)[:, kept], atol=1e-4)
    np.testing.assert_allclose(found.inverse_transform(scores), peer.inverse_transform(peer.transform(x)), atol=1e-5)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("whiten", [False, True])
def test_there_and_back(dtype, scale, whiten):
    x = data(np.random.default_rng(2), 200, 6, dtype)
    found = pca(x, whiten=whiten, scale=scale, scores=True)
    assert_same_bits(found.scores, found.transform(x))
    np.testing.assert_allclose(found.inverse_transform(found.scores), x, atol=200 * eps(dtype) * np.abs(x).max())
    if whiten:
        np.testing.assert_allclose(found.scores.std(axis=0, ddof=1), 1, rtol=1e4 * eps(dtype))
    few = pca(x, 2, whiten=whiten, scale=scale)
    left = few.inverse_transform(few.transform(x)) - x
    parts = left / (1 if few.scale is None else few.scale)
    expected = few.noise_variance * 4 * 199
    assert (parts.astype("f8") ** 2).sum() == pytest.approx(expected, rel=1e4 * eps(dtype))


def test_a_mean_far_from_the_data_costs_no_more_than_its_rounding():
    """eps |mean| / deviation: 2^-52 2^30 / 7 = 3e-8."""
    rng = np.random.default_rng(3)
    near = rng.integers(-50, 50, (3000, 5)) / 4.0
    far = near + 2.0**30                        # exact
    for solver in SOLVERS:
        plain, found = pca(near, 3, solver=solver, rng=0), pca(far, 3, solver=solver, rng=0)
        np.testing.assert_allclose(found.explained_variance, plain.explained_variance, rtol=3e-8)
        np.testing.assert_allclose(found.transform(far), plain.transform(near), atol=1e-6)
        np.testing.assert_allclose(found.mean - 2.0**30, plain.mean, atol=1e-6)
    far32 = (near + 2.0**15).astype("f4")       # exact too
    np.testing.assert_allclose(pca(far32, 3).explained_variance, pca(near, 3).explained_variance, rtol=1e-5)
    np.testing.assert_allclose(pca(far32, 3).transform(far32), pca(near, 3).transform(near), atol=2e-2)


def test_part_of_the_variance():
    x = np.diag([4.0, 2, 1, 1]) - np.diag([4.0, 2, 1, 1]).mean(axis=0)
    x = np.concatenate([np.diag([4.0, 2, 1, 1]), -np.diag([4.0, 2, 1, 1])])     # variances 16 : 4 : 1 : 1
    for part, k in ((0.5, 1), (0.72, 1), (0.73, 2), (0.95, 3), (0.96, 4), (1.0, 4)):
        assert len(pca(x, part).components) == k, part
    with pytest.raises(ValueError, match="randomized"):
        pca(x, 0.5, solver="randomized")


@pytest.mark.parametrize("solver", SOLVERS)
def test_constant_columns_have_no_variance(solver):
    x = np.random.default_rng(4).standard_normal((700, 4))
    x[:, 1], x[:, 3] = 0.1, 1 / 3
    found = pca(x, 2, solver=solver, scale=True, rng=0)
    np.testing.assert_array_equal(found.mean[[1, 3]], [0.1, 1 / 3])
    np.testing.assert_array_equal(found.scale[[1, 3]], 1)
    np.testing.assert_allclose(found.components[:, [1, 3]], 0, atol=1e-12)
    constant = pca(np.full((50, 3), 0.1), 2, solver=solver, whiten=True, scores=True, rng=0)
    np.testing.assert_array_equal(constant.explained_variance, 0)
    np.testing.assert_array_equal(constant.explained_variance_ratio, 0)
    np.testing.assert_array_equal(constant.scores, 0)
    assert constant.noise_variance == 0


def test_few_samples():
    x = np.array([[1.0, 2.0, 4.0], [3.0, 2.0, 0.0]])
    for solver in SOLVERS:
        found = pca(x, solver=solver, rng=0)
        np.testing.assert_allclose(found.explained_variance, [10, 0], atol=1e-14)
        np.testing.assert_allclose(np.abs(found.components[0]), np.array([2, 0, 4]) / np.sqrt(20), atol=1e-14)
    one = pca(x[:1], center=False)
    np.testing.assert_allclose(one.explained_variance, [21])
    assert pca(x, 0).components.shape == (0, 3)
    assert pca(x, 0).transform(x).shape == (2, 0)
    np.testing.assert_allclose(pca(x, 0).inverse_transform(np.empty((2, 0))), np.tile(x.mean(axis=0), (2, 1)))


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(("exponent", "dtype"), [(900, "float64"), (-900, "float64"), (100, "float32"),
                                                 (-100, "float32")])
def test_far_from_one(solver, exponent, dtype):
    x = data(np.random.default_rng(5), 200, 4, dtype)
    plain, found = (pca(y, 2, solver=solver, rng=0) for y in (x, np.ldexp(x, exponent)))
    np.testing.assert_allclose(found.components, plain.components, atol=50 * eps(dtype))
    np.testing.assert_allclose(np.ldexp(found.singular_values, -exponent), plain.singular_values, rtol=50 * eps(dtype))
    np.testing.assert_allclose(np.ldexp(found.mean, -exponent), plain.mean, rtol=50 * eps(dtype))
    np.testing.assert_allclose(found.explained_variance_ratio, plain.explained_variance_ratio, rtol=50 * eps(dtype))
    plain, found = (pca(y, 2, solver=solver, scale=True, rng=0) for y in (x, np.ldexp(x, exponent)))
    np.testing.assert_allclose(found.explained_variance, plain.explained_variance, rtol=50 * eps(dtype))


def test_bits_depend_on_the_seed_alone():
    x = data(np.random.default_rng(6), 5000, 30, "float32")
    for solver in SOLVERS:
        first = pca(x, 5, solver=solver, rng=0, workers=1)
        for other in (pca(x, 5, solver=solver, rng=0, workers=3), pca(np.asfortranarray(x), 5, solver=solver, rng=0),
                      pca(step2(x), 5, solver=solver, rng=0)):
            assert_same_bits(other.components, first.components)
            assert_same_bits(other.explained_variance, first.explained_variance)
            assert_same_bits(other.transform(x), first.transform(x, workers=1))


def test_other_types():
    rng = np.random.default_rng(7)
    x = rng.integers(0, 255, (900, 5), dtype=np.uint8)
    for solver in SOLVERS:
        found = pca(x, 2, solver=solver, rng=0)
        assert found.components.dtype == np.float64
        np.testing.assert_allclose(found.explained_variance, pca(x.astype("f8"), 2).explained_variance, rtol=1e-10)
    half = pca(x.astype("f2"), 2)
    assert half.components.dtype == np.float32
    swapped = x.astype(">f8")
    swapped.flags.writeable = False
    np.testing.assert_allclose(pca(swapped, 2).explained_variance, pca(x, 2).explained_variance, rtol=1e-14)
    assert pca([[1.0, 2.0], [3.0, 5.0]]).mean.tolist() == [2.0, 3.5]


# ------------------------------------------------------------------ in parts

@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("splits", [(), (1,), (1, 2, 3), (512,), (0, 700), (100, 1000, 1013)], ids=str)
def test_any_split_gives_the_same(splits, dtype):
    x = data(np.random.default_rng(8), 1500, 7, dtype, mean=100)
    parts = [RunningCovariance().update(p) for p in np.split(x, splits)]
    together = RunningCovariance()
    for part in parts:
        together.merge(part)
    in_turn = RunningCovariance()
    for p in np.split(x, splits):
        in_turn.update(p)
    expected = np.cov(x.astype("f8").T)
    tolerance = 30 * eps(dtype) * np.abs(expected).max() + 100 * 16 * eps("float64")
    for summary in (together, in_turn):
        assert summary.n_samples == 1500
        assert summary.dtype == dtype
        np.testing.assert_allclose(summary.mean, x.mean(axis=0, dtype="f8"), rtol=1e-14)
        np.testing.assert_allclose(summary.covariance(), expected, atol=tolerance)
        np.testing.assert_array_equal(summary.scatter, summary.scatter.T)
        found, whole = summary.pca(3, whiten=True), pca(x, 3, whiten=True)
        np.testing.assert_allclose(found.explained_variance, whole.explained_variance, rtol=100 * eps(dtype))
        np.testing.assert_allclose(found.components, whole.components, atol=1000 * eps(dtype))
        assert found.whiten
    np.testing.assert_allclose(together.covariance(ddof=0) * 1500, together.scatter, rtol=1e-15)


def test_parts_that_do_not_fit():
    summary = RunningCovariance().update(np.ones((2, 3)))
    before = summary.mean.copy(), summary.n_samples
    for bad, error, words in (
        (np.ones((2, 4)), ValueError, "expected 3, got 4"), (np.ones(3), ValueError, r"got shape \(3,\)"),
        (np.array([[1.0, np.nan, 0]]), ValueError, r"index \(0, 1\)"), (np.ones((1, 3)) * 1j, TypeError, "complex128"),
        (np.array([[1e300, 0, 0], [0, 0, 0]]), ValueError, "1e.300"),
    ):
        with pytest.raises(error, match=rf"^RunningCovariance.update: x .*{words}"):
            summary.update(bad)
    with pytest.raises(TypeError, match="^RunningCovariance.merge: other .* got ndarray"):
        summary.merge(np.ones((2, 3)))
    with pytest.raises(ValueError, match="expected 3, got 4"):
        summary.merge(RunningCovariance().update(np.ones((2, 4))))
    np.testing.assert_array_equal(summary.mean, before[0])
    assert summary.n_samples == before[1]
    assert summary.merge(RunningCovariance()).n_samples == 2
    assert RunningCovariance().merge(summary).n_samples == 2
    with pytest.raises(ValueError, match="expected more than 1, got 0"):
        RunningCovariance().covariance()
    with pytest.raises(ValueError, match="RunningCovariance.pca: x has too few rows"):
        RunningCovariance().pca(1)
    assert RunningCovariance().update(np.ones((0, 3))).n_samples == 0


def test_mixed_types_are_float64():
    x = data(np.random.default_rng(9), 40, 3)
    mixed = RunningCovariance().update(x[:20].astype("f4")).update(x[20:])
    assert mixed.dtype == mixed.pca(1).components.dtype == np.float64


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_a_file_is_read_in_place(tmp_path, dtype):
    x = (data(np.random.default_rng(10), 2000, 6) * 20 + 100).clip(0, 255).astype(dtype)
    x.tofile(tmp_path / "x")
    mapped = np.memmap(tmp_path / "x", dtype, "r", shape=x.shape)
    for solver in SOLVERS:
        found, plain = pca(mapped, 2, solver=solver, rng=0), pca(x, 2, solver=solver, rng=0)
        assert_same_bits(found.components, plain.components)
        assert type(found.mean) is np.ndarray
        assert_same_bits(found.transform(mapped), plain.transform(x))


def test_operands_of_the_result():
    found = pca(data(np.random.default_rng(11), 30, 4), 2)
    for method, good, arg in ((found.transform, 4, "x"), (found.inverse_transform, 2, "scores")):
        for bad, error in ((np.ones((3, good + 1)), ValueError), (np.ones(good), ValueError),
                           (np.full((2, good), np.nan), ValueError), (np.ones((2, good)) * 1j, TypeError)):
            with pytest.raises(error, match=rf"^PCAResult\.(inverse_)?transform: .*{arg}"):
                method(bad)
        assert method(np.ones((0, good))).shape[0] == 0
    assert "scores" not in repr(found)
    assert isinstance(found, linalg.PCAResult)
