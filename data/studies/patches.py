"""Is the key in the ciphertext of a picture? How often, by the size of a patch, for each pair.

python -m data.studies.patches
python -m data.studies.patches resisting

The first takes all pairs, the second one of them again. Patches of the three shipped pictures are
encrypted, each under a random key of its own, and Eve hears the ciphertext of the patch alone. With
a pair of bits she decrypts it under all 65,536 keys and takes the smoothest
(`eavesdropping.smoothest_keys`). With `paper` she needs no smoothness, since a wrong key
contradicts itself: one block is enough (`consistency`), or a busy patch (`brute_force`).

`alone`: the key that she is left with is the right one. `among`: the right one is among several
that are as smooth. Which these are is said by what they make of the patch, `same`, `negative`,
`same_steps` or `other_steps`: see `kind`. Patches lie anywhere, or are `busy`: as many different
blocks as a brute force asks for, or all different where there are fewer; that shows in the
ciphertext. As a control, patches of a picture of random bytes: no key is smooth there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from time import perf_counter
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from data.studies import publish
from helpers import manifest, pictures
from helpers.bits import Key, Picture, blocks_to_picture, picture_to_blocks, random_key
from helpers.metrics import Proportion
from helpers.neural import eavesdropping
from helpers.neural.cipher import NeuralCipher
from helpers.neural.ciphertext import Ciphertext
from helpers.neural.every_key import under_every_key
from helpers.neural.rounds import Rounds

PAIRS = ("paper", "proven", "uncorrelated", "diffusing", "resisting")
PADS = ("proven", "uncorrelated")
TRIES = {(2, 2): 60, (2, 4): 60, (4, 4): 60, (8, 8): 60, (16, 16): 30, (32, 32): 15}
TRIES_OF_PADS = {(96, 96): 6}
BRUTE_FORCES = {(4, 4): 15, (8, 8): 15, (16, 16): 15}
BLOCKS_TRIED = 60  # one by one, with `consistency`
NOISE = (8, 8), 60
AT_ONCE = 1000  # different blocks that are looked at under all keys together: 125 MiB
ROUNDS_AT_ONCE = 64  # of them for a cipher of rounds, so that it stays near the processor

Found = dict[str, object]


class Patch(NamedTuple):
    """What Eve hears, and what she should find."""

    name: str  # of the picture
    right: Picture
    key: Key
    heard: Ciphertext


class Smoothest(NamedTuple):
    """What Eve is left with."""

    keys: np.ndarray  # uint8 (k, 16)
    views: list[Picture]  # the patch under each of them


# --- patches --------------------------------------------------------------------------------------


def drawn(
    cipher: NeuralCipher, side: tuple[int, int], n: int, rng: np.random.Generator, busy: bool
) -> list[Patch]:
    """Patches of the shipped pictures in turn, each under a key of its own."""
    every = {name: pictures.load(name) for name in pictures.NAMES}
    names = [pictures.NAMES[i % len(every)] for i in range(n)]
    return [encrypted(cipher, name, somewhere(every[name], side, rng, busy), rng) for name in names]


def encrypted(cipher: NeuralCipher, name: str, right: Picture, rng: np.random.Generator) -> Patch:
    """A patch under a random key."""
    key = random_key(rng)
    return Patch(name, right, key, cipher.encrypt(right, key))


def somewhere(
    picture: Picture, side: tuple[int, int], rng: np.random.Generator, busy: bool
) -> Picture:
    """A patch of (height, width); its left edge is even, since two pixels share a block."""
    (height, width), (rows, columns, _) = side, picture.shape
    while True:
        top, left = rng.integers(rows - height + 1), 2 * rng.integers((columns - width) // 2 + 1)
        patch = picture[top : top + height, left : left + width]
        if not busy or is_busy(patch):
            return patch


def is_busy(patch: Picture) -> bool:
    """As many different blocks as a brute force asks for, or as there are."""
    blocks = picture_to_blocks(patch)
    return np.unique(blocks).size >= min(eavesdropping.NOT_FLAT, blocks.size)


# --- pairs of bits --------------------------------------------------------------------------------


def smoothest(cipher: NeuralCipher, patches: Sequence[Patch]) -> Iterator[Smoothest]:
    """`eavesdropping.smoothest_keys` of each, with many patches decrypted at once."""
    waiting: list[tuple[Patch, np.ndarray, np.ndarray]] = []
    for patch in patches:
        blocks, place = np.unique(patch.heard.data, return_inverse=True)
        if waiting and sum(len(b) for _, b, _ in waiting) + len(blocks) > AT_ONCE:
            yield from together(cipher, waiting)
            waiting = []
        waiting.append((patch, blocks, place))
    yield from together(cipher, waiting)


def together(
    cipher: NeuralCipher, waiting: Sequence[tuple[Patch, np.ndarray, np.ndarray]]
) -> Iterator[Smoothest]:
    """The same of patches, given their different blocks and which of them stand where."""
    every = np.concatenate([blocks for _, blocks, _ in waiting])
    parts = -(-every.size // ROUNDS_AT_ONCE) if isinstance(cipher.alice, Rounds) else 1
    made = np.hstack([under_every_key(cipher, part) for part in np.array_split(every, parts)])
    ends = np.cumsum([len(blocks) for _, blocks, _ in waiting])
    for (patch, blocks, place), end in zip(waiting, ends):
        part, shape = made[:, end - len(blocks) : end], patch.right.shape
        keys = eavesdropping.smoothest(part, place, shape)
        views = [blocks_to_picture(part[key][place], shape) for key in keys]
        yield Smoothest(eavesdropping.ALL_KEYS[keys], views)


def outcome(cipher: NeuralCipher, patches: Sequence[Patch]) -> Found:
    """How often the right key is left, alone or among others, and what the others make."""
    counts, kinds, alone_in, left = Counter[str](), Counter[str](), Counter[str](), []
    for patch, (keys, views) in zip(patches, smoothest(cipher, patches)):
        is_right = (keys == patch.key).all(axis=1)
        among, alone = int(is_right.any()), int(is_right.all())
        flat = int(not np.ptp(patch.right, axis=(0, 1)).any())
        counts.update(among=among, alone=alone, flat=flat, flat_alone=flat * alone)
        alone_in[patch.name] += alone
        left.append(len(keys))
        wrong = [view for view, right in zip(views, is_right) if among and not right]
        kinds.update({kind(patch.right, view) for view in wrong})
    return {
        "tried": len(patches),
        "alone": share(counts["alone"], len(patches)),
        "among": share(counts["among"], len(patches)),
        "alone_by_picture": dict(alone_in),
        "one_colour": {"tried": counts["flat"], "alone": counts["flat_alone"]},
        "keys_left": {"median": float(np.median(left)), "most": max(left)},
        "patches_with_ties": dict(kinds),
    }


def kind(right: Picture, made: Picture) -> str:
    """Why another key is as smooth as the right one, by what it makes of the patch.

    same: the two keys agree on all blocks of the patch, which are few.
    negative: every colour is 255 minus the right one, so that every difference stays.
    same_steps: every difference stays in another way: bits are turned that a colour has the same
        everywhere in the patch, or all of its bits, while other colours stay.
    other_steps: the differences are others, and their sum is the same by chance.
    """
    if np.array_equal(made, right):
        return "same"
    if np.array_equal(made, 255 - right):
        return "negative"
    return "same_steps" if np.array_equal(steps(made), steps(right)) else "other_steps"


def steps(picture: Picture) -> np.ndarray:
    """All differences of neighbours, without their signs."""
    numbers = picture.astype(int)
    return np.concatenate([np.abs(np.diff(numbers, axis=axis)).ravel() for axis in (0, 1)])


def of_bits(cipher: NeuralCipher, rng: np.random.Generator) -> Found:
    """All that is measured of a pair of bits."""
    tries = TRIES | (TRIES_OF_PADS if cipher.name in PADS else {})
    found: Found = {}
    for busy in (False, True):
        by_side = {}
        for side, n in tqdm(tries.items(), f"{cipher.name}, {'busy' if busy else 'any'}"):
            by_side["x".join(map(str, side))] = outcome(cipher, drawn(cipher, side, n, rng, busy))
        found["busy" if busy else "any"] = by_side
    noise = [rng.integers(0, 256, (*NOISE[0], 3), np.uint8) for _ in range(NOISE[1])]
    control = outcome(cipher, [encrypted(cipher, "noise", patch, rng) for patch in noise])
    return found | {"noise": control}


# --- the pair whose ciphertext is real numbers ----------------------------------------------------


def of_values(cipher: NeuralCipher, rng: np.random.Generator) -> Found:
    """One block is enough; and a brute force by Bob alone, who needs a busy patch."""
    single = drawn(cipher, (1, 2), BLOCKS_TRIED, rng, busy=False)
    found: Found = {"one_block": by(partial(consistent, cipher), single, "consistency")}
    for side, n in BRUTE_FORCES.items():
        patches = drawn(cipher, side, n, rng, busy=True)
        found["x".join(map(str, side))] = by(partial(forced, cipher), patches, "brute force")
    return {"busy": found}


def by(attack: Callable[[Patch], Key], patches: Sequence[Patch], what: str) -> Found:
    """How often an attack names the key."""
    keys = [attack(patch) for patch in tqdm(patches, what)]
    hits = sum(np.array_equal(found, patch.key) for found, patch in zip(keys, patches))
    return {"tried": len(patches), "alone": share(hits, len(patches))}


def consistent(cipher: NeuralCipher, patch: Patch) -> Key:
    """The key, by the first block of a patch."""
    return eavesdropping.consistency(cipher, patch.heard.values[0])


def forced(cipher: NeuralCipher, patch: Patch) -> Key:
    """The key that a brute force ends with."""
    *_, last = eavesdropping.brute_force(cipher, patch.heard)
    return last.key


# --- as a command ---------------------------------------------------------------------------------

COMMAND, SEED = "python -m data.studies.patches", 1


def share(hits: int, total: int) -> dict[str, object]:
    """A share with its interval, for a file."""
    found = Proportion(hits, total)
    return {"hits": hits, "share": found.share, "interval": found.interval}


def measured(name: str) -> Found:
    """A pair, with how its numbers came about."""
    cipher, rng, started = NeuralCipher.load(name), np.random.default_rng(SEED), perf_counter()
    found = of_bits(cipher, rng) if cipher.binary else of_values(cipher, rng)
    about = publish.provenance(f"{COMMAND} {name}", SEED, perf_counter() - started)
    return found | {"provenance": about}


def main(words: Sequence[str] | None = None) -> None:
    """The command line."""
    path, measures = manifest.DATA / "results" / "patches.json", dict.fromkeys(PAIRS, measured)
    publish.measure_by_name(words, COMMAND, __doc__, path, measures)


if __name__ == "__main__":
    main()
