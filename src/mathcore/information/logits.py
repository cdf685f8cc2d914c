"""Entropies of softmax distributions straight from logits: each row's log-softmax stays in the cache."""

from mathcore._kernels.information import KINDS, fast
from mathcore._kernels.tape import differentiable
from mathcore.information._common import by_rows, unit_of

__all__ = ["cross_entropy_from_logits", "entropy_from_logits", "kl_from_logits"]


def _of_logits(fn, operands, base, axis, workers):
    unit = 1.0 if base is None else unit_of(base, fn)
    if axis == -1:
        found = fast(KINDS[fn], operands[0][1], operands[1][1] if len(operands) > 1 else None, unit, workers, fn)
        if found is not None:
            return found
    return by_rows(fn, KINDS[fn], operands, base, axis, False, workers)


@differentiable
def entropy_from_logits(logits, /, *, base=None, axis=-1, workers=None):
    """Entropy of the softmax of logits.

    ``H(p)``, ``p = softmax(logits)``

    Parameters
    ----------
    logits : array_like
        Any real numbers; -inf excludes an outcome.
    base : float, optional
        Of the logarithm, as in `entropy`.
    axis : int, optional
        Along which the outcomes lie.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    scalar, or ndarray without `axis`
        NaN for a row with NaN or inf, or of -inf alone.

    Raises
    ------
    ValueError
        No outcomes, a `base` that is none, an `axis` outside the array.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    The same terms as ``entropy(softmax(logits))``, without the intermediate array and right for logits of any size: a
    row that is nearly certain keeps its digits, where 1 - p would cancel.

    Examples
    --------
    >>> from mathcore.information import entropy_from_logits
    >>> entropy_from_logits([0.0, 0.0], base=2)
    np.float64(1.0)
    >>> f"{entropy_from_logits([100.0, 0.0]):.6g}"
    '3.75728e-42'
    """
    return _of_logits("entropy_from_logits", (("logits", logits),), base, axis, workers)


@differentiable
def cross_entropy_from_logits(p_logits, q_logits, /, *, base=None, axis=-1, workers=None):
    """Cross-entropy of the softmax of two arrays of logits.

    ``-sum p log q``, ``p = softmax(p_logits)``, ``q = softmax(q_logits)``

    Parameters
    ----------
    p_logits, q_logits : array_like
        Any real numbers; -inf excludes an outcome. Axes but `axis` broadcast.
    base : float, optional
        Of the logarithm, as in `entropy`.
    axis : int, optional
        Along which the outcomes lie.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    scalar, or ndarray without `axis`
        inf where q excludes what p allows; NaN for a row with NaN or inf, or of -inf alone.

    Raises
    ------
    ValueError
        As `entropy_from_logits`; numbers of outcomes that differ, batches that do not broadcast.
    TypeError
        Data that are not real numbers.

    See Also
    --------
    mathcore.losses.cross_entropy : of probabilities or labels and logits, with its gradient.

    Examples
    --------
    >>> from mathcore.information import cross_entropy_from_logits
    >>> cross_entropy_from_logits([0.0, 0.0], [1000.0, 0.0])
    np.float64(500.0)
    """
    return _of_logits("cross_entropy_from_logits", (("p_logits", p_logits), ("q_logits", q_logits)), base, axis,
                      workers)


@differentiable
def kl_from_logits(p_logits, q_logits, /, *, base=None, axis=-1, workers=None):
    """Kullback-Leibler divergence of the softmax of two arrays of logits.

    ``sum p log(p / q)``, ``p = softmax(p_logits)``, ``q = softmax(q_logits)``

    Parameters
    ----------
    p_logits, q_logits : array_like
        Any real numbers; -inf excludes an outcome. Axes but `axis` broadcast.
    base : float, optional
        Of the logarithm, as in `entropy`.
    axis : int, optional
        Along which the outcomes lie.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    scalar, or ndarray without `axis`
        At least 0; inf where q excludes what p allows; NaN for a row with NaN or inf, or of -inf alone.

    Raises
    ------
    ValueError
        As `cross_entropy_from_logits`.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    With d = log q - log p each term is ``p (e^d - 1 - d)``, never negative; its error is that of d, about eps times the
    logarithms themselves.

    Examples
    --------
    >>> from mathcore.information import kl_from_logits
    >>> kl_from_logits([2.0, 1.0, 0.1], [2.0, 1.0, 0.1]), kl_from_logits([1.0, 0.0], [0.0, 1.0]).round(4)
    (np.float64(0.0), np.float64(0.4621))
    """
    return _of_logits("kl_from_logits", (("p_logits", p_logits), ("q_logits", q_logits)), base, axis, workers)
