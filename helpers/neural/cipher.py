"""A trained pair as a cipher for pictures: every block of 16 bits is encrypted alone (ECB mode).

With one key there are only 65,536 different blocks, so Alice encrypts each of them once, into a
*codebook*, and a picture is then looked up in it. NumPy only: no TensorFlow is loaded.

A cipher for lessons. It protects nothing: lesson 03 reads its ciphertext without the key.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers import manifest
from helpers.bits import (
    bits_to_blocks,
    bits_to_signs,
    blocks_to_bits,
    blocks_to_picture,
    check_key,
    picture_to_blocks,
    signs_to_bits,
    values_to_bits,
)
from helpers.files import whole_or_nothing
from helpers.neural.chain import Chain, links_of
from helpers.pictures import check_picture

ALL_BLOCKS = np.arange(65536, dtype=np.uint16)


class NeuralCipher:
    """Alice and Bob after training, under a name, with a note on how they were made."""

    def __init__(self, alice: Chain, bob: Chain, name: str = "mine", about: dict | None = None):
        self.alice, self.bob, self.name, self.about = alice, bob, name, about or {}
        self._codebook_of, self._codebook = None, None

    @classmethod
    def from_networks(
        cls, alice, bob, name: str = "mine", about: dict | None = None
    ) -> NeuralCipher:
        """From the Keras models of a trained pair with blocks and keys of 16 bits."""
        chains = (Chain(links_of(model), model.get_weights()) for model in (alice, bob))
        return cls(*chains, name, about)

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that tell this pair's weights from any other's."""
        digest = hashlib.sha256()
        for array in self.alice.weights + self.bob.weights:
            digest.update(array.tobytes())
        return digest.hexdigest()[:16]

    # --- blocks -----------------------------------------------------------------------------------

    def encrypt_blocks(self, blocks: np.ndarray, key: Sequence[int]) -> np.ndarray:
        """Alice: blocks, uint16 (n,), to values, float32 (n, 16) in (-1, 1). Equation (1)."""
        return self.alice(with_key(bits_to_signs(blocks_to_bits(blocks)), key))

    def decrypt_blocks(self, values: np.ndarray, key: Sequence[int]) -> np.ndarray:
        """Bob: values (n, 16) to blocks, uint16 (n,). Equation (2), then the threshold."""
        return bits_to_blocks(signs_to_bits(self.raw_blocks(values, key)))

    def raw_blocks(self, values: np.ndarray, key: Sequence[int]) -> np.ndarray:
        """Bob's answer before the threshold: float32 (n, 16) in (-1, 1), above 0 for a bit 1."""
        return self.bob(with_key(values, key))

    def codebook(self, key: Sequence[int], dtype: type = np.float16) -> np.ndarray:
        """Alice's ciphertext of every block, (65536, 16): row b is the ciphertext of block b.

        The last one is kept, so that many pictures under one key cost one codebook.
        """
        key = check_key(key)
        if dtype not in (np.float16, np.float32):
            raise ValueError(
                f"Ciphertext values are np.float16 or np.float32, not {dtype}: choose one."
            )
        wanted = (key.tobytes(), dtype)
        if self._codebook_of != wanted:
            self._codebook = self.encrypt_blocks(ALL_BLOCKS, key).astype(dtype)
            self._codebook.flags.writeable = False
            self._codebook_of = wanted
        return self._codebook

    # --- pictures ---------------------------------------------------------------------------------

    def encrypt(
        self, picture: np.ndarray, key: Sequence[int], dtype: type = np.float16
    ) -> Ciphertext:
        """A picture, uint8 (height, width, 3), block by block in ECB mode (the paper's `enc_img`).

        `dtype` of the values: np.float16, or np.float32 for twice the size and all of Alice's
        digits.
        """
        check_picture(picture)
        values = look_up(self.codebook(key, dtype), picture_to_blocks(picture))
        return Ciphertext(values, picture.shape, self.fingerprint)

    def decrypt(self, ciphertext: Ciphertext, key: Sequence[int]) -> np.ndarray:
        """The picture, uint8 (height, width, 3), if the key is right (the paper's `dec_img`).

        A wrong key gives a picture too, of garbled blocks (`wrong_img`). Raises ValueError where
        the ciphertext is not of this pair.
        """
        key = check_key(key)
        if ciphertext.cipher != self.fingerprint:
            raise ValueError(
                f"This ciphertext is of another pair ({ciphertext.cipher}), not of {self.name!r} "
                f"({self.fingerprint}): decrypt it with the cipher that encrypted it."
            )
        rows, place = distinct_rows(ciphertext.values)
        blocks = self.decrypt_blocks(ciphertext.values[rows], key)
        return blocks_to_picture(look_up(blocks, place), ciphertext.shape)

    # --- files ------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike) -> None:
        """Write the pair as .npz (arrays and a text, no pickle): the whole file or nothing."""
        about = {**self.about, "name": self.name}
        arrays = {"about": np.array(json.dumps(about))}
        for name, chain in (("alice", self.alice), ("bob", self.bob)):
            arrays[f"{name}_links"] = np.array(json.dumps(chain.links))
            arrays |= {f"{name}_{i:02d}": weights for i, weights in enumerate(chain.weights)}
        write_npz(path, arrays)

    @classmethod
    def load(cls, source: str | os.PathLike = "paper") -> NeuralCipher:
        """A shipped pair by its name ("paper"), as the manifest has it, or a pair from a file.

        Raises ValueError where the file is damaged, altered or no pair, FileNotFoundError for none.
        """
        path = Path(source)
        if not path.suffix:
            path = manifest.checked(f"weights/{source}.npz")
        arrays = read_npz(path)
        try:
            about = json.loads(str(arrays["about"]))
            chains = [read_chain(name, arrays) for name in ("alice", "bob")]
        except KeyError:
            raise ValueError(
                f"{path.name} holds no pair: give a file that NeuralCipher.save wrote."
            ) from None
        return cls(*chains, about.pop("name"), about)


