"""A shipped file is used only if it is there and unchanged."""

from __future__ import annotations

import pytest

from helpers import manifest

SHIPPED = sorted(manifest.entries())


@pytest.fixture
def data(tmp_path, monkeypatch):
    """An empty data folder in place of the shipped one."""
    monkeypatch.setattr(manifest, "DATA", tmp_path)
    monkeypatch.setattr(manifest, "MANIFEST", tmp_path / "MANIFEST.json")
    return tmp_path


@pytest.mark.parametrize("name", SHIPPED)
def test_every_file_of_the_manifest_is_as_it_was_shipped(name):
    assert manifest.checked(name) == manifest.DATA / name
    assert manifest.entries()[name]["made"]


def test_all_weights_are_in_the_manifest():
    weights = {f"weights/{path.name}" for path in (manifest.DATA / "weights").glob("*.npz")}
    assert weights
    assert weights <= set(SHIPPED)


def test_what_is_recorded_can_be_used(data):
    (data / "b.txt").write_text("two", encoding="utf-8")
    (data / "a.txt").write_text("one", encoding="utf-8")
    manifest.record("b.txt", "by hand")
    manifest.record("a.txt", "by hand – carefully")
    assert list(manifest.entries()) == ["a.txt", "b.txt"]
    assert manifest.entries()["a.txt"]["made"] == "by hand – carefully"
    assert manifest.checked("a.txt").read_text(encoding="utf-8") == "one"


def test_a_file_recorded_again_is_known_by_its_new_content(data):
    for content in ("old", "new"):
        (data / "a.txt").write_text(content, encoding="utf-8")
        manifest.record("a.txt", content)
    assert manifest.checked("a.txt") == data / "a.txt"
    assert manifest.entries()["a.txt"]["made"] == "new"


def test_the_hash_is_sha256(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")  # the example of FIPS 180-2
    assert manifest.sha256(tmp_path / "abc") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_an_unknown_a_missing_and_an_altered_file(data):
    file = data / "a.txt"
    file.write_text("one", encoding="utf-8")
    with pytest.raises(ValueError, match=r"knows no 'a.txt': choose one of \[\]"):
        manifest.checked("a.txt")
    manifest.record("a.txt", "by hand")
    file.write_text("One", encoding="utf-8")
    with pytest.raises(ValueError, match="a.txt is not the file that was shipped.*git restore"):
        manifest.checked("a.txt")
    file.unlink()
    with pytest.raises(FileNotFoundError, match="a.txt is missing: restore it"):
        manifest.checked("a.txt")
