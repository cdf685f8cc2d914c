"""What is alike: documents by their words, and what people with the same taste liked.

    python examples/similar.py

Both are cosines of rows, here of counts of words and of ratings about each person's mean. A missing rating of one
person is foretold by those of the people most alike who rated it, weighted by how much alike they are.
"""

import numpy as np

from mathcore.distance import cosine_similarity, term_counts

DOCUMENTS = {
    "gradient": "gradient descent follows the gradient of the loss downhill",
    "newton": "newton's method follows the gradient through the inverse hessian of the loss",
    "bayes": "bayes' theorem turns the prior and the likelihood into the posterior",
    "posterior": "the posterior is the prior times the likelihood up to a factor",
}
FILMS = ("Alien", "Brazil", "Casablanca", "Duel", "Emma")
RATINGS = np.array([[5, 4, np.nan, 5, 1], [4, np.nan, 1, 5, np.nan], [1, 1, 5, np.nan, 5],
                    [np.nan, 2, 4, 1, 4], [5, 5, 2, np.nan, np.nan], [1, np.nan, np.nan, 2, 5]])


def nearest_documents(documents):
    """{name: (name of the document most alike, cosine)}."""
    names = list(documents)
    alike = cosine_similarity(term_counts(documents.values()).counts)
    np.fill_diagonal(alike, -1)
    return {name: (names[row.argmax()], row.max()) for name, row in zip(names, alike, strict=True)}


def foretold(ratings, k=2):
    """The ratings, missing ones filled: a person's mean and the k nearest raters' weighted difference from theirs."""
    known = ~np.isnan(ratings)
    mean = np.nanmean(ratings, axis=1, keepdims=True)
    apart = np.where(known, ratings - mean, 0)
    alike = cosine_similarity(apart)
    filled = ratings.copy()
    for person, film in np.argwhere(~known):
        raters = np.flatnonzero(known[:, film])
        nearest = raters[np.argsort(-alike[person, raters], kind="stable")[:k]]
        weight = np.maximum(alike[person, nearest], 0)
        filled[person, film] = mean[person, 0] + weight @ apart[nearest, film] / max(weight.sum(), 1e-9)
    return filled


if __name__ == "__main__":
    for name, (other, cosine) in nearest_documents(DOCUMENTS).items():
        print(f"{name:<10} is most like {other:<10} {cosine:.2f}")
    print("\n          " + "".join(f"{film:>12}" for film in FILMS) + "   (foretold)")
    for person, (row, given) in enumerate(zip(foretold(RATINGS), RATINGS, strict=True)):
        print(f"person {person}  " + "".join(f"{f'({x:.1f})' if np.isnan(g) else f'{x:.0f} ':>12}"
                                            for x, g in zip(row, given, strict=True)))
