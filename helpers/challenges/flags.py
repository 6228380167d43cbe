"""Flags, and the words that are hidden in pictures; a judge knows a flag only by its slow hash."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from helpers.bits import Picture, check_key, parse_key
from helpers.exercises import kind

Judge = Callable[[Any], str]  # of a flag: nothing where it is right, else a sentence about it

CONSONANTS, VOWELS = "BDFGKLMNPRSTVZ", "AEIOU"
CELL = 32  # pixels of a letter's square


def word(rng: np.random.Generator) -> str:
    """A word of six letters that can be pronounced and means nothing; 343,000 can come."""
    return "".join(rng.choice(list(CONSONANTS)) + rng.choice(list(VOWELS)) for _ in range(3))


def picture_of(text: str, ink: Any = 0, ground: Any = 255) -> Picture:
    """A word as a picture, uint8 (64, 32 a letter, 3): black on white, or in colours given."""
    image = Image.new(
        "RGB", (CELL * len(text), 2 * CELL), tuple(np.broadcast_to(ground, 3).tolist())
    )
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(CELL)
    for place, letter in enumerate(text):
        middle = (CELL * place + CELL // 2, CELL)
        draw.text(middle, letter, tuple(np.broadcast_to(ink, 3).tolist()), font, anchor="mm")
    return np.array(image)


def hashed(flag: bytes) -> tuple[bytes, bytes]:
    """A salt and the slow hash of a flag with it: some 50 ms and 16 MB for each try."""
    salt = os.urandom(16)
    return salt, slow_hash(flag, salt)


def slow_hash(flag: bytes, salt: bytes) -> bytes:
    """scrypt (RFC 7914) of a flag."""
    return hashlib.scrypt(flag, salt=salt, n=2**14, r=8, p=1)


def is_word(secret: str) -> Judge:
    """A judge that takes this word, in capitals or not."""
    salt, digest = hashed(secret.upper().encode())
    length = len(secret)

    def judge(flag: Any) -> str:
        if not isinstance(flag, str):
            return f"the flag is a word, in quotes, and this is {kind(flag)}."
        letters = flag.strip().upper()
        if len(letters) != length:
            return f"the word has {length} letters, and this has {len(letters)}."
        right = slow_hash(letters.encode(), salt) == digest
        return "" if right else f"{letters} is not the word."

    return judge


def is_key(secret: np.ndarray) -> Judge:
    """A judge that takes this key of 16 bits: as an array or a list of bits, text, or a number."""
    salt, digest = hashed(secret.astype(np.uint8).tobytes())

    def judge(flag: Any) -> str:
        try:
            key = as_key(flag)
        except (TypeError, ValueError):
            return f"the flag is a key of 16 bits, and this is {kind(flag)}."
        if slow_hash(key.tobytes(), salt) == digest:
            return ""
        if slow_hash((1 - key).tobytes(), salt) == digest:
            return "each bit of this key is the other way round."
        if slow_hash(key[::-1].tobytes(), salt) == digest:
            return "these are the bits of the key in the opposite order: bit 0 is the first."
        return "this is not the key."

    return judge


def as_key(flag: Any) -> np.ndarray:
    """A key, uint8 (16,), however it is written; TypeError or ValueError where it is none."""
    if isinstance(flag, str):
        return np.asarray(parse_key(flag), np.uint8)
    if np.ndim(flag) == 0 and not isinstance(flag, (bool, np.bool_)) and 0 <= flag < 1 << 16:
        flag = [int(flag) >> place & 1 for place in range(15, -1, -1)]
    bits = np.asarray(flag)
    return check_key(bits.astype(np.uint8) if np.isin(bits, [0, 1]).all() else bits)


def are_bits(secret: np.ndarray, zero: str, one: str) -> Judge:
    """A judge that takes these 0s and 1s, all of them right, and does not say how many are.

    zero, one: in words, what a 0 stands for, and a 1.
    """
    salt, digest = hashed(secret.tobytes())
    size = len(secret)

    def judge(flag: Any) -> str:
        found = as_numbers(flag, size, 2)
        if found is None:
            numbers = f"{size} numbers, 0 for {zero} and 1 for {one}"
            return f"the flag is {numbers}, and this is {kind(flag)}."
        if slow_hash(found.tobytes(), salt) == digest:
            return ""
        if slow_hash((1 - found).tobytes(), salt) == digest:
            return f"each of them is the other way round: 1 is for {one}."
        return f"at least one of the {size} is the other."

    return judge


def as_numbers(flag: Any, size: int, below: int) -> np.ndarray | None:
    """Whole numbers from 0 on, uint8 (size,), of a list, an array or a text of digits, or None."""
    try:
        numbers = np.array([int(each) for each in flag if int(each) == float(each)])
    except (TypeError, ValueError, OverflowError):
        return None
    fit = numbers.shape == (size,) and ((numbers >= 0) & (numbers < below)).all()
    return numbers.astype(np.uint8) if fit else None
