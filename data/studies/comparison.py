"""Four ciphers side by side: the pairs `paper`, `proven` and `diffusing`, and AES-128 as a control.

python -m data.studies.comparison
python -m data.studies.comparison --eves

The first measures them in one run, in NumPy, and writes data/results/comparison.json. Every number
is a mean over random keys; shares are from 0 to 1. AES works on blocks of 128 bits under keys of
128 bits, the pairs on 16 bits under 16. The second trains strong Eves on the pairs, in Keras, and
writes strong_eves.json. None is trained on AES, since no attack on it is known that would be worth
it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from time import perf_counter

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from tqdm import tqdm

from data.studies import publish
from helpers import manifest, metrics, pictures
from helpers.bits import (
    ALL_BLOCKS,
    PAPER_KEY,
    bits_to_signs,
    blocks_to_bits,
    random_key,
    signs_to_bits,
)
from helpers.files import write_json
from helpers.neural import eavesdropping, fresh_eves
from helpers.neural.chain import tensorflow_activations
from helpers.neural.cipher import NeuralCipher
from helpers.neural.ciphertext import Ciphertext
from helpers.neural.rounds import Rounds
from helpers.neural.rows import under_every_key

PAIRS, AES = ("paper", "proven", "diffusing"), "AES-128"
KEYS, MESSAGES = 20, 500
EVES, STEPS = 5, 5000
HEARD, AT_ONCE = 1024, 64  # ciphertext blocks whose every meaning is counted
PATCHES, SIDE = 10, 8  # of each shipped picture, and how many pixels high and wide

Measure = Callable[[str, int], dict[str, object]]  # of a cipher's name and a seed

# --- the pairs ------------------------------------------------------------------------------------


def of_pair(name: str, seed: int) -> dict[str, object]:
    """Everything that is measured of a pair."""
    cipher, rng = NeuralCipher.load(name), np.random.default_rng(seed)
    keys = [random_key(rng) for _ in range(KEYS)]
    bits = rng.integers(0, 2, (MESSAGES, 16), np.uint8)

    def encrypt(message: np.ndarray, key: np.ndarray) -> np.ndarray:
        return signs_to_bits(cipher.alice(signs_of(message, key)))

    found: dict[str, object] = {
        **avalanche(encrypt, bits, keys),
        "largest_correlation": float(np.median([correlation_under(cipher, key) for key in keys])),
        "largest_correlation_under_the_papers_key": correlation_under(cipher, PAPER_KEY),
        "bits_read_by_least_squares_from_64_blocks": linear(cipher, keys, rng),
        "keys_that_fit_one_known_block": fitting(cipher, keys, rng),
        "expansion": cipher.encrypt(PICTURE, keys[0]).data.nbytes / PICTURE.nbytes,
    }
    if cipher.binary:
        found["best_eve"] = best_eve(cipher, rng)
        found["patches"] = patches(cipher, rng)
    return found


PICTURE = np.zeros((2, 2, 3), np.uint8)


def signs_of(message: np.ndarray, key: np.ndarray) -> np.ndarray:
    """Bits of messages (n, 16) and of one key as signs, float32 (n, 32)."""
    return bits_to_signs(np.hstack([message, np.broadcast_to(key, (len(message), key.size))]))


def correlation_under(cipher: NeuralCipher, key: np.ndarray) -> float:
    """The largest correlation of a message bit with a ciphertext value, over all messages."""
    return largest_correlation(
        bits_to_signs(blocks_to_bits(ALL_BLOCKS)), cipher.encrypt_blocks(ALL_BLOCKS, key)
    )


@fresh_eves.in_a_graph.register
def rounds_in_a_graph(alice: Rounds) -> Callable:
    """Alice of a pair whose rounds are couplings, in TensorFlow."""
    from helpers.quiet_keras import tensorflow as tf

    layers = list(zip(alice.round.weights[::2], alice.round.weights[1::2]))
    sign = tensorflow_activations()["sign"]

    def encrypt(x):
        block, key = tf.split(x, 2, axis=1)
        for step in alice.schedule:
            left, right = tf.split(block, 2, axis=1)
            constant = step.of_signs(np.ones(16, np.float32))  # the signs that a xor changes
            mask = tf.concat([right, tf.roll(key, step.turn, axis=1) * constant], axis=1)
            for kernel, bias in layers:
                mask = sign(mask @ kernel + bias)
            block = tf.concat([right, left * mask], axis=1)
        return block

    return encrypt


def strong_eves(name: str, seed: int) -> dict[str, object]:
    """Bits that fresh Eves, 16 -> 512 -> 512 -> 512 -> 16, read of 200,000 blocks each."""
    cipher, found = NeuralCipher.load(name), []
    for i in range(EVES):
        eve = fresh_eves.deep_eve(cipher, seed=10 * seed + i)
        fresh_eves.train_eve(eve, cipher, STEPS, seed=10 * seed + i)
        traffic = eavesdropping.random_traffic(cipher, 200_000, np.random.default_rng([seed, i]))
        found.append(metrics.bit_accuracy(traffic[0], fresh_eves.read(eve, traffic[1])))
    pooled = metrics.Proportion(sum(one.hits for one in found), sum(one.total for one in found))
    each = [one.share for one in found]
    return {"share": pooled.share, "interval": pooled.interval, "each": each, "batches": STEPS}


def best_eve(cipher: NeuralCipher, rng: np.random.Generator) -> dict[str, list[float]]:
    """What nobody can do better: she hears one block, tries all keys and counts the messages.

    Means over a sample of all ciphertext blocks, each with its standard error: the share of bits
    that are as most keys have them, and how many of the 65,536 messages are possible.
    """
    bits, possible = [], []
    for heard in rng.choice(65536, HEARD, replace=False).astype(np.uint16).reshape(-1, AT_ONCE):
        messages = under_every_key(cipher, heard)
        ones = np.mean([messages >> place & 1 for place in range(16)], axis=1)  # (16, AT_ONCE)
        bits += np.maximum(ones, 1 - ones).mean(axis=0).tolist()
        possible += [np.count_nonzero(np.bincount(column)) for column in messages.T]
    return {
        name: [float(np.mean(found)), float(np.std(found) / len(found) ** 0.5)]
        for name, found in (("bits", bits), ("possible_messages", possible))
    }


def patches(cipher: NeuralCipher, rng: np.random.Generator) -> dict[str, int]:
    """What patches of the shipped pictures, none flat and each under its own key, give away.

    "key": how many leave the right key alone; "negative": it and one more that is as smooth.
    """
    counts = {"tried": 0, "key": 0, "negative": 0}
    for name in pictures.NAMES:
        for _ in range(PATCHES):
            key = random_key(rng)
            patch = busy_patch(cipher.encrypt(pictures.load(name), key), rng)
            left = eavesdropping.smoothest_keys(cipher, patch).tolist()
            counts["tried"] += 1
            counts["key"] += left == [key.tolist()]
            counts["negative"] += len(left) == 2 and key.tolist() in left
    return counts


def busy_patch(heard: Ciphertext, rng: np.random.Generator) -> Ciphertext:
    """A random one of those with as many different blocks as a brute force asks for."""
    corners = np.argwhere(eavesdropping.variety(heard, SIDE) >= eavesdropping.NOT_FLAT)
    top, left = SIDE * rng.choice(corners)
    return eavesdropping.cut(heard, int(top), int(left), SIDE, SIDE)


def linear(cipher: NeuralCipher, keys: list[np.ndarray], rng: np.random.Generator) -> float:
    """Bits of fresh blocks that 17 x 16 weights get right, fitted to 64 known blocks."""
    shares = []
    for key in keys:
        known, fresh = rng.integers(0, 65536, (2, 64), np.uint16)
        signs = bits_to_signs(blocks_to_bits(known)).astype(float)
        weights = np.linalg.lstsq(with_offset(cipher.encrypt_blocks(known, key)), signs)[0]
        guess = signs_to_bits(with_offset(cipher.encrypt_blocks(fresh, key)) @ weights)
        shares.append(metrics.bit_accuracy(blocks_to_bits(fresh), guess).share)
    return float(np.mean(shares))


def with_offset(values: np.ndarray) -> np.ndarray:
    """A column of ones beside the values, float (n, 17), so that one weight is an offset."""
    return np.hstack([values.astype(float), np.ones((len(values), 1))])


def fitting(cipher: NeuralCipher, keys: list[np.ndarray], rng: np.random.Generator) -> float:
    """How many of the 65,536 keys agree with one known block: with 1, one block gives the key."""
    blocks = rng.integers(0, 65536, (len(keys), 1), np.uint16)
    found = (
        eavesdropping.exhaustive_key_search(cipher, block, cipher.encrypt_blocks(block, key))
        for block, key in zip(blocks, keys)
    )
    return float(np.mean([len(fit) for fit in found]))


# --- AES ------------------------------------------------------------------------------------------


def of_aes(seed: int) -> dict[str, object]:
    """What is measured of AES-128, one block at a time (ECB)."""
    rng = np.random.default_rng(seed)
    keys = list(rng.integers(0, 2, (KEYS, 128), np.uint8))
    bits = rng.integers(0, 2, (MESSAGES, 128), np.uint8)
    many = rng.integers(0, 2, (len(ALL_BLOCKS), 128), np.uint8)

    def encrypt(message: np.ndarray, key: np.ndarray) -> np.ndarray:
        return through(aes(key).encryptor().update, message)

    # Of 16 bits here and 16 there, as many as the pairs have: more would find more by chance.
    found = [largest_correlation(many[:, :16], encrypt(many, key)[:, :16]) for key in keys]
    return {
        **avalanche(encrypt, bits, keys),
        "largest_correlation": float(np.median(found)),
        "expansion": 1.0,
    }


def aes(key: np.ndarray) -> Cipher:
    """AES under a key of 128 bits, uint8 (128,)."""
    return Cipher(algorithms.AES(np.packbits(key).tobytes()), modes.ECB())


def through(update: Callable[[bytes], bytes], bits: np.ndarray) -> np.ndarray:
    """Bits (n, 128) through something that works on bytes."""
    data = update(np.packbits(bits).tobytes())
    return np.unpackbits(np.frombuffer(data, np.uint8)).reshape(bits.shape)


# --- measures that both share ---------------------------------------------------------------------


def avalanche(
    encrypt: metrics.Encrypt, bits: np.ndarray, keys: list[np.ndarray]
) -> dict[str, float]:
    """The share of ciphertext bits that change with a bit of the message, and of the key."""
    by_message = [metrics.plaintext_avalanche(encrypt, bits, key) for key in keys]
    by_key = [metrics.key_avalanche(encrypt, bits, key) for key in keys]
    return {
        "change_by_message_bit": float(np.mean(by_message)),
        "change_by_key_bit": float(np.mean(by_key)),
    }


def largest_correlation(message: np.ndarray, ciphertext: np.ndarray) -> float:
    """Of each column of one (n, a) with each of the other (n, b): the largest, without its sign."""
    one, other = ((x - x.mean(axis=0)) / x.std(axis=0) for x in (message, ciphertext))
    return float(np.abs(one.T @ other).max() / len(message))


# --- as a command ---------------------------------------------------------------------------------

COMMAND, SEED = "python -m data.studies.comparison", 1


def main(words: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--eves", action="store_true", help="train strong Eves: strong_eves.json")
    if parser.parse_args(words).eves:
        measure_all("strong_eves", f"{COMMAND} --eves", PAIRS, strong_eves)
    else:
        measure_all("comparison", COMMAND, (*PAIRS, AES), measured)


def measured(name: str, seed: int) -> dict[str, object]:
    """A column of the table."""
    return of_aes(seed) if name == AES else of_pair(name, seed)


def measure_all(name: str, command: str, ciphers: Sequence[str], measure: Measure) -> None:
    """Measure each cipher, and write all into data/results/."""
    path, started = manifest.DATA / "results" / f"{name}.json", perf_counter()
    with publish.result_at(path, command):
        found = {cipher: measure(cipher, SEED) for cipher in tqdm(ciphers)}
        about = publish.provenance(command, SEED, perf_counter() - started)
        write_json(path, {"provenance": about, "ciphers": found})


if __name__ == "__main__":
    main()
