"""Exercises of the lessons, each declared once: what is right, a hint, a solution.

In a lesson the learner puts an answer in place of the three dots, and `check` says what it finds:

    bits_of_200 = ...
    lesson01.bits_of_200.check(bits_of_200)

`hint()` and `solution()` help on. To write an exercise, read `lesson01`: it is a declaration.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

NOT_YET_ANSWERED = "Not answered yet: put your answer in place of the three dots."


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """A question whose answer is a value: a number, a text, a list or an array.

    expected       the right value
    because        ends the sentence "Right: ..." with what there is to see in the answer
    hint_text      a first step, without the answer
    solution_text  code that a learner could have written
    slips          pairs of a likely wrong value and what is wrong with it, without the answer
    """

    expected: Any
    because: str
    hint_text: str
    solution_text: str
    slips: Sequence[tuple[Any, str]] = ()

    def check(self, answer: Any) -> None:
        """Print one sentence: not answered yet, right, or what is wrong. Raises nothing."""
        print(self.verdict(answer))

    def hint(self) -> None:
        """Print a first step."""
        print(self.hint_text)

    def solution(self) -> None:
        """Print code that answers the question."""
        print(self.solution_text)

    def verdict(self, answer: Any) -> str:
        """The sentence that `check` prints."""
        if answer is ... or answer is None:
            return NOT_YET_ANSWERED
        if not same(answer, self.expected):
            return f"Not yet: {complaint(answer, self.expected, self.slips)}"
        return f"Right: {self.because}"


@dataclass(frozen=True, kw_only=True)
class FunctionExercise(Exercise):
    """A question whose answer is a function of one argument; so are `expected` and the slips.

    inputs   the arguments to compare with `expected` on, the most telling first
    """

    inputs: Sequence[Any]

    def verdict(self, answer: Any) -> str:
        """The sentence that `check` prints, on the first input where the function is not right."""
        if answer is ... or answer is None:
            return NOT_YET_ANSWERED
        if not callable(answer):
            return f"Not yet: this is {kind(answer)}, where a function is asked for."
        verdicts = (self.verdict_on(value, answer) for value in self.inputs)
        return next(filter(None, verdicts), f"Right: {self.because}")

    def verdict_on(self, value: Any, function: Any) -> str | None:
        """What is wrong with what `function` makes of `value`, or None if nothing is."""
        try:
            result = function(copy.deepcopy(value))
        except Exception as error:  # a learner's mistake of any kind gets a sentence, no traceback
            said = " ".join(str(error).split())
            return f"Not yet: for {shown(value)} it stops with {type(error).__name__} ({said})."
        if result is ...:
            return NOT_YET_ANSWERED
        expected = self.expected(value)
        if same(result, expected):
            return None
        slips = [(slip(value), sentence) for slip, sentence in self.slips]
        return f"Not yet: for {shown(value)}, {complaint(result, expected, slips)}"


def same(answer: Any, expected: Any) -> bool:
    """Whether two answers agree in shape and in every element; a list may stand for an array."""
    try:
        return bool(np.array_equal(answer, expected))
    except Exception:  # an answer may be anything, and so may what comparing it does
        return False


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
    if isinstance(answer, (bool, int, float, np.number)):
        return "a number"
    if isinstance(answer, np.ndarray) and answer.ndim != 1:
        return f"an array of shape {answer.shape}"
    if isinstance(answer, (list, tuple, np.ndarray)):
        return f"a list of length {len(answer)}"
    return f"a {type(answer).__name__}"


def shown(value: Any) -> str:
    """A value as it is written, or in words where that is long."""
    text = repr(value.item() if isinstance(value, np.generic) else value)
    return text if len(text) <= 40 and "\n" not in text else kind(value)
