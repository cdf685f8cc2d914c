"""Ratings factored by alternating least squares, and what is recommended."""

import numpy as np
import pytest
import scipy.sparse

from mathcore import linalg
from mathcore.linalg import matrix_factorization, recommend
from tests.oracles import assert_same_bits
from tests.process import output_of

FLOATS = ("float32", "float64")


def sample(rng, n_users=40, n_items=30, n=500, rank=3, noise=0.1):
    """(users, items, values) of a model of that rank with biases."""
    at = rng.permutation(n_users * n_items)[:n]
    users, items = np.divmod(at, n_items)
    p, q = rng.standard_normal((n_users, rank)), rng.standard_normal((n_items, rank))
    full = 3 + rng.standard_normal(n_users)[:, None] + rng.standard_normal(n_items) + p @ q.T
    return users, items, full[users, items] + noise * rng.standard_normal(n), full


def objective(model, users, items, values, reg):
    left = values - model.predict(users, items)
    penalty = (model.user_factors**2).sum(axis=1) + model.user_bias**2
    others = (model.item_factors**2).sum(axis=1) + model.item_bias**2
    return (left**2).sum() + reg * (penalty[users] + others[items]).sum()


def sweep_in_numpy(users, items, values, own, reg, mean):
    """One sweep, a solve for each user and each item; the last column of `own` is the bias."""
    for side, (who, other) in enumerate(((users, items), (items, users))):
        for u in range(len(own[side])):
            known = who == u
            if known.any():
                rows = own[1 - side][other[known]]
                x = np.column_stack([rows[:, :-1], np.ones(len(rows))])
                k = x.T @ x + reg * len(x) * np.eye(x.shape[1])
                own[side][u] = np.linalg.solve(k, x.T @ (values[known] - mean - rows[:, -1]))
            else:
                own[side][u] = 0
    return own


def test_sweeps_are_those_of_a_loop_in_numpy():
    users, items, values, _ = sample(np.random.default_rng(0))
    rank, reg = 4, 0.05
    found = matrix_factorization((users, items, values), rank, reg=reg, n_iter=3, tol=0, shape=(40, 30), rng=1)
    own = [np.zeros((40, rank + 1)), np.zeros((30, rank + 1))]
    own[1][:, :rank] = np.random.default_rng(1).standard_normal((30, rank)) / np.sqrt(rank)
    for _ in range(3):
        own = sweep_in_numpy(users, items, values, own, reg, values.mean())
    for got, expected in ((found.user_factors, own[0][:, :-1]), (found.item_factors, own[1][:, :-1]),
                          (found.user_bias, own[0][:, -1]), (found.item_bias, own[1][:, -1])):
        np.testing.assert_allclose(got, expected, atol=1e-9)
    assert found.mean == pytest.approx(values.mean())
    left = values - found.predict(users, items)
    assert found.trace[-1] == pytest.approx(np.sqrt((left**2).mean()))
    assert (found.n_iter, found.converged, len(found.trace)) == (3, False, 3)


@pytest.mark.parametrize("biases", [False, True])
def test_no_sweep_makes_the_objective_larger(biases):
    users, items, values, _ = sample(np.random.default_rng(1))
    reg = 0.02
    costs = [objective(matrix_factorization((users, items, values), 3, reg=reg, biases=biases, n_iter=n, tol=0, rng=0),
                       users, items, values, reg) for n in range(1, 12)]
    assert (np.diff(costs) <= 1e-9 * costs[0]).all()


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_model_of_low_rank_is_found_again(dtype):
    """Nearly: a ridge of 1e-6 and no noise."""
    users, items, values, full = sample(np.random.default_rng(2), n=900, rank=2, noise=0)
    model = matrix_factorization((users, items, values.astype(dtype)), 2, reg=1e-6, n_iter=300, tol=0, rng=0)
    assert model.trace[-1] < 2e-3
    everywhere = model.predict(np.arange(40)[:, None], np.arange(30))
    assert everywhere.dtype == model.user_factors.dtype == model.item_bias.dtype == dtype
    np.testing.assert_allclose(everywhere, full, atol=0.1)


def test_all_forms_of_ratings_are_one():
    users, items, values, _ = sample(np.random.default_rng(3))
    dense = np.full((40, 30), np.nan)
    dense[users, items] = values
    first = matrix_factorization((users, items, values), 3, shape=(40, 30), rng=0)
    shuffled = np.random.default_rng(4).permutation(500)
    coo = scipy.sparse.coo_array((values, (users, items)), shape=(40, 30))
    frozen = np.asfortranarray(dense)
    frozen.flags.writeable = False
    for other in (dense, frozen, dense[::-1][::-1], coo, coo.tocsr(), coo.tocsc(), scipy.sparse.csr_matrix(coo),
                  tuple(x[shuffled] for x in (users, items, values)),
                  (list(users), items.astype(np.int8), values), (users[::-1], items[::-1], values[::-1])):
        again = matrix_factorization(other, 3, rng=0, **({"shape": (40, 30)} if isinstance(other, tuple) else {}))
        np.testing.assert_allclose(again.user_factors, first.user_factors, atol=1e-10)  # means of other orders
        np.testing.assert_array_equal(again.known.items, first.known.items)


def test_bits_depend_on_the_seed_alone():
    users, items, values, _ = sample(np.random.default_rng(5), 300, 200, 5000)
    first = matrix_factorization((users, items, values), 6, rng=3, workers=1)
    for workers in (2, 5):
        other = matrix_factorization((users, items, values), 6, rng=np.random.default_rng(3), workers=workers)
        for name in ("user_factors", "item_factors", "user_bias", "item_bias", "trace"):
            assert_same_bits(getattr(other, name), getattr(first, name))
    assert not np.array_equal(matrix_factorization((users, items, values), 6, rng=4).trace, first.trace)


