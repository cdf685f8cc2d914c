"""Models in files: .npz with numbers and text, no pickle."""

import json
import math
import os

import numpy as np

from mathcore import _validate

FORMAT = "mathcore.nn.MLP 1"


def write(model, path):
    """`MLP.save`."""
    path = _path(path, "MLP.save")
    path = path if path.endswith(".npz") else path + ".npz"
    about = {"format": FORMAT, "layers": model.layers, "activation": model.activation, "dtype": model.dtype}
    arrays = {f"weight{i}": np.ascontiguousarray(w) for i, w in enumerate(model.weights)}
    arrays |= {f"bias{i}": b for i, b in enumerate(model.biases)}
    beside = f"{path}.{os.getpid()}.part"
    try:
        with open(beside, "wb") as file:
            np.savez(file, about=np.frombuffer(json.dumps(about).encode(), np.uint8), loss_curve=model.loss_curve,
                     validation_curve=model.validation_curve, **arrays)
        os.replace(beside, path)
    finally:
        if os.path.exists(beside):
            os.unlink(beside)


def read(cls, path, rng):
    """`MLP.load`."""
    fn = "MLP.load"
    path, rng = _path(path, fn), _validate.generator(rng, fn)
    if not path.endswith(".npz") and not os.path.exists(path):
        path += ".npz"                   # as `write` does
    try:
        # opened here: np.load leaves a damaged archive open
        with open(path, "rb") as source, np.load(source, allow_pickle=False) as file:
            most = 64 + os.path.getsize(path) * 1032       # what deflate can hold at most
            about = json.loads(_member(file, "about", most).tobytes().decode())
            if about["format"] != FORMAT:
                raise ValueError(f"format {about['format']!r}; expected {FORMAT!r}")
            n_parameters = sum((n + 1) * m for n, m in zip(about["layers"], about["layers"][1:], strict=False))
            if n_parameters * 4 > most:
                raise ValueError(f"layers {about['layers']} need more than the file holds")
            model = cls(about["layers"], activation=about["activation"], dtype=about["dtype"], rng=rng)
            for i, (w, b) in enumerate(zip(model.weights, model.biases, strict=True)):
                for a, name in ((w, f"weight{i}"), (b, f"bias{i}")):
                    stored = _member(file, name, most)
                    if stored.shape != a.shape or stored.dtype != a.dtype:
                        raise ValueError(f"{name} is {stored.dtype}{stored.shape}; expected {a.dtype}{a.shape}")
                    a[...] = stored
            for name in ("loss_curve", "validation_curve"):
                curve = _member(file, name, most)
                if curve.ndim != 1 or curve.dtype != np.float64:
                    raise ValueError(f"{name} is {curve.dtype}{curve.shape}; expected float64 (n,)")
                getattr(model, name).extend(curve.tolist())
    except (FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except Exception as error:       # zipfile, zlib, lzma, tokenize and json have classes of their own for damage
        raise ValueError(f"{fn}: {path!r} is no model; expected a file that MLP.save wrote "
                         f"({type(error).__name__}: {error})") from error
    return model


def _member(file, name, most):
    """An array of an .npz file, unless its head promises more than `most` bytes: they would be allocated first."""
    with file.zip.open(f"{name}.npy") as part:
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        shape, _, dtype = read[np.lib.format.read_magic(part)](part)
    if math.prod(shape) * dtype.itemsize > most:
        raise ValueError(f"{name} has shape {shape}, more than the file holds")
    return file[name]


def _path(path, fn):
    try:
        path = os.fspath(path)
    except TypeError:
        raise TypeError(f"{fn}: path is no path; expected text or a path-like object, got {path!r}") from None
    return os.fsdecode(path)
