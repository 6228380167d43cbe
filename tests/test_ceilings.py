"""What nobody can do better, where it is known by hand, and in what is shipped."""

from __future__ import annotations

import math

import numpy as np
import pytest

from data.studies import ceilings
from data.studies.ceilings import alice_of, differences, encrypted, from_the_pair
from helpers import manifest
from helpers.bits import ALL_BLOCKS
from helpers.files import read_json
from helpers.neural import cryptanalysis
from helpers.neural.cipher import NeuralCipher
from helpers.neural.cryptanalysis import ceiling
from helpers.neural.rounds import Coupling, Rounds, as_signs

RNG = np.random.default_rng(1)
HALVES_CHANGE_PLACES = Coupling(np.zeros((24, 8)), np.zeros(8))
TWO_LAYERS = Coupling(*(RNG.normal(size=shape) for shape in ((24, 12), 12, (12, 8), 8)))
WITH_CONSTANTS = Rounds(TWO_LAYERS, 5, 3, constant=0x9E37)

SHIPPED = read_json(ceilings.PATH)["ciphers"] if ceilings.PATH.exists() else {}


@pytest.mark.parametrize("alice", [alice_of("diffusing").first(7), WITH_CONSTANTS])
def test_each_block_is_encrypted_under_the_key_beside_it(alice):
    blocks, keys = RNG.integers(0, 1 << 16, (2, 300))
    signs = np.hstack([as_signs(each.astype(np.uint16)) for each in (blocks, keys)])
    assert np.array_equal(as_signs(encrypted(alice, blocks.astype(np.uint16), keys)), alice(signs))


@pytest.mark.parametrize("alice", [alice_of("diffusing").first(4), WITH_CONSTANTS])
def test_differences_are_those_that_are_counted_key_by_key(alice):
    keys = ALL_BLOCKS[300:320]  # more than are looked at together, and not a multiple of these
    found = cryptanalysis.differences(alice, int(ceilings.DIFFERENCE), keys)
    assert np.array_equal(2 * differences(alice, keys), found.counts)


@pytest.mark.parametrize("count", [1, 4])
def test_of_a_cipher_that_keeps_the_difference_everything_can_be_told(count):
    alice = Rounds(HALVES_CHANGE_PLACES, count, 3)
    assert ceiling(differences(alice, ALL_BLOCKS[:2])[-1]) == 1 - 2**-17
    assert from_the_pair(alice, np.uint16([77])).tolist() == [[1 - 2**-17]] * count


@pytest.fixture
def random_rounds(monkeypatch) -> Rounds:
    """Rounds whose masks are drawn at random for each key and half: near to an ideal cipher."""
    masks = RNG.integers(0, 256, (1 << 16, 256), np.uint8)
    monkeypatch.setattr(ceilings, "masks", lambda alice: masks)
    return Rounds(HALVES_CHANGE_PLACES, 12, 3, constant=0x9E37)


def test_of_an_ideal_cipher_nearly_all_can_be_told_by_trying_all_keys(random_rounds):
    found = from_the_pair(random_rounds, np.uint16([1, 2, 30_000, 65_535]))[-1]
    assert found.mean() == pytest.approx(0.5 + 0.5 / math.e, abs=0.002)


def test_of_an_ideal_cipher_the_xor_tells_what_so_few_pairs_tell_by_chance(random_rounds):
    keys = ALL_BLOCKS[:64]
    by_chance = math.sqrt(65_536 / (2 * math.pi * len(keys) * 32_768)) / 2
    found = ceiling(differences(random_rounds, keys)[-1])
    assert found == pytest.approx(0.5 + by_chance, abs=0.002)
    assert ceiling(RNG.poisson(10**6, 1 << 16)) == pytest.approx(0.5, abs=0.001)


def test_the_ideal_of_both_ceilings_is_noticed_where_a_round_is_weak():
    weak = alice_of("diffusing").first(9)
    assert from_the_pair(weak, np.uint16([1, 2]))[-1].mean() > 0.75


def test_rounds_of_something_else_are_refused():
    with pytest.raises(ValueError, match="rounds of couplings"):
        encrypted(NeuralCipher.load("diffusing").bob, np.uint16([1]), np.array([1]))


# --- what is shipped ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHIPPED)
def test_the_ceilings_are_those_of_the_shipped_pair(name):
    assert SHIPPED[name]["fingerprint"] == NeuralCipher.load(name).fingerprint
    assert manifest.checked("results/ceilings.json").exists()


@pytest.mark.parametrize("name", SHIPPED)
def test_both_ciphertexts_tell_no_less_than_their_xor(name):
    found = SHIPPED[name]
    of_xor, of_pair = (np.array(found[f"from_the_{what}"]) for what in ("xor", "pair"))
    assert (of_pair + 3 * np.array(found["from_the_pair_error"]) >= of_xor).all()
    assert of_xor[-1] < of_xor[0] == 1 - 2**-17  # a round only moves 0x8000 to the other half


@pytest.mark.parametrize("name", SHIPPED)
def test_a_few_ciphertexts_give_what_the_whole_sample_gave(name):
    alice, few = alice_of(name).first(5), np.uint16([100, 20_000, 40_000])
    found = from_the_pair(alice, few)[-1].mean()
    assert found == pytest.approx(SHIPPED[name]["from_the_pair"][4], abs=0.02)
