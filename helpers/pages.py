"""Lessons as web pages that load nothing from the web: one page each, and one that lists them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, FileSystemLoader, pass_context
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbformat import NotebookNode

NONE: Mapping[str, NotebookNode] = MappingProxyType({})
TEMPLATES = FileSystemLoader(Path(__file__).parent)
CODE_OR_FORMULA = re.compile(r"<code.*?</code>|\$\$(.+?)\$\$|\$([^$\n]+)\$", re.DOTALL)


def of(
    lessons: Mapping[str, NotebookNode],
    folder: Path,
    names: Iterable[str],
    beside: Mapping[str, NotebookNode] = NONE,
) -> dict[str, str]:
    """The pages, by file name, of the lessons called `names`, which have run in `folder`.

    `lessons`, by name and in order, are all that have a page, of now or of before: the pages list
    them, and lead to no other. Those `beside` them, as the glossary, always get theirs.
    """
    index = Environment(loader=TEMPLATES, autoescape=True).get_template("index.html.j2")
    cards = [card(name, lesson) for name, lesson in lessons.items()]
    titles = {name: title(each) for name, each in beside.items()}
    pages = {f"{name}.html": page(name, lessons, beside, folder) for name in [*names, *beside]}
    return {"index.html": index.render(cards=cards, beside=titles), **pages}


class Exporter(HTMLExporter):
    """nbconvert's, with formulas that a browser sets by itself."""

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """What nbconvert makes of a cell of Markdown, its formulas as MathML."""
        return with_mathml(super().markdown2html(context, source))


def with_mathml(page: str) -> str:
    """HTML with each formula, $in a line$ or $$on a line of its own$$, as MathML; code stays."""

    def formula(found: re.Match[str]) -> str:
        alone, within = found.groups()
        if not (alone or within):
            return found[0]
        return convert(html.unescape(alone or within), display="block" if alone else "inline")

    return CODE_OR_FORMULA.sub(formula, page)


def page(
    name: str,
    lessons: Mapping[str, NotebookNode],
    beside: Mapping[str, NotebookNode],
    folder: Path,
) -> str:
    """One of the notebooks as a page, its pictures within it, with links to the others."""
    everything = {**lessons, **beside}
    exporter = Exporter(
        template_file="lesson.html.j2",
        extra_loaders=[TEMPLATES],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    order = list(lessons)
    resources = {
        "metadata": {"name": title(everything[name]), "path": str(folder)},
        "beside": {each: title(beside[each]) for each in beside if each != name},
        "before": dict(zip(order[1:], order)).get(name),
        "after": dict(zip(order, order[1:])).get(name),
    }
    text, _ = exporter.from_notebook_node(everything[name], resources=resources)

    def to_page(link: re.Match[str]) -> str:
        name, place, words = link.groups(default="")
        return f'<a href="{name}.html{place}">{words}</a>' if name in everything else words

    return re.sub(r'<a href="(\w+)\.ipynb(#[^"]*)?">(.*?)</a>', to_page, text)


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
