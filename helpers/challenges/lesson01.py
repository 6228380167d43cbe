"""Challenges of lesson 01, pictures as bits."""

from __future__ import annotations

import numpy as np

from helpers import pictures
from helpers.challenges import Handed, challenge, flags


@challenge(
    title="The lost width",
    task="Somebody wrote down the bytes of a picture, red, green and blue of one pixel after the "
    "other, row by row, and forgot how wide it is. Bring it back, and read the word.",
    grade=1,
    hints=[
        "A picture whose rows are cut at the wrong place leans over, or is all stripes.",
        "The number of pixels is width times height: which widths go into it without a rest?",
        "data.reshape(-1, width, 3) for each of these widths: in the right one a row is nearly "
        "equal to the row above it.",
    ],
    moral="a width that is not written down is found by looking, since rows resemble each other.",
)
def lost_width(rng: np.random.Generator) -> tuple[Handed, flags.Judge]:
    """A word between margins of a width that nobody knows."""
    word, colour = flags.word(rng), rng.integers(150, 256, 3)
    top, bottom, left, right = rng.integers(5, 40, 4).tolist()
    margins = ((top, bottom), (left, right), (0, 0))
    picture = np.pad(flags.picture_of(word, ground=colour), margins, constant_values=90)
    return {"data": picture.ravel()}, flags.is_word(word)


@challenge(
    title="What the last bits say",
    task="A picture of an eye, and something written into the last bits of its bytes: the last "
    "bits of red and of green are equal wherever the writing is. Read the word.",
    grade=2,
    hints=[
        "picture & 1 is the last bit of each byte; each of the three colours alone is noise.",
        "Compare two of them pixel by pixel, as == or ^ do.",
        "Show (picture[..., 0] ^ picture[..., 1]) & 1 as a picture, 255 times as bright.",
    ],
    moral="what looks like noise in each of two pictures may be a message in both together: this "
    "is the one-time pad, with the pad lying beside it.",
)
def last_bits(rng: np.random.Generator) -> tuple[Handed, flags.Judge]:
    """A word as the exclusive or of two noisy bit planes."""
    word, picture = flags.word(rng), pictures.load("eye").copy()
    writing = flags.picture_of(word)[..., 0] > 127  # True where there is no ink
    down, left = rng.integers(0, 256 - np.array(writing.shape))
    hidden = rng.integers(0, 2, (256, 256), np.uint8)
    hidden[down : down + writing.shape[0], left : left + writing.shape[1]] = writing
    red, blue = rng.integers(0, 2, (2, 256, 256), np.uint8)
    picture = picture & 0xFE | np.stack([red, red ^ hidden, blue], axis=-1)
    return {"picture": picture}, flags.is_word(word)
