"""What Eve can do without the key: eight attacks, each a short function that says what she needs.

attack           what Eve needs                            what she gets
fresh Eves       the trained Alice, to practise on         most bits of a message, any key
least squares    17 to 64 known blocks under one key       nearly every block under that key
repeats          the ciphertext                            which places of the picture are equal
codebook         known blocks under one key                every place where they stand once more
fitting keys     Alice, and a known block or two           the key
brute force      Bob, and a small patch of ciphertext      the key, unless the patch is flat
consistency      Alice, Bob, and one block of ciphertext   the key
smoothest keys   Alice or Bob, and a patch of a picture    the key, unless the patch is flat

What the first seven get is what they get of the pair `paper`. Where a ciphertext is bits, repeats,
codebook and fitting keys get as much; fresh Eves were no better than a coin with the pairs `proven`
and `diffusing`, nor lines with the latter under random keys. Brute force and consistency look for
keys that contradict themselves, of which there are none, and say so; there the eighth attack finds
the key, since under the right one a picture is smooth.

NumPy only, but for the fresh Eves, who learn in Keras. Run as a command, this module plays the
paper's three phases and writes what lesson 03 shows of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from time import perf_counter

import numpy as np

from helpers import commands, manifest
from helpers.bits import (
    ALL_BLOCKS,
    M_BITS,
    bits_to_blocks,
    bits_to_signs,
    blocks_to_bits,
    is_whole,
    signs_to_bits,
)
from helpers.files import write_json
from helpers.neural.chain import ACTIVATIONS, Chain, forward, tensorflow_activations
from helpers.neural.cipher import Ciphertext, NeuralCipher, check_cipher
from helpers.neural.ciphertext import check_ciphertext
from helpers.neural.rounds import Rounds
from helpers.neural.rows import under_every_key

ALL_KEYS = blocks_to_bits(ALL_BLOCKS)  # a key has as many bits as a block

# --- fresh Eves: the trained Alice to practise on -------------------------------------------------


def deep_eve(cipher: NeuralCipher, hidden: Sequence[int] = (512, 512, 512), seed: int = 1):
    """An untrained Eve, a `keras.Model`, of Dense layers: ciphertext (n, 16) -> message (n, 16).

    Above 0 means a bit 1, as in `networks.build_eve`. Her first layer brings each position of the
    ciphertext to mean 0 and variance 1, for what she looks for are ripples.
    """
    from helpers.quiet_keras import keras

    _, values = random_traffic(cipher, 10_000, np.random.default_rng(seed))
    even = keras.layers.Normalization(mean=values.mean(axis=0), variance=values.var(axis=0))
    start = [keras.initializers.HeUniform(seed + i) for i in range(len(hidden) + 1)]
    layers = [keras.layers.Dense(n, "silu", kernel_initializer=s) for n, s in zip(hidden, start)]
    answer = keras.layers.Dense(M_BITS, kernel_initializer=start[-1])
    return keras.Sequential([keras.Input((M_BITS,)), even, *layers, answer])


def train_eve(
    eve, cipher: NeuralCipher, steps: int = 1000, batch: int = 256, seed: int = 1
) -> None:
    """Train `eve`, a `keras.Model`, against the frozen Alice: random messages, random keys.

    Eve needs Alice, to encrypt messages of her own; she then reads what others send, whatever their
    key. All steps run in one compiled graph, which draws the bits. Loss: cross-entropy.
    """
    from helpers.quiet_keras import keras
    from helpers.quiet_keras import tensorflow as tf

    encrypt, weights = in_a_graph(cipher.alice), eve.trainable_variables
    rate = keras.optimizers.schedules.PolynomialDecay(2e-3, steps, end_learning_rate=2e-4)
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(weights)

    def all_steps():
        for i in tf.range(steps):
            bits = tf.random.stateless_uniform((batch, 2 * M_BITS), [seed, i], 0, 2, tf.int32)
            signs = 2 * tf.cast(bits, tf.float32) - 1
            values = encrypt(signs)
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.nn.softplus(-signs[:, :M_BITS] * eve(values)))
            optimizer.apply(tape.gradient(loss, weights), weights)

    tf.function(all_steps, jit_compile=True).get_concrete_function()()


def in_a_graph(alice: Chain | Rounds) -> Callable:
    """Alice in TensorFlow: block and key as signs, float32 (n, 32), to ciphertext (n, 16)."""
    from helpers.quiet_keras import tensorflow as tf

    activations = tensorflow_activations()

    def run_chain(x):
        return forward(alice.layers, alice.matrices, x, activations)

    def run_rounds(x):
        block, key = x[:, :M_BITS], x[:, M_BITS:]
        kernel, bias = alice.round.weights
        for turn in alice.turns:
            left, right = tf.split(block, 2, axis=1)
            turned = tf.concat([right, tf.roll(key, turn, axis=1)], axis=1)
            block = tf.concat([right, left * activations["sign"](turned @ kernel + bias)], axis=1)
        return block

    return run_rounds if isinstance(alice, Rounds) else run_chain


def read(eve, values: np.ndarray) -> np.ndarray:
    """What a trained Eve makes of ciphertext values (n, 16): blocks, uint16 (n,)."""
    parts = [values[i : i + 8192] for i in range(0, len(values), 8192)]
    answers = [eve(part.astype(np.float32)).numpy() for part in parts]
    return bits_to_blocks(signs_to_bits(np.concatenate(answers)))


def random_traffic(
    cipher: NeuralCipher, n: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Random blocks, uint16 (n,), and their ciphertext, float32 (n, 16), each under its own key."""
    bits = rng.integers(0, 2, (n, 2 * M_BITS), np.uint8)
    return bits_to_blocks(bits[:, :M_BITS]), cipher.alice(bits_to_signs(bits))


