"""Modes of operation: how a function of one block encrypts many. NumPy only.

ECB   C_i = E(P_i)               equal blocks stay equal, and a picture shows through
CBC   C_i = E(P_i xor C_{i-1})   C_0 is the iv; each block depends on all before it
CTR   C_i = P_i xor E(T_i)       T_1 is the nonce, and each T_i the number after the last

These are the definitions of NIST SP 800-38A (2001, sections 6.1, 6.2 and 6.5) for blocks of 16
bits. E is any *block function*, uint16 (n,) to uint16 (n,), that treats each block alone: here
Alice under a key. ECB and CBC need Bob to decrypt; CTR decrypts with the function that encrypts.

A mode hides repeats. It does not make a weak block function strong: over a one-time pad, CTR is the
picture xor a counter that all can see, and where plaintext blocks are equal CBC goes to and fro
between two. And blocks as short as these wear any mode out: CBC's ciphertext begins to repeat after
some 300 random blocks (the birthday bound), and CTR has no more than 65,536 counters.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Sequence
from itertools import accumulate

import numpy as np

from helpers.bits import ALL_BLOCKS, M_BITS, bits_to_blocks

BlockFunction = Callable[[np.ndarray], np.ndarray]

STARTS = {"ECB": None, "CBC": "iv", "CTR": "nonce"}  # what each mode starts from
COUNTERS = len(ALL_BLOCKS)  # that one key has in CTR mode

# --- the modes ------------------------------------------------------------------------------------


def cbc_encrypt(forward: BlockFunction, blocks: np.ndarray, iv: int) -> np.ndarray:
    """Cipher block chaining: plaintext to ciphertext blocks, both uint16 (n,).

    No block can begin before the one ahead of it is done. So this runs in plain Python, along the
    list of all that `forward` can answer.
    """
    answers = forward(ALL_BLOCKS).tolist()
    chain = accumulate(
        memoryview(blocks), lambda before, block: answers[block ^ before], initial=iv
    )
    return np.fromiter(chain, np.uint16, len(blocks) + 1)[1:]


def cbc_decrypt(inverse: BlockFunction, blocks: np.ndarray, iv: int) -> np.ndarray:
    """Ciphertext to plaintext blocks, uint16 (n,): all at once, for here every C_{i-1} is known.

    A wrong bit in C_i garbles P_i, and is wrong in P_{i+1} too; what follows is right again.
    """
    before = np.append(np.uint16(iv), blocks[:-1])
    return np.bitwise_xor(before, inverse(blocks), out=before)


def ctr(forwards: Sequence[BlockFunction], blocks: np.ndarray, nonce: int) -> np.ndarray:
    """Counter mode: plaintext to ciphertext blocks, uint16 (n,), or back, which is the same.

    Under one key no counter may come twice: P_i xor P_j would lie open. With 16 bits there are
    65,536 of them, 128 KiB, and a picture of 256 x 256 pixels has half as many blocks again. So
    `forwards` is the block function under one key after another, each for 65,536 blocks: real
    ciphers have wider blocks, and are given a new key long before they run out of counters too.
    """
    parts = [blocks[start : start + COUNTERS] for start in range(0, len(blocks), COUNTERS)]
    return np.concatenate(
        [part ^ forward(counters(nonce, len(part))) for forward, part in zip(forwards, parts)]
    )


def counters(nonce: int, count: int) -> np.ndarray:
    """The nonce and the numbers after it, uint16 (count,); after 65,535 comes 0."""
    return (np.arange(count) + nonce).astype(np.uint16)


# --- what is right to ask for ---------------------------------------------------------------------


def start_of(
    mode: str, iv: Sequence[int] | str | None = None, nonce: Sequence[int] | str | None = None
) -> np.ndarray | None:
    """The 16 bits, uint8 (16,), that a mode starts from; None for ECB, which starts from nothing.

    Raises ValueError for an unknown mode, where its iv or nonce is missing, or is not 16 bits (as a
    sequence or a text), and where one came that the mode does not take.
    """
    if not isinstance(mode, str) or mode not in STARTS:
        raise ValueError(
            f"The modes are ECB, CBC and CTR; {reprlib.repr(mode)} is none: choose one of them."
        )
    given = {"iv": iv, "nonce": nonce}
    wanted = STARTS[mode]
    for its_mode, name in STARTS.items():
        if name not in (None, wanted) and given[name] is not None:
            raise ValueError(
                f"{mode} takes no {name}, and one came: leave it out, or choose mode={its_mode!r}."
            )
    return None if wanted is None else sixteen_bits(wanted, given[wanted], mode)


def sixteen_bits(name: str, given: Sequence[int] | str | None, mode: str) -> np.ndarray:
    """An iv or a nonce as uint8 (16,); in a text, spaces and underscores are for the eye only."""
    if given is None:
        raise ValueError(
            f"{mode} starts from 16 bits that are new for each picture, its {name}; none came: "
            f"pass {name}=bits.random_key(rng)."
        )
    row = np.array(list(re.sub(r"[\s_]", "", given)) if isinstance(given, str) else given)
    if row.shape != (M_BITS,):
        has = row.size if row.ndim == 1 else f"shape {row.shape}"
        raise ValueError(
            f"The {name} of {mode} has {M_BITS} bits, each 0 or 1; this one has {has}: "
            f"add or remove bits until there are {M_BITS}."
        )
    digits = row.astype(str)
    if other := sorted(set(digits.tolist()) - {"0", "1"}):
        raise ValueError(
            f"The {name} of {mode} has {M_BITS} bits, each 0 or 1; here is {other[0][:20]}: take "
            "it out."
        )
    return digits.astype(np.uint8)


def as_number(bits: np.ndarray) -> int:
    """16 bits as the number that they write, from 0 to 65,535."""
    return int(bits_to_blocks(bits[None])[0])


def check_counters(count: int, keys: Sequence[np.ndarray]) -> None:
    """ValueError where `count` blocks in CTR mode would use a counter twice under one key."""
    needed = -(-count // COUNTERS)
    if len(keys) < needed:
        raise ValueError(
            f"In CTR mode a key has {COUNTERS:,} counters, one a block, and none may come twice; "
            f"{count:,} blocks need {needed} keys, here {len(keys)}: pass a list of {needed} keys, "
            "or a smaller picture."
        )
    if len({key.tobytes() for key in keys}) < len(keys):
        raise ValueError(
            "In CTR mode each key of a list begins its counter anew, so no two may be equal; here "
            "one came twice: pass different keys."
        )
