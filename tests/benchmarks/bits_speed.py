"""A picture to bits and back: the direct way against the paper's, through hexadecimal text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from measure import Row, in_turns

from helpers import bits, pictures


def rows(side: int = 256, repeats: int = 5) -> list[Row]:
    picture = pictures.load("eye")[:side, :side].copy()
    its_bits = bits.picture_to_bits(picture)
    took = in_turns(
        lambda: bits.picture_to_bits(picture),
        lambda: img2bin(picture),
        lambda: bits.bits_to_picture(its_bits, picture.shape),
        lambda: bin2img(its_bits, picture.shape),
        repeats=repeats,
    )
    there, paper_there, back, paper_back = (picture.nbytes / 1e6 / seconds for seconds in took)
    names = f"picture to bits {side}x{side}", f"bits to picture {side}x{side}"
    against, unit = "hexadecimal text, as in the paper", "MB/s of picture"
    return [
        Row(names[0], against, there, paper_there, unit),
        Row(names[1], against, back, paper_back, unit),
    ]


def img2bin(picture: np.ndarray) -> np.ndarray:
    """The paper's way, in batches of four digits, as in lesson 01."""
    digits = picture.tobytes().hex()
    batches = [digits[i : i + 4] for i in range(0, len(digits), 4)]
    text = "".join(format(int(batch, 16), f"0{4 * len(batch)}b") for batch in batches)
    return np.array([int(digit) for digit in text], dtype=np.uint8)


def bin2img(row: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """And back."""
    text = "".join(str(bit) for bit in row.tolist())
    batches = [text[i : i + 16] for i in range(0, len(text), 16)]
    digits = "".join(format(int(batch, 2), f"0{len(batch) // 4}x") for batch in batches)
    return np.frombuffer(bytearray.fromhex(digits), np.uint8).reshape(shape)
