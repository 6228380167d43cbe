"""Noise beside the mismatched attack: the exact test of pairs, on cases that can be worked out."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from data.studies.attacked import paired
from data.studies.noise_controls import beside, of_seed, rms, two_sided


def test_the_distribution_of_equal_chances_is_the_binomial():
    for hits in (0, 3, 9, 17):
        expected = scipy.stats.binomtest(hits, 17, 0.5).pvalue
        assert two_sided(hits, np.full(17, 0.5)) == pytest.approx(expected)


def test_trials_that_cannot_go_either_way_count_for_nothing():
    sure = np.array([0, 1, 1, 0, 0.5])
    assert two_sided(2, sure) == two_sided(3, sure) == 1
    assert two_sided(1, sure) == pytest.approx(0)


def test_with_one_draw_it_is_mcnemars_test():
    rng = np.random.default_rng(1)
    one, other = rng.random((2, 300)) < np.array([[0.3], [0.2]])
    assert beside(one, other[None])["p"] == paired(one, other)["p"]


def of_difficulty(share: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.random(len(share)) < share


@pytest.mark.parametrize(("better", "least"), [(0.0, 0.85), (0.15, 0.0)])
def test_an_attack_that_is_one_more_toss_is_seldom_found_out_and_a_better_one_is(better, least):
    """Pictures differ in how easily they fall, as those of a network do."""
    rng, alike = np.random.default_rng(2), []
    for _ in range(60):
        share = rng.beta(0.3, 2, 200)
        tossed = np.stack([of_difficulty(share, rng) for _ in range(10)])
        attack = of_difficulty(np.minimum(share + better, 1), rng)
        alike.append(beside(attack, tossed)["p"] > 0.05)
    assert least <= np.mean(alike) <= least + 0.15


def test_numbers_of_a_hand_made_case():
    lost = np.array([True, True, False, False])
    tossed = np.array([[True, False, False, False], [True, False, True, False]])
    found = beside(lost, tossed)
    assert found["mean"] == 0.375 and found["range"] == [0.25, 0.5]
    assert found["attack_minus_mean"] == 0.125  # of 0, 1, -1/2, 0
    assert found["interval"][0] < 0 < found["interval"][1]


def test_the_size_of_noise_is_in_bytes():
    grey = np.full((1, 1, 2, 3), 128, np.uint8)
    assert rms(grey - np.uint8(5), grey) == 5


def test_a_seed_without_a_network_is_left_out():
    class Nothing:
        def seeds(self, name):
            return [1]

    assert of_seed(2)(Nothing()) is None
