"""Rounds can be undone, by hand and by the shipped Bob; tables say what the rounds say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import bits
from helpers.bits import ALL_BLOCKS, PAPER_KEY, bits_to_signs
from helpers.neural import rounds
from helpers.neural.chain import Chain, Layer, sign
from helpers.neural.cipher import NeuralCipher
from helpers.neural.rounds import (
    Coupling,
    Rounds,
    Step,
    Uncoupling,
    as_blocks,
    as_signs,
    round_table,
)

seeds = st.integers(0, 2**32 - 1)


def random_coupling(seed: int) -> Coupling:
    rng = np.random.default_rng(seed)
    return Coupling(rng.standard_normal((24, 8)), rng.standard_normal(8))


def random_bob(seed: int) -> Chain:
    rng = np.random.default_rng(seed)
    shapes = (32, 128), (128,), (64, 16), (16,)
    return Chain([Layer("gate"), Layer("linear")], [rng.standard_normal(s) for s in shapes])


def bob_by_hand(alice: Coupling) -> Chain:
    """The gate network that undoes a coupling: 16 gates, a bit of ciphertext times its mask."""
    kernel, bias = np.zeros((32, 32), np.float32), np.zeros(32, np.float32)
    kernel[np.arange(16), (np.arange(16) + 8) % 16] = 1  # left: each bit, back in its half
    mask, mask_bias = alice.weights
    kernel[:8, 16:24], kernel[16:, 16:24], bias[16:24] = mask[:8], mask[8:], mask_bias
    bias[24:] = 1  # right: bits that passed have no mask
    return Chain([Layer("gate"), Layer("linear")], [kernel, bias, np.eye(16), np.zeros(16)])


def random_signs(seed: int, n: int = 200) -> np.ndarray:
    return bits_to_signs(np.random.default_rng(seed).integers(0, 2, (n, 32), np.uint8))


def under_one_key(seed: int, n: int = 5000) -> np.ndarray:
    x = random_signs(seed, n)
    x[:, 16:] = x[0, 16:]
    return x


def deep_weights(seed: int) -> list[np.ndarray]:
    """Two layers of thresholds."""
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape) for shape in [(24, 64), (64,), (64, 8), (8,)]]


ALL_KINDS = [
    random_coupling(1),
    random_bob(2),
    Coupling(*deep_weights(3)),
    Uncoupling(*deep_weights(3)),
]
each_kind = pytest.mark.parametrize("round_", ALL_KINDS, ids=["coupling", "gate", "deep", "undoes"])

# --- A round of Alice's ---


@given(seeds)
def test_a_coupling_is_undone_by_the_same_mask(seed):
    alice, x = random_coupling(seed), random_signs(seed)
    after = alice(x)
    passed, changed = after[:, :8], after[:, 8:]
    mask = alice.mask(np.hstack([passed, x[:, 16:]]))
    assert np.array_equal(np.hstack([changed * mask, passed]), x[:, :16])


def test_a_coupling_by_hand():
    """The first mask is bit 8 of the block, the second bit 15 of the key; the others pass."""
    kernel, bias = np.zeros((24, 8)), np.array([0, 0, 1, 1, 1, 1, 1, 1])
    kernel[0, 0] = kernel[23, 1] = 1
    x = np.ones((1, 32), np.float32)
    for block_bit, key_bit, changed in [(1, 1, []), (-1, 1, [0]), (1, -1, [1]), (-1, -1, [0, 1])]:
        x[0, 8], x[0, 31] = block_bit, key_bit
        expected = np.ones(16)
        expected[0] = block_bit  # bits 8-15 come first now
        expected[[8 + i for i in changed]] = -1
        assert np.array_equal(Coupling(kernel, bias)(x)[0], expected)


def test_a_mask_on_its_threshold_changes_nothing():
    x = random_signs(1)
    swapped = np.roll(x[:, :16], 8, axis=1)
    assert np.array_equal(Coupling(np.zeros((24, 8)), np.zeros(8))(x), swapped)


@pytest.mark.parametrize("shapes", [((24, 16), (8,)), ((24, 8), (16,)), ((8, 24), (8,))])
def test_a_coupling_of_another_shape_is_refused(shapes):
    with pytest.raises(
        ValueError, match=r"shape \(24, 8\) and a bias of shape \(8,\), .*; here are"
    ):
        Coupling(*map(np.zeros, shapes))


# --- Many rounds ---


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(1, 24), st.integers(0, 15))
def test_bob_who_undoes_one_round_undoes_them_all(seed, count, key_step):
    coupling, x = random_coupling(seed), random_signs(seed)
    alice = Rounds(coupling, count, key_step)
    bob = Rounds(bob_by_hand(coupling), count, key_step, backwards=True)
    assert np.array_equal(bob(np.hstack([alice(x), x[:, 16:]])), x[:, :16])


@given(seeds, st.integers(1, 20), st.integers(0, 20))
def test_each_round_reads_the_key_turned_further(seed, count, key_step):
    x = random_signs(seed, 5)
    expected = x[:, :16]
    for r in range(count):
        expected = expected * np.roll(x[:, 16:], r * key_step, axis=1)
    pad = Rounds(lambda x: x[:, :16] * x[:, 16:], count, key_step)
    assert np.array_equal(pad(x), expected)


def test_bob_reads_the_keys_from_the_last_to_the_first():
    assert [step.turn for step in Rounds(None, 4, 3).schedule] == [0, 3, 6, 9]
    assert [step.turn for step in Rounds(None, 4, 3, backwards=True).schedule] == [9, 6, 3, 0]
    turns = [step.turn for step in Rounds(None, 16, 3).schedule]
    assert sorted(turns) == list(range(16))  # every bit, in every place


def test_each_round_has_a_constant_of_its_own():
    schedule = Rounds(None, 3, 3, constant=0x9E37).schedule
    assert [step.constant for step in schedule] == [0, 0x9E37, 0x3C6E]  # modulo 2^16
    assert Rounds(None, 3, 3, True, 0x9E37).schedule == schedule[::-1]
    assert {step.constant for step in Rounds(None, 20, 3).schedule} == {0}


@given(st.integers(0, 15), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
def test_a_step_says_the_same_of_signs_and_of_numbers(turn, constant, key):
    step = Step(turn, constant)
    number = int(step.of_numbers(np.array([key]))[0])
    turned = np.roll(bits.blocks_to_bits(np.uint16([key])), turn)
    assert number == int(bits.bits_to_blocks(turned)[0]) ^ constant
    assert np.array_equal(step.of_signs(as_signs(np.uint16([key]))), as_signs(np.uint16([number])))


@each_kind
def test_a_table_says_what_the_rounds_say(round_):
    many = Rounds(round_, 6, 3, backwards=True)
    for seed in (1, 2):  # a second key, after the table of the first
        x = under_one_key(seed)
        assert len(x) >= rounds.ROWS_FOR_A_TABLE
        one_by_one = np.concatenate([many(part) for part in np.array_split(x, 10)])
        assert np.array_equal(many(x), one_by_one)


@each_kind
def test_a_round_s_table_is_its_answer_to_every_block(round_):
    key = bits_to_signs(PAPER_KEY)
    x = np.hstack([as_signs(ALL_BLOCKS), np.broadcast_to(key, (65536, 16))])
    assert np.array_equal(round_table(round_, key), as_blocks(round_(x)))


@given(seeds, st.integers(1, 24), st.integers(0, 15), st.integers(0, 0xFFFF))
@settings(max_examples=20, deadline=None)
def test_uncouplings_undo_couplings(seed, count, key_step, constant):
    weights, x = deep_weights(seed), random_signs(seed)
    alice = Rounds(Coupling(*weights), count, key_step, constant=constant)
    bob = Rounds(Uncoupling(*weights), count, key_step, True, constant)
    assert np.array_equal(bob(np.hstack([alice(x), x[:, 16:]])), x[:, :16])


def test_the_tables_after_each_round_are_those_of_fewer_rounds():
    alice, key = Rounds(random_coupling(5), 6, 3, constant=0x9E37), bits_to_signs(PAPER_KEY)
    tables = list(alice.after_each_round(key))
    assert len(tables) == 6
    for count, table in enumerate(tables, 1):
        assert np.array_equal(alice.first(count).table(key), table)


def test_rows_under_different_keys_need_no_table():
    many, x = Rounds(random_coupling(4), 5, 3), random_signs(4, 5000)
    expected = np.concatenate([many(row[None]) for row in x[:50]])
    assert np.array_equal(many(x)[:50], expected)
    x[:-1, 16:] = x[0, 16:]  # one key but for the last row
    assert np.array_equal(many(x)[-1], many(x[-1:])[0])


@pytest.mark.parametrize(
    "how",
    [
        (0, 3),
        (-1, 3),
        (1001, 3),
        (2.0, 3),
        ("20", 3),
        (20, 3.5),
        (20, 3, 2),
        (20, 3, "no"),
        (9, 3, 0, 0.5),
    ],
)
def test_rounds_of_other_numbers_are_refused(how):
    with pytest.raises(ValueError, match="have a count of 1 to 1,000, .* and here are .*: give"):
        Rounds(random_coupling(1), *how)


# --- Files ---


@each_kind
@pytest.mark.parametrize("constant", [0, 0x9E37])
def test_rounds_come_back_from_their_arrays(round_, constant, tmp_path):
    many, x = Rounds(round_, 7, 5, True, constant), random_signs(1)
    np.savez(tmp_path / "rounds.npz", **many.arrays())
    with np.load(tmp_path / "rounds.npz", allow_pickle=False) as arrays:
        again = Rounds.from_arrays(arrays)
    assert (again.count, again.key_step, again.backwards) == (7, 5, True)
    assert again.schedule == many.schedule
    assert type(again.round) is type(round_)
    assert np.array_equal(again(x), many(x))


def test_other_arrays_are_no_rounds():
    with pytest.raises(ValueError, match="Rounds are 3 or 4 numbers beside a network; here are 0"):
        Rounds.from_arrays(random_bob(1).arrays())


CONSTRUCTIONS = [(20, 3), (21, 3), (20, 5), (20, 3, False, 1)]


def test_a_fingerprint_tells_the_number_of_rounds():
    coupling = random_coupling(1)
    bob = Rounds(bob_by_hand(coupling), 20, 3, backwards=True)
    ciphers = [NeuralCipher(Rounds(coupling, *how), bob) for how in CONSTRUCTIONS]
    assert len({cipher.fingerprint for cipher in ciphers}) == len(CONSTRUCTIONS)


# --- The shipped pair ---


@pytest.fixture(scope="module")
def diffusing() -> NeuralCipher:
    return NeuralCipher.load("diffusing")


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 1), min_size=16, max_size=16))
def test_the_shipped_bob_reads_every_block(diffusing, key):
    values = diffusing.encrypt_blocks(ALL_BLOCKS, key)
    assert np.array_equal(diffusing.decrypt_blocks(values, key), ALL_BLOCKS)


def test_a_wrong_key_bit_turns_half_of_the_plaintext_bits(diffusing):
    values = diffusing.encrypt_blocks(ALL_BLOCKS, PAPER_KEY)
    for i in range(16):
        read = diffusing.decrypt_blocks(values, bits.flip(PAPER_KEY, i))
        assert np.unpackbits((read ^ ALL_BLOCKS).view(np.uint8)).mean() == pytest.approx(
            0.5, abs=0.1
        )


def test_the_shipped_rounds_are_a_coupling_and_a_gate_network(diffusing):
    assert isinstance(diffusing.alice.round, Coupling)
    assert [layer.activation for layer in diffusing.bob.layers] == ["gate", "linear"]
    x = random_signs(1)
    once = diffusing.alice.round(x)
    assert np.array_equal(sign(diffusing.bob.round(np.hstack([once, x[:, 16:]]))), x[:, :16])
