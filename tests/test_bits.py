"""Bits lose nothing: every way there has its way back, for every shape and size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from helpers import bits
from tests.fuzzing import ODD_VALUES, outcome

# Small sides, so that odd byte counts, one row and one pixel all come up often.
pictures = hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)))
some_bits = hnp.arrays(np.uint8, st.integers(0, 300), elements=st.integers(0, 1))
blocks_of_any_value = hnp.arrays(np.uint16, st.integers(0, 50))
keys = hnp.arrays(np.uint8, 16, elements=st.integers(0, 1))

PICTURE = np.array([[[0x0A, 0xFF, 0x80]]], np.uint8)
PICTURE_BITS = [0, 0, 0, 0, 1, 0, 1, 0] + [1] * 8 + [1] + [0] * 7


# --- Known answers, by hand ---


def test_one_pixel_by_hand():
    assert bits.picture_to_bits(PICTURE).tolist() == PICTURE_BITS
    assert bits.picture_to_blocks(PICTURE).tolist() == [0x0AFF, 0x8000]
    assert bits.blocks_to_bits(np.array([0x0AFF], np.uint16)).tolist() == [PICTURE_BITS[:16]]


def test_adi_has_one_block_a_character():
    rows = bits.blocks_to_bits(bits.text_to_blocks("adi"))
    assert ["".join(map(str, row)) for row in rows.tolist()] == [
        "0000000001100001",
        "0000000001100100",
        "0000000001101001",
    ]


def test_an_emoji_is_two_blocks():
    assert bits.text_to_blocks("\N{GRINNING FACE}").tolist() == [0xD83D, 0xDE00]


def test_signs_are_minus_and_plus_one():
    signs = bits.bits_to_signs(np.array([0, 1, 1], np.uint8))
    assert signs.tolist() == [-1, 1, 1] and signs.dtype == np.float32
    assert bits.signs_to_bits(np.array([-0.2, 0.0, 0.3, 5])).tolist() == [0, 0, 1, 1]


def test_the_paper_s_keys():
    assert bits.PAPER_KEY.tolist() == [0, 1] * 8
    wrong_key = [0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 1]
    assert bits.flip(bits.PAPER_KEY, 6).tolist() == wrong_key
    with pytest.raises(ValueError, match="read-only"):
        bits.PAPER_KEY[6] = 1


def test_all_keys_are_the_bits_of_all_blocks():
    all_keys = bits.blocks_to_bits(np.arange(65536, dtype=np.uint16))
    assert len(np.unique(all_keys, axis=0)) == 65536
    assert all_keys[0b0101010101010101].tolist() == bits.PAPER_KEY.tolist()


@given(pictures)
def test_bits_are_those_of_the_bytes(picture):
    digits = "".join(format(byte, "08b") for byte in picture.tobytes())
    assert "".join(map(str, bits.picture_to_bits(picture))) == digits


@given(pictures)
def test_blocks_hold_the_bits_in_order(picture):
    direct = bits.picture_to_bits(picture)
    rows = bits.blocks_to_bits(bits.picture_to_blocks(picture))
    np.testing.assert_array_equal(rows.ravel()[: direct.size], direct)
    assert not rows.ravel()[direct.size :].any()


# --- There and back ---


@given(pictures)
def test_pictures_return(picture):
    shape = picture.shape
    for back in (
        bits.bits_to_picture(bits.picture_to_bits(picture), shape),
        bits.blocks_to_picture(bits.picture_to_blocks(picture), shape),
    ):
        assert back.dtype == np.uint8
        np.testing.assert_array_equal(back, picture)


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5)))
def test_any_shape_returns(array):
    np.testing.assert_array_equal(
        bits.blocks_to_picture(bits.picture_to_blocks(array), array.shape), array
    )


@given(pictures)
def test_memory_order_does_not_matter(picture):
    turned = picture.transpose(1, 0, 2)[::-1]
    plain = turned.copy()
    np.testing.assert_array_equal(bits.picture_to_blocks(turned), bits.picture_to_blocks(plain))
    np.testing.assert_array_equal(bits.picture_to_bits(turned), bits.picture_to_bits(plain))


def test_what_comes_back_can_be_written_and_leaves_its_source_alone():
    blocks = bits.picture_to_blocks(PICTURE)
    some = bits.picture_to_bits(PICTURE)
    bits.bits_to_picture(some, (1, 1, 3))[:] = 7
    bits.blocks_to_picture(blocks, (1, 1, 3))[:] = 7
    assert blocks.tolist() == [0x0AFF, 0x8000] and some.tolist() == PICTURE_BITS
    blocks[:] = 7
    assert PICTURE.tolist() == [[[0x0A, 0xFF, 0x80]]]


@given(some_bits)
def test_bits_return(some):
    np.testing.assert_array_equal(bits.signs_to_bits(bits.bits_to_signs(some)), some)


@given(blocks_of_any_value)
def test_blocks_return(blocks):
    rows = bits.blocks_to_bits(blocks)
    assert rows.shape == (len(blocks), 16)
    np.testing.assert_array_equal(bits.bits_to_blocks(rows), blocks)
    np.testing.assert_array_equal(bits.text_to_blocks(bits.blocks_to_text(blocks)), blocks)


@pytest.mark.parametrize("blocks", [[0xD83D], [0xDE00], [0xD83D, 0x61], [0xDE00, 0xD83D]])
def test_half_an_emoji_returns(blocks):
    text = bits.blocks_to_text(np.array(blocks, np.uint16))
    assert text == "".join(map(chr, blocks))
    assert bits.text_to_blocks(text).tolist() == blocks


@given(st.text())
def test_every_text_returns(text):
    assert bits.blocks_to_text(bits.text_to_blocks(text)) == text


@given(keys)
def test_keys_return(key):
    np.testing.assert_array_equal(bits.parse_key(bits.format_key(key)), key)
    np.testing.assert_array_equal(bits.check_key(key.tolist()), key)


@given(keys, st.integers(0, 15))
def test_a_flip_changes_one_bit_of_a_new_key(key, position):
    before = key.copy()
    flipped = bits.flip(key, position)
    assert np.flatnonzero(flipped != before).tolist() == [position]
    np.testing.assert_array_equal(key, before)
    np.testing.assert_array_equal(bits.flip(flipped, position), before)


def test_a_key_is_read_with_spaces_and_underscores():
    assert bits.parse_key(" 0101_0101 01 01\n0101").tolist() == bits.PAPER_KEY.tolist()
    assert bits.format_key(bits.PAPER_KEY) == "0101 0101 0101 0101"


def test_a_random_key_belongs_to_its_generator():
    first, second = np.random.default_rng(1), np.random.default_rng(1)
    key = bits.random_key(first)
    assert key.tolist() == bits.random_key(second).tolist() != bits.random_key(first).tolist()
    assert bits.check_key(key).dtype == np.uint8
    many = np.array([bits.random_key(first) for _ in range(400)])
    assert many.min(axis=0).max() == 0 and many.max(axis=0).min() == 1


# --- Bad input is answered with a sentence ---

BLOCKS = np.zeros(2, np.uint16)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: bits.picture_to_bits(np.zeros((2, 2, 3))), "uint8.*float64.*astype"),
        (lambda: bits.picture_to_bits(np.zeros((2, 2, 3), np.int64)), "uint8.*int64"),
        (lambda: bits.picture_to_blocks(np.zeros((2, 2, 3), bool)), "uint8.*bool"),
        (lambda: bits.bits_to_picture([0] * 7 + [2], (1, 1)), "0 or 1; here is 2"),
        (lambda: bits.bits_to_picture([0] * 7 + [-1], (1, 1)), "0 or 1; here is -1"),
        (lambda: bits.bits_to_picture([0.0] * 8, (1, 1)), "whole number.*float64"),
        (lambda: bits.bits_to_picture([0] * 8, (1, 1, 3)), "has 24 bits; here are 8"),
        (lambda: bits.bits_to_picture([0] * 23, (1, 1, 3)), "has 24 bits; here are 23"),
        (lambda: bits.blocks_to_picture(BLOCKS, (2, 1, 3)), "has 3 blocks; here are 2"),
        (lambda: bits.blocks_to_picture(BLOCKS, (1, 1, 2)), "has 1 blocks; here are 2"),
        (lambda: bits.blocks_to_picture(np.zeros(2), (1, 1, 3)), "uint16.*float64"),
        (lambda: bits.blocks_to_bits(np.array([1, 2])), "uint16.*int64"),
        (lambda: bits.blocks_to_bits(BLOCKS.reshape(1, 2)), r"\(1, 2\)"),
        (lambda: bits.blocks_to_text(np.array([97, 98])), "uint16"),
        (lambda: bits.bits_to_blocks([0] * 16), r"\(16,\).*reshape"),
        (lambda: bits.bits_to_blocks(np.zeros((2, 32), np.uint8)), r"\(2, 32\)"),
        (lambda: bits.bits_to_blocks(np.full((1, 16), 3)), "here is 3"),
        (lambda: bits.bits_to_signs([0, 1, 2]), "here is 2"),
        (lambda: bits.signs_to_bits([0.5, float("nan")]), "nan"),
        (lambda: bits.check_key([0] * 15), "16 bits.*has 15"),
        (lambda: bits.check_key([0] * 17), "16 bits.*has 17"),
        (lambda: bits.check_key([]), "16 bits.*has 0"),
        (lambda: bits.check_key(np.zeros((4, 4), np.uint8)), r"shape \(4, 4\)"),
        (lambda: bits.check_key([0] * 15 + [2]), "here is 2"),
        (lambda: bits.check_key([0.0] * 16), "whole number"),
        (lambda: bits.check_key("0101010101010101"), "parse_key"),
        (lambda: bits.check_key([0] * 15, "The iv of CBC"), "The iv of CBC has 16 bits.*has 15"),
        (lambda: bits.parse_key("2" * 16, "The iv of CBC"), "The iv of CBC is written .*'2'"),
        (lambda: bits.parse_key("010101010101010"), "has 15"),
        (lambda: bits.parse_key([0, 1]), "a text of 16 digits; this is list"),
        (lambda: bits.random_key(7), r"generator; this is int.*default_rng"),
        (lambda: bits.text_to_blocks(b"adi"), "made of a text; this is bytes"),
        (lambda: bits.bits_to_picture([0] * 8, 1), "A shape is whole numbers.*this is 1"),
        (lambda: bits.signs_to_bits("adi"), "A sign is a number"),
        (lambda: bits.flip(bits.PAPER_KEY, True), "no bit True"),
        (lambda: bits.bits_to_signs([[0], [0, 1]]), "whole number, 0 or 1"),
        (lambda: bits.parse_key("0101 0101 0101 010l"), "'l'"),
        (lambda: bits.format_key([0] * 8), "has 8"),
        (lambda: bits.flip(bits.PAPER_KEY, 16), "no bit 16"),
        (lambda: bits.flip(bits.PAPER_KEY, -1), "no bit -1"),
        (lambda: bits.flip([0] * 3, 1), "has 3"),
    ],
)
def test_bad_input_is_named_in_one_sentence(call, words):
    with pytest.raises(ValueError, match=words) as caught:
        call()
    message = str(caught.value)
    assert message[0].isupper() and message.endswith(".") and "\n" not in message
    assert ". " not in message and ": " in message  # one sentence, whose last part says what to do


@pytest.mark.parametrize(
    "function",
    [
        bits.picture_to_bits,
        bits.picture_to_blocks,
        bits.blocks_to_bits,
        bits.bits_to_blocks,
        bits.text_to_blocks,
        bits.blocks_to_text,
        bits.bits_to_signs,
        bits.signs_to_bits,
        bits.check_key,
        bits.parse_key,
        bits.format_key,
        bits.random_key,
        lambda odd: bits.flip(bits.PAPER_KEY, odd),
        lambda odd: bits.flip(odd, 0),
        lambda odd: bits.bits_to_picture([0] * 8, odd),
        lambda odd: bits.blocks_to_picture(BLOCKS, odd),
    ],
)
def test_whatever_comes_gets_an_answer_or_a_sentence_and_no_foreign_error(function):
    for odd in (*ODD_VALUES, np.zeros(3), np.array(["a"]), np.array(3), np.uint8(5), object()):
        outcome(function, odd)
