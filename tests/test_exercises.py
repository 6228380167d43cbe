"""Every exercise answers the right, the wrong and the missing answer in a sentence of its own."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest

from helpers import bits, exercises, files, manifest
from helpers.exercises import (
    NOT_YET_ANSWERED,
    Choice,
    Exercise,
    FunctionExercise,
    lesson01,
    lesson08,
)
from helpers.neural.cipher import NeuralCipher
from helpers.neural.cryptanalysis import differences

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def declared() -> dict[str, tuple[str, Exercise]]:
    """Every exercise of every lesson: "lesson.name" -> (name, exercise)."""
    lessons = [info.name for info in pkgutil.iter_modules(exercises.__path__)]
    return {
        f"{lesson}.{name}": (name, exercise)
        for lesson in lessons
        for name, exercise in vars(importlib.import_module(f"helpers.exercises.{lesson}")).items()
        if isinstance(exercise, Exercise)
    }


ALL = declared()
every_exercise = pytest.mark.parametrize(("name", "exercise"), ALL.values(), ids=ALL)


def solved(name: str, exercise: Exercise):
    """What the solution, run as a learner would run it, leaves under the exercise's name."""
    namespace = {"np": np, "bits": bits}
    exec(exercise.solution_text, namespace)
    return namespace[name]


def is_one_sentence(text: str) -> bool:
    return text[0].isupper() and text.endswith(".") and "\n" not in text


def test_there_are_exercises():
    assert {"lesson01.bits_of_200", "lesson01.bits_of_text", "lesson01.distinct_blocks"} <= set(ALL)


# --- Of every exercise ---


@every_exercise
def test_the_solution_is_right(name, exercise, capsys):
    exercise.check(solved(name, exercise))
    said = capsys.readouterr().out
    assert said == f"Right: {exercise.because}\n" and is_one_sentence(said.strip())


@every_exercise
@pytest.mark.parametrize("empty", [..., None])
def test_an_empty_answer_is_not_wrong(name, exercise, empty, capsys):
    exercise.check(empty)
    assert capsys.readouterr().out == NOT_YET_ANSWERED + "\n"


@every_exercise
def test_a_stub_is_not_wrong(name, exercise):
    if isinstance(exercise, FunctionExercise):
        assert exercise.verdict(lambda *_: ...) == NOT_YET_ANSWERED
        assert exercise.verdict(lambda *_: 1 + ...) == NOT_YET_ANSWERED  # dots within a line


@every_exercise
@pytest.mark.parametrize(
    "wrong",
    [
        0,
        -1,
        2.5,
        "",
        "no",
        [],
        [0] * 8,
        [[1], [1, 2]],
        {},
        object(),
        np.zeros((2, 2)),
        {1: 2}.keys(),
    ],
)
def test_a_wrong_answer_gets_a_sentence(name, exercise, wrong):
    answer = (lambda *_: wrong) if isinstance(exercise, FunctionExercise) else wrong
    said = exercise.verdict(answer)
    assert said.startswith("Not yet: ") and is_one_sentence(said)


@every_exercise
def test_every_slip_is_recognised_and_gives_nothing_away(name, exercise):
    for slip, sentence in exercise.slips:
        said = exercise.verdict(slip)
        assert said.startswith("Not yet: ") and said.endswith(sentence) and is_one_sentence(said)
        assert not tells(sentence, name, exercise)


@every_exercise
def test_three_hints_come_one_by_one_and_none_is_the_solution(name, exercise, capsys):
    anew = dataclasses.replace(exercise)
    for number in [1, 2, 3, 3]:
        anew.hint()
        hint = exercise.hints[number - 1]
        assert capsys.readouterr().out == f"Hint {number} of 3: {hint}\n"
        assert len(hint) > 20 and not tells(hint, name, exercise)


