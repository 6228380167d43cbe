"""Four ciphers side by side: the pairs `paper`, `proven` and `diffusing`, and AES-128 as a control.

    python -m helpers.neural.comparison

measures them in one run and writes data/results/comparison.json. Every number is a mean over random
keys; shares are from 0 to 1. AES works on blocks of 128 bits under keys of 128 bits, the pairs on
16 bits under 16. No Eve is trained on AES, since no attack on it is known that would be worth it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from time import perf_counter

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from tqdm import tqdm

from helpers import manifest, metrics
from helpers.bits import bits_to_bytes, blocks_to_bits, random_key, signs_to_bits
from helpers.files import whole_or_nothing
from helpers.neural import eavesdropping
from helpers.neural.cipher import NeuralCipher

PAIRS = ("paper", "proven", "diffusing")
KEYS, MESSAGES = 20, 500
SIDE = 2048  # pixels of the picture that is timed
EVES, STEPS = 5, 5000

# --- the pairs ------------------------------------------------------------------------------------


def of_pair(name: str, seed: int) -> dict[str, object]:
    """Everything that is measured of a pair."""
    cipher, rng = NeuralCipher.load(name), np.random.default_rng(seed)
    keys = [random_key(rng) for _ in range(KEYS)]
    blocks = rng.integers(0, 65536, MESSAGES, np.uint16)
    bits = blocks_to_bits(blocks)

    def encrypt(message: np.ndarray, key: np.ndarray) -> np.ndarray:
        values = cipher.alice(signs_of(message, key))
        return signs_to_bits(values) if cipher.binary else metrics.values_to_bits(values)

    def garbled(key: np.ndarray, other: np.ndarray) -> float:
        guess = cipher.decrypt_blocks(cipher.encrypt_blocks(blocks, key), other)
        return 1 - metrics.bit_accuracy(blocks, guess).share

    picture = rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    return {
        **avalanche(encrypt, bits, keys),
        "wrong_bits_under_one_wrong_key_bit": mean_flip(garbled, keys),
        "bits_read_by_strong_eves": strong_eves(cipher, seed),
        "bits_read_by_least_squares_from_64_blocks": linear(cipher, keys, rng),
        "keys_that_fit_one_known_block": fitting(cipher, keys, rng),
        "seconds_to_try_all_keys": seconds_of_all_keys(cipher, keys[0]),
        "expansion": cipher.encrypt(picture[:64, :64], keys[0]).data.nbytes / (64 * 64 * 3),
        "megabytes_per_second": speed(lambda: cipher.encrypt(picture, keys[0]), picture.nbytes),
    }


def signs_of(message: np.ndarray, key: np.ndarray) -> np.ndarray:
    """Bits of messages (n, 16) and of one key as signs, float32 (n, 32)."""
    both = np.hstack([message, np.broadcast_to(key, (len(message), key.size))])
    return both.astype(np.float32) * 2 - 1


def strong_eves(cipher: NeuralCipher, seed: int) -> dict[str, object]:
    """Bits that fresh Eves, 16 -> 512 -> 512 -> 512 -> 16, read of 200,000 blocks each."""
    found = []
    for i in range(EVES):
        eve = eavesdropping.deep_eve(cipher, seed=10 * seed + i)
        eavesdropping.practise(eve, cipher, STEPS, seed=10 * seed + i)
        traffic = eavesdropping.random_traffic(cipher, 200_000, np.random.default_rng([seed, i]))
        found.append(metrics.bit_accuracy(traffic[0], eavesdropping.read(eve, traffic[1])))
    pooled = metrics.Share(sum(one.hits for one in found), sum(one.total for one in found))
    each = [one.share for one in found]
    return {"share": pooled.share, "interval": pooled.interval, "each": each}


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
    return float(
        np.mean(
            [
                len(eavesdropping.fitting_keys(cipher, block, cipher.encrypt_blocks(block, key)))
                for block, key in zip(blocks, keys)
            ]
        )
    )


def seconds_of_all_keys(cipher: NeuralCipher, key: np.ndarray) -> float:
    block = np.array([12345], np.uint16)
    values, started = cipher.encrypt_blocks(block, key), perf_counter()
    eavesdropping.fitting_keys(cipher, block, values)
    return perf_counter() - started


# --- AES ------------------------------------------------------------------------------------------


def of_aes(seed: int) -> dict[str, object]:
    """What is measured of AES-128, one block at a time (ECB)."""
    rng = np.random.default_rng(seed)
    keys = list(rng.integers(0, 2, (KEYS, 128), np.uint8))
    bits = rng.integers(0, 2, (MESSAGES, 128), np.uint8)

    def encrypt(message: np.ndarray, key: np.ndarray) -> np.ndarray:
        return through(aes(key).encryptor().update, message)

    def garbled(key: np.ndarray, other: np.ndarray) -> float:
        return float(np.mean(through(aes(other).decryptor().update, encrypt(bits, key)) != bits))

    picture, one_block = rng.bytes(SIDE * SIDE * 3), bytes(16)
    keys_per_second = 1e6 * speed(lambda: aes(keys[0]).encryptor().update(one_block), 1)
    return {
        **avalanche(encrypt, bits, keys),
        "wrong_bits_under_one_wrong_key_bit": mean_flip(garbled, keys),
        "seconds_to_try_all_keys": 2.0**128 / keys_per_second,
        "expansion": 1.0,
        "megabytes_per_second": speed(
            lambda: aes(keys[0]).encryptor().update(picture), len(picture)
        ),
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
) -> dict[str, list[float]]:
    """The share of ciphertext bits that change with each bit of the message, and of the key."""
    by_message = [metrics.plaintext_avalanche(encrypt, bits, key) for key in keys]
    by_key = [metrics.key_avalanche(encrypt, bits, key) for key in keys]
    return {
        "change_by_message_bit": np.mean(by_message, axis=0).tolist(),
        "change_by_key_bit": np.mean(by_key, axis=0).tolist(),
    }


def mean_flip(garbled: Callable, keys: list[np.ndarray]) -> float:
    """`garbled(key, other)` on average over keys that differ in one of the first 16 bits."""
    one_bit = np.eye(keys[0].size, dtype=np.uint8)[:16]
    return float(np.mean([garbled(key, key ^ flip) for key in keys for flip in one_bit]))


def speed(work: Callable[[], object], size: int, at_least: float = 0.2) -> float:
    """`size` times the calls a microsecond: megabytes a second. The first call is not counted."""
    work()
    calls, started = 0, perf_counter()
    while (seconds := perf_counter() - started) < at_least:
        work()
        calls += 1
    return calls * size / seconds / 1e6


# --- as a command ---------------------------------------------------------------------------------


def main() -> None:
    """Measure the three pairs and AES-128, and write data/results/comparison.json."""
    seed, command, started = 1, "python -m helpers.neural.comparison", perf_counter()
    found = {name: of_pair(name, seed) for name in tqdm(PAIRS, unit="pair")}
    found["AES-128"] = of_aes(seed)
    about = manifest.provenance(command, seed, perf_counter() - started)
    text = json.dumps({"provenance": about, "ciphers": found}, indent=1)
    with whole_or_nothing(manifest.DATA / "results" / "comparison.json") as unfinished:
        unfinished.write_text(text + "\n", encoding="utf-8")
    manifest.record("results/comparison.json", command)


if __name__ == "__main__":
    main()
