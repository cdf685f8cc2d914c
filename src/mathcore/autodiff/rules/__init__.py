"""The table of derivatives, by what is derived. Formulas only: the mechanism is `mathcore._kernels.tape`."""

from mathcore.autodiff.rules import (  # noqa: F401
    arrangement,
    distance,
    distributions,
    elementwise,
    linalg,
    mathcore,
    products,
    reductions,
    structure,
)
