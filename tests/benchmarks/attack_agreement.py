"""APGD as the kit has it, beside the one of an independent library: do both fool as much?

The other is `AutoProjectedGradientDescent` of adversarial-robustness-toolbox, on the same shipped
networks and pictures, with the same eps, steps, restarts and first step. Both begin at random
places, so their noise differs; what must agree is the error. eps is chosen so that about half of
the pictures fall or fewer: where all fall, or none, any two attacks agree.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable

import numpy as np
from attack_speed import Attack, shape_of
from measure import Row

from helpers.learnable.apgd import auto_pgd
from helpers.learnable.datasets import pictograms
from helpers.learnable.gradients import margin, scores
from helpers.learnable.scenarios import load
from helpers.quiet_keras import keras

LIBRARY = "adversarial-robustness-toolbox"
TOUCHSTONES = {"Plain": 3 / 255, "Plain-Adv": 12 / 255}  # a network, and eps
MOST_APART = 0.02  # of the pictures


def rows(
    pictures: int = 200, steps: int = 50, restarts: int = 2, apart: float = MOST_APART
) -> list[Row]:
    """The error under either attack, a row for each network; none without the library.

    ValueError where one fools more than the other by over a share of `apart` of the pictures.
    """
    try:
        make = peer()
    except ImportError:
        print(
            f"APGD beside {LIBRARY} is left out, for it is not installed: "
            "python3 -m helpers bench does that, given a network.",
            file=sys.stderr,
        )
        return []
    found = []
    for name, eps in TOUCHSTONES.items():
        model, _ = load(name)
        examples, y = pictograms(np.random.default_rng(2), pictures)
        x, budget = np.float32(examples) / 255, {"eps": eps, "nb_iter": steps, "restarts": restarts}
        ours = auto_pgd(model, x, y, rng=np.random.default_rng(1), **budget)
        theirs = make(model, **budget)(x, y)
        title = f"APGD, {steps} steps, {restarts} starts, {eps * 255:.0f}/255 on {name}"
        found.append(row(title, error(model, ours, y), error(model, theirs, y), apart))
        for noisy in (ours, theirs):
            assert np.abs(noisy - x).max() <= eps + 1e-6, "an attack left the ball"
    return found


def error(model: keras.Model, x: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean(margin(scores(model, x), y) >= 0))


def row(title: str, ours: float, theirs: float, apart: float = MOST_APART) -> Row:
    """Both errors as a row. ValueError where they do not agree."""
    if abs(ours - theirs) > apart:
        raise ValueError(
            f"{title}: ours fools {ours:.1%} of the pictures and {LIBRARY} {theirs:.1%}: the two "
            f"should be within {apart:.0%}, so look at what was changed in auto_pgd."
        )
    return Row(title, LIBRARY, 100 * ours, 100 * theirs, "% fooled", f"errors within {apart:.0%}")


def peer() -> Callable[..., Attack]:
    """The library's attack on a model, within a budget. ImportError where it is not there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it names what else could be installed
        from art.attacks.evasion import AutoProjectedGradientDescent
        from art.estimators.classification import TensorFlowV2Classifier

    class Classifier(TensorFlowV2Classifier):
        def compute_loss(self, x, y, reduction="none", **_):
            """By picture, as Keras 3 has it: the library asks for a name that only Keras 2 had."""
            assert reduction == "none"
            losses = keras.losses.categorical_crossentropy(y, self.model(x), from_logits=True)
            return np.asarray(losses)

    def make(model: keras.Model, eps: float, nb_iter: int, restarts: int) -> Attack:
        loss = keras.losses.CategoricalCrossentropy(from_logits=True)
        classifier = Classifier(model, loss_object=loss, **shape_of(model))
        sizes = {"eps": eps, "eps_step": 2 * eps, "max_iter": nb_iter, "batch_size": 128}
        starts = {"nb_random_init": restarts, "verbose": False}
        return AutoProjectedGradientDescent(classifier, norm=np.inf, **sizes, **starts).generate

    return make
