"""Lessons as web pages that load nothing from the web: one page each, and one that lists them."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

from jinja2 import DictLoader
from nbconvert import HTMLExporter
from nbformat import NotebookNode

STYLE = """
:root { --jp-code-font-size: 14px;
  --jp-mirror-editor-comment-color: #336e6e; --jp-mirror-editor-number-color: #070;
  --jp-mirror-editor-operator-color: #9a1be6; --jp-mirror-editor-error-color: #c00; }
body { margin: 0; background: #fff; color: #222; font-family: system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: .5rem .6rem; font-size: 1rem; }
a { color: #0072b2; }
:focus-visible { outline: 3px solid #0072b2; outline-offset: 2px; }
main img { max-width: 100%; height: auto; }
.jp-RenderedHTMLCommon { font-size: 1.05rem; line-height: 1.6; }
.jp-Cell-inputWrapper, .jp-Cell-outputWrapper { margin: .25rem 0; }
.jp-InputArea-editor pre, code { white-space: pre-wrap; overflow-wrap: anywhere; }
.jp-OutputArea-output pre { white-space: pre; word-break: normal; }
.jp-OutputArea-output, .jp-RenderedMarkdown { overflow-x: auto; }
summary { color: #0072b2; cursor: pointer; font-size: 1rem; padding: 0 .3rem .25rem; }
@media print {
  nav, details:not([open]) { display: none; }
  .jp-OutputArea-output pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  .jp-OutputArea-output img, table { break-inside: avoid; }
  h1, h2, h3 { break-after: avoid; }
}
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: 1.5rem; }
.card { border: 1px solid #ccc; border-radius: .5rem; padding: 1rem; text-decoration: none; }
.card img { width: 100%; height: 9rem; object-fit: contain; }
.card h2 { font-size: 1.2rem; margin: .75rem 0 .25rem; }
.card p { margin: 0; color: #555; }
"""

# nbconvert's page, less the scripts that it takes from the web, with pictures told in words, and
# with code that JupyterLab folds away folded away here too.
LESSON = """
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
{%- block html_head_css -%}<style>{{ resources.style }}</style>{%- endblock -%}
{%- block body_header -%}{{ super() }}<nav>{{ resources.links }}</nav>{%- endblock -%}
{%- block input -%}
{%- if cell.metadata.get('jupyter', {}).get('source_hidden') -%}
<details><summary>Show the code</summary>{{ super() }}</details>
{%- else -%}{{ super() }}{%- endif -%}
{%- endblock -%}
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


def of(lessons: Mapping[str, NotebookNode], folder: Path, names: Iterable[str]) -> dict[str, str]:
    """The pages, by file name, of the lessons called `names`, which have run in `folder`.

    `lessons`, by name and in order, are all that have a page, of now or of before: the pages list
    them, and lead to no other.
    """
    around = [None, *lessons, None]
    neighbours = dict(zip(lessons, zip(around, around[2:])))
    found = {
        f"{name}.html": lesson_page(lessons[name], folder, links(*neighbours[name]), lessons)
        for name in names
    }
    cards = "\n".join(card(name, lesson) for name, lesson in lessons.items())
    return {"index.html": LIST.format(style=STYLE, cards=cards), **found}


def lesson_page(lesson: NotebookNode, folder: Path, links: str, names: Collection[str]) -> str:
    """One lesson as a page, its pictures within it, with `links` on top.

    Its links to other lessons lead to those of `names`.
    """
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

    def to_page(link: re.Match) -> str:
        name, place, text = link.groups(default="")
        return f'<a href="{name}.html{place}">{text}</a>' if name in names else text

    return re.sub(r'<a href="(\w+)\.ipynb(#[^"]*)?">(.*?)</a>', to_page, page)


def links(before: str | None, after: str | None) -> str:
    """Links to the list of lessons and to the neighbours, where there are any."""
    targets = {"index": "All lessons", before: "Previous lesson", after: "Next lesson"}
    return "".join(
        f'<a href="{quote(name)}.html">{text}</a>' for name, text in targets.items() if name
    )


def card(name: str, lesson: NotebookNode) -> str:
    """One lesson in the list: its first picture, its title, its minutes, as far as it has them."""
    outputs = [output for cell in lesson.cells for output in cell.get("outputs", [])]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    minutes = re.search(r"\d+ minutes", lesson.cells[0].source if lesson.cells else "")
    return (
        f'<a class="card" href="{quote(name)}.html">'
        f"{''.join(map(image, pictures[:1]))}"
        f"<h2>{html.escape(title(lesson) or name)}</h2><p>{minutes[0] if minutes else ''}</p></a>"
    )


def image(output: NotebookNode) -> str:
    """A picture among the outputs, told in words."""
    alt = html.escape(output.metadata.get("image/png", {}).get("alt", ""))
    return f'<img src="data:image/png;base64,{output.data["image/png"].strip()}" alt="{alt}">'


def title(lesson: NotebookNode) -> str:
    """What the first line of the lesson calls it; nothing where it has none."""
    first = lesson.cells[0].source if lesson.cells else ""
    return first.partition("\n")[0].lstrip("# ")
