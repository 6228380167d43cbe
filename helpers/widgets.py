"""The controls of the lessons: move something, and see at once what it does.

Each is a widget that also leaves a still picture of itself in the notebook, with a description in
words, for readers without a kernel. All work by keyboard alone, and what is wrong with an input is
said in a sentence inside the control.

What they compute stands elsewhere (`bits`, `metrics`, `neural`, `learnable`), what they draw in
`figures`. No TensorFlow is loaded but by `pgd_explorer`.
"""

from __future__ import annotations

import asyncio
import functools
import html
import io
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import traitlets
from ipywidgets import (
    HTML,
    Button,
    Dropdown,
    FileUpload,
    FloatProgress,
    HBox,
    IntProgress,
    IntSlider,
    Layout,
    ToggleButton,
    ToggleButtons,
    VBox,
    Widget,
)
from ipywidgets import Image as Picture
from PIL import Image
from scipy.special import softmax

from helpers import bits, figures, metrics, pictures
from helpers.learnable.scramble import BlockScrambler, random_key
from helpers.neural import eavesdropping
from helpers.neural.cipher import Ciphertext, NeuralCipher, check_cipher, distinct_rows

if TYPE_CHECKING:
    from helpers.quiet_keras import keras

# --- what all controls share ----------------------------------------------------------------------


