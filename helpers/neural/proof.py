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

`python -m helpers.neural.proof proven` counts, and prints the verdict. "Proved" is said only of
what this very process has counted: a file with the word in it proves nothing, so none is read. How
each row of 65,536 answers takes less than a millisecond, and why its bits are beyond doubt: `rows`.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from itertools import starmap
from multiprocessing import get_context
from pathlib import Path
from signal import SIG_IGN, SIGINT, signal

import numpy as np
from tqdm import tqdm

from helpers import manifest
from helpers.bits import short
from helpers.files import check_writable, read_json, write_json
from helpers.neural.chain import Chain, Layer
from helpers.neural.cipher import NeuralCipher, check_cipher
from helpers.neural.rounds import Coupling, Rounds
from helpers.neural.rows import CouplingRows, GateRows, Margin, Near, Rows, margin, overflows

ROWS_IN_A_PART = 128  # what is counted between two reports: about a twentieth of a second
COMPARED = 256  # answers in a part that are compared with the network's own
EXAMPLES = 3  # how many faults of a kind are named
SAMPLE = 4  # messages whose ciphertexts are counted where nothing is claimed of them

# --- what was found -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Misread:
    """A ciphertext that Bob, with the right key, reads as another message."""

    message: int
    key: int
    ciphertext: int
    read: int


@dataclass(frozen=True)
class Collision:
    """Two keys that make the same ciphertext of a message."""

    message: int
    key: int
    other_key: int
    ciphertext: int


@dataclass(frozen=True)
class Tally:
    """What was counted in some rows; the sum of two is what was counted in both."""

    messages: int = 0  # tried with every key
    bijective: int = 0  # of those messages: another key, another ciphertext
    distinct: int = 0  # distinct ciphertexts, added up over those messages
    keys: int = 0  # tried with every message
    wrong: int = 0  # pairs with one of those keys that Bob misreads
    compared: int = 0  # answers that were compared with the network's own
    misread: tuple[Misread, ...] = ()  # the first of them
    collisions: tuple[Collision, ...] = ()
    alice: Near = Near()
    bob: Near = Near()

    def __add__(self, other: Tally) -> Tally:
        both = {name: (one, getattr(other, name)) for name, one in vars(self).items()}
        sums = {name: one + two for name, (one, two) in both.items()}
        sums |= {name: sums[name][:EXAMPLES] for name in ("misread", "collisions")}
        return Tally(**sums | {name: min(both[name]) for name in ("alice", "bob")})


@dataclass(frozen=True)
class Count:
    """What was counted of a pair, and what follows from it."""

    pair: str
    fingerprint: str
    bits: int  # of a block, and of a key
    rounds: int  # 0 where Alice is one network
    tally: Tally
    alice: Margin
    bob: Margin
    seconds: float

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
        return self.alice.same_everywhere and self.bob.same_everywhere

    @property
    def verdict(self) -> str:
        """What was found, in sentences; "Proved" only where nothing was left out."""
        if self.refuted:
            return faults(self)
        if not self.complete:
            return f"No proof, for only a part was counted: {coverage(self)}. No fault was found."
        if not self.same_everywhere:
            return f"No proof, though all was counted and no fault found: {too_near(self)}"
        return " ".join([claim(self), *([sample(self)] if self.rounds else []), portability(self)])

    def to_json(self) -> dict[str, object]:
        """What was counted, as plain numbers, lists and texts. Not the verdict: see above."""
        found = asdict(self)
        counted = found.pop("tally")
        del counted["alice"], counted["bob"]  # the margins say more
        return found | counted


# --- the verdict in words -------------------------------------------------------------------------


def claim(count: Count) -> str:
    """What a full count without a fault proves."""
    size = 1 << count.bits
    if count.rounds:
        return (
            f"Proved: Bob's round undoes Alice's on all {size**2:,} pairs of block and key, and "
            f"so, by induction, his {count.rounds} rounds undo hers."
        )
    return (
        f"Proved: Bob reads all {size**2:,} pairs of message and key, and for each of the "
        f"{size:,} messages the {size:,} keys make {size:,} ciphertexts: perfectly secret, for a "
        "key that is used once."
    )


