"""`refresh` and `export` on a small lesson of two pictures, one of them on a live widget."""

from __future__ import annotations

import copy
import re
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from helpers import lessons, pages

pytestmark = pytest.mark.slow

HERO = """
import io
import numpy as np
from ipywidgets import Image, VBox
from IPython.display import display
from PIL import Image as Pillow

def png(value):
    file = io.BytesIO()
    Pillow.fromarray(np.full((8, 8), value, np.uint8)).save(file, "png")
    return file.getvalue()

alt = {"image/png": {"alt": 'A grey "square" & nothing else'}}
display({"image/png": png(99), "text/plain": "grey"}, metadata=alt, raw=True)
print("once", flush=True)
print("more")
"""
WIDGET = """
class Still(VBox):
    def _repr_mimebundle_(self, **options):
        live = super()._repr_mimebundle_(**options)
        return {**live, "image/png": png(0), "text/plain": "black"}, alt

Still([Image(value=png(0))])
"""
TITLE = "# 1 · Grey & black\n\n*About 7 minutes.*\n\nThen comes [the next](02_next.ipynb)."


def save_small_lesson(folder):
    cells = [
        v4.new_markdown_cell(TITLE, id="title"),
        v4.new_code_cell(HERO, id="hero"),
        v4.new_code_cell(WIDGET, id="widget"),
    ]
    path = folder / "01_grey.ipynb"
    lessons.write(v4.new_notebook(cells=cells), path)
    return path


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A kit of two lessons, of which one is written, in a folder of its own; that lesson."""
    monkeypatch.setattr(lessons, "ROOT", tmp_path)
    monkeypatch.setattr(lessons, "LESSONS", tmp_path)
    monkeypatch.setattr(lessons, "PAGES", tmp_path / "build" / "lessons")
    monkeypatch.setattr(lessons, "NAMES", ("01_grey", "02_next"))
    monkeypatch.setattr(lessons, "BESIDE", ("words",))
    words = v4.new_notebook(cells=[v4.new_markdown_cell("# Words\n\n### grey", id="words")])
    lessons.write(words, tmp_path / "words.ipynb")
    return save_small_lesson(tmp_path)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The lesson after one run, for all tests that only look at it."""
    return lessons.run(save_small_lesson(tmp_path_factory.mktemp("lesson")))


def add_cell(path, source):
    lesson = nbformat.read(path, as_version=4)
    lesson.cells.append(v4.new_code_cell(source, id="added"))
    lessons.write(lesson, path)


def test_a_second_refresh_changes_no_byte(path):
    assert lessons.refresh([path])
    first = path.read_bytes()
    assert lessons.refresh([path])
    assert path.read_bytes() == first
    assert first.endswith(b"}\n") and b"\r" not in first and "·".encode() in first


def test_refresh_keeps_names_counts_cells_and_joins_lines(path, ran, monkeypatch):
    monkeypatch.setattr(lessons, "run", lambda path, **_: copy.deepcopy(ran))
    lessons.refresh([path])
    saved = nbformat.read(path, as_version=4)
    assert [cell.id for cell in saved.cells] == ["title", "hero", "widget"]
    assert [cell.get("execution_count") for cell in saved.cells] == [None, 1, 2]
    assert saved.cells[1].outputs[1].text == "once\nmore\n"


def test_of_a_widget_the_still_picture_and_the_words_are_kept(ran):
    (output,) = ran.cells[2].outputs
    assert set(output.data) == {"image/png", "text/plain"}
    assert output.data["text/plain"] == "black"
    assert ran.metadata == lessons.METADATA
    assert not any(cell.metadata for cell in ran.cells)


def test_a_lesson_that_fails_keeps_its_file_and_the_others_are_written(path, tmp_path, capsys):
    broken = tmp_path / "02_broken.ipynb"
    broken.write_bytes(path.read_bytes())
    add_cell(broken, "raise RuntimeError('out of ink')")
    before = broken.read_bytes()
    assert not lessons.refresh([broken, path])
    assert broken.read_bytes() == before
    assert "out of ink" in capsys.readouterr().out
    assert nbformat.read(path, as_version=4).cells[1].execution_count == 1


def test_a_lesson_in_a_test_has_no_network(path, capsys):
    """192.0.2.1 is reserved for examples: nothing answers there, so the refusal is ours."""
    add_cell(path, "import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=5)")
    assert not lessons.refresh([path])
    assert "A lesson works without a network" in capsys.readouterr().out


def test_lessons_are_chosen_by_the_beginnings_of_their_names(path):
    both = [path, path.with_name("02_next.ipynb")]
    assert lessons.chosen([]) == lessons.chosen(["0"]) == lessons.chosen(["02", "01_g"]) == both
    assert lessons.chosen(["01"]) == [path]


