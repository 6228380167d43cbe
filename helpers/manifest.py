"""What is shipped in `data/`: the SHA-256 of each file and how it was made, checked before use."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

from helpers.files import whole_or_nothing

DATA = Path(__file__).resolve().parents[1] / "data"
MANIFEST = DATA / "MANIFEST.json"


def checked(name: str) -> Path:
    """The path of a shipped file, "weights/paper.npz" say, once its hash is known to be right.

    Raises FileNotFoundError where it is missing and ValueError where it is unknown or altered.
    """
    path, entry = DATA / name, entries().get(name)
    if entry is None:
        raise ValueError(
            f"data/MANIFEST.json knows no {name!r}: choose one of {sorted(entries())}."
        )
    if not path.exists():
        raise FileNotFoundError(
            f"data/{name} is missing: restore it with `git restore data/{name}`."
        )
    if sha256(path) != entry["sha256"]:
        raise ValueError(
            f"data/{name} is not the file that was shipped (its SHA-256 differs): "
            f"restore it with `git restore data/{name}`."
        )
    return path


def record(name: str, made: str) -> None:
    """Enter a file under data/, with the words that say how it was made, into the manifest."""
    known = entries()
    known[name] = {"sha256": sha256(DATA / name), "made": made}
    text = json.dumps(dict(sorted(known.items())), indent=2, ensure_ascii=False) + "\n"
    with whole_or_nothing(MANIFEST) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def provenance(
    command: str, seed: int | None, seconds: float, device: str | None = None
) -> dict[str, object]:
    """How something was made: command, seed (None: it is in the results), date, versions, device,
    seconds.
    """
    return {
        "command": command,
        **({} if seed is None else {"seed": seed}),
        "date": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "tensorflow": version("tensorflow"),
        "keras": version("keras"),
        "device": device or f"CPU, {platform.machine()}, {os.cpu_count()} cores",
        "training_seconds": round(seconds),
    }


def entries() -> dict[str, dict[str, str]]:
    """The manifest: {file below data/: {"sha256": ..., "made": ...}}."""
    return json.loads(MANIFEST.read_text(encoding="utf-8")) if MANIFEST.exists() else {}


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
