"""Pictures to learn from, with live augmentation: the pictograms, drawn on the spot.

uint8 pictures (n, 32, 32, 3) with uint8 labels (n,), from 0 to 9, which number the `CLASSES`.
"""

from __future__ import annotations

import numpy as np

from helpers.learnable.pictograms import CLASSES, pictograms

__all__ = ["CLASSES", "augment", "pictograms"]


def augment(rng: np.random.Generator, pictures: np.ndarray, padding: int = 4) -> np.ndarray:
    """Each picture cut anew out of a black frame of `padding` pixels, and every other one mirrored.

    Pictures (n, height, width, colours) of any dtype; the result has the same. This is the paper's
    "live augmentation": a fresh draw for each batch, before encryption, for a crop that cuts
    through encrypted blocks leaves nothing to learn.
    """
    n, height, width, _ = pictures.shape
    frame = ((0, 0), (padding, padding), (padding, padding), (0, 0))
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(pictures, frame), (height, width), axis=(1, 2)
    )
    down, across = rng.integers(0, 2 * padding + 1, (2, n))
    cut = np.moveaxis(windows[np.arange(n), down, across], 1, -1)
    mirrored = rng.random((n, 1, 1, 1)) < 0.5
    return np.where(mirrored, cut[:, :, ::-1], cut)
