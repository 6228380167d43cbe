"""A file is written whole or not at all."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.files import digest_of, read_npz, whole_or_nothing, write_npz


def test_what_was_written_takes_the_place_of_the_file(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("old", encoding="utf-8")
    with whole_or_nothing(path) as unfinished:
        unfinished.write_text("new", encoding="utf-8")
        assert path.read_text(encoding="utf-8") == "old", "not before it is finished"
    assert path.read_text(encoding="utf-8") == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(RuntimeError), whole_or_nothing(path) as unfinished:
        unfinished.write_text("half", encoding="utf-8")
        raise RuntimeError
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_told_in_one_sentence_and_harms_nothing(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("old", encoding="utf-8")
    with (
        pytest.raises(OSError, match=r"notes.txt could not be written \(No space.*unharmed"),
        whole_or_nothing(path),
    ):
        raise OSError(28, "No space left on device")
    assert path.read_text(encoding="utf-8") == "old"


def test_a_missing_folder_keeps_its_kind_of_error(tmp_path):
    with (
        pytest.raises(FileNotFoundError, match="could not be written"),
        whole_or_nothing(tmp_path / "nowhere" / "notes.txt") as unfinished,
    ):
        unfinished.write_text("new", encoding="utf-8")


def test_arrays_come_back_and_a_changed_file_is_noticed(tmp_path):
    path = tmp_path / "arrays.npz"
    arrays = {"a": np.arange(5), "b": np.float32([[1.5]])}
    write_npz(path, arrays)
    found = read_npz(path)
    assert all(np.array_equal(found[name], arrays[name]) for name in arrays)
    np.savez(path, digest=digest_of(arrays), a=np.arange(6), b=arrays["b"])
    with pytest.raises(ValueError, match="was changed after it was written"):
        read_npz(path)
