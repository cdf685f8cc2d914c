# cython: binding=True
"""LAPACK at run time: the routines that scipy.linalg.cython_lapack hands out, without SciPy at build time."""

from cpython.pycapsule cimport PyCapsule_GetName, PyCapsule_GetPointer

from mathcore._kernels.runtime cimport F64


cdef void *routine(int dtype, str name) except NULL:
    from scipy.linalg import cython_lapack
    capsule = cython_lapack.__pyx_capi__[("d" if dtype == F64 else "s") + name]
    return PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule))
