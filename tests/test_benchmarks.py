"""The benchmark runs, on next to no work, and writes what it says it writes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

BENCHMARKS = Path(__file__).parent / "benchmarks"
RUN = BENCHMARKS / "run.py"
PEERS = {"adversarial-robustness-toolbox", "cleverhans"}  # of the attack; not everybody has them


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
    subjects = {name.split(" ")[0].strip(",") for name in rows}
    expected = {"picture", "bits", "training", "encrypt", "build", "decrypt", "peak"}
    assert subjects - {"PGD", "APGD"} == expected | {"scramble", "classifier", "click"}


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


def test_a_peer_that_is_installed_has_its_row_and_its_version(ran):
    _, found = ran
    rows = {name.split(" / ")[1] for name in found if name.startswith("PGD")}
    assert rows == PEERS & set(found["about"])


@pytest.fixture
def benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def test_a_peer_that_is_missing_is_left_out_with_a_line_on_how_to_get_it(
    benchmarks, monkeypatch, capsys
):
    import attack_speed

    for name in ("art", "cleverhans"):
        monkeypatch.setitem(sys.modules, name, None)  # an import of it fails
    assert attack_speed.rows(1, steps=1, learned=10, repeats=1) == []
    lines = capsys.readouterr().err.splitlines()
    for name, line in zip(sorted(PEERS), lines, strict=True):
        assert name in line and "python3 -m helpers bench" in line


def test_attacks_that_differ_are_not_compared(benchmarks):
    import attack_speed

    model, x, y = attack_speed.slightly_trained(10), np.zeros((2, 32, 32, 3), np.float32), [0, 1]
    assert "100.0% of values alike" in attack_speed.agreement(model, np.array(y), x, x)
    with pytest.raises(ValueError, match="0.0% of the values are alike"):
        attack_speed.agreement(model, np.array(y), x, x + np.float32(0.1))


def test_an_attack_that_fools_less_than_the_library_is_noticed(benchmarks):
    import attack_agreement

    assert attack_agreement.row("APGD", 0.45, 0.46).note == "errors within 2%"
    with pytest.raises(ValueError, match="ours fools 45.0% of the pictures and .* 48.0%"):
        attack_agreement.row("APGD", 0.45, 0.48)


def test_without_the_library_there_is_no_agreement_and_a_line_says_so(
    benchmarks, monkeypatch, capsys
):
    import attack_agreement

    monkeypatch.setitem(sys.modules, "art.attacks.evasion", None)  # an import of it fails
    assert attack_agreement.rows(1, steps=1) == []
    assert "python3 -m helpers bench" in capsys.readouterr().err


def test_ciphers_that_differ_are_not_compared(benchmarks, monkeypatch):
    import scramble_speed

    monkeypatch.setattr(scramble_speed, "on_bytes", lambda pictures, key: pictures)
    with pytest.raises(AssertionError, match="other bytes"):
        scramble_speed.rows(1, literal=1, repeats=1)
