"""Modes of operation: how a function of one block encrypts many. NumPy only.

ECB()        C_i = E(P_i)               equal blocks stay equal, and a picture shows through
CBC(iv)      C_i = E(P_i xor C_{i-1})   C_0 is the iv; each block depends on all before it
CTR(nonce)   C_i = P_i xor E(T_i)       T_1 is the nonce, and each T_i the number after the last

These are the definitions of NIST SP 800-38A (2001, sections 6.1, 6.2 and 6.5) for blocks of 16
bits. E is any *block function*, uint16 (n,) to uint16 (n,), that treats each block alone: here
Alice under a key. ECB and CBC need Bob to decrypt; CTR decrypts with the function that encrypts.

A mode hides repeats. It does not make a weak block function strong: over a one-time pad, CTR is the
picture xor a counter that all can see, and where plaintext blocks are equal CBC goes to and fro
between two. And blocks as short as these wear any mode out: CBC's ciphertext begins to repeat after
some 300 random blocks (the birthday bound), and CTR has no more than 65,536 counters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import ClassVar

import numpy as np

from helpers.bits import ALL_BLOCKS, Block, KeyLike, check_key, parse_key, short

BlockFunction = Callable[[Block], Block]

COUNTERS = len(ALL_BLOCKS)  # that one key has in CTR mode


@dataclass(frozen=True)
class ECB:
    """Electronic codebook: each block alone, as in the paper. It starts from nothing."""

    name: ClassVar[str] = "ECB"

    def encrypt(self, forward: BlockFunction, blocks: Block) -> Block:
        """Plaintext to ciphertext blocks, uint16 (n,)."""
        return forward(blocks)

    def decrypt(self, inverse: BlockFunction, blocks: Block) -> Block:
        """Ciphertext to plaintext blocks, uint16 (n,)."""
        return inverse(blocks)


@dataclass(frozen=True)
class CBC:
    """Cipher block chaining.

    `iv`: 16 bits, as a sequence or a text, that are new for each picture. They are no secret.
    """

    iv: KeyLike | str
    name: ClassVar[str] = "CBC"

    def __post_init__(self) -> None:
        object.__setattr__(self, "iv", checked(self.iv, "The iv of CBC"))

    def encrypt(self, forward: BlockFunction, blocks: Block) -> Block:
        """Plaintext to ciphertext blocks, uint16 (n,).

        No block can begin before the one ahead of it is done. So this runs in plain Python, along
        the list of all that `forward` can answer.
        """
        answers = forward(ALL_BLOCKS).tolist()
        one_by_one = blocks.astype(np.uint16, copy=False).data
        chain = accumulate(
            one_by_one, lambda before, block: answers[block ^ before], initial=number(self.iv)
        )
        return np.fromiter(chain, np.uint16, len(blocks) + 1)[1:]

    def decrypt(self, inverse: BlockFunction, blocks: Block) -> Block:
        """Ciphertext to plaintext blocks: all at once, for here every C_{i-1} is known.

        A wrong bit in C_i garbles P_i, and is wrong in P_{i+1} too; what follows is right again.
        """
        return inverse(blocks) ^ np.append(np.uint16(number(self.iv)), blocks[:-1])


@dataclass(frozen=True)
class CTR:
    """Counter mode.

    `nonce`: 16 bits, as a sequence or a text, that are new for each picture. They are no secret.
    """

    nonce: KeyLike | str
    name: ClassVar[str] = "CTR"

    def __post_init__(self) -> None:
        object.__setattr__(self, "nonce", checked(self.nonce, "The nonce of CTR"))

    def encrypt(self, forward: BlockFunction | Sequence[BlockFunction], blocks: Block) -> Block:
        """Plaintext to ciphertext blocks, uint16 (n,), or back, which is the same.

        Under one key no counter may come twice: P_i xor P_j would lie open. With 16 bits there are
        65,536 of them, 128 KiB, and a picture of 256 x 256 pixels has half as many blocks again. So
        `forward` may be a list, the block function under one key after another, each for 65,536
        blocks: real ciphers have wider blocks, and are given a new key long before they run out of
        counters too.
        """
        forwards = [forward] if callable(forward) else forward
        needed = -(-len(blocks) // COUNTERS)
        if len(forwards) < needed:
            raise ValueError(
                f"In CTR mode a key has {COUNTERS:,} counters, one a block, and none may come "
                f"twice; {len(blocks):,} blocks need {needed} keys, here {len(forwards)}: pass a "
                f"list of {needed} keys, or a smaller picture."
            )
        counters = ALL_BLOCKS + np.uint16(number(self.nonce))  # after 65,535 comes 0
        stream = np.concatenate([each(counters) for each in forwards[:needed]])
        return blocks ^ stream[: len(blocks)]

    decrypt = encrypt


Mode = ECB | CBC | CTR
MODES: dict[str, type[Mode]] = {mode.name: mode for mode in (ECB, CBC, CTR)}


def checked(given: KeyLike | str, name: str) -> tuple[int, ...]:
    """The 16 bits of an iv or a nonce; in a text, spaces and underscores are for the eye only."""
    bits = parse_key(given, name) if isinstance(given, str) else check_key(given, name)
    return tuple(bits.tolist())


def number(start: KeyLike | str) -> int:
    """The 16 bits that a mode starts from, as the number that they write, from 0 to 65,535."""
    return int("".join(map(str, start)), 2)


def check_mode(mode: Mode) -> None:
    """ValueError for anything else, the name of a mode say."""
    if not isinstance(mode, (ECB, CBC, CTR)):
        raise ValueError(
            "A mode is ECB(), CBC(iv) or CTR(nonce), from helpers.neural.modes, and here is "
            f"{short(mode)}: write encrypt(picture, key, CBC(iv)), for example."
        )


def as_arrays(mode: Mode) -> dict[str, np.ndarray]:
    """A mode as arrays for a file: "mode", its name, and its "iv" or "nonce", uint8 (16,)."""
    starts = {name: np.array(bits, np.uint8) for name, bits in asdict(mode).items()}
    return {"mode": np.array(mode.name), **starts}


def from_file(name: str, starts: Mapping[str, KeyLike]) -> Mode:
    """The mode of that name with its iv or nonce; ValueError where they do not fit together."""
    try:
        return MODES[name](**starts)
    except (KeyError, TypeError):
        raise ValueError(
            f"The modes are ECB, CBC with an iv and CTR with a nonce; here is {short(name)} with "
            f"{' and '.join(sorted(starts)) or 'neither'}: give a file that Ciphertext.save wrote."
        ) from None
