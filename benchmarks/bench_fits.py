"""Whole fits of linear models against the NumPy loops that people write, PyTorch and scikit-learn."""

import numpy as np

from mathcore.datasets import load_digits
from mathcore.optimize import fit_linear, fit_logistic, fit_softmax

from .bench_special import FLOATS, torch_or_none
from .runner import Call, Row

STEPS = 100
TOL = 3e-4                                  # of the gradient's norm; sklearn's own is 1e-4 of each element


def rows():
    for dtype in FLOATS:
        for n, d, steps in ((100_000, 50, STEPS), (1_000_000, 20, 20), (1000, 20, 1000)):
            yield from logistic_steps(n, d, steps, dtype)
        digits = load_digits()
        pixels = (digits.data / 16).astype(dtype)
        yield from softmax_steps("digits", pixels, digits.target, STEPS)
        rng = np.random.default_rng(0)
        yield from softmax_steps("(50000, 784)", rng.standard_normal((50_000, 784), dtype=dtype) / 28,
                                 rng.integers(0, 10, 50_000), 10)       # 100 of the peers' take half a minute
        yield from to_objective("digits", pixels, digits.target)
        for n, d in ((100_000, 50), (20_000, 200)):
            yield from to_objective(f"({n}, {d})", *two_classes(n, d, dtype))
        yield from equations(100_000, 100, dtype)
        yield from epochs(100_000, 50, dtype)


def two_classes(n, d, dtype):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, d), dtype=dtype)
    w = rng.standard_normal(d) / d**0.5
    return x, (x @ w + rng.logistic(size=n) > 0).astype(np.int64)


def numpy_logistic(x, y, rate, steps):
    w, b = np.zeros(x.shape[1], x.dtype), x.dtype.type(0)
    rate = x.dtype.type(rate)
    for _ in range(steps):
        r = 1 / (1 + np.exp(-(x @ w + b))) - y
        w -= rate * (r @ x) / len(x)
        b -= rate * r.mean()
    return w


def torch_descent(x, target, k, rate, steps, loss):
    import torch

    w, b = torch.zeros((k, x.shape[1]), dtype=x.dtype, requires_grad=True), torch.zeros(k, dtype=x.dtype,
                                                                                        requires_grad=True)
    step = torch.optim.SGD([w, b], lr=rate)
    for _ in range(steps):
        step.zero_grad()
        z = torch.nn.functional.linear(x, w, b)
        loss(z[:, 0] if k == 1 else z, target).backward()
        step.step()
    return w.detach().numpy()[0] if k == 1 else w.detach().numpy()


def unit(expected):
    return np.finfo(expected.dtype).eps * 1000 * np.abs(expected).max()


def logistic_steps(n, d, steps, dtype):
    x, y = two_classes(n, d, dtype)
    y = y.astype(dtype)
    options = {"learning_rate": 0.5, "solver": "gd", "max_iter": steps, "tol": 0}
    expected = numpy_logistic(x.astype(np.float64), y, 0.5, steps).astype(dtype)
    promise = {"dtype": np.dtype(dtype).name, "ours": Call(lambda: fit_logistic(x, y, **options).coef),
               "error": lambda w: np.max(np.abs(w - expected)) / unit(expected), "nbytes": steps * x.nbytes}
    small = n <= 1000
    yield Row(work=f"fit_logistic, {steps} steps, ({n}, {d})", peer_name="the loop in NumPy",
              peer=Call(numpy_logistic, x, y, 0.5, steps), at_least=10 if small else 3, aim=30 if small else 6,
              **promise)
    torch = torch_or_none()
    if torch is not None and small:
        loss = torch.nn.functional.binary_cross_entropy_with_logits
        yield Row(work=f"fit_logistic, {steps} steps, ({n}, {d}) | torch", peer_name="torch SGD",
                  peer=Call(lambda: torch_descent(torch.from_numpy(x), torch.from_numpy(y), 1, 0.5, steps, loss)),
                  at_least=20, aim=60, **promise)


