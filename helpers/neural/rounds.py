"""A cipher by repetition: a small round that diffuses a little, run many times. NumPy only.

One network that was asked to diffuse at once learned nothing. A round is easier to learn, and what
it leaves in order the next one disturbs: that is how block ciphers since DES have been built.

By hand: Alice's round is that of Feistel (1973, "Cryptography and Computer Privacy"): half of the
block passes, tells which bits of the other half change sign, and the halves change places. Such a
round can be undone whatever the network inside computes. By hand too: that each round reads the key
turned further, and how many rounds there are.
Learned: what the network inside reads and how it weighs it, and the whole of Bob's round, who does
not know how Alice's is built.

As everywhere, bit 0 is the most significant, and signs are -1.0 and +1.0.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import singledispatch

import numpy as np

from helpers.bits import ALL_BLOCKS, bits_to_blocks, bits_to_signs, blocks_to_bits
from helpers.files import json_in
from helpers.neural.chain import Chain, Layer, check_block_function, finite, gate, sign

HALF = 8  # bits of half a block
ALL_HALVES = bits_to_signs(blocks_to_bits(ALL_BLOCKS[:256])[:, HALF:])  # (256, 8)

MOST_ROUNDS = 1000  # more only take time

# From so many rows under one key on, a table of all 65,536 blocks is faster than the rounds.
ROWS_FOR_A_TABLE = 2048

# --- rounds ---------------------------------------------------------------------------------------


class Coupling:
    """Alice's round: signs of block and key, (n, 32), to the block after the round, (n, 16).

    The name is that of Dinh et al. (2015, NICE, arXiv:1410.8516), who build networks that can be
    inverted from Feistel's idea.
    """

    layers = (Layer("coupling"),)

    def __init__(self, kernel: np.ndarray, bias: np.ndarray):
        """`kernel` (24, 8): from bits 8-15 of the block and the 16 bits of the key to 8 masks."""
        self.weights = checked(kernel, bias, (24, HALF))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Bits 0-7 times their masks, bits 8-15 as they are; then the halves change places."""
        return np.hstack([x[:, HALF:16], x[:, :HALF] * self.mask(x[:, HALF:])])

    def mask(self, x: np.ndarray) -> np.ndarray:
        """From bits 8-15 and the key, (n, 24): -1 where a bit changes its sign, else +1, (n, 8)."""
        kernel, bias = self.weights
        return sign(x @ kernel + bias)


