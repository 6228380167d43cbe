"""The paper's five scenarios (section III): networks that learn plain or encrypted pictures, with
or without adversarial training, under one key or under a new key for each batch.

    python -m helpers.learnable.scenarios --scale classroom

trains all five, measures them (see `evaluation`) and writes the results as JSON. It can be stopped
at any moment, with Ctrl-C or by pulling the plug, and goes on where it was when it is given again:
everything random in batch i follows from the seed and from i alone, so the result is the same.

"The paper" is AprilPyone, Sirichotedumrong and Kiya, "Adversarial Test on Learnable Image
Encryption".
"""

from __future__ import annotations

import argparse
import functools
import json
import math
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from helpers import commands, manifest
from helpers.files import (
    as_path,
    digest_of,
    json_in,
    naming,
    one_at_a_time,
    read_json,
    read_npz,
    write_json,
    write_npz,
)
from helpers.learnable import datasets, evaluation, ladder, models, scramble
from helpers.learnable.cipher_gradients import as_floats
from helpers.learnable.scramble import BlockScrambler
from helpers.learnable.training import Training, everywhere
from helpers.quiet_keras import keras

CHECKPOINTS = manifest.DATA.parent / "build" / "checkpoints"

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

    def epochs_of(self, scenario: Scenario) -> int:
        """How often a scenario sees all pictures. (To read a cipher takes longer to learn.)"""
        if scenario.adversarial:
            return self.adversarial_epochs
        return self.encrypted_epochs if scenario.encrypted else self.epochs

    def attack(self) -> dict[str, float | int]:
        """The budget of the attack in adversarial training; eps is the paper's."""
        return {"eps": 0.1, "eps_iter": self.eps_iter, "nb_iter": self.nb_iter}


