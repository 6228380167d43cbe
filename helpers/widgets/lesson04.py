"""The controls of lesson 04: what becomes of one block, and a key to flip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import helpers.widgets.base as base
from helpers import bits, metrics
from helpers.bits import Block, KeyLike, Picture
from helpers.figures import stills
from helpers.neural.chain import Chain
from helpers.neural.cipher import Network, NeuralCipher, check_cipher
from helpers.neural.rounds import Rounds
from helpers.widgets.base import Control, Live


def check_pairs(ciphers: Sequence[NeuralCipher]) -> None:
    """ValueError unless these are trained pairs, at least one, each with a name of its own."""
    for cipher in ciphers:
        check_cipher(cipher)
    names = [cipher.name for cipher in ciphers]
    if not names or len(set(names)) < len(names):
        raise ValueError(
            "The control shows one pair or more, told apart by their names, and here are "
            f"{', '.join(names) or 'none'}: give each once."
        )


def pair_for_page(cipher: NeuralCipher) -> dict[str, Any]:
    """A pair as live/networks.js reads it; ValueError for networks of no kind known there."""
    networks = (cipher.alice, cipher.bob)
    alice, bob = (network_for_page(network, cipher.binary) for network in networks)
    return {"name": cipher.name, "binary": cipher.binary, "alice": alice, "bob": bob}


def network_for_page(network: Network, binary: bool) -> dict[str, Any]:
    """A network's layers and weights, and its rounds, where it has them."""
    inside = network.round if isinstance(network, Rounds) else network
    if isinstance(inside, Chain) and not is_known(inside, binary):
        raise ValueError(
            "This control runs networks built like the kit's in the page, and here is one of the "
            f"layers {', '.join(layer.activation for layer in inside.layers)}: take another pair."
        )
    rounds = {"rounds": network.weights[0].tolist()} if isinstance(network, Rounds) else {}
    return {"layers": [[*layer] for layer in inside.layers], "weights": inside.weights, **rounds}


def is_known(chain: Chain, binary: bool) -> bool:
    """Whether it is what pages run: of a binary pair one layer of gates; else the paper's networks,
    a dense layer and then convolutions that add up four products each.
    """
    activations = [layer.activation for layer in chain.layers]
    if binary:
        return activations in (["gate", "sign"], ["gate", "linear"])
    as_in_the_paper = activations == ["sigmoid"] * (len(activations) - 1) + ["tanh"]
    strides = [layer.stride for layer in chain.layers]
    products = [np.prod(kernel.shape[:2]) for kernel in chain.weights[2::2]]
    return as_in_the_paper and strides[0] == 0 < min(strides[1:], default=0) and {*products} == {4}


def block_explorer(
    cipher: NeuralCipher,
    picture: Picture,
    key: KeyLike = bits.PAPER_KEY,
    pixel: tuple[int, int] | None = None,
) -> Control | Live:
    """Sliders that choose a pixel, and what becomes of the block that holds one of its bytes.

    It shows the block's two bytes, its 16 bits, its 16 ciphertext values under `key`, and lights up
    every block of the picture that equals it, and thus has the same ciphertext. It works in the
    page, without Python, and takes pictures of the reader's own there.

    picture: uint8 (height, width, 3); key: 16 bits; pixel: the column and the row that are chosen
    at first, by default the middle. Where they are not, the control says so.
    """
    return base.control_or_notice(live_block_explorer, cipher, picture, key, pixel)