class Mixing:
    """A round that nothing built in makes invertible: (n, 32) to (n, 16), as `Coupling`.

    Each bit has a mask, which may read every other bit and the key: let two bits read each other,
    and they may be lost for good. (A bit that passes has a kernel of zeros and a bias above 0.)
    Then the bits are turned by 5 places, so that those which passed will not all pass again.
    """

    layers = (Layer("mixing"),)
    turn = 5

    def __init__(self, kernel: np.ndarray, bias: np.ndarray):
        """`kernel` (32, 16) and `bias` (16,): from block and key to a mask for each bit."""
        self.weights = checked(kernel, bias, (32, 16))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Each bit times the sign of its mask, then all turned."""
        kernel, bias = self.weights
        return np.roll(x[:, :16] * sign(x @ kernel + bias), self.turn, axis=1)


def checked(kernel: np.ndarray, bias: np.ndarray, shape: tuple[int, int]) -> list[np.ndarray]:
    """The weights of a round as float32, once the shapes are known to be right."""
    weights = [finite(kernel), finite(bias)]
    if [w.shape for w in weights] != [shape, shape[1:]]:
        raise ValueError(
            f"This round has a kernel of shape {shape} and a bias of shape {shape[1:]}; here are "
            f"{weights[0].shape} and {weights[1].shape}: give arrays of those shapes."
        )
    return weights


class Rounds:
    """A round run `count` times: signs of block and key, (n, 32), to signs of a block, (n, 16).

    In round r the key is turned by r * key_step places (`np.roll`). Bob runs `backwards`, from the
    last round's key to the first's; of his logits each round keeps the signs.
    """

    def __init__(
        self, round_: Coupling | Mixing | Chain, count: int, key_step: int, backwards: bool = False
    ):
        check_block_function(round_)
        numbers = count, key_step, backwards
        whole = all(isinstance(number, (int, np.integer, np.bool_)) for number in numbers)
        if not whole or not 1 <= count <= MOST_ROUNDS or backwards not in (0, 1):
            raise ValueError(
                f"Rounds have a count of 1 to {MOST_ROUNDS:,}, a whole number as key_step, and run "
                f"backwards or not (20, 3, True, say), and here are {numbers}: give such numbers."
            )
        self.round, self.count, self.key_step = round_, int(count), int(key_step) % 16
        self.backwards = bool(backwards)
        self._table_of, self._table = None, None

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The rows of `x` after all rounds. Many rows under one key are looked up in a table."""
        if len(x) >= ROWS_FOR_A_TABLE and (x[:, 16:] == x[0, 16:]).all():
            return as_signs(self.table(x[0, 16:])[as_blocks(x[:, :16])])
        block = x[:, :16]
        for turn in self.turns:
            block = sign(self.round(np.hstack([block, np.roll(x[:, 16:], turn, axis=1)])))
        return block

    @property
    def turns(self) -> list[int]:
        """By how many places the key is turned in each round, in the order of the rounds."""
        turns = [r * self.key_step % 16 for r in range(self.count)]
        return turns[::-1] if self.backwards else turns

    def table(self, key: np.ndarray) -> np.ndarray:
        """What becomes of every block under a key of 16 signs, uint16 (65536,): the last is kept.

        A round is a table too, so that the rounds are tables that look each other up.
        """
        if self._table_of != key.tobytes():
            rounds = {turn: round_table(self.round, np.roll(key, turn)) for turn in set(self.turns)}
            table = ALL_BLOCKS
            for turn in self.turns:
                table = rounds[turn][table]
            self._table_of, self._table = key.tobytes(), table
        return self._table

    # --- what a pair asks of its networks, and files ----------------------------------------------

    @property
    def layers(self) -> Sequence[Layer]:
        """The layers of one round."""
        return self.round.layers

    @property
    def weights(self) -> list[np.ndarray]:
        """[count, key_step, backwards] and the weights of a round: what a fingerprint covers."""
        rounds = np.array([self.count, self.key_step, self.backwards], np.int32)
        return [rounds, *self.round.weights]

    def arrays(self) -> dict[str, np.ndarray]:
        """Arrays for a file: those of `Chain.arrays` for the round, and "rounds"."""
        rounds, *weights = self.weights
        numbered = {f"{i:02d}": weight for i, weight in enumerate(weights)}
        return {"rounds": rounds, "links": np.array(json.dumps(self.layers)), **numbered}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Rounds:
        """What `arrays` wrote. ValueError where the arrays describe no rounds."""
        nothing = np.zeros(0)
        numbers = arrays.get("rounds", nothing)
        if numbers.shape != (3,):
            raise ValueError(
                f"Rounds are 3 numbers beside a network; here are {numbers.size}: fetch the file "
                "again."
            )
        kinds = {json.dumps(kind.layers): kind for kind in (Coupling, Mixing)}
        if kind := kinds.get(json.dumps(json_in(arrays, "links"))):
            round_ = kind(arrays.get("00", nothing), arrays.get("01", nothing))
        else:
            round_ = Chain.from_arrays(arrays)
        return cls(round_, *numbers.tolist())


# --- one round under one key, as a table ----------------------------------------------------------


@singledispatch
def round_table(round_: Callable, key: np.ndarray) -> np.ndarray:
    """What a round makes of every block under a key of 16 signs, uint16 (65536,)."""
    blocks = as_signs(ALL_BLOCKS)
    return as_blocks(round_(np.hstack([blocks, np.broadcast_to(key, (len(blocks), 16))])))


@round_table.register
def coupling_table(round_: Coupling, key: np.ndarray) -> np.ndarray:
    """The same for Alice, from the 256 masks that 256 passing halves make."""
    mask = round_.mask(np.hstack([ALL_HALVES, np.broadcast_to(key, (256, 16))]))
    changes = np.packbits(mask < 0).astype(np.uint16)
    upper, lower = ALL_BLOCKS >> HALF, ALL_BLOCKS & 255
    return lower << HALF | upper ^ changes[lower]


@round_table.register
def chain_table(round_: Chain, key: np.ndarray) -> np.ndarray:
    """The same for Bob; a chain other than one layer of gates has no faster way than itself."""
    one_of_gates = [layer.activation for layer in round_.layers[:-1]] == ["gate"]
    return gate_table(round_, key) if one_of_gates else round_table.dispatch(object)(round_, key)


