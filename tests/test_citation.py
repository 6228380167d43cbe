"""Under which version and licence the kit goes out, said alike wherever it is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


PROJECT = read("pyproject.toml")  # read by a pattern: Python 3.10 has no tomllib
CITATION = yaml.safe_load(read("CITATION.cff"))
CHANGES = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", read("CHANGELOG.md"), re.M)


def in_project(key: str) -> str:
    return re.search(rf'^{key} = "(.+?)"', PROJECT, re.M)[1]


def test_the_version_is_the_same_in_the_project_the_citation_and_the_changes():
    newest = next(version for version, date in CHANGES if date)
    assert in_project("version") == CITATION["version"] == newest


def test_the_changes_begin_with_what_is_not_yet_released_and_go_back_in_time():
    (first, undated), *released = CHANGES
    assert (first, undated) == ("Unreleased", "")
    dates = [date for _, date in released]
    assert all(dates) and dates == sorted(dates, reverse=True)


def test_the_citation_has_what_its_format_asks_for():
    """The schema is at https://github.com/citation-file-format: these four, and names of people."""
    assert {"cff-version", "message", "title", "authors"} <= set(CITATION)
    assert CITATION["cff-version"] == "1.2.0"
    for work in (CITATION, *CITATION["references"]):
        assert all("name" in who or "family-names" in who for who in work["authors"])


def test_the_authors_are_those_of_the_licences():
    (authors,) = CITATION["authors"]
    for name in ("LICENSE", "LICENSE-text"):
        assert f"Copyright (c) 2026 {authors['name']}" in read(name)


@pytest.mark.parametrize(("file", "short"), [("LICENSE", "MIT"), ("LICENSE-text", "CC-BY-4.0")])
def test_each_licence_has_its_file_and_the_readme_names_both(file, short):
    assert short in in_project("license").split(" AND ")
    assert f'"{file}"' in re.search(r"^license-files = (.+)$", PROJECT, re.M)[1]
    assert f"]({file})" in read("README.md")


def test_the_licence_of_the_text_names_what_is_there():
    words = re.sub(r"https:\S+", "", read("LICENSE-text"))
    names = re.findall(r"\b[\w/]+(?:\.md|/)(?=[\s,.)])", words)
    assert len(names) > 5 and [name for name in names if not (ROOT / name).exists()] == []
