"""MLP: training against plain loops in longdouble with running error bounds, what stops it, use.

Beside it: test_nn_misuse.py, test_nn_files.py.
"""

import copy
import io
import sys
import threading
import warnings

import numpy as np
import pytest

import mathcore
from mathcore import nn
from mathcore.datasets import load_digits
from mathcore.losses import cross_entropy
from mathcore.nn import MLP, train_step
from mathcore.special import softmax
from tests.networks import (
    Arithmetic,
    Descent,
    Num,
    assert_parameters,
    data,
    model,
    parameters,
    plain,
    snapshot,
    worst,
)
from tests.oracles import assert_same_bits
from tests.process import output_of

RATES = {"sgd": 0.1, "momentum": 0.01, "adam": 0.001}


# ------------------------------------------------------------------ a new model

def test_a_new_model():
    m = MLP((200, 100, 10), rng=0)
    assert repr(m) == "MLP((200, 100, 10), activation='relu', dtype='float32')"
    for w, b, (k, n) in zip(m.weights, m.biases, ((200, 100), (100, 10)), strict=True):
        assert w.shape == (n, k)
        assert w.flags.f_contiguous
        assert w.dtype == b.dtype == np.float32
        assert not b.any()
        # n k normal numbers: their standard deviation is known to 1 / sqrt(2 n k), five times that
        assert abs(w.std() / (2 / k)**0.5 - 1) < 5 / (2 * n * k)**0.5
    for dtype in (np.float64, "float64", np.dtype("f8")):
        assert MLP((2, 2), dtype=dtype).weights[0].dtype == np.float64
    for rng in (5, np.int64(5), np.random.default_rng(5)):
        assert_parameters(MLP((3, 2), rng=rng), snapshot(MLP((3, 2), rng=5)))
    assert MLP([np.int8(3), 2]).layers == (3, 2)


# ------------------------------------------------------------------ training is the plain loop

def plain_fit(m, x, labels, *, optimizer, rate, batch_size, epochs, rng=None, decay=0.0, momentum=0.9, descent=None):
    """The layers after, and each epoch's mean loss."""
    layers, curve = plain([(w.copy(), b.copy()) for w, b in parameters(m)]), []
    descent = descent or Descent(Arithmetic(m.dtype), optimizer, rate, momentum, decay)
    for _ in range(epochs):
        order = np.arange(len(x)) if rng is None else rng.permutation(len(x))
        total = 0.0
        for start in range(0, len(x), batch_size):
            rows = order[start:start + batch_size]
            loss, layers = descent.step(layers, Num(x[rows]), labels[rows], m.activation)
            total += loss.value * len(rows)
        curve.append(float(total / len(x)))
    return layers, curve


@pytest.mark.parametrize("optimizer", RATES)
@pytest.mark.parametrize("sizes", [(5, 3), (5, 4, 3), (6, 7, 1, 4)])
@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize("order", ["C", "F"])
def test_training_is_the_plain_loop(isa, optimizer, sizes, decay, order):
    """13 rows in batches of 5: the last is short. Three epochs in float64."""
    x, labels = data(13, sizes)
    m = model(sizes)
    m.weights = [np.asarray(w, order=order) for w in m.weights]
    known, curve = plain_fit(m, x, labels, optimizer=optimizer, rate=RATES[optimizer], batch_size=5, epochs=3,
                             rng=np.random.default_rng(11), decay=decay)
    assert m.fit(x, labels, epochs=3, batch_size=5, optimizer=optimizer, weight_decay=decay, rng=11) is m
    assert worst(parameters(m), known) <= 1
    # the bound grows with every step; it must still tell a wrong loop from a right one
    assert max(float(np.max(p.error)) for pair in known for p in pair) < 1e-6
    np.testing.assert_allclose(m.loss_curve, curve, rtol=1e-9)
    other = model(sizes).fit(x, labels, epochs=3, batch_size=5, optimizer=optimizer, weight_decay=decay + 0.01, rng=11)
    assert worst(parameters(other), known) > 1


@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
def test_training_in_float32(isa, optimizer):
    x, labels = data(12, dtype="float32")
    m = model(dtype="float32")
    known, curve = plain_fit(m, x, labels, optimizer=optimizer, rate=0.05, batch_size=4, epochs=1,
                             rng=np.random.default_rng(0))
    m.fit(x, labels, epochs=1, batch_size=4, optimizer=optimizer, learning_rate=0.05, rng=0)
    assert worst(parameters(m), known) <= 1
    np.testing.assert_allclose(m.loss_curve, curve, rtol=1e-4)


