"""The tour's fits: descents of a parabola for three step sizes, logistic regression, softmax regression on digits."""

from typing import NamedTuple

import numpy as np

from mathcore.optimize import fit_logistic, fit_softmax, gradient_descent, max_stable_step
from mathcore.special import expit

START, STEPS = 7.0, 20
RATES = (0.1, 0.9, 1.05)                    # below the stable limit, near it, above it

# What marks a mail, how often a mail has it, and a spam mail; a thousand of them are drawn.
MARKS = (('"free"', 0.2, 1.1), ("links", 0.7, 2.2), ("exclamation marks", 0.5, 1.9), ('"meeting"', 0.9, 0.1))
SPAM_SHARE = 0.4


class Descent(NamedTuple):
    """A learning rate and the x of the start and after each step."""

    rate: float
    path: np.ndarray


def parabola(x):
    """The function that the descents descend."""
    return (x - 3) ** 2


def descents():
    """The same descent for three step sizes, the first one printed step by step."""
    limit = max_stable_step([[2.0]])
    print(f"x <- x - {RATES[0]} f'(x), f'(x) = 2 (x - 3), from x = {START:g}")
    found = []
    for rate in RATES:
        result = gradient_descent(parabola, START, jac=lambda x: 2 * (x - 3), learning_rate=rate, max_iter=STEPS,
                                  tol=0)
        found.append(Descent(rate, np.array([step.x for step in result.trace]).ravel()))
        if rate == RATES[0]:
            print(result.trace)
    print(f"f'' = 2: steps below 2 / f'' = {limit:g} are stable; after {STEPS} steps of")
    for rate, path in found:
        error = abs(path[-1] - 3)
        how = "diverges" if rate > limit else "comes nearer" if rate < limit / 2 else "jumps over, and comes nearer"
        print(f"  {rate:<5g} |x - 3| = {error:8.4f}: it {how}, times {1 - 2 * rate:+.1f} at each step")
    return found


def mails(rng, n=1000):
    """Counts of the marks in n mails (n, 4), and which ones are spam."""
    spam = rng.random(n) < SPAM_SHARE
    means = np.array([mark[1:] for mark in MARKS]).T
    return rng.poisson(means[spam.astype(int)]).astype(float), spam


def spam():
    """Logistic regression: what the coefficients say, and how sure the model is of two mails."""
    rng = np.random.default_rng(0)
    x, y = mails(rng)
    fit = fit_logistic(x[:700], y[:700], alpha=0.001)
    print("p(spam) = sigmoid(w.x + b), x how often each mark stands in a mail; learnt from 700 drawn mails")
    print(f"{fit.nit} steps of L-BFGS: mean loss {fit.fun:.4f}, gradient {fit.jac:.0e}")
    print("  mark                     w   odds of spam, for each one more")
    for (name, *_), w in zip(MARKS, fit.coef, strict=True):
        print(f"  {name:<18} {w:+7.3f}   times {np.exp(w):.2f}")
    right = np.mean((x[700:] @ fit.coef + fit.intercept > 0) == y[700:])
    print(f"accuracy on 300 other mails {right:.2f}")
    for what, mail in (('a mail with "free", 3 links and 2 exclamation marks', (1, 3, 2, 0)),
                       ('a mail with 1 link and "meeting"', (0, 1, 0, 1))):
        print(f"  {what}: p(spam) = {expit(np.dot(mail, fit.coef) + fit.intercept):.3f}")
    return fit


def digits_without_a_hidden_layer(split, network_right):
    """Softmax regression on the digits that the network learnt."""
    fit = fit_softmax(split.x_train, split.y_train, alpha=0.01)
    predictions = (split.x_test @ fit.coef.T + fit.intercept).argmax(axis=1)
    right, n = np.count_nonzero(predictions == split.y_test), len(split.y_test)
    print(f"p = softmax(W x + b), W {fit.coef.shape[0]} x {fit.coef.shape[1]}, with weight decay 0.01: "
          f"{fit.nit} steps of L-BFGS")
    print(f"its loss has one minimum, and the steps end there: gradient {fit.jac:.0e}")
    print(f"test images read right: {right} of {n} without a hidden layer, {network_right} with one")
    return predictions
