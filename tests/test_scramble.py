"""The scrambling gives the published cipher's bytes, byte for byte, and loses none of them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from helpers import pictures as built_in
from helpers.learnable import fast, scramble
from helpers.learnable.scramble import BlockScrambler, random_key

# Small sides, so that a part of a block, one row and one pixel all come up often.
batches = hnp.arrays(
    np.uint8, st.tuples(st.integers(0, 3), st.integers(1, 9), st.integers(1, 9), st.just(3))
)
block_sizes = st.integers(1, 5)
seeds = st.integers(0, 2**32 - 1)


def scrambler(seed: int, block_size: int = 4) -> BlockScrambler:
    return BlockScrambler(random_key(np.random.default_rng(seed), block_size), block_size)


def some_pictures(n: int, height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, height, width, 3), dtype=np.uint8)


# --- The slow way, word for word: one nibble after the other ---


def slow_block(block: list[int], key: list[int]) -> list[int]:
    nibbles = [byte & 15 for byte in block] + [byte >> 4 for byte in block]
    backwards = [entry > len(key) / 2 for entry in key]
    nibbles = [15 - v if back else v for v, back in zip(nibbles, backwards)]
    nibbles = [nibbles[entry] for entry in key]
    nibbles = [15 - v if back else v for v, back in zip(nibbles, backwards)]
    return [nibbles[i] + 16 * nibbles[i + len(block)] for i in range(len(block))]


def slow_way(picture: np.ndarray, key: list[int], m: int) -> np.ndarray:
    height, width, _ = picture.shape
    tall, wide = -(-height // m) * m, -(-width // m) * m
    scrambled = np.zeros((tall, wide, 3), np.uint8)
    for top in range(0, tall, m):
        for left in range(0, wide, m):
            places = [
                (row, column, colour)
                for row in range(top, top + m)
                for column in range(left, left + m)
                for colour in range(3)
            ]
            block = [
                int(picture[min(row, height - 1), min(column, width - 1), colour])
                for row, column, colour in places
            ]
            for place, byte in zip(places, slow_block(block, key)):
                scrambled[place] = byte
    return scrambled


@given(batches, block_sizes, seeds)
def test_the_fast_way_and_the_slow_way_agree(pictures, block_size, seed):
    cipher = scrambler(seed, block_size)
    encrypted = cipher.encrypt(pictures)
    assert encrypted.dtype == np.uint8
    for picture, ciphertext in zip(pictures, encrypted):
        np.testing.assert_array_equal(
            ciphertext, slow_way(picture, cipher.key.tolist(), block_size)
        )


@given(batches, block_sizes, seeds)
def test_the_fast_way_and_a_plain_gather_of_nibbles_agree(pictures, block_size, seed):
    rng, pictures = np.random.default_rng(seed), scramble.pad(pictures, block_size)
    count = 6 * block_size**2
    order, flipped = rng.permutation(count), rng.random(count) < 0.5
    nibbles = scramble.to_nibbles(pictures, block_size)[order]
    nibbles[flipped] = 15 - nibbles[flipped]
    expected = scramble.from_nibbles(nibbles)
    np.testing.assert_array_equal(fast.scrambled(pictures, block_size, order, flipped), expected)


def test_one_pixel_by_hand():
    # Nibbles 2 4 6 1 3 5; the key's 5 and 4 are above 3, so the first and the last are reversed:
    # 13 4 6 1 3 10; in the key's order 10 13 4 6 1 3; reversed again 5 13 4 6 1 12.
    pixel = np.array([[[[0x12, 0x34, 0x56]]]], np.uint8)
    encrypted = BlockScrambler([5, 0, 1, 2, 3, 4], block_size=1).encrypt(pixel)
    assert encrypted.tolist() == [[[[0x65, 0x1D, 0xC4]]]]


def test_a_key_in_order_changes_nothing():
    pictures = some_pictures(2, 8, 12)
    np.testing.assert_array_equal(BlockScrambler(range(96)).encrypt(pictures), pictures)


# --- There and back ---


@given(batches, block_sizes, seeds)
def test_pictures_return(pictures, block_size, seed):
    cipher = scrambler(seed, block_size)
    decrypted = cipher.decrypt(cipher.encrypt(pictures))
    np.testing.assert_array_equal(decrypted, scramble.pad(pictures, block_size))
    _, height, width, _ = pictures.shape
    np.testing.assert_array_equal(decrypted[:, :height, :width], pictures)


@given(batches, block_sizes)
def test_nibbles_return(pictures, block_size):
    nibbles = scramble.to_nibbles(pictures, block_size)
    padded = scramble.pad(pictures, block_size)
    np.testing.assert_array_equal(scramble.from_nibbles(nibbles), padded)
    assert nibbles.max(initial=0) < 16


def test_nibbles_count_bytes_by_row_column_and_colour():
    pictures = some_pictures(2, 8, 12)
    nibbles = scramble.to_nibbles(pictures)
    byte = int(pictures[1, 4 + 2, 8 + 3, 1])  # second picture, second row of blocks, third block
    b = (2 * 4 + 3) * 3 + 1
    assert nibbles[b, 1, 1, 2] == byte % 16
    assert nibbles[48 + b, 1, 1, 2] == byte // 16


def test_padding_repeats_the_last_row_and_column():
    pictures = some_pictures(1, 6, 5)
    padded = scramble.pad(pictures)
    assert padded.shape == (1, 8, 8, 3)
    np.testing.assert_array_equal(padded[:, :6, :5], pictures)
    assert (padded[:, 6:, :5] == pictures[:, -1:]).all()
    assert (padded[:, :, 5:] == padded[:, :, 4:5]).all()


def test_whole_blocks_are_not_padded():
    pictures = some_pictures(2, 8, 12)
    assert scramble.pad(pictures) is pictures


# --- Every picture alike ---


@pytest.mark.parametrize("shape", [(300, 32, 32), (1, 512, 600), (3, 4, 30_000)])
def test_work_in_parts_leaves_no_seam(shape):
    assert np.prod(shape) * 3 > 2 * fast.CACHE_BYTES
    cipher, pictures = scrambler(1), some_pictures(*shape)
    encrypted = cipher.encrypt(pictures)
    rows = [cipher.encrypt(pictures[:, i : i + 4]) for i in range(0, shape[1], 4)]
    np.testing.assert_array_equal(encrypted, np.concatenate(rows, axis=1))
    np.testing.assert_array_equal(cipher.decrypt(encrypted), pictures)


@pytest.mark.parametrize("block_size", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "view",
    [np.s_[::2], np.s_[:, ::-1], np.s_[:, :, ::2], np.s_[..., ::-1]],
    ids=["every other", "upside down", "every other column", "blue first"],
)
def test_a_view_is_as_good_as_its_copy(view, block_size):
    cipher, pictures = scrambler(2, block_size), some_pictures(4, 12, 24)[view]
    assert not pictures.flags.c_contiguous
    np.testing.assert_array_equal(cipher.encrypt(pictures), cipher.encrypt(pictures.copy()))


@pytest.mark.parametrize("block_size", [2, 4])
def test_the_order_in_memory_does_not_matter(block_size):
    cipher, pictures = scrambler(2, block_size), some_pictures(2, 8, 12)
    colour_first = np.ascontiguousarray(pictures.transpose(3, 2, 1, 0)).transpose(3, 2, 1, 0)
    assert not colour_first.flags.c_contiguous
    np.testing.assert_array_equal(cipher.encrypt(colour_first), cipher.encrypt(pictures))


def test_equal_blocks_leak_as_in_ecb_mode():
    picture = np.tile(some_pictures(1, 4, 4), (1, 3, 5, 1))
    blocks = scramble.to_nibbles(scrambler(3).encrypt(picture))
    assert (blocks == blocks[:, :, :1, :1]).all()


def test_nothing_that_was_passed_in_changes():
    pictures, key = some_pictures(1, 8, 8), random_key(np.random.default_rng(0))
    before, cipher = pictures.copy(), BlockScrambler(key)
    encrypted = cipher.encrypt(pictures)
    np.testing.assert_array_equal(pictures, before)
    key[:] = 0  # the caller's own, and no longer the cipher's
    np.testing.assert_array_equal(cipher.decrypt(encrypted), before)
    with pytest.raises(ValueError, match="read-only"):
        cipher.key[0] = 1


# --- Keys ---


@given(seeds, block_sizes)
def test_a_random_key_is_a_permutation_that_its_generator_repeats(seed, block_size):
    key = random_key(np.random.default_rng(seed), block_size)
    assert sorted(key.tolist()) == list(range(6 * block_size**2))
    np.testing.assert_array_equal(key, random_key(np.random.default_rng(seed), block_size))


def test_entries_above_half_reverse():
    assert scramble.reversed_nibbles(np.arange(96)).tolist() == [False] * 49 + [True] * 47


def test_every_key_is_another_cipher():
    picture = np.arange(48, dtype=np.uint8).reshape(1, 4, 4, 3)
    encrypted = {scrambler(seed).encrypt(picture).tobytes() for seed in range(50)}
    assert len(encrypted) == 50


# --- Bad input ---


@pytest.mark.parametrize(
    ("key", "came"),
    [
        (range(95), "here are 95, 95 different ones"),
        ([0, *range(95)], "here are 96, 95 different ones"),
        (range(1, 97), "here are 96, 96 different ones"),
        (np.arange(96.0), "here are 96, float64 "),
        (np.arange(96).reshape(2, 48), r"here are 96, int64 \(2, 48\)"),
        (["a"] * 96, "here are 96, <U1 "),
        ([None] * 96, "here are 96, object "),
    ],
)
def test_a_key_that_is_no_permutation_is_refused(key, came):
    with pytest.raises(ValueError, match=f"0 to 95, each once; {came}.*draw one with random_key"):
        BlockScrambler(key)


def test_a_key_of_another_block_size_is_refused():
    with pytest.raises(ValueError, match="8 x 8 pixels is the whole numbers 0 to 383"):
        BlockScrambler(np.arange(96), block_size=8)


@pytest.mark.parametrize("block_size", [0, -4, 2.0, "4"])
def test_a_block_has_a_whole_side(block_size):
    with pytest.raises(ValueError, match="whole number of pixels a side, at least 1"):
        random_key(np.random.default_rng(0), block_size)


@pytest.mark.parametrize(
    ("pictures", "advice"),
    [
        (np.zeros((1, 4, 4, 3), np.float32), "if 1.0 is white, multiply by 255 and round"),
        (np.zeros((1, 4, 4, 3), np.int64), "bring the values to 0..255"),
        (np.zeros((4, 4, 3), np.uint8), r"goes in as picture\[None\]"),
        (np.zeros((1, 4, 4, 4), np.uint8), "red, green and blue, and nothing else"),
        (np.zeros((4, 4), np.uint8), "red, green and blue, and nothing else"),
        (np.zeros((1, 0, 4, 3), np.uint8), "at least one pixel"),
        ([[[[0, 0, 0]]]], "list: stack them with np.stack"),
    ],
)
def test_what_is_no_batch_of_pictures_is_refused(pictures, advice):
    cipher = scrambler(8)
    for use in (cipher.encrypt, cipher.decrypt, scramble.to_nibbles):
        with pytest.raises(ValueError, match=f"one uint8 array.*{advice}"):
            use(pictures)


def test_a_ciphertext_is_whole_blocks():
    with pytest.raises(ValueError, match="4 x 4 pixels; these have 6 x 8: check the block size"):
        scrambler(9).decrypt(some_pictures(1, 6, 8))


@pytest.mark.parametrize(
    ("nibbles", "complaint"),
    [
        (np.zeros((95, 1, 1, 1), np.uint8), "put the number in the block first"),
        (np.zeros((0, 1, 1, 1), np.uint8), "put the number in the block first"),
        (np.zeros((96, 1), np.uint8), "put the number in the block first"),
        (np.full((96, 1, 1, 1), 16), "from 0 to 15"),
        (np.full((96, 1, 1, 1), -1), "from 0 to 15"),
        (np.zeros((96, 1, 1, 1)), "from 0 to 15"),
    ],
)
def test_what_are_no_nibbles_is_refused(nibbles, complaint):
    with pytest.raises(ValueError, match=complaint):
        scramble.from_nibbles(nibbles)


# --- Set-up ---


def test_it_loads_neither_tensorflow_nor_scipy():
    code = (
        "import sys, helpers.learnable.scramble\n"
        "print([name for name in ('tensorflow', 'keras', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_built_in_picture_returns():
    eye = built_in.load("eye")[None]
    cipher = scrambler(10)
    assert (cipher.encrypt(eye) != eye).mean() > 0.9
    np.testing.assert_array_equal(cipher.decrypt(cipher.encrypt(eye)), eye)