class Control(VBox):
    """A widget that also shows itself as a still picture, where there is no kernel to run it.

    A control says in `alt` what there is to see, and in `still` draws it as a PNG file.
    """

    def __init__(self, parts: Sequence[Widget]):
        super().__init__([*parts, HTML(in_the_page(), layout=Layout(display="none"))])
        self.add_class("kit-control")

    def alt(self) -> str:
        """The control as it stands now, in words."""
        raise NotImplementedError

    def still(self) -> bytes:
        """The control as it stands now, as the bytes of a PNG file."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **options) -> tuple[dict, dict]:
        """What a notebook keeps: the live widget, its still picture, and its description."""
        alt = self.alt()
        still = {"image/png": bytes(self.still()), "text/plain": alt}
        return super()._repr_mimebundle_(**options) | still, {"image/png": {"alt": alt}}


@functools.cache
def in_the_page() -> str:
    """A <style> that looks as controls.css says, and does controls.js once it is in the page.

    (An HTML widget runs no <script>.)
    """
    here = Path(__file__).parent
    look, behaviour = ((here / f"controls.{end}").read_text("utf-8") for end in ("css", "js"))
    return markup('<style onload="{}">', behaviour) + look + "</style>"


def markup(template: str, *values: object) -> str:
    """HTML with values in the places of `{}`, as text: whatever they hold, it is no markup."""
    return template.format(*(html.escape(str(value)) for value in values))


class Notice(Control):
    """A sentence where a control would be, had its input been right."""

    def __init__(self, text: str):
        self.text = text
        super().__init__([sentence(text, WRONG)])

    def alt(self) -> str:
        return self.text

    def still(self) -> bytes:
        return figures.to_png(figures.framed(self.text))


def built(kind: type[Control], *arguments) -> Control:
    """A control of this kind, or a `Notice` that says what is wrong with its arguments."""
    try:
        return kind(*arguments)
    except ValueError as error:
        return Notice(str(error))


RIGHT, WRONG = "inherit", "var(--kit-wrong)"  # colours of a sentence; see controls.css


def sentence(text: str = "", colour: str = RIGHT) -> HTML:
    """A line of text below a control; screen readers read it out when it changes."""
    line = HTML()
    say(line, text, colour)
    return line


def say(line: HTML, text: str, colour: str = RIGHT) -> None:
    """Put a new text into a `sentence`."""
    line.value = markup(
        '<div role="status" aria-live="polite" style="color: {}; line-height: 1.5">{}</div>',
        colour,
        text,
    )


HIGHEST = "512px"  # of a picture on the screen, or one of 3 x 2000 pixels would fill the page


def picture_view(width: str = "100%", max_width: str = "100%") -> Picture:
    """A place for a picture, in its own proportions."""
    layout = Layout(width=width, max_width=max_width, max_height=HIGHEST, object_fit="contain")
    return Picture(format="png", layout=layout)


class PictureRow(HBox):
    """Pictures side by side, each below its caption; where the page is narrow, in several rows."""

    def __init__(self, captions: Sequence[str], widest: str = "256px"):
        self.views = [picture_view() for _ in captions]
        box = Layout(flex="1 1 170px", max_width=widest)
        cells = [
            VBox([HTML(markup("<b>{}</b>", caption)), view], layout=box)
            for caption, view in zip(captions, self.views)
        ]
        for cell in cells:
            cell.add_class("kit-captioned")
        super().__init__(cells, layout=Layout(flex_flow="row wrap", grid_gap="4px 16px"))

    def put(self, row: Sequence[np.ndarray]) -> None:
        """Show pictures, uint8 (height, width[, 3]), small ones enlarged."""
        for view, picture in zip(self.views, row):
            view.value = pictures.to_png(figures.enlarged(picture))


def decryption(cipher: NeuralCipher, ciphertext: Ciphertext) -> Callable[[np.ndarray], np.ndarray]:
    """A function from a key to the picture: `cipher.decrypt`, for many keys in a row.

    Which blocks of the ciphertext are equal is found once, and each is decrypted once a key. (Of a
    binary pair `decrypt` is as fast: blocks of 16 bits need no comparing.)
    """
    if cipher.binary:
        return functools.partial(cipher.decrypt, ciphertext)
    rows, place = distinct_rows(ciphertext.values)
    values = ciphertext.values[rows].astype(np.float32)

    def decrypt(key: np.ndarray) -> np.ndarray:
        blocks = cipher.decrypt_blocks(values, key)[place]
        return bits.blocks_to_picture(blocks, ciphertext.shape)

    return decrypt


# --- lesson 02: a picture of one's own ------------------------------------------------------------


class PictureUpload(Control):
    """A button that takes in a picture of the reader's own; see `picture_upload`."""

    picture = traitlets.Instance(np.ndarray)

    def __init__(self, default: np.ndarray, max_side: int):
        pictures.check_picture(default)
        self.max_side = max_side
        self.button = FileUpload(
            description="Your picture",
            tooltip="Choose a picture file from this computer",
            accept="image/*",
            layout=Layout(width="11em"),
        )
        self.image = picture_view("auto", "384px")
        self.line = sentence()
        super().__init__([self.button, self.image, self.line])
        self.button.observe(lambda change: self.take(change.new), names="value")
        self.put(default, "A built-in picture, until you choose one of your own:")

    def put(self, picture: np.ndarray, text: str) -> None:
        """Show a picture and say something about it; who observes `picture` hears of it."""
        height, width, _ = picture.shape
        self.image.value = pictures.to_png(picture)
        say(self.line, f"{text} {width} x {height} pixels.")
        self.picture = picture

    def take(self, files: tuple[dict, ...]) -> None:
        """Show the uploaded file; where it is no picture, say so and keep the one before."""
        if not files:
            return
        file = files[-1]
        say(self.line, f"Reading {file['name']} ...")  # so that a second failure is news too
        try:
            self.put(*self.opened(file))
        except ValueError as error:
            say(self.line, f"{file['name']}: {error} The picture above stays.", WRONG)
        self.button.value = ()  # or the same file, chosen again, would be no change

    def opened(self, file: dict) -> tuple[np.ndarray, str]:
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
        name = file["name"]
        return (
            picture,
            f"Your picture {name}, made smaller to" if smaller else f"Your picture {name}:",
        )

    def alt(self) -> str:
        height, width, _ = self.picture.shape
        return f"A button to choose a picture of your own; now it has {width} x {height} pixels."

    def still(self) -> bytes:
        return self.image.value


TOO_LARGE = "too-large"  # what controls.js sends in the place of a file over 9 MB: its size


def picture_upload(default: np.ndarray, max_side: int = 1024) -> PictureUpload:
    """A button for a picture of one's own; until it is used, the picture is `default`.

    The picture in use is `.picture`, uint8 (height, width, 3): what follows it calls
    `.observe(function, names="picture")`. A side over `max_side` pixels is scaled down, and the
    control says so; a file that is no picture is named, and changes nothing. A file over 9 MB is
    made smaller by the browser, to 1600 pixels at most, since Jupyter may drop it without a word.

    Raises ValueError if `default` is no picture.
    """
    return PictureUpload(default, max_side)


