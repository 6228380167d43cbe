"""The losses are what they say; a short training repeats; the study says what the pair does."""

from __future__ import annotations

import numpy as np
import pytest

from data.studies import diffusing, proven
from data.studies.diffusing import Mixing, Pair
from helpers import manifest
from helpers.bits import ALL_BLOCKS, PAPER_KEY, bits_to_signs
from helpers.neural.cipher import NeuralCipher
from helpers.neural.rounds import Coupling, Rounds, as_blocks, as_signs, round_table
from helpers.quiet_keras import tensorflow as tf


@pytest.fixture(autouse=True)
def small_samples(monkeypatch):
    """Measuring with few keys and messages."""
    monkeypatch.setattr(diffusing, "TRIED", range(0, 65536, 511))
    monkeypatch.setattr(diffusing, "SAMPLE", range(0, 65536, 32768))


@pytest.fixture
def short(monkeypatch):
    """Training in 100 steps."""
    recipe = proven.Recipe(noisy=100, falling=0, margins=0, batch=64)
    monkeypatch.setattr(diffusing, "recipe", recipe)


@pytest.fixture(scope="module")
def shipped() -> Pair:
    cipher = NeuralCipher.load("diffusing")
    return Pair(cipher.alice, cipher.bob)


@pytest.fixture(scope="module")
def study() -> dict:
    return manifest.results("diffusion")


def in_turn(*weights: float) -> np.ndarray:
    """A kernel (24, 8) whose mask j reads the bits j, j + 1, ... with these weights."""
    kernel = np.zeros((24, 8), np.float32)
    for i, weight in enumerate(weights):
        kernel[(np.arange(8) + i) % 8, np.arange(8)] = weight
    return kernel


# --- Wiring ---


def test_a_mask_keeps_its_largest_weights():
    kernel = np.random.default_rng(1).standard_normal((24, 8)).astype(np.float32)
    kept = diffusing.wired(kernel).numpy()
    for part, count in ((slice(8), 3), (slice(8, 24), 2)):
        for before, after in zip(kernel[part].T, kept[part].T):
            order = np.argsort(-np.abs(before))
            assert after[order[:count]] == pytest.approx(before[order[:count]])
            assert not after[order[count:]].any()


def test_a_weight_that_is_left_out_still_learns():
    kernel = tf.Variable(in_turn(3, 2, 1, 0.5))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(diffusing.wired(kernel))
    assert np.array_equal(tape.gradient(loss, kernel), np.ones((24, 8)))


def test_the_eight_largest_are_chosen_and_the_others_can_still_be():
    choice = tf.Variable(np.random.default_rng(1).standard_normal(16).astype(np.float32))
    with tf.GradientTape() as tape:
        chosen = diffusing.chosen(choice)
        loss = tf.reduce_sum(chosen * tf.range(16.0))
    assert np.flatnonzero(chosen == 1).tolist() == sorted(np.argsort(choice)[-8:].tolist())
    assert np.count_nonzero(chosen) == 8
    assert np.count_nonzero(tape.gradient(loss, choice)) == 16


def test_a_round_in_training_is_the_coupling_it_becomes():
    rng = np.random.default_rng(1)
    kernel, bias = (rng.standard_normal(s).astype(np.float32) for s in ((24, 8), (8,)))
    x = rng.choice(np.float32([-1, 1]), (300, 32))
    ciphertext, z = diffusing.encrypt(kernel, bias, x, 0.0, np.zeros((300, 8), np.float32))
    assert np.array_equal(ciphertext, Coupling(diffusing.wired(kernel), bias)(x))
    assert np.mean(z.numpy() ** 2, axis=0) == pytest.approx(np.ones(8), rel=1e-4)


# --- A round that may lose something ---


def random_mixing(seed: int) -> Mixing:
    rng = np.random.default_rng(seed)
    return Mixing(rng.standard_normal((32, 16)), rng.standard_normal(16))


def test_mixing_may_lose_what_a_coupling_cannot():
    """Two bits that read each other: (+, -) and (-, +) become the same."""
    kernel, bias = np.zeros((32, 16)), np.ones(16)
    kernel[1, 0] = kernel[0, 1] = 1
    bias[:2] = 0
    x = np.ones((2, 32), np.float32)
    x[0, 1] = x[1, 0] = -1
    first, second = Mixing(kernel, bias)(x)
    assert np.array_equal(first, second)


