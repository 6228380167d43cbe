"""Learners' working copies of the lessons, in my_lessons/: what JupyterLab opens, and nothing else.

`make lab` makes them (through helpers/jupyter_server_config.py, which calls `prepare`), and
`make restore ARGS=03` brings one back as the kit has it: `python -m helpers.copies 03`.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COPIES = ROOT / "my_lessons"


def prepare() -> Path:
    """The folder with the lessons to open: my_lessons, or notebooks where nothing can be written.

    Copies that are missing are made, and those that nobody changed follow the kit; what a learner
    changed stays, and a line says which lessons are newer in the kit.
    """
    raise NotImplementedError
