"""What is shipped in `data/`: the SHA-256 of each file and how it was made, checked before use."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from helpers.files import check_writable, one_at_a_time, read_json, write_json

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
MANIFEST = DATA / "MANIFEST.json"

# --- reading --------------------------------------------------------------------------------------


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
        raise ValueError(f"data/MANIFEST.json knows no {name!r}: choose one of {sorted(known)}.")
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


# --- writing --------------------------------------------------------------------------------------


def check_writable_result(path: Path) -> None:
    """Raise, before a long work begins, what `enter` and the writing before it would at its end."""
    check_writable(path)
    if name_in_data(path):
        check_writable(MANIFEST)
        entries_so_far()


def enter(path: Path, made: str) -> None:
    """`record` a file that lies below data/; what lies elsewhere is not shipped."""
    if name := name_in_data(path):
        record(name, made)


def name_in_data(path: Path) -> str | None:
    """ "weights/paper.npz", say; None for a file that is not below data/."""
    path, data = path.resolve(), DATA.resolve()
    return path.relative_to(data).as_posix() if data in path.parents else None


def record(name: str, made: str) -> None:
    """Enter a file under data/, with the words that say how it was made, into the manifest."""
    with one_at_a_time(MANIFEST):
        known = entries_so_far()
        known[name] = {"sha256": sha256(DATA / name), "made": made}
        write_json(MANIFEST, dict(sorted(known.items())))


def entries_so_far() -> dict[str, dict[str, str]]:
    """`entries`, of a manifest that may be yet to be made."""
    return entries() if MANIFEST.exists() else {}


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


# --- how something was made -----------------------------------------------------------------------


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
        **versions(),
        "device": device or device_in_use(),
        "training_seconds": round(seconds),
    }


def versions() -> dict[str, str]:
    """The versions of NumPy, and of Keras and its backend where Keras is in use."""
    return {name: installed(name) for name in ("numpy", *keras_and_backend())}


def installed(name: str) -> str:
    """The version of a package; of one that came by another way than an installation, "unknown"."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def keras_and_backend() -> tuple[str, ...]:
    """("keras", "tensorflow"), say, and nothing before Keras was imported."""
    keras = sys.modules.get("keras")
    return ("keras", keras.backend.backend()) if keras else ()


def device_in_use() -> str:
    """The names of the GPUs that Keras' backend computes on; where there are none, the CPU."""
    backend, names = keras_and_backend()[1:], []
    if backend == ("tensorflow",):
        config = sys.modules["tensorflow"].config
        gpus = map(config.experimental.get_device_details, config.list_physical_devices("GPU"))
        names = [str(gpu.get("device_name")) for gpu in gpus]
    elif backend == ("jax",):
        devices = sys.modules["jax"].devices()
        names = [device.device_kind for device in devices if device.platform != "cpu"]
    return ", ".join(names) or f"CPU, {platform.machine()}, {os.cpu_count()} cores"
