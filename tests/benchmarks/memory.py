"""The most memory that a picture takes on its way through the cipher."""

from __future__ import annotations

from measure import Row, peak_memory

ENCRYPT = """
import numpy as np
from helpers import pictures
from helpers.bits import PAPER_KEY
from helpers.neural.cipher import NeuralCipher
cipher = NeuralCipher.load("paper")
picture = np.tile(pictures.load("eye"), ({times}, {times}, 1))
ciphertext = cipher.encrypt(picture, PAPER_KEY)
"""
DECRYPT = """
cipher.decrypt(ciphertext, PAPER_KEY)
"""


def rows(side: int) -> list[Row]:
    """A fresh Python, its libraries included, against the ciphertext that it has to hold anyway."""
    ciphertext = side * side * 3 // 2 * 16 * 2 / 1e6
    encrypt = ENCRYPT.format(times=side // 256)
    return [
        Row(
            f"peak memory, {what} {side}x{side}",
            "size of its float16 ciphertext",
            peak_memory(code) / 1e6,
            ciphertext,
            "MB",
        )
        for what, code in (("encrypt", encrypt), ("then decrypt", encrypt + DECRYPT))
    ]
