"""Pictures, texts, ciphertext values and keys as bits, and back without losing one. NumPy only.

picture <-> hex <-> bits   the paper's way, batch by batch (section 2; its `img2bin`, `bin2img`)
picture <-> bits           the direct way: the same bits, more than a hundred times as fast
picture <-> blocks         two neighbouring bytes are one block of 16 bits, the paper's `m_bits`
text    <-> blocks         one character is one block (section 3)
values  <-> bits           a ciphertext value is 16 bits, a block of 16 values 256 (section 3)
bits    <-> signs          the -1 and +1 that the networks take and give

Everywhere a picture is uint8 of any shape, mostly (height, width, 3); bits are uint8, each 0 or 1,
the most significant first; blocks are uint16 (n,); keys are uint8 (16,). "The paper" is Rivas-Perea
and Banerjee, "Encrypting and Decrypting Images using Adversarial Neural Networks in ECB Mode".
"""

from __future__ import annotations

import math
import re
import sys
import textwrap
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

# --- The words for what goes in and comes out -----------------------------------------------------

Picture = npt.NDArray[np.uint8]  # (height, width, 3): the colours of each pixel, 0 to 255
Block = npt.NDArray[np.uint16]  # (n,): blocks of 16 bits, each one number, 0 to 65,535
Bits = npt.NDArray[np.uint8]  # of any shape, often (n, 16): 0 or 1, the most significant first
Signs = npt.NDArray[np.float32]  # bits as the networks take and give them: -1 or +1
Key = npt.NDArray[np.uint8]  # (16,): the 16 bits of a key, an iv or a nonce
KeyLike = Sequence[int] | npt.NDArray[np.integer]  # what a caller may pass as a key

M_BITS = K_BITS = 16  # bits of a block and of a key: the paper's m_bits and k_bits
ALL_BLOCKS = np.arange(2**M_BITS, dtype=np.uint16)

# --- Picture <-> hex <-> bits: the paper's way ----------------------------------------------------


def picture_to_hex(picture: np.ndarray) -> str:
    """The bytes of a picture, row by row, as text: two hexadecimal digits a byte.

    ValueError unless the picture is uint8.
    """
    return _bytes_of(picture).tobytes().hex()


def hex_to_bits(hex_text: str, batch: int = 4) -> np.ndarray:
    """Hexadecimal text as bits, uint8 (4 * digits,), `batch` digits at a time (paper, section 2).

    A number forgets its leading zeros, "0a" becomes 1010: so each batch is filled up to 4 bits a
    digit. ValueError where a character is no hexadecimal digit or `batch` is below 1.
    """
    _check_hex(hex_text)
    batch = _check_batch(batch)
    pieces = [hex_text[i : i + batch] for i in range(0, len(hex_text), batch)]
    digits = "".join(format(int(piece, 16), f"0{4 * len(piece)}b") for piece in pieces)
    return np.array([int(digit) for digit in digits], dtype=np.uint8)


def bits_to_hex(bits: np.ndarray, batch: int = 4) -> str:
    """Bits (n,) as hexadecimal text of n / 4 digits, `batch` digits at a time.

    The inverse of `hex_to_bits`. ValueError where a bit is not 0 or 1, four do not divide their
    number, or `batch` is below 1.
    """
    batch = _check_batch(batch)
    digits = "".join(str(bit) for bit in _check_bits(bits, 4).ravel().tolist())
    pieces = [digits[i : i + 4 * batch] for i in range(0, len(digits), 4 * batch)]
    return "".join(format(int(piece, 2), f"0{len(piece) // 4}x") for piece in pieces)


def hex_to_picture(hex_text: str, shape: Sequence[int]) -> np.ndarray:
    """Hexadecimal text as a picture, uint8 of `shape`.

    ValueError where a character is no hexadecimal digit, or there are too many or too few of them.
    """
    _check_hex(hex_text)
    if len(hex_text) % 2:
        raise ValueError(
            f"A byte is two hexadecimal digits; here are {len(hex_text)} digits: add or remove one."
        )
    return _to_shape(np.frombuffer(bytearray.fromhex(hex_text), np.uint8), shape)


