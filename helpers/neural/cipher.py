"""A trained pair as a cipher for pictures: each block of 16 bits through Alice, in a mode.

With one key there are only 65,536 different blocks, so Alice encrypts each of them once, into a
*codebook*, and a picture is then looked up in it. NumPy only: no TensorFlow is loaded.

A cipher for lessons. It protects nothing: lesson 03 reads its ciphertext without the key.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import reprlib
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from helpers import manifest
from helpers.bits import (
    ALL_BLOCKS,
    bits_to_blocks,
    bits_to_signs,
    blocks_to_bits,
    blocks_to_picture,
    check_key,
    picture_to_blocks,
    signs_to_bits,
)
from helpers.files import as_path, json_in, naming, read_npz, write_npz
from helpers.neural import modes
from helpers.neural.chain import Chain, check_block_function, layers_of
from helpers.neural.ciphertext import Ciphertext, check_ciphertext
from helpers.neural.rounds import Rounds, round_table
from helpers.pictures import check_picture


class NeuralCipher:
    """Alice and Bob after training, under a name, with a note on how they were made."""

    def __init__(
        self,
        alice: Chain | Rounds,
        bob: Chain | Rounds,
        name: str = "mine",
        about: dict | None = None,
    ):
        check_block_function(alice)
        check_block_function(bob)
        check_name(name)
        self.alice, self.bob, self.name, self.about = (
            alice,
            bob,
            name,
            {} if about is None else about,
        )
        self._codebook_of, self._codebook = None, None
        self._tables = {}

    @classmethod
    def from_networks(
        cls, alice, bob, name: str = "mine", about: dict | None = None
    ) -> NeuralCipher:
        """From the Keras models of a trained pair with blocks and keys of 16 bits."""
        chains = (Chain(layers_of(model), model.get_weights()) for model in (alice, bob))
        return cls(*chains, name, about)

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that tell this pair's weights from any other's."""
        digest = hashlib.sha256()
        for array in self.alice.weights + self.bob.weights:
            digest.update(array.tobytes())
        return digest.hexdigest()[:16]

    @property
    def binary(self) -> bool:
        """Whether a ciphertext block is 16 bits: Alice's last step keeps only the signs."""
        return isinstance(self.alice, Rounds) or self.alice.layers[-1].activation == "sign"

    # --- blocks -----------------------------------------------------------------------------------

    def encrypt_blocks(self, blocks: np.ndarray, key: Sequence[int]) -> np.ndarray:
        """Alice: blocks, uint16 (n,), to values, float32 (n, 16) in (-1, 1). Equation (1).

        Of a binary pair the values are -1 and +1.
        """
        return self.alice(with_key(bits_to_signs(blocks_to_bits(blocks)), key))

    def decrypt_blocks(self, values: np.ndarray, key: Sequence[int]) -> np.ndarray:
        """Bob: values (n, 16) to blocks, uint16 (n,). Equation (2), then the threshold."""
        return bits_to_blocks(signs_to_bits(self.raw_blocks(values, key)))

    def raw_blocks(self, values: np.ndarray, key: Sequence[int]) -> np.ndarray:
        """Bob's answer before the threshold: float32 (n, 16), above 0 for a bit 1.

        After a tanh, as in the paper, it is in (-1, 1).
        """
        return self.bob(with_key(values, key))

    def codebook(self, key: Sequence[int], dtype: type = np.float16) -> np.ndarray:
        """Alice's ciphertext of every block, (65536, 16): row b is the ciphertext of block b.

        The last one is kept, so that many pictures under one key cost one codebook.
        """
        key = check_key(key)
        if not isinstance(dtype, (type, np.dtype)) or dtype not in (np.float16, np.float32):
            raise ValueError(
                f"Ciphertext values are np.float16 or np.float32, not {reprlib.repr(dtype)}: "
                "choose one."
            )
        wanted = (key.tobytes(), dtype)
        if self._codebook_of != wanted:
            self._codebook = self.encrypt_blocks(ALL_BLOCKS, key).astype(dtype)
            self._codebook.flags.writeable = False
            self._codebook_of = wanted
        return self._codebook

    def forward(self, key: Sequence[int]) -> Table:
        """Alice of a binary pair under one key: a function of blocks, uint16 (n,) to uint16 (n,).

        Raises ValueError for an analog pair, whose ciphertext is no block of 16 bits.
        """
        return self._table("alice", key)

    def inverse(self, key: Sequence[int]) -> Table:
        """Bob of a binary pair under one key, likewise: what *he* says, be it right or wrong."""
        return self._table("bob", key)

    def _table(self, player: str, key: Sequence[int]) -> Table:
        """The last few are kept, so that many pictures under one key cost one table."""
        if not self.binary:
            raise ValueError(
                f"A ciphertext block of the pair {self.name!r} is 16 real values, not 16 bits: use "
                "encrypt_blocks and decrypt_blocks, or a binary pair."
            )
        key = check_key(key).copy()
        wanted = (player, key.tobytes())
        if wanted not in self._tables:
            if len(self._tables) >= KEPT_TABLES:
                self._tables.clear()
            self._tables[wanted] = Table(getattr(self, player), key)
        return self._tables[wanted]

    # --- pictures ---------------------------------------------------------------------------------

    def encrypt(
        self,
        picture: np.ndarray,
        key: Sequence[int] | Sequence[Sequence[int]],
        mode: str = "ECB",
        *,
        iv: Sequence[int] | str | None = None,
        nonce: Sequence[int] | str | None = None,
        dtype: type = np.float16,
    ) -> Ciphertext:
        """A picture, uint8 (height, width, 3), block by block (the paper's `enc_img`).

        `mode`: "ECB", as in the paper; of a binary pair also "CBC" with an `iv` or "CTR" with a
        `nonce`, 16 bits each. Neither is a secret: they travel with the ciphertext. In CTR mode a
        key serves for 65,536 blocks: for a larger picture `key` is a list of keys, which take
        turns (`modes.ctr` says why).
        `dtype` of an analog pair's values: np.float16, or np.float32 for twice the size and all of
        Alice's digits.

        Raises ValueError for what is no picture or key, an unknown mode or one that the pair cannot
        run in, a missing or wrong iv or nonce, and too few keys for the counter.
        """
        check_picture(picture)
        start = modes.start_of(mode, iv, nonce)
        if self.binary:
            data = self._encrypt_in_mode(picture, key, mode, start)
        elif mode == "ECB":
            data = look_up(self.codebook(key, dtype), picture_to_blocks(picture))
        else:
            raise ValueError(
                f"{mode} xors bits of ciphertext, and that of the pair {self.name!r} is of real "
                'values: take mode="ECB", or a binary pair such as NeuralCipher.load("proven").'
            )
        starts = {} if start is None else {modes.STARTS[mode]: start}
        return Ciphertext(data, picture.shape, self.fingerprint, mode, **starts)

    def _encrypt_in_mode(self, picture, key, mode: str, start: np.ndarray | None) -> np.ndarray:
        if mode == "ECB":
            return self.forward(key).of_picture(picture)
        blocks = picture_to_blocks(picture)
        if mode == "CBC":
            return modes.cbc_encrypt(self.forward(key), blocks, modes.as_number(start))
        return self._counter_mode(blocks, key, start)

    def _counter_mode(self, blocks: np.ndarray, key, nonce: np.ndarray) -> np.ndarray:
        several = np.iterable(key) and np.ndim(next(iter(key), 0)) == 1
        keys = [check_key(each) for each in (key if several else [key])]
        modes.check_counters(len(blocks), keys)
        return modes.ctr([self.forward(each) for each in keys], blocks, modes.as_number(nonce))

    def decrypt(
        self,
        ciphertext: Ciphertext,
        key: Sequence[int] | Sequence[Sequence[int]],
        mode: str | None = None,
    ) -> np.ndarray:
        """The picture, uint8 (height, width, 3), if the key is right (the paper's `dec_img`).

        A wrong key gives a picture too, of garbled blocks (`wrong_img`). The ciphertext knows its
        mode; who expects a certain `mode` may say so. Raises ValueError where the ciphertext is not
        of this pair or of another mode than expected.
        """
        check_ciphertext(ciphertext)
        if ciphertext.cipher != self.fingerprint:
            raise ValueError(
                f"This ciphertext is of another pair ({ciphertext.cipher}), not of {self.name!r} "
                f"({self.fingerprint}): decrypt it with the cipher that encrypted it."
            )
        if mode is not None and not (isinstance(mode, str) and mode == ciphertext.mode):
            other = reprlib.repr(mode).strip("'")
            raise ValueError(
                f"This ciphertext is in {ciphertext.mode} mode, not in {other}: leave the mode "
                "out, or look for the ciphertext that you meant."
            )
        if ciphertext.binary:
            return self._decrypt_in_mode(ciphertext, key)
        rows, place = distinct_rows(ciphertext.values)
        blocks = self.decrypt_blocks(ciphertext.values[rows], key)
        return blocks_to_picture(look_up(blocks, place), ciphertext.shape)

    def _decrypt_in_mode(self, ciphertext: Ciphertext, key) -> np.ndarray:
        data, shape = ciphertext.data, ciphertext.shape
        if ciphertext.mode == "ECB":
            return self.inverse(key).to_picture(data, shape)
        if ciphertext.mode == "CBC":
            iv = modes.as_number(ciphertext.iv)
            return blocks_to_picture(modes.cbc_decrypt(self.inverse(key), data, iv), shape)
        return blocks_to_picture(self._counter_mode(data, key, ciphertext.nonce), shape)

    # --- files ------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike) -> None:
        """Write the pair as .npz (arrays and a text, no pickle): the whole file or nothing."""
        about = {**self.about, "name": self.name}
        arrays = {"about": np.array(json.dumps(about))}
        for player, network in (("alice", self.alice), ("bob", self.bob)):
            arrays |= {f"{player}_{name}": array for name, array in network.arrays().items()}
        write_npz(path, arrays)

    @classmethod
    def load(cls, source: str | os.PathLike = "paper") -> NeuralCipher:
        """A shipped pair by its name ("paper"), as the manifest has it, or a pair from a file.

        Raises ValueError where the file is damaged, altered or no pair, FileNotFoundError for none.
        """
        path = as_path(source)
        if not path.suffix:
            path = manifest.checked(f"weights/{source}.npz")
        arrays = read_npz(path)
        with naming(path, "pair"):
            about = json_in(arrays, "about")
            name = about.pop("name", None) if isinstance(about, dict) else None
            networks = [read_network(player, arrays) for player in ("alice", "bob")]
            return cls(*networks, name, about)


