"""A fresh Bob is shown what he should see; he learns what can be learned, and nothing of chance."""

from __future__ import annotations

import numpy as np
import pytest

from data.studies import learnability, strength
from data.studies.learnability import reading, telling_the_mask
from helpers import manifest
from helpers.neural.cipher import NeuralCipher
from helpers.neural.rounds import Coupling


@pytest.fixture(scope="module")
def study() -> dict:
    return manifest.results("learnability")


@pytest.fixture
def few(monkeypatch):
    """A fortieth of the examples."""
    monkeypatch.setattr(learnability, "EXAMPLES", 30_000)
    monkeypatch.setattr(learnability, "TRIED", 5_000)


def one_bit() -> Coupling:
    """A mask that is bit 3 of the half: Bob has to multiply two signs."""
    kernel = np.zeros((24, 8))
    kernel[3] = 1
    return Coupling(kernel, np.zeros(8))


# --- What he sees ---


def test_what_he_sees_and_the_mask_give_the_answer():
    round_ = NeuralCipher.load("resisting").alice.round
    x = learnability.some(np.random.default_rng(1), 100)
    seen, answer = reading(round_, x)
    told, mask = telling_the_mask(round_, x)
    assert np.array_equal(seen[:, :8], told[:, :8]) and np.array_equal(seen[:, 16:], told[:, 8:])
    assert np.array_equal((seen[:, 8:16] > 0) == mask, answer)
    assert np.array_equal(answer, x[:, :8] > 0)


def test_examples_are_new_and_repeat_with_the_seed():
    one, again, other = (learnability.some(np.random.default_rng(s), 50) for s in (1, 1, 2))
    assert np.array_equal(one, again) and not np.array_equal(one, other)


# --- What he learns ---


@pytest.mark.slow
def test_he_learns_a_simple_round_and_nothing_of_random_masks(few):
    simple, random = one_bit(), strength.RandomMasks(1)
    assert learnability.tried(learnability.fresh_bob(simple, 1), simple, 1)["bits"] > 0.99
    low, high = learnability.tried(learnability.fresh_bob(random, 1), random, 1)["interval"]
    assert low - 0.005 < 0.5 < high + 0.005


@pytest.mark.slow
def test_a_point_knows_how_strong_its_round_is(few, monkeypatch):
    monkeypatch.setattr(strength, "KEYS", 4)
    found = learnability.point("mine", one_bit(), 1, 25)
    assert found["bits_of_best_differential"] == 0 and found["steps"] == 25
    assert found["bits"] > 0.99 and found["all_8_bits"] <= found["bits"]


# --- The study ---


def test_he_learns_the_weak_round_and_not_the_strong_one(study):
    points = {kind: [p for p in study["points"] if p["kind"] == kind] for kind in KINDS}
    assert min(p["bits"] for p in points["diffusing"]) > 0.99
    assert max(p["bits"] for p in points["resisting"]) < 0.8
    assert all(p["interval"][0] < 0.505 for p in points["random masks"])


def test_the_stronger_the_round_the_less_he_reads(study):
    trained = [p for p in study["points"] if p["kind"] == "training"]
    bits, strengths = ([p[n] for p in trained] for n in ("bits", "bits_of_best_differential"))
    assert np.corrcoef(bits, strengths)[0, 1] < -0.8


def test_more_examples_help_him_and_the_mask_is_easier(study):
    last = {}
    for one in study["by_examples"]:
        shares = [at["bits"] for at in one["curve"]]
        assert shares == sorted(shares) and (shares[0] < shares[-1] or shares[0] > 0.999)
        last[one["pair"], one["task"], one["seed"]] = shares[-1]
    for seed in (1, 2):
        read, told = (last["resisting", t, seed] for t in ("reading", "telling_the_mask"))
        assert told > read + 0.05


KINDS = "training", "diffusing", "resisting", "random masks"
