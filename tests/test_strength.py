"""What is searched of a cipher of rounds is found where it is known, and not where it is not."""

from __future__ import annotations

import numpy as np
import pytest

from data.studies import strength
from data.studies.strength import RandomMasks
from helpers.bits import ALL_BLOCKS
from helpers.neural import cryptanalysis
from helpers.neural.cipher import NeuralCipher
from helpers.neural.rounds import Coupling, Rounds, as_signs, changes

KEYS = np.uint16([3, 0x5555, 0xFFFE])


@pytest.fixture(scope="module")
def untrained() -> Coupling:
    rng = np.random.default_rng(1)
    return Coupling(rng.integers(-9, 10, (24, 8)) * 2.0, np.ones(8))


@pytest.fixture(scope="module")
def random_masks() -> RandomMasks:
    return RandomMasks(1)


def nothing_changes() -> Coupling:
    return Coupling(np.zeros((24, 8)), np.ones(8))


# --- Rounds ---


@pytest.mark.parametrize("kind", ["untrained", "random_masks"])
def test_masks_by_key_are_what_the_round_changes(kind, request):
    round_ = request.getfixturevalue(kind)
    for key, masks in zip(as_signs(KEYS), strength.masks_by_key(round_, KEYS)):
        assert np.array_equal(masks, changes(round_, key))


def test_a_table_is_the_mean_of_what_is_counted_key_by_key(random_masks):
    masks = strength.masks_by_key(random_masks, KEYS)
    table, largest = strength.difference_tables(masks)
    counted = [cryptanalysis.difference_table(box) for box in masks]
    assert table == pytest.approx(np.mean(counted, axis=0) / 256)
    assert largest.tolist() == [one[1:].max() for one in counted]


def test_correlations_see_a_mask_that_is_a_bit_of_the_half():
    kernel = np.zeros((24, 8))
    kernel[5, 2] = 1
    masks = strength.masks_by_key(Coupling(kernel, np.zeros(8)), KEYS)
    assert np.abs(strength.linear_correlations(masks)).max() == 1


def test_trails_are_the_best_of_all_ways(random_masks):
    table, _ = strength.difference_tables(strength.masks_by_key(random_masks, KEYS))
    one, two = strength.best_trails(table, 2)
    left, right = 0x12, 0x34
    assert one[left << 8 | right] == pytest.approx(np.log2(table[right].max()))
    ways = [table[right, d] * table[left ^ d].max() for d in range(256)]
    assert two[left << 8 | right] == pytest.approx(np.log2(max(ways)))
    assert one[left << 8] == 0 and one[0] == -np.inf  # nothing is asked where `right` is 0


# --- Differentials ---


def test_a_certain_differential_is_found_and_named():
    tables = np.array([ALL_BLOCKS, ALL_BLOCKS ^ np.uint16(7)])
    assert strength.best_differential(tables, [5]) == (0, "0005")


def test_a_differential_is_counted_as_cryptanalysis_counts_it(untrained):
    alice = Rounds(untrained, 3, 3)
    counted = cryptanalysis.differences(alice, 0x0100, KEYS)
    tables = strength.tables_by_rounds(alice, KEYS)
    most = [strength.largest_count(after, 0x0100) for after in tables]
    assert most == counted.counts.max(axis=1).tolist()


def test_permutations_are_below_the_floor_and_a_planted_differential_above():
    found = strength.of_permutations(1, 5)["best_differential"]["bits"]
    assert strength.floor(5) < found < strength.floor(5) + 0.5
    assert strength.floor(65535) < strength.floor(1) < 15
    rng = np.random.default_rng(1)
    tables = np.array([rng.permutation(ALL_BLOCKS) for _ in range(strength.KEYS)])
    tables[:, :20], tables[:, 0x100 : 0x100 + 20] = 7, 7 ^ 0x1234  # 20 of 32,768 pairs, each key
    assert strength.best_differential(tables, [0x100]).bits < strength.floor(1)


def test_until_is_the_first_round_after_the_last_above_the_floor():
    assert strength.until([1, 5, 9, 5, 9, 9], 8) == 5
    assert strength.until([1, 5, 7], 8) is None
    assert strength.until([9, 9], 8) == 1


# --- Keys, and the whole ---


def test_keys_slide_without_constants_and_not_with_them(untrained):
    slid, constant = Rounds(untrained, 6, 3), Rounds(untrained, 6, 3, constant=0x9E37)
    assert strength.slides(slid) == 65536 and strength.slides(constant) == 0
    assert cryptanalysis.slid_key(slid, 77) is not None
    assert cryptanalysis.slid_key(constant, 77) is None


def test_a_cipher_that_changes_nothing_is_seen_by_every_measure(monkeypatch):
    monkeypatch.setattr(strength, "KEYS", 2)
    monkeypatch.setattr(strength, "KEYS_OF_A_ROUND", 8)
    monkeypatch.setattr(strength, "PAIRS", 100)
    found = strength.of_cipher(Rounds(nothing_changes(), 12, 3), 1)
    assert found["largest_entry_mean_over_keys"] == 1
    assert {each["bits"] for each in found["best_differential_by_rounds"]} == {0}
    assert found["rounds_until_the_floor"] is None
    assert found["single_bit_correlation"]["median"] == 1
    assert found["avalanche"]["message"] == {"min": 0, "mean": 1 / 16, "max": 1}
    assert found["special_keys"]["5555"] == {"cycles": 65536, "fixed_points": 65536}


def test_single_bits_of_the_papers_key():
    """Under it bit 12 of `diffusing` comes out as it went in, in 73 % of all blocks."""
    alice = NeuralCipher.load("diffusing").alice
    tables = np.array([alice.table(as_signs(np.uint16([0x5555]))[0])])
    assert strength.single_bit_correlations(tables) == pytest.approx([0.458], abs=0.005)
