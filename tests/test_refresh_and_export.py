"""`refresh` and `export` on a small lesson of two pictures, one of them on a live widget."""

from __future__ import annotations

import re

import nbformat
import pytest
from nbformat import v4

from helpers import lessons, pages

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
TITLE = "# 1 · Grey & black\n\n*About 7 minutes.* Then comes [the next](02_next.ipynb)."


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
def path(tmp_path):
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


def test_refresh_keeps_names_counts_cells_and_joins_lines(path):
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


def test_lessons_are_chosen_by_the_beginnings_of_their_names(path, monkeypatch):
    monkeypatch.setattr(lessons, "LESSONS", path.parent)
    assert lessons.chosen([]) == lessons.chosen(["01"]) == lessons.chosen(["9", "01_g"]) == [path]
    assert lessons.chosen(["02"]) == []


def test_a_lesson_that_is_not_there_is_said_to_be_missing(path, monkeypatch, capsys):
    monkeypatch.setattr(lessons, "LESSONS", path.parent)
    with pytest.raises(SystemExit):
        lessons.main(["refresh", "02"])
    assert "no lesson has such a name" in capsys.readouterr().err


# --- pages ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(ran, tmp_path_factory):
    return pages.of({"01_grey": ran, "02_next": ran}, tmp_path_factory.mktemp("folder"))


def test_there_is_a_page_for_each_lesson_and_one_for_all(site):
    assert list(site) == ["index.html", "01_grey.html", "02_next.html"]
    assert re.findall(r'href="([^"#]+)"', site["index.html"]) == ["01_grey.html", "02_next.html"]


def test_pages_lead_to_each_other(site):
    links = {name: set(re.findall(r'href="([^"#]+)"', page)) for name, page in site.items()}
    assert links["01_grey.html"] == {"index.html", "02_next.html"}
    assert links["02_next.html"] == {"index.html", "01_grey.html", "02_next.html"}


def test_pages_name_the_lesson_and_say_its_pictures_in_words(site):
    assert "<title>1 · Grey &amp; black</title>" in site["01_grey.html"]
    assert "About 7 minutes" in site["01_grey.html"] and "7 minutes" in site["index.html"]
    for page in site.values():
        alts = re.findall(r"<img[^>]* alt=(\"[^\"]*\"|'[^']*')", page)
        assert alts and len(alts) == page.count("<img")
        assert all("square" in alt and "&amp; nothing else" in alt for alt in alts)


def test_pages_load_nothing(site):
    for page in site.values():
        assert "<script" not in page and "<link" not in page and "@import" not in page
        assert all(source.startswith("data:") for source in re.findall(r'src="([^"]*)"', page))
        assert not re.search(r"url\(\s*[\"']?(?!data:|#)[a-z/]", page)


def test_export_writes_the_pages_and_leaves_the_lesson_alone(path, tmp_path, monkeypatch):
    monkeypatch.setattr(lessons, "ROOT", tmp_path)
    monkeypatch.setattr(lessons, "PAGES", tmp_path / "build" / "lessons")
    before = path.read_bytes()
    assert lessons.export([path])
    written = sorted(file.name for file in (tmp_path / "build" / "lessons").iterdir())
    assert written == ["01_grey.html", "index.html"]
    assert path.read_bytes() == before