def test_who_has_no_ratings_gets_the_mean():
    model = matrix_factorization((np.array([0, 2, 2]), np.array([0, 0, 3]), [1.0, 3.0, 5.0]), 2, shape=(4, 5), rng=0)
    np.testing.assert_array_equal(model.user_factors[[1, 3]], 0)
    np.testing.assert_array_equal(model.item_bias[[1, 2, 4]], 0)
    assert model.predict(1, 1) == model.mean == 3
    assert model.predict(3, 3) == pytest.approx(3 + model.item_bias[3])
    assert model.recommend(3, 10).items.tolist()[0] == 3            # the only one above the mean


def test_stored_zeros_and_whole_numbers_are_ratings():
    model = matrix_factorization(np.array([[0, 1], [2, 3]]), 1, reg=1e-9, n_iter=50, rng=0)
    np.testing.assert_allclose(model.predict([[0], [1]], [0, 1]), [[0, 1], [2, 3]], atol=1e-3)
    assert model.user_factors.dtype == np.float64
    stored = scipy.sparse.csr_array((np.array([0.0, 1.0]), ([0, 1], [0, 1])), shape=(2, 2))
    assert matrix_factorization(stored, 0).mean == 0.5
    assert matrix_factorization(np.array([[0, 1]], np.float16), 1).item_factors.dtype == np.float32


def test_biases_alone_and_factors_alone():
    rng = np.random.default_rng(6)
    b, c = rng.standard_normal(6), rng.standard_normal(5)
    values = 2 + b[:, None] + c
    model = matrix_factorization(values, 0, reg=1e-10, n_iter=100, tol=0)
    assert model.user_factors.shape == (6, 0)
    np.testing.assert_allclose(model.predict(np.arange(6)[:, None], np.arange(5)), values, atol=1e-6)
    plain = matrix_factorization(np.outer(b, c), 1, biases=False, reg=1e-10, n_iter=50, rng=0)
    assert plain.mean == 0
    np.testing.assert_array_equal(plain.user_bias, 0)
    np.testing.assert_allclose(np.outer(plain.user_factors, plain.item_factors), np.outer(b, c), atol=1e-4)
    assert matrix_factorization(np.outer(b, c), 0, biases=False).predict(0, 0) == 0
    many = matrix_factorization(values, 40, rng=0)                 # more factors than items
    assert many.item_factors.shape == (5, 40)


def test_sweeps_end_and_tell():
    users, items, values, _ = sample(np.random.default_rng(7))
    seen = []
    model = matrix_factorization((users, items, values), 2, n_iter=500, tol=1e-4, rng=0,
                                 callback=lambda sweep, error: seen.append((sweep, error)))
    assert model.converged
    assert 2 <= model.n_iter < 500
    assert seen == list(zip(range(1, model.n_iter + 1), model.trace, strict=True))
    assert abs(model.trace[-1] - model.trace[-2]) <= 1e-4 * model.trace[-2]
    with pytest.raises(ZeroDivisionError):
        matrix_factorization((users, items, values), 2, callback=lambda *_: 1 / 0)


def test_recommendations():
    users, items, values, _ = sample(np.random.default_rng(8))
    model = matrix_factorization((users, items, values), 3, rng=0)
    scores = model.predict(5, np.arange(30))
    best = recommend(model, 5, 30, exclude_seen=False)
    np.testing.assert_array_equal(best.items, np.argsort(-scores, kind="stable"))
    np.testing.assert_allclose(best.scores, scores[best.items], rtol=1e-12)
    unseen = model.recommend(5, 4)
    assert not set(unseen.items) & set(items[users == 5])
    np.testing.assert_array_equal(unseen.items, [i for i in best.items if i not in items[users == 5]][:4])
    assert len(recommend(model, 5, 1000).items) == 30 - (users == 5).sum()
    assert recommend(model, 5, 0).items.size == 0
    everything = matrix_factorization(np.ones((2, 3)), 1, rng=0)
    assert everything.recommend(0, 2).items.size == 0
    np.testing.assert_array_equal(everything.recommend(0, 3, exclude_seen=False).items, [0, 1, 2])   # equals


def test_numbers_of_users_and_items():
    model = matrix_factorization(np.ones((2, 3)), 1, rng=0)
    assert isinstance(model, linalg.FactorizationResult)
    assert model.predict([0, 1], [[0], [2]]).shape == (2, 2)
    assert model.predict(np.empty(0, int), 1).shape == (0,)
    for user, item, error, words in ((2, 0, ValueError, "user is out of range; expected 0 to 1, got 2"),
                                     (0, [0, -1], ValueError, r"item .* got -1 at index \(1,\)"),
                                     (0.5, 0, TypeError, "user has dtype float64"), (0, "a", TypeError, "item")):
        with pytest.raises(error, match=f"^FactorizationResult.predict: {words}"):
            model.predict(user, item)
    assert "known" not in repr(model)


def test_ctrl_c():
    code = """if True:
        import os, signal, threading, time
        import numpy as np
        from mathcore.linalg import matrix_factorization
        signal.signal(signal.SIGINT, signal.default_int_handler)
        rng = np.random.default_rng(0)
        dense = rng.standard_normal((1500, 1500))
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            matrix_factorization(dense, 200, n_iter=10_000, tol=0)
        except KeyboardInterrupt:
            print("stopped")
        """
    assert output_of(code) == "stopped\n"
