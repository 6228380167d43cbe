"""Training that can be stopped at any moment and goes on as if nothing had happened.

A batch is made when its turn comes, by a function of its number alone, since adversarial examples
depend on the network of that moment. So a checkpoint is no more than all variables and a number.
"""

from __future__ import annotations

import contextlib
import functools
import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from helpers.files import read_npz, write_npz
from helpers.quiet_keras import keras

Batch = tuple[np.ndarray, np.ndarray]  # pictures float32 (n, height, width, 3), labels (n,)


class Training:
    """A compiled model on its way through `epochs` times `batches` batches.

    `about` says what is trained, and on what: a checkpoint that says something else is refused.
    """

    def __init__(
        self,
        model: keras.Model,
        batch: Callable[[int], Batch],
        epochs: int,
        batches: int,
        about: dict[str, object],
        devices: int = 1,
    ):
        self.model, self.batch, self.about, self.devices = model, batch, about, devices
        self.batches, self.total = batches, epochs * batches
        self.done, self.seconds = 0, 0.0
        self.wrong = self.seen = 0  # pictures of this epoch

    def advance(self) -> None:
        """Learn from one batch."""
        started = time.perf_counter()
        if self.done % self.batches == 0:
            self.wrong = self.seen = 0
        x, y = self.batch(self.done)
        self.wrong += round((1 - learn(self.model, x, y, self.devices)) * len(y))
        self.seen += len(y)
        self.done += 1
        self.seconds += time.perf_counter() - started

    @property
    def error(self) -> float:
        """The share of this epoch's pictures that were wrong as they were learned."""
        return self.wrong / max(self.seen, 1)

    def run(self, checkpoint: Path, save_every: float = 30.0) -> bool:
        """Train to the end, from `checkpoint` if there is one; False where it was stopped before.

        A checkpoint is written at the end, and every `save_every` seconds.
        """
        if checkpoint.exists():
            self.resume(checkpoint)
        saved = time.perf_counter()
        label = str(self.about.get("scenario", ""))
        with (
            stopping_gently() as stop,
            tqdm(total=self.total, initial=self.done, desc=label, unit="batch") as bar,
        ):
            while self.done < self.total and not stop.is_set():
                self.advance()
                bar.update()
                if time.perf_counter() - saved > save_every:
                    self.save(checkpoint)
                    saved = time.perf_counter()
            self.save(checkpoint)
        return self.done == self.total

    # --- checkpoints ------------------------------------------------------------------------------

    def variables(self) -> list[keras.Variable]:
        return [*self.model.variables, *self.model.optimizer.variables]

    def save(self, checkpoint: Path) -> None:
        """Everything that the next batch depends on: the whole file or nothing."""
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        values = {f"{i:04d}": keras.ops.convert_to_numpy(v) for i, v in enumerate(self.variables())}
        progress = np.array([self.done, self.wrong, self.seen, self.seconds])
        about = np.array(json.dumps(self.about))
        write_npz(checkpoint, {**values, "progress": progress, "about": about})

    def resume(self, checkpoint: Path) -> None:
        """Go on from what `save` wrote; ValueError, and nothing changed, where it is of another
        training.
        """
        arrays = read_npz(checkpoint)
        found = json.loads(str(arrays.get("about", "{}")))
        if found != json.loads(json.dumps(self.about)):
            raise ValueError(
                f"{checkpoint} is no checkpoint of {brief(self.about)} with these settings, but "
                f"of {brief(found)}: move it away to begin anew."
            )
        with everywhere(self.devices):
            for i, variable in enumerate(self.variables()):
                variable.assign(arrays[f"{i:04d}"])
        done, wrong, seen, self.seconds = arrays["progress"].tolist()
        self.done, self.wrong, self.seen = int(done), int(wrong), int(seen)


def brief(about: dict[str, object]) -> str:
    """The scenario and the seed of a checkpoint, in words."""
    return f"{about.get('scenario', 'something else')}, seed {about.get('seed', 'unknown')}"


@contextlib.contextmanager
def stopping_gently() -> Iterator[threading.Event]:
    """Ctrl-C and a polite kill set the event, so that the batch at hand is finished first."""
    stop, before = threading.Event(), {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, lambda *_: stop.set())
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# --- one step, on one device or several -----------------------------------------------------------


def learn(model: keras.Model, x: np.ndarray, y: np.ndarray, devices: int = 1) -> float:
    """One step of the optimizer; the share of the batch that was right before it."""
    if devices == 1:
        return float(model.train_on_batch(x, y, return_dict=True)["accuracy"])
    # `fit` shares a batch between devices; `train_on_batch` would give all of it to each.
    return model.fit(x, y, batch_size=len(x), shuffle=False, verbose=0).history["accuracy"][0]


@functools.cache
def strategy(devices: int):
    """Data-parallel training on so many GPUs; without them, on as many parts of the CPU."""
    from helpers.quiet_keras import tensorflow as tf

    kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
    if kind == "CPU":
        parts = [tf.config.LogicalDeviceConfiguration()] * devices
        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(cpu, parts)
    return tf.distribute.MirroredStrategy([f"{kind}:{i}" for i in range(devices)])


def everywhere(devices: int) -> contextlib.AbstractContextManager:
    """Within it, variables are made on, and given to, all devices."""
    return contextlib.nullcontext() if devices == 1 else strategy(devices).scope()
