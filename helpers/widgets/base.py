"""What all controls share: how one shows itself, is laid out, and says something."""

from __future__ import annotations

import base64
import functools
import html
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import traitlets
from anywidget import AnyWidget
from ipywidgets import HTML, Button, HBox, Image, IntSlider, Layout, VBox, Widget
from matplotlib.figure import Figure

from helpers import figures, live, pictures
from helpers.figures import stills


class Still:
    """What every control is as well: a still picture of itself, for readers without a kernel.

    A control says in `alt` what there is to see, and in `still` draws it as a PNG file.
    """

    needs_python = True  # whether a page without a kernel can show no more than the still

    def alt(self) -> str:
        """The control as it stands now, in words."""
        raise NotImplementedError

    def still(self) -> bytes:
        """The control as it stands now, as the bytes of a PNG file."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict, dict]:
        """What a notebook keeps: the live widget, its still picture, and its description."""
        alt = self.alt()
        shown = super()._repr_mimebundle_(**options)  # type: ignore[misc]
        about: dict[str, Any] = {"alt": alt}
        data, metadata = shown if isinstance(shown, tuple) else (shown, {})
        still = {"image/png": bytes(self.still()), "text/plain": alt}
        if self.needs_python:
            about["needs_python"] = True
        return data | still, metadata | {"image/png": about}


class Control(Still, VBox):
    """A control whose parts are Jupyter's own: what it does, it does in the kernel."""

    def __init__(self, parts: Sequence[Widget]):
        super().__init__([*parts, HTML(in_the_page(), layout=Layout(display="none"))])
        self.add_class("kit-control")


class Live(Still, AnyWidget):
    """A control that works in the page alone: `module` names its file in helpers/live.

    facts: what it shows, arrays among it; chosen: what its buttons and sliders choose at first, and
    then as they stand. `words` and `draw` make its still, with what is chosen at first.
    """

    needs_python = False
    module = traitlets.Unicode().tag(sync=True)
    facts = traitlets.Dict().tag(sync=True)
    arrays = traitlets.Bytes().tag(sync=True)
    chosen = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        module: str,
        facts: dict[str, Any],
        chosen: dict[str, Any],
        words: str,
        draw: Callable[[], Figure],
    ):
        self._esm, self._css = live.module(module), live.style()
        self.words, self.draw = words, draw
        facts, arrays = live.handed_over(facts)
        super().__init__(module=module, facts=facts, arrays=arrays, chosen=chosen)

    def state_for_page(self) -> dict[str, Any]:
        """What a page without a kernel needs to begin as this control does."""
        arrays = base64.b64encode(self.arrays).decode()
        return {"facts": self.facts, "chosen": self.chosen, "arrays": arrays}

    def alt(self) -> str:
        return self.words

    def still(self) -> bytes:
        return figures.to_png(self.draw())


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


class Notice(Control):
    """A sentence where a control would be, had its input been right."""

    def __init__(self, text: str):
        self.text = text
        super().__init__([sentence(text, WRONG)])

    def alt(self) -> str:
        return self.text

    def still(self) -> bytes:
        return figures.to_png(stills.framed(self.text))


def control_or_notice(kind: Callable[..., Control | Live], *arguments: Any) -> Control | Live:
    """A control of this kind, or a `Notice` that says what is wrong with its arguments."""
    try:
        return kind(*arguments)
    except ValueError as error:
        return Notice(str(error))


MOST_SIDE = 1024  # pixels of a picture that a page works on
WIDE = Layout(width="330px")


def on_change(react: Callable[..., None], *parts: Widget) -> None:
    """Have `react` called whenever the value of one of these parts changes."""
    for part in parts:
        part.observe(react, names="value")


def slider(name: str, most: int, value: int, step: int = 1) -> IntSlider:
    """A slider for a whole number from 0 to `most`."""
    return IntSlider(description=name, max=most, value=value, step=step, layout=WIDE)


def hear_while_busy(button: Button) -> None:
    """Let the next click on `button` through even while a cell runs.

    JupyterLab sends clicks to a thread of their own, but ipykernel 7.4 hands each to the thread
    that last spoke to the widget: often the main one, where the cell runs.
    """
    vars(button.comm).pop("_reply_subshell_id", None)


def side_by_side(*parts: Widget) -> HBox:
    """Parts in a row; where the page is narrow, in several rows."""
    return HBox(parts, layout=Layout(flex_flow="row wrap", align_items="flex-end", grid_gap="1em"))


HIGHEST = "512px"  # of a picture on the screen, or one of 3 x 2000 pixels would fill the page


def picture_view(width: str = "100%", max_width: str = "100%") -> Image:
    """A place for a picture, in its own proportions."""
    layout = Layout(width=width, max_width=max_width, max_height=HIGHEST, object_fit="contain")
    return Image(format="png", layout=layout)


def percent(share: float) -> str:
    """A share from 0 to 1 in whole percents; "0 %" is none at all."""
    return "less than 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def check_choices(choices: Any) -> None:
    """ValueError unless these are pictures by name, and at least one."""
    if not isinstance(choices, Mapping) or not choices:
        raise ValueError("There is no picture to choose from: give at least one, with a name.")
    for name, picture in choices.items():
        if not isinstance(name, str):
            raise ValueError(
                f"A picture is chosen by its name, a text; {name!r} came: give a text."
            )
        check_small(picture)


def check_small(picture: Any) -> None:
    """ValueError unless this is a picture that a page can work on at once."""
    pictures.check_picture(picture)
    if max(picture.shape[:2]) > MOST_SIDE:
        height, width = picture.shape[:2]
        raise ValueError(
            f"A control in the page takes pictures of at most {MOST_SIDE} pixels a side, and this "
            f"one has {width} x {height}: open it with max_side=256, downscale=True."
        )
