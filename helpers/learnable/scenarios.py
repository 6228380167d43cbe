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
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from helpers import manifest
from helpers.files import digest_of, read_npz, whole_or_nothing, write_npz
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
        precision="mixed_float16",
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
        jit_compile=False,
    )
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
        f"{i:03d}": weights.astype(np.float16 if weights.ndim > 1 else np.float32)
        for i, weights in enumerate(finished.model.get_weights())
    }
    about = finished.about | {"error": finished.error, "seconds": round(finished.seconds)}
    write_npz(path, arrays | {"about": np.array(json.dumps(about))})


def load(source: str | Path) -> tuple[keras.Model, dict]:
    """(model, about): a shipped model by its scenario, "Encrypted" say, or one from a file.

    ValueError for a damaged file or an unknown name, FileNotFoundError for none.
    """
    path = Path(source)
    if not path.suffix:
        path = manifest.checked(f"weights/classroom/{source}.npz")
    arrays = read_npz(path)
    if "about" not in arrays or "progress" in arrays:
        raise ValueError(f"{path.name} holds no trained model: give a file of save_model.")
    about = json.loads(str(arrays.pop("about")))
    scenario, scale = SCENARIOS[about["scenario"]], SCALES[about["scale"]["name"]]
    model = build(scenario, scale, about["seed"])
    model.set_weights([arrays[name] for name in sorted(arrays)])
    return model, about


# --- results --------------------------------------------------------------------------------------


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
            self.content = json.loads(path.read_text(encoding="utf-8"))
            if self.content["about"] != json.loads(json.dumps(about)):
                raise ValueError(
                    f"{path} holds results of other settings or pictures: move it away first."
                )

    def add(self, part: str, name: str, found: dict[str, object]) -> None:
        """Enter what was found, and write the file."""
        self.content[part][name] = found
        seconds = sum(row["training_seconds"] for row in self.content["scenarios"].values())
        self.content["provenance"] = manifest.provenance(
            self.command, self.content["about"]["seed"], seconds, device()
        )
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with whole_or_nothing(self.path) as unfinished:
            unfinished.write_text(json.dumps(self.content, indent=1) + "\n", encoding="utf-8")


def device() -> str | None:
    """The names of the GPUs, None where there are none. (On Keras' TensorFlow backend.)"""
    if keras.backend.backend() != "tensorflow":
        return None
    from helpers.quiet_keras import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    names = [tf.config.experimental.get_device_details(gpu).get("device_name") for gpu in gpus]
    return ", ".join(map(str, names)) or None


def measure(
    report: Report, scenario: Scenario, scale: Scale, data: Examples, seed: int, file: Path
) -> None:
    """A scenario's row of Table I, and where its noise may tell the label, whether it does."""
    model, about = load(file)
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


def climb(report: Report, scale: Scale, data: Examples, seed: int, files: dict[str, Path]) -> None:
    """The ladder of attacks on the model "Encrypted", for each eps that is not yet there."""
    encrypted, plain = load(files["Encrypted"])[0], load(files["Plain"])[0]
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
    if scale not in SCALES:
        raise ValueError(f"There is no scale {scale!r}: choose one of {', '.join(SCALES)}.")
    pattern = rf"results/scenarios_{scale}(_seed\d+)?\.json"
    names = sorted(name for name in manifest.entries() if re.fullmatch(pattern, name))
    return [json.loads(manifest.checked(name).read_text(encoding="utf-8")) for name in names]


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

    Weights and results come to be below `folder`, checkpoints in build/.
    """
    name = run_name(scale, seed)
    command = f"python -m helpers.learnable.scenarios --scale {scale.name} --seed {seed}"
    results = folder / "results" / f"scenarios_{name}.json"
    report = Report(results, describe(scale, data, seed), command)
    files = weights_in(folder, scale, seed)
    for scenario in SCENARIOS.values():
        file = files[scenario.name]
        if not file.exists():
            underway = training(scenario, scale, data, seed, devices)
            checkpoint = CHECKPOINTS / name / f"{scenario.name}.npz"
            if not underway.run(checkpoint):
                return None
            save_model(file, underway)
            checkpoint.unlink()
        if scenario.name not in report.content["scenarios"]:
            measure(report, scenario, scale, data, seed, file)
    climb(report, scale, data, seed, files)
    return report


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
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cifar10", help="an .npz file with CIFAR-10; default: Keras' download")
    parser.add_argument("--devices", type=int, default=1, help="how many share each batch")
    parser.add_argument("--output", type=Path, default=CHECKPOINTS.parent, help="default: build/")
    options = parser.parse_args()
    if options.devices < 1:
        parser.error(f"a batch needs a device or more to share it, not {options.devices}")

    scale = SCALES[options.scale]
    try:
        data = examples(scale, options.cifar10)
        report = run(scale, data, options.seed, options.output, options.devices)
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from None
    if report is None:
        raise SystemExit("Stopped; the same command goes on from here.")
    if options.output.resolve() == manifest.DATA:
        for name in (report.path, *(weights_in(options.output, scale, options.seed).values())):
            manifest.record(name.resolve().relative_to(manifest.DATA).as_posix(), report.command)
    print(table(report.content))


if __name__ == "__main__":
    main()