# --- lesson 02: watching a training ---------------------------------------------------------------

ITERATIONS_A_POINT = 100  # of a History; `training.CHUNK` would load TensorFlow
SECONDS_A_DRAWING = 1.0
STOPPED = " Stopped, and what was learned is kept; the next phase can begin."


class TrainingMonitor(Control):
    """Curves that grow while the networks learn, and a button to stop; see `training_monitor`."""

    def __init__(self):
        self.phases, self.drawn_at, self.stopping = [], 0.0, False
        self.stop = Button(
            description="Stop", tooltip="End this phase and keep what is learned", disabled=True
        )
        self.bar = FloatProgress(max=1, style={"bar_color": figures.BLUE}, layout=Layout(flex="1"))
        self.image = Picture(format="png", layout=Layout(width="100%", max_width="880px"))
        self.line = sentence("The training has not begun.")
        row = HBox([self.stop, self.bar], layout=Layout(width="100%", max_width="880px"))
        super().__init__([row, self.line, self.image])
        self.stop.on_click(self.ask_to_stop)
        self.draw()

    def ask_to_stop(self, _=None) -> None:
        """Have the phase that runs now end at its next 100 iterations."""
        self.stopping = True

    def watch(self, history) -> bool:
        """Show how far `history`, a `training.History`, has come; True once Stop is pressed."""
        if not any(history is phase for phase in self.phases):
            self.begin(history)
        done = len(history.iteration) * ITERATIONS_A_POINT / history.phase.iterations
        stopping = self.stopping
        if stopping or done >= 1 or time.monotonic() - self.drawn_at >= SECONDS_A_DRAWING:
            self.bar.value = min(done, 1)
            say(self.line, self.alt() + (STOPPED if stopping else ""))
            self.draw()
        if stopping or done >= 1:
            self.let_stop(False)
        return stopping

    def begin(self, history) -> None:
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
        hear_while_busy(self.stop)  # after each word to the button

    def draw(self) -> None:
        """Draw the curves of all phases anew."""
        if self.phases:
            figure = figures.training_curves(self.phases, "How many bits of a block are wrong")
        else:
            figure = figures.framed(
                "While they learn, the curves of Bob's and Eve's wrong bits grow here."
            )
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


def hear_while_busy(button: Widget) -> None:
    """Let the next click on `button` through even while a cell runs.

    JupyterLab sends clicks to a thread of their own, but ipykernel 7.4 hands each to the thread
    that last spoke to the widget: often the main one, where the cell runs.
    """
    vars(button.comm).pop("_reply_subshell_id", None)


def training_monitor() -> TrainingMonitor:
    """Live curves of a training, a progress bar, and a Stop button.

    Display it, then train with `training.train(players, phase, watch=monitor.watch)`; one monitor
    serves several phases, and begins anew with new players. Stop ends one phase, and the cells
    below go on; interrupting the kernel ends them all, and keeps what has been learned as well.
    """
    return TrainingMonitor()


# --- lesson 04: a key to flip ---------------------------------------------------------------------


