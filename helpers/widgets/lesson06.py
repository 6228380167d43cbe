"""The control of lesson 06: noise that misleads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import softmax

import helpers.widgets.base as base
from helpers import figures
from helpers.bits import Picture
from helpers.figures import lesson06 as draw
from helpers.widgets.base import Control, Live

if TYPE_CHECKING:
    from helpers.quiet_keras import keras

VIEWS = ("picture", "noise, amplified", "with noise")
EPS, STEPS = 8, 20  # at first


def pgd_explorer(
    model: keras.Model, choices: Mapping[str, Picture], classes: Sequence[str]
) -> Control | Live:
    """Pictures by name, and PGD noise on the chosen one that misleads a Keras model of them.

    Sliders set eps, in steps of 1/255, and the number of steps, each of a tenth of eps, the paper's
    proportion; the noise leads away from the model's own answer or, where a target is chosen,
    towards this class. Shown are the picture, the noise alone, amplified, both together, and bars
    for the model's answers. It works in the page, without Python.

    model: built like `models.narrow_resnet`; choices: uint8 (height, width, 3) each, of its size;
    classes: a name for each of its logits. Where they are not, the control says so.
    """
    return base.control_or_notice(live_pgd_explorer, model, choices, classes)


def live_pgd_explorer(
    model: keras.Model, choices: Mapping[str, Picture], classes: Sequence[str]
) -> Live:
    """The same; ValueError, in a sentence, where an argument is wrong."""
    from helpers.learnable import attacks, gradients, steps  # TensorFlow

    check_fit(model, choices, classes)
    name, picture = next(iter(choices.items()))
    x, eps = picture[None] / np.float32(255), EPS / 255
    before = softmax(gradients.scores(model, x)[0])
    label = before.argmax(keepdims=True)
    misled = attacks.projected_gradient_descent(
        model, x, label, eps=eps, eps_iter=eps / 10, nb_iter=STEPS
    )
    noisy = np.round(255 * misled[0]).astype(np.uint8)
    after = softmax(gradients.scores(model, noisy[None] / np.float32(255))[0])
    was, now = (f"{classes[p.argmax()]} ({100 * p.max():.0f} %)" for p in (before, after))
    words = (
        f"The model says {was}; with noise of at most {EPS} of 255, after {STEPS} steps away from "
        f"that, {now}."
    )
    views = [picture, figures.visible_noise(noisy.astype(np.int16) - picture), noisy]
    answers = {"picture": before, "with noise": after}
    facts = {
        "steps": steps.steps_of(model),
        "pictures": dict(choices),
        "classes": list(classes),
    }
    chosen = {"name": name, "eps": EPS, "nb_iter": STEPS, "target": None}
    return Live(
        "pgd_explorer",
        facts,
        chosen,
        words,
        lambda: draw.pictures_and_answers(views, VIEWS, answers, classes, words),
    )


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
