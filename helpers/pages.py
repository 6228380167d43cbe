"""Lessons as web pages that load nothing from the web: one page each, and one that lists them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from nbconvert import HTMLExporter
from nbformat import NotebookNode

TEMPLATES = FileSystemLoader(Path(__file__).parent)


def of(lessons: Mapping[str, NotebookNode], folder: Path, names: Iterable[str]) -> dict[str, str]:
    """The pages, by file name, of the lessons called `names`, which have run in `folder`.

    `lessons`, by name and in order, are all that have a page, of now or of before: the pages list
    them, and lead to no other.
    """
    index = Environment(loader=TEMPLATES, autoescape=True).get_template("index.html.j2")
    cards = [card(name, lesson) for name, lesson in lessons.items()]
    pages = {f"{name}.html": lesson_page(name, lessons, folder) for name in names}
    return {"index.html": index.render(cards=cards), **pages}


def lesson_page(name: str, lessons: Mapping[str, NotebookNode], folder: Path) -> str:
    """One of the lessons as a page, its pictures within it, with links to the others."""
    exporter = HTMLExporter(
        template_file="lesson.html.j2",
        extra_loaders=[TEMPLATES],
        embed_images=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    order = list(lessons)
    resources = {
        "metadata": {"name": title(lessons[name]), "path": str(folder)},
        "before": dict(zip(order[1:], order)).get(name),
        "after": dict(zip(order, order[1:])).get(name),
    }
    page, _ = exporter.from_notebook_node(lessons[name], resources=resources)

    def to_page(link: re.Match[str]) -> str:
        name, place, text = link.groups(default="")
        return f'<a href="{name}.html{place}">{text}</a>' if name in lessons else text

    return re.sub(r'<a href="(\w+)\.ipynb(#[^"]*)?">(.*?)</a>', to_page, page)


def card(name: str, lesson: NotebookNode) -> dict[str, Any]:
    """One lesson in the list: its title, its minutes, its first picture, as far as it has them."""
    outputs = [output for cell in lesson.cells for output in cell.get("outputs", [])]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    minutes = re.search(r"\d+ minutes", lesson.cells[0].source if lesson.cells else "")
    return {
        "name": name,
        "title": title(lesson) or name,
        "minutes": minutes[0] if minutes else "",
        "picture": pictures[0] if pictures else None,
    }


def title(lesson: NotebookNode) -> str:
    """What the first line of the lesson calls it; nothing where it has none."""
    first = lesson.cells[0].source if lesson.cells else ""
    return first.partition("\n")[0].lstrip("# ")
