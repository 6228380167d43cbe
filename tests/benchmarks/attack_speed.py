"""PGD as the kit has it, beside two libraries of the field, on one and the same network.

They are adversarial-robustness-toolbox (Trusted-AI/adversarial-robustness-toolbox), whose arrays
are NumPy's, and cleverhans (cleverhans-lab/cleverhans), whose are TensorFlow's. Only the benchmark
needs them: `python3 -m helpers bench` puts them into .venv/peers, and without them their rows are
left out. Attack, eps, steps and batches are the same on all sides, and the noise is compared first.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from measure import Row, in_turns

from helpers.learnable.attacks import projected_gradient_descent
from helpers.learnable.datasets import pictograms
from helpers.learnable.gradients import BATCH, scores
from helpers.learnable.models import narrow_resnet
from helpers.quiet_keras import keras
from helpers.quiet_keras import tensorflow as tf

EPS, STEP = 0.1, 0.01  # the paper's
Attack = Callable[[np.ndarray, np.ndarray], np.ndarray]  # (x, y) -> adversarial x


def rows(
    pictures: int = 2 * BATCH, steps: int = 20, learned: int = 3000, repeats: int = 5
) -> list[Row]:
    """`steps` of PGD on a narrow network that has seen `learned` pictograms.

    The labels are what it answers, so that each success is the attack's own.
    """
    model = slightly_trained(learned)
    x = np.float32(pictograms(np.random.default_rng(1), pictures)[0]) / 255
    y = scores(model, x).argmax(axis=1)

    def ours(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return projected_gradient_descent(model, x, y, eps=EPS, eps_iter=STEP, nb_iter=steps)

    peers = installed_peers(model, steps)
    expected = ours(x, y)
    notes = {name: agreement(model, y, expected, attack(x, y)) for name, attack in peers.items()}
    jobs = [lambda attack=attack: attack(x, y) for attack in (ours, *peers.values())]
    took = [pictures * steps / seconds for seconds in in_turns(*jobs, repeats=repeats)]
    name, unit = f"PGD, {steps} steps on {pictures} pictures", "pictures x steps/s"
    return [
        Row(name, against, took[0], rate, unit, notes[against])
        for against, rate in zip(peers, took[1:])
    ]


def slightly_trained(learned: int) -> keras.Model:
    keras.utils.set_random_seed(0)
    pictures, labels = pictograms(np.random.default_rng(0), learned)
    model = narrow_resnet()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(3e-3), loss)
    model.fit(np.float32(pictures) / 255, labels, batch_size=64, verbose=0)
    return model


def agreement(model: keras.Model, y: np.ndarray, ours: np.ndarray, theirs: np.ndarray) -> str:
    """How like each other two results are, in words. ValueError where they are not.

    Where a slope is within rounding of 0, its sign is anybody's guess, so a few values differ.
    """
    fooled, fooled_too = (np.mean(scores(model, x).argmax(axis=1) != y) for x in (ours, theirs))
    alike = np.mean(np.abs(ours - theirs) < 1e-5)
    if abs(fooled - fooled_too) > 0.02 or alike < 0.95:
        raise ValueError(
            f"The attacks differ: ours fools {fooled:.1%} of the pictures, the peer's "
            f"{fooled_too:.1%}, and {alike:.1%} of the values are alike."
        )
    return f"fooled {fooled:.1%} and {fooled_too:.1%} of the pictures, {alike:.1%} of values alike"


# --- the peers ------------------------------------------------------------------------------------


def installed_peers(model: keras.Model, steps: int) -> dict[str, Attack]:
    """Those that can be imported, by name; for the others, a line that says how to get them."""
    known = {"adversarial-robustness-toolbox": art_attack, "cleverhans": cleverhans_attack}
    found = {}
    for name, make in known.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # they name what else could be installed
                found[name] = make(model, steps)
        except ImportError:
            print(
                f"PGD against {name} is left out, for it is not installed: "
                "python3 -m helpers bench does that, given a network.",
                file=sys.stderr,
            )
    return found


def art_attack(model: keras.Model, steps: int) -> Attack:
    from art.attacks.evasion import ProjectedGradientDescent
    from art.estimators.classification import TensorFlowV2Classifier

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classifier = TensorFlowV2Classifier(model, loss_object=loss, **shape_of(model))
    sizes = {"eps": EPS, "eps_step": STEP, "max_iter": steps, "batch_size": BATCH}
    return ProjectedGradientDescent(classifier, norm=np.inf, verbose=False, **sizes).generate


def shape_of(model: keras.Model) -> dict[str, Any]:
    """What adversarial-robustness-toolbox asks of a model besides its loss."""
    sizes = {"nb_classes": model.output_shape[-1], "input_shape": model.input_shape[1:]}
    return {**sizes, "clip_values": (0, 1)}


def cleverhans_attack(model: keras.Model, steps: int) -> Attack:
    from cleverhans.tf2.attacks import projected_gradient_descent as cleverhans

    def attack(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        parts = []
        for start in range(0, len(x), BATCH):
            batch, labels = (tf.constant(part[start : start + BATCH]) for part in (x, y))
            limits = {"clip_min": 0.0, "clip_max": 1.0}
            found = cleverhans.projected_gradient_descent(
                model, batch, EPS, STEP, steps, np.inf, y=labels, **limits
            )
            parts.append(found.numpy())
        return np.concatenate(parts)

    return attack