def check_name(name: str) -> None:
    """ValueError unless it can be the name of a pair: a short text that can be printed."""
    if not isinstance(name, str) or not name.isprintable() or not 1 <= len(name) <= 60:
        raise ValueError(
            "The name of a pair is a text of 1 to 60 characters that can be printed, and here is "
            "another: give it a short name."
        )


def check_pair_file(path: Path) -> None:
    """ValueError unless a file of this name can be made and found again: NAME.npz."""
    check_name(path.stem)
    if path.suffix != ".npz":
        raise ValueError(
            f"The file of a pair is called NAME.npz, and not {path.name!r}: rename it."
        )


def check_cipher(cipher: NeuralCipher) -> None:
    """ValueError for anything else, the name of a pair say."""
    if not isinstance(cipher, NeuralCipher):
        raise ValueError(
            f"A trained pair is asked for, and here is {type(cipher).__name__}: give "
            'NeuralCipher.load("paper"), for example.'
        )


def with_key(block: np.ndarray, key: Sequence[int]) -> np.ndarray:
    """What a network reads: each row with the key's 16 signs beside it, float32 (n, 32)."""
    kind = getattr(getattr(block, "dtype", None), "kind", "")
    if kind not in ("b", "i", "u", "f") or block.shape[1:] != (16,):
        raise ValueError(
            "A network reads an array of numbers (n, 16), one row a block, and here came another: "
            "pass the values of a ciphertext."
        )
    signs = bits_to_signs(check_key(key))
    return np.hstack([block, np.broadcast_to(signs, (len(block), len(signs)))]).astype(np.float32)


