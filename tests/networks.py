"""Dense networks in longdouble, each number with a bound of the error that the compiled arithmetic may have made in it.

Running error analysis (Higham 2002, section 3.3): a sum of k products of numbers with errors has the propagated errors
and gamma(k) of its absolute terms; products of two errors are kept. Bounds are of whole arrays, in longdouble.
"""

import numpy as np

from mathcore.nn import MLP
from tests.oracles import assert_same_bits, chain_roundings, gamma, lane_roundings

LONG = np.longdouble


class Num:
    """An array and what the computed one may differ from it by."""

    def __init__(self, value, error=None):
        self.value = np.asarray(value, LONG)
        self.error = np.zeros(self.value.shape, LONG) if error is None else error

    @property
    def T(self):
        return Num(self.value.T, self.error.T)

    def most(self):
        return np.abs(self.value) + self.error

    def scaled(self, factor):
        return Num(self.value * factor, self.error * abs(factor))


class Arithmetic:
    """Operations in `dtype`."""

    def __init__(self, dtype):
        self.dtype = np.dtype(dtype)
        self.eps = float(np.finfo(dtype).eps)
        self.tiny = float(np.finfo(dtype).smallest_subnormal)

    def rounded(self, x, n=1):
        """x after n roundings."""
        return Num(x.value, x.error + gamma(n, self.dtype) * self.eps * x.most() + self.tiny)

    def product(self, a, b, extra=0):
        """a b; `extra` roundings beside those of the order that is longer, chains or lanes."""
        k = a.value.shape[1]
        n = max(chain_roundings(k), lane_roundings(k, self.dtype)) + extra
        error = a.error @ np.abs(b.value) + np.abs(a.value) @ b.error + a.error @ b.error
        error += gamma(n, self.dtype) * self.eps * (a.most() @ b.most()) + (k + 1) * self.tiny
        return Num(a.value @ b.value, error)

    def plus(self, a, b):
        return self.rounded(Num(a.value + b.value, a.error + b.error))

    def times(self, a, b):
        return self.rounded(Num(a.value * b.value, a.error * b.most() + np.abs(a.value) * b.error))

    def activation(self, name, z):
        """1 ULP and the slope's share of the error: at most 1 (1/4 of a sigmoid)."""
        if name == "identity":
            return z
        if name == "relu":
            assert (np.abs(z.value) > z.error).all() or not z.value.size, "a sample at the kink of ReLU"
            return Num(np.maximum(z.value, 0), z.error)
        y, slope = (1 / (1 + np.exp(-z.value)), 0.25) if name == "sigmoid" else (np.tanh(z.value), 1)
        return Num(y, slope * z.error + self.eps * np.abs(y) + self.tiny)

    def slope(self, name, y):
        """Of the activation's value: 1 - y and its product with y, or 1 - y^2, two roundings."""
        if name == "identity":
            return Num(np.ones_like(y.value))
        if name == "relu":
            return Num((y.value > 0).astype(LONG))
        if name == "sigmoid":
            return self.rounded(Num(y.value * (1 - y.value), y.error + y.error**2), 2)
        return self.rounded(Num(1 - y.value**2, 2 * np.abs(y.value) * y.error + y.error**2
                                + self.eps / 2 * y.value**2))

    def forward(self, layers, x, activation):
        """The activations of all layers, x first, logits last."""
        values = [x]
        for i, (w, b) in enumerate(layers):
            z = self.product(values[-1], w.T, extra=1)
            z = Num(z.value + b.value, z.error + b.error + self.eps * b.most())
            values.append(self.activation(activation if i < len(layers) - 1 else "identity", z))
        return values

    def entropy(self, z, labels):
        """Mean loss, and its gradient of the logits (times rows): softmax - 1 at the label. An error dz of all logits
        moves p by at most 2 dz p; the computed p has (4 + |x - m|) eps and the sum's n / 2."""
        n, k = z.value.shape
        d = z.value - z.value.max(axis=1, keepdims=True)
        p = np.exp(d) / np.exp(d).sum(axis=1, keepdims=True)
        dz = z.error.max(axis=1, keepdims=True)
        rows = np.arange(n)
        loss = np.log(np.exp(d).sum(axis=1)) - d[rows, labels]
        own = self.eps * (4 + k / 2 - d)
        loss_error = (2 * z.error.max(axis=1) + self.eps * (6 + k / 2) * (1 + loss)).mean()
        gradient = p.copy()
        gradient[rows, labels] -= 1
        error = p * (np.expm1(2 * dz) + own) + self.eps * np.abs(gradient)
        error[rows, labels] += self.eps * (4 + k / 2)
        return Num(loss.mean(), loss_error), Num(gradient, error)

    def gradients(self, layers, x, labels, activation):
        """Mean loss and, for each layer, the gradients of w and b (mean over the batch)."""
        values = self.forward(layers, x, activation)
        loss, dz = self.entropy(values[-1], labels)
        n = len(labels)
        dz = self.rounded(dz.scaled(LONG(1) / n), 2)         # the factor and its own rounding
        found = []
        for i in range(len(layers) - 1, -1, -1):
            ones = Num(np.ones((1, n)))
            found.append((self.product(dz.T, values[i]), self.summed(dz, ones)))
            if i:
                dz = self.times(self.product(dz, layers[i][0]), self.slope(activation, values[i]))
        return loss, found[::-1]

    def summed(self, dz, ones):
        """Rows added in turn."""
        n = dz.value.shape[0]
        most = dz.most().sum(axis=0)
        return Num(dz.value.sum(axis=0), dz.error.sum(axis=0) + gamma(n, self.dtype) * self.eps * most)


