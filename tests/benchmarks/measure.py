"""How to compare two ways of doing the same: in turns, in one process, by their medians."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import psutil

ROOT = Path(__file__).resolve().parents[2]


class Row(NamedTuple):
    """One line of the table: what was measured of ours and of a peer."""

    name: str
    against: str
    ours: float
    peer: float
    unit: str
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.peer


def in_turns(*jobs: Callable[[], object], repeats: int) -> list[float]:
    """The median seconds of each job. They take turns, so that a busy machine slows all alike, and
    every other round runs backwards, so that none gains from what the one before it leaves behind.

    A first round is not counted: after it, what is compiled or allocated once is in place.
    """
    times = [[] for _ in jobs]
    for number in range(repeats + 1):
        order = range(len(jobs)) if number % 2 else reversed(range(len(jobs)))
        for i in order:
            times[i].append(seconds(jobs[i]))
    return [statistics.median(each[1:]) for each in times]


def seconds(job: Callable[[], object]) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def peak_memory(code: str) -> int:
    """The most bytes that a fresh Python holds while it runs `code`, looked at every 2 ms."""
    child, peak = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT), 0
    process = psutil.Process(child.pid)
    while child.poll() is None:
        peak = max(peak, process.memory_info().rss)
        time.sleep(0.002)
    if child.returncode:
        raise RuntimeError(f"The code to measure failed:\n{code}")
    return peak
