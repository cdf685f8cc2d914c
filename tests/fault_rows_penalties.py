"""Fault tables of the penalties of `mathcore.losses`, as those of fault_rows.py."""

import numpy as np

from mathcore import losses
from tests.fault_rows import Fault

W = np.array([1.0, -2.0])


def _faults(arg, *more):
    def fault(what, error, name, value, w=W, **options):
        return Fault(what, lambda: ((w,), options), error, name, value)

    rows = [fault(f"complex {arg}", TypeError, arg, "complex128", w=W * 1j),
            fault(f"{arg} of text", TypeError, arg, "<U1", w=["a"]),
            fault("alpha below 0", ValueError, "alpha", "-1.0", alpha=-1.0),
            fault("alpha NaN", ValueError, "alpha", "nan", alpha=np.nan),
            fault("alpha no number", TypeError, "alpha", "'1'", alpha="1")]
    if "l1_ratio" in more:
        rows.append(fault("l1_ratio above 1", ValueError, "l1_ratio", "2.0", l1_ratio=2.0))
    if "step" in more:
        rows.append(fault("step below 0", ValueError, "step", "-1.0", step=-1.0))
    return tuple(rows)


# the fields of ops.Name
PENALTIES = (
    (losses, "l1", _faults("w")),
    (losses, "l2", _faults("w")),
    (losses, "elastic_net", _faults("w", "l1_ratio")),
    (losses, "prox_l1", _faults("v", "step")),
    (losses, "prox_l2", _faults("v", "step")),
    (losses, "prox_elastic_net", _faults("v", "l1_ratio", "step")),
)