def sample(count: Count) -> str:
    """How many ciphertexts a message has, where a few messages were tried."""
    tally = count.tally
    return (
        f"Perfect secrecy is not claimed: in a sample of {tally.messages:,} messages the "
        f"{1 << count.bits:,} keys make {tally.distinct / tally.messages:,.0f} distinct "
        "ciphertexts of each on average."
    )


def portability(count: Count) -> str:
    """Why another machine, which may add in another order, finds the same bits."""
    alice, bob = count.alice, count.bob
    return (
        f"No logit comes nearer to its threshold than {alice.at_least:.2g} (Alice) or "
        f"{bob.at_least:.2g} (Bob) of its rms, {min(alice.times, bob.times):,.0f} times as far as "
        "rounding can move it: every machine finds the same bits."
    )


def too_near(count: Count) -> str:
    """Where rounding decides about a bit."""
    name, side = min(("Alice", count.alice), ("Bob", count.bob), key=lambda side: side[1].times)
    places = in_hex({"block": side.block, "key": side.key}, count.bits)
    return (
        f"a logit of {name} comes as near to its threshold as {side.nearest:.1g} of its rms (block "
        f"{places['block']}, key {places['key']}), and float32 rounding can move it by "
        f"{side.rounding:.1g}, so that its bit may depend on the machine."
    )


def faults(count: Count) -> str:
    """How many faults there are of either kind, and the first by name."""
    tally, said = count.tally, []
    if tally.misread:
        said.append(
            f"Bob misreads {tally.wrong:,} of {tally.keys << count.bits:,} pairs, such as message "
            "{message} under key {key}, whose ciphertext {ciphertext} he reads as {read}".format(
                **in_hex(asdict(tally.misread[0]), count.bits)
            )
        )
    if tally.collisions and not count.rounds:
        said.append(
            f"{tally.messages - tally.bijective:,} of {tally.messages:,} messages have two keys "
            "that make one ciphertext, such as {message}, of which {key} and {other_key} both make "
            "{ciphertext}".format(**in_hex(asdict(tally.collisions[0]), count.bits))
        )
    return f"Refuted: {'; '.join(said)}."


def in_hex(numbers: dict[str, int], bits: int) -> dict[str, str]:
    """Blocks and keys in hexadecimal, by their names."""
    return {name: f"{number:0{bits // 4}x}" for name, number in numbers.items()}


def coverage(count: Count) -> str:
    """How much of everything was tried."""
    size, tally = 1 << count.bits, count.tally
    keys = f"every message under {tally.keys:,} of {size:,} keys"
    messages = f"{tally.messages:,} of {size:,} messages under every key"
    return keys if count.rounds else f"{messages}, and {keys}"


# --- counting -------------------------------------------------------------------------------------


