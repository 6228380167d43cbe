"""Pictures, texts and keys as bits, and back without losing one. NumPy only.

picture <-> bits     the same bits as by the paper's way, which lesson 01 goes step by step
picture <-> blocks   two neighbouring bytes are one block of 16 bits, the paper's `m_bits`
blocks  <-> bits     a block is a row of 16 bits
text    <-> blocks   one character is one block (section 3)
bits    <-> signs    the -1 and +1 that the networks take and give

"The paper" is Rivas-Perea and Banerjee, "Encrypting and Decrypting Images using Adversarial Neural
Networks in ECB Mode".
"""

from __future__ import annotations

import math
import re
import sys
import textwrap
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]  # (height, width, 3): the colours of each pixel, 0 to 255
Block = npt.NDArray[np.uint16]  # (n,): blocks of 16 bits, each one number, 0 to 65,535
Bits = npt.NDArray[np.uint8]  # of any shape, often (n, 16): 0 or 1, the most significant first
Signs = npt.NDArray[np.float32]  # bits as the networks take and give them: -1 or +1
Key = npt.NDArray[np.uint8]  # (16,): the 16 bits of a key, an iv or a nonce
KeyLike = Sequence[int] | npt.NDArray[np.integer]  # what a caller may pass as a key

M_BITS = K_BITS = 16  # bits of a block and of a key: the paper's m_bits and k_bits
ALL_BLOCKS = np.arange(2**M_BITS, dtype=np.uint16)


def picture_to_bits(picture: Picture) -> Bits:
    """A picture as bits, uint8 (8 * bytes,), row by row. ValueError unless the picture is uint8."""
    return np.unpackbits(_bytes_of(picture))


def bits_to_picture(bits: Bits, shape: Sequence[int]) -> Picture:
    """Bits as a picture, uint8 of `shape`.

    ValueError where a bit is not 0 or 1, or there are more or fewer than 8 a byte.
    """
    bits = _check_bits(bits)
    _check_count("bits", bits.size, 8 * _size_of(shape), shape)
    return np.packbits(bits).reshape(shape)


def picture_to_blocks(picture: Picture) -> Block:
    """A picture as blocks: two neighbouring bytes, row by row, make one, the first the high byte.

    Args:
        picture: uint8 (height, width, 3), or of any other shape.

    Returns:
        uint16 (n,), n = ceil(bytes / 2). A last byte without a neighbour gets a zero byte as
        padding, which `blocks_to_picture` drops.

    Raises:
        ValueError: unless the picture is uint8.

    Source: Rivas-Perea and Banerjee, section 2; section 3 has `m_bit` = 16, so two bytes a batch.

    >>> picture_to_blocks(np.uint8([[[1, 2, 3]]])).tolist()
    [258, 768]
    """
    data = _bytes_of(picture)
    if data.size % 2:
        data = np.append(data, np.uint8(0))
    return _high_byte_first(data.view(np.uint16))


