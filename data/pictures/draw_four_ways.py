"""Draw four_ways.png, the README's picture: the eye, its ciphertext, the right key, a wrong one.

python data/pictures/draw_four_ways.py
"""

from __future__ import annotations

from pathlib import Path

from helpers import figures, pictures
from helpers.bits import PAPER_KEY, flip
from helpers.neural.cipher import NeuralCipher


def draw() -> bytes:
    """The picture as the bytes of a PNG file."""
    cipher, eye = NeuralCipher.load("paper"), pictures.load("eye")
    ciphertext = cipher.encrypt(eye, PAPER_KEY)
    right = cipher.decrypt(ciphertext, PAPER_KEY)
    wrong = cipher.decrypt(ciphertext, flip(PAPER_KEY, 6))
    titles = ["the message", "what Alice sends", "Bob, right key", "Bob, one key bit wrong"]
    row = figures.picture_row([eye, ciphertext.as_picture(), right, wrong], titles)
    return figures.to_png(row)


if __name__ == "__main__":
    Path(__file__).with_name("four_ways.png").write_bytes(draw())
