"""The control of lesson 05: blocks of pixels, scrambled."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

import helpers.widgets.base as base
from helpers.bits import Picture
from helpers.figures import stills
from helpers.learnable.scramble import BlockScrambler, random_key
from helpers.widgets.base import Control, Live

BLOCK_SIZE = 4  # at first
PARTS = ("original", "encrypted", "decrypted")


def scramble_explorer(
    choices: Mapping[str, Picture], rng: np.random.Generator | None = None
) -> Control | Live:
    """Pictures by name, and what Tanaka's cipher makes of the chosen one, there and back.

    Buttons choose the picture, the side of a block, and the key to decrypt with: the right one, the
    same with two entries exchanged, or another. The first keys come from `rng`; "New key" draws
    others. It works in the page, without Python, and takes pictures of the reader's own there.

    choices: uint8 (height, width, 3) each, of any sides. Where one is not, the control says so.
    """
    rng = rng or np.random.default_rng()
    return base.control_or_notice(live_scramble_explorer, choices, rng)


def live_scramble_explorer(choices: Mapping[str, Picture], rng: np.random.Generator) -> Live:
    """The same; ValueError, in a sentence, where an argument is wrong."""
    base.check_choices(choices)
    name, picture = next(iter(choices.items()))
    keys = [random_key(rng, BLOCK_SIZE) for _ in range(2)]
    cipher, (height, width, _) = BlockScrambler(keys[0], BLOCK_SIZE), picture.shape
    encrypted = cipher.encrypt(picture[None])
    row = [picture, encrypted[0], cipher.decrypt(encrypted)[0, :height, :width]]
    words = (
        f"The picture {name}, encrypted in blocks of {BLOCK_SIZE} × {BLOCK_SIZE} pixels, by an "
        f"order of {len(keys[0])} nibbles, and decrypted with the key: "
        f"{base.percent(np.mean(row[2] != picture))} of the bytes wrong."
    )
    whole = [key.astype(np.int32) for key in keys]
    facts = {"pictures": dict(choices), "keys": whole, "side": BLOCK_SIZE}
    chosen = {"name": name, "side": BLOCK_SIZE, "reader": 0}
    draw = stills.pictures_and_text
    return Live("scramble_explorer", facts, chosen, words, lambda: draw(row, PARTS, words))