def live_block_explorer(
    cipher: NeuralCipher, picture: Picture, key: KeyLike, pixel: tuple[int, int] | None
) -> Live:
    """The same; ValueError, in a sentence, where an argument is wrong."""
    check_cipher(cipher)
    base.check_small(picture)
    key = bits.check_key(key)
    height, width, _ = picture.shape
    x, y = (width // 2, height // 2) if pixel is None else check_pixel(pixel, width, height)
    blocks = bits.picture_to_blocks(picture)
    block = blocks[(y * width + x) * 3 // 2]
    alike = blocks == block
    often = (
        f"{alike.sum():,} times, each lit up in the picture." if alike.sum() > 1 else "once only."
    )
    words = f"The block with the red byte of the pixel in column {x}, row {y}, comes {often}"

    def draw() -> stills.Figure:
        lit = stills.lit_blocks(picture, alike, (x, y))
        return stills.picture_and_lines(lit, forms(cipher, block, key), words)

    facts = {"pair": pair_for_page(cipher), "picture": picture, "key": key.tolist()}
    return Live("block_explorer", facts, {"x": x, "y": y, "channel": 0}, words, draw)


def check_pixel(pixel: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """Column and row of a pixel; ValueError where the picture has none there."""
    sides = (width, height)
    are_two = isinstance(pixel, (tuple, list)) and len(pixel) == 2
    if not are_two or not all(bits.is_whole(i) and 0 <= i < n for i, n in zip(pixel, sides)):
        raise ValueError(
            f"The picture has columns 0 to {width - 1} and rows 0 to {height - 1}; the pixel "
            f"{bits.short(pixel)} is none of them: give column and row, two whole numbers."
        )
    return int(pixel[0]), int(pixel[1])


def forms(cipher: NeuralCipher, block: Block, key: KeyLike) -> list[str]:
    """A block in its forms, from two bytes to 16 ciphertext values: lines, in columns."""
    high, low = divmod(int(block), 256)
    values = cipher.encrypt_blocks(np.array([block]), key)[0]
    rows = [" ".join(f"{value:+.3f}" for value in values[i : i + 4]) for i in range(0, 16, 4)]
    facts = [
        ("bytes", f"{high:02x} {low:02x}"),
        ("bits", f"{high:08b} {low:08b}"),
        ("block", f"{block:,}"),
        *((f"c{4 * i}..c{4 * i + 3}", row) for i, row in enumerate(rows)),
    ]
    return [f"{name:10} {value}" for name, value in facts]


def key_flipper(
    cipher: NeuralCipher | Sequence[NeuralCipher],
    picture: Picture,
    key: KeyLike = bits.PAPER_KEY,
    read_with: KeyLike | None = None,
) -> Control | Live:
    """A picture, encrypted, and sixteen buttons for the key that it is decrypted with.

    Beside the buttons: the right key, a random key, and a flip of one bit at random. Below the
    decrypted picture: how many bits of the key differ, and the share of the picture's bits that are
    wrong. It works in the page, without Python, and takes pictures of the reader's own there.

    Args:
        cipher: a trained pair, or several, side by side under one key.
        picture: uint8 (height, width, 3).
        key: 16 bits, the right key.
        read_with: 16 bits, the key that it is decrypted with at first; by default the right one.

    Returns:
        The control. Where an argument is wrong, a sentence in its place says so.

    >>> from helpers import pictures
    >>> pair, picture = NeuralCipher.load("paper"), pictures.load("penguin")
    >>> key_flipper(pair, picture, read_with=[0] * 16).alt()[:64]
    'Decrypted with 0000 0000 0000 0000, 8 bits flipped: 49 % of bits'
    """
    ciphers = list(cipher) if isinstance(cipher, (list, tuple)) else [cipher]
    read_with = key if read_with is None else read_with
    return base.control_or_notice(live_key_flipper, ciphers, picture, key, read_with)


def live_key_flipper(
    ciphers: Sequence[NeuralCipher], picture: Picture, key: KeyLike, read_with: KeyLike
) -> Live:
    """The same; ValueError, in a sentence, where an argument is wrong."""
    check_pairs(ciphers)
    base.check_small(picture)
    right, key = bits.check_key(key), bits.check_key(read_with)
    read = [cipher.decrypt(cipher.encrypt(picture, right), key) for cipher in ciphers]
    names = [cipher.name for cipher in ciphers] if len(ciphers) > 1 else [""]
    wrong = [f"{base.percent(metrics.bits_wrong(picture, found))} of bits wrong" for found in read]
    said = [f"{share} ({name})" if name else share for share, name in zip(wrong, names)]
    words = f"Decrypted with {bits.format_key(key)}, {how_far(key, right)}: {', '.join(said)}."
    facts = {
        "pairs": [pair_for_page(cipher) for cipher in ciphers],
        "picture": picture,
        "right_key": right.tolist(),
    }
    draw = stills.key_and_pictures
    return Live(
        "key_flipper",
        facts,
        {"key": key.tolist()},
        words,
        lambda: draw(key, right, read, names, words),
    )


def how_far(key: bits.Key, right: bits.Key) -> str:
    """In words, how a key differs from the right one."""
    flipped = np.flatnonzero(key != right)
    known = {0: "the right key", 1: f"bit {flipped.sum()} flipped"}
    return known.get(flipped.size, f"{flipped.size} bits flipped")
