"""Draw four_ways.png, the README's picture: the eye, its ciphertext, the right key, a wrong one.

python -m data.studies.draw_four_ways
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from data.studies import publish
from helpers import figures, pictures
from helpers.bits import PAPER_KEY, flip
from helpers.files import atomic_write
from helpers.neural.cipher import NeuralCipher

COMMAND = "python -m data.studies.draw_four_ways"


def draw() -> bytes:
    """The picture as the bytes of a PNG file."""
    cipher, eye = NeuralCipher.load("paper"), pictures.load("eye")
    ciphertext = cipher.encrypt(eye, PAPER_KEY)
    right = cipher.decrypt(ciphertext, PAPER_KEY)
    wrong = cipher.decrypt(ciphertext, flip(PAPER_KEY, 6))
    titles = ["the message", "what Alice sends", "Bob, right key", "Bob, one key bit wrong"]
    row = figures.picture_row([eye, ciphertext.as_picture(), right, wrong], titles)
    return figures.to_png(row)


def main(words: Sequence[str] | None = None) -> None:
    """The command line, which has nothing to choose."""
    argparse.ArgumentParser(prog=COMMAND, description=__doc__).parse_args(words)
    path = pictures.FOLDER / "four_ways.png"
    with publish.result_at(path, COMMAND), atomic_write(path) as unfinished:
        unfinished.write_bytes(draw())


if __name__ == "__main__":
    main()
