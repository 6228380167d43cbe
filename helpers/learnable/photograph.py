"""Drawings lit and roughened like small photographs, whose neighbouring pixels are alike."""

from __future__ import annotations

import numpy as np

SIDE = 32  # pixels of a picture; its drawing has twice as many


def photographed(colours: np.ndarray, is_thing: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Pictures, uint8 (n, 32, 32, 3), of drawings in colour, float32 (n, 64, 64, 3).

    `is_thing`, bool (n, 64, 64): where the thing is; the scene behind it is twice as rough.
    """
    n, pictures = len(colours), halve(colours)
    on_thing = halve(is_thing[..., None].astype(np.float32))
    pictures += texture(rng, n) * (1 - 0.5 * on_thing)
    pictures *= light(rng, n)
    pictures += strengths(rng, n, 2, 6) * rng.standard_normal(pictures.shape, np.float32)
    return pictures.clip(0, 255).round().astype(np.uint8)


def halve(pictures: np.ndarray) -> np.ndarray:
    """Means of 2 x 2 pixels: (n, 64, 64, c) to (n, 32, 32, c)."""
    rows = pictures[:, 0::2] + pictures[:, 1::2]
    return (rows[:, :, 0::2] + rows[:, :, 1::2]) / 4


def texture(rng: np.random.Generator, n: int) -> np.ndarray:
    """Blotches of four sizes, mostly grey, the larger the stronger, as in a photograph."""
    total = np.zeros((n, SIDE, SIDE, 3), np.float32)
    for size, part in ((3, 1.0), (5, 0.7), (9, 0.5), (17, 0.35)):
        grey = rng.standard_normal((n, 1, size, size), np.float32)
        colour = rng.standard_normal((n, 3, size, size), np.float32)
        stretch = bilinear(size)
        total += part * (stretch @ (grey + 0.35 * colour) @ stretch.T).transpose(0, 2, 3, 1)
    return strengths(rng, n, 4, 14) * total


def bilinear(size: int) -> np.ndarray:
    """The matrix (32, size) that stretches `size` values over 32 pixels, straight between them."""
    at = np.linspace(0, size - 1, SIDE)[:, None]
    return np.maximum(0, 1 - np.abs(at - np.arange(size))).astype(np.float32)


def light(rng: np.random.Generator, n: int) -> np.ndarray:
    """Brighter on one side, and mostly brighter above than below: factors (n, 32, 32, 1)."""
    ramp = np.linspace(-1, 1, SIDE, dtype=np.float32)
    across, down = strengths(rng, n, -0.18, 0.18), strengths(rng, n, -0.22, 0.12)
    return 1 + across * ramp[:, None] + down * ramp[:, None, None]


def strengths(rng: np.random.Generator, n: int, low: float, high: float) -> np.ndarray:
    """One random number for each picture, float32 (n, 1, 1, 1)."""
    return rng.uniform(low, high, (n, 1, 1, 1)).astype(np.float32)
