"""The paper's five scenarios, trained, measured and kept.

    python -m data.studies.scenarios --scale classroom

trains all five, measures them (see `measures`) and writes weights and the results as JSON. It can
be stopped at any moment, with Ctrl-C or by pulling the plug, and goes on where it was when it is
given again: everything random in batch i follows from the seed and from i alone, so the result is
the same. Where a machine is lent for minutes, it takes them in slices:

    KERAS_BACKEND=jax python -m data.studies.scenarios --scale paper --seconds 540

stops by itself after nine minutes, and its checkpoints, in build/checkpoints, are files of at most
16 MiB. (With JAX_COMPILATION_CACHE_DIR set to a folder, the next slice need not compile again.)
ResNet18 was rehearsed so on a CPU, a few small batches in slices, to the same bits; no GPU has run
it yet.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from data.studies import measures, publish, trained
from data.studies.in_pieces import remove_set
from data.studies.on_device import OnDevice, shared_noise
from data.studies.reports import Report
from data.studies.resumable import Training, on_all_devices
from data.studies.scales import SCALES, Examples, Scale, examples
from helpers import manifest
from helpers.files import digest_of
from helpers.learnable import ladder
from helpers.learnable.cipher_gradients import bytes_to_floats
from helpers.learnable.gradients import Floats, Labels
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
from helpers.quiet_keras import keras

CHECKPOINTS = manifest.ROOT / "build" / "checkpoints"

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
    if devices > 1 or on_a_cpu():
        make = functools.partial(batch, model, scenario, scale, data, seed, devices=devices)
        return Training(model, make, epochs, batches, about, devices)
    pictures = data.x_train, data.y_train
    there = OnDevice(model, scenario, *pictures, scale.batch, seed, scale.attack())
    learn = there.learn if keras.backend.backend() == "jax" else None
    return Training(model, there.batch, epochs, batches, about, learn=learn)


def on_a_cpu() -> bool:
    """Whether TensorFlow computes on a CPU, where batches made by NumPy are the quicker ones."""
    return keras.backend.backend() == "tensorflow" and not keras.distribution.list_devices("gpu")


def batch(
    model: keras.Model,
    scenario: Scenario,
    scale: Scale,
    data: Examples,
    seed: int,
    i: int,
    devices: int = 1,
) -> tuple[Floats, Labels]:
    """Batch `i` as the network sees it: float32 (n, 32, 32, 3) from 0 to 1, and labels (n,).

    First augmentation, then noise, then encryption, as in the paper's Figure 5.
    """
    pictures, labels = batch_of(data.x_train, data.y_train, scale.batch, seed, i)
    if scenario.adversarial and devices > 1:
        pictures = noise_of(model, devices, **scale.attack())(pictures, labels)
    elif scenario.adversarial:
        pictures = ladder.model_fed_plain(model, pictures, labels, **scale.attack())
    cipher = cipher_of(scenario, seed, BATCH_KEY, i)
    return bytes_to_floats(cipher.encrypt(pictures) if cipher else pictures), labels


noise_of = functools.lru_cache(maxsize=1)(shared_noise)  # it is compiled once for a model


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
    report: Report,
    scale: Scale,
    data: Examples,
    seed: int,
    files: dict[str, Path],
    until: float = math.inf,
) -> bool:
    """The ladder of attacks on the model "Encrypted", for each eps that is not yet there; False
    where it was stopped at the time `until`.
    """
    encrypted, plain = (
        load_for(report, SCENARIOS[name], scale, files[name])[0] for name in ("Encrypted", "Plain")
    )
    few = data.x_test[: scale.climbed], data.y_test[: scale.climbed]
    cipher = cipher_of(SCENARIOS["Encrypted"], seed)
    assert cipher is not None
    for i, size in enumerate(tqdm(measures.EPS_IN_BYTES, desc="ladder", unit="eps")):
        if f"{size:g}" not in report.content["ladder"]:
            if time.monotonic() > until:
                return False
            rng = stream(seed, NOISE, i + 1)
            found = measures.ladder_errors(encrypted, plain, cipher, *few, eps=size / 255, rng=rng)
            report.add("ladder", f"{size:g}", found)
    return True


# --- as a command ---------------------------------------------------------------------------------


def run(
    scale: Scale,
    data: Examples,
    seed: int,
    folder: Path,
    devices: int = 1,
    until: float = math.inf,
) -> Report | None:
    """Train and measure what is not yet there; None where it was stopped before the end, or stopped
    by itself at the time `until`.

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
        if not train_and_measure(report, scale, data, seed, files, checkpoints, devices, until):
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
    until: float,
) -> bool:
    """What `run` does, scenario by scenario, those first that learn quickly; False where it was
    stopped before the end.
    """
    for scenario in sorted(SCENARIOS.values(), key=lambda each: each.adversarial):
        file = files[scenario.name]
        if not file.exists():
            underway = training(scenario, scale, data, seed, devices)
            if not underway.run(checkpoints[scenario.name], until=until):
                return False
            trained.save(file, underway)
            remove_set(checkpoints[scenario.name])
        if scenario.name not in report.content["scenarios"]:
            if time.monotonic() > until:
                return False
            measure(report, scenario, scale, data, seed, file)
    return measure_ladder(report, scale, data, seed, files, until)


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
    add_seconds(made)
    return made


def seconds(text: str) -> float:
    """How long a slice is, from the command line."""
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not found > 0:  # put this way, nan is refused too
        raise argparse.ArgumentTypeError(
            f"a slice takes a number of seconds above 0, and {text!r} is none: give 540, say"
        )
    return found


def add_seconds(made: argparse.ArgumentParser) -> None:
    """The option for who takes a long training in slices."""
    made.add_argument(
        "--seconds",
        type=seconds,
        default=math.inf,
        help="after these it stops by itself, at the next batch or measurement; default: never",
    )


def main() -> None:
    """Train the paper's five scenarios, measure them, and write table, ladder and weights.

    Given again after a stop, the command goes on where it was.
    """
    options = parser().parse_args()
    until, scale = time.monotonic() + options.seconds, SCALES[options.scale]
    if not 1 <= options.devices <= scale.batch:
        parser().error(
            f"1 to {scale.batch} devices can share a batch of {scale.batch}, not {options.devices}"
        )
    if options.cifar10 is not None and scale.dataset != "cifar10":
        parser().error(f"the scale {scale.name} learns {scale.dataset}: leave --cifar10 out")
    try:
        data = examples(scale, options.cifar10)
        report = run(scale, data, options.seed, options.output, options.devices, until)
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from None
    except KeyboardInterrupt:
        report = None
    if report is None:
        raise SystemExit("Stopped; the same command goes on from here.")
    print(report.table())


if __name__ == "__main__":
    main()
