# cython: binding=True
"""Recurrences of truncated power series: row k of an array (n + 1, m) holds the coefficients of t^k of m series.

The same formulas as in mathcore.autodiff.jet, which serve coefficients that are traced themselves; for one series of
order 20 these take a hundredth of the time.
"""

import numpy as np

cimport numpy as cnp

cnp.import_array()


def times(const double[:, ::1] x, const double[:, ::1] y):
    """x y."""
    cdef Py_ssize_t n = x.shape[0], m = x.shape[1], j, k, i
    out = np.zeros((n, m))
    cdef double[:, ::1] z = out
    for k in range(n):
        for j in range(k + 1):
            for i in range(m):
                z[k, i] += x[j, i] * y[k - j, i]
    return out


def divided(const double[:, ::1] x, const double[:, ::1] y):
    """x / y: z y = x."""
    cdef Py_ssize_t n = x.shape[0], m = x.shape[1], j, k, i
    out = np.array(x)
    cdef double[:, ::1] z = out
    for k in range(n):
        for j in range(k):
            for i in range(m):
                z[k, i] -= z[j, i] * y[k - j, i]
        for i in range(m):
            z[k, i] /= y[0, i]
    return out


def exponential(const double[:, ::1] x, const double[::1] first):
    """y' = y x'."""
    cdef Py_ssize_t n = x.shape[0], m = x.shape[1], j, k, i
    out = np.zeros((n, m))
    cdef double[:, ::1] y = out
    for i in range(m):
        y[0, i] = first[i]
    for k in range(1, n):
        for j in range(1, k + 1):
            for i in range(m):
                y[k, i] += j * x[j, i] * y[k - j, i]
        for i in range(m):
            y[k, i] /= k
    return out


def logarithm(const double[:, ::1] x, const double[::1] first):
    """x y' = x'."""
    cdef Py_ssize_t n = x.shape[0], m = x.shape[1], j, k, i
    out = np.zeros((n, m))
    cdef double[:, ::1] y = out
    for i in range(m):
        y[0, i] = first[i]
    for k in range(1, n):
        for j in range(1, k):
            for i in range(m):
                y[k, i] -= j * y[j, i] * x[k - j, i]
        for i in range(m):
            y[k, i] = (k * x[k, i] + y[k, i]) / (k * x[0, i])
    return out


def raised(const double[:, ::1] x, const double[::1] first, double p):
    """x y' = p y x'."""
    cdef Py_ssize_t n = x.shape[0], m = x.shape[1], j, k, i
    out = np.zeros((n, m))
    cdef double[:, ::1] y = out
    for i in range(m):
        y[0, i] = first[i]
    for k in range(1, n):
        for j in range(1, k + 1):
            for i in range(m):
                y[k, i] += (p * j - (k - j)) * x[j, i] * y[k - j, i]
        for i in range(m):
            y[k, i] /= k * x[0, i]
    return out


def pair(const double[:, ::1] x, const double[::1] s_first, const double[::1] c_first, double sign):
    """(s, c) with s' = c x', c' = sign s x'."""
    cdef Py_ssize_t n = x.shape[0], m = x.shape[1], j, k, i
    s_out, c_out = np.zeros((n, m)), np.zeros((n, m))
    cdef double[:, ::1] s = s_out
    cdef double[:, ::1] c = c_out
    for i in range(m):
        s[0, i], c[0, i] = s_first[i], c_first[i]
    for k in range(1, n):
        for j in range(1, k + 1):
            for i in range(m):
                s[k, i] += j * x[j, i] * c[k - j, i]
                c[k, i] += sign * j * x[j, i] * s[k - j, i]
        for i in range(m):
            s[k, i] /= k
            c[k, i] /= k
    return s_out, c_out


def tangent(const double[:, ::1] x, const double[::1] first, double sign):
    """y' = (1 + sign y^2) x'."""
    cdef Py_ssize_t n = x.shape[0], m = x.shape[1], j, k, i
    out, slopes = np.zeros((n, m)), np.zeros((n, m))
    cdef double[:, ::1] y = out
    cdef double[:, ::1] w = slopes       # 1 + sign y^2
    for i in range(m):
        y[0, i] = first[i]
    for k in range(n):
        for j in range(1, k + 1):
            for i in range(m):
                y[k, i] += j * x[j, i] * w[k - j, i]
        if k:
            for i in range(m):
                y[k, i] /= k
        for j in range(k + 1):
            for i in range(m):
                w[k, i] += sign * y[j, i] * y[k - j, i]
        if not k:
            for i in range(m):
                w[0, i] += 1
    return out