def read_network(player: str, arrays: dict[str, np.ndarray]) -> Chain | Rounds:
    """One network out of the arrays that `NeuralCipher.save` wrote."""
    prefix = f"{player}_"
    names = [name for name in arrays if name.startswith(prefix)]
    its_own = {name.removeprefix(prefix): arrays[name] for name in names}
    return (Rounds if "rounds" in its_own else Chain).from_arrays(its_own)


# --- a network under one key, as a table ----------------------------------------------------------

FEW = 4096  # blocks: so many a network answers faster than all
KEPT_TABLES = 16  # of 128 KiB
# Each block's two bytes, read in this machine's own order; and the way back, which is the same.
IN_MEMORY = ALL_BLOCKS.astype(">u2").view(np.uint16)


class Table:
    """A block function: what a network answers to each block, uint16 (n,) to uint16 (n,).

    Where many blocks are asked for, it answers all 65,536 first, once, and looks the rest up. Bob's
    table is his too: to turn Alice's around would be faster, but would not be what he says.
    """

    def __init__(self, network: Chain | Rounds, key: np.ndarray):
        self.network, self.key = network, key

    def compute(self, blocks: np.ndarray) -> np.ndarray:
        """The network run on these blocks."""
        signs = self.network(with_key(bits_to_signs(blocks_to_bits(blocks)), self.key))
        return bits_to_blocks(signs_to_bits(signs))

    @cached_property
    def answers(self) -> np.ndarray:
        """The answer to every block, uint16 (65536,)."""
        return table_under(self.network, bits_to_signs(self.key))

    def __call__(self, blocks: np.ndarray) -> np.ndarray:
        few = len(blocks) <= FEW and "answers" not in vars(self)
        return self.compute(blocks) if few else look_up(self.answers, blocks)

    # Large pictures are looked up as their bytes lie: to make blocks of them first, or to make them
    # of blocks, would take as long again.

    def of_picture(self, picture: np.ndarray) -> np.ndarray:
        """The answers to the blocks of a picture, uint16 (n,)."""
        data = np.ascontiguousarray(picture).reshape(-1)
        if data.size % 2 or data.size <= 2 * FEW:
            return self(picture_to_blocks(picture))
        return look_up(self._answers_to_memory, data.view(np.uint16))

    def to_picture(self, blocks: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
        """The answers to blocks, uint16 (n,), as a picture, uint8 of `shape`."""
        if len(blocks) <= FEW:
            return blocks_to_picture(self(blocks), shape)
        data = look_up(self._answers_for_memory, blocks).view(np.uint8)
        return data[: math.prod(shape)].reshape(shape)

    @cached_property
    def _answers_to_memory(self) -> np.ndarray:
        return self.answers[IN_MEMORY]

    @cached_property
    def _answers_for_memory(self) -> np.ndarray:
        return IN_MEMORY[self.answers]


def table_under(network: Chain | Rounds, key: np.ndarray) -> np.ndarray:
    """What a network makes of every block under a key of 16 signs, uint16 (65536,)."""
    return network.table(key) if isinstance(network, Rounds) else round_table(network, key)


# --- looking up rows, and finding equal ones, fast ------------------------------------------------

ROWS_AT_ONCE = 1 << 16  # so that the work on them stays in the processor's cache
NUMBERS_AT_ONCE = 1 << 18  # the same for rows of a single number
ODD = np.random.default_rng(0).integers(0, 1 << 63, 8, dtype=np.uint64) * 2 + 1  # for hashes


def look_up(table: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """`table[rows]` for rows that are known to be there, about as fast as copying the result.

    Many are shared between two threads, for NumPy lets other threads run while it looks up.
    """
    found = np.empty((len(rows), *table.shape[1:]), table.dtype)
    at_once = NUMBERS_AT_ONCE if table.ndim == 1 else ROWS_AT_ONCE

    def fill(first: int, last: int) -> None:
        for start in range(first, last, at_once):
            part = slice(start, min(start + at_once, last))
            # mode="wrap" skips the check whether they are there, and makes `out` fast.
            table.take(rows[part], axis=0, out=found[part], mode="wrap")

    if len(rows) <= 4 * at_once:
        fill(0, len(rows))
        return found
    middle = len(rows) // 2
    other = threading.Thread(target=fill, args=(0, middle))
    other.start()
    fill(middle, len(rows))
    other.join()
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
