"""Training by a loss of the caller's: layers forward and back compiled, the loss differentiated as it is written."""

import numpy as np

from mathcore.autodiff import value_and_grad
from mathcore.nn.layers import dense, dense_backward
from mathcore.optimize import adam_step, sgd_step


class OwnLoss:
    """What `MLP.fit` runs in place of the compiled network; the same steps."""

    def __init__(self, loss, model, settings, state, count):
        self.loss, self.gradient = loss, value_and_grad(loss)
        self.model, self.settings, self.state, self.count = model, settings, state, count

    def value(self, x, targets, workers):
        """The loss of all rows, as a number."""
        return float(self.loss(self._outputs(x, workers)[-1], targets))

    def _outputs(self, x, workers):
        """Each layer's, the logits last."""
        found, last = [x], len(self.model.weights) - 1
        for i, (w, b) in enumerate(zip(self.model.weights, self.model.biases, strict=True)):
            found.append(dense(found[-1], w, b, activation="identity" if i == last else self.model.activation,
                               workers=workers))
        return found

    def epoch(self, x, targets, order, batch_size, workers, fn):
        """(sum of the losses of the rows, rows done): up to a batch whose loss is not finite."""
        total = 0.0
        for start in range(0, len(order), batch_size):
            rows = order[start:start + batch_size]
            outputs = self._outputs(x[rows], workers)
            value, slope = self.gradient(outputs[-1], targets[rows])
            if not np.isfinite(value):
                return total, start
            self._back(outputs, slope, workers)
            total += float(value) * len(rows)
        return total, len(order)

    def _back(self, outputs, slope, workers):
        gradients, last = [], len(self.model.weights) - 1
        for i in range(last, -1, -1):
            activation = "identity" if i == last else self.model.activation
            slope, dw, db = dense_backward(slope, outputs[i], self.model.weights[i], outputs[i + 1],
                                           activation=activation, workers=workers)
            gradients.append((dw, db))
        self.count += 1
        for i, (dw, db) in enumerate(gradients[::-1]):
            kept = self.state[i] if self.state else ()
            self._step(self.model.weights[i].T, dw.T, [a.T for a in kept[::2]], self.settings.weight_decay)
            self._step(self.model.biases[i], db, kept[1::2], 0.0)

    def _step(self, p, g, kept, decay):
        """The compiled network's: its velocity and moments lie behind the gradient in what is kept."""
        s, g = self.settings, np.ascontiguousarray(g, dtype=p.dtype)
        if s.optimizer == "adam":        # whose biases shrink too
            adam_step(p, g, kept[1], kept[2], self.count, learning_rate=s.learning_rate,
                      weight_decay=s.weight_decay, decoupled=True)
            return
        if decay:
            p *= p.dtype.type(1 - s.learning_rate * decay)
        if s.optimizer == "momentum":
            sgd_step(p, g, s.learning_rate, momentum=s.momentum, velocity=kept[0])
        else:
            sgd_step(p, g, s.learning_rate)
