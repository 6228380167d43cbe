"""Challenges of lesson 03, Eve."""

from __future__ import annotations

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from helpers import pictures
from helpers.bits import Picture, blocks_to_picture, picture_to_blocks
from helpers.challenges import Handed, challenge, flags

AT_ONCE = 100  # bytes of a question


@challenge(
    title="Just look",
    task="A picture of a word, encrypted by a secret table, each block of two bytes on its own. "
    "Read the word.",
    grade=1,
    hints=[
        "Equal blocks of the picture are equal blocks of ciphertext, and most of the picture is "
        "background.",
        "Show the ciphertext as a picture: figures.picture_row([look.ciphertext], ['heard'], 6).",
        "Count: which block stands there most often? Everything else is the writing and its edges.",
    ],
    moral="no key was needed, since ECB mode leaves equal what was equal.",
)
def just_look(rng: np.random.Generator) -> tuple[Handed, flags.Judge]:
    """A grey word on white, through a random permutation of all blocks."""
    word = flags.word(rng)
    picture = np.pad(flags.picture_of(word), ((20, 20), (20, 20), (0, 0)), constant_values=255)
    table = rng.permutation(1 << 16).astype(np.uint16)
    ciphertext = blocks_to_picture(table[picture_to_blocks(picture)], picture.shape)
    return {"ciphertext": ciphertext}, flags.is_word(word)


def counter_mode(picture: Picture, key: bytes, nonce: bytes) -> Picture:
    """A picture through AES in counter mode."""
    encryptor = Cipher(algorithms.AES(key), modes.CTR(nonce)).encryptor()
    return np.frombuffer(encryptor.update(picture.tobytes()), np.uint8).reshape(picture.shape)


@challenge(
    title="Two pictures, one nonce",
    task="Two pictures of 256 x 256 pixels, both in counter mode under one key and one nonce. One "
    "is the eye, the penguin or the dog of this kit; the other holds a word. Read it.",
    grade=2,
    hints=[
        "Under one key and one nonce the same stream was added to both.",
        "pads.first ^ pads.second is free of the stream: it is one picture XOR the other.",
        "XOR that with each picture of the kit, pictures.load('eye') and so on, and look.",
    ],
    moral="a nonce that comes twice makes a two-time pad of any cipher, AES among them.",
)
def two_time_pad(rng: np.random.Generator) -> tuple[Handed, flags.Judge]:
    """A word on a noisy ground, and one of the kit's pictures."""
    word, ground = flags.word(rng), rng.integers(0, 200, (256, 256, 3), np.uint8)
    writing = flags.picture_of(word)
    down, left = rng.integers(0, 256 - np.array(writing.shape[:2]))
    place = ground[down : down + writing.shape[0], left : left + writing.shape[1]]
    place[writing < 128] = 255
    known = pictures.load(rng.choice(pictures.NAMES))
    key, nonce = rng.bytes(16), rng.bytes(16)
    both = [counter_mode(picture, key, nonce) for picture in rng.permutation([known, ground])]
    return {"first": both[0], "second": both[1]}, flags.is_word(word)


@challenge(
    title="A secret behind your own words",
    task="The server encrypts your bytes, server.ask(data), followed by the server's secret of 12 "
    f"capital letters, in ECB mode, two bytes a block. Up to {AT_ONCE} bytes each time, as often "
    "as you like. What is the secret?",
    grade=3,
    hints=[
        "Equal blocks are encrypted equally. Can you have the server encrypt a block of which you "
        "know all but one byte?",
        "Send one byte, b'x': the first block then is x and the first letter of the secret. Which "
        "blocks of your own could equal it?",
        "Send b'xA', b'xB', ... and compare the first blocks: one equals that of b'x' alone. Then "
        "go on: send nothing, and the first block is letters one and two.",
    ],
    moral="in ECB mode, who may have chosen words encrypted beside a secret can read it, byte by "
    "byte, whatever the cipher.",
)
def byte_at_a_time(rng: np.random.Generator) -> tuple[Handed, flags.Judge]:
    """An oracle over a random permutation of all blocks."""
    secret = flags.word(rng) + flags.word(rng)
    table = rng.permutation(1 << 16).astype(">u2")

    def ask(data: bytes) -> bytes:
        """ask(data): the ciphertext of your bytes and the secret"""
        if not isinstance(data, (bytes, bytearray)) or len(data) > AT_ONCE:
            raise ValueError(f"A question is up to {AT_ONCE} bytes, as in ask(b'hello').")
        text = bytes(data) + secret.encode()
        return table[np.frombuffer(text + b"\0" * (len(text) % 2), ">u2")].tobytes()

    return {"ask": ask}, flags.is_word(secret)
