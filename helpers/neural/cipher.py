"""A trained pair as a cipher for pictures: each block of 16 bits through Alice, in a mode.

With one key there are only 65,536 different blocks, so Alice encrypts each of them once, into a
*codebook*, and a picture is then looked up in it. NumPy only: no TensorFlow is loaded.

A cipher for lessons. It protects nothing: lesson 03 reads its ciphertext without the key.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from helpers import bits, files, manifest
from helpers.bits import Block, Key, KeyLike, Picture
from helpers.neural.chain import Chain, check_block_function, layers_of
from helpers.neural.ciphertext import Ciphertext, check_ciphertext
from helpers.neural.fast import blocks_in_place, distinct_rows, look_up, picture_in_place
from helpers.neural.modes import CTR, ECB, BlockFunction, Mode, check_mode
from helpers.neural.rounds import Rounds, round_table
from helpers.pictures import check_picture

Network = Chain | Rounds
Values = npt.NDArray[np.floating]  # (n, 16): a row a block of ciphertext, what Alice answers
Keys = KeyLike | Sequence[KeyLike]  # in CTR mode several may take turns

KEPT_TABLES = 16  # of 128 KiB, or 2 MiB for a codebook of real values


class NeuralCipher:
    """Alice and Bob after training, under a name, with a note on how they were made."""

    def __init__(
        self, alice: Network, bob: Network, name: str = "mine", about: dict | None = None
    ) -> None:
        check_block_function(alice)
        check_block_function(bob)
        check_name(name)
        self.alice, self.bob, self.name = alice, bob, name
        self.about = {} if about is None else about
        self._tables: dict[tuple, np.ndarray] = {}

    @classmethod
    def from_networks(
        cls, alice: Any, bob: Any, name: str = "mine", about: dict | None = None
    ) -> NeuralCipher:
        """From the Keras models of a trained pair with blocks and keys of 16 bits."""
        alice, bob = (Chain(layers_of(model), model.get_weights()) for model in (alice, bob))
        return cls(alice, bob, name, about)

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

    def encrypt_blocks(self, blocks: Block, key: KeyLike) -> npt.NDArray[np.float32]:
        """Alice, on blocks one by one.

        Args:
            blocks: uint16 (n,).
            key: 16 bits.

        Returns:
            float32 (n, 16), a row a block: values in (-1, 1), of a binary pair -1 and +1.

        Raises:
            ValueError: for what are no blocks, or no key.

        Source: Rivas-Perea and Banerjee, equation (1).

        >>> cipher, key = NeuralCipher.load("paper"), [0, 1] * 8
        >>> values = cipher.encrypt_blocks(np.uint16([97, 100, 105]), key)
        >>> values.shape, cipher.decrypt_blocks(values, key).tolist()
        ((3, 16), [97, 100, 105])
        """
        return self.alice(with_key(bits.bits_to_signs(bits.blocks_to_bits(blocks)), key))

    def decrypt_blocks(self, values: Values, key: KeyLike) -> Block:
        """Bob, on values row by row, then the threshold.

        Args:
            values: numbers (n, 16), a row a block, as `encrypt_blocks` gives them.
            key: 16 bits.

        Returns:
            uint16 (n,): the blocks, if the key is right.

        Raises:
            ValueError: for what are no values, or no key.

        Source: Rivas-Perea and Banerjee, equation (2).

        >>> cipher, key = NeuralCipher.load("proven"), [0] * 16
        >>> cipher.decrypt_blocks(cipher.encrypt_blocks(np.uint16([5]), key), key).tolist()
        [5]
        """
        return bits.bits_to_blocks(bits.signs_to_bits(self.raw_blocks(values, key)))

    def raw_blocks(self, values: Values, key: KeyLike) -> npt.NDArray[np.float32]:
        """Bob's answer before the threshold: float32 (n, 16), above 0 for a bit 1.

        After a tanh, as in the paper, it is in (-1, 1).
        """
        return self.bob(with_key(values, key))

    # --- all blocks under one key -----------------------------------------------------------------

    def codebook(self, key: KeyLike) -> npt.NDArray[np.float16]:
        """Alice's ciphertext of every block, (65536, 16): row b is the ciphertext of block b.

        So many digits are sent; `encrypt_blocks(ALL_BLOCKS, key)` has all of Alice's.
        """
        key = bits.check_key(key)
        what = "values", key.tobytes()
        return self._kept(
            what, lambda: self.encrypt_blocks(bits.ALL_BLOCKS, key).astype(np.float16)
        )

    def forward(self, key: KeyLike) -> BlockFunction:
        """Alice of a binary pair under one key: a function of blocks, uint16 (n,) to uint16 (n,).

        Raises ValueError for an analog pair, whose ciphertext is no block of 16 bits.
        """
        return partial(look_up, self._answers("alice", key))

    def inverse(self, key: KeyLike) -> BlockFunction:
        """Bob of a binary pair under one key, likewise: what *he* says, be it right or wrong.

        To turn Alice's answers around would be faster, but would not be what he says.
        """
        return partial(look_up, self._answers("bob", key))

    def _answers(self, player: str, key: KeyLike) -> Block:
        """What a network of a binary pair answers to every block under a key, uint16 (65536,)."""
        if not self.binary:
            raise ValueError(
                f"A ciphertext block of the pair {self.name!r} is 16 real values, not 16 bits: use "
                "encrypt_blocks and decrypt_blocks, or a binary pair."
            )
        key, network = bits.check_key(key), getattr(self, player)
        table = network.table if isinstance(network, Rounds) else partial(round_table, network)
        return self._kept((player, key.tobytes()), lambda: table(bits.bits_to_signs(key)))

    def _kept(self, what: tuple, make: Callable[[], np.ndarray]) -> np.ndarray:
        """A table, made once: the last few are kept, so that many pictures cost one of each."""
        if what not in self._tables:
            if len(self._tables) >= KEPT_TABLES:
                self._tables.clear()
            self._tables[what] = make()
            self._tables[what].flags.writeable = False
        return self._tables[what]

    # --- pictures ---------------------------------------------------------------------------------

    def encrypt(self, picture: Picture, key: Keys, mode: Mode = ECB()) -> Ciphertext:
        """A picture, block by block.

        Args:
            picture: uint8 (height, width, 3).
            key: 16 bits. In CTR mode a key serves for 65,536 blocks: for a larger picture it is a
                list of keys, which take turns (`CTR.encrypt` says why).
            mode: ECB(), as in the paper; of a binary pair also CBC(iv) or CTR(nonce).

        Returns:
            The ciphertext, which knows the picture's shape, the pair and the mode.

        Raises:
            ValueError: for what is no picture, key or mode, for a mode that the pair cannot run in,
                and for too few keys, or equal ones, in CTR mode.

        Source: Rivas-Perea and Banerjee, section 3 (their `enc_img`), equation (1).

        >>> cipher, picture = NeuralCipher.load("proven"), np.zeros((2, 2, 3), np.uint8)
        >>> cipher.encrypt(picture, [0, 1] * 8).as_picture().shape
        (2, 2, 3)
        """
        check_picture(picture)
        check_mode(mode)
        blocks = blocks_in_place(picture)
        if mode != ECB() and not self.binary:
            raise ValueError(
                f"{mode.name} xors bits of ciphertext, and that of the pair {self.name!r} is of "
                'real values: take ECB(), or a binary pair such as NeuralCipher.load("proven").'
            )
        keys = in_turns(key) if isinstance(mode, CTR) else [bits.check_key(key)]
        if isinstance(mode, CTR):
            data = mode.encrypt([self.forward(each) for each in keys], blocks)
        elif self.binary:
            data = mode.encrypt(self.forward(keys[0]), blocks)
        else:
            data = look_up(self.codebook(keys[0]), blocks)
        return Ciphertext(data, picture.shape, self.fingerprint, mode)

    def decrypt(self, ciphertext: Ciphertext, key: Keys) -> Picture:
        """The picture, if the key is right; a wrong key gives a picture too, of garbled blocks.

        Args:
            ciphertext: what `encrypt` of this pair returned, in whatever mode.
            key: 16 bits, or the list of keys with which it was encrypted.

        Returns:
            uint8 (height, width, 3).

        Raises:
            ValueError: for the ciphertext of another pair, and for what is no ciphertext or key.

        Source: Rivas-Perea and Banerjee, section 3 (their `dec_img` and `wrong_img`), equation (2).

        >>> cipher, picture = NeuralCipher.load("proven"), np.full((2, 2, 3), 7, np.uint8)
        >>> np.array_equal(cipher.decrypt(cipher.encrypt(picture, [1] * 16), [1] * 16), picture)
        True
        """
        check_ciphertext(ciphertext)
        if ciphertext.cipher != self.fingerprint:
            raise ValueError(
                f"This ciphertext is of another pair ({ciphertext.cipher}), not of {self.name!r} "
                f"({self.fingerprint}): decrypt it with the cipher that encrypted it."
            )
        data, mode = ciphertext.data, ciphertext.mode
        keys = in_turns(key) if isinstance(mode, CTR) else [bits.check_key(key)]
        if isinstance(mode, CTR):  # what Alice made of the counters is xored to it once more
            blocks = mode.decrypt([self.forward(each) for each in keys], data)
        elif ciphertext.binary:
            bob = self._answers("bob", keys[0]).astype(">u2")  # as the bytes of a picture lie
            blocks = mode.decrypt(partial(look_up, bob), data)
        else:
            rows, place = distinct_rows(data)  # so that Bob is asked once for equal ones
            blocks = look_up(self.decrypt_blocks(data[rows], keys[0]), place)
        return picture_in_place(blocks, ciphertext.shape)

    # --- files ------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike) -> None:
        """Write the pair as .npz (arrays and a text, no pickle): the whole file or nothing."""
        about = {**self.about, "name": self.name}
        arrays = {"about": np.array(json.dumps(about))}
        for player, network in (("alice", self.alice), ("bob", self.bob)):
            arrays |= {f"{player}_{name}": array for name, array in network.arrays().items()}
        files.write_npz(path, arrays)

    @classmethod
    def load(cls, source: str | os.PathLike = "paper") -> NeuralCipher:
        """A shipped pair, or a pair from a file.

        Args:
            source: the name of a shipped pair, as the manifest has it ("paper", "proven",
                "diffusing"), or the path of a file that `save` wrote, with its ending.

        Returns:
            The pair, ready to encrypt and decrypt.

        Raises:
            ValueError: where the file is damaged, altered or no pair.
            FileNotFoundError: where there is none.

        Source: Rivas-Perea and Banerjee, section 2: Alice and Bob, who share a key.

        >>> NeuralCipher.load("paper").name
        'paper'
        """
        path = files.as_path(source)
        if not path.suffix:
            path = manifest.checked(f"weights/{source}.npz")
        arrays = files.read_npz(path)
        with files.naming(path, "pair"):
            about = files.json_in(arrays, "about")
            about = about if isinstance(about, dict) else {}
            alice, bob = (read_network(player, arrays) for player in ("alice", "bob"))
            return cls(alice, bob, about.pop("name", None), about)


def check_name(name: str) -> None:
    """ValueError unless it can be the name of a pair: a short text that can be printed."""
    if not isinstance(name, str) or not name.isprintable() or not 1 <= len(name) <= 60:
        raise ValueError(
            "The name of a pair is a text of 1 to 60 characters that can be printed, and here is "
            "another: give it a short name."
        )


def check_cipher(cipher: NeuralCipher) -> None:
    """ValueError for anything else, the name of a pair say."""
    if not isinstance(cipher, NeuralCipher):
        raise ValueError(
            f"A trained pair is asked for, and here is {type(cipher).__name__}: give "
            'NeuralCipher.load("paper"), for example.'
        )


def with_key(block: np.ndarray, key: KeyLike) -> npt.NDArray[np.float32]:
    """What a network reads: each row with the key's 16 signs beside it, float32 (n, 32)."""
    kind = getattr(getattr(block, "dtype", None), "kind", "")
    if kind not in ("b", "i", "u", "f") or block.shape[1:] != (16,):
        raise ValueError(
            "A network reads an array of numbers (n, 16), one row a block, and here came another: "
            "pass the values of a ciphertext."
        )
    signs = bits.bits_to_signs(bits.check_key(key))
    return np.hstack([block, np.broadcast_to(signs, (len(block), len(signs)))]).astype(np.float32)


def in_turns(key: Keys) -> list[Key]:
    """A key, or several that take turns, as a list; ValueError where two of them are equal."""
    several = np.iterable(key) and np.ndim(next(iter(key), 0)) == 1
    keys = [bits.check_key(each) for each in (key if several else [key])]
    if len({each.tobytes() for each in keys}) < len(keys):
        raise ValueError(
            "In CTR mode each key of a list begins its counter anew, so no two may be equal; here "
            "one came twice: pass different keys."
        )
    return keys


def read_network(player: str, arrays: dict[str, np.ndarray]) -> Network:
    """One network out of the arrays that `NeuralCipher.save` wrote."""
    prefix = f"{player}_"
    names = [name for name in arrays if name.startswith(prefix)]
    its_own = {name.removeprefix(prefix): arrays[name] for name in names}
    return (Rounds if "rounds" in its_own else Chain).from_arrays(its_own)
