"""Batches made on a device are those of NumPy, and what is learned there is what Keras learns.

No GPU is asked for: the same compiled calls run on a CPU, here by TensorFlow, and by JAX in a
process of its own, whose words are `JAX`. So what is found here is that they are right; not that
they are quick where a GPU is.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.studies import on_device, scenarios
from data.studies.on_device import OnDevice
from data.studies.resumable import learn
from data.studies.scales import SCALES, Examples
from helpers.learnable import ladder
from helpers.learnable.models import resnet
from helpers.learnable.scenarios import NETWORKS, build
from helpers.quiet_keras import keras

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:The attack stood still:UserWarning"),
]

SCALE = replace(SCALES["classroom"], eps_iter=0.02, nb_iter=5, batch=16, network=None)
SIDE, SEED = 16, 3


def tiny(channels: int = 3, seed: int = 0) -> keras.Model:
    return resnet("tiny", (4,), 1, 4, channels, 10, SIDE, seed)


def tiny_for(name: str) -> keras.Model:
    """Its statistics and weights are none that a fresh network has."""
    model = build(NETWORKS[name], SEED, tiny)
    rng = np.random.default_rng(5)
    model.set_weights([w + rng.uniform(0.05, 0.2, w.shape) for w in model.get_weights()])
    scenarios.compile_model(model, 0.05)
    return model


def examples() -> Examples:
    """37 pictures: two whole batches of 16, and one of 5."""
    rng = np.random.default_rng(8)
    some = rng.integers(0, 256, (37, SIDE, SIDE, 3), np.uint8), rng.integers(0, 10, 37, np.uint8)
    return Examples(*some, *some)


def made_for(name: str, model: keras.Model) -> OnDevice:
    data = examples()
    return OnDevice(
        model, NETWORKS[name], data.x_train, data.y_train, SCALE.batch, SEED, SCALE.attack()
    )


def numbers(tensor) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


# --- batches --------------------------------------------------------------------------------------


def differences(name: str, i: int) -> float:
    """The share of values in which the two ways to batch `i` differ; labels must not at all."""
    model = tiny_for(name)
    x, y = map(numbers, made_for(name, model).batch(i))
    expected, labels = scenarios.batch(model, NETWORKS[name], SCALE, examples(), SEED, i)
    assert x.dtype == np.float32 and x.shape == expected.shape
    assert np.array_equal(y, labels)
    return float(np.mean(x != expected))


def check_batches() -> None:
    for name in ("Plain", "Encrypted", "Encrypted-DK"):
        for i in (0, 2, 4):  # a whole one, the short one at the end of an epoch, the next epoch
            assert differences(name, i) == 0, (name, i)
    for name in ("Plain-Adv", "Encrypted-Adv-DK"):
        assert differences(name, 2) < 0.01, name


def test_every_batch_is_the_one_of_numpy_bit_for_bit():
    check_batches()


@pytest.mark.parametrize("planted", ["PADDING", "LEVELS"])
def test_a_fault_in_a_batch_is_noticed(planted, monkeypatch):
    wrong = {"PADDING": 3, "LEVELS": on_device.LEVELS * np.float32(1 + 1e-6)}[planted]
    monkeypatch.setattr(on_device, planted, wrong)
    assert differences("Encrypted-DK", 1) > 0.1


def check_noise_follows_the_weights() -> None:
    model = tiny_for("Plain-Adv")
    made = made_for("Plain-Adv", model)
    before = numbers(made.batch(0)[0])
    model.set_weights([-model.get_weights()[0], *model.get_weights()[1:]])
    after, _ = scenarios.batch(model, NETWORKS["Plain-Adv"], SCALE, examples(), SEED, 0)
    found = numbers(made.batch(0)[0])
    assert np.mean(found != before) > 0.1
    assert np.mean(found != after) < 0.01


def test_noise_is_against_the_weights_of_the_moment():
    check_noise_follows_the_weights()


def test_a_sure_network_and_one_without_slopes_are_attacked_as_in_the_plain_way():
    """Where the odds underflow another loss stands in; where no slope leads up, nothing moves."""
    model = tiny_for("Plain-Adv")
    *before, kernel, bias = model.get_weights()
    pictures, labels = examples().x_train[:16], examples().y_train[:16]
    for times in (1e3, 0):
        model.set_weights([*before, times * kernel, bias])
        plain = ladder.model_fed_plain(model, pictures, labels, **SCALE.attack())
        noisy = on_device.compiled(model, on_device.noise_for(model, **SCALE.attack()))
        found = numbers(noisy(np.int32(pictures), np.int32(labels)))
        assert np.mean(found != plain) < 0.01
        assert (found != pictures).any() == (times > 0)


def test_nothing_is_attacked_in_float16():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = tiny()
    finally:
        keras.config.set_dtype_policy("float32")
    with pytest.raises(ValueError, match="computes in float16, where small slopes become 0"):
        on_device.noise_for(model, **SCALE.attack())


def test_a_batch_costs_less_than_a_millisecond_of_numpy_where_the_order_is_known():
    """50,000 pictures, a new key for each batch; the permutation of an epoch is drawn once."""
    made = made_for("Encrypted-DK", tiny_for("Encrypted-DK"))
    made.n, made.size, made.batches = 50_000, 128, 391
    made.draws(0)
    began = time.process_time()
    for i in range(1, 201):
        made.draws(i)
    assert (time.process_time() - began) / 200 < 1e-3


def test_training_makes_its_batches_where_a_gpu_is(monkeypatch):
    monkeypatch.setattr(scenarios, "on_a_cpu", lambda: False)
    scale = replace(SCALE, network=tiny)
    there = scenarios.training(NETWORKS["Plain-Adv"], scale, examples(), SEED)
    assert isinstance(there.batch.__self__, OnDevice)
    monkeypatch.undo()
    here = scenarios.training(NETWORKS["Plain-Adv"], scale, examples(), SEED)
    for _ in range(4):
        here.advance()
        there.advance()
    assert (here.done, here.seen) == (there.done, there.seen)
    for one, other in zip(here.model.get_weights(), there.model.get_weights()):
        np.testing.assert_allclose(one, other, atol=1e-3)


# --- JAX ------------------------------------------------------------------------------------------


def check_learning() -> None:
    """Batches that JAX makes and learns in one call, against those of NumPy learned by Keras."""
    for name in ("Encrypted-Adv-DK", "Plain"):
        one, other = tiny_for(name), tiny_for(name)
        made, found, expected = made_for(name, one), [], []
        while len(found) < 5:
            found += made.learn(len(found), 4)
        assert len(found) == 5, "two whole batches, a short one, and two of the next epoch"
        for i in range(5):
            x, y = scenarios.batch(other, NETWORKS[name], SCALE, examples(), SEED, i)
            loss, accuracy = learn(other, x, y)
            expected.append((loss, round((1 - accuracy) * len(y)), len(y)))
        losses = [[loss for loss, _, _ in rows] for rows in (found, expected)]
        np.testing.assert_allclose(*losses, rtol=2e-3)
        assert [row[2] for row in found] == [row[2] for row in expected]
        assert sum(abs(a[1] - b[1]) for a, b in zip(found, expected)) <= 1
        for a, b in zip(one.get_weights(), other.get_weights()):
            np.testing.assert_allclose(a, b, atol=5e-3)
        assert int(numbers(one.optimizer.iterations)) == 5


def check_slices(folder: Path) -> None:
    """Stopped and resumed, whatever stands together in one call, it ends the same to the bit."""
    scale = replace(SCALE, network=tiny, adversarial_epochs=2)

    def training():
        return scenarios.training(NETWORKS["Plain-Adv"], scale, examples(), SEED)

    straight = training()
    assert straight.run(folder / "straight.npz")
    slices = 0
    while not training().run(folder / "c.npz", until=time.monotonic() + 0.01):
        slices += 1
    assert slices >= 2
    resumed = training()
    resumed.resume(folder / "c.npz")
    assert resumed.done == straight.done == 6
    for a, b in zip(straight.variables(), resumed.variables()):
        assert np.array_equal(numbers(a), numbers(b))
    assert (resumed.wrong, resumed.seen) == (straight.wrong, straight.seen)


JAX = """
import sys
sys.path[:0] = [{tests!r}, {root!r}]
class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "tensorflow":
            raise ModuleNotFoundError("TensorFlow is not installed")
