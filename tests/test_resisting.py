"""What is learned from is what is counted; weights are whole; the shipped pair is what it says."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from data.studies import resisting
from helpers import manifest
from helpers.bits import ALL_BLOCKS, PAPER_KEY, random_key
from helpers.neural import cryptanalysis, proof
from helpers.neural.cipher import NeuralCipher
from helpers.neural.rounds import ALL_HALVES, Coupling, Uncoupling, as_signs
from helpers.quiet_keras import tensorflow as tf


@pytest.fixture(scope="module")
def boxes() -> np.ndarray:
    """Two tables of 256 bytes: what two keys make of the halves."""
    return np.random.default_rng(1).integers(0, 256, (2, 256))


@pytest.fixture(scope="module")
def shipped() -> NeuralCipher:
    return NeuralCipher.load("resisting")


@pytest.fixture(scope="module")
def study() -> dict:
    return manifest.results("resisting")


def masks_of(boxes: np.ndarray) -> np.ndarray:
    """As signs, -1 for a bit 1: float32 (keys, 256, 8)."""
    return -np.array([as_signs(box.astype(np.uint16))[:, 8:] for box in boxes])


# --- The loss ---


def test_a_component_is_the_product_of_its_masks(boxes):
    masks = masks_of(boxes)
    found = resisting.components(masks).numpy()
    assert np.array_equal(found[..., 0b10000001], masks[..., 0] * masks[..., 7])
    assert (found[..., 0] == 1).all()


def test_the_table_and_the_correlations_that_are_learned_from_are_the_counted_ones(boxes):
    linear = resisting.correlations(resisting.components(masks_of(boxes)))
    table = resisting.difference_table(linear).numpy()
    for key, box in enumerate(boxes):
        assert np.abs(256 * table[key] - cryptanalysis.difference_table(box)).max() < 1e-3
        counted = cryptanalysis.correlations(box, np.arange(256))
        assert np.array_equal(linear[key], counted.T)


def test_a_large_power_is_nearly_the_largest_however_large():
    x = tf.constant([1e30, -2e30, 0])
    assert float(resisting.norm(x, 16.0)) == pytest.approx(2e30, rel=0.01)
    assert float(resisting.norm(x, 1.0)) == pytest.approx(3e30)


def test_a_linear_mask_costs_more_than_a_random_one(boxes):
    copies = np.repeat(-ALL_HALVES[None], 2, axis=0)
    assert resisting.cryptanalysis(copies) > 3 * resisting.cryptanalysis(masks_of(boxes))


def test_two_keys_with_the_same_masks_cost_more(boxes):
    masks = masks_of(boxes)
    same = np.stack([masks[0], masks[0]])
    assert resisting.cryptanalysis(same) > resisting.cryptanalysis(masks) + 5


# --- Training ---


def test_a_network_in_training_is_the_coupling_it_becomes():
    weights, keys = resisting.beginner(1), as_signs(np.uint16([0x1234, 0xFFFF]))
    found = resisting.noisy_masks(weights, keys, 0.0, [1, 1]).numpy()
    for masks, key in zip(found, keys):
        x = np.hstack([ALL_HALVES, np.broadcast_to(key, (256, 16))])
        assert np.array_equal(masks, Coupling(*weights).mask(x))


def test_half_of_the_keys_are_the_others_with_one_bit_changed():
    one, other = np.split(resisting.some_keys([1, 7]).numpy(), 2)
    assert (np.abs(one) == 1).all()
    assert (one != other).sum(axis=1).tolist() == [1] * resisting.KEYS
    assert not np.array_equal(one, np.split(resisting.some_keys([1, 8]).numpy(), 2)[0])


def test_whole_numbers_are_nearly_the_same_network_and_no_sum_is_0():
    rng, weights = np.random.default_rng(1), resisting.beginner(1)
    weights[1] = 0.3 * rng.standard_normal(64).astype(np.float32)
    whole = resisting.in_whole_numbers(weights)
    x = rng.choice(np.float32([-1, 1]), (5000, 24))
    assert all(np.array_equal(w, np.rint(w)) for w in whole)
    assert ((x @ whole[0] + whole[1]) % 2 == 1).all()
    assert np.mean(Coupling(*whole).mask(x) == Coupling(*weights).mask(x)) > 0.95


@pytest.mark.slow
def test_a_short_training_lowers_what_is_found_out():
    first, *_, last = resisting.learn(1, steps=50)
    keys = resisting.some_keys([99, 0])
    before, after = (
        float(resisting.cryptanalysis(resisting.noisy_masks(weights, keys, 0.0, [99, 0])))
        for weights in (first, last)
    )
    assert after < 0.8 * before


@pytest.mark.slow
def test_as_a_command_it_writes_a_pair_that_says_how_it_was_made(tmp_path, monkeypatch):
    monkeypatch.setattr(resisting, "learn", partial(resisting.learn, steps=25))
    path, known = tmp_path / "pair.npz", manifest.entries()
    resisting.main(["--seed", "3", "--output", str(path)])
    written = NeuralCipher.load(path)
    assert written.fingerprint == NeuralCipher(*resisting.train(3)).fingerprint
    assert written.about["command"] == "python -m data.studies.resisting --seed 3"
    assert "given" in written.about["bob"]
    assert manifest.entries() == known  # what lies elsewhere is not shipped


# --- The shipped pair ---


def test_the_shipped_pair_reads_every_block_and_a_wrong_key_does_not(shipped):
    rng = np.random.default_rng(1)
    for key in (PAPER_KEY, *(random_key(rng) for _ in range(4))):
        sent = shipped.forward(key)(ALL_BLOCKS)
        assert np.array_equal(shipped.inverse(key)(sent), ALL_BLOCKS)
        wrong = np.concatenate([key[:-1], 1 - key[-1:]])
        assert np.mean(shipped.inverse(wrong)(sent) == ALL_BLOCKS) < 0.001


def test_its_weights_are_whole_and_bob_has_alices(shipped):
    alice, bob = shipped.alice.round, shipped.bob.round
    assert isinstance(alice, Coupling) and isinstance(bob, Uncoupling)
    assert all(np.array_equal(w, np.rint(w)) for w in alice.weights)
    assert all(np.array_equal(a, b) for a, b in zip(alice.weights, bob.weights))
    for kernel, bias in zip(alice.weights[::2], alice.weights[1::2]):
        assert ((kernel.sum(axis=0) + bias) % 2 == 1).all()


def test_all_its_pairs_were_counted(shipped):
    assert proof.shipped("resisting")["wrong"] == 0


# --- The study ---


def test_all_seeds_reach_the_floor_and_no_network_that_has_learned_nothing(study):
    assert all(one["seconds"]["process"] > 1 for one in study["trained"])
    assert len(study["trained"]) == len(study["untrained"]) == len(study["random_masks"]) == 5
    assert all(one["rounds_until_the_floor"] <= 8 for one in study["trained"])
    assert all(one["rounds_until_the_floor"] <= 8 for one in study["random_masks"])
    assert not any(one["rounds_until_the_floor"] for one in study["untrained"])
    assert study["shipped"]["diffusing"]["rounds_until_the_floor"] is None


def test_the_shipped_rounds_look_random(study, shipped):
    found, random = study["shipped"]["resisting"], study["random_permutations"]
    largest = max(one["single_bit_correlation"]["max"] for one in random)
    assert found["single_bit_correlation"]["max"] < 1.2 * largest
    assert found["keys_with_a_period"] == found["keys_that_slide"] == 0
    assert study["shipped"]["diffusing"]["keys_that_slide"] == 65536
    every = study["every_difference"]
    assert every["4 rounds"]["bits"] < every["4 rounds"]["floor"] - 0.5  # seen where it is
    for name in ("12 rounds", "random_permutations"):
        assert every[name]["bits"] > every[name]["floor"]


def test_a_network_sees_three_rounds_and_nothing_of_ten(study):
    few, many = study["neural_eves"]
    assert (few["rounds"], many["rounds"]) == (3, 10)
    assert few["interval"][0] > 0.55
    assert many["interval"][0] < 0.5 < many["interval"][1]
