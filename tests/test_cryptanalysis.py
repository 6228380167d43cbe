"""Counts of a cryptanalyst: published ones, those of chance, and those of the shipped rounds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.bits import ALL_BLOCKS, bits_to_signs, blocks_to_bits
from helpers.neural import cryptanalysis
from helpers.neural.cipher import NeuralCipher
from helpers.neural.cryptanalysis import (
    best_eve,
    ceiling,
    correlations,
    cycles,
    difference_table,
    differences,
    schedule_periods,
    slid_key,
    walsh_hadamard,
)
from helpers.neural.every_key import under_every_key
from helpers.neural.rounds import Coupling, Rounds, as_signs

# Bogdanov et al. (2007, "PRESENT: An Ultra-Lightweight Block Cipher"), table 1.
PRESENT = np.array([0xC, 5, 6, 0xB, 9, 0, 0xA, 0xD, 3, 0xE, 0xF, 8, 4, 7, 1, 2])
IDENTITY = np.arange(16)
DIFFUSING = NeuralCipher.load("diffusing").alice
PAPER = NeuralCipher.load("paper").alice

seeds = st.integers(0, 2**32 - 1)


def table_under(key: int) -> np.ndarray:
    return DIFFUSING.table(as_signs(np.uint16([key]))[0])


def random_rounds(seed: int, count: int, constant: int = 0) -> Rounds:
    rng = np.random.default_rng(seed)
    return Rounds(Coupling(rng.normal(size=(24, 8)), rng.normal(size=8)), count, 3, False, constant)


# --- differences ----------------------------------------------------------------------------------


def test_the_published_s_box_of_present():
    table = difference_table(PRESENT)
    assert table[0].tolist() == [16] + [0] * 15
    entries, counts = np.unique(table[1:], return_counts=True)
    assert dict(zip(entries.tolist(), counts.tolist())) == {0: 144, 2: 72, 4: 24}
    assert (table[1, [3, 7, 9, 13]] == 4).all()  # the design: one bit never leads to one bit
    one_bit = [1, 2, 4, 8]
    assert (table[np.ix_(one_bit, one_bit)] == 0).all()


def test_the_identity_keeps_every_difference():
    assert np.array_equal(difference_table(IDENTITY), 16 * np.eye(16))


@given(seeds)
def test_each_difference_goes_somewhere(seed):
    table = difference_table(np.random.default_rng(seed).permutation(64))
    assert (table.sum(axis=0) == 64).all() and (table.sum(axis=1) == 64).all()
    assert (table % 2 == 0).all()


def test_random_permutations_have_the_differences_of_chance():
    """Of 65,536 messages in pairs, a difference is met by a Poisson number of pairs, mean 1/2."""
    rng, x = np.random.default_rng(1), ALL_BLOCKS
    shares = []
    for _ in range(20):
        box = rng.permutation(x)
        counts = np.bincount(box ^ box[x ^ 0x8000], minlength=1 << 16) // 2
        shares.append([np.mean(counts == n) for n in range(4)])
        assert 5 <= counts.max() <= 10
    expected = [math.exp(-0.5) * 0.5**n / math.factorial(n) for n in range(4)]
    assert np.abs(np.mean(shares, axis=0) - expected).max() < 0.002


def test_differences_of_rounds_are_those_of_their_tables():
    alice, keys = random_rounds(2, 3, constant=0x9E37), np.uint16([3, 40000])
    found = differences_by_hand(alice, 0x0110, keys)
    counted = differences(alice, 0x0110, keys)
    assert np.array_equal(counted.counts, found)
    assert (counted.pairs, counted.exact) == (2 << 16, False)
    assert (counted.counts.sum(axis=1) == counted.pairs).all()


def differences_by_hand(alice: Rounds, difference: int, keys: np.ndarray) -> np.ndarray:
    counts = np.zeros((alice.count, 1 << 16), int)
    for key in as_signs(keys):
        for count in range(1, alice.count + 1):
            table = alice.first(count).table(key)
            outputs = table ^ table[ALL_BLOCKS ^ np.uint16(difference)]
            counts[count - 1] += np.bincount(outputs, minlength=1 << 16)
    return counts


def test_a_difference_passes_many_rounds_of_diffusing():
    """0x8000 to 0x8000 after 20 rounds, in a sample: 2^-10.2, where chance has 2^-16."""
    keys = np.random.default_rng(3).choice(ALL_BLOCKS, 32, replace=False)
    found = differences(DIFFUSING, 0x8000, keys)
    best, shares = found.best
    assert best[0] == 0x0080 and shares[0] == 1.0  # it passes the first round untouched
    assert best[19] == 0x8000
    assert 9.7 < -np.log2(shares[19]) < 10.8


def test_all_keys_are_exact_and_fewer_are_a_sample():
    few = differences(random_rounds(4, 1), 1, ALL_BLOCKS[:2])
    assert not few.exact
    whole = cryptanalysis.Differences(few.counts, 1 << 32, True)
    assert whole.best[1][0] == few.counts.max() / 2**32


# --- correlations ---------------------------------------------------------------------------------


@given(seeds)
def test_walsh_hadamard_undoes_itself(seed):
    values = np.random.default_rng(seed).normal(size=(3, 32))
    assert np.allclose(walsh_hadamard(walsh_hadamard(values)) / 32, values)


def test_squared_correlations_twice_transformed_are_the_difference_table():
    """Chabaud and Vaudenay (1994); the second time along the other axis of the same memory."""
    box = np.random.default_rng(9).integers(0, 32, 32)  # not only for permutations
    squares = correlations(box, np.arange(32)) ** 2
    assert np.allclose(walsh_hadamard(walsh_hadamard(squares).T), difference_table(box))


def test_walsh_hadamard_of_a_parity_is_one_place():
    parity = 1.0 - 2.0 * (np.bitwise_count(np.arange(64) & 0b101001) & 1)
    assert np.flatnonzero(walsh_hadamard(parity)).tolist() == [0b101001]


def test_correlations_of_present_and_of_the_identity():
    assert np.abs(correlations(PRESENT, np.arange(1, 16))).max() == 0.5
    assert np.array_equal(correlations(IDENTITY, np.arange(16)), np.eye(16))


def test_correlations_by_hand():
    found = correlations(PRESENT, np.array([0b1010]))[0]
    for mask in range(16):
        agree = sum(
            (x & mask).bit_count() % 2 == (int(y) & 0b1010).bit_count() % 2
            for x, y in enumerate(PRESENT)
        )
        assert found[mask] == 2 * agree / 16 - 1


def test_random_permutations_have_the_correlations_of_chance():
    """Of 256 pairs of single bits: normal, with a standard deviation of 2^-8."""
    rng, single = np.random.default_rng(5), 1 << np.arange(16)
    found = np.array([correlations(rng.permutation(1 << 16), single)[:, single] for _ in range(8)])
    assert abs(found.std() * 256 - 1) < 0.05
    assert np.abs(found).max() < 5 / 256


def test_a_bit_shows_through_diffusing_under_the_paper_s_key():
    single = 1 << np.arange(16)[::-1]  # bit 0 is the most significant
    found = correlations(table_under(0x5555), single)[:, single]
    assert np.unravel_index(np.abs(found).argmax(), found.shape) == (12, 12)
    assert round(50 + 50 * found[12, 12], 1) == 72.9  # per cent of all blocks
    message, ciphertext = (
        bits_to_signs(blocks_to_bits(b)) for b in (ALL_BLOCKS, table_under(0x5555))
    )
    assert np.allclose(found, ciphertext.T @ message / 65536)


# --- keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "circles", "fixed"),
    [(0x5555, 132, 0), (0xAAAA, 132, 0), (0, 1124, 164), (0xFFFF, 812, 36)],
)
def test_cycles_and_fixed_points_of_weak_keys(key, circles, fixed):
    table = table_under(key)
    assert len(cycles(table)) == circles
    assert np.count_nonzero(table == ALL_BLOCKS) == fixed


def test_cycles_by_hand():
    assert cycles(IDENTITY).tolist() == [1] * 16
    assert cycles(np.roll(np.arange(1024), 1)).tolist() == [1024]
    assert cycles(np.array([1, 0, 3, 4, 5, 6, 7, 2])).tolist() == [6, 2]


def test_random_permutations_have_the_cycles_of_chance():
    """1/1 + 1/2 + ... + 1/65536 of them on average, with a variance of that less pi^2 / 6."""
    rng = np.random.default_rng(6)
    counts = [len(cycles(rng.permutation(1 << 16))) for _ in range(60)]
    mean = math.log(1 << 16) + 0.5772
    assert abs(np.mean(counts) - mean) < 4 * math.sqrt((mean - math.pi**2 / 6) / 60)


def test_weak_keys_by_the_period_of_their_schedule():
    periods = schedule_periods(DIFFUSING)
    found = {period: np.flatnonzero(periods == period) for period in (1, 2, 4)}
    assert found[1].tolist() == [0, 0xFFFF] and found[2].tolist() == [0x5555, 0xAAAA]
    assert len(found[4]) == 12 and all(key % 0x1111 == 0 for key in found[4])
    assert set(periods.tolist()) == {0, 1, 2, 4, 8}


def test_a_weak_key_s_cipher_is_a_power():
    twice = DIFFUSING.first(2).table(as_signs(np.uint16([0x5555]))[0])
    power = ALL_BLOCKS
    for _ in range(10):
        power = twice[power]
    assert np.array_equal(power, table_under(0x5555))


def test_constants_leave_no_period_and_no_slide():
    alice = random_rounds(7, 12, constant=0x9E37)
    assert not schedule_periods(alice).any()
    assert [slid_key(alice, key) for key in (0, 0x5555, 0x1234)] == [None] * 3


@pytest.mark.parametrize("key", [0, 0x1234, 0x5555])
@pytest.mark.parametrize("count", [1, 2, 20])
def test_the_slide(key, count):
    alice = DIFFUSING.first(count)
    slid = slid_key(alice, key)
    assert slid == (key >> 3 | key << 13) & 0xFFFF
    first = alice.first(1).table(as_signs(np.uint16([key]))[0])
    last_key = alice.schedule[-1].of_signs(as_signs(np.uint16([slid])))[0]
    last = alice.first(1).table(last_key)
    under, later = (alice.table(as_signs(np.uint16([k]))[0]) for k in (key, slid))
    assert np.array_equal(later[first], last[under])


def test_a_schedule_that_repeats_once_only_is_not_weak():
    assert schedule_periods(DIFFUSING.first(3))[0x5555] == 0
    assert schedule_periods(DIFFUSING.first(4))[0x5555] == 2


# --- the best Eve ---------------------------------------------------------------------------------


def test_the_best_eve_of_a_pad_reads_nothing():
    found = best_eve(under_every_key(NeuralCipher.load("proven"), np.uint16([0, 12345])))
    assert found.bits.tolist() == [0.5, 0.5] and found.information.tolist() == [0, 0]
    assert found.messages.tolist() == [65536] * 2 and found.blocks.tolist() == [2**-16] * 2


def test_the_best_eve_of_no_cipher_reads_all():
    found = best_eve(np.full((1 << 16, 1), 777, np.uint16))
    assert [float(share[0]) for share in found] == [1, 1, 16, 1]


def test_the_best_eve_by_hand():
    """One half of the keys leave 0, one quarter each make 1 and 3."""
    messages = np.repeat(np.uint16([0, 0, 1, 3]), 1 << 14)[:, None]
    found = best_eve(messages)
    assert found.bits[0] == (14 + 0.5 + 0.75) / 16
    assert (found.blocks[0], found.messages[0]) == (0.5, 3)
    assert found.information[0] == 16 - 1.5


def test_the_best_eve_of_an_ideal_cipher_reads_what_short_keys_cost():
    rng = np.random.default_rng(8)
    found = best_eve(rng.integers(0, 1 << 16, (1 << 16, 40), np.uint16))
    assert abs(found.bits.mean() - 0.5 - 1 / math.sqrt(2 * math.pi * 65536)) < 0.0002
    assert abs(found.messages.mean() - 65536 * (1 - math.exp(-1))) < 60
    assert 0.80 < found.information.mean() < 0.86


def test_ceilings_by_hand():
    assert ceiling(np.ones(8)) == 0.5
    assert ceiling(np.arange(65536) == 5) == 1 - 2**-17
    assert ceiling([3, 1]) == 0.625


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize("difference", [0, -1, 65536, 1.5, "8000", True, None])
def test_other_differences_are_refused(difference):
    with pytest.raises(ValueError, match="is a whole number from 1 to 65,535; here is .*: choose"):
        differences(DIFFUSING, difference, ALL_BLOCKS[:1])


@pytest.mark.parametrize(
    "ask", [schedule_periods, lambda a: slid_key(a, 1), lambda a: differences(a, 1)]
)
def test_a_pair_without_rounds_is_refused(ask):
    with pytest.raises(ValueError, match="Only a cipher of rounds .*, and here is Chain: give"):
        ask(PAPER)


def test_fewer_rounds_than_one_are_refused():
    with pytest.raises(ValueError, match="Rounds have a count of 1 to 1,000"):
        DIFFUSING.first(0)


@pytest.mark.parametrize("box", [[0], [0, 1, 2], [1, 2, 3, 4], [0, -1], [], range(1 << 17)])
def test_other_boxes_are_refused(box):
    for count in (difference_table, cycles, lambda box: correlations(box, np.array([1]))):
        with pytest.raises(ValueError, match="A box says what becomes of each number below its"):
            count(np.array(box, int))


def test_circles_need_a_permutation():
    with pytest.raises(ValueError, match="here are 2 different ones of 4: give a permutation"):
        cycles(np.array([0, 0, 1, 1]))
    assert difference_table(np.array([0, 0, 1, 1]))[1].tolist() == [4, 0, 0, 0]
