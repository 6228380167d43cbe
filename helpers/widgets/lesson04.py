"""The controls of lesson 04: what becomes of one block, and a key to flip."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from ipywidgets import HTML, Button, HBox, Layout, ToggleButton, VBox

import helpers.widgets.base as base
from helpers import bits, figures, metrics, pictures
from helpers.bits import Key, KeyLike, Picture
from helpers.figures import stills
from helpers.neural.cipher import NeuralCipher, check_cipher
from helpers.widgets.base import Control

CHANNELS = ("red", "green", "blue")


class BlockExplorer(Control):
    """Two sliders choose a byte, and its block is taken apart; see `block_explorer`."""

    def __init__(self, cipher: NeuralCipher, picture: Picture, key: KeyLike):
        check_cipher(cipher)
        pictures.check_picture(picture)
        self.cipher, self.picture, self.key = cipher, picture, bits.check_key(key)
        self.blocks = bits.picture_to_blocks(picture)
        height, width, _ = picture.shape
        self.x = base.slider("column", width - 1, width // 2)
        self.y = base.slider("row", height - 1, height // 2)
        tips = [f"the block with the pixel's {name} byte" for name in CHANNELS]
        options = list(zip(CHANNELS, range(3)))
        self.channel = base.buttons_for("byte", options, tooltips=tips)
        self.image, self.table, self.line = base.picture_view("320px"), HTML(), base.sentence()
        parts = [self.x, self.y, self.channel, self.table, self.line]
        super().__init__([base.side_by_side(self.image, VBox(parts, layout=Layout(width="340px")))])
        base.on_change(self.show, self.x, self.y, self.channel)
        self.show()

    def show(self, _: Any = None) -> None:
        """Take the chosen block apart and light up every block that equals it."""
        x, y, width = self.x.value, self.y.value, self.picture.shape[1]
        self.block = self.blocks[((y * width + x) * 3 + self.channel.value) // 2]
        self.alike = self.blocks == self.block
        self.lit = stills.lit_blocks(self.picture, self.alike, (x, y))
        self.image.value = pictures.to_png(self.lit)
        lines = "\n".join(self.lines())
        self.table.value = base.markup('<pre style="line-height: 1.5">{}</pre>', lines)
        base.say(self.line, self.alt())

    def facts(self) -> list[tuple[str, str]]:
        """The block in its forms, from two bytes to 16 ciphertext values: (name, form)."""
        high, low = divmod(int(self.block), 256)
        values = self.cipher.encrypt_blocks(np.array([self.block]), self.key)[0]
        rows = [" ".join(f"{value:+.3f}" for value in values[i : i + 4]) for i in range(0, 16, 4)]
        return [
            ("bytes", f"{high:02x} {low:02x}"),
            ("bits", f"{high:08b} {low:08b}"),
            ("block", f"{self.block:,}"),
            *((f"c{4 * i}..c{4 * i + 3}", row) for i, row in enumerate(rows)),
        ]

    def lines(self) -> list[str]:
        """The facts, one a line, in columns."""
        return [f"{name:10} {value}" for name, value in self.facts()]

    def alt(self) -> str:
        count = int(self.alike.sum())
        where = f"The block with the {CHANNELS[self.channel.value]} byte of the pixel in column "
        where += f"{self.x.value}, row {self.y.value}, comes "
        often = "once only." if count == 1 else f"{count:,} times, each lit up in the picture."
        return where + often + base.remark_on(self.picture)

    def still(self) -> bytes:
        return figures.to_png(stills.picture_and_lines(self.lit, self.lines(), self.alt()))


def block_explorer(
    cipher: NeuralCipher, picture: Picture, key: KeyLike = bits.PAPER_KEY
) -> Control:
    """Sliders that choose a pixel, and what becomes of the block that holds one of its bytes.

    It shows the block's two bytes, its 16 bits, its 16 ciphertext values under `key`, and lights up
    every block of the picture that equals it, and thus has the same ciphertext.

    picture: uint8 (height, width, 3); key: 16 bits. Where they are not, the control says so.
    """
    return base.control_or_notice(BlockExplorer, cipher, picture, key)


SECONDS_TO_GATHER = 0.05
WRAPPED = Layout(flex_flow="row wrap")
CENTRED = Layout(width="2.6em", align_items="center")
CHOICES = {
    "The paper's key": "Set the key 0101 0101 0101 0101",
    "Random key": "Set all 16 bits by tossing coins",
    "Flip one bit": "Turn over one bit of the key as it is now, at random",
}


class KeyFlipper(Control):
    """Sixteen buttons, a key's bits, and what Bob reads with this key; see `key_flipper`."""

    def __init__(
        self,
        ciphers: Sequence[NeuralCipher],
        picture: Picture,
        key: KeyLike,
        rng: np.random.Generator,
    ):
        for cipher in ciphers:
            check_cipher(cipher)
        self.picture, self.rng = picture, rng
        self.right_key = self.key = bits.check_key(key)
        self.names = [cipher.name for cipher in ciphers] if len(ciphers) > 1 else [""]
        sent = [(cipher, cipher.encrypt(picture, key)) for cipher in ciphers]
        self.read = functools.lru_cache(1)(
            lambda key: [cipher.decrypt(ciphertext, key) for cipher, ciphertext in sent]
        )
        self.buttons = [ToggleButton(layout=Layout(width="2.4em", padding="0")) for _ in self.key]
        for button in self.buttons:
            button.add_class("kit-bit")
        self.pictures = base.PictureRow(self.names, "256px" if len(ciphers) > 1 else "384px")
        self.line = base.sentence()
        super().__init__([self.key_row(), self.choices(), self.pictures, self.line])
        self.waiting = False
        self.set_key(key)
        for i, button in enumerate(self.buttons):
            base.on_change(lambda change, i=i: self.on_toggle(i, change.new), button)

    def key_row(self) -> HBox:
        """The buttons, each below its position; where the page is narrow, in rows of eight."""
        bits_of_key = [
            VBox([HTML(base.markup('<div aria-hidden="true">{}</div>', i)), button], layout=CENTRED)
            for i, button in enumerate(self.buttons)
        ]
        bytes_of_key = [HBox(bits_of_key[i : i + 8], layout=WRAPPED) for i in (0, 8)]
        return HBox(bytes_of_key, layout=WRAPPED)

    def choices(self) -> HBox:
        """Buttons that set the whole key."""
        choose = [
            lambda: bits.PAPER_KEY,
            lambda: bits.random_key(self.rng),
            lambda: bits.flip(self.key, int(self.rng.integers(bits.K_BITS))),
        ]
        buttons = [Button(description=name, tooltip=text) for name, text in CHOICES.items()]
        for button, new_key in zip(buttons, choose):
            button.on_click(lambda _, new_key=new_key: self.choose(new_key()))
        return HBox(buttons, layout=WRAPPED)

    def set_key(self, key: KeyLike) -> None:
        """Press the buttons as `key` has it, 16 bits, and decrypt."""
        self.key = bits.check_key(key).copy()
        self.draw()

    def on_toggle(self, position: int, bit: bool) -> None:
        """Take over a bit from its button, unless it was `draw` that pressed it."""
        if self.key[position] != bit:
            self.choose(bits.flip(self.key, position))

    def choose(self, key: Key) -> None:
        """What `set_key` does: now, or, where clicks come in quick succession, once for many.

        What is clicked while one key is decrypted waits, and is handed over click by click. So what
        comes right upon a drawing is gathered for as long as that took, and then the last key alone
        is decrypted.
        """
        self.key = key
        pause, loop = self.rested_at - time.monotonic(), running_loop()
        if pause <= 0 or loop is None:
            self.draw()
        elif not self.waiting:
            self.waiting = True
            loop.call_later(pause, self.draw)

    def draw(self) -> None:
        """Show the key as it is now, and what it makes of the ciphertext."""
        self.waiting, began = False, time.monotonic()
        self.press_buttons()
        self.pictures.put(self.decrypted)
        base.say(self.line, self.alt())
        ended = time.monotonic()
        self.rested_at = ended + max(SECONDS_TO_GATHER, ended - began)

    @property
    def decrypted(self) -> list[Picture]:
        """What each pair reads with the key as it is now."""
        return self.read(tuple(self.key.tolist()))

    def press_buttons(self) -> None:
        """Each button shows its bit; one that is not as in the right key stands out."""
        for i, (button, bit) in enumerate(zip(self.buttons, self.key)):
            wrong = bit != self.right_key[i]
            remark = ", not as in the right key" if wrong else ""
            with button.hold_sync():
                button.value, button.description = bool(bit), str(bit)
                button.tooltip = f"key bit {i}, now {bit}{remark}"
                button.button_style = "warning" if wrong else ""

    def alt(self) -> str:
        flipped = np.flatnonzero(self.key != self.right_key)
        known = {0: "the right key", 1: f"bit {flipped.sum()} flipped"}
        which = known.get(flipped.size, f"{flipped.size} bits flipped")
        wrong = [100 * metrics.bits_wrong(self.picture, found) for found in self.decrypted]
        of_whom = [f" ({name})" if name else "" for name in self.names]
        said = [f"{share:.0f} % of bits wrong{whose}" for share, whose in zip(wrong, of_whom)]
        text = f"Decrypted with {bits.format_key(self.key)}, {which}: {', '.join(said)}."
        return text + base.remark_on(self.picture)

    def still(self) -> bytes:
        what = (self.key, self.right_key, self.decrypted, self.names, self.alt())
        return figures.to_png(stills.key_and_pictures(*what))


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The loop in which a kernel works off the page's clicks; None in a plain program."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def key_flipper(
    cipher: NeuralCipher | Sequence[NeuralCipher],
    picture: Picture,
    key: KeyLike = bits.PAPER_KEY,
    rng: np.random.Generator | None = None,
) -> Control:
    """A picture, encrypted, and sixteen buttons for the key that it is decrypted with.

    Beside the buttons: the paper's key, a random key, and a flip of one bit at random. Below the
    decrypted picture: how many bits of the key differ, and the share of the picture's bits that are
    wrong. In the program: `.set_key(key)`, and `.key`, `.decrypted` (of each pair) as they are now.

    Args:
        cipher: a trained pair, or several, side by side under one key.
        picture: uint8 (height, width, 3).
        key: 16 bits, the right key.
        rng: for the random keys and flips; by default a new one each time.

    Returns:
        The control. Where an argument is wrong, a sentence in its place says so.

    >>> from helpers import pictures
    >>> flipper = key_flipper(NeuralCipher.load("paper"), pictures.load("penguin"))
    >>> flipper.set_key([0] * 16)
    >>> flipper.alt()[:64]
    'Decrypted with 0000 0000 0000 0000, 8 bits flipped: 49 % of bits'
    """
    ciphers = list(cipher) if isinstance(cipher, (list, tuple)) else [cipher]
    return base.control_or_notice(KeyFlipper, ciphers, picture, key, rng or np.random.default_rng())
