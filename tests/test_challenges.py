"""Every challenge can be solved, by its solver in tests/challenge_solvers and not by a guess."""

from __future__ import annotations

import importlib
import inspect
import json
import time

import numpy as np
import pytest

from helpers import challenges
from helpers.challenges import NOT_YET_STARTED, board, flags
from helpers.exercises import NOT_YET_ANSWERED

ALL = {each.key: each for each in challenges.every_challenge()}
every_challenge = pytest.mark.parametrize("name", ALL)
# The trail of one random round may by chance be one of another's, too.
of_ones_own = pytest.mark.parametrize("name", [n for n in ALL if n != "lesson08.find_a_trail"])


@pytest.fixture(autouse=True)
def empty_board(tmp_path, monkeypatch):
    monkeypatch.setattr(board, "FILE", tmp_path / "my_lessons" / "solved.json")


@pytest.fixture
def start(capsys):
    """Start a challenge for somebody, and drop what it prints."""

    def started(name, seed, learner="Ada"):
        instance = ALL[name].start(learner, np.random.default_rng(seed))
        capsys.readouterr()
        return instance

    return started


def solver_of(name):
    lesson, _, which = name.partition(".")
    return getattr(importlib.import_module(f"challenge_solvers.{lesson}"), which)


def is_a_sentence(text):
    return text[0].isupper() and text.endswith((".", "!", "?")) and "\n" not in text


# --- all of them ----------------------------------------------------------------------------------


@every_challenge
@pytest.mark.parametrize("seed", [1, 2])
def test_the_solver_solves_it_within_a_minute_and_it_stands_on_the_board(name, seed, start):
    instance, begin = start(name, seed), time.monotonic()
    said = instance.verdict(solver_of(name)(instance))
    assert said == f"Solved: {ALL[name].moral} It stands on your board now, in lesson 0."
    assert time.monotonic() - begin < 60
    assert set(board.solved("Ada")) == {name}


@of_ones_own
def test_the_flag_of_another_learner_is_not_ones_own(name, start):
    flag = solver_of(name)(start(name, 1))
    assert start(name, 2, "Bea").verdict(flag).startswith("Not yet: ")


@every_challenge
def test_a_wrong_flag_gets_a_sentence(name, start):
    instance = start(name, 4)
    for wrong in [
        0,
        -1,
        2.5,
        "",
        "no",
        "AAAAAA",
        [],
        [0] * 16,
        {},
        object(),
        np.zeros((2, 2)),
        True,
    ]:
        said = instance.verdict(wrong)
        assert said.startswith("Not yet: ") and is_a_sentence(said), (wrong, said)
    assert board.solved("Ada") == {}


@every_challenge
def test_the_words_of_a_challenge_are_complete(name):
    each = ALL[name]
    assert each.grade in challenges.GRADES and each.title and is_a_sentence(each.task)
    assert len(each.hints) == 3 and all(hint.endswith((".", "?")) for hint in each.hints)
    assert is_a_sentence(each.moral[0].upper() + each.moral[1:])
    assert inspect.getdoc(solver_of(name)), "a solver says in a sentence how it solves"


@every_challenge
def test_before_it_is_started_nothing_goes_wrong(name, capsys):
    instance = ALL[name].start(...)
    assert capsys.readouterr().out == NOT_YET_STARTED + "\n"
    assert instance.verdict(...) == NOT_YET_ANSWERED
    assert instance.verdict("x") == NOT_YET_STARTED
    with pytest.raises(AttributeError, match="start it with your name first"):
        instance.anything  # noqa: B018


@of_ones_own
def test_two_starts_are_two_instances(name, capsys):
    """Drawn from the system's randomness: who knows the code and the name knows no flag."""
    first, second = (ALL[name].start("Ada") for _ in range(2))
    assert second.verdict(solver_of(name)(first)).startswith("Not yet: ")


def test_there_are_twelve_and_more_on_every_lesson_from_1_on_and_of_every_grade():
    assert len(ALL) >= 12
    assert {each.lesson for each in ALL.values()} == set(range(1, 9))
    assert {each.grade for each in ALL.values()} == set(challenges.GRADES)


# --- one of them ----------------------------------------------------------------------------------


