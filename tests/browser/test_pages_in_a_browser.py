"""Pages of `make lessons` as readers meet them: on a telephone, on paper, with the keyboard."""

from __future__ import annotations

import pytest
from nbformat import v4

from helpers import pages

LONG = "and_on = " + " + ".join(["another_number"] * 12)
OUTPUT = v4.new_output("stream", text="a table of numbers " * 12 + "\n")

CUT = """(overflow) => [...document.querySelectorAll("*")]
    .filter(element => element.clientWidth && element.scrollWidth > element.clientWidth + 1)
    .filter(element => overflow.includes(getComputedStyle(element).overflowX))
    .map(element => element.outerHTML)"""
OUTLINE = "() => getComputedStyle(document.activeElement).outlineWidth"


@pytest.fixture
def page(browser, tmp_path):
    """A telephone with a page of long lines: the first code folded, the second not."""
    cells = [
        v4.new_markdown_cell(f"# 1 · Long\n\nSay `{LONG}`; then [on](02_on.ipynb)."),
        v4.new_code_cell(LONG, outputs=[OUTPUT], metadata={"jupyter": {"source_hidden": True}}),
        v4.new_code_cell(LONG, outputs=[OUTPUT]),
    ]
    lesson = v4.new_notebook(cells=cells)
    path = tmp_path / "01_long.html"
    path.write_text(pages.of({path.stem: lesson}, tmp_path, [path.stem])[path.name], "utf-8")
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(path.as_uri())
    yield page
    page.close()


def test_nothing_is_cut_off_on_a_telephone_and_the_page_does_not_scroll_sideways(page):
    page.locator("summary").click()
    assert page.locator(".highlight pre").first.is_visible()
    assert page.evaluate(CUT, ["hidden", "clip"]) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    assert len(page.evaluate(CUT, ["auto", "scroll"])) == 2, "tables of numbers keep their columns"


def test_nothing_has_to_be_scrolled_to_on_paper(page):
    page.emulate_media(media="print")
    assert page.evaluate(CUT, ["hidden", "clip", "auto", "scroll"]) == []
    assert not page.get_by_role("link", name="All lessons").is_visible()


def test_the_keyboard_shows_where_it_is_and_unfolds_code(page):
    assert not page.locator(".highlight pre").first.is_visible()
    page.keyboard.press("Tab")
    assert page.evaluate(OUTLINE) == "3px"
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    assert page.locator(".highlight pre").first.is_visible()


PREDICTION = "**Predict.** How many?\n\n" + "\n".join(
    f"<details><summary>{many}</summary>\n\nNot {many}.\n\n</details>" for many in ["Six", "Nine"]
)


@pytest.fixture
def asking(browser, tmp_path):
    """A page that asks before it shows."""
    cells = [
        v4.new_markdown_cell("# 1 · Asked"),
        v4.new_markdown_cell(PREDICTION, metadata={"tags": ["prediction"]}),
        v4.new_code_cell("print(7)", outputs=[v4.new_output("stream", text="seven\n")]),
        v4.new_code_cell("print(8)", outputs=[v4.new_output("stream", text="eight\n")]),
    ]
    lesson = v4.new_notebook(cells=cells)
    path = tmp_path / "01_asked.html"
    path.write_text(pages.of({path.stem: lesson}, tmp_path, [path.stem])[path.name], "utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    yield page
    page.close()


def test_what_is_asked_for_is_shown_when_an_answer_is_chosen_and_not_before(asking):
    assert not asking.get_by_text("seven").is_visible() and asking.get_by_text("eight").is_visible()
    assert not asking.get_by_text("Not Six.").is_visible()
    asking.get_by_text("Six", exact=True).focus()
    asking.keyboard.press("Enter")
    assert asking.get_by_text("Not Six.").is_visible() and asking.get_by_text("seven").is_visible()
    assert not asking.get_by_text("Not Nine.").is_visible()


def test_on_paper_all_is_shown(asking):
    asking.emulate_media(media="print")
    assert (
        asking.get_by_text("seven").is_visible()
        and asking.get_by_text("Nine", exact=True).is_visible()
    )