SCALES = {
    "classroom": Scale(
        name="classroom",
        dataset="pictograms",
        network=models.narrow_resnet,
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
        network=models.narrow_resnet,
        epochs=8,
        encrypted_epochs=12,
        adversarial_epochs=3,
        eps_iter=0.04,
        nb_iter=5,
        attacked=1000,
        climbed=1000,
    ),
    # The paper names neither momentum nor weight decay; those here, 0.9 and 5e-4 at every scale,
    # are usual for its network.
    "paper": Scale(
        name="paper",
        dataset="cifar10",
        network=models.resnet18,
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

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def examples(scale: Scale, cifar10: str | None = None) -> Examples:
    """The pictures of a scale: 6,000 + 2,000 pictograms, the same at each call, or CIFAR-10."""
    if scale.dataset == "cifar10":
        train, test = datasets.cifar10(cifar10)
    else:
        train = datasets.pictograms(np.random.default_rng(1), 6000)
        test = datasets.pictograms(np.random.default_rng(2), 2000)
    return Examples(*train, *test)


# --- what is random, and follows from the seed ----------------------------------------------------

KEY, ORDER, BATCH, BATCH_KEY, TEST_KEY, NOISE = range(6)  # what a stream of random numbers is for


def stream(seed: int, purpose: int, i: int = 0) -> np.random.Generator:
    """A generator of its own for each purpose and batch, so that no batch needs the one before."""
    return np.random.default_rng([seed, purpose, i])


def cipher_of(
    scenario: Scenario, seed: int, purpose: int = BATCH_KEY, i: int = 0
) -> BlockScrambler | None:
    """The cipher for batch `i`: none, always the same, or a new one."""
    if not scenario.encrypted:
        return None
    rng = stream(seed, purpose, i) if scenario.fresh_keys else stream(seed, KEY)
    return BlockScrambler(scramble.random_key(rng))


# --- training -------------------------------------------------------------------------------------


def training(
    scenario: Scenario, scale: Scale, data: Examples, seed: int, devices: int = 1
) -> Training:
    """A scenario's network before its first batch."""
    batches = math.ceil(len(data.x_train) / scale.batch)
    epochs = scale.epochs_of(scenario)
    with everywhere(devices):
        model = build(scenario, scale, seed)
        compile_model(model, scale, epochs, batches)
    about = describe(scale, data, seed) | {"scenario": scenario.name}
    make = functools.partial(batch, model, scenario, scale, data, seed)
    return Training(model, make, epochs, batches, about, devices)


def batch(
    model: keras.Model, scenario: Scenario, scale: Scale, data: Examples, seed: int, i: int
) -> tuple[np.ndarray, np.ndarray]:
    """Batch `i` as the network sees it: float32 (n, 32, 32, 3) from 0 to 1, and labels (n,).

    First augmentation, then noise, then encryption, as in the paper's Figure 5.
    """
    epoch, place = divmod(i, math.ceil(len(data.x_train) / scale.batch))
    order = stream(seed, ORDER, epoch).permutation(len(data.x_train))
    rows = order[place * scale.batch :][: scale.batch]
    pictures = datasets.augment(stream(seed, BATCH, i), data.x_train[rows])
    labels = data.y_train[rows]
    if scenario.adversarial:
        pictures = ladder.model_fed_plain(model, pictures, labels, **scale.attack())
    cipher = cipher_of(scenario, seed, BATCH_KEY, i)
    return as_floats(cipher.encrypt(pictures) if cipher else pictures), labels


def build(scenario: Scenario, scale: Scale, seed: int) -> keras.Model:
    """The scale's network, behind an adaptation network where pictures are encrypted."""
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy(scale.precision)
    try:
        classifier = scale.network(seed=seed)
        return models.with_adaptation(classifier, seed=seed) if scenario.encrypted else classifier
    finally:
        keras.config.set_dtype_policy(usual)


def compile_model(model: keras.Model, scale: Scale, epochs: int, batches: int) -> None:
    """Stochastic gradient descent with momentum, its rate on the schedule of the scale."""
    model.compile(
        keras.optimizers.SGD(
            schedule(scale, epochs, batches), momentum=0.9, nesterov=True, weight_decay=5e-4
        ),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )  # Keras compiles a step by XLA on JAX and on GPUs, and not on TensorFlow's CPU, as it should
    model.optimizer.build(model.trainable_variables)


def schedule(
    scale: Scale, epochs: int, batches: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """The learning rate by the batch."""
    if scale.drops_after:
        return keras.optimizers.schedules.PiecewiseConstantDecay(
            [scale.drops_after * batches], [scale.rate, scale.rate / 10]
        )
    rising, falling = epochs * batches // 4, epochs * batches - epochs * batches // 4
    return keras.optimizers.schedules.CosineDecay(
        0.0, falling, warmup_target=scale.rate, warmup_steps=rising
    )


# --- trained models as files ----------------------------------------------------------------------


def save_model(path: Path, finished: Training) -> None:
    """The weights, in half precision where they are matrices, and what they are, as .npz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {
        f"{i:03d}": weights.astype(kept_as(weights))
        for i, weights in enumerate(finished.model.get_weights())
    }
    about = finished.about | {"error": finished.error, "seconds": round(finished.seconds)}
    write_npz(path, arrays | {"about": np.array(json.dumps(about))})


def kept_as(weights: np.ndarray) -> type:
    """The type of an array of weights in a file."""
    return np.float16 if weights.ndim > 1 else np.float32


def load(source: str | Path) -> tuple[keras.Model, dict]:
    """(model, about): a shipped model by its scenario, "Encrypted" say, or one from a file.

    It computes in float32, in whatever precision it was trained, so that attacks on it are exact.
    ValueError for a damaged file or an unknown name, FileNotFoundError for none.
    """
    path = as_path(source)
    if not path.suffix:
        if str(source) not in SCENARIOS:
            known = ", ".join(SCENARIOS)
            raise ValueError(f"There is no scenario {str(source)!r}: choose one of {known}.")
        path = manifest.checked(f"weights/classroom/{source}.npz")
    arrays = read_npz(path)
    with naming(path, "trained model"):
        about = json_in(arrays, "about")
        if not is_about_a_model(about):
            raise ValueError("its words about the training are none of ours: train it anew.")
        scenario, scale = SCENARIOS[about["scenario"]], SCALES[about["scale"]["name"]]
        model = build(scenario, replace(scale, precision="float32"), about["seed"])
        model.set_weights(weights_for(model, arrays))
    return model, about


def weights_for(model: keras.Model, arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Those of `save_model`; ValueError unless they are for such a model, and finite."""
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


def is_about_a_model(about: object) -> bool:
    """Whether it has what `save_model` says: scenario, scale, seed, pictures, error and seconds."""
    parts = {"scenario", "scale", "seed", "training_data", "error", "seconds"}
    if not isinstance(about, dict) or about.keys() != parts:
        return False
    scale, seed = about["scale"], about["seed"]
    name = scale.get("name") if isinstance(scale, dict) else None
    known = is_one_of(SCENARIOS, about["scenario"]) and is_one_of(SCALES, name)
    seeded = type(seed) is int and 0 <= seed <= commands.MOST_SEED
    return known and seeded and is_number(about["error"], 1) and is_number(about["seconds"])


def is_one_of(known: dict[str, object], name: object) -> bool:
    return isinstance(name, str) and name in known


def is_number(value: object, most: float = 1e9) -> bool:
    """Whether something out of a JSON file is a number from 0 to `most`, and not true or false."""
    return type(value) in (int, float) and 0 <= value <= most


# --- results --------------------------------------------------------------------------------------

COLUMNS = ("train", "training_seconds", "test", "adversarial", "adaptive")


def describe(scale: Scale, data: Examples, seed: int) -> dict[str, object]:
    """What a training and its results depend on, for files."""
    settings = asdict(scale) | {"network": scale.network.__name__}
    digest = digest_of({"pictures": data.x_train, "labels": data.y_train})
    return {"scale": settings, "seed": seed, "training_data": digest[:16]}


class Report:
    """Results as they come in, in a JSON file that is whole after each of them."""

    def __init__(self, path: Path, about: dict[str, object], command: str):
        """From the file, if there is one; ValueError where that is about something else."""
        self.path, self.command = path, command
        self.content = {"about": about, "scenarios": {}, "label_leaking": {}, "ladder": {}}
        if path.exists():
            self.content = read_report(path)
            if self.content["about"] != json.loads(json.dumps(about)):
                raise ValueError(
                    f"{path} holds results of other settings or pictures: move it away first."
                )

    def add(self, part: str, name: str, found: dict[str, object]) -> None:
        """Enter what was found, and write the file."""
        self.content[part][name] = found
        seconds = sum(row["training_seconds"] for row in self.content["scenarios"].values())
        self.content["provenance"] = manifest.provenance(
            self.command, self.content["about"]["seed"], seconds
        )
        write_json(self.path, self.content)


def read_report(path: Path) -> dict:
    """The content of a `Report`; ValueError unless it is built as that builds it."""
    content, rows = read_json(path), rows_and_columns()
    parts = {"about", *(part for part, _ in rows)}
    whole = content.keys() - {"provenance"} == parts
    whole = whole and all(isinstance(part, dict) for part in content.values())
    if not whole or not all(
        (part, name) in rows and is_row(row, rows[part, name])
        for part in parts - {"about"}
        for name, row in content[part].items()
    ):
        raise ValueError(f"{path} holds no results of this command: move it away first.")
    return content


def rows_and_columns() -> dict[tuple[str, str], tuple[str, ...]]:
    """The columns of each row that a report may have, by its part and name."""
    rows = {("ladder", f"{size:g}"): evaluation.RUNGS for size in evaluation.EPS_IN_BYTES}
    for name, scenario in SCENARIOS.items():
        as_in_training = ("adversarial_as_in_training",) if scenario.adversarial else ()
        rows["scenarios", name] = (*COLUMNS, *as_in_training)
        if scenario.encrypted and not scenario.fresh_keys:
            rows["label_leaking", name] = evaluation.LEAKING
    return rows


def is_row(row: object, columns: tuple[str, ...]) -> bool:
    """Whether it has a share from 0 to 1 in each column, and seconds where they are asked for."""
    return (
        isinstance(row, dict)
        and sorted(row) == sorted(columns)
        and all(
            is_number(value, 1e9 if column == "training_seconds" else 1)
            for column, value in row.items()
        )
    )


def measure(
    report: Report, scenario: Scenario, scale: Scale, data: Examples, seed: int, file: Path
) -> None:
    """A scenario's row of Table I, and where its noise may tell the label, whether it does."""
    model, about = load_for(report, scenario, file)
    few = data.x_test[: scale.attacked], data.y_test[: scale.attacked]
    cipher_at = functools.partial(cipher_of, scenario, seed, TEST_KEY)
    row = {"train": about["error"], "training_seconds": about["seconds"]}
    row["test"] = evaluation.error(model, cipher_at, data.x_test, data.y_test)
    row["adversarial"] = evaluation.adversarial_error(model, cipher_at, *few)
    if scenario.adversarial:
        own = evaluation.adversarial_error(model, cipher_at, *few, **scale.attack())
        row["adversarial_as_in_training"] = own
    row["adaptive"] = evaluation.adaptive_error(model, cipher_at, *few)
    if scenario.encrypted and not scenario.fresh_keys:
        rng, cipher = stream(seed, NOISE), cipher_at(0)
        leaking = evaluation.label_leaking(model, cipher, *few, rng, **scale.attack())
        report.add("label_leaking", scenario.name, leaking)
    report.add("scenarios", scenario.name, row)


def load_for(report: Report, scenario: Scenario, file: Path) -> tuple[keras.Model, dict]:
    """`load`; ValueError where the file is not of what the report is about."""
    model, about = load(file)
    expected = report.content["about"] | {"scenario": scenario.name}
    if {part: about[part] for part in expected} != json.loads(json.dumps(expected)):
        raise ValueError(f"{file} is a model of other settings or pictures: move it away first.")
    return model, about


def climb(report: Report, scale: Scale, data: Examples, seed: int, files: dict[str, Path]) -> None:
    """The ladder of attacks on the model "Encrypted", for each eps that is not yet there."""
    encrypted, plain = (
        load_for(report, SCENARIOS[name], files[name])[0] for name in ("Encrypted", "Plain")
    )
    few = data.x_test[: scale.climbed], data.y_test[: scale.climbed]
    cipher = cipher_of(SCENARIOS["Encrypted"], seed)
    for i, size in enumerate(tqdm(evaluation.EPS_IN_BYTES, desc="ladder", unit="eps")):
        if f"{size:g}" not in report.content["ladder"]:
            rng = stream(seed, NOISE, i + 1)
            found = evaluation.rungs(encrypted, plain, cipher, *few, eps=size / 255, rng=rng)
            report.add("ladder", f"{size:g}", found)


def results(scale: str) -> list[dict]:
    """The contents of the shipped reports of a scale, one for each seed: none if it was never run.

    ValueError for a scale that there is not.
    """
    if not is_one_of(SCALES, scale):
        raise ValueError(f"There is no scale {scale!r}: choose one of {', '.join(SCALES)}.")
    pattern = rf"results/scenarios_{scale}(_seed\d+)?\.json"
    names = sorted(name for name in manifest.entries() if re.fullmatch(pattern, name))
    return [read_report(manifest.checked(name)) for name in names]


def table(content: dict) -> str:
    """Table I from a report, as text."""
    lines = [f"{'':18}{'train':>8}{'test':>8}{'adversarial':>13}{'adaptive':>10}"]
    for name, row in content["scenarios"].items():
        lines.append(
            f"{name:18}{row['train']:8.3f}{row['test']:8.3f}{row['adversarial']:13.3f}"
            f"{row['adaptive']:10.3f}"
        )
    return "\n".join(lines)


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
        manifest.check_writable_result(path)
    with one_at_a_time(CHECKPOINTS / name, wait=False):
        command = f"python -m helpers.learnable.scenarios --scale {scale.name} --seed {seed}"
        report = Report(results, describe(scale, data, seed), command)
        if not train_and_measure(report, scale, data, seed, files, checkpoints, devices):
            return None
    for path in (results, *files.values()):
        manifest.enter(path, command)
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
            save_model(file, underway)
            checkpoints[scenario.name].unlink()
        if scenario.name not in report.content["scenarios"]:
            measure(report, scenario, scale, data, seed, file)
    climb(report, scale, data, seed, files)
    return True


def run_name(scale: Scale, seed: int) -> str:
    return scale.name if seed == 1 else f"{scale.name}_seed{seed}"


def weights_in(folder: Path, scale: Scale, seed: int) -> dict[str, Path]:
    """Where each scenario's trained weights come to be."""
    place = folder / "weights" / run_name(scale, seed)
    return {name: place / f"{name}.npz" for name in SCENARIOS}


def main() -> None:
    """Train the paper's five scenarios, measure them, and write table, ladder and weights.

    Given again after a stop, the command goes on where it was.
    """
    parser = argparse.ArgumentParser(
        prog="python -m helpers.learnable.scenarios", description=main.__doc__
    )
    parser.add_argument("--scale", choices=SCALES, default="classroom")
    parser.add_argument("--seed", type=commands.seed, default=1)
    parser.add_argument("--cifar10", help="an .npz file with CIFAR-10; default: Keras' download")
    parser.add_argument("--devices", type=int, default=1, help="how many share each batch")
    parser.add_argument("--output", type=Path, default=CHECKPOINTS.parent, help="default: build/")
    options = parser.parse_args()
    scale = SCALES[options.scale]
    if not 1 <= options.devices <= scale.batch:
        parser.error(
            f"1 to {scale.batch} devices can share a batch of {scale.batch}, not {options.devices}"
        )
    if options.cifar10 is not None and scale.dataset != "cifar10":
        parser.error(f"the scale {scale.name} learns {scale.dataset}: leave --cifar10 out")
    try:
        data = examples(scale, options.cifar10)
        report = run(scale, data, options.seed, options.output, options.devices)
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from None
    except KeyboardInterrupt:
        report = None
    if report is None:
        raise SystemExit("Stopped; the same command goes on from here.")
    print(table(report.content))


if __name__ == "__main__":
    main()
