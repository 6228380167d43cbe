"""A study refuses what it could not keep before it works for long; its result says how it came."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from argparse import ArgumentTypeError
from pathlib import Path

import pytest

from data.studies import publish
from helpers import manifest


@pytest.mark.parametrize("text", ["0", "1", "0017", "1000000"])
def test_a_seed_is_a_whole_number(text):
    assert publish.seed(text) == int(text)


@pytest.mark.parametrize("text", ["-1", "1000001", "1.0", "one", "", "٣", "9" * 5000, "1_0", " 1"])
def test_what_is_no_seed(text):
    with pytest.raises(ArgumentTypeError, match="a seed is a whole number from 0 to 1,000,000"):
        publish.seed(text)


@pytest.mark.parametrize("text", ["mine", "A-1_b", "x" * 60])
def test_a_name_is_letters_digits_and_two_signs(text):
    assert publish.name(text) == text


@pytest.mark.parametrize("text", ["", "sub/x", "../../../evil", "a.b", "a b", "é", "x" * 61, "a\n"])
def test_what_is_no_name(text):
    with pytest.raises(ArgumentTypeError, match="a name is up to 60 letters, digits, _ and -"):
        publish.name(text)


def test_a_result_is_in_the_manifest(data):
    path = data / "weights" / "mine.txt"
    with publish.result_at(path, "a command"):
        path.write_text("learned", encoding="utf-8")
    assert manifest.entries()["weights/mine.txt"]["made"] == "a command"


def worked() -> None:
    raise AssertionError("it began to work")


def test_what_cannot_be_written_is_refused_before_the_work(data):
    (data / "mine.npz").mkdir()
    with (
        pytest.raises(SystemExit, match=r"mine.npz could not be written \(there is a folder"),
        publish.result_at(data / "mine.npz", "a command"),
    ):
        worked()


def test_a_damaged_manifest_is_told_before_the_work(data):
    manifest.MANIFEST.write_text("{", encoding="utf-8")
    with (
        pytest.raises(SystemExit, match="data/MANIFEST.json is damaged"),
        publish.result_at(data / "mine.npz", "a command"),
    ):
        worked()


def test_ctrl_c_is_a_sentence_and_enters_nothing(data):
    with (
        pytest.raises(SystemExit, match=r"^Stopped: nothing was written\.$"),
        publish.result_at(data / "mine.npz", "a command"),
    ):
        raise KeyboardInterrupt
    assert not list(data.iterdir())


# --- the manifest ---


def test_what_is_recorded_can_be_used(data):
    (data / "b.txt").write_text("two", encoding="utf-8")
    (data / "a.txt").write_text("one", encoding="utf-8")
    publish.record("b.txt", "by hand")
    publish.record("a.txt", "by hand – carefully")
    assert list(manifest.entries()) == ["a.txt", "b.txt"]
    assert manifest.entries()["a.txt"]["made"] == "by hand – carefully"
    assert manifest.checked("a.txt").read_text(encoding="utf-8") == "one"


def test_a_file_recorded_again_is_known_by_its_new_content(data):
    for content in ("old", "new"):
        (data / "a.txt").write_text(content, encoding="utf-8")
        publish.record("a.txt", content)
    assert manifest.checked("a.txt") == data / "a.txt"
    assert manifest.entries()["a.txt"]["made"] == "new"


def test_only_what_lies_in_data_is_entered(data, tmp_path_factory):
    inside, outside = data / "a.txt", tmp_path_factory.mktemp("elsewhere") / "a.txt"
    for path in (inside, outside):
        path.write_text("one", encoding="utf-8")
        publish.check_writable_result(path)
        publish.enter(path, "by hand")
    assert list(manifest.entries()) == ["a.txt"]


def record_many(data: Path, first: int) -> None:
    manifest.DATA, manifest.MANIFEST = data, data / "MANIFEST.json"
    for number in range(first, first + 15):
        (data / f"{number}.txt").write_text(str(number), encoding="utf-8")
        publish.record(f"{number}.txt", "by hand")


def test_two_processes_lose_no_entry(data):
    both = [
        multiprocessing.get_context("spawn").Process(target=record_many, args=(data, first))
        for first in (0, 100)
    ]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert len(manifest.entries()) == 30


# --- how a result came about ---


def test_provenance_names_the_backend_in_use_and_imports_none():
    """In a Python of its own, with packages that only look like Keras and JAX."""
    code = (
        "import sys, types; from data.studies import publish;"
        "before = set(publish.provenance('c', 1, 2));"
        "assert not {'keras', 'tensorflow', 'jax'} & (before | set(sys.modules)), before;"
        "backend = types.SimpleNamespace(backend=lambda: 'jax');"
        "sys.modules['keras'] = types.SimpleNamespace(backend=backend);"
        "gpu = types.SimpleNamespace(platform='gpu', device_kind='A GPU');"
        "sys.modules['jax'] = types.SimpleNamespace(devices=lambda: [gpu, gpu]);"
        "after = publish.provenance('c', 1, 2);"
        "assert {'keras', 'jax', 'numpy'} <= set(after) and 'tensorflow' not in after, after;"
        "assert after['device'] == 'A GPU, A GPU', after"
    )
    root = Path(manifest.__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)
