"""Measure what the kit claims of speed and memory: one table, and build/bench.json.

Every row sets ours beside a peer, measured in turns in one run. The ratios are what counts: the
figures themselves are those of one machine on one day.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import distributions, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
# Where `python3 -m helpers bench` puts them; last, so that none stands in for the kit's own.
sys.path.append(str(Path(sys.prefix) / "peers"))

import attack_agreement  # noqa: E402
import attack_speed  # noqa: E402
import bits_speed  # noqa: E402
import cipher_speed  # noqa: E402
import live_speed  # noqa: E402
import memory  # noqa: E402
import page_speed  # noqa: E402
import scramble_speed  # noqa: E402
import training_speed  # noqa: E402
from measure import Row  # noqa: E402


def all_rows() -> Iterator[Row]:
    yield from bits_speed.rows(256)
    yield from training_speed.rows()
    yield from cipher_speed.rows(256)
    yield from cipher_speed.one_call_rows(256)
    yield from cipher_speed.rows(4096)
    yield from scramble_speed.rows()
    yield from attack_speed.rows()
    yield from attack_agreement.rows()
    yield from live_speed.rows()
    yield from page_speed.rows()
    yield from memory.rows(4096)


def tiny_rows() -> Iterator[Row]:
    """Every row on next to no work, to see that it can be measured."""
    yield from bits_speed.rows(16, repeats=1)
    yield from training_speed.rows(iterations=100, peer_iterations=1, repeats=1)
    yield from cipher_speed.rows(16, calls=1, repeats=1)
    yield from cipher_speed.one_call_rows(16, repeats=1)
    yield from scramble_speed.rows(4, literal=1, repeats=1)
    yield from attack_speed.rows(4, steps=2, learned=20, repeats=1)
    yield from attack_agreement.rows(20, steps=2, restarts=1, apart=1)
    yield from live_speed.rows(1, repeats=1)
    yield from page_speed.rows(repeats=1)
    yield from memory.rows(256)


def table(rows: Sequence[Row]) -> str:
    """The rows in columns; under them, what was not timed in full."""
    cells = [("", "against", "ours", "peer", "unit", "ours / peer")]
    cells += [
        (row.name, row.against, short(row.ours), short(row.peer), row.unit, short(row.ratio))
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*cells)]
    to_the_right = (2, 3, 5)  # numbers
    lines = [
        "  ".join(
            cell.rjust(width) if i in to_the_right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths))
        )
        for line in cells
    ]
    lines.insert(1, "-" * len(lines[0]))
    notes = [f"{row.name} against {row.against}: {row.note}." for row in rows if row.note]
    return "\n".join([*lines, "", *notes])


def short(number: float) -> str:
    """To three digits, never as 1.2e+04."""
    return f"{float(f'{number:.3g}'):,g}" if number < 1e6 else f"{number:,.0f}"


def as_json(rows: Sequence[Row]) -> str:
    """{row: {"ours": ..., "peer": ..., "ratio": ..., "unit": ...}}, and what it was measured on."""
    found = {
        f"{row.name} / {row.against}": {
            "ours": row.ours,
            "peer": row.peer,
            "ratio": row.ratio,
            "unit": row.unit,
            **({"note": row.note} if row.note else {}),
        }
        for row in rows
    }
    return json.dumps({"about": about(), **found}, indent=2) + "\n"


def about() -> dict[str, object]:
    libraries = ["numpy", "tensorflow", "keras", "cryptography"]
    peers = ["adversarial-robustness-toolbox", "cleverhans"]
    libraries += [name for name in peers if list(distributions(name=name))]
    return {
        "date": time.strftime("%Y-%m-%d"),
        "device": f"CPU, {platform.system()} {platform.machine()}",
        "cpu_count": os.cpu_count(),
        "python": platform.python_version(),
        **{library: version(library) for library in libraries},
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help=tiny_rows.__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "bench.json")
    options = parser.parse_args()

    rows = list(tiny_rows() if options.tiny else all_rows())
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(as_json(rows), encoding="utf-8")
    print(table(rows))


if __name__ == "__main__":
    main()
