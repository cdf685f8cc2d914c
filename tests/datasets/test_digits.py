import os
from importlib.resources import files

import numpy as np
import pytest

from mathcore import datasets


@pytest.fixture(scope="module")
def digits():
    return datasets.load_digits()


def test_shapes_and_dtypes(digits):
    assert digits.images.shape == (1797, 8, 8)
    assert digits.data.shape == (1797, 64)
    assert digits.target.shape == (1797,)
    assert digits.images.dtype == digits.data.dtype == np.float64
    assert digits.target.dtype == np.int64


def test_values(digits):
    assert digits.data.min() == 0
    assert digits.data.max() == 16
    assert digits.data.sum() == 561_718
    np.testing.assert_array_equal(digits.data, np.round(digits.data))
    np.testing.assert_array_equal(np.bincount(digits.target), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
    np.testing.assert_array_equal(digits.images[0, 0], [0, 0, 5, 13, 9, 1, 0, 0])


def test_same_as_scikit_learn(digits):
    peer = pytest.importorskip("sklearn.datasets").load_digits()
    np.testing.assert_array_equal(digits.images, peer.images)
    np.testing.assert_array_equal(digits.target, peer.target)


def test_data_is_a_view_of_images(digits):
    assert np.shares_memory(digits.images, digits.data)
    np.testing.assert_array_equal(digits.data[7], digits.images[7].ravel())


def test_each_call_gives_arrays_of_its_own(digits):
    other = datasets.load_digits()
    other.data[:] = -1
    other.target[:] = -1
    assert digits.data.min() == 0
    assert datasets.load_digits().target.min() == 0


@pytest.mark.parametrize("word", ["Alpaydin", "Kaynak", "1998", "10.24432/C50P49", "CC BY 4.0", "Changes"])
def test_description_names_source_and_licence(digits, word):
    assert word in digits.description


def test_data_file_is_small():
    with (files("mathcore.datasets") / "digits.npz").open("rb") as file:
        assert os.fstat(file.fileno()).st_size < 60_000
