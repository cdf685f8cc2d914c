"""The list of extensions. Nothing is probed: instruction sets are chosen at run time (simd/foreach_target.h)."""

import os
import sys
from glob import glob

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

KERNELS = "src/mathcore/_kernels"
SHARED = "mathcore._kernels._cyutility"

# gnu11, not c11: c11 turns FMA contraction off, which halves every product. Never -ffast-math or -Ofast:
# they switch subnormals off for the user's whole process. No -m flags: the body of the wheel is baseline.
FLAGS = ["/O2"] if sys.platform == "win32" else [
    "-O3", "-g0", "-std=gnu11", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast",
    "-fvisibility=hidden", "-pthread", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-unknown-pragmas",
    "-Wno-psabi",
]
# -O3's copies of loops are a fifth of these and gain nothing, as measured: their bodies are unrolled by hand, or bound
# by Python's objects. gemm: 584 to 434 kB compressed, fit 247 to 154. (Distributions, confusion: 5 to 30 % slower.)
COMPACT = {
    "euclidean", "fit", "gemm", "kmeans", "moments", "neighbors", "norms", "pairwise", "ratings", "sparse", "tall",
    "tape",
}
COMPACT_FLAGS = ["-O2", "-ftree-vectorize", "-fvect-cost-model=dynamic"]
LINK = [] if sys.platform == "win32" else ["-pthread"]

# Names of static functions are a thirtieth of the wheel; MATHCORE_SYMBOLS=1 keeps them for a profiler.
if sys.platform == "linux" and not (os.environ.get("MATHCORE_SANITIZE") or os.environ.get("MATHCORE_SYMBOLS")):
    LINK.append("-Wl,-s")

# MATHCORE_SANITIZE=address,undefined builds every kernel under gcc's sanitizers (tests/README.md).
SANITIZE = os.environ.get("MATHCORE_SANITIZE")
if SANITIZE:
    FLAGS = [f for f in FLAGS if f not in ("-O3", "-g0")] + [
        # expensive-optimizations: without it gcc forms no FMAs, and results are those of another instruction set
        "-O1", "-fexpensive-optimizations", "-g1", "-fno-omit-frame-pointer", f"-fsanitize={SANITIZE}",
    ]
    LINK = [*LINK, f"-fsanitize={SANITIZE}"]
    FLAGS.append("-fno-sanitize-recover=all")

# MATHCORE_EMULATE_AVX512=1 compiles the 64-byte bodies for AVX2: their bits can be tested without it (slow to build).
if os.environ.get("MATHCORE_EMULATE_AVX512"):
    FLAGS.append("-DMC_EMULATE_AVX512")

# extension -> C sources of its own beside the .pyx
EXTENSIONS = {
    "runtime": ["system/pool.c", "system/alloc.c"],
    "gemm": [],
    "finite": [],
    "triangular": [],
    "lu": [],
    "systems": [],
    "iterative": [],
    "single": [],
    "small": [],
    "cholesky": [],
    "qr": [],
    "tall": [],
    "eigen": [],
    "reduction": [],
    "divide": [],
    "scatter": [],
    "ratings": [],
    "matmul": [],
    "special": [],
    "softmax": [],
    "distributions": [],
    "quadratic": [],
    "losses": [],
    "information": [],
    "linear_loss": [],
    "network": [],
    "optimizers": [],
    "descent": [],
    "minibatch": [],
    "fit": [],
    "tape": [],
    "moments": [],
    "resample": [],
    "confusion": [],
    "ranking": [],
    "scores": [],
    "series": [],
    "naive_bayes": [],
    "norms": [],
    "pairwise": [],
    "sparse": [],
    "euclidean": [],
    "neighbors": [],
    "kmeans": [],
    "machine": [],
}


def flags(name):
    return [f for f in FLAGS if f != "-O3"] + COMPACT_FLAGS if name in COMPACT and "-O3" in FLAGS else FLAGS


def extensions():
    headers = sorted(glob(f"{KERNELS}/simd/*.h") + glob(f"{KERNELS}/system/*.h"))
    # Cython's code for memoryviews, once: in each extension that has some it takes 60 kB of the wheel
    shared = Extension(SHARED, [f"{KERNELS}/_cyutility.c"], extra_compile_args=FLAGS, extra_link_args=LINK)
    return [shared] + [
        Extension(
            f"mathcore._kernels.{name}",
            [f"{KERNELS}/{name}.pyx", *(f"{KERNELS}/{c}" for c in sources)],
            include_dirs=[KERNELS, numpy.get_include()],
            define_macros=[("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION")],
            depends=headers,
            extra_compile_args=flags(name),
            extra_link_args=LINK,
        )
        for name, sources in EXTENSIONS.items()
    ]


class parallel_build_ext(build_ext):
    """Compiles one extension per core unless told otherwise with -j."""

    def finalize_options(self):
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()


setup(
    cmdclass={"build_ext": parallel_build_ext},
    ext_modules=cythonize(
        extensions(),
        shared_utility_qualified_name=SHARED,
        compiler_directives={
            "language_level": 3,
            "boundscheck": False,
            "wraparound": False,
            "cdivision": True,
            "initializedcheck": False,
            "embedsignature": True,
        },
    ),
)
