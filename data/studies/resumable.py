"""Training that can be stopped at any moment and goes on as if nothing had happened.

A batch is made when its turn comes, by a function of its number alone, since adversarial examples
depend on the network of that moment. So a checkpoint is no more than all variables and a number.
"""

from __future__ import annotations

import contextlib
import functools
import json
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from data.studies.in_pieces import read_set, write_set
from helpers.files import json_in, naming
from helpers.learnable.gradients import Floats, Labels
from helpers.quiet_keras import keras

Batch = tuple[Floats, Labels]  # pictures float32 (n, height, width, 3), labels (n,)
Learned = tuple[float, int, int]  # the loss of a batch, how many were wrong before it, of how many
MANY = 32  # batches in one call at most
QUICK = 1.0  # seconds: while a call takes less, the next one may take twice as many batches


class Training:
    """A compiled model on its way through `epochs` times `batches` batches.

    `about` says what is trained, and on what: a checkpoint that says something else is refused.
    `learn(i, most)` is for who makes and learns up to `most` batches in one call, from batch i on.
    """

    def __init__(
        self,
        model: keras.Model,
        batch: Callable[[int], Batch],
        epochs: int,
        batches: int,
        about: dict[str, object],
        devices: int = 1,
        learn: Callable[[int, int], list[Learned]] | None = None,
    ):
        self.model, self.batch, self.about, self.devices = model, batch, about, devices
        self.learn, self.most = learn or self.learn_one, 1
        self.batches, self.total = batches, epochs * batches
        self.done, self.seconds = 0, 0.0
        self.wrong = self.seen = 0  # pictures of this epoch

    def advance(self) -> None:
        """Learn from one batch, or from as many as take about a second where several can be learned
        in one call; ValueError where a loss is no finite number.
        """
        started = time.perf_counter()
        if self.done % self.batches == 0:
            self.wrong = self.seen = 0
        for loss, wrong, seen in self.learn(self.done, self.most):
            if not math.isfinite(loss):
                raise self.diverged(f"its loss is {loss}")
            self.wrong, self.seen = self.wrong + wrong, self.seen + seen
            self.done += 1
        took = time.perf_counter() - started
        self.most = min(2 * self.most, MANY) if took < QUICK else max(1, self.most // 2)
        self.seconds += took

    def learn_one(self, i: int, most: int) -> list[Learned]:
        """Learn from batch `i` alone."""
        x, y = self.batch(i)
        loss, accuracy = learn(self.model, x, y, self.devices)
        return [(loss, round((1 - accuracy) * len(y)), len(y))]

    @property
    def error(self) -> float:
        """The share of this epoch's pictures that were wrong as they were learned."""
        return self.wrong / max(self.seen, 1)

    def run(self, checkpoint: Path, save_every: float = 30.0, until: float = math.inf) -> bool:
        """Train to the end, from `checkpoint` if there is one; False where it was stopped before,
        or stopped by itself after the time `until`, as `time.monotonic` counts it: at least one
        batch is learned each time.

        A checkpoint is written at the end, and every `save_every` seconds. ValueError where the
        training diverges: the last checkpoint stays, from when all was well.
        """
        if checkpoint.exists():
            self.resume(checkpoint)
        saved, late = time.perf_counter(), False
        label = str(self.about.get("scenario", ""))
        with (
            finishing_the_batch() as stop,
            tqdm(total=self.total, initial=self.done, desc=label, unit="batch") as bar,
        ):
            while self.done < self.total and not stop.is_set() and not late:
                self.advance()
                bar.update(self.done - bar.n)
                late = time.monotonic() >= until
                if time.perf_counter() - saved > save_every:
                    self.save(checkpoint)
                    saved = time.perf_counter()
            self.save(checkpoint)
        return self.done == self.total

    # --- checkpoints ------------------------------------------------------------------------------

    def variables(self) -> list[keras.Variable]:
        return [*self.model.variables, *self.model.optimizer.variables]

    def save(self, checkpoint: Path) -> None:
        """Everything that the next batch depends on: the whole of it or nothing, see `in_pieces`.

        ValueError, and no file, where a variable is no finite number.
        """
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        values = {f"{i:04d}": keras.ops.convert_to_numpy(v) for i, v in enumerate(self.variables())}
        if not all(np.isfinite(value).all() for value in values.values()):
            raise self.diverged("some of its variables are no finite numbers")
        progress = np.array([self.done, self.wrong, self.seen, self.seconds])
        about = np.array(json.dumps(self.about))
        write_set(checkpoint, {**values, "progress": progress, "about": about})

    def resume(self, checkpoint: Path) -> None:
        """Go on from what `save` wrote; ValueError, and nothing changed, where it is of another
        training or damaged.
        """
        arrays = read_set(checkpoint)
        with naming(checkpoint, "checkpoint"):
            found = json_in(arrays, "about")
        if found != json.loads(json.dumps(self.about)):
            raise ValueError(
                f"{checkpoint} is no checkpoint of {self.name} with these settings: move it away "
                "to begin anew."
            )
        if not self.fits(arrays) or not self.may_be(arrays["progress"]):
            raise ValueError(f"{checkpoint} is damaged: move it away to begin anew.")
        with on_all_devices(self.devices):
            for i, variable in enumerate(self.variables()):
                variable.assign(arrays[f"{i:04d}"])
        *counts, self.seconds = arrays["progress"].tolist()
        self.done, self.wrong, self.seen = map(int, counts)

    def fits(self, arrays: dict[str, np.ndarray]) -> bool:
        """Whether a checkpoint has a finite value of the right type and shape for each variable."""
        wanted = {f"{i:04d}": v for i, v in enumerate(self.variables())}
        return arrays.keys() == wanted.keys() | {"about", "progress"} and all(
            arrays[name].dtype == variable.dtype
            and arrays[name].shape == variable.shape
            and np.isfinite(arrays[name]).all()
            for name, variable in wanted.items()
        )

    def may_be(self, progress: np.ndarray) -> bool:
        """Whether these are (done, wrong, seen, seconds) of a moment in this training."""
        if progress.shape != (4,) or progress.dtype != float or not np.isfinite(progress).all():
            return False
        done, wrong, seen, seconds = progress.tolist()
        whole = all(number.is_integer() for number in (done, wrong, seen))
        return whole and 0 <= done <= self.total and 0 <= wrong <= seen and seconds >= 0

    # --- in words ---------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return f"{self.about.get('scenario', 'a network')}, seed {self.about.get('seed')}"

    def diverged(self, how: str) -> ValueError:
        return ValueError(
            f"The training of {self.name} diverged by batch {self.done + 1}, {how}: move its "
            "checkpoint away, if it has one, and begin anew with a smaller learning rate."
        )


@contextlib.contextmanager
def finishing_the_batch() -> Iterator[threading.Event]:
    """Ctrl-C and a polite kill set the event, so that the batch at hand is finished first.

    What was ignored before, as Ctrl-C is in the background, stays ignored.
    """
    stop, before = threading.Event(), {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) != signal.SIG_IGN:
                before[number] = signal.signal(number, lambda *_: stop.set())
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# --- one step, on one device or several -----------------------------------------------------------


def learn(
    model: keras.Model, x: np.ndarray, y: np.ndarray, devices: int = 1
) -> tuple[float, float]:
    """One step of the optimizer; the loss, and the share of the batch that was right, before it."""
    if devices == 1:
        found = model.train_on_batch(x, y, return_dict=True)
        return float(found["loss"]), float(found["accuracy"])
    # `fit` shares a batch between devices; `train_on_batch` would give all of it to each.
    history = model.fit(x, y, batch_size=len(x), shuffle=False, verbose=0).history
    return history["loss"][0], history["accuracy"][0]


@functools.cache
def strategy(devices: int):
    """Data-parallel training on so many GPUs; without them, on as many parts of the CPU.

    ValueError where there are fewer GPUs, and where Keras does not run on TensorFlow.
    """
    if keras.backend.backend() != "tensorflow":
        raise ValueError("To share batches between devices takes Keras on TensorFlow: use one.")
    from helpers.quiet_keras import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if 0 < len(gpus) < devices:
        raise ValueError(
            f"{devices} devices are asked for, and there are {len(gpus)} GPUs: ask less."
        )
    kind = "GPU" if gpus else "CPU"
    if kind == "CPU":
        parts = [tf.config.LogicalDeviceConfiguration()] * devices
        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(cpu, parts)
    return tf.distribute.MirroredStrategy([f"{kind}:{i}" for i in range(devices)])


def on_all_devices(devices: int) -> contextlib.AbstractContextManager:
    """Within it, variables are made on, and given to, all devices."""
    return contextlib.nullcontext() if devices == 1 else strategy(devices).scope()