def numpy_softmax(x, labels, rate, steps):
    k = int(labels.max()) + 1
    w, b, hot = np.zeros((k, x.shape[1]), x.dtype), np.zeros(k, x.dtype), np.eye(k, dtype=x.dtype)[labels]
    rate = x.dtype.type(rate)
    for _ in range(steps):
        z = x @ w.T + b
        z -= z.max(axis=1, keepdims=True)
        p = np.exp(z)
        p /= p.sum(axis=1, keepdims=True)
        p -= hot
        w -= rate * (p.T @ x) / len(x)
        b -= rate * p.mean(axis=0)
    return w


def softmax_steps(name, x, labels, steps):
    options = {"learning_rate": 0.5, "solver": "gd", "max_iter": steps, "tol": 0}
    expected = numpy_softmax(x.astype(np.float64), labels, 0.5, steps).astype(x.dtype)
    promise = {"dtype": x.dtype.name, "ours": Call(lambda: fit_softmax(x, labels, **options).coef),
               "error": lambda w: np.max(np.abs(w - expected)) / unit(expected), "flops": 4.0 * steps * x.size * 10}
    yield Row(work=f"fit_softmax, {steps} steps, {name}", peer_name="the loop in NumPy",
              peer=Call(numpy_softmax, x, labels, 0.5, steps), at_least=3, aim=6, **promise)
    torch = torch_or_none()
    if torch is not None:
        loss = torch.nn.functional.cross_entropy
        data = torch.from_numpy(x), torch.from_numpy(labels)
        yield Row(work=f"fit_softmax, {steps} steps, {name} | torch", peer_name="torch SGD",
                  peer=Call(lambda: torch_descent(*data, 10, 0.5, steps, loss)),
                  at_least=1.5, aim=3, **promise)


def to_objective(name, x, labels):
    """To what scikit-learn's default reaches: C = 1 is a penalty of 1 / n here; at most 1e-6 above its objective."""
    from sklearn.linear_model import LogisticRegression

    alpha, fit, wide = 1 / len(x), fit_logistic if labels.max() == 1 else fit_softmax, x.astype(np.float64)

    def parameters(model):
        return np.column_stack([np.atleast_2d(model.coef), np.atleast_1d(model.intercept)])

    def theirs():
        model = LogisticRegression().fit(x, labels)
        return np.column_stack([model.coef_, model.intercept_])

    def objective(w):
        start = w[:, :-1].astype(np.float64), w[:, -1].astype(np.float64)
        return fit(wide, labels, alpha=alpha, init=start, max_iter=0, solver="lbfgs").fun

    least = objective(theirs())
    yield Row(work=f"{fit.__name__} to the peer's objective, {name}", dtype=x.dtype.name,
              peer_name="sklearn LogisticRegression", peer=Call(theirs), at_least=3, aim=8,
              ours=Call(lambda: parameters(fit(x, labels, alpha=alpha, tol=TOL))),
              error=lambda w: (objective(w) / least - 1) / 1e-6)


def equations(n, d, dtype):
    from sklearn.linear_model import LinearRegression, Ridge

    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, d), dtype=dtype)
    y = (x @ rng.standard_normal(d) + rng.standard_normal(n)).astype(dtype)
    for peer, alpha in ((LinearRegression(), 0.0), (Ridge(), 1 / n)):
        expected = type(peer)().fit(x.astype(np.float64), y).coef_.astype(dtype)
        yield Row(work=f"fit_linear, alpha {alpha}, ({n}, {d})", dtype=np.dtype(dtype).name,
                  peer_name=f"sklearn {type(peer).__name__}", peer=Call(lambda p=peer: p.fit(x, y).coef_),
                  ours=Call(lambda a=alpha: fit_linear(x, y, alpha=a).coef), at_least=2, aim=5,
                  error=lambda w, e=expected: np.max(np.abs(w - e)) / unit(e))


def epochs(n, d, dtype):
    from sklearn.linear_model import SGDClassifier

    x, y = two_classes(n, d, dtype)
    peer = SGDClassifier(loss="log_loss", max_iter=1, tol=None, random_state=0)
    yield Row(work=f"fit_logistic, an epoch of mini-batches, ({n}, {d})", dtype=np.dtype(dtype).name,
              peer_name="sklearn SGDClassifier", peer=Call(lambda: peer.fit(x, y).coef_),
              ours=Call(lambda: fit_logistic(x, y, solver="sgd", learning_rate=0.05, max_iter=1, rng=0).coef),
              at_least=2, aim=5)