def test_momentum_and_rate_are_used():
    x, labels = data(20)
    m = model()
    known, _ = plain_fit(m, x, labels, optimizer="momentum", rate=0.2, batch_size=7, epochs=2, momentum=0.5)
    m.fit(x, labels, epochs=2, batch_size=7, optimizer="momentum", learning_rate=0.2, momentum=0.5, shuffle=False)
    assert worst(parameters(m), known) <= 1


def test_fit_by_descent_is_a_loop_of_train_step(isa):
    x, labels = data(30)
    m, other = model(), parameters(model())
    m.fit(x, labels, epochs=2, batch_size=8, learning_rate=0.3, rng=4)
    rng = np.random.default_rng(4)
    for _ in range(2):
        order = rng.permutation(30)
        for start in range(0, 30, 8):
            rows = order[start:start + 8]
            train_step(other, x[rows], labels[rows], activation="tanh", learning_rate=0.3)
    for pair, expected in zip(parameters(m), other, strict=True):
        for a, b in zip(pair, expected, strict=True):
            assert_same_bits(a, b)


@pytest.mark.parametrize("optimizer", RATES)
def test_fit_goes_on_where_it_was(isa, optimizer):
    """Velocity, moments and the count of steps included; another optimizer begins anew."""
    x, labels = data(20)
    options = {"batch_size": 6, "optimizer": optimizer, "shuffle": False}
    once = model().fit(x, labels, epochs=4, **options)
    twice = model().fit(x, labels, epochs=1, **options).fit(x, labels, epochs=3, **options)
    assert_parameters(twice, snapshot(once))
    assert twice.loss_curve == once.loss_curve
    assert len(once.loss_curve) == 4
    descent = Descent(Arithmetic("float64"), optimizer, RATES[optimizer])
    other = "sgd" if optimizer != "sgd" else "adam"
    between = model().fit(x, labels, epochs=1, batch_size=6, optimizer=other, rng=0)
    known, _ = plain_fit(between, x, labels, optimizer=optimizer, rate=None, batch_size=6, epochs=1, descent=descent)
    assert worst(parameters(between.fit(x, labels, epochs=1, **options)), known) <= 1


@pytest.mark.parametrize("optimizer", RATES)
def test_weights_replaced_by_the_same_in_another_order_train_alike(optimizer):
    """What the optimizer keeps is laid out as the weights."""
    x, labels = data(20)
    options = {"batch_size": 20, "optimizer": optimizer, "epochs": 2, "shuffle": False, "learning_rate": 0.05}
    expected = model().fit(x, labels, **options).fit(x, labels, **options)
    m = model().fit(x, labels, **options)
    m.weights = [np.ascontiguousarray(w) for w in m.weights]
    m.fit(x, labels, **options)
    for a, b in zip(m.weights, expected.weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)     # rounding of two orders of a product


