"""What all controls share: how one shows itself, is laid out, and says something."""

from __future__ import annotations

import functools
import html
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ipywidgets import HTML, Button, HBox, Image, IntSlider, Layout, ToggleButtons, VBox, Widget

from helpers import figures, pictures
from helpers.bits import Picture
from helpers.figures import stills


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

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict, dict]:
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


def control_or_notice(kind: Callable[..., Control], *arguments: Any) -> Control:
    """A control of this kind, or a `Notice` that says what is wrong with its arguments."""
    try:
        return kind(*arguments)
    except ValueError as error:
        return Notice(str(error))


WIDE = Layout(width="330px")


def on_change(react: Callable[..., None], *parts: Widget) -> None:
    """Have `react` called whenever the value of one of these parts changes."""
    for part in parts:
        part.observe(react, names="value")


def slider(name: str, most: int, value: int, step: int = 1) -> IntSlider:
    """A slider for a whole number from 0 to `most`."""
    return IntSlider(description=name, max=most, value=value, step=step, layout=WIDE)


def buttons_for(name: str, options: Sequence[tuple[str, Any]], **more: Any) -> ToggleButtons:
    """Buttons of which one is pressed, each as wide as its words: (words, value) pairs."""
    look = {"button_width": "auto"}
    return ToggleButtons(description=name, options=options, style=look, **more)


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


class PictureRow(HBox):
    """Pictures side by side, each below its caption; where the page is narrow, in several rows.

    All are equally wide, also one that is left for a row of its own.
    """

    def __init__(self, captions: Sequence[str], widest: str = "256px"):
        self.views = [picture_view() for _ in captions]
        cells = [
            VBox([HTML(markup("<b>{}</b>", caption)), view], layout=Layout(max_width=widest))
            for caption, view in zip(captions, self.views)
        ]
        for cell in cells:
            cell.add_class("kit-captioned")
        super().__init__(cells, layout=Layout(display="grid", grid_gap="4px 16px"))
        self.layout.grid_template_columns = "repeat(auto-fit, minmax(170px, 1fr))"
        self.layout.max_width = f"calc({len(cells)} * ({widest} + 16px))"

    def put(self, row: Sequence[Picture]) -> None:
        """Show pictures, uint8 (height, width[, 3]), small ones enlarged."""
        for view, picture in zip(self.views, row):
            view.value = pictures.to_png(figures.enlarged(picture))


def check_choices(choices: Any) -> None:
    """ValueError unless these are pictures by name, and at least one."""
    if not isinstance(choices, Mapping) or not choices:
        raise ValueError("There is no picture to choose from: give at least one, with a name.")
    for picture in choices.values():
        pictures.check_picture(picture)


def remark_on(picture: Picture) -> str:
    """A word of warning where a picture has one colour only."""
    flat = (picture == picture[:1, :1]).all()
    return " The picture has one colour only, so there is little to see." if flat else ""
