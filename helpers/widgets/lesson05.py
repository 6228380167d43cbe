"""The control of lesson 05: blocks of pixels, scrambled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from ipywidgets import Button

import helpers.widgets.base as base
from helpers import figures
from helpers.bits import Picture
from helpers.figures import stills
from helpers.learnable.scramble import BlockScrambler, random_key
from helpers.widgets.base import Control

BLOCK_SIZES = (1, 2, 4, 8, 16)
READERS = ("the key", "the key, two entries exchanged", "another key")
PARTS = ("original", "encrypted", "decrypted")


class ScrambleExplorer(Control):
    """A picture, scrambled block by block and put back in order; see `scramble_explorer`."""

    def __init__(self, choices: Mapping[str, Picture], rng: np.random.Generator):
        base.check_choices(choices)
        self.choices, self.rng = dict(choices), rng
        self.name = base.buttons_for("picture", [(name, name) for name in choices])
        self.block_size = base.buttons_for("block", [(f"{m} × {m}", m) for m in BLOCK_SIZES])
        self.block_size.value = 4
        self.reader = base.buttons_for("decrypt with", list(zip(READERS, range(len(READERS)))))
        self.new_key = Button(description="New key", tooltip="Draw another key at random")
        self.pictures, self.line = base.PictureRow(PARTS), base.sentence()
        choose = base.side_by_side(self.name, self.block_size)
        keys = base.side_by_side(self.reader, self.new_key)
        super().__init__([choose, keys, self.pictures, self.line])
        self.new_key.on_click(self.draw_keys)
        base.on_change(self.draw_keys, self.block_size)
        base.on_change(self.show, self.name, self.reader)
        self.draw_keys()

    def draw_keys(self, _: Any = None) -> None:
        """A new key for this block size, the same with two entries exchanged, and another one."""
        m = self.block_size.value
        key, other = random_key(self.rng, m), random_key(self.rng, m)
        nearly = key.copy()
        nearly[[0, 1]] = key[[1, 0]]
        self.ciphers = [BlockScrambler(each, m) for each in (key, nearly, other)]
        self.show()

    def show(self, _: Any = None) -> None:
        """Encrypt the chosen picture, decrypt it with the chosen key, and show all three."""
        self.picture = self.choices[self.name.value]
        self.encrypted = self.ciphers[0].encrypt(self.picture[None])[0]
        reader, (height, width, _) = self.ciphers[self.reader.value], self.picture.shape
        self.decrypted = reader.decrypt(self.encrypted[None])[0, :height, :width]
        self.pictures.put([self.picture, self.encrypted, self.decrypted])
        base.say(self.line, self.alt())

    def alt(self) -> str:
        m = self.block_size.value
        wrong = 100 * np.mean(self.decrypted != self.picture)
        return (
            f"From left to right: {self.name.value}; encrypted in blocks of {m} × {m} pixels, by "
            f"an order of {6 * m * m:,} nibbles; decrypted with {self.reader.label}, {wrong:.0f} % "
            f"of the bytes wrong.{base.remark_on(self.picture)}"
        )

    def still(self) -> bytes:
        row = [self.picture, self.encrypted, self.decrypted]
        return figures.to_png(stills.pictures_and_text(row, PARTS, self.alt()))


def scramble_explorer(
    choices: Mapping[str, Picture], rng: np.random.Generator | None = None
) -> Control:
    """Pictures by name, and what Tanaka's cipher makes of the chosen one, there and back.

    Buttons choose the picture, the side of a block, and the key to decrypt with: the right one, the
    same with two entries exchanged, or another; "New key" draws a key from `rng`.

    choices: uint8 (height, width, 3) each, of any sides. Where one is not, the control says so.
    """
    return base.control_or_notice(ScrambleExplorer, choices, rng or np.random.default_rng())
