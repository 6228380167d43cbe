"""Four ciphers side by side: the pairs `paper`, `proven` and `diffusing`, and AES-128 as a control.

    python -m helpers.neural.comparison
    python -m helpers.neural.comparison --eves

The first measures them in one run, in NumPy, and writes data/results/comparison.json. Every number
is a mean over random keys; shares are from 0 to 1. AES works on blocks of 128 bits under keys of
128 bits, the pairs on 16 bits under 16. The second trains strong Eves on the pairs, in Keras, and
writes strong_eves.json. None is trained on AES, since no attack on it is known that would be worth
it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from time import perf_counter

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from tqdm import tqdm

from helpers import commands, manifest, metrics, pictures
from helpers.bits import (
    ALL_BLOCKS,
    PAPER_KEY,
    bits_to_bytes,
    bits_to_signs,
    blocks_to_bits,
    random_key,
    signs_to_bits,
)
from helpers.files import write_json
from helpers.neural import eavesdropping
from helpers.neural.cipher import NeuralCipher
from helpers.neural.ciphertext import Ciphertext
from helpers.neural.rows import under_every_key

PAIRS = ("paper", "proven", "diffusing")
KEYS, MESSAGES = 20, 500
EVES, STEPS = 5, 5000
HEARD, AT_ONCE = 1024, 64  # ciphertext blocks whose every meaning is counted
PATCHES, SIDE = 10, 8  # of each shipped picture, and how many pixels high and wide

# --- the pairs ------------------------------------------------------------------------------------


def of_pair(name: str, seed: int) -> dict[str, object]:
    """Everything that is measured of a pair."""
    cipher, rng = NeuralCipher.load(name), np.random.default_rng(seed)
    keys = [random_key(rng) for _ in range(KEYS)]
    bits = rng.integers(0, 2, (MESSAGES, 16), np.uint8)

    def encrypt(message: np.ndarray, key: np.ndarray) -> np.ndarray:
        values = cipher.alice(signs_of(message, key))
        return signs_to_bits(values) if cipher.binary else metrics.values_to_bits(values)

    found = {
        **avalanche(encrypt, bits, keys),
        "largest_correlation": float(np.median([correlation_under(cipher, key) for key in keys])),
        "largest_correlation_under_the_papers_key": correlation_under(cipher, PAPER_KEY),
        "bits_read_by_least_squares_from_64_blocks": linear(cipher, keys, rng),
        "keys_that_fit_one_known_block": fitting(cipher, keys, rng),
        "expansion": cipher.encrypt(PICTURE, keys[0]).data.nbytes / PICTURE.nbytes,
    }
    if cipher.binary:
        found |= {"best_eve": best_eve(cipher, rng), "patches": patches(cipher, rng)}
    return found


PICTURE = np.zeros((2, 2, 3), np.uint8)


def signs_of(message: np.ndarray, key: np.ndarray) -> np.ndarray:
    """Bits of messages (n, 16) and of one key as signs, float32 (n, 32)."""
    return bits_to_signs(np.hstack([message, np.broadcast_to(key, (len(message), key.size))]))


def correlation_under(cipher: NeuralCipher, key: np.ndarray) -> float:
    """The largest correlation of a message bit with a ciphertext value, over all messages."""
    return largest_correlation(
        bits_to_signs(blocks_to_bits(ALL_BLOCKS)), cipher.codebook(key, np.float32)
    )


def strong_eves(name: str, seed: int) -> dict[str, object]:
    """Bits that fresh Eves, 16 -> 512 -> 512 -> 512 -> 16, read of 200,000 blocks each."""
    cipher, found = NeuralCipher.load(name), []
    for i in range(EVES):
        eve = eavesdropping.deep_eve(cipher, seed=10 * seed + i)
        eavesdropping.train_eve(eve, cipher, STEPS, seed=10 * seed + i)
        traffic = eavesdropping.random_traffic(cipher, 200_000, np.random.default_rng([seed, i]))
        found.append(metrics.bit_accuracy(traffic[0], eavesdropping.read(eve, traffic[1])))
    pooled = metrics.Proportion(sum(one.hits for one in found), sum(one.total for one in found))
    each = [one.share for one in found]
    return {"share": pooled.share, "interval": pooled.interval, "each": each}


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
    return eavesdropping.cut(heard, *(SIDE * rng.choice(corners)).tolist(), SIDE, SIDE)


def linear(cipher: NeuralCipher, keys: list[np.ndarray], rng: np.random.Generator) -> float:
    """Bits of fresh blocks that 17 x 16 weights get right, fitted to 64 known blocks."""
    shares = []
    for key in keys:
        known, fresh = rng.integers(0, 65536, (2, 64), np.uint16)
        weights = eavesdropping.least_squares(cipher.encrypt_blocks(known, key), known)
        guess = eavesdropping.read_linear(weights, cipher.encrypt_blocks(fresh, key))
        shares.append(metrics.bit_accuracy(fresh, guess).share)
    return float(np.mean(shares))


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
    return Cipher(algorithms.AES(bits_to_bytes(key)), modes.ECB())


def through(update: Callable[[bytes], bytes], bits: np.ndarray) -> np.ndarray:
    """Bits (n, 128) through something that works on bytes."""
    data = update(bits_to_bytes(bits.ravel()))
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


def main() -> None:
    """Measure the three pairs and AES-128, and write data/results/comparison.json."""
    parser = argparse.ArgumentParser(
        "python -m helpers.neural.comparison", description=main.__doc__
    )
    parser.add_argument("--eves", action="store_true", help="train strong Eves: strong_eves.json")
    eves, seed, started = parser.parse_args().eves, 1, perf_counter()
    command = f"{parser.prog}{' --eves' * eves}"
    path = manifest.DATA / "results" / f"{'strong_eves' if eves else 'comparison'}.json"
    with commands.result_at(path, command):
        found = {pair: (strong_eves if eves else of_pair)(pair, seed) for pair in tqdm(PAIRS)}
        found |= {} if eves else {"AES-128": of_aes(seed)}
        about = manifest.provenance(command, seed, perf_counter() - started)
        write_json(path, {"provenance": about, "ciphers": found})


if __name__ == "__main__":
    main()
