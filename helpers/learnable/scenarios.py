"""The paper's five scenarios (section III): networks that learn plain or encrypted pictures, with
or without adversarial training, under one key or under a new key for each batch.

Everything random follows from a seed, and in batch i from the seed and i alone. The shipped
networks and results are made by `python -m data.studies.scenarios`.

"The paper" is AprilPyone, Sirichotedumrong and Kiya, "Adversarial Test on Learnable Image
Encryption".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers import manifest
from helpers.files import json_in, read_json, read_npz
from helpers.learnable import datasets, models, scramble
from helpers.learnable.gradients import Labels
from helpers.learnable.scramble import BlockScrambler, Pictures
from helpers.quiet_keras import keras


@dataclass(frozen=True)
class Scenario:
    """One row: what the network sees while it learns. ("DK": different keys.)"""

    name: str
    encrypted: bool = True
    adversarial: bool = False
    fresh_keys: bool = False


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("Plain", encrypted=False),
        Scenario("Encrypted"),
        Scenario("Encrypted-Adv", adversarial=True),
        Scenario("Encrypted-DK", fresh_keys=True),
        Scenario("Encrypted-Adv-DK", adversarial=True, fresh_keys=True),
    )
}

# Not in the paper: a network that does resist, within its eps, so that "robust" can be compared.
CONTROL = Scenario("Plain-Adv", encrypted=False, adversarial=True)
NETWORKS = SCENARIOS | {CONTROL.name: CONTROL}

KEY, ORDER, BATCH, BATCH_KEY, TEST_KEY, NOISE = range(6)  # what a stream of random numbers is for


def stream(seed: int, purpose: int, i: int = 0) -> np.random.Generator:
    """A generator of its own for each purpose and batch, so that no batch needs the one before."""
    return np.random.default_rng([seed, purpose, i])


def cipher_of(
    scenario: Scenario, seed: int, purpose: int = BATCH_KEY, i: int = 0
) -> BlockScrambler | None:
    """The cipher for batch `i`: none, always the same, or a new one.

    Args:
        scenario: one of `SCENARIOS`.
        seed: the training's.
        purpose: `BATCH_KEY` for a batch to learn from, `TEST_KEY` for one to be tested on.
        i: the number of the batch.

    Returns:
        A cipher for blocks of 4 x 4 pixels; None for plain pictures.

    Raises nothing.

    Source: the paper, section III, scenarios 1 to 5.

    >>> cipher_of(SCENARIOS["Plain"], seed=1) is None
    True
    """
    if not scenario.encrypted:
        return None
    rng = stream(seed, purpose, i) if scenario.fresh_keys else stream(seed, KEY)
    return BlockScrambler(scramble.random_key(rng))


def batch_of(
    pictures: Pictures, labels: Labels, size: int, seed: int, i: int
) -> tuple[Pictures, Labels]:
    """`size` pictures or, at the end of an epoch, the rest, each freshly cut and mirrored, and
    their labels. Each epoch has an order of its own.
    """
    epoch, place = divmod(i, -(-len(pictures) // size))
    order = stream(seed, ORDER, epoch).permutation(len(pictures))
    rows = order[place * size :][:size]
    return datasets.augment(stream(seed, BATCH, i), pictures[rows]), labels[rows]


def build(
    scenario: Scenario,
    seed: int,
    network: Callable[..., keras.Model] = models.narrow_resnet,
) -> keras.Model:
    """The network, untrained, behind an adaptation network where pictures are encrypted."""
    classifier = network(seed=seed)
    return models.with_adaptation(classifier, seed=seed) if scenario.encrypted else classifier


def load(name: str) -> tuple[keras.Model, dict]:
    """A shipped network, trained on pictograms.

    Args:
        name: one of `NETWORKS`.

    Returns:
        (model, about): the network, and the words about its training, of which "scenario", "seed",
        "error" (its last on what it learned from) and "seconds" are some.

    Raises:
        ValueError: for an unknown name, and a file that is not as it was shipped.
        FileNotFoundError: where it is missing.

    Source: the paper, section III.

    >>> model, about = load("Encrypted")
    >>> model.output_shape, about["scenario"], about["seed"]
    ((None, 10), 'Encrypted', 1)
    """
    if not isinstance(name, str) or name not in NETWORKS:
        known = ", ".join(NETWORKS)
        raise ValueError(f"There is no scenario {name!r}: choose one of {known}.")
    arrays = read_npz(manifest.checked(f"weights/classroom/{name}.npz"))
    about: Any = json_in(arrays, "about")
    model = build(NETWORKS[name], about["seed"])
    model.set_weights([arrays[f"{i:03d}"] for i in range(len(model.weights))])
    return model, about


SCALES = ("classroom", "laptop", "paper")  # pictograms; photographs; these as in the paper


def results(scale: str) -> list[dict]:
    """What is in the shipped reports of a scale, one for each seed.

    Args:
        scale: one of `SCALES`.

    Returns:
        The JSON objects of the files; none where this scale was never run.

    Raises:
        ValueError: for a scale that there is not, and for a file that was altered.
        FileNotFoundError: where one is missing.

    Source: the paper, Table I; the files hold ours.

    >>> [sorted(report["scenarios"])[0] for report in results("classroom")]
    ['Encrypted']
    """
    if scale not in SCALES:
        raise ValueError(f"There is no scale {scale!r}: choose one of {', '.join(SCALES)}.")
    pattern = rf"results/scenarios_{scale}(_seed\d+)?\.json"
    names = sorted(name for name in manifest.entries() if re.fullmatch(pattern, name))
    return [read_json(manifest.checked(name)) for name in names]