def test_its_table_is_its_answer_to_every_block_also_many_times():
    mixing, key = random_mixing(3), bits_to_signs(PAPER_KEY)
    x = np.hstack([as_signs(ALL_BLOCKS), np.broadcast_to(key, (65536, 16))])
    assert np.array_equal(round_table(mixing, key), as_blocks(mixing(x)))
    many = Rounds(mixing, 6, 3)
    assert np.array_equal(many(x)[:500], many(x[:500]))  # so few are not looked up


# --- Losses ---


def test_narrow_by_hand():
    z = np.array([[0.4, -0.4, 3], [0, 0, 0], [0.2, -0.2, 0.3]], np.float32)
    for row, expected in zip(z, [0, 1, (0.5 + 0.5 + 0.25) / 3]):
        assert float(diffusing.narrow(row[None])) == pytest.approx(expected)


def test_a_majority_of_five_is_not_narrow():
    votes = np.array([[5, 3, 1, -1, -3, -5]], np.float32).T / np.sqrt(5)
    assert float(diffusing.narrow(votes)) == 0


@pytest.mark.parametrize(
    "weights, lacking",
    [
        ((3, 3, 3), 3 * 0.1),  # as large as the smallest that is kept, where 1.1 times is asked
        ((3, -3, 2), 0.1),
        ((4, 4, 4, 2), 3 * 0.1),  # a fourth reader is not asked for
    ],
)
def test_unread_by_hand(weights, lacking):
    assert diffusing.unread(in_turn(*weights)).numpy() == pytest.approx(np.full(8, lacking))


def test_a_bit_that_nobody_reads_is_drawn_in():
    kernel = in_turn(3, 3, 3)
    kernel[5] = 0.1
    kernel = tf.Variable(kernel)
    with tf.GradientTape() as tape:
        lacking = tf.reduce_sum(diffusing.unread(kernel)[5])
    drawn = tape.gradient(lacking, kernel).numpy()
    assert np.count_nonzero(drawn[5] < 0) == np.count_nonzero(drawn) == diffusing.READERS


def test_a_mask_that_does_not_act_reads_nothing():
    acting = np.array([1, 1, 1, 1, 1, 1, 1, 0], np.float32)
    lacking = diffusing.unread(in_turn(3, 3, 3), acting).numpy()
    reads_with = 1.1 - 1 + 1.1  # mask 7 reads bits 7, 0 and 1
    assert lacking[[7, 0, 1]] == pytest.approx(np.full(3, 0.1 + reads_with))
    assert lacking[2:7] == pytest.approx(np.full(5, 0.3))


def test_unheard_by_hand():
    kernel = in_turn(4, 3, 2)  # the smallest weight of the block is 2
    kernel[8:12] = np.array([1, -1, 2, 3])[:, None]  # so the second largest of the key should be 2
    assert diffusing.unheard(kernel).numpy() == pytest.approx(np.zeros(8))
    kernel[10:12, :4] = 0
    assert diffusing.unheard(kernel).numpy() == pytest.approx(np.repeat([0.5, 0], 4))


def test_details_count_only_when_the_noise_is_gone():
    """A Bob who gives back the ciphertext; the round changes nothing, so that he is right."""
    x = np.random.default_rng(1).choice(np.float32([-1, 1]), (100, 32))
    kernel, bias = np.eye(32, 32, dtype=np.float32), np.repeat(np.float32([0, 1]), 16)
    bob = kernel, bias, 20 * np.eye(16, dtype=np.float32), np.zeros(16, np.float32)
    bob[0][16:] = 0
    for noise, expected in [(diffusing.recipe.noise, 0), (diffusing.recipe.noise / 2, 1.5), (0, 3)]:
        loss = diffusing.pair_loss(bob, x[:, :16], x, np.float32(noise), 3.0)
        assert float(loss) == pytest.approx(expected, abs=1e-4)


# --- Training ---


