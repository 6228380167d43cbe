"""Exercises of the lessons, each declared once: what is right, a hint, a solution.

In a lesson the learner puts an answer in place of the three dots, and `check` says what it finds:

    bits_of_200 = ...
    lesson01.bits_of_200.check(bits_of_200)

`hint()` helps on, a little more each time, and so does `solution()` in the end. To write an
exercise, read `lesson01`: it is a declaration.
"""

from __future__ import annotations

import contextlib
import copy
import io
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

NOT_YET_ANSWERED = "Not answered yet: put your answer in place of the three dots."


class Hints:
    """Hints that are shown one by one, as often as they are asked for."""

    def __init__(self, hints: Sequence[str]):
        self.hints, self.shown = tuple(hints), 0

    def next(self) -> str:
        """The next hint and its number; after the last one, the last one again."""
        self.shown = min(self.shown + 1, len(self.hints))
        return f"Hint {self.shown} of {len(self.hints)}: {self.hints[self.shown - 1]}"


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """A question whose answer is a value: a number, a text, a list or an array.

    expected       the right value; a whole number must be met exactly, others but for rounding
    because        ends the sentence "Right: ..." with what there is to see in the answer
    hints          three of them: an idea, a first step, nearly all; none has the answer
    solution_text  code that a learner could have written
    slips          pairs of a likely wrong value and what is wrong with it, without the answer
    tolerance      how far from a number that is not whole an answer may be: half its last digit
    """

    expected: Any
    because: str
    hints: Sequence[str]
    solution_text: str
    slips: Sequence[tuple[Any, str]] = ()
    tolerance: float = 0
    ladder: Hints = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ladder", Hints(self.hints))

    def check(self, answer: Any) -> None:
        """Print one sentence: not answered yet, right, or what is wrong. Raises nothing."""
        print(self.verdict(answer))

    def hint(self) -> None:
        """Print a hint, and the next time the next one."""
        print(self.ladder.next())

    def solution(self) -> None:
        """Print code that answers the question."""
        print(self.solution_text)

    def verdict(self, answer: Any) -> str:
        """The sentence that `check` prints."""
        if answer is ... or answer is None:
            return NOT_YET_ANSWERED
        if not same(answer, self.expected, self.tolerance):
            return f"Not yet: {complaint(answer, self.expected, self.slips)}"
        return f"Right: {self.because}"


@dataclass(frozen=True, kw_only=True)
class Choice(Exercise):
    """A question whose answer is one of a few letters; `expected` is the right one.

    wrong   what is wrong with each of the other letters, without telling the right one
    """

    wrong: Mapping[str, str]

    def verdict(self, answer: Any) -> str:
        """The sentence that `check` prints."""
        if answer is ... or answer is None:
            return NOT_YET_ANSWERED
        letter = answer.strip(" .:()").lower() if isinstance(answer, str) else ""
        if letter in self.wrong:
            return f"Not yet: {self.wrong[letter]}"
        if letter != self.expected:
            letters = ", ".join(f'"{each}"' for each in sorted([*self.wrong, self.expected]))
            return f"Not yet: the answer is one of the letters {letters}, in quotes."
        return f"Right: {self.because}"


