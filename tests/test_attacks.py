"""PGD, Square and the ladder of threat models, on small models with known answers."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax

from data.studies import attackers, measures
from data.studies.square import square_attack, square_side
from helpers.learnable import gradients, ladder, scenarios, without_key
from helpers.learnable.attacks import projected_gradient_descent
from helpers.learnable.cipher_gradients import (
    back_through,
    bpda,
    bytes_to_floats,
    floats_to_bytes,
    from_blocks,
    nibble_slopes,
    to_blocks,
)
from helpers.learnable.datasets import pictograms
from helpers.learnable.gradients import gradient, margin, scores
from helpers.learnable.ladder import border_bytes, most_promising
from helpers.learnable.scramble import BlockScrambler, random_key
from helpers.quiet_keras import keras

SIDE, CLASSES = 8, 3
seeds = st.integers(0, 2**32 - 1)


def some_pictures(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, SIDE, SIDE, 3), np.uint8)


@pytest.fixture(scope="module")
def cipher() -> BlockScrambler:
    return BlockScrambler(random_key(np.random.default_rng(1)))


@pytest.fixture(scope="module")
def linear() -> keras.Model:
    """Logits that are linear in the pixels: every gradient can be written down."""
    return small_model(lambda: [keras.layers.Flatten(), keras.layers.Dense(CLASSES)])


@pytest.fixture(scope="module")
def bent() -> keras.Model:
    """A little network with a convolution and batch normalisation."""
    return small_model(
        lambda: [
            keras.layers.Conv2D(8, 4, 4),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
            keras.layers.Flatten(),
            keras.layers.Dense(CLASSES),
        ]
    )


def small_model(layers: Callable[[], list]) -> keras.Model:
    keras.utils.set_random_seed(3)  # before the layers: each draws its seed when it is made
    return keras.Sequential([keras.Input((SIDE, SIDE, 3)), *layers()])


def labels_of(model: keras.Model, pictures: np.ndarray) -> np.ndarray:
    """What the model says now, so that every success of an attack is its own."""
    return scores(model, bytes_to_floats(pictures)).argmax(axis=1)


def losses(model: keras.Model, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return -np.log(softmax(scores(model, x), axis=1)[np.arange(len(y)), y])


def literal_pgd(weights, bias, x, y, eps, eps_iter, nb_iter):
    """Equation (1) for a linear model, picture by picture and with nothing shared."""
    results = []
    for picture, label in zip(np.float64(x), y):
        now = picture.copy()
        for _ in range(nb_iter):
            error = softmax(now.ravel() @ weights + bias)
            error[label] -= 1
            now = now + eps_iter * np.sign(weights @ error).reshape(now.shape)
            now = np.minimum(np.maximum(now, picture - eps), picture + eps)
            now = np.minimum(np.maximum(now, 0), 1)
        results.append(now)
    return np.stack(results)


# --- gradients ------------------------------------------------------------------------------------


def test_the_gradient_of_a_linear_model_is_the_one_written_by_hand(linear):
    x, y = bytes_to_floats(some_pictures(5)), np.array([0, 1, 2, 0, 1])
    weights, bias = linear.get_weights()
    logits = x.reshape(5, -1) @ weights + bias
    error = softmax(logits, axis=1) - np.eye(CLASSES)[y]
    slope, answered = gradient(linear, x, y)
    np.testing.assert_allclose(slope, (error @ weights.T).reshape(x.shape), atol=1e-6)
    np.testing.assert_allclose(answered, logits, atol=1e-5)


def test_the_slope_of_the_margin_is_that_of_the_best_wrong_class_less_the_right_one(linear):
    x, y = bytes_to_floats(some_pictures(5)), np.array([0, 1, 2, 0, 1])
    weights, logits = linear.get_weights()[0], scores(linear, x)
    rivals = np.where(np.eye(CLASSES, dtype=bool)[y], -np.inf, logits).argmax(axis=1)
    slope, _ = gradient(linear, x, y, "margin")
    np.testing.assert_allclose(slope.reshape(5, -1), (weights[:, rivals] - weights[:, y]).T)


@pytest.mark.parametrize("times", [1, 300, 30_000])
def test_however_sure_a_network_is_the_slope_keeps_its_direction(linear, times):
    """By hand, in float64, with the odds in place of probabilities, which round to 0 and 1."""
    x = bytes_to_floats(some_pictures(20))
    model = keras.models.clone_model(linear)
    model.set_weights([times * weights for weights in linear.get_weights()])
    logits = np.float64(scores(model, x))
    y = logits.argmax(axis=1)
    others = np.where(np.eye(CLASSES, dtype=bool)[y], -np.inf, logits)
    pull = softmax(others, axis=1) - np.eye(CLASSES)[y]
    expected = pull @ np.float64(model.get_weights()[0]).T
    slope = np.float64(gradient(model, x, y)[0]).reshape(20, -1)
    assert slope.any(axis=1).all()
    cosine = np.sum(slope * expected, axis=1) / np.linalg.norm(expected, axis=1)
    between = (margin(logits, y) > -gradients.SURE) & (margin(logits, y) < -10)  # part rounding
    assert np.mean(between) < 0.5
    np.testing.assert_allclose((cosine / np.linalg.norm(slope, axis=1))[~between], 1, atol=1e-3)


def test_another_loss_no_network_and_one_in_16_bits_are_refused(linear):
    x, y = bytes_to_floats(some_pictures(1)), np.array([0])
    with pytest.raises(ValueError, match="no loss 'dice': choose one of cross-entropy, margin"):
        gradient(linear, x, y, "dice")
    with pytest.raises(ValueError, match="A model gives logits; None came: load one"):
        gradient(None, x, y)
    with pytest.raises(ValueError, match="A Keras model gives logits; 'Plain' came: load one"):
        gradients.scores("Plain", x)
    half = keras.Sequential([keras.Input((SIDE, SIDE, 3)), keras.layers.Flatten()], name="half")
    half.dtype_policy = keras.DTypePolicy("mixed_float16")
    with pytest.raises(ValueError, match="computes in float16.*build it in float32"):
        gradient(half, x, y)


def test_each_picture_has_its_own_gradient_whatever_the_batch(bent, monkeypatch):
    x, y = bytes_to_floats(some_pictures(11)), np.arange(11) % CLASSES
    whole = gradient(bent, x, y)
    monkeypatch.setattr(gradients, "BATCH", 4)
    for one, other in zip(whole, gradient(bent, x, y)):
        assert len(other) == 11
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_the_gradient_follows_the_weights_of_the_moment():
    model = small_model(lambda: [keras.layers.Flatten(), keras.layers.Dense(CLASSES)])
    x, y = bytes_to_floats(some_pictures(2)), np.array([0, 1])
    assert gradient(model, x, y)[0].any()
    model.set_weights([np.zeros_like(weights) for weights in model.get_weights()])
    assert not gradient(model, x, y)[0].any()


def test_a_model_is_traced_once_for_all_numbers_of_pictures_of_one_size():
    traced = []

    def model_fn(x):
        traced.append(x.shape)
        return keras.ops.reshape(x, (x.shape[0], -1))[:, :CLASSES]

    for n in (5, 8, 128 + 7, 256 + 6):  # batches of 128 and of 8, the last one filled up
        gradient(model_fn, bytes_to_floats(some_pictures(n)), np.zeros(n, int))
    assert sorted(shape[0] for shape in traced) == [8, 128]


def test_on_another_backend_it_says_so(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(ValueError, match="TensorFlow or JAX; it runs on torch"):
        gradient(lambda x: x, bytes_to_floats(some_pictures(1)), np.array([0]))


JAX_AGREES = """
import keras, numpy as np
from helpers.learnable.attacks import projected_gradient_descent
from helpers.learnable.gradients import scores
keras.utils.set_random_seed(3)
layers = [keras.layers.Conv2D(4, 4, 4), keras.layers.BatchNormalization(), keras.layers.Flatten()]
model = keras.Sequential([keras.Input((8, 8, 3)), *layers, keras.layers.Dense(3)])
model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
x = np.random.default_rng(0).random((9, 8, 8, 3), dtype=np.float32)
y = scores(model, x).argmax(axis=1)
model.fit(x, y, verbose=0)  # gives the first weights away
y = scores(model, x).argmax(axis=1)
found = projected_gradient_descent(model, x, y, eps=0.3, eps_iter=0.05)
assert keras.backend.backend() == "jax"
assert np.abs(found - x).max() < 0.3 + 1e-6
assert (scores(model, found).argmax(axis=1) != y).all()
"""


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_the_same_attack_runs_on_jax():
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    subprocess.run([sys.executable, "-c", JAX_AGREES], env=environment, check=True)


# --- FGSM and PGD ---------------------------------------------------------------------------------


@given(seeds, st.sampled_from([0.0, 0.01, 0.1, 0.5]), st.integers(0, 8))
def test_pgd_on_a_linear_model_is_the_literal_one(linear, seed, eps, nb_iter):
    rng = np.random.default_rng(seed)
    x, y = bytes_to_floats(some_pictures(4, seed)), rng.integers(0, CLASSES, 4)
    found = projected_gradient_descent(linear, x, y, eps=eps, eps_iter=0.03, nb_iter=nb_iter)
    expected = literal_pgd(*linear.get_weights(), x, y, eps, 0.03, nb_iter)
    assert found.dtype == np.float32
    # Where a slope is within rounding of 0, its sign is anybody's guess: a step or two apart.
    assert np.mean(np.abs(found - expected) > 1e-5) < 0.005


@pytest.mark.parametrize("targeted", [False, True])
def test_the_result_is_in_the_ball_and_in_range(bent, targeted):
    x, y = bytes_to_floats(some_pictures(9)), np.arange(9) % CLASSES
    options = {"eps": 0.2, "eps_iter": 0.09, "nb_iter": 5, "targeted": targeted}
    found = projected_gradient_descent(bent, x, y, **options)
    assert np.abs(found - x).max() == pytest.approx(0.2)
    assert found.min() == 0 and found.max() == 1


def test_one_step_of_eps_goes_along_the_sign_of_the_gradient(bent):
    x, y = bytes_to_floats(some_pictures(6)), np.arange(6) % CLASSES
    expected = np.clip(x + np.float32(0.1) * np.sign(gradient(bent, x, y)[0]), 0, 1)
    np.testing.assert_allclose(one_step(bent, x, y), expected, atol=1e-6)


def one_step(model: keras.Model, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """FGSM."""
    return projected_gradient_descent(model, x, y, eps=0.1, eps_iter=0.1, nb_iter=1)


def test_pgd_raises_the_loss_and_more_so_than_fgsm(bent):
    pictures = some_pictures(40)
    x, y = bytes_to_floats(pictures), labels_of(bent, pictures)
    fgsm = one_step(bent, x, y)
    pgd = projected_gradient_descent(bent, x, y, eps=0.1)
    clean, once, often = (losses(bent, found, y).mean() for found in (x, fgsm, pgd))
    assert clean < once < often


def test_targeted_pgd_reaches_the_class_asked_for(bent):
    pictures = some_pictures(20)
    target = (labels_of(bent, pictures) + 1) % CLASSES
    found = projected_gradient_descent(
        bent, bytes_to_floats(pictures), target, eps=0.5, eps_iter=0.05, targeted=True
    )
    assert np.mean(scores(bent, found).argmax(axis=1) == target) == 1


@pytest.fixture(scope="module")
def trained() -> tuple[keras.Model, list[np.ndarray]]:
    """A network that has learned pictograms, and its weights; it is compiled once for all."""
    model, _ = scenarios.load("Plain")
    return model, model.get_weights()


@pytest.mark.parametrize("loss", ["cross-entropy", "margin"])
@pytest.mark.parametrize("times", [1, 10, 100, 1000])
def test_pgd_wins_against_a_network_however_sure_it_is(trained, times, loss):
    model, (*before, kernel, bias) = trained
    model.set_weights([*before, times * kernel, times * bias])
    pictures, y = pictograms(np.random.default_rng(2), 50)
    x = bytes_to_floats(pictures)
    found = projected_gradient_descent(model, x, y, loss=loss, nb_iter=10)
    assert np.mean(margin(scores(model, x), y) >= 0) < 0.05
    assert np.mean(margin(scores(model, found), y) >= 0) == 1


def broken_for_dark(x):
    """Finite logits, and a slope that is nan where the first value is below one half."""
    flat = keras.ops.reshape(x, (x.shape[0], -1))
    return flat[:, :CLASSES] + keras.ops.sqrt(keras.ops.relu(flat[:, :1] - 0.5))


def test_pictures_without_a_slope_stay_finite_and_are_told():
    x, y = np.full((5, SIDE, SIDE, 3), 0.4, np.float32), np.array([0, 1, 2, 0, 1])
    x[3:] = 0.9
    with pytest.warns(UserWarning, match="stood still at 3 of 5 pictures.*as untried"):
        found = projected_gradient_descent(broken_for_dark, x, y, nb_iter=3)
    np.testing.assert_array_equal(found[:3], x[:3])
    assert np.isfinite(found).all() and (found[3:] != x[3:]).any(axis=(1, 2, 3)).all()


def test_a_network_through_which_no_slope_comes_is_told(linear):
    x, y = np.full((4, SIDE, SIDE, 3), 0.4, np.float32), np.array([0, 1, 2, 0])
    with pytest.warns(UserWarning, match="stood still at 4 of 4 pictures"):
        found = projected_gradient_descent(lambda x: linear(keras.ops.round(x)), x, y)
    np.testing.assert_array_equal(found, x)


def test_a_network_that_never_changes_its_mind_is_told(linear, cipher):
    model, pictures = keras.models.clone_model(linear), some_pictures(4)
    model.set_weights([0 * weights for weights in linear.get_weights()])
    y, rng = np.array([0, 1, 2, 0]), np.random.default_rng(0)
    model.set_weights([0 * linear.get_weights()[0], np.float32([9, 9, 9])])
    for attack in (ladder.through_cipher, ladder.discrete_search):
        options = {"rng": rng} if attack is ladder.discrete_search else {}
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(UserWarning, match="stood still at 4 of 4 pictures"):
                attack(model, cipher, pictures, y, **options)
    with pytest.warns(UserWarning, match="4 of 4"):
        np.testing.assert_array_equal(ladder.model_fed_plain(model, pictures, y), pictures)


def test_what_came_in_is_not_changed(bent, cipher):
    pictures = some_pictures(4)
    x, y = bytes_to_floats(pictures), labels_of(bent, pictures)
    kept = x.copy(), pictures.copy()
    projected_gradient_descent(bent, x, y)
    ladder.discrete_search(bent, cipher, pictures, y, rng=np.random.default_rng(0))
    attackers.squares(ladder.victim(bent), pictures, y, rng=np.random.default_rng(0), n_queries=9)
    np.testing.assert_array_equal(x, kept[0])
    np.testing.assert_array_equal(pictures, kept[1])


# --- Square ---------------------------------------------------------------------------------------


def counted(answer, asked):
    """`answer`, which also notes in `asked` about how many pictures it is asked each time."""

    def query(x):
        asked.append(len(x))
        return answer(x)

    return query


@pytest.mark.parametrize("n_queries", [0, 1, 2, 17])
def test_square_keeps_to_its_budget(linear, n_queries):
    x, asked = bytes_to_floats(some_pictures(10)), []
    y = scores(linear, x).argmax(axis=1)
    query = counted(lambda x: scores(linear, x), asked)
    rng = np.random.default_rng(0)
    found = square_attack(query, x, y, eps=0.001, n_queries=n_queries, rng=rng)  # too small to win
    assert asked == [10] * n_queries
    assert np.abs(found - x).max() <= 0.001 + 1e-7


def test_square_fools_a_model_that_random_noise_does_not(bent):
    pictures, rng = some_pictures(40), np.random.default_rng(0)
    y, answer = labels_of(bent, pictures), ladder.victim(bent)
    found = attackers.squares(answer, pictures, y, rng=rng, eps=0.1, n_queries=100)
    assert np.abs(found.astype(int) - pictures).max() <= 25
    noisy = ladder.random_noise(pictures, rng=rng, eps=0.1)
    fooled = [np.mean(ladder.fooled(answer, some, y)) for some in (found, noisy)]
    assert fooled[0] > 3 * fooled[1]


def test_square_stops_asking_where_it_has_succeeded(bent):
    pictures, asked = some_pictures(40), []
    x, y = bytes_to_floats(pictures), labels_of(bent, pictures)
    query = counted(lambda x: scores(bent, x), asked)
    found = square_attack(query, x, y, eps=0.4, n_queries=200, rng=np.random.default_rng(0))
    assert asked[:2] == [40, 40] and asked[-1] < 40 and len(asked) <= 200
    assert sorted(asked, reverse=True) == asked
    already_wrong = (y + 1) % CLASSES
    left = square_attack(query, x, already_wrong, eps=0.4, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(left, x)
    assert found.min() >= 0 and found.max() <= 1


def test_more_queries_never_make_the_lead_smaller(bent):
    pictures = some_pictures(10)
    x, y = bytes_to_floats(pictures), labels_of(bent, pictures)
    leads = []

    def query(x):
        leads.append(scores(bent, x))
        return leads[-1]

    rng = np.random.default_rng(0)
    found = square_attack(query, x, y, eps=0.01, n_queries=60, rng=rng)
    met = np.stack([margin(logits, y) for logits in leads[1:]])  # from the stripes on
    np.testing.assert_allclose(margin(scores(bent, found), y), met.max(axis=0), atol=1e-5)


def test_square_takes_the_stripes_whatever_they_bring(linear):
    pictures = some_pictures(20) // 2 + 64
    x, rng = bytes_to_floats(pictures), np.random.default_rng(0)
    y = scores(linear, x).argmax(axis=1)
    found = square_attack(lambda x: scores(linear, x), x, y, eps=0.001, n_queries=2, rng=rng)
    np.testing.assert_allclose(np.abs(found - x), 0.001, atol=1e-6)
    np.testing.assert_allclose(found[:, :1] - x[:, :1], (found - x)[:, -1:], atol=1e-6)


def test_squares_shrink_and_fit():
    sides = [square_side(spent, 0.8, 32, 32) for spent in np.linspace(0, 1, 101)]
    assert sides[0] == 29  # sqrt(0.8) of 32
    assert sorted(sides, reverse=True) == sides and sides[-1] == 1
    assert square_side(0, 1.0, 4, 100) == 4


# --- back through the cipher ----------------------------------------------------------------------


@pytest.mark.parametrize("m", [1, 2, 4])
def test_blocks_and_back(m):
    pictures = some_pictures(3)
    np.testing.assert_array_equal(from_blocks(to_blocks(pictures, m), m), pictures)
    block = to_blocks(pictures, m)[1, 1, 0]
    np.testing.assert_array_equal(block, pictures[1, m : 2 * m, :m].ravel())


@given(seeds, st.sampled_from([1, 2, 4]))
def test_slopes_through_the_cipher_are_differences_of_a_linear_score(seed, m):
    """One nibble of the picture up by one changes the score by exactly its slope."""
    rng = np.random.default_rng(seed)
    cipher = BlockScrambler(random_key(rng, m), m)
    weights = rng.normal(size=(1, SIDE, SIDE, 3))

    def score(picture):
        return np.sum(weights * cipher.encrypt(picture))

    low, high = back_through(cipher, weights)
    picture = some_pictures(1, seed)
    picture = picture & 0x77  # neither nibble is at 15
    place = 0, *rng.integers(SIDE, size=2), rng.integers(3)
    for step, slope in ((1, low[place]), (16, high[place])):
        raised = picture.copy()
        raised[place] += step
        assert score(raised) - score(picture) == pytest.approx(slope, abs=1e-6)


def test_through_the_cipher_the_high_nibbles_are_followed_and_the_low_ones_dropped(linear, cipher):
    pictures, y = some_pictures(3), np.array([0, 1, 2])
    _, high, logits = nibble_slopes(linear, cipher, pictures, y)
    slope, answered = bpda(cipher)(linear, bytes_to_floats(pictures), y, "cross-entropy")
    np.testing.assert_allclose(slope, high * 255 / 16, rtol=1e-6)
    np.testing.assert_array_equal(answered, logits)


@pytest.mark.parametrize("height, width", [(7, 8), (8, 6)])
def test_padding_takes_no_part(linear, cipher, height, width):
    pictures = some_pictures(2)[:, :height, :width]
    low, high, logits = nibble_slopes(linear, cipher, pictures, np.array([0, 1]))
    assert low.shape == high.shape == pictures.shape and logits.shape == (2, CLASSES)
    found = ladder.through_cipher(linear, cipher, pictures, np.array([0, 1]), nb_iter=2)
    assert found.shape == pictures.shape


@given(st.integers(0, 255), st.integers(0, 255), st.floats(-1, 1), st.floats(-1, 1))
def test_no_byte_in_the_ball_promises_more_than_the_one_that_is_picked(byte, size, low, high):
    def gain(v):
        return high * (v // 16) + low * (v % 16)

    picture = np.full((1, 1, 1, 1), byte, np.uint8)
    slopes = np.full(picture.shape, low), np.full(picture.shape, high)
    picked = int(most_promising(border_bytes(picture, size), *slopes).item())
    assert abs(picked - byte) <= size
    everywhere = range(max(0, byte - size), min(255, byte + size) + 1)
    assert gain(picked) == pytest.approx(max(map(gain, everywhere)), abs=1e-9)


@given(st.integers(0, 255))
def test_bytes_survive_the_way_through_floats(size):
    pictures = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=3)
    np.testing.assert_array_equal(floats_to_bytes(bytes_to_floats(pictures)), pictures)
    assert ladder.whole_bytes(size / 255) == ladder.whole_bytes(size * (1 / 255)) == size
    assert ladder.whole_bytes(0.1) == 25


# --- broken networks ------------------------------------------------------------------------------


def with_weights(model: keras.Model, value: float) -> keras.Model:
    broken = keras.models.clone_model(model)
    broken.set_weights([np.full_like(weights, value) for weights in model.get_weights()])
    return broken


def test_a_network_that_says_the_same_of_all_classes_is_always_wrong(linear):
    pictures, y = some_pictures(6), np.arange(6) % CLASSES
    assert ladder.fooled(ladder.victim(with_weights(linear, 0.0)), pictures, y).all()
    same = measures.error(with_weights(linear, 0.0), lambda i: None, pictures, y)
    assert same == 1.0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_network_that_answers_no_numbers_is_measured_by_nothing(cipher, value):
    ten_classes = small_model(lambda: [keras.layers.Flatten(), keras.layers.Dense(10)])
    model, pictures, y = with_weights(ten_classes, value), some_pictures(3), np.arange(3)
    rng, told = np.random.default_rng(0), "answers to 3 of 3 pictures are not finite numbers"
    for measure in (
        lambda: ladder.fooled(ladder.victim(model), pictures, y),
        lambda: measures.error(model, lambda i: cipher, pictures, y),
        lambda: measures.leaking(model, cipher, pictures, y, rng),
        lambda: attackers.squares(ladder.victim(model), pictures, y, rng=rng),
        lambda: ladder.discrete_search(model, cipher, pictures, y, rng=rng),
        lambda: projected_gradient_descent(model, bytes_to_floats(pictures), y),
        lambda: ladder.fooled(lambda x: np.full((len(x), CLASSES), value), pictures, y),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pytest.raises(ValueError, match=told):
                measure()


def test_an_attack_has_won_where_two_classes_tie():
    pictures, y = some_pictures(3), np.zeros(3, int)
    rng, asked = np.random.default_rng(0), []
    query = counted(lambda x: np.zeros((len(x), CLASSES), np.float32), asked)
    square_attack(query, bytes_to_floats(pictures), y, rng=rng)
    assert asked == [3]


# --- the ladder -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def task(cipher):
    """Pictures in three faint colours, a model for them, and one for their ciphertexts."""
    rng = np.random.default_rng(5)
    labels = rng.integers(0, CLASSES, 900)
    tint = 16 * (np.arange(3) == labels[:, None])[:, None, None, :]
    pictures = (rng.integers(80, 120, (900, SIDE, SIDE, 3)) + tint).astype(np.uint8)
    trained = []
    for shown in (pictures, cipher.encrypt(pictures)):
        model = small_model(
            lambda: [
                keras.layers.Flatten(),
                keras.layers.Dense(32, "relu"),
                keras.layers.Dense(CLASSES),
            ]
        )
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(3e-3), loss)
        model.fit(bytes_to_floats(shown[100:]), labels[100:], batch_size=50, epochs=15, verbose=0)
        trained.append(model)
    return *trained, pictures[:64], labels[:64]


@pytest.fixture(scope="module")
def climbed(task, cipher):
    """The error of each rung where the ball is wide, 12 bytes."""
    plain, model, pictures, labels = task
    rungs = attackers.all_rungs(
        model, plain, cipher, pictures, labels, rng=np.random.default_rng(0), eps=12 / 255
    )
    return {name: fooled.mean() for name, fooled in rungs}


@pytest.mark.slow
def test_the_ladder_has_all_its_rungs(climbed):
    described = [line for line in attackers.__doc__.splitlines() if line.startswith("`")]
    assert tuple(climbed) == attackers.RUNGS and len(climbed) == 10
    for name in climbed:
        assert any(f"`{name}`" in line for line in described)


@pytest.mark.parametrize("attack", ["through_cipher", "discrete_search", "on_ciphertext"])
def test_who_has_the_key_wins(climbed, attack):
    assert climbed[attack] > 0.8


@pytest.mark.parametrize("attack", ["squares", "transfer"])
def test_a_victim_that_answers_or_has_a_plain_sister_is_beaten_without_the_key(climbed, attack):
    assert climbed[attack] > 0.6


@pytest.mark.parametrize(
    "attack",
    ["random_noise", "cipher_noise_on_plain", "model_fed_plain", "wrong_key", "fresh_keys"],
)
def test_a_mismatched_gradient_is_no_better_than_noise(climbed, attack):
    assert climbed[attack] < 0.2


def test_where_the_ball_is_small_the_search_beats_the_straight_way(task, cipher):
    """A nibble that jumps makes the encrypted model the more fragile one."""
    plain, model, pictures, labels = task
    answer, eps, rng = ladder.victim(model, cipher), 3 / 255, np.random.default_rng(0)
    straight = ladder.through_cipher(model, cipher, pictures, labels, eps=eps)
    searched = ladder.discrete_search(model, cipher, pictures, labels, eps=eps, rng=rng)
    on_plain = attackers.transfer(plain, pictures, labels, eps=eps)
    searched = ladder.fooled(answer, searched, labels).mean()
    assert searched > ladder.fooled(answer, straight, labels).mean() + 0.3
    assert searched > ladder.fooled(ladder.victim(plain), on_plain, labels).mean() + 0.3


def test_without_a_cipher_the_search_finds_what_pgd_finds(task):
    plain, _, pictures, labels = task
    answer, eps = ladder.victim(plain), 8 / 255
    rng = np.random.default_rng(0)
    searched = ladder.discrete_search(plain, None, pictures, labels, eps=eps, rng=rng)
    climbed = attackers.transfer(plain, pictures, labels, eps=eps)
    assert np.abs(searched.astype(int) - pictures).max() == 8
    shares = [ladder.fooled(answer, found, labels).mean() for found in (searched, climbed)]
    assert 0.1 < shares[1] < 0.9
    assert shares[0] == pytest.approx(shares[1], abs=0.05)


def test_the_matched_control_keeps_each_size_and_tosses_each_sign():
    pictures = np.full((2, 32, 32, 3), 128, np.uint8)
    rng = np.random.default_rng(0)
    noisy = ladder.random_noise(pictures, rng=rng)
    control = ladder.random_signs(pictures, noisy, rng=rng)
    one, other = (some.astype(int) - 128 for some in (noisy, control))
    np.testing.assert_array_equal(np.abs(one), np.abs(other))
    assert np.mean((one == other)[one != 0]) == pytest.approx(0.5, abs=0.03)


def test_every_rung_stays_within_whole_bytes_of_the_picture(task, cipher):
    plain, model, pictures, labels = task
    pictures, labels, rng = pictures[:10], labels[:10], np.random.default_rng(0)
    given, size, eps = (pictures, labels), 2, 2.5 / 255
    answer = ladder.victim(model, cipher)
    found = [
        ladder.random_noise(pictures, rng=rng, eps=eps),
        ladder.random_noise(pictures, rng=rng, eps=eps, corners=True),
        attackers.transfer(plain, *given, eps=eps),
        attackers.cipher_noise_on_plain(model, cipher, *given, eps=eps),
        ladder.model_fed_plain(model, *given, eps=eps),
        ladder.through_cipher(model, cipher, *given, eps=eps),
        ladder.discrete_search(model, cipher, *given, rng=rng, eps=eps),
        attackers.wrong_key(model, *given, rng=rng, eps=eps),
        attackers.fresh_keys(model, *given, rng=rng, eps=eps),
        attackers.squares(answer, *given, rng=rng, eps=eps, n_queries=20),
    ]
    for adversarial in found:
        assert adversarial.dtype == np.uint8 and adversarial.shape == pictures.shape
        assert np.abs(adversarial.astype(int) - pictures).max() == size
    caught = attackers.on_ciphertext(model, cipher, *given, eps=eps)
    assert np.abs(caught.astype(int) - cipher.encrypt(pictures)).max() == size


def test_the_search_never_ends_below_its_start(task, cipher):
    _, model, pictures, _ = task
    answer, rng = ladder.victim(model, cipher), np.random.default_rng(0)
    labels = answer(pictures).argmax(axis=1)
    before = margin(answer(pictures), labels)
    found = ladder.discrete_search(model, cipher, pictures, labels, rng=rng, eps=1 / 255, nb_iter=3)
    after = margin(answer(found), labels)
    assert (after >= before - 1e-4).all() and np.mean(after > before) > 0.9


def test_the_search_that_only_meets_worse_pictures_keeps_its_start(task, cipher, monkeypatch):
    _, model, pictures, _ = task
    labels = ladder.victim(model, cipher)(pictures).argmax(axis=1)

    def downhill(*args):
        low, high, logits = nibble_slopes(*args)
        return -low, -high, logits

    monkeypatch.setattr(ladder, "nibble_slopes", downhill)
    rng = np.random.default_rng(0)
    found = ladder.discrete_search(model, cipher, pictures, labels, rng=rng, nb_iter=3)
    assert np.mean((found == pictures).all(axis=(1, 2, 3))) > 0.9


def test_attacks_without_steps_or_room_change_nothing(task, cipher):
    _, model, pictures, labels = task
    rng = np.random.default_rng(0)
    for options in ({"eps": 0.0}, {"nb_iter": 0}):
        still = ladder.through_cipher(model, cipher, pictures, labels, **options)
        np.testing.assert_array_equal(still, pictures)
        still = ladder.discrete_search(model, cipher, pictures, labels, rng=rng, **options)
        np.testing.assert_array_equal(still, pictures)
    np.testing.assert_array_equal(ladder.random_noise(pictures, rng=rng, eps=0.9 / 255), pictures)


def test_fresh_keys_are_fresh_at_each_step(task, monkeypatch):
    _, model, pictures, labels = task
    drawn = []

    def noted(cipher):
        drawn.append(cipher.key)
        return bpda(cipher)

    monkeypatch.setattr(without_key, "bpda", noted)
    attackers.fresh_keys(model, pictures, labels, rng=np.random.default_rng(0), nb_iter=5)
    assert len({key.tobytes() for key in drawn}) == len(drawn) == 5


# --- bad input ------------------------------------------------------------------------------------

X, Y = np.full((2, SIDE, SIDE, 3), 0.5, np.float32), np.array([0, 1])


@pytest.mark.parametrize(
    "x, y, options, message",
    [
        (np.uint8(X), Y, {}, r"floats from 0 to 1; these are uint8 \(2, 8, 8, 3\)"),
        (X[:0], Y[:0], {}, "at least one picture"),
        (X * 255, Y, {}, "these go from 127.5 to 127.5: divide bytes by 255"),
        (X * np.nan, Y, {}, "these go from nan to nan"),
        (X, Y[:1], {}, r"2 pictures need 2 labels, .* these are int64 \(1,\)"),
        (X, np.eye(3)[Y], {}, "undo one-hot labels"),
        (X, np.float32(Y), {}, "whole numbers"),
        (X, Y + 2, {}, "classes from 0 to 2; here are 2 to 3"),
        (X, Y - 1, {}, "here are -1 to 0"),
        (X, Y, {"eps": -0.1}, "eps is measured on the scale of the pictures.* -0.1 came"),
        (X, Y, {"eps": 8}, "from 0 to 1; 8 came: a step of one byte is 1 / 255"),
        (X, Y, {"eps": np.nan}, "nan came"),
        (X, Y, {"eps_iter": -1.0}, "eps_iter is measured"),
        (X, Y, {"nb_iter": -1}, "whole number of steps or queries, 0 or more; -1 came"),
        (X, Y, {"nb_iter": 2.5}, "2.5 came"),
    ],
)
def test_pgd_says_what_is_wrong(linear, x, y, options, message):
    with pytest.raises(ValueError, match=message):
        projected_gradient_descent(linear, x, y, **options)


def test_square_and_the_ladder_say_what_is_wrong(linear, cipher):
    pictures, rng = floats_to_bytes(X), np.random.default_rng(0)
    with pytest.raises(ValueError, match="classes from 0 to 2; here are 2 to 3"):
        square_attack(lambda x: scores(linear, x), X, Y + 2, rng=rng)
    with pytest.raises(ValueError, match="-5 came"):
        square_attack(lambda x: scores(linear, x), X, Y, rng=rng, n_queries=-5)
    with pytest.raises(ValueError, match="8 came"):
        ladder.random_noise(pictures, rng=rng, eps=8)
    with pytest.raises(ValueError, match="one uint8 array"):
        ladder.through_cipher(linear, cipher, X, Y)
    with pytest.raises(ValueError, match="2 pictures need 2 labels"):
        ladder.discrete_search(linear, cipher, pictures, Y[:1], rng=rng)
    with pytest.raises(ValueError, match="-1 came"):
        ladder.discrete_search(linear, cipher, pictures, Y, rng=rng, nb_iter=-1)
    with pytest.raises(ValueError, match="2 pictures need 2 labels"):
        ladder.fooled(ladder.victim(linear), pictures, Y[:1])
