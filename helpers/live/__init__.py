"""The controls that need no kernel: their JavaScript, and what Python hands over to it.

Each control is one ES module here, `key_flipper.js` say, that imports what it shares with others
from beside it. `module` joins them to one text, which anywidget hands to JupyterLab, VS Code or
Colab, and the pages of `make lessons` carry within them. No build tool, and no library.

What a control shows is made of `facts`: numbers, words, lists, dicts and NumPy arrays, which travel
as JSON beside one compressed piece of bytes. They are read by `factsOf` in page.js.
"""

from __future__ import annotations

import functools
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)
KINDS = ("uint8", "uint16", "int32", "float32")  # of the arrays that can be handed over
WORD = 4  # bytes: JavaScript reads an array of numbers only from a multiple of their size


@functools.cache
def module(name: str) -> str:
    """The module of a control with all that it imports, as one text."""
    return "\n".join(IMPORT.sub("", text_of(each)) for each in needed(name))


def needed(name: str) -> list[str]:
    """The files that a module stands on, without their ending, each after those that it imports."""
    below = [other for each in IMPORT.findall(text_of(name)) for other in needed(each)]
    return list(dict.fromkeys([*below, name]))


def text_of(name: str) -> str:
    """One file of JavaScript."""
    return (HERE / f"{name}.js").read_text(encoding="utf-8")


def page_script(name: str) -> str:
    """The module of a control as a page carries it: what also puts the control into its places."""
    here = module(name).replace("export default ", "const live = ")
    return f'{here}\n{text_of("mount")}mount("{name}", live);\n'


def style() -> str:
    """The look of all controls, as CSS."""
    return (HERE / "live.css").read_text(encoding="utf-8")


def handed_over(facts: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Facts as JSON takes them, and their arrays in one piece, compressed.

    An array leaves behind what it was: its kind, its shape, and where in the piece it begins.
    Raises ValueError for an array of another kind than `KINDS`.
    """
    pieces: list[bytes] = []

    def put(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: put(each) for name, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [put(each) for each in value]
        if not isinstance(value, np.ndarray):
            return value
        if value.dtype.name not in KINDS:
            raise ValueError(
                f"A page takes arrays of {', '.join(KINDS)}, and here is one of {value.dtype}: "
                "convert it with .astype first."
            )
        at = sum(map(len, pieces))
        pieces.append(value.tobytes() + bytes(-value.nbytes % WORD))
        return {"kind": value.dtype.name, "shape": value.shape, "at": at}

    found = put(facts)
    return found, zlib.compress(b"".join(pieces), 9)
