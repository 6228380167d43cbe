"""Training that stops and resumes, on one device and on two."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from data.studies.resumable import Training, finishing_the_batch
from helpers.files import digest_of, read_npz, write_npz
from helpers.quiet_keras import keras

pytestmark = pytest.mark.slow

ABOUT = {"scenario": "Toy", "seed": 3}


def toy(about: dict = ABOUT, devices: int = 1) -> Training:
    """A small network that learns which corner of a picture is bright; 5 epochs of 4 batches."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((4, 4, 3)),
            keras.layers.BatchNormalization(),
            keras.layers.Flatten(),
            keras.layers.Dense(4),
        ]
    )
    model.compile(
        keras.optimizers.SGD(0.1, momentum=0.9),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.optimizer.build(model.trainable_variables)
    return Training(model, corner_batch, 5, 4, about, devices)


def corner_batch(i: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([9, i])
    y = rng.integers(0, 4, 32)
    x = rng.random((32, 4, 4, 3), np.float32) / 2
    x[np.arange(32), 3 * (y // 2), 3 * (y % 2)] += 0.5
    return x, y


def weights(training: Training) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(v) for v in training.variables()]


def same(one: Training, other: Training) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(weights(one), weights(other)))


def stopped_after(training: Training, batches: int) -> Training:
    """As if someone gave Ctrl-C in the middle of a batch."""
    make = training.batch

    def interrupted(i: int):
        if i == batches - 1:
            os.kill(os.getpid(), 2)  # SIGINT
        return make(i)

    training.batch = interrupted
    return training


def test_it_learns_and_reports_the_errors_of_the_last_epoch(tmp_path):
    training = toy()
    assert training.run(tmp_path / "c.npz")
    assert training.done == 20 and training.seen == 4 * 32
    assert training.error < 0.1
    assert training.seconds > 0


@pytest.mark.parametrize("batches", [1, 7, 8, 19])
def test_stopped_and_resumed_it_ends_the_same_to_the_bit(tmp_path, batches):
    straight = toy()
    straight.run(tmp_path / "straight.npz")
    assert not stopped_after(toy(), batches).run(tmp_path / "c.npz")
    resumed = toy()
    assert resumed.run(tmp_path / "c.npz")
    assert same(straight, resumed)
    assert (resumed.wrong, resumed.seen) == (straight.wrong, straight.seen)


def test_a_cut_of_the_power_costs_no_more_than_the_batches_since_the_last_checkpoint(tmp_path):
    straight = toy()
    straight.run(tmp_path / "straight.npz")
    lost = toy()
    for _ in range(6):
        lost.advance()
    lost.save(tmp_path / "c.npz")
    lost.advance()  # learned, and never saved
    resumed = toy()
    resumed.run(tmp_path / "c.npz")
    assert same(straight, resumed)


def test_checkpoints_are_written_on_the_way(tmp_path):
    training, seen = toy(), []
    make = training.batch

    def watching(i: int):
        seen.append((tmp_path / "c.npz").exists())
        return make(i)

    training.batch = watching
    training.run(tmp_path / "c.npz", save_every=0)
    assert seen == [False] + 19 * [True]


def test_a_checkpoint_of_something_else_is_refused_and_changes_nothing(tmp_path):
    toy().save(tmp_path / "c.npz")
    other = toy({"scenario": "Encrypted", "seed": 4})
    other.advance()
    before = weights(other)
    with pytest.raises(
        ValueError, match="no checkpoint of Encrypted, seed 4 with these.*: move it"
    ):
        other.resume(tmp_path / "c.npz")
    assert other.done == 1
    assert all(np.array_equal(a, b) for a, b in zip(before, weights(other)))


@pytest.mark.parametrize(
    "name, damage",
    [
        ("0002", lambda array: None),
        ("0002", lambda array: array[:-1]),
        ("0002", np.float64),
        ("0002", lambda array: array * np.nan),
        ("0099", lambda array: np.zeros(3)),
        ("progress", lambda array: None),
        ("progress", lambda array: array[:3]),
        ("progress", lambda array: array * np.nan),
        ("progress", lambda array: array - [2, 0, 0, 0]),
        ("progress", lambda array: array + [20, 0, 0, 0]),
        ("progress", lambda array: array + [0.5, 0, 0, 0]),
        ("progress", lambda array: array + [0, 99, 0, 0]),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused_and_changes_nothing(tmp_path, name, damage):
    path = tmp_path / "c.npz"
    saved = toy()
    saved.advance()
    saved.save(path)
    arrays = read_npz(path)
    arrays[name] = damage(arrays.get(name))
    write_npz(path, {name: array for name, array in arrays.items() if array is not None})
    other = toy()
    before = weights(other)
    with pytest.raises(ValueError, match="c.npz is damaged: move it away to begin anew"):
        other.resume(path)
    assert other.done == other.seen == other.seconds == 0
    assert all(np.array_equal(a, b) for a, b in zip(before, weights(other)))


def test_a_training_that_diverges_stops_in_a_sentence_and_keeps_the_last_checkpoint(tmp_path):
    training = toy()
    make = training.batch
    training.batch = lambda i: (make(i)[0] * (np.nan if i == 5 else 1), make(i)[1])
    told = "training of Toy, seed 3 diverged by batch 6, its loss is nan: .* smaller learning rate"
    with pytest.raises(ValueError, match=told):
        training.run(tmp_path / "c.npz", save_every=0)
    kept = toy()
    kept.resume(tmp_path / "c.npz")
    assert kept.done == 5 and all(np.isfinite(array).all() for array in weights(kept))


def test_what_has_diverged_is_not_saved_over_what_has_not(tmp_path):
    training = toy()
    training.save(tmp_path / "c.npz")
    before = (tmp_path / "c.npz").read_bytes()
    moving_mean = training.model.layers[0].moving_mean  # the loss in training does not depend on it
    moving_mean.assign(np.full(moving_mean.shape, np.nan))
    training.advance()
    with pytest.raises(
        ValueError, match="diverged by batch 2, some of its variables are no finite"
    ):
        training.save(tmp_path / "c.npz")
    assert (tmp_path / "c.npz").read_bytes() == before


def test_a_damaged_checkpoint_is_refused(tmp_path):
    path = tmp_path / "c.npz"
    toy().save(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match="cut short"):
        toy().run(path)


def test_a_disk_with_too_little_room_leaves_the_last_checkpoint(tmp_path):
    resource = pytest.importorskip("resource")
    path, training = tmp_path / "c.npz", toy()
    training.save(path)
    before, (_, most) = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    training.advance()
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, most))
    try:
        with pytest.raises(OSError, match=r"could not be written .*unharmed"):
            training.save(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_last_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "c.npz"
    training = toy()
    training.advance()
    training.save(path)
    before = path.read_bytes()

    def full(file, **arrays):
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    training.advance()
    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match=r"could not be written \(No space left.*unharmed"):
        training.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_stop_is_heard_at_the_end_of_a_batch_and_the_old_handler_comes_back():
    with finishing_the_batch() as stop:
        os.kill(os.getpid(), 2)
        assert stop.is_set()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), 2)


