"""Known answers by hand, published figures, and properties of the measures in `helpers.metrics`."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import chi2, norm

from helpers import metrics
from helpers.metrics import Proportion
from tests.fuzzing import ODD_VALUES, outcome

ten_million = 10**7
counts = st.integers(1, ten_million).flatmap(
    lambda total: st.tuples(st.integers(0, total), st.just(total))
)
pictures = arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6), st.just(3)))
pairs_of_blocks = st.integers(1, 40).flatmap(
    lambda n: st.tuples(arrays(np.uint16, n), arrays(np.uint16, n))
)


def random_pictures(
    seed: int = 0, shape: tuple[int, ...] = (256, 256)
) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (2, *shape), dtype=np.uint8)


def to_bits(blocks: np.ndarray) -> np.ndarray:
    return np.unpackbits(blocks.astype(">u2").view(np.uint8).reshape(-1, 2), axis=1)


# Shares


@settings(deadline=None)
@given(counts)
def test_interval_contains_the_share_and_is_wilsons(count):
    hits, total = count
    share = Proportion(hits, total)
    assert 0 <= share.low <= share.share <= share.high <= 1
    # Wilson's limits are the p at which the count lies exactly 1.96 standard deviations away.
    z = norm.ppf(0.975)
    for p in {share.low, share.high} - {0.0, 1.0}:
        distance = abs(share.share - p) / math.sqrt(p * (1 - p) / total)
        assert distance == pytest.approx(z, rel=1e-5)


@pytest.mark.parametrize("chance", [0.5, 0.9, 0.02])
def test_interval_covers_the_true_share_about_95_times_of_100(chance):
    hits = np.random.default_rng(1).binomial(500, chance, size=2000)
    intervals = {h: Proportion(h, 500).interval for h in np.unique(hits).tolist()}
    covered = np.mean([intervals[h][0] <= chance <= intervals[h][1] for h in hits.tolist()])
    assert 0.93 < covered < 0.975


@pytest.mark.parametrize(
    ("hits", "total", "text"),
    [
        (9989, 10_000, "99.89 % [99.80, 99.94]"),
        (1, 2, "50 % [9, 91]"),
        (500, 1000, "50.0 % [46.9, 53.1]"),
        (0, ten_million, "0 %, at most 0.00004 %"),
        (1, ten_million, "0.000010 % [0.000002, 0.000057]"),
        (ten_million - 1, ten_million, "99.999990 % [99.999943, 99.999998]"),
        (ten_million, ten_million, "100 %, at least 99.99996 %"),
        (0, 1, "0 %, at most 80 %"),
        (1, 1, "100 %, at least 20 %"),
    ],
)
def test_share_prints_as_many_digits_as_were_measured(hits, total, text):
    assert str(Proportion(hits, total)) == text
    assert f"{Proportion(hits, total)}" == text


@settings(deadline=None)
@given(counts)
def test_printed_share_is_zero_or_all_only_when_it_is(count):
    hits, total = count
    printed = float(str(Proportion(hits, total)).split(" %")[0])
    assert (printed == 0) == (hits == 0)
    assert (printed == 100) == (hits == total)
    assert printed == pytest.approx(100 * hits / total, abs=6)


@settings(deadline=None)
@given(st.integers(1, ten_million))
def test_printed_limits_are_on_the_safe_side(total):
    at_most = float(str(Proportion(0, total)).split()[-2])
    at_least = float(str(Proportion(total, total)).split()[-2])
    assert 100 * Proportion(0, total).high <= at_most
    assert at_least <= 100 * Proportion(total, total).low + 1e-12


@pytest.mark.parametrize(("hits", "total"), [(0, 0), (3, 2), (-1, 5)])
def test_impossible_counts_are_refused(hits, total):
    with pytest.raises(ValueError, match=f"this is {hits} of {total}: count all the trials"):
        Proportion(hits, total)


# Bits and blocks


def test_accuracy_by_hand():
    true = np.array([0x0000, 0xFFFF, 0x1234, 0x8001], np.uint16)
    guessed = np.array([0x0000, 0xFFFE, 0x1234, 0x0000], np.uint16)
    assert metrics.bit_accuracy(true, guessed) == Proportion(61, 64)
    assert metrics.block_accuracy(true, guessed) == Proportion(2, 4)


def test_accuracy_of_eight_bit_blocks_counts_eight_bits_each():
    true = np.zeros((3, 8), np.uint8)
    guessed = np.eye(3, 8, dtype=np.uint8)
    guessed[2] = 0
    assert metrics.bit_accuracy(true, guessed) == Proportion(22, 24)
    assert metrics.block_accuracy(true, guessed) == Proportion(1, 3)


@settings(deadline=None)
@given(pairs_of_blocks)
def test_blocks_and_their_bits_measure_the_same(pair):
    true, guessed = pair
    as_bits = to_bits(true), to_bits(guessed)
    assert metrics.bit_accuracy(*pair) == metrics.bit_accuracy(*as_bits)
    assert metrics.block_accuracy(*pair) == metrics.block_accuracy(*as_bits)


def test_coin_tosses_reach_chance():
    true, guessed = np.random.default_rng(2).integers(0, 2**16, (2, 2**20), dtype=np.uint16)
    bits, blocks = metrics.bit_accuracy(true, guessed), metrics.block_accuracy(true, guessed)
    assert bits.low < metrics.CHANCE_OF_BIT < bits.high
    assert blocks.low < metrics.CHANCE_OF_BLOCK < blocks.high


def test_chance_of_block_is_that_of_its_bits_together():
    assert metrics.CHANCE_OF_BLOCK == metrics.CHANCE_OF_BIT**16 == 1 / 65_536


def test_bits_wrong_by_hand():
    a, b = np.uint8([0b1010, 255]), np.uint8([0b0110, 0])
    assert metrics.bits_wrong(a, b) == metrics.bits_wrong(b, a) == 10 / 16


@given(pictures)
def test_bits_wrong_goes_from_none_to_all(picture):
    assert metrics.bits_wrong(picture, picture) == 0
    assert metrics.bits_wrong(picture, picture ^ 1) == 1 / 8
    assert metrics.bits_wrong(picture, ~picture) == 1


# Avalanche: a function (message bits, key bits) -> ciphertext bits


def aes(message: np.ndarray, key: np.ndarray) -> np.ndarray:
    encryptor = Cipher(algorithms.AES(np.packbits(key).tobytes()), modes.ECB()).encryptor()
    ciphertext = encryptor.update(np.packbits(message, axis=1).tobytes())
    return np.unpackbits(np.frombuffer(ciphertext, np.uint8).reshape(len(message), 16), axis=1)


def half_deaf(message: np.ndarray, key: np.ndarray) -> np.ndarray:
    """The message and its first bit again; of the key, bit 1 alone counts, and inverts all."""
    return np.hstack([message, message[:, :1]]) ^ key[1]


def test_aes_flips_half_the_ciphertext_for_every_message_and_key_bit():
    rng = np.random.default_rng(3)
    message, key = rng.integers(0, 2, (1000, 128), np.uint8), rng.integers(0, 2, 128, np.uint8)
    for measure in metrics.plaintext_avalanche, metrics.key_avalanche:
        shares = measure(aes, message, key)
        assert shares.shape == (128,)
        assert np.all(np.abs(shares - 0.5) < 0.01)


def test_avalanche_by_hand_leaves_its_arguments_alone():
    message, key = np.zeros((2, 3), np.uint8), np.zeros(4, np.uint8)
    assert metrics.plaintext_avalanche(half_deaf, message, key).tolist() == [2 / 4, 1 / 4, 1 / 4]
    assert metrics.key_avalanche(half_deaf, message, key).tolist() == [0, 1, 0, 0]
    assert not message.any() and not key.any()


@pytest.mark.parametrize("measure", [metrics.plaintext_avalanche, metrics.key_avalanche])
def test_avalanche_refuses_what_is_not_bits(measure):
    message, key = np.zeros((2, 3), np.uint8), np.zeros(4, np.uint8)
    with pytest.raises(ValueError, match=r"shape \(n, m\); this one has shape \(3,\)"):
        measure(half_deaf, message[0], key)
    with pytest.raises(ValueError, match=r"shape \(k,\); .* values up to 7: unpack"):
        measure(half_deaf, message, key + np.uint8(7))
    with pytest.raises(ValueError, match="array of uint8 is expected; this is float16"):
        measure(lambda message, key: np.tanh(message), message, key)


# Two pictures


# Wu, Noonan & Agaian (2011), critical values at 5 %, in percent.
@pytest.mark.parametrize(
    ("side", "least_npcr", "uaci_low", "uaci_high"),
    [(256, 99.5693, 33.2824, 33.6447), (512, 99.5893, 33.3730, 33.5541)],
)
def test_intervals_are_the_published_ones(side, least_npcr, uaci_low, uaci_high):
    low, high = metrics.npcr_interval(side**2)
    assert (round(100 * low, 4), high) == (least_npcr, 1)
    assert [round(100 * x, 4) for x in metrics.uaci_interval(side**2)] == [uaci_low, uaci_high]


def test_random_pictures_pass_about_95_times_of_100():
    pairs = [random_pictures(seed, (64, 64)) for seed in range(400)]
    for measure, interval in (
        (metrics.npcr, metrics.npcr_interval(64 * 64)),
        (metrics.uaci, metrics.uaci_interval(64 * 64)),
    ):
        passed = np.mean([interval[0] <= measure(a, b) <= interval[1] for a, b in pairs])
        assert 0.91 < passed < 0.985


def test_npcr_and_uaci_by_hand():
    a, b = np.array([[1, 2], [0, 9]], np.uint8), np.array([[2, 1], [255, 9]], np.uint8)
    assert metrics.npcr(a, b) == 3 / 4
    assert metrics.uaci(a, b) == pytest.approx((1 + 1 + 255 + 0) / 4 / 255)


@given(pictures, st.randoms())
def test_npcr_and_uaci_are_symmetric_and_zero_on_equals(picture, random):
    other = picture.copy()
    other.flat[random.randrange(other.size)] ^= random.randrange(1, 256)
    for measure in metrics.npcr, metrics.uaci:
        assert measure(picture, picture) == 0
        assert 0 < measure(picture, other) == measure(other, picture)
    assert metrics.npcr(picture, other) == 1 / picture.size


# One picture


def test_entropy_by_hand():
    assert metrics.entropy(np.full((4, 4), 7, np.uint8)) == 0
    assert metrics.entropy(np.array([255, 0, 255, 0], np.uint8)) == 1
    assert metrics.entropy(np.arange(256, dtype=np.uint8)) == 8
    assert metrics.entropy(np.array([0, 0, 1, 2], np.uint8)) == 1.5


def test_chi_square_by_hand():
    even = np.repeat(np.arange(256, dtype=np.uint8), 5)
    assert metrics.chi_square(even) == (0, 1)
    moved = even.copy()
    moved[0] = 255  # 4 and 6 where 5 are expected: 1/5 + 1/5
    assert metrics.chi_square(moved)[0] == pytest.approx(0.4)
    statistic, p = metrics.chi_square(np.zeros(1280, np.uint8))
    assert statistic == pytest.approx(1275**2 / 5 + 255 * 5)
    assert p < 1e-12


def test_chi_square_limit_is_exceeded_5_times_of_100():
    assert round(chi2.isf(0.05, 255), 2) == metrics.CHI_SQUARE_LIMIT
    results = [metrics.chi_square(random_pictures(seed, (64, 64))[0]) for seed in range(400)]
    exceeded = np.array([statistic > metrics.CHI_SQUARE_LIMIT for statistic, _ in results])
    assert 0.02 < exceeded.mean() < 0.09
    assert np.array_equal(exceeded, [p < 0.05 for _, p in results])


def test_correlation_has_its_directions_right():
    stripes = np.tile(np.array([0, 200], np.uint8), (6, 3))  # upright, one pixel wide
    assert metrics.adjacent_correlation(stripes) == pytest.approx((-1, 1, -1))
    assert metrics.adjacent_correlation(stripes.T) == pytest.approx((1, -1, -1))
    board = stripes ^ (stripes.T)
    assert metrics.adjacent_correlation(board) == pytest.approx((-1, -1, 1))
    rows, columns = np.mgrid[:30, :30]
    falling = ((columns - rows) % 3).astype(np.uint8)  # lines from top left to bottom right
    assert metrics.adjacent_correlation(falling).diagonal == pytest.approx(1)
    assert metrics.adjacent_correlation(falling[:, ::-1]).diagonal < 0


def test_correlation_compares_each_colour_with_itself():
    ramp = np.arange(60, dtype=np.uint8).reshape(6, 10)
    picture = np.dstack([ramp, 120 - ramp, ramp])
    assert np.allclose(metrics.adjacent_correlation(picture), 1, atol=0.1)
    assert metrics.adjacent_correlation(ramp) == pytest.approx((1, 1, 1))


def test_correlation_of_noise_is_near_none_and_of_a_flat_colour_not_a_number():
    noise, _ = random_pictures(4, (256, 256, 3))
    assert np.allclose(metrics.adjacent_correlation(noise), 0, atol=0.01)  # 4.4 standard deviations
    assert np.isnan(metrics.adjacent_correlation(np.full((8, 8, 3), 90, np.uint8))).all()


# What no measure accepts

of_two = [
    metrics.bit_accuracy,
    metrics.block_accuracy,
    metrics.bits_wrong,
    metrics.npcr,
    metrics.uaci,
]
of_one = [metrics.entropy, metrics.chi_square, metrics.adjacent_correlation]


@pytest.mark.parametrize("measure", of_two)
def test_pairs_that_differ_in_shape_are_refused(measure):
    with pytest.raises(ValueError, match=r"uint8 \(2, 8\) and uint8 \(8, 2\): make them alike"):
        measure(np.zeros((2, 8), np.uint8), np.zeros((8, 2), np.uint8))


@pytest.mark.parametrize("measure", of_two[:2])
def test_pairs_that_differ_in_type_are_refused(measure):
    with pytest.raises(ValueError, match="one type and shape"):
        measure(np.zeros((2, 8), np.uint8), np.zeros((2, 8), np.uint16))


@pytest.mark.parametrize("measure", of_two)
def test_a_foreign_second_array_is_refused(measure):
    with pytest.raises(ValueError, match="this is list: convert it"):
        measure(np.zeros((1, 2), np.uint8), [[0, 0]])


@pytest.mark.parametrize("measure", of_two + of_one)
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (np.zeros((0, 8), np.uint8), "empty array"),
        (np.zeros((4, 8), np.float32), "this is float32: convert it"),
        ([1, 2], "this is list: convert it"),
    ],
)
def test_empty_and_foreign_arrays_are_refused(measure, data, reason):
    with pytest.raises(ValueError, match=reason):
        measure(*[data] * (2 if measure in of_two else 1))


@pytest.mark.parametrize("measure", [metrics.bits_wrong, metrics.npcr, metrics.uaci])
def test_measures_of_pictures_refuse_blocks(measure):
    with pytest.raises(ValueError, match="uint8 is expected; this is uint16"):
        measure(np.zeros(4, np.uint16), np.zeros(4, np.uint16))


def test_bytes_are_not_taken_for_bits():
    bits, data = np.zeros((2, 8), np.uint8), np.full((2, 8), 200, np.uint8)
    for pair in (bits, data), (data, bits):
        with pytest.raises(ValueError, match="values up to 200: unpack bytes"):
            metrics.bit_accuracy(*pair)


@pytest.mark.parametrize("shape", [(2, 9, 3), (9, 2), (9,)])
def test_pictures_without_enough_neighbours_are_refused(shape):
    with pytest.raises(ValueError, match="at least 3 by 3 pixels"):
        metrics.adjacent_correlation(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("of_size", [metrics.npcr_interval, metrics.uaci_interval])
def test_sizes_below_one_are_refused(of_size):
    with pytest.raises(ValueError, match="at least 1; this is 0: pass"):
        of_size(0)


@pytest.mark.parametrize("of_size", [metrics.npcr_interval, metrics.uaci_interval])
def test_a_size_may_be_a_small_integer_of_numpy_s(of_size):
    assert of_size(np.uint8(200)) == of_size(200)


@pytest.mark.parametrize(
    "function",
    [
        *of_one,
        metrics.npcr_interval,
        metrics.uaci_interval,
        lambda odd: metrics.Proportion(odd, 9),
        lambda odd: metrics.Proportion(0, odd),
        lambda odd: metrics.npcr(odd, odd),
        lambda odd: metrics.key_avalanche(odd, np.zeros((1, 8), np.uint8), np.zeros(8, np.uint8)),
    ],
)
def test_whatever_comes_gets_an_answer_or_a_sentence_and_no_foreign_error(function):
    for odd in (*ODD_VALUES, np.zeros(3), np.array(["a"]), np.array(3), np.uint8(5), object()):
        outcome(function, odd)


def test_import_is_light():
    heavy = "{'tensorflow', 'keras', 'scipy.stats'}"
    program = f"import sys, helpers.metrics; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "set()"
