"""Reads the word in a picture as a solver needs it: by comparing its letters with drawn ones."""

from __future__ import annotations

import numpy as np
from scipy.signal import correlate

from helpers.challenges import flags


def word_in(picture: np.ndarray, letters: int = 6) -> str:
    """The word whose drawing is most like some part of a picture, (height, width), any numbers.

    Dark and bright may be exchanged. The word stands on one line, at a place that is not known.
    """
    grey = np.asarray(picture, float)
    grey = grey.mean(axis=-1) if grey.ndim == 3 else grey
    fits = {letter: fit(grey, letter) for letter in flags.CONSONANTS + flags.VOWELS}
    width = grey.shape[1] - letters * flags.CELL + 1  # places where a whole word can begin
    alphabets = [flags.CONSONANTS, flags.VOWELS] * (letters // 2)
    cells = [
        np.stack([fits[letter][:, i * flags.CELL :][:, :width] for letter in alphabet])
        for i, alphabet in enumerate(alphabets)
    ]
    down, left = np.unravel_index(
        sum(cell.max(axis=0) for cell in cells).argmax(), cells[0].shape[1:]
    )
    return "".join(
        alphabet[cell[:, down, left].argmax()] for alphabet, cell in zip(alphabets, cells)
    )


def fit(grey: np.ndarray, letter: str) -> np.ndarray:
    """How like a letter each part of a picture is, by its corner: a correlation without its sign.

    Parts that are flat beside the rest of the picture count as noise.
    """
    drawn = flags.picture_of(letter)[..., 0].astype(float)
    drawn, ones = drawn - drawn.mean(), np.ones(drawn.shape)
    products = abs(correlate(grey, drawn, "valid", "fft"))
    mean = correlate(grey, ones, "valid", "fft") / ones.size
    spread = correlate(grey**2, ones, "valid", "fft") / ones.size - mean**2
    size = np.sqrt(np.maximum(spread, grey.var() / 50) * ones.size)
    return products / (size * np.linalg.norm(drawn))
