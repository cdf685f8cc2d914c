"""The compiled entries of the losses of pairs and of rows, with pages that no one may touch around every operand."""

import itertools

import numpy as np
import pytest

from mathcore._kernels import losses, softmax
from tests import entropy
from tests.entropy import ratio
from tests.guard import Guarded
from tests.oracles import assert_same_bits

DTYPES = ("float32", "float64")


@pytest.fixture(scope="module")
def six_pages():
    return [Guarded(40 * 41 * 8) for _ in range(6)]


@pytest.fixture
def pages(six_pages):
    for page in six_pages:
        page.bytes[...] = page.FILL
    return six_pages


@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", losses.KINDS)
def test_pairs_between_guard_pages(isa, pages, kind, dtype, at_end):
    rng = np.random.default_rng(0)
    for n in range(1, 41):
        p, y, w, q = (pages[i].array(rng.uniform(0.01, 0.99, n).astype(dtype), at_end) for i in range(4))
        value, gradient = (pages[i].array(np.zeros(n, dtype), at_end) for i in (4, 5))
        positive = q if kind.endswith("logits") else None
        total = losses.pairs(losses.KINDS[kind], p, y, w, positive, 0.5, value, gradient, 1, kind)
        each, slope = entropy.pairs(kind, p, y, np.dtype(dtype), w, 1.0 if positive is None else q, scale=0.5)
        assert ratio(value, each) <= 1
        assert ratio(gradient, slope) <= 1
        assert ratio(total, entropy.pairs_reduced(each, dtype, 1)) <= 1
        for page in pages:
            assert page.untouched_except(n * np.dtype(dtype).itemsize, at_end)


@pytest.mark.parametrize("dtype", DTYPES)
def test_blocks_are_added_in_turn(isa, dtype):
    """Blocks are added in turn in float64."""
    p = np.random.default_rng(0).standard_normal(5 * 4096 + 17).astype(dtype)
    y = np.zeros_like(p)
    kind = losses.KINDS["mse"]
    parts = [losses.pairs(kind, p[i:i + 4096], y[i:i + 4096], None, None, 1.0, None, None, 1, "mse")
             for i in range(0, len(p), 4096)]
    total = 0.0
    for part in parts:
        total += part
    for workers in (1, 2, 7):
        assert losses.pairs(kind, p, y, None, None, 1.0, None, None, workers, "mse") == total


@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
def test_first_outside(isa, pages, dtype, at_end):
    for n in range(1, 41):
        x = pages[0].array(np.linspace(0, 1, n).astype(dtype), at_end)
        assert losses.first_outside(x, 0.0, 1.0) == -1
        for bad in (np.nan, -1e-30, np.nextafter(np.array(1, dtype), np.array(2, dtype)), np.inf, -np.inf):
            for i in (0, n // 2, n - 1):
                kept, x[i] = x[i], bad
                assert losses.first_outside(x, 0.0, 1.0) == i
                x[i] = kept


@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize("layout", ["C", "F", "reversed", "padded"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_cross_entropy_between_guard_pages(isa, pages, dtype, layout, at_end):
    """Logits, labels, weights, losses and gradient at the edge of their pages; sizes 1 to 40 both ways."""
    rng = np.random.default_rng(0)
    sizes = sorted({*((m, n) for m, n in itertools.product((1, 2, 7, 9, 33, 40), range(1, 41))),
                    *((m, n) for m, n in itertools.product(range(1, 41), (1, 3, 10)))})
    for m, n in sizes:
        logits, labels = rng.standard_normal((m, n)).astype(dtype), rng.integers(0, n, m)
        x = Guarded.array(pages[0], logits, at_end, layout) if layout != "padded" or n < 40 else logits
        y, w = pages[1].array(labels, at_end), pages[2].array(np.linspace(0.5, 1, n).astype(dtype), at_end)
        value, gradient = pages[3].array(np.zeros(m, dtype), at_end), pages[4].array(np.zeros((m, n), dtype), at_end)
        plain = np.zeros(m, dtype)
        total = softmax.cross_entropy(x, y, None, w, 0.0, 1.0, None, value, gradient, 1)
        softmax.cross_entropy(x, y, None, w, 0.0, 1.0, None, plain, None, 1)
        assert_same_bits(plain, value, "without the gradient")
        assert total == sum(map(float, value))
        rows, slope = entropy.cross_entropy(logits, entropy.targets(logits, labels), np.dtype(dtype), w)
        assert ratio(value, rows) <= 1
        assert ratio(gradient, slope) <= 1
        assert pages[3].untouched_except(m * value.itemsize, at_end)
        assert pages[4].untouched_except(m * n * value.itemsize, at_end)


@pytest.mark.parametrize("at_end", [True, False])
def test_targets_between_guard_pages(isa, pages, at_end):
    rng = np.random.default_rng(0)
    for m, n in itertools.product((1, 9), range(1, 41)):
        logits, t = rng.standard_normal((m, n)), rng.dirichlet(np.ones(n), m)
        x, target = pages[0].array(logits, at_end), pages[1].array(t, at_end)
        value, gradient = pages[2].array(np.zeros(m), at_end), pages[3].array(np.zeros((m, n)), at_end)
        softmax.cross_entropy(x, None, target, None, 0.25, 1.0, None, value, gradient, 1)
        rows, slope = entropy.cross_entropy(logits, t, np.dtype("f8"), smoothing=0.25)
        assert ratio(value, rows) <= 1
        assert ratio(gradient, slope) <= 1
        assert pages[3].untouched_except(m * n * 8, at_end)


def test_first_label_outside():
    labels = np.array([0, 4, 2, -1, 5, 2**40])
    assert softmax.first_label_outside(labels, 5, None) == 3
    assert softmax.first_label_outside(labels, 5, -1) == 4
    assert softmax.first_label_outside(labels[:3], 5, None) == -1
    assert softmax.first_label_outside(labels[:0], 5, None) == -1