def gate_table(round_: Chain, key: np.ndarray) -> np.ndarray:
    """For one layer of gates, 20 times as fast as the network.

    Products of two sums, summed up again, are a quadratic form. With the key fixed it is one in the
    two halves u and v of the block, each of his 16 logits f(u) + g(v) + u M v.
    """
    kernel, bias, kernel_out, bias_out = round_.weights
    of_u = ALL_HALVES @ kernel[:HALF]
    of_v = ALL_HALVES @ kernel[HALF:16] + (key @ kernel[16:] + bias)
    f = (gate(of_u) @ kernel_out + bias_out).T[:, :, None]  # (16, 256, 1)
    g = (gate(of_v) @ kernel_out).T[:, None]  # (16, 1, 256)
    # One half of a product comes from u and the other from v, or the other way round.
    swapped = np.roll(of_v, of_v.shape[1] // 2, axis=1)
    m = (kernel[:HALF] * np.tile(kernel_out.T, 2)[:, None]) @ swapped.T  # (16, 8, 256)
    one, u = np.ones_like(f), np.broadcast_to(ALL_HALVES, (16, *ALL_HALVES.shape))
    logits = np.dstack([u, f, one]) @ np.hstack([m, np.ones_like(g), g])  # (16, 256, 256)
    return packed(logits)


@round_table.register
def mixing_table(round_: Mixing, key: np.ndarray) -> np.ndarray:
    """The same for masks that may read both halves: of each half they read a number."""
    kernel, bias = round_.weights
    upper = (ALL_HALVES @ kernel[:HALF]).T[:, :, None]
    lower = (ALL_HALVES @ kernel[HALF:16] + (key @ kernel[16:] + bias)).T[:, None]
    changed = ALL_BLOCKS ^ ~packed(upper + lower)
    return changed >> round_.turn | changed << (16 - round_.turn)


def packed(logits: np.ndarray) -> np.ndarray:
    """Logits of each bit for every upper and lower half, (16, 256, 256), as blocks, (65536,)."""
    places = np.uint8(1) << np.arange(HALF, dtype=np.uint8)[::-1, None]  # far faster than packbits
    upper, lower = ((logits >= 0).reshape(2, HALF, -1) * places).sum(axis=1, dtype=np.uint8)
    return upper.astype(np.uint16) << HALF | lower


# --- what a single bit does, and all keys ---------------------------------------------------------


def avalanche(encrypt: Callable, rng: np.random.Generator, pairs: int = 5000) -> np.ndarray:
    """The share of ciphertext bits that change with each bit of block and key: float (32,).

    `encrypt` takes signs (n, 32) to signs (n, 16); the mean is over random blocks and keys and all
    bits of the ciphertext. 0.5 is the ideal. Webster & Tavares (1985, "On the Design of S-Boxes")
    ask it of every single bit of the ciphertext; this is the mean over them.
    """
    x = bits_to_signs(rng.integers(0, 2, (pairs, 32), np.uint8))
    ciphertext, flips = encrypt(x), 1 - 2 * np.eye(32, dtype=np.float32)
    return np.array([np.mean(encrypt(x * flip) != ciphertext) for flip in flips])


def distinct_ciphertexts(encrypt: Callable, messages: Iterable[int]) -> list[int]:
    """How many ciphertexts each message has under all 65,536 keys: as many, if it is secret.

    `encrypt` as in `avalanche`.
    """
    keys = as_signs(ALL_BLOCKS)
    rows = (np.broadcast_to(as_signs(np.uint16([m])), keys.shape) for m in messages)
    return [np.unique(as_blocks(encrypt(np.hstack([m, keys])))).size for m in rows]


# --- blocks and signs -----------------------------------------------------------------------------


def as_signs(blocks: np.ndarray) -> np.ndarray:
    """Blocks, uint16 (n,), as signs, float32 (n, 16)."""
    return bits_to_signs(blocks_to_bits(blocks))


def as_blocks(signs: np.ndarray) -> np.ndarray:
    """Signs or logits (n, 16) as blocks, uint16 (n,): a bit is 1 from 0 upwards."""
    return bits_to_blocks((signs >= 0).view(np.uint8))