class Descent:
    """The optimizers as their papers have them."""

    def __init__(self, arithmetic, optimizer, rate, momentum=0.9, decay=0.0):
        self.a, self.optimizer, self.rate, self.momentum, self.decay = arithmetic, optimizer, rate, momentum, decay
        self.state, self.count = {}, 0

    def step(self, layers, x, labels, activation):
        """The mean loss before, and the layers after."""
        loss, gradients = self.a.gradients(layers, x, labels, activation)
        self.count += 1
        return loss, [tuple(self.moved(p, g, (i, j), decays=j == 0)
                            for j, (p, g) in enumerate(zip(layer, pair, strict=True)))
                      for i, (layer, pair) in enumerate(zip(layers, gradients, strict=True))]

    def moved(self, p, g, key, decays):
        a = self.a
        if self.optimizer == "adam":
            return self.adam(p, g, key)
        if decays and self.decay:
            p = a.rounded(p.scaled(1 - LONG(self.rate) * LONG(self.decay)), 2)
        change = a.rounded(g.scaled(-LONG(self.rate)))
        if self.optimizer == "momentum":
            zero = Num(np.zeros_like(p.value))
            kept = a.rounded(self.state.get(key, zero).scaled(LONG(self.momentum)), 2)
            change = self.state[key] = a.plus(kept, change)
        # the product is added to p by one chain: the terms that stand behind p are rounded at its size
        most = p.most() + change.most()
        return Num(p.value + change.value, p.error + change.error + a.eps * most)

    def adam(self, p, g, key):
        a, b1, b2 = self.a, LONG(0.9), LONG(0.999)
        zero = Num(np.zeros_like(p.value))
        m, v = self.state.get(key, (zero, zero))
        m = a.plus(a.rounded(m.scaled(b1), 2), a.rounded(g.scaled(1 - b1), 2))
        square = Num((1 - b2) * g.value**2, (1 - b2) * g.error * 2 * g.most())
        v = a.plus(a.rounded(v.scaled(b2), 2), a.rounded(square, 3))
        self.state[key] = m, v
        k1, k2 = 1 / (1 - b1**self.count), 1 / (1 - b2**self.count)
        root = np.sqrt(v.value * k2)
        low = np.sqrt(np.maximum(v.value - v.error, 0) * k2)
        root_error = v.error * k2 / np.where(root + low > 0, root + low, 1) + 2 * a.eps * root
        below = np.maximum(low, root - root_error) + 1e-8
        move = LONG(self.rate) * k1 * m.value / (root + 1e-8)
        error = LONG(self.rate) * k1 * (m.error + np.abs(m.value) * root_error / (root + 1e-8)) / below
        error += 4 * a.eps * np.abs(move)
        kept = a.rounded(p.scaled(1 - LONG(self.rate) * LONG(self.decay)), 2) if self.decay else p
        return Num(kept.value - move, kept.error + error + a.eps * (kept.most() + np.abs(move)))


def plain(parameters):
    """Arrays as numbers without an error."""
    return [(Num(w), Num(b)) for w, b in parameters]


def worst(parameters, layers):
    """max |computed - exact| / bound over all parameters."""
    found = 0.0
    for pair, layer in zip(parameters, layers, strict=True):
        for got, known in zip(pair, layer, strict=True):
            off = np.abs(got.astype(LONG) - known.value)
            if not np.isfinite(off).all():
                return np.inf
            found = max(found, float(np.max(off / np.maximum(known.error, 1e-300))))
    return found


# ------------------------------------------------------------------ small models and their data

def data(n=50, sizes=(5, 4, 3), dtype="float64", seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, sizes[0])).astype(dtype), rng.integers(0, sizes[-1], n)


def model(sizes=(5, 4, 3), dtype="float64", activation="tanh", seed=3):
    return MLP(sizes, activation=activation, dtype=dtype, rng=seed)


def parameters(m):
    return list(zip(m.weights, m.biases, strict=True))


def snapshot(m):
    return [a.copy() for a in (*m.weights, *m.biases)]


def assert_parameters(m, expected, what=""):
    for a, b in zip((*m.weights, *m.biases), expected, strict=True):
        assert_same_bits(a, b, what)
