"""Challenges of lesson 07, a cipher with a proof."""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers import bits, pictures
from helpers.bits import Block
from helpers.challenges import Handed, challenge, flags
from helpers.neural.cipher import NeuralCipher
from helpers.neural.modes import CTR

# --- one known block ------------------------------------------------------------------------------


@challenge(
    title="One known block",
    task="A letter, two characters a block, encrypted by the pair 'proven', every block under one "
    "secret key. It begins with 'Dear Bob'. Which secret word is in it?",
    grade=1,
    hints=[
        "With as many keys as messages, a known block leaves one key. How is the first block "
        "written as a number?",
        "The first block is 'De', np.uint16([ord('D') * 256 + ord('e')]). "
        "eavesdropping.exhaustive_key_search(cipher, blocks, values) tries all keys on it; its "
        "values are letter.values[:1].",
        "cipher.decrypt_blocks(letter.values, key) gives all blocks; .astype('>u2').tobytes() "
        "makes text of them.",
    ],
    moral="a proof for one block under a fresh key says nothing of many blocks under one.",
)
def one_known_block(rng: np.random.Generator) -> tuple[Handed, flags.Judge]:
    """A letter with a word in it, in signs, under one key of the pad."""
    word = flags.word(rng)
    letter = f"Dear Bob, the word is {word}. Burn it today."
    blocks = np.frombuffer(letter.encode(), ">u2").astype(np.uint16)
    values = NeuralCipher.load("proven").encrypt_blocks(blocks, bits.random_key(rng))
    return {"values": values}, flags.is_word(word)


# --- which of two messages ------------------------------------------------------------------------

GAMES = 64


@challenge(
    title="Which of two messages?",
    task="A box encrypts blocks that you choose, encrypt(blocks), each under a fresh key, and each "
    "ciphertext bit is 1 in half of the cases. Name two messages: play(first, second) gives "
    f"{GAMES} ciphertexts, each of one of the two, by a coin. Say of each whether it is of the "
    "first, 0, or of the second, 1.",
    grade=2,
    hints=[
        "A fresh key hides each bit alone. Which bits of a ciphertext might share a bit of the "
        "key? Think of the one coin for both bits.",
        "Encrypt the same block a few hundred times. Are there two bits of the ciphertext that "
        "are always equal, or always different?",
        "Try the 16 messages that have one bit set: for which of them do those two bits behave "
        "otherwise than for 0? Then play with 0 and such a message.",
    ],
    moral="no bit alone tells anything, and yet the advantage is 1: a cipher is secret only if no "
    "two messages can be told apart.",
)
def two_messages(rng: np.random.Generator) -> tuple[Handed, flags.Judge]:
    """A pad of 16 bits in a secret order, of which two share a bit of the key."""
    order, constant = rng.permutation(16), bits.random_key(rng)
    one, other = rng.permutation(16)[:2]
    coins, (keys,) = rng.integers(0, 2, GAMES, np.uint8), rng.spawn(1)

    def encrypt(blocks: Any) -> Block:
        """Encrypts blocks that you choose, each under a key of its own, as many as you like."""
        asked = np.asarray(blocks)
        if asked.dtype.kind not in "iu" or ((asked < 0) | (asked >= 1 << 16)).any():
            raise ValueError("Blocks are whole numbers from 0 to 65,535: give an array of those.")
        key = keys.integers(0, 2, (asked.size, 16), np.uint8)
        key[:, other] = key[:, one]
        message = bits.blocks_to_bits(asked.astype(np.uint16).ravel())[:, order]
        return bits.bits_to_blocks(message ^ key ^ constant).reshape(asked.shape)

    def play(first: Any, second: Any) -> Block:
        """The games: ciphertexts, each of the first or of the second block, as a coin has it."""
        return encrypt(np.where(coins, second, first))

    return {"encrypt": encrypt, "play": play}, flags.are_bits(
        coins, "the first message", "the second"
    )


# --- nothing but a ciphertext ---------------------------------------------------------------------


@challenge(
    title="Nothing but a ciphertext",
    task="A picture of the given shape with a white word in it, in counter mode of the pair "
    "'diffusing', all of it under one secret key. Block i, counted from 0, was XORed to what the "
    "cipher makes of nonce + i, modulo 65,536. Read the word.",
    grade=3,
    hints=[
        "A wrong key makes noise; the right one makes a picture, where neighbours are alike. A "
        "small patch is enough to see which it is.",
        "Two pixels have three blocks, so in a row of 256 pixels there are 384, and the first 8 "
        "pixels of row r are blocks 384 * r to 384 * r + 11. Eight rows of that are a patch of 8 "
        "by 8 pixels. What does each key make of these 96 counters?",
        "every_key.encrypt(every_key.masks_of(alice.round), alice.schedule, counters) has a row "
        "for each key, with alice = NeuralCipher.load('diffusing').alice; XOR the ciphertext "
        "blocks to it. eavesdropping.sum_of_steps(blocks, (8, 8, 3)) says how rough each row is.",
    ],
    moral="counter mode hides repeats, and it does not make a key longer: messages are not "
    "random, so with few keys a ciphertext of a picture names its own.",
)
def smooth_patch(rng: np.random.Generator) -> tuple[Handed, flags.Judge]:
    """A white word in part of one of the kit's pictures: so many blocks as there are counters."""
    word, picture = flags.word(rng), pictures.load(rng.choice(pictures.NAMES))[40:200].copy()
    writing = flags.picture_of(word)
    down, left = rng.integers(0, np.array(picture.shape[:2]) - writing.shape[:2])
    place = picture[down : down + writing.shape[0], left : left + writing.shape[1]]
    place[:], place[writing < 128] = place // 2, 255  # seen on white paper, too
    nonce = bits.random_key(rng)
    sent = NeuralCipher.load("diffusing").encrypt(picture, bits.random_key(rng), CTR(nonce))
    start = int(bits.bits_to_blocks(nonce[None])[0])
    return {"blocks": sent.data, "nonce": start, "shape": picture.shape}, flags.is_word(word)
