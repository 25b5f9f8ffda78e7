"""The ten outlines of the built-in data set, as integer functions of the plane.

Each takes the horizontal and vertical coordinate of points, x and y, int32 arrays in which 1024 is the object's
radius and y points down. It returns how far each point lies inside the outline, in the same unit: positive inside,
negative outside, close to the true distance near the edge. min is "and", max is "or", minus is "not".
"""

import numpy as np
from numpy import ndarray


def circle(x: ndarray, y: ndarray, radius: int = 890) -> ndarray:
    """Return a disc."""
    return (radius * radius - x * x - y * y) // (2 * radius)  # (r² − d²) / 2r is about r − d near the edge


def ring(x: ndarray, y: ndarray) -> ndarray:
    """Return a disc with a round hole."""
    return np.minimum(circle(x, y, 980), -circle(x, y, 520))


def square(x: ndarray, y: ndarray) -> ndarray:
    """Return a square."""
    return 780 - np.maximum(np.abs(x), np.abs(y))


def triangle(x: ndarray, y: ndarray) -> ndarray:
    """Return a triangle of equal sides that stands on one of them."""
    side = 550 - ((np.abs(x) * 887 - y * 512) >> 10)  # 887/1024 is the cosine of 30 degrees
    return np.minimum(side, 550 - y)


def cross(x: ndarray, y: ndarray) -> ndarray:
    """Return two crossed bars."""
    x, y = np.abs(x), np.abs(y)
    return np.minimum(960 - np.maximum(x, y), 310 - np.minimum(x, y))


def star(x: ndarray, y: ndarray) -> ndarray:
    """Return a five-pointed star: the points that at most one of its five lines cuts off."""
    first = 345 + y
    second = np.full_like(y, 1 << 20)
    for across, down in ((974, -316), (602, 828), (-602, 828), (-974, -316)):  # 1024 times cosine and sine
        line = 345 - ((x * across + y * down) >> 10)
        second = np.minimum(second, np.maximum(first, line))
        first = np.minimum(first, line)
    return second


def bars(x: ndarray, y: ndarray) -> ndarray:
    """Return two parallel bars."""
    return np.minimum(820 - np.abs(y), 260 - np.abs(np.abs(x) - 530))


def crescent(x: ndarray, y: ndarray) -> ndarray:
    """Return a moon: a disc from which another disc is cut."""
    return np.minimum(circle(x, y, 1000), -circle(x - 480, y, 760))


def arrow(x: ndarray, y: ndarray) -> ndarray:
    """Return an arrow that points up."""
    x = np.abs(x)
    head = np.minimum(-y, ((y + 1000) * 640 - x * 800) >> 10)
    shaft = np.minimum(270 - x, np.minimum(y + 200, 900 - y))
    return np.maximum(head, shaft)


def heart(x: ndarray, y: ndarray) -> ndarray:
    """Return a heart: a square on its corner, and a disc on each of the two upper sides."""
    x = np.abs(x)
    corner = 560 - (((x + np.abs(y - 82)) * 724) >> 10)  # 724/1024 is the cosine of 45 degrees
    return np.maximum(corner, circle(x - 396, y + 314, 560))


OUTLINES = (circle, ring, square, triangle, cross, star, bars, crescent, arrow, heart)
