"""A proof by counting: every message under every key, all 2^32 pairs of them. NumPy only.

Where a ciphertext is 16 bits, two claims about a pair can be decided by trying everything:

correct: Bob reads every message back, under every key.
perfectly secret: for every message, another key gives another ciphertext. Then all 65,536
    ciphertexts are equally likely whatever the message, if the key is drawn by fair coins and used
    once: Shannon (1949, "Communication Theory of Secrecy Systems", section 10).

From the first it follows that under every key another message gives another ciphertext: of two
with the same one, Bob would misread one.

A cipher of rounds is proved by its round. Where Bob's round undoes Alice's on every pair of block
and key, his first undoes her last, his second her last but one, and so on, however many there are.
Nothing is claimed of its secrecy.

`python -m data.studies.proofs proven` counts everything, on all cores, and says what it found.
"Proved" is said only of what this very process has counted: a file with the word in it proves
nothing, so none is read. How each row of 65,536 answers takes less than a millisecond, and why its
bits are beyond doubt: `rows`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import starmap
from typing import Any, NamedTuple

import numpy as np

from helpers import manifest
from helpers.bits import ALL_BLOCKS, short
from helpers.neural.chain import Chain, Layer
from helpers.neural.cipher import NeuralCipher, check_cipher
from helpers.neural.rounds import Coupling, Round, Rounds
from helpers.neural.rows import HUGE, CouplingRows, GateRows, Margin, Near, Rows, margin, peak

ROWS_IN_A_PART = 128  # what is counted between two reports: about a twentieth of a second
COMPARED = 256  # answers in a part that are compared with the network's own
EXAMPLES = 3  # how many faults of a kind are named
SAMPLE = 4  # messages whose ciphertexts are counted where nothing is claimed of them

GATES = (Layer("gate"), Layer("sign")), (Layer("gate"), Layer("linear"))


class Fault(NamedTuple):
    """A block that Bob, with the right key, misreads; or two keys with one ciphertext of it."""

    message: int
    key: int
    ciphertext: int
    other: int  # what Bob reads; or the other key


@dataclass(frozen=True)
class Tally:
    """What was counted in some rows; the sum of two is what was counted in both."""

    messages: int = 0  # tried with every key
    bijective: int = 0  # of those messages: another key, another ciphertext
    distinct: int = 0  # distinct ciphertexts, added up over those messages
    keys: int = 0  # tried with every message
    wrong: int = 0  # pairs with one of those keys that Bob misreads
    compared: int = 0  # answers that were compared with the network's own
    misread: tuple[Fault, ...] = ()  # the first of them
    collisions: tuple[Fault, ...] = ()
    alice: Near = Near()
    bob: Near = Near()

    def __add__(self, other: Tally) -> Tally:
        both = {name: (one, getattr(other, name)) for name, one in vars(self).items()}
        sums = {name: one + two for name, (one, two) in both.items()}
        sums |= {name: sums[name][:EXAMPLES] for name in ("misread", "collisions")}
        return Tally(**sums | {name: min(both[name]) for name in ("alice", "bob")})


class Count(NamedTuple):
    """What was counted of a pair, and what follows from it."""

    bits: int  # of a block, and of a key
    rounds: int  # 0 where Alice is one network
    tally: Tally
    alice: Margin
    bob: Margin

    @property
    def proved(self) -> bool:
        """Nothing left out, no fault, and none elsewhere. Of rounds: Bob is correct, no more."""
        return self.complete and not self.refuted and self.same_everywhere

    @property
    def complete(self) -> bool:
        """Whether nothing was left out. Of rounds, the messages need not be complete."""
        size, tally = 1 << self.bits, self.tally
        return tally.keys == size and (self.rounds > 0 or tally.messages == size)

    @property
    def refuted(self) -> bool:
        """Whether a fault was found; one is enough, however few pairs were tried."""
        collided = self.tally.bijective < self.tally.messages
        return self.tally.wrong > 0 or (collided and not self.rounds)

    @property
    def same_everywhere(self) -> bool:
        """Whether every machine finds the same bits, in whatever order it adds."""
        return min(self.alice.times, self.bob.times) > 1

    @property
    def verdict(self) -> str:
        """What follows, in a sentence; "Proved" only where nothing was left out."""
        if self.refuted:
            return "Refuted: a fault was found."
        if not self.complete:
            return "No proof, for only a part was counted. No fault was found."
        if not self.same_everywhere:
            return "No proof, though all was counted: rounding may decide about a bit."
        return "Proved: Bob is never wrong" + (
            ", and perfectly secret." if not self.rounds else "."
        )


class Counter:
    """The rows of a pair, ready to be counted: Alice's by message and by key, and Bob's by key."""

    def __init__(self, cipher: NeuralCipher):
        """ValueError unless the pair is one that can be counted."""
        alice, bob = networks(cipher)
        self.alice, self.bob = rows_by_key(alice, cipher.name), rows_by_key(bob, cipher.name)
        self.bits = self.bob.bits
        if isinstance(cipher.alice, Rounds):
            self.rounds, self.by_message = cipher.alice.count, Rows(cipher.alice, "block", 16)
        else:
            self.rounds, self.by_message = 0, GateRows(alice, "block")
        self.nearest = Tally()  # has the nearest logits so far: few rows come nearer

    def parts(self, messages: range | None, keys: range | None) -> list[tuple[str, range]]:
        """What is to be counted, in parts that are soon done; None: as `count` says."""
        everything = range(1 << self.bits)
        if messages is None:
            messages = everything[:SAMPLE] if self.rounds else everything
        halves = {"messages": messages, "keys": everything if keys is None else keys}
        return [
            (half, numbers[i : i + ROWS_IN_A_PART])
            for half, numbers in halves.items()
            for i in range(0, check_range(numbers, len(everything)), ROWS_IN_A_PART)
        ]

    def count(self, half: str, numbers: range) -> Tally:
        """These messages under every key ("messages"), or every message under these ("keys")."""
        one = {"messages": self.message, "keys": self.key}[half]
        tally = Tally(alice=self.nearest.alice, bob=self.nearest.bob)
        for number in numbers:
            tally += one(number, tally)
        self.nearest = tally
        rows = {"messages": [(self.by_message, tally.alice)]}
        rows["keys"] = [(self.alice, tally.alice), (self.bob, tally.bob)]
        rng = np.random.default_rng(numbers.start)
        return tally + Tally(compared=sum(compare(*pair, numbers, rng) for pair in rows[half]))

    def message(self, message: int, before: Tally) -> Tally:
        """Does another key always make another ciphertext of this message?"""
        sent, near = self.by_message(message, before.alice)
        seen = np.zeros(len(sent), bool)
        seen[sent.astype(np.intp)] = True  # indices as wide as these are fast
        distinct = int(np.count_nonzero(seen))
        if distinct == len(sent):
            return Tally(messages=1, bijective=1, distinct=distinct, alice=near)
        keys = np.argsort(sent, kind="stable")
        again = np.flatnonzero(sent[keys][1:] == sent[keys][:-1])[0]  # the first ciphertext
        first = Fault(message, int(keys[again]), int(sent[keys[again]]), int(keys[again + 1]))
        return Tally(messages=1, distinct=distinct, collisions=(first,), alice=near)

    def key(self, key: int, before: Tally) -> Tally:
        """Does Bob read every message under this key?"""
        sent, alice = self.alice(key, before.alice)
        answers, bob = self.bob(key, before.bob)
        read = answers.take(sent)
        wrong = np.flatnonzero(read != ALL_BLOCKS[: len(read)])
        first = wrong[:EXAMPLES].tolist()
        misread = tuple(Fault(m, key, int(sent[m]), int(read[m])) for m in first)
        return Tally(keys=1, wrong=len(wrong), misread=misread, alice=alice, bob=bob)

    def conclude(self, tallies: Iterable[Tally]) -> Count:
        """What follows from all that was counted."""
        tally = sum(tallies, Tally())
        margins = margin(self.alice, tally.alice), margin(self.bob, tally.bob)
        return Count(self.bits, self.rounds, tally, *margins)


def networks(cipher: NeuralCipher) -> tuple[Round, Round]:
    """Alice and Bob, or a round of each. ValueError unless all that they send can be counted."""
    check_cipher(cipher)
    if not cipher.binary:
        raise ValueError(
            f"A proof counts ciphertexts of 16 bits, and the pair {cipher.name!r} sends numbers "
            "between -1 and 1, too many to count: choose a pair that sends bits."
        )
    alice, bob = cipher.alice, cipher.bob
    if (
        isinstance(alice, Rounds)
        and isinstance(bob, Rounds)
        and bob.schedule == alice.schedule[::-1]
    ):
        return alice.round, bob.round
    if isinstance(alice, Rounds) or isinstance(bob, Rounds):
        raise ValueError(
            f"Bob of {cipher.name!r} does not run Alice's rounds backwards, so that no proof of "
            "one round holds for all: give him her count and her key_step, and him alone backwards."
        )
    return alice, bob


def rows_by_key(network: Round, name: str) -> GateRows | CouplingRows:
    """The fast rows of a network, one row a key. ValueError unless its bits are beyond doubt."""
    gates = isinstance(network, Chain) and network.layers in GATES
    if not gates and not isinstance(network, Coupling):
        raise ValueError(
            f"A network of {name!r} is neither one layer of gates for 8 or 16 bits nor a coupling, "
            "and no other can be counted fast enough: choose another pair."
        )
    if not peak(network) < HUGE / 2:  # the other half is left to what rounding adds
        raise ValueError(
            f"No proof: weights of {name!r} are no numbers, or so large that float32 may overflow "
            "on some machine: train the pair again, and keep its weights small."
        )
    rows = CouplingRows(network) if isinstance(network, Coupling) else GateRows(network, "key")
    if rows.rounding >= 1:
        raise ValueError(
            f"No proof: a logit of {name!r} is always so near 0 that float32 rounding decides "
            "about its bit: train the pair again."
        )
    return rows


def compare(rows: Rows, near: Near, numbers: range, rng: np.random.Generator) -> int:
    """The nearest pair and random ones in its row, or in another of these, against the network.

    Returns how many. The nearest of all may be in a row that was counted, and compared, before.
    Raises ArithmeticError where they differ: then the counting is wrong, not the pair.
    """
    if not rows.rounding < near.distance < math.inf:
        return 0  # either rounding decides, or the network itself has answered
    fixed, free = (near.block, near.key) if rows.fixed == "block" else (near.key, near.block)
    fixed = fixed if fixed in numbers else int(rng.choice(numbers))
    some = np.append(rng.integers(len(rows.signs), size=COMPARED - 1), free)
    if not np.array_equal(rows(fixed)[0][some], rows.by_network(fixed, some)):
        raise ArithmeticError(
            f"What was counted for the {rows.fixed} {fixed} is not what the network answers: "
            "nothing is proved before helpers/neural/rows.py is right."
        )
    return len(some)


def check_range(numbers: range, size: int) -> int:
    """How many they are. ValueError unless there is one, and all are messages, or keys."""
    if not (isinstance(numbers, range) and numbers and {numbers[0], numbers[-1]} <= {*range(size)}):
        raise ValueError(
            f"Messages and keys of this pair are 0 to {size - 1:,}; here is {short(numbers)}: "
            f"choose a part of range({size})."
        )
    return len(numbers)


def count(cipher: NeuralCipher, messages: range | None = None, keys: range | None = None) -> Count:
    """Try `messages` under every key, and every message under `keys`. A hundred take a moment.

    Args:
        cipher: a pair that sends bits: one layer of gates each, or rounds.
        messages: a part of range(65536); None: all there are, and of rounds the first 4.
        keys: a part of range(65536); None: all.

    Returns:
        What was counted, with the first faults by name, and what follows: `proved`, `refuted`, and
        a `verdict` in words.

    Raises:
        ValueError: for a pair that cannot be counted, and for what are no messages or keys.

    Source: Shannon (1949, "Communication Theory of Secrecy Systems", section 10), for what is
    counted.

    >>> part = count(NeuralCipher.load("proven"), messages=range(2), keys=range(3))
    >>> part.tally.bijective, part.tally.wrong
    (2, 0)
    >>> part.verdict
    'No proof, for only a part was counted. No fault was found.'
    """
    counter = Counter(cipher)
    return counter.conclude(starmap(counter.count, counter.parts(messages, keys)))


def shipped(pair: str) -> dict[str, Any]:
    """What was counted of a shipped pair when the kit was made: a report, and no proof.

    Args:
        pair: "proven", "uncorrelated" or "diffusing".

    Returns:
        The numbers of `Count` and `Tally` by their names; and date, command and machine.

    Raises:
        ValueError: unless it is the report that is shipped, of the weights that are shipped, with
            nothing left out and no fault.

    >>> found = shipped("proven")
    >>> found["keys"], found["messages"], found["wrong"]
    (65536, 65536, 0)
    """
    found = manifest.results(f"proof_{pair}")
    whole = {"fingerprint": NeuralCipher.load(pair).fingerprint, "keys": 65536, "wrong": 0}
    if not found.get("rounds"):
        whole |= {"messages": 65536, "bijective": 65536}
    if any(found.get(name) != value for name, value in whole.items()):
        raise ValueError(
            f"The shipped count of {pair!r} is of other weights, of a part, or found a fault: "
            f"count anew with `python -m data.studies.proofs {pair}`."
        )
    return found