@pytest.mark.slow
def test_alice_who_chooses_which_bits_pass(short):
    alice = diffusing.train_mixing(1).alice.round
    kernel, bias = alice.weights
    assert isinstance(alice, Mixing)
    changes = kernel.any(axis=0)
    assert changes.sum() == 8 and (bias[~changes] > 0).all()
    assert not np.diag(kernel).any()


@pytest.mark.slow
def test_a_seed_repeats_also_as_a_command(short, tmp_path):
    path, known = tmp_path / "pair.npz", manifest.entries()
    diffusing.main(["--seed", "3", "--output", str(path)])
    written, again = NeuralCipher.load(path), diffusing.train(3)
    assert written.fingerprint == NeuralCipher(*again).fingerprint
    assert [np.count_nonzero(mask) for mask in again.alice.round.weights[0].T] == [5] * 8
    assert written.about["command"] == "python -m data.studies.diffusing --seed 3"
    assert written.about["wrong"] > 0 and not written.about["success"]  # after so few steps
    assert manifest.entries() == known  # what lies elsewhere is not shipped


# --- Avalanche ---


def test_avalanche_of_a_pad_is_one_bit_in_sixteen():
    shares = diffusing.avalanche(lambda x: x[:, :16] * x[:, 16:], np.random.default_rng(1), 100)
    assert np.array_equal(shares, np.full(32, 1 / 16))


def test_avalanche_names_the_bit():
    """Every ciphertext bit is bit 3 of the block times bit 2 of the key."""
    shares = diffusing.avalanche(
        lambda x: np.repeat(x[:, 3:4] * x[:, 18:19], 16, axis=1), np.random.default_rng(1), 100
    )
    assert np.flatnonzero(shares == 1).tolist() == [3, 18]
    assert np.count_nonzero(shares) == 2


# --- What was learned ---


@pytest.mark.slow
def test_the_shipped_pair_is_a_success(shipped):
    found, about = diffusing.results(shipped), NeuralCipher.load("diffusing").about
    assert found["success"] and found["wrong"] == 0
    for half in ("message_avalanche", "key_avalanche"):
        assert found[half] == about[half]
        assert 0.4 < found[half]["min"] <= found[half]["mean"] <= found[half]["max"] < 0.6


def test_one_lost_bit_is_no_success(shipped, monkeypatch):
    """Bob's threshold for one bit moved far away."""
    monkeypatch.setattr(diffusing, "PAIRS", 100)
    bob = [w.copy() for w in shipped.bob.round.weights]
    bob[3][5] += 1000
    found = diffusing.results(Pair.of(shipped.alice.round, bob))
    assert found["wrong"] == found["pairs"] // 2 and not found["success"]


def test_six_of_ten_seeds_or_more_succeed(study):
    lines = study["seeds"]
    assert [line["seed"] for line in lines] == list(range(1, 11))
    assert sum(line["success"] for line in lines) >= 6
    assert all(line["seconds"] < 60 for line in lines)


def test_alice_can_learn_which_bits_pass(study):
    lines = study["mixing_seeds"]
    assert sum(line["success"] for line in lines) >= 6


def test_the_avalanche_grows_with_the_rounds(study, shipped):
    few = diffusing.by_rounds(shipped.alice, most=3)
    assert few == study["by_rounds"][:3]
    assert few[0]["message_avalanche"]["mean"] < 0.2
    last = study["by_rounds"][-1]
    assert last["rounds"] == 32
    assert last["message_avalanche"]["min"] > 0.48 and last["key_avalanche"]["min"] > 0.48


@pytest.mark.slow
def test_a_pad_before_public_rounds_is_secret_and_diffuses(shipped, monkeypatch):
    monkeypatch.setattr(diffusing, "PAIRS", 1000)
    pad, rounds, public, keyed = diffusing.frontier(lambda x: x[:, :16] * x[:, 16:], shipped.alice)
    assert pad["fewest_distinct_ciphertexts"] == public["fewest_distinct_ciphertexts"] == 65536
    assert pad["key_avalanche"]["mean"] == 1 / 16
    assert min(public["message_avalanche"]["min"], public["key_avalanche"]["min"]) > 0.4
    for lossy in (rounds, keyed):  # as a random function: 1 - 1/e of all
        assert lossy["fewest_distinct_ciphertexts"] == pytest.approx(41_427, rel=0.02)
