"""How long a lesson takes, section by section, and where its core ends.

A minute for 180 words, for 12 lines of code that are seen, and for two figures. Exercises and
challenges come on top, and take as long as they take. The core ends where the first section named
"Further" begins: whoever stops there has missed nothing that the core needs.
"""

from __future__ import annotations

import re

from nbformat import NotebookNode

WORDS, LINES, FIGURES = 180, 12, 2  # in a minute
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
FURTHER = "Further: "
ASKED = re.compile(r"\.(check|start|show_board)\((\w+|\.\.\.)\)$", re.MULTILINE)
PARAGRAPH = re.compile(r"\*About \d+ minutes(?:.|\n(?!\n))*")


def sections(lesson: NotebookNode) -> dict[str, float]:
    """The minutes of each section, by its heading; what is before the first one is "To begin"."""
    minutes, heading = {"To begin": 0.0}, "To begin"
    for cell in lesson.cells:
        if cell.cell_type == "markdown" and (found := HEADING.findall(cell.source)):
            heading = found[-1]
        minutes[heading] = minutes.get(heading, 0) + minutes_of(cell)
    return minutes


def minutes_of(cell: NotebookNode) -> float:
    """How long one cell takes to read, or its figures to look at; nothing if it is an exercise."""
    if {"exercise", "challenge"} & set(cell.metadata.get("tags", [])) or ASKED.search(cell.source):
        return 0
    if cell.cell_type == "markdown":
        read = PARAGRAPH.sub("", re.sub(r"<[^>]+>", " ", cell.source))
        return len(read.split()) / WORDS
    folded = cell.metadata.get("jupyter", {}).get("source_hidden")
    lines = 0 if folded else sum(1 for line in cell.source.splitlines() if line.strip())
    figures = sum("image/png" in output.get("data", {}) for output in cell.outputs)
    return lines / LINES + figures / FIGURES


def core(lesson: NotebookNode) -> float:
    """The minutes of all sections before the first one that goes further."""
    minutes = sections(lesson)
    return sum(minutes[heading] for heading in minutes if not heading.startswith(FURTHER))


def paragraph(lesson: NotebookNode) -> str:
    """What a lesson says of its minutes, below its title."""
    minutes = {heading: max(1, round(took)) for heading, took in sections(lesson).items()}
    unread = {"Recap", "Challenges"}
    first = [h for h in minutes if not h.startswith(FURTHER) and h not in unread]
    more = [h for h in minutes if h.startswith(FURTHER)]
    said = f"*About {round(core(lesson))} minutes:* {listing(first, minutes)}."
    if more:
        total = sum(minutes[heading] for heading in more)
        said += f"\n*Further, if you like, {total} more:* {listing(more, minutes)}."
    return said


def listing(headings: list[str], minutes: dict[str, int]) -> str:
    """Headings, each with its minutes."""
    return ", ".join(f"{h.removeprefix(FURTHER)} ({minutes[h]})" for h in headings)


def fill_in(lesson: NotebookNode) -> None:
    """Put the paragraph into the lesson's first cell, in place of the one that is there."""
    top = lesson.cells[0]
    if top.cell_type == "markdown":
        top.source = PARAGRAPH.sub(lambda _: paragraph(lesson), top.source, count=1)