sys.meta_path.insert(0, Nowhere())
from pathlib import Path
import test_on_device as tests
tests.check_batches()
tests.check_noise_follows_the_weights()
tests.check_learning()
tests.check_slices(Path({folder!r}))
from data.studies import attacked, attackers, publish, train, trained
assert "jax" in publish.provenance("a command", 1, 2) and "tensorflow" not in sys.modules
"""


def test_on_jax_where_there_is_no_tensorflow(tmp_path):
    pytest.importorskip("jax")
    here = Path(__file__).parent
    code = JAX.format(tests=str(here), root=str(here.parent), folder=str(tmp_path))
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]


# --- several devices ------------------------------------------------------------------------------


TWO = """
import sys
sys.path[:0] = [{tests!r}, {root!r}]
import test_on_device as tests
tests.check_two_devices()
"""


def check_two_devices() -> None:
    from data.studies.resumable import on_all_devices, strategy

    seen = []
    with on_all_devices(2):
        model = tiny_for("Plain-Adv")
        noise_for = on_device.noise_for

        def watched(*words, **options):
            noisy = noise_for(*words, **options)

            def and_seen(pictures, labels):
                seen.append(tuple(pictures.shape))
                return noisy(pictures, labels)

            return and_seen

        on_device.noise_for = watched
        shared = on_device.shared_noise(model, 2, **SCALE.attack())
    assert strategy(2).num_replicas_in_sync == 2
    for n in (16, 5, 1):
        pictures, labels = examples().x_train[:n], examples().y_train[:n]
        plain = ladder.model_fed_plain(model, pictures, labels, **SCALE.attack())
        assert np.mean(shared(pictures, labels) != plain) < 0.01
    half = {(n, SIDE, SIDE, 3) for n in (8, 3, 1)}
    assert set(seen) == half, "no device makes the noise of more than its share"


def test_two_devices_share_the_noise_too():
    """On a CPU in two parts, in a process of its own: devices are divided once, at the start."""
    here = Path(__file__).parent
    code = TWO.format(tests=str(here), root=str(here.parent))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
