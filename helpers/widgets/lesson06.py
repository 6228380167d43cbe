"""The control of lesson 06: noise that misleads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from ipywidgets import HTML, Dropdown, VBox
from scipy.special import softmax

import helpers.widgets.base as base
from helpers import figures
from helpers.bits import Picture
from helpers.figures import lesson06 as draw
from helpers.widgets.base import Control, markup

if TYPE_CHECKING:
    from helpers.quiet_keras import keras

VIEWS = ("picture", "noise, amplified", "with noise")


class PgdExplorer(Control):
    """Noise of a chosen size that misleads a model, and what it then sees; see `pgd_explorer`."""

    def __init__(self, model: keras.Model, choices: Mapping[str, Picture], classes: Sequence[str]):
        check_fit(model, choices, classes)
        self.model, self.choices, self.classes = model, dict(choices), list(classes)
        self.name = base.buttons_for("picture", [(name, name) for name in choices])
        self.eps = base.slider("eps × 255", 64, 8)
        self.steps = base.slider("steps", 40, 20)
        targets = [("none: away from the answer", None), *zip(classes, range(len(classes)))]
        self.target = Dropdown(description="target", options=targets, layout=base.WIDE)
        self.pictures, self.bars = base.PictureRow(VIEWS), HTML()
        self.line = base.sentence()
        settings = base.side_by_side(VBox([self.eps, self.steps, self.target]), self.bars)
        super().__init__([self.name, settings, self.pictures, self.line])
        base.on_change(self.show, self.name, self.eps, self.steps, self.target)
        self.show()

    def show(self, _: Any = None) -> None:
        """Attack the chosen picture anew, and show what the model makes of it."""
        self.picture = self.choices[self.name.value]
        self.before = self.answer(self.picture)
        self.noisy = self.misled()
        self.after = self.answer(self.noisy)
        self.answers = {"picture": self.before, "with noise": self.after}
        self.pictures.put(self.views())
        self.bars.value = share_bars(self.answers, self.classes)
        base.say(self.line, self.alt())

    def misled(self) -> Picture:
        """The picture with the noise of PGD, uint8 (height, width, 3)."""
        from helpers.learnable import attacks  # TensorFlow

        eps, target = self.eps.value / 255, self.target.value
        label = self.before.argmax() if target is None else target
        noisy = attacks.projected_gradient_descent(
            self.model,
            self.picture[None] / np.float32(255),
            np.array([label]),
            eps=eps,
            eps_iter=eps / 10,  # the paper's proportion
            nb_iter=self.steps.value,
            targeted=target is not None,
        )
        return np.round(255 * noisy[0]).astype(np.uint8)

    def answer(self, picture: Picture) -> np.ndarray:
        """How sure the model is of each class, float (classes,), 1 in all."""
        from helpers.learnable import gradients  # TensorFlow

        return softmax(gradients.scores(self.model, picture[None] / np.float32(255))[0])

    def views(self) -> list[Picture]:
        """The picture, the noise alone, amplified, and both together."""
        noise = self.noisy.astype(np.int16) - self.picture
        return [self.picture, figures.visible_noise(noise), self.noisy]

    def alt(self) -> str:
        target = self.target.value
        aim = "away from that" if target is None else f"towards {self.classes[target]}"
        before, after = (
            f"{self.classes[answer.argmax()]} ({100 * answer.max():.0f} %)"
            for answer in self.answers.values()
        )
        return (
            f"The model says {before}; with noise of at most {self.eps.value} of "
            f"255, after {self.steps.value} steps {aim}, {after}."
        )

    def still(self) -> bytes:
        what = (self.views(), VIEWS, self.answers, self.classes, self.alt())
        return figures.to_png(draw.pictures_and_answers(*what))


def check_fit(model: keras.Model, choices: Mapping[str, Picture], classes: Sequence[str]) -> None:
    """ValueError unless there are pictures, of the size that the model takes, and all classes."""
    base.check_choices(choices)
    _, *size, _ = model.input_shape
    for name, picture in choices.items():
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
    model: keras.Model, choices: Mapping[str, Picture], classes: Sequence[str]
) -> Control:
    """Pictures by name, and PGD noise on the chosen one that misleads a Keras model of them.

    Sliders set eps, in steps of 1/255, and the number of steps, each of a tenth of eps; the noise
    leads away from the model's own answer or, where a target is chosen, towards this class. Shown
    are the picture, the noise alone, amplified, both together, and bars for the model's answers.

    choices: uint8 (height, width, 3) each, of the model's size; classes: a name for each of its
    logits. Where they are not, the control says so.
    """
    return base.control_or_notice(PgdExplorer, model, choices, classes)
