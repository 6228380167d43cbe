"""The controls of lesson 02: a picture of one's own, and watching a training."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from ipywidgets import Button, FileUpload, FloatProgress, HBox, Layout
from PIL import Image

import helpers.widgets.base as base
from helpers import figures, pictures
from helpers.bits import Picture
from helpers.figures import charts, stills
from helpers.widgets.base import Control

if TYPE_CHECKING:
    from helpers.neural.training import History

TOO_LARGE = "too-large"  # what controls.js sends in the place of a file over 9 MB: its size


class PictureUpload(Control):
    """A button that takes in a picture of the reader's own; see `picture_upload`."""

    picture = traitlets.Instance(np.ndarray)

    def __init__(self, default: Picture, max_side: int):
        pictures.check_picture(default)
        self.max_side = max_side
        self.button = FileUpload(
            description="Your picture",
            tooltip="Choose a picture file from this computer",
            accept="image/*",
            layout=Layout(width="11em"),
        )
        self.image, self.line = base.picture_view("auto", "384px"), base.sentence()
        super().__init__([self.button, self.image, self.line])
        base.on_change(lambda change: self.take(change.new), self.button)
        self.put(default, "A built-in picture, until you choose one of your own:")

    def put(self, picture: Picture, text: str) -> None:
        """Show a picture and say something about it; who observes `picture` hears of it."""
        height, width, _ = picture.shape
        self.image.value = pictures.to_png(picture)
        base.say(self.line, f"{text} {width} x {height} pixels.")
        self.picture = picture

    def take(self, files: tuple[dict[str, Any], ...]) -> None:
        """Show the uploaded file; where it is no picture, say so and keep the one before."""
        if not files:
            return
        file = files[-1]
        base.say(self.line, f"Reading {file['name']} ...")  # so that a second failure is news too
        try:
            self.put(*self.opened(file))
        except ValueError as error:
            base.say(self.line, f"{file['name']}: {error} The picture above stays.", base.WRONG)
        self.button.value = ()  # or the same file, chosen again, would be no change

    def opened(self, file: dict[str, Any]) -> tuple[Picture, str]:
        """The picture in a file from the page, and what to say of it. Raises ValueError."""
        data = bytes(file["content"])
        if file["type"] == TOO_LARGE:
            raise ValueError(
                f"It has {int(data) / 1e6:.0f} MB, and the browser cannot read it to make it "
                "smaller: save it as a PNG or JPEG, or in under 9 MB."
            )
        picture = pictures.open_picture(data, self.max_side, downscale=True)
        with Image.open(io.BytesIO(data)) as original:
            smaller = max(original.size) > self.max_side
        return picture, f"Your picture {file['name']}" + (", made smaller to" if smaller else ":")

    def alt(self) -> str:
        height, width, _ = self.picture.shape
        return f"A button to choose a picture of your own; now it has {width} x {height} pixels."

    def still(self) -> bytes:
        return self.image.value


def picture_upload(default: Picture, max_side: int = 1024) -> PictureUpload:
    """A button for a picture of one's own; until it is used, the picture is `default`.

    The picture in use is `.picture`, uint8 (height, width, 3): what follows it calls
    `.observe(function, names="picture")`. A side over `max_side` pixels is scaled down, and the
    control says so; a file that is no picture is named, and changes nothing. A file over 9 MB is
    made smaller by the browser, to 1600 pixels at most, since Jupyter may drop it without a word.

    Raises ValueError if `default` is no picture.
    """
    return PictureUpload(default, max_side)


ITERATIONS_A_POINT = 100  # of a History; `training.CHUNK` would load TensorFlow
SECONDS_A_DRAWING = 1.0
STOPPED = " Stopped, and what was learned is kept; the next phase can begin."


class TrainingMonitor(Control):
    """Curves that grow while the networks learn, and a button to stop; see `training_monitor`."""

    def __init__(self) -> None:
        self.phases: list[History] = []
        self.drawn_at, self.stopping = 0.0, False
        what = "End this phase and keep what is learned"
        self.stop = Button(description="Stop", tooltip=what, disabled=True)
        self.bar = FloatProgress(max=1, style={"bar_color": figures.BLUE}, layout=Layout(flex="1"))
        self.image = base.picture_view(max_width="880px")
        self.line = base.sentence("The training has not begun.")
        row = HBox([self.stop, self.bar], layout=Layout(width="100%", max_width="880px"))
        super().__init__([row, self.line, self.image])
        self.stop.on_click(self.ask_to_stop)
        self.draw()

    def ask_to_stop(self, _: Any = None) -> None:
        """Have the phase that runs now end at its next 100 iterations."""
        self.stopping = True

    def watch(self, history: History) -> bool:
        """Show how far `history` has come; True once Stop is pressed."""
        if not any(history is phase for phase in self.phases):
            self.begin(history)
        done = len(history.iteration) * ITERATIONS_A_POINT / history.phase.iterations
        stopping = self.stopping
        if stopping or done >= 1 or time.monotonic() - self.drawn_at >= SECONDS_A_DRAWING:
            self.bar.value = min(done, 1)
            base.say(self.line, self.alt() + (STOPPED if stopping else ""))
            self.draw()
        if stopping or done >= 1:
            self.let_stop(False)
        return stopping

    def begin(self, history: History) -> None:
        """Go on with a new phase, or from anew where other players have begun to learn.

        What was clicked before it is forgotten: Stop stops one phase, never the next.
        """
        if self.phases and history.iteration[0] <= self.phases[-1].iteration[-1]:
            self.phases = []
        self.phases.append(history)
        self.stopping = False
        self.let_stop(True)

    def let_stop(self, may: bool) -> None:
        """Stop can be clicked while a phase runs, and only then."""
        self.stop.disabled = not may
        base.hear_while_busy(self.stop)  # after each word to the button

    def draw(self) -> None:
        """Draw the curves of all phases anew."""
        if self.phases:
            figure = charts.training_curves(self.phases, "How many bits of a block are wrong")
        else:
            where = "While they learn, the curves of Bob's and Eve's wrong bits grow here."
            figure = stills.framed(where)
        self.image.value = figures.to_png(figure, dpi=100)
        self.drawn_at = time.monotonic()

    def alt(self) -> str:
        if not self.phases:
            return "A place for the curves of Bob's and Eve's wrong bits; training has not begun."
        last = self.phases[-1]
        return (
            f"Phase {len(self.phases)}, iteration {last.iteration[-1]:,}: of {last.m_bits} bits, "
            f"Bob has {last.bob_loss[-1]:.2f} wrong, Eve {last.eve_loss[-1]:.2f}."
        )

    def still(self) -> bytes:
        return self.image.value


def training_monitor() -> TrainingMonitor:
    """Live curves of a training, a progress bar, and a Stop button.

    Display it, then train with `training.train(players, phase, watch=monitor.watch)`; one monitor
    serves several phases, and begins anew with new players. Stop ends one phase, and the cells
    below go on; interrupting the kernel ends them all, and keeps what has been learned as well.
    """
    return TrainingMonitor()
