"""Every lesson, opened and run by a reader who presses Run All Cells."""

from __future__ import annotations

from pathlib import Path

import pytest

LESSONS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("name", [path.stem for path in LESSONS])
def test_a_lesson_runs_from_top_to_bottom(lab, name):
    lab.open(name)
    lab.run_all()
    assert lab.errors() == []
    assert lab.counts() == [f"[{i}]:" for i in range(1, len(lab.counts()) + 1)]
    assert lab.complaints == []