def blocks_to_picture(blocks: Block, shape: Sequence[int]) -> Picture:
    """Blocks as a picture: the inverse of `picture_to_blocks`.

    Args:
        blocks: uint16 (n,).
        shape: that of the picture, (height, width, 3).

    Returns:
        uint8 of `shape`, in new memory.

    Raises:
        ValueError: where the blocks are not uint16 (n,), or more or fewer than `shape` needs.

    Source: Rivas-Perea and Banerjee, section 2 (their `bin2img`).

    >>> blocks_to_picture(np.uint16([258, 768]), (1, 1, 3)).tolist()
    [[[1, 2, 3]]]
    """
    blocks, size = _check_blocks(blocks), _size_of(shape)
    _check_count("blocks", blocks.size, (size + 1) // 2, shape)
    return _high_byte_first(blocks).view(np.uint8)[:size].reshape(shape)


def blocks_to_bits(blocks: Block) -> Bits:
    """Blocks as rows of bits. Keys have 16 bits too: of `ALL_BLOCKS` these are all keys.

    Args:
        blocks: uint16 (n,).

    Returns:
        uint8 (n, 16), the most significant bit first.

    Raises:
        ValueError: unless the blocks are uint16 (n,).

    Source: Rivas-Perea and Banerjee, section 3: a message of 16 bits, `m_bit`.

    >>> blocks_to_bits(np.uint16([0b101])).tolist()
    [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1]]
    """
    return np.unpackbits(_high_byte_first(_check_blocks(blocks)).view(np.uint8)).reshape(-1, M_BITS)


def bits_to_blocks(bits: Bits) -> Block:
    """Rows of bits as blocks: the inverse of `blocks_to_bits`.

    Args:
        bits: whole numbers (n, 16), each 0 or 1, the most significant first.

    Returns:
        uint16 (n,).

    Raises:
        ValueError: for another shape, or where a bit is not 0 or 1.

    Source: Rivas-Perea and Banerjee, section 3: a message of 16 bits, `m_bit`.

    >>> bits_to_blocks(np.uint8([[0] * 13 + [1, 0, 1]])).tolist()
    [5]
    """
    bits = _check_bits(bits)
    if bits.ndim != 2 or bits.shape[1] != M_BITS:
        raise ValueError(
            f"A block is a row of {M_BITS} bits; the shape here is {bits.shape}: "
            f"try .reshape(-1, {M_BITS})."
        )
    return _high_byte_first(np.packbits(bits).view(np.uint16))


def text_to_blocks(text: str) -> Block:
    """A text as blocks: one a character, its number padded to 16 bits.

    Args:
        text: any. A character whose number needs more than 16 bits, such as an emoji, takes two
            blocks (UTF-16).

    Returns:
        uint16 (n,).

    Raises:
        ValueError: for what is no text.

    Source: Rivas-Perea and Banerjee, section 3: a character has a "16-bit padded binary
    representation". For "adi" they print 26 digits, where three characters have 48: these do.

    >>> text_to_blocks("adi").tolist()
    [97, 100, 105]
    """
    data = _check_text(text, "Blocks are made of a text").encode("utf-16-be", "surrogatepass")
    return _high_byte_first(np.frombuffer(data, np.uint16))


def blocks_to_text(blocks: Block) -> str:
    """Blocks, uint16 (n,), as a text: the inverse of `text_to_blocks`.

    Any blocks do, even what a wrong key makes of a message: half of a two-block character stays in
    the text (`repr` shows it as '\\ud83d'). ValueError unless they are uint16 (n,).
    """
    return _high_byte_first(_check_blocks(blocks)).tobytes().decode("utf-16-be", "surrogatepass")


def bits_to_signs(bits: Bits) -> Signs:
    """Bits as the networks take them: 0 becomes -1 and 1 becomes +1.

    Args:
        bits: whole numbers of any shape, each 0 or 1.

    Returns:
        float32 of that shape.

    Raises:
        ValueError: where a bit is not 0 or 1.

    Source: Abadi and Andersen (2016, arXiv 1610.06918), who take -1 and +1.

    >>> bits_to_signs(np.uint8([0, 1, 1])).tolist()
    [-1.0, 1.0, 1.0]
    """
    return _check_bits(bits) * np.float32(2) - np.float32(1)


def signs_to_bits(signs: npt.NDArray[np.floating]) -> Bits:
    """What networks answer as bits: 1 above 0, else 0.

    Args:
        signs: numbers of any shape.

    Returns:
        uint8 of that shape.

    Raises:
        ValueError: where one is not a number (nan), as from a network whose training went astray.

    Source: Rivas-Perea and Banerjee, section 3 (their `Binarizer`; its threshold is not told).

    >>> signs_to_bits(np.float32([-0.2, 0.0, 0.3, 5.0])).tolist()
    [0, 0, 1, 1]
    """
    signs = _array(signs)
    if signs.dtype.kind not in "buif":
        raise ValueError(
            f"A sign is a number below or above 0; these are {signs.dtype}: "
            "pass what a network answers."
        )
    if np.isnan(signs).any():
        raise ValueError(
            "A sign is a number below or above 0; here is a nan: look for what made it."
        )
    return (signs > 0).astype(np.uint8)


def check_key(key: object, name: str = "A key") -> Key:
    """`key` as uint8 (16,); ValueError, about `name`, unless it is 16 whole numbers of 0 and 1."""
    if isinstance(key, str):
        raise ValueError(f"{name} is a row of bits; this one is text: read it with parse_key.")
    bits = _array(key)
    if bits.ndim != 1 or bits.size != K_BITS:
        has = bits.size if bits.ndim == 1 else f"shape {bits.shape}"
        raise ValueError(
            f"{name} has {K_BITS} bits, each 0 or 1; this one has {has}: "
            f"add or remove bits until there are {K_BITS}."
        )
    return _check_bits(bits)


def parse_key(text: str, name: str = "A key") -> Key:
    """A key written as 16 digits, uint8 (16,); spaces and underscores are for the eye only.

    ValueError, about `name`, where another character stands among the digits, or they are not 16.
    """
    digits = re.sub(r"[\s_]", "", _check_text(text, f"{name} is written as a text of 16 digits"))
    if other := sorted(set(digits) - {"0", "1"}):
        raise ValueError(
            f"{name} is written with the digits 0 and 1; here is {other[0]!r}: take it out."
        )
    return check_key([int(digit) for digit in digits], name)


def format_key(key: KeyLike) -> str:
    """A key as text in groups of four, "0101 0101 0101 0101": the inverse of `parse_key`."""
    digits = "".join(str(bit) for bit in check_key(key).tolist())
    return " ".join(digits[i : i + 4] for i in range(0, K_BITS, 4))


def random_key(rng: np.random.Generator) -> Key:
    """A key, each bit by a fair coin. (For lessons: real keys come from `secrets`.)

    Args:
        rng: whose next 16 coins they are, np.random.default_rng(1) say.

    Returns:
        uint8 (16,).

    Raises:
        ValueError: for what is no generator.

    Source: Rivas-Perea and Banerjee, section 2: a key "is of 16 bit size binary array".

    >>> random_key(np.random.default_rng(1)).shape
    (16,)
    """
    return check_generator(rng).integers(0, 2, K_BITS, dtype=np.uint8)


def flip(key: KeyLike, position: int) -> Key:
    """A key with one bit turned over.

    Args:
        key: 16 bits; it stays as it is.
        position: which of them, 0 the first and 15 the last.

    Returns:
        uint8 (16,), a new array.

    Raises:
        ValueError: for what is no key, or another position.

    Source: Rivas-Perea and Banerjee, section 3: their `wrong_key` is `flip(PAPER_KEY, 6)`.

    >>> format_key(flip(PAPER_KEY, 6))
    '0101 0111 0101 0101'
    """
    if not is_whole(position) or position not in range(K_BITS):
        raise ValueError(
            f"The bits of a key are 0 to {K_BITS - 1}; there is no bit {short(position)}: "
            "choose another."
        )
    flipped = check_key(key).copy()
    flipped[position] ^= 1
    return flipped


def is_whole(value: object) -> bool:
    """Whether it is one whole number, of Python's or NumPy's; True and False are none."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def check_generator(rng: np.random.Generator) -> np.random.Generator:
    """`rng`, once it is known to be a generator of random numbers; ValueError for anything else."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(
            f"Chance comes from a generator; this is {type(rng).__name__}: "
            "pass np.random.default_rng(1), for example."
        )
    return rng


