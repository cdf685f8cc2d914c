"""The tour's probability: Bayes' theorem on a test, entropy of coins, divergences, naive Bayes and its ROC curve."""

from typing import NamedTuple

import numpy as np

from mathcore import metrics, stats
from mathcore.bayes import BetaBinomial, diagnostic_test
from mathcore.information import cross_entropy, entropy, kl_divergence
from mathcore.models import GaussianNB, MultinomialNB

COINS = (0.5, 0.9)
FAIR, LOADED = np.full(6, 1 / 6), np.array([0.1, 0.1, 0.1, 0.1, 0.1, 0.5])


class Curve(NamedTuple):
    """What the picture shows: the ROC curve of one digit against all others."""

    fpr: np.ndarray
    tpr: np.ndarray


def bayes():
    """Who tests positive and is ill: one in a hundred is, the test finds 95 of 100 and errs in 10 of 100."""
    test = diagnostic_test(0.01, 0.95, 0.9)
    print("1 % are ill; the test finds 95 % of them, and calls 10 % of the healthy ill:")
    print(f"  P(positive) = 0.95 x 0.01 + 0.10 x 0.99   = {test.p_positive:.4f}")
    print(f"  P(ill | positive) = 0.0095 / {test.p_positive:.4f}         = {test.ppv:.4f}")
    again = diagnostic_test(test.ppv, 0.95, 0.9)
    print(f"  after a second, independent positive test  = {again.ppv:.4f}")
    coin = BetaBinomial(1, 1).update(7, 10)
    low, high = coin.credible_interval(0.95)
    print(f"a coin that shows 7 heads in 10, after a flat prior: mean {coin.mean:.4f}, 95 % between {low:.3f} and "
          f"{high:.3f}")
    print(f"  a fair coin shows 7 or more in 10 with probability {stats.binom.sf(6, 10, 0.5):.4f}")
    return test, again, coin


def information():
    """Entropy of coins in bits; a loaded die coded as if it were fair."""
    for p in COINS:
        print(f"coin that shows heads with probability {p:.1f}: entropy {entropy([p, 1 - p], base=2):.4f} bits")
    h, ce = entropy(LOADED, base=2), cross_entropy(LOADED, FAIR, base=2)
    kl, back = kl_divergence(LOADED, FAIR, base=2), kl_divergence(FAIR, LOADED, base=2)
    print("a die that shows a six half of the time, P, against a fair one, Q, in bits:")
    print(f"  entropy H(P) = {h:.4f}, cross-entropy H(P, Q) = {ce:.4f}, KL(P, Q) = {kl:.4f} = H(P, Q) - H(P)")
    print(f"  KL(Q, P) = {back:.4f}: it is no distance")
    return h, ce, kl


def naive_bayes(split):
    """Naive Bayes reads the digits; how well its probability of one digit ranks them."""
    print("model                 read right")
    x_train, x_test = (np.clip(4 * (x + 2), 0, 16) for x in (split.x_train, split.x_test))
    for model in (GaussianNB(var_smoothing=1e-2), MultinomialNB()):
        model.fit(x_train, split.y_train)
        right = np.count_nonzero(model.predict(x_test) == split.y_test)
        print(f"{type(model).__name__:<20}  {right} of {len(split.y_test)}")
    digit = 8
    scores = model.predict_log_proba(x_test)[:, digit]
    ranking = metrics.ranking(split.y_test == digit, scores)
    fpr, tpr, _ = ranking.roc_curve()
    found = metrics.roc_auc_ci(split.y_test == digit, scores)
    print(f"its probability of an {digit} ranks an {digit} above another digit in {100 * found.value:.2f} % of "
          "the pairs")
    print(f"  (area under the ROC curve; 95 % confidence from {found.low:.4f} to {found.high:.4f}, by DeLong)")
    return Curve(fpr, tpr)
