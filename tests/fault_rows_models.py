"""Records of `mathcore.models`. Estimators check nothing before `fit`: their faults are in tests/models."""

import mathcore
from mathcore import models

MODELS = (
    (mathcore, "models", (), True, False),
    *((models, name, (), False, False) for name in models.__all__),
)