@every_exercise
def test_the_solution_is_printed_as_code(name, exercise, capsys):
    exercise.solution()
    code = capsys.readouterr().out
    assert code == exercise.solution_text + "\n"
    compile(code, "solution", "exec")


def tells(text: str, name: str, exercise: Exercise) -> bool:
    """Whether `text` holds the answer: the expected value, or the solution's last expression."""
    if isinstance(exercise, Choice):
        return exercise.because in text or re.search(rf'"{exercise.expected}"', text) is not None
    last_line = exercise.solution_text.splitlines()[-1].split("  #")[0]
    secrets = [last_line.removeprefix("    return ").removeprefix(f"{name} = ")]
    if not isinstance(exercise, FunctionExercise):
        secrets.append("".join(char for char in str(exercise.expected) if char not in " ,[]()'"))
    return any(secret in text for secret in secrets)


# --- What learners answer, by the dozen: tests/exercise_answers ---

ANSWERS = {
    f"{lesson.name}.{name}": answers
    for lesson in pkgutil.iter_modules([str(Path(__file__).parent / "exercise_answers")])
    if lesson.name.startswith("lesson")
    for name, answers in importlib.import_module(
        f"tests.exercise_answers.{lesson.name}"
    ).ANSWERS.items()
}
every_answered = pytest.mark.parametrize("label", ALL)


@every_answered
def test_ten_forms_and_more_of_the_right_answer_are_right(label):
    (_, exercise), (right, _) = ALL[label], ANSWERS[label]
    said = [exercise.verdict(answer) for answer in right]
    assert len(said) >= 10 and said == [f"Right: {exercise.because}"] * len(said)


@every_answered
def test_ten_wrong_answers_and_more_are_wrong_and_none_is_told_the_right_one(label):
    (name, exercise), (_, wrong) = ALL[label], ANSWERS[label]
    assert len(wrong) >= 10
    for number, answer in enumerate(wrong):
        said = exercise.verdict(answer)
        assert said.startswith("Not yet: ") and is_one_sentence(said), (number, said)
        own_words = said.replace(exercises.shown(answer), "")
        own_words = (
            own_words.partition(", in quotes.")[2] if "of the letters" in said else own_words
        )
        assert isinstance(exercise, FunctionExercise) or not tells(own_words, name, exercise), said


@every_answered
def test_what_is_right_of_one_input_only_is_wrong(label):
    _, exercise = ALL[label]
    for value in getattr(exercise, "inputs", []):
        known = exercise.expected(*exercise.spread(value))
        assert exercise.verdict(lambda *_, known=known: known).startswith("Not yet: ")


# --- Of functions ---


def test_a_function_that_raises_gets_a_sentence():
    def broken(text):
        raise KeyError("a message\nof two lines")

    said = lesson01.bits_of_text.verdict(broken)
    assert said == "Not yet: for 'adi' it stops with KeyError ('a message\\nof two lines')."


def test_something_else_than_a_function_is_named():
    said = lesson01.bits_of_text.verdict("0" * 48)
    assert said == "Not yet: this is a text of 48 characters, where a function is asked for."


def test_a_function_that_only_knows_the_first_input_is_not_right():
    known = lesson01.bits_of_text.expected("adi")
    assert "for 'a'" in lesson01.bits_of_text.verdict(lambda text: known)


def test_a_function_that_returns_nothing_is_told_so(capsys):
    said = lesson01.bits_of_text.verdict(lambda text: print("0" * 48))
    assert said == "Not yet: for 'adi' it returns nothing: end it with return."
    assert not capsys.readouterr().out  # it is called on many inputs, which nobody asked to see


def test_true_and_false_are_no_numbers():
    said = lesson01.distinct_blocks.verdict(lambda picture: True)
    assert said.endswith("this is True or False, where a number is asked for.")
    said = lesson01.bits_of_200.verdict([True, True, False, False, True, False, False, False])
    assert "a list of length 8, of True and False, where a list of length 8 is asked for" in said


