"""What is solved: a small file of the learner's own, my_lessons/solved.json, whole or nothing."""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from helpers import locks
from helpers.files import read_json, write_json
from helpers.set_up import ROOT

FILE = ROOT / "my_lessons" / "solved.json"  # {learner: {"lesson03.two_time_pad": the day}}
LONGEST = 40  # characters of a name
PATIENCE = 5  # seconds


def check_name(learner: Any) -> str:
    """A learner's name without the blanks around it. Raises ValueError where it is none."""
    name = " ".join(learner.split()) if isinstance(learner, str) else ""
    if not 1 <= len(name) <= LONGEST or not name.isprintable():
        raise ValueError(
            f'A name is a text of 1 to {LONGEST} characters, as in start("Ada"); '
            f"this is {learner!r:.60}."
        )
    return name


def solved(learner: str) -> dict[str, str]:
    """What a learner has solved, each with its day. Raises OSError or ValueError, in a sentence."""
    if not FILE.exists():
        return {}
    found = read_json(FILE).get(learner, {})
    return {str(name): str(day) for name, day in found.items()} if isinstance(found, dict) else {}


def record(learner: str, challenge: str) -> str:
    """Write a solved challenge onto the board; a sentence that says whether it stands there."""
    try:
        with alone():
            everybody = read_json(FILE) if FILE.exists() else {}
            mine = everybody.setdefault(learner, {})
            mine.setdefault(challenge, datetime.date.today().isoformat())
            write_json(FILE, everybody)
    except (OSError, ValueError, AttributeError) as error:
        return f"It could not be written onto your board: {error}"
    return "It stands on your board now, in lesson 0."


@contextmanager
def alone() -> Iterator[None]:
    """Be the only one that writes the board; OSError where another is at it for seconds."""
    FILE.parent.mkdir(exist_ok=True)
    lock = os.open(FILE.with_name(f".{FILE.name}.lock"), os.O_CREAT | os.O_RDWR, 0o666)
    try:
        until = time.monotonic() + PATIENCE
        while not locks.take(lock):
            if time.monotonic() > until:
                raise OSError("another lesson is writing it; try again.")
            time.sleep(0.05)
        yield
    finally:
        os.close(lock)
