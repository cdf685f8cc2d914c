"""The compiled trainer and layers, called past the wrappers: guard pages around parameters, batches and gradients."""

import itertools

import numpy as np
import pytest

from mathcore._kernels import network
from tests.guard import Guarded
from tests.networks import Arithmetic, Descent, Num, plain, worst
from tests.oracles import assert_same_bits

DTYPES = ("float32", "float64")
SIZES = (*range(1, 18), 23, 24, 25, 31, 32, 33, 40)


@pytest.fixture(scope="module")
def six_pages():
    return [Guarded(40 * 40 * 8) for _ in range(6)]


@pytest.fixture
def pages(six_pages):
    for page in six_pages:
        page.bytes[...] = page.FILL
    return six_pages


@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
def test_layer_backward_between_guard_pages(isa, pages, dtype, at_end):
    rng, a = np.random.default_rng(0), Arithmetic(dtype)
    for rows, n_in, n_out in [(m, 5, 3) for m in SIZES] + [(9, k, 4) for k in SIZES] + [(7, 6, n) for n in SIZES]:
        shapes = (rows, n_out), (rows, n_in), (n_out, n_in), (rows, n_in), (n_out, n_in), (n_out,)
        arrays = [page.array(rng.standard_normal(s).astype(dtype), at_end)
                  for page, s in zip(pages, shapes, strict=True)]
        dy, x, w, dx, dw, db = arrays
        network.layer_backward(*arrays, 1)
        for got, known in ((dx, a.product(Num(dy), Num(w))), (dw, a.product(Num(dy.T), Num(x))),
                           (db, a.summed(Num(dy), None))):
            assert (np.abs(got - known.value) <= known.error + a.tiny).all(), (rows, n_in, n_out)
        again = np.empty_like(dw), np.empty_like(db)
        network.layer_backward(dy, x, w, None, *again, 1)
        for one, other in zip(again, (dw, db), strict=True):
            assert_same_bits(one, other, "no gradient of the input")
        for page, array in zip(pages, arrays, strict=True):
            assert page.untouched_except(array.nbytes, at_end)


@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", network.ACTIVATIONS)
def test_activation_backward_between_guard_pages(isa, pages, activation, dtype, at_end):
    rng, a = np.random.default_rng(0), Arithmetic(dtype)
    for m, n in itertools.product((1, 2, 7, 40), range(1, 41)):
        dy, y = (page.array(rng.uniform(-0.9, 0.9, (m, n)).astype(dtype), at_end) for page in pages[:2])
        dz = pages[2].array(np.zeros((m, n), dtype), at_end)
        network.activation_backward(network.ACTIVATIONS[activation], dy, y, dz, 1)
        known = a.times(Num(dy), a.slope(activation, Num(y)))
        assert (np.abs(dz - known.value) <= known.error).all()
        assert pages[2].untouched_except(dz.nbytes, at_end)


@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_step_between_guard_pages(isa, pages, dtype, order, at_end):
    """Two layers; batch, weights and biases end at a page, or begin there."""
    rng = np.random.default_rng(0)
    for rows, n_in, n_hidden, n_out in [(m, 5, 4, 3) for m in SIZES] + [(6, k, 4, 3) for k in SIZES] + \
            [(6, 5, h, 3) for h in SIZES] + [(6, 5, 4, n) for n in SIZES]:
        shapes = (n_hidden, n_in), (n_hidden,), (n_out, n_hidden), (n_out,)
        w1, b1, w2, b2 = (page.array(rng.normal(0, 0.3, s).astype(dtype), at_end, order if len(s) == 2 else "C")
                          for page, s in zip(pages, shapes, strict=False))
        x = pages[4].array(rng.standard_normal((rows, n_in)).astype(dtype), at_end)
        labels = pages[5].array(rng.integers(0, n_out, rows), at_end)
        known = plain([(w1.copy(), b1.copy()), (w2.copy(), b2.copy())])
        loss, after = Descent(Arithmetic(dtype), "sgd", 0.25).step(known, Num(x), labels, "tanh")
        trainer = network.Network([w1, w2], [b1, b2], network.ACTIVATIONS["tanh"], network.OPTIMIZERS["sgd"], rows)
        trainer.set_rates(0.25, 0, 0, 0, 0, 0, 0)
        got = trainer.step(x, labels, 1, "test")
        assert abs(got - loss.value) <= loss.error
        assert worst([(w1, b1), (w2, b2)], after) <= 1, (rows, n_in, n_hidden, n_out)
        for page, array in zip(pages, (w1, b1, w2, b2), strict=False):
            assert page.untouched_except(array.nbytes, at_end)


@pytest.mark.parametrize("optimizer", network.OPTIMIZERS)
def test_an_epoch_is_its_steps(isa, optimizer):
    """Gathered batches, the last one short; the buffers of a trainer serve many epochs."""
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((23, 5)), rng.integers(0, 3, 23)
    kinds = {"sgd": 0, "momentum": 1, "adam": 3}[optimizer]

    def trainer():
        w, b = np.full((3, 5), 0.1), np.zeros(3)
        w[:, 0] = 1, 2, 3
        state = [tuple(np.zeros_like(a) for _ in range(kinds) for a in (w, b))] if kinds else ()
        t = network.Network([w], [b], network.ACTIVATIONS["relu"], network.OPTIMIZERS[optimizer], 6, state)
        t.set_rates(0.1, 0.9, 0.01, 0.9, 0.999, 1e-8, 0)
        return t, w, b

    whole, w, b = trainer()
    stepwise, w2, b2 = trainer()
    for _ in range(2):
        order = rng.permutation(23)
        total, done = whole.epoch(x, labels, order, 6, 2, "test")
        expected = sum(len(rows) * stepwise.step(np.ascontiguousarray(x[rows]), labels[rows], 1, "test")
                       for rows in np.split(order, range(6, 23, 6)))
        assert done == 23
        assert abs(total - expected) <= 23 * np.finfo(float).eps * expected      # the mean of a batch is rounded
    assert_same_bits(w, w2)
    assert_same_bits(b, b2)
    assert whole.count == stepwise.count == (8 if optimizer == "adam" else 0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_logits_between_guard_pages(isa, pages, dtype):
    rng, a = np.random.default_rng(0), Arithmetic(dtype)
    for rows, n_in in itertools.product((1, 2, 9, 40), (1, 3, 8, 40)):
        x = pages[0].array(rng.standard_normal((rows, n_in)).astype(dtype), True)
        out = pages[1].array(np.zeros((rows, 7), dtype), True)
        layers = [(rng.standard_normal(s).astype(dtype), rng.standard_normal(s[0]).astype(dtype))
                  for s in ((4, n_in), (7, 4))]
        trainer = network.Network(*map(list, zip(*layers, strict=True)), network.ACTIVATIONS["tanh"], 0, 1)
        trainer.logits(x, out, 2, "test")
        known = a.forward(plain(layers), Num(x), "tanh")[-1]
        assert (np.abs(out - known.value) <= known.error).all()
        assert pages[1].untouched_except(out.nbytes, True)


def test_numbers_of_layers():
    w, b = np.ones((1, 1)), np.ones(1)
    for n in (0, 65):
        with pytest.raises(ValueError, match=f"^layers: expected 1 to 64, got {n}$"):
            network.Network([w] * n, [b] * n, 0, 0, 1)
    network.Network([w] * 64, [b] * 64, 0, 0, 1)
