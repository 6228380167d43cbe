"""A shipped file is used only if it is there and unchanged."""

from __future__ import annotations

import json

import pytest

from data.studies import publish
from helpers import manifest

SHIPPED = sorted(manifest.entries())
ENTRY = {"sha256": "0" * 64, "made": "by hand"}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_file_of_the_manifest_is_as_it_was_shipped(name):
    assert manifest.checked(name) == manifest.DATA / name
    assert manifest.entries()[name]["made"]


def test_all_weights_are_in_the_manifest():
    weights = {f"weights/{path.name}" for path in (manifest.DATA / "weights").glob("*.npz")}
    assert weights
    assert weights <= set(SHIPPED)


def test_the_hash_is_sha256(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")  # the example of FIPS 180-2
    assert manifest.sha256(tmp_path / "abc") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


# --- what is not as it should be ---


def test_an_unknown_a_missing_and_an_altered_file(data):
    file = data / "a.txt"
    file.write_text("one", encoding="utf-8")
    (data / "b.txt").write_text("two", encoding="utf-8")
    publish.record("b.txt", "by hand")
    with pytest.raises(ValueError, match=r"knows no 'a.txt': choose one of \['b.txt'\]"):
        manifest.checked("a.txt")
    publish.record("a.txt", "by hand")
    file.write_text("One", encoding="utf-8")
    with pytest.raises(ValueError, match="a.txt is not the file that was shipped.*: (restore|fet)"):
        manifest.checked("a.txt")
    file.unlink()
    with pytest.raises(FileNotFoundError, match="a.txt is missing: (restore it|fetch the kit)"):
        manifest.checked("a.txt")


def test_the_remedy_is_git_only_where_git_is(data, monkeypatch):
    monkeypatch.setattr(manifest, "ROOT", data)
    assert manifest.remedy("a.txt") == "fetch the kit anew"
    (data / ".git").mkdir()
    assert manifest.remedy("a.txt") == "restore it with `git restore data/a.txt`"


def test_a_missing_manifest_is_missed(data):
    with pytest.raises(FileNotFoundError, match=r"data/MANIFEST.json is missing: (restore|fetch)"):
        manifest.entries()


DAMAGE = {
    "empty": "",
    "cut short": json.dumps({"a.txt": ENTRY})[:-5],
    "a list": "[]",
    "nested without end": "[" * 100_000,
    "not UTF-8": "\udcff",
    "out of data": json.dumps({"../a.txt": ENTRY}),
    "absolute": json.dumps({"/etc/passwd": ENTRY}),
    "no name": json.dumps({"": ENTRY}),
    "no entry": json.dumps({"a.txt": None}),
    "no hash": json.dumps({"a.txt": {"made": "by hand"}}),
    "short hash": json.dumps({"a.txt": ENTRY | {"sha256": "0" * 63}}),
    "a hash and a line": json.dumps({"a.txt": ENTRY | {"sha256": "0" * 64 + "\n"}}),
    "a number": json.dumps({"a.txt": ENTRY | {"made": 1}}),
    "one more": json.dumps({"a.txt": ENTRY | {"more": "text"}}),
}


@pytest.mark.parametrize("text", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_manifest_is_named(data, text):
    manifest.MANIFEST.write_text(text, encoding="utf-8", errors="surrogateescape")
    for use in (manifest.entries, lambda: manifest.checked("a.txt")):
        with pytest.raises(ValueError, match=r"^data/MANIFEST.json is damaged: .*\.$"):
            use()
