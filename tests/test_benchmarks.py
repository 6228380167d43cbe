"""The benchmark runs, on next to no work, and writes what it says it writes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).parent / "benchmarks" / "run.py"


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """What a tiny run printed, and the JSON that it wrote."""
    output = tmp_path_factory.mktemp("build") / "new" / "bench.json"
    command = [sys.executable, RUN, "--tiny", "--output", output]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return printed, json.loads(output.read_text(encoding="utf-8"))


def test_every_row_has_its_figures(ran):
    _, found = ran
    rows = {name: row for name, row in found.items() if name != "about"}
    for row in rows.values():
        assert row["ours"] > 0 and row["peer"] > 0
        assert row["ratio"] == pytest.approx(row["ours"] / row["peer"])
        assert row["unit"]
    subjects = {name.split(" ")[0] for name in rows}
    assert subjects == {"picture", "bits", "training", "encrypt", "build", "decrypt", "peak"}


def test_it_says_what_it_was_measured_on(ran):
    _, found = ran
    assert {"date", "device", "cpu_count", "python", "numpy", "tensorflow", "keras"} <= set(
        found["about"]
    )


def test_every_row_is_in_the_table_and_what_was_timed_in_part_says_so(ran):
    printed, found = ran
    for name, row in found.items():
        if name != "about":
            subject, against = name.split(" / ")
            lines = [line for line in printed.splitlines() if line.startswith(subject)]
            assert any(against in line and row["unit"] in line for line in lines)
            if "a call for 256 blocks" in against:
                assert f"{name.replace(' / ', ' against ')}: timed on" in printed