# --- least squares: known blocks under one key ----------------------------------------------------


def least_squares(values: np.ndarray, blocks: np.ndarray) -> np.ndarray:
    """Sixteen weights and an offset for each bit of a message, float (17, 16), for `read_linear`.

    Eve needs at least 17 different blocks, uint16 (n,), with their ciphertext values (n, 16), all
    under one key; the less alike they are, the fewer do. No network, no key: Alice under one key is
    so nearly linear that straight lines invert her. Raises ValueError where there are too few.
    """
    different = np.unique(blocks).size
    if different <= M_BITS or len(values) != len(blocks):
        raise ValueError(
            f"Least squares needs at least {M_BITS + 1} different known blocks, each with its "
            f"ciphertext; here are {different} different blocks and {len(values)} ciphertexts: "
            "find more of them."
        )
    signs = bits_to_signs(blocks_to_bits(blocks)).astype(float)
    return np.linalg.lstsq(with_offset(values), signs, rcond=None)[0]


def read_linear(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Blocks, uint16 (n,), out of ciphertext values (n, 16) and what `least_squares` found."""
    return bits_to_blocks(signs_to_bits(with_offset(values) @ weights))


def with_offset(values: np.ndarray) -> np.ndarray:
    """A column of ones beside the values, float (n, 17), so that one weight is an offset."""
    return np.hstack([values.astype(float), np.ones((len(values), 1))])


# --- repeats: the ciphertext alone ----------------------------------------------------------------


def numbered(values: np.ndarray) -> np.ndarray:
    """A number for each ciphertext block, int (n,): equal blocks have equal numbers, 0, 1, 2, ...

    `values`: one row a block, of any type. Eve needs nothing but the ciphertext. In ECB mode equal
    ciphertext blocks are equal plaintext blocks, and `np.bincount` says how often each comes.
    """
    rows = np.ascontiguousarray(values)
    whole = rows.view(f"V{rows.itemsize * rows.shape[1]}").ravel()
    return np.unique(whole, return_inverse=True)[1].reshape(-1)


# --- codebook: known blocks under one key ---------------------------------------------------------


def codebook(
    values: np.ndarray, positions: np.ndarray, blocks: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Look up what is known: (guess uint16 (n,), known bool (n,)); a guess is 0 where not known.

    Eve needs the plaintext `blocks`, uint16 (k,), at k `positions` of a ciphertext, values (n, 16).
    She gets every other place with the same ciphertext block, under any cipher in ECB mode.
    Raises ValueError unless there is one block for each position.
    """
    if len(positions) != len(blocks):
        raise ValueError(
            f"A known block has a position; here are {len(blocks)} blocks at {len(positions)} "
            "positions: give as many of one as of the other."
        )
    numbers = numbered(values)
    book = np.full(numbers.max() + 1, -1)
    book[numbers[positions]] = blocks
    guess = book[numbers]
    return np.maximum(guess, 0).astype(np.uint16), guess >= 0


def share_recovered(values: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """The share of all blocks that `codebook` reads from the first 0, 1, 2, ... of the positions.

    float (len(positions) + 1,), from 0 up to at most 1.
    """
    numbers = numbered(values)
    learned_at = np.full(numbers.max() + 1, len(positions))
    np.minimum.at(learned_at, numbers[positions], np.arange(len(positions)))
    gained = np.bincount(learned_at[numbers], minlength=len(positions) + 1)[:-1]
    return np.append(0, np.cumsum(gained)) / len(numbers)


# --- fitting keys: Alice, and known blocks under one key ------------------------------------------


def exhaustive_key_search(
    cipher: NeuralCipher, blocks: np.ndarray, values: np.ndarray
) -> np.ndarray:
    """All keys, uint8 (k, 16), under which Alice makes these values (n, 16) of these blocks.

    Eve needs n known blocks, uint16 (n,), with their ciphertext, and Alice, to try all 65,536 keys.
    No 16-bit key stands this, under whatever cipher. (Values of real numbers may be rounded to
    half precision.)
    """
    keys = ALL_KEYS
    for block, value in zip(blocks_to_bits(blocks), values.astype(np.float32)):
        message = np.broadcast_to(bits_to_signs(block), keys.shape)
        made = cipher.alice(np.hstack([message, bits_to_signs(keys)]))
        keys = keys[np.abs(made - value).max(axis=1) < 1e-3]
    return keys


# --- brute force: Bob, and a patch of ciphertext --------------------------------------------------

NOT_FLAT = 16  # different blocks that a patch must have; with fewer, wrong keys look plausible too


@dataclass(frozen=True)
class Progress:
    """How far a brute force has come, and the best key so far with what it makes of the patch."""

    keys_done: int
    key: np.ndarray  # uint8 (16,)
    picture: np.ndarray  # uint8 (height, width, 3)
    merged: int  # how many of the different blocks become one that another became too; 0: possible
    roughness: float


def brute_force(
    cipher: NeuralCipher, patch: Ciphertext, keys_at_once: int = 256
) -> Iterator[Progress]:
    """Try all 65,536 keys on a patch; the last progress holds the key that fits best.

    Eve needs Bob, and a patch of ciphertext from `cut`; she gets the key. Two different blocks of
    ciphertext cannot mean the same, so a key that merges them is wrong, and nearly every wrong key
    merges some. Where several do not, the smoothest picture wins.

    Raises ValueError for a flat patch, with fewer than 16 different blocks, where many wrong keys
    merge none; and for a pair of bits, where no key does.
    """
    check_analog(cipher)
    check_ciphertext(patch)
    different = np.unique(patch.values, axis=0)
    if len(different) < NOT_FLAT:
        raise ValueError(
            f"This patch is too flat, its key is undecidable in this way: it has {len(different)} "
            f"different blocks of ciphertext, and {NOT_FLAT} or more are needed: choose a busier "
            "part of the picture."
        )
    sieve = different[:: len(different) // NOT_FLAT][:NOT_FLAT]
    rest = Chain(cipher.bob.layers[1:], cipher.bob.weights[2:])
    best, fewest = None, NOT_FLAT
    for start in range(0, len(ALL_KEYS), keys_at_once):
        keys = ALL_KEYS[start : start + keys_at_once]
        merged = count_merged(under_keys(cipher.bob, rest, sieve, keys))
        fewest = min(fewest, merged.min())
        rivals = [attempt(cipher, patch, different, key) for key in keys[merged == fewest]]
        best = min([best or rivals[0], *rivals], key=lambda found: (found.merged, found.roughness))
        yield replace(best, keys_done=start + len(keys))


def check_analog(cipher: NeuralCipher) -> None:
    """ValueError for a pair whose ciphertext is bits: no wrong key contradicts itself."""
    check_cipher(cipher)
    if cipher.binary:
        raise ValueError(
            f"Every key of the pair {cipher.name!r} turns different blocks into different ones, so "
            "that none contradicts itself: use exhaustive_key_search with a known block, or "
            "smoothest_keys with a patch of a picture."
        )


def attempt(
    cipher: NeuralCipher, patch: Ciphertext, different: np.ndarray, key: np.ndarray
) -> Progress:
    """What one key makes of the whole patch, and how many of its `different` blocks it merges."""
    merged = count_merged(cipher.decrypt_blocks(different, key)[None])[0]
    picture = cipher.decrypt(patch, key)
    return Progress(0, key, picture, int(merged), roughness(picture))


def under_keys(bob: Chain, rest: Chain, values: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Every block under every key: values (n, 16) and keys (k, 16) to blocks, uint16 (k, n).

    Bob's first layer sees ciphertext and key side by side, so it is a sum of two products: one is
    computed once a block, the other once a key. `rest` are his other layers.
    """
    matrix, bias = bob.matrices[0]
    of_block = values.astype(np.float32) @ matrix[:M_BITS]
    of_key = bits_to_signs(keys) @ matrix[M_BITS:] + bias
    first = ACTIVATIONS[bob.layers[0].activation](of_key[:, None] + of_block)
    answers = rest(first.reshape(-1, first.shape[-1]))
    return bits_to_blocks(signs_to_bits(answers)).reshape(len(keys), len(values))


def count_merged(blocks: np.ndarray) -> np.ndarray:
    """How many blocks in each row, (k, n), equal another one that stands in the row: int (k,)."""
    return np.count_nonzero(np.diff(np.sort(blocks, axis=1), axis=1) == 0, axis=1)


def roughness(picture: np.ndarray) -> float:
    """The mean step between neighbours in units of the picture's contrast: noise has about 1.15.

    picture: uint8 (height, width, 3). Without the contrast a picture of nearly one colour, as wrong
    keys make it, would win; one colour alone is infinitely rough.
    """
    picture = picture.astype(float)
    steps = np.concatenate([np.diff(picture, axis=axis).ravel() for axis in (0, 1)])
    contrast = picture.std(axis=(0, 1)).mean()
    return float(np.abs(steps).mean() / contrast) if contrast else np.inf


def cut(ciphertext: Ciphertext, top: int, left: int, height: int, width: int) -> Ciphertext:
    """The ciphertext of a patch of the picture, its corner at row `top` and column `left`.

    Raises ValueError where the patch lies outside, where a block would straddle its edge: left,
    width and the picture's width must be even; and in a mode in which blocks depend on their place.
    """
    check_ciphertext(ciphertext)
    if ciphertext.mode != "ECB":
        raise ValueError(
            f"Only in ECB mode does a patch stand alone, and this ciphertext is in "
            f"{ciphertext.mode} mode: encrypt in ECB mode, or take the whole of it."
        )
    rows, columns, _ = ciphertext.shape
    if not all(map(is_whole, (top, left, height, width))):
        raise ValueError(
            "The place and the sides of a patch are whole numbers of pixels, and here is something "
            "else: give 0, 0, 8, 8, for example."
        )
    if left % 2 or width % 2 or columns % 2:
        raise ValueError(
            "Two pixels share a block, so a patch begins and ends at even columns; this one begins "
            f"at {left} and is {width} wide, in a picture {columns} wide: choose even numbers."
        )
    if not (0 <= top < top + height <= rows and 0 <= left < left + width <= columns):
        raise ValueError(
            f"The patch must lie in the picture of {rows} x {columns} pixels; this one has "
            f"{height} x {width} at row {top}, column {left}: move it or make it smaller."
        )
    grid = ciphertext.data.reshape(rows, columns * 3 // 2, *ciphertext.data.shape[1:])
    part = grid[top : top + height, left * 3 // 2 : (left + width) * 3 // 2]
    data = part.reshape(-1, *ciphertext.data.shape[1:])
    return replace(ciphertext, data=data, shape=(height, width, 3))


def variety(ciphertext: Ciphertext, side: int = 8) -> np.ndarray:
    """How many different blocks of ciphertext each patch of `side` x `side` pixels has.

    int (height // side, width // side): Eve sees without the key where a brute force can decide.
    """
    rows, columns = (length // side for length in ciphertext.shape[:2])
    corners = [(side * row, side * column) for row in range(rows) for column in range(columns)]
    counts = [len(np.unique(numbered(cut(ciphertext, *at, side, side).values))) for at in corners]
    return np.array(counts).reshape(rows, columns)


# --- consistency: Alice, Bob, and one block of ciphertext -----------------------------------------


def consistency(cipher: NeuralCipher, values: np.ndarray) -> np.ndarray:
    """The key, uint8 (16,), of one block of ciphertext, values (16,).

    Eve needs Alice and Bob. She decrypts the block under each of the 65,536 keys and encrypts the
    result again: only under the right key does the same ciphertext come back. She need not know
    what the message looks like. Raises ValueError unless it is one block, and for a pair of bits.
    """
    check_analog(cipher)
    values = np.asarray(values, np.float32)
    if values.shape != (M_BITS,):
        raise ValueError(
            f"One block of ciphertext has {M_BITS} values; the shape here is {values.shape}: "
            "pass a single row."
        )
    keys = bits_to_signs(ALL_KEYS)
    heard = np.broadcast_to(values, keys.shape)
    message = np.where(cipher.bob(np.hstack([heard, keys])) > 0, np.float32(1), np.float32(-1))
    again = cipher.alice(np.hstack([message, keys]))
    return ALL_KEYS[np.abs(again - values).max(axis=1).argmin()]


# --- smoothest keys: the pair, and a patch of a picture -------------------------------------------

LOGARITHMS = np.log2(1 + np.arange(256, dtype=np.float32))


def smoothest_keys(cipher: NeuralCipher, patch: Ciphertext) -> np.ndarray:
    """All keys, uint8 (k, 16), under which a patch of ciphertext, from `cut`, is smoothest.

    Eve needs a pair of bits, and that neighbours in the picture are alike, as in photographs. She
    knows no block of it. Where the patch is flat, or a wrong key makes its negative, several keys
    are as smooth. Raises ValueError as `rows.under_every_key`.
    """
    made = under_every_key(cipher, patch.data)
    height, width, _ = patch.shape
    colours = made.astype(">u2").view(np.uint8).reshape(len(made), height, width, 3)
    roughness = sum_of_steps(colours, 1) + sum_of_steps(colours, 2)
    return ALL_KEYS[np.isclose(roughness, roughness.min())]


def sum_of_steps(pictures: np.ndarray, axis: int) -> np.ndarray:
    """The sum of log2(1 + |difference|) of neighbours along an axis, float (k,).

    pictures: uint8 (k, height, width, 3). Logarithms, so that one edge does not outweigh the rest.
    """
    steps = np.abs(np.diff(pictures.astype(np.int16), axis=axis))
    return LOGARITHMS[steps].reshape(len(pictures), -1).sum(axis=1, dtype=float)


# --- the three phases, recorded -------------------------------------------------------------------


def main() -> None:
    """Play the paper's three phases and write data/results/three_phases.json: curves and scores."""
    from helpers.neural import training

    seed, command = 1, "python -m helpers.neural.eavesdropping"
    argparse.ArgumentParser(command, description=main.__doc__).parse_args()
    path = manifest.DATA / "results" / "three_phases.json"
    recipe = training.Recipe("Adam", training.lesson_recipe.phases[:3])
    with commands.result_at(path, command):
        players, rng, phases = training.Players(seed, recipe), np.random.default_rng(seed), []
        started = perf_counter()
        for phase in recipe.phases:
            history = training.train(players, phase)
            scores = training.evaluate(players, rng, 100_000)
            phases.append(asdict(history) | {"scores": asdict(scores)})
        about = manifest.provenance(command, seed, perf_counter() - started)
        write_json(path, about | {"phases": phases})


if __name__ == "__main__":
    main()
