"""A cipher by repetition: a small round that diffuses a little, run many times. NumPy only.

One network that was asked to diffuse at once learned nothing. A round is easier to learn, and what
it leaves in order the next one disturbs: that is how block ciphers since DES have been built.

By hand: Alice's round is that of Feistel (1973, "Cryptography and Computer Privacy"): half of the
block passes, tells which bits of the other half change sign, and the halves change places. Such a
round can be undone whatever the network inside computes. By hand too: that each round reads the key
turned further, how many rounds there are, and, in the pair `resisting`, a public constant a round.
Learned: what the network inside reads and how it weighs it. In the pair `diffusing` also the whole
of Bob's round, who does not know how Alice's is built; Bob of `resisting` is told.

As everywhere, bit 0 is the most significant, and signs are -1.0 and +1.0.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import singledispatch
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np

from helpers.bits import ALL_BLOCKS, Block, Signs, bits_to_blocks, bits_to_signs, blocks_to_bits
from helpers.files import json_in
from helpers.neural.chain import (
    Chain,
    Layer,
    check_block_function,
    finite,
    gate,
    sign,
    weights_in,
)

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

    def __init__(self, *weights: np.ndarray):
        """Kernel, bias, kernel, bias, ...: layers of thresholds that end in 8 masks.

        The first kernel reads bits 8-15 of the block and the 16 bits of the key, (24, ...).
        """
        self.weights = checked(weights, 24, HALF)

    def __call__(self, x: Signs) -> Signs:
        """Bits 0-7 times their masks, bits 8-15 as they are; then the halves change places."""
        return np.hstack([x[:, HALF:16], x[:, :HALF] * self.mask(x[:, HALF:])])

    def mask(self, x: Signs) -> Signs:
        """From the passing half and the key, (n, 24): -1 where a bit changes, else +1, (n, 8)."""
        for kernel, bias in zip(self.weights[::2], self.weights[1::2]):
            x = sign(x @ kernel + bias)
        return x


class Uncoupling(Coupling):
    """What undoes a coupling of the same weights: the half that passed stands on the left now."""

    layers: tuple[Layer, ...] = (Layer("uncoupling"),)

    def __call__(self, x: Signs) -> Signs:
        """Bits 8-15 times the masks that bits 0-7 make; then the halves change places."""
        passed, changed = x[:, :HALF], x[:, HALF:16]
        return np.hstack([changed * self.mask(np.hstack([passed, x[:, 16:]])), passed])


def checked(weights: tuple[np.ndarray, ...], inputs: int, outputs: int) -> list[np.ndarray]:
    """The weights of layers as float32, once they are known to fit together."""
    found = [finite(w) for w in weights]
    widths = [inputs, *(bias.size for bias in found[1::2])]
    shapes = [shape for pair in pairwise(widths) for shape in (pair, pair[1:])]
    if not found or widths[-1] != outputs or [w.shape for w in found] != shapes:
        raise ValueError(
            f"This round has a kernel of shape {(inputs, outputs)} and a bias of shape {(outputs,)}"
            f", or more layers of that kind; here are {[w.shape for w in found]}: give arrays of "
            "shapes that fit together."
        )
    return found


class Step(NamedTuple):
    """What a round does to the key: turns it so many places, then xors a public constant to it."""

    turn: int
    constant: int = 0

    def of_signs(self, key: Signs) -> Signs:
        """The key of the round, from signs of keys (..., 16). A bit xor 1 is a change of sign."""
        return np.roll(key, self.turn, axis=-1) * -as_signs(np.array([self.constant], np.uint16))[0]

    def of_numbers(self, keys: np.ndarray) -> np.ndarray:
        """The same for keys that are whole numbers below 65,536, of any wider type."""
        return (keys >> self.turn | keys << 16 - self.turn) & 0xFFFF ^ self.constant


class Rounds:
    """A round run `count` times: signs of block and key, (n, 32), to signs of a block, (n, 16).

    In round r the key is turned by r * key_step places (`np.roll`), and r * constant xored to it,
    modulo 2^16. Bob runs `backwards`, from the last round's key to the first's; of his logits each
    round keeps the signs.
    """

    def __init__(
        self, round_: Round, count: int, key_step: int, backwards: bool = False, constant: int = 0
    ):
        check_block_function(round_)
        numbers = count, key_step, backwards, constant
        whole = all(isinstance(number, (int, np.integer, np.bool_)) for number in numbers)
        if not whole or not 1 <= count <= MOST_ROUNDS or backwards not in (0, 1):
            raise ValueError(
                f"Rounds have a count of 1 to {MOST_ROUNDS:,}, a whole number as key_step, run "
                "backwards or not, and have a whole number as constant (20, 3, True, 0, say), and "
                f"here are {numbers}: give such numbers."
            )
        self.round, self.count, self.key_step = round_, int(count), int(key_step) % 16
        self.backwards, self.constant = bool(backwards), int(constant) & 0xFFFF
        steps = [Step(r * self.key_step % 16, r * self.constant & 0xFFFF) for r in range(count)]
        self.schedule = steps[::-1] if backwards else steps  # round by round
        self._kept: tuple[bytes, Block] = b"", ALL_BLOCKS  # a key, and the table under it

    def first(self, count: int) -> Rounds:
        """The same with so many rounds."""
        return Rounds(self.round, count, self.key_step, self.backwards, self.constant)

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
        for step in self.schedule:
            block = sign(self.round(np.hstack([block, step.of_signs(x[:, 16:])])))
        return block

    def table(self, key: Signs) -> Block:
        """What becomes of every block under a key of signs, uint16 (65536,): the last is kept."""
        if self._kept[0] != key.tobytes():
            *_, table = self.after_each_round(key)
            self._kept = key.tobytes(), table
        return self._kept[1]

    def after_each_round(self, key: Signs) -> Iterator[Block]:
        """What becomes of every block, uint16 (65536,), after one round, two rounds, and so on.

        A round is a table too, so that the rounds are tables that look each other up.
        """
        table, steps = ALL_BLOCKS, set(self.schedule)
        rounds = {step: round_table(self.round, step.of_signs(key)) for step in steps}
        for step in self.schedule:
            table = rounds[step][table]
            yield table

    # --- what a pair asks of its networks, and files ----------------------------------------------

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers of one round."""
        return self.round.layers

    @property
    def weights(self) -> list[np.ndarray]:
        """[count, key_step, backwards] and the weights of a round: what a fingerprint covers.

        And the constant, where there is one.
        """
        numbers = [self.count, self.key_step, self.backwards, self.constant]
        return [np.array(numbers[: 4 if self.constant else 3], np.int32), *self.round.weights]

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
        if numbers.shape not in [(3,), (4,)]:
            raise ValueError(
                f"Rounds are 3 or 4 numbers beside a network; here are {numbers.size}: fetch the "
                "file again."
            )
        links = json_in(arrays, "links")
        for kind in (Coupling, Uncoupling):
            if links == [[*layer] for layer in kind.layers]:
                return cls(kind(*weights_in(arrays)), *numbers.tolist())
        return cls(Chain.from_arrays(arrays), *numbers.tolist())


