"""Alice, Bob and Eve have the paper's layers, and the fast form of them computes the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import bits
from helpers.neural import networks
from helpers.neural.chain import Chain, Layer, as_matrices, layers_of, placement
from helpers.neural.cipher import NeuralCipher
from helpers.quiet_keras import keras
from helpers.quiet_keras import tensorflow as tf

BUILDERS = {
    "alice": networks.build_alice,
    "bob": networks.build_bob,
    "eve": networks.build_eve,
}
every_network = pytest.mark.parametrize("name", BUILDERS)


def build(name: str, seed: int = 1) -> keras.Model:
    return BUILDERS[name](seed=seed)


def shaken(model: keras.Model) -> keras.Model:
    """With larger weights, and biases other than 0, so that no part of it can hide."""
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=w.shape).astype("float32") for w in model.get_weights()])
    return model


def inputs_of(model: keras.Model, n: int = 50) -> list[np.ndarray]:
    rng = np.random.default_rng(2)
    return [rng.choice([-1, 1], (n, each.shape[1])).astype("float32") for each in model.inputs]


def outputs_of(model: keras.Model, inputs: list[np.ndarray]) -> np.ndarray:
    return np.asarray(model(inputs if len(inputs) > 1 else inputs[0]))


# --- The networks ---


@every_network
def test_from_bits_to_as_many_values_between_minus_one_and_one(name):
    model = build(name)
    values = outputs_of(model, inputs_of(model))
    assert [each.shape[1] for each in model.inputs] == ([16] if name == "eve" else [16, 16])
    assert values.shape == (50, 16)
    assert np.abs(values).max() < 1


@pytest.mark.parametrize(("name", "dense"), [("alice", 1), ("bob", 1), ("eve", 2)])
def test_the_layers_are_the_paper_s(name, dense):
    layers = [layer for layer in build(name).layers if layer.weights]
    described = [
        (layer.units, layer.activation.__name__)
        if isinstance(layer, keras.layers.Dense)
        else (layer.filters, *layer.kernel_size, *layer.strides, layer.activation.__name__)
        for layer in layers
    ]
    assert described == dense * [(32, "sigmoid")] + [
        (2, 4, 1, "sigmoid"),
        (4, 2, 2, "sigmoid"),
        (4, 1, 1, "sigmoid"),
        (1, 1, 1, "tanh"),
    ]


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_both_inputs_matter(name):
    model = shaken(build(name))
    first, second = inputs_of(model)
    as_it_is = outputs_of(model, [first, second])
    assert not np.allclose(as_it_is, outputs_of(model, [-first, second]))
    assert not np.allclose(as_it_is, outputs_of(model, [first, -second]))


@every_network
def test_the_seed_fixes_the_first_weights(name):
    one, same, other = (build(name, seed=seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, same))
    # Biases all start at 0, so only the kernels can differ.
    assert not any(np.array_equal(a, b) for a, b in zip(one[0::2], other[0::2]))


# --- The same networks as matrix products ---


@every_network
def test_a_chain_computes_what_keras_computes(name):
    model = shaken(build(name))
    chain, inputs = Chain(layers_of(model), model.get_weights()), inputs_of(model, 300)
    assert chain(np.hstack(inputs)) == pytest.approx(outputs_of(model, inputs), abs=1e-5)


@pytest.mark.parametrize("rows", [0, 1, 95, 96, 97, 200])
def test_a_chain_takes_any_number_of_rows(rows):
    model = shaken(build("eve"))
    chain, x = Chain(layers_of(model), model.get_weights()), inputs_of(model, 200)[0]
    assert chain(x[:rows]).shape == (rows, 16)
    assert chain(x[:rows]) == pytest.approx(chain(x)[:rows], abs=1e-6)


def test_a_cipher_from_keras_models_computes_what_they_compute():
    alice, bob = shaken(build("alice")), shaken(build("bob"))
    cipher = NeuralCipher.from_networks(alice, bob)
    blocks = np.random.default_rng(0).integers(0, 65536, 200, dtype=np.uint16)
    key = np.tile(bits.bits_to_signs(bits.PAPER_KEY), (200, 1))
    values = np.asarray(alice([bits.bits_to_signs(bits.blocks_to_bits(blocks)), key]))
    assert cipher.encrypt_blocks(blocks, bits.PAPER_KEY) == pytest.approx(values, abs=1e-5)
    answers = np.asarray(bob([values, key]))
    assert cipher.raw_blocks(values, bits.PAPER_KEY) == pytest.approx(answers, abs=1e-5)


def test_placement_by_hand():
    pairs = placement(window=2, length=4, stride=2)  # positions 0 and 1, then 2 and 3
    assert pairs[0].T.tolist() == [[1, 0, 0, 0], [0, 0, 1, 0]]
    assert pairs[1].T.tolist() == [[0, 1, 0, 0], [0, 0, 0, 1]]
    overhanging = placement(window=4, length=3, stride=1)  # one zero before, two after
    assert overhanging[0].T.tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    assert overhanging[3].T.tolist() == [[0, 0, 1], [0, 0, 0], [0, 0, 0]]


@settings(max_examples=25, deadline=None)
@given(
    window=st.integers(1, 6),
    stride=st.integers(1, 4),
    length=st.integers(1, 12),
    channels=st.integers(1, 3),
    filters=st.integers(1, 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_convolution_as_a_matrix(window, stride, length, channels, filters, seed):
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=(window, channels, filters)).astype("float32")
    bias = rng.normal(size=filters).astype("float32")
    x = rng.normal(size=(3, length, channels)).astype("float32")
    expected = np.asarray(keras.ops.conv(x, kernel, strides=stride, padding="same") + bias)
    layers = [Layer("tanh", stride, length)]
    for library in (np, tf):
        [(matrix, all_biases)] = as_matrices(layers, [kernel, bias], xp=library)
        product = x.reshape(3, -1) @ np.asarray(matrix) + np.asarray(all_biases)
        assert product == pytest.approx(expected.reshape(3, -1), abs=1e-4)
