"""The controls of lesson 07: the avalanche round by round, and what modes of operation mend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

import helpers.widgets.base as base
from helpers import bits
from helpers.bits import ALL_BLOCKS, Block, Key, KeyLike, Picture
from helpers.figures import stills
from helpers.neural.cipher import NeuralCipher, check_cipher
from helpers.neural.modes import CBC, ECB, number
from helpers.neural.rounds import Rounds
from helpers.widgets.base import Control, Live
from helpers.widgets.lesson04 import check_pairs, pair_for_page

MOST_BLOCKS = 65_536  # for which a key serves in CTR mode
BIT = 0  # of block or key, flipped at first


def avalanche_explorer(
    cipher: NeuralCipher | Sequence[NeuralCipher],
    key: KeyLike = bits.PAPER_KEY,
    block: int = 0x1234,
) -> Control | Live:
    """Which bits of a ciphertext change, round by round, where one bit of block or key is flipped.

    For one block, and how many of 16 on the average of all 65,536 blocks: coins would give 8. It
    works in the page, without Python.

    cipher: a pair of rounds, or several to choose from; key: 16 bits; block: 0 to 65,535. Where
    they are not, the control says so.
    """
    ciphers = list(cipher) if isinstance(cipher, (list, tuple)) else [cipher]
    return base.control_or_notice(live_avalanche_explorer, ciphers, key, block)


def live_avalanche_explorer(ciphers: Sequence[NeuralCipher], key: KeyLike, block: int) -> Live:
    """The same; ValueError, in a sentence, where an argument is wrong."""
    check_pairs(ciphers)
    alices = [rounds_of(cipher) for cipher in ciphers]
    if not bits.is_whole(block) or not 0 <= block < len(ALL_BLOCKS):
        raise ValueError(
            f"A block is a number from 0 to 65,535; {bits.short(block)} came: give one."
        )
    key = bits.check_key(key)
    name = ciphers[0].name
    rounds = list(avalanche(alices[0], key, ALL_BLOCKS ^ np.uint16(1 << 15 - BIT)))
    means = [float(np.mean(np.bitwise_count(change))) for change in rounds]
    changes = [int(change[block]) for change in rounds]
    written = bits.format_key(bits.blocks_to_bits(np.array([block], np.uint16))[0])
    here = f"block {written} differs in {changes[-1].bit_count()} of 16 bits"
    words = (
        f"{name}, bit {BIT} of the block flipped: after {len(means)} rounds {here}, the average of "
        f"all blocks is {means[-1]:.2f}; coins would give 8."
    )
    facts = {"pairs": [pair_for_page(cipher) for cipher in ciphers], "key": key.tolist()}
    chosen = {"pair": name, "what": "block", "bit": BIT, "block": block}
    return Live(
        "avalanche_explorer",
        facts,
        chosen,
        words,
        lambda: stills.changes_by_round(changes, means, words),
    )


def rounds_of(cipher: NeuralCipher) -> Rounds:
    """Alice's rounds; ValueError for a pair that has none."""
    if not isinstance(cipher.alice, Rounds):
        raise ValueError(
            f'The pair {cipher.name!r} has no rounds: take NeuralCipher.load("diffusing").'
        )
    return cipher.alice


def avalanche(alice: Rounds, key: Key, others: Block) -> Iterator[Block]:
    """Which bits differ after each round between every block and its other: uint16 (65536,)."""
    for table in alice.after_each_round(bits.bits_to_signs(key)):
        yield table ^ table[others]


def modes_explorer(
    cipher: NeuralCipher,
    picture: Picture,
    key: KeyLike = bits.PAPER_KEY,
    start: KeyLike | str = "1010 0110 0011 1001",
) -> Control | Live:
    """A picture in the modes ECB, CBC and CTR, and what one wrong bit of ciphertext does in each.

    Buttons choose the mode and whether a bit is flipped on its way, sliders which. It works in the
    page, without Python, and takes pictures of the reader's own there.

    cipher: a binary pair; picture: uint8 (height, width, 3), of at most 65,536 blocks; key: 16
    bits; start: 16 bits, the iv of CBC and the nonce of CTR. Where they are not, the control says
    so.
    """
    return base.control_or_notice(live_modes_explorer, cipher, picture, key, start)


def live_modes_explorer(
    cipher: NeuralCipher, picture: Picture, key: KeyLike, start: KeyLike | str
) -> Live:
    """The same; ValueError, in a sentence, where an argument is wrong."""
    check_cipher(cipher)
    base.check_small(picture)
    key, start = bits.check_key(key), CBC(start).iv
    blocks = bits.picture_to_blocks(picture)
    if len(blocks) > MOST_BLOCKS:
        raise ValueError(
            f"In CTR mode a key serves for {MOST_BLOCKS:,} blocks, and this picture has "
            f"{len(blocks):,}: take a smaller one, of 104 x 104 pixels, say."
        )
    height, width, _ = picture.shape
    middle = 3 * (height // 2 * width + width // 2) // 2
    sent = ECB().encrypt(cipher.forward(key), blocks)
    words = (
        f"ECB: {len(np.unique(blocks)):,} different blocks of the picture became "
        f"{len(np.unique(sent)):,} of the ciphertext."
    )
    row = [picture, bits.blocks_to_picture(sent, picture.shape), picture]
    facts = {
        "pair": pair_for_page(cipher),
        "picture": picture,
        "key": key.tolist(),
        "start": number(start),
    }
    chosen = {"mode": "ECB", "flip": False, "block": middle, "bit": 3}
    titles = ("original", "encrypted in mode ECB", "decrypted")
    draw = stills.pictures_and_text
    return Live("modes_explorer", facts, chosen, words, lambda: draw(row, titles, words))