@singledispatch
def round_table(round_: Callable[[Signs], np.ndarray], key: Signs) -> Block:
    """What a round makes of every block under a key of 16 signs, uint16 (65536,)."""
    blocks = as_signs(ALL_BLOCKS)
    return as_blocks(round_(np.hstack([blocks, np.broadcast_to(key, (len(blocks), 16))])))


@round_table.register
def coupling_table(round_: Coupling, key: Signs) -> Block:
    """The same for Alice, from the 256 masks that 256 passing halves make."""
    upper, lower = ALL_BLOCKS >> HALF, ALL_BLOCKS & 255
    return lower << HALF | upper ^ changes(round_, key)[lower]


@round_table.register
def uncoupling_table(round_: Uncoupling, key: Signs) -> Block:
    """The same for what undoes it."""
    upper, lower = ALL_BLOCKS >> HALF, ALL_BLOCKS & 255
    return (lower ^ changes(round_, key)[upper]) << HALF | upper


def changes(round_: Coupling, key: Signs) -> Block:
    """Which bits each passing half changes in the other, 0-255: uint16 (256,)."""
    mask = round_.mask(np.hstack([ALL_HALVES, np.broadcast_to(key, (256, 16))]))
    return np.packbits(mask < 0).astype(np.uint16)


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
    wide = np.uint8 if logits.shape[1] % 4 else np.uint32  # four numbers at once: none overflows
    places = wide(1) << np.arange(HALF, dtype=wide)[::-1]
    ones = np.greater_equal(logits, 0, order="C").view(wide).reshape(len(logits) // HALF, HALF, -1)
    bytes_ = np.einsum("p,bpn->bn", places, ones).view(np.uint8)  # packbits is slow across rows
    numbers = bytes_[0].astype(np.uint16)
    for byte in bytes_[1:]:
        numbers = numbers << HALF | byte
    return numbers


def as_signs(blocks: Block) -> Signs:
    """Blocks, uint16 (n,), as signs, float32 (n, 16)."""
    return bits_to_signs(blocks_to_bits(blocks))


def as_blocks(signs: np.ndarray) -> Block:
    """Signs or logits (n, 16) as blocks, uint16 (n,): a bit is 1 from 0 upwards."""
    return bits_to_blocks((signs >= 0).view(np.uint8))