@pytest.mark.parametrize("optimizer", RATES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_same_number_same_bits(isa, optimizer, dtype):
    sizes = (64, 48, 10)
    x, labels = data(500, sizes, dtype)
    fits = [model(sizes, dtype, "relu").fit(x, labels, epochs=2, optimizer=optimizer, batch_size=100, workers=workers)
            for workers in (1, 1, 2, 7)]
    for m in fits[1:]:
        assert_parameters(m, snapshot(fits[0]))
        assert m.loss_curve == fits[0].loss_curve
    with mathcore.threads(3):
        m = model(sizes, dtype, "relu").fit(x, labels, epochs=2, optimizer=optimizer, batch_size=100)
    assert_parameters(m, snapshot(fits[0]))


def test_kinds_of_data_and_bounds_of_batches():
    x, labels = data(10)
    expected = snapshot(model().fit(x, labels, epochs=2, batch_size=10, rng=0))
    before = x.copy(), labels.copy()
    for source, y, batch in ((x.tolist(), labels.tolist(), 10), (np.asfortranarray(x), labels.astype("u1"), 11),
                             (x[::-1].copy()[::-1], labels.astype(">i2"), 10**9),
                             (x.astype(">f8"), tuple(labels), 2**62)):
        assert_parameters(model().fit(source, y, epochs=2, batch_size=batch, rng=0), expected)
    assert_same_bits(x, before[0])
    assert_same_bits(labels, before[1])
    m = model()
    start = snapshot(m)
    assert m.fit(x, labels, epochs=0) is m
    assert_parameters(m, start)
    assert m.loss_curve == m.validation_curve == []
    m.fit(x[:1], labels[:1], epochs=1, batch_size=1)
    assert len(m.loss_curve) == 1


# ------------------------------------------------------------------ what stops the training

def test_callback():
    """After each epoch, from 1 on, with the model as it is then; a true result ends the training."""
    x, labels = data()
    m, calls = model(), []

    def callback(epoch, who):
        calls.append((epoch, who is m, len(who.loss_curve), who.predict(x[:2]).shape))
        return epoch == 3

    m.fit(x, labels, epochs=10, callback=callback)
    assert calls == [(i, True, i, (2,)) for i in (1, 2, 3)]
    assert len(m.loss_curve) == 3


def test_an_exception_of_the_callback_comes_out():
    x, labels = data()
    expected = model().fit(x, labels, epochs=2, optimizer="adam", rng=1)

    def callback(epoch, who):
        if epoch == 2:
            raise LookupError("mine")

    m = model()
    with pytest.raises(LookupError, match="^mine$"):
        m.fit(x, labels, epochs=9, optimizer="adam", callback=callback, rng=1)
    assert_parameters(m, snapshot(expected))
    again = np.random.default_rng(5)
    m.fit(x, labels, epochs=1, optimizer="adam", rng=again)
    expected.fit(x, labels, epochs=1, optimizer="adam", rng=5)
    assert_parameters(m, snapshot(expected), "the optimizer's state")


def test_a_callback_may_copy_but_not_train():
    x, labels = data()
    copies = []

    def callback(epoch, who):
        copies.append(copy.deepcopy(who).fit(x, labels, epochs=1))
        who.fit(x, labels, epochs=1)

    with pytest.raises(RuntimeError, match=r"^MLP.fit: the model is being trained already; expected one call"):
        model().fit(x, labels, callback=callback)
    assert len(copies[0].loss_curve) == 2


@pytest.mark.parametrize("watch", ["training", "validation"])
def test_patience_keeps_the_best_parameters(watch):
    """A rate so large that the loss soon grows."""
    x, labels = data(60)
    pair = data(40, seed=9) if watch == "validation" else None
    seen = []
    m = model()
    m.fit(x, labels, epochs=100, learning_rate=3.0, validation=pair, patience=4, rng=0,
          callback=lambda epoch, who: seen.append(snapshot(who)))
    curve = m.validation_curve if pair else m.loss_curve
    assert len(m.loss_curve) == len(seen) < 100
    assert len(m.validation_curve) == (len(seen) if pair else 0)
    best, kept = np.inf, 0
    for i, loss in enumerate(curve):
        if loss < best - 1e-4:
            best, kept = loss, i
    assert len(curve) - 1 - kept == 4
    assert_parameters(m, seen[kept])
    if pair:
        assert float(cross_entropy(m._logits(pair[0], None, "test"), pair[1])) == best
        whole = model().fit(x, labels, epochs=3, learning_rate=3.0, validation=pair, rng=0)
        assert_parameters(whole, seen[2], "watching changes nothing")


def test_data_that_are_not_finite_are_named():
    x, labels = data(20)
    for bad in (np.nan, np.inf, -np.inf):
        poisoned = x.copy()
        poisoned[13, 2] = bad
        m = model()
        start = snapshot(m)
        watched = {"validation": (poisoned, labels)}
        for call, args, options in ((m.fit, (poisoned, labels), {}), (m.fit, (x, labels), watched),
                                    (m.predict, (poisoned,), {}), (m.score, (poisoned, labels), {})):
            with pytest.raises(ValueError, match=rf"x\[13, 2\] is {bad}; expected finite numbers$"):
                call(*args, **options)
        assert_parameters(m, start)


def test_a_loss_that_overflows_stops_before_the_step():
    x, labels = data(20)
    x[13] = np.finfo(x.dtype).max
    for optimizer in RATES:
        m = model(activation="relu")
        expected = model(activation="relu").fit(x[:10], labels[:10], epochs=1, batch_size=5, optimizer=optimizer,
                                                shuffle=False)
        with pytest.warns(RuntimeWarning, match="^MLP.fit: the loss is not finite in epoch 1; ") as caught:
            assert m.fit(x, labels, epochs=5, batch_size=5, optimizer=optimizer, shuffle=False) is m
        assert caught[0].filename == __file__
        assert_parameters(m, snapshot(expected), optimizer)
        assert m.loss_curve == []
        assert_parameters(m.fit(x[:10], labels[:10], epochs=1, optimizer=optimizer, shuffle=False, batch_size=5),
                          snapshot(expected.fit(x[:10], labels[:10], epochs=1, optimizer=optimizer, shuffle=False,
                                                batch_size=5)), optimizer)


def test_the_warning_as_an_error_leaves_the_model_whole():
    x, labels = data(20)
    m = model(activation="relu")
    start = snapshot(m)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RuntimeWarning, match="not finite"):
            m.fit(np.full_like(x, np.finfo(x.dtype).max), labels)
    assert_parameters(m, start)
    m.fit(x, labels)


