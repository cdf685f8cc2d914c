"""Cross-entropy with its gradient against PyTorch, where it is installed, and the same in SciPy."""

import numpy as np
import scipy.special

from mathcore.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge,
    huber,
    linear_cross_entropy,
    mae,
    mse,
)

from .bench_special import FLOATS, SHAPES, torch_or_none
from .runner import Call, Row


def rows():
    for dtype in FLOATS:
        rng = np.random.default_rng(0)
        for shape in SHAPES:
            x = 3 * rng.standard_normal(shape, dtype=dtype)
            yield from entropy_rows(x, rng.integers(0, shape[1], shape[0]))
        yield from pair_rows(3 * rng.standard_normal(1_000_000, dtype=dtype), rng.random(1_000_000, dtype=dtype))
        yield from vocabulary_rows(rng, 1024, 512, 32_000, dtype)


def scipy_gradient(x, labels):
    """The gradient of the mean cross-entropy, as people write it."""
    log_p = scipy.special.log_softmax(x, axis=1)
    gradient = np.exp(log_p)
    gradient[np.arange(len(x)), labels] -= 1
    gradient /= len(x)
    return gradient


def entropy_rows(x, labels):
    wide = x.astype(np.float64)
    expected = scipy_gradient(wide, labels)
    # 20 roundings of x - m, 4 of the rest, the sum's and the division's; near p = 1 the peers cancel: absolute there
    unit = 40 * np.finfo(x.dtype).eps * np.maximum(np.abs(expected), 1 / len(x) * np.eye(x.shape[1])[labels])

    def error(gradient):
        return np.max(np.abs(gradient - expected) / np.maximum(unit, np.finfo(x.dtype).tiny))

    promise = {"dtype": x.dtype.name, "error": error, "nbytes": 2 * x.nbytes, "ours": Call(ours, x, labels)}
    yield Row(work=f"cross_entropy with gradient {x.shape}", peer_name="scipy.special.log_softmax and NumPy",
              peer=Call(scipy_gradient, x, labels), at_least=3, aim=10, **promise)
    torch = torch_or_none()
    if torch is not None:
        logits, target = torch.from_numpy(x.copy()).requires_grad_(), torch.from_numpy(labels)
        f = torch.nn.functional.cross_entropy

        def peer():
            logits.grad = None
            f(logits, target).backward()
            return logits.grad.numpy()

        yield Row(work=f"cross_entropy with gradient {x.shape} | torch", peer_name="torch cross_entropy, backward",
                  peer=Call(peer), at_least=1.5, aim=2.5, **promise)


def pair_rows(z, t):
    """Value and gradient of the mean, against the NumPy expressions that people write."""
    expit, n, side = scipy.special.expit, z.size, np.where(t < 0.5, -1, 1).astype(t.dtype)
    for loss, prediction, peer in (
        (mse, z, lambda p: (np.mean((p - t) ** 2), 2 * (p - t) / n)),
        (mae, z, lambda p: (np.mean(np.abs(p - t)), np.sign(p - t) / n)),
        (huber, z, lambda p: (np.mean(np.where(np.abs(p - t) < 1, (p - t) ** 2 / 2, np.abs(p - t) - 0.5)),
                              np.clip(p - t, -1, 1) / n)),
        (hinge, z, lambda p: (np.mean(np.maximum(0, 1 - side * p)), np.where(side * p < 1, -side, 0) / n)),
        (binary_cross_entropy, expit(z),
         lambda p: (-np.mean(t * np.log(p) + (1 - t) * np.log1p(-p)), ((1 - t) / (1 - p) - t / p) / n)),
        (binary_cross_entropy_with_logits, z, lambda p: (np.mean(np.logaddexp(0, p) - t * p), (expit(p) - t) / n)),
    ):
        expected = peer(prediction.astype(np.float64))[1]
        unit = 16 * np.finfo(z.dtype).eps * np.maximum(np.abs(expected), 1 / n)
        yield Row(work=f"{loss.__name__} with gradient 10^6", dtype=z.dtype.name, peer_name="the formulas in NumPy",
                  ours=Call(lambda p, loss=loss, y=side if loss is hinge else t: loss(p, y, grad=True)[1], prediction),
                  peer=Call(lambda p, peer=peer: peer(p)[1], prediction),
                  error=lambda g, e=expected, u=unit: np.max(np.abs(g - e) / u), nbytes=3 * z.nbytes, at_least=1.0)


def vocabulary_rows(rng, n, d, n_classes, dtype):
    """Loss and gradients of a large vocabulary, of which the logits are 131 MB in float32."""
    x, w = rng.standard_normal((n, d), dtype=dtype), 0.05 * rng.standard_normal((n_classes, d), dtype=dtype)
    labels = rng.integers(0, n_classes, n)

    def composed():
        slope = scipy_gradient(x @ w.T, labels)
        return slope @ w, slope.T @ x

    expected = [g.astype(np.float64) for g in composed()]

    def error(dx, dw):
        unit = 1000 * np.finfo(dtype).eps
        return max(np.abs(one - other).max() / np.abs(other).max() for one, other in
                   zip((dx, dw), expected, strict=True)) / unit

    promise = {"dtype": dtype, "error": error, "flops": 6 * n * d * n_classes,
               "ours": Call(lambda: linear_cross_entropy(x, w, labels, grad=True)[1:])}
    work = f"linear_cross_entropy with gradients ({n}, {d}) x {n_classes}"
    yield Row(work=work, peer_name="NumPy and scipy.special.log_softmax", peer=Call(composed), at_least=1.8, aim=2.5,
              **promise)
    torch = torch_or_none()
    if torch is not None:
        tx, tw = (torch.from_numpy(a.copy()).requires_grad_() for a in (x, w))
        target, functional = torch.from_numpy(labels), torch.nn.functional

        def peer():
            tx.grad = tw.grad = None
            functional.cross_entropy(functional.linear(tx, tw), target).backward()
            return tx.grad.numpy(), tw.grad.numpy()

        yield Row(work=f"{work} | torch", peer_name="torch cross_entropy(linear), backward", peer=Call(peer),
                  at_least=1.1, aim=1.5, **promise)


def ours(x, labels):
    return cross_entropy(x, labels, grad=True)[1]
