"""threadpool_limits limits our pool as it limits a BLAS."""

import pytest

import mathcore

threadpoolctl = pytest.importorskip("threadpoolctl")


def ours():
    return [info for info in threadpoolctl.threadpool_info() if info["user_api"] == "mathcore"]


def test_it_is_listed_once_with_its_version():
    (info,) = ours()
    assert info["version"] == mathcore.__version__
    assert info["num_threads"] == mathcore.get_num_threads()


def test_limits_hold_inside_and_are_taken_back():
    before = mathcore.get_num_threads()
    with threadpoolctl.threadpool_limits(3):
        assert mathcore.get_num_threads() == 3
        with threadpoolctl.threadpool_limits(1, user_api="mathcore"):
            assert mathcore.get_num_threads() == 1
        with threadpoolctl.threadpool_limits(1, user_api="blas"):
            assert mathcore.get_num_threads() == 3
    assert mathcore.get_num_threads() == before