def test_a_stop_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with finishing_the_batch() as stop:
            os.kill(os.getpid(), signal.SIGINT)
            assert not stop.is_set()
    finally:
        signal.signal(signal.SIGINT, before)


KILLED = """
import os, signal, sys, time
sys.path[:0] = [{tests!r}, {root!r}]
from pathlib import Path
import numpy as np
import test_resumable as toys

path, rng, kills = Path({folder!r}) / "c.npz", np.random.default_rng(1), 0
while kills < int(sys.argv[1]):
    ready, started = os.pipe()
    child = os.fork()  # before any tensor is made, while there is one thread only
    if child == 0:
        training = toys.toy()
        make = training.batch
        training.batch = lambda i: (os.write(started, b"!"), make(i))[1]
        training.run(path, save_every=0)
        os._exit(0)
    os.close(started)
    os.read(ready, 1), os.read(ready, 1)  # the first batch takes long, and is learned by now
    time.sleep(rng.exponential(0.1))
    os.kill(child, signal.SIGKILL)
    if os.waitpid(child, 0)[1] == signal.SIGKILL:
        kills += 1
    else:  # it had come to the end: keep that, and begin anew
        path.rename(path.with_name(f"end_{{kills}}.npz"))
toys.toy().run(path)
straight = path.with_name("straight.npz")
toys.toy().run(straight)
for end in (path, *path.parent.glob("end_*.npz")):
    assert toys.but_for_time(end) == toys.but_for_time(straight)
"""


def but_for_time(checkpoint: Path) -> str:
    """What a checkpoint holds, to the bit, without the seconds that it took."""
    arrays = read_npz(checkpoint)
    return digest_of(arrays | {"progress": arrays["progress"][:3]})


@pytest.mark.skipif(not hasattr(os, "fork"), reason="here a process cannot be split in two")
def test_killed_again_and_again_it_ends_the_same_to_the_bit(tmp_path):
    """KILLS in the environment: how often, each time at a random moment after the start."""
    here, kills = Path(__file__).parent, os.environ.get("KILLS", "5")
    code = KILLED.format(tests=str(here), root=str(here.parent), folder=str(tmp_path))
    command = [sys.executable, "-c", code, kills]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


TWO_DEVICES = """
import sys
sys.path[:0] = [{tests!r}, {root!r}]
from pathlib import Path
import numpy as np
from data.studies import resumable
from data.studies.resumable import on_all_devices
import test_resumable as toys

with on_all_devices(2):
    two = toys.toy(devices=2)
assert resumable.strategy(2).num_replicas_in_sync == 2
assert not toys.stopped_after(two, 5).run(Path({folder!r}) / "two.npz")
with on_all_devices(2):
    resumed = toys.toy(devices=2)
assert resumed.run(Path({folder!r}) / "two.npz")
with on_all_devices(2):
    straight = toys.toy(devices=2)
straight.run(Path({folder!r}) / "straight.npz")
one = toys.toy()
one.run(Path({folder!r}) / "one.npz")
assert toys.same(resumed, straight)
print(one.error, resumed.error, "replicas", len(two.model.variables[0].value.values))
"""


def test_two_devices_share_a_batch_and_stop_and_resume_too(tmp_path):
    """On a CPU in two parts, in a process of its own: devices are divided once, at the start."""
    here = Path(__file__).parent
    code = TWO_DEVICES.format(tests=str(here), root=str(here.parent), folder=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    one, two, *rest = done.stdout.split()
    assert float(one) < 0.1 and float(two) < 0.1
    assert rest == ["replicas", "2"]
