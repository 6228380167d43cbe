"""Challenges of lesson 04, the wrong key."""

from __future__ import annotations

from typing import Any

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from helpers import bits
from helpers.challenges import Handed, challenge, flags
from helpers.exercises import kind
from helpers.neural.cipher import NeuralCipher

AMOUNT = slice(4, 8)  # of the order's bytes
ENOUGH = 9000


@challenge(
    title="Nearly the key",
    task="A picture of a word, encrypted by the pair 'paper': .ciphertext. The key that you have, "
    ".nearly, is wrong in one bit. The flag is the right key.",
    grade=1,
    hints=[
        "One bit of sixteen is wrong: so there are sixteen keys to try.",
        "bits.flip(nearly, position) turns one bit over; cipher.decrypt reads the ciphertext with "
        "the key that comes out.",
        "Show all sixteen pictures, or count the different blocks of each: a wrong key leaves few.",
    ],
    moral="a key that is nearly right is as good as right, for who may try what is left.",
)
def which_bit(rng: np.random.Generator) -> tuple[Handed, flags.Judge]:
    """A word on white under a random key, and the key with a bit turned over."""
    key, picture = bits.random_key(rng), flags.picture_of(flags.word(rng))
    ciphertext = NeuralCipher.load("paper").encrypt(picture, key)
    nearly = bits.flip(key, int(rng.integers(16)))
    return {"ciphertext": ciphertext, "nearly": nearly}, flags.is_key(key)


@challenge(
    title="Pay me more",
    task="An order in counter mode, under a key that nobody will find: .ciphertext. What it says "
    "is .order. Change the ciphertext so that it pays 9,000 or more, and is the same otherwise.",
    grade=2,
    hints=[
        "In counter mode each byte of the ciphertext is a byte of the message xor something.",
        "If you xor a byte of the ciphertext with x, the byte of the message is xored with x too.",
        "Make it bytearray(ciphertext); the first digit of the amount is its byte 4, and x is the "
        'old digit xor ord("9").',
    ],
    moral="counter mode hides a message and does not protect it from being changed; an "
    "authenticated mode would have noticed.",
)
def pay_more(rng: np.random.Generator) -> tuple[Handed, flags.Judge]:
    """An order with a random amount below 9,000; the judge decrypts what comes back."""
    key, nonce = rng.bytes(16), rng.bytes(16)
    order = f"PAY {rng.integers(1, 1000):04} EUR TO {flags.word(rng)}".encode()

    def through(data: bytes) -> bytes:
        encryptor = Cipher(algorithms.AES(key), modes.CTR(nonce)).encryptor()
        return encryptor.update(data) + encryptor.finalize()

    def judge(flag: Any) -> str:
        if not isinstance(flag, (bytes, bytearray)):
            return f"the flag is a ciphertext, bytes or a bytearray, and this is {kind(flag)}."
        if len(flag) != len(order):
            return f"the ciphertext has {len(order)} bytes, and this has {len(flag)}."
        read = through(bytes(flag))
        if (
            read[: AMOUNT.start] + read[AMOUNT.stop :]
            != order[: AMOUNT.start] + order[AMOUNT.stop :]
        ):
            return "something else than the amount has changed, and the bank wonders."
        if not read[AMOUNT].isdigit():
            return "the amount is no number any more."
        return "" if int(read[AMOUNT]) >= ENOUGH else f"it pays {int(read[AMOUNT]):,}."

    return {"ciphertext": through(order), "order": order}, judge
