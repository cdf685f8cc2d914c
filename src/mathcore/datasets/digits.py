"""The bundled handwritten digits."""

from importlib.resources import files
from typing import NamedTuple

import numpy as np

__all__ = ["Digits", "load_digits"]


class Digits(NamedTuple):
    """Handwritten digits as `load_digits` returns them.

    Attributes
    ----------
    images : ndarray of float64, shape (1797, 8, 8)
        Pixels, 0 (paper) to 16 (ink).
    data : ndarray of float64, shape (1797, 64)
        The same pixels, one image a row. A view of `images`: a write to one shows in the other.
    target : ndarray of int64, shape (1797,)
        The digit written, 0 to 9.
    description : str
        What the data are, who made them, and their licence.
    """

    images: np.ndarray
    data: np.ndarray
    target: np.ndarray
    description: str


def load_digits():
    """Load 1797 real handwritten digits, bundled with the package.

    The test set of *Optical Recognition of Handwritten Digits*: 13 writers, about 180 images a digit. No download.

    Returns
    -------
    Digits
        A named tuple ``(images, data, target, description)``. The arrays are new at each call, so the caller owns them.

    See Also
    --------
    load_idx : MNIST and other data sets in its format.

    Notes
    -----
    Values and order are those of ``sklearn.datasets.load_digits``. The licence is CC BY 4.0; ``description`` holds
    the attribution it asks for.

    References
    ----------
    .. [1] E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository,
       1998. :doi:`10.24432/C50P49`

    Examples
    --------
    >>> from mathcore.datasets import load_digits
    >>> digits = load_digits()
    >>> digits.data.shape, digits.data.dtype
    ((1797, 64), dtype('float64'))
    >>> digits.target[:5]
    array([0, 1, 2, 3, 4])
    >>> for row in digits.images[0]:
    ...     print("".join(" .:-=+*#%@"[int(pixel) * 9 // 16] for pixel in row).rstrip())
      :#+
      #%+%:
     .%. *=
     :*  ==
     :=  +=
     :*  *-
     .#:+*
      -#+
    """
    room = files(__package__)
    with (room / "digits.npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
        images = stored["images"].astype(np.float64)
        target = stored["target"].astype(np.int64)
    description = (room / "digits.LICENSE.txt").read_text(encoding="utf-8")
    return Digits(images, images.reshape(len(images), -1), target, description)
