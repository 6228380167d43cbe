"""Losses and channel by hand, the recipe repeatable and learning, and a count that finds faults."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pads import pad

from data.studies import proven, secrecy
from data.studies.proven import Partners, Recipe, distinct_ciphertexts, train
from helpers import manifest
from helpers.neural.chain import Chain, Layer
from helpers.neural.cipher import NeuralCipher
from helpers.quiet_keras import tensorflow as tf

SHORT = Recipe(noisy=900, falling=200, margins=0, rate=8e-3, starts=1)


@pytest.fixture(scope="module")
def trained():
    """A pair after a short training, and its error rates on the way, (chunks, 2)."""
    partners, errors = Partners(3, SHORT), []
    train(partners, lambda done, now: errors.append(now))
    return partners, np.array(errors)


def theta(partners: Partners) -> np.ndarray:
    return partners.team.theta.numpy()


def random_signs(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).choice([-1, 1], shape).astype(np.float32)


def batch(rows: int = 512) -> proven.Batch:
    """A batch of the one-time pad: in signs, the ciphertext is message times key."""
    message, key = tf.constant(random_signs(2, rows, 16))
    return proven.Batch(message, key, message * key, lambda m, k: m * k)


# --- Losses and channel ---


def test_the_noisy_sign_is_that_of_the_sum_and_zero_counts_as_plus():
    z, noise = tf.constant([0.0, 0.2, 0.2, -0.2]), tf.constant([0.0, -1.0, 1.0, 1.0])
    assert proven.noisy_sign(z, 0.0, noise).numpy().tolist() == [1, 1, 1, -1]
    assert proven.noisy_sign(z, 0.5, noise).numpy().tolist() == [1, -1, 1, 1]


@pytest.mark.parametrize(("sigma", "width"), [(0.0, 0.5), (0.5, 0.5), (2.0, 2.0)])
def test_the_noisy_sign_has_the_slope_of_tanh(sigma, width):
    z = tf.constant([-1.0, 0.0, 0.3])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(z)
        hard = proven.noisy_sign(z, tf.constant(sigma), tf.ones(3))
        soft = tf.tanh(z / width)
    assert tape.gradient(hard, z).numpy() == pytest.approx(tape.gradient(soft, z).numpy())


def test_focal_loss_by_hand():
    coin, learned = np.log(2), np.log1p(np.exp(-3.0))
    signs, logits = tf.constant([[1.0, -1.0]]), tf.constant([[0.0, -3.0]])
    expected = (coin**2 + learned**2) / (coin + learned)
    assert float(proven.focal(signs, logits)) == pytest.approx(expected)


def test_focal_loss_hears_the_bit_that_is_not_learned():
    signs, logits = tf.ones((1, 2)), tf.Variable([[0.0, 2.0]])
    with tf.GradientTape(persistent=True) as tape:
        focal = proven.focal(signs, logits)
        plain = tf.reduce_mean(tf.nn.softplus(-signs * logits))
    weighted, even = tape.gradient(focal, logits)[0], tape.gradient(plain, logits)[0]
    assert float(weighted[0] / weighted[1]) > 5 * float(even[0] / even[1])


def test_margin_loss_by_hand():
    signs = tf.constant([[1.0, -1.0], [1.0, 1.0]])
    z = tf.constant([[0.4, -2.0], [-0.8, 1.0]])  # half of the margin is there; none, and wrong
    assert float(proven.margin_loss(z, signs)) == pytest.approx((0.5 + 2) / 2)
    assert float(proven.margin_loss(0.8 * signs, signs)) == 0


def test_in_rms_has_columns_of_size_one():
    z = np.random.default_rng(1).normal(3, [1, 10, 100], (64, 3)).astype(np.float32)
    size = np.sqrt(np.mean(proven.in_rms(z).numpy() ** 2, axis=0))
    assert size == pytest.approx(1, rel=1e-4)


def test_three_ways_to_run_a_gate_network_agree():
    model, signs = proven.build_gate(seed=3), random_signs(64, 32)
    weights = model.get_weights()
    chain = Chain([Layer("gate"), Layer("linear")], weights)(signs)
    assert model(signs).numpy() == pytest.approx(chain, abs=1e-5)
    assert proven.gate_forward(weights, signs) == pytest.approx(chain, abs=1e-5)


# --- The recipe ---


@given(st.integers(0, 50))
def test_noise_and_rate_rest_and_then_fall(chunks):
    recipe, step = Recipe(noisy=2000, falling=1000, margins=2000), 100 * chunks
    noise, rate = recipe.noise_at(step), recipe.rate_at(step)
    if step <= 2000:
        assert (noise, rate) == (recipe.noise, recipe.rate)
    else:
        assert noise == pytest.approx(recipe.noise * max(0, 3000 - step) / 1000)
        assert rate == pytest.approx(recipe.rate * (1 - 0.98 * (step - 2000) / 3000))


@pytest.mark.parametrize("steps", [-100, 150])
def test_steps_that_cannot_be_walked_are_refused(steps):
    with pytest.raises(ValueError, match=rf"`falling` is {steps}: choose 0 or a multiple of 100"):
        Recipe(falling=steps)


@pytest.mark.slow
def test_the_partners_learn_within_a_thousand_steps(trained):
    partners, errors = trained
    assert errors[-1].min() < 0.15 < errors[0].min()  # of Bob's worst position, or of Carol's


def test_a_seed_gives_one_pair():
    pairs = [Partners(seed, SHORT) for seed in (1, 1, 2)]
    for partners in pairs:
        for draw in range(3):
            partners.step(tf.constant(draw), tf.constant(0.7), tf.constant(1.0))
    one, again, other = map(theta, pairs)
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_a_new_start_forgets_everything():
    partners = Partners(1, SHORT)
    before = theta(partners)
    partners.step(tf.constant(0), tf.constant(0.7), tf.constant(1.0))
    partners.start_again()
    assert partners.starts == 2
    assert np.mean(np.isclose(theta(partners), before, atol=1e-5)[before != 0]) < 0.01
    assert all(np.all(v == 0) for v in partners.team.optimizer.variables)


@pytest.mark.parametrize(("errors", "starts"), [((0.5, 0.0), 3), ((0.0, 0.5), 3), ((0.1, 0.1), 1)])
def test_partners_start_again_while_a_position_is_not_learned(errors, starts):
    partners, steps = Partners(1, Recipe(noisy=200, falling=100, margins=0, starts=3)), []
    partners.walk = lambda *now: tf.constant(errors)
    train(partners, lambda done, now: steps.append(done))
    assert partners.starts == starts
    assert steps == [100, 200] * starts + [300]


# --- A first look ---


def test_the_pad_is_faultless_at_first_sight():
    assert proven.first_look(pad()) == {
        "fewest_distinct_ciphertexts_of_16_messages": 65536,
        "median_distinct_ciphertexts_of_16_messages": 65536,
        "wrong_share_of_200000_pairs": 0,
    }


def test_a_key_bit_that_alice_does_not_read_halves_the_ciphertexts():
    cipher = pad()
    kernel, *rest = (w.copy() for w in cipher.alice.weights)
    kernel[16 + 3, 16 + 3], kernel[16 + 4, 16 + 3] = 0, 1  # bit 3 under the key bit of bit 4
    alice = Chain(cipher.alice.layers, [kernel, *rest])
    broken = NeuralCipher(alice, cipher.bob)
    assert distinct_ciphertexts(broken.alice, [0, 12345]) == [32768, 32768]
    # Bob still uses key bit 3: wrong where it differs from bit 4.
    assert proven.wrong_share(broken, np.random.default_rng(1)) == pytest.approx(0.5, abs=0.01)


# --- Opponents ---


def test_a_coin_knows_nothing_and_certainty_everything():
    signs = random_signs(512, 3)
    assert secrecy.cross_entropy(signs, 0 * signs).numpy() == pytest.approx(np.log(2), rel=1e-4)
    assert secrecy.cross_entropy(signs, 30 * signs).numpy() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("opponent", "bits"),
    [
        (secrecy.BITS, 16),
        (secrecy.CHOSEN, 1),
        (secrecy.REAL, 1),
    ],
    ids=["bits", "chosen", "real"],
)
def test_questions_have_two_answers_equally_often(opponent, bits):
    models = [proven.build_gate(*size, seed=1) for size in opponent.networks]
    truth, logits = opponent.answer([m.get_weights() for m in models], batch())
    assert truth.shape == logits.shape == (512, bits)
    assert set(np.unique(truth)) == {-1, 1}
    assert np.abs(np.mean(truth, axis=0)).max() < 0.2


def test_correlation_by_hand():
    columns = np.arange(1 << 16)[:, None] >> np.arange(16) & 1
    fair = tf.constant(2.0 * columns[None] - 1, tf.float32)  # every ciphertext once
    twins = tf.concat([fair[..., :15], fair[..., :1]], axis=2)
    constant = tf.concat([fair[..., :15], tf.ones((1, 1 << 16, 1))], axis=2)
    assert float(proven.correlation(fair)) == 0
    assert float(proven.correlation(twins)) == pytest.approx(2 * 0.95 / 8)
    assert float(proven.correlation(constant)) == pytest.approx(1 / 8)


def test_opponents_learn_beside_the_pair():
    contest = secrecy.Contest(1, Recipe(noisy=100, falling=0, margins=0), secrecy.REAL)
    pair, eves = theta(contest), contest.eves.theta.numpy()
    contest.step(tf.constant(0), tf.constant(0.7), tf.constant(0.0))
    moved = theta(contest) != pair
    carol = sum(np.prod(shape) for shape in contest.team.shapes[2])
    assert moved[:-carol].any() and not moved[-carol:].any()  # Carol is idle
    assert not np.array_equal(eves, contest.eves.theta.numpy())


# --- What is shipped ---


def test_the_recorded_study_has_every_way_and_the_certificate_wins():
    trials = manifest.results("secrecy_by_training")["trials"]
    proved: dict[str, list[bool]] = {name: [] for name in secrecy.WAYS}
    for line in trials:
        faultless = line["bijective"] == line["messages"] and line["wrong"] == 0
        assert line["proved"] == (faultless and line["messages"] == line["keys"] == 65536)
        proved[line["way"]].append(line["proved"])
    assert {name: len(found) for name, found in proved.items()} == {
        name: len(seeds) for name, (_, seeds) in secrecy.WAYS.items()
    }
    assert sum(proved["certificate"]) >= 8


def test_the_shipped_pair_is_faultless_at_first_sight():
    cipher = NeuralCipher.load("proven")
    assert cipher.about["command"].startswith("python -m data.studies.proven --recipe proven")
    assert distinct_ciphertexts(cipher.alice, [0, 54321]) == [65536, 65536]
    assert proven.wrong_share(cipher, np.random.default_rng(1)) == 0


@pytest.mark.parametrize(
    ("output", "complaint"),
    [("folder.npz", "could not be written"), ("mine", "is called NAME.npz, and not 'mine'")],
)
def test_a_file_that_cannot_be_kept_is_refused_before_training(
    output, complaint, tmp_path, monkeypatch
):
    (tmp_path / "folder.npz").mkdir()
    monkeypatch.setattr(proven, "partners_for", None)  # nobody trains
    with pytest.raises(SystemExit, match=complaint):
        proven.main(["--output", str(tmp_path / output)])