class KeyFlipper(Control):
    """Sixteen buttons, a key's bits, and what Bob reads with this key; see `key_flipper`."""

    def __init__(
        self,
        ciphers: Sequence[NeuralCipher],
        picture: np.ndarray,
        key: np.ndarray,
        rng: np.random.Generator,
    ):
        for cipher in ciphers:
            check_cipher(cipher)
        self.picture, self.rng = picture, rng
        self.right_key = self.key = bits.check_key(key)
        self.names = [cipher.name for cipher in ciphers]
        self.decrypt = [decryption(cipher, cipher.encrypt(picture, key)) for cipher in ciphers]
        self.buttons = [ToggleButton(layout=Layout(width="2.4em", padding="0")) for _ in self.key]
        for button in self.buttons:
            button.add_class("kit-bit")
        alone = len(ciphers) == 1
        self.pictures = PictureRow([""], "384px") if alone else PictureRow(self.names)
        self.line = sentence()
        super().__init__([self.key_row(), self.choices(), self.pictures, self.line])
        self.decrypted_with, self.found, self.waiting = None, [], False
        self.set_key(key)
        for i, button in enumerate(self.buttons):
            button.observe(lambda change, i=i: self.on_toggle(i, change.new), names="value")

    def key_row(self) -> HBox:
        """The buttons, each below its position; where the page is narrow, in rows of eight."""
        bits_of_key = [
            VBox([HTML(markup('<div aria-hidden="true">{}</div>', i)), button], layout=CENTRED)
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

    def set_key(self, key: np.ndarray) -> None:
        """Press the buttons as `key` has it, uint8 (16,), and decrypt."""
        self.key = bits.check_key(key).copy()
        self.draw()

    def on_toggle(self, position: int, bit: bool) -> None:
        """Take over a bit from its button, unless it was `draw` that pressed it."""
        if self.key[position] != bit:
            self.choose(bits.flip(self.key, position))

    def choose(self, key: np.ndarray) -> None:
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
        say(self.line, self.alt())
        ended = time.monotonic()
        self.rested_at = ended + max(SECONDS_TO_GATHER, ended - began)

    @property
    def decrypted(self) -> list[np.ndarray]:
        """What each pair reads with the key as it is now."""
        if self.decrypted_with is not self.key:
            self.decrypted_with = key = self.key
            self.found = [decrypt(key) for decrypt in self.decrypt]
        return self.found

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
        of_bits = [f"{share:.0f} % of bits wrong" for share in wrong]
        if len(wrong) > 1:
            of_bits = [f"{share} ({name})" for share, name in zip(of_bits, self.names)]
        text = f"Decrypted with {bits.format_key(self.key)}, {which}: {', '.join(of_bits)}."
        return text + remark_on(self.picture)

    def still(self) -> bytes:
        names = self.names if len(self.names) > 1 else [""]
        return figures.to_png(
            figures.key_and_pictures(self.key, self.right_key, self.decrypted, names, self.alt())
        )


SECONDS_TO_GATHER = 0.05
WRAPPED = Layout(flex_flow="row wrap")
CENTRED = Layout(width="2.6em", align_items="center")


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The loop in which a kernel works off the page's clicks; None in a plain program."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


CHOICES = {
    "The paper's key": "Set the key 0101 0101 0101 0101",
    "Random key": "Set all 16 bits by tossing coins",
    "Flip one bit": "Turn over one bit of the key as it is now, at random",
}


def remark_on(picture: np.ndarray) -> str:
    """A word of warning where a picture has one colour only."""
    flat = (picture == picture[:1, :1]).all()
    return " The picture has one colour only, so there is little to see." if flat else ""


def key_flipper(
    cipher: NeuralCipher | Sequence[NeuralCipher],
    picture: np.ndarray,
    key: Sequence[int] = bits.PAPER_KEY,
    rng: np.random.Generator | None = None,
) -> Control:
    """A picture, encrypted under `key`, and sixteen buttons for the key it is decrypted with, by
    one pair or by several, side by side.

    Beside the buttons: the paper's key, a random key, and a flip of one bit at random. Below the
    decrypted picture: how many bits of the key differ, and the share of the picture's bits that are
    wrong. In the program: `.set_key(key)`, and `.key`, `.decrypted` (of each pair) as they are now.

    picture: uint8 (height, width, 3); key: 16 bits. Where they are not, the control says so.
    """
    ciphers = list(cipher) if isinstance(cipher, (list, tuple)) else [cipher]
    return built(KeyFlipper, ciphers, picture, key, rng or np.random.default_rng())


# --- lesson 04: what becomes of one block ---------------------------------------------------------


class BlockExplorer(Control):
    """Two sliders choose a byte, and its block is taken apart; see `block_explorer`."""

    def __init__(self, cipher: NeuralCipher, picture: np.ndarray, key: np.ndarray):
        check_cipher(cipher)
        pictures.check_picture(picture)
        self.cipher, self.picture, self.key = cipher, picture, bits.check_key(key)
        self.blocks = bits.picture_to_blocks(picture)
        height, width, _ = picture.shape
        wide = Layout(width="330px")
        self.x = IntSlider(description="column", max=width - 1, value=width // 2, layout=wide)
        self.y = IntSlider(description="row", max=height - 1, value=height // 2, layout=wide)
        self.channel = ToggleButtons(
            description="byte",
            options=[("red", 0), ("green", 1), ("blue", 2)],
            tooltips=[f"the block with the pixel's {name} byte" for name in CHANNELS],
            style={"button_width": "5.5em"},
        )
        self.image, self.table, self.line = picture_view("320px"), HTML(), sentence()
        parts = [self.x, self.y, self.channel, self.table, self.line]
        facts = VBox(parts, layout=Layout(width="340px"))
        across = HBox([self.image, facts], layout=Layout(flex_flow="row wrap", grid_gap="1em"))
        super().__init__([across])
        for control in (self.x, self.y, self.channel):
            control.observe(self.show, names="value")
        self.show()

    def show(self, _=None) -> None:
        """Take the chosen block apart and light up every block that equals it."""
        x, y, width = self.x.value, self.y.value, self.picture.shape[1]
        self.block = self.blocks[((y * width + x) * 3 + self.channel.value) // 2]
        self.alike = self.blocks == self.block
        self.lit = figures.lit_blocks(self.picture, self.alike, (x, y))
        self.image.value = pictures.to_png(self.lit)
        self.table.value = markup('<pre style="line-height: 1.5">{}</pre>', "\n".join(self.lines()))
        say(self.line, self.alt())

    def facts(self) -> list[tuple[str, str]]:
        """The block in its forms, from two bytes to 16 ciphertext values: (name, form)."""
        high, low = divmod(int(self.block), 256)
        values = self.cipher.encrypt_blocks(np.array([self.block]), self.key)[0]
        rows = [" ".join(f"{value:+.3f}" for value in values[i : i + 4]) for i in range(0, 16, 4)]
        ciphertext = [(f"c{4 * i}..c{4 * i + 3}", row) for i, row in enumerate(rows)]
        return [
            ("bytes", f"{high:02x} {low:02x}"),
            ("bits", f"{high:08b} {low:08b}"),
            ("block", f"{self.block:,}"),
            *ciphertext,
        ]

    def alt(self) -> str:
        count = int(self.alike.sum())
        where = f"The block with the {CHANNELS[self.channel.value]} byte of the pixel in column "
        where += f"{self.x.value}, row {self.y.value}, comes "
        often = "once only." if count == 1 else f"{count:,} times, each lit up in the picture."
        return where + often + remark_on(self.picture)

    def lines(self) -> list[str]:
        """The facts, one a line, in columns."""
        return [f"{name:10} {value}" for name, value in self.facts()]

    def still(self) -> bytes:
        return figures.to_png(figures.picture_and_lines(self.lit, self.lines(), self.alt()))


CHANNELS = ("red", "green", "blue")


def block_explorer(
    cipher: NeuralCipher, picture: np.ndarray, key: Sequence[int] = bits.PAPER_KEY
) -> Control:
    """Sliders that choose a pixel, and what becomes of the block that holds one of its bytes.

    It shows the block's two bytes, its 16 bits, its 16 ciphertext values under `key`, and lights up
    every block of the picture that equals it, and thus has the same ciphertext.

    picture: uint8 (height, width, 3); key: 16 bits. Where they are not, the control says so.
    """
    return built(BlockExplorer, cipher, picture, key)


# --- lesson 03: all keys, one after the other -----------------------------------------------------


class AttackRace(Control):
    """A patch of ciphertext to choose, and a brute force to start and stop; see `attack_race`."""

    def __init__(self, cipher: NeuralCipher, ciphertext: Ciphertext, side: int):
        eavesdropping.check_analog(cipher)
        eavesdropping.cut(ciphertext, 0, 0, side, side)  # the error, if there is to be one
        height, width, _ = ciphertext.shape
        self.cipher, self.ciphertext, self.side = cipher, ciphertext, side
        self.decrypt = decryption(cipher, ciphertext)
        row, column = busiest_patch(ciphertext, side)
        wide = Layout(width="330px")
        self.row = IntSlider(description="row", max=height - side, value=row, layout=wide)
        self.column = IntSlider(
            description="column", max=width - side, value=column, step=2, layout=wide
        )
        self.speed = Dropdown(description="speed", options=SPEEDS, value=8, layout=wide)
        self.start_button = Button(description="Start", tooltip="Try all keys on this patch")
        self.stop_button = Button(description="Stop", tooltip="Stop trying keys", disabled=True)
        self.bar = IntProgress(max=KEYS, style={"bar_color": figures.BLUE}, layout=wide)
        self.image, self.trying, self.line = picture_view("320px"), HTML(), sentence()
        buttons = HBox([self.start_button, self.stop_button])
        parts = [self.row, self.column, self.speed, buttons, self.bar, self.trying, self.line]
        controls = VBox(parts, layout=Layout(width="340px"))
        across = HBox([self.image, controls], layout=Layout(flex_flow="row wrap", grid_gap="1em"))
        super().__init__([across])
        self.stopped, self.thread = threading.Event(), None
        self.start_button.on_click(self.start)
        self.stop_button.on_click(lambda _: self.stopped.set())
        for slider in (self.row, self.column):
            slider.observe(self.forget, names="value")
        self.forget()

    def start(self, _=None) -> None:
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
            patch = eavesdropping.cut(self.ciphertext, *self.corner(), self.side, self.side)
            start = time.monotonic()
            for progress in eavesdropping.brute_force(self.cipher, patch):
                self.show(progress)
                due = start + seconds * progress.keys_done / KEYS
                if self.stopped.wait(max(0, due - time.monotonic())):
                    break
            say(self.line, self.alt())
        except ValueError as error:
            say(self.line, str(error), WRONG)
        self.let_choose(True)

    def let_choose(self, may: bool) -> None:
        """Either the patch can be chosen and Start pressed, or only Stop."""
        self.stop_button.disabled = may
        for control in (self.row, self.column, self.speed, self.start_button):
            control.disabled = not may

    def corner(self) -> tuple[int, int]:
        return self.row.value, self.column.value

    def forget(self, _=None) -> None:
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
            self.draw(self.decrypt(progress.key))
            say(self.line, self.alt())

    def draw(self, picture: np.ndarray) -> None:
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
        return figures.to_png(figures.pictures_and_text(both, [shown, "the patch"], self.alt()))


KEYS = 2**bits.K_BITS
SPEEDS = [("all keys in 30 seconds", 30), ("all keys in 8 seconds", 8), ("as fast as it goes", 0)]


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
    return built(AttackRace, cipher, ciphertext, side)


# --- lesson 05: blocks of pixels, scrambled -------------------------------------------------------


class ScrambleExplorer(Control):
    """A picture, scrambled block by block and put back in order; see `scramble_explorer`."""

    def __init__(self, choices: Mapping[str, np.ndarray], rng: np.random.Generator):
        if not isinstance(choices, Mapping) or not choices:
            raise ValueError("There is no picture to choose from: give at least one, with a name.")
        for picture in choices.values():
            pictures.check_picture(picture)
        self.choices, self.rng = dict(choices), rng
        self.name = buttons_for("picture", [(name, name) for name in choices])
        self.block_size = buttons_for("block", [(f"{m} × {m}", m) for m in BLOCK_SIZES])
        self.block_size.value = 4
        self.reader = buttons_for("decrypt with", list(zip(READERS, range(len(READERS)))))
        self.new_key = Button(description="New key", tooltip="Draw another key at random")
        self.pictures, self.line = PictureRow(PARTS), sentence()
        row = Layout(flex_flow="row wrap", align_items="flex-end", grid_gap="0 1em")
        choose = HBox([self.name, self.block_size], layout=row)
        keys = HBox([self.reader, self.new_key], layout=row)
        super().__init__([choose, keys, self.pictures, self.line])
        self.new_key.on_click(self.draw_keys)
        self.block_size.observe(self.draw_keys, names="value")
        for control in (self.name, self.reader):
            control.observe(self.show, names="value")
        self.draw_keys()

    def draw_keys(self, _=None) -> None:
        """A new key for this block size, the same with two entries exchanged, and another one."""
        m = self.block_size.value
        key, other = random_key(self.rng, m), random_key(self.rng, m)
        nearly = key.copy()
        nearly[[0, 1]] = key[[1, 0]]
        self.ciphers = [BlockScrambler(each, m) for each in (key, nearly, other)]
        self.show()

    def show(self, _=None) -> None:
        """Encrypt the chosen picture, decrypt it with the chosen key, and show all three."""
        self.picture = self.choices[self.name.value]
        self.encrypted = self.ciphers[0].encrypt(self.picture[None])[0]
        reader, (height, width, _) = self.ciphers[self.reader.value], self.picture.shape
        self.decrypted = reader.decrypt(self.encrypted[None])[0, :height, :width]
        self.pictures.put([self.picture, self.encrypted, self.decrypted])
        say(self.line, self.alt())

    def alt(self) -> str:
        m = self.block_size.value
        wrong = 100 * np.mean(self.decrypted != self.picture)
        return (
            f"From left to right: {self.name.value}; encrypted in blocks of {m} × {m} pixels, by "
            f"an order of {6 * m * m:,} nibbles; decrypted with {self.reader.label}, {wrong:.0f} % "
            f"of the bytes wrong.{remark_on(self.picture)}"
        )

    def still(self) -> bytes:
        row = [self.picture, self.encrypted, self.decrypted]
        return figures.to_png(figures.pictures_and_text(row, PARTS, self.alt()))


BLOCK_SIZES = (1, 2, 4, 8, 16)
READERS = ("the key", "the key, two entries exchanged", "another key")
PARTS = ("original", "encrypted", "decrypted")


def buttons_for(description: str, options: Sequence[tuple[str, object]]) -> ToggleButtons:
    """Buttons of which one is pressed, each as wide as its words: (name, value) pairs."""
    return ToggleButtons(description=description, options=options, style={"button_width": "auto"})


def scramble_explorer(
    choices: Mapping[str, np.ndarray], rng: np.random.Generator | None = None
) -> Control:
    """Pictures by name, and what Tanaka's cipher makes of the chosen one, there and back.

    Buttons choose the picture, the side of a block, and the key to decrypt with: the right one, the
    same with two entries exchanged, or another; "New key" draws a key from `rng`.

    choices: uint8 (height, width, 3) each, of any sides. Where one is not, the control says so.
    """
    return built(ScrambleExplorer, choices, rng or np.random.default_rng())


# --- lesson 06: noise that misleads ---------------------------------------------------------------


class PgdExplorer(Control):
    """Noise of a chosen size that misleads a model, and what it then sees; see `pgd_explorer`."""

    def __init__(
        self, model: keras.Model, choices: Mapping[str, np.ndarray], classes: Sequence[str]
    ):
        from helpers.learnable import attacks, gradients  # they load TensorFlow

        check_choices(model, choices, classes)
        self.attack, self.scores = attacks.projected_gradient_descent, gradients.scores
        self.model, self.choices, self.classes = model, dict(choices), list(classes)
        wide = Layout(width="330px")
        self.name = buttons_for("picture", [(name, name) for name in choices])
        self.eps = IntSlider(description="eps × 255", max=64, value=8, layout=wide)
        self.steps = IntSlider(description="steps", max=40, value=20, layout=wide)
        targets = [("none: away from the answer", None), *zip(classes, range(len(classes)))]
        self.target = Dropdown(description="target", options=targets, layout=wide)
        self.pictures, self.bars, self.line = PictureRow(VIEWS), HTML(), sentence()
        row = Layout(flex_flow="row wrap", grid_gap="0 1em")
        settings = VBox([self.eps, self.steps, self.target])
        super().__init__(
            [self.name, HBox([settings, self.bars], layout=row), self.pictures, self.line]
        )
        for control in (self.name, self.eps, self.steps, self.target):
            control.observe(self.show, names="value")
        self.show()

    def show(self, _=None) -> None:
        """Attack the chosen picture anew, and show what the model makes of it."""
        self.picture = self.choices[self.name.value]
        self.before = self.answer(self.picture)
        eps, target = self.eps.value / 255, self.target.value
        label = self.before.argmax() if target is None else target
        noisy = self.attack(
            self.model,
            self.picture[None] / np.float32(255),
            np.array([label]),
            eps=eps,
            eps_iter=eps / 10,  # the paper's proportion
            nb_iter=self.steps.value,
            targeted=target is not None,
        )
        self.noisy = np.uint8(np.round(255 * noisy[0]))
        self.after = self.answer(self.noisy)
        self.pictures.put(self.views())
        self.bars.value = share_bars(
            {"picture": self.before, "with noise": self.after}, self.classes
        )
        say(self.line, self.alt())

    def answer(self, picture: np.ndarray) -> np.ndarray:
        """How sure the model is of each class, float (classes,), 1 in all."""
        return softmax(self.scores(self.model, picture[None] / np.float32(255))[0])

    def views(self) -> list[np.ndarray]:
        """The picture, the noise alone, amplified, and both together."""
        noise = self.noisy.astype(np.int16) - self.picture
        return [self.picture, figures.visible_noise(noise), self.noisy]

    def alt(self) -> str:
        target = self.target.value
        aim = "away from that" if target is None else f"towards {self.classes[target]}"
        return (
            f"The model says {self.said(self.before)}; with noise of at most {self.eps.value} of "
            f"255, after {self.steps.value} steps {aim}, {self.said(self.after)}."
        )

    def said(self, chances: np.ndarray) -> str:
        """An answer in words: "boat (99 %)"."""
        return f"{self.classes[chances.argmax()]} ({100 * chances.max():.0f} %)"

    def still(self) -> bytes:
        answers = {"picture": self.before, "with noise": self.after}
        return figures.to_png(
            figures.pictures_and_answers(self.views(), VIEWS, answers, self.classes, self.alt())
        )


VIEWS = ("picture", "noise, amplified", "with noise")


def check_choices(
    model: keras.Model, choices: Mapping[str, np.ndarray], classes: Sequence[str]
) -> None:
    """ValueError unless there are pictures, of the size that the model takes, and all classes."""
    if not choices:
        raise ValueError("There is no picture to choose from: give at least one, with a name.")
    _, *size, _ = model.input_shape
    for name, picture in choices.items():
        pictures.check_picture(picture)
        if list(picture.shape[:2]) != size:
            came = " x ".join(map(str, picture.shape[:2]))
            raise ValueError(
                f"This model takes pictures of {size[0]} x {size[1]} pixels; {name} has {came}: "
                "choose pictures like those that it learned from."
            )
    if len(classes) != model.output_shape[-1]:
        raise ValueError(
            f"This model tells {model.output_shape[-1]} classes apart; here are {len(classes)} "
            "names: give one for each."
        )


def share_bars(answers: Mapping[str, np.ndarray], classes: Sequence[str]) -> str:
    """A table in HTML: for every class a bar for each answer, float (classes,) from 0 to 1."""
    head = '<th style="border-bottom: 3px solid {}; text-align: left">{}</th>'
    cell = (
        '<td style="width: 9em"><div style="display: inline-block; height: 0.7em; width: {}em; '
        'background: {}"></div> {} %</td>'
    )
    colours = (figures.BLUE, figures.VERMILLION)
    heads = "".join(markup(head, *each) for each in zip(colours, answers))
    rows = ""
    for i, name in enumerate(classes):
        shares = [answer[i] for answer in answers.values()]
        cells = [markup(cell, f"{5 * p:.2f}", c, f"{100 * p:.0f}") for p, c in zip(shares, colours)]
        rows += markup("<tr><td>{}</td>", name) + "".join(cells) + "</tr>"
    return '<table style="line-height: 1.3"><tr><th></th>' + heads + "</tr>" + rows + "</table>"


def pgd_explorer(
    model: keras.Model, choices: Mapping[str, np.ndarray], classes: Sequence[str]
) -> Control:
    """Pictures by name, and PGD noise on the chosen one that misleads a Keras model of them.

    Sliders set eps, in steps of 1/255, and the number of steps, each of a tenth of eps; the noise
    leads away from the model's own answer or, where a target is chosen, towards this class. Shown
    are the picture, the noise alone, amplified, both together, and bars for the model's answers.

    choices: uint8 (height, width, 3) each, of the model's size; classes: a name for each of its
    logits. Where they are not, the control says so.
    """
    return built(PgdExplorer, model, choices, classes)
