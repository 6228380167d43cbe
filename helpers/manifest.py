"""What is shipped in `data/`: the SHA-256 of each file and how it was made, checked before use."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from helpers.files import read_json

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
MANIFEST = DATA / "MANIFEST.json"


def checked(name: str) -> Path:
    """The path of a shipped file, once its hash is known to be right.

    Args:
        name: where it lies below data/, "weights/paper.npz" say, as the manifest has it.

    Returns:
        The file's path, absolute.

    Raises:
        FileNotFoundError: where the file, or the manifest, is missing.
        ValueError: where the manifest knows no such file, or is damaged, or the file was altered.

    >>> checked("pictures/eye.png").name
    'eye.png'
    """
    known = entries()
    if name not in known:
        folder = str(name).rpartition("/")[0]
        near = [other for other in sorted(known) if other.rpartition("/")[0] == folder]
        raise ValueError(
            f"data/MANIFEST.json knows no {name!r}: choose one of {near or sorted(known)}."
        )
    path = DATA / name
    if not path.is_file():
        raise FileNotFoundError(f"data/{name} is missing: {remedy(name)}.")
    if sha256(path) != known[name]["sha256"]:
        raise ValueError(
            f"data/{name} is not the file that was shipped (its SHA-256 differs): {remedy(name)}."
        )
    return path


def results(name: str) -> dict:
    """What is in a shipped file of results.

    Args:
        name: the name of a file in data/results/, without its ending.

    Returns:
        The JSON object that the file holds: for the most part measures, and how they came about.

    Raises:
        FileNotFoundError: where the file, or the manifest, is missing.
        ValueError: where the manifest knows no such file, or is damaged, or the file was altered.

    Source: the study that the manifest names for this file.

    >>> sorted(results("comparison"))
    ['ciphers', 'provenance']
    """
    return read_json(checked(f"results/{name}.json"))


def entries() -> dict[str, dict[str, str]]:
    """The manifest: {file below data/: {"sha256": ..., "made": ...}}.

    Raises FileNotFoundError where it is missing and ValueError where it is damaged.
    """
    if not MANIFEST.exists():
        raise FileNotFoundError(f"data/{MANIFEST.name} is missing: {remedy(MANIFEST.name)}.")
    try:
        found = read_json(MANIFEST)
        for name, entry in found.items():
            check_entry(name, entry)
    except ValueError:
        raise ValueError(f"data/{MANIFEST.name} is damaged: {remedy(MANIFEST.name)}.") from None
    return found


def check_entry(name: str, entry: Any) -> None:
    """ValueError unless it names a file below data/, its SHA-256, and how it was made."""
    below = name.isprintable() and {"", ".", ".."}.isdisjoint(name.split("/"))
    whole = isinstance(entry, dict) and entry.keys() == {"sha256", "made"}
    if not below or not whole or not all(isinstance(text, str) for text in entry.values()):
        raise ValueError
    if not re.fullmatch("[0-9a-f]{64}", entry["sha256"]):
        raise ValueError


def remedy(name: str) -> str:
    """How to get a shipped file back: by git, or, where the kit came without it, with the kit."""
    if (ROOT / ".git").exists():
        return f"restore it with `git restore data/{name}`"
    return "fetch the kit anew"


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
