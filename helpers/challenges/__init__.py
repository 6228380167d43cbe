"""Challenges: each hands out something unknown and takes a flag, the word or the key behind it.

    pads = lesson03.two_time_pad.start("Ada")
    pads.hint()
    pads.check("a word")

What is handed out is drawn anew for everybody, each time; the right flag is known only by a slow
salted hash of it, or found right by trying whether it works. A challenge is one function with the
decorator `challenge`: read `lesson01`. How each can be solved stands in tests/challenge_solvers.
"""

from __future__ import annotations

import importlib
import pkgutil
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.challenges import board
from helpers.challenges.flags import Judge
from helpers.exercises import NOT_YET_ANSWERED, Hints, kind, shown

NOT_YET_STARTED = "Not started yet: put your name, in quotes, in place of the three dots."
GRADES = {1: "*", 2: "**", 3: "***"}  # a first step, a walk, a climb

Handed = Mapping[str, Any]  # what a learner gets, by name


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """What all learners share of a challenge.

    name, lesson   where it is declared
    title, task    what it is called, and what to find
    grade          1, 2 or 3: how hard it is
    hints          three of them: an idea, a first step, nearly all
    moral          what there is to learn from it, said when it is solved
    make           draws an instance: what is handed out, and the judge of its flag
    """

    name: str
    lesson: int
    title: str
    task: str
    grade: int
    hints: Sequence[str]
    moral: str
    make: Callable[[np.random.Generator], tuple[Handed, Judge]]

    @property
    def key(self) -> str:
        """The name by which the board knows it."""
        return f"lesson{self.lesson:02}.{self.name}"

    def start(self, learner: Any, rng: np.random.Generator | None = None) -> Started:
        """Draw an instance for `learner`, and print what it hands out; with dots, only say so.

        Args:
            learner: a name, as it is to stand on the board.
            rng: whence the instance is drawn; the system's randomness if it is left out.

        Raises ValueError where the name is none.
        """
        if learner is ... or learner is None:
            print(NOT_YET_STARTED)
            return Started(self, "", {}, lambda flag: NOT_YET_STARTED)
        name = board.check_name(learner)
        started = Started(self, name, *self.make(rng or np.random.default_rng()))
        print(started)
        return started


class Started:
    """One learner's instance of a challenge; what is handed out are its attributes."""

    def __init__(self, challenge: Challenge, learner: str, handed: Handed, judge: Judge):
        self._challenge, self._learner = challenge, learner
        self._handed, self._judge = handed, judge
        self._ladder = Hints(challenge.hints)

    def __getattr__(self, name: str) -> Any:
        handed = self.__dict__.get("_handed", {})
        if name in handed:
            return handed[name]
        has = f"it hands out {', '.join(handed)}" if handed else "start it with your name first"
        raise AttributeError(f"This challenge has no {name!r}: {has}.")

    def __repr__(self) -> str:
        lines = [f".{name}: {described(value)}" for name, value in self._handed.items()]
        return "\n".join([textwrap.fill(self._challenge.task, 90), *lines])

    def hint(self) -> None:
        """Print a hint, and the next time the next one. They cost nothing."""
        print(self._ladder.next())

    def check(self, flag: Any) -> None:
        """Print whether this is the flag; if so, write it on the learner's board."""
        print(self.verdict(flag))

    def verdict(self, flag: Any) -> str:
        """The sentence that `check` prints."""
        if flag is ... or flag is None:
            return NOT_YET_ANSWERED
        if not self._handed:
            return NOT_YET_STARTED
        if complaint := self._judge(flag):
            return f"Not yet: {complaint}"
        return f"Solved: {self._challenge.moral} {board.record(self._learner, self._challenge.key)}"


def challenge(**words: Any) -> Callable[[Callable[..., tuple[Handed, Judge]]], Challenge]:
    """Make a challenge of the function below, which draws an instance of it."""

    def declared(make: Callable[..., tuple[Handed, Judge]]) -> Challenge:
        lesson = int(make.__module__[-2:])
        return Challenge(name=make.__name__, lesson=lesson, make=make, **words)

    return declared


def every_challenge() -> Iterator[Challenge]:
    """All challenges, lesson by lesson and from the easiest to the hardest."""
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        if module.startswith("lesson"):
            found = vars(importlib.import_module(f"{__name__}.{module}")).values()
            yield from sorted((c for c in found if isinstance(c, Challenge)), key=lambda c: c.grade)


def show_all() -> None:
    """Print all challenges: lesson, grade, title."""
    for each in every_challenge():
        print(f"lesson {each.lesson}  {GRADES[each.grade]:3}  {each.title}")


def show_board(learner: Any) -> None:
    """Print what a learner has solved, and what is open; with dots, only ask for the name."""
    if learner is ... or learner is None:
        return print(NOT_YET_STARTED)
    try:
        done = board.solved(board.check_name(learner))
    except (OSError, ValueError) as error:
        return print(error)
    everything = list(every_challenge())
    for each in everything:
        day = f"solved on {done[each.key]}" if each.key in done else "open"
        print(f"lesson {each.lesson}  {GRADES[each.grade]:3}  {each.title:36}  {day}")
    print(f"{sum(each.key in done for each in everything)} of {len(everything)} are solved.")


def described(value: Any) -> str:
    """A thing that is handed out, in words: what kind it is and how large."""
    if callable(value):
        return (value.__doc__ or "a function").strip().partition("\n")[0]
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape}"
    text = shown(value)
    return text if len(text) <= 70 else kind(value)
