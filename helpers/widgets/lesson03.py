"""The control of lesson 03: all keys, one after the other."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
from ipywidgets import HTML, Button, Dropdown, HBox, IntProgress, Layout, VBox

import helpers.widgets.base as base
from helpers import bits, figures, pictures
from helpers.bits import Picture
from helpers.figures import stills
from helpers.neural import eavesdropping
from helpers.neural.cipher import NeuralCipher
from helpers.neural.ciphertext import Ciphertext
from helpers.widgets.base import Control, markup, say, slider

KEYS = 2**bits.K_BITS
SPEEDS = [("all keys in 30 seconds", 30), ("all keys in 8 seconds", 8), ("as fast as it goes", 0)]


class AttackRace(Control):
    """A patch of ciphertext to choose, and a brute force to start and stop; see `attack_race`."""

    def __init__(self, cipher: NeuralCipher, ciphertext: Ciphertext, side: int):
        eavesdropping.check_analog(cipher)
        eavesdropping.cut(ciphertext, 0, 0, side, side)  # the error, if there is to be one
        self.cipher, self.ciphertext, self.side = cipher, ciphertext, side
        self.progress: eavesdropping.Progress | None = None
        self.stopped = threading.Event()
        self.thread: threading.Thread | None = None
        height, width, _ = ciphertext.shape
        row, column = busiest_patch(ciphertext, side)
        self.row = slider("row", height - side, row)
        self.column = slider("column", width - side, column, step=2)
        self.speed = Dropdown(description="speed", options=SPEEDS, value=8, layout=base.WIDE)
        self.start_button = Button(description="Start", tooltip="Try all keys on this patch")
        self.stop_button = Button(description="Stop", tooltip="Stop trying keys", disabled=True)
        self.bar = IntProgress(max=KEYS, style={"bar_color": figures.BLUE}, layout=base.WIDE)
        self.image, self.trying, self.line = base.picture_view("320px"), HTML(), base.sentence()
        buttons = HBox([self.start_button, self.stop_button])
        parts = [self.row, self.column, self.speed, buttons, self.bar, self.trying, self.line]
        super().__init__([base.side_by_side(self.image, VBox(parts, layout=Layout(width="340px")))])
        self.start_button.on_click(self.start)
        self.stop_button.on_click(lambda _: self.stopped.set())
        base.on_change(self.forget, self.row, self.column)
        self.forget()

    def start(self, _: Any = None) -> None:
        """Run in a thread, so that the page answers in the meantime."""
        if self.thread is None or not self.thread.is_alive():
            self.thread = threading.Thread(target=self.run, args=[self.speed.value], daemon=True)
            self.thread.start()

    def run(self, seconds: float = 0) -> None:
        """Try all keys, showing each that is better than those before, to the end or to Stop.

        seconds: that it takes at least, to be watched; 0: no longer than it must.
        """
        self.forget()
        self.stopped.clear()
        self.let_choose(False)
        try:
            self.try_keys(seconds)
            say(self.line, self.alt())
        except ValueError as error:
            say(self.line, str(error), base.WRONG)
        self.let_choose(True)

    def try_keys(self, seconds: float) -> None:
        """The brute force itself, held up where it would be faster than `seconds`."""
        patch = eavesdropping.cut(self.ciphertext, *self.corner(), self.side, self.side)
        start = time.monotonic()
        for progress in eavesdropping.brute_force(self.cipher, patch):
            self.show(progress)
            due = start + seconds * progress.keys_done / KEYS
            if self.stopped.wait(max(0, due - time.monotonic())):
                return

    def let_choose(self, may: bool) -> None:
        """Either the patch can be chosen and Start pressed, or only Stop."""
        self.stop_button.disabled = may
        for control in (self.row, self.column, self.speed, self.start_button):
            control.disabled = not may

    def corner(self) -> tuple[int, int]:
        """Row and column of the patch's upper left pixel."""
        return self.row.value, self.column.value

    def forget(self, _: Any = None) -> None:
        """Back to the ciphertext, of which no key is known."""
        height, width, _ = self.ciphertext.shape
        self.progress, self.bar.value, self.trying.value = None, 0, ""
        self.draw(self.ciphertext.as_picture()[: 4 * height : 4, : 6 * width : 6])
        say(self.line, self.alt())

    def show(self, progress: eavesdropping.Progress) -> None:
        """How far it has come, and the whole picture under the best key so far."""
        is_new = self.progress is None or not np.array_equal(progress.key, self.progress.key)
        self.progress, self.bar.value = progress, progress.keys_done
        last = bits.format_key(eavesdropping.ALL_KEYS[progress.keys_done - 1])
        self.trying.value = markup("<code>{}</code> was tried last", last)
        if is_new:
            self.draw(self.cipher.decrypt(self.ciphertext, progress.key))
            say(self.line, self.alt())

    def draw(self, picture: Picture) -> None:
        """Show a picture, uint8 (height, width, 3), with the patch in a frame."""
        self.drawn = figures.marked(picture, *self.corner(), self.side)
        self.image.value = pictures.to_png(self.drawn)

    def alt(self) -> str:
        row, column = self.corner()
        where = f"{self.side} x {self.side} pixels at row {row}, column {column}"
        if self.progress is None:
            return f"{KEYS:,} keys to try on {where}, the framed patch."
        tried = f"{self.progress.keys_done:,} of {KEYS:,} keys tried on {where}"
        return f"{tried}: the best is {bits.format_key(self.progress.key)}."

    def still(self) -> bytes:
        row, column = self.corner()
        patch = self.drawn[row : row + self.side, column : column + self.side]
        shown = "the ciphertext" if self.progress is None else "read with the best key"
        both = [self.drawn, figures.enlarged(patch)]
        return figures.to_png(stills.pictures_and_text(both, [shown, "the patch"], self.alt()))


def busiest_patch(ciphertext: Ciphertext, side: int) -> tuple[int, int]:
    """Row and column of the patch with the most different blocks of ciphertext."""
    variety = eavesdropping.variety(ciphertext, side)
    row, column = np.unravel_index(variety.argmax(), variety.shape)
    return int(row) * side, int(column) * side


def attack_race(cipher: NeuralCipher, ciphertext: Ciphertext, side: int = 8) -> Control:
    """Brute force to watch: choose a patch of ciphertext, and Start tries all keys on it.

    The picture is the whole ciphertext under the best key so far. Where the patch is too flat to
    tell keys apart, the control says so. In the program `.run()` does what Start does, and waits.

    side: of the patch, in pixels, even. Where a patch is no part of the picture, the control says
    so.
    """
    return base.control_or_notice(AttackRace, cipher, ciphertext, side)