def short(value: object) -> str:
    """A value that was not expected, for a message of one line."""
    return textwrap.shorten(repr(value), 60)


def _array(values: object) -> np.ndarray:
    """What came as an array; where it is none, as rows of unequal lengths, one of no use."""
    try:
        return np.asarray(values)
    except Exception:
        return np.asarray(None)


def _high_byte_first(words: Block) -> Block:
    """uint16 words into big-endian order, or back; .astype(">u2") would take twice the time."""
    return words.byteswap() if sys.byteorder == "little" else words.copy()


def _bytes_of(picture: Picture) -> npt.NDArray[np.uint8]:
    """The bytes of a picture, uint8 (n,), row by row; no copy where it lies so in memory."""
    picture = _array(picture)
    if picture.dtype != np.uint8:
        raise ValueError(
            f"A picture has whole numbers from 0 to 255 (uint8); this one has {picture.dtype}: "
            "scale it to that range and cast it with .astype(np.uint8)."
        )
    return np.ascontiguousarray(picture).reshape(-1)


def _size_of(shape: Sequence[int]) -> int:
    """How many bytes a picture of this shape has."""
    if not isinstance(shape, (tuple, list)) or not all(is_whole(side) for side in shape):
        raise ValueError(
            f"A shape is whole numbers, as (256, 256, 3); this is {short(shape)}: "
            "give the .shape of the picture."
        )
    return math.prod(map(int, shape))


def _check_count(what: str, found: int, needed: int, shape: Sequence[int]) -> None:
    """ValueError unless there are as many bits or blocks as a picture of this shape has."""
    if found != needed:
        raise ValueError(
            f"A picture of shape {tuple(shape)} has {needed} {what}; here are {found}: give the "
            "shape of the picture that they came from."
        )


def _check_text(text: str, expected: str) -> str:
    if not isinstance(text, str):
        raise ValueError(f"{expected}; this is {type(text).__name__}: put it in quotes.")
    return text


def _check_bits(bits: Sequence[int] | np.ndarray) -> Bits:
    """`bits` as uint8 of the same shape, once they are known to be bits."""
    bits = _array(bits)
    if bits.dtype.kind not in "bui":
        raise ValueError(
            f"A bit is a whole number, 0 or 1; these are {bits.dtype}: "
            "what a network gives becomes bits through signs_to_bits."
        )
    for value in (bits.min(initial=0), bits.max(initial=0)):
        if value not in (0, 1):
            raise ValueError(f"A bit is a whole number, 0 or 1; here is {value}: take it out.")
    return bits.astype(np.uint8, copy=False)


def _check_blocks(blocks: Block) -> Block:
    blocks = _array(blocks)
    if blocks.dtype != np.uint16 or blocks.ndim != 1:
        raise ValueError(
            f"Blocks are uint16 (n,); these are {blocks.dtype} {blocks.shape}: "
            "flatten them and cast them with .astype(np.uint16)."
        )
    return blocks


PAPER_KEY = parse_key("0101 0101 0101 0101")  # paper, section 2
PAPER_KEY.flags.writeable = False