@pytest.mark.parametrize("words", [["mine"], ["Untitled"], ["01", "9"]])
def test_a_learners_own_notebook_is_no_lesson_and_stays_as_it_is(path, capsys, words):
    for name in ["mine.ipynb", "Untitled.ipynb"]:
        path.with_name(name).write_text("")
    for what in ["refresh", "export"]:
        assert lessons.main([what, *words]) == 1
        assert f"{words[-1]!r} is no lesson of the kit" in capsys.readouterr().err
    assert lessons.chosen([]) == [path, path.with_name("02_next.ipynb")]


@pytest.mark.parametrize("damage", ["", "{}", '{"cells": 3}', "no notebook"])
def test_a_damaged_or_missing_lesson_is_named(path, capsys, damage):
    path.write_text(damage)
    assert lessons.main(["refresh", "01"]) == 1
    assert "01_grey.ipynb is cut short or no .ipynb file" in capsys.readouterr().err
    assert lessons.main(["export", "02"]) == 1
    said = capsys.readouterr().out
    assert "02_next ... failed" in said and "There is no file" in said and said.count("\n") == 2
    assert path.read_text() == damage


def test_refresh_remembers_how_an_exercise_is_asked_and_takes_no_answer_for_it(path, capsys):
    add_cell(path, "class lesson00:\n    class two:\n        check = print")
    lesson = lessons.read(path)
    lesson.cells.append(v4.new_code_cell("two = ...\nlesson00.two.check(two)", id="exercise-1"))
    lessons.write(lesson, path)
    assert lessons.main(["refresh", "01"]) == 0
    lesson = lessons.read(path)
    assert lesson.cells[-1].metadata.blank == "two = ...\nlesson00.two.check(two)"
    lesson.cells[-1].source = "two = 2\nlesson00.two.check(two)"
    lessons.write(lesson, path)
    before = path.read_bytes()
    assert lessons.main(["refresh", "01"]) == 1
    said = capsys.readouterr().err
    assert "exercise-1" in said and "make restore ARGS=01" in said and path.read_bytes() == before


# --- pages ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(ran, tmp_path_factory):
    shown = {"01_grey": ran, "02_next": ran}
    return pages.of(shown, tmp_path_factory.mktemp("folder"), shown)


def links(page):
    return re.findall(r'<a [^>]*href="([^"#]+)"', page)


def test_there_is_a_page_for_each_lesson_and_one_for_all(site):
    assert list(site) == ["index.html", "01_grey.html", "02_next.html"]
    assert links(site["index.html"]) == ["01_grey.html", "02_next.html"]


def test_pages_lead_to_each_other(site):
    assert set(links(site["01_grey.html"])) == {"index.html", "02_next.html"}
    assert set(links(site["02_next.html"])) == {"index.html", "01_grey.html", "02_next.html"}


def test_a_page_leads_to_none_that_is_not_there(ran, tmp_path):
    site = pages.of({"01_grey": ran}, tmp_path, ["01_grey"])
    assert links(site["01_grey.html"]) == ["index.html"]
    assert "Then comes the next." in re.sub("<[^>]+>", "", site["01_grey.html"])


def test_pages_name_the_lesson_and_say_its_pictures_in_words(site):
    assert "<title>1 · Grey &amp; black</title>" in site["01_grey.html"]
    assert "About 7 minutes" in site["01_grey.html"] and "7 minutes" in site["index.html"]
    for page in site.values():
        alts = re.findall(r"<img[^>]* alt=(\"[^\"]*\"|'[^']*')", page)
        assert alts and len(alts) == page.count("<img")
        assert all("square" in alt and "&amp; nothing else" in alt for alt in alts)


def test_pages_load_nothing(site):
    for page in site.values():
        assert "<script" not in page and "@import" not in page
        assert re.findall(r'<link [^>]*?(href="[^"]*")', page) == ['href="data:,"']
        assert all(source.startswith("data:") for source in re.findall(r'src="([^"]*)"', page))
        assert not re.search(r"url\(\s*[\"']?(?!data:|#)[a-z/]", page)


def test_code_that_is_folded_away_in_a_lesson_can_be_unfolded_on_its_page(ran, tmp_path):
    assert "<details>" not in pages.of({"01_grey": ran}, tmp_path, ["01_grey"])["01_grey.html"]
    folded = nbformat.from_dict(ran)
    folded.cells[1].metadata["jupyter"] = {"source_hidden": True}
    page = pages.of({"01_grey": folded}, tmp_path, ["01_grey"])["01_grey.html"]
    ((before, code),) = re.findall("(.*)<details>(.*?)</details>", page, re.DOTALL)
    assert "Show the code</summary>" in code and "nothing" in code and "About 7 min" in before
    assert page.count("<summary>") == 1 and "<img" not in code


