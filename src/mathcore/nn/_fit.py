"""What `MLP.fit` needs beside the compiled epochs: its arguments checked, one caller at a time, progress shown."""

import contextlib
import sys

import numpy as np

from mathcore import _validate
from mathcore.nn.layers import MOST, check_labels, check_samples

_in_training = {}                        # id of a model -> who trains it; not in the model, which may be copied


@contextlib.contextmanager
def alone(model, fn):
    """One thread trains a model at a time."""
    me = object()
    if _in_training.setdefault(id(model), me) is not me:
        raise RuntimeError(f"{fn}: the model is being trained already; expected one call of fit at a time")
    try:
        yield
    finally:
        _in_training.pop(id(model), None)


def laid_out_as(like, a):
    """`a` in the memory order of `like`; itself where it is."""
    if a.strides == like.strides:
        return a
    copy = np.empty_like(like)
    copy[...] = a
    return copy


class Settings:
    """The checked arguments of fit."""

    _RATES = {"sgd": 0.1, "momentum": 0.01, "adam": 0.001}

    def __init__(self, fn, model, x, labels, *, epochs, batch_size, optimizer, learning_rate, momentum, weight_decay,
                 loss, validation, patience, tol, callback, workers):
        self.workers = _validate.check_workers(workers, fn)
        self.optimizer = _validate.one_of(optimizer, tuple(self._RATES), fn, "optimizer")
        _validate.whole_number(epochs, fn, "epochs", low=0)
        self.batch_size = _validate.whole_number(batch_size, fn, "batch_size", low=1)
        self.learning_rate = self._RATES[optimizer] if learning_rate is None else _validate.real_number(
            learning_rate, fn, "learning_rate", above=0, high=MOST)
        self.momentum = _validate.real_number(momentum, fn, "momentum", low=0, high=1 - 2**-53)
        self.weight_decay = _validate.real_number(weight_decay, fn, "weight_decay", low=0, high=MOST)
        self.tol = _validate.real_number(tol, fn, "tol", low=0)
        if patience is not None:
            _validate.whole_number(patience, fn, "patience", low=1)
        if callback is not None and not callable(callback):
            raise TypeError(f"{fn}: callback cannot be called; expected a function of epoch and model, "
                            f"got {callback!r}")
        if loss is not None and not callable(loss):
            raise TypeError(f"{fn}: loss cannot be called; expected a function of logits and labels, got {loss!r}")
        self.loss, dtype = loss, np.dtype(model.dtype)
        self.x = check_samples(x, model.layers[0], dtype, fn)
        if not len(self.x):
            raise ValueError(f"{fn}: x has no rows; expected at least one, got shape {self.x.shape}")
        self.labels = self._targets(labels, len(self.x), model, fn, "labels")
        self.validation = None
        if validation is not None:
            try:
                vx, vy = validation
            except (TypeError, ValueError):
                raise TypeError(f"{fn}: validation is no pair; expected (x, labels), "
                                f"got {type(validation).__name__}") from None
            vx = check_samples(vx, model.layers[0], dtype, fn, "validation x")
            if not len(vx):
                raise ValueError(f"{fn}: validation has no rows; expected at least one, got shape {vx.shape}")
            self.validation = vx, self._targets(vy, len(vx), model, fn, "validation labels")

    def _targets(self, labels, n, model, fn, arg):
        """Classes, or beside a loss of the caller's any rows."""
        if self.loss is None:
            return check_labels(labels, n, model.layers[-1], fn, arg)
        labels = np.asarray(labels)
        if labels.shape[:1] != (n,):
            raise ValueError(f"{fn}: {arg} does not fit x; expected {n} rows, got shape {labels.shape}")
        return labels


class Progress:
    """A bar where tqdm is installed, else a line on standard error that is written over."""

    def __init__(self, wanted, epochs):
        self.bar, self.epochs, self.wanted = None, epochs, wanted
        if wanted:
            try:
                from tqdm import tqdm

                self.bar = tqdm(total=epochs, unit="epoch")
            except ImportError:
                pass

    def show(self, epoch, loss):
        if self.bar is not None:
            self.bar.set_postfix(loss=f"{loss:.4g}", refresh=False)
            self.bar.update()
        elif self.wanted:
            print(f"\repoch {epoch} of {self.epochs}, loss {loss:.4g}", end="", file=sys.stderr, flush=True)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.bar is not None:
            self.bar.close()
        elif self.wanted:
            print(file=sys.stderr)
