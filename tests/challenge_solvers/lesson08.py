"""How the challenges of lesson 08 can be solved. (Teachers: this is what `make teach` prints.)"""

from __future__ import annotations

import numpy as np

from challenge_solvers.reading import word_in
from helpers import bits


def linear_box(challenge):
    """The answers to 0 and to each single bit tell all others: 17 blocks are asked for.

    Every block is a xor of single bits, and so its ciphertext is a xor of what these change.
    """
    zero = challenge.encrypt([0])
    table = zero
    for change in challenge.encrypt(2 ** np.arange(16)) ^ zero:
        table = np.concatenate([table, table ^ change])
    blocks = np.argsort(table)[challenge.sent]
    return word_in(bits.blocks_to_picture(blocks.astype(np.uint16), challenge.shape))


def real_or_random(challenge):
    """The difference 0x8000 comes back 12 times and more in 8,192 pairs of the cipher, else not.

    In random order it comes once in eight boxes or so, and hardly ever twice.
    """
    x = np.arange(8192)
    seen = [np.sum(box(x) ^ box(x ^ 0x8000) == 0x8000) for box in challenge.boxes]
    return [int(count > 5) for count in seen]


def thousand_rounds(challenge):
    """A slide: blocks that are one round apart have ciphertexts that are one round apart.

    Of each p with right half r the round makes a q with left half r, but which? Each value that
    secret[r] may have gives 256 pairs; with the right one the halves of all their ciphertexts fit,
    and each of these pairs tells one entry. With a few r the table is full, for 512 questions each.
    """
    secret, halves, tried = {}, np.arange(256), set()
    while len(secret) < 256:
        r = min(set(secret or [0]) - tried)
        tried.add(r)
        of_p, of_q = challenge.encrypt(halves << 8 | r), challenge.encrypt(r << 8 | halves)
        for value in [secret[r]] if secret else range(256):
            later = of_q[halves ^ value]
            if np.array_equal(later >> 8, of_p & 255):
                entries = zip((of_p & 255).tolist(), (of_p >> 8 ^ later & 255).tolist())
                secret |= {**dict(entries), r: value}
    return [secret[right] for right in range(256)]