@dataclass(frozen=True, kw_only=True)
class FunctionExercise(Exercise):
    """A question whose answer is a function; so are `expected` and the slips.

    inputs     the arguments to compare with `expected` on, the most telling first; enough of them,
               and some drawn from a generator, that every likely mistake shows in one
    arguments  how many the function takes; if more than one, each of the inputs is a tuple of them

    A function that never ends is not stopped: the learner interrupts the kernel.
    """

    inputs: Sequence[Any]
    arguments: int = 1

    def verdict(self, answer: Any) -> str:
        """The sentence that `check` prints, on the first input where the function is not right."""
        if answer is ... or answer is None:
            return NOT_YET_ANSWERED
        if not callable(answer):
            return f"Not yet: this is {kind(answer)}, where a function is asked for."
        results = [attempt(answer, *self.spread(value)) for value in self.inputs]
        for value, result in zip(self.inputs, results):
            if result is ... or is_about_dots(result):
                return NOT_YET_ANSWERED
            if not same(result, self.expected(*self.spread(value)), self.tolerance):
                return f"Not yet: for {shown(value)}{self.fault(value, result, results)}"
        return f"Right: {self.because}"

    def spread(self, value: Any) -> tuple[Any, ...]:
        """One of the inputs as the arguments of the function."""
        return (value,) if self.arguments == 1 else tuple(value)

    def fault(self, value: Any, result: Any, results: Sequence[Any]) -> str:
        """What is wrong with the `result` for this value; all `results` tell which slip it is."""
        if isinstance(result, Exception):
            said = textwrap.shorten(str(result), 100)
            return f" it stops with {type(result).__name__} ({said})."
        if result is None:
            return " it returns nothing: end it with return."
        slips = [
            (result, sentence)
            for slip, sentence in self.slips
            if all(
                same(r, slip(*self.spread(v)), self.tolerance) for v, r in zip(self.inputs, results)
            )
        ]
        return f", {complaint(result, self.expected(*self.spread(value)), slips)}"


def is_about_dots(result: Any) -> bool:
    """Whether a function stopped because three dots stand where a number should."""
    return isinstance(result, TypeError) and "ellipsis" in str(result).lower()


def attempt(function: Any, *arguments: Any) -> Any:
    """What a learner's function returns, or the error, of any kind, that it stops with."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it is called more often than asked
            return function(*copy.deepcopy(arguments))
    except Exception as error:
        return error


def same(answer: Any, expected: Any, tolerance: float = 0) -> bool:
    """Whether two answers agree in shape and in every element; a list may stand for an array.

    Blanks around a text do not count, nor does the last bit of a number that is not whole. True and
    False are no numbers.
    """
    if isinstance(expected, str):
        return isinstance(answer, str) and answer.strip() == expected.strip()
    answer, expected = as_array(answer), as_array(expected)
    if answer is None or expected is None or answer.shape != expected.shape:
        return False
    if answer.size and (answer.dtype == bool) != (expected.dtype == bool):
        return False
    if expected.dtype.kind == "f":
        return np.allclose(answer, expected, rtol=1e-6, atol=max(tolerance, 1e-12))
    return bool((answer == expected).all())


def as_array(answer: Any) -> np.ndarray | None:
    """Numbers, or True and False, in an array; None for whatever is something else."""
    try:
        array = np.asarray(answer)
        array = array.astype(float) if array.dtype == object else array  # a fraction, a decimal
    except Exception:  # an answer may be anything, and so may what becomes of it
        return None
    return array if array.dtype.kind in "buif" else None


def complaint(answer: Any, expected: Any, slips: Sequence[tuple[Any, str]]) -> str:
    """What is wrong with `answer`, without telling `expected`."""
    for slip, sentence in slips:
        if same(answer, slip):
            return sentence
    if kind(answer) != kind(expected):
        return f"this is {kind(answer)}, where {kind(expected)} is asked for."
    return f"{shown(answer)} is not right."


def kind(answer: Any) -> str:
    """What an answer is, in words, such as "a number" or "a text of 3 characters"."""
    if isinstance(answer, str):
        return f"a text of {len(answer)} characters"
    if isinstance(answer, bytes):
        return f"{len(answer)} bytes"
    if callable(answer):
        return "a function"
    if (array := as_array(answer)) is None:
        is_list = isinstance(answer, (list, tuple))
        return f"a list of length {len(answer)}" if is_list else f"a {type(answer).__name__}"
    if array.ndim == 0:
        return "True or False" if array.dtype == bool else "a number"
    form = (
        f"a list of length {len(array)}" if array.ndim == 1 else f"an array of shape {array.shape}"
    )
    return f"{form}, of True and False" if array.dtype == bool else form


def shown(value: Any) -> str:
    """A value as it is written, or in words where that is long."""
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    text = repr(value)
    if len(text) <= 70 and "\n" not in text:
        return text
    return " and ".join(map(kind, value)) if isinstance(value, tuple) else kind(value)