INTERRUPT = r"""if True:
    import os, signal, threading, time
    import numpy as np
    from mathcore.nn import MLP
    signal.signal(signal.SIGINT, signal.default_int_handler)
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20000, 300)).astype("f4"), rng.integers(0, 10, 20000)
    for optimizer in ("sgd", "momentum", "adam"):
        for workers, batch in ((1, 32), (2, 32), (2, 4096)):
            m = MLP((300, 400, 10), rng=1)
            sent = []
            def send():
                time.sleep(0.15)
                sent.append(time.perf_counter())
                os.kill(os.getpid(), signal.SIGINT)
            sender = threading.Thread(target=send)
            sender.start()
            try:
                m.fit(x, y, epochs=10**6, optimizer=optimizer, batch_size=batch, workers=workers, rng=7)
                raise SystemExit("deaf")
            except KeyboardInterrupt:
                print(1000 * (time.perf_counter() - sent[0]))
            sender.join()
            # the same steps, each of them whole: the parameters are those after some step of a run without a signal
            whole, order, match = MLP((300, 400, 10), rng=1), np.random.default_rng(7), False
            epochs = len(m.loss_curve)
            if epochs:
                whole.fit(x, y, epochs=epochs, optimizer=optimizer, batch_size=batch, rng=order)
            rows = order.permutation(20000)
            same = lambda: all((a == b).all() for a, b in zip(m.weights + m.biases, whole.weights + whole.biases))
            for start in range(0, 20000, batch):
                if same():
                    match = True
                    break
                part = rows[start:start + batch]
                whole.fit(x[part], y[part], epochs=1, optimizer=optimizer, batch_size=batch, shuffle=False)
            assert match or same(), (optimizer, workers, batch)
            m.fit(x[:100], y[:100], epochs=1, optimizer=optimizer)
            assert np.isfinite(m.loss_curve[-1])
"""


def test_ctrl_c_is_prompt_and_leaves_whole_steps():
    """100 ms is the promise, seen with -s; half a second is what a busy machine is given here."""
    latencies = [float(line) for line in output_of(INTERRUPT, timeout=120).split()]
    print("ms from signal to KeyboardInterrupt:", [round(x) for x in latencies])
    assert len(latencies) == 9
    assert max(latencies) < 500


def test_two_threads_that_train_one_model():
    """One of them trains, the other is told."""
    x, labels = data(4000, (50, 40, 10))
    m, errors, done = model((50, 40, 10)), [], []

    def work():
        try:
            m.fit(x, labels, epochs=20, rng=0, shuffle=False)
            done.append(1)
        except RuntimeError as error:
            errors.append(str(error))

    start = threading.Event()

    def late():
        start.wait()
        work()

    other = threading.Thread(target=late)
    other.start()
    m.fit(x, labels, epochs=20, rng=0, shuffle=False, callback=lambda epoch, who: start.set() if epoch == 1 else None)
    other.join()
    assert errors in ([], ["MLP.fit: the model is being trained already; expected one call of fit at a time"])
    expected = model((50, 40, 10)).fit(x, labels, epochs=20, shuffle=False)
    if done:
        expected.fit(x, labels, epochs=20, shuffle=False)
    assert_parameters(m, snapshot(expected))


