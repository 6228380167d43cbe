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
from collections.abc import Callable, Mapping
from functools import singledispatch
from typing import Protocol

import numpy as np

from helpers.bits import ALL_BLOCKS, Block, Signs, bits_to_blocks, bits_to_signs, blocks_to_bits
from helpers.files import json_in
from helpers.neural.chain import Chain, Layer, check_block_function, finite, gate, sign

HALF = 8  # bits of half a block
ALL_HALVES = bits_to_signs(blocks_to_bits(ALL_BLOCKS[:256])[:, HALF:])  # (256, 8)

MOST_ROUNDS = 1000  # more only take time
ROWS_FOR_A_TABLE = 2048  # under one key; for more, a table of all 65,536 blocks is faster


class Round(Protocol):
    """Signs of block and key, float32 (n, 32), to those of a block, or to logits, (n, 16)."""

    layers: tuple[Layer, ...]  # what tells it from other kinds of rounds
    weights: list[np.ndarray]

    def __call__(self, x: Signs) -> np.ndarray:
        """The round run once."""


class Coupling:
    """Alice's round: signs of block and key, (n, 32), to the block after the round, (n, 16).

    The name is that of Dinh et al. (2015, NICE, arXiv:1410.8516), who build networks that can be
    inverted from Feistel's idea.
    """

    layers: tuple[Layer, ...] = (Layer("coupling"),)

    def __init__(self, kernel: np.ndarray, bias: np.ndarray):
        """`kernel` (24, 8): from bits 8-15 of the block and the 16 bits of the key to 8 masks."""
        self.weights = checked(kernel, bias, (24, HALF))

    def __call__(self, x: Signs) -> Signs:
        """Bits 0-7 times their masks, bits 8-15 as they are; then the halves change places."""
        return np.hstack([x[:, HALF:16], x[:, :HALF] * self.mask(x[:, HALF:])])

    def mask(self, x: Signs) -> Signs:
        """From bits 8-15 and the key, (n, 24): -1 where a bit changes its sign, else +1, (n, 8)."""
        kernel, bias = self.weights
        return sign(x @ kernel + bias)


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

    def __init__(self, round_: Round, count: int, key_step: int, backwards: bool = False):
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
        turns = [r * self.key_step % 16 for r in range(self.count)]
        self.turns = turns[::-1] if backwards else turns  # of the key, in places, round by round
        self._kept: tuple[bytes, Block] = b"", ALL_BLOCKS  # a key, and the table under it

    def __call__(self, x: Signs) -> Signs:
        """The rows of `x` after all rounds. Many rows under one key are looked up in a table.

        Args:
            x: float32 (n, 32), the 16 signs of a block beside those of its key.

        Returns:
            float32 (n, 16), the signs of a block: of the ciphertext from Alice's rounds, of the
            message from Bob's, who reads the ciphertext.

        Source: Feistel (1973, "Cryptography and Computer Privacy"), for Alice's.

        >>> halves_change_places = Coupling(np.zeros((24, 8)), np.zeros(8))
        >>> x = as_signs(np.uint16([0x12AB, 0xFFFF])).reshape(1, 32)
        >>> [hex(as_blocks(Rounds(halves_change_places, n, 3)(x))[0]) for n in (1, 2)]
        ['0xab12', '0x12ab']
        """
        if len(x) >= ROWS_FOR_A_TABLE and (x[:, 16:] == x[0, 16:]).all():
            return as_signs(self.table(x[0, 16:])[as_blocks(x[:, :16])])
        block = x[:, :16]
        for turn in self.turns:
            block = sign(self.round(np.hstack([block, np.roll(x[:, 16:], turn, axis=1)])))
        return block

    def table(self, key: Signs) -> Block:
        """What becomes of every block under a key of 16 signs, uint16 (65536,): the last is kept.

        A round is a table too, so that the rounds are tables that look each other up.
        """
        if self._kept[0] != key.tobytes():
            rounds = {turn: round_table(self.round, np.roll(key, turn)) for turn in set(self.turns)}
            table = ALL_BLOCKS
            for turn in self.turns:
                table = rounds[turn][table]
            self._kept = key.tobytes(), table
        return self._kept[1]

    # --- what a pair asks of its networks, and files ----------------------------------------------

    @property
    def layers(self) -> tuple[Layer, ...]:
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
        if json_in(arrays, "links") == [[*layer] for layer in Coupling.layers]:
            weights = arrays.get("00", nothing), arrays.get("01", nothing)
            return cls(Coupling(*weights), *numbers.tolist())
        return cls(Chain.from_arrays(arrays), *numbers.tolist())


@singledispatch
def round_table(round_: Callable[[Signs], np.ndarray], key: Signs) -> Block:
    """What a round makes of every block under a key of 16 signs, uint16 (65536,)."""
    blocks = as_signs(ALL_BLOCKS)
    return as_blocks(round_(np.hstack([blocks, np.broadcast_to(key, (len(blocks), 16))])))


@round_table.register
def coupling_table(round_: Coupling, key: Signs) -> Block:
    """The same for Alice, from the 256 masks that 256 passing halves make."""
    mask = round_.mask(np.hstack([ALL_HALVES, np.broadcast_to(key, (256, 16))]))
    changes = np.packbits(mask < 0).astype(np.uint16)
    upper, lower = ALL_BLOCKS >> HALF, ALL_BLOCKS & 255
    return lower << HALF | upper ^ changes[lower]


@round_table.register
def chain_table(round_: Chain, key: Signs) -> Block:
    """The same for Bob; a chain other than one layer of gates has no faster way than itself."""
    one_of_gates = [layer.activation for layer in round_.layers[:-1]] == ["gate"]
    return gate_table(round_, key) if one_of_gates else round_table.dispatch(object)(round_, key)


def gate_table(round_: Chain, key: Signs) -> Block:
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
    return packed(logits.reshape(16, -1))


def packed(logits: np.ndarray) -> Block:
    """Logits (8 or 16, n) as numbers of so many bits, (n,): a bit is 1 from 0 upwards."""
    places = np.uint8(1) << np.arange(HALF, dtype=np.uint8)[::-1]
    ones = (logits >= 0).view(np.uint8).reshape(-1, HALF, logits.shape[1])
    numbers = np.zeros(logits.shape[1], np.uint16)
    for byte in np.einsum("p,bpn->bn", places, ones):  # packbits is slow across rows
        numbers = numbers << HALF | byte
    return numbers


def as_signs(blocks: Block) -> Signs:
    """Blocks, uint16 (n,), as signs, float32 (n, 16)."""
    return bits_to_signs(blocks_to_bits(blocks))


def as_blocks(signs: np.ndarray) -> Block:
    """Signs or logits (n, 16) as blocks, uint16 (n,): a bit is 1 from 0 upwards."""
    return bits_to_blocks((signs >= 0).view(np.uint8))
