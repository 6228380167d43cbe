"""What learners answer in lesson 01: (right, wrong) for each exercise."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from helpers import bits
from tests.exercise_answers.numbers import choice

RIGHT_BITS = [1, 1, 0, 0, 1, 0, 0, 0]


def by_counting(picture):
    seen = {}
    for block in bits.picture_to_blocks(picture):
        seen[int(block)] = seen.get(int(block), 0) + 1
    return len(seen)


def by_hand(picture):
    data = picture.tobytes()
    return len({(data + b"\0")[i : i + 2] for i in range(0, len(data), 2)})


def from_bit_rows(picture):
    return len(np.unique(bits.blocks_to_bits(bits.picture_to_blocks(picture)), axis=0))


def growing_list(picture):
    seen = []
    for block in bits.picture_to_blocks(picture):
        if block not in seen:
            seen.append(block)
    return len(seen)


def whose_input_is_spoilt(picture):
    count = len(set(bits.picture_to_blocks(picture).tolist()))
    picture[:] = 0
    return count


def out_of_its_bytes(text):
    data = np.frombuffer(text.encode("utf-16-be"), np.uint8)
    return "".join(str(bit) for bit in bits.picture_to_bits(data))


def digit_by_digit(text):
    digits = ""
    for character in text:
        number = ord(character)
        for place in range(15, -1, -1):
            digits += str(number >> place & 1)
    return digits


ANSWERS = {
    "bits_of_200": (
        [
            RIGHT_BITS,
            tuple(RIGHT_BITS),
            np.array(RIGHT_BITS),
            np.array(RIGHT_BITS, np.uint8),
            np.array(RIGHT_BITS, np.float32),
            [float(bit) for bit in RIGHT_BITS],
            [int(digit) for digit in "11001000"],
            [int(digit) for digit in format(200, "08b")],
            [200 >> place & 1 for place in range(7, -1, -1)],
            np.unpackbits(np.uint8([200])),
            list(np.unpackbits(np.array([200], np.uint8))),
            bits.picture_to_bits(np.uint8([200])),
        ],
        [
            RIGHT_BITS[::-1],
            "11001000",
            "0b11001000",
            0b11001000,
            11001000,
            200,
            [1, 1, 0, 0, 1],
            [0, *RIGHT_BITS],
            [1 - bit for bit in RIGHT_BITS],
            [bool(bit) for bit in RIGHT_BITS],
            list("11001000"),
            [RIGHT_BITS],
            [128, 64, 0, 0, 8, 0, 0, 0],
            [128, 64, 8],
            [1, 1, 0, 0, 0, 1, 0, 0],
            set(RIGHT_BITS),
            (bit for bit in RIGHT_BITS),
            map(int, "11001000"),
            [0xC, 0x8],
            [-1 if bit == 0 else 1 for bit in RIGHT_BITS],
        ],
    ),
    "bits_of_text": (
        [
            lambda text: "".join(format(ord(character), "016b") for character in text),
            lambda text: "".join(f"{ord(character):016b}" for character in text),
            lambda text: "".join([bin(ord(c))[2:].zfill(16) for c in text]),
            lambda text: "".join(bin(ord(c))[2:].rjust(16, "0") for c in text),
            lambda text: "".join(bin(65536 + ord(c))[3:] for c in text),
            lambda text: "".join(f"{bin(ord(c))[2:]:>16}" for c in text).replace(" ", "0"),
            lambda text: "".join(f"{byte:08b}" for byte in text.encode("utf-16-be")),
            lambda text: "".join(map(str, bits.blocks_to_bits(bits.text_to_blocks(text)).flat)),
            out_of_its_bytes,
            lambda text: "".join(np.binary_repr(ord(c), 16) for c in text),
            lambda text: "".join(format(ord(c), "016b") for c in text) + "\n",
            digit_by_digit,
        ],
        [
            lambda text: "".join(format(ord(c), "b") for c in text),
            lambda text: "".join(format(ord(c), "08b") for c in text),
            lambda text: "".join(format(ord(c), "015b") for c in text),
            lambda text: "".join(format(ord(c), "#018b") for c in text),
            lambda text: " ".join(format(ord(c), "016b") for c in text),
            lambda text: "".join(format(ord(c), "016b")[::-1] for c in text),
            lambda text: "".join(format(ord(c), "016b") for c in text[::-1]),
            lambda text: "".join(format(ord(c), "016b") for c in text.lower()),
            lambda text: "".join(format(ord(c), "016b") for c in text.strip()),
            lambda text: "".join(format(ord(c), "016b") for c in dict.fromkeys(text)),
            lambda text: "".join(format(b, "016b") for b in text.encode()),
            lambda text: "".join(format(b, "08b") for b in text.encode()),
            lambda text: "".join(format(b, "016b") for b in text.encode("ascii")),
            lambda text: "".join(format(b, "08b") for b in text.encode("utf-16")),
            lambda text: "".join(format(b, "08b") for b in text.encode("utf-16-le")),
            lambda text: "".join("0" * 8 + format(ord(c), "08b") for c in text),
            lambda text: [format(ord(c), "016b") for c in text],
            lambda text: bits.blocks_to_bits(bits.text_to_blocks(text)),
            lambda text: bits.blocks_to_bits(bits.text_to_blocks(text)).ravel(),
            lambda text: format(ord(text), "016b"),
            lambda text: format(text, "016b"),
            lambda text: "".join(format(ord(c), "016x") for c in text),
            lambda text: (format(ord(c), "016b") for c in text),
            lambda text: print("".join(format(ord(c), "016b") for c in text)),
            lambda text: "000000000110000100000000011001000000000001101001",
        ],
    ),
    "distinct_blocks": (
        [
            by_counting,
            by_hand,
            from_bit_rows,
            growing_list,
            whose_input_is_spoilt,
            lambda picture: len(set(bits.picture_to_blocks(picture).tolist())),
            lambda picture: len(set(bits.picture_to_blocks(picture))),
            lambda picture: np.unique(bits.picture_to_blocks(picture)).size,
            lambda picture: len(np.unique(bits.picture_to_blocks(picture))),
            lambda picture: np.unique(bits.picture_to_blocks(picture)).shape[0],
            lambda picture: float(len(np.unique(bits.picture_to_blocks(picture)))),
            lambda picture: np.count_nonzero(np.bincount(bits.picture_to_blocks(picture))),
            lambda picture: len(dict.fromkeys(bits.picture_to_blocks(picture))),
        ],
        [
            lambda picture: len(bits.picture_to_blocks(picture)),
            lambda picture: set(bits.picture_to_blocks(picture).tolist()),
            lambda picture: np.unique(bits.picture_to_blocks(picture)),
            lambda picture: len(np.unique(picture)),
            lambda picture: len(set(picture)),
            lambda picture: len(np.unique(picture.reshape(-1, 3), axis=0)),
            lambda picture: len(np.unique(picture.reshape(-1, 2), axis=0)),
            lambda picture: len(set(pairwise(picture.ravel().tolist()))),
            lambda picture: len({picture.tobytes()[i : i + 2] for i in range(0, picture.size, 2)}),
            lambda picture: len(
                np.unique(picture.ravel()[: picture.size // 2 * 2].view(np.uint16))
            ),
            lambda picture: len(np.unique(picture.astype(np.uint16))),
            lambda picture: len(np.unique(bits.picture_to_blocks(picture) >> 1)),
            lambda picture: len(np.unique(bits.picture_to_blocks(picture))) - 1,
            lambda picture: 1 + np.count_nonzero(np.diff(bits.picture_to_blocks(picture))),
            lambda picture: sum(len(np.unique(bits.picture_to_blocks(row))) for row in picture),
            lambda picture: len(np.unique([sum(divmod(int(b), 256)) for b in picture.ravel()])),
            lambda picture: len(
                {frozenset(divmod(int(b), 256)) for b in bits.picture_to_blocks(picture)}
            ),
            lambda picture: (
                np.unique(bits.picture_to_blocks(picture), return_counts=True)[1] == 1
            ).sum(),
            lambda picture: 65_536,
            lambda picture: 3,
        ],
    ),
    "may_be_true": choice("b", "acd"),
}