def test_many_threads_use_one_model():
    x, _ = data(500)
    m = model()
    expected = m.predict_proba(x)
    results = []
    threads = [threading.Thread(target=lambda: results.extend(m.predict_proba(x) for _ in range(20))) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(results) == 80
    for result in results:
        assert_same_bits(result, expected)


def test_fork_after_fit():
    output_of("""if True:
        import os, signal
        import numpy as np
        from mathcore.nn import MLP
        rng = np.random.default_rng(0)
        x, y = rng.standard_normal((2000, 64)), rng.integers(0, 10, 2000)
        m = MLP((64, 128, 10), rng=0).fit(x, y, epochs=1, batch_size=500, workers=2)
        expected = MLP((64, 128, 10), rng=0).fit(x, y, epochs=2, batch_size=500, workers=1)
        pid = os.fork()
        if pid == 0:
            signal.alarm(20)
            status = 1
            try:
                m.fit(x, y, epochs=1, batch_size=500, workers=2)
                status = 0 if all((a == b).all() for a, b in zip(m.weights, expected.weights)) else 2
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        m.fit(x, y, epochs=1, batch_size=500, workers=2)
        assert all((a == b).all() for a, b in zip(m.weights, expected.weights))
    """)


# ------------------------------------------------------------------ progress

def test_progress_without_tqdm(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    x, labels = data()
    m = model().fit(x, labels, epochs=2, progress=True, rng=0)
    text = sys.stderr.getvalue()
    assert text == "".join(f"\repoch {i} of 2, loss {loss:.4g}" for i, loss in enumerate(m.loss_curve, 1)) + "\n"
    assert_parameters(model().fit(x, labels, epochs=2, rng=0), snapshot(m))
    assert sys.stderr.getvalue() == text, "silent unless asked"


def test_progress_with_tqdm(monkeypatch):
    """A stand-in: the bar is counted up once an epoch and closed, after an exception too."""
    class Bar:
        made = []

        def __init__(self, total, unit):
            self.total, self.unit, self.n, self.closed, self.shown = total, unit, 0, False, []
            self.made.append(self)

        def set_postfix(self, refresh, **what):
            self.shown.append(what)

        def update(self):
            self.n += 1

        def close(self):
            self.closed = True

    fake = type(sys)("tqdm")
    fake.tqdm = Bar
    monkeypatch.setitem(sys.modules, "tqdm", fake)
    x, labels = data()
    m = model().fit(x, labels, epochs=3, progress=True)
    bar = Bar.made.pop()
    assert (bar.total, bar.n, bar.closed) == (3, 3, True)
    assert bar.shown == [{"loss": f"{loss:.4g}"} for loss in m.loss_curve]
    with pytest.raises(ZeroDivisionError):
        m.fit(x, labels, epochs=3, progress=True, callback=lambda epoch, who: 1 / 0)
    assert Bar.made.pop().closed


# ------------------------------------------------------------------ use

@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sizes", [(5, 3), (5, 40, 3), (5, 1, 8, 3)])
def test_probabilities_classes_and_accuracy_agree(isa, sizes, dtype):
    m = model(sizes, dtype)
    a = Arithmetic(dtype)
    for n in (1, 2, 1023, 1024, 1025, 2500):
        x, labels = data(n, sizes, dtype, seed=n)
        p = m.predict_proba(x)
        assert p.dtype == dtype
        assert p.shape == (n, 3)
        assert (np.abs(p.sum(axis=1, dtype=float) - 1) <= 8 * np.finfo(dtype).eps).all()
        logits = m._logits(x, None, "test")
        z = a.forward(plain(parameters(m)), Num(x[:50]), "tanh")[-1]
        assert (np.abs(logits[:50] - z.value) <= z.error).all()
        assert_same_bits(p, softmax(logits, -1))
        predicted = m.predict(x)
        assert_same_bits(predicted, logits.argmax(axis=1))
        assert m.score(x, labels) == np.mean(predicted == labels)
        for workers in (1, 2, 7):
            assert_same_bits(m.predict_proba(x, workers=workers), p)
        assert_same_bits(m.predict_proba(x[n // 2:]), p[n // 2:], "a part of the rows")
        assert_same_bits(m.predict_proba(np.asfortranarray(x)), p)
    assert m.predict(np.zeros((0, 5))).shape == (0,)
    assert m.predict_proba(np.zeros((0, 5))).shape == (0, 3)


def test_replaced_parameters_that_fit_are_used():
    x, _ = data()
    m = model()
    expected = m.predict_proba(x)
    other = model(seed=99)
    other.weights, other.biases = [np.ascontiguousarray(w) for w in m.weights], [b.copy() for b in m.biases]
    np.testing.assert_allclose(other.predict_proba(x), expected, rtol=1e-12)


# ------------------------------------------------------------------ it learns

@pytest.mark.parametrize(("optimizer", "options"), [("sgd", {"learning_rate": 0.3}), ("momentum", {}), ("adam", {})])
def test_the_digits(optimizer, options):
    """0.96 of a held-out quarter, as in `python -m mathcore`, where five folds gave 0.970 to 0.98."""
    digits = load_digits()
    order = np.random.default_rng(0).permutation(1797)
    x, y = (digits.data / 4 - 2)[order], digits.target[order]
    m = MLP((64, 48, 10), activation="sigmoid" if optimizer == "sgd" else "relu", rng=0)
    m.fit(x[450:], y[450:], epochs=60, optimizer=optimizer, **options)
    assert m.score(x[:450], y[:450]) >= 0.96
    assert m.loss_curve[-1] < 0.1 < m.loss_curve[0]


def test_public_names():
    assert nn.__all__ == ["MLP", "dense", "dense_backward", "train_step"]
