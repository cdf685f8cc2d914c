"""The compiled fits: one evaluation against NumPy at every edge of vectors and blocks, between guard pages."""

import numpy as np
import pytest

from mathcore._kernels import fit as kernel
from tests.guard import Guarded

DTYPES = ("float32", "float64")


@pytest.fixture(scope="module")
def pages():
    return [Guarded(300 * 70 * 8) for _ in range(3)]


def reference(kind, x, y, weight, w, b):
    """Sum of the losses and gradient, in float64."""
    z = x.astype(np.float64) @ w.T + b
    if kind == "squared":
        r = z - y.reshape(z.shape)
        loss = 0.5 * (r ** 2).sum(axis=1)
    elif kind == "logistic":
        r, loss = 1 / (1 + np.exp(-z)) - y[:, None], np.logaddexp(0, z[:, 0]) - y * z[:, 0]
    else:
        hot, e = np.eye(len(w))[y.astype(int)], np.exp(z - z.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        r, loss = p - hot, -np.log((p * hot).sum(axis=1))
    r = r * weight[:, None]
    return (loss * weight).sum(), np.concatenate([(r.T @ x).ravel(), r.sum(axis=0)])


@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("kind", "k"), [("squared", 1), ("squared", 6), ("logistic", 1), ("softmax", 2),
                                         ("softmax", 5), ("softmax", 11)])
def test_evaluation_between_guard_pages(isa, pages, kind, k, dtype, at_end):
    rng = np.random.default_rng(0)
    for n, d in [(1, 1), (2, 3), (7, 4), (16, 8), (17, 15), (33, 17), (64, 33), (65, 64), (257, 66)]:
        x = pages[0].array(rng.standard_normal((n, d)).astype(dtype), at_end)
        y = {"squared": rng.standard_normal((n, k)), "logistic": rng.integers(0, 2, n),
             "softmax": rng.integers(0, k, n)}[kind]
        y = pages[1].array(y.astype(dtype), at_end)
        weight = pages[2].array(rng.uniform(0.5, 2, n).astype(dtype), at_end)
        params = rng.standard_normal(k * (d + 1)).astype(dtype).astype(np.float64)
        fit = kernel.Fit(kernel.KINDS[kind], x, y, weight, k, 1.0, 0.0, 0.0, True, 0.0, params, 1)
        fun = fit.evaluate("test")
        expected, gradient = reference(kind, x, y.astype(np.float64), weight.astype(np.float64),
                                       params[:k * d].reshape(k, d), params[k * d:])
        # a score has d roundings and the sum n, of terms that are at most sqrt(d) times the parameters' size
        bound = 16 * np.finfo(dtype).eps * (d + 8) * n
        assert abs(fun - expected) <= bound * (1 + abs(expected) / n)
        assert np.abs(fit.gradient - gradient).max() <= bound * 4 * (1 + d ** 0.5)


@pytest.mark.parametrize(("kind", "k"), [("squared", 1), ("logistic", 1), ("softmax", 7)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_bits_do_not_depend_on_the_width_of_vectors(kind, k, dtype):
    """Every instruction set with fused multiply-add."""
    from mathcore._kernels import runtime

    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((999, 37)).astype(dtype), rng.integers(0, max(k, 2), 999).astype(dtype)
    params, before, seen = rng.standard_normal(k * 38), runtime.get_isa(), []
    try:
        for name in runtime.available_isas()[1:]:
            runtime.set_isa(name)
            fit = kernel.Fit(kernel.KINDS[kind], x, y, None, k, 999.0, 0.0, 0.1, True, 0.0, params, 1)
            seen.append((fit.evaluate("test"), fit.gradient.tobytes()))
    finally:
        runtime.set_isa(before)
    assert len(set(seen)) <= 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_that_are_asked_for_ahead(isa, dtype):
    """Data beyond the caches, and windows of wider ones, whose next block is prefetched or not."""
    rng = np.random.default_rng(0)
    wide = rng.standard_normal((30_000, 24)).astype(dtype)
    y, params = rng.integers(0, 2, 30_000).astype(dtype), rng.standard_normal(14)
    for x in (np.ascontiguousarray(wide[:, :13]), wide[:, :13], np.repeat(wide, 2, axis=1)[:, :13]):
        fit = kernel.Fit(kernel.KINDS["logistic"], x, y, None, 1, 1.0, 0.0, 0.0, True, 0.0, params, 2)
        expected, gradient = reference("logistic", x, y, np.ones(30_000), params[None, :13].astype(dtype), params[13])
        assert abs(fit.evaluate("test") / expected - 1) <= 1e3 * np.finfo(dtype).eps
        assert np.abs(fit.gradient - gradient).max() <= 1e4 * np.finfo(dtype).eps * np.abs(gradient).max()


@pytest.mark.parametrize("dtype", DTYPES)
def test_grams_are_second_derivatives(isa, dtype):
    rng = np.random.default_rng(0)
    x, center = rng.standard_normal((500, 9)).astype(dtype), np.linspace(0, 1, 9).astype(dtype)
    y, params = rng.integers(0, 2, 500).astype(dtype), 0.3 * rng.standard_normal(10)
    fit = kernel.Fit(kernel.KINDS["logistic"], x, y, None, 1, 500.0, 0.0, 0.0, True, 0.0, params, 2)
    gram = np.triu(fit.hessian(center, "test")[0])
    p = 1 / (1 + np.exp(-(x @ params[:9] + params[9])))
    rows = np.column_stack([x - center, np.ones(500)]).astype(np.float64)
    expected = np.triu((rows * (p * (1 - p))[:, None]).T @ rows / 500)
    assert np.abs(gram - expected).max() <= 100 * np.finfo(dtype).eps
