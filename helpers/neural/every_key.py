"""A block under all 65,536 keys at once: what whoever tries every key has to do. NumPy only.

Of a pair of gate networks, one row of Bob's answers (`rows`). Of rounds of couplings, look-ups in a
table: which bits each round key and passing half change. It is made in a second or two, and then
all keys are tried on a block in about ten milliseconds.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from helpers.bits import ALL_BLOCKS, Block
from helpers.neural.chain import sign
from helpers.neural.cipher import NeuralCipher
from helpers.neural.rounds import ALL_HALVES, Coupling, Rounds, Step, as_signs
from helpers.neural.rows import GateRows


def under_every_key(cipher: NeuralCipher, blocks: np.ndarray) -> np.ndarray:
    """What all 65,536 keys, in their order, make of blocks of ciphertext.

    Args:
        cipher: a pair of gate networks that sends bits; or one of rounds of couplings, of which
            Alice's are undone: Bob's, once proved, say the same.
        blocks: uint16 (n,).

    Returns:
        uint16 (65536, n), a row for each key.

    Raises:
        ValueError: for a pair of which neither way is known.

    >>> cipher, key = NeuralCipher.load("diffusing"), [0] * 14 + [1, 0]
    >>> meant = under_every_key(cipher, cipher.forward(key)(np.uint16([77])))
    >>> meant.shape, meant[0b10].tolist()
    ((65536, 1), [77])
    """
    if isinstance(cipher.alice, Rounds) and isinstance(cipher.alice.round, Coupling):
        return decrypt(masks_of(cipher.alice.round), cipher.alice.schedule, blocks)
    gates_alone = [layer.activation for layer in cipher.bob.layers[:-1]] == ["gate"]
    if not cipher.binary or isinstance(cipher.bob, Rounds) or not gates_alone:
        raise ValueError(
            f"All keys at once are for pairs of bits, of gates or of couplings; {cipher.name!r} is "
            "none: try its keys one by one."
        )
    rows = GateRows(cipher.bob, "block")
    return np.stack([rows(block)[0] for block in blocks.tolist()], axis=1)


EVERY_KEY = np.arange(1 << 16)[:, None]


def encrypt(
    masks: np.ndarray, schedule: list[Step], blocks: Block, keys: np.ndarray = EVERY_KEY
) -> Block:
    """Couplings run forwards, by look-ups.

    Args:
        masks: those of `masks_of`.
        schedule: Alice's, or the part of it that is still to be run.
        blocks: uint16, of any shape.
        keys: whole numbers below 65,536, of a shape that NumPy broadcasts with it.

    Returns:
        uint16, of the shape that both have together: (65536, n) for blocks (n,) under every key.

    >>> pair = NeuralCipher.load("diffusing")
    >>> masks, blocks = masks_of(pair.alice.round), np.uint16([77, 78])
    >>> sent = encrypt(masks, pair.alice.schedule, blocks, np.array([2, 2]))
    >>> np.array_equal(sent, pair.forward([0] * 14 + [1, 0])(blocks))
    True
    """
    upper, lower = (half.astype(np.uint8) for half in (blocks >> 8, blocks))
    for step in schedule:
        upper, lower = lower, upper ^ masks.take(step.of_numbers(keys) << 8 | lower)
    return upper.astype(np.uint16) << np.uint16(8) | lower


def decrypt(
    masks: np.ndarray, schedule: list[Step], blocks: Block, keys: np.ndarray = EVERY_KEY
) -> Block:
    """Couplings run backwards: what `encrypt` did is undone.

    A round moves the half that passed to the left, where its masks can be read once more.
    """
    upper, lower = (half.astype(np.uint8) for half in (blocks >> 8, blocks))
    for step in schedule[::-1]:
        upper, lower = lower ^ masks.take(step.of_numbers(keys) << 8 | upper), upper
    return upper.astype(np.uint16) << np.uint16(8) | lower


KEYS_AT_ONCE = 16  # so that their 64 x 256 thresholds stay in the processor's cache


def masks_of(round_: Coupling) -> np.ndarray:
    """Which bits of the other half a round changes, for each round key and passing half.

    Args:
        round_: a coupling, or what undoes it: their masks are the same.

    Returns:
        uint8 (65536, 256). The last two tables are kept.

    >>> alice = NeuralCipher.load("diffusing").alice
    >>> masks_of(alice.round).shape
    (65536, 256)
    """
    return masks_of_weights(*((w.tobytes(), w.shape) for w in round_.weights))


@lru_cache(maxsize=2)
def masks_of_weights(*weights: tuple[bytes, tuple[int, ...]]) -> np.ndarray:
    """`masks_of`, by what can be compared with what is kept."""
    arrays = [np.frombuffer(data, np.float32).reshape(shape) for data, shape in weights]
    (kernel, bias), *deeper = zip(arrays[::2], arrays[1::2])
    of_half, of_key = ALL_HALVES @ kernel[:8], as_signs(ALL_BLOCKS) @ kernel[8:] + bias
    masks = np.empty((1 << 16, 256), np.uint8)
    for keys in (slice(first, first + KEYS_AT_ONCE) for first in range(0, 1 << 16, KEYS_AT_ONCE)):
        sums = of_half + of_key[keys, None]
        for kernel, bias in deeper:
            sums = sign(sums) @ kernel + bias
        masks[keys] = np.packbits(sums < 0, axis=-1)[..., 0]
    masks.flags.writeable = False
    return masks
