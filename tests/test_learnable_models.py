"""The adaptation network and the residual networks: shapes, sizes, seeds, and some learning."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.studies.resnet18 import resnet18
from helpers.learnable import models
from helpers.learnable.models import keras


def pictures_like(model: keras.Model, n: int, seed: int = 0) -> np.ndarray:
    shape = (n, *model.input_shape[1:])
    return np.random.default_rng(seed).random(shape, np.float32)


def kernels(model: keras.Model) -> list[np.ndarray]:
    return [weights for weights in model.get_weights() if weights.ndim > 1]


def trainable(model: keras.Model) -> int:
    return sum(int(np.prod(weights.shape)) for weights in model.trainable_weights)


def classifier_of(side: int, channels: int = 3) -> keras.Model:
    """The smallest of classifiers: a linear one."""
    pictures = keras.Input((side, side, channels))
    flat = keras.layers.Flatten()(pictures)
    return keras.Model(pictures, keras.layers.Dense(10)(flat))


def small_resnet(seed: int, stages: tuple[int, ...] = (16,)) -> keras.Model:
    """A residual block or two, built and trained in a moment, for pictures of 8 x 8 pixels."""
    return models.resnet("small", stages, 1, 1, channels=3, classes=10, side=8, seed=seed)


# --- Sub-pixel shuffle ---


def literal_shuffle(x: np.ndarray, m: int) -> np.ndarray:
    """Pixel by pixel, as the docstring says it."""
    n, height, width, channels = x.shape
    features = channels // m**2
    out = np.zeros((n, height * m, width * m, features), x.dtype)
    for row in range(height * m):
        for column in range(width * m):
            for feature in range(features):
                channel = (row % m * m + column % m) * features + feature
                out[:, row, column, feature] = x[:, row // m, column // m, channel]
    return out


@settings(max_examples=25)
@given(
    n=st.integers(1, 3),
    height=st.integers(1, 4),
    width=st.integers(1, 4),
    m=st.integers(1, 4),
    features=st.integers(1, 3),
)
def test_the_shuffle_is_the_literal_one(n, height, width, m, features):
    shape = (height, width, m * m * features)
    channels = keras.Input(shape)
    shuffle = keras.Model(channels, models.shuffle_pixels(channels, m))
    x = np.arange(n * int(np.prod(shape)), dtype=np.float32).reshape(n, *shape)
    assert np.array_equal(keras.ops.convert_to_numpy(shuffle(x)), literal_shuffle(x, m))


# --- The adaptation network ---


@pytest.mark.parametrize("block_size", [2, 4, 8])
@pytest.mark.parametrize("features", [3, 32])
def test_it_is_the_paper_s_figure_3(block_size, features):
    adapted = models.with_adaptation(classifier_of(32, features), block_size)
    assert adapted.input_shape == (None, 32, 32, 3)
    assert adapted.output_shape == (None, 10)
    block_bytes = 3 * block_size**2
    found = [
        (layer.filters, *layer.kernel_size, *layer.strides)
        for layer in adapted.layers
        if isinstance(layer, keras.layers.Conv2D)
    ]
    m = block_size
    assert found == [
        (block_bytes, m, m, m, m),
        (block_bytes, 1, 1, 1, 1),
        (m * m * features, 1, 1, 1, 1),
    ]


@pytest.mark.parametrize("block_size", [2, 4, 8])
def test_one_block_changes_its_own_pixels_only(block_size):
    """Between encrypted blocks it mixes nothing: that is left to the classifier."""
    pictures = keras.Input((16, 16, 3))
    adapt = keras.Model(pictures, models.adapt(pictures, block_size, 3, models.he_normal(0)))
    before = pictures_like(adapt, 1)
    after = before.copy()
    after[:, block_size : 2 * block_size, :block_size] = 0
    one, other = (keras.ops.convert_to_numpy(adapt(x, training=False)) for x in (before, after))
    changed = (one != other).any(axis=(0, 3))
    assert changed[block_size : 2 * block_size, :block_size].all()
    assert changed.sum() == block_size**2


def test_any_classifier_may_follow():
    for classifier in (classifier_of(32), models.narrow_resnet(), resnet18(channels=8)):
        adapted = models.with_adaptation(classifier)
        assert adapted.output_shape == (None, 10)
        assert classifier in adapted.layers


def test_the_order_of_nibbles_within_a_block_can_be_undone_by_its_first_layer():
    """Pixels shuffled within all blocks alike, and the kernel likewise: the same logits."""
    model = models.with_adaptation(classifier_of(8), block_size=4)
    x = pictures_like(model, 5)
    order = np.random.default_rng(1).permutation(48)
    blocks = x.reshape(5, 2, 4, 2, 4, 3).transpose(0, 1, 3, 2, 4, 5).reshape(5, 2, 2, 48)
    shuffled = blocks[..., order].reshape(5, 2, 2, 4, 4, 3).transpose(0, 1, 3, 2, 4, 5)
    shuffled = shuffled.reshape(x.shape)
    before = keras.ops.convert_to_numpy(model(x, training=False))
    assert not np.allclose(model(shuffled, training=False), before, atol=1e-3)
    convolution = next(layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
    kernel, bias = convolution.get_weights()
    convolution.set_weights([kernel.reshape(48, 48)[order].reshape(kernel.shape), bias])
    after = keras.ops.convert_to_numpy(model(shuffled, training=False))
    assert after == pytest.approx(before, abs=1e-4)


@pytest.mark.parametrize(("side", "block_size"), [(32, 5), (30, 4), (7, 8), (32, 0)])
def test_sides_that_are_no_whole_blocks_are_refused(side, block_size):
    expected = rf"{block_size} x {block_size} pixels.*takes {side} x {side}: build one"
    with pytest.raises(ValueError, match=expected):
        models.with_adaptation(classifier_of(side), block_size)


# --- Residual networks ---


def test_resnet18_has_the_known_number_of_weights():
    """11,173,962, as every ResNet18 for CIFAR-10: 17 convolutions, 3 on shortcuts, one Dense."""
    model = resnet18()
    assert trainable(model) == 11_173_962
    convolutions = [x for x in model.layers if isinstance(x, keras.layers.Conv2D)]
    assert sum(x.kernel_size == (3, 3) for x in convolutions) == 17
    assert sum(x.kernel_size == (1, 1) for x in convolutions) == 3
    assert model.output_shape == (None, 10)


def test_the_narrow_resnet_by_hand():
    """Convolutions without bias; two weights of normalisation for each filter; Dense."""
    stages = [
        3 * 9 * 24 + 2 * 24,
        2 * (24 * 9 * 24 + 2 * 24),
        24 * 9 * 48 + 48 * 9 * 48 + 24 * 48 + 3 * 2 * 48,
        48 * 9 * 96 + 96 * 9 * 96 + 48 * 96 + 3 * 2 * 96,
        96 * 10 + 10,
    ]
    assert trainable(models.narrow_resnet()) == sum(stages)


@pytest.mark.parametrize(
    ("build", "sides"),
    [(resnet18, {32, 16, 8, 4}), (models.narrow_resnet, {16, 8, 4})],
)
def test_each_stage_halves_the_side(build, sides):
    added = [x.output.shape[1] for x in build().layers if isinstance(x, keras.layers.Add)]
    assert set(added) == sides
    assert added == sorted(added, reverse=True)


@pytest.mark.parametrize(("channels", "classes", "side"), [(3, 10, 32), (32, 4, 32), (1, 7, 24)])
def test_other_channels_classes_and_sides(channels, classes, side):
    model = models.narrow_resnet(channels, classes, side)
    assert model(pictures_like(model, 2)).shape == (2, classes)
    assert model.input_shape == (None, side, side, channels)


def test_logits_are_no_probabilities():
    model = models.narrow_resnet()
    logits = keras.ops.convert_to_numpy(model(pictures_like(model, 8)))
    assert logits.dtype == np.float32
    assert logits.min() < 0
    assert not np.allclose(logits.sum(axis=1), 1)


def test_fixed_statistics_make_pictures_independent_of_each_other():
    model = models.with_adaptation(models.narrow_resnet())
    x = pictures_like(model, 6)
    together = keras.ops.convert_to_numpy(model(x, training=False))
    alone = np.concatenate([model(x[i : i + 1], training=False) for i in range(6)])
    assert together == pytest.approx(alone, abs=1e-4)
    in_training = keras.ops.convert_to_numpy(model(x, training=True))
    assert not np.allclose(in_training, together, atol=1e-2)


# --- Seeds ---


@pytest.mark.parametrize(
    "build",
    [
        lambda seed: models.narrow_resnet(seed=seed),
        lambda seed: models.with_adaptation(classifier_of(8), seed=seed).layers[2],
    ],
    ids=["narrow_resnet", "adaptation"],
)
def test_the_seed_fixes_the_first_weights(build):
    keras.utils.set_random_seed(1)
    one = kernels(build(1))
    keras.utils.set_random_seed(2)  # no hidden global seed takes part
    same, other = kernels(build(1)), kernels(build(2))
    assert len(one) > 0
    assert all(np.array_equal(a, b) for a, b in zip(one, same))
    assert not any(np.array_equal(a, b) for a, b in zip(one, other))


def test_no_two_layers_start_alike():
    starts = {float(kernel.ravel()[0] / kernel.std()) for kernel in kernels(resnet18())}
    assert len(starts) == 21


# --- Learning and keeping ---


@pytest.mark.slow
def test_it_learns_a_few_pictures_by_heart():
    model = models.with_adaptation(small_resnet(1, stages=(16, 32)), seed=2)
    x, y = pictures_like(model, 16), np.arange(16) % 10
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), loss, metrics=["accuracy"])
    for _ in range(25):
        model.train_on_batch(x, y)
    assert model.evaluate(x, y, verbose=0)[1] > 0.9


def test_weights_come_back_from_a_file(tmp_path):
    first, second = (models.with_adaptation(models.narrow_resnet(seed=s), seed=s) for s in (1, 2))
    first.save_weights(tmp_path / "model.weights.h5")
    second.load_weights(tmp_path / "model.weights.h5")
    x = pictures_like(first, 3)
    assert np.array_equal(first(x, training=False), second(x, training=False))


def test_under_mixed_precision_the_logits_stay_exact():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = models.narrow_resnet()
    finally:
        keras.config.set_dtype_policy(before)
    assert model.layers[1].compute_dtype == "float16"
    assert keras.ops.convert_to_numpy(model(pictures_like(model, 2))).dtype == np.float32


@pytest.mark.slow
def test_on_jax_the_same_weights_give_the_same_logits_without_tensorflow(tmp_path):
    pytest.importorskip("jax")
    model = models.with_adaptation(small_resnet(seed=1))
    x = pictures_like(model, 3)
    model.save_weights(tmp_path / "model.weights.h5")
    np.save(tmp_path / "x.npy", x)
    code = (
        "import sys, numpy as np; from helpers.learnable import models; "
        "small = models.resnet('small', (16,), 1, 1, 3, 10, 8, seed=5); "
        "model = models.with_adaptation(small); "
        "model.load_weights('model.weights.h5'); "
        "np.save('logits.npy', model(np.load('x.npy'), training=False)); "
        "sys.exit('tensorflow' in sys.modules)"
    )
    quick = {"XLA_FLAGS": "--xla_backend_optimization_level=0"}  # to compile, that is
    paths = {"KERAS_BACKEND": "jax", "PYTHONPATH": os.pathsep.join(sys.path)}
    environment = os.environ | paths | quick
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=False)
    assert run.returncode == 0
    expected = keras.ops.convert_to_numpy(model(x, training=False))
    assert np.load(tmp_path / "logits.npy") == pytest.approx(expected, abs=1e-4)
