"""Tells threadpoolctl about our pool, so that `threadpool_limits` (joblib, scikit-learn) limits it like any BLAS."""

from threadpoolctl import LibController, register

import mathcore


class MathcoreController(LibController):
    """Our threads as threadpoolctl sees them; numbers are those of `get_num_threads` and `set_num_threads`."""

    user_api = "mathcore"
    internal_api = "mathcore"
    filename_prefixes = ("runtime.",)
    check_symbols = ("mathcore_pool_size",)

    def get_num_threads(self):
        return mathcore.get_num_threads()

    def set_num_threads(self, num_threads):
        mathcore.set_num_threads(num_threads)

    def get_version(self):
        return mathcore.__version__

    def set_additional_attributes(self):
        pass


register(MathcoreController)
