"""The paper's five scenarios, trained, measured and kept.

    python -m data.studies.scenarios --scale classroom

trains all five, measures them (see `measures`) and writes weights and the results as JSON. It can
be stopped at any moment, with Ctrl-C or by pulling the plug, and goes on where it was when it is
given again: everything random in batch i follows from the seed and from i alone, so the result is
the same.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from data.studies import cifar10, measures, publish, trained
from data.studies.reports import Report
from data.studies.resnet18 import resnet18
from data.studies.resumable import Training, on_all_devices
from helpers import manifest
from helpers.files import digest_of
from helpers.learnable import datasets, ladder
from helpers.learnable.cipher_gradients import bytes_to_floats
from helpers.learnable.gradients import Floats, Labels
from helpers.learnable.models import narrow_resnet
from helpers.learnable.scenarios import (
    BATCH_KEY,
    NOISE,
    SCENARIOS,
    TEST_KEY,
    Scenario,
    batch_of,
    build,
    cipher_of,
    stream,
)
from helpers.learnable.scramble import Pictures
from helpers.quiet_keras import keras

CHECKPOINTS = manifest.ROOT / "build" / "checkpoints"

# --- how large the experiment is ------------------------------------------------------------------


@dataclass(frozen=True)
class Scale:
    """The pictures, the network, how long and how fast it learns, and against which noise.

    The learning rate climbs to `rate` and falls to 0 along a cosine; where it `drops_after` so many
    epochs, it is `rate` before and a tenth of it after. `eps_iter` and `nb_iter` are the attack's
    in adversarial training; tests are always attacked as in the paper.
    """

    name: str
    dataset: str
    network: Callable[..., keras.Model]
    epochs: int
    encrypted_epochs: int
    adversarial_epochs: int
    eps_iter: float
    nb_iter: int
    attacked: int  # test pictures for Table I
    climbed: int  # test pictures for the ladder
    rate: float = 0.1
    drops_after: int = 0
    batch: int = 128
    precision: str = "float32"
    eps: float = 0.1

    def epochs_of(self, scenario: Scenario) -> int:
        """How often a scenario sees all pictures. (To read a cipher takes longer to learn.)"""
        if scenario.adversarial:
            return self.adversarial_epochs
        return self.encrypted_epochs if scenario.encrypted else self.epochs

    def attack(self) -> dict[str, Any]:
        """The budget of the attack in adversarial training."""
        return {"eps": self.eps, "eps_iter": self.eps_iter, "nb_iter": self.nb_iter}


SCALES = {
    "classroom": Scale(
        name="classroom",
        dataset="pictograms",
        network=narrow_resnet,
        epochs=8,
        encrypted_epochs=8,
        adversarial_epochs=8,
        eps_iter=0.1,
        nb_iter=1,
        attacked=500,
        climbed=200,
    ),
    "laptop": Scale(
        name="laptop",
        dataset="cifar10",
        network=narrow_resnet,
        epochs=8,
        encrypted_epochs=12,
        adversarial_epochs=3,
        eps_iter=0.04,
        nb_iter=5,
        attacked=1000,
        climbed=1000,
    ),
    "paper": Scale(
        name="paper",
        dataset="cifar10",
        network=resnet18,
        epochs=100,
        encrypted_epochs=100,
        adversarial_epochs=100,
        eps_iter=0.01,
        nb_iter=20,
        attacked=10_000,
        climbed=1000,
        drops_after=40,
        precision="mixed_bfloat16",  # as wide as float32: an attack's small slopes do not vanish
    ),
}


@dataclass(frozen=True)
class Examples:
    """Pictures uint8 (n, 32, 32, 3) and labels uint8 (n,), to learn from and to be tested on."""

    x_train: Pictures
    y_train: Labels
    x_test: Pictures
    y_test: Labels


def examples(scale: Scale, file: str | None = None) -> Examples:
    """The pictures of a scale: 6,000 + 2,000 pictograms, the same at each call, or CIFAR-10."""
    if scale.dataset == "cifar10":
        train, test = cifar10.cifar10(file)
    else:
        train = datasets.pictograms(np.random.default_rng(1), 6000)
        test = datasets.pictograms(np.random.default_rng(2), 2000)
    return Examples(*train, *test)


# --- training -------------------------------------------------------------------------------------


@contextlib.contextmanager
def in_precision(policy: str) -> Iterator[None]:
    """What is built here computes as this Keras policy says, and what is built later as before."""
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(usual)


def training(
    scenario: Scenario, scale: Scale, data: Examples, seed: int, devices: int = 1
) -> Training:
    """A scenario's network before its first batch."""
    batches = math.ceil(len(data.x_train) / scale.batch)
    epochs = scale.epochs_of(scenario)
    with on_all_devices(devices):
        with in_precision(scale.precision):
            model = build(scenario, seed, scale.network)
        compile_model(model, schedule(scale, epochs, batches))
    about = describe(scale, data, seed) | {"scenario": scenario.name}
    make = functools.partial(batch, model, scenario, scale, data, seed)
    return Training(model, make, epochs, batches, about, devices)


