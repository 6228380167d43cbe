"""The table of ciphers: one place that makes it, from the results that other studies measured.

python -m data.studies.side_by_side

It writes data/results/side_by_side.json, a row for each thing that is asked and a column for each
cipher, in words; and puts the table into README.md between its two marks. Nothing is measured here.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from data.studies import publish
from helpers import manifest
from helpers.files import atomic_write, read_json, write_json
from helpers.metrics import Proportion
from helpers.neural.cipher import NeuralCipher

PAIRS = ("paper", "proven", "diffusing", "resisting")
CIPHERS = (*PAIRS, "AES-128")
OF_BITS = PAIRS[1:]
NO_WAY = "no way is known"
README = Path(__file__).resolve().parents[2] / "README.md"
MARKS = "<!-- python -m data.studies.side_by_side -->\n", "<!-- side_by_side ends -->\n"

Rows = dict[str, list[str]]
Results = dict[str, Any]  # what a study measured, by cipher

# --- the rows -------------------------------------------------------------------------------------


def rows() -> Rows:
    """What is asked, and what is known of each cipher, in the order of CIPHERS."""
    measured = result("comparison")
    return {
        **correctness(),
        **eves(result("strong_eves"), result("best_eves")),
        **attacks(measured, result("patches")),
        **mixing(measured),
        **costs(measured),
    }


def result(name: str) -> Results:
    """Of a shipped file."""
    found: Results = read_json(manifest.checked(f"results/{name}.json"))["ciphers"]
    return found


def correctness() -> Rows:
    """How Bob's reading was checked, and how long a key is."""
    return {
        "Bob reads without an error": [
            of_paper(),
            "all 2^32 pairs, counted",
            "all 2^32 pairs of a round, counted",
            "the same; he is told Alice's masks",
            "everything, by its construction",
        ],
        "bits of key": ["16"] * 4 + ["128"],
    }


def of_paper() -> str:
    """What was counted of `paper`: everything, or else a sample."""
    if COUNTED in manifest.entries():
        found = read_json(manifest.checked(COUNTED))
        wrong, tried, what = found["wrong"], found["pairs"], "pairs, counted"
    else:
        wrong, tried = NeuralCipher.load("paper").about["wrong_of_10000000_random_pairs"], 10**7
        what = "random pairs"
    number = "2^32" if tried == 1 << 32 else f"{tried:,}"
    return f"{wrong:,} wrong of {number} {what}" if wrong else f"all {number} {what}"


COUNTED = "results/paper_count.json"


def eves(strong: Results, best: Results) -> Rows:
    """What can be read of one block by somebody who does not know the key."""
    return {
        "five strong Eves read, of the bits of one block": [
            in_percent(strong[name]) if name in strong else "not tried" for name in CIPHERS
        ],
        "the best Eve that there can be reads": [
            "that at least",
            *(f"{100 * best[name]['rounds'][rounds_of(name)]['bits']:.3f} %" for name in OF_BITS),
            NO_WAY,
        ],
    }


def rounds_of(name: str) -> str:
    """How many rounds a pair has, as `best_eves` has it: "1" where it has none."""
    return str(getattr(NeuralCipher.load(name).alice, "count", 1))


def in_percent(eves: dict[str, Any]) -> str:
    """A share with its interval."""
    share, low, high = (100 * number for number in (eves["share"], *eves["interval"]))
    return f"{share:.3f} % [{low:.3f}, {high:.3f}]"


def attacks(measured: Results, patches: Results) -> Rows:
    """What gives the key away, and how long that takes one core."""
    fit = [[f"{measured[name][f'keys_that_fit_{n}']:.3g}" for n in KNOWN] for name in PAIRS]
    one_block = patches["paper"]["busy"]["one_block"]
    busy = [patches[name]["busy"]["8x8"] for name in OF_BITS]
    return {
        "keys that fit one known block, and two": [*map(", ".join, fit), NO_WAY],
        "seconds for that, on one core": took(measured, "seconds_for_known_blocks"),
        "8 × 8 busy pixels whose ciphertext alone gives the key": [
            f"one block does: {of_tried(one_block, 'alone')}",
            *(of_tried(found, "alone") + up_to_ties(found) for found in busy),
            NO_WAY,
        ],
        "seconds for one of them": took(measured, "seconds_for_a_patch"),
        "best attack known": [
            "one block: the right key alone does not contradict itself",
            "one known block; or a patch, up to its negative",
            *["a patch of a picture, under all 65,536 keys"] * 2,
            "2^126 trials (Bogdanov et al. 2011)",
        ],
    }