class Counter:
    """The rows of a pair, ready to be counted: Alice's by message and by key, and Bob's by key."""

    def __init__(self, cipher: NeuralCipher):
        """ValueError unless the pair is one that can be counted."""
        alice, bob = networks(cipher)
        self.cipher = cipher
        if isinstance(cipher.alice, Rounds):
            self.rounds, self.alice_by_message = cipher.alice.count, Rows(cipher.alice, "block", 16)
        else:
            self.rounds, self.alice_by_message = 0, GateRows(alice, "block")
        self.alice, self.bob = rows_by_key(alice), rows_by_key(bob)
        self.bits = self.bob.bits
        if max(self.alice.rounding, self.bob.rounding) >= 1:
            raise ValueError(
                f"No proof: a logit of {cipher.name!r} is always so near 0 that float32 rounding "
                "decides about its bit: train the pair again."
            )

    def chosen(self, messages: range | None, keys: range | None) -> tuple[range, range]:
        """What to count, once all are known to be messages and keys; None: as `count` says."""
        everything = range(1 << self.bits)
        if messages is None:
            messages = everything[:SAMPLE] if self.rounds else everything
        keys = everything if keys is None else keys
        check_range(messages, len(everything))
        check_range(keys, len(everything))
        return messages, keys

    def count(self, half: str, numbers: range) -> Tally:
        """These messages under every key ("messages"), or every message under these ("keys")."""
        one = {"messages": self.message, "keys": self.key}[half]
        tally = sum(map(one, numbers), Tally())
        rows = {"messages": [(self.alice_by_message, tally.alice)]}
        rows["keys"] = [(self.alice, tally.alice), (self.bob, tally.bob)]
        rng = np.random.default_rng(numbers.start)
        return tally + Tally(compared=sum(compare(*pair, rng) for pair in rows[half]))

    def message(self, message: int) -> Tally:
        """Does another key always make another ciphertext of this message?"""
        sent, near = self.alice_by_message(message)
        distinct = int(np.count_nonzero(np.bincount(sent, minlength=len(sent))))
        if distinct == len(sent):
            return Tally(messages=1, bijective=1, distinct=distinct, alice=near)
        collisions = (collision(message, sent),)
        return Tally(messages=1, distinct=distinct, collisions=collisions, alice=near)

    def key(self, key: int) -> Tally:
        """Does Bob read every message under this key?"""
        sent, alice = self.alice(key)
        answers, bob = self.bob(key)
        read = answers[sent]
        wrong = np.flatnonzero(read != np.arange(len(read), dtype=np.uint16))
        first = wrong[:EXAMPLES].tolist()
        misread = tuple(Misread(m, key, int(sent[m]), int(read[m])) for m in first)
        return Tally(keys=1, wrong=len(wrong), misread=misread, alice=alice, bob=bob)


def rows_by_key(network: Chain | Coupling) -> GateRows | CouplingRows:
    """The fast rows of a network, one row a key."""
    return CouplingRows(network) if isinstance(network, Coupling) else GateRows(network, "key")


def networks(cipher: NeuralCipher) -> tuple[Chain | Coupling, Chain | Coupling]:
    """Alice and Bob, or their rounds. ValueError unless they are a pair that can be counted."""
    check_cipher(cipher)
    alice, bob = cipher.alice, cipher.bob
    if not cipher.binary:
        raise ValueError(
            f"A proof counts ciphertexts of 16 bits, and the pair {cipher.name!r} sends numbers "
            "between -1 and 1, too many to count: choose a pair that sends bits."
        )
    of_rounds = isinstance(alice, Rounds)
    if of_rounds != isinstance(bob, Rounds) or (of_rounds and bob.turns != alice.turns[::-1]):
        raise ValueError(
            f"Bob of {cipher.name!r} does not run Alice's rounds backwards, so that no proof of "
            "one round holds for all: give him her count and her key_step, and him alone backwards."
        )
    alice, bob = (alice.round, bob.round) if of_rounds else (alice, bob)
    sizes = {check_network(network, cipher.name) for network in (alice, bob)}
    if len(sizes) > 1 or (of_rounds and sizes != {16}):
        raise ValueError(
            f"The networks of {cipher.name!r} are for blocks of {sorted(sizes)} bits, but Alice "
            "and Bob need the same, and rounds need 16: give networks of one size."
        )
    return (with_signs(alice), with_signs(bob)) if of_rounds else (alice, bob)


def check_network(network: Chain | Coupling, name: str) -> int:
    """The bits of its blocks. ValueError unless its rows can be counted, with bits beyond doubt."""
    bits = block_bits(network)
    if not bits:
        raise ValueError(
            f"A network of {name!r} is neither one layer of gates for 8 or 16 bits nor a coupling, "
            "and no other can be counted fast enough: choose another pair."
        )
    if not all(np.isfinite(weights).all() for weights in network.weights):
        raise ValueError(
            f"A weight of {name!r} is no number: train the pair again, its training failed."
        )
    if overflows(network):
        raise ValueError(
            f"No proof: weights of {name!r} are so large that float32 overflows, or may on some "
            "machine: train the pair again, and keep its weights small."
        )
    return bits


