"""A picture through the shipped pair: against Keras, against AES, against a bare copy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from measure import Row, in_turns

from helpers import pictures
from helpers.bits import PAPER_KEY, bits_to_signs, blocks_to_bits, picture_to_blocks
from helpers.neural import networks
from helpers.neural.chain import Chain, Layer
from helpers.neural.cipher import NeuralCipher

BATCH = 256
CALLS = f"predict, a call for {BATCH} blocks"
COPY, AES = "a copy of its float16 ciphertext", "AES-128-ECB"


def rows(side: int, calls: int = 8, repeats: int = 7) -> list[Row]:
    """Encryption and decryption of a picture of `side` x `side` pixels: the eye, tiled."""
    cipher, picture = NeuralCipher.load("paper"), tiled_eye(side)
    ciphertext = cipher.encrypt(picture, PAPER_KEY)
    jobs = {
        "encrypt": lambda: cipher.encrypt(picture, PAPER_KEY),
        COPY: lambda: copy(ciphertext.values),
        "build and encrypt": lambda: without_codebook(cipher).encrypt(picture, PAPER_KEY),
        "decrypt": lambda: cipher.decrypt(ciphertext, PAPER_KEY),
        AES: lambda: aes().encryptor().update(picture.reshape(-1)),
        "AES back": lambda: aes().decryptor().update(picture.reshape(-1)),
    }
    took = dict(zip(jobs, in_turns(*jobs.values(), repeats=repeats)))
    # Keras apart: in the seconds it takes, a machine may take back memory that others would reuse.
    all_calls = len(ciphertext.values) / BATCH
    alice, bob = in_turns(
        predict(networks.build_alice(), cipher.alice, picture, calls),
        predict(networks.build_bob(), cipher.bob, picture, calls),
        repeats=repeats,
    )
    took |= {CALLS: alice * all_calls / calls, "Bob's calls": bob * all_calls / calls}

    def row(name: str, job: str, against: str, peer: str) -> Row:
        megabytes = picture.nbytes / 1e6
        note = f"timed on {calls} of {all_calls:,.0f} calls" if against == CALLS else ""
        rates = megabytes / took[job], megabytes / took[peer]
        return Row(f"{name} {side}x{side}", against, *rates, "MB/s of picture", note)

    return [
        *(row("encrypt", "encrypt", peer, peer) for peer in (CALLS, AES, COPY)),
        *(
            row("build codebook, encrypt", "build and encrypt", peer, peer)
            for peer in (CALLS, COPY)
        ),
        row("decrypt", "decrypt", CALLS, "Bob's calls"),
        row("decrypt", "decrypt", AES, "AES back"),
        row("decrypt", "decrypt", COPY, COPY),
        *binary_rows(picture, repeats),
    ]


def binary_rows(picture: np.ndarray, repeats: int) -> list[Row]:
    """The same picture through a binary pair, whose ciphertext is no larger: ECB mode, known key.

    Where both networks have answered all blocks, what is left is to look them up. The copy is of
    the picture, into new memory.
    """
    cipher, name = untrained_gates(), f"ECB of 16 bits {picture.shape[0]}x{picture.shape[1]}"
    ciphertext = cipher.encrypt(picture, PAPER_KEY)
    encrypt, decrypt, bare, there, back = in_turns(
        lambda: cipher.encrypt(picture, PAPER_KEY),
        lambda: cipher.decrypt(ciphertext, PAPER_KEY),
        lambda: copy(picture),
        lambda: aes().encryptor().update(picture.reshape(-1)),
        lambda: aes().decryptor().update(picture.reshape(-1)),
        repeats=repeats,
    )
    pairs = [
        ("encrypt", "a copy of the picture", encrypt, bare),
        ("encrypt", AES, encrypt, there),
        ("decrypt", "a copy of the picture", decrypt, bare),
        ("decrypt", AES, decrypt, back),
    ]
    size, unit = picture.nbytes / 1e6, "MB/s of picture"
    return [Row(f"{what} {name}", peer, size / s, size / t, unit) for what, peer, s, t in pairs]


def untrained_gates() -> NeuralCipher:
    """A binary pair of the shipped one's sizes: to the clock one weight is like another."""
    rng = np.random.default_rng(1)
    shapes = [(32, 128), (128,), (64, 16), (16,)]
    alice, bob = (
        Chain([Layer("gate"), Layer(last)], [rng.normal(size=shape) for shape in shapes])
        for last in ("sign", "linear")
    )
    return NeuralCipher(alice, bob)


def one_call_rows(side: int = 256, repeats: int = 3) -> list[Row]:
    """The same against Keras at its best: all blocks in one call of `predict`."""
    cipher, picture = NeuralCipher.load("paper"), tiled_eye(side)
    took = in_turns(
        lambda: cipher.encrypt(picture, PAPER_KEY),
        predict(networks.build_alice(), cipher.alice, picture, 1, picture.size // 2),
        repeats=repeats,
    )
    ours, peer = (picture.nbytes / 1e6 / seconds for seconds in took)
    return [Row(f"encrypt {side}x{side}", "predict, one call", ours, peer, "MB/s of picture")]


def tiled_eye(side: int) -> np.ndarray:
    times = -(-side // 256)
    return np.tile(pictures.load("eye"), (times, times, 1))[:side, :side].copy()


def without_codebook(cipher: NeuralCipher) -> NeuralCipher:
    return NeuralCipher(cipher.alice, cipher.bob)


def copy(values: np.ndarray) -> np.ndarray:
    """Into new memory, as encryption writes into new memory."""
    copied = np.empty_like(values)
    np.copyto(copied, values)
    return copied


def aes() -> Cipher:
    return Cipher(algorithms.AES(bytes(range(16))), modes.ECB())


def predict(
    model, chain, picture: np.ndarray, calls: int, blocks_a_call: int = BATCH
) -> Callable[[], None]:
    """`model.predict` on the first blocks of a picture, call by call, in batches of 256.

    Bob gets the message where he would get a ciphertext: his network takes as long for either.
    """
    model.set_weights(chain.weights)
    blocks = picture_to_blocks(picture)[: calls * blocks_a_call]
    signs = bits_to_signs(blocks_to_bits(blocks))
    key = np.tile(bits_to_signs(PAPER_KEY), (len(signs), 1))

    def call_by_call() -> None:
        for start in range(0, len(signs), blocks_a_call):
            part = slice(start, start + blocks_a_call)
            model.predict([signs[part], key[part]], batch_size=BATCH, verbose=0)

    return call_by_call
