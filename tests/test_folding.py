"""Batch normalisation folded away: the same function, and the same attack but for rounding."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.learnable import gradients
from helpers.learnable.attacks import projected_gradient_descent
from helpers.learnable.folding import folded
from helpers.learnable.gradients import BATCH, gradient
from helpers.learnable.models import resnet, with_adaptation
from helpers.quiet_keras import keras


def network(encrypted: bool = False, channels: int = 3) -> keras.Model:
    """A small one whose statistics and scales are none that a fresh network has."""
    small = resnet("small", (4, 8), 1, 2, 32 if encrypted else channels, 10, 16, 1)
    model = with_adaptation(small, seed=1) if encrypted else small
    rng = np.random.default_rng(2)
    model.set_weights([w + rng.uniform(0.1, 0.5, w.shape) for w in model.get_weights()])
    return model


def pictures(n: int = 5) -> np.ndarray:
    return np.random.default_rng(3).random((n, 16, 16, 3), np.float32)


def answers(model_fn, x: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(model_fn(x))


def norms(model: keras.Model) -> int:
    """How many batch normalisations are left, in models inside it, too."""
    inside = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    here = [type(layer) for layer in model.layers].count(keras.layers.BatchNormalization)
    return here + sum(map(norms, inside))


@pytest.mark.parametrize("encrypted", [False, True])
def test_the_folded_network_is_the_same_function(encrypted):
    model = network(encrypted)
    expected = answers(model, pictures())
    assert np.allclose(answers(folded(model), pictures()), expected, rtol=1e-5, atol=1e-4)
    assert np.ptp(expected, axis=1).min() > 0.01, "a function that says something"


def test_all_are_folded_that_stand_behind_a_convolution():
    plain, encrypted = network(), network(encrypted=True)
    assert (norms(plain), norms(folded(plain))) == (6, 0)
    # Tanaka's network normalises its pictures, and twice after a ReLU: nothing to fold these into.
    assert (norms(encrypted), norms(folded(encrypted))) == (9, 3)


def test_it_always_has_the_weights_of_the_moment_and_leaves_the_model_as_it_was():
    model = network()
    before, twin = model.get_config(), folded(model)
    assert model.get_config() == before
    model.set_weights([1.5 * w for w in model.get_weights()])
    assert np.allclose(answers(twin, pictures()), answers(model, pictures()), rtol=1e-4)


def test_a_convolution_that_others_look_at_too_still_gives_them_what_it_gave():
    start = keras.Input((4, 4, 3))
    convolved = keras.layers.Conv2D(3, 3, padding="same", use_bias=False)(start)
    model = keras.Model(start, convolved + keras.layers.BatchNormalization(epsilon=0.5)(convolved))
    x = pictures()[:, :4, :4]
    assert np.allclose(answers(folded(model), x), answers(model, x), atol=1e-5)


@pytest.mark.parametrize(
    "options, norm",
    [
        ({"activation": "tanh"}, {}),
        ({"groups": 3}, {}),
        ({"use_bias": True, "bias_initializer": "ones"}, {}),
        ({"dilation_rate": 2}, {}),
        ({}, {"scale": False}),
        ({}, {"center": False}),
        ({}, {"axis": 1}),
    ],
)
def test_unusual_layers_are_the_same_function_too(options, norm):
    start = keras.Input((4, 4, 3))
    options = {"padding": "same", "use_bias": False, **options}
    x = keras.layers.Conv2D(3, 3, **options)(start)
    model = keras.Model(start, keras.layers.BatchNormalization(epsilon=0.5, **norm)(x))
    x = pictures()[:, :4, :4]
    assert np.allclose(answers(folded(model), x), answers(model, x), atol=1e-5)


def colours(x):
    return x[:, 0, 0, :]


def test_what_cannot_be_folded_stays_as_it_is():
    in_a_row = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten()])
    assert folded(in_a_row) is in_a_row
    assert folded(colours) is colours
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        short = network()
    finally:
        keras.config.set_dtype_policy("float32")
    assert folded(short) is short


@pytest.mark.slow
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="JAX folds by itself")
def test_pgd_finds_the_same_but_for_slopes_within_rounding_of_zero(monkeypatch):
    model, x, y = network(), pictures(40), np.arange(40) % 10
    quick = projected_gradient_descent(model, x, y, eps_iter=0.02, nb_iter=10)
    monkeypatch.setattr(gradients, "folded", lambda same: same)
    gradients.compiled_gradient.cache_clear()
    plain = projected_gradient_descent(model, x, y, eps_iter=0.02, nb_iter=10)
    gradients.compiled_gradient.cache_clear()
    assert np.mean(np.abs(quick - plain) > 1e-5) < 0.01
    assert np.abs(plain - x).max() > 0.09


def test_gradients_by_way_of_folding_are_those_of_the_model():
    model, x, y = network(), pictures(1), np.array([3])
    slope, logits = gradient(model, x, y, "margin")
    step = 1e-2 * slope / np.linalg.norm(slope)
    ahead, behind = (gradients.margin(answers(model, x + sign * step), y) for sign in (1, -1))
    assert np.isclose((ahead - behind)[0] / 2e-2, np.linalg.norm(slope), rtol=0.05)
    assert np.allclose(logits, answers(model, x), rtol=1e-5, atol=1e-4)


def test_two_batches_at_once_come_back_in_their_order():
    x = np.repeat(np.arange(3 * BATCH + 5), 3).reshape(-1, 1, 1, 3).astype(np.float32)
    _, logits = gradient(colours, x, np.zeros(len(x), int))
    assert np.array_equal(logits, x[:, 0, 0, :])
