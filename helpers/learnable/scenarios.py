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
from pathlib import Path

import numpy as np

from helpers import manifest
from helpers.files import as_path, json_in, naming, read_json, read_npz
from helpers.learnable import datasets, models, scramble
from helpers.learnable.gradients import Labels
from helpers.learnable.scramble import BlockScrambler, Pictures
from helpers.quiet_keras import keras

# --- the five rows of Table I ---------------------------------------------------------------------


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

# --- what is random, and follows from the seed ----------------------------------------------------

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


# --- networks -------------------------------------------------------------------------------------


def build(
    scenario: Scenario,
    seed: int,
    network: Callable[..., keras.Model] = models.narrow_resnet,
) -> keras.Model:
    """The network, untrained, behind an adaptation network where pictures are encrypted."""
    classifier = network(seed=seed)
    return models.with_adaptation(classifier, seed=seed) if scenario.encrypted else classifier


def compile_model(
    model: keras.Model, rate: float | keras.optimizers.schedules.LearningRateSchedule
) -> None:
    """Stochastic gradient descent with momentum, at a learning rate or by a schedule of them.

    The paper names neither momentum nor weight decay; those here are usual for its network.
    """
    model.compile(
        keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=5e-4),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )  # Keras compiles a step by XLA on JAX and on GPUs, and not on TensorFlow's CPU, as it should
    model.optimizer.build(model.trainable_variables)


def rise_and_fall(
    batches: int, rate: float = 0.1
) -> keras.optimizers.schedules.LearningRateSchedule:
    """A learning rate that climbs to `rate` in a quarter of the batches, and falls along a cosine
    to 0.
    """
    rising = batches // 4
    return keras.optimizers.schedules.CosineDecay(
        0.0, batches - rising, warmup_target=rate, warmup_steps=rising
    )


# --- trained networks as files --------------------------------------------------------------------

MOST_SEED = 1_000_000  # that a study takes


def load(
    source: str | Path, network: Callable[..., keras.Model] = models.narrow_resnet
) -> tuple[keras.Model, dict]:
    """A trained network: a shipped one by its scenario, or one from a file.

    It computes in float32, in whatever precision it was trained, so that attacks on it are exact.

    Args:
        source: the name of one of `SCENARIOS`, or the path of an .npz file.
        network: makes the untrained network.

    Returns:
        (model, about): the network, and the words about its training, of which "scenario", "seed",
        "error" (its last on what it learned from) and "seconds" are some.

    Raises:
        ValueError: for an unknown name, a damaged file, or one of another network.
        FileNotFoundError: where there is no such file.

    Source: the paper, section III.

    >>> model, about = load("Encrypted")
    >>> model.output_shape, about["scenario"], about["seed"]
    ((None, 10), 'Encrypted', 1)
    """
    path = as_path(source)
    if not path.suffix:
        if str(source) not in SCENARIOS:
            known = ", ".join(SCENARIOS)
            raise ValueError(f"There is no scenario {str(source)!r}: choose one of {known}.")
        path = manifest.checked(f"weights/classroom/{source}.npz")
    arrays = read_npz(path)
    with naming(path, "trained model"):
        about = check_about(json_in(arrays, "about"), network.__name__)
        model = build(SCENARIOS[about["scenario"]], about["seed"], network)
        model.set_weights(weights_for(model, arrays))
    return model, about


def weights_for(model: keras.Model, arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Those of a file; ValueError unless they are for such a model, and finite."""
    wanted = {f"{i:03d}": weights for i, weights in enumerate(model.get_weights())}
    fit = arrays.keys() == wanted.keys() | {"about"} and all(
        arrays[name].shape == weights.shape
        and arrays[name].dtype == kept_as(weights)
        and np.isfinite(arrays[name]).all()
        for name, weights in wanted.items()
    )
    if not fit:
        raise ValueError("the weights are none for this network: train it anew.")
    return [arrays[name] for name in wanted]


def kept_as(weights: np.ndarray) -> type:
    """The type of an array of weights in a file: half precision for matrices."""
    return np.float16 if weights.ndim > 1 else np.float32


def check_about(about: object, network: str) -> dict:
    """The words about a training; ValueError unless they have all parts, of such a network."""
    parts = {"scenario", "scale", "seed", "training_data", "error", "seconds"}
    if (
        not isinstance(about, dict)
        or about.keys() != parts
        or about["scenario"] not in list(SCENARIOS)
        or not isinstance(about["scale"], dict)
        or about["scale"].get("network") != network
        or type(about["seed"]) is not int
        or not 0 <= about["seed"] <= MOST_SEED
        or not (is_number(about["error"], 1) and is_number(about["seconds"]))
    ):
        raise ValueError("its words about the training are none of ours: train it anew.")
    return about


def is_number(value: object, most: float = 1e9) -> bool:
    """Whether something out of a JSON file is a number from 0 to `most`, and not true or false."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= most


# --- results --------------------------------------------------------------------------------------

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
