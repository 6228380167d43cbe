"""Lessons as web pages that load nothing from the web: one page each, and one that lists them."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from pathlib import Path

from jinja2 import DictLoader
from nbconvert import HTMLExporter
from nbformat import NotebookNode

STYLE = """
:root { --jp-code-font-size: 14px; }
body { margin: 0; background: #fff; color: #222; font-family: system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
nav { display: flex; gap: 1.5rem; padding: .5rem 0; font-size: 1rem; }
a { color: #0072b2; }
main img { max-width: 100%; height: auto; }
.jp-RenderedHTMLCommon { font-size: 1.05rem; line-height: 1.6; }
.jp-Cell-inputWrapper, .jp-Cell-outputWrapper { margin: .25rem 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: 1.5rem; }
.card { border: 1px solid #ccc; border-radius: .5rem; padding: 1rem; text-decoration: none; }
.card img { width: 100%; height: 9rem; object-fit: contain; }
.card h2 { font-size: 1.2rem; margin: .75rem 0 .25rem; }
.card p { margin: 0; color: #555; }
"""

# nbconvert's page, less the scripts that it takes from the web, and with pictures told in words.
LESSON = """
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
{%- block html_head_css -%}<style>{{ resources.style }}</style>{%- endblock -%}
{%- block body_header -%}{{ super() }}<nav>{{ resources.links }}</nav>{%- endblock -%}
{%- block data_png -%}
<div class="jp-RenderedImage jp-OutputArea-output">
<img src="data:image/png;base64,{{ output.data['image/png'] }}"
 alt="{{ output | get_metadata('alt', 'image/png') | escape_html }}">
</div>
{%- endblock -%}
"""

LIST = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Learned ciphers: the lessons</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>Learned ciphers: the lessons</h1>
<div class="cards">
{cards}
</div>
</main>
</body>
</html>
"""


def of(lessons: Mapping[str, NotebookNode], folder: Path) -> dict[str, str]:
    """The pages, by file name, of `lessons`, by name and in order, that have run in `folder`."""
    names = [None, *lessons, None]
    found = {
        f"{name}.html": lesson_page(lesson, folder, links(before, after))
        for (name, lesson), before, after in zip(lessons.items(), names, names[2:])
    }
    cards = "\n".join(card(name, lesson) for name, lesson in lessons.items())
    return {"index.html": LIST.format(style=STYLE, cards=cards), **found}


def lesson_page(lesson: NotebookNode, folder: Path, links: str) -> str:
    """One lesson as a page, its pictures within it, with `links` on top."""
    exporter = HTMLExporter(
        template_file="lesson.html.j2",
        extra_loaders=[DictLoader({"lesson.html.j2": LESSON})],
        embed_images=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    metadata = {"name": title(lesson), "path": str(folder)}
    resources = {"metadata": metadata, "style": STYLE, "links": links}
    page, _ = exporter.from_notebook_node(lesson, resources=resources)
    return re.sub(r'href="(\w+)\.ipynb', r'href="\1.html', page)


def links(before: str | None, after: str | None) -> str:
    """Links to the list of lessons and to the neighbours, where there are any."""
    targets = {"index": "All lessons", before: "Previous lesson", after: "Next lesson"}
    return "".join(f'<a href="{name}.html">{text}</a>' for name, text in targets.items() if name)


def card(name: str, lesson: NotebookNode) -> str:
    """One lesson in the list: its first picture, its title, its minutes."""
    outputs = [output for cell in lesson.cells for output in cell.get("outputs", [])]
    first = next(output for output in outputs if "image/png" in output.get("data", {}))
    alt = html.escape(first.metadata["image/png"]["alt"])
    minutes = re.search(r"\d+ minutes", lesson.cells[0].source)
    return (
        f'<a class="card" href="{name}.html">'
        f'<img src="data:image/png;base64,{first.data["image/png"].strip()}" alt="{alt}">'
        f"<h2>{html.escape(title(lesson))}</h2><p>{minutes[0] if minutes else ''}</p></a>"
    )


def title(lesson: NotebookNode) -> str:
    """What the first line of the lesson calls it."""
    return lesson.cells[0].source.partition("\n")[0].lstrip("# ")