# --- Picture <-> bits: the direct way -------------------------------------------------------------


def bytes_to_bits(data: bytes | bytearray) -> np.ndarray:
    """Bytes as bits, uint8 (8 * len(data),)."""
    try:
        return np.unpackbits(np.frombuffer(data, np.uint8))
    except (TypeError, ValueError, BufferError):
        raise ValueError(
            f"Bytes are expected; this is {type(data).__name__}: a text becomes bytes by .encode()."
        ) from None


def bits_to_bytes(bits: np.ndarray) -> bytes:
    """Bits (8 * n,) as n bytes.

    ValueError where a bit is not 0 or 1, or eight do not divide their number.
    """
    return np.packbits(_check_bits(bits, 8)).tobytes()


def picture_to_bits(picture: np.ndarray) -> np.ndarray:
    """A picture as bits, uint8 (8 * bytes,): the same as `hex_to_bits(picture_to_hex(picture))`.

    ValueError unless the picture is uint8.
    """
    return np.unpackbits(_bytes_of(picture))


def bits_to_picture(bits: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Bits as a picture, uint8 of `shape`.

    ValueError where a bit is not 0 or 1, or there are more or fewer than 8 a byte.
    """
    return _to_shape(np.packbits(_check_bits(bits, 8)), shape)


# --- Picture <-> blocks <-> bits ------------------------------------------------------------------


def picture_to_blocks(picture: np.ndarray) -> np.ndarray:
    """A picture as blocks, uint16 (ceil(bytes / 2),): two neighbouring bytes, row by row, make one.

    The first byte is the high one. A last byte without a neighbour gets a zero byte as padding,
    which `blocks_to_picture` drops. ValueError unless the picture is uint8.
    """
    data = _bytes_of(picture)
    if data.size % 2:
        data = np.append(data, np.uint8(0))
    return _high_byte_first(data.view(np.uint16))


def blocks_to_picture(blocks: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Blocks, uint16 (n,), as a picture, uint8 of `shape`: the inverse of `picture_to_blocks`.

    ValueError where the blocks are not uint16, or more or fewer than a picture of `shape` needs.
    """
    blocks, size = _check_blocks(blocks), _size_of(shape)
    if blocks.size != (size + 1) // 2:
        raise ValueError(
            f"A picture of shape {tuple(shape)} has {(size + 1) // 2} blocks; here are "
            f"{blocks.size}: give the shape of the picture that they came from."
        )
    return _high_byte_first(blocks).view(np.uint8)[:size].reshape(shape)


def blocks_to_bits(blocks: np.ndarray) -> np.ndarray:
    """Blocks, uint16 (n,), as bits, uint8 (n, 16). ValueError unless they are uint16 (n,).

    A key has 16 bits too: `blocks_to_bits(np.arange(65536, dtype=np.uint16))` are all keys.
    """
    return np.unpackbits(_high_byte_first(_check_blocks(blocks)).view(np.uint8)).reshape(-1, M_BITS)


def bits_to_blocks(bits: np.ndarray) -> np.ndarray:
    """Bits (n, 16) as blocks, uint16 (n,).

    ValueError for another shape, or where a bit is not 0 or 1.
    """
    bits = _check_bits(bits)
    if bits.ndim != 2 or bits.shape[1] != M_BITS:
        raise ValueError(
            f"A block is a row of {M_BITS} bits; the shape here is {bits.shape}: "
            f"try .reshape(-1, {M_BITS})."
        )
    return _high_byte_first(np.packbits(bits).view(np.uint16))


# --- Text <-> blocks ------------------------------------------------------------------------------


def text_to_blocks(text: str) -> np.ndarray:
    """A text as blocks, uint16 (n,): one a character, its number padded to 16 bits (section 3).

    A character whose number needs more than 16 bits, such as an emoji, takes two blocks (UTF-16).
    For "adi" the paper prints 26 digits, where three characters of 16 bits have 48: these do.
    """
    data = _check_text(text, "Blocks are made of a text").encode("utf-16-be", "surrogatepass")
    return _high_byte_first(np.frombuffer(data, np.uint16))


def blocks_to_text(blocks: np.ndarray) -> str:
    """Blocks, uint16 (n,), as a text: the inverse of `text_to_blocks`.

    Any blocks do, even what a wrong key makes of a message: half of a two-block character that has
    lost its partner stays in the text (`repr` shows it as '\\ud83d') and returns to the same block.
    ValueError unless they are uint16 (n,).
    """
    data = _high_byte_first(_check_blocks(blocks)).tobytes()
    return data.decode("utf-16-be", "surrogatepass")


# --- Ciphertext values <-> bits -------------------------------------------------------------------


def values_to_bits(values: np.ndarray) -> np.ndarray:
    """Ciphertext values, float16 (n, c), as bits, uint8 (n, 16 * c): 16 values become 256 bits.

    The paper wants 16 bits a value and does not say which (section 3); here they are those of the
    IEEE 754 half-precision number, so none is lost. ValueError unless they are float16 (n, c).
    """
    values = _array(values)
    if values.dtype != np.float16 or values.ndim != 2:
        raise ValueError(
            f"Values are float16 (n, c), all that 16 bits hold; these are {values.dtype} "
            f"{values.shape}: cast them with .astype(np.float16), one row a block."
        )
    n, c = values.shape
    return blocks_to_bits(values.view(np.uint16).ravel()).reshape(n, M_BITS * c)


def bits_to_values(bits: np.ndarray) -> np.ndarray:
    """Bits (n, 16 * c) as values, float16 (n, c): the exact inverse of `values_to_bits`.

    ValueError for another shape, or where a bit is not 0 or 1.
    """
    bits = _array(bits)
    if bits.ndim != 2 or bits.shape[1] % M_BITS:
        raise ValueError(
            f"A row of ciphertext has {M_BITS} bits a value; the shape here is {bits.shape}: "
            "give one row a block."
        )
    n, c = bits.shape[0], bits.shape[1] // M_BITS
    return bits_to_blocks(bits.reshape(n * c, M_BITS)).view(np.float16).reshape(n, c)


# --- Bits <-> the networks' signs -----------------------------------------------------------------


def bits_to_signs(bits: np.ndarray) -> np.ndarray:
    """Bits of any shape as the networks take them, float32: 0 becomes -1 and 1 becomes +1."""
    return _check_bits(bits) * np.float32(2) - np.float32(1)


def signs_to_bits(signs: np.ndarray) -> np.ndarray:
    """Numbers of any shape as bits, uint8: 1 above 0, else 0 (the paper's `Binarizer`).

    ValueError where one is not a number (nan), as from a network whose training went astray.
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


# --- Keys -----------------------------------------------------------------------------------------


def check_key(key: Sequence[int] | np.ndarray, k_bits: int = K_BITS) -> np.ndarray:
    """`key` as uint8 (k_bits,). ValueError unless it is that many whole numbers, each 0 or 1."""
    if isinstance(key, str):
        raise ValueError("A key is a row of bits; this one is text: read it with parse_key.")
    key = _array(key)
    if key.ndim != 1 or key.size != k_bits:
        has = key.size if key.ndim == 1 else f"shape {key.shape}"
        raise ValueError(
            f"A key has {k_bits} bits, each 0 or 1; this one has {has}: "
            f"add or remove bits until there are {k_bits}."
        )
    return _check_bits(key)


def parse_key(text: str) -> np.ndarray:
    """A key written as 16 digits, uint8 (16,); spaces and underscores are for the eye only.

    ValueError where another character stands among the digits, or they are not 16.
    """
    digits = re.sub(r"[\s_]", "", _check_text(text, "A key is written as a text of 16 digits"))
    if other := sorted(set(digits) - {"0", "1"}):
        raise ValueError(
            f"A key is written with the digits 0 and 1; here is {other[0]!r}: take it out."
        )
    return check_key([int(digit) for digit in digits])


def format_key(key: Sequence[int] | np.ndarray) -> str:
    """A key as text in groups of four, "0101 0101 0101 0101": the inverse of `parse_key`."""
    digits = "".join(str(bit) for bit in check_key(key).tolist())
    return " ".join(digits[i : i + 4] for i in range(0, K_BITS, 4))


def random_key(rng: np.random.Generator) -> np.ndarray:
    """A key, uint8 (16,), each bit by a fair coin. (For lessons: real keys come from `secrets`.)"""
    return check_generator(rng).integers(0, 2, K_BITS, dtype=np.uint8)


def flip(key: Sequence[int] | np.ndarray, position: int) -> np.ndarray:
    """A new key, uint8 (16,), with the bit at `position` turned over: 0 the first, 15 the last.

    The paper's wrong key is `flip(PAPER_KEY, 6)`. ValueError for another position.
    """
    if not is_whole(position) or position not in range(K_BITS):
        raise ValueError(
            f"The bits of a key are 0 to {K_BITS - 1}; there is no bit {short(position)}: "
            "choose another."
        )
    flipped = check_key(key).copy()
    flipped[position] ^= 1
    return flipped


# --- Shared by all of them ------------------------------------------------------------------------


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


def _high_byte_first(words: np.ndarray) -> np.ndarray:
    """uint16 words into big-endian order, or back; .astype(">u2") would take twice the time."""
    return words.byteswap() if sys.byteorder == "little" else words.copy()


def _bytes_of(picture: np.ndarray) -> np.ndarray:
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


def _to_shape(data: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    if data.size != _size_of(shape):
        raise ValueError(
            f"A picture of shape {tuple(shape)} has {_size_of(shape)} bytes; here are "
            f"{data.size}: give the shape of the picture that they came from."
        )
    return data.reshape(shape)


def _check_text(text: str, expected: str) -> str:
    if not isinstance(text, str):
        raise ValueError(f"{expected}; this is {type(text).__name__}: put it in quotes.")
    return text


def _check_hex(text: str) -> None:
    if other := re.search(r"[^0-9a-fA-F]", _check_text(text, "Hexadecimal digits are a text")):
        raise ValueError(f"Hexadecimal digits are 0-9 and a-f; here is {other[0]!r}: take it out.")


def _check_batch(batch: int) -> int:
    if not is_whole(batch) or batch < 1:
        raise ValueError(
            f"A batch has at least 1 hexadecimal digit; {short(batch)} came: 4 are one block."
        )
    return int(batch)


def _check_bits(bits: Sequence[int] | np.ndarray, group: int = 1) -> np.ndarray:
    """`bits` as uint8 of the same shape, once they are known to be bits, in whole groups."""
    bits = _array(bits)
    if bits.dtype.kind not in "bui":
        raise ValueError(
            f"A bit is a whole number, 0 or 1; these are {bits.dtype}: "
            "what a network gives becomes bits through signs_to_bits."
        )
    for value in (bits.min(initial=0), bits.max(initial=0)):
        if value not in (0, 1):
            raise ValueError(f"A bit is a whole number, 0 or 1; here is {value}: take it out.")
    if bits.size % group:
        raise ValueError(
            f"These bits come in groups of {group}; here are {bits.size}: add or remove some."
        )
    return bits.astype(np.uint8, copy=False)


def _check_blocks(blocks: np.ndarray) -> np.ndarray:
    blocks = _array(blocks)
    if blocks.dtype != np.uint16 or blocks.ndim != 1:
        raise ValueError(
            f"Blocks are uint16 (n,); these are {blocks.dtype} {blocks.shape}: "
            "flatten them and cast them with .astype(np.uint16)."
        )
    return blocks


PAPER_KEY = parse_key("0101 0101 0101 0101")  # paper, section 2
PAPER_KEY.flags.writeable = False
