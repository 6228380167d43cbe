"""A chain's activations, and a chain or a round as arrays for a file."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pads import pad

from helpers import bits
from helpers.bits import ALL_BLOCKS
from helpers.neural.chain import ACTIVATIONS, Chain, Layer, gate, linear, sign
from helpers.neural.cipher import NeuralCipher
from helpers.neural.rounds import Coupling, Rounds

numbers = hnp.arrays(np.float32, (4, 6), elements=st.floats(-9, 9, width=32))


@given(numbers)
def test_a_gate_multiplies_the_left_half_by_the_right(x):
    expected = [[row[j] * row[j + 3] for j in range(3)] for row in x]
    assert np.array_equal(gate(x), expected)
    assert np.array_equal(gate(np.stack([x, -x])), [gate(x), gate(-x)])  # the last axis counts


@given(numbers)
def test_signs_are_minus_and_plus_one_and_zero_counts_as_plus(x):
    assert sign(x).dtype == np.float32
    assert np.array_equal(sign(x), [[1 if value >= 0 else -1 for value in row] for row in x])
    assert np.array_equal(linear(x), x)


def random_chain(rng: np.random.Generator) -> Chain:
    shapes = [(32, 12), (12,), (6, 16), (16,)]
    return Chain([Layer("gate"), Layer("sign")], [rng.normal(size=shape) for shape in shapes])


def test_a_chain_of_a_gate_and_a_sign():
    chain, x = random_chain(np.random.default_rng(0)), np.random.default_rng(1).normal(size=(9, 32))
    kernel, bias, kernel_out, bias_out = chain.weights
    gated = (x @ kernel + bias)[:, :6] * (x @ kernel + bias)[:, 6:]
    assert np.array_equal(chain(x), np.where(gated @ kernel_out + bias_out >= 0, 1, -1))


def test_a_chain_comes_back_from_its_arrays():
    chain, x = random_chain(np.random.default_rng(0)), np.random.default_rng(1).normal(size=(9, 32))
    arrays = chain.arrays()
    assert list(arrays) == ["links", "00", "01", "02", "03"]
    again = Chain.from_arrays(dict(reversed(arrays.items())))
    assert again.layers == chain.layers and set(ACTIVATIONS) >= {"gate", "sign"}
    assert np.array_equal(again(x), chain(x))
    with pytest.raises(ValueError, match="A single text 'links' was expected"):
        Chain.from_arrays({"00": x})


def test_more_than_ten_layers_stay_in_order():
    weights = [
        np.full((1, 1), i + 1.0) if j == 0 else np.zeros(1) for i in range(60) for j in (0, 1)
    ]
    chain = Chain([Layer("linear")] * 60, weights)
    again = Chain.from_arrays(chain.arrays())
    assert all(np.array_equal(a, b) for a, b in zip(again.weights, chain.weights))


def rounds_pair() -> NeuralCipher:
    """A pair that runs in rounds; its Bob has learned nothing."""
    rng = np.random.default_rng(0)
    alice = Coupling(rng.normal(size=(24, 8)), rng.normal(size=8))
    bob = Chain([Layer("gate"), Layer("linear")], random_chain(rng).weights)
    return NeuralCipher(Rounds(alice, 5, 3), Rounds(bob, 5, 3, backwards=True), "rounds")


@pytest.mark.parametrize("pair", [pad(), rounds_pair()], ids=lambda pair: pair.name)
def test_a_binary_pair_comes_back_from_its_file(pair, tmp_path):
    pair.save(tmp_path / "pair.npz")
    loaded = NeuralCipher.load(tmp_path / "pair.npz")
    assert loaded.binary
    assert (loaded.name, loaded.fingerprint) == (pair.name, pair.fingerprint)
    assert (type(loaded.alice), type(loaded.bob)) == (type(pair.alice), type(pair.bob))
    for table in ("forward", "inverse"):
        ours, theirs = (getattr(each, table)(bits.PAPER_KEY) for each in (pair, loaded))
        assert np.array_equal(ours(ALL_BLOCKS), theirs(ALL_BLOCKS))


def test_rounds_differ_from_fewer_of_them():
    pair = rounds_pair()
    fewer = NeuralCipher(Rounds(pair.alice.round, 4, 3), pair.bob)
    assert fewer.fingerprint != pair.fingerprint
