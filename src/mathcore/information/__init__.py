"""Entropy, cross-entropy and divergences of distributions: of arrays of probabilities, of logits, of joint tables, of
samples, and in closed form between frozen distributions.

Probabilities are checked, never silently normalised; logarithms are natural unless `base` says otherwise.
"""

from mathcore.information.joint import conditional_entropy, information_gain, joint_entropy, mutual_information
from mathcore.information.logits import cross_entropy_from_logits, entropy_from_logits, kl_from_logits
from mathcore.information.powers import renyi_entropy, tsallis_entropy
from mathcore.information.rows import cross_entropy, entropy, js_distance, js_divergence, kl_divergence, perplexity
from mathcore.information.samples import (
    entropy_from_samples,
    information_gain_from_samples,
    mutual_information_from_samples,
)

__all__ = [
    "conditional_entropy", "cross_entropy", "cross_entropy_from_logits", "entropy", "entropy_from_logits",
    "entropy_from_samples", "information_gain", "information_gain_from_samples", "joint_entropy", "js_distance",
    "js_divergence", "kl_divergence", "kl_from_logits", "mutual_information", "mutual_information_from_samples",
    "perplexity", "renyi_entropy", "tsallis_entropy",
]