def block_bits(network: Chain | Coupling) -> int | None:
    """16 for a coupling, 8 or 16 for one layer of gates and its sums, None for anything else."""
    if list(network.layers) == [Layer("coupling")]:
        return 16
    if list(network.layers) not in (
        [Layer("gate"), Layer("sign")],
        [Layer("gate"), Layer("linear")],
    ):
        return None
    gates, bits = len(network.weights[2]), len(network.weights[3])
    shapes = [(2 * bits, 2 * gates), (2 * gates,), (gates, bits), (bits,)]
    right = bits in (8, 16) and [weights.shape for weights in network.weights] == shapes
    return bits if right else None


def with_signs(network: Chain | Coupling) -> Chain | Coupling:
    """A round as `Rounds` reads it: of its logits the signs, +1 from 0 upwards."""
    if isinstance(network, Coupling):
        return network
    return Chain([*network.layers[:-1], Layer("sign")], network.weights)


def compare(rows: Rows, near: Near, rng: np.random.Generator) -> int:
    """The nearest pair, and random ones in its row, against the network itself; how many.

    Raises ArithmeticError where they differ: then the counting is wrong, not the pair.
    """
    if not rows.rounding < near.distance < math.inf:
        return 0  # either rounding decides, or the network itself has answered
    fixed, free = (near.block, near.key) if rows.fixed == "block" else (near.key, near.block)
    some = np.append(rng.integers(len(rows.signs), size=COMPARED - 1), free)
    if not np.array_equal(rows(fixed).answers[some], rows.by_network(fixed, some)):
        raise ArithmeticError(
            f"What was counted for the {rows.fixed} {fixed} is not what the network answers: "
            "nothing is proved before helpers/neural/rows.py is right."
        )
    return len(some)


def collision(message: int, sent: np.ndarray) -> Collision:
    """The first two keys with one ciphertext, where `sent` has the ciphertext of every key."""
    keys = np.argsort(sent, kind="stable")
    again = np.flatnonzero(sent[keys][1:] == sent[keys][:-1])[0]
    key, other_key = keys[again : again + 2].tolist()
    return Collision(message, key, other_key, int(sent[key]))


def count(
    cipher: NeuralCipher,
    messages: range | None = None,
    keys: range | None = None,
    workers: int = 1,
    progress: bool = False,
) -> Count:
    """Try `messages` under every key, and every message under `keys`; None: all there are.

    (None for the messages of a cipher of rounds: a sample of 4.) A few hundred of each take about
    a second. `workers` processes share the work, no more than there are cores. Raises ValueError
    for a pair that cannot be counted and for what are no messages or keys, ChildProcessError where
    a process ends before its work is done.
    """
    counter, tally, started = Counter(cipher), Tally(), time.perf_counter()
    messages, keys = counter.chosen(messages, keys)
    parts = parts_of("messages", messages) + parts_of("keys", keys)
    total = len(messages) + len(keys)
    with tqdm(total=total, unit=" rows", disable=not progress) as bar:
        for found in tallies(counter, parts, workers):
            tally += found
            bar.update(found.messages + found.keys)
    margins = margin(counter.alice, tally.alice), margin(counter.bob, tally.bob)
    about = cipher.name, cipher.fingerprint, counter.bits, counter.rounds
    return Count(*about, tally, *margins, round(time.perf_counter() - started, 1))


def check_range(numbers: range, size: int) -> None:
    """ValueError unless there is one, and all are messages, or keys. In a range none is twice."""
    if not (isinstance(numbers, range) and numbers and {numbers[0], numbers[-1]} <= {*range(size)}):
        raise ValueError(
            f"Messages and keys of this pair are 0 to {size - 1:,}; here is {short(numbers)}: "
            f"choose a part of range({size})."
        )


def parts_of(half: str, numbers: range) -> list[tuple[str, range]]:
    """`numbers` of one half of the input, "messages" or "keys", in parts that are soon done."""
    starts = range(0, len(numbers), ROWS_IN_A_PART)
    return [(half, numbers[i : i + ROWS_IN_A_PART]) for i in starts]


