"""The tour's calculus: derivatives of plain NumPy code, the chain rule node by node, a Hessian, Taylor polynomials."""

from typing import NamedTuple

import numpy as np

from mathcore.autodiff import derivative, grad, hessian, remainder_estimate, taylor_polynomial

DEGREES, AWAY = (1, 3, 5, 7), 2.0


class Sine(NamedTuple):
    """What the picture shows: degree -> Taylor polynomial of sin at 0."""

    polynomials: dict


def parabola(x):
    return (x - 3) ** 2


def chain(x):
    """y = exp(sin(x^2)), by nodes."""
    u = x ** 2
    v = np.sin(u)
    return u, v, np.exp(v)


def surface(p):
    x, y = p
    return x ** 2 * y + np.exp(y) * np.sin(x)


def derivatives():
    """f' of a parabola, the chain rule on a composition, gradient and Hessian of a function of two numbers."""
    slopes = ", ".join(f"f'({x:g}) = {derivative(parabola)(x):g}" for x in (1.0, 3.0, 5.0))
    print(f"f(x) = (x - 3)^2 as NumPy code: {slopes}")
    x = 0.5
    u, v, y = chain(x)
    print(f"y = exp(sin(x^2)) at x = {x:g}, node by node:")
    steps = (("u = x^2", u, "du/dx = 2 x", 2 * x), ("v = sin u", v, "dv/du = cos u", np.cos(u)),
             ("y = exp v", y, "dy/dv = y", y))
    product = 1.0
    for node, value, slope, number in steps:
        product *= number
        print(f"  {node:<10} = {value:.6f}   {slope:<14} = {number:.6f}   dy/dx so far: product {product:.6f}")
    exact = grad(lambda x: chain(x)[2])(x)
    print(f"  grad of the code itself: {exact:.6f}, {abs(exact - product):.0e} away from the product")
    p = np.array([1.0, 0.0])
    g, h = grad(surface)(p), hessian(surface)(p)
    print("g(x, y) = x^2 y + e^y sin x at (1, 0):")
    print(f"  gradient ({g[0]:.4f}, {g[1]:.4f})")
    print(f"  Hessian  [[{h[0, 0]:.4f}, {h[0, 1]:.4f}], [{h[1, 0]:.4f}, {h[1, 1]:.4f}]]")
    return exact, g, h


def taylor():
    """sin's Taylor polynomials, their errors at a point, and the errors that the series itself foretells."""
    print(f"sin x around 0; what the polynomial of degree n leaves at x = {AWAY:g}:")
    print("   n   p(x)       sin x - p(x)   estimate")
    polynomials = {n: taylor_polynomial(np.sin, 0.0, n) for n in DEGREES}
    for n, p in polynomials.items():
        left = np.sin(AWAY) - p(AWAY)
        print(f"  {n:2d}   {p(AWAY):8.5f}   {left:12.5f}   {remainder_estimate(np.sin, 0.0, n, AWAY):8.5f}")
    return Sine(polynomials)