def batch(
    model: keras.Model, scenario: Scenario, scale: Scale, data: Examples, seed: int, i: int
) -> tuple[Floats, Labels]:
    """Batch `i` as the network sees it: float32 (n, 32, 32, 3) from 0 to 1, and labels (n,).

    First augmentation, then noise, then encryption, as in the paper's Figure 5.
    """
    pictures, labels = batch_of(data.x_train, data.y_train, scale.batch, seed, i)
    if scenario.adversarial:
        pictures = ladder.model_fed_plain(model, pictures, labels, **scale.attack())
    cipher = cipher_of(scenario, seed, BATCH_KEY, i)
    return bytes_to_floats(cipher.encrypt(pictures) if cipher else pictures), labels


def schedule(
    scale: Scale, epochs: int, batches: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """The learning rate by the batch."""
    if scale.drops_after:
        return keras.optimizers.schedules.PiecewiseConstantDecay(
            [scale.drops_after * batches], [scale.rate, scale.rate / 10]
        )
    return rise_and_fall(epochs * batches, scale.rate)


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


def describe(scale: Scale, data: Examples, seed: int) -> dict[str, object]:
    """What a training and its results depend on, for files."""
    settings = asdict(scale) | {"network": scale.network.__name__}
    digest = digest_of({"pictures": data.x_train, "labels": data.y_train})
    return {"scale": settings, "seed": seed, "training_data": digest[:16]}


# --- measuring ------------------------------------------------------------------------------------


def measure(
    report: Report, scenario: Scenario, scale: Scale, data: Examples, seed: int, file: Path
) -> None:
    """A scenario's row of Table I, and where its noise may tell the label, whether it does."""
    model, about = load_for(report, scenario, scale, file)
    few = data.x_test[: scale.attacked], data.y_test[: scale.attacked]
    cipher_at = functools.partial(cipher_of, scenario, seed, TEST_KEY)
    row = {"train": about["error"], "training_seconds": about["seconds"]}
    row["test"] = measures.error(model, cipher_at, data.x_test, data.y_test)
    row["adversarial"] = measures.adversarial_error(model, cipher_at, *few)
    if scenario.adversarial:
        own = measures.adversarial_error(model, cipher_at, *few, **scale.attack())
        row["adversarial_as_in_training"] = own
    row["adaptive"] = measures.adaptive_error(model, cipher_at, *few)
    cipher = cipher_at(0)
    if cipher is not None and not scenario.fresh_keys:
        leaking = measures.leaking(model, cipher, *few, stream(seed, NOISE), **scale.attack())
        report.add("label_leaking", scenario.name, leaking)
    report.add("scenarios", scenario.name, row)


def load_for(
    report: Report, scenario: Scenario, scale: Scale, file: Path
) -> tuple[keras.Model, dict]:
    """`trained.load`; ValueError where the file is not of what the report is about."""
    model, about = trained.load(file, scale.network)
    expected = report.content["about"] | {"scenario": scenario.name}
    if {part: about[part] for part in expected} != json.loads(json.dumps(expected)):
        raise ValueError(f"{file} is a model of other settings or pictures: move it away first.")
    return model, about


def measure_ladder(
    report: Report, scale: Scale, data: Examples, seed: int, files: dict[str, Path]
) -> None:
    """The ladder of attacks on the model "Encrypted", for each eps that is not yet there."""
    encrypted, plain = (
        load_for(report, SCENARIOS[name], scale, files[name])[0] for name in ("Encrypted", "Plain")
    )
    few = data.x_test[: scale.climbed], data.y_test[: scale.climbed]
    cipher = cipher_of(SCENARIOS["Encrypted"], seed)
    assert cipher is not None
    for i, size in enumerate(tqdm(measures.EPS_IN_BYTES, desc="ladder", unit="eps")):
        if f"{size:g}" not in report.content["ladder"]:
            rng = stream(seed, NOISE, i + 1)
            found = measures.ladder_errors(encrypted, plain, cipher, *few, eps=size / 255, rng=rng)
            report.add("ladder", f"{size:g}", found)


# --- as a command ---------------------------------------------------------------------------------


def run(scale: Scale, data: Examples, seed: int, folder: Path, devices: int = 1) -> Report | None:
    """Train and measure what is not yet there; None where it was stopped before the end.

    Weights and results come to be below `folder`, checkpoints in build/. OSError, before any work,
    where they cannot be written, and where another run is at the same.
    """
    name = run_name(scale, seed)
    results, files = folder / "results" / f"scenarios_{name}.json", weights_in(folder, scale, seed)
    checkpoints = {scenario: CHECKPOINTS / name / f"{scenario}.npz" for scenario in SCENARIOS}
    for path in (results, *files.values(), *checkpoints.values()):
        publish.check_writable_result(path)
    with publish.one_at_a_time(CHECKPOINTS / name, wait=False):
        command = f"python -m data.studies.scenarios --scale {scale.name} --seed {seed}"
        report = Report(results, describe(scale, data, seed), command)
        if not train_and_measure(report, scale, data, seed, files, checkpoints, devices):
            return None
    for path in (results, *files.values()):
        publish.enter(path, command)
    return report


def train_and_measure(
    report: Report,
    scale: Scale,
    data: Examples,
    seed: int,
    files: dict[str, Path],
    checkpoints: dict[str, Path],
    devices: int,
) -> bool:
    """What `run` does, scenario by scenario; False where it was stopped before the end."""
    for scenario in SCENARIOS.values():
        file = files[scenario.name]
        if not file.exists():
            underway = training(scenario, scale, data, seed, devices)
            if not underway.run(checkpoints[scenario.name]):
                return False
            trained.save(file, underway)
            checkpoints[scenario.name].unlink()
        if scenario.name not in report.content["scenarios"]:
            measure(report, scenario, scale, data, seed, file)
    measure_ladder(report, scale, data, seed, files)
    return True


def run_name(scale: Scale, seed: int) -> str:
    return scale.name if seed == 1 else f"{scale.name}_seed{seed}"


def weights_in(folder: Path, scale: Scale, seed: int) -> dict[str, Path]:
    """Where each scenario's trained weights come to be."""
    return {name: weights_of(folder, scale, seed, name) for name in SCENARIOS}


def weights_of(folder: Path, scale: Scale, seed: int, name: str) -> Path:
    """Where the trained weights of one network come to be."""
    return folder / "weights" / run_name(scale, seed) / f"{name}.npz"


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    made = argparse.ArgumentParser(
        prog="python -m data.studies.scenarios", description=main.__doc__
    )
    made.add_argument("--scale", choices=SCALES, default="classroom")
    made.add_argument("--seed", type=publish.seed, default=1)
    made.add_argument("--cifar10", help="an .npz file with CIFAR-10; default: Keras' download")
    made.add_argument("--devices", type=int, default=1, help="how many share each batch")
    made.add_argument("--output", type=Path, default=CHECKPOINTS.parent, help="default: build/")
    return made


def main() -> None:
    """Train the paper's five scenarios, measure them, and write table, ladder and weights.

    Given again after a stop, the command goes on where it was.
    """
    options = parser().parse_args()
    scale = SCALES[options.scale]
    if not 1 <= options.devices <= scale.batch:
        parser().error(
            f"1 to {scale.batch} devices can share a batch of {scale.batch}, not {options.devices}"
        )
    if options.cifar10 is not None and scale.dataset != "cifar10":
        parser().error(f"the scale {scale.name} learns {scale.dataset}: leave --cifar10 out")
    try:
        data = examples(scale, options.cifar10)
        report = run(scale, data, options.seed, options.output, options.devices)
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from None
    except KeyboardInterrupt:
        report = None
    if report is None:
        raise SystemExit("Stopped; the same command goes on from here.")
    print(report.table())


if __name__ == "__main__":
    main()
