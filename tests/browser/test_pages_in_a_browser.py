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