def test_a_function_may_change_its_input_without_changing_the_exercise():
    def careless(picture):
        count = len(set(bits.picture_to_blocks(picture).tolist()))
        picture[:] = 0
        return count

    for _ in range(2):
        assert lesson01.distinct_blocks.verdict(careless).startswith("Right")


def test_a_length_that_is_wrong_is_named():
    said = lesson01.bits_of_text.verdict(lambda text: "0" * 26)
    assert "a text of 26 characters, where a text of 48 characters is asked for" in said
    said = lesson01.bits_of_200.verdict([1, 1, 0])
    assert said == "Not yet: this is a list of length 3, where a list of length 8 is asked for."


@pytest.mark.parametrize("right", [(1, 1, 0, 0, 1, 0, 0, 0), np.array([1, 1, 0, 0, 1, 0, 0, 0])])
def test_a_tuple_or_an_array_is_as_good_as_a_list(right):
    assert lesson01.bits_of_200.verdict(right).startswith("Right")


CHOICE = Choice(
    expected="b",
    wrong={"a": "that is a key.", "c": "that is a block."},
    because="it is a bit.",
    hints=["An idea.", "A step.", "Nearly all."],
    solution_text='what = "b"',
)


@pytest.mark.parametrize("right", ["b", "B", " b ", "b)", "(b)", "B."])
def test_a_letter_is_right_however_it_is_written(right):
    assert CHOICE.verdict(right) == "Right: it is a bit."


def test_a_wrong_letter_gets_its_own_sentence_and_what_is_none_is_told_what_to_choose():
    assert CHOICE.verdict("C") == "Not yet: that is a block."
    for other in ["d", "a bit", 2, ["b"], "", np.array("b")]:
        assert CHOICE.verdict(other) == (
            'Not yet: the answer is one of the letters "a", "b", "c", in quotes.'
        )


def test_a_function_of_two_arguments_is_given_both():
    total = FunctionExercise(
        expected=lambda a, b: a + b,
        inputs=[(1, 2), (3, 4)],
        arguments=2,
        because="it adds.",
        hints=["An idea.", "A step.", "Nearly all."],
        solution_text="def total(a, b):\n    return a + b",
        slips=[(lambda a, b: a * b, "you multiplied.")],
    )
    assert total.verdict(lambda a, b: b + a) == "Right: it adds."
    assert total.verdict(lambda a, b: a * b) == "Not yet: for (1, 2), you multiplied."
    assert "stops with TypeError" in total.verdict(lambda a: a)


# --- Of what they say ---


def test_the_line_is_that_of_the_shipped_count():
    """Its numbers, 9.36 and 10.23 bits, are rounded, and the answer does not hang on that."""
    found = files.read_json(manifest.checked("results/ceilings.json"))["ciphers"]["diffusing"]
    assert {found["likeliest_xor"][number - 1] for number in (18, 20)} == {"0x8000"}
    after_18, after_20 = -np.log2([found["likeliest_xor_share"][number - 1] for number in (18, 20)])
    assert (round(after_18, 2), round(after_20, 2)) == (9.36, 10.23)
    more = np.ceil((16 - after_20) / ((after_20 - after_18) / 2))
    assert 20 + more == lesson08.rounds_needed.expected


@pytest.mark.slow
def test_after_the_rounds_of_the_line_the_difference_is_still_likelier_than_chance():
    """The line is that of the trail; chance adds its own pairs, about one under each key."""
    keys = np.random.default_rng(1).choice(1 << 16, 200, replace=False).astype(np.uint16)
    found = differences(NeuralCipher.load("diffusing").alice.first(60), 0x8000, keys)
    pairs = found.counts[:, 0x8000] / len(keys)
    assert pairs[lesson08.rounds_needed.expected - 1] > 1.35
    assert abs(pairs[-1] - 1) < 0.35  # the control: in the end chance is all there is
