"""Count a pair, all of it or a part, and print what follows: a proof, a refutation, or neither.

python -m data.studies.proofs proven --output data/results/proof_proven.json

The exit status is 1 where a fault was found. "Proved" is said only of what this very process has
counted: a file that says so proves nothing, so none is read, and none is written.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from itertools import starmap
from multiprocessing import get_context
from pathlib import Path
from signal import SIG_IGN, SIGINT, signal
from time import perf_counter

from tqdm import tqdm

from data.studies import publish
from helpers.files import write_json
from helpers.neural.cipher import NeuralCipher
from helpers.neural.proof import Count, Counter, Fault, Tally

COMMAND = "python -m data.studies.proofs"
Part = tuple[str, range]  # some "messages", each under every key, or "keys" with every message

# --- by several processes -------------------------------------------------------------------------


def count_all(
    cipher: NeuralCipher, messages: range | None, keys: range | None, workers: int
) -> Count:
    """`proof.count` with a progress bar, by so many processes, no more than there are cores.

    Raises ChildProcessError where one ends before its work is done.
    """
    counter = Counter(cipher)
    parts = counter.parts(messages, keys)
    total = sum(len(numbers) for _, numbers in parts)
    with tqdm(total=total, unit=" rows") as bar:
        return counter.conclude(watched(tallies(cipher, counter, parts, workers), bar))


def watched(found: Iterator[Tally], bar: tqdm) -> Iterator[Tally]:
    """The same tallies, while the bar grows."""
    for tally in found:
        bar.update(tally.messages + tally.keys)
        yield tally


def tallies(
    cipher: NeuralCipher, counter: Counter, parts: list[Part], workers: int
) -> Iterator[Tally]:
    """What was counted in each part, in their order.

    Processes, not threads: a row is many short operations, between which threads take turns.
    """
    workers = min(workers, len(parts), os.cpu_count() or 1)
    if workers < 2:
        yield from starmap(counter.count, parts)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), start_worker, (cipher,)) as pool:
        try:
            yield from pool.map(count_part, parts)
        except BrokenProcessPool:
            raise ChildProcessError(
                "A process that counted has ended too soon, for want of memory perhaps, so that "
                "nothing is proved: count again, with fewer workers."
            ) from None


ITS_OWN: list[Counter] = []  # of a process that counts


def start_worker(cipher: NeuralCipher) -> None:
    """Make a process ready to count; stopping is left to the one that started it."""
    signal(SIGINT, SIG_IGN)
    ITS_OWN.append(Counter(cipher))


def count_part(part: Part) -> Tally:
    """`Counter.count`, in a process that was made ready."""
    return ITS_OWN[0].count(*part)


# --- in words -------------------------------------------------------------------------------------


def in_words(count: Count) -> str:
    """The verdict, and what it rests on."""
    if count.refuted:
        return f"Refuted: {'; '.join(faults(count))}."
    if not count.complete:
        return f"No proof, for only a part was counted: {coverage(count)}. No fault was found."
    if not count.same_everywhere:
        return f"No proof, though all was counted and no fault found: {too_near(count)}"
    return " ".join([claim(count), *([sample(count)] if count.rounds else []), portability(count)])


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
    digits = count.bits // 4
    return (
        f"a logit of {name} comes as near to its threshold as {side.nearest:.1g} of its rms (block "
        f"{side.block:0{digits}x}, key {side.key:0{digits}x}), and float32 rounding can move it by "
        f"{side.rounding:.1g}, so that its bit may depend on the machine."
    )


def faults(count: Count) -> list[str]:
    """How many faults there are of either kind, and the first by name."""
    tally, said = count.tally, []
    if tally.misread:
        message, key, ciphertext, read = in_hex(tally.misread[0], count.bits)
        said.append(
            f"Bob misreads {tally.wrong:,} of {tally.keys << count.bits:,} pairs, such as message "
            f"{message} under key {key}, whose ciphertext {ciphertext} he reads as {read}"
        )
    if tally.collisions and not count.rounds:
        message, key, ciphertext, other = in_hex(tally.collisions[0], count.bits)
        said.append(
            f"{tally.messages - tally.bijective:,} of {tally.messages:,} messages have two keys "
            f"that make one ciphertext, such as {message}, of which {key} and {other} both make "
            f"{ciphertext}"
        )
    return said


def in_hex(fault: Fault, bits: int) -> list[str]:
    """Its blocks and keys in hexadecimal."""
    return [f"{number:0{bits // 4}x}" for number in fault]


def coverage(count: Count) -> str:
    """How much of everything was tried."""
    size, tally = 1 << count.bits, count.tally
    keys = f"every message under {tally.keys:,} of {size:,} keys"
    messages = f"{tally.messages:,} of {size:,} messages under every key"
    return keys if count.rounds else f"{messages}, and {keys}"


# --- as a command ---------------------------------------------------------------------------------


def numbers(cipher: NeuralCipher, count: Count) -> dict[str, object]:
    """What was counted, as plain numbers and lists. Not the verdict: see above."""
    tally = vars(count.tally) | {
        "misread": [fault._asdict() for fault in count.tally.misread],
        "collisions": [fault._asdict() for fault in count.tally.collisions],
    }
    about = {"pair": cipher.name, "fingerprint": cipher.fingerprint}
    margins = {"alice": count.alice._asdict(), "bob": count.bob._asdict()}
    return {**about, "bits": count.bits, "rounds": count.rounds, **tally, **margins}


def run(options: argparse.Namespace, command: str) -> Count:
    """Count, print what follows, and write what was counted."""
    cipher, started = NeuralCipher.load(options.pair), perf_counter()
    messages, keys = (n and range(n) for n in (options.messages, options.keys))
    found = count_all(cipher, messages, keys, options.workers)
    seconds = perf_counter() - started
    print(f"{in_words(found)}\nCounted in {seconds:,.0f} seconds.")
    if options.output:
        about = publish.provenance(command, None, seconds)
        about["seconds"] = about.pop("training_seconds")
        write_json(options.output, about | numbers(cipher, found))
    return found


def main(words: Sequence[str] | None = None) -> None:
    """The command line."""
    words = sys.argv[1:] if words is None else words
    options, command = command_line().parse_args(words), " ".join([COMMAND, *words])
    output = options.output
    try:
        with publish.result_at(output, command) if output else nullcontext():
            found = run(options, command)
    except KeyboardInterrupt:
        raise SystemExit("Stopped before all was counted, so that nothing is proved.") from None
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from None
    raise SystemExit(int(found.refuted))


def command_line() -> argparse.ArgumentParser:
    """Which pair, how much of it, and where the result goes."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
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


if __name__ == "__main__":
    main()