KNOWN = "one_known_block", "two_known_blocks"


def took(measured: Results, what: str) -> list[str]:
    """The seconds of an attack."""
    return [*(f"{measured[name][what]:.1g}" for name in PAIRS), "-"]


def of_tried(found: dict[str, Any], what: str) -> str:
    """Hits of trials, with the interval around their share in percent."""
    of = Proportion(found[what]["hits"], found["tried"])
    return f"{of.hits} of {of.total} [{100 * of.low:.0f}, {100 * of.high:.0f} %]"


def up_to_ties(found: dict[str, Any]) -> str:
    """How often the right key is among several that are as smooth, where that is more."""
    more = found["among"]["hits"] > found["alone"]["hits"]
    return f"; among a few {of_tried(found, 'among')}" if more else ""


def mixing(measured: Results) -> Rows:
    """What changes with a bit, as a mean, and from the worst cells under 20 random keys."""
    papers = [measured[name]["under_the_papers_key"] for name in PAIRS]
    every = [measured[name] for name in CIPHERS]
    correlation = [f"{found['largest_correlation']:.3f}" for found in every]
    under = [measured[n]["largest_correlation_under_the_papers_key"] for n in PAIRS]
    return {
        "a message bit changes, of the ciphertext's bits (lowest, highest)": [
            changes(found, "message") for found in every
        ],
        "a message bit, under the paper's key": [
            *(changes(found, "message") for found in papers),
            "-",
        ],
        "a key bit changes, of the ciphertext's bits (lowest, highest)": [
            changes(found, "key") for found in every
        ],
        "a key bit, under the paper's key": [*(changes(found, "key") for found in papers), "-"],
        "largest correlation of a message bit with one of the ciphertext": correlation,
        "the largest under the paper's key": [*(f"{size:.3f}" for size in under), "-"],
    }


def changes(found: dict[str, Any], whose: str) -> str:
    """The mean, and the cells that are farthest down and up, in percent."""
    lowest, highest = (100 * share for share in found[f"worst_by_{whose}_bit"])
    return f"{100 * found[f'change_by_{whose}_bit']:.1f} % ({lowest:.1f}, {highest:.1f})"


def costs(measured: Results) -> Rows:
    """Length and speed."""
    speeds = [measured[name]["mb_per_second"] for name in CIPHERS]
    return {
        "bytes of ciphertext for one of the message": [
            f"{measured[name]['expansion']:.0f}" for name in CIPHERS
        ],
        "MB a second, one key for a picture of a megapixel": [
            rounded(speed["one_key"]) for speed in speeds
        ],
        "MB a second, a new key for each block": [
            rounded(speed["a_key_for_each_block"]) for speed in speeds
        ],
    }


def rounded(number: float) -> str:
    """To two digits: "1,100", say."""
    return f"{float(f'{number:.2g}'):,g}"


# --- the table ------------------------------------------------------------------------------------


def in_markdown(found: Rows) -> str:
    """A table with a column for each cipher."""
    lines = [["", *(f"`{name}`" for name in PAIRS), f"{CIPHERS[-1]}, the control"]]
    lines += [["---"] * len(lines[0])] + [[what, *cells] for what, cells in found.items()]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def with_table(text: str, table: str) -> str:
    """A text with the table in the place between its two marks."""
    before, found, rest = text.partition(MARKS[0])
    _, ends, after = rest.partition(MARKS[1])
    if not found or not ends:
        raise ValueError(
            f"The table stands between {MARKS[0].strip()!r} and {MARKS[1].strip()!r}, and here one "
            "of them is missing: put both back."
        )
    return f"{before}{MARKS[0]}{table}{MARKS[1]}{after}"


COMMAND = "python -m data.studies.side_by_side"


def main(words: Sequence[str] | None = None) -> None:
    """The command line, which has nothing to choose."""
    argparse.ArgumentParser(prog=COMMAND, description=__doc__).parse_args(words)
    path, started = manifest.DATA / "results" / "side_by_side.json", perf_counter()
    with publish.result_at(path, COMMAND):
        found = rows()
        text = with_table(README.read_text("utf-8"), in_markdown(found))
        about = publish.provenance(COMMAND, None, perf_counter() - started)
        write_json(path, {"provenance": about, "ciphers": CIPHERS, "rows": found})
        with atomic_write(README) as unfinished:
            unfinished.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
