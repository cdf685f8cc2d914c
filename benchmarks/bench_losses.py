"""Cross-entropy with its gradient against PyTorch, where it is installed, and the same in SciPy."""

import numpy as np
import scipy.special

from mathcore.losses import cross_entropy

from .bench_special import FLOATS, SHAPES, torch_or_none
from .runner import Call, Row


def rows():
    for dtype in FLOATS:
        rng = np.random.default_rng(0)
        for shape in SHAPES:
            x = 3 * rng.standard_normal(shape, dtype=dtype)
            yield from entropy_rows(x, rng.integers(0, shape[1], shape[0]))


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


def ours(x, labels):
    return cross_entropy(x, labels, grad=True)[1]
