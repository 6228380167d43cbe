"""Lessons as web pages that load nothing from the web: one page each, and one that lists them.

A page carries its pictures, the controls that work without Python, and a policy by which a browser
refuses to load anything else.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, FileSystemLoader, pass_context
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from PIL import Image

from helpers import live

NONE: Mapping[str, NotebookNode] = MappingProxyType({})
TEMPLATES = FileSystemLoader(Path(__file__).parent)
CHARSET = '<meta charset="utf-8"'
QUESTION = re.compile(r"^\| \[?\*\*(\d) ·.*?\|[^|]*\| *(.+?) *\|", re.MULTILINE)  # in lesson 0
CODE_OR_FORMULA = re.compile(r"<code.*?</code>|\$\$(.+?)\$\$|\$([^$\n]+)\$", re.DOTALL)


def of(
    lessons: Mapping[str, NotebookNode],
    folder: Path,
    names: Iterable[str],
    beside: Mapping[str, NotebookNode] = NONE,
    projector: str = "",
) -> dict[str, str]:
    """The pages, by file name, of the lessons called `names`, which have run in `folder`.

    `lessons`, by name and in order, are all that have a page, of now or of before: the pages list
    them, and lead to no other. Those `beside` them, as the glossary, always get theirs. `projector`
    is the page of the key flipper alone, where there is one.
    """
    asked = questions(lessons)
    cards = [
        card(name, lesson) | {"question": asked.get(name[1:2], "")}
        for name, lesson in lessons.items()
    ]
    titles = {name: title(each) for name, each in beside.items()}
    index = from_template("index.html.j2", cards=cards, beside=titles, projector=projector)
    pages = {f"{name}.html": page(name, lessons, beside, folder) for name in [*names, *beside]}
    alone = {"key_flipper.html": projector} if projector else {}
    return {"index.html": index, **pages, **alone}


def questions(lessons: Mapping[str, NotebookNode]) -> dict[str, str]:
    """What each lesson asks, by its number, as the map of the course in lesson 0 has it."""
    cells = [cell for name in lessons if name.startswith("00") for cell in lessons[name].cells]
    rows = QUESTION.findall("\n".join(cell.source for cell in cells))
    return {number: question.replace("*", "") for number, question in rows}


def full_screen(name: str, state: Mapping[str, Any], heading: str, words: str) -> str:
    """A page that has one control alone, for a projector: its module, its state, and what is said
    above it and below.
    """
    parts = {"name": name, "state": state, "heading": heading, "words": words}
    return from_template("control.html.j2", script=live.page_script(name), **parts)


def from_template(template: str, **parts: Any) -> str:
    """A page of the kit's own, from its template, with its policy."""
    made = Environment(loader=TEMPLATES, autoescape=True).get_template(template).render(**parts)
    return with_policy(made, [parts["script"]] if "script" in parts else [])


def with_policy(page: str, scripts: Iterable[str]) -> str:
    """A page that says, before anything else, what a browser may load for it: nothing.

    Only these scripts, which are in it, may run, each known by its digest, and no other that came
    out of a cell. Pictures are within the page. Raises ValueError for a page without its `CHARSET`.
    """
    digests = [hashlib.sha256(script.encode()).digest() for script in scripts]
    allowed = [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
    rules = {
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": "'unsafe-inline'",
        "script-src": " ".join(allowed) or "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    policy = "; ".join(f"{what} {sources}" for what, sources in rules.items())
    if page.count(CHARSET) != 1:
        raise ValueError(f"A page has {CHARSET}> once, where its policy goes: mend its template.")
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return page.replace(CHARSET, meta + CHARSET)


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
    order, controls = list(lessons), controls_of(everything[name])
    scripts = {each: live.page_script(each) for each in controls}
    resources = {
        "scripts": scripts,
        "metadata": {"name": title(everything[name]), "path": str(folder)},
        "beside": {each: title(beside[each]) for each in beside if each != name},
        "before": dict(zip(order[1:], order)).get(name),
        "after": dict(zip(order, order[1:])).get(name),
    }
    text, _ = exporter.from_notebook_node(everything[name], resources=resources)

    def to_page(link: re.Match[str]) -> str:
        name, place, words = link.groups(default="")
        return f'<a href="{name}.html{place}">{words}</a>' if name in everything else words

    linked = re.sub(r'<a href="(\w+)\.ipynb(#[^"]*)?">(.*?)</a>', to_page, text)
    return with_policy(linked, scripts.values())


def controls_of(lesson: NotebookNode) -> list[str]:
    """The modules of the controls that work in this lesson's page, each once."""
    outputs = [output for cell in lesson.cells for output in cell.get("outputs", [])]
    shown = [
        output.metadata["live"]["module"]
        for output in outputs
        if "live" in output.get("metadata", {})
    ]
    return list(dict.fromkeys(shown))


def card(name: str, lesson: NotebookNode) -> dict[str, Any]:
    """One lesson in the list: its title, its minutes, its first picture, as far as it has them."""
    outputs = [output for cell in lesson.cells for output in cell.get("outputs", [])]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    minutes = re.search(r"\d+ minutes", lesson.cells[0].source if lesson.cells else "")
    return {
        "name": name,
        "title": title(lesson) or name,
        "minutes": minutes[0] if minutes else "",
        "picture": thumbnail(pictures[0].data["image/png"]) if pictures else "",
        "alt": pictures[0].metadata.get("image/png", {}).get("alt", "") if pictures else "",
    }


def thumbnail(png: str) -> str:
    """A picture, PNG as base64, made small, as base64 again."""
    picture, small = Image.open(io.BytesIO(base64.b64decode(png))), io.BytesIO()
    picture.thumbnail((560, 320))
    picture.save(small, "PNG", optimize=True)
    return base64.b64encode(small.getvalue()).decode()


def title(lesson: NotebookNode) -> str:
    """What the first line of the lesson calls it; nothing where it has none."""
    first = lesson.cells[0].source if lesson.cells else ""
    return first.partition("\n")[0].lstrip("# ")
