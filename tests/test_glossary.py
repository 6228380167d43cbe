"""The glossary and the references: in order, nothing twice, and every link to them arrives."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from nbconvert.filters import markdown2html
from nbformat import v4

from helpers import lessons

HEADING = re.compile(r"^### (.+)$", re.MULTILINE)
LINK = re.compile(r"\((?:\.\./)?(\w+)\.ipynb#([^)]+)\)")
LESSON = re.compile(r"\(\[lesson (\d)\]\((\w+)\.ipynb\)\)$")
SHORTEST = 15  # characters of a text: "A 0 or a 1." is followed by its lesson

every_page = pytest.mark.parametrize("name", lessons.BESIDE)


def cells_of(name):
    return lessons.read(lessons.path_of(name)).cells


def entries(cells):
    """[(heading, its text)] in the order in which they stand."""
    parts = HEADING.split("\n\n".join(cell.source for cell in cells))
    texts = [re.sub(r"^## .*$", "", text, flags=re.MULTILINE).strip() for text in parts[2::2]]
    return list(zip(parts[1::2], texts))


def anchors(name):
    """The headings as links name them."""
    return {heading.replace(" ", "-") for heading, _ in entries(cells_of(name))}


def out_of_order(headings):
    """Each heading that does not come after the one before it."""
    keys = [heading.casefold() for heading in headings]
    return [later for earlier, later in zip(keys, keys[1:]) if later <= earlier]


def lost(text, known):
    """The links of a text that lead to no heading of the pages in `known`."""
    links = [(page, unquote(anchor)) for page, anchor in LINK.findall(text)]
    return [link for link in links if link[0] in known and link[1] not in known[link[0]]]


def texts():
    """All that may lead to the two pages, by its name."""
    for name in [*lessons.NAMES, *lessons.BESIDE]:
        yield name, "\n".join(c.source for c in cells_of(name) if c.cell_type == "markdown")
    for path in sorted(lessons.LESSONS.glob("for_teachers/*.md")):
        yield path.name, path.read_text(encoding="utf-8")


@every_page
def test_a_page_is_of_words_alone_and_says_so_in_the_form_of_a_lesson(name):
    page = lessons.read(lessons.path_of(name))
    assert {cell.cell_type for cell in page.cells} == {"markdown"}
    assert page.cells[0].source.startswith(f"# {name.title()}\n")
    assert page.metadata == lessons.METADATA
    ids = [cell.id for cell in page.cells]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(r"[a-z][a-z0-9-]+", each) for each in ids)


@every_page
def test_it_is_in_the_order_of_the_alphabet_and_nothing_stands_there_twice(name):
    assert out_of_order([heading for heading, _ in entries(cells_of(name))]) == []


@every_page
def test_each_heading_has_a_text(name):
    assert [heading for heading, text in entries(cells_of(name)) if len(text) < SHORTEST] == []


@every_page
def test_its_headings_are_found_on_the_pages_by_the_same_names(name):
    html = "".join(markdown2html(cell.source) for cell in cells_of(name))
    assert set(re.findall(r'<h3 id="([^"]+)"', html)) == anchors(name)


def test_a_term_names_the_lesson_that_introduces_it():
    for term, text in entries(cells_of("glossary")):
        number, name = LESSON.search(text).groups()
        assert lessons.NAMES[int(number)] == name, term


def test_the_terms_of_a_letter_stand_in_one_cell():
    for cell in cells_of("glossary")[1:]:
        letter = re.match(r"## ([A-Z])\n", cell.source)[1]
        assert {term[0].upper() for term, _ in entries([cell])} == {letter}


def test_a_reference_has_an_address_and_says_what_the_kit_takes_from_it():
    for name, text in entries(cells_of("references")):
        about, takes = text.split("\n\n")
        assert re.search(r"https?://[\w.-]+/\S", about), name
        assert takes.endswith("."), name


@pytest.mark.parametrize(("name", "text"), list(texts()), ids=lambda value: value[:30])
def test_every_link_to_a_word_or_a_paper_finds_it(name, text):
    assert lost(text, {page: anchors(page) for page in lessons.BESIDE}) == []


# --- each rule notices what breaks it -------------------------------------------------------------


def test_what_is_out_of_order_or_there_twice_is_noticed():
    assert out_of_order(["AES", "bit", "ECB"]) == []
    assert out_of_order(["bit", "AES"]) == ["aes"]
    assert out_of_order(["bit", "Bit"]) == ["bit"]


def test_a_heading_without_a_text_is_noticed():
    cells = [v4.new_markdown_cell("# Glossary"), v4.new_markdown_cell("## B\n\n### bit\n\n## C")]
    assert entries(cells) == [("bit", "")]


def test_a_link_that_leads_nowhere_is_noticed():
    known = {"glossary": {"key-space", "Kerckhoffs's-principle"}}
    there = "[a](glossary.ipynb#key-space) [b](../glossary.ipynb#Kerckhoffs%27s-principle)"
    assert lost(f"{there} [c](03_eve.ipynb#Recap)", known) == []
    assert lost("[a](glossary.ipynb#key)", known) == [("glossary", "key")]