def test_hints_come_one_by_one(start, capsys):
    instance, hints = start("lesson01.lost_width", 1), ALL["lesson01.lost_width"].hints
    for number in [1, 2, 3, 3]:
        instance.hint()
        assert capsys.readouterr().out == f"Hint {number} of 3: {hints[number - 1]}\n"


def test_what_is_handed_out_is_named_and_what_is_not_is_refused_in_a_sentence(capsys):
    instance = ALL["lesson01.lost_width"].start("Ada", np.random.default_rng(1))
    assert ".data: uint8 (" in capsys.readouterr().out
    with pytest.raises(AttributeError, match="has no 'flag': it hands out data"):
        instance.flag  # noqa: B018


@pytest.mark.parametrize("name", ["", "  ", 7, ["Ada"], "A" * 41, "A\0"])
def test_a_name_that_is_none_is_refused_in_a_sentence(name):
    with pytest.raises(ValueError, match="A name is a text of 1 to 40 characters"):
        ALL["lesson01.lost_width"].start(name)


def test_the_board_shows_what_is_solved(start, capsys):
    challenges.show_board("Ada")
    assert f"0 of {len(ALL)} are solved." in capsys.readouterr().out
    instance = start("lesson01.last_bits", 1)
    instance.check(solver_of("lesson01.last_bits")(instance))
    capsys.readouterr()
    challenges.show_board("  Ada ")
    said = capsys.readouterr().out
    assert f"1 of {len(ALL)} are solved." in said and said.count("solved on 20") == 1
    challenges.show_board("Bea")
    assert f"0 of {len(ALL)} are solved." in capsys.readouterr().out


@pytest.mark.parametrize("content", ["", "[1]", '{"Ada": 3}', "{cut sh"])
def test_a_damaged_board_is_said_and_stays_as_it_is(content, start, capsys):
    board.FILE.parent.mkdir()
    board.FILE.write_text(content)
    instance = start("lesson01.last_bits", 1)
    said = instance.verdict(solver_of("lesson01.last_bits")(instance))
    assert said.startswith("Solved: ") and "could not be written onto your board" in said
    assert board.FILE.read_text() == content
    challenges.show_board("Ada")
    assert capsys.readouterr().out


def test_a_board_keeps_what_others_solved():
    board.record("Ada", "lesson01.last_bits")
    board.record("Bea", "lesson01.last_bits")
    board.record("Ada", "lesson01.lost_width")
    assert {name: len(done) for name, done in json.loads(board.FILE.read_text()).items()} == {
        "Ada": 2,
        "Bea": 1,
    }


# --- flags ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("right", ["KILOMA", "kiloma", " Kiloma "])
def test_a_word_is_taken_in_capitals_or_not(right):
    assert flags.is_word("KILOMA")(right) == ""


def test_a_wrong_word_is_told_what_is_wrong_with_its_form():
    judge = flags.is_word("KILOMA")
    assert judge("KILOM") == "the word has 6 letters, and this has 5."
    assert judge("KILOMI") == "KILOMI is not the word."
    assert judge(b"KILOMA") == "the flag is a word, in quotes, and this is 6 bytes."


KEY = np.array([0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1], np.uint8)


@pytest.mark.parametrize(
    "right", [KEY, KEY.tolist(), tuple(KEY), "0100110100001111", "0100 1101 0000 1111", 0x4D0F,
              np.uint16(0x4D0F), KEY.astype(float)],
)  # fmt: skip
def test_a_key_is_taken_however_it_is_written(right):
    assert flags.is_key(KEY)(right) == ""


def test_a_wrong_key_is_told_what_is_wrong_with_it():
    judge = flags.is_key(KEY)
    assert "other way round" in judge(1 - KEY)
    assert "opposite order" in judge(KEY[::-1])
    assert judge(0x4D0E) == "this is not the key."
    assert "this is a text of 3 characters" in judge("010")
    assert "16 bits" in judge(1 << 16)


def test_a_judge_holds_no_flag():
    """What it closes over are salts and hashes."""
    for judge in [flags.is_word("KILOMA"), flags.is_key(KEY)]:
        held = [cell.cell_contents for cell in judge.__closure__]
        assert all(isinstance(each, (bytes, int)) for each in held)
        assert b"KILOMA" not in held and KEY.tobytes() not in held
