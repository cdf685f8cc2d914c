"""Training: one step against PyTorch and NumPy, one epoch on the digits against scikit-learn, where they are
installed."""

import importlib.util
import warnings

import numpy as np

from mathcore import _tour, nn
from mathcore.datasets import load_digits

from .bench_special import FLOATS, torch_or_none
from .runner import Call, Row

SIZES = (784, 128, 10)
RATE = 0.01


def rows():
    for dtype in FLOATS:
        rng = np.random.default_rng(0)
        for batch in (1, 64, 256):
            yield from step_rows(rng, dtype, batch)
        yield from layer_rows(rng, dtype)
        yield from epoch_rows(dtype)


def parameters(rng, dtype, order="C"):
    return [(np.asarray(rng.normal(0, k**-0.5, (n, k)), dtype, order=order), np.zeros(n, dtype))
            for k, n in zip(SIZES, SIZES[1:], strict=False)]


def step_rows(rng, dtype, batch):
    x, y = rng.standard_normal((batch, SIZES[0]), dtype=dtype), rng.integers(0, SIZES[-1], batch)
    layers, flat = parameters(rng, dtype, "F"), [a for pair in parameters(rng, dtype) for a in pair]
    order = np.arange(batch)
    # the first layer forward and of its weights backward, the second those and of its input
    flops = 2 * batch * (2 * SIZES[0] * SIZES[1] + 3 * SIZES[1] * SIZES[2])
    promise = {"dtype": dtype, "flops": flops, "ours": Call(nn.train_step, layers, x, y, learning_rate=RATE)}
    yield Row(work=f"training step {SIZES}, batch {batch}", peer_name="plain NumPy",
              peer=Call(_tour.numpy_epoch, flat, x, y, order, alpha=RATE, batch_size=batch), at_least=3, aim=6,
              **promise)
    torch = torch_or_none()
    if torch is None:
        return
    network = torch.nn.Sequential(torch.nn.Linear(*SIZES[:2]), torch.nn.Sigmoid(), torch.nn.Linear(*SIZES[1:]))
    network = network.to(getattr(torch, dtype))
    optimizer, loss = torch.optim.SGD(network.parameters(), lr=RATE), torch.nn.CrossEntropyLoss()
    inputs, target = torch.from_numpy(x), torch.from_numpy(y)

    def peer():
        optimizer.zero_grad()
        loss(network(inputs), target).backward()
        optimizer.step()

    at_least, aim = {1: (5, 10), 64: (1.5, 2.5), 256: (1.2, 1.8)}[batch]
    yield Row(work=f"training step {SIZES}, batch {batch} | torch", peer_name="torch eager, SGD", peer=Call(peer),
              at_least=at_least, aim=aim, **promise)


def layer_rows(rng, dtype, m=256):
    x, dy = (rng.standard_normal((m, n), dtype=dtype) for n in SIZES[:2])
    (w, b), _ = parameters(rng, dtype)
    y = nn.dense(x, w, b, activation="tanh")
    flops = 2 * m * SIZES[0] * SIZES[1]
    yield Row(work=f"dense, tanh ({m}, {SIZES[0]}) x {w.shape}", dtype=dtype, peer_name="np.tanh(x @ w.T + b)",
              flops=flops, ours=Call(nn.dense, x, w, b, activation="tanh"), peer=Call(lambda: np.tanh(x @ w.T + b)),
              at_least=1.0)

    def backward():
        dz = dy * (1 - y * y)
        return dz @ w, dz.T @ x, dz.sum(axis=0)

    yield Row(work=f"dense_backward, tanh ({m}, {SIZES[0]}) x {w.shape}", dtype=dtype, peer_name="the same in NumPy",
              flops=2 * flops, ours=Call(nn.dense_backward, dy, x, w, y, activation="tanh"), peer=Call(backward),
              at_least=1.0)


def epoch_rows(dtype):
    if importlib.util.find_spec("sklearn") is None:
        return
    from sklearn.neural_network import MLPClassifier

    digits = load_digits()
    x = (digits.data / 8 - 1).astype(dtype)
    for optimizer, rate in (("sgd", 0.1), ("adam", 0.001)):
        model = nn.MLP((64, 48, 10), activation="sigmoid", dtype=dtype, rng=0)
        peer = MLPClassifier((48,), activation="logistic", solver=optimizer, learning_rate_init=rate, momentum=0,
                             alpha=0, batch_size=32, max_iter=1, warm_start=True, random_state=0)

        def fit(peer=peer):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")          # one epoch does not converge
                peer.fit(x, digits.target)

        yield Row(work=f"epoch of MLP on the digits, {optimizer}", dtype=dtype, peer_name="sklearn MLPClassifier",
                  ours=Call(model.fit, x, digits.target, epochs=1, batch_size=32, optimizer=optimizer,
                  learning_rate=rate), peer=Call(fit), at_least=5, aim=10)
