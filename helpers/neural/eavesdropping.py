"""What Eve can do without the key: her tools for eight attacks, and what each of them needs.

attack           what Eve needs                            what she gets
fresh Eves       the trained Alice, to practise on         most bits of a message, any key
least squares    17 to 64 known blocks under one key       nearly every block under that key
repeats          the ciphertext                            which places of the picture are equal
codebook         known blocks under one key                every place where they stand once more
fitting keys     Alice, and a known block or two           the key
brute force      Bob, and a small patch of ciphertext      the key, unless the patch is flat
consistency      Alice, Bob, and one block of ciphertext   the key
smoothest keys   Alice or Bob, and a patch of a picture    the key; of a pad, it and a few others

What the first seven get is what they get of the pair `paper`. Where a ciphertext is bits, repeats,
codebook and fitting keys get as much; fresh Eves were no better than a coin with the pairs `proven`
and `diffusing`, nor lines with the latter under random keys. Brute force and consistency look for
keys that contradict themselves, of which there are none, and say so. That does not make the key
safe: under the right one a picture is smooth, and so the eighth attack finds it, from a few blocks
of ciphertext and none of the message. Of a pad it finds a few keys, since with all bits of the key
turned the negative comes out, which is as smooth. `data.studies.patches` counts how often.

Least squares and the codebook are a few lines each, and stand in lesson 03 itself.
NumPy only: the fresh Eves, who learn in Keras, are in `fresh_eves`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from helpers import bits
from helpers.bits import M_BITS
from helpers.neural.cipher import Ciphertext, NeuralCipher, check_cipher
from helpers.neural.ciphertext import check_ciphertext
from helpers.neural.every_key import under_every_key

ALL_KEYS = bits.blocks_to_bits(bits.ALL_BLOCKS)  # a key has as many bits as a block


def random_traffic(
    cipher: NeuralCipher, n: int, rng: np.random.Generator
) -> tuple[bits.Block, np.ndarray]:
    """Random blocks and their ciphertext, each under a random key of its own.

    Args:
        cipher: the pair that Eve listens to.
        n: how many blocks.
        rng: draws the blocks and the keys.

    Returns:
        uint16 (n,), the blocks, and float32 (n, 16), what Alice makes of them.

    >>> traffic = random_traffic(NeuralCipher.load("paper"), 3, np.random.default_rng(1))
    >>> [part.shape for part in traffic]
    [(3,), (3, 16)]
    """
    drawn = rng.integers(0, 2, (n, 2 * M_BITS), np.uint8)
    return bits.bits_to_blocks(drawn[:, :M_BITS]), cipher.alice(bits.bits_to_signs(drawn))


def numbered(values: np.ndarray) -> np.ndarray:
    """Which blocks are equal: in ECB mode, those that are so in the plaintext.

    Args:
        values: ciphertext, one row a block, of any type.

    Returns:
        int (n,), a number for each block: equal ones have equal numbers, 0, 1, 2, ... With
        `np.bincount` one sees how often each comes.

    >>> numbered(np.uint8([[7, 1], [3, 3], [7, 1]])).tolist()
    [1, 0, 1]
    """
    rows = np.ascontiguousarray(values)
    whole = rows.view(f"V{rows.itemsize * rows.shape[1]}").ravel()
    return np.unique(whole, return_inverse=True)[1].reshape(-1)


def exhaustive_key_search(
    cipher: NeuralCipher, blocks: bits.Block, values: np.ndarray
) -> np.ndarray:
    """All keys under which Alice makes these values of these blocks.

    No 16-bit key stands this, under whatever cipher.

    Args:
        cipher: the pair, of which Eve needs Alice.
        blocks: uint16 (n,), what Eve knows of the message: one or two blocks tell much.
        values: (n, 16), their ciphertext; real numbers may be rounded to half precision.

    Returns:
        uint8 (k, 16), the keys that are left of all 65,536.

    >>> proven, blocks = NeuralCipher.load("proven"), np.uint16([321])
    >>> sent = proven.encrypt_blocks(blocks, ALL_KEYS[54321])
    >>> [exhaustive_key_search(proven, blocks, sent).tolist() == [ALL_KEYS[54321].tolist()]]
    [True]
    """
    keys = ALL_KEYS
    for block, value in zip(bits.blocks_to_bits(blocks), values.astype(np.float32)):
        message = np.broadcast_to(bits.bits_to_signs(block), keys.shape)
        made = cipher.alice(np.hstack([message, bits.bits_to_signs(keys)]))
        keys = keys[np.abs(made - value).max(axis=1) < 1e-3]
    return keys


NOT_FLAT = 16  # different blocks that a patch must have; with fewer, wrong keys look plausible too
KEYS_AT_ONCE = 256  # in one progress


@dataclass(frozen=True)
class Progress:
    """How far a brute force has come, and the best key so far with what it makes of the patch."""

    keys_done: int
    key: np.ndarray  # uint8 (16,)
    picture: np.ndarray  # uint8 (height, width, 3)
    merged: int  # how many of the different blocks become one that another became too; 0: possible
    roughness: float


def brute_force(cipher: NeuralCipher, patch: Ciphertext) -> Iterator[Progress]:
    """Try all 65,536 keys on a patch; the last progress holds the key that fits best.

    Eve needs Bob, and a patch of ciphertext from `cut`; she gets the key. Two different blocks of
    ciphertext cannot mean the same, so a key that merges them is wrong, and nearly every wrong key
    merges some. Where several do not, the smoothest picture wins.

    Raises ValueError for a flat patch, with fewer than 16 different blocks, where many wrong keys
    merge none; and for a pair of bits, where no key does.
    """
    check_analog(cipher)
    different = different_blocks(patch)
    sieve = different[:: len(different) // NOT_FLAT][:NOT_FLAT]
    found, fewest = [], NOT_FLAT
    for start in range(0, len(ALL_KEYS), KEYS_AT_ONCE):
        keys = ALL_KEYS[start : start + KEYS_AT_ONCE]
        merged = count_merged(under_keys(cipher, sieve, keys))
        fewest = min(fewest, merged.min())
        found += [attempt(cipher, patch, different, key) for key in keys[merged == fewest]]
        found = [min(found, key=lambda progress: (progress.merged, progress.roughness))]
        yield replace(found[0], keys_done=start + len(keys))


def different_blocks(patch: Ciphertext) -> np.ndarray:
    """The different blocks of ciphertext in a patch, (n, 16); ValueError for a flat patch."""
    check_ciphertext(patch)
    different = np.unique(patch.values, axis=0)
    if len(different) < NOT_FLAT:
        raise ValueError(
            f"This patch is too flat, its key is undecidable in this way: it has {len(different)} "
            f"different blocks of ciphertext, and {NOT_FLAT} or more are needed: choose a busier "
            "part of the picture."
        )
    return different


def check_analog(cipher: NeuralCipher) -> None:
    """ValueError for a pair whose ciphertext is bits: no wrong key contradicts itself."""
    check_cipher(cipher)
    if cipher.binary:
        raise ValueError(
            f"Every key of the pair {cipher.name!r} turns different blocks into different ones, so "
            "that none contradicts itself: use exhaustive_key_search with a known block, or "
            "smoothest_keys with a patch of a picture."
        )


def attempt(
    cipher: NeuralCipher, patch: Ciphertext, different: np.ndarray, key: np.ndarray
) -> Progress:
    """What one key makes of the whole patch, and how many of its `different` blocks it merges."""
    merged = count_merged(cipher.decrypt_blocks(different, key)[None])[0]
    picture = cipher.decrypt(patch, key)
    return Progress(0, key, picture, int(merged), roughness(picture))


def under_keys(cipher: NeuralCipher, values: np.ndarray, keys: np.ndarray) -> bits.Block:
    """Every block under every key: values (n, 16) and keys (k, 16) to blocks, uint16 (k, n)."""
    heard = np.tile(values.astype(np.float32), (len(keys), 1))
    answers = cipher.bob(np.hstack([heard, bits.bits_to_signs(keys).repeat(len(values), axis=0)]))
    return bits.bits_to_blocks(bits.signs_to_bits(answers)).reshape(len(keys), len(values))


def count_merged(blocks: np.ndarray) -> np.ndarray:
    """How many blocks in each row, (k, n), equal another one that stands in the row: int (k,)."""
    return np.count_nonzero(np.diff(np.sort(blocks, axis=1), axis=1) == 0, axis=1)


def roughness(picture: bits.Picture) -> float:
    """The mean step between neighbours in units of the picture's contrast: noise has about 1.15.

    Without the contrast a picture of nearly one colour, as wrong keys make it, would win.

    Args:
        picture: uint8 (height, width, 3).

    Returns:
        0 or more; infinity where there is one colour alone.

    >>> slope = np.arange(64, dtype=np.uint8).repeat(64 * 3).reshape(64, 64, 3)
    >>> noise = np.random.default_rng(1).integers(0, 256, slope.shape, np.uint8)
    >>> round(roughness(slope), 2), round(roughness(noise), 2)
    (0.03, 1.16)
    """
    colours = picture.astype(float)
    steps = np.concatenate([np.diff(colours, axis=axis).ravel() for axis in (0, 1)])
    contrast = colours.std(axis=(0, 1)).mean()
    return float(np.abs(steps).mean() / contrast) if contrast else np.inf


def cut(ciphertext: Ciphertext, top: int, left: int, height: int, width: int) -> Ciphertext:
    """The ciphertext of a patch of the picture.

    Args:
        ciphertext: of a picture of even width, in ECB mode.
        top: the row of the patch's upper left corner.
        left: its column, even, since two pixels share a block.
        height: in pixels.
        width: in pixels, even.

    Returns:
        A ciphertext that can be decrypted by itself.

    Raises:
        ValueError: where the patch lies outside or its edge goes through a block, and in a mode in
            which blocks depend on their place.

    >>> paper, key = NeuralCipher.load("paper"), ALL_KEYS[1234]
    >>> picture = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)
    >>> patch = cut(paper.encrypt(picture, key), top=1, left=2, height=4, width=6)
    >>> np.array_equal(paper.decrypt(patch, key), picture[1:5, 2:8])
    True
    """
    check_patch(ciphertext, top, left, height, width)
    rows, columns, _ = ciphertext.shape
    block = ciphertext.data.shape[1:]
    grid = ciphertext.data.reshape(rows, columns * 3 // 2, *block)
    part = grid[top : top + height, left * 3 // 2 : (left + width) * 3 // 2]
    return replace(ciphertext, data=part.reshape(-1, *block), shape=(height, width, 3))


def check_patch(ciphertext: Ciphertext, top: int, left: int, height: int, width: int) -> None:
    """ValueError where `cut` has nothing to cut."""
    check_ciphertext(ciphertext)
    rows, columns, _ = ciphertext.shape
    if ciphertext.mode.name != "ECB":
        raise ValueError(
            f"Only in ECB mode does a patch stand alone, and this ciphertext is in "
            f"{ciphertext.mode.name} mode: encrypt in ECB mode, or take the whole of it."
        )
    if not all(map(bits.is_whole, (top, left, height, width))):
        raise ValueError(
            "The place and the sides of a patch are whole numbers of pixels, and here is something "
            "else: give 0, 0, 8, 8, for example."
        )
    if left % 2 or width % 2 or columns % 2:
        raise ValueError(
            "Two pixels share a block, so a patch begins and ends at even columns; this one begins "
            f"at {left} and is {width} wide, in a picture {columns} wide: choose even numbers."
        )
    if not (0 <= top < top + height <= rows and 0 <= left < left + width <= columns):
        raise ValueError(
            f"The patch must lie in the picture of {rows} x {columns} pixels; this one has "
            f"{height} x {width} at row {top}, column {left}: move it or make it smaller."
        )


def variety(ciphertext: Ciphertext, side: int = 8) -> np.ndarray:
    """How many different blocks of ciphertext each patch of the picture has.

    So Eve sees without the key where a brute force can decide.

    Args:
        ciphertext: of a picture, in ECB mode.
        side: the height and width of a patch, in pixels, even.

    Returns:
        int (height // side, width // side), one number a patch.

    >>> picture = np.zeros((8, 16, 3), np.uint8)
    >>> picture[:, 8:] = np.arange(8, dtype=np.uint8)[:, None, None]
    >>> variety(NeuralCipher.load("paper").encrypt(picture, ALL_KEYS[1234])).tolist()
    [[1, 8]]
    """
    rows, columns = (length // side for length in ciphertext.shape[:2])
    corners = [(side * row, side * column) for row in range(rows) for column in range(columns)]
    counts = [len(np.unique(numbered(cut(ciphertext, *at, side, side).values))) for at in corners]
    return np.array(counts).reshape(rows, columns)


def consistency(cipher: NeuralCipher, values: np.ndarray) -> bits.Key:
    """The key, from one block of ciphertext, whatever it means.

    Eve decrypts it under each of the 65,536 keys and encrypts the result again: only under the
    right key does the same ciphertext come back.

    Args:
        cipher: a pair whose ciphertext is real numbers; Eve needs Alice and Bob.
        values: (16,), one block of ciphertext.

    Returns:
        uint8 (16,), the key.

    Raises:
        ValueError: unless it is one block, and for a pair of bits, where every key is consistent.

    >>> paper, key = NeuralCipher.load("paper"), ALL_KEYS[1234]
    >>> sent = paper.encrypt_blocks(np.uint16([99]), key)
    >>> np.array_equal(consistency(paper, sent[0]), key)
    True
    """
    check_analog(cipher)
    values = np.asarray(values, np.float32)
    if values.shape != (M_BITS,):
        raise ValueError(
            f"One block of ciphertext has {M_BITS} values; the shape here is {values.shape}: "
            "pass a single row."
        )
    keys = bits.bits_to_signs(ALL_KEYS)
    heard = np.broadcast_to(values, keys.shape)
    message = np.where(cipher.bob(np.hstack([heard, keys])) > 0, np.float32(1), np.float32(-1))
    again = cipher.alice(np.hstack([message, keys]))
    return ALL_KEYS[np.abs(again - values).max(axis=1).argmin()]


LOGARITHMS = np.rint(4096 * np.log2(1 + np.arange(256))).astype(np.uint16)  # whole: sums are exact
BLOCKS_AT_ONCE = 1 << 17  # in one look at how smooth they are: what fits a processor's cache


def smoothest_keys(cipher: NeuralCipher, patch: Ciphertext) -> np.ndarray:
    """All keys under which a patch of ciphertext is smoothest: she knows no block of it.

    Eve needs that neighbours in the picture are alike, as in photographs. Of a pad several keys are
    as smooth: one makes the picture's negative, and where all colours of the patch share a bit,
    others turn that bit. Of one grey, which is one block, one key in 256 is as smooth, whatever the
    cipher; of another single colour, which is three, no wrong key is as a rule, except of a pad.

    Args:
        cipher: a pair of bits.
        patch: from `cut`.

    Returns:
        uint8 (k, 16).

    Raises:
        ValueError: as `every_key.under_every_key`.

    >>> pair, key = NeuralCipher.load("diffusing"), ALL_KEYS[1234]
    >>> slope = np.arange(64 * 3, dtype=np.uint8).reshape(8, 8, 3)
    >>> np.array_equal(smoothest_keys(pair, pair.encrypt(slope, key)), key[None])
    True
    """
    blocks, place = np.unique(patch.data, return_inverse=True)
    return ALL_KEYS[smoothest(under_every_key(cipher, blocks), place, patch.shape)]


def smoothest(made: np.ndarray, place: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Which keys make the smoothest picture, (k,): all that are equally smooth.

    made: uint16 (keys, blocks), what each key makes of different blocks; place: (n,), which of them
    stand in the picture; shape: (height, width, 3).
    """
    parts = -(-len(made) * place.size // BLOCKS_AT_ONCE)
    pictures = (part.take(place, axis=1) for part in np.array_split(made, parts))
    sums = np.concatenate([sum_of_steps(blocks, shape) for blocks in pictures])
    return np.flatnonzero(sums == sums.min())


def sum_of_steps(blocks: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """How rough pictures are, from their blocks, uint16 (k, n): int64 (k,).

    The sum of log2(1 + difference) in 4096ths, for each colour of each pixel and the one to its
    right and the one below. Logarithms, so that one edge does not outweigh the rest.
    """
    colours = blocks.astype(">u2").view(np.uint8).reshape(len(blocks), *shape)
    total = np.zeros(len(blocks), np.int64)
    for a, b in ((colours[:, 1:], colours[:, :-1]), (colours[:, :, 1:], colours[:, :, :-1])):
        steps = np.maximum(a, b) - np.minimum(a, b)
        total += LOGARITHMS.take(steps).reshape(len(steps), -1).sum(axis=1, dtype=np.int64)
    return total