def of_words(text, **metadata):
    """The page of a lesson that is this one cell of Markdown, and a glossary."""
    cell = v4.new_markdown_cell(text, metadata=metadata)
    words = v4.new_notebook(cells=[v4.new_markdown_cell("# Words\n\n### grey area\n\nGrey.")])
    lesson = v4.new_notebook(cells=[v4.new_markdown_cell("# 1 · Grey"), cell])
    site = pages.of({"01_grey": lesson}, Path(), ["01_grey"], {"words": words})
    return site["01_grey.html"], site["words.html"], site["index.html"]


def test_formulas_are_set_by_the_browser_itself():
    page, _, _ = of_words("So $2^{16} < x_1$ keys, and\n\n$$|p - 1/2|$$\n\nbut `$HOME` and `$a$`.")
    assert page.count("<math") == 2 and 'display="block"' in page
    assert "<msup><mn>2</mn><mrow><mn>16</mn>" in page.replace("\n", "")
    assert "<code>$HOME</code>" in page and "<code>$a$</code>" in page
    assert "&lt;" in page or "&#x0003C;" in page


def test_a_page_of_words_is_reached_from_each_page_at_its_very_word():
    page, words, index = of_words("A [grey area](words.ipynb#grey-area).")
    assert 'href="words.html#grey-area"' in page and 'href="words.html"' in index
    assert 'id="grey-area"' in words and links(words) == ["index.html"]


def test_what_is_predicted_can_be_clicked_without_a_script():
    text = "**Predict.** Grey?\n\n<details><summary>Yes</summary>\n\n*Indeed.*\n\n</details>\n"
    page, _, _ = of_words(text, tags=["prediction"])
    assert re.search(
        r"<details><summary>Yes</summary>\s*<p><em>Indeed.</em></p>\s*</details>", page
    )
    assert "celltag_prediction" in page


@pytest.mark.parametrize(
    "cells", [[], [v4.new_code_cell("x = 1")], [v4.new_markdown_cell("# A<b")]]
)
def test_a_lesson_without_title_or_picture_still_gets_its_card(cells, tmp_path):
    name = 'q"&<x'
    site = pages.of({name: v4.new_notebook(cells=cells)}, tmp_path, [name])
    assert links(site["index.html"]) == ["q%22%26%3Cx.html"]
    assert "<x" not in site["index.html"] and "A<b" not in site["index.html"]
    assert "<img" not in site["index.html"] and f"{name}.html" in site


def test_a_card_has_the_question_of_its_lesson():
    cells = [
        v4.new_markdown_cell(
            "| **0 · Here** | 9 | Works *it*? |\n| [**1 · B**](01_b.ipynb) | 8 | How? |"
        )
    ]
    asked = pages.questions({"00_here": v4.new_notebook(cells=cells)})
    assert asked == {"0": "Works it?", "1": "How?"} and pages.questions({}) == {}
    shipped = {name: lessons.read(lessons.path_of(name)) for name in lessons.NAMES}
    assert set(pages.questions(shipped)) == {name[1] for name in lessons.NAMES}


def test_export_writes_the_pages_and_leaves_the_lesson_alone(path, ran, monkeypatch):
    monkeypatch.setattr(lessons, "run", lambda path, **_: copy.deepcopy(ran))
    before = path.read_bytes()
    assert lessons.export([path])
    written = sorted(file.name for file in lessons.PAGES.iterdir())
    assert written == ["01_grey.html", "index.html", "key_flipper.html", "words.html"]
    assert path.read_bytes() == before


def test_export_of_one_lesson_keeps_the_pages_and_cards_of_the_others(path, ran, monkeypatch):
    monkeypatch.setattr(lessons, "run", lambda path, **_: copy.deepcopy(ran))
    other = path.with_name("02_next.ipynb")
    other.write_bytes(path.read_bytes())
    lessons.export([path])
    lessons.export([other])
    pages = {file.name: file.read_text(encoding="utf-8") for file in lessons.PAGES.iterdir()}
    assert links(pages["index.html"]) == [
        *("01_grey.html", "02_next.html"),
        *("key_flipper.html", "words.html"),
    ]
    for page in pages.values():
        assert set(links(page)) <= set(pages)


def test_a_disk_that_fills_up_leaves_the_pages_as_they_were(path, ran, monkeypatch, capsys):
    monkeypatch.setattr(lessons, "run", lambda path, **_: copy.deepcopy(ran))
    lessons.export([path])
    before = {file.name: file.read_bytes() for file in lessons.PAGES.iterdir()}

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert lessons.main(["export", "01"]) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert {file.name: file.read_bytes() for file in lessons.PAGES.iterdir()} == before