@dataclass(frozen=True)
class Ciphertext:
    """What Alice sends: 16 values a block, the picture's shape, and the fingerprint of the pair."""

    values: np.ndarray  # float16 or float32 (n, 16)
    shape: tuple[int, int, int]
    cipher: str

    def to_bits(self) -> np.ndarray:
        """uint8 (n, 256): each value as the 16 bits of a half-precision number (section 3)."""
        return values_to_bits(self.values.astype(np.float16, copy=False))

    def as_picture(self) -> np.ndarray:
        """The values as greys, uint8 (4 * height, 6 * width, 3), each block a tile of 16 values.

        A block lies where its two bytes lie in the picture. Each of the 16 positions is stretched
        from its smallest value, black, to its largest, white: as they are, all would be one grey.
        (Where height and width are both odd there are four more rows.)
        """
        height, width, _ = self.shape
        # An odd number of bytes in a row: two rows then share a block, and tiles are twice as high.
        rows, tile_height = (2, 8) if width % 2 else (1, 4)
        grid = -(-height // rows), rows * 3 * width // 2
        tiles = np.zeros((*grid, tile_height, 16 // tile_height), np.uint8)
        tiles.reshape(-1, 16)[: len(self.values)] = stretched(self.values)
        grey = tiles.swapaxes(1, 2).reshape(grid[0] * tile_height, -1)
        return np.repeat(grey[..., None], 3, axis=2)

    def save(self, path: str | os.PathLike) -> None:
        """Write the ciphertext as .npz (arrays and texts, no pickle): the whole file or nothing."""
        write_npz(
            path,
            {"values": self.values, "shape": np.array(self.shape), "cipher": np.array(self.cipher)},
        )

    @classmethod
    def load(cls, path: str | os.PathLike) -> Ciphertext:
        """Read what `save` wrote; ValueError where the file is damaged or of another kind."""
        arrays = read_npz(Path(path))
        if set(arrays) != {"values", "shape", "cipher"}:
            raise ValueError(
                f"{Path(path).name} holds no ciphertext: give a file that Ciphertext.save wrote."
            )
        return cls(arrays["values"], tuple(arrays["shape"].tolist()), str(arrays["cipher"]))


def stretched(values: np.ndarray) -> np.ndarray:
    """Each column from 0, its smallest value, to 255, its largest: uint8 (n, 16)."""
    low, high = values.min(axis=0), values.max(axis=0)
    span = np.where(high > low, high - low, 1)
    return np.round((values - low) / span.astype(np.float32) * 255).astype(np.uint8)


def with_key(block: np.ndarray, key: Sequence[int]) -> np.ndarray:
    """What a network reads: each row with the key's 16 signs beside it, float32 (n, 32)."""
    signs = bits_to_signs(check_key(key))
    return np.hstack([block, np.broadcast_to(signs, (len(block), len(signs)))]).astype(np.float32)


# --- looking up rows, and finding equal ones, fast ------------------------------------------------

ROWS_AT_ONCE = 1 << 16  # so that the work on them stays in the processor's cache
ODD = np.random.default_rng(0).integers(0, 1 << 63, 8, dtype=np.uint64) * 2 + 1  # for hashes


def look_up(table: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """`table[rows]` for rows that are known to be there, as fast as copying the result."""
    found = np.empty((len(rows), *table.shape[1:]), table.dtype)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        # mode="clip" skips the check whether they are there, and makes `out` fast.
        np.take(table, rows[part], axis=0, out=found[part], mode="clip")
    return found


def distinct_rows(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(rows, place): which rows of `values` to keep, and for each row the kept one that equals it.

    So `values[rows][place]` equals `values`, (n, 16) of float16 or float32. A few rows may be kept
    twice: that costs less than the sorting that would find them (`np.unique` takes seconds).
    """
    words = np.ascontiguousarray(values).view(np.uint64)
    slots = min(22, len(words).bit_length() + 2)
    table = np.zeros(1 << slots, np.int32)  # slot of a hash -> number of the row kept there
    kept, place = np.zeros(0, np.int64), np.empty(len(words), np.int32)
    for start in range(0, len(words), ROWS_AT_ONCE):
        part = words[start : start + ROWS_AT_ONCE]
        hashes = np.einsum("ij,j->i", part, ODD[: part.shape[1]])  # five times as fast as `@`
        slot = (hashes >> np.uint64(64 - slots)).astype(np.int64)
        found = np.take(table, slot, mode="clip")  # far faster than table[slot], here and below
        new = np.flatnonzero(rows_differ(part, words, kept, found))
        first, inverse = same_hash(part[new], hashes[new])
        found[new] = len(kept) + inverse
        table[slot[new[first]]] = len(kept) + np.arange(len(first))
        kept = np.concatenate([kept, start + new[first]])
        place[start : start + len(part)] = found
    if len(kept) == len(words):
        return kept, place
    # Two rows that share a slot push each other out of it and are kept again in every part.
    rows, again = distinct_rows(words[kept])
    return kept[rows], look_up(again, place)


def rows_differ(part: np.ndarray, words: np.ndarray, kept: np.ndarray, found: np.ndarray):
    """Whether each row of `part` is another than its slot remembers, bool (len(part),)."""
    if not len(kept):
        return np.ones(len(part), bool)
    remembered = np.take(kept, found, mode="clip")
    differ = part != np.take(words, remembered, axis=0, mode="clip")
    # The 4 or 8 bools of a row, read as one integer: far faster than differ.any(axis=1).
    return differ.view(f"u{part.shape[1]}").ravel() != 0


def same_hash(rows: np.ndarray, hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`np.unique` of rows by their hashes, (first, inverse); if a hash deceives, of no two rows."""
    _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    if not np.array_equal(rows[first][inverse], rows):
        return np.arange(len(rows)), np.arange(len(rows))
    return first, inverse


# --- files ----------------------------------------------------------------------------------------


def write_npz(path: str | os.PathLike, arrays: dict[str, np.ndarray]) -> None:
    """Arrays and their digest as .npz under exactly this path, the whole of it or nothing."""
    with whole_or_nothing(path) as unfinished, open(unfinished, "wb") as file:
        np.savez(file, digest=np.array(digest_of(arrays)), **arrays)


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """The arrays of `write_npz`; ValueError unless all are there, unchanged.

    The digest finds accidents. It has no key, so whoever changes a file on purpose can renew it.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"There is no file {str(path)!r}: check its name and folder."
        ) from None
    except Exception:  # a damaged zip file fails in many ways
        raise ValueError(f"{path.name} is cut short or no .npz file: fetch it again.") from None
    if str(arrays.pop("digest", "")) != digest_of(arrays):
        raise ValueError(f"{path.name} was changed after it was written: fetch it again.")
    return arrays


def digest_of(arrays: dict[str, np.ndarray]) -> str:
    """SHA-256 over names, types, shapes and bytes, in hexadecimal."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def read_chain(name: str, arrays: dict[str, np.ndarray]) -> Chain:
    """One network out of the arrays that `NeuralCipher.save` wrote."""
    weights = [arrays[key] for key in sorted(arrays) if re.fullmatch(rf"{name}_\d+", key)]
    return Chain(json.loads(str(arrays[f"{name}_links"])), weights)
