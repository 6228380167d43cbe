"""The table of ciphers says what was measured, and stands in the README as it is made."""

from __future__ import annotations

import json

import pytest

from data.studies import side_by_side
from helpers import manifest


@pytest.fixture(scope="module")
def rows():
    return side_by_side.rows()


def test_every_row_has_a_cell_for_each_cipher(rows):
    assert {len(cells) for cells in rows.values()} == {len(side_by_side.CIPHERS)}
    assert all(cell for cells in rows.values() for cell in cells)


def test_the_readme_and_the_file_have_the_table_as_it_is_made_today(rows):
    shipped = json.loads(manifest.checked("results/side_by_side.json").read_text("utf-8"))
    assert shipped["rows"] == rows
    readme = side_by_side.README.read_text("utf-8")
    assert side_by_side.with_table(readme, side_by_side.in_markdown(rows)) == readme


def test_a_cell_says_what_a_study_found(rows):
    best = side_by_side.result("best_eves")["diffusing"]["rounds"]["20"]
    assert f"{100 * best['bits']:.3f} %" in rows["the best Eve that there can be reads"]
    cells = side_by_side.result("comparison")["diffusing"]["under_the_papers_key"]
    (under,) = [row for what, row in rows.items() if what == "a message bit, under the paper's key"]
    assert f"{100 * cells['worst_by_message_bit'][0]:.1f}" in under[2]


def test_a_count_of_the_pair_paper_is_said_where_there_is_one(monkeypatch, tmp_path):
    monkeypatch.setattr(side_by_side, "COUNTED", "results/none.json")
    assert side_by_side.of_paper() == "all 10,000,000 random pairs"
    path = tmp_path / "count.json"
    monkeypatch.setattr(manifest, "entries", lambda: {"results/none.json": {}})
    monkeypatch.setattr(manifest, "checked", lambda name: path)
    for wrong, said in ((0, "all 2^32 pairs, counted"), (3, "3 wrong of 2^32 pairs, counted")):
        path.write_text(json.dumps({"wrong": wrong, "pairs": 1 << 32}), "utf-8")
        assert side_by_side.of_paper() == said


def test_shares_are_said_with_their_intervals():
    found = {"tried": 60, "alone": {"hits": 0}, "among": {"hits": 30}}
    assert side_by_side.of_tried(found, "alone") == "0 of 60 [0, 6 %]"
    assert side_by_side.up_to_ties(found) == "; among a few 30 of 60 [38, 62 %]"
    assert side_by_side.up_to_ties(found | {"alone": {"hits": 30}}) == ""


@pytest.mark.parametrize(
    ("number", "said"), [(1123.0, "1,100"), (46.4, "46"), (7.79, "7.8"), (0.8383, "0.84")]
)
def test_speeds_have_two_digits(number, said):
    assert side_by_side.rounded(number) == said


def test_the_table_takes_the_place_of_the_one_before():
    start, end = side_by_side.MARKS
    assert side_by_side.with_table(f"a\n{start}old\n{end}b", "new\n") == f"a\n{start}new\n{end}b"
    for text in ("a", start, end):
        with pytest.raises(ValueError, match="put both back"):
            side_by_side.with_table(text, "new")
