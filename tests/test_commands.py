"""A command refuses what it could not keep before it works for long, and stops with a sentence."""

from __future__ import annotations

from argparse import ArgumentTypeError

import pytest

from helpers import commands, manifest


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder of its own."""
    monkeypatch.setattr(manifest, "DATA", tmp_path)
    monkeypatch.setattr(manifest, "MANIFEST", tmp_path / "MANIFEST.json")
    return tmp_path


@pytest.mark.parametrize("text", ["0", "1", "0017", "1000000"])
def test_a_seed_is_a_whole_number(text):
    assert commands.seed(text) == int(text)


@pytest.mark.parametrize("text", ["-1", "1000001", "1.0", "one", "", "٣", "9" * 5000, "1_0", " 1"])
def test_what_is_no_seed(text):
    with pytest.raises(ArgumentTypeError, match="a seed is a whole number from 0 to 1,000,000"):
        commands.seed(text)


@pytest.mark.parametrize("text", ["mine", "A-1_b", "x" * 60])
def test_a_name_is_letters_digits_and_two_signs(text):
    assert commands.name(text) == text


@pytest.mark.parametrize("text", ["", "sub/x", "../../../evil", "a.b", "a b", "é", "x" * 61, "a\n"])
def test_what_is_no_name(text):
    with pytest.raises(ArgumentTypeError, match="a name is up to 60 letters, digits, _ and -"):
        commands.name(text)


def test_a_result_is_in_the_manifest(data):
    path = data / "weights" / "mine.txt"
    with commands.result_at(path, "a command"):
        path.write_text("learned", encoding="utf-8")
    assert manifest.entries()["weights/mine.txt"]["made"] == "a command"


def worked() -> None:
    raise AssertionError("it began to work")


def test_what_cannot_be_written_is_refused_before_the_work(data):
    (data / "mine.npz").mkdir()
    with (
        pytest.raises(SystemExit, match=r"mine.npz could not be written \(there is a folder"),
        commands.result_at(data / "mine.npz", "a command"),
    ):
        worked()


def test_a_damaged_manifest_is_told_before_the_work(data):
    manifest.MANIFEST.write_text("{", encoding="utf-8")
    with (
        pytest.raises(SystemExit, match="data/MANIFEST.json is damaged"),
        commands.result_at(data / "mine.npz", "a command"),
    ):
        worked()


def test_ctrl_c_is_a_sentence_and_enters_nothing(data):
    with (
        pytest.raises(SystemExit, match=r"^Stopped: nothing was written\.$"),
        commands.result_at(data / "mine.npz", "a command"),
    ):
        raise KeyboardInterrupt
    assert not list(data.iterdir())