# --- by several processes -------------------------------------------------------------------------


def tallies(counter: Counter, parts: list[tuple[str, range]], workers: int) -> Iterator[Tally]:
    """What was counted in each part, in their order.

    Processes, not threads: a row is many short operations, between which threads take turns.
    """
    workers = min(workers, len(parts), os.cpu_count() or 1)
    if workers < 2:
        yield from starmap(counter.count, parts)
        return
    with ProcessPoolExecutor(
        workers, get_context("spawn"), start_worker, (counter.cipher,)
    ) as pool:
        try:
            yield from pool.map(count_part, parts)
        except BrokenProcessPool:
            raise ChildProcessError(
                "A process that counted has ended too soon, for want of memory perhaps, so that "
                "nothing is proved: count again, with fewer workers."
            ) from None


def start_worker(cipher: NeuralCipher) -> None:
    """Make a process ready to count; stopping is left to the one that started it."""
    global COUNTER
    signal(SIGINT, SIG_IGN)
    COUNTER = Counter(cipher)


def count_part(part: tuple[str, range]) -> Tally:
    """`Counter.count`, in a process that was made ready."""
    return COUNTER.count(*part)


# --- as a command, and what is shipped ------------------------------------------------------------


def main() -> None:
    """Count a pair, all of it or a part, and print the verdict."""
    options = command_line().parse_args()
    try:
        if options.output:
            check_writable(options.output)
        cipher = NeuralCipher.load(options.pair)
        halves = (numbers and range(numbers) for numbers in (options.messages, options.keys))
        found = count(cipher, *halves, options.workers, progress=True)
        print(f"{found.verdict}\nCounted in {found.seconds:,.0f} seconds.")
        if options.output:
            write(found, options.output)
    except KeyboardInterrupt:
        raise SystemExit("Stopped before all was counted, so that nothing is proved.") from None
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from None
    raise SystemExit(int(found.refuted))


def command_line() -> argparse.ArgumentParser:
    """Which pair, how much of it, and where the result goes."""
    parser = argparse.ArgumentParser("python -m helpers.neural.proof", description=main.__doc__)
    parser.add_argument("pair", help="a shipped pair by its name, or a file")
    for half in ("messages", "keys"):
        words = f"the first so many {half}; default: all"
        parser.add_argument(f"--{half}", type=from_one_up, help=words)
    cores = os.cpu_count() or 1
    parser.add_argument("--workers", type=from_one_up, default=cores, help="default: all cores")
    parser.add_argument("--output", type=Path, help="write what was counted to this file, as JSON")
    return parser


def from_one_up(text: str) -> int:
    """A whole number that counts something."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 up")
    return int(text)


def write(found: Count, path: Path) -> None:
    """The count as JSON, with how it came about. One in data/results/ goes in the manifest."""
    command = " ".join(["python -m helpers.neural.proof", *sys.argv[1:]])
    made = {
        "command": command,
        "date": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "device": f"CPU, {platform.machine()}, {os.cpu_count()} cores",
    }
    write_json(path, made | found.to_json())
    if path.resolve().parent == (manifest.DATA / "results").resolve():
        manifest.record(f"results/{path.name}", command)


def shipped(pair: str) -> dict[str, object]:
    """What was counted of a shipped pair when the kit was made: date, command, numbers.

    A report of a count, and no proof: `count` is. ValueError unless it is the one that is shipped,
    of the weights that are shipped, with nothing left out and no fault.
    """
    found = read_json(manifest.checked(f"results/proof_{pair}.json"))
    whole = {"fingerprint": NeuralCipher.load(pair).fingerprint, "keys": 65536, "wrong": 0}
    if not found.get("rounds"):
        whole |= {"messages": 65536, "bijective": 65536}
    if any(found.get(name) != value for name, value in whole.items()):
        raise ValueError(
            f"The shipped count of {pair!r} is of other weights, of a part, or found a fault: "
            f"count anew with `python -m helpers.neural.proof {pair}`."
        )
    return found


if __name__ == "__main__":
    main()
